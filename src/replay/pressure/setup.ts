import type { IaaCosts } from '../../model/iaa/costs.ts';

/** What a composition of designs changes in the loop. */
export interface DesignEffects {
  /** Folios are split before they are stored, as before 6.13. */
  readonly splits: boolean;
  /** Pages of which entries are made, and for which the CPU's context is held, together. */
  readonly storeBatch: number;
  /** The context is held for each page all the same. */
  readonly locksEachPage: boolean;
  /** Pages that the accelerator compresses at once. */
  readonly compressBatch: number;
  /** Folios that reclaim hands to zswap together. */
  readonly reclaimBatch: number;
  /** Folios that a pass scans at least, and takes off the list at once; 0: 32 pages at once, as many as the pass has. */
  readonly scanFolios: number;
  /** Whose node an entry's memory, and so its list, is of. */
  readonly entryNode: 'page' | 'cpu';
  readonly prefetchesEntries: boolean;
  /** Pages of a readahead window, or of a scan of the shrinker, are decompressed together. */
  readonly batchesReadahead: boolean;
  readonly batchesWriteback: boolean;
  /** Nothing in zswap is written back, and what it refuses stays in memory. */
  readonly vswap: boolean;
}

/** Times, ns. */
export interface PressureTimes {
  /** From one touch of a page to the next. */
  readonly touchNs: number;
  /** A page fault, without what it waits for. */
  readonly faultNs: number;
  /** Reclaim looks at a folio of the LRU. */
  readonly scanNs: number;
  /** A folio is unmapped and gets its swap slots. */
  readonly unmapNs: number;
  /** Other CPUs are told to drop translations. */
  readonly flushNs: number;
  /** All that zswap does for a page beside compression, entry and mutex. */
  readonly storePageNs: number;
  readonly entryNs: number;
  readonly bulkEntryNs: number;
  readonly entryWriteNs: number;
  readonly prefetchedWriteNs: number;
  readonly mutexNs: number;
  readonly splitPageNs: number;
  /** All that a load does for a page beside decompression. */
  readonly loadPageNs: number;
  /** The shrinker looks at an entry. */
  readonly lookNs: number;
  /** A page is written back, beside decompression and the device. */
  readonly writebackNs: number;
  readonly freePageNs: number;
}

/** A codec as the CPU sees it. Tables have quantiles, so that a page always meets its own. */
export type PressureCodec =
  | { readonly kind: 'software'; readonly compressNs: Float64Array; readonly decompressNs: Float64Array }
  | {
      readonly kind: 'iaa';
      readonly compress: IaaCosts;
      readonly decompress: IaaCosts;
      /** Engines that all CPUs share. */
      readonly engines: number;
    };

/** Everything that a run of the loop is told. Memory in pages of 4 KiB. */
export interface PressureSetup {
  readonly seed: number;
  readonly processes: number;
  /** Jobs of each process, one after the other. */
  readonly jobs: number;
  readonly jobPages: number;
  /** Touches of older pages for each touch of a fresh one. */
  readonly touches: number;
  /** How much touches prefer young pages: 1 not at all. */
  readonly recency: number;
  readonly memoryPages: number;
  /** The memory is a slice: its lists count as so many times their length where the kernel takes shares of them. */
  readonly listScale: number;
  /** A limit of a memcg, where everybody reclaims alone; or all memory, with watermarks and kswapd. */
  readonly limit: 'memcg' | 'machine';
  readonly nodes: number;
  /** Memcgs that processes and the limit are divided among. */
  readonly memcgs: number;
  /** Pages of compressed data that each memcg may have (memory.zswap.max); infinite without a limit. */
  readonly memcgZswapPages: number;
  /** User time of the jobs that arrive, over that of the CPUs; null: a closed loop, whose jobs follow each other. */
  readonly openLoad: number | null;
  /** Share of a pass that goes to anonymous pages, when reclaim is of a memcg; files have the rest. */
  readonly anonShare: number;
  readonly folioPages: number;
  readonly readaheadPages: number;
  readonly maxPoolPages: number;
  readonly acceptPercent: number;
  readonly hasShrinker: boolean;
  /** A page that does not get smaller is kept as it is (6.18), or refused. */
  readonly keepsIncompressible: boolean;
  /** Compressed bytes by quantile; 4096 for what does not get smaller. */
  readonly sizes: Uint16Array;
  readonly codec: PressureCodec;
  readonly times: PressureTimes;
  readonly device: { readonly latencyNs: number; readonly pageNs: number };
  readonly design: DesignEffects;
}

/** The kernel as it is: large folios page by page. */
export const AS_IT_IS: DesignEffects = {
  splits: false,
  storeBatch: 1,
  locksEachPage: false,
  compressBatch: 1,
  reclaimBatch: 1,
  scanFolios: 0,
  entryNode: 'page',
  prefetchesEntries: false,
  batchesReadahead: false,
  batchesWriteback: false,
  vswap: false,
};

/** Pages that reclaim isolates at once, and tries to free at least (SWAP_CLUSTER_MAX). */
export const SWAP_CLUSTER_MAX = 32;
/** Share of a list that a first pass scans, as a power of two (DEF_PRIORITY). */
export const DEF_PRIORITY = 12;

/** Memcg of a process: each has as many of them. */
export function memcgOf({ processes, memcgs }: PressureSetup, process: number): number {
  return Math.floor((process * memcgs) / processes);
}
