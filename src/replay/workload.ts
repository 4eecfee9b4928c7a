import { PAGE_BULK } from '../model/kernels/pieces.ts';
import { callCost } from '../model/probe-costs.ts';
import {
  OperationKind,
  type OperationPart,
  type OperationTable,
  Reconstructed,
} from '../trace/operations.ts';
import { type AnonymousPages, anonymousPages } from './anonymous.ts';
import { COST_QUANTILES, type TaskStream } from './engine/machine.ts';
import { addLineMoves, LINE_MOVES } from './line-moves.ts';
import {
  NOTIFY_COSTS,
  neverOverlap,
  notificationsAround,
  notifyCosts,
  type Spans,
  withNotifications,
  withoutProbes,
} from './notify-path.ts';
import { bulkFreeNs, recordedPageLists, type WorkloadPageLists } from './page-lists.ts';
import type { StructureOutcome } from './structure.ts';

/** What the tracer adds, ns: within each traced call's own duration, and to its caller beyond that. */
export interface TracerCost {
  readonly insideNs: number;
  readonly outsideNs: number;
}

/** What is taken out of recorded times, and how a free whose calls are not traced is divided. */
export interface Pricing extends TracerCost {
  /** Share of a free that empties no zspage that is under its lock, where its calls are not traced. */
  readonly lockedShare: number;
  /** Share of such a free that takes and releases the pool's reader lock. */
  readonly poolShare: number;
}

/** Frees of a recording as closed loops of the tasks that made them, with what each step took. */
export interface Workload {
  readonly tasks: readonly TaskStream[];
  /** Rows of the operation table behind each task's operations. */
  readonly rows: readonly Int32Array[];
  /** By task: what each of its operations took, by cost name; NaN where the trace does not show it. */
  readonly costs: readonly ReadonlyMap<string, Float64Array>[];
  /** Over all operations, by cost name: quantiles for what the trace does not show. */
  readonly distributions: ReadonlyMap<string, Float64Array>;
  /** No two frees of different CPUs overlap though several tasks free: something outside serialises them. */
  readonly serialised: boolean;
  readonly notes: readonly string[];
  /** Row of zram's notification around each free, by its row; null where they are not recorded. */
  readonly notify: ReadonlyMap<number, number> | null;
  /** No notification begins within one of another task: nothing speaks against one lock around all. */
  readonly notifiesInTurn: boolean;
  /** Lists of free pages of the CPUs; null: what they cost is part of each page. */
  readonly pageLists: WorkloadPageLists | null;
  /** Pages that the tasks give back outside of zsmalloc; absent where the recording shows none. */
  readonly anonymous?: AnonymousPages;
  /** What runs beside the frees and ends with them: compaction. */
  readonly background?: readonly TaskStream[];
}

/** The recording as it is. */
export const AS_RECORDED: Pricing = { insideNs: 0, outsideNs: 0, lockedShare: 0.4, poolShare: 0 };

/** Whether frees are recorded without the calls that they make. */
export function isUndivided({ parts, kind, length }: OperationTable): boolean {
  for (let row = 0; row < length; row++) {
    if (kind[row] === OperationKind.Free && !Number.isNaN(parts.object.get(row))) return false;
  }
  return true;
}

/** Costs of the zs_free path in the order of {@link stepCosts}. */
const COSTS = [
  callCost('read-lock', 'before'),
  callCost('read-lock', 'after'),
  'locate',
  callCost('lock', 'way'),
  callCost('lock', 'before'),
  callCost('lock', 'after'),
  callCost('read-unlock', 'before'),
  callCost('read-unlock', 'after'),
  'obj-free',
  'fix-group',
  'free-page',
  callCost('unlock', 'before'),
  callCost('unlock', 'after'),
  'free-handle',
] as const;

/**
 * Makes closed loops of the recorded frees. Waiting that the recording shows is taken out; it comes
 * back only when the model makes somebody wait.
 * @param times Operations with times; `structure` may be another recording of the same workload whose
 *   tasks freed the same objects in the same order.
 * @throws {RangeError} when there is no free with a known class and time.
 */
export function freeWorkload(
  times: OperationTable,
  structure: { readonly ops: OperationTable; readonly outcome: StructureOutcome },
  pricing: Pricing,
  /** Frees before this place of the structure's recording are history, not workload. */
  from: number,
  /** Bulk frees of pages are told apart from the pages of the free that they were in, or not. */
  bulkFrees: 'apart' | 'in-pages' = 'apart',
): Workload {
  const notes: string[] = [];
  const { sizeClass } = structure.outcome;
  const placed = freesByTask(structure.ops, from, (row) => sizeClass[row]! >= 0);
  const timed = times === structure.ops ? placed : freesByTask(times, 0, () => true);
  if (timed.size === 0 || placed.size === 0) {
    throw new RangeError(
      'no zs_free with a duration behind the last zs_malloc (docs/recording.md says what to record)',
    );
  }
  const pairs =
    times === structure.ops
      ? [...timed.values()].map((rows) => [rows, rows] as const)
      : paired(timed, placed, notes);
  const notify = notificationsAround(times, [...timed.values()]);
  const recorded = withNotifications(times, notify);
  // Without the tracer there are no probes either; with it, their handlers run between the frees.
  const spans = pricing.insideNs > 0 ? recorded : withoutProbes(times, recorded, notify);
  const serialised = isSerialised(times, [...timed.values()]);
  const others = serialised ? timed : null;
  const byCpu = activityByCpu(times, [...timed.values()]);
  const beginNs = Math.min(...pairs.map(([rows]) => spans.startNs[rows[0]!]!));
  // With objects of another recording, other frees give pages back: its lists would not be these.
  const isApart = bulkFrees === 'apart' && times === structure.ops;
  const bulkNs = (row: number) => (isApart ? bulkFreeNs(times, row, pricing) : 0);
  const streams = pairs.map(([rows, places]) => {
    const n = Math.min(rows.length, places.length);
    const stream: TaskStream = {
      cpu: mostCommonCpu(times, rows),
      path: new Uint8Array(n),
      handle: new Int32Array(n),
      sizeClass: new Int32Array(n),
      slot: new Int32Array(n).fill(-1),
      thinkNs: thinkTimes(spans, rows.subarray(0, n), others, byCpu, beginNs),
    };
    for (let i = 0; i < n; i++) {
      stream.handle[i] = structure.ops.handle[places[i]!]!;
      stream.sizeClass[i] = structure.outcome.sizeClass[places[i]!]!;
      const notification = notify?.get(rows[i]!);
      if (notification !== undefined) stream.slot[i] = times.slot[notification]!;
    }
    const costs = new Map<string, Float64Array>(COSTS.map((name) => [name, new Float64Array(n)]));
    for (let i = 0; i < n; i++) {
      const pages = structure.outcome.pages[places[i]!]!;
      const values = stepCosts(times, rows[i]!, pages, pricing, bulkNs(rows[i]!));
      COSTS.forEach((name, c) => {
        costs.get(name)![i] = values[c]!;
      });
    }
    if (notify) {
      for (const name of NOTIFY_COSTS) costs.set(name, new Float64Array(n));
      for (let i = 0; i < n; i++) {
        const values = notifyCosts(times, rows[i]!, notify.get(rows[i]!), pricing);
        NOTIFY_COSTS.forEach((name, c) => {
          costs.get(name)![i] = values[c]!;
        });
      }
    }
    return { stream, costs, rows: rows.subarray(0, n), places: places.subarray(0, n) };
  });
  addLineMoves(times, streams);
  splitEmptying(times, streams, structure.outcome, pricing.lockedShare);
  if (streams.some(({ rows }) => rows.some((row) => Number.isNaN(times.parts.object.get(row))))) {
    notes.push(
      'of a free whose calls are not traced, a share is taken to be under class->lock when it empties no zspage',
    );
  }
  for (const { costs, places } of streams) fillByPages(costs.get('free-page')!, places, structure.outcome);
  const distributions = new Map<string, Float64Array>();
  for (const name of [...COSTS, ...Object.values(LINE_MOVES), ...(notify ? NOTIFY_COSTS : [])]) {
    distributions.set(name, quantiles(streams.map((s) => s.costs.get(name)!)));
  }
  const pageLists = isApart
    ? recordedPageLists(
        times,
        streams.map(({ stream, rows, places }) => ({
          stream,
          rows,
          pages: places.map((place) => structure.outcome.pages[place]!),
        })),
      )
    : null;
  if (pageLists?.recorded) {
    // Recorded batches differ in size, replayed ones do not: each takes the mean.
    const all = streams.reduce((sum, { rows }) => rows.reduce((ns, row) => ns + bulkNs(row), sum), 0);
    const mean = all / pageLists.recorded.bulkFrees;
    distributions.set(PAGE_BULK, new Float64Array(COST_QUANTILES).fill(mean));
  }
  const anonymous = anonymousPages(
    times,
    streams.map(({ rows }) => rows),
  );
  return {
    tasks: onTheirCpus(times, streams),
    rows: streams.map((s) => s.rows),
    costs: streams.map((s) => s.costs),
    distributions,
    serialised,
    notify,
    notifiesInTurn: notify !== null && neverOverlap(spans, [...timed.values()]),
    pageLists,
    ...(anonymous ? { anonymous } : {}),
    notes,
  };
}

/** Frees of each task that have a duration, in the order of their beginning. */
function freesByTask(
  ops: OperationTable,
  from: number,
  isKnown: (row: number) => boolean,
): Map<number, Int32Array> {
  const lists = new Map<number, number[]>();
  for (let row = 0; row < ops.length; row++) {
    if (ops.kind[row] !== OperationKind.Free || !(ops.endNs[row]! >= ops.startNs[row]!)) continue;
    if (ops.enteredAt[row]! < from || !isKnown(row)) continue;
    const task = ops.task[row]!;
    const list = lists.get(task);
    if (list) list.push(row);
    else lists.set(task, [row]);
  }
  const sorted = (rows: number[]) =>
    Int32Array.from(rows.sort((a, b) => ops.startNs[a]! - ops.startNs[b]! || a - b));
  return new Map([...lists].map(([task, rows]) => [task, sorted(rows)]));
}

/** Tasks of two recordings of one workload that go together: as many frees, else the nearest number. */
function paired(
  timed: ReadonlyMap<number, Int32Array>,
  placed: ReadonlyMap<number, Int32Array>,
  notes: string[],
): (readonly [Int32Array, Int32Array])[] {
  const left = [...placed.values()];
  return [...timed.values()].map((rows) => {
    let best = 0;
    for (let k = 1; k < left.length; k++) {
      if (Math.abs(left[k]!.length - rows.length) < Math.abs(left[best]!.length - rows.length)) best = k;
    }
    const [chosen] = left.splice(best, 1);
    if (!chosen)
      throw new RangeError('the recording with the sizes has fewer tasks than the one with the times');
    if (chosen.length !== rows.length) {
      notes.push(
        `a task freed ${rows.length} objects in the timed recording and ${chosen.length} in the one with the sizes`,
      );
    }
    return [rows, chosen] as const;
  });
}

/** True when at least two tasks free on different CPUs and hardly any two of their frees overlap. */
export function isSerialised(ops: OperationTable, tasks: readonly Int32Array[]): boolean {
  if (tasks.length < 2) return false;
  const all = Int32Array.from(tasks.flatMap((rows) => [...rows])).sort(
    (a, b) => ops.startNs[a]! - ops.startNs[b]!,
  );
  if ((ops.reconstructed[all[0]!]! & Reconstructed.Times) !== 0) return isSerialisedByLines(ops, all);
  let overlaps = 0;
  let turns = 0;
  for (let i = 1; i < all.length; i++) {
    if (ops.task[all[i]!] === ops.task[all[i - 1]!]) continue;
    turns++;
    if (ops.startNs[all[i]!]! < ops.endNs[all[i - 1]!]! - 1000) overlaps++;
  }
  return turns >= 8 && overlaps <= 0.01 * turns;
}

/** The same where there are no time stamps: by lines of one free between those of another. */
function isSerialisedByLines(ops: OperationTable, rows: Int32Array): boolean {
  const all = rows.toSorted((a, b) => ops.returnedAt[a]! - ops.returnedAt[b]!);
  let overlaps = 0;
  let turns = 0;
  for (let i = 1; i < all.length; i++) {
    if (ops.task[all[i]!] === ops.task[all[i - 1]!]) continue;
    turns++;
    if (ops.firstAt[all[i]!]! < ops.returnedAt[all[i - 1]!]!) overlaps++;
  }
  return turns >= 8 && overlaps <= 0.01 * turns;
}

/**
 * Time between a task's frees. Where frees are serialised from outside, what another task's frees
 * cover of it counts as waiting for that and is taken out.
 */
function thinkTimes(
  ops: Spans,
  rows: Int32Array,
  others: ReadonlyMap<number, Int32Array> | null,
  byCpu: ReadonlyMap<number, Int32Array>,
  beginNs: number,
): Float64Array {
  const think = new Float64Array(rows.length);
  think[0] = ops.startNs[rows[0]!]! - beginNs;
  const task = ops.task[rows[0]!]!;
  const foreign =
    others === null ? [] : [...others].filter(([other]) => other !== task).map(([, list]) => list);
  const at = foreign.map(() => 0);
  for (let i = 1; i < rows.length; i++) {
    const from = ops.endNs[rows[i - 1]!]!;
    const to = ops.startNs[rows[i]!]!;
    let ns = Math.max(0, to - from);
    if (ns > DESCHEDULED_NS) ns -= offCpuNs(ops, task, from, to, byCpu.get(ops.cpu[rows[i]!]!)!);
    foreign.forEach((list, f) => {
      while (at[f]! < list.length && ops.endNs[list[at[f]!]!]! <= from) at[f]!++;
      for (let k = at[f]!; k < list.length && ops.startNs[list[k]!]! < to; k++) {
        ns -= Math.max(0, Math.min(to, ops.endNs[list[k]!]!) - Math.max(from, ops.startNs[list[k]!]!));
      }
    });
    think[i] = Math.max(0, ns);
  }
  return think;
}

/** A shorter gap is not looked at for a time slice that another task had. */
const DESCHEDULED_NS = 500_000;

/** Frees of all tasks by CPU, in the order of their beginning. */
function activityByCpu(ops: OperationTable, tasks: readonly Int32Array[]): ReadonlyMap<number, Int32Array> {
  const lists = new Map<number, number[]>();
  for (const rows of tasks) {
    for (const row of rows) {
      const list = lists.get(ops.cpu[row]!);
      if (list) list.push(row);
      else lists.set(ops.cpu[row]!, [row]);
    }
  }
  return new Map(
    [...lists].map(([cpu, rows]) => [
      cpu,
      Int32Array.from(rows).sort((a, b) => ops.startNs[a]! - ops.startNs[b]!),
    ]),
  );
}

/** From the first to the last free of other tasks on the same CPU within a gap: the task was not running. */
function offCpuNs(ops: Spans, task: number, from: number, to: number, onCpu: Int32Array): number {
  let low = 0;
  let high = onCpu.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ops.startNs[onCpu[middle]!]! < from) low = middle + 1;
    else high = middle;
  }
  let first = Number.NaN;
  let last = Number.NaN;
  for (let k = low; k < onCpu.length && ops.startNs[onCpu[k]!]! < to; k++) {
    if (ops.task[onCpu[k]!] === task) continue;
    if (Number.isNaN(first)) first = ops.startNs[onCpu[k]!]!;
    last = Math.min(to, ops.endNs[onCpu[k]!]!);
  }
  return Number.isNaN(first) ? 0 : last - first;
}

/**
 * Frees that empty a zspage in the model and did not in the timed recording take what others with as
 * many pages took there, in turn.
 */
function fillByPages(perPage: Float64Array, places: Int32Array, outcome: StructureOutcome): void {
  const known = new Map<number, number[]>();
  for (let i = 0; i < perPage.length; i++) {
    const pages = outcome.pages[places[i]!]!;
    if (pages === 0 || Number.isNaN(perPage[i]!)) continue;
    const list = known.get(pages);
    if (list) list.push(perPage[i]!);
    else known.set(pages, [perPage[i]!]);
  }
  const used = new Map<number, number>();
  for (let i = 0; i < perPage.length; i++) {
    const pages = outcome.pages[places[i]!]!;
    const list = known.get(pages);
    if (pages === 0 || !list || !Number.isNaN(perPage[i]!)) continue;
    const k = used.get(pages) ?? 0;
    used.set(pages, k + 1);
    perPage[i] = list[k % list.length]!;
  }
}

/**
 * Handle to zspage and class: two dependent loads (assumed; 1 to 10 ns where they are cached). The rest of
 * the time between the calls around it is the tracer's, and stays where those calls are.
 */
const LOCATE_NS = 10;

/** What each step of one free took, ns, in the order of {@link COSTS}; NaN where not shown. */
function stepCosts(
  ops: OperationTable,
  row: number,
  pages: number,
  tracer: Pricing,
  bulkNs: number,
): number[] {
  const { parts, below } = ops;
  const { lockedShare, poolShare } = tracer;
  const known = (ns: number) => (Number.isNaN(ns) ? 0 : ns);
  const traced = (part: OperationPart) => {
    const ns = known(parts[part].get(row));
    // The tracer's cost of the calls below is in there as well.
    const calls = known(below[part].get(row));
    return Math.max(0, ns - tracer.insideNs - calls * (tracer.insideNs + tracer.outsideNs));
  };
  const total = ops.endNs[row]! - ops.startNs[row]! - ops.probeNs(row);
  const zspage = parts.zspage.get(row);
  const lockWait = known(parts.lockWait.get(row)) + known(parts.poolLockWait.get(row));
  const perPage =
    !Number.isNaN(zspage) && pages > 0 ? Math.max(0, traced('zspage') - bulkNs) / pages : Number.NaN;
  if (Number.isNaN(parts.object.get(row)) && Number.isNaN(parts.lock.get(row))) {
    // What zs_free does is not told apart: a share of it is assumed to be under the lock.
    const whole = Math.max(0, total - lockWait - known(zspage) - tracer.insideNs);
    const pool = (whole * poolShare) / 4;
    const outside = (whole * (1 - lockedShare - poolShare)) / 2;
    return [pool, pool, 0, outside, 0, 0, pool, pool, whole * lockedShare, 0, perPage, 0, 0, outside];
  }
  const calls = known(parts.calls.get(row));
  const self = known(parts.self.get(row));
  const poolLock = traced('poolLock');
  const lock = traced('lock');
  const poolUnlock = parts.poolUnlock.get(row);
  const unlock = parts.unlock.get(row);
  const parted = [
    poolUnlock,
    unlock,
    zspage,
    parts.object.get(row),
    parts.group.get(row),
    parts.handle.get(row),
  ];
  const named =
    known(parts.poolLock.get(row)) +
    known(parts.poolLockWait.get(row)) +
    known(parts.lock.get(row)) +
    parted.reduce((sum, ns) => sum + known(ns), 0);
  // Calls that are no part of zs_free, such as an interrupt: they run before the lock is taken.
  const other = Math.max(0, total - self - named - lockWait);
  // Self time is spread evenly over the gaps between the calls: stamps are too coarse to tell.
  const hasPoolLock = Number.isNaN(parts.poolLock.get(row)) ? 0 : 1;
  const hasPoolUnlock = Number.isNaN(poolUnlock) ? 0 : 1;
  const hasUnlock = Number.isNaN(unlock) ? 0 : 1;
  const gaps = 5 + hasPoolLock + hasPoolUnlock + hasUnlock + (Number.isNaN(perPage) ? 0 : 1);
  const gap = Math.max(0, self - tracer.insideNs - calls * tracer.outsideNs) / gaps;
  return [
    hasPoolLock * gap + poolLock / 2,
    poolLock / 2,
    Math.min(gap, LOCATE_NS),
    Math.max(0, gap - LOCATE_NS) + other,
    lock / 2,
    lock / 2,
    (hasPoolUnlock * gap + traced('poolUnlock')) / 2,
    (hasPoolUnlock * gap + traced('poolUnlock')) / 2,
    gap + traced('object'),
    gap + traced('group'),
    perPage + gap / Math.max(1, pages),
    (hasUnlock ? gap : gap / 2) + traced('unlock') / 2,
    (hasUnlock ? gap : gap / 2) + traced('unlock') / 2,
    gap + traced('handle'),
  ];
}

/**
 * Where only whole calls are known: what a free takes beyond the usual because it empties a zspage is
 * the cost of its pages.
 */
function splitEmptying(
  ops: OperationTable,
  tasks: readonly CostedTask[],
  outcome: StructureOutcome,
  lockedShare: number,
): void {
  const usual: number[] = [];
  const parts = COSTS.filter((name) => name !== 'free-page');
  const whole = (task: CostedTask, i: number) =>
    Number.isNaN(ops.parts.object.get(task.rows[i]!)) && Number.isNaN(ops.parts.zspage.get(task.rows[i]!));
  for (const task of tasks) {
    const work = task.costs.get('obj-free')!;
    for (let i = 0; i < work.length; i++) {
      if (whole(task, i) && outcome.pages[task.places[i]!] === 0) usual.push(work[i]! / lockedShare);
    }
  }
  if (usual.length === 0) return;
  const median = usual.sort((a, b) => a - b)[usual.length >> 1]!;
  for (const task of tasks) {
    const work = task.costs.get('obj-free')!;
    const perPage = task.costs.get('free-page')!;
    for (let i = 0; i < work.length; i++) {
      const pages = outcome.pages[task.places[i]!]!;
      if (pages === 0 || !whole(task, i)) continue;
      const all = work[i]! / lockedShare;
      if (all <= median) continue;
      perPage[i] = (all - median) / pages;
      for (const part of parts) task.costs.get(part)![i]! *= median / all;
    }
  }
}

interface CostedTask {
  readonly rows: Int32Array;
  readonly places: Int32Array;
  readonly costs: ReadonlyMap<string, Float64Array>;
}

/** Quantiles of all values that are known; zeros when none is. */
export function quantiles(columns: readonly Float64Array[]): Float64Array {
  const known = Float64Array.from(
    columns.flatMap((column) => [...column].filter((v) => !Number.isNaN(v))),
  ).sort();
  const out = new Float64Array(COST_QUANTILES);
  if (known.length === 0) return out;
  for (let q = 0; q < COST_QUANTILES; q++) {
    out[q] = known[Math.min(known.length - 1, Math.floor(((q + 0.5) / COST_QUANTILES) * known.length))]!;
  }
  return out;
}

/**
 * CPUs for the tasks: where each freed most, or, where the recording shows that tasks were moved because
 * there are more of them than CPUs, where each began: the replay moves them as well.
 */
function onTheirCpus(
  ops: OperationTable,
  tasks: readonly { readonly stream: TaskStream; readonly rows: Int32Array }[],
) {
  const cpus = [...new Set(tasks.map(({ stream }) => stream.cpu))];
  const moved = tasks.some(
    ({ stream, rows }) =>
      rows.reduce((elsewhere, row) => elsewhere + Number(ops.cpu[row] !== stream.cpu), 0) >
      MOVED * rows.length,
  );
  const streams = tasks.map(({ stream }) => stream);
  if (!moved || cpus.length < 2 || tasks.length <= cpus.length) return streams;
  return tasks.map(({ stream, rows }) => ({ ...stream, cpu: ops.cpu[rows[0]!]! }));
}

/** A task with so many of its frees on another CPU has been moved, not just interrupted. */
const MOVED = 0.1;

/** CPU that a task freed on most. */
export function mostCommonCpu(ops: OperationTable, rows: Int32Array): number {
  const counts = new Map<number, number>();
  for (const row of rows) counts.set(ops.cpu[row]!, (counts.get(ops.cpu[row]!) ?? 0) + 1);
  return Math.max(0, [...counts].sort((a, b) => b[1] - a[1])[0]![0]);
}
