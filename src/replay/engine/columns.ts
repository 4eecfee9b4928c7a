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

/** Operations of all tasks in one table: task after task, in their order. */
export interface OperationColumns {
  /** First operation of each task, and behind the last task their number. */
  readonly first: Int32Array;
  /**
   * Five numbers an operation: handle, size class, slot, cluster, path. Slots and clusters in use are
   * numbered without gaps; a slot that is not known is one of its task.
   */
  readonly rows: Int32Array;
  readonly slots: Members;
  readonly clusters: Members;
  readonly thinkNs: Float64Array;
  /** Pages of the folio that begins at an operation. */
  readonly folioPages: Int32Array;
  /** Pages of the zspage that an operation makes or empties, where that is given. */
  readonly zspagePages: Int32Array;
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
    columns = joined(tasks, clusterSlots);
    known.set(clusterSlots, columns);
  }
  return columns;
}

/** Pages of the folio that begins at each row of a task. */
function folioPagesOf(task: TaskStream): Int32Array {
  return task.pages ?? new Int32Array(task.path.length).fill(1);
}

function joined(tasks: readonly TaskStream[], clusterSlots: number): OperationColumns {
  const first = new Int32Array(tasks.length + 1);
  tasks.forEach((task, t) => {
    first[t + 1] = first[t]! + task.path.length;
  });
  const count = first[tasks.length]!;
  const rows = new Int32Array(count * 5);
  const thinkNs = new Float64Array(count);
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
      thinkNs[from + i] = quantised(task.thinkNs[i]!);
    }
    // A page within a folio is no operation: nobody waits before it.
    for (let i = 0; i < task.path.length; i += folioPages[from + i]!) {
      if (folioPages[from + i]! < 1) throw new RangeError('a folio without pages');
      thinkNs.fill(0, from + i + 1, from + i + folioPages[from + i]!);
    }
  });
  return {
    first,
    rows,
    slots: slots.members(),
    clusters: clusters.members(),
    thinkNs,
    folioPages,
    zspagePages,
  };
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

interface Joined {
  readonly first: Int32Array;
  readonly parts: readonly (Float64Array | undefined)[];
  readonly column: Float64Array;
}
/** Columns of all tasks by that of one of them: designs that run over the same costs join them once. */
const joinedCosts = new WeakMap<Float64Array, Joined>();

/** Recorded costs of the operations of all tasks, by cost; NaN where a task has none. */
export function recordedCosts(
  { first }: OperationColumns,
  opCosts: readonly (readonly (Float64Array | undefined)[])[] | undefined,
  costs: number,
): readonly (Float64Array | undefined)[] {
  const count = first.at(-1)!;
  return Array.from({ length: costs }, (_, cost) => {
    const parts = opCosts?.map((ofTask) => ofTask[cost]) ?? [];
    const key = parts.find((part) => part !== undefined);
    if (!key) return undefined;
    const known = joinedCosts.get(key);
    const isSame = known?.first === first && parts.every((part, t) => part === known.parts[t]);
    if (isSame) return known.column;
    const column = new Float64Array(count).fill(Number.NaN);
    parts.forEach((part, t) => {
      if (part) for (let i = 0; i < part.length; i++) column[first[t]! + i] = quantised(part[i]!);
    });
    joinedCosts.set(key, { first, parts, column });
    return column;
  });
}
