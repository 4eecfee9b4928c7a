/** Counters of zswap's debugfs directory, by their names there. */
export const ZSWAP_COUNTERS = [
  'pool_limit_hit',
  'reject_reclaim_fail',
  'reject_alloc_fail',
  'reject_kmemcache_fail',
  'reject_compress_fail',
  'reject_compress_poor',
  'decompress_fail',
  'written_back_pages',
  'duplicate_entry',
] as const;

export type ZswapCounter = (typeof ZSWAP_COUNTERS)[number];

/** Slots numbered by device: device * DEVICE_SLOTS + offset. */
const DEVICE_SLOTS = 2 ** 40;

/** What changed in zswap between kernels, as far as its structure goes. */
export interface ZswapEra {
  readonly id: '6.1' | '6.12' | '6.13' | '6.15' | '6.18' | '7.3';
  readonly title: string;
  /** A folio of several pages is stored page by page; before, it was refused as a whole. */
  readonly storesLargeFolios: boolean;
  /** Entries of a device: one rb-tree under one spinlock, or an xarray for every so many slots. */
  readonly index: 'rb-tree' | 'xarray';
  /** Slots that one tree holds. */
  readonly slotsPerTree: number;
  readonly poolReference: 'kref' | 'percpu_ref';
  /** When an entry gets its reference of the pool. */
  readonly referenceTaken: 'before compression' | 'before publication';
  /** Pages of one repeated word: an entry without an object, or zero pages kept off zswap by the swap layer. */
  readonly sameFilled: 'entry without object' | 'swap layer';
  /** Order in which entries are written back: the allocator's own (zsmalloc has none), or zswap's lists. */
  readonly lru: 'allocator' | 'memcg and node';
  /** Where list_lru_add and list_lru_del look the memcg's list up: with the node's lock held, or before they take the list's own. */
  readonly listLookup: 'under the lock' | 'before the lock';
  /** A load into the swap cache leaves the entry, or takes it out and frees it. */
  readonly load: 'keeps the entry' | 'frees the entry';
  /** When an older entry of the slot goes: before the store is tried, or with its result. */
  readonly staleEntry: 'before the store' | 'with the result';
  /** A pool of exactly the limit is full, or not yet. */
  readonly fullAtLimit: boolean;
  /** Pages that do not get smaller: refused, or kept as they are where the memcg may write back. */
  readonly incompressible: 'refused' | 'kept raw';
  /** An output above a page, which zs_malloc refuses: -EINVAL, or -ENOSPC. */
  readonly tooLargeForAllocator: 'object allocation' | 'compressed too large';
  /** Load of a large folio. */
  readonly largeLoad: 'never happens' | 'handled, not up to date' | '-EINVAL';
  /** An invalidation looks at nothing when the tree is empty. */
  readonly skipsEmptyTree: boolean;
  /** What a load and a writeback do first: take the entry out of the tree, or look it up and leave it there. */
  readonly loadBegins: 'erase' | 'look up';
  /** Entries that the shrink worker looks at in a memcg's list of a node before the next memcg's turn. */
  readonly looksPerTurn: number;
  /** Results of a writeback whose slot is free already. */
  readonly slotGone: readonly ('-ENOMEM' | '-ENOENT')[];
  /** Counters that this kernel has. */
  readonly counters: readonly ZswapCounter[];
  readonly source: string;
}

const COMMON: readonly ZswapCounter[] = [
  'pool_limit_hit',
  'reject_reclaim_fail',
  'reject_alloc_fail',
  'reject_kmemcache_fail',
  'reject_compress_poor',
  'written_back_pages',
];

const V6_1: ZswapEra = {
  id: '6.1',
  title: '6.1: single pages, one rb-tree a device, the allocator chooses what is written back',
  storesLargeFolios: false,
  index: 'rb-tree',
  slotsPerTree: DEVICE_SLOTS,
  poolReference: 'kref',
  referenceTaken: 'before compression',
  sameFilled: 'entry without object',
  lru: 'allocator',
  listLookup: 'under the lock',
  load: 'keeps the entry',
  staleEntry: 'before the store',
  fullAtLimit: false,
  incompressible: 'refused',
  tooLargeForAllocator: 'object allocation',
  largeLoad: 'never happens',
  skipsEmptyTree: false,
  loadBegins: 'look up',
  looksPerTurn: 1,
  slotGone: ['-ENOMEM'],
  counters: [...COMMON, 'duplicate_entry'],
  source: 'mm/zswap.c and mm/frontswap.c of 6.1.192',
};

const V6_12: ZswapEra = {
  ...V6_1,
  id: '6.12',
  title: '6.12: single pages, an xarray for every 64 MB, lists by memcg and node',
  index: 'xarray',
  slotsPerTree: 1 << 14,
  poolReference: 'percpu_ref',
  sameFilled: 'swap layer',
  lru: 'memcg and node',
  load: 'frees the entry',
  staleEntry: 'with the result',
  fullAtLimit: true,
  tooLargeForAllocator: 'compressed too large',
  largeLoad: 'handled, not up to date',
  loadBegins: 'erase',
  counters: [...COMMON, 'reject_compress_fail'],
  source: 'mm/zswap.c, mm/page_io.c and mm/list_lru.c of 6.12.117',
};

const V6_13: ZswapEra = {
  ...V6_12,
  id: '6.13',
  title: '6.13 and 6.14: large folios page by page, all or nothing',
  storesLargeFolios: true,
  listLookup: 'before the lock',
  referenceTaken: 'before publication',
  skipsEmptyTree: true,
  source:
    'commits b7c0ccdfbafd (large folios) and 63895d20d63b (charged page by page); mail of 11 Oct 2024 (empty trees); locks of lists as in mm/list_lru.c of 7.2.11; the rest as 6.12',
};

const V6_15: ZswapEra = {
  ...V6_13,
  id: '6.15',
  title: '6.15 to 6.17: large folios page by page, an entry that does not decompress stays',
  largeLoad: '-EINVAL',
  loadBegins: 'look up',
  counters: [...COMMON, 'reject_compress_fail', 'decompress_fail'],
  source: 'recordings of 6.17.13; counters of 6.16.12 and 6.17.13; mail; the rest as 6.13 and 6.18',
};

const V6_18: ZswapEra = {
  ...V6_15,
  id: '6.18',
  title: '6.18 to 7.2: zsmalloc called directly, incompressible pages kept raw',
  incompressible: 'kept raw',
  // The swap cache's own result, told on by 7.2 (swap_cache_alloc_folio), not by 6.18.
  slotGone: ['-ENOMEM', '-ENOENT'],
  source: 'mm/zswap.c and mm/swap_state.c of 7.2.12; recordings of 6.18.15',
};

const V7_3: ZswapEra = {
  ...V6_18,
  id: '7.3',
  title: '7.3: as 6.18, the shrink worker looks at 32 entries in turn',
  looksPerTurn: 32,
  slotGone: ['-ENOENT'],
  source: 'mm/zswap.c and mm/swap_state.c of 7.3.4',
};

export const ZSWAP_ERAS: readonly ZswapEra[] = [V6_1, V6_12, V6_13, V6_15, V6_18, V7_3];

/** Their versions, the oldest first. */
export const ZSWAP_VERSIONS: readonly string[] = ZSWAP_ERAS.map(({ id }) => id);

/** @throws {RangeError} for an id that is none. */
export function zswapEraById(id: string): ZswapEra {
  const era = ZSWAP_ERAS.find((candidate) => candidate.id === id);
  if (!era) throw new RangeError(`no zswap of ${id}: one of ${ZSWAP_ERAS.map((e) => e.id).join(', ')}`);
  return era;
}

/** The era of a kernel release (`6.12.117+deb12-amd64`); null when it has none here: before 6.1, 6.2 to 6.11. */
export function zswapEraOfRelease(release: string): ZswapEra | null {
  const m = /^(\d+)\.(\d+)/.exec(release);
  if (!m) return null;
  const version = Number(m[1]) * 100 + Number(m[2]);
  if (version === 601) return V6_1;
  if (version < 612) return null;
  if (version === 612) return V6_12;
  if (version <= 614) return V6_13;
  if (version <= 617) return V6_15;
  return version <= 702 ? V6_18 : V7_3;
}
