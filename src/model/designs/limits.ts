import type { Step } from '../steps.ts';
import type { Design } from './design.ts';
import { rewriteSteps, withPath } from './rewrite.ts';

/** The notification without the slot's lock: what the lock costs at most. */
export const noSlotLock: Design = {
  id: 'no-slot-lock',
  title: 'limit study: no slot lock in the notification',
  safety: 'unsafe',
  source: 'benchmark column "no lock" of the thread "reduce zs_free() latency"',
  notes: ['Races with reads, writes and write-back of the slot: a bound, not a design.'],
  options: [],
  apply: (kernel) =>
    withPath(kernel, 'notify', (steps) =>
      rewriteSteps(steps, (step): readonly Step[] | undefined =>
        (step.do === 'try-lock' || step.do === 'unlock') && step.lock === 'zram slot' ? [] : undefined,
      ),
    ),
};

/** zram's shared counters cost nothing: what they cost at most. */
export const noZramCounters: Design = {
  id: 'no-zram-counters',
  title: 'limit study: zram counts nothing that CPUs share',
  safety: 'unsafe',
  source: 'own limit study; per-CPU counters would come near it',
  notes: ['A per-CPU counter is not free; this is the bound.'],
  options: [],
  apply: (kernel) =>
    withPath(kernel, 'notify', (steps) =>
      rewriteSteps(steps, (step): readonly Step[] | undefined =>
        step.do === 'atomic' && step.line === 'zram->stats' ? [] : undefined,
      ),
    ),
};
