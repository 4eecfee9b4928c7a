/** Index into a {@link TaskTable}; -1 means that the trace does not say which task ran. */
export type TaskId = number;

/** What ftrace prints for a task whose comm it did not save. */
const UNKNOWN_COMM = '<...>';

/** One task as the trace names it. `comm` may be cut (function_graph prints 7 characters). */
export interface Task {
  readonly pid: number;
  comm: string;
}

/**
 * Tasks seen in a trace, one row a pid. Pid 0 is the idle task, one for each CPU, so it is told
 * apart by its CPU as well. A later, longer comm for the same pid replaces a cut one, any comm replaces
 * none (`<...>`, ''); a task that changes its name (exec, prctl) keeps the first.
 */
export class TaskTable {
  readonly rows: Task[] = [];
  #byPid = new Map<number, TaskId>();

  get size(): number {
    return this.rows.length;
  }

  /**
   * The id for a pid, added when new; `cpu` matters for pid 0 only. Inputs that hold the tasks of
   * several machines (host and guest) number the machines, since a pid means another task on each.
   */
  intern(pid: number, comm: string, cpu: number, machine = 0): TaskId {
    const key = pid === 0 ? -1 - cpu : pid + machine * 2 ** 32;
    const known = this.#byPid.get(key);
    if (known !== undefined) {
      const row = this.rows[known]!;
      if (row.comm === UNKNOWN_COMM || row.comm === '') row.comm = comm || row.comm;
      else if (comm.length > row.comm.length && comm.startsWith(row.comm)) row.comm = comm;
      return known;
    }
    const id = this.rows.length;
    this.rows.push({ pid, comm });
    this.#byPid.set(key, id);
    return id;
  }

  /** The id for a pid that may not be in the table: -1. */
  find(pid: number, cpu: number): TaskId {
    return this.#byPid.get(pid === 0 ? -1 - cpu : pid) ?? -1;
  }

  /** `comm-pid`, as ftrace prints it; `(unknown)` for -1. */
  text(id: TaskId): string {
    if (id < 0) return '(unknown)';
    const row = this.rows[id]!;
    return `${row.comm}-${row.pid}`;
  }
}
