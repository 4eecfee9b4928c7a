import { OperationKind, type OperationTable, Reconstructed } from '../../trace/operations.ts';

/**
 * Time between two frees of a task where the trace has no time stamps, as a share of the median free:
 * between 0.2 (all calls of zs_free traced) and 1 (only zs_free traced) in recordings that have stamps.
 */
export const ASSUMED_THINK_SHARE = 0.5;

/** True when frees have a duration and no time at which they began. */
export function lacksTimes(ops: OperationTable): boolean {
  let with_ = 0;
  let without = 0;
  for (let row = 0; row < ops.length; row++) {
    if (ops.kind[row] !== OperationKind.Free || Number.isNaN(ops.durationNs[row]!)) continue;
    if (Number.isNaN(ops.startNs[row]!)) without++;
    else with_++;
  }
  return without > 0 && with_ === 0;
}

/**
 * Gives frees a beginning: each task frees one object after the other, with the assumed time between; a task
 * begins when those before it in the order of lines have come to that line. Durations are the recorded ones.
 */
export function layOutTimes(ops: OperationTable): void {
  const rows: number[] = [];
  for (let row = 0; row < ops.length; row++) {
    if (ops.kind[row] === OperationKind.Free && !Number.isNaN(ops.durationNs[row]!)) rows.push(row);
  }
  rows.sort((a, b) => ops.returnedAt[a]! - ops.returnedAt[b]!);
  const durations = rows.map((row) => ops.durationNs[row]!).sort((a, b) => a - b);
  const thinkNs = ASSUMED_THINK_SHARE * (durations[durations.length >> 1] ?? 0);
  const endOf = new Map<number, number>();
  let last = 0;
  for (const row of rows) {
    const task = ops.task[row]!;
    const end = endOf.get(task);
    // A new task's first free ends where the others have got to.
    const start = end === undefined ? Math.max(0, last - ops.durationNs[row]!) : end + thinkNs;
    ops.startNs[row] = start;
    ops.endNs[row] = start + ops.durationNs[row]!;
    ops.reconstructed[row]! |= Reconstructed.Times;
    endOf.set(task, ops.endNs[row]!);
    last = Math.max(last, ops.endNs[row]!);
  }
}
