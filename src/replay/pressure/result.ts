import type { Interval } from '../interval.ts';
import type { InputFile, Reading } from '../result.ts';
import type { Parameter } from './parameters.ts';
import type { PublishedPressure } from './published.ts';

export const PRESSURE_SCHEMA_VERSION = 1;

/** What the loop comes to under a design. Counts are of a run, in pages of its slice of memory. */
export interface PressurePrediction {
  readonly id: string;
  readonly realNs: Interval;
  /** Mean time of a job, from its arrival to its end. */
  readonly jobNs: Interval;
  readonly userNs: Interval;
  readonly sysNs: Interval;
  /** Touches of pages per second of real time. */
  readonly touchesPerSecond: Interval;
  readonly storedPages: Interval;
  readonly loadedFromZswap: Interval;
  readonly readFromDisk: Interval;
  /** From zswap, by the shrinker and by the worker of the limit together. */
  readonly writtenBack: Interval;
  /** The same over pages stored, per million. */
  readonly writtenBackPerMillion: Interval;
  readonly writtenByShrinker: Interval;
  readonly writtenByWorker: Interval;
  /** For stores of memcgs at their own limit (memory.zswap.max). */
  readonly writtenForMemcgLimit: Interval;
  readonly refusedForLimit: Interval;
  readonly refusedForMemcgLimit: Interval;
  readonly refusedIncompressible: Interval;
  readonly secondChances: Interval;
  readonly stoppedInSwapCache: Interval;
  readonly reclaimCalls: Interval;
  /** Pages that became active, or inactive again; of the first those that came back and were active at once. */
  readonly activated: Interval;
  readonly deactivated: Interval;
  readonly refaultsActivated: Interval;
  /** Passes over LRU lists by priority 12 to 0, mean of the runs. */
  readonly passes: readonly number[];
  /** Share of stored pages whose entry's list is of another node than the page. */
  readonly storedOnOtherNode: Interval;
  /** The same of pages written back, over runs that wrote some back; null without. */
  readonly writtenFromWrongNode: Interval | null;
  readonly mostPoolPages: Interval;
  /** Runs in which reclaim could not free a page: the kernel would have ended a process. Not in the figures. */
  readonly runsOutOfMemory: number;
  /** Runs that ended within the limit, and nothing was written back. */
  readonly runsWithoutWriteback: number;
  /** Null for the base, and where every run ran out of memory. */
  readonly againstBase: AgainstBase | null;
}

/** A design beside the base with the same luck. */
export interface AgainstBase {
  /** Every run is that of the base: the design has nothing to change here. */
  readonly changesNothing: boolean;
  /** Real time and sys time, base over this. */
  readonly speedup: Interval;
  /** Mean time of a job, base over this. */
  readonly jobSpeedup: Interval;
  /** Pages stored, this over base. */
  readonly storedRatio: Interval;
  readonly sysRatio: Interval;
  /** Pages written back, base over this, in runs where the base wrote some; infinite for none left. Null: no such run. */
  readonly fewerWrittenBack: Interval | null;
  readonly runsWithBaseWriteback: number;
  /** Of these: a tenth of the base's or less; none. */
  readonly runsTenTimesFewer: number;
  readonly runsWithNone: number;
  /** Which assumptions go with the answer, strongest first: rank correlation over the runs. */
  readonly sensitivity: readonly Sensitivity[];
  /** Where runs with a tenth or less lie: parameters that tell them from the others, strongest first. */
  readonly tenTimesRegion: readonly RegionRange[];
}

export interface RegionRange {
  readonly name: string;
  /** Values in the runs with a tenth or less. */
  readonly low: number;
  readonly high: number;
  /** Rank correlation with being one of them. */
  readonly strength: number;
}

export interface Sensitivity {
  readonly name: string;
  /** With how many times fewer pages are written back. */
  readonly withFewer: number;
  /** With the pages that the base writes back. */
  readonly withBase: number;
}

export interface PressureScenario {
  readonly memoryBytes: number;
  readonly sliceBytes: number;
  readonly listScale: number;
  readonly processes: number;
  readonly jobs: number;
  readonly limit: 'memcg' | 'machine';
  readonly nodes: number;
  readonly memcgs: number;
  /** Limit of a memcg's compressed data, percent of its memory; null without one. */
  readonly zswapMaxPercent: number | null;
  /** Jobs follow each other, or arrive at times of their own. */
  readonly demand: 'closed' | 'open';
  readonly folioPages: number;
  readonly readaheadPages: number;
  readonly codec: string;
  readonly maxPoolPercent: number;
  readonly acceptPercent: number;
  readonly hasShrinker: boolean;
}

export interface PressureResult {
  readonly schemaVersion: typeof PRESSURE_SCHEMA_VERSION;
  readonly tool: { readonly name: string; readonly version: string; readonly command: string };
  readonly inputs: readonly InputFile[];
  /** How the recording was read; null without one. */
  readonly reading: Reading | null;
  /** The recording that times and sizes are of; null: published ones and assumptions only. */
  readonly recording: { readonly version: string; readonly stores: number; readonly loads: number } | null;
  readonly scenario: PressureScenario;
  readonly runs: number;
  readonly seed: number;
  readonly baseline: PressurePrediction;
  readonly designs: readonly PressurePrediction[];
  /** Pages written back by the base over those of the same base with other luck: what chance alone does. */
  readonly luck: Interval | null;
  /** Correlations nearer to 0 are luck. */
  readonly correlationNoise: number;
  readonly parameters: readonly Parameter[];
  /** Empty unless asked for. */
  readonly published: readonly PublishedPressure[];
  readonly notes: readonly string[];
}
