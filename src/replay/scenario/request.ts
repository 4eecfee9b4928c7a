/** What is asked of a recording beyond its replay. */
export interface ScenarioRequest {
  /** Numbers of processes; empty: as recorded. */
  readonly processes: readonly number[];
  /** Bytes of memory that each process frees; null: as recorded. */
  readonly sizeBytes: number | null;
  readonly classSpread: readonly number[];
  readonly speedups: readonly SpeedupQuestion[];
  readonly breakEven: boolean;
  readonly starveWorker: boolean;
}

/** Functions, steps or paths that get faster together; 0: as they are, 1: they take no time. */
export interface SpeedupQuestion {
  readonly what: readonly string[];
  readonly by: readonly number[];
}

export const NO_SCENARIO: ScenarioRequest = {
  processes: [],
  sizeBytes: null,
  classSpread: [],
  speedups: [],
  breakEven: false,
  starveWorker: false,
};

/** A scenario that cannot be run as asked. */
export class ScenarioError extends Error {}
