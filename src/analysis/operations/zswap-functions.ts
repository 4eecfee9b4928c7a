import { OperationKind } from '../../trace/operations.ts';
import type { ZswapPart } from '../../trace/zswap-facts.ts';

/**
 * Looks at an entry of the list for the shrinker: a second chance, or a writeback. Compilers put
 * zswap_writeback_entry into it (gcc 14 in Debian's kernels from 6.17 on): then it is the writeback.
 */
export const WALK_CALLBACK = 'shrink_memcg_cb';

/** Functions that are operations of zswap and of the swap layer above it. */
export const ZSWAP_OPERATIONS: Readonly<Record<string, number>> = {
  zswap_store: OperationKind.ZswapStore,
  zswap_frontswap_store: OperationKind.ZswapStore,
  zswap_load: OperationKind.ZswapLoad,
  zswap_frontswap_load: OperationKind.ZswapLoad,
  zswap_invalidate: OperationKind.ZswapInvalidate,
  zswap_frontswap_invalidate_page: OperationKind.ZswapInvalidate,
  zswap_writeback_entry: OperationKind.ZswapWriteback,
  [WALK_CALLBACK]: OperationKind.ZswapWriteback,
  zswap_entry_free: OperationKind.ZswapEntryFree,
  zswap_free_entry: OperationKind.ZswapEntryFree,
  swap_writepage: OperationKind.SwapOut,
  swap_writeout: OperationKind.SwapOut,
  swap_read_folio: OperationKind.SwapIn,
  swap_readpage: OperationKind.SwapIn,
  free_swap_and_cache_nr: OperationKind.FreeSwap,
  // Its name since 7.0.
  swap_put_entries_direct: OperationKind.FreeSwap,
};

/** What a call that an operation makes tells of it. */
export interface ZswapCall {
  readonly name: string;
  readonly operation: number;
  readonly part: ZswapPart | null;
  readonly looksAtLimit: boolean;
  readonly locksTree: boolean;
  /** It gives a spinlock back. */
  readonly unlocks: boolean;
  /** It puts an item on a list or takes it off; or it takes the lock of the list and returns with it held. */
  readonly list: 'item' | 'lock' | null;
  /** It is run only when a lock is not to be had. */
  readonly isSlowpath: boolean;
  readonly mutex: 'lock' | 'unlock' | null;
  /** The list that the shrinker walks gets the entry. */
  readonly publishes: boolean;
  /** A part of an operation in a function of its own: what it calls counts as called by the operation. */
  readonly wraps: 'compress' | 'page' | null;
  /** It gets several entries at once. */
  readonly isBulk: boolean;
  /** It exists in some versions only, or is called by some only. */
  readonly isSign: boolean;
}

const LIST_ITEM = /^list_lru_(?:add|del)/;
const LIST_LOCKED = /^list_lru_lock|^lock_list_lru/;

const CALLS: readonly (readonly [RegExp, ZswapPart])[] = [
  // By an address of its own for each kind of accounting (_noprof); without NUMA there is no _node.
  [/^kmem_cache_alloc(?:_node|_bulk)?(?:_noprof)?$/, 'entry'],
  [/^mutex_lock$|^__mutex_lock/, 'mutex'],
  [/_acomp_compress$|^crypto_comp_compress$/, 'compress'],
  [/_acomp_decompress$|^zswap_decompress$/, 'decompress'],
  [/^zpool_malloc$|^zs_zpool_malloc$|^zs_malloc$/, 'object'],
  [
    /^zpool_(?:un)?map_handle$|^zs_(?:un)?map_object$|^zs_zpool_(?:un)?map$|^(?:zpool|zs(?:_zpool)?)_obj_(?:write|read_)/,
    'copy',
  ],
  [/^_raw_spin_(?:un)?lock/, 'tree'],
  [LIST_ITEM, 'list'],
  [/^obj_cgroup_charge_zswap/, 'charge'],
  [/^zswap_(?:entry_free|free_entry)$/, 'entryFree'],
  [/^__read_swap_cache_async$|^swap_cache_alloc_folio$/, 'claim'],
  [/^__swap_writepage$|^swap_writepage_bdev/, 'submit'],
];

/** What a function's name says. */
export function zswapCall(name: string): ZswapCall {
  return {
    name,
    operation: ZSWAP_OPERATIONS[name] ?? 0,
    part: CALLS.find(([pattern]) => pattern.test(name))?.[1] ?? null,
    looksAtLimit: /(?:total_pages|total_size)$/.test(name),
    locksTree: /^_raw_spin_lock$/.test(name),
    unlocks: /^_raw_spin_unlock$|^(?:list_lru_unlock|unlock_list_lru)/.test(name),
    list: LIST_ITEM.test(name) ? 'item' : LIST_LOCKED.test(name) ? 'lock' : null,
    isSlowpath: /queued_(?:spin_lock|read_lock|write_lock)_slowpath$|^__mutex_lock/.test(name),
    mutex: name === 'mutex_lock' ? 'lock' : name === 'mutex_unlock' ? 'unlock' : null,
    publishes: /^list_lru_add/.test(name),
    wraps: wrappedBy(name),
    isBulk: /^kmem_cache_alloc_bulk/.test(name),
    isSign: SIGNS.test(name),
  };
}

/** Functions of zswap that are known, and no part of an operation. */
const NO_PARTS =
  /(?:total_pages|total_size)$|^zswap_(?:decompress|shrinker_\w+|is_enabled|never_enabled|swapo\w+|pool_(?:create|destroy|release))$/;

/**
 * What a function that is no operation does for the one that calls it. A patched kernel has functions of its
 * own, and what is static may be inlined or not: whatever of zswap is not known is taken for a part of
 * what calls it.
 */
function wrappedBy(name: string): ZswapCall['wraps'] {
  if (/^acomp_ctx_/.test(name)) return 'page';
  if (!/^_*zswap_/.test(name) || name in ZSWAP_OPERATIONS || NO_PARTS.test(name)) return null;
  return /(?:^|_)compress(?:_|$)/.test(name) ? 'compress' : 'page';
}

/** Functions that some versions of zswap have, and some have not: see `detectZswap` for which. */
const SIGNS =
  /^zswap_(?:frontswap_\w+|store_pages?|\w*batch\w*)$|^zpool_\w+$|^zs_zpool_\w+$|^zs_(?:un)?map_object$|^zs_obj_(?:write|read_\w+)$|^zs_get_total_pages$/;

/** Slots of a device are numbered from `device * SLOTS_OF_DEVICE` on. */
export const SLOTS_OF_DEVICE = 2 ** 40;

/** A swp_entry_t (device in the bits from 58 up) as one number; null when it is none. */
export function slotOfSwapEntry(text: string): number | null {
  try {
    const value = BigInt.asUintN(64, BigInt(text));
    const offset = Number(value & ((1n << 58n) - 1n));
    if (offset >= SLOTS_OF_DEVICE) return null;
    return Number(value >> 58n) * SLOTS_OF_DEVICE + offset;
  } catch {
    return null;
  }
}

/**
 * What a function returned, by the text of its return probe: a probe that names no type prints the whole
 * register, of which a bool is the lowest byte and an error number the lower half.
 */
export function returnedValue(function_: string, text: string | undefined): number | null {
  const value = numberOf(text);
  if (value === null || !Number.isInteger(value)) return null;
  // Read as BigInt: an error number in 64 bits is no exact double.
  const bits = BigInt(text!);
  if (function_ === 'zswap_store') return Number(BigInt.asUintN(8, bits)) === 0 ? 0 : 1;
  return Number(BigInt.asIntN(32, bits));
}

/**
 * What a writeback came to, by what the list's walk was told (enum lru_status): 0 written back, -17 (-EEXIST)
 * where the walk stops, `failed` where it goes on, null for a second chance.
 */
export function walkResult(text: string | undefined): 0 | -17 | 'failed' | null {
  const value = numberOf(text);
  return value === 1 ? 0 : value === 4 ? 'failed' : value === 5 ? -17 : null;
}

/** A number of a probe, as printed: `ret=1`, `ret=-17`, `length=3198`, `nr=0x200`. */
export function numberOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
