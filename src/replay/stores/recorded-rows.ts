import { ZSWAP_PATHS } from '../../model/kernels/zswap.ts';
import type { ZswapEra } from '../../model/zswap/eras.ts';
import { OperationKind, type OperationTable } from '../../trace/operations.ts';
import type { StructureOutcome } from '../structure.ts';
import { detectBatches, type RecordedBatches } from '../zswap/detect-batches.ts';
import { type RecordedStore, RecordedZswap } from '../zswap/recorded.ts';
import { FAILURE_CAUSES, type Failure, type FailureCause, failedRow } from './failed-folios.ts';
import { interruptedOps, withUsualTimes } from './interrupted-rows.ts';
import { IntervalsByKey } from './intervals.ts';
import { listHoldsShown, shareUnderListLock } from './list-times.ts';
import { isShownWell, noStores } from './shown-stores.ts';
import { type Below, type StepTimes, splitNewZspages, stepTimes, unheldOf } from './step-costs.ts';
import { UnheldWaits } from './unheld-waits.ts';
import { LEFT_IN, type TracerTaken, withoutTracer } from './without-tracer.ts';

/** What a task did in one call: a folio stored, a page loaded, invalidated or written back. */
export interface Row {
  readonly op: number;
  readonly path: string;
  /** By page of the folio, or of all that are taken together. */
  readonly pages: readonly Page[];
  /** So many operations of the recording are taken together. */
  readonly members: number;
  /** Between operations of the task, before this one, ns. */
  readonly thinkNs: number;
  /** The page at which a folio was given up; absent: all that it tried was done. */
  readonly failure?: Failure;
}

export interface Page {
  readonly times: StepTimes;
  readonly slot: number;
  /** Of its object; 0 where it has none. */
  readonly sizeClass: number;
  /** Of the zspage that is made or emptied. */
  readonly zspagePages: number;
  /** Slot as far as objects tell it where it is not recorded; -1 not known. What locks are chosen by stays `slot`. */
  readonly followed: number;
  /** Of the compressed page; `error`: the compressor gave none; `stored`: not recorded; `same-filled`: it needed no object; null: nothing was compressed. */
  readonly bytes: number | 'error' | 'stored' | 'same-filled' | null;
}

/** An operation of zswap as recorded, and what it has below it. */
export interface RecordedRow extends Row {
  readonly below: Below;
  /** Whose times it has, where its own are not told: its task lost its CPU meanwhile. */
  readonly timesFrom?: { readonly op: number; readonly below: Below };
}

/** All operations of zswap that a recording shows well enough, by task in the order of their time. */
export interface RecordedRows {
  readonly tasks: readonly (readonly RecordedRow[])[];
  readonly zswap: RecordedZswap;
  /** Waits for locks that nobody who is recorded held. */
  readonly unheld: UnheldWaits;
  /** When the first one began, ns. */
  readonly beginNs: number;
  /** Operations whose task lost its CPU meanwhile: they take the times of others like them. */
  readonly interrupted: ReadonlySet<number>;
  /** Operations left out. */
  readonly left: number;
  /** Entries that a store freed of its slots: of an older store, replaced or erased with a refused folio. */
  readonly staleEntries: StaleEntries;
  /** Of list_lru_add and list_lru_del what is taken to be under the lock; null where recorded holds tell, or there are none. */
  readonly listShare: number | null;
}

export interface StaleEntries {
  readonly replaced: number;
  readonly erased: number;
}

/** Steps that a folio has once, whatever its pages. */
export const ONCE_A_FOLIO: readonly string[] = ['store-check', 'store-end'];

/** How often a folio of so many pages takes a step: once, for each page, or for each batch of the recorded kernel. */
function timesTaken(name: string, pages: number, batches: RecordedBatches | null): number {
  if (ONCE_A_FOLIO.includes(name)) return 1;
  const isOfBatch =
    (name === 'mutex-calls' && batches?.mutex === 'batch') || (name === 'entry' && batches?.bulk);
  return isOfBatch ? Math.ceil(pages / batches!.size) : pages;
}

/**
 * Sorts out what a recording shows of zswap.
 * @param outcome Which zspages were made and emptied.
 * @param otherSteps What steps are multiplied by afterwards: what is assumed of a step is of the machine that is meant.
 * @param tracer What of the tracer's cost is taken out of steps and pauses.
 * @throws {RangeError} when no store has a duration and its calls.
 */
export function recordedRows(
  ops: OperationTable,
  era: ZswapEra,
  outcome: StructureOutcome,
  otherSteps = 1,
  tracer: TracerTaken = LEFT_IN,
): RecordedRows {
  const timed = withoutTracer(ops, tracer);
  const zswap = new RecordedZswap(ops, era);
  const batches = detectBatches(ops);
  const below = belowOf(ops, outcome);
  const listShare = shareUnderListLock(era);
  const byTask = new Map<number, RecordedRow[]>();
  const recorded: { readonly times: StepTimes; readonly zspagePages: number }[] = [];
  const stale = { replaced: 0, erased: 0 };
  const hasEmpty = era.sameFilled === 'entry without object' && zswap.shown.object;
  let left = 0;
  const add = (op: number, path: string | null, pages: number) => {
    if (path === null || !isShownWell(ops, op)) {
      left++;
      return;
    }
    const under = below(op);
    const times = stepTimes(timed, op, path, under, listShare, pages / otherSteps);
    const followed = zswap.slotOf(op);
    const slot = ops.slot[op]!;
    // The steps of a large folio are shown as sums: each page has taken its share.
    const share = Object.fromEntries(
      Object.entries(times).map(([name, ns]) => [name, ns / timesTaken(name, pages, batches)]),
    );
    // Of the recorded call that brings them all.
    if (batches?.bulk) share['entry-bulk-page'] = 0;
    const row: RecordedRow = {
      op,
      path,
      members: 1,
      thinkNs: 0,
      below: under,
      pages: Array.from({ length: pages }, (_, page) => {
        const object = under.mallocs[page] ?? under.frees[0]?.free ?? -1;
        const ofPage = pages === 1 ? times : { ...share };
        recorded.push({
          times: ofPage,
          zspagePages: object < 0 ? 0 : Math.max(0, outcome.pages[object]!),
        });
        return {
          times: ofPage,
          slot: slot < 0 ? -1 : slot + page,
          sizeClass: object < 0 ? 0 : Math.max(0, outcome.sizeClass[object]!),
          zspagePages: object < 0 ? 0 : Math.max(0, outcome.pages[object]!),
          followed: followed < 0 ? -1 : followed + page,
          bytes: bytesOf(ops, path, under, page, hasEmpty),
        };
      }),
    };
    push(row);
  };
  const push = (row: RecordedRow) => {
    const list = byTask.get(ops.task[row.op]!);
    if (list) list.push(row);
    else byTask.set(ops.task[row.op]!, [row]);
  };
  for (const store of zswap.stores) {
    const frees = zswap.freesOf(store.op).length;
    if (store.stored === true) stale.replaced += frees;
    // Of a folio that failed, its own pages are no older entries.
    else stale.erased += Math.max(0, frees - store.entries.length);
    const cause = failureOf(store);
    if (cause === null || !isShownWell(ops, store.op)) add(store.op, storePath(store), store.pages);
    else {
      const slot = zswap.slotOf(store.op);
      const row = failedRow(timed, store, cause, below(store.op), outcome, slot, listShare);
      push(row);
      for (const [k, { times }] of row.pages.entries())
        recorded.push({ times, zspagePages: Math.max(0, outcome.pages[row.below.mallocs[k] ?? -1] ?? 0) });
    }
  }
  for (const op of zswap.loads) {
    const isLoaded = zswap.isLoaded(op);
    add(op, isLoaded === null ? null : isLoaded ? ZSWAP_PATHS.load : ZSWAP_PATHS.loadNone, 1);
  }
  for (const op of zswap.invalidates)
    add(op, zswap.freesOf(op).length > 0 ? ZSWAP_PATHS.invalidate : ZSWAP_PATHS.invalidateNone, 1);
  for (const op of zswap.writebacks) add(op, writebackPath(zswap, op, era), 1);
  const all = [...byTask.values()].flat();
  if (!all.some(({ path }) => path === ZSWAP_PATHS.store)) throw noStores();
  splitNewZspages(
    recorded.map(({ times }) => times),
    recorded.map(({ zspagePages }) => zspagePages),
  );
  const beginNs = all.reduce((first, { op }) => Math.min(first, ops.startNs[op]!), Number.POSITIVE_INFINITY);
  const unheld = new UnheldWaits(ops, outcome, era.slotsPerTree);
  const busy = busyTimes(ops, all);
  const interrupted = interruptedOps(ops, all);
  const tasks = [...byTask.values()].map((list) => {
    list.sort((a, b) => ops.startNs[a.op]! - ops.startNs[b.op]! || a.op - b.op);
    const kept = withUsualTimes(list, all, interrupted);
    return withThinking(ops, kept, beginNs, busy, unheld, 1 - tracer.between);
  });
  const usedShare = listHoldsShown(ops) === 'by share' ? listShare : null;
  return { tasks, zswap, unheld, beginNs, interrupted, left, staleEntries: stale, listShare: usedShare };
}

function storePath(store: RecordedStore): string | null {
  if (store.stored === true) return ZSWAP_PATHS.store;
  if (store.refusedForLimit) return ZSWAP_PATHS.storeFull;
  return store.refusal === 'compression failed' ? ZSWAP_PATHS.storeFailed : null;
}

/** Why a folio was given up midway; null for one that was stored, not tried, or of a page that did not compress. */
function failureOf({ stored, refusal, pages }: RecordedStore): FailureCause | null {
  if (stored !== false || refusal === null) return null;
  const cause = FAILURE_CAUSES[refusal] ?? null;
  return cause === 'not-compressed' && pages === 1 ? null : cause;
}

/** @param hasEmpty Pages of one repeated word are entries without an object, and objects are shown. */
function bytesOf(
  ops: OperationTable,
  path: string,
  { mallocs }: Below,
  page: number,
  hasEmpty: boolean,
): Page['bytes'] {
  if (path === ZSWAP_PATHS.storeFailed) return 'error';
  if (path !== ZSWAP_PATHS.store) return null;
  const malloc = mallocs[page];
  if (malloc === undefined && hasEmpty) return 'same-filled';
  return malloc === undefined || ops.size[malloc]! < 0 ? 'stored' : ops.size[malloc]!;
}

function writebackPath(recorded: RecordedZswap, op: number, era: ZswapEra): string | null {
  const result = recorded.writebackResult(op);
  if (era.lru === 'allocator' || result === null) return null;
  return result === 0 ? ZSWAP_PATHS.writeback : ZSWAP_PATHS.writebackStopped;
}

/** Rows of the allocator within operations of zswap. */
function belowOf(ops: OperationTable, outcome: StructureOutcome): (op: number) => Below {
  const children = new Map<number, number[]>();
  for (let row = 0; row < ops.length; row++) {
    const parent = ops.parent[row]!;
    if (parent < 0) continue;
    const list = children.get(parent);
    if (list) list.push(row);
    else children.set(parent, [row]);
  }
  const find = (op: number, kind: number) =>
    (children.get(op) ?? []).filter((row) => ops.kind[row] === kind).sort((a, b) => a - b);
  return (op) => {
    const frees = find(op, OperationKind.ZswapEntryFree).map((entryFree) => {
      const [free = -1] = find(entryFree, OperationKind.Free);
      return { row: entryFree, free, freedPages: free < 0 ? 0 : Math.max(0, outcome.pages[free]!) };
    });
    return { mallocs: find(op, OperationKind.Malloc), frees };
  };
}

/** When each CPU was in an operation. */
function busyTimes(ops: OperationTable, rows: readonly RecordedRow[]): IntervalsByKey<number> {
  const busy = new IntervalsByKey<number>();
  for (const { op } of rows) busy.of(ops.cpu[op]!).add(ops.startNs[op]!, ops.endNs[op]!);
  busy.close();
  return busy;
}

/**
 * Time between a task's operations, without operations of others on its CPU, which the model runs itself;
 * before the first, since the beginning. Waits for locks that nobody held are no waits: the CPU did not run,
 * in no step of any design, so that this time stands in front of the operation.
 * @param share Of the time between operations, what is not the tracer's.
 */
function withThinking(
  ops: OperationTable,
  list: readonly RecordedRow[],
  beginNs: number,
  busy: IntervalsByKey<number>,
  unheld: UnheldWaits,
  share: number,
): RecordedRow[] {
  let before = beginNs;
  return list.map((row) => {
    const start = ops.startNs[row.op]!;
    const others = start > before ? busy.of(ops.cpu[row.op]!).within(before, start) : 0;
    const idle = unheldOf(unheld, row.op, row.below);
    const thinkNs = share * Math.max(0, start - before - others) + idle.tree + idle.list + idle.allocator;
    before = ops.endNs[row.op]!;
    return { ...row, thinkNs };
  });
}
