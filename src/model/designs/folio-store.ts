import { LARGE_STORE, SPLIT_STORE, ZSWAP_PATHS } from '../kernels/zswap.ts';
import type { KernelModel } from '../steps.ts';
import { type Design, DesignError } from './design.ts';
import { wantsZswap } from './store-rewrite.ts';

const isSplit = (kernel: KernelModel) => kernel.paths[ZSWAP_PATHS.store] === SPLIT_STORE;
const withStore = (kernel: KernelModel, steps: typeof LARGE_STORE): KernelModel => ({
  ...kernel,
  paths: { ...kernel.paths, [ZSWAP_PATHS.store]: steps },
});

/** What zswap did until 6.12: folios of several pages are refused, split, and stored one by one. */
export const splitFolio: Design = {
  id: 'split-folio',
  changes: 'store',
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
  title: 'large folios stored page by page, checks once a folio',
  safety: 'merged',
  source: 'commit b7c0ccdfbafd (6.13)',
  notes: [
    'A folio with one page that fails is not stored at all: what then goes to the disk is not modelled.',
  ],
  options: [],
  apply: (kernel) => {
    wantsZswap(kernel, 'large-folio');
    if (!isSplit(kernel)) throw new DesignError(`${kernel.id}: large folios are stored whole already`);
    return withStore(kernel, LARGE_STORE);
  },
};
