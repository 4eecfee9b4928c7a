import type { Step, WhenStep } from '../steps.ts';

/** Private work, by its name in the kernel and the name of its cost. */
export const work = (what: string, cost: string): Step => ({ do: 'work', what, cost });

/** free_zspage, when the zspage at hand has no object in use any more. */
export const EMPTY_FREED: WhenStep = {
  do: 'when',
  condition: 'zspage-empty',
  steps: [
    { do: 'work', what: 'free_zspage: give its pages back', cost: 'free-page', perPage: true },
    { do: 'pool', action: 'release-zspage' },
  ],
};
