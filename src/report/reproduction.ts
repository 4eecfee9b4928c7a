import type { Reproduction } from '../replay/reproduce/reproduce.ts';
import type { ReproducedRow } from '../replay/reproduce/rows.ts';
import type { GroupSummary } from '../replay/reproduce/summary.ts';

import { freeNumber, GROUP_TITLES, signedText } from './reproduction-rows.ts';
import { storeLines } from './reproduction-store.ts';
import { trustLines } from './text/trust.ts';
import { trustOfReproduction } from './trust/reproduction.ts';
import type { TrustBox } from './trust/trust-box.ts';

const WIDTH = 72;

/** The reproduction as text: ASCII, at most 72 columns, so that it can be put into a mail. */
export function renderReproduction(result: Reproduction, tool: TrustBox['tool']): string {
  const { platforms, summary, seed } = result;
  const rows = result.rows.filter((row) => row.part === 'free');
  const lines = [
    'Published times of designs, predicted from the baseline column',
    `and published machine constants (seed ${seed}; median and 90 % interval)`,
    '',
    'Parameter sets that give the baseline:',
    ...platforms.map((p) => `  ${p.title}: ${p.accepted} of ${p.tried}`),
    '',
    HEADER,
    '-'.repeat(WIDTH),
    ...rows.map(tableLine),
    '',
    'cal: calibrated on, not counted. -: not predictable:',
    ...rows
      .filter((row) => row.role === 'not-predictable')
      .flatMap((row) => wrapped(`${row.id}: ${row.reason}`)),
    '',
    'Mean absolute error, rows, worst',
    ...GROUP_TITLES.free.map(([group, title]) => groupLine(title, summary.groups[group])),
    `90 % intervals hold ${summary.coverage.inside} of ${summary.coverage.rows} held-out rows`,
    `order of designs right in ${summary.order.right} of ${summary.order.pairs} pairs`,
    '',
    ...storeLines(result.rows, result.storeSummary, result.comparisons, result.storeNoise),
    '',
    'No held-out time enters a fit, but the mechanisms were chosen by people',
    'who knew them: not a blind prediction (docs/reproduce.md).',
    '',
    'What this rests on',
    ...trustLines(trustOfReproduction(result, tool)),
  ];
  return `${lines.join('\n')}\n`;
}

const HEADER = tableText('row', 'publ.', 'pred.', '90 % interval', 'error', '');

function tableText(id: string, was: string, predicted: string, range: string, error: string, role: string) {
  return `${id.padEnd(27)}${was.padStart(8)}${predicted.padStart(8)}${range.padStart(16)}${error.padStart(8)} ${role}`.trimEnd();
}

function tableLine(row: ReproducedRow): string {
  const role = { calibration: 'cal', 'held-out': '', 'not-predictable': '-' }[row.role];
  const format = freeNumber(row.unit);
  const number = (value: number | null) => (value === null ? '' : format(value));
  const unit = row.unit === 'percent' ? '%' : '';
  const range = row.lo === null ? '' : `${number(row.lo)} - ${number(row.hi)}`;
  const error = row.errorPct === null ? '' : `${signedText(row.errorPct)} %`;
  return tableText(row.id, `${number(row.published)}${unit}`, number(row.predicted), range, error, role);
}

function groupLine(what: string, { meanAbsErrorPct, worstErrorPct, rows }: GroupSummary): string {
  const percent = (value: number | null) => (value === null ? '-' : `${value.toFixed(1)} %`);
  return `  ${what.padEnd(30)}${percent(meanAbsErrorPct).padStart(8)}${String(rows).padStart(4)}${percent(worstErrorPct).padStart(9)}`;
}

function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  let line = ' ';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = '   ';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
