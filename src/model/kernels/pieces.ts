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

/** Lock of the buddy allocator: one for a zone of memory, and so one for the machine here. */
export const ZONE_LOCK = 'zone->lock';

/** Cost of a batch that goes from a list to the buddy allocator, with {@link ZONE_LOCK} held. */
export const PAGE_BULK = 'page-bulk';

/** free_unref_page_commit and free_pcppages_bulk of 6.12, as far as they are not part of every page. */
export const FULL_LIST: WhenStep = {
  do: 'when',
  condition: 'page-list-full',
  steps: [
    {
      do: 'repeat',
      condition: 'page-list-full',
      steps: [
        { do: 'lock', lock: ZONE_LOCK },
        work('free_pcppages_bulk: a batch to the buddy lists', PAGE_BULK),
        { do: 'pool', action: 'bulk-free' },
        { do: 'unlock', lock: ZONE_LOCK },
      ],
    },
  ],
};
