import type { NameTable } from '../trace/names.ts';
import { type SpanBatch, SpanFlag } from '../trace/spans.ts';
import type { TaskTable } from '../trace/tasks.ts';

/** Which calls count. Everything given must hold. */
export interface Filters {
  /** Functions by name or glob (`zs_*`), without module. */
  readonly functions?: readonly string[];
  /** Only calls of these functions and what they call. */
  readonly roots?: readonly string[];
  readonly cpus?: ReadonlySet<number>;
  readonly pids?: ReadonlySet<number>;
  /** Task names by glob; function_graph cuts names to 7 characters, so a prefix matches too. */
  readonly comms?: readonly string[];
  /** Trace clock, ns, absolute. */
  readonly fromNs?: number;
  readonly toNs?: number;
  /** Levels below the outermost call shown (below the root, with roots). */
  readonly depth?: number;
  /** Modules by glob; `kernel` means code that is built in. */
  readonly modules?: readonly string[];
}

/** A regular expression for a glob of `*` and `?`. */
export function globPattern(globs: readonly string[]): RegExp {
  const escaped = globs.map((glob) =>
    glob
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.'),
  );
  return new RegExp(`^(?:${escaped.join('|')})$`);
}

/**
 * Says of each row of spans whether it counts. Names and tasks are looked up once each.
 */
export class RowFilter {
  /** False when every row counts, so that hot loops need not ask. */
  readonly active: boolean;
  readonly #filters: Filters;
  readonly #names: NameTable;
  readonly #tasks: TaskTable;
  readonly #function: RegExp | null;
  readonly #module: RegExp | null;
  readonly #comm: RegExp | null;
  #nameOk: Int8Array = new Int8Array(0);
  #taskOk: Int8Array = new Int8Array(0);
  #fromNs = Number.NEGATIVE_INFINITY;
  #toNs = Number.POSITIVE_INFINITY;

  constructor(filters: Filters, names: NameTable, tasks: TaskTable) {
    this.#filters = filters;
    this.#names = names;
    this.#tasks = tasks;
    this.#function = filters.functions?.length ? globPattern(filters.functions) : null;
    this.#module = filters.modules?.length ? globPattern(filters.modules) : null;
    this.#comm = filters.comms?.length ? globPattern(filters.comms) : null;
    this.active = Object.values(filters).some((value) => value !== undefined);
  }

  /** Says what the times of the rows are relative to (ns of the trace clock). */
  setOrigin(originNs: number): void {
    this.#fromNs = (this.#filters.fromNs ?? Number.NEGATIVE_INFINITY) - originNs;
    this.#toNs = (this.#filters.toNs ?? Number.POSITIVE_INFINITY) - originNs;
  }

  /** True when row `i` counts in tables by function. */
  accepts(rows: SpanBatch, i: number): boolean {
    return this.acceptsPlace(rows, i) && this.acceptsName(rows.name[i]!);
  }

  /** As {@link accepts}, but whatever the function: for lock tables and call trees. */
  acceptsPlace(rows: SpanBatch, i: number): boolean {
    const f = this.#filters;
    if ((rows.flags[i]! & SpanFlag.InRoot) === 0) return false;
    if (f.depth !== undefined && rows.level[i]! >= f.depth) return false;
    if (f.cpus && !f.cpus.has(rows.cpu[i]!)) return false;
    if ((f.pids || this.#comm) && !this.#acceptsTask(rows.task[i]!)) return false;
    if (f.fromNs !== undefined || f.toNs !== undefined) {
      const start = rows.startNs[i]!;
      if (!(start >= this.#fromNs && start <= this.#toNs)) return false;
    }
    return true;
  }

  /** True for what happens on this CPU at this time, whatever the function and the task. */
  acceptsWhenWhere(cpu: number, timeNs: number): boolean {
    const f = this.#filters;
    if (f.cpus && !f.cpus.has(cpu)) return false;
    if (f.fromNs === undefined && f.toNs === undefined) return true;
    return timeNs >= this.#fromNs && timeNs <= this.#toNs;
  }

  /** True for a task by its id, whatever it does. */
  acceptsTask(task: number): boolean {
    return (!this.#filters.pids && !this.#comm) || this.#acceptsTask(task);
  }

  /** As {@link acceptsTask}, for a task that may not be in the table. */
  acceptsTaskNamed(pid: number, comm: string): boolean {
    return (this.#filters.pids?.has(pid) ?? true) && this.#acceptsComm(comm);
  }

  /** True for a function, whatever calls it. */
  acceptsName(name: number): boolean {
    if (!this.#function && !this.#module) return true;
    if (name >= this.#nameOk.length) this.#nameOk = grown(this.#nameOk, this.#names.size);
    let ok = this.#nameOk[name]!;
    if (ok === 0) {
      const module = this.#names.moduleName(name) || 'kernel';
      const yes =
        (this.#function?.test(this.#names.functionName(name)) ?? true) &&
        (this.#module?.test(module) ?? true);
      ok = yes ? 1 : -1;
      this.#nameOk[name] = ok;
    }
    return ok > 0;
  }

  #acceptsTask(task: number): boolean {
    if (task < 0) return false;
    if (task >= this.#taskOk.length) this.#taskOk = grown(this.#taskOk, this.#tasks.size);
    let ok = this.#taskOk[task]!;
    if (ok === 0) {
      const { pid, comm } = this.#tasks.rows[task]!;
      const yes = (this.#filters.pids?.has(pid) ?? true) && this.#acceptsComm(comm);
      ok = yes ? 1 : -1;
      this.#taskOk[task] = ok;
    }
    return ok > 0;
  }

  #acceptsComm(comm: string): boolean {
    if (!this.#comm) return true;
    if (this.#comm.test(comm)) return true;
    return comm.length === 7 && this.#filters.comms!.some((wanted) => wanted.startsWith(comm));
  }
}

function grown(column: Int8Array, size: number): Int8Array {
  const bigger = new Int8Array(Math.max(256, size * 2));
  bigger.set(column);
  return bigger;
}
