import { work } from '../kernels/pieces.ts';
import { ENTRY_WRITE } from '../kernels/zswap.ts';
import { rewriteAnyPart } from './batch-store.ts';
import type { Design } from './design.ts';
import { wantsZswap } from './store-rewrite.ts';

/** The entry's line is asked for before it is written. */
export const prefetchw: Design = {
  id: 'prefetchw',
  changes: 'store',
  title: "the entry's cache line is fetched for writing ahead of time",
  safety: 'posted',
  source: 'batching series, commit text: 1.5 % of system time with software compressors',
  notes: [
    'What the write takes without it is assumed (entry-write, 0 to 100 ns): a bound, not a measurement.',
  ],
  options: [],
  apply: (kernel) => {
    wantsZswap(kernel, 'prefetchw');
    return rewriteAnyPart(
      kernel,
      (step) => (step === ENTRY_WRITE ? [work('prefetchw of the entry, write it', 'prefetchw')] : undefined),
      'no write to an entry that misses',
    );
  },
};
