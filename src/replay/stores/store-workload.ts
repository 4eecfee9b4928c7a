import type { FolioRules } from '../../model/designs/failed-folio.ts';
import { SPLIT_PAGE, ZSWAP_PATHS } from '../../model/kernels/zswap.ts';
import { PAGE_FATES, type PageFate } from '../../model/steps.ts';
import type { OperationTable } from '../../trace/operations.ts';
import type { TaskStream } from '../engine/machine.ts';
import { mostCommonCpu, quantiles } from '../workload.ts';
import { fatedPages } from './failed-folios.ts';
import type { Fated } from './fates/fates.ts';
import type { StoreFates } from './fates/result.ts';
import { asFolios, gathered } from './gather.ts';
import type { Page, RecordedRows, Row } from './recorded-rows.ts';
import { type RecordedTimes, timesOf } from './recorded-times.ts';

/** A path with the pages of the folios that take it: what latencies are told apart by. */
export interface StoreGroup {
  readonly path: string;
  /** Of a folio; of an operation taken together from several: so many at most. */
  readonly pages: number;
  /** Operations of the recording that it takes together at most; 1: as recorded. */
  readonly members: number;
  /** Of all its operations. */
  readonly allPages: number;
  /** Operations of the recording in all of them. */
  readonly allMembers: number;
}

/** Stores, loads, invalidations and writebacks of a recording as closed loops of the tasks that made them. */
export interface StoreWorkload {
  readonly fates: StoreFates;
  readonly groups: readonly StoreGroup[];
  readonly tasks: readonly TaskStream[];
  /** By task: what each row's steps took, by cost name; NaN where the recording does not show it. */
  readonly costs: readonly ReadonlyMap<string, Float64Array>[];
  /** Over all rows, by cost name, for what a row does not show. */
  readonly distributions: ReadonlyMap<string, Float64Array>;
}

/** How operations are taken together, and by how many tasks. */
export interface WorkloadShape {
  /** Single pages that are stored one behind another make folios of so many; 1: as recorded. */
  readonly folioPages: number;
  /** By path, operations in one call at most. */
  readonly gathers: Readonly<Record<string, number>>;
  /** How the pages of a folio that fails are gone through. */
  readonly rules: FolioRules;
  /** What becomes of all folios, in the order of each task. */
  readonly decide: (tasks: readonly (readonly Row[])[]) => Fated;
}

/**
 * Makes closed loops of what a recording shows of zswap. Every operation ends as it did, or as is decided for this
 * kernel: stored, refused, found or not; zspages are made and emptied by that.
 */
export function storeWorkload(
  ops: OperationTable,
  rows: RecordedRows,
  { folioPages, gathers, rules, decide }: WorkloadShape,
): StoreWorkload {
  const { tasks, fates } = decide(rows.tasks.map((list) => asFolios(list, folioPages)));
  const lists = tasks
    .filter(({ length }) => length > 0)
    .map((list) => gathered(list, gathers).map(laidOut(rules)));
  const groups = new Groups(gathers);
  const names = new Set<string>();
  for (const list of lists)
    for (const { rows: laid } of list)
      for (const { times } of laid) for (const name of Object.keys(times)) names.add(name);
  const streams = lists.map((list) => streamOf(ops, list, [...names], groups));
  return {
    fates,
    groups: groups.all,
    tasks: streams.map(({ task }) => task),
    costs: streams.map(({ costs }) => costs),
    distributions: new Map(
      [...names].map((name) => [name, quantiles(streams.map(({ costs }) => costs.get(name)!))]),
    ),
  };
}

/** What the recording itself says of the groups of its workload. */
export function recordedTimes(
  ops: OperationTable,
  rows: RecordedRows,
  groups: readonly StoreGroup[],
): RecordedTimes {
  const groupOf = ({ path, pages }: Row) =>
    groups.findIndex((group) => group.path === path && group.pages === pages.length);
  const list = rows.tasks.flat().map((row) => ({ ...row, group: groupOf(row) }));
  return timesOf(ops, list, groups.length, rows.unheld, rows.zswap.refusals(), rows.beginNs);
}

/** Groups in the order in which they are met. */
class Groups {
  readonly #groups: { path: string; pages: number; members: number; allPages: number; allMembers: number }[] =
    [];
  readonly #gathers: Readonly<Record<string, number>>;

  constructor(gathers: Readonly<Record<string, number>>) {
    this.#gathers = gathers;
  }

  get all(): readonly StoreGroup[] {
    return this.#groups;
  }

  /** Number of the group of an operation, which is counted. */
  visit({ path, pages, members: taken }: Row): number {
    // Calls of a path that takes several together differ in size: one group.
    const members = this.#gathers[path] ?? 1;
    let at = this.#groups.findIndex(
      (group) => group.path === path && (members > 1 || group.pages === pages.length),
    );
    if (at < 0) at = this.#groups.push({ path, pages: 0, members, allPages: 0, allMembers: 0 }) - 1;
    const group = this.#groups[at]!;
    group.pages = Math.max(group.pages, pages.length);
    group.allPages += pages.length;
    group.allMembers += taken;
    return at;
  }
}

/** An operation as rows of a stream: a row a page; of a folio that failed one for itself and one for each page and fate. */
interface LaidOut {
  readonly row: Row;
  readonly rows: readonly (Page & { readonly fate?: PageFate })[];
}

function laidOut(rules: FolioRules): (row: Row) => LaidOut {
  return (row) => {
    const { pages, failure } = row;
    if (!failure) return { row, rows: pages };
    const fated = fatedPages(pages.length, failure, rules).map(({ fate, page }) => {
      const erased = fate === 'erased' ? failure.erased[page] : null;
      // A slot that has nothing takes its lock all the same.
      const slot = { ...pages[page]!, times: {}, zspagePages: 0 };
      return { ...(erased ?? (fate === 'nothing' || fate === 'erased' ? slot : pages[page]!)), fate };
    });
    return { row, rows: [{ ...pages[0]!, zspagePages: 0 }, ...fated] };
  };
}

function streamOf(
  ops: OperationTable,
  list: readonly LaidOut[],
  names: readonly string[],
  groups: Groups,
): { readonly task: TaskStream; readonly costs: ReadonlyMap<string, Float64Array> } {
  const count = list.reduce((sum, { rows }) => sum + rows.length, 0);
  const costs = new Map(
    [...names, SPLIT_PAGE].map((name) => [name, new Float64Array(count).fill(Number.NaN)]),
  );
  const task = {
    cpu: mostCommonCpu(
      ops,
      Int32Array.from(list, ({ row }) => row.op),
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
  for (const { row, rows } of list) {
    const group = groups.visit(row);
    task.pages[at] = rows.length;
    task.thinkNs[at] = row.thinkNs;
    // A folio of one page is not split.
    if (row.pages.length === 1) costs.get(SPLIT_PAGE)![at] = 0;
    for (const { times, slot, sizeClass, zspagePages, fate } of rows) {
      task.path[at] = fate === undefined ? group : PAGE_FATES.indexOf(fate);
      task.sizeClass[at] = sizeClass;
      task.slot[at] = slot;
      task.zspagePages[at] = zspagePages;
      for (const [name, ns] of Object.entries(times)) costs.get(name)![at] = ns;
      at++;
    }
  }
  return { task, costs };
}

/** What was taken as it is, or made up. */
export function workloadNotes(
  rows: RecordedRows,
  groups: readonly StoreGroup[],
  folioPages: number,
): string[] {
  const notes: string[] = [];
  if (rows.interrupted.size > 0)
    notes.push(
      `${rows.interrupted.size} operations whose task lost its CPU meanwhile took what others of their kind did`,
    );
  if (rows.left > 0) notes.push(`left out, without calls or failed midway: ${rows.left}`);
  if (groups.some(({ path }) => path === ZSWAP_PATHS.writeback))
    notes.push(
      'the shrinker comes to its entries when it was recorded to; second chances are part of the time between its writebacks, without the lock of the list',
    );
  if (folioPages > 1)
    notes.push(
      `pages that a task stored one after another are taken together to folios of ${folioPages}, whatever their slots; the time between them stays, and pages that did not compress stay single`,
    );
  else if (groups.some(({ path, pages }) => pages > 1 && path === ZSWAP_PATHS.store))
    notes.push("the steps of a large folio's pages took equal shares of what the folio took");
  return notes;
}
