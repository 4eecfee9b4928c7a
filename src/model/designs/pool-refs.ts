import { EACH_PAGE, STORE_PAGE, STORED_PAGES, TAKE_REFERENCE, ZSWAP_PATHS } from '../kernels/zswap.ts';
import type { KernelModel, Step } from '../steps.ts';
import { exploreReferences, type ReferenceRule } from '../zswap/reference-race.ts';
import { type Design, DesignError } from './design.ts';
import { draws, rewriteStore, wantsZswap } from './store-rewrite.ts';

function moved(kernel: KernelModel, id: string, where: 'before' | 'after'): KernelModel {
  wantsZswap(kernel, id);
  const take = kernel.paths[STORE_PAGE]!.find((step) => draws(step, TAKE_REFERENCE));
  if (!take) throw new DesignError(`${kernel.id}: no page takes a reference of the pool any more`);
  const all: Step = { ...take, what: 'pool: references for all pages' } as Step;
  const taken = rewriteStore(kernel, STORE_PAGE, (step) => (step === take ? [] : undefined), 'no reference');
  return rewriteStore(
    taken,
    ZSWAP_PATHS.store,
    (step) => {
      if (step.do !== 'each-page' && step.do !== 'each-batch') return undefined;
      return where === 'before' ? [all, step] : [step, all];
    },
    'no loop over pages',
  );
}

const NOTES = [
  "A percpu_ref is a counter of the CPU's own: there is no shared line to save, only the calls.",
  'Store latency of folios of one page does not change.',
  'What a reference takes has no call of its own in a recording: it is assumed (take-references, 10 ns).',
];

/** Steps of the shortest order that breaks a rule, or that there is none. */
function verdictOf(rule: ReferenceRule, failsAt: number, swapCacheGuards: boolean): readonly string[] {
  const { shortest, worlds } = exploreReferences({
    rule,
    pages: 2,
    failsAt,
    swapCacheGuards,
    poolReplaced: false,
    fault: 'wrong drop',
  });
  const fails = failsAt < 0 ? 'no page fails' : `page ${failsAt} fails`;
  const guard = swapCacheGuards ? '; the swap cache keeps writeback off' : '';
  if (!shortest) return [`${rule} (${fails}${guard}): no order breaks it, ${worlds} states`];
  return [
    `${rule} (${fails}${guard}): breaks`,
    ...shortest.steps.map(
      ({ actor, text }, k) => `  ${String(k + 1).padStart(2)}  ${actor.padEnd(9)}  ${text}`,
    ),
    `  => ${shortest.fault}`,
  ];
}

/** All references of a folio's entries before its first page. */
export const batchedPoolRefs: Design = {
  id: 'batched-pool-refs',
  changes: 'store',
  title: 'references of the pool for all pages of a folio at once, before the first',
  safety: 'proposed',
  source: 'thread of the large-folio store, September 2024',
  notes: [
    ...NOTES,
    'When a page fails, only the references of pages that were not published may be given back.',
  ],
  options: [],
  apply: (kernel) => moved(kernel, 'batched-pool-refs', 'before'),
  evidence: () => [
    ...verdictOf('all ahead', -1, false),
    ...verdictOf('all ahead', 1, false),
    ...verdictOf('all ahead, all given back', 1, false),
    ...verdictOf('all ahead, none given back', 1, false),
    ...verdictOf('all after publication', -1, false),
    ...verdictOf('all after publication', 1, true),
  ],
};

/** The same behind the last page: entries are freed before their references are taken. */
export const batchedPoolRefsAfter: Design = {
  id: 'batched-pool-refs-after',
  changes: 'store',
  title: 'references of the pool for all pages of a folio at once, after the last',
  safety: 'unsafe',
  source: 'thread of the large-folio store, September 2024 (rejected)',
  notes: [
    ...NOTES,
    'Entries on their list can be freed: a reference is dropped that was never taken (designs show prints how).',
  ],
  options: [],
  apply: (kernel) => moved(kernel, 'batched-pool-refs-after', 'after'),
  evidence: () => [
    ...verdictOf('all after publication', -1, false),
    ...verdictOf('all after publication', 1, true),
  ],
};

/** The memcg charged and stored pages counted once for a batch. */
export const batchedCharges: Design = {
  id: 'batched-charges',
  changes: 'store',
  place: 'of-batch',
  title: 'memcg charged and stored pages counted once for a batch, before its first page is published',
  safety: 'proposed',
  source: 'named in the commit text of 63895d20d63b (6.14) as a later optimization',
  notes: [
    'Without batch-store it brings batches of 8. One charge for all costs what one costs for a page.',
    'When the tree has no memory for a page, what was charged for it and those behind it has to be given back.',
  ],
  options: [],
  apply: (kernel) => {
    wantsZswap(kernel, 'batched-charges');
    const isOfAll = (step: Step): boolean =>
      draws(step, 'charge') || (step.do === 'atomic' && step.line === STORED_PAGES);
    const all = kernel.paths[STORE_PAGE]!.filter(isOfAll);
    if (all.length === 0) throw new DesignError(`${kernel.id}: no page is charged any more`);
    const taken = rewriteStore(kernel, STORE_PAGE, (step) => (isOfAll(step) ? [] : undefined), 'no charge');
    return rewriteStore(
      taken,
      ZSWAP_PATHS.store,
      (step) => {
        if (step.do !== 'each-batch') return undefined;
        return [
          {
            ...step,
            steps: step.steps.flatMap((inner) => (inner === EACH_PAGE ? [...all, inner] : [inner])),
          },
        ];
      },
      'no batches: batch-store comes first',
    );
  },
};
