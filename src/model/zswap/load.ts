import { freeEntry } from './entry-steps.ts';
import type { EntryId } from './slot-index.ts';
import type { Entry, ZswapState } from './state.ts';
import { VswapTable } from './vswap-table.ts';
import { failToDecompress } from './writeback.ts';

/** What zswap_load did. */
export type LoadOutcome =
  | { readonly kind: 'loaded'; readonly entry: Entry; readonly freed: boolean }
  /** Not in zswap: the disk is next. */
  | { readonly kind: 'missing' }
  /** A large folio, which zswap cannot load, or a page that does not decompress: an I/O error. */
  | { readonly kind: 'error'; readonly result: 'handled, not up to date' | '-EINVAL' | '-EIO' };

/**
 * Loads a page. Where loads are exclusive the entry goes, but only when the page is read into the swap
 * cache: devices that are fast enough are read into a private page, which may yet be dropped.
 */
export function loadPage(
  state: ZswapState,
  slot: number,
  {
    pages = 1,
    intoSwapCache = true,
    decompresses = true,
  }: { readonly pages?: number; readonly intoSwapCache?: boolean; readonly decompresses?: boolean } = {},
): LoadOutcome {
  if (pages > 1) {
    // Batches of a virtual device are checked when they enter the swap cache: none is in zswap.
    if (state.index instanceof VswapTable) return { kind: 'missing' };
    if (state.era.largeLoad === 'never happens') throw new RangeError('6.1 reads no large folios from swap');
    return { kind: 'error', result: state.era.largeLoad };
  }
  const id = state.index.load(slot);
  if (id < 0) return { kind: 'missing' };
  if (!decompresses) return { kind: 'error', result: failToDecompress(state) };
  const entry = { ...state.entries.get(id)! };
  const freed = state.era.load === 'frees the entry' && intoSwapCache;
  if (freed) {
    state.index.erase(slot);
    freeEntry(state, id);
  }
  return { kind: 'loaded', entry, freed };
}

/** The swap slot is freed. Returns the entry freed, -1 without one. */
export function invalidateSlot(state: ZswapState, slot: number): EntryId {
  if (state.era.skipsEmptyTree && state.index.isEmptyAt(slot)) return -1;
  const id = state.index.erase(slot);
  if (id >= 0) freeEntry(state, id);
  return id;
}
