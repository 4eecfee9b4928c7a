import type { ListKey } from './entry-lists.ts';
import { freeEntry } from './entry-steps.ts';
import {
  lookAtOldest,
  type MarkedLists,
  type ShrinkLists,
  type WalkResult,
  WorkerPatience,
  type WritebackResult,
  walkMemcg,
} from './shrink-rules.ts';
import type { EntryId } from './slot-index.ts';
import type { Entry, ZswapState } from './state.ts';
import { VswapTable } from './vswap-table.ts';

/** What the shrinker made of the first entry of a list, under the list's lock. */
export type Look =
  | { readonly kind: 'empty' }
  /** Its second chance: the mark is cleared and the entry goes to the tail. */
  | { readonly kind: 'second chance'; readonly entry: EntryId; readonly slot: number }
  /** To be written back: already at the tail, since it may be gone once the lock is. */
  | { readonly kind: 'victim'; readonly entry: EntryId; readonly slot: number };

/** Looks at the head of a list. */
export function lookAtHead(state: ZswapState, key: ListKey): Look {
  const { kind, entry } = lookAtOldest(marked(state), key);
  return kind === 'empty' ? { kind } : { kind, entry, slot: state.entries.get(entry)!.slot };
}

function marked({ lists, entries }: ZswapState): MarkedLists<ListKey> {
  return {
    head: (key) => lists.head(key),
    rotate: (key, entry) => lists.rotate(key, entry),
    unmark(id) {
      const entry = entries.get(id)!;
      const was = entry.referenced;
      entry.referenced = false;
      return was;
    },
  };
}

/** The state as the rules of shrinking see it: what is written back goes by `onWritten`. */
export function shrinkLists(
  state: ZswapState,
  cache: SwapCache,
  onWritten: (entry: Entry) => void,
): ShrinkLists<ListKey> {
  return {
    ...marked(state),
    writeBack(id) {
      const { result, entry } = writeBack(state, cache, id, state.entries.get(id)!.slot);
      if (entry) onWritten(entry);
      return result;
    },
  };
}

/** The swap cache as a writeback sees it. */
export interface SwapCache {
  /** A folio of the slot is in it. */
  has(slot: number): boolean;
  /** The slot is still in use, so that a folio can be made for it. */
  isUsed(slot: number): boolean;
}

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

/** Looks at the first entries of each of a memcg's lists: one, or 32 since 7.3. */
export function shrinkMemcg(
  state: ZswapState,
  cache: SwapCache,
  memcg: number,
  onWritten: (entry: Entry) => void = () => {},
): WalkResult {
  if (state.settings.noWriteback.has(memcg) || !canWriteBack(state)) return 'nothing to shrink';
  const keys = state.lists.keys().filter((key) => key.memcg === memcg);
  return walkMemcg(shrinkLists(state, cache, onWritten), keys, state.era.looksPerTurn);
}

/** What the shrink worker did in one run. */
export interface ShrinkRun {
  readonly writtenBack: number;
  readonly failures: number;
}

/**
 * The shrink worker: memcgs in turn, from the one behind that which was looked at last, until the pool is down
 * to the accept threshold, or its patience is spent.
 */
export class ShrinkWorker {
  readonly #state: ZswapState;
  readonly #cache: SwapCache;
  readonly #onWritten: (entry: Entry) => void;
  readonly #patience = new WorkerPatience();

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
    if (memcg === null) this.#patience.passed();
    else this.#patience.walked(shrinkMemcg(state, this.#cache, memcg, this.#onWritten));
    return !this.#patience.isSpent && state.storage.pages > state.settings.limit.acceptPages;
  }

  get failures(): number {
    return this.#patience.failures;
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
