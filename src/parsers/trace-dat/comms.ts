const LINE = /^(\d{1,10}) (.*)$/gm;
const MAX_COMM_LENGTH = 64;
const MAX_TASKS = 1 << 20;

/** Names of tasks by pid: saved_cmdlines, and what sched_switch tells later. */
export class Comms {
  readonly #byPid = new Map<number, string>();

  constructor(savedCmdlines: string) {
    for (const m of savedCmdlines.matchAll(LINE)) this.learn(Number(m[1]), m[2]!.slice(0, MAX_COMM_LENGTH));
  }

  /** Keeps the name of a pid that has none yet. Returns true when it is new. */
  learn(pid: number, comm: string): boolean {
    if (this.#byPid.has(pid) || this.#byPid.size >= MAX_TASKS) return false;
    this.#byPid.set(pid, comm);
    return true;
  }

  has(pid: number): boolean {
    return this.#byPid.has(pid);
  }

  /** The name as ftrace prints it: `<idle>` for pid 0, `<...>` where it is not known. */
  text(pid: number): string {
    if (pid === 0) return '<idle>';
    return this.#byPid.get(pid) ?? '<...>';
  }
}
