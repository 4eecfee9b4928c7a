import type { EntryId } from './slot-index.ts';

/** Failures after which the shrink worker gives up (MAX_RECLAIM_RETRIES). */
export const RECLAIM_RETRIES = 16;

/** Results of a writeback by their kernel names. */
export type WritebackResult = 0 | '-EEXIST' | '-ENOENT' | '-ENOMEM' | '-EINVAL' | '-EIO';

/** Lists of entries, oldest first, with the mark that the shrinker takes; a key names a list. */
export interface MarkedLists<Key> {
  /** The oldest entry of a list; -1 without one. */
  head(key: Key): EntryId;
  /** To the tail of its list. */
  rotate(key: Key, entry: EntryId): void;
  /** Takes the mark that says "stored, or looked at, since"; false when there was none. */
  unmark(entry: EntryId): boolean;
}

/** Lists whose entries can be written back. */
export interface ShrinkLists<Key> extends MarkedLists<Key> {
  /** Writes an entry back that has been put to the tail; 0 when it is gone from zswap. */
  writeBack(entry: EntryId): WritebackResult;
}

/** What the shrinker made of the oldest entry of a list, under the list's lock. */
export interface OldestLook {
  /** `second chance`: the mark is cleared. `victim`: to be written back. Both stand at the tail by now. */
  readonly kind: 'empty' | 'second chance' | 'victim';
  readonly entry: EntryId;
}

const EMPTY: OldestLook = { kind: 'empty', entry: -1 };

/** Second chance (shrink_memcg_cb of 6.12): a marked entry loses its mark, one without is to go. */
export function lookAtOldest<Key>(lists: MarkedLists<Key>, key: Key): OldestLook {
  const entry = lists.head(key);
  if (entry < 0) return EMPTY;
  // Also a victim goes to the tail: it may be freed once the list's lock is let go.
  lists.rotate(key, entry);
  return { kind: lists.unmark(entry) ? 'second chance' : 'victim', entry };
}

export interface Scan {
  readonly scanned: number;
  readonly writtenBack: number;
  /** A page was found in the swap cache. */
  readonly stopped: boolean;
}

/**
 * Looks at so many entries of a list under memory pressure (zswap_shrinker_scan of 6.12). A page found in
 * the swap cache ends it: the shrinker has come to warm pages.
 */
export function scanOldest<Key>(lists: ShrinkLists<Key>, key: Key, entries: number): Scan {
  let writtenBack = 0;
  for (let scanned = 0; scanned < entries; scanned++) {
    const { kind, entry } = lookAtOldest(lists, key);
    if (kind === 'empty') return { scanned, writtenBack, stopped: false };
    if (kind === 'second chance') continue;
    const result = lists.writeBack(entry);
    if (result === '-EEXIST') return { scanned: scanned + 1, writtenBack, stopped: true };
    if (result === 0) writtenBack++;
  }
  return { scanned: entries, writtenBack, stopped: false };
}

/** What a walk over a memcg's lists, so many entries of each node, came to: `shrink_memcg`. */
export type WalkResult = 'shrunk' | 'nothing to shrink' | 'again';

/**
 * Looks at the oldest entries of each of a memcg's lists, one, or 32 since 7.3 (shrink_memcg); the swap cache ends
 * nothing here.
 */
export function walkMemcg<Key>(
  lists: ShrinkLists<Key>,
  keys: Iterable<Key>,
  looksPerTurn: number,
): WalkResult {
  let scanned = 0;
  let shrunk = 0;
  for (const key of keys) {
    for (let looks = 0; looks < looksPerTurn; looks++) {
      const { kind, entry } = lookAtOldest(lists, key);
      if (kind === 'empty') break;
      scanned++;
      if (kind === 'victim' && lists.writeBack(entry) === 0) shrunk++;
    }
  }
  if (scanned === 0) return 'nothing to shrink';
  return shrunk > 0 ? 'shrunk' : 'again';
}

/**
 * When a run of the shrink worker gives up (shrink_worker of 6.12): a memcg of which nothing could be written
 * back is a failure, its second chances as well, and so is a pass over all memcgs that found none with an entry.
 */
export class WorkerPatience {
  failures = 0;
  #attempts = 0;

  get isSpent(): boolean {
    return this.failures >= RECLAIM_RETRIES;
  }

  walked(result: WalkResult): void {
    if (result === 'nothing to shrink') return;
    this.#attempts++;
    if (result === 'again') this.failures++;
  }

  /** The walk over all memcgs has come to its end, and begins again. */
  passed(): void {
    if (this.#attempts === 0) this.failures++;
    this.#attempts = 0;
  }
}
