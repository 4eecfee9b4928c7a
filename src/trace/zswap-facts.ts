/**
 * Parts of an operation of zswap that the trace shows as calls of their own: the entry's memory, the wait
 * for and the hold of the compression context, compressing or decompressing, room for the object (zs_malloc
 * with what is above it), copying it, the tree's lock, the list, charging the memcg, freeing an entry; of a writeback the folio in
 * the swap cache, and handing it to the device.
 */
export type ZswapPart =
  | 'entry'
  | 'mutex'
  | 'mutexHold'
  | 'compress'
  | 'decompress'
  | 'object'
  | 'copy'
  | 'tree'
  | 'list'
  | 'charge'
  | 'entryFree'
  | 'claim'
  | 'submit';

/** A lock that an operation took: the tree's, or that of a list. Times in ns. */
export interface TakenLock {
  readonly lock: 'tree' | 'list';
  /** In its slow path. */
  readonly waitNs: number;
  readonly gotNs: number;
  /**
   * From then to the call that gives it back; where that is not traced, to the next call, of a list's to the end of
   * the function. NaN of a list whose lock is not traced: all of the function it may be held.
   */
  heldNs: number;
  /** Given back by then. */
  freeNs: number;
  /** Of a list: the call that gives it back, and how many traced calls were made in between. */
  readonly unlockNs?: number;
  readonly callsHeld?: number;
}

/** So many traced calls, and so many below them. */
export interface TracedCalls {
  readonly calls: number;
  readonly below: number;
}

/** An entry is put on its list. */
export interface Publication {
  /** Where the tree was locked for it, and where the list was. */
  readonly treeAt: number;
  readonly listAt: number;
  /** Which list: addresses of memcg and list item as printed, and the node; null where no arguments are printed. */
  readonly list: { readonly memcg: string; readonly item: string; readonly node: number } | null;
}

/** What a trace shows of one operation of zswap or of the swap layer. Places as in the operation table. */
export interface ZswapFacts {
  /** What it returned: 1 stored or loaded, 0 not (6.12); 0 or a negative error number (writeback). */
  result: number | null;
  /** It is shown to have failed, by what its caller was told; why is not. */
  failed: boolean;
  /** Address of the entry, as printed. */
  entry: string | null;
  /** Bytes of the compressed page. */
  length: number | null;
  /** Pages of the folio, or slots freed. */
  pages: number | null;
  /** It is a whole call of function_graph: a call that is traced and not in it was not made. */
  isCall: boolean;
  /** Its task left the CPU meanwhile, as the trace shows of a call. */
  wasSwitched: boolean;
  /** Calls that it made are in the trace. */
  showsCalls: boolean;
  /** How often memory for an entry, the compressor, and room for an object was asked for. */
  entries: number;
  compressions: number;
  objects: number;
  /** Of the calls for entries, those that asked for several at once (kmem_cache_alloc_bulk). */
  bulkEntries: number;
  /** How often the context's mutex was locked. */
  mutexLocks: number;
  /** The most entries that were asked for one after another, and the most pages compressed under one hold. */
  entriesInRow: number;
  compressionsInHold: number;
  /** Pages were compressed together in a function whose compressor is not traced: as many as got objects, and perhaps one that failed. */
  compressesUnseen: boolean;
  /** Traced calls that it, or a part of it, made itself. */
  callsMade: number;
  /** Self time of parts that are functions of their own, ns: that of the operation where they are inlined. */
  partsSelfNs: number;
  /** How many such functions were called, and the traced calls that they made themselves. */
  partsCalled: number;
  partsChildren: number;
  /** Where the pool's size was looked at. */
  limitAt: number;
  /** Where the tree was locked the last time. */
  treeAt: number;
  /** Entries put on their list, a page each. */
  readonly published: Publication[];
  readonly locks: TakenLock[];
  /** Time in calls, ns. */
  readonly parts: Partial<Record<ZswapPart, number>>;
  /** Traced calls that these times are of, and all that they made: the tracer's cost of them is in the times. */
  readonly traced: Partial<Record<ZswapPart, TracedCalls>>;
  /** Traced calls that the operation made itself, and in all. */
  children: number;
  descendants: number;
  /** Of that, what was spent in the slow path of a lock, ns. */
  readonly waits: Partial<Record<ZswapPart, number>>;
}

/** Facts of an operation of which nothing is known yet. */
export function noFacts(): ZswapFacts {
  return {
    result: null,
    failed: false,
    entry: null,
    length: null,
    pages: null,
    isCall: false,
    wasSwitched: false,
    showsCalls: false,
    entries: 0,
    compressions: 0,
    objects: 0,
    bulkEntries: 0,
    mutexLocks: 0,
    entriesInRow: 0,
    compressionsInHold: 0,
    compressesUnseen: false,
    callsMade: 0,
    partsSelfNs: 0,
    partsCalled: 0,
    partsChildren: 0,
    limitAt: Number.NaN,
    treeAt: Number.NaN,
    published: [],
    locks: [],
    parts: {},
    traced: {},
    children: 0,
    descendants: 0,
    waits: {},
  };
}
