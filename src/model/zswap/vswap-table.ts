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
  /** There is a disk that slots can be put on (patch 3 of the series). */
  readonly hasDisk: boolean;
  #physicalLeft: number;

  /** @param physicalSlots Slots of the disk behind the device; null: there is none (patch 2 of the series). */
  constructor(physicalSlots: number | null = null) {
    this.hasDisk = physicalSlots !== null;
    this.#physicalLeft = physicalSlots ?? 0;
  }

  /** Slots of the disk that are free. */
  get physicalLeft(): number {
    return this.#physicalLeft;
  }

  backing(slot: number): Backing {
    return this.#at(slot).backing;
  }

  store(slot: number, entry: EntryId): EntryId {
    return this.#replace(slot, { backing: 'zswap', entry });
  }

  load(slot: number): EntryId {
    return this.#at(slot).entry;
  }

  /** Releases whatever is behind a slot. Returns the entry that it had. */
  erase(slot: number): EntryId {
    return this.#release(slot);
  }

  /** A page of zeros: nothing is stored. Returns the entry that the slot had. */
  storeZero(slot: number): EntryId {
    return this.#replace(slot, { backing: 'zero', entry: -1 });
  }

  /**
   * The slot gets a place on the disk, the one that it has if it has one (folio_realloc_swap). What stood
   * there is overwritten and not freed: that is up to the caller.
   * @returns false when the disk is full.
   */
  takePhysical(slot: number): boolean {
    if (this.backing(slot) === 'physical') return true;
    if (this.#physicalLeft === 0) return false;
    this.#physicalLeft--;
    this.#set(slot, { backing: 'physical', entry: -1 });
    return true;
  }

  /** Pages from a slot on that have the same backing: so many can be read as one folio. */
  batch(firstSlot: number, pages: number): { readonly backing: Backing; readonly pages: number } {
    const backing = this.backing(firstSlot);
    let same = 1;
    while (same < pages && this.backing(firstSlot + same) === backing) same++;
    return { backing, pages: same };
  }

  isEmptyAt(slot: number): boolean {
    return (this.#clusters.get(Math.floor(slot / CLUSTER_SLOTS))?.size ?? 0) === 0;
  }

  get size(): number {
    return this.pairs().length;
  }

  clone(): VswapTable {
    const copy = new VswapTable(this.hasDisk ? this.#physicalLeft : null);
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

  #release(slot: number): EntryId {
    const { entry, backing } = this.#at(slot);
    if (backing === 'physical') this.#physicalLeft++;
    this.#clusters.get(Math.floor(slot / CLUSTER_SLOTS))?.delete(slot);
    return entry;
  }

  #replace(slot: number, value: Slot): EntryId {
    const before = this.#release(slot);
    this.#set(slot, value);
    return before;
  }

  #set(slot: number, value: Slot): void {
    const number = Math.floor(slot / CLUSTER_SLOTS);
    let cluster = this.#clusters.get(number);
    if (!cluster) {
      cluster = new Map();
      this.#clusters.set(number, cluster);
    }
    cluster.set(slot, value);
  }
}
