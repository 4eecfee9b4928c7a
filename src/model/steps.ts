import type { ZsmallocConfig } from './zsmalloc/geometry.ts';

/**
 * Kernel paths as lists of steps: what is printed for a reviewer is what the engine runs. A kernel
 * is a set of paths with the locks and lines they use; a design rewrites them.
 */

/** Private work of the CPU; `cost` names a distribution of the calibration. */
export interface WorkStep {
  readonly do: 'work';
  readonly what: string;
  readonly cost: string;
  /** The cost is for each page of the zspage at hand. */
  readonly perPage?: true;
  /** The cost is for each object that compaction moved just now. */
  readonly perObject?: true;
}

/** A locked read-modify-write of a cache line that other CPUs use too. */
export interface AtomicStep {
  readonly do: 'atomic';
  readonly what: string;
  readonly line: string;
  /** What it costs beyond moving the line, when that is known apart. */
  readonly cost?: string;
}

export interface LockStep {
  readonly do:
    | 'lock'
    | 'unlock'
    | 'read-lock'
    | 'read-unlock'
    | 'write-lock'
    | 'write-unlock'
    /** Lock and unlock that keep the lock over a run of queued handles of the same class. */
    | 'lock-run'
    | 'unlock-run';
  readonly lock: string;
}

/** One attempt; when it fails, `failed` is run and the path ends. */
export interface TryLockStep {
  readonly do: 'try-lock' | 'try-read-lock';
  readonly lock: string;
  readonly failed: readonly Step[];
}

/** What the structural model of the pool does at this point. */
export interface PoolStep {
  readonly do: 'pool';
  readonly action: /** Takes an object of a zspage with room; sets `no-room` when there is none. */
    | 'take-object'
    /** Makes a zspage and takes its first object. */
    | 'add-zspage'
    /** Puts the object back; sets `zspage-empty`. */
    | 'put-object'
    /** Takes the emptied zspage off its list, so that nobody else finds it. */
    | 'detach-zspage'
    /** Gives the pages of the emptied zspage back, to this CPU's page list; sets `page-list-full`. */
    | 'release-zspage'
    /**
     * Compaction of a class: moves what is in the emptiest zspage into the fullest; sets
     * `more-to-move` when there was something to move, `zspage-empty`, and `lets-go` when the
     * destination is full.
     */
    | 'compact-zspage'
    /** Puts the destination of a compaction back into its list. */
    | 'put-back-destination'
    /** Takes the first zspage of the class without objects off its list; sets `zspage-empty`. */
    | 'take-empty'
    /** Moves a batch of pages from this CPU's list to the buddy allocator; sets `page-list-full`. */
    | 'bulk-free';
}

export type Condition = 'no-room' | 'zspage-empty' | 'more-to-move' | 'lets-go' | 'page-list-full';

export interface WhenStep {
  readonly do: 'when';
  readonly condition: Condition;
  readonly steps: readonly Step[];
}

/**
 * Tries the locks of all pages of the emptied zspage (trylock_zspage). When one is held, `failed` is run
 * and the zspage is not empty for the steps that follow: it stays in its list.
 */
export interface LockPagesStep {
  readonly do: 'lock-pages';
  /** How often one is held, 0 to 1. */
  readonly fails: number;
  readonly failed: readonly Step[];
}

/**
 * Runs its steps, and again as long as the condition holds at their end. They leave the same locks
 * held that they found.
 */
export interface RepeatStep {
  readonly do: 'repeat';
  readonly condition: Condition;
  readonly steps: readonly Step[];
}

/** Sets `lets-go` when somebody waits for the lock (rwlock_is_contended, spin_is_contended). */
export interface LookStep {
  readonly do: 'look';
  readonly lock: string;
}

/** Puts the handle at hand into a queue; when that is full, `full` is run instead. */
export interface EnqueueStep {
  readonly do: 'enqueue';
  readonly queue: string;
  readonly full: readonly Step[];
}

/** Runs its steps for each handle in the queue of this CPU, the oldest first, until it is empty. */
export interface EachQueuedStep {
  readonly do: 'each-queued';
  readonly queue: string;
  readonly steps: readonly Step[];
}

/**
 * Hands the page at hand to a device (IAA) and goes on; when its queue is full, tries again until there is
 * an entry. What the CPU does for that is a `work` step of its own.
 */
export interface SubmitStep {
  readonly do: 'submit';
  readonly what: string;
  /** Time of an engine. */
  readonly cost: string;
}

/** Waits until the first of the pages is done that this task has handed over and not collected. */
export interface CollectStep {
  readonly do: 'collect';
  readonly what: string;
}

/**
 * What becomes of a page of a folio that is not stored as a whole: stored and later erased, compressed in the batch of the
 * page that failed, that page itself by its cause, not reached in its batch; then, once for each slot, what is erased.
 */
export const PAGE_FATES = [
  'published',
  'undone',
  'no-entry',
  'not-compressed',
  'no-object',
  'no-tree',
  'not-reached',
  'erased',
  'nothing',
] as const;
export type PageFate = (typeof PAGE_FATES)[number];

/**
 * Runs its steps for each page of the folio at hand: the whole folio, or the batch that `each-batch` made; of an
 * operation whose pages have fates, for those of some.
 */
export interface EachPageStep {
  readonly do: 'each-page';
  readonly only?: readonly PageFate[];
  /** The two pages of the largest size classes first, the others as they come. */
  readonly order?: 'two-largest-first';
  readonly steps: readonly Step[];
}

/** Runs its steps for each run of so many pages of the folio at hand, or of those with some fates; the last one may have fewer. */
export interface EachBatchStep {
  readonly do: 'each-batch';
  readonly only?: readonly PageFate[];
  readonly size: number;
  readonly steps: readonly Step[];
}

/** Runs another path in place. */
export interface CallStep {
  readonly do: 'call';
  readonly path: string;
}

export type Step =
  | WorkStep
  | AtomicStep
  | LockStep
  | TryLockStep
  | PoolStep
  | WhenStep
  | LockPagesStep
  | RepeatStep
  | LookStep
  | EnqueueStep
  | EachQueuedStep
  | SubmitStep
  | CollectStep
  | EachPageStep
  | EachBatchStep
  | CallStep;

export type LockKind =
  /** FIFO: pending waiter, then an MCS queue (kernel/locking/qspinlock.c). */
  | 'qspinlock'
  /** Fair: a queued writer blocks later readers (kernel/locking/qrwlock.c). */
  | 'qrwlock'
  /** Unfair: whoever comes first when it is free. */
  | 'bit-spinlock'
  /** Sleeping, first come first served. */
  | 'mutex';

/** A lock, or one for each of something. */
export interface LockDeclaration {
  readonly kind: LockKind;
  readonly per: 'pool' | 'class' | 'slot' | 'cluster' | 'cpu' | 'device';
  /** Cache lines of data that the holder touches and that follow the lock from CPU to CPU. */
  readonly dataLines?: number;
  /** Transfers of the line of a read-write lock in each visit of another CPU: request and answer; 1 else. */
  readonly transfers?: number;
}

/** A queue of handles that a worker drains. */
export interface QueueDeclaration {
  readonly per: 'pool' | 'cpu';
  /** Handles in one buffer. */
  readonly entries: number;
  /** Spare buffers: a CPU whose buffer is full takes one; without, it waits until the worker has brought one. */
  readonly buffers: number;
  /**
   * Where the worker runs: bound to the CPU that queued the work; one of an unbound workqueue, or a
   * thread of its own, where there is room.
   */
  readonly worker: 'bound' | 'unbound' | 'thread';
  /** The worker offers its CPU behind each handle (cond_resched); else only behind all it has found. */
  readonly offersCpu?: boolean;
  /** The worker is woken when a buffer is full, or at the first handle; or whoever queues also frees. */
  readonly wakes: 'when-full' | 'at-once' | 'never';
  /** Path that the worker runs for each handle. */
  readonly drain: string;
  /** The lock of a class is kept over a run of handles of one class, up to so many. */
  readonly classRun?: number;
  /** Handles of a full buffer are drained class by class. */
  readonly sortsByClass?: boolean;
}

/** Lists of free pages, one for each CPU, in front of the buddy allocator (mm/page_alloc.c). */
export interface PageLists {
  /** Pages that go to the buddy allocator at once. */
  readonly batch: number;
  /** A list of so many pages is full. */
  readonly high: number;
  /** Pages in the list of each CPU at the start, below `high`; negative: so many are wanted beforehand. */
  readonly start: readonly number[];
  /** The same for CPUs beyond those. */
  readonly startElsewhere: number;
  /** Nobody knows where they start: within a batch below `high`, and elsewhere in each run. */
  readonly startIsUnknown?: true;
}

/** A kernel, or a kernel with designs applied. */
export interface KernelModel {
  readonly id: string;
  readonly title: string;
  /** Kernel file and version that the paths were read in. */
  readonly source: string;
  readonly locks: Readonly<Record<string, LockDeclaration>>;
  /** Shared cache lines that atomics name. */
  readonly lines: readonly string[];
  readonly paths: Readonly<Record<string, readonly Step[]>>;
  readonly queues: Readonly<Record<string, QueueDeclaration>>;
  /** Without, pages that are given back are gone at once. */
  readonly pageLists?: PageLists;
  /** Zsmalloc's configuration: whether an object word has room for a class depends on it. */
  readonly zsmalloc?: ZsmallocConfig;
  /** Slots that a lock `per: 'cluster'` is for; 512 without. */
  readonly clusterSlots?: number;
  /** By path, operations of a task that are done in one call when they come one after another, at most. */
  readonly gathers?: Readonly<Record<string, number>>;
  /** Each descriptor goes to the next device of the package, rather than all of a CPU's to one. */
  readonly spreadsOverDevices?: true;
  /** Swap slots are of a virtual device: nothing is written back, and a store that fails at its first page releases nothing. */
  readonly virtualSwap?: true;
  /** Entries of zswap come from the node of the CPU that stores, rather than from that of their page. */
  readonly entriesOfCpu?: true;
}
