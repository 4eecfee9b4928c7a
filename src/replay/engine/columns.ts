import type { TaskStream } from './machine.ts';
import { quantised } from './time.ts';

/** Slots in a swap cluster, where the kernel does not say otherwise. */
const CLUSTER_SLOTS = 512;

/** What a family of locks has a member for. */
export interface Members {
  readonly count: number;
  /** By member: 1 when tasks of several CPUs use it. */
  readonly isShared: Uint8Array;
  /** So many are shared. */
  readonly shared: number;
}

/** What operations of all tasks do, in one table: task after task, in their order. */
interface Structure {
  /** First operation of each task, and behind the last task their number. */
  readonly first: Int32Array;
  /**
   * Five numbers an operation: handle, size class, slot, cluster, path. Slots and clusters in use are
   * numbered without gaps; a slot that is not known is one of its task.
   */
  readonly rows: Int32Array;
  readonly slots: Members;
  readonly clusters: Members;
  /** Pages of the folio that begins at an operation. */
  readonly folioPages: Int32Array;
  /** Pages of the zspage that an operation makes or empties, where that is given. */
  readonly zspagePages: Int32Array;
}

/** The same with the pauses before them. */
export interface OperationColumns extends Structure {
  readonly thinkNs: Float64Array;
}

const kept = new WeakMap<readonly TaskStream[], Map<number, OperationColumns>>();

/** The columns of tasks, made once for the same list of tasks and slots of a cluster. */
export function columnsOf(tasks: readonly TaskStream[], clusterSlots = CLUSTER_SLOTS): OperationColumns {
  let known = kept.get(tasks);
  if (!known) {
    known = new Map();
    kept.set(tasks, known);
  }
  let columns = known.get(clusterSlots);
  if (!columns) {
    const structure = structureOf(tasks, clusterSlots);
    columns = { ...structure, thinkNs: pausesOf(tasks, structure) };
    known.set(clusterSlots, columns);
  }
  return columns;
}

/** Pages of the folio that begins at each row of a task. */
function folioPagesOf(task: TaskStream): Int32Array {
  return task.pages ?? new Int32Array(task.path.length).fill(1);
}

/** Structures by the handles of the first task: runs that differ in times only join them once. */
const structures = new WeakMap<
  Int32Array,
  { readonly parts: readonly unknown[]; readonly structure: Structure }
>();

function structureOf(tasks: readonly TaskStream[], clusterSlots: number): Structure {
  const key = tasks[0]?.handle;
  const parts = [
    clusterSlots,
    ...tasks.flatMap((t) => [
      ...[t.cpu, t.path, t.handle, t.sizeClass, t.slot],
      ...[t.pages, t.zspagePages, t.background],
    ]),
  ];
  const known = key && structures.get(key);
  if (known?.parts.length === parts.length && parts.every((part, k) => part === known.parts[k]))
    return known.structure;
  const structure = joined(tasks, clusterSlots);
  if (key) structures.set(key, { parts, structure });
  return structure;
}

function joined(tasks: readonly TaskStream[], clusterSlots: number): Structure {
  const first = new Int32Array(tasks.length + 1);
  tasks.forEach((task, t) => {
    first[t + 1] = first[t]! + task.path.length;
  });
  const count = first[tasks.length]!;
  const rows = new Int32Array(count * 5);
  const folioPages = new Int32Array(count);
  const zspagePages = new Int32Array(count);
  const most = tasks.reduce((high, task) => task.slot.reduce((a, b) => Math.max(a, b), high), 0);
  const slots = new Numbering(most);
  const clusters = new Numbering(Math.floor(most / clusterSlots));
  tasks.forEach((task, t) => {
    const from = first[t]!;
    folioPages.set(folioPagesOf(task), from);
    if (task.zspagePages) zspagePages.set(task.zspagePages, from);
    if (task.pages && task.background) throw new RangeError('tasks in the background have single pages');
    for (let i = 0; i < task.path.length; i++) {
      const at = task.slot[i]!;
      const row = (from + i) * 5;
      rows[row] = task.handle[i]!;
      rows[row + 1] = task.sizeClass[i]!;
      rows[row + 2] = slots.visit(at, t, task.cpu);
      rows[row + 3] = clusters.visit(at >= 0 ? Math.floor(at / clusterSlots) : -1, t, task.cpu);
      rows[row + 4] = task.path[i]!;
    }
  });
  return { first, rows, slots: slots.members(), clusters: clusters.members(), folioPages, zspagePages };
}

function pausesOf(tasks: readonly TaskStream[], { first, folioPages }: Structure): Float64Array {
  const all = new Float64Array(first.at(-1)!);
  tasks.forEach(({ thinkNs }, t) => {
    const from = first[t]!;
    for (let i = 0; i < thinkNs.length; i++) all[from + i] = quantised(thinkNs[i]!);
    // A page within a folio is no operation: nobody waits before it.
    for (let i = 0; i < thinkNs.length; i += folioPages[from + i]!) {
      if (folioPages[from + i]! < 1) throw new RangeError('a folio without pages');
      all.fill(0, from + i + 1, from + i + folioPages[from + i]!);
    }
  });
  return all;
}

/** A table by value is used up to this many values, a map beyond. */
const TABLE_AT_MOST = 1 << 24;

/** Numbers without gaps for whatever is visited, and who visits it. */
class Numbering {
  readonly #table: Int32Array | undefined;
  readonly #map = new Map<number, number>();
  #owners = new Int32Array(1024);
  #isShared = new Uint8Array(1024);
  #count = 0;

  constructor(most: number) {
    if (most < TABLE_AT_MOST) this.#table = new Int32Array(most + 1).fill(-1);
  }

  /** The number of a value; a negative one is not known, and stands for something of the task's own. */
  visit(value: number, task: number, cpu: number): number {
    const key = value < 0 ? -1 - task : value;
    const table = value < 0 ? undefined : this.#table;
    let number = table ? table[key]! : (this.#map.get(key) ?? -1);
    if (number < 0) {
      number = this.#count++;
      if (table) table[key] = number;
      else this.#map.set(key, number);
      if (number === this.#owners.length) this.#grow();
      this.#owners[number] = cpu;
    } else if (this.#owners[number] !== cpu) this.#isShared[number] = 1;
    return number;
  }

  members(): Members {
    const isShared = this.#isShared.slice(0, this.#count);
    return { count: this.#count, isShared, shared: isShared.reduce((sum, is) => sum + is, 0) };
  }

  #grow(): void {
    const owners = new Int32Array(this.#count * 2);
    owners.set(this.#owners);
    this.#owners = owners;
    const isShared = new Uint8Array(this.#count * 2);
    isShared.set(this.#isShared);
    this.#isShared = isShared;
  }
}

/** Size class of an operation's object. */
export function sizeClassOf(columns: OperationColumns, operation: number): number {
  return columns.rows[operation * 5 + 1]!;
}

/** Recorded times, as they stand or in another order: pieces of a column, one behind another. */
export type RecordedTimes =
  | Float64Array
  | { readonly column: Float64Array; readonly pieces: readonly (readonly [from: number, to: number])[] };

/** Recorded times of all tasks for one cost: the parts that its column is filled with. */
export interface RecordedCost {
  /** By task; undefined where it has none. */
  readonly parts: readonly (RecordedTimes | undefined)[];
}

/** What operations took in the recording, by cost; undefined for those of which nothing is known. */
export function recordedCosts(
  opCosts: readonly (readonly (RecordedTimes | undefined)[])[] | undefined,
  costs: number,
): readonly (RecordedCost | undefined)[] {
  return Array.from({ length: costs }, (_, cost) => {
    const parts = opCosts?.map((ofTask) => ofTask[cost]) ?? [];
    return parts.some((part) => part !== undefined) ? { parts } : undefined;
  });
}

/** Fills a column with recorded times, task after task; NaN where nothing is known. */
export function fillRecorded(
  { first }: OperationColumns,
  { parts }: RecordedCost,
  column: Float64Array,
): void {
  for (let task = 0; task + 1 < first.length; task++) {
    const part = parts[task];
    let at = first[task]!;
    if (part instanceof Float64Array) at = addTimes(part, 0, part.length, column, at);
    else if (part) for (const [from, to] of part.pieces) at = addTimes(part.column, from, to, column, at);
    column.fill(Number.NaN, at, first[task + 1]!);
  }
}

/** Copies times as the machine knows them; returns where the next ones go. */
function addTimes(times: Float64Array, from: number, to: number, column: Float64Array, at: number): number {
  for (let i = from; i < to; i++) column[at + i - from] = quantised(times[i]!);
  return at + to - from;
}
