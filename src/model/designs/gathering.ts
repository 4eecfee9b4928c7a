import { MAX_BATCH } from '../iaa/costs.ts';
import { findRequest } from '../kernels/iaa-steps.ts';
import { work } from '../kernels/pieces.ts';
import { CONTEXT_MUTEX, STORE_CHECK, ZSWAP_PATHS } from '../kernels/zswap.ts';
import type { KernelModel, Step } from '../steps.ts';
import { type Design, DesignError } from './design.ts';
import { isSplit, rewriteStore, wantsZswap } from './store-rewrite.ts';

const PLANS = 'series "zswap compression batching", cover of v11: plans, nothing posted';

/** Reclaim hands over several folios at once, so that batches reach across them. */
export const reclaimBatch: Design = {
  id: 'reclaim-batch',
  changes: 'store',
  title: 'reclaim hands several folios to one store',
  safety: 'proposed',
  source: PLANS,
  notes: [
    'Folios that a task stored one after another make one call, the time between them before it: which folios reclaim would have at hand together is not recorded. Nothing else of the task lies between them.',
    'Alone it saves next to nothing: batch-store or iaa-batch then fill their batches with single pages.',
    'Each folio still has its own all-or-nothing rule; folios that were refused stand alone.',
  ],
  options: [{ name: 'folios', text: 'folios in a call', initial: 32, least: 2, most: 512 }],
  apply: (kernel, options) => {
    wantsZswap(kernel, 'reclaim-batch');
    if (isSplit(kernel))
      throw new DesignError(`${kernel.id}: folios are split page by page: large-folio comes first`);
    const each = work('limits, memcg of each folio; current pool', 'store-check');
    const changed = rewriteStore(
      kernel,
      ZSWAP_PATHS.store,
      (step) => (step === STORE_CHECK ? [each] : undefined),
      'folios are handed over together already',
    );
    return { ...changed, gathers: { ...kernel.gathers, [ZSWAP_PATHS.store]: options.folios! } };
  },
};

/** One hold of the context for several pages of a path; with IAA all of them in flight. */
function decompressTogether(kernel: KernelModel, id: string, path: string, size: number): KernelModel {
  wantsZswap(kernel, id);
  if (kernel.gathers?.[path] !== undefined)
    throw new DesignError(`${kernel.id}: pages are decompressed together already`);
  const steps = kernel.paths[path]!;
  const from = steps.findIndex((step) => step.do === 'lock' && step.lock === CONTEXT_MUTEX);
  const to = steps.findIndex((step) => step.do === 'unlock' && step.lock === CONTEXT_MUTEX);
  if (from < 0) throw new DesignError(`${kernel.id}: ${path} decompresses nothing`);
  const before = steps.slice(0, from);
  const [calls, ...decompress] = steps.slice(from + 1, to);
  const behind = steps.slice(to + 1);
  const found = findRequest(decompress, 'decompress');
  const together: readonly Step[] = found
    ? [
        found.request.call,
        { do: 'each-page', order: 'two-largest-first', steps: found.request.submit },
        { do: 'each-page', steps: found.request.collect },
        { do: 'each-page', steps: found.request.after },
      ]
    : [{ do: 'each-page', steps: decompress }];
  return {
    ...kernel,
    ...(found ? { spreadsOverDevices: true as const } : {}),
    gathers: { ...kernel.gathers, [path]: size },
    paths: {
      ...kernel.paths,
      [path]: [
        { do: 'each-page', steps: before },
        steps[from]!,
        calls!,
        ...together,
        steps[to]!,
        { do: 'each-page', steps: behind },
      ],
    },
  };
}

const SIZE = { name: 'size', text: 'pages in a batch', initial: MAX_BATCH, least: 2, most: MAX_BATCH };

/** Pages that readahead brings in are decompressed together. */
export const readaheadDecompressBatch: Design = {
  id: 'readahead-decompress-batch',
  changes: 'store',
  title: 'pages of one readahead decompressed together',
  safety: 'proposed',
  source: PLANS,
  notes: [
    'Loads of a task that follow one another, of slots in one aligned window of 8, are taken for one readahead (page-cluster 3).',
    'The page that was asked for comes back with the last of its batch: its own load gets longer with a software codec.',
  ],
  options: [SIZE],
  apply: (kernel, options) =>
    decompressTogether(kernel, 'readahead-decompress-batch', ZSWAP_PATHS.load, options.size!),
};

/** Pages that the shrinker writes back are decompressed together. */
export const writebackBatch: Design = {
  id: 'writeback-batch',
  changes: 'store',
  title: 'pages written back are decompressed together',
  safety: 'proposed',
  source: PLANS,
  notes: [
    'Writebacks of a task that follow one another make one call. Which pages are written back, and how many, stays as recorded.',
    'Entries must not be freed between their look-up and the batch: each page keeps its compare-and-delete.',
  ],
  options: [SIZE],
  apply: (kernel, options) =>
    decompressTogether(kernel, 'writeback-batch', ZSWAP_PATHS.writeback, options.size!),
};
