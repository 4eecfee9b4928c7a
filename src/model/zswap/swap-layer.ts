import { freeEntry } from './entry-steps.ts';
import { type LoadOutcome, loadPage } from './load.ts';
import type { EntryId } from './slot-index.ts';
import type { ZswapState } from './state.ts';
import { type FolioToStore, type StoreOutcome, storeFolio } from './store.ts';
import { VswapTable } from './vswap-table.ts';

/** Where a folio is after it was written out; `memory`: it stays in the swap cache, dirty. */
export type Destination = 'zero' | 'zswap' | 'disk' | 'memory';

export interface Writeout {
  readonly to: Destination;
  /** What zswap said; null when it was not asked. */
  readonly store: StoreOutcome | null;
}

/**
 * What the swap layer does with a folio that leaves memory (swap_writepage of 6.12, swap_writeout since):
 * a folio of zeros is marked and stored nowhere, zswap is asked for any other, and what it refuses goes to
 * the disk, where the memcg may write and there is one.
 * @param isZero All pages are zeros; a folio of which only some are is stored as a whole.
 * @param shrinks As of `admitFolio`.
 */
export function writeOutFolio(
  state: ZswapState,
  folio: FolioToStore,
  isZero: boolean,
  shrinks?: (memcg: number) => boolean,
): Writeout {
  const slots = folio.pages.map((_, page) => folio.firstSlot + page);
  if (isZero && state.era.sameFilled === 'swap layer') {
    markZero(state, slots);
    return { to: 'zero', store: null };
  }
  for (const slot of slots) state.zeroSlots.delete(slot);
  if (state.index instanceof VswapTable) releaseOlder(state, state.index, slots);
  const store = storeFolio(state, folio, shrinks);
  if (store.rejection === null) return { to: 'zswap', store };
  return { to: canGoToDisk(state, folio.memcg, slots) ? 'disk' : 'memory', store };
}

/** Entries of the slots stay in a tree: the mark is what reads look at first. A table has one of the two. */
function markZero(state: ZswapState, slots: readonly number[]): void {
  for (const slot of slots) {
    if (!(state.index instanceof VswapTable)) state.zeroSlots.add(slot);
    else freeWhere(state, state.index.storeZero(slot));
  }
}

/**
 * A virtual device's slots are clean before zswap is asked; places on the disk stay, to be used again
 * (swap_writeout with folio_release_non_phys_swap_backing, v2).
 */
export function releaseOlder(state: ZswapState, table: VswapTable, slots: readonly number[]): void {
  for (const slot of slots) if (table.backing(slot) !== 'physical') freeWhere(state, table.erase(slot));
}

function freeWhere(state: ZswapState, entry: EntryId): void {
  if (entry >= 0) freeEntry(state, entry);
}

/** Folios of a memcg that may not write back stay in memory (not so in 6.1); on a virtual device without room too. */
function canGoToDisk({ settings, era, index }: ZswapState, memcg: number, slots: readonly number[]): boolean {
  if (era.lru === 'memcg and node' && settings.noWriteback.has(memcg)) return false;
  return !(index instanceof VswapTable) || takeDisk(index, slots);
}

/** Places on the disk for all slots, or for none when there is no room for all. */
export function takeDisk(table: VswapTable, slots: readonly number[]): boolean {
  const wanted = slots.filter((slot) => table.backing(slot) !== 'physical').length;
  return table.hasDisk && wanted <= table.physicalLeft && slots.every((slot) => table.takePhysical(slot));
}

/** Where a folio is read from. */
export type ReadOutcome =
  | { readonly from: 'zero' | 'disk' }
  | { readonly from: 'zswap'; readonly load: LoadOutcome }
  /** Its pages have not all the same backing, or are in zswap: they are read as folios of one page. */
  | { readonly from: 'page by page' }
  /** Partly zeros, or nothing behind it: an I/O error. */
  | { readonly from: 'nowhere' };

/**
 * A read of slots into the swap cache (swap_read_folio of 6.12 and the virtual swap series): marks of zeros
 * first, then zswap, then the disk. A virtual device looks at the backing of all pages before it makes a
 * large folio for them, so that zswap is never asked for one that it has a part of.
 */
export function readFolio(state: ZswapState, firstSlot: number, pages = 1): ReadOutcome {
  const { index, zeroSlots } = state;
  if (index instanceof VswapTable) {
    const batch = index.batch(firstSlot, pages);
    if (batch.pages < pages || (pages > 1 && batch.backing === 'zswap')) return { from: 'page by page' };
    if (batch.backing === 'zero') return { from: 'zero' };
  }
  let zeros = 0;
  for (let page = 0; page < pages; page++) if (zeroSlots.has(firstSlot + page)) zeros++;
  if (zeros > 0) return { from: zeros === pages ? 'zero' : 'nowhere' };
  const load = loadPage(state, firstSlot, { pages });
  if (load.kind !== 'missing') return { from: 'zswap', load };
  return {
    from: index instanceof VswapTable && index.backing(firstSlot) !== 'physical' ? 'nowhere' : 'disk',
  };
}
