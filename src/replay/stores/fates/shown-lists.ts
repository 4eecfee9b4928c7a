import type { RecordedZswap } from '../../zswap/recorded.ts';
import type { Row } from '../recorded-rows.ts';

/** The list that entries of a folio go to: memcgs are numbered as they come. */
export interface ShownList {
  readonly memcg: number;
  readonly node: number;
}

/**
 * Lists as printed arguments of list_lru_add show them (nid, memcg), by operation: for those that show none, as folios that
 * were refused, what their task's operations show before, else behind. Empty where no arguments are printed.
 */
export function shownLists(
  zswap: RecordedZswap,
  tasks: readonly (readonly Row[])[],
): ReadonlyMap<number, ShownList> {
  const lists = new Map<number, ShownList>();
  if (!zswap.showsLists) return lists;
  const ofStores = new Map(
    zswap.stores.flatMap(({ op, entries: [first] }) =>
      first?.item ? [[op, { memcg: first.memcg, node: first.node }] as const] : [],
    ),
  );
  for (const task of tasks) {
    let current = task.map(({ op }) => ofStores.get(op)).find((list) => list !== undefined);
    for (const { op } of task) {
      current = ofStores.get(op) ?? current;
      if (current) lists.set(op, current);
    }
  }
  return lists;
}
