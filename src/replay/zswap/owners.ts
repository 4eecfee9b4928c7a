import { OperationKind, type OperationTable } from '../../trace/operations.ts';

/** The page of a store that an object holds. */
export interface Owner {
  readonly store: number;
  readonly page: number;
}

/** Which objects stores made, and whose object each free frees. */
export interface Owners {
  /** zs_malloc by store, in order. */
  readonly objects: ReadonlyMap<number, readonly number[]>;
  /** By row of the free: an object of a store in the recording. */
  readonly freed: ReadonlyMap<number, Owner>;
}

/**
 * Follows objects from the store that made them to their free, by the addresses of handles. An address is
 * given out again after its free, so that the order of places decides.
 * @param freeRows Frees of entries: zswap_entry_free with its handle or with a zs_free in it, or that alone.
 */
export function followObjects(ops: OperationTable, freeRows: readonly number[]): Owners {
  const objects = objectsOfStores(ops);
  const handleOf = handlesOf(ops, freeRows);
  const actions: { readonly at: number; readonly run: () => void }[] = [];
  const held = new Map<number, Owner>();
  const freed = new Map<number, Owner>();
  for (const [store, rows] of objects)
    for (const [page, row] of rows.entries()) {
      const handle = ops.handle[row]!;
      if (handle < 0) continue;
      actions.push({
        at: firstKnown(ops.changedAt[row]!, ops.returnedAt[row]!, ops.enteredAt[row]!),
        run: () => held.set(handle, { store, page }),
      });
    }
  for (const row of freeRows) {
    const handle = handleOf.get(row);
    if (handle === undefined) continue;
    actions.push({
      at: ops.enteredAt[row]!,
      run: () => {
        const owner = held.get(handle);
        if (owner === undefined) return;
        freed.set(row, owner);
        held.delete(handle);
      },
    });
  }
  for (const { run } of actions.sort((a, b) => a.at - b.at)) run();
  return { objects, freed };
}

/** zs_malloc of each store: what is within it, else what its task asked for while it ran. */
function objectsOfStores(ops: OperationTable): Map<number, number[]> {
  const { kind, task, enteredAt, returnedAt, parent, length } = ops;
  const objects = new Map<number, number[]>();
  const open = new Map<number, number>();
  const inOrder = Array.from({ length }, (_, op) => op)
    .filter((op) => kind[op] === OperationKind.ZswapStore || kind[op] === OperationKind.Malloc)
    .sort((a, b) => enteredAt[a]! - enteredAt[b]!);
  const add = (store: number, op: number) => {
    const list = objects.get(store);
    if (list) list.push(op);
    else objects.set(store, [op]);
  };
  for (const op of inOrder) {
    if (kind[op] === OperationKind.ZswapStore) {
      open.set(task[op]!, op);
      continue;
    }
    const within = parent[op]!;
    if (within >= 0 && kind[within] === OperationKind.ZswapStore) {
      add(within, op);
      continue;
    }
    const store = open.get(task[op]!);
    if (store === undefined || within >= 0 || returnedAt[store]! < enteredAt[op]!) continue;
    add(store, op);
  }
  return objects;
}

/** Number of the handle that each free frees: its own, or that of the zs_free within it. */
function handlesOf(ops: OperationTable, freeRows: readonly number[]): Map<number, number> {
  const handles = new Map<number, number>();
  for (const row of freeRows) if (ops.handle[row]! >= 0) handles.set(row, ops.handle[row]!);
  for (let row = 0; row < ops.length; row++) {
    const parent = ops.parent[row]!;
    const isOfEntry = parent >= 0 && ops.kind[parent] === OperationKind.ZswapEntryFree;
    if (ops.kind[row] !== OperationKind.Free || !isOfEntry || ops.handle[row]! < 0) continue;
    if (!handles.has(parent)) handles.set(parent, ops.handle[row]!);
  }
  return handles;
}

export function firstKnown(...values: number[]): number {
  return values.find((value) => !Number.isNaN(value)) ?? Number.NaN;
}
