import { EntryLists } from './entry-lists.ts';
import { ZSWAP_COUNTERS, type ZswapCounter, type ZswapEra } from './eras.ts';
import type { PoolLimit } from './limits.ts';
import { References } from './references.ts';
import { type EntryId, EntryTrees, type SlotIndex } from './slot-index.ts';
import type { CompressedStorage } from './storage.ts';
import { VswapTable } from './vswap-table.ts';

/** One page in zswap. */
export interface Entry {
  readonly id: EntryId;
  readonly slot: number;
  readonly memcg: number;
  /** Node of the entry's own memory, which decides its list. */
  readonly node: number;
  /** A page of one repeated word, kept without an object (6.1). */
  readonly isSameFilled: boolean;
  /** Bytes of the compressed page; 0 for a page of one repeated word. */
  length: number;
  /** Object in the storage; -1 without one. */
  handle: number;
  /** Stored, or looked at once by the shrinker since. */
  referenced: boolean;
  /** It has its references of the pool and the memcg: its free drops them. */
  holdsReferences: boolean;
  /** Which version of the page it is: for questions about stale data. */
  readonly content: number;
}

export interface ZswapSettings {
  readonly era: ZswapEra;
  readonly limit: PoolLimit;
  /** The device is a virtual one: a table in place of trees. */
  readonly vswap: boolean;
  /** Slots of the disk behind a virtual device; without it there is none. */
  readonly physicalSlots?: number;
  /** Memcgs that may not write back (memory.zswap.writeback). */
  readonly noWriteback: ReadonlySet<number>;
  /** Bytes that a memcg may have in zswap (memory.zswap.max); no key: no limit. */
  readonly memcgBytes: ReadonlyMap<number, number>;
}

/**
 * All that zswap knows, without time: steps of the files beside this one change it, each of them what
 * happens under one lock or by one task alone, so that the caller gives the order.
 */
export class ZswapState {
  readonly settings: ZswapSettings;
  readonly storage: CompressedStorage;
  readonly index: SlotIndex;
  readonly lists: EntryLists;
  readonly entries: Map<EntryId, Entry>;
  readonly references: References;
  readonly counters: Record<ZswapCounter, number>;
  /** Slots of zero pages that the swap layer keeps off zswap (its zeromap); a virtual device has its table. */
  readonly zeroSlots: Set<number>;
  enabled = true;
  /** The limit was met, and the pool has not come down to the accept threshold since. */
  reachedFull = false;
  /** The shrink worker has been asked for. */
  shrinkQueued = false;
  /** Memcg that the shrink worker looked at last; null: it begins a pass over all. */
  shrinkCursor: number | null = null;
  storedPages = 0;
  nextEntry = 0;

  constructor(settings: ZswapSettings, storage: CompressedStorage) {
    this.settings = settings;
    this.storage = storage;
    this.index = settings.vswap
      ? new VswapTable(settings.physicalSlots)
      : new EntryTrees(settings.era.slotsPerTree);
    this.lists = new EntryLists();
    this.entries = new Map();
    this.references = new References();
    this.zeroSlots = new Set();
    this.counters = Object.fromEntries(ZSWAP_COUNTERS.map((name) => [name, 0])) as Record<
      ZswapCounter,
      number
    >;
  }

  get era(): ZswapEra {
    return this.settings.era;
  }

  /** Counts, where this kernel has such a counter. */
  count(counter: ZswapCounter): void {
    if (this.era.counters.includes(counter)) this.counters[counter]++;
  }

  /** An independent copy. */
  clone(): ZswapState {
    const copy = new ZswapState(this.settings, this.storage.clone());
    return Object.assign(copy, {
      index: this.index.clone(),
      lists: this.lists.clone(),
      entries: new Map([...this.entries].map(([id, entry]) => [id, { ...entry }])),
      references: this.references.clone(),
      counters: { ...this.counters },
      zeroSlots: new Set(this.zeroSlots),
      enabled: this.enabled,
      reachedFull: this.reachedFull,
      shrinkQueued: this.shrinkQueued,
      shrinkCursor: this.shrinkCursor,
      storedPages: this.storedPages,
      nextEntry: this.nextEntry,
    });
  }
}
