import type { Interval } from '../interval.ts';

/** A design over one scaled recording. */
export interface ScaledDesign {
  readonly id: string;
  readonly totalNs: Interval;
  /** Mean over the processes of when each is done. */
  readonly processNs: Interval;
  /** Total of the base with as many processes over this design's. */
  readonly speedup: Interval;
  /** The same of the mean process. */
  readonly processSpeedup: Interval;
  readonly pFaster: number;
  readonly lockWaitNs: Readonly<Record<string, Interval>>;
  readonly contended: Readonly<Record<string, Interval>>;
}

/** What a scenario replays: the recording, or what was made of it. */
export interface ScaleOfRun {
  readonly processes: number;
  /** Least and most frees of a process: a page of the munmap each. */
  readonly pagesPerProcess: { readonly least: number; readonly most: number };
  readonly classSpread: number;
  readonly cpus: number;
  /** False: the recorded operations as they are. */
  readonly scaled: boolean;
}

/** `--processes`, `--size`, `--class-spread`. */
export interface ScalingResult {
  /** Base first. */
  readonly rows: readonly (ScaleOfRun & { readonly designs: readonly ScaledDesign[] })[];
  readonly notes: readonly string[];
}

/** `--speedup`: one question. */
export interface SpeedupResult {
  /** As asked: functions, steps or paths. */
  readonly what: readonly string[];
  /** Costs of the program that were made smaller. */
  readonly costs: readonly string[];
  readonly of: ScaleOfRun;
  /** Base first. */
  readonly designs: readonly {
    readonly id: string;
    readonly points: readonly {
      /** 0: as it is, 1: free. */
      readonly speedup: number;
      readonly totalNs: Interval;
      /** Run by run: total without the speed-up minus total with it. */
      readonly savedNs: Interval;
      readonly savedShare: number;
      /** CPU time of callers and worker that is saved. */
      readonly cpuWorkSavedNs: number;
    }[];
    /** Share of the whole saved per share of speed-up (least squares through 0); null without a point above 0. */
    readonly slope: number | null;
  }[];
}

/** `--break-even`. */
export interface BreakEvenResult {
  readonly criterion: string;
  readonly cpus: 'one for each process' | number;
  readonly recordedProcesses: number;
  readonly designs: readonly {
    readonly id: string;
    /** Fewest processes with which it pays; null: with none of those tried. */
    readonly paysFrom: number | null;
    /** First count beyond that with which it does not pay; null: none of those tried. */
    readonly stopsAt: number | null;
    readonly points: readonly {
      readonly processes: number;
      readonly cpus: number;
      readonly speedup: Interval;
      readonly pFaster: number;
      readonly pays: boolean;
    }[];
  }[];
}

/** `--starve-worker`. */
export interface StarvedWorkerResult {
  /** The worker's CPU comes on top of its CPUs. */
  readonly of: ScaleOfRun;
  readonly sliceNs: number;
  readonly designs: readonly {
    readonly id: string;
    readonly points: readonly {
      /** Share of a CPU that the worker gets while it has something to do. */
      readonly share: number;
      readonly p99Ns: number;
      readonly maxNs: number;
      readonly totalNs: Interval;
      readonly speedup: Interval;
      readonly overflowShare: number;
      /** Most handles that waited at once. */
      readonly mostQueued: number;
      /** Memory of the pool that has not come back when the last task is done. */
      readonly heldBytes: number;
      /** 90 % of the pool's pages are back; null: never, or not before the worker gets a CPU. */
      readonly t90Ns: number | null;
    }[];
  }[];
}

/** What the scenarios that were asked for found. */
export interface ScenarioResults {
  readonly scaling?: ScalingResult;
  readonly speedups?: readonly SpeedupResult[];
  readonly breakEven?: BreakEvenResult;
  readonly starvedWorker?: StarvedWorkerResult;
}
