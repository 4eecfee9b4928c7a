import { work } from '../kernels/pieces.ts';
import {
  COMPRESS_PAGE,
  ENTRY_FREE,
  LARGE_STORE,
  SPLIT_STORE,
  STORE_PAGE,
  TAKE_REFERENCE,
  ZSWAP_PATHS,
} from '../kernels/zswap.ts';
import type { EachBatchStep, EachPageStep, KernelModel, PageFate, Step } from '../steps.ts';
import { draws } from './store-rewrite.ts';

/** Pages of the batch in which one fails, itself too. */
const OF_THE_BATCH: readonly PageFate[] = [
  'undone',
  'no-entry',
  'not-compressed',
  'no-object',
  'no-tree',
  'not-reached',
];
/** Those of which a device gets the data before any result is looked at. */
const IN_FLIGHT = OF_THE_BATCH.filter((fate) => fate !== 'no-entry');

const GIVE_BACK = work('give the entry back', 'entry-free');
const FREE_OBJECT: Step = { do: 'call', path: 'zs_free' };
const calls = (step: Step, path: string): boolean => step.do === 'call' && step.path === path;
const each = (only: readonly PageFate[], ...steps: readonly Step[]): EachPageStep => ({
  do: 'each-page',
  only,
  steps,
});

/** How a kernel goes through the pages of a folio. */
export interface FolioRules {
  /** Pages of a batch; 1: one by one. */
  readonly batch: number;
  /** A large folio is refused as a whole, and its pages come one by one. */
  readonly splits: boolean;
  readonly vswap: boolean;
}

export function folioRules(kernel: KernelModel): FolioRules {
  const store = kernel.paths[ZSWAP_PATHS.store] ?? [];
  const batch = store.find((step) => step.do === 'each-batch');
  return {
    batch: batch?.do === 'each-batch' ? batch.size : 1,
    splits: store === SPLIT_STORE,
    vswap: kernel.virtualSwap === true,
  };
}

/**
 * A kernel with the path of a folio that fails at some page: what was done up to there, page by page or batch by batch,
 * is done; a batch is initialised as a whole before its pages are tried; then all slots of the folio are erased
 * (zswap_store of 6.13 and later; of batches v9 to v14 of the series). It is made of the store's own steps, so
 * that whatever a design has made of them is in it.
 */
export function withFailedFolios(kernel: KernelModel): KernelModel {
  const asked = kernel.paths[ZSWAP_PATHS.store]!;
  const store = asked === SPLIT_STORE ? LARGE_STORE : asked;
  const at = store.findIndex((step) => step.do === 'each-batch' || step.do === 'each-page');
  const loop = store[at] as EachBatchStep | EachPageStep;
  const erase = kernel.paths[ZSWAP_PATHS.storeFull]!.find((step) => step.do === 'each-page')!;
  const eraseSteps = (erase as EachPageStep).steps;
  const steps: readonly Step[] = [
    ...store.slice(0, at),
    ...(loop.do === 'each-batch' ? failingBatch(kernel, loop) : failingPage(kernel)),
    each(['erased'], ...eraseSteps, { do: 'call', path: ENTRY_FREE }),
    each(['nothing'], ...eraseSteps),
    store.at(-1)!,
  ];
  return { ...kernel, paths: { ...kernel.paths, [ZSWAP_PATHS.storeUndone]: steps } };
}

/** Page by page: those before are in zswap, none behind was touched. */
function failingPage({ paths }: KernelModel): readonly Step[] {
  const page = paths[STORE_PAGE]!;
  const at = page.findIndex((step) => calls(step, COMPRESS_PAGE));
  const before = page.slice(0, at);
  const early = before.some((step) => draws(step, TAKE_REFERENCE));
  const giveBack = [...(early ? [work('drop the references', 'drop-references')] : []), GIVE_BACK];
  const compress = paths[COMPRESS_PAGE]!;
  const behind = page.slice(at + 1);
  return [
    each(['published'], { do: 'call', path: STORE_PAGE }),
    each(['no-entry'], ...before.slice(0, 1)),
    each(['not-compressed'], ...before, ...upToTheObject(compress), ...giveBack),
    each(['no-object'], ...before, ...upToTheObject(compress, NO_OBJECT), ...giveBack),
    each(['no-tree'], ...before, ...compress, ...treeOf(behind), FREE_OBJECT, ...giveBack),
  ];
}

/** In batches: entries of the whole batch, then its pages up to the one that fails; nothing of it is published. */
function failingBatch({ paths }: KernelModel, batch: EachBatchStep): readonly Step[] {
  const compress = paths[COMPRESS_PAGE]!;
  const tried = batch.steps.flatMap((step): readonly Step[] => {
    if (step.do !== 'each-page') return [step];
    if (step.steps.some((inner) => calls(inner, STORE_PAGE))) return [];
    const place = step.steps.findIndex((inner) => calls(inner, COMPRESS_PAGE));
    const isInFlight = step.steps.some(({ do: what }) => what === 'submit' || what === 'collect');
    if (place < 0) return [{ ...step, only: isInFlight ? IN_FLIGHT : OF_THE_BATCH }];
    const instead = (...steps: readonly Step[]) => [
      ...step.steps.slice(0, place),
      ...steps,
      ...step.steps.slice(place + 1),
    ];
    return [
      { ...step, only: ['undone', 'no-tree'] },
      { ...step, only: ['not-compressed'], steps: instead(...upToTheObject(compress)) },
      { ...step, only: ['no-object'], steps: instead(...upToTheObject(compress, NO_OBJECT)) },
    ];
  });
  return [
    { ...batch, only: ['published'] },
    ...tried,
    each(['no-tree'], ...treeOf(paths[STORE_PAGE]!)),
    each(['undone', 'no-tree'], FREE_OBJECT, GIVE_BACK),
    each(['no-entry', 'not-compressed', 'no-object', 'not-reached'], GIVE_BACK),
  ];
}

const NO_OBJECT = work('zs_malloc that fails', 'take-handle');

/** Compressing a page without room for its object: locks that were taken are given back. */
function upToTheObject(compress: readonly Step[], ...instead: readonly Step[]): readonly Step[] {
  const at = compress.findIndex((step) => calls(step, 'zs_malloc'));
  return [...compress.slice(0, at), ...instead, ...compress.slice(at).filter((step) => step.do === 'unlock')];
}

/** The tree's lock with what is under it. */
function treeOf(page: readonly Step[]): readonly Step[] {
  const from = page.findIndex(({ do: what }) => what === 'lock');
  const to = page.findIndex(({ do: what }) => what === 'unlock');
  return page.slice(from, to + 1);
}
