import type { EntryId, SlotIndex } from './slot-index.ts';

/** What stands behind a slot of a virtual swap device. */
export type Backing = 'none' | 'physical' | 'zswap' | 'zero';

/** Slots of a cluster of the table. */
export const CLUSTER_SLOTS = 512;

interface Slot {
  readonly backing: Backing;
  readonly entry: EntryId;
}

const EMPTY: Slot = { backing: 'none', entry: -1 };

/**
 * The table of a virtual swap device: a slot's backing by cluster, in place of the xarray. Storing an
 * entry needs no memory, so it cannot fail. Source: the posted series (v2) and its review.
 */
export class VswapTable implements SlotIndex {
  readonly #clusters = new Map<number, Map<number, Slot>>();

  backing(slot: number): Backing {
    return this.#at(slot).backing;
  }

  store(slot: number, entry: EntryId): EntryId {
    return this.#set(slot, { backing: 'zswap', entry });
  }

  load(slot: number): EntryId {
    return this.#at(slot).entry;
  }

  erase(slot: number): EntryId {
    const { entry } = this.#at(slot);
    this.#clusters.get(Math.floor(slot / CLUSTER_SLOTS))?.delete(slot);
    return entry;
  }

  /** A page of zeros: nothing is stored. Returns the entry that the slot had. */
  storeZero(slot: number): EntryId {
    return this.#set(slot, { backing: 'zero', entry: -1 });
  }

  /** The slot gets a place on a disk. Returns the entry that it had. */
  storePhysical(slot: number): EntryId {
    return this.#set(slot, { backing: 'physical', entry: -1 });
  }

  isEmptyAt(slot: number): boolean {
    return (this.#clusters.get(Math.floor(slot / CLUSTER_SLOTS))?.size ?? 0) === 0;
  }

  get size(): number {
    return this.pairs().length;
  }

  clone(): VswapTable {
    const copy = new VswapTable();
    for (const [number, cluster] of this.#clusters) copy.#clusters.set(number, new Map(cluster));
    return copy;
  }

  pairs(): readonly (readonly [slot: number, entry: EntryId])[] {
    return [...this.#clusters.values()]
      .flatMap((cluster) => [...cluster])
      .filter(([, { backing }]) => backing === 'zswap')
      .map(([slot, { entry }]) => [slot, entry] as const)
      .sort((a, b) => a[0] - b[0]);
  }

  #at(slot: number): Slot {
    return this.#clusters.get(Math.floor(slot / CLUSTER_SLOTS))?.get(slot) ?? EMPTY;
  }

  #set(slot: number, value: Slot): EntryId {
    const number = Math.floor(slot / CLUSTER_SLOTS);
    let cluster = this.#clusters.get(number);
    if (!cluster) {
      cluster = new Map();
      this.#clusters.set(number, cluster);
    }
    const before = cluster.get(slot)?.entry ?? -1;
    cluster.set(slot, value);
    return before;
  }
}
