import { CODE_BELIEFS, exactly, type Platform, ROUND_TRIP } from './platform.ts';

const LOCKED = 'x86: a locked instruction keeps the line until it is done';

/** Eight Golden Cove and four Gracemont cores; where the processes ran is not published. */
export const I7_12700: Platform = {
  id: 'i7-12700',
  title: 'Intel Core i7-12700',
  calibratedOn: ['classidx-i7-1p', 'classidx-i7-2p', 'classidx-i7-4p'],
  beliefs: {
    ...CODE_BELIEFS,
    transferNs: {
      kind: 'uniform',
      low: 27,
      high: 38,
      source:
        'i9-12900K, one way: 27.6 ns on average between P cores (review site) to 35-38 ns (nviennot/core-to-core-latency)',
    },
    hitNs: {
      kind: 'uniform',
      low: 6,
      high: 16,
      source:
        'CAS 7.0 ns, lock pair 15.4 ns (perfbook, Xeon 8176), locked add 6.1-9.8 ns (Emerald Rapids); with the call and preemption count of _raw_read_lock, and stores that it must wait for',
    },
    roundTrip: ROUND_TRIP,
    exclusivePair: exactly(1, LOCKED),
    retry: exactly(0, LOCKED),
    hidden: exactly(0, LOCKED),
    holdNs: {
      kind: 'uniform',
      low: 17.5,
      high: 56,
      source:
        'published function_graph sample, 70 ns after probe cost, x 0.25 to 0.8 for clock and core (the traced machine is slower)',
    },
    locateNs: {
      kind: 'uniform',
      low: 1,
      high: 10,
      source: 'two dependent loads, in the cache for neighbouring objects',
    },
  },
};
