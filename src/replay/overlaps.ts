import { OperationKind, type OperationTable } from '../trace/operations.ts';

/** Frees that one task makes while another one's runs, and those that waited for a spinlock. */
export interface Overlaps {
  readonly overlaps: number;
  readonly waits: number;
}

/** Counts them by time stamps, else by lines of one free between those of another. */
export function countOverlaps(ops: OperationTable): Overlaps {
  const rows: number[] = [];
  let waits = 0;
  let hasStamps = true;
  for (let row = 0; row < ops.length; row++) {
    if (ops.kind[row] !== OperationKind.Free || Number.isNaN(ops.durationNs[row]!)) continue;
    rows.push(row);
    if (Number.isNaN(ops.startNs[row]!)) hasStamps = false;
    if (ops.parts.lockWait.get(row) > 0) waits++;
  }
  const [from, to] = hasStamps ? [ops.startNs, ops.endNs] : [ops.firstAt, ops.returnedAt];
  rows.sort((a, b) => to[a]! - to[b]!);
  let overlaps = 0;
  for (let k = 1; k < rows.length; k++) {
    const [before, row] = [rows[k - 1]!, rows[k]!];
    if (ops.task[row] !== ops.task[before] && from[row]! < to[before]!) overlaps++;
  }
  return { overlaps, waits };
}
