import type { OperationTable } from '../../trace/operations.ts';

/**
 * Time before each operation that its task spent on nothing recorded here, ns: since the task's last operation
 * ended, or since the operation that it is part of began or did its last one. NaN where that is not known.
 */
export function thinkTimes(ops: OperationTable): Float64Array {
  const think = new Float64Array(ops.length).fill(Number.NaN);
  const order = Int32Array.from({ length: ops.length }, (_, row) => row)
    .filter((row) => !Number.isNaN(ops.startNs[row]!))
    .sort((a, b) => ops.startNs[a]! - ops.startNs[b]! || a - b);
  /** End of the last operation, by task and by the operation around it. */
  const endOfTask = new Map<number, number>();
  const endWithin = new Map<number, number>();
  for (const row of order) {
    const start = ops.startNs[row]!;
    const parent = ops.parent[row]!;
    const before =
      parent >= 0 ? (endWithin.get(parent) ?? ops.startNs[parent]!) : endOfTask.get(ops.task[row]!);
    if (before !== undefined && start >= before) think[row] = start - before;
    const end = Number.isNaN(ops.endNs[row]!) ? start : ops.endNs[row]!;
    if (parent >= 0) endWithin.set(parent, end);
    else endOfTask.set(ops.task[row]!, end);
  }
  return think;
}
