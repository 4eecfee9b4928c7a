import type { KernelModel, Step } from '../steps.ts';
import { EMPTY_FREED, FULL_LIST, work } from './pieces.ts';

/** Work item that frees what was left empty (free_work of 6.12). */
export const FREE_WORK = 'free_work';
/** More zspages than wait at once. */
const MANY = 1 << 22;

/**
 * The kernel in which page locks of an emptied zspage are sometimes held by others: then the zspage stays
 * in the list of empty ones, where an allocation may take it, and a worker frees it later
 * (kick_deferred_free, async_free_zspage of 6.12).
 * @param fails How often, 0 to 1; 0 leaves the kernel as it is.
 */
export function withLockedPages(kernel: KernelModel, fails: number): KernelModel {
  if (fails === 0) return kernel;
  const lock = 'class->lock' in kernel.locks ? 'class->lock' : 'pool->lock';
  const tryPages: Step = {
    do: 'when',
    condition: 'zspage-empty',
    steps: [
      {
        do: 'lock-pages',
        fails,
        failed: [work('kick_deferred_free', 'kick'), { do: 'enqueue', queue: FREE_WORK, full: [] }],
      },
    ],
  };
  // Before the zspage is taken off its list or freed, whichever comes first.
  const before = (steps: readonly Step[]): readonly Step[] => {
    const at = steps.findIndex((step) => step.do === 'when' && step.condition === 'zspage-empty');
    if (at >= 0) return [...steps.slice(0, at), tryPages, ...steps.slice(at)];
    return steps.map((step) =>
      step.do === 'repeat' || step.do === 'when' ? { ...step, steps: before(step.steps) } : step,
    );
  };
  const changed = (path: string) => before(kernel.paths[path]!);
  return {
    ...kernel,
    paths: {
      ...kernel.paths,
      zs_free: changed('zs_free'),
      zs_compact: changed('zs_compact'),
      async_free_zspage: [
        { do: 'lock', lock },
        { do: 'pool', action: 'take-empty' },
        { do: 'unlock', lock },
        {
          do: 'when',
          condition: 'zspage-empty',
          steps: [
            work('wait for the page locks', 'lock-pages'),
            { do: 'lock', lock },
            ...EMPTY_FREED.steps,
            ...(kernel.pageLists ? [FULL_LIST] : []),
            { do: 'unlock', lock },
          ],
        },
      ],
    },
    queues: {
      ...kernel.queues,
      // schedule_work: bound.
      [FREE_WORK]: {
        per: 'pool',
        entries: MANY,
        buffers: 0,
        worker: 'bound',
        wakes: 'at-once',
        drain: 'async_free_zspage',
      },
    },
  };
}
