import { OperationKind } from '../../trace/operations.ts';
import type { ZswapPart } from '../../trace/zswap-facts.ts';

/** Functions that are operations of zswap and of the swap layer above it. */
export const ZSWAP_OPERATIONS: Readonly<Record<string, number>> = {
  zswap_store: OperationKind.ZswapStore,
  zswap_frontswap_store: OperationKind.ZswapStore,
  zswap_load: OperationKind.ZswapLoad,
  zswap_frontswap_load: OperationKind.ZswapLoad,
  zswap_invalidate: OperationKind.ZswapInvalidate,
  zswap_frontswap_invalidate_page: OperationKind.ZswapInvalidate,
  zswap_writeback_entry: OperationKind.ZswapWriteback,
  zswap_entry_free: OperationKind.ZswapEntryFree,
  zswap_free_entry: OperationKind.ZswapEntryFree,
  swap_writepage: OperationKind.SwapOut,
  swap_writeout: OperationKind.SwapOut,
  swap_read_folio: OperationKind.SwapIn,
  swap_readpage: OperationKind.SwapIn,
  free_swap_and_cache_nr: OperationKind.FreeSwap,
};

/** What a call that an operation makes tells of it. */
export interface ZswapCall {
  readonly operation: number;
  readonly part: ZswapPart | null;
  readonly looksAtLimit: boolean;
  readonly locksTree: boolean;
  /** It is run only when a lock is not to be had. */
  readonly isSlowpath: boolean;
  readonly mutex: 'lock' | 'unlock' | null;
  /** The list that the shrinker walks gets the entry. */
  readonly publishes: boolean;
  /** Which zswap makes such a call. */
  readonly hint: 'zpool' | 'zsmalloc' | null;
}

const CALLS: readonly (readonly [RegExp, ZswapPart])[] = [
  [/^kmem_cache_alloc_node/, 'entry'],
  [/^mutex_lock$|^__mutex_lock/, 'mutex'],
  [/_acomp_compress$|^zswap_compress$/, 'compress'],
  [/_acomp_decompress$|^zswap_decompress$/, 'decompress'],
  [/^zpool_malloc$|^zs_malloc$/, 'object'],
  [/^zpool_(?:un)?map_handle$|^zs_obj_write$|^zs_obj_read/, 'copy'],
  [/^_raw_spin_(?:un)?lock/, 'tree'],
  [/^list_lru_(?:add|del)/, 'list'],
  [/^zswap_(?:entry_free|free_entry)$/, 'entryFree'],
];

/** What a function's name says. */
export function zswapCall(name: string): ZswapCall {
  return {
    operation: ZSWAP_OPERATIONS[name] ?? 0,
    part: CALLS.find(([pattern]) => pattern.test(name))?.[1] ?? null,
    looksAtLimit: /(?:total_pages|total_size)$/.test(name),
    locksTree: /^_raw_spin_lock$/.test(name),
    isSlowpath: /queued_(?:spin_lock|read_lock|write_lock)_slowpath$|^__mutex_lock/.test(name),
    mutex: name === 'mutex_lock' ? 'lock' : name === 'mutex_unlock' ? 'unlock' : null,
    publishes: /^list_lru_add/.test(name),
    hint: /^zpool_/.test(name) ? 'zpool' : /^zs_(?:malloc|free|obj_)/.test(name) ? 'zsmalloc' : null,
  };
}

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

/** A number of a probe, as printed: `ret=1`, `ret=-17`, `length=3198`, `nr=0x200`. */
export function numberOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
