import type { Diagnostic, HistogramBucket } from '../result.ts';

/** Version of the shape below; changes of meaning raise it, new fields do not. */
export const COMPARISON_SCHEMA_VERSION = 1;

/**
 * What the data allow to say of a row. `no-difference`: none was seen, and `canSee` says from what size
 * one would have been. `not-comparable`: `reason` says why.
 */
export type Verdict = 'faster' | 'slower' | 'no-difference' | 'not-comparable';

/**
 * A relative change from before to after: 0.1 is 10 % more, -0.1 is 10 % less. All null where it cannot be
 * told (nothing on one side, too few calls); `lo` and `hi` alone are null where no interval can be.
 */
export interface Change {
  readonly value: number | null;
  /** The 95 % interval of this one figure, not widened for the number of rows. */
  readonly lo: number | null;
  readonly hi: number | null;
  /** The same in the unit of the figure (ns, or a count): after less before. */
  readonly difference: number | null;
}

/** What a side's recordings say of a duration; figures of several recordings are their geometric mean. */
export interface SideDurations {
  /** Recordings that have any of them. */
  readonly recordings: number;
  /** Calls, waits or holds in each recording on average. */
  readonly calls: number;
  readonly totalNs: number | null;
  readonly meanNs: number | null;
  readonly p50Ns: number | null;
  readonly p90Ns: number | null;
  readonly p99Ns: number | null;
  readonly minNs: number | null;
  readonly maxNs: number | null;
  /** Greatest p50 of a recording over the smallest, less 1: what the side's own recordings differ by; null for one. */
  readonly spread: number | null;
  /** All recordings together, in powers of two. */
  readonly histogram: readonly HistogramBucket[];
  /** The p50 of each recording, in the order of `ComparisonSide.recordings`; null where it has none. */
  readonly p50ByRecording: readonly (number | null)[];
}

export interface FunctionSide extends SideDurations {
  readonly selfNs: number | null;
  /** Traced calls within each call: each adds the tracer's cost to it. */
  readonly tracedCallsWithin: number;
}

/** How sure a row is. */
export interface Evidence {
  /** Of the figure that the verdict is about, adjusted for the number of rows (`method.correction`); null: not tested. */
  readonly pValue: number | null;
  /** The same before the adjustment. */
  readonly rawPValue: number | null;
  /** Mann-Whitney test over recordings; null for fewer than four on a side, where it cannot reach 5 %. */
  readonly rankPValue: number | null;
  /** Vargha and Delaney's A: chance that a call after is longer than one before, ties half; null without calls. */
  readonly effectSize: number | null;
  /** Smallest relative change that would have been found four times of five; null where nothing was tested. */
  readonly canSee: number | null;
  readonly verdict: Verdict;
  /** Why not comparable, or what limits the row; '' when there is nothing to say. */
  readonly reason: string;
}

export interface FunctionComparison extends Evidence {
  readonly name: string;
  /** Null where no recording of the side has a call. */
  readonly before: FunctionSide | null;
  readonly after: FunctionSide | null;
  /** The figure that the verdict is about: of median and mean the one that is shown better. */
  readonly judgedBy: 'median' | 'mean';
  readonly change: {
    readonly median: Change;
    readonly p99: Change;
    readonly mean: Change;
    readonly total: Change;
    readonly self: Change;
    readonly calls: Change;
  };
}

export interface LockSide {
  readonly recordings: number;
  /** On average in each recording. */
  readonly acquisitions: number;
  readonly contended: number;
  readonly wait: SideDurations;
  /** Null when no unlock could be matched. */
  readonly hold: SideDurations | null;
  /** Functions that take it, the one that waits longest first. */
  readonly sites: readonly string[];
}

/** How often and how long one function waited while another held the lock, in each recording on average. */
export interface BlockedTime {
  readonly waits: number;
  readonly waitNs: number;
}

/** Who blocked whom, on both sides; measured, without a verdict of its own. */
export interface BlockerComparison {
  /** Function that waits; '' when not known. */
  readonly waiter: string;
  /** Function that had taken the lock; '(not seen)' for waiting that no hold in the recordings explains. */
  readonly holder: string;
  /** Null where the side lacks the lock, or its summary was saved without holders. */
  readonly before: BlockedTime | null;
  readonly after: BlockedTime | null;
}

/** One lock, over all functions that take it. */
export interface LockComparison extends Evidence {
  readonly name: string;
  readonly kind: string;
  readonly before: LockSide | null;
  readonly after: LockSide | null;
  /** What the verdict is about: all waiting, or the median hold where nobody waited. */
  readonly judgedBy: 'wait' | 'hold';
  /** The longest waiting of either side first. */
  readonly blockedBy: readonly BlockerComparison[];
  readonly change: {
    /** Of the waits. */
    readonly median: Change;
    readonly p99: Change;
    readonly total: Change;
    readonly hold: { readonly median: Change; readonly p99: Change; readonly total: Change };
    readonly acquisitions: Change;
    readonly contended: Change;
  };
}

/** Self time on one path of calls, in each recording on average. */
export interface CallTreeChange {
  readonly name: string;
  /** Index into the same list, -1 for outermost calls. */
  readonly parent: number;
  readonly beforeCalls: number;
  readonly afterCalls: number;
  readonly beforeSelfNs: number;
  readonly afterSelfNs: number;
  readonly beforeTotalNs: number;
  readonly afterTotalNs: number;
}

/** One recording of a side. */
export interface ComparedRecording {
  readonly inputs: readonly {
    readonly name: string;
    readonly format: string;
    readonly bytes: number;
    readonly sha256: string;
  }[];
  readonly kernelRelease: string;
  readonly cpus: number;
  readonly durationNs: number | null;
  readonly lines: number;
  readonly understoodLines: number;
  readonly lostRecords: number;
  /** The tracer's estimated cost for each traced call, ns; null when the recording does not show it. */
  readonly tracerNs: number | null;
  /** Share of the outermost calls' time that is the tracer's. */
  readonly tracerShare: number | null;
}

export interface ComparisonSide {
  readonly recordings: readonly ComparedRecording[];
}

/** A warning that concerns all of the comparison. */
export interface ComparisonWarning {
  readonly id: string;
  readonly severity: Diagnostic['severity'];
  readonly text: string;
}

/** A condition of `--fail-if`. */
export interface Gate {
  /** As given. */
  readonly condition: string;
  /**
   * `failed`: beyond the limit, and shown by the data. `not-shown`: beyond it, but no change is within the
   * interval as well. `no-data`: one side has nothing to compare.
   */
  readonly status: 'passed' | 'failed' | 'not-shown' | 'no-data';
  readonly change: Change;
  /** What was found, in words. */
  readonly text: string;
}

/** How the figures were made. */
export interface ComparisonMethod {
  /** What intervals hold: variation between recordings, or what one recording of each side can tell. */
  readonly basis: 'between-recordings' | 'few-recordings';
  /** In words; this and the next two are sentences. */
  readonly interval: string;
  readonly test: string;
  readonly correction: string;
  readonly significance: number;
  readonly functionsTested: number;
  readonly locksTested: number;
  /** With few recordings: by how much two recordings of one kernel are taken to differ (standard deviation, relative). */
  readonly allowance: { readonly value: number; readonly basis: 'measured' | 'assumed' } | null;
  readonly filters: string;
  readonly excluded: readonly string[];
  /** Greatest relative error of a quantile by its histogram. */
  readonly quantileError: number;
  readonly resamples: number;
}

/** The whole in words and counts. */
export interface ComparisonSummary {
  readonly faster: number;
  readonly slower: number;
  readonly noDifference: number;
  readonly notComparable: number;
  /** Whether anything can be concluded; why not, when not. */
  readonly conclusive: boolean;
  readonly reason: string;
}

/** What `compare` found: the one value that every writer formats; also the JSON. */
export interface ComparisonResult {
  readonly schemaVersion: number;
  readonly tool: { readonly name: string; readonly version: string; readonly command: string };
  readonly before: ComparisonSide;
  readonly after: ComparisonSide;
  readonly summary: ComparisonSummary;
  readonly warnings: readonly ComparisonWarning[];
  /** The longest total time of either side first. */
  readonly functions: readonly FunctionComparison[];
  /** The longest wait of either side first, then holds. */
  readonly locks: readonly LockComparison[];
  /** Parents before children, the greatest change of self time first among siblings. */
  readonly callTree: readonly CallTreeChange[];
  readonly gates: readonly Gate[];
  readonly method: ComparisonMethod;
}
