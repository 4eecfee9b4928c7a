import { work } from '../kernels/pieces.ts';
import {
  COMPRESS_PAGE,
  CONTEXT_MUTEX,
  EACH_PAGE,
  MUTEX_CALLS,
  STORE_PAGE,
  ZSWAP_PATHS,
} from '../kernels/zswap.ts';
import type { KernelModel, Step } from '../steps.ts';
import { type Design, DesignError } from './design.ts';
import { draws, rewriteStore, wantsZswap } from './store-rewrite.ts';

const SOURCE = 'series "zswap compression batching with optimized iaa_crypto driver", v9 to v14';
const TAKE: Step = { do: 'lock', lock: CONTEXT_MUTEX };
const LEAVE: Step = { do: 'unlock', lock: CONTEXT_MUTEX };
/** Where the entries of a batch come from, one by one. */
const EACH_ENTRY: Step = { do: 'each-page', steps: [work('entry from the slab', 'entry')] };

const compressesOne = (step: Step) => step.do === 'call' && step.path === COMPRESS_PAGE;

/** Entries of a batch made together, one hold of the context for it, then published page by page. */
export const batchStore: Design = {
  id: 'batch-store',
  changes: 'store',
  place: 'batch',
  title: 'pages stored in batches: entries together, one hold of the context',
  safety: 'posted',
  source: SOURCE,
  notes: [
    'Compression inside a batch is one by one: what a device does in parallel is not in this design.',
    'A page that fails fails its folio as before; the batch then frees what was not published.',
    'Folios of one page have nothing to batch.',
  ],
  options: [{ name: 'size', text: 'pages in a batch', initial: 8, least: 1, most: 512 }],
  isIn: (kernel) => kernel.paths[STORE_PAGE]?.every((step) => !compressesOne(step)) === true,
  apply: (kernel, options) => {
    wantsZswap(kernel, 'batch-store');
    const page = kernel.paths[STORE_PAGE]!;
    const compress = page.findIndex(compressesOne);
    if (compress < 0) throw new DesignError(`${kernel.id}: pages are stored in batches already`);
    const body = kernel.paths[COMPRESS_PAGE]!.filter(
      (step) => step !== MUTEX_CALLS && !('lock' in step && step.lock === CONTEXT_MUTEX),
    );
    const batch: Step = {
      do: 'each-batch',
      size: options.size!,
      steps: [
        EACH_ENTRY,
        TAKE,
        MUTEX_CALLS,
        { do: 'each-page', steps: [{ do: 'call', path: COMPRESS_PAGE }] },
        LEAVE,
        EACH_PAGE,
      ],
    };
    const changed = rewriteStore(
      kernel,
      ZSWAP_PATHS.store,
      (step) => (step === EACH_PAGE ? [batch] : undefined),
      'large folios are split: large-folio comes first',
    );
    const rest = page.filter((step, k) => k !== compress && !draws(step, 'entry'));
    return { ...changed, paths: { ...changed.paths, [COMPRESS_PAGE]: body, [STORE_PAGE]: rest } };
  },
};

/** The batching code with the context locked for each page. */
export const mutexPerPage: Design = {
  id: 'mutex-per-page',
  changes: 'store',
  place: 'of-batch',
  title: 'batches whose pages lock the context one by one',
  safety: 'proposed',
  source: 'thread of v11, patch 24/24',
  notes: [
    'Without batch-store it brings batches of 8. What the posted code lost beside the mutex is not known.',
  ],
  options: [],
  apply: (kernel) => {
    wantsZswap(kernel, 'mutex-per-page');
    return rewriteStore(
      kernel,
      ZSWAP_PATHS.store,
      (step) => {
        if (step.do !== 'each-batch' || !step.steps.includes(TAKE)) return undefined;
        if (
          step.steps.some(
            (inner) => inner.do === 'each-page' && inner.steps.some(({ do: what }) => what === 'submit'),
          )
        )
          throw new DesignError(`${kernel.id}: pages in flight are under one hold: not with iaa-batch`);
        const steps = step.steps.filter((inner) => ![TAKE, LEAVE, MUTEX_CALLS].includes(inner));
        const alone = (inner: Step): Step =>
          inner.do === 'each-page' && inner.steps.some(compressesOne)
            ? { ...inner, steps: [TAKE, MUTEX_CALLS, ...inner.steps, LEAVE] }
            : inner;
        return [{ ...step, steps: steps.map(alone) }];
      },
      'no hold of the context over a batch: batch-store comes first',
    );
  },
};

const BULK_ENTRIES: readonly Step[] = [
  work('entries of the batch in one slab call', 'entry'),
  { do: 'each-page', steps: [work('one entry of the bulk', 'entry-bulk-page')] },
];

/** One slab call for a batch's entries: on the node of the CPU. */
export const bulkEntries: Design = {
  id: 'bulk-entries',
  changes: 'store',
  place: 'of-batch',
  title: 'entries of a batch from one slab call, on the node of the CPU',
  safety: 'posted',
  source: 'v12, patch 22/23',
  notes: [
    'Without batch-store it brings batches of 8. One call costs what one entry cost; what each entry adds is assumed (entry-bulk-page).',
    'Entries follow the CPU and not their page: the shrinker of a node then writes back pages of another. No recording shows where pages lie: --nodes 2 assumes it.',
  ],
  options: [],
  apply: (kernel) => {
    wantsZswap(kernel, 'bulk-entries');
    const changed = rewriteStore(
      kernel,
      ZSWAP_PATHS.store,
      (step) => (step === EACH_ENTRY ? BULK_ENTRIES : undefined),
      'no batch whose entries come one by one: batch-store comes first',
    );
    return { ...changed, entriesOfCpu: true };
  },
};

/** One slab call for each entry, on the page's node: what undoes bulk-entries. */
export const nodeEntries: Design = {
  id: 'node-entries',
  changes: 'store',
  place: 'of-batch',
  title: 'each entry from a slab call of its own, on the node of its page',
  safety: 'posted',
  source: 'v13 and v14; the kernel without batches',
  notes: ['Undoes bulk-entries; batches without it have their entries so already.'],
  options: [],
  apply: (kernel) => {
    wantsZswap(kernel, 'node-entries');
    const { entriesOfCpu: _, ...ofPages } = kernel;
    return rewriteStore(
      ofPages,
      ZSWAP_PATHS.store,
      (step) => {
        if (step === BULK_ENTRIES[0] || step === EACH_ENTRY) return [EACH_ENTRY];
        return step === BULK_ENTRIES[1] ? [] : undefined;
      },
      'entries come from the node of their page already',
    );
  },
};

/** A path of the store, of those that a batch has taken apart. */
const storeParts: readonly string[] = [ZSWAP_PATHS.store, STORE_PAGE, COMPRESS_PAGE];

/** The first part of a store in which a step can be rewritten. @throws {DesignError} when none has it. */
export function rewriteAnyPart(
  kernel: KernelModel,
  rewrite: (step: Step) => readonly Step[] | undefined,
  nothing: string,
): KernelModel {
  for (const part of storeParts) {
    try {
      return rewriteStore(kernel, part, rewrite, nothing);
    } catch (error) {
      if (!(error instanceof DesignError)) throw error;
    }
  }
  throw new DesignError(`${kernel.id}: ${nothing}`);
}
