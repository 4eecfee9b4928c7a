import type { MunmapCall, OperationTable } from '../trace/operations.ts';
import { type Interval, interval } from './interval.ts';
import type { Comparison } from './result.ts';
import type { DesignRun } from './what-if.ts';
import type { Workload } from './workload.ts';

/** Stamps are whole microseconds: what begins with the call may bear an earlier one. */
const STAMP_NS = 1000;
/** Share of a task's frees that must stand in its munmap calls. */
const MOST_OF_THEM = 0.9;

/** The munmap calls of one task around its frees, ns. */
export interface MunmapComparison {
  readonly task: number;
  readonly calls: number;
  readonly frees: number;
  /** The calls with all that is in them. */
  readonly recordedNs: number;
  /** In its frees: the notifications where these are replayed. */
  readonly freeingNs: number;
  /** Before the first free of the calls and behind the last: no part of the model. */
  readonly outsideNs: number;
  /** The recorded calls, with the model's time from the first free to the last in place of the recorded one. */
  readonly modelledNs: Interval;
}

/**
 * Calls of munmap as the user sees them: recorded, and as the replayed base makes them. What is outside
 * of the frees is not modelled: it stays as recorded.
 * @param runs Runs of the base in the world of the recording.
 * @returns null where the frees of some task are not within calls of munmap that the trace shows.
 */
export function munmapComparisons(
  ops: OperationTable,
  { rows, notify }: Workload,
  runs: readonly DesignRun[],
): { readonly calls: readonly MunmapComparison[]; readonly longest: Comparison } | null {
  const made: MunmapComparison[] = [];
  const longest = runs.map(() => 0);
  for (const [t, column] of rows.entries()) {
    if (column.length === 0) return null;
    const task = ops.task[column[0]!]!;
    const calls = ops.munmaps.filter((call) => call.task === task);
    const timed = [...column].map((row) => notify?.get(row) ?? row);
    const within = calls
      .map((call) => ({ call, inside: timed.filter((row) => isWithin(ops, row, call)) }))
      .filter(({ inside }) => inside.length > 0);
    const frees = within.reduce((sum, { inside }) => sum + inside.length, 0);
    if (frees < MOST_OF_THEM * timed.length) return null;
    const recordedNs = within.reduce((sum, { call }) => sum + call.endNs - call.startNs, 0);
    const outsideNs = within.reduce((sum, { call, inside }) => sum + outside(ops, call, inside), 0);
    const wholeNs = ops.endNs[timed.at(-1)!]! - ops.startNs[timed[0]!]!;
    const modelled = runs.map(({ taskNs }) => recordedNs - wholeNs + taskNs[t]!);
    for (const [run, ns] of modelled.entries()) longest[run] = Math.max(longest[run]!, ns);
    made.push({
      task,
      calls: within.length,
      frees,
      recordedNs,
      freeingNs: timed.reduce((sum, row) => sum + ops.endNs[row]! - ops.startNs[row]!, 0),
      outsideNs,
      modelledNs: interval(modelled),
    });
  }
  if (made.length === 0) return null;
  const recorded = Math.max(...made.map(({ recordedNs }) => recordedNs));
  return {
    calls: made,
    longest: { name: 'munmap, the longest call', unit: 'ns', recorded, modelled: interval(longest) },
  };
}

function isWithin({ startNs, endNs }: OperationTable, row: number, call: MunmapCall): boolean {
  return startNs[row]! >= call.startNs - STAMP_NS && endNs[row]! <= call.endNs + STAMP_NS;
}

function outside({ startNs, endNs }: OperationTable, call: MunmapCall, inside: readonly number[]): number {
  return Math.max(0, startNs[inside[0]!]! - call.startNs) + Math.max(0, call.endNs - endNs[inside.at(-1)!]!);
}
