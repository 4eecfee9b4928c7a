import type { ReproducedRow } from '../replay/reproduce/rows.ts';
import type { Comparison } from '../replay/reproduce/store/comparisons.ts';
import type { GroupSummary, Summary } from '../replay/reproduce/summary.ts';
import { wrap } from './text/layout.ts';

const WIDTH = 72;
const NAME = 30;
const MOST_ERROR_PCT = 10;

/** The store path of a reproduction: held-out rows, bounds by reason, and what the v12 tables support. */
export function storeLines(
  rows: readonly ReproducedRow[],
  summary: Summary,
  comparisons: readonly Comparison[],
): readonly string[] {
  const store = rows.filter((row) => row.part === 'store');
  return [
    'Storing: folios in pieces on IAA, batches of 8, usemem with 30 processes',
    '(throughput in GB/s, other times as published; ids are in --json)',
    '',
    line('row', 'publ.', 'pred.', '90 % interval', 'error'),
    '-'.repeat(WIDTH),
    ...store.filter((row) => row.role === 'held-out').map(heldOutLine),
    '',
    ...missed(store),
    'Calibrated on: by_1, by_2, by_64; software codecs; baseline of zstd.',
    '',
    'No more than a bound is known (rows, published within the bound):',
    ...boundLines(store.filter((row) => row.role === 'not-predictable')),
    '',
    'v12 kernel builds, mean over four configurations, 95 % interval',
    ...comparisons.map(comparisonLine),
    '',
    'Mean absolute error, rows, worst',
    groupLine('folio in n pieces', summary.groups['iaa-pieces']),
    groupLine('the same through zram', summary.groups['zram-folio']),
    groupLine('batch of 8', summary.groups['iaa-batch']),
    groupLine('throughput, IAA batches', summary.groups['iaa-throughput']),
    groupLine('sys time, IAA batches', summary.groups['iaa-sys']),
    groupLine('throughput, zstd', summary.groups['software-throughput']),
    groupLine('vswap compiled in, off', summary.groups['vswap-free']),
    `90 % intervals hold ${summary.coverage.inside} of ${summary.coverage.rows} held-out rows`,
  ];
}

/** Rows beyond the tenth that single rows are judged by, so that nobody has to look for them. */
function missed(store: readonly ReproducedRow[]): readonly string[] {
  const rows = store.filter((row) => row.role === 'held-out' && Math.abs(row.errorPct!) > MOST_ERROR_PCT);
  if (rows.length === 0) return [];
  const names = rows.map((row) => shortName(row.id)).join(', ');
  const text = `More than ${MOST_ERROR_PCT} % off (docs/reproduce.md says what is known): ${names}`;
  return [...wrap(text, '  ', ''), ''];
}

function line(name: string, was: string, predicted: string, range: string, error: string): string {
  return `${name.padEnd(NAME)}${was.padStart(8)}${predicted.padStart(8)}${range.padStart(16)}${error.padStart(9)}`;
}

function heldOutLine(row: ReproducedRow): string {
  const number = numberIn(row.unit);
  const error = row.errorPct!;
  return line(
    shortName(row.id),
    number(row.published),
    number(row.predicted!),
    `${number(row.lo!)} - ${number(row.hi!)}`,
    `${error < 0 ? '' : '+'}${error.toFixed(1)} %`,
  );
}

/** Ids are as published; what all rows of a kind have in common is left out. */
function shortName(id: string): string {
  return id
    .replace('byn-', '')
    .replace('usemem30-', '')
    .replace('deflate-iaa', 'iaa')
    .replace('usemem_56GB/32GB_', '')
    .replace('kernel_build', 'build')
    .replaceAll('-', ' ');
}

function numberIn(unit: string): (value: number) => string {
  if (unit === 'KB/s') return (value) => (value / 1e6).toFixed(2);
  return (value) => value.toFixed(0);
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
    return [...wrapped(`  ${series.join(', ')}`), ...wrapped(`    ${count}: ${reason}`)];
  });
}

function comparisonLine({ what, metric, meanPct, loPct, hiPct, verdict }: Comparison): string {
  const signed = (value: number) => `${value < 0 ? '' : '+'}${value.toFixed(1)}`;
  const range = `${signed(loPct)} .. ${signed(hiPct)}`;
  return `  ${what.padEnd(29)} ${metric.padEnd(4)}${signed(meanPct).padStart(5)} %${range.padStart(13)}  ${verdict}`;
}

function groupLine(what: string, { meanAbsErrorPct, worstErrorPct, rows }: GroupSummary): string {
  const percent = (value: number | null) => (value === null ? '-' : `${value.toFixed(1)} %`);
  return `  ${what.padEnd(30)}${percent(meanAbsErrorPct).padStart(8)}${String(rows).padStart(4)}${percent(worstErrorPct).padStart(9)}`;
}

/** Words on lines of 72 columns; further lines begin two columns behind the first. */
function wrapped(text: string): readonly string[] {
  const indent = text.length - text.trimStart().length;
  const lines: string[] = [];
  let current = ' '.repeat(indent - 1);
  for (const word of text.trim().split(' ')) {
    if (current.length + 1 + word.length > WIDTH) {
      lines.push(current);
      current = ' '.repeat(indent + 1);
    }
    current += ` ${word}`;
  }
  return [...lines, current];
}
