import { OperationKind, type OperationTable } from '../../trace/operations.ts';

/** A free of an object whose allocation no recording shows. */
export interface OlderFree {
  readonly row: number;
  readonly task: number;
  /** 1: the trace shows that its zspage was released, 0: that it was not, -1: neither. */
  readonly released: number;
  /** Pages of the released zspage, 0 when not shown. */
  readonly pages: number;
  /** Bytes of its class where a probe shows it, else -1. */
  readonly classSize: number;
  /** Its handle is new to the recording: the object was there before it began. */
  readonly hasHandle: boolean;
}

/** Frees whose object was not seen to be allocated, in the order in which they held the lock. */
export function olderFrees(ops: OperationTable): OlderFree[] {
  const order: { row: number; at: number }[] = [];
  for (let row = 0; row < ops.length; row++) {
    if (ops.kind[row] === OperationKind.Malloc || ops.kind[row] === OperationKind.Free)
      order.push({ row, at: placeOf(ops, row) });
  }
  order.sort((a, b) => a.at - b.at);
  const live = new Set<number>();
  const seen = new Set<number>();
  const frees: OlderFree[] = [];
  for (const { row } of order) {
    const handle = ops.handle[row]!;
    if (ops.kind[row] === OperationKind.Malloc) {
      if (handle >= 0 && ops.size[row]! >= 0) live.add(handle);
      continue;
    }
    if (handle >= 0 && live.delete(handle)) continue;
    frees.push({
      row,
      task: ops.task[row]!,
      released: ops.seenReleased[row]!,
      pages: Math.max(0, ops.seenReleasedPages[row]!),
      classSize: ops.seenClassSize[row]!,
      hasHandle: handle >= 0 && !seen.has(handle),
    });
    if (handle >= 0) seen.add(handle);
  }
  return frees;
}

/** Place at which an operation changed the pool; the same order as the structural replay's. */
export function placeOf(ops: OperationTable, row: number): number {
  const places =
    ops.kind[row] === OperationKind.Malloc
      ? [ops.changedAt[row]!, ops.returnedAt[row]!, ops.enteredAt[row]!]
      : [ops.changedAt[row]!, ops.enteredAt[row]!, ops.returnedAt[row]!];
  return places.find((at) => !Number.isNaN(at)) ?? 0;
}
