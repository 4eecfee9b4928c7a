import { explorationLines } from '../interleavings.ts';
import { LARGE_STORE, SPLIT_STORE, ZSWAP_PATHS } from '../kernels/zswap.ts';
import type { KernelModel } from '../steps.ts';
import { ABORT_RULES, exploreStale, type StaleDevice } from '../zswap/stale-race.ts';
import { type Design, DesignError } from './design.ts';
import { isSplit, wantsZswap } from './store-rewrite.ts';

const withStore = (kernel: KernelModel, steps: typeof LARGE_STORE): KernelModel => ({
  ...kernel,
  paths: { ...kernel.paths, [ZSWAP_PATHS.store]: steps },
});

/**
 * What a store may do with the slots of a folio that has older entries and cannot be stored, and the shortest order of
 * steps in which that breaks: all slots are erased, or old data comes back or an entry is lost.
 */
export function staleVerdicts(
  device: StaleDevice,
  { failsAt = 1, releasesOlder = true, rules = ABORT_RULES } = {},
): readonly string[] {
  const where = { disk: '', virtual: 'no disk: ', 'virtual on a disk': 'with a disk: ' }[device];
  const before = releasesOlder ? '' : 'older backing is left, ';
  return rules.flatMap((rule) => {
    const found = exploreStale({ rule, pages: 2, failsAt, device, reads: true, releasesOlder });
    // On a virtual device the kernel's rule is another one.
    const does = device === 'disk' || rule !== 'erases all slots' ? rule : `${rule}, at page 0 none`;
    const what = `${where}${before}page ${failsAt} of 2 fails, the store ${does}`;
    return found.shortest === null
      ? [`${what}: no order breaks it, ${found.worlds} states`]
      : [`${what}: breaks`, ...explorationLines(found).map((line) => `  ${line}`)];
  });
}

/** What zswap did until 6.12: folios of several pages are refused, split, and stored one by one. */
export const splitFolio: Design = {
  id: 'split-folio',
  changes: 'store',
  place: 'folio',
  title: 'large folios are split and their pages stored one by one',
  safety: 'merged',
  source: 'mm/zswap.c up to 6.12',
  notes: ['What splitting takes is assumed (split-page); what the split pages cost later is not in it.'],
  options: [],
  apply: (kernel) => {
    wantsZswap(kernel, 'split-folio');
    if (isSplit(kernel)) throw new DesignError(`${kernel.id}: folios are split already`);
    if (kernel.paths[ZSWAP_PATHS.store] !== LARGE_STORE)
      throw new DesignError(`${kernel.id}: split-folio leaves no batches: name it alone`);
    return withStore(kernel, SPLIT_STORE);
  },
};

/** What zswap does since 6.13: limits once, then page by page, all or nothing. */
export const largeFolio: Design = {
  id: 'large-folio',
  changes: 'store',
  place: 'folio',
  title: 'large folios stored page by page, checks once a folio',
  safety: 'merged',
  source: 'commit b7c0ccdfbafd (6.13)',
  notes: [
    'A folio with one page that fails is not stored at all: what was done for it is in its time, what the disk then takes is not.',
  ],
  options: [],
  evidence: () => staleVerdicts('disk'),
  apply: (kernel) => {
    wantsZswap(kernel, 'large-folio');
    if (!isSplit(kernel)) throw new DesignError(`${kernel.id}: large folios are stored whole already`);
    return withStore(kernel, LARGE_STORE);
  },
};
