import type { ReproducedRow } from '../replay/reproduce/rows.ts';
import type { Comparison } from '../replay/reproduce/store/comparisons.ts';
import type { RowNoise } from '../replay/reproduce/store/noise.ts';
import type { GroupSummary, Summary } from '../replay/reproduce/summary.ts';
import {
  configurationText,
  GROUP_TITLES,
  missedText,
  SCATTER_NOTE,
  shortName,
  signedText,
  storeNumber,
  withinText,
} from './reproduction-rows.ts';
import { wrap } from './text/layout.ts';

const WIDTH = 72;
const NAME = 30;

/** The store path of a reproduction: held-out rows, bounds by reason, and what the v12 tables support. */
export function storeLines(
  rows: readonly ReproducedRow[],
  summary: Summary,
  comparisons: readonly Comparison[],
  noise: readonly RowNoise[],
): readonly string[] {
  const store = rows.filter((row) => row.part === 'store');
  const missed = missedText(store);
  return [
    'Storing: folios in pieces on IAA, batches of 8, usemem with 30 processes',
    '(throughput in GB/s, other times as published; ids are in --json)',
    '',
    line('row', 'publ.', 'pred.', '90 % interval', 'error'),
    '-'.repeat(WIDTH),
    ...store.filter((row) => row.role === 'held-out').map(heldOutLine),
    '',
    ...(missed === null ? [] : [...wrap(missed, '  ', ''), '']),
    'Calibrated on: by_1, by_2, by_64; software codecs; baseline of zstd.',
    '',
    ...noiseLines(noise),
    '',
    'No more than a bound is known (rows, published within the bound):',
    ...boundLines(store.filter((row) => row.role === 'not-predictable')),
    '',
    'What the tables support: kernel builds of v12, usemem with zstd; mean',
    'over configurations, 95 % interval, then each configuration, %',
    ...comparisons.flatMap(comparisonLines),
    '',
    'Mean absolute error, rows, worst',
    ...GROUP_TITLES.store.map(([group, title]) => groupLine(title, summary.groups[group])),
    `90 % intervals hold ${summary.coverage.inside} of ${summary.coverage.rows} held-out rows`,
  ];
}

function line(name: string, was: string, predicted: string, range: string, error: string): string {
  return `${name.padEnd(NAME)}${was.padStart(8)}${predicted.padStart(8)}${range.padStart(16)}${error.padStart(9)}`;
}

function heldOutLine(row: ReproducedRow): string {
  const number = storeNumber(row.unit);
  return line(
    shortName(row.id),
    number(row.published),
    number(row.predicted!),
    `${number(row.lo!)} - ${number(row.hi!)}`,
    `${signedText(row.errorPct)} %`,
  );
}

/** Errors of pieces and batches beside what the scatter of the published rows alone may cause. */
function noiseLines(noise: readonly RowNoise[]): readonly string[] {
  const row = (name: string, cells: readonly string[]) =>
    [name.padEnd(22), ...cells.map((cell) => cell.padStart(10))].join('').trimEnd();
  return [
    'Errors beside what the published rows themselves leave open, %',
    ...wrap(SCATTER_NOTE, ''),
    '',
    row('row', ['error', 'codec', 'zram', 'scatter', 'open']),
    ...noise.map(({ id, errorPct, codecPct, zramPct, zramScatterPct, openPct }) =>
      row(shortName(id), [
        ...[errorPct, codecPct, zramPct].map(signedText),
        ...[zramScatterPct, openPct].map(withinText),
      ]),
    ),
  ];
}

function boundLines(rows: readonly ReproducedRow[]): readonly string[] {
  const reasons = [...new Set(rows.map((row) => row.reason))];
  return reasons.flatMap((reason) => {
    const of = rows.filter((row) => row.reason === reason);
    const bounded = of.filter((row) => row.lo !== null || row.hi !== null);
    const within = bounded.filter(
      (row) =>
        row.published >= (row.lo ?? Number.NEGATIVE_INFINITY) &&
        row.published <= (row.hi ?? Number.POSITIVE_INFINITY),
    );
    const series = [...new Set(of.map((row) => `${shortName(row.id).split(' ')[0]} ${row.metric}`))];
    const count = bounded.length === 0 ? 'no bound' : `${within.length} of ${bounded.length}`;
    return [...wrap(series.join(', '), '    ', '  '), ...wrap(`${count}: ${reason}`, '      ', '    ')];
  });
}

function comparisonLines(comparison: Comparison): readonly string[] {
  const { what, metric, meanPct, loPct, hiPct, verdict, differences, pairsForOnePct } = comparison;
  const range = `${signedText(loPct)} .. ${signedText(hiPct)}`;
  const short = metric === 'throughput' ? 'tput' : metric;
  const each = differences.map(({ id, pct }) => `${configurationText(id)} ${signedText(pct)}`).join(', ');
  const pairs = verdict === 'cannot be told' ? `; to tell 1 %: ${pairsForOnePct} pairs of runs` : '';
  return [
    `  ${what.padEnd(29)} ${short.padEnd(4)}${signedText(meanPct).padStart(5)} %${range.padStart(13)}  ${verdict}`,
    ...wrap(`${each}${pairs}`, '      '),
  ];
}

function groupLine(what: string, { meanAbsErrorPct, worstErrorPct, rows }: GroupSummary): string {
  const percent = (value: number | null) => (value === null ? '-' : `${value.toFixed(1)} %`);
  return `  ${what.padEnd(30)}${percent(meanAbsErrorPct).padStart(8)}${String(rows).padStart(4)}${percent(worstErrorPct).padStart(9)}`;
}
