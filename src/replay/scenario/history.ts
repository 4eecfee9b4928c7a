import { OperationKind, type OperationTable } from '../../trace/operations.ts';
import type { TaskStream } from '../engine/machine.ts';

/**
 * The objects of one process before the replayed frees begin: what it allocated, and what of that it
 * freed again. Places are those of the recording's one order.
 */
export interface ObjectHistory {
  /** By object, in the order of allocation: bytes asked for. */
  readonly size: Int32Array;
  readonly madeAt: Float64Array;
  /** Infinite for what still is there when the frees begin. */
  readonly freedAt: Float64Array;
  /** Object that each operation of the process frees. */
  readonly freed: Int32Array;
}

export interface Histories {
  readonly byTask: readonly ObjectHistory[];
  /** Place of the first allocation, and of the first replayed free. */
  readonly from: number;
  readonly until: number;
}

/**
 * Sorts the recorded allocations by the process that frees them. Objects that no replayed free frees go
 * with the process that freed most of what the same task allocated.
 * @param until Place where history ends and the replayed frees begin.
 */
export function objectHistories(ops: OperationTable, tasks: readonly TaskStream[], until: number): Histories {
  const objects = lifetimes(ops, until);
  const owner = new Int32Array(objects.row.length).fill(-1);
  const freedBy = new Map<number, Int32Array>();
  tasks.forEach((task, t) => {
    for (const handle of task.handle) {
      const object = objects.alive.get(handle);
      if (object === undefined) throw new Error(`a free of handle ${handle}, which no allocation gave`);
      owner[object] = t;
      const allocator = ops.task[objects.row[object]!]!;
      const counts = freedBy.get(allocator) ?? new Int32Array(tasks.length);
      counts[t]!++;
      freedBy.set(allocator, counts);
    }
  });
  const mine: number[][] = tasks.map(() => []);
  objects.row.forEach((row, object) => {
    if (owner[object]! < 0) {
      const counts = freedBy.get(ops.task[row]!) ?? new Int32Array(tasks.length);
      owner[object] = counts.indexOf(Math.max(...counts));
    }
    mine[owner[object]!]!.push(object);
  });
  const byTask = tasks.map((task, t): ObjectHistory => {
    const list = mine[t]!;
    const numberOf = new Map(list.map((object, k) => [object, k]));
    return {
      size: Int32Array.from(list, (object) => ops.size[objects.row[object]!]!),
      madeAt: Float64Array.from(list, (object) => objects.madeAt[object]!),
      freedAt: Float64Array.from(list, (object) => objects.freedAt[object]!),
      freed: Int32Array.from(task.handle, (handle) => numberOf.get(objects.alive.get(handle)!)!),
    };
  });
  return { byTask, from: objects.madeAt[0] ?? 0, until };
}

/** Each allocation before `until` that got a handle, and its end; addresses of handles are used again. */
function lifetimes(ops: OperationTable, until: number) {
  const place = (...values: number[]) => values.find((value) => !Number.isNaN(value)) ?? 0;
  const events: { row: number; at: number }[] = [];
  for (let row = 0; row < ops.length; row++) {
    const isMalloc = ops.kind[row] === OperationKind.Malloc;
    if ((!isMalloc && ops.kind[row] !== OperationKind.Free) || ops.handle[row]! < 0) continue;
    if (isMalloc && ops.size[row]! < 0) continue;
    const changed = ops.changedAt[row]!;
    const entered = ops.enteredAt[row]!;
    const returned = ops.returnedAt[row]!;
    const at = isMalloc ? place(changed, returned, entered) : place(changed, entered, returned);
    if (at < until) events.push({ row, at });
  }
  events.sort((a, b) => a.at - b.at);
  const row: number[] = [];
  const madeAt: number[] = [];
  const freedAt: number[] = [];
  const alive = new Map<number, number>();
  for (const event of events) {
    const handle = ops.handle[event.row]!;
    if (ops.kind[event.row] === OperationKind.Malloc) {
      alive.set(handle, row.length);
      row.push(event.row);
      madeAt.push(event.at);
      freedAt.push(Number.POSITIVE_INFINITY);
    } else {
      const object = alive.get(handle);
      if (object === undefined) continue;
      freedAt[object] = event.at;
      alive.delete(handle);
    }
  }
  return { row, madeAt, freedAt, alive };
}
