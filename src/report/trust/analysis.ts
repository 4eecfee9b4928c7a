import type { AnalysisResult, OverheadSummary } from '../../analysis/result.ts';
import { durationText, shareText } from '../quantities.ts';
import { linesOf, type TrustBox } from './trust-box.ts';

/** What an analysis rests on. */
export function trustOfAnalysis(result: AnalysisResult): TrustBox {
  const { tool, input, overhead } = result;
  return {
    tool,
    inputs: input.files,
    ...linesOf(input.files),
    lostRecords: input.lostRecords,
    tracingOverhead: overheadSentence(overhead),
    calibration: [],
    rests: rests(result),
    validation: null,
  };
}

function overheadSentence(overhead: OverheadSummary): string {
  const { insideNs, outsideNs, shareOfOutermost, subtracted, basis } = overhead;
  if (insideNs === null || outsideNs === null) return `not known: ${basis}`;
  const share = shareOfOutermost === null ? '' : `, ~${shareText(shareOfOutermost)} of the outermost calls`;
  const use = subtracted ? 'taken out' : 'left in';
  return `~${durationText(insideNs)} within each traced call, ~${durationText(outsideNs)} in its caller${share}; ${use}`;
}

function rests({
  functions,
  locks,
  profile,
  scheduling,
  method,
  overhead,
}: AnalysisResult): TrustBox['rests'] {
  const timed = functions.filter((row) => row.totalNs !== null);
  const waits = new Set(locks.map(({ waitWitness }) => waitWitness));
  const holds = new Set(locks.flatMap(({ hold, holdBasis }) => (hold === null ? [] : [holdBasis])));
  const largest = Math.max(0, ...functions.map(({ calls }) => calls));
  const error = (method.bucketRelativeError * 100).toFixed(2);
  const measured = (what: string, isSo: boolean) => (isSo ? [{ basis: 'measured' as const, what }] : []);
  const modelled = (what: string, isSo: boolean) => (isSo ? [{ basis: 'modelled' as const, what }] : []);
  const assumed = (what: string, isSo: boolean) => (isSo ? [{ basis: 'assumed' as const, what }] : []);
  return [
    ...measured(
      'durations: from call to return as the kernel printed them, with interrupts and waiting',
      timed.some((row) => row.calls > row.pairCalls),
    ),
    ...measured(
      'durations from event to event, by time stamps',
      timed.some((row) => row.pairCalls > 0),
    ),
    ...measured('waits: the time of slowpath functions', waits.has('slowpath')),
    ...measured('waits: from contention_begin to contention_end', waits.has('contention-events')),
    ...measured('holds: from the return of lock to the entry of unlock, by time stamps', holds.has('stamps')),
    ...measured('time on and off the CPU: by sched_switch', scheduling !== null),
    ...modelled('holds: sums of the calls seen in between, lower bounds (>=)', holds.has('calls')),
    ...modelled(
      `quantiles of more than ${method.exactUpToCalls} calls: off by at most ${error} %`,
      timed.length > 0 && largest > method.exactUpToCalls,
    ),
    ...modelled('shares of samples: with 95 % intervals', profile.length > 0),
    ...modelled("the tracer's cost: by the quickest calls, no bound", overhead.insideNs !== null),
    ...assumed(
      'names of locks: by the function that takes them, from kernel sources',
      locks.some(({ namedBy }) => namedBy === 'site'),
    ),
    ...assumed(
      'who blocked whom: a hold of the same lock that overlaps the wait; where a lock has many instances, one that fits',
      locks.some(({ blockedBy }) => blockedBy.length > 0),
    ),
  ];
}
