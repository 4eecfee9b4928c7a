import {
  allocateEntry,
  discardEntry,
  entryOf,
  freeEntry,
  holdReferences,
  publishEntry,
  takeReferences,
} from './entry-steps.ts';
import type { ZswapCounter } from './eras.ts';
import { lookAtLimit } from './limits.ts';
import type { EntryId } from './slot-index.ts';
import type { ZswapState } from './state.ts';
import { VswapTable } from './vswap-table.ts';

/** What the compressor made of a page. */
export type Compressed =
  | { readonly kind: 'compressed'; readonly bytes: number }
  /** All words of the page are the same: what a compressor makes of it, where it is not told apart. */
  | { readonly kind: 'same-filled'; readonly bytes: number }
  /** The compressor returned an error. */
  | { readonly kind: 'error' }
  /** No output smaller than the page (-ENOSPC). */
  | { readonly kind: 'too-large' };

/** Why a folio was not stored. */
export type Rejection =
  | 'disabled'
  | 'large folio'
  | 'memcg limit'
  | 'pool limit'
  | 'entry allocation'
  | 'compression failed'
  | 'compressed too large'
  | 'object allocation'
  | 'tree allocation';

/** A folio to be stored: its pages have slots one behind another. */
export interface FolioToStore {
  readonly firstSlot: number;
  readonly pages: readonly Compressed[];
  readonly memcg: number;
  readonly node: number;
  /** Version of each page's data; 0 where it does not matter. */
  readonly contents?: readonly number[];
  /** Page at which an allocation fails, for tests of the rules. */
  readonly failure?: { readonly page: number; readonly at: 'entry' | 'object' | 'tree' };
}

/** What a store did. */
export interface StoreOutcome {
  readonly rejection: Rejection | null;
  /** Page that failed; 0 where no page was tried. */
  readonly failedPage: number;
  /** Entries freed because newer ones took their slots, then those of the failed folio. */
  readonly freed: readonly EntryId[];
}

const PAGE_BYTES = 4096;

const COUNTED: Partial<Record<Rejection, ZswapCounter>> = {
  'entry allocation': 'reject_kmemcache_fail',
  'compression failed': 'reject_compress_fail',
  'compressed too large': 'reject_compress_poor',
  'object allocation': 'reject_alloc_fail',
  'tree allocation': 'reject_alloc_fail',
};

/**
 * The checks that are made once for a folio, whatever its size.
 * @param shrinks Writes pages of a memcg at its limit back; true when one was. Not in 6.1.
 */
export function admitFolio(
  state: ZswapState,
  pages: number,
  memcg: number,
  shrinks: (memcg: number) => boolean = () => false,
): Rejection | null {
  if (pages > 1 && !state.era.storesLargeFolios) return 'large folio';
  if (!state.enabled) return 'disabled';
  const mayHave = state.settings.memcgBytes.get(memcg);
  const isFull = mayHave !== undefined && (state.references.charged.get(memcg) ?? 0) >= mayHave;
  if (isFull && !(state.era.lru === 'memcg and node' && shrinks(memcg))) return 'memcg limit';
  const look = lookAtLimit(state.era, state.settings.limit, state.storage.pages, state.reachedFull);
  state.reachedFull = look.reachedFull;
  if (look.hit) state.count('pool_limit_hit');
  // 6.1 asks for the worker only where the limit itself was met.
  if (look.hit && state.era.lru === 'allocator') state.shrinkQueued = true;
  return look.accepts ? null : 'pool limit';
}

/** Bytes that a compressed page takes, or why it is refused. */
function bytesToStore(state: ZswapState, page: Compressed, memcg: number): number | Rejection {
  if (page.kind === 'same-filled') return state.era.sameFilled === 'entry without object' ? 0 : page.bytes;
  if (page.kind === 'compressed' && page.bytes < PAGE_BYTES) return page.bytes;
  const keepsRaw = state.era.incompressible === 'kept raw';
  if (keepsRaw && !state.settings.noWriteback.has(memcg)) return PAGE_BYTES;
  if (page.kind === 'too-large') return 'compressed too large';
  if (page.kind === 'error' || keepsRaw) return 'compression failed';
  return page.bytes > PAGE_BYTES ? state.era.tooLargeForAllocator : page.bytes;
}

/** Compresses into the entry's object: the CPU's context is locked throughout. */
export function storeObject(state: ZswapState, id: EntryId, bytes: number): void {
  const entry = entryOf(state, id);
  entry.length = bytes;
  if (bytes > 0) entry.handle = state.storage.allocate(bytes);
}

/** Puts the entry into the tree; the entry that the slot had, freed, or -1. */
export function insertEntry(state: ZswapState, id: EntryId): EntryId {
  const displaced = state.index.store(entryOf(state, id).slot, id);
  if (displaced >= 0) {
    state.count('duplicate_entry');
    freeEntry(state, displaced);
  }
  return displaced;
}

/**
 * A folio that was not stored may have no entry left, neither of this attempt nor older ones: written
 * back later they would overwrite what now goes to the disk. On a virtual device nothing goes to a disk;
 * there the backing is released when a page of this attempt got one.
 * @returns entries freed.
 */
export function abortFolio(
  state: ZswapState,
  firstSlot: number,
  pages: number,
  failedPage: number,
): EntryId[] {
  if (state.index instanceof VswapTable && failedPage === 0) return [];
  return eraseSlots(state, firstSlot, pages);
}

/** Takes the entries of slots out of the tree and frees them. */
function eraseSlots(state: ZswapState, firstSlot: number, pages: number): EntryId[] {
  const freed: EntryId[] = [];
  for (let page = 0; page < pages; page++) {
    const entry = state.index.erase(firstSlot + page);
    if (entry < 0) continue;
    freed.push(entry);
    freeEntry(state, entry);
  }
  return freed;
}

/** Counts a refused folio and asks for the shrink worker where the pool is full. */
export function countRejection(state: ZswapState, rejection: Rejection): void {
  const counter = COUNTED[rejection];
  if (counter) state.count(counter);
  const asksWorker = rejection !== 'disabled' && rejection !== 'large folio';
  if (state.reachedFull && asksWorker && state.era.lru === 'memcg and node') state.shrinkQueued = true;
}

/**
 * zswap_store as a whole, as if nothing else ran meanwhile.
 * @param shrinks As of {@link admitFolio}.
 */
export function storeFolio(
  state: ZswapState,
  folio: FolioToStore,
  shrinks?: (memcg: number) => boolean,
): StoreOutcome {
  const { firstSlot, pages, memcg } = folio;
  const freed: EntryId[] = [];
  if (state.era.staleEntry === 'before the store') freed.push(...eraseSlots(state, firstSlot, pages.length));
  const failed = (rejection: Rejection, failedPage: number): StoreOutcome => {
    countRejection(state, rejection);
    // Large folios never reached the erasing where they were refused: they were split, and erased then.
    if (rejection !== 'large folio' && state.era.staleEntry === 'with the result')
      freed.push(...abortFolio(state, firstSlot, pages.length, failedPage));
    return { rejection, failedPage, freed };
  };
  const refused = admitFolio(state, pages.length, memcg, shrinks);
  if (refused) return failed(refused, 0);
  state.references.takePool();
  for (const [page, compressed] of pages.entries()) {
    const rejection = storePage(state, folio, page, compressed, freed);
    if (rejection) {
      state.references.dropPool();
      return failed(rejection, page);
    }
  }
  state.references.dropPool();
  return { rejection: null, failedPage: -1, freed };
}

function storePage(
  state: ZswapState,
  folio: FolioToStore,
  page: number,
  compressed: Compressed,
  freed: EntryId[],
): Rejection | null {
  const { memcg, node, firstSlot } = folio;
  const content = folio.contents?.[page] ?? 0;
  const fails = folio.failure?.page === page ? folio.failure.at : null;
  if (fails === 'entry') return 'entry allocation';
  const bytes = bytesToStore(state, compressed, memcg);
  const isSameFilled = bytes === 0;
  const id = allocateEntry(state, { slot: firstSlot + page, memcg, node, content, isSameFilled });
  if (state.era.referenceTaken === 'before compression') holdReferences(state, id);
  const refused = typeof bytes === 'string' ? bytes : fails === 'object' && !isSameFilled;
  if (refused !== false) {
    discardEntry(state, id);
    return refused === true ? 'object allocation' : refused;
  }
  storeObject(state, id, bytes as number);
  // A table needs no node: only a tree can be short of memory here.
  if (fails === 'tree' && !state.settings.vswap) {
    discardEntry(state, id);
    return 'tree allocation';
  }
  const displaced = insertEntry(state, id);
  if (displaced >= 0) freed.push(displaced);
  takeReferences(state, id);
  publishEntry(state, id);
  return null;
}
