import type { ComparedRecording } from './result.ts';

/** Says that a JSON file is one of ours. */
export const SUMMARY_FORMAT = 'trace-replay-summary';
/** Version of the shape below; changes of meaning raise it, new fields do not. */
export const SUMMARY_SCHEMA_VERSION = 1;

/**
 * What chance within one recording does to figures: standard errors of their natural logarithms. Null
 * where there are too few calls to tell.
 */
export interface Noise {
  readonly p50: number | null;
  readonly p99: number | null;
  readonly mean: number | null;
}

/** Durations of one recording. Quantiles by nearest rank; null where there are none. */
export interface DurationFigures {
  readonly count: number;
  readonly totalNs: number;
  readonly meanNs: number | null;
  readonly p50Ns: number | null;
  readonly p90Ns: number | null;
  readonly p99Ns: number | null;
  readonly minNs: number | null;
  readonly maxNs: number | null;
  readonly noise: Noise;
}

export interface FunctionFigures extends DurationFigures {
  /** Those without a duration included. */
  readonly calls: number;
  readonly selfNs: number;
  /** Traced calls below all calls of it. */
  readonly tracedWithin: number;
  /** Calls that ran in an interrupt. */
  readonly inInterrupt: number;
}

export interface LockFigures {
  readonly kind: string;
  readonly acquisitions: number;
  readonly contended: number;
  readonly wait: DurationFigures;
  readonly hold: DurationFigures | null;
  /** Functions that take it, with what they waited, ns. */
  readonly sites: Readonly<Record<string, number>>;
  /** Who held it while somebody waited, the longest waiting first; summaries of earlier versions have none. */
  readonly blockedBy?: readonly BlockerFigures[];
}

/** Waits in one function that holds taken in another overlap. */
export interface BlockerFigures {
  /** '' when not known. */
  readonly waiter: string;
  /** '(not seen)' for waiting that no hold in the recording explains. */
  readonly holder: string;
  readonly waits: number;
  readonly waitNs: number;
}

/** One recording: what `compare` takes as a unit. */
export interface RecordingSummary extends ComparedRecording {
  /** Told by the bytes of its inputs. */
  readonly id: string;
  /** Whether the text has time stamps, and whether these measure time. */
  readonly clock: 'none' | 'stamps' | 'no-time';
  readonly layouts: readonly string[];
  readonly functions: Readonly<Record<string, FunctionFigures>>;
  readonly locks: Readonly<Record<string, LockFigures>>;
}

/** Counts by bucket of `Histogram` (64 in each power of two), in order. */
export type BucketCounts = readonly (readonly [bucket: number, count: number])[];

/** Calls on one path, summed over recordings; whole ns, so that sums do not depend on their order. */
export interface PathSum {
  readonly name: string;
  /** Index into the same list, -1 for outermost calls; parents stand before children. */
  readonly parent: number;
  readonly calls: number;
  readonly totalNs: number;
  readonly selfNs: number;
}

/**
 * Recordings of one side, reduced: figures of each, and distributions and call tree of all together.
 * Merging is a union of the recordings and a sum of the rest, so its order does not matter.
 */
export interface Summary {
  readonly format: typeof SUMMARY_FORMAT;
  readonly schemaVersion: number;
  /** Filters in force while reading, as the user gave them; only what is alike is compared. */
  readonly filters: string;
  readonly excluded: readonly string[];
  /** In the order of their ids. */
  readonly recordings: readonly RecordingSummary[];
  readonly histograms: {
    readonly functions: Readonly<Record<string, BucketCounts>>;
    readonly waits: Readonly<Record<string, BucketCounts>>;
    readonly holds: Readonly<Record<string, BucketCounts>>;
  };
  readonly callTree: readonly PathSum[];
}
