/** What a run counts. Pages unless the name says otherwise. */
export interface Counters {
  storedPages: number;
  storedFolios: number;
  loadedFromZswap: number;
  readFromDisk: number;
  /** By the shrinker and by the worker that the limit starts. */
  writtenByShrinker: number;
  writtenByWorker: number;
  /** For a store of a memcg at its own limit. */
  writtenForMemcgLimit: number;
  /** Refused by zswap and written to the device instead. */
  refusedForLimit: number;
  refusedForMemcgLimit: number;
  refusedIncompressible: number;
  poolLimitHits: number;
  secondChances: number;
  /** Scans that met a page in the swap cache (-EEXIST) and ended. */
  stoppedInSwapCache: number;
  entriesLookedAt: number;
  reclaimCalls: number;
  /** Passes over the LRU by priority, 12 first. */
  readonly passes: number[];
  kswapdWakes: number;
  storedOnOtherNode: number;
  /** Written back because of another node's list than the page's own. */
  writtenFromWrongNode: number;
  mostPoolPages: number;
}

export function noCounts(): Counters {
  return {
    storedPages: 0,
    storedFolios: 0,
    loadedFromZswap: 0,
    readFromDisk: 0,
    writtenByShrinker: 0,
    writtenByWorker: 0,
    writtenForMemcgLimit: 0,
    refusedForLimit: 0,
    refusedForMemcgLimit: 0,
    refusedIncompressible: 0,
    poolLimitHits: 0,
    secondChances: 0,
    stoppedInSwapCache: 0,
    entriesLookedAt: 0,
    reclaimCalls: 0,
    passes: Array<number>(13).fill(0),
    kswapdWakes: 0,
    storedOnOtherNode: 0,
    writtenFromWrongNode: 0,
    mostPoolPages: 0,
  };
}
