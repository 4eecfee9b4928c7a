import type { ListKey } from './entry-lists.ts';
import { freeEntry } from './entry-steps.ts';
import type { EntryId } from './slot-index.ts';
import type { Entry, ZswapState } from './state.ts';
import { VswapTable } from './vswap-table.ts';

/** Failures after which the shrink worker gives up (MAX_RECLAIM_RETRIES). */
export const RECLAIM_RETRIES = 16;

/** What the shrinker made of the first entry of a list, under the list's lock. */
export type Look =
  | { readonly kind: 'empty' }
  /** Its second chance: the mark is cleared and the entry goes to the tail. */
  | { readonly kind: 'second chance'; readonly entry: EntryId; readonly slot: number }
  /** To be written back: already at the tail, since it may be gone once the lock is. */
  | { readonly kind: 'victim'; readonly entry: EntryId; readonly slot: number };

/** Looks at the head of a list. */
export function lookAtHead(state: ZswapState, key: ListKey): Look {
  const id = state.lists.head(key);
  if (id < 0) return { kind: 'empty' };
  const entry = state.entries.get(id)!;
  state.lists.rotate(key, id);
  if (entry.referenced) {
    entry.referenced = false;
    return { kind: 'second chance', entry: id, slot: entry.slot };
  }
  return { kind: 'victim', entry: id, slot: entry.slot };
}

/** The swap cache as a writeback sees it. */
export interface SwapCache {
  /** A folio of the slot is in it. */
  has(slot: number): boolean;
  /** The slot is still in use, so that a folio can be made for it. */
  isUsed(slot: number): boolean;
}

/** Results of a writeback by their kernel names. */
export type WritebackResult = 0 | '-EEXIST' | '-ENOENT' | '-ENOMEM' | '-EINVAL' | '-EIO';

/** A result as the kernel returns it (asm-generic/errno-base.h). */
export function errorNumber(result: WritebackResult): number {
  return { '0': 0, '-ENOENT': -2, '-EEXIST': -17, '-ENOMEM': -12, '-EINVAL': -22, '-EIO': -5 }[result];
}

/** First step of a writeback: a new folio in the swap cache, or the reason why there is none. */
export function claimSlot(state: ZswapState, cache: SwapCache, slot: number): WritebackResult {
  // A virtual device without a disk has nowhere to write to.
  if (state.index instanceof VswapTable && !state.index.hasDisk) return '-EINVAL';
  if (cache.has(slot)) return '-EEXIST';
  return cache.isUsed(slot) ? 0 : state.era.slotGone[0]!;
}

/**
 * Second step: takes the entry out of the tree, when the slot still has that very one. It may have been
 * freed, and its number used again for another, since the list's lock was let go. In a table a place on the
 * disk takes the entry's, when there is one.
 */
export function unlinkVictim(state: ZswapState, slot: number, victim: EntryId): WritebackResult {
  const { index } = state;
  if (index.load(slot) !== victim) return '-ENOMEM';
  if (index instanceof VswapTable) return index.takePhysical(slot) ? 0 : '-ENOMEM';
  index.erase(slot);
  return 0;
}

/**
 * Entries can be written back at all: those of a virtual device need a place on its disk, so that without
 * one the shrinker does not look at them (zswap_shrinker_count of v2, shrink_memcg of later versions).
 */
function canWriteBack({ index }: ZswapState): boolean {
  return !(index instanceof VswapTable) || index.physicalLeft > 0;
}

/**
 * An entry that does not decompress. Since 6.15 it stays where it is, and its page is lost to whoever asks for
 * it; before, the kernel stopped (BUG_ON).
 * @throws {RangeError} where the kernel stops.
 */
export function failToDecompress(state: ZswapState): '-EIO' {
  if (!state.era.counters.includes('decompress_fail'))
    throw new RangeError(`zswap ${state.era.id} stops the kernel when a page does not decompress`);
  state.count('decompress_fail');
  return '-EIO';
}

/** Last step: decompressed into the folio, the entry is freed; the folio goes to the disk. */
export function finishWriteback(state: ZswapState, victim: EntryId): Entry {
  state.count('written_back_pages');
  return freeEntry(state, victim);
}

/**
 * A writeback as a whole.
 * @param decompresses False for an entry whose data cannot be restored.
 */
export function writeBack(
  state: ZswapState,
  cache: SwapCache,
  victim: EntryId,
  slot: number,
  decompresses = true,
): { readonly result: WritebackResult; readonly entry: Entry | null } {
  let result = claimSlot(state, cache, slot);
  if (result === 0 && !decompresses && state.index.load(slot) === victim) result = failToDecompress(state);
  if (result === 0) result = unlinkVictim(state, slot, victim);
  if (result !== 0) {
    state.count('reject_reclaim_fail');
    return { result, entry: null };
  }
  return { result, entry: finishWriteback(state, victim) };
}

/** What a walk over a memcg's lists, so many entries of each node, came to: `shrink_memcg`. */
export type WalkResult = 'shrunk' | 'nothing to shrink' | 'again';

/** Looks at the first entries of each of a memcg's lists: one, or 32 since 7.3. */
export function shrinkMemcg(
  state: ZswapState,
  cache: SwapCache,
  memcg: number,
  onWritten: (entry: Entry) => void = () => {},
): WalkResult {
  if (state.settings.noWriteback.has(memcg) || !canWriteBack(state)) return 'nothing to shrink';
  let scanned = 0;
  let shrunk = 0;
  for (const key of state.lists.keys()) {
    if (key.memcg !== memcg) continue;
    for (let looks = 0; looks < state.era.looksPerTurn; looks++) {
      const look = lookAtHead(state, key);
      if (look.kind === 'empty') break;
      scanned++;
      if (look.kind !== 'victim') continue;
      const { entry } = writeBack(state, cache, look.entry, look.slot);
      if (!entry) continue;
      shrunk++;
      onWritten(entry);
    }
  }
  if (scanned === 0) return 'nothing to shrink';
  return shrunk > 0 ? 'shrunk' : 'again';
}

/** What the shrink worker did in one run. */
export interface ShrinkRun {
  readonly writtenBack: number;
  readonly failures: number;
}

/**
 * The shrink worker: memcgs in turn, from the one behind that which was looked at last, until the pool is down
 * to the accept threshold, or until it has failed so often. An entry with its second chance left counts as a
 * failure, and so does a pass over all memcgs that found none with an entry (shrink_worker of 6.12).
 */
export class ShrinkWorker {
  readonly #state: ZswapState;
  readonly #cache: SwapCache;
  readonly #onWritten: (entry: Entry) => void;
  #attempts = 0;
  failures = 0;

  /** A run of the worker begins. */
  constructor(state: ZswapState, cache: SwapCache, onWritten: (entry: Entry) => void = () => {}) {
    this.#state = state;
    this.#cache = cache;
    this.#onWritten = onWritten;
    state.shrinkQueued = false;
  }

  /** Looks at one memcg. @returns whether the run goes on. */
  step(): boolean {
    const state = this.#state;
    const memcg = nextMemcg(state);
    if (memcg === null) {
      if (this.#attempts === 0 && this.#fails()) return false;
      this.#attempts = 0;
    } else {
      const result = shrinkMemcg(state, this.#cache, memcg, this.#onWritten);
      if (result !== 'nothing to shrink') this.#attempts++;
      if (result === 'again' && this.#fails()) return false;
    }
    return state.storage.pages > state.settings.limit.acceptPages;
  }

  #fails(): boolean {
    return ++this.failures === RECLAIM_RETRIES;
  }
}

/** A run of the shrink worker as a whole. */
export function runShrinkWorker(
  state: ZswapState,
  cache: SwapCache,
  onWritten: (entry: Entry) => void = () => {},
): ShrinkRun {
  let writtenBack = 0;
  const worker = new ShrinkWorker(state, cache, (entry) => {
    writtenBack++;
    onWritten(entry);
  });
  while (worker.step());
  return { writtenBack, failures: worker.failures };
}

/** The memcg behind the one that was looked at last; null at the end of a pass over all. */
function nextMemcg(state: ZswapState): number | null {
  let next: number | null = null;
  for (const { memcg } of state.lists.keys())
    if ((state.shrinkCursor === null || memcg > state.shrinkCursor) && (next === null || memcg < next))
      next = memcg;
  state.shrinkCursor = next;
  return next;
}
