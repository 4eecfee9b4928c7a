import { OperationKind, type OperationTable } from '../../trace/operations.ts';
import type { RecordedZswap } from './recorded.ts';
import type { RecordedStorage } from './recorded-storage.ts';

/** Something that happens at a place in the order of all records. */
export interface Action {
  readonly at: number;
  readonly run: () => void;
}

/** Actions in the order of their places; those without one are left out. */
export function inOrder(actions: readonly Action[]): Action[] {
  return actions.filter(({ at }) => !Number.isNaN(at)).sort((a, b) => a.at - b.at);
}

/** When the pool below zswap takes pages and gives them back, by the replay of zsmalloc. */
export class PoolTimeline {
  readonly #ops: OperationTable;
  readonly #pages: Int32Array;
  readonly #recorded: RecordedZswap;
  /** Why the pool's pages are not known; null when they are. */
  readonly unknown: string | null;

  /** @param pages Pages of the zspage that each operation made or emptied. */
  constructor(ops: OperationTable, pages: Int32Array, recorded: RecordedZswap) {
    this.#ops = ops;
    this.#pages = pages;
    this.#recorded = recorded;
    this.unknown = this.#whyUnknown();
  }

  #whyUnknown(): string | null {
    const { kind, size, handle, parent, length } = this.#ops;
    const seen = new Set<number>();
    for (let op = 0; op < length; op++) {
      if (kind[op] === OperationKind.Malloc) {
        if (size[op]! < 0) return 'Sizes of objects are not recorded';
        seen.add(handle[op]!);
      }
      const isOfEntry = parent[op]! >= 0 && kind[parent[op]!] === OperationKind.ZswapEntryFree;
      if (kind[op] === OperationKind.Free && isOfEntry && !seen.has(handle[op]!))
        return 'Objects from before the recording are freed in it';
    }
    return null;
  }

  /** Changes of the pool's size; objects of other pools (zram's) do not count. */
  actions(storage: RecordedStorage): Action[] {
    const { kind, changedAt, returnedAt, enteredAt, handle, length } = this.#ops;
    const own = new Set<number>();
    const actions: Action[] = [];
    for (let op = 0; op < length; op++) {
      const isMalloc = kind[op] === OperationKind.Malloc;
      if (!isMalloc && kind[op] !== OperationKind.Free) continue;
      const at = [changedAt[op]!, returnedAt[op]!, enteredAt[op]!].find((value) => !Number.isNaN(value));
      if (at === undefined) continue;
      const pages = this.#pages[op]!;
      const run = () => {
        if (isMalloc && this.#recorded.isOfStore(op)) {
          own.add(handle[op]!);
          storage.pages += pages;
        } else if (!isMalloc && own.delete(handle[op]!)) storage.pages -= pages;
      };
      actions.push({ at, run });
    }
    return actions;
  }
}
