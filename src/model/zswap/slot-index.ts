/** An entry of zswap, by its number; -1 is none. */
export type EntryId = number;

const NONE = -1;

/** Which entry a swap slot has. */
export interface SlotIndex {
  /** Gives a slot an entry; returns the one that it had. */
  store(slot: number, entry: EntryId): EntryId;
  load(slot: number): EntryId;
  /** Takes a slot's entry out; returns it. */
  erase(slot: number): EntryId;
  /** Nothing is stored in the tree that the slot belongs to. */
  isEmptyAt(slot: number): boolean;
  readonly size: number;
  clone(): SlotIndex;
  /** Slots with their entries, by rising slot. */
  pairs(): readonly (readonly [slot: number, entry: EntryId])[];
}

/**
 * Trees of entries: one for each run of slots, so that the lock of one does not stand in the way of
 * another. With one run without end it is the rb-tree of a whole device.
 */
export class EntryTrees implements SlotIndex {
  readonly slotsPerTree: number;
  readonly #trees = new Map<number, Map<number, EntryId>>();

  constructor(slotsPerTree: number) {
    this.slotsPerTree = slotsPerTree;
  }

  /** Number of the tree, and so of its lock, that a slot belongs to. */
  treeOf(slot: number): number {
    return Math.floor(slot / this.slotsPerTree);
  }

  store(slot: number, entry: EntryId): EntryId {
    const number = this.treeOf(slot);
    let tree = this.#trees.get(number);
    if (!tree) {
      tree = new Map();
      this.#trees.set(number, tree);
    }
    const before = tree.get(slot) ?? NONE;
    tree.set(slot, entry);
    return before;
  }

  load(slot: number): EntryId {
    return this.#trees.get(this.treeOf(slot))?.get(slot) ?? NONE;
  }

  erase(slot: number): EntryId {
    const entry = this.load(slot);
    this.#trees.get(this.treeOf(slot))?.delete(slot);
    return entry;
  }

  isEmptyAt(slot: number): boolean {
    return (this.#trees.get(this.treeOf(slot))?.size ?? 0) === 0;
  }

  get size(): number {
    let sum = 0;
    for (const tree of this.#trees.values()) sum += tree.size;
    return sum;
  }

  clone(): EntryTrees {
    const copy = new EntryTrees(this.slotsPerTree);
    for (const [number, tree] of this.#trees) copy.#trees.set(number, new Map(tree));
    return copy;
  }

  pairs(): readonly (readonly [slot: number, entry: EntryId])[] {
    return [...this.#trees.values()].flatMap((tree) => [...tree]).sort((a, b) => a[0] - b[0]);
  }
}
