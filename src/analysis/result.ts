import type { Diagnostic } from '../trace/diagnostics.ts';
import type { SideHistogram, SideTable } from '../trace/side-tables.ts';
import type { EventRow, HitRow, ProfileRow, SchedulingSummary } from './event-rows.ts';

export type * from './event-rows.ts';
export type { Diagnostic, SideHistogram, SideTable };

/** Version of the shape below; changes of meaning raise it, new fields do not. */
export const SCHEMA_VERSION = 1;

/** A distribution in ns; null where there is nothing to tell (no call, no duration in the text). */
export interface Distribution {
  readonly count: number;
  readonly totalNs: number;
  readonly meanNs: number | null;
  readonly minNs: number | null;
  readonly p50Ns: number | null;
  readonly p90Ns: number | null;
  readonly p99Ns: number | null;
  readonly p999Ns: number | null;
  readonly maxNs: number | null;
  readonly histogram: readonly HistogramBucket[];
}

export interface HistogramBucket {
  readonly loNs: number;
  readonly hiNs: number;
  readonly count: number;
}

export interface InputFile {
  readonly name: string;
  readonly format: string;
  readonly bytes: number;
  readonly lines: number;
  readonly understoodLines: number;
  readonly sha256: string;
}

/** What was read. Sums over the files. */
export interface InputSummary {
  readonly files: readonly InputFile[];
  readonly format: string;
  readonly bytes: number;
  readonly lines: number;
  readonly understoodLines: number;
  readonly cpus: number;
  readonly tasks: number;
  /** `none` (no time stamps) or `stamps`. */
  readonly clock: string;
  /** From the first to the last time stamp; null without stamps. */
  readonly durationNs: number | null;
  /** '' when the text does not say. */
  readonly kernelRelease: string;
  /** Columns of each layout met, e.g. `abstime cpu proc duration`. */
  readonly layouts: readonly string[];
  /** Lost records as counted by the kernel. */
  readonly lostRecords: number;
}

/** How the numbers were made. */
export interface MethodSummary {
  readonly quantile: string;
  readonly bucketRelativeError: number;
  readonly exactUpToCalls: number;
  /** `irq`, `softirq`, `offcpu`: what was taken out of durations and self times on demand. */
  readonly excluded: readonly string[];
  /** The filters in force, as the user gave them; '' without. */
  readonly filters: string;
}

export interface FunctionRow {
  /** As the kernel prints it, without the module. */
  readonly name: string;
  /** '' for built-in code. */
  readonly module: string;
  readonly calls: number;
  /** Sum of durations; recursive calls count once. Null when the text has no durations. */
  readonly totalNs: number | null;
  readonly selfNs: number | null;
  /** By how much `totalNs` may be too small: the kernel cuts durations to seven digits. */
  readonly cutNs: number;
  /** Calls whose self time is an upper bound: what they called was not all recorded. */
  readonly selfIsBoundCalls: number;
  readonly startCutCalls: number;
  /** Calls told by a pair of events (entry and return probe, `irq:`, `softirq:`, `sys_`): from stamp to stamp. */
  readonly pairCalls: number;
  readonly minNs: number | null;
  readonly p50Ns: number | null;
  readonly p90Ns: number | null;
  readonly p99Ns: number | null;
  readonly p999Ns: number | null;
  readonly maxNs: number | null;
  readonly meanNs: number | null;
  readonly irqNs: number;
  readonly softirqNs: number;
  readonly offCpuNs: number;
  readonly histogram: readonly HistogramBucket[];
}

/** Who held a lock while somebody waited for it. */
export interface BlockerRow {
  /** Function that had taken the lock; '(not seen)' for wait that no hold in the trace explains. */
  readonly function: string;
  readonly task: string;
  readonly cpu: number;
  readonly waits: number;
  /** Part of the waits that these holds overlap (measured); by order of records without time stamps. */
  readonly waitNs: number;
}

/** What was done while a lock was held. */
export interface HeldRow {
  readonly name: string;
  readonly calls: number;
  readonly totalNs: number;
}

/** One lock as taken at one site. */
export interface LockRow {
  /** `class->lock`, `pool->migrate_lock (read)`, or what is known: `spinlock at rmqueue`, an address. */
  readonly lock: string;
  /** `spinlock`, `rwlock-read`, `rwlock-write`, `mutex`, `rwsem-read`, `rwsem-write`, ... */
  readonly kind: string;
  /** Function that takes the lock. */
  readonly site: string;
  /** How the lock was named: by call site (a table of kernel sources), by address, or not at all. */
  readonly namedBy: 'site' | 'address' | 'unknown';
  /** Distinct lock addresses seen at this site; 0 when the trace shows none. */
  readonly instances: number;
  readonly acquisitions: number;
  /** False when only acquisitions that waited are recorded: `acquisitions` is `contended` then. */
  readonly acquisitionsKnown: boolean;
  readonly contended: number;
  /** Trylocks that are not known to have succeeded. */
  readonly triesWithoutUnlock: number;
  /** What says that an acquisition waited: see docs/json.md. */
  readonly waitWitness: 'slowpath' | 'contention-events' | 'none';
  readonly wait: Distribution;
  /** The whole lock call, waiting or not. */
  readonly acquire: Distribution;
  /** Null when no unlock could be matched. */
  readonly hold: Distribution | null;
  /** How holds were measured: from time stamps, or as the sum of the calls seen in between (a lower bound). */
  readonly holdBasis: 'stamps' | 'calls' | 'none';
  /** Wait as a share of the site function's total time; null when that is not known. */
  readonly waitShareOfSite: number | null;
  readonly blockedBy: readonly BlockerRow[];
  /** Share of the wait that holds in the trace explain; null without waits. */
  readonly blockedByCoverage: number | null;
  readonly calledWhileHeld: readonly HeldRow[];
  readonly lockedWhileHeld: readonly HeldRow[];
}

/** What a task did with a lock; times by the trace's clock. */
export interface MomentInterval {
  /** `held-until`: no unlock is in the trace, and the hold had ended by `endNs`. */
  readonly kind: 'wait' | 'hold' | 'held-until';
  /** Function that takes it. */
  readonly site: string;
  readonly task: string;
  /** -1 without CPU column. */
  readonly cpu: number;
  readonly startNs: number;
  readonly endNs: number;
}

/** One of the longest waits, with what all CPUs did with that lock about then. */
export interface LockMoment {
  readonly lock: string;
  /** What says so: contention events tell of no holds. */
  readonly waitWitness: 'slowpath' | 'contention-events';
  /** Function that waited; '' when not known. */
  readonly site: string;
  readonly task: string;
  readonly cpu: number;
  readonly startNs: number;
  readonly waitNs: number;
  /** What is shown: the wait with a quarter of it before and behind. */
  readonly fromNs: number;
  readonly toNs: number;
  readonly intervals: readonly MomentInterval[];
  /** Shorter intervals that are left out. */
  readonly intervalsHidden: number;
}

export interface OverheadSummary {
  /** Added within each traced call's own duration, by the quickest calls; an estimate, no bound. */
  readonly insideNs: number | null;
  /** Added to the caller for each traced call, by the quickest callers; an estimate, no bound. */
  readonly outsideNs: number | null;
  readonly tracedCalls: number;
  /** (inside + outside) times traced calls. */
  readonly totalNs: number | null;
  /** That as a share of the time of all outermost calls. */
  readonly shareOfOutermost: number | null;
  /** Whether it was taken out of the durations of this report. */
  readonly subtracted: boolean;
  /** What the estimate rests on, in one sentence. */
  readonly basis: string;
}

/** A call in the tree of a slow call, in the order of their beginning; `level` 0 is the slow call. */
export interface TreeCall {
  readonly name: string;
  readonly level: number;
  readonly durationNs: number | null;
  readonly selfNs: number | null;
}

/** What another CPU did during a slow call. */
export interface MeanwhileRow {
  readonly cpu: number;
  readonly task: string;
  readonly name: string;
  readonly calls: number;
  /** Overlap with the slow call; null without time stamps. */
  readonly overlapNs: number | null;
}

export interface SlowCall {
  readonly durationNs: number;
  /** Time stamp of the begin, ns of the trace clock; null without stamps. */
  readonly startNs: number | null;
  readonly task: string;
  readonly cpu: number;
  readonly file: string;
  readonly line: number;
  readonly tree: readonly TreeCall[];
  /** Calls of the tree that are not shown. */
  readonly treeHidden: number;
  /** Time within it that its task was off the CPU, as far as the trace shows. */
  readonly offCpuNs: number;
  readonly meanwhile: readonly MeanwhileRow[];
}

/** How much of the difference between slow and typical calls a child explains. */
export interface DifferenceRow {
  /** Called function, or `(self)`. */
  readonly name: string;
  /** Mean time of it in a typical and in a slow call. */
  readonly typicalNs: number;
  readonly slowNs: number;
  /** Its share of the difference of the means. */
  readonly share: number;
}

export interface TailRow {
  readonly function: string;
  readonly calls: number;
  readonly p50Ns: number | null;
  readonly p99Ns: number | null;
  readonly slowest: readonly SlowCall[];
  /** Calls compared as typical (25th to 75th percentile) and as slow (from the 99th, one at least). */
  readonly typicalCalls: number;
  readonly slowCalls: number;
  readonly difference: readonly DifferenceRow[];
}

/** A node of the aggregated call tree; `parent` is an index into the same list, -1 for roots. */
export interface CallTreeNode {
  readonly name: string;
  readonly parent: number;
  readonly calls: number;
  readonly totalNs: number;
  readonly selfNs: number;
}

/** All that `analyze` found: the one value that every writer formats. */
export interface AnalysisResult {
  readonly schemaVersion: number;
  readonly tool: { readonly name: string; readonly version: string; readonly command: string };
  readonly input: InputSummary;
  readonly method: MethodSummary;
  readonly diagnostics: readonly Diagnostic[];
  readonly functions: readonly FunctionRow[];
  readonly locks: readonly LockRow[];
  /** The longest waits; empty without time stamps that measure time. */
  readonly lockMoments: readonly LockMoment[];
  readonly overhead: OverheadSummary;
  readonly tails: readonly TailRow[];
  readonly callTree: readonly CallTreeNode[];
  /** Events by how often they were recorded. */
  readonly events: readonly EventRow[];
  /** Null when the trace has no sched_switch and no wake-up event. */
  readonly scheduling: SchedulingSummary | null;
  /** Sampling profiles, one for each event that was sampled. */
  readonly profile: readonly ProfileRow[];
  /** Hits of the function tracer; these calls have no durations. */
  readonly hits: readonly HitRow[];
  /** What other tools had counted already. */
  readonly sideTables: readonly SideTable[];
  readonly sideHistograms: readonly SideHistogram[];
}
