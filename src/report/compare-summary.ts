import type {
  Change,
  ComparisonResult,
  ComparisonSide,
  FunctionComparison,
  LockComparison,
} from '../analysis/compare/result.ts';
import { countText, durationText } from './quantities.ts';

const NAMED = 4;

/** What a comparison found, as sentences that every report begins with. */
export function comparisonSentences(result: ComparisonResult): string[] {
  const { before, after, summary, functions } = result;
  const sentences = [`Compared: ${sideText(before)} before with ${sideText(after)} after.`];
  const shown = shownText(result);
  if (shown !== '') sentences.push(shown);
  else if (!summary.conclusive) sentences.push(`Nothing can be concluded: ${summary.reason}.`);
  else {
    const seen = functions.find(({ canSee }) => canSee !== null);
    const could = seen ? ` In ${seen.name} ${sizeText(seen.canSee!)} would have been seen.` : '';
    sentences.push(`No difference was seen.${could}`);
  }
  if (summary.conclusive && summary.reason !== '') sentences.push(`${capital(summary.reason)}.`);
  const failed = result.gates.filter(({ status }) => status === 'failed');
  const unknown = result.gates.filter(({ status }) => status === 'no-data').length;
  if (result.gates.length > 0) {
    const names = failed.map(({ condition }) => condition).join(', ');
    const open = unknown > 0 ? `; ${unknown} could not be judged` : '';
    sentences.push(
      `Of ${countText(result.gates.length, 'condition')} ${failed.length} failed${names && `: ${names}`}${open}.`,
    );
  }
  return sentences;
}

/** A change in per cent with its sign, a factor where it is more than a doubling: `-12.3 %`, `x4.10`. */
export function changeText(value: number | null): string {
  if (value === null) return '-';
  if (value >= 2) return `x${factor(value + 1)}`;
  const percent = value * 100;
  const digits = Math.abs(percent) < 9.995 ? 2 : 1;
  const text = percent.toFixed(digits);
  return `${percent > 0 && Number(text) > 0 ? '+' : ''}${Number(text) === 0 ? '0' : text}%`;
}

/** The interval of a change: `-12.3%..+4.5%`; '' when not known. */
export function intervalText({ lo, hi }: Change): string {
  return lo === null || hi === null ? '' : `${changeText(lo)}..${changeText(hi)}`;
}

/** The change that a row's verdict is about. */
export function judgedChange(row: FunctionComparison | LockComparison): Change {
  if (row.judgedBy === 'wait') return (row as LockComparison).change.total;
  if (row.judgedBy === 'hold') return (row as LockComparison).change.hold.median;
  return (row as FunctionComparison).change[row.judgedBy];
}

/** What could have been seen: `a change of 4.1 %`, `a change by a factor of 3.2`. */
export function sizeText(canSee: number): string {
  return canSee < 1
    ? `a change of ${(canSee * 100).toPrecision(2)} %`
    : `a change by a factor of ${factor(canSee + 1)}`;
}

function factor(value: number): string {
  return value < 1000 ? value.toPrecision(3) : value < 1e6 ? value.toFixed(0) : '1000000+';
}

function sideText({ recordings }: ComparisonSide): string {
  const kernels = [...new Set(recordings.map(({ kernelRelease }) => kernelRelease))].filter(Boolean);
  const of = kernels.length > 0 ? ` of ${kernels.join(' and ')}` : '';
  const cpus = [...new Set(recordings.map((recording) => recording.cpus))].filter((n) => n > 0);
  const lasting = recordings.every(({ durationNs }) => durationNs !== null)
    ? durationText(recordings.reduce((sum, { durationNs }) => sum + durationNs!, 0))
    : '';
  const on = cpus.length === 1 ? countText(cpus[0]!, 'CPU') : '';
  const place = [on, lasting].filter(Boolean).join(', ');
  return `${countText(recordings.length, 'recording')}${of}${place && ` (${place})`}`;
}

/** The rows with a verdict, the weightiest first; '' without any. */
function shownText({ functions, locks }: ComparisonResult): string {
  const rows = [...locks, ...functions].filter(({ verdict }) => verdict === 'faster' || verdict === 'slower');
  if (rows.length === 0) return '';
  const texts = rows.slice(0, NAMED).map((row) => {
    const what = { wait: 'waiting', hold: 'held', median: 'median', mean: 'mean' }[row.judgedBy];
    const change = judgedChange(row);
    return `${row.name} is ${row.verdict} (${what} ${changeText(change.value)}, 95 %: ${intervalText(change)})`;
  });
  const more = rows.length > NAMED ? `; and ${rows.length - NAMED} more` : '';
  return `Shown: ${texts.join('; ')}${more}.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
