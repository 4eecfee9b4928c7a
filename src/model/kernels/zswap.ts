import type { KernelModel, LockDeclaration, Step } from '../steps.ts';
import type { ZswapEra } from '../zswap/eras.ts';
import type { Era } from './eras.ts';
import { work } from './pieces.ts';

/** Locks of zswap, by the names that step lists use. */
export const CONTEXT_MUTEX = 'acomp_ctx->mutex';
export const TREE_LOCK = 'tree lock';
const LIST_LOCK = 'list_lru lock';
/** Counter of all pages in zswap, which every CPU changes. */
export const STORED_PAGES = 'zswap_stored_pages';

/** Paths of zswap that tasks run; the rest is called by these. */
export const ZSWAP_PATHS = {
  store: 'zswap_store',
  storeFull: 'zswap_store: pool limit',
  storeFailed: 'zswap_store: does not compress',
  storeUndone: 'zswap_store: fails at a page',
  load: 'zswap_load',
  loadNone: 'zswap_load: no entry',
  invalidate: 'zswap_invalidate',
  invalidateNone: 'zswap_invalidate: no entry',
  writeback: 'zswap_writeback_entry',
  writebackStopped: 'zswap_writeback_entry: not written',
} as const;

/** Parts of a store that designs change. */
export const STORE_PAGE = 'zswap_store_page';
export const COMPRESS_PAGE = 'zswap_compress';
export const ENTRY_FREE = 'zswap_entry_free';

/** A page compressed or decompressed by the CPU. */
export const COMPRESS = work('compress the page', 'compress');
export const DECOMPRESS = work('decompress', 'decompress');
/** What the calls of the mutex take by themselves, whoever holds it. */
export const MUTEX_CALLS = work('mutex_lock, mutex_unlock', 'mutex-calls');
/** The entry's memory was not touched since the slab gave it. */
export const ENTRY_WRITE = work('handle and length into the entry', 'entry-write');
/** Takes the entry's reference of the pool. */
export const TAKE_REFERENCE = 'take-references';

/** Of list_lru_add and list_lru_del what is not under the lock: since 6.13 the list is looked up before (mm/list_lru.c). */
const LIST_ADD_ENTER = work('list_lru_add: find the list', 'list-add-enter');
const LIST_DEL_ENTER = work('list_lru_del: find the list', 'list-del-enter');

/** Fields of the entry: for each page, whoever brings its memory. */
const ENTRY_FIELDS = work('fields of the entry', 'entry-fields');

/** Once for a folio. */
export const STORE_CHECK = work('limits, memcg; current pool', 'store-check');
const LEAVE = work('count, leave', 'store-end');
/** Pages of a folio, one after another. */
export const EACH_PAGE: Step = { do: 'each-page', steps: [{ do: 'call', path: STORE_PAGE }] };

/** What splitting takes, for each page of a folio of several. */
export const SPLIT_PAGE = 'split-page';
/** A folio of several pages is refused and split; then its pages come one by one. */
export const SPLIT_STORE: readonly Step[] = [
  {
    do: 'each-page',
    steps: [work('split: share of a page', SPLIT_PAGE), STORE_CHECK, { do: 'call', path: STORE_PAGE }, LEAVE],
  },
];
/** Limits once, then page by page. */
export const LARGE_STORE: readonly Step[] = [STORE_CHECK, EACH_PAGE, LEAVE];

const locked = (lock: string, ...steps: readonly Step[]): readonly Step[] => [
  { do: 'lock', lock },
  ...steps,
  { do: 'unlock', lock },
];
const counted = (what: string): Step => ({ do: 'atomic', what, line: STORED_PAGES });

/** The entry's references: of the pool (its own CPU's counter, but a shared kref in 6.1) and of the memcg. */
function references(zswap: ZswapEra, what: 'take' | 'drop'): readonly Step[] {
  const cost = what === 'take' ? 'take-references' : 'drop-references';
  const pool: Step =
    zswap.poolReference === 'kref'
      ? { do: 'atomic', what: `pool: ${what} a reference`, line: 'pool->kref', cost }
      : work(`pool: ${what} a reference (percpu_ref)`, cost);
  return [
    pool,
    what === 'take' ? work('objcg: reference, charge', 'charge') : work('objcg: uncharge, drop', 'uncharge'),
  ];
}

/**
 * A kernel of zsmalloc with the paths of zswap above it: store, load, invalidate (mm/zswap.c).
 * @param zsmalloc Era of the allocator below.
 * @param zswap Version of zswap.
 */
export function withZswap(zsmalloc: Era, zswap: ZswapEra): KernelModel {
  const { kernel } = zsmalloc;
  const compress: readonly Step[] = locked(
    CONTEXT_MUTEX,
    MUTEX_CALLS,
    COMPRESS,
    { do: 'call', path: 'zs_malloc' },
    work('copy into the object', 'copy'),
    ENTRY_WRITE,
  );
  const early = zswap.referenceTaken === 'before compression';
  const hasLists = zswap.lru === 'memcg and node';
  const publish = hasLists
    ? [LIST_ADD_ENTER, ...locked(LIST_LOCK, work('put the entry on the list', 'list-add'))]
    : [];
  const page: readonly Step[] = [
    work('entry from the slab', 'entry'),
    ...(early ? references(zswap, 'take') : []),
    { do: 'call', path: COMPRESS_PAGE },
    ...locked(TREE_LOCK, work('put the entry into the tree', 'tree-store')),
    ...(early ? [] : references(zswap, 'take')),
    counted('one more'),
    ENTRY_FIELDS,
    ...publish,
  ];
  const erase: readonly Step[] = [
    { do: 'each-page', steps: locked(TREE_LOCK, work('erase what the slot has', 'tree-erase')) },
    LEAVE,
  ];
  const eraseOne = locked(TREE_LOCK, work('take the entry out of the tree', 'tree-erase'));
  const decompress = locked(CONTEXT_MUTEX, MUTEX_CALLS, DECOMPRESS);
  const freed: Step = { do: 'call', path: ENTRY_FREE };
  const load =
    zswap.load === 'keeps the entry'
      ? [...locked(TREE_LOCK, work('look the entry up', 'tree-erase')), ...decompress]
      : zswap.loadBegins === 'erase'
        ? [...eraseOne, ...decompress, freed]
        : [work('look the entry up (RCU)', 'tree-load'), ...decompress, ...eraseOne, freed];
  const locks: Record<string, LockDeclaration> = {
    ...kernel.locks,
    [CONTEXT_MUTEX]: { kind: 'mutex', per: 'cpu' },
    [TREE_LOCK]: { kind: 'qspinlock', per: zswap.index === 'xarray' ? 'cluster' : 'device' },
  };
  // Recordings show neither memcg nor node: one list.
  if (hasLists) locks[LIST_LOCK] = { kind: 'qspinlock', per: 'pool' };
  return {
    ...kernel,
    id: `zswap ${zswap.id} on ${kernel.id}`,
    title: `zswap ${zswap.title}; zsmalloc ${kernel.title}`,
    source: `${zswap.source}; ${kernel.source}`,
    locks,
    lines: [...kernel.lines, STORED_PAGES, ...(zswap.poolReference === 'kref' ? ['pool->kref'] : [])],
    ...(zswap.index === 'xarray' ? { clusterSlots: zswap.slotsPerTree } : {}),
    paths: {
      ...kernel.paths,
      [ZSWAP_PATHS.store]: zswap.storesLargeFolios ? LARGE_STORE : SPLIT_STORE,
      [STORE_PAGE]: page,
      [COMPRESS_PAGE]: compress,
      [ZSWAP_PATHS.storeFull]: [STORE_CHECK, ...erase],
      [ZSWAP_PATHS.storeFailed]: [
        STORE_CHECK,
        work('entry from the slab', 'entry'),
        ...(early ? references(zswap, 'take') : []),
        ...locked(CONTEXT_MUTEX, MUTEX_CALLS, COMPRESS),
        ...(early ? references(zswap, 'drop') : []),
        work('give the entry back', 'entry-free'),
        ...erase,
      ],
      [ZSWAP_PATHS.load]: [work('enter', 'load-enter'), ...load],
      [ZSWAP_PATHS.loadNone]: [
        work('enter', 'load-enter'),
        ...(zswap.loadBegins === 'look up' && zswap.load === 'frees the entry'
          ? [work('find nothing (RCU)', 'tree-load')]
          : locked(TREE_LOCK, work('find nothing', 'tree-erase'))),
      ],
      [ZSWAP_PATHS.invalidate]: [work('enter', 'invalidate-enter'), ...eraseOne, freed],
      [ZSWAP_PATHS.invalidateNone]: [
        work('enter', 'invalidate-enter'),
        ...locked(TREE_LOCK, work('find nothing', 'tree-erase')),
      ],
      ...(hasLists
        ? writebackPaths(load)
        : {
            // The allocator chooses; zsmalloc never does.
            [ZSWAP_PATHS.writeback]: [CLAIM, ...load, ...eraseOne, freed, SUBMIT],
            [ZSWAP_PATHS.writebackStopped]: [CLAIM],
          }),
      [ENTRY_FREE]: [
        ...(hasLists
          ? [LIST_DEL_ENTER, ...locked(LIST_LOCK, work('take the entry off its list', 'list-del'))]
          : []),
        { do: 'call', path: 'zs_free' },
        ...references(zswap, 'drop'),
        work('give the entry back', 'entry-free'),
        counted('one fewer'),
      ],
    },
  };
}

/** What the shrinker does with the entry that it has come to: for a writeback, or until it is stopped. */
const CHOOSE = locked(LIST_LOCK, work('choose the entry, move it to the tail', 'list-look'));
const CLAIM = work('folio of the slot in the swap cache', 'writeback-claim');
const SUBMIT = work('hand the page to the device', 'writeback-submit');
/** shrink_memcg_cb takes the list's lock again before it returns. */
const BACK_TO_THE_LIST = locked(LIST_LOCK, work('back in the walk', 'list-back'));

/**
 * Writeback of an entry (shrink_memcg_cb, zswap_writeback_entry): by the shrink worker, or by who reclaims.
 * @param takeAndFree How a load takes the entry out, decompresses and frees it: in the same order.
 */
function writebackPaths(takeAndFree: readonly Step[]): Record<string, readonly Step[]> {
  return {
    [ZSWAP_PATHS.writeback]: [...CHOOSE, CLAIM, ...takeAndFree, SUBMIT, ...BACK_TO_THE_LIST],
    [ZSWAP_PATHS.writebackStopped]: [...CHOOSE, CLAIM, ...BACK_TO_THE_LIST],
  };
}
