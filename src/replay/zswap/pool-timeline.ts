import { OperationKind, type OperationTable } from '../../trace/operations.ts';
import type { RecordedZswap } from './recorded.ts';
import type { RecordedStorage } from './recorded-storage.ts';
import { standsForEntry } from './shown.ts';

/** Something that happens at a place in the order of all records. */
export interface Action {
  readonly at: number;
  readonly run: () => void;
}

/** Actions in the order of their places; those without one are left out. */
export function inOrder(actions: readonly Action[]): Action[] {
  return actions.filter(({ at }) => !Number.isNaN(at)).sort((a, b) => a.at - b.at);
}

/**
 * When the pool below zswap takes pages and gives them back: by the replay of zsmalloc where sizes and
 * handles are recorded, else by the pages that zs_malloc and zs_free were seen to take and give back.
 */
export class PoolTimeline {
  readonly #ops: OperationTable;
  readonly #pages: Int32Array;
  readonly #recorded: RecordedZswap;
  /** Why the pool's pages are not known; null when they are. */
  readonly unknown: string | null;
  readonly basis: 'model' | 'calls';

  /** @param pages Pages of the zspage that each operation made or emptied, by the model. */
  constructor(ops: OperationTable, pages: Int32Array, recorded: RecordedZswap) {
    this.#ops = ops;
    this.#pages = pages;
    this.#recorded = recorded;
    const byModel = this.#whyNotModelled();
    const byCalls = byModel === null ? null : this.#whyNotShown();
    this.basis = byModel === null || byCalls !== null ? 'model' : 'calls';
    this.unknown = byModel === null || byCalls === null ? null : `${byModel}, and ${byCalls}`;
  }

  #whyNotModelled(): string | null {
    const { kind, size, handle, length } = this.#ops;
    const seen = new Set<number>();
    for (let op = 0; op < length; op++) {
      if (kind[op] === OperationKind.Malloc) {
        if (size[op]! < 0) return 'sizes of objects are not recorded';
        if (handle[op]! < 0 && this.#recorded.isOfStore(op)) return 'handles are not recorded';
        seen.add(handle[op]!);
      }
      if (this.#isOfZswap(op) && !seen.has(handle[op]!))
        return 'objects from before the recording are freed in it';
    }
    return seen.size === 0 ? 'no zs_malloc is recorded' : null;
  }

  #whyNotShown(): string | null {
    const { kind, seenNewPages, seenReleased, seenReleasedPages, length } = this.#ops;
    let pages = 0;
    let taken = 0;
    for (let op = 0; op < length; op++) {
      if (kind[op] === OperationKind.Malloc && this.#recorded.isOfStore(op)) {
        if (seenNewPages[op]! < 0) return 'the pages of new zspages are not shown';
        taken += seenNewPages[op]!;
        pages += seenNewPages[op]!;
      } else if (this.#isOfZswap(op)) {
        if (seenReleased[op]! < 0) return 'the zspages that are released are not shown';
        if (seenReleased[op] === 1 && seenReleasedPages[op]! <= 0) return 'the pages released are not shown';
        pages -= Math.max(0, seenReleasedPages[op]!);
        if (pages < 0) return 'more pages are given back than were taken';
      }
    }
    return taken === 0 ? 'no new zspage is shown' : null;
  }

  /** A zs_free of an entry. */
  #isOfZswap(op: number): boolean {
    const { kind, parent } = this.#ops;
    if (kind[op] !== OperationKind.Free) return false;
    return (
      standsForEntry(this.#ops, op) ||
      (parent[op]! >= 0 && kind[parent[op]!] === OperationKind.ZswapEntryFree)
    );
  }

  /** Changes of the pool's size; objects of other pools (zram's) do not count. */
  actions(storage: RecordedStorage): Action[] {
    const { kind, changedAt, returnedAt, enteredAt, length } = this.#ops;
    const own = new Set<number>();
    const actions: Action[] = [];
    for (let op = 0; op < length; op++) {
      // Of another pool's compaction (zram's) the model knows no object that moved.
      if (kind[op] === OperationKind.Compact && this.basis === 'model')
        actions.push({ at: returnedAt[op]!, run: () => (storage.pages -= this.#pages[op]!) });
      const isMalloc = kind[op] === OperationKind.Malloc;
      if (!isMalloc && kind[op] !== OperationKind.Free) continue;
      const at = [changedAt[op]!, returnedAt[op]!, enteredAt[op]!].find((value) => !Number.isNaN(value));
      if (at === undefined) continue;
      actions.push({ at, run: () => this.#change(op, isMalloc, own, storage) });
    }
    return actions;
  }

  #change(op: number, isMalloc: boolean, own: Set<number>, storage: RecordedStorage): void {
    const { handle, seenNewPages, seenReleasedPages } = this.#ops;
    if (this.basis === 'calls') {
      if (isMalloc) storage.pages += this.#recorded.isOfStore(op) ? seenNewPages[op]! : 0;
      else if (this.#isOfZswap(op)) storage.pages -= Math.max(0, seenReleasedPages[op]!);
    } else if (isMalloc && this.#recorded.isOfStore(op)) {
      own.add(handle[op]!);
      storage.pages += this.#pages[op]!;
    } else if (!isMalloc && own.delete(handle[op]!)) storage.pages -= this.#pages[op]!;
  }
}
