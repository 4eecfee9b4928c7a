import { CODE_BELIEFS, exactly, type Platform, ROUND_TRIP } from './platform.ts';

const LSE = 'ARMv8.2: atomics are one instruction (LSE)';

/**
 * RK3588 (4 x Cortex-A76, 4 x Cortex-A55): no core-to-core latency of it was found, and its published
 * rows have one process, in which no line moves. So its baseline row says nothing of lines and locks:
 * those ranges are assumed from other machines, and stay as wide as they are.
 */
export const RK3588: Platform = {
  id: 'rk3588',
  title: 'RK3588 (4 x Cortex-A76 + 4 x Cortex-A55)',
  calibratedOn: ['rk3588-munmap-256'],
  beliefs: {
    ...CODE_BELIEFS,
    transferNs: {
      kind: 'uniform',
      low: 45,
      high: 120,
      source:
        'assumed: 47 ns between cores of the same design in Graviton 2, more between the two clusters (58 to 73 ns, Snapdragon 850)',
    },
    hitNs: { kind: 'uniform', low: 4, high: 16, source: 'assumed: 10 to 35 cycles at 2.2 to 2.4 GHz' },
    roundTrip: ROUND_TRIP,
    exclusivePair: exactly(1, LSE),
    retry: exactly(0, LSE),
    hidden: {
      kind: 'uniform',
      low: 0,
      high: 1,
      source: 'Documentation/atomic_t.txt: without a result and unordered, so that a core may go on',
    },
    holdNs: {
      kind: 'uniform',
      low: 30,
      high: 110,
      source: 'published function_graph sample, 70 ns after probe cost, x 0.4 to 1.6 for clock and core',
    },
    locateNs: {
      kind: 'uniform',
      low: 2,
      high: 20,
      source: 'two dependent loads, in the cache for neighbouring objects',
    },
  },
};
