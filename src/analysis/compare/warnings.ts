import { ENOUGH_CALLS } from './compare-functions.ts';
import { conditions } from './merge-summaries.ts';
import type { ComparisonWarning } from './result.ts';
import type { RecordingSummary, Summary } from './summary.ts';

const UNREAD = 0.01;
/** From here on the tracer is a good part of what is compared. */
const MUCH_TRACER = 0.25;
/** The same tracer, machine and options cost the same within this. */
const TRACER_DIFFERS = 0.25;
const WORK_DIFFERS = 0.1;
const NAMED = 4;

/** Of a side's traced calls, those of functions that only it has: more than a change of the code moves. */
const OTHER_FUNCTIONS = 0.25;

/** Why no row can be compared: the sides were counted, or traced, in different ways. Null when they can be. */
export function obstacleOf(before: Summary, after: Summary): string | null {
  if (conditions(before) !== conditions(after)) {
    const text = (summary: Summary) => conditions(summary) || 'everything';
    return `counted in different ways: before ${text(before)}, after ${text(after)}`;
  }
  const [a, b] = [callsByFunction(before), callsByFunction(after)];
  const shares = [shareOfOwn(a, b), shareOfOwn(b, a)];
  const most = Math.max(...shares);
  if (most <= OTHER_FUNCTIONS) return null;
  const side = most === shares[0] ? 'before' : 'after';
  return `recordings differ in what was traced: ${Math.round(most * 100)} % of the calls ${side} are of functions that the other side does not have`;
}

function callsByFunction({ recordings }: Summary): Map<string, number> {
  const calls = new Map<string, number>();
  for (const { functions } of recordings) {
    for (const [name, figures] of Object.entries(functions))
      calls.set(name, (calls.get(name) ?? 0) + figures.calls);
  }
  return calls;
}

/** Share of one side's calls that are of functions without a call on the other. */
function shareOfOwn(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): number {
  let [all, own] = [0, 0];
  for (const [name, calls] of one) {
    all += calls;
    if (!other.has(name)) own += calls;
  }
  return all > 0 ? own / all : 0;
}

/** What makes the two sides, or the recordings of one, unlike each other. */
export function comparisonWarnings(before: Summary, after: Summary): ComparisonWarning[] {
  const warnings: ComparisonWarning[] = [];
  const all = [...before.recordings, ...after.recordings];
  const warn = (id: string, severity: ComparisonWarning['severity'], text: string) =>
    warnings.push({ id, severity, text });
  const differ = (
    id: string,
    severity: ComparisonWarning['severity'],
    what: string,
    of: (recording: RecordingSummary) => string,
  ) => {
    const [a, b] = [valuesOf(before, of), valuesOf(after, of)];
    if (a !== b) warn(id, severity, `${what}: ${a || 'not told'} before, ${b || 'not told'} after`);
    else if (a.includes(' and ')) warn(`${id}-mixed`, 'warning', `${what} within one side: ${a}`);
  };
  const obstacle = obstacleOf(before, after);
  if (obstacle !== null) warn('not-comparable', 'error', obstacle);
  const ids = new Set(before.recordings.map(({ id }) => id));
  const same = after.recordings.filter(({ id }) => ids.has(id)).length;
  if (same > 0) warn('same-recording', 'warning', `${same} of the recordings after stand before as well`);
  differ('kernels-differ', 'info', 'kernels', ({ kernelRelease }) => kernelRelease);
  differ('cpus-differ', 'warning', 'CPUs in the recordings', ({ cpus }) => String(cpus));
  differ('formats-differ', 'warning', 'formats', ({ inputs }) =>
    [...new Set(inputs.map(({ format }) => format))].join('+'),
  );
  differ('clocks-differ', 'warning', 'time stamps', ({ clock }) => CLOCKS[clock]);
  differ('options-differ', 'info', 'columns printed', ({ layouts }) => layouts.join(' | '));
  const lost = (summary: Summary) =>
    summary.recordings.reduce((sum, { lostRecords }) => sum + lostRecords, 0);
  if (lost(before) + lost(after) > 0)
    warn(
      'lost-events',
      lost(before) > 0 === lost(after) > 0 ? 'loss' : 'warning',
      `lost records: ${lost(before)} before, ${lost(after)} after; counts and totals are too small`,
    );
  const unread = all.filter(({ lines, understoodLines }) => understoodLines < (1 - UNREAD) * lines).length;
  if (unread > 0)
    warn(
      'lines-not-understood',
      'warning',
      `in ${unread} of the recordings more than 1 % of the lines are not understood`,
    );
  warnOfTracer(before, after, warn);
  warnOfFunctions(before, after, warn);
  const work = [before, after].map(outermostCalls);
  if (Math.abs(work[1]! - work[0]!) > WORK_DIFFERS * Math.max(...work))
    warn(
      'work-differs',
      'warning',
      `outermost calls: ${Math.round(work[0]!)} before, ${Math.round(work[1]!)} after in a recording: totals are of different work`,
    );
  return warnings;
}

type Warn = (id: string, severity: ComparisonWarning['severity'], text: string) => void;

const CLOCKS = {
  none: 'none',
  stamps: 'of time',
  'no-time': 'of a clock that does not count time',
} as const;

function warnOfTracer(before: Summary, after: Summary, warn: Warn): void {
  const cost = (summary: Summary) => middle(summary.recordings.map(({ tracerNs }) => tracerNs));
  const [a, b] = [cost(before), cost(after)];
  if (a !== null && b !== null && Math.abs(b - a) > TRACER_DIFFERS * Math.min(a, b))
    warn(
      'tracer-differs',
      'warning',
      `a traced call costs about ${Math.round(a)} ns before and ${Math.round(b)} ns after: the machine or the tracing is not the same`,
    );
  const shares = [...before.recordings, ...after.recordings].map(({ tracerShare }) => tracerShare ?? 0);
  const most = Math.max(0, ...shares);
  if (most > MUCH_TRACER)
    warn(
      'tracer-share',
      'info',
      `up to ${Math.round(most * 100)} % of the recorded time is the tracer's (estimate): without it changes are of another size`,
    );
}

function warnOfFunctions(before: Summary, after: Summary, warn: Warn): void {
  const [a, b] = [callsByFunction(before), callsByFunction(after)];
  const only = (one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>) =>
    [...one]
      .filter(([name, calls]) => calls >= ENOUGH_CALLS && !other.has(name))
      .sort((x, y) => y[1] - x[1])
      .map(([name]) => name);
  for (const [side, names] of [
    ['before', only(a, b)],
    ['after', only(b, a)],
  ] as const) {
    if (names.length === 0) continue;
    const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
    warn(
      `functions-only-${side}`,
      'warning',
      `only ${side}: ${names.slice(0, NAMED).join(', ')}${more}; not called or not traced on the other side, and each traced call adds to its callers`,
    );
  }
}

/** Calls that no recorded call is around, in each recording. */
function outermostCalls({ callTree, recordings }: Summary): number {
  return callTree.reduce((sum, { parent, calls }) => sum + (parent < 0 ? calls : 0), 0) / recordings.length;
}

function valuesOf({ recordings }: Summary, of: (recording: RecordingSummary) => string): string {
  return [...new Set(recordings.map(of))].sort().join(' and ');
}

function middle(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  return known.length === 0 ? null : known[known.length >> 1]!;
}
