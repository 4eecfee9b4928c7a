import { CODE_BELIEFS, type Platform, ROUND_TRIP } from './platform.ts';

/** Four Cortex-A72 at 1.5 or 1.8 GHz, ARMv8.0: atomics are pairs of load and store exclusive. */
export const RASPBERRY_PI_4B: Platform = {
  id: 'rpi4',
  title: 'Raspberry Pi 4B (4 x Cortex-A72)',
  calibratedOn: ['classidx-rpi4-1p', 'classidx-rpi4-2p', 'classidx-rpi4-4p'],
  beliefs: {
    ...CODE_BELIEFS,
    transferNs: {
      kind: 'normal',
      mean: 90,
      deviation: 14,
      source:
        'CAS one way 89-90 ns, all pairs (nviennot/core-to-core-latency, issue 44); the deviation allows for the clock, 1.5 or 1.8 GHz',
    },
    hitNs: { kind: 'uniform', low: 8, high: 26, source: '12 to 40 cycles at 1.5 GHz, with its ordering' },
    roundTrip: ROUND_TRIP,
    exclusivePair: {
      kind: 'uniform',
      low: 1,
      high: 2,
      source: 'no LSE: the load may fetch the line shared, and the store then claim it',
    },
    retry: {
      kind: 'uniform',
      low: 0,
      high: 1,
      source: 'no LSE: a core that waits takes the line between load and store exclusive at most once',
    },
    hidden: {
      kind: 'uniform',
      low: 0,
      high: 1,
      source:
        'Documentation/atomic_t.txt: without a result and unordered, so that an out-of-order core goes on',
    },
    holdNs: {
      kind: 'uniform',
      low: 70,
      high: 175,
      source:
        'published function_graph sample, 70 ns after probe cost, x 1 to 2.5 for clock and core (the traced machine is faster)',
    },
    locateNs: {
      kind: 'uniform',
      low: 5,
      high: 40,
      source: 'two dependent loads, in the cache for neighbouring objects',
    },
  },
};
