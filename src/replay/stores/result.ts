import type { Interval } from '../interval.ts';
import type { Assumption, InputFile, Reading } from '../result.ts';
import type { ZswapReport } from '../zswap/result.ts';
import type { StorePrediction } from './predict-stores.ts';
import type { LockTimes } from './unheld-waits.ts';

export const STORE_WHAT_IF_SCHEMA_VERSION = 1;

/** A figure of the recording beside that of the base. */
export interface StoreComparison {
  readonly name: string;
  readonly recordedNs: number;
  readonly modelledNs: Interval;
  /** Too large for the interval of the runs and 5 % around it. */
  readonly isOff: boolean;
}

/** Whether the base gives back the recording that it was made of. */
export interface StoreValidation {
  /** Which entries exist, what is refused and why: the structural replay. */
  readonly structure: ZswapReport | null;
  readonly comparisons: readonly StoreComparison[];
  /**
   * Recorded waits, ns. But for those below they are left out of the steps and come back only where the model
   * makes somebody wait.
   */
  readonly recordedWaitsNs: {
    readonly mutex: number;
    readonly tree: number;
    readonly list: number;
    readonly allocator: number;
  };
  /** Of those, at least: nobody who is recorded held the lock. The CPU that waited did not run. */
  readonly unheldWaitsNs: LockTimes;
  /** How long the tree's lock was held, ns, at most. */
  readonly treeHeldNs: number;
  readonly verdict: 'fits' | 'does-not-fit';
  readonly reasons: readonly string[];
}

/** What a what-if of the store path found. */
export interface StoreWhatIfResult {
  readonly schemaVersion: typeof STORE_WHAT_IF_SCHEMA_VERSION;
  readonly tool: { readonly name: string; readonly version: string; readonly command: string };
  readonly path: 'store';
  readonly inputs: readonly InputFile[];
  readonly reading: Reading;
  readonly kernel: {
    readonly zsmalloc: string;
    readonly zswap: string;
    readonly title: string;
    readonly basis: string;
    readonly source: string;
  };
  readonly tasks: number;
  readonly cpus: number;
  readonly runs: number;
  /** Pages of the folios that single pages were taken together to; 1: as recorded. */
  readonly folioPages: number;
  readonly validation: StoreValidation;
  readonly baseline: StorePrediction;
  readonly designs: readonly StorePrediction[];
  readonly refused: Readonly<Record<string, number>>;
  readonly assumptions: readonly Assumption[];
  readonly notIdentifiable: readonly { readonly what: string; readonly shownBy: string }[];
}
