import type { PageTime } from '../../model/codecs/costs.ts';
import type { LeftOut } from '../fitting-designs.ts';
import type { Interval } from '../interval.ts';
import type { Assumption, InputFile, Reading } from '../result.ts';
import type { ZswapReport } from '../zswap/result.ts';
import type { IaaRequest } from './codec-costs.ts';
import type { FateCheck, UsedLimit } from './fates/fate-settings.ts';
import type { WakeTime } from './fates/worker-pace.ts';
import type { SizesUsed } from './sizes.ts';
import type { StorePrediction } from './store-summary.ts';
import type { SweptCase } from './sweep.ts';
import type { TracerUsed } from './tracer-taken.ts';
import type { LockTimes } from './unheld-waits.ts';

export const STORE_WHAT_IF_SCHEMA_VERSION = 2;

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
  /** Where fates are modelled: those recorded, and what the same rules make of the recording as it was. */
  readonly fates: FateCheck | null;
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
  /** Codec replayed instead of the recorded one; null: the recorded one with its recorded times. */
  readonly codec: {
    readonly id: string;
    readonly platform: string;
    readonly basis: string;
    readonly source: string;
    readonly compressNs: PageTime;
    readonly decompressNs: PageTime;
    /** A design needs it: nobody asked for it by name. */
    readonly isChosenByDesign: boolean;
  } | null;
  /** Null where the CPU compresses. */
  readonly iaa: IaaRequest | null;
  /** Steps other than the codec's take this share of what was recorded. */
  readonly otherSteps: number;
  /** What of the tracer's cost is taken out, and how that is known; null: the kernel is the traced one. */
  readonly tracer: TracerUsed | null;
  readonly sizes: SizesUsed;
  /** Limit of the pool, where fates are modelled: what refuses folios, and from where on it takes them again. */
  readonly limit: UsedLimit;
  /** How soon the shrink worker runs when a refused folio wakes it, where fates are modelled. */
  readonly shrinkWake: WakeTime | null;
  /** Entries of older stores that a store freed: of its slot, or of a folio that was refused. */
  readonly staleEntries: { readonly replaced: number; readonly erased: number };
  readonly validation: StoreValidation;
  readonly baseline: StorePrediction;
  readonly designs: readonly StorePrediction[];
  /** Designs that were asked for and do not fit this kernel. */
  readonly leftOut: readonly LeftOut[];
  /** All combinations of what was asked for, the first one being the rest of this result; null: no more. */
  readonly sweep: readonly SweptCase[] | null;
  readonly refused: Readonly<Record<string, number>>;
  readonly assumptions: readonly Assumption[];
  readonly notIdentifiable: readonly { readonly what: string; readonly shownBy: string }[];
}
