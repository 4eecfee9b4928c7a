import type { ListKey } from './entry-lists.ts';
import type { Entry, ZswapState } from './state.ts';
import { lookAtHead, type SwapCache, writeBack } from './writeback.ts';

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

/**
 * Looks at so many entries of a list under memory pressure. A page found in the swap cache ends it: the
 * shrinker has come to warm pages.
 */
export function scanList(
  state: ZswapState,
  cache: SwapCache,
  key: ListKey,
  entries: number,
  onWritten: (entry: Entry) => void = () => {},
): { readonly scanned: number; readonly writtenBack: number; readonly stopped: boolean } {
  let writtenBack = 0;
  for (let scanned = 0; scanned < entries; scanned++) {
    const look = lookAtHead(state, key);
    if (look.kind === 'empty') return { scanned, writtenBack, stopped: false };
    if (look.kind === 'second chance') continue;
    const { result, entry } = writeBack(state, cache, look.entry, look.slot);
    if (result === '-EEXIST') return { scanned: scanned + 1, writtenBack, stopped: true };
    if (!entry) continue;
    writtenBack++;
    onWritten(entry);
  }
  return { scanned: entries, writtenBack, stopped: false };
}
