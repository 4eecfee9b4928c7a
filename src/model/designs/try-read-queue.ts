import type { KernelModel, Step } from '../steps.ts';
import type { Design } from './design.ts';
import { DesignError } from './design.ts';
import { deferringQueues, isPoolLock, rewriteSteps, withPath } from './rewrite.ts';

const QUEUE = 'try-read queue';
/** What zs_free does once it has the pool's lock. */
const UNDER_LOCK = 'zs_free under the pool lock';
const QUEUED = 'zs_free by the queue';

/** A queue of handles for each CPU, emptied by whoever gets the pool's lock without waiting. */
export const tryReadQueue: Design = {
  id: 'try-read-queue',
  place: 'queue',
  title: 'per-CPU queue; every free tries to read-lock the pool and then frees all that is queued',
  safety: 'proposed',
  source: 'reply in the thread "reduce zs_free() latency", April 2026',
  notes: [
    'Never waits for a writer; without one it saves nothing: each free still takes and gives the reader lock.',
    'The free that gets the lock again frees all that was queued under it: that one is long, and writers wait for it.',
    'What to do with a queue that grows was not posted: at `entries` handles a free waits for the lock (assumption).',
    'Handles that are queued when the last free of a CPU fails its trylock stay until the next free there.',
  ],
  options: [
    { name: 'entries', text: 'handles that a CPU may queue', initial: 4096, least: 1, most: 1 << 20 },
  ],
  apply: (kernel, options) => {
    const free = kernel.paths.zs_free;
    const read = free?.find((step) => step.do === 'read-lock' && isPoolLock(step.lock));
    if (!free || read?.do !== 'read-lock') {
      throw new DesignError(
        `${kernel.id}: zs_free takes no reader lock of the pool, so there is nothing to try`,
      );
    }
    if (deferringQueues(kernel).length > 0) {
      throw new DesignError(`${QUEUE}: frees are deferred already; combine only one deferring design`);
    }
    const under = free.filter(
      (step) => !((step.do === 'read-lock' || step.do === 'read-unlock') && isPoolLock(step.lock)),
    );
    const queued: readonly Step[] = [
      { do: 'work', what: 'put it into the queue', cost: 'enqueue' },
      { do: 'enqueue', queue: QUEUE, full: [{ do: 'call', path: 'zs_free' }] },
      { do: 'try-read-lock', lock: read.lock, failed: [] },
      { do: 'each-queued', queue: QUEUE, steps: [{ do: 'call', path: UNDER_LOCK }] },
      { do: 'read-unlock', lock: read.lock },
    ];
    const changed: KernelModel = {
      ...kernel,
      paths: { ...kernel.paths, [UNDER_LOCK]: under, [QUEUED]: queued },
      queues: {
        ...kernel.queues,
        [QUEUE]: {
          per: 'cpu',
          entries: options.entries!,
          buffers: 0,
          worker: 'bound',
          wakes: 'never',
          drain: 'zs_free',
        },
      },
    };
    return withPath(changed, 'notify', (steps) =>
      rewriteSteps(steps, (step): readonly Step[] | undefined =>
        step.do === 'call' && step.path === 'zs_free' ? [{ do: 'call', path: QUEUED }] : undefined,
      ),
    );
  },
};
