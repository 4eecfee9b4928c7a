/** Where a page is; each is in one place. */
export const Place = {
  Untouched: 0,
  Resident: 1,
  /** Taken off the LRU by somebody who reclaims. */
  Isolated: 2,
  /** Unmapped, being compressed. */
  Storing: 3,
  /** Has an entry in zswap, and its memory still: it is in the swap cache. */
  Cached: 4,
  Zswap: 5,
  Disk: 6,
  /** On its way to the device; its memory is held. */
  Writing: 7,
  /** On its way from it. */
  Reading: 8,
} as const;
export const PLACES = 9;
