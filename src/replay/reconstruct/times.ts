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
 * Gives frees a beginning: each task frees one object after the other, with the assumed time between; the order
 * of lines holds, so a free ends after those that ended on lines before it, and begins after those that had
 * ended before its first line. Durations are the recorded ones.
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
  /** End of the last of the frees up to each one, in the order of lines. */
  const ends = new Float64Array(rows.length);
  rows.forEach((row, k) => {
    const task = ops.task[row]!;
    const duration = ops.durationNs[row]!;
    let before = k - 1;
    // Few frees return within another one, so the first that did not is near.
    while (before >= 0 && ops.returnedAt[rows[before]!]! > ops.firstAt[row]!) before--;
    const start = Math.max(
      (endOf.get(task) ?? -thinkNs) + thinkNs,
      before >= 0 ? ends[before]! : 0,
      k > 0 ? ends[k - 1]! - duration : 0,
    );
    ops.startNs[row] = start;
    ops.endNs[row] = start + duration;
    ops.reconstructed[row]! |= Reconstructed.Times;
    endOf.set(task, start + duration);
    ends[k] = start + duration;
  });
}
