import { ZSWAP_PATHS } from '../../model/kernels/zswap.ts';
import type { ZswapEra } from '../../model/zswap/eras.ts';
import { OperationKind, type OperationTable } from '../../trace/operations.ts';
import type { TaskStream } from '../engine/machine.ts';
import type { StructureOutcome } from '../structure.ts';
import { mostCommonCpu, quantiles } from '../workload.ts';
import { type RecordedStore, RecordedZswap } from '../zswap/recorded.ts';
import { IntervalsByKey } from './intervals.ts';
import { type RecordedTimes, timesOf } from './recorded-times.ts';
import { type Below, type StepTimes, splitNewZspages, stepTimes, unheldOf } from './step-costs.ts';
import { UnheldWaits } from './unheld-waits.ts';

/** A path with the pages of the folios that take it: what latencies are told apart by. */
export interface StoreGroup {
  readonly path: string;
  readonly pages: number;
}

/** Stores, loads and invalidations of a recording as closed loops of the tasks that made them. */
export interface StoreWorkload {
  readonly groups: readonly StoreGroup[];
  readonly tasks: readonly TaskStream[];
  /** By task: what each row's steps took, by cost name; NaN where the recording does not show it. */
  readonly costs: readonly ReadonlyMap<string, Float64Array>[];
  /** Over all rows, by cost name, for what a row does not show. */
  readonly distributions: ReadonlyMap<string, Float64Array>;
  readonly recorded: RecordedTimes;
  readonly notes: readonly string[];
}

interface Row {
  readonly op: number;
  readonly group: number;
  /** By page of the folio. */
  readonly pages: readonly Page[];
  readonly below: Below;
  /** Of all operations that it stands for. */
  readonly thinkNs?: number;
}

interface Page {
  readonly times: StepTimes;
  readonly slot: number;
  /** Of its object; 0 where it has none. */
  readonly sizeClass: number;
  /** Of the zspage that is made or emptied. */
  readonly zspagePages: number;
}

/**
 * Makes closed loops of what a recording shows of zswap. Every operation ends as it did: stored, refused
 * for the same cause, found or not; the same zspages are made and emptied.
 * @param folioPages Single pages that are stored one behind another make folios of so many.
 * @throws {RangeError} when no store has a duration and its calls.
 */
export function storeWorkload(
  ops: OperationTable,
  era: ZswapEra,
  outcome: StructureOutcome,
  folioPages = 1,
): StoreWorkload {
  const recorded = new RecordedZswap(ops, era);
  const below = belowOf(ops, outcome);
  const unheld = new UnheldWaits(ops, outcome, era.slotsPerTree);
  const groups: StoreGroup[] = [];
  const groupOf = (path: string, pages: number) => {
    const at = groups.findIndex((group) => group.path === path && group.pages === pages);
    return at >= 0 ? at : groups.push({ path, pages }) - 1;
  };
  const byTask = new Map<number, Row[]>();
  let left = 0;
  const add = (op: number, path: string | null, pages: number) => {
    if (path === null || !ops.zswap.get(op)!.showsCalls || !(ops.endNs[op]! >= ops.startNs[op]!)) {
      left++;
      return;
    }
    const under = below(op);
    const times = stepTimes(ops, op, path, under);
    const slot = ops.slot[op]!;
    // The steps of a large folio are shown as sums: each page has taken its share.
    const share = Object.fromEntries(
      Object.entries(times).map(([name, ns]) => [name, ONCE_A_FOLIO.has(name) ? ns : ns / pages]),
    );
    const row: Row = {
      op,
      group: groupOf(path, pages),
      below: under,
      pages: Array.from({ length: pages }, (_, page) => {
        const object = under.mallocs[page] ?? under.free;
        return {
          times: pages === 1 ? times : { ...share },
          slot: slot < 0 ? -1 : slot + page,
          sizeClass: object < 0 ? 0 : Math.max(0, outcome.sizeClass[object]!),
          zspagePages: object < 0 ? 0 : Math.max(0, outcome.pages[object]!),
        };
      }),
    };
    const list = byTask.get(ops.task[op]!);
    if (list) list.push(row);
    else byTask.set(ops.task[op]!, [row]);
  };
  for (const store of recorded.stores) add(store.op, storePath(store), store.pages);
  for (const op of recorded.loads) add(op, recorded.isLoaded(op) ? ZSWAP_PATHS.load : null, 1);
  for (const op of recorded.invalidates) {
    const finds = recorded.freesOf(op).length > 0;
    add(op, finds ? ZSWAP_PATHS.invalidate : ZSWAP_PATHS.invalidateNone, 1);
  }
  for (const op of recorded.writebacks) add(op, writebackPath(recorded, op, era), 1);
  const lists = [...byTask.values()];
  const all = lists.flat();
  if (!all.some(({ group }) => groups[group]!.path === ZSWAP_PATHS.store))
    throw new RangeError(
      'no zswap_store with a duration and its calls (function_graph of zswap_store with its callees; docs/zswap.md)',
    );
  const pages = all.flatMap((row) => row.pages);
  splitNewZspages(
    pages.map(({ times }) => times),
    pages.map(({ zspagePages }) => zspagePages),
  );
  for (const list of lists) list.sort((a, b) => ops.startNs[a.op]! - ops.startNs[b.op]! || a.op - b.op);
  const recordedGroups = groups.length;
  const busy = busyTimes(ops, all);
  const beginNs = Math.min(...all.map(({ op }) => ops.startNs[op]!));
  const names = [...new Set(pages.flatMap(({ times }) => Object.keys(times)))];
  const streams = lists.map((list) => {
    const thought = withThinking(ops, list, beginNs, busy, unheld);
    const merged = folioPages > 1 ? merge(thought, folioPages, groups, groupOf) : thought;
    return streamOf(ops, merged, names);
  });
  return {
    groups,
    tasks: streams.map(({ task }) => task),
    costs: streams.map(({ costs }) => costs),
    distributions: new Map(
      names.map((name) => [name, quantiles(streams.map(({ costs }) => costs.get(name)!))]),
    ),
    recorded: timesOf(ops, all, recordedGroups, unheld, recorded.refusals(), beginNs),
    notes: notesOf(recorded, left, groups, folioPages),
  };
}

function storePath(store: RecordedStore): string | null {
  if (store.stored === true) return ZSWAP_PATHS.store;
  if (store.refusedForLimit) return ZSWAP_PATHS.storeFull;
  // Of a folio that failed behind its first page the recording does not tell pages and clean-up apart.
  const failedAtOnce = store.refusal === 'compression failed' && store.entries.length === 0;
  return failedAtOnce ? ZSWAP_PATHS.storeFailed : null;
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
    const [entryFree = -1] = find(op, OperationKind.ZswapEntryFree);
    const [free = -1] = entryFree < 0 ? [] : find(entryFree, OperationKind.Free);
    const freedPages = free < 0 ? 0 : Math.max(0, outcome.pages[free]!);
    return { mallocs: find(op, OperationKind.Malloc), entryFree, free, freedPages };
  };
}

/** When each CPU was in an operation. */
function busyTimes(ops: OperationTable, rows: readonly Row[]): IntervalsByKey<number> {
  const busy = new IntervalsByKey<number>();
  for (const { op } of rows) busy.of(ops.cpu[op]!).add(ops.startNs[op]!, ops.endNs[op]!);
  busy.close();
  return busy;
}

/**
 * Time between a task's operations, without operations of others on its CPU, which the model runs itself;
 * before the first, since the beginning. Waits for locks that nobody held are no waits: the CPU did not run,
 * in no step of any design, so that this time stands in front of the operation.
 */
function withThinking(
  ops: OperationTable,
  list: readonly Row[],
  beginNs: number,
  busy: IntervalsByKey<number>,
  unheld: UnheldWaits,
): Required<Row>[] {
  let before = beginNs;
  return list.map((row) => {
    const start = ops.startNs[row.op]!;
    const others = start > before ? busy.of(ops.cpu[row.op]!).within(before, start) : 0;
    const idle = unheldOf(unheld, row.op, row.below);
    const thinkNs = Math.max(0, start - before - others) + idle.tree + idle.list + idle.allocator;
    before = ops.endNs[row.op]!;
    return { ...row, thinkNs };
  });
}

/**
 * Single pages that a task stored, one after another, become folios of so many, stored when the last of
 * them was; the rest, and all that was not stored, stay as they are.
 */
function merge(
  list: readonly Required<Row>[],
  folioPages: number,
  groups: readonly StoreGroup[],
  groupOf: (path: string, pages: number) => number,
): Required<Row>[] {
  const isSingle = ({ group, pages }: Row) => groups[group]!.path === ZSWAP_PATHS.store && pages.length === 1;
  let left = list.filter(isSingle).length;
  left -= left % folioPages;
  let run: Required<Row>[] = [];
  return list.flatMap((row) => {
    if (!isSingle(row) || left === 0) return [row];
    run.push(row);
    left--;
    if (run.length < folioPages) return [];
    const folio: Required<Row> = {
      op: run[0]!.op,
      below: run[0]!.below,
      group: groupOf(ZSWAP_PATHS.store, folioPages),
      pages: run.flatMap(({ pages }) => pages),
      thinkNs: run.reduce((sum, { thinkNs }) => sum + thinkNs, 0),
    };
    run = [];
    return [folio];
  });
}

function streamOf(
  ops: OperationTable,
  list: readonly Required<Row>[],
  names: readonly string[],
): { readonly task: TaskStream; readonly costs: ReadonlyMap<string, Float64Array> } {
  const count = list.reduce((sum, { pages }) => sum + pages.length, 0);
  const costs = new Map(names.map((name) => [name, new Float64Array(count).fill(Number.NaN)]));
  const task = {
    cpu: mostCommonCpu(
      ops,
      Int32Array.from(list, ({ op }) => op),
    ),
    path: new Uint8Array(count),
    handle: new Int32Array(count).fill(-1),
    sizeClass: new Int32Array(count),
    slot: new Int32Array(count).fill(-1),
    thinkNs: new Float64Array(count),
    pages: new Int32Array(count),
    zspagePages: new Int32Array(count),
  };
  let at = 0;
  for (const { group, pages, thinkNs } of list) {
    task.pages[at] = pages.length;
    task.thinkNs[at] = thinkNs;
    for (const { times, slot, sizeClass, zspagePages } of pages) {
      task.path[at] = group;
      task.sizeClass[at] = sizeClass;
      task.slot[at] = slot;
      task.zspagePages[at] = zspagePages;
      for (const [name, ns] of Object.entries(times)) costs.get(name)![at] = ns;
      at++;
    }
  }
  return { task, costs };
}

/** Steps that a folio has once, whatever its pages. */
const ONCE_A_FOLIO = new Set(['store-check', 'store-end']);

function notesOf(
  recorded: RecordedZswap,
  left: number,
  groups: readonly StoreGroup[],
  folioPages: number,
): string[] {
  const notes = ['one list for all entries: memcgs and nodes are not recorded'];
  if (left > 0) notes.push(`left out, without calls or failed midway: ${left}`);
  if (recorded.writebacks.length > 0)
    notes.push(
      'the shrinker comes to its entries when it was recorded to; second chances are part of the time between its writebacks, without the lock of the list',
    );
  if (folioPages > 1)
    notes.push(
      `pages that a task stored one after another are taken together to folios of ${folioPages}, whatever their slots; the time between them stays, and pages that did not compress stay single`,
    );
  else if (groups.some(({ pages }) => pages > 1))
    notes.push("the steps of a large folio's pages took equal shares of what the folio took");
  return notes;
}
