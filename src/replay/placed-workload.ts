import { OperationKind, type OperationTable } from '../trace/operations.ts';
import type { TaskStream } from './engine/machine.ts';
import type { StructureOutcome } from './structure.ts';
import { isSerialised, mostCommonCpu, type Workload } from './workload.ts';

/**
 * Frees of a recording as closed loops without any times: which task freed which object, on which CPU,
 * in which order. Costs and the time between frees come from a platform.
 * @throws {RangeError} when no freed object was seen to be allocated.
 */
export function placedWorkload(ops: OperationTable, outcome: StructureOutcome, from: number): Workload {
  const lists = new Map<number, number[]>();
  for (let row = 0; row < ops.length; row++) {
    if (ops.kind[row] !== OperationKind.Free || ops.enteredAt[row]! < from) continue;
    if (outcome.sizeClass[row]! < 0) continue;
    const list = lists.get(ops.task[row]!);
    if (list) list.push(row);
    else lists.set(ops.task[row]!, [row]);
  }
  if (lists.size === 0) {
    throw new RangeError(
      'no zs_free whose object was seen to be allocated (it wants zs_malloc with size and handle)',
    );
  }
  const rows = [...lists.values()].map((list) =>
    Int32Array.from(list.sort((a, b) => ops.enteredAt[a]! - ops.enteredAt[b]!)),
  );
  const begins = rows.map((list) => ops.startNs[list[0]!]!);
  const begin = Math.min(...begins.filter((ns) => !Number.isNaN(ns)));
  const tasks = rows.map((list, t): TaskStream => {
    const thinkNs = new Float64Array(list.length);
    const late = begins[t]! - begin;
    thinkNs[0] = Number.isFinite(late) ? late : 0;
    return {
      cpu: mostCommonCpu(ops, list),
      path: new Uint8Array(list.length),
      handle: Int32Array.from(list, (row) => ops.handle[row]!),
      sizeClass: Int32Array.from(list, (row) => outcome.sizeClass[row]!),
      slot: new Int32Array(list.length).fill(-1),
      thinkNs,
    };
  });
  const hasTimes = rows.every((list) => list.every((row) => ops.endNs[row]! >= ops.startNs[row]!));
  return {
    tasks,
    rows,
    costs: rows.map(() => new Map()),
    distributions: new Map(),
    serialised: hasTimes && isSerialised(ops, rows),
    notify: null,
    notifiesInTurn: false,
    pageLists: null,
    notes: [],
  };
}
