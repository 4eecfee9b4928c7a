import type { ListKey } from './entry-lists.ts';
import { type Scan, scanOldest } from './shrink-rules.ts';
import type { Entry, ZswapState } from './state.ts';
import { type SwapCache, shrinkLists } from './writeback.ts';

/** What memory pressure asks the shrinker about: one memcg on one node. */
export interface ShrinkerQuestion {
  /** Entries on the list. */
  readonly listed: number;
  /** Pages read from the disk since the last question: had they stayed, they would not have been read. */
  readonly diskSwapins: number;
  /** Pages of memory that the memcg's compressed pages take, and how many pages they are. */
  readonly backingPages: number;
  readonly storedPages: number;
}

/**
 * How many entries the shrinker offers to write back: those listed less the recent reads from the disk,
 * scaled by how much a page saves. The reads are used up by it.
 */
export function shrinkerCount(question: ShrinkerQuestion): {
  readonly freeable: number;
  readonly diskSwapinsLeft: number;
} {
  const { listed, diskSwapins, backingPages, storedPages } = question;
  if (storedPages === 0 || listed === 0) return { freeable: 0, diskSwapinsLeft: diskSwapins };
  const used = Math.min(listed, diskSwapins);
  return {
    freeable: Math.floor(((listed - used) * backingPages) / storedPages),
    diskSwapinsLeft: diskSwapins - used,
  };
}

/** Looks at so many entries of a list under memory pressure. */
export function scanList(
  state: ZswapState,
  cache: SwapCache,
  key: ListKey,
  entries: number,
  onWritten: (entry: Entry) => void = () => {},
): Scan {
  return scanOldest(shrinkLists(state, cache, onWritten), key, entries);
}
