import type { AnalysisResult, LockRow, TailRow } from '../analysis/result.ts';
import { countText, durationText, exactDurationText, shareText } from './quantities.ts';

/** The answer in sentences: what every report of an analysis begins with. */
export function summarise(result: AnalysisResult): string[] {
  return [
    ...mainFunction(result),
    ...waiting(result),
    ...slowCalls(result),
    ...overhead(result),
    ...reading(result),
  ];
}

function mainFunction(result: AnalysisResult): string[] {
  const name = result.tails[0]?.function ?? result.functions[0]?.name;
  const row = result.functions.find((f) => f.name === name);
  if (!row) return ['No call passed the filters.'];
  if (row.totalNs === null) {
    return [`${row.name}: ${countText(row.calls, 'call')}; this text has no durations.`];
  }
  const calls = countText(row.calls, 'call');
  if (row.calls === 1) return [`${row.name}: one call of ${exactDurationText(row.maxNs!)}.`];
  if (row.calls <= 4) {
    return [
      `${row.name}: ${calls}, from ${exactDurationText(row.minNs!)} to ${exactDurationText(row.maxNs!)}.`,
    ];
  }
  return [
    `${row.name}: ${calls}, ${durationText(row.totalNs)} in all; half of them within ` +
      `${durationText(row.p50Ns)}, 99 % within ${durationText(row.p99Ns)}, the longest ${durationText(row.maxNs)}.`,
  ];
}

function waiting(result: AnalysisResult): string[] {
  const row = result.locks.find((lock) => lock.wait.totalNs > 0);
  if (!row) {
    if (result.locks.length === 0)
      return ['No lock function is in this trace, so it says nothing about locks.'];
    return [noWaitSeen(result.locks)];
  }
  const share =
    row.waitShareOfSite === null ? '' : `, ${shareText(row.waitShareOfSite)} of the time of ${row.site}`;
  const first =
    `Most waiting: ${durationText(row.wait.totalNs)} for ${place(row)}` +
    ` (${row.contended} of ${row.acquisitions} acquisitions waited, the longest ${durationText(row.wait.maxNs)}${share}).`;
  return [first, ...blame(row)];
}

/** The lock and where it is taken; a lock without a name is named by that place already. */
function place(row: LockRow): string {
  return row.namedBy === 'unknown' ? row.lock : `${row.lock} in ${row.site}`;
}

/** Without a witness of waiting, the lock calls' own durations bound it. */
function noWaitSeen(locks: readonly LockRow[]): string {
  const excess = (row: LockRow) => row.acquire.totalNs - row.acquire.count * (row.acquire.p50Ns ?? 0);
  const timed = locks.filter((row) => row.acquire.count > 0).sort((a, b) => excess(b) - excess(a));
  const first =
    'No lock wait is seen: no slowpath function and no contention event is recorded within a lock call.';
  const row = timed[0];
  if (!row) return first;
  return (
    `${first} If they were not traced, waiting hides in the lock calls: those for ${place(row)} took up to ` +
    `${durationText(row.acquire.maxNs)} (median ${durationText(row.acquire.p50Ns)}), ` +
    `${durationText(Math.max(0, excess(row)))} above the median in all, an upper bound.`
  );
}

function blame(row: LockRow): string[] {
  const seen = row.blockedBy.filter((b) => b.task !== '');
  const handOff = row.blockedBy.find((b) => b.function === '(hand-off)');
  if (handOff && handOff.waitNs > row.wait.totalNs / 4) {
    return [
      `Much of that (${durationText(handOff.waitNs)}) is hand-off: the lock had been released, and the waiter ` +
        'had not come back from its slowpath (a preempted virtual CPU, an interrupt, a slow transfer).',
      ...blame({ ...row, blockedBy: row.blockedBy.filter((b) => b !== handOff) }),
    ];
  }
  if (seen.length === 0) return [`The trace does not show who held ${row.lock} meanwhile.`];
  const byFunction = new Map<string, number>();
  for (const b of seen) byFunction.set(b.function, (byFunction.get(b.function) ?? 0) + b.waitNs);
  const [function_, ns] = [...byFunction.entries()].sort((a, b) => b[1] - a[1])[0]!;
  const tasks = new Set(seen.filter((b) => b.function === function_).map((b) => b.task));
  return [
    `Meanwhile it was held mostly by ${function_} of ${countText(tasks.size, 'other task')} ` +
      `(${durationText(ns)} of the wait; the trace explains ${shareText(row.blockedByCoverage)}).`,
  ];
}

function slowCalls(result: AnalysisResult): string[] {
  const row = result.tails.find((tail) => tail.difference.length > 0);
  if (!row) return [];
  return [differenceSentence(row)];
}

/** Which part explains why slow calls are slow. */
export function differenceSentence(row: TailRow): string {
  const top = row.difference[0]!;
  const slower = row.difference.reduce((sum, part) => sum + part.slowNs - part.typicalNs, 0);
  const part = top.name === '(self)' ? `time in ${row.function} itself` : top.name;
  return (
    `The slowest calls of ${row.function} take ${durationText(slower)} longer than typical ones; ` +
    `${shareText(Math.min(1, top.share))} of that is ${part} (${durationText(top.typicalNs)} -> ${durationText(top.slowNs)}).`
  );
}

function overhead(result: AnalysisResult): string[] {
  const o = result.overhead;
  if (o.insideNs === null || o.outsideNs === null) return [];
  const cost = `up to ${durationText(o.insideNs + o.outsideNs)} for each traced call`;
  if (o.subtracted) {
    return [
      `Tracing cost, estimated as ${cost}, has been taken out of all durations: they are lower bounds.`,
    ];
  }
  const share =
    o.shareOfOutermost === null ? '' : `, up to ${shareText(o.shareOfOutermost)} of the outermost calls`;
  return [
    `Durations contain the tracer's own cost, estimated as ${cost}${share}; holds and waits are stretched by it too.`,
  ];
}

function reading(result: AnalysisResult): string[] {
  const { input, diagnostics } = result;
  const missed = input.lines - input.understoodLines;
  const understood =
    missed === 0
      ? `All ${input.lines} lines were understood`
      : `${missed} of ${input.lines} lines were not understood (${shareText(input.understoodLines / input.lines)} were)`;
  const lost = diagnostics.find((d) => d.id === 'lost-records');
  const cut = diagnostics.find((d) => d.id === 'open-at-end' || d.id === 'begin-not-seen');
  const rest = lost
    ? `; records were lost in ${countText(lost.count, 'place')}, nothing was paired across them`
    : cut
      ? '; some calls begin or end outside the trace'
      : '; no loss is reported';
  return [`${understood}${rest}.`];
}
