/** What is believed of a number before the baseline is looked at. */
export type Belief =
  | { readonly kind: 'uniform'; readonly low: number; readonly high: number; readonly source: string }
  | { readonly kind: 'normal'; readonly mean: number; readonly deviation: number; readonly source: string };

/**
 * A machine as far as it is published. Nothing here was taken from a measurement of a design; what the
 * baseline rows named in `calibratedOn` leave of these ranges is found anew in every run.
 */
export interface Platform {
  readonly id: string;
  readonly title: string;
  /** Published rows whose baseline column the platform may be calibrated on. */
  readonly calibratedOn: readonly string[];
  readonly beliefs: Readonly<Record<PlatformNumber, Belief>>;
}

/** Numbers of a platform; times in ns. */
export type PlatformNumber =
  /** One way of a cache line from core to core. */
  | 'transferNs'
  /** An atomic on a line that this core has, with the call around it. */
  | 'hitNs'
  /** One-way transfers that an ordered atomic waits for when another core has the line. */
  | 'roundTrip'
  /** Bus transactions of an ordered atomic: 1 for one instruction, up to 2 for a load/store exclusive pair. */
  | 'exclusivePair'
  /** Share of a lost reservation for each core that waits for the line: load/store exclusive only. */
  | 'retry'
  /** Share of the transfer of an unordered atomic without a result that the core does not wait for. */
  | 'hidden'
  /** obj_free, the fullness group and the unlock, without waiting. */
  | 'holdNs'
  /** Handle to zspage and class. */
  | 'locateNs'
  /** Cache lines that follow class->lock from core to core. */
  | 'dataLines'
  /** Hand-off to the only waiter, and what more of it takes with several; in transfers. */
  | 'handOffOne'
  | 'handOffMore';

const QSPINLOCK = 'kernel/locking/qspinlock.c: line to the spinner and back, parts of it overlapped';

/** What belongs to the code, not to a machine. */
export const CODE_BELIEFS = {
  dataLines: {
    kind: 'uniform',
    low: 0.5,
    high: 1.5,
    source:
      'struct size_class (6.12): the statistics line is written in each free, list heads in about one of ten',
  },
  handOffOne: { kind: 'uniform', low: 1, high: 2.5, source: QSPINLOCK },
  handOffMore: {
    kind: 'uniform',
    low: 0.5,
    high: 1.5,
    source: `${QSPINLOCK}; the head of the queue also writes to the next waiter's node`,
  },
} as const satisfies Partial<Record<PlatformNumber, Belief>>;

/** An atomic that must have its line is a request and an answer. */
export const ROUND_TRIP: Belief = {
  kind: 'uniform',
  low: 1.8,
  high: 2.4,
  source:
    'off-core CAS 101.9 ns (perfbook, Xeon 8176) against 47-48 ns one way on the same family (core-to-core-latency)',
};

/** A number that the machine cannot differ in. */
export function exactly(value: number, source: string): Belief {
  return { kind: 'uniform', low: value, high: value, source };
}
