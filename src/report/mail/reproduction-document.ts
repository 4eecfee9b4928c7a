import type { Reproduction } from '../../replay/reproduce/reproduce.ts';
import type { ReproducedRow } from '../../replay/reproduce/rows.ts';
import type { Summary } from '../../replay/reproduce/summary.ts';
import {
  freeNumber,
  GROUP_TITLES,
  missedText,
  SCATTER_NOTE,
  shortName,
  signedText,
  storeNumber,
  withinText,
} from '../reproduction-rows.ts';
import { trustLines } from '../text/trust.ts';
import { trustOfReproduction } from '../trust/reproduction.ts';
import type { TrustBox } from '../trust/trust-box.ts';
import { number, type Part, type ReviewDocument, type Table, text } from './document.ts';

type PartName = ReproducedRow['part'];

/** Published figures beside predictions, for reviewers: errors by group, each row, and what cannot be told. */
export function reproductionDocument(result: Reproduction, tool: TrustBox['tool']): ReviewDocument {
  const { summary, storeSummary, seed } = result;
  const missed = missedText(result.rows);
  const parts: Part[] = [
    groups(result),
    heldOut(result, 'free', 'Freeing, held-out rows; ms [~]'),
    heldOut(result, 'store', 'Storing, held-out rows; throughput in GB/s, times as published [~]'),
    scatter(result),
    builds(result),
    open(result),
  ];
  return {
    title: 'Published times, and what the model predicts of them',
    words: [
      coverage('Freeing', summary),
      coverage('Storing', storeSummary),
      ...(missed === null ? [] : [`${missed}.`]),
      'No held-out time enters a fit, but the mechanisms were chosen by people who knew them: not a blind prediction.',
    ],
    parts,
    method: [
      'Method: machine constants drawn from published ranges that give the baseline rows, pushed through the designs; medians, and the middle 90 %.',
      `Input: published figures, no trace; seed ${seed}; ${tool.name} ${tool.version}.`,
    ],
    details: trustLines(trustOfReproduction(result, tool)).map((line) => line.trim()),
    command: tool.command,
  };
}

function coverage(what: string, { coverage: { inside, rows }, order }: Summary): string {
  const pairs =
    order.pairs > 0 ? `, and the order of designs is right in ${order.right} of ${order.pairs} pairs` : '';
  return `${what}: the 90 % intervals hold ${inside} of ${rows} held-out rows${pairs}.`;
}

function groups({ summary, storeSummary }: Reproduction): Table {
  const percent = (value: number | null) => (value === null ? '-' : value.toFixed(1));
  const rows = ([part, { groups: of }]: readonly [PartName, Summary]) =>
    GROUP_TITLES[part].map(([group, title]) => {
      const { rows: count, meanAbsErrorPct, worstErrorPct } = of[group];
      return [title, String(count), percent(meanAbsErrorPct), percent(worstErrorPct)];
    });
  return {
    kind: 'table',
    title: 'Errors of held-out rows, %',
    columns: [text('group'), number('rows'), number('mean'), number('worst')],
    rows: [...rows(['free', summary]), ...rows(['store', storeSummary])],
    note: 'mean: of the errors without their sign.',
  };
}

function heldOut({ rows }: Reproduction, of: PartName, title: string): Table {
  return {
    kind: 'table',
    title,
    columns: [text('row'), number('published'), number('predicted'), number('90 %'), number('error %')],
    rows: rows
      .filter(({ part, role }) => part === of && role === 'held-out')
      .map(({ id, unit, published, predicted, lo, hi, errorPct }) => {
        const format = of === 'free' ? freeNumber(unit) : storeNumber(unit);
        return [
          of === 'free' ? id : shortName(id),
          format(published),
          format(predicted!),
          `${format(lo!)}-${format(hi!)}`,
          signedText(errorPct),
        ];
      }),
    note: '',
  };
}

function scatter({ storeNoise }: Reproduction): Table {
  return {
    kind: 'table',
    title: 'Errors beside what the published rows themselves leave open, %',
    columns: [text('row'), ...['error', 'codec', 'zram', 'scatter', 'open'].map(number)],
    // The largest errors first: a mail shows the first rows.
    rows: byError(storeNoise).map(({ id, errorPct, codecPct, zramPct, zramScatterPct, openPct }) => [
      shortName(id),
      ...[errorPct, codecPct, zramPct].map(signedText),
      ...[zramScatterPct, openPct].map(withinText),
    ]),
    note: SCATTER_NOTE,
  };
}

function byError<Row extends { readonly errorPct: number }>(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted((a, b) => Math.abs(b.errorPct) - Math.abs(a.errorPct));
}

function builds({ comparisons }: Reproduction): Table {
  return {
    kind: 'table',
    title: 'What the tables support: mean over configurations, % [=]',
    columns: [text('what'), text('time'), number('mean'), number('95 %'), text('verdict')],
    rows: comparisons.map(({ what, metric, meanPct, loPct, hiPct, verdict }) => [
      what,
      metric,
      signedText(meanPct),
      `${signedText(loPct)} .. ${signedText(hiPct)}`,
      verdict,
    ]),
    note: 'Kernel builds of v12: 4 configurations; usemem with zstd: 8; one run of each.',
  };
}

/** Rows of which no more than a bound is known, one for each reason. */
function open({ rows }: Reproduction): Table {
  const unknown = rows.filter(({ role }) => role === 'not-predictable');
  const reasons = [...new Set(unknown.map(({ reason }) => reason))];
  return {
    kind: 'table',
    title: 'No more than a bound is known',
    columns: [number('rows'), text('first of them'), text('why')],
    rows: reasons.map((reason) => {
      const of = unknown.filter((row) => row.reason === reason);
      return [String(of.length), shortName(of[0]!.id), reason];
    }),
    note: '',
  };
}
