import type { FolioRules } from '../../model/designs/failed-folio.ts';
import { ZSWAP_PATHS } from '../../model/kernels/zswap.ts';
import { PAGE_FATES, type PageFate } from '../../model/steps.ts';
import type { Rejection } from '../../model/zswap/store.ts';
import type { OperationTable } from '../../trace/operations.ts';
import type { StructureOutcome } from '../structure.ts';
import type { RecordedStore } from '../zswap/recorded.ts';
import { listTimes } from './list-times.ts';
import type { Page, RecordedRow } from './recorded-rows.ts';
import { type Below, entryFreeTimes, mallocTimes, type StepTimes } from './step-costs.ts';

/** What a page failed at. */
export type FailureCause = Extract<PageFate, 'no-entry' | 'not-compressed' | 'no-object' | 'no-tree'>;

/** Rejections that end a folio at one of its pages. */
export const FAILURE_CAUSES: Readonly<Partial<Record<Rejection, FailureCause>>> = {
  'entry allocation': 'no-entry',
  'compression failed': 'not-compressed',
  'compressed too large': 'not-compressed',
  'object allocation': 'no-object',
  'tree allocation': 'no-tree',
};

/** A folio that was given up midway. */
export interface Failure {
  /** The page that failed. */
  readonly page: number;
  readonly cause: FailureCause;
  /** By page of the folio: the entry that was erased with it, of this store or an older one; null where there was none. */
  readonly erased: readonly (Page | null)[];
}

/** A page of a folio that failed, and what becomes of it; one that is erased stands there once more. */
export interface FatedPage {
  readonly fate: PageFate;
  readonly page: number;
}

/**
 * What a kernel does with the pages of a folio that fails, those of one fate side by side: batches before the one that fails
 * are published, of that one entries are made for all, pages are compressed up to the one that fails and all are given
 * back; then every slot is erased, whatever it has.
 */
export function fatedPages(
  pages: number,
  { page: failed, cause, erased }: Failure,
  { batch, vswap }: Pick<FolioRules, 'batch' | 'vswap'>,
): readonly FatedPage[] {
  const begin = failed - (failed % batch);
  const end = Math.min(pages, begin + batch);
  const fateOf = (page: number): PageFate | null => {
    if (page < begin || (page < failed && cause === 'no-tree')) return 'published';
    if (page === failed) return cause;
    if (page >= end) return null;
    // Entries come first, then all pages are compressed, then the tree.
    if (cause === 'no-entry') return page < failed ? 'no-entry' : null;
    if (cause === 'no-tree') return 'undone';
    return page < failed ? 'undone' : 'not-reached';
  };
  const tried = Array.from({ length: pages }, (_, page) => ({ fate: fateOf(page), page })).filter(
    (one): one is FatedPage => one.fate !== null,
  );
  const published = new Set(tried.flatMap(({ fate, page }) => (fate === 'published' ? [page] : [])));
  const erases = vswap && failed === 0 ? [] : Array.from({ length: pages }, (_, page) => page);
  const all = [
    ...tried,
    ...erases.map((page): FatedPage => {
      // In a batch fewer pages were published than one by one, but older entries stay what they are.
      const isThere = published.has(page) || (erased[page] !== null && page >= failed);
      return { fate: isThere ? 'erased' : 'nothing', page };
    }),
  ];
  return PAGE_FATES.flatMap((fate) => all.filter((one) => one.fate === fate));
}

/** A folio that the recording shows failing: its sums are divided among the pages that were tried and the slots erased. */
export function failedRow(
  ops: OperationTable,
  store: RecordedStore,
  cause: FailureCause,
  below: Below,
  outcome: StructureOutcome,
  followed: number,
  listShare: number,
): RecordedRow {
  const { op, pages: count, entries } = store;
  const failed = Math.min(count - 1, entries.length);
  const slot = ops.slot[op]!;
  const { once, tried, erase } = shares(ops, op, count, failed, below, listShare);
  const { mallocs, frees } = below;
  const objectOf = (row: number | undefined) => ({
    sizeClass: row === undefined || row < 0 ? 0 : Math.max(0, outcome.sizeClass[row]!),
    zspagePages: row === undefined || row < 0 ? 0 : Math.max(0, outcome.pages[row]!),
  });
  const placeOf = (page: number) => ({
    slot: slot < 0 ? -1 : slot + page,
    followed: followed < 0 ? -1 : followed + page,
  });
  const bytesOf = (page: number): Page['bytes'] => {
    if (page === failed && cause === 'not-compressed') return 'error';
    const row = mallocs[page];
    if (row === undefined) return page < failed ? 'stored' : null;
    return ops.size[row]! < 0 ? 'stored' : ops.size[row]!;
  };
  return {
    op,
    path: ZSWAP_PATHS.storeUndone,
    members: 1,
    thinkNs: 0,
    below,
    pages: Array.from({ length: count }, (_, page) => ({
      times: page <= failed ? { ...tried, ...(page === 0 ? once : {}) } : {},
      ...placeOf(page),
      ...objectOf(mallocs[page]),
      bytes: bytesOf(page),
    })),
    failure: {
      page: failed,
      cause,
      erased: Array.from({ length: count }, (_, page) => {
        const freed = frees[page];
        const times: StepTimes = { ...erase, ...entryFreeTimes(ops, freed, listShare) };
        return freed ? { times, ...placeOf(page), ...objectOf(freed.free), bytes: null } : null;
      }),
    },
  };
}

/** Times of the steps: of the folio, of each page that was tried, of each slot that was erased. */
function shares(
  ops: OperationTable,
  op: number,
  count: number,
  failed: number,
  below: Below,
  listShare: number,
): { readonly once: StepTimes; readonly tried: StepTimes; readonly erase: StepTimes } {
  const facts = ops.zswap.get(op)!;
  const known = (ns: number | undefined) => (ns === undefined || Number.isNaN(ns) ? 0 : ns);
  const part = (name: keyof typeof facts.parts) =>
    Math.max(0, known(facts.parts[name]) - known(facts.waits[name]));
  const pages = failed + 1;
  const locks = failed + count;
  const named = Object.entries(facts.parts).reduce(
    (sum, [name, ns]) => (name === 'mutexHold' ? sum : sum + ns),
    0,
  );
  const self = known(ops.parts.self.get(op));
  const whole = ops.endNs[op]! - ops.startNs[op]!;
  const other = Math.max(0, whole - self - named);
  // Gaps: in front and behind, four of a page that was tried, one of a slot that is erased.
  const gap = self / (2 + 4 * pages + count);
  const objects = Math.max(1, below.mallocs.length);
  const lists = listTimes(facts, listShare);
  const malloc = mallocTimes(ops, below, part('object'));
  return {
    once: { 'store-check': gap + other, 'store-end': gap },
    tried: {
      entry: part('entry') / pages + gap,
      'mutex-calls': part('mutex') / pages + gap,
      compress: part('compress') / Math.max(1, facts.compressions),
      copy: part('copy') / objects + gap,
      'entry-write': 0,
      'tree-store': part('tree') / locks,
      'take-references': gap,
      'list-add-enter': lists.enter / Math.max(1, failed),
      'list-add': lists.held / Math.max(1, failed),
      ...Object.fromEntries(Object.entries(malloc).map(([name, ns]) => [name, ns / objects])),
    },
    erase: { 'tree-erase': part('tree') / locks + gap },
  };
}
