import type { AnalysisResult, LockRow, TailRow } from '../analysis/result.ts';
import { lockPlace } from './lock-place.ts';
import { countText, durationText, exactDurationText, percentText, shareText } from './quantities.ts';

/** The answer in sentences: what every report of an analysis begins with. */
export function summarise(result: AnalysisResult): string[] {
  return [
    ...mainFunction(result),
    ...profiles(result),
    ...waiting(result),
    ...slowCalls(result),
    ...scheduling(result),
    ...otherTools(result),
    ...overhead(result),
    ...reading(result),
  ];
}

function mainFunction(result: AnalysisResult): string[] {
  const name = result.tails[0]?.function ?? result.functions[0]?.name;
  const row = result.functions.find((f) => f.name === name);
  if (!row) return noFunction(result);
  const hits = result.hits[0];
  if (row.totalNs === null && hits !== undefined) {
    const caller = hits.callers[0];
    const from =
      caller === undefined ? '' : `, ${shareText(caller.calls / hits.calls)} of the time by ${caller.name}`;
    return [
      `${hits.name} is called most: ${countText(hits.calls, 'time')}${from}. ` +
        `Hits of the function tracer (${countText(result.hits.length, 'function')}) have no durations.`,
    ];
  }
  if (row.totalNs === null) {
    return [`${row.name}: ${countText(row.calls, 'call')}; this text has no durations.`];
  }
  const byEvents = row.pairCalls === row.calls ? ' from event to event' : '';
  const calls = `${countText(row.calls, 'call')}${byEvents}`;
  if (row.calls === 1) return [`${row.name}: one call${byEvents} of ${exactDurationText(row.maxNs!)}.`];
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

/** Nothing called: what else there is comes first. */
function noFunction({
  events,
  profile,
  sideTables,
  sideHistograms,
  method,
  input,
}: AnalysisResult): string[] {
  if (profile.length + sideTables.length + sideHistograms.length > 0) return [];
  const most = events[0];
  if (most === undefined || method.filters !== '') return ['No call passed the filters.'];
  const all = events.reduce((sum, row) => sum + row.count, 0);
  return [
    `${countText(all, 'event')} of ${countText(events.length, 'kind')}, the most ${most.name} (${most.count}); ` +
      (input.clock === 'none'
        ? 'without time stamps nothing can be paired.'
        : 'none of them is the entry or the return of a call.'),
  ];
}

function profiles({ profile }: AnalysisResult): string[] {
  return profile.flatMap(({ event, samples, functions, lockSpins }) => {
    const top = functions[0];
    if (top === undefined) return [`${countText(samples, 'sample')} of ${event}, none with a function.`];
    const range = `${percentText(top.selfInterval.low)} to ${percentText(top.selfInterval.high)} %`;
    const most =
      `${countText(samples, 'sample')} of ${event}: the most are in ${top.name} itself, ` +
      `${shareText(top.selfShare)} (95 % interval ${range}).`;
    const spin = lockSpins[0];
    if (spin === undefined) return [most];
    const all = lockSpins.reduce((sum, row) => sum + row.samples, 0);
    const lock = spin.lock === '' ? '' : ` (${spin.lock})`;
    return [
      most,
      `${shareText(all / samples)} are in slowpaths of locks, the most for ` +
        `${spin.site === '' ? 'callers that are not in the stack' : `${spin.site}${lock}`}, ` +
        `${shareText(spin.share)} (${percentText(spin.interval.low)} to ${percentText(spin.interval.high)} %).`,
    ];
  });
}

function scheduling({ scheduling: s }: AnalysisResult): string[] {
  if (s === null) return [];
  const out: string[] = [];
  const idle = s.cpus.filter((cpu) => cpu.idleShare !== null);
  if (idle.length > 0) {
    const seen = idle.reduce((sum, cpu) => sum + cpu.seenNs, 0);
    const share = idle.reduce((sum, cpu) => sum + cpu.idleNs, 0) / seen;
    out.push(`The CPUs were idle for ${shareText(share)} of the time between their switches.`);
  }
  const waited = [...s.tasks].sort((a, b) => b.preemptedNs - a.preemptedNs)[0];
  if (waited !== undefined && waited.preemptedNs > 0) {
    out.push(
      `${waited.task} wanted to run and was off the CPU longest: ${durationText(waited.preemptedNs)}, ` +
        `preempted ${countText(waited.preemptions, 'time')}, against ${durationText(waited.onCpuNs)} on it.`,
    );
  }
  return out;
}

function otherTools({ sideTables, sideHistograms }: AnalysisResult): string[] {
  if (sideTables.length + sideHistograms.length === 0) return [];
  const tables = sideTables.length === 0 ? [] : [countText(sideTables.length, 'table')];
  const histograms = sideHistograms.length === 0 ? [] : [countText(sideHistograms.length, 'histogram')];
  return [`Counted by other tools: ${[...tables, ...histograms].join(' and ')}, given as printed.`];
}

/** Why a result has no locks. */
export function whyNoLocks({ functions, events, profile }: AnalysisResult): string {
  if (functions.some((f) => f.totalNs !== null))
    return 'No lock function is in this trace, so it says nothing about locks.';
  if (profile.some(({ lockSpins }) => lockSpins.length > 0))
    return 'Samples do not tell how long anybody waited: the profile counts those in slowpaths of locks.';
  if (events.length > 0)
    return 'No wait with both contention events is in this trace, so it says nothing about locks.';
  return 'No lock function is in this trace, so it says nothing about locks.';
}

function waiting(result: AnalysisResult): string[] {
  const row = result.locks.find((lock) => lock.wait.totalNs > 0);
  if (!row) {
    if (result.profile.length + result.sideTables.length + result.sideHistograms.length > 0) return [];
    const hasCalls = result.functions.some((f) => f.totalNs !== null);
    if (result.locks.length === 0 && !hasCalls && result.hits.length > 0) return [];
    if (result.locks.length === 0 && !hasCalls && result.input.clock === 'none') return [];
    if (result.locks.length === 0) return [whyNoLocks(result)];
    return [noWaitSeen(result.locks)];
  }
  const share =
    row.waitShareOfSite === null ? '' : `, ${shareText(row.waitShareOfSite)} of the time of ${row.site}`;
  const waits = row.acquisitionsKnown
    ? `${row.contended} of ${row.acquisitions} acquisitions waited`
    : countText(row.contended, 'wait');
  const first =
    `Most waiting: ${durationText(row.wait.totalNs)} for ${place(row)}` +
    ` (${waits}, the longest ${durationText(row.wait.maxNs)}${share}).`;
  return [first, ...blame(row), ...blindness(row)];
}

/** What contention events alone do not show. */
function blindness(row: LockRow): string[] {
  if (row.acquisitionsKnown) return [];
  return [
    'These waits are known by contention events alone: acquisitions that did not wait leave none, nor does the first ' +
      'waiter for a queued spinlock.',
  ];
}

/** The lock and where it is taken; a lock without a name is named by that place already. */
function place(row: LockRow): string {
  return row.namedBy === 'unknown' ? row.lock : lockPlace(row);
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
  if (!row.acquisitionsKnown) {
    return [
      `For ${durationText(seen.reduce((sum, b) => sum + b.waitNs, 0))} of that the trace shows who had taken it ` +
        'last, a waiter before this one; who held it the rest of the time is not seen.',
    ];
  }
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
  if (o.insideNs === null || o.outsideNs === null || o.tracedCalls === 0) return [];
  const cost = `up to ${durationText(o.insideNs + o.outsideNs)} for each traced call`;
  if (o.subtracted) {
    return [`Tracing cost, estimated as ${cost}, has been taken out of all durations: they are estimates.`];
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
  const runs = diagnostics.some((d) => d.id === 'different-runs')
    ? ['The inputs look like recordings of different runs: all figures are of them together.']
    : [];
  return [`${understood}${rest}.`, ...runs];
}
