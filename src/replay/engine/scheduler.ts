import type { MachineRun } from './machine.ts';
import { quantised } from './time.ts';

/** No thread, no lock, no path. */
export const NONE = -1;
/** Where a thread goes on when it is between two operations. */
export const BETWEEN = 0;

/**
 * CPUs and the threads on them: tasks, then a worker for each queue, then hogs. A thread is moved
 * aside only between two operations, or when it sleeps for a mutex; threads take turns by slices.
 */
export class Scheduler {
  // By CPU.
  /** When the CPU comes to its next event; infinite while it waits or has nothing to do. */
  readonly now: Float64Array;
  readonly running: Int32Array;
  readonly #sliceEnd: Float64Array;
  readonly #threadsOf: readonly number[][];
  /** 1: one task has the CPU for itself, so nobody needs to be asked between its operations. */
  readonly alone: Int32Array;

  // By thread.
  readonly firstWorker: number;
  readonly firstHog: number;
  readonly threads: number;
  readonly cpuOf: Int32Array;
  readonly readyNs: Float64Array;
  readonly pc: Int32Array;
  /** Operation at hand, and the next one of a task; rows of the columns. */
  readonly operation: Int32Array;
  readonly next: Int32Array;
  readonly last: Int32Array;
  readonly startNs: Float64Array;
  readonly luck: Int32Array;
  /** Time waited for lines and locks. */
  readonly waitedNs: Float64Array;
  /** The zspage at hand: its number, its pages, objects moved out of it, and what is known of it. */
  readonly zspage: Int32Array;
  readonly pages: Int32Array;
  readonly objects: Int32Array;
  readonly conditions: Int32Array;
  readonly asleep: Int32Array;
  /** 1: within an operation, until a known time. */
  readonly naps: Int32Array;
  /** A lock that a worker keeps from one operation to the next; whoever keeps one is not moved aside. */
  readonly kept: Int32Array;
  /** The operation that goes through a queue, while a queued one is at hand. */
  readonly calling: Int32Array;
  /** First page of the folio at hand; the next page; where its batch begins and ends; it is in batches. */
  readonly lead: Int32Array;
  readonly page: Int32Array;
  readonly batch: Int32Array;
  readonly batchEnd: Int32Array;
  readonly batched: Int32Array;
  /** 1: a task that others do not wait for. */
  readonly isBackground: Int32Array;
  /** Operation that a background task goes on with after its last one; NONE for the end. */
  readonly #again: Int32Array;
  readonly #thinkNs: Float64Array;

  // Accounts of CPU time, kept where it goes: see `settle`.
  #idleNs = 0;
  #switchesNs = 0;
  #hogsNs = 0;
  /** By CPU: since when it has no thread; until when it idles, and the switch that follows, as planned. */
  readonly #emptySince: Float64Array;
  readonly #idleUntil: Float64Array;
  readonly #plannedSwitch: Float64Array;

  #tasksLeft = 0;
  #tasksEndNs = 0;
  readonly #sliceNs: number;
  readonly #wakeNs: number;
  /** CPU of all workers; negative: each runs where it is woken. */
  readonly workerCpu: number;
  readonly #switchNs: number;

  constructor(run: MachineRun, queues: number, first: Int32Array, thinkNs: Float64Array) {
    const { cpus, tasks, hogs, times } = run;
    this.#sliceNs = quantised(times.sliceNs);
    this.#wakeNs = quantised(times.wakeNs);
    this.#switchNs = quantised(times.contextSwitchNs);
    this.workerCpu = run.workerCpu;
    this.firstWorker = tasks.length;
    this.firstHog = this.firstWorker + queues;
    this.threads = this.firstHog + hogs.reduce((sum, count) => sum + count, 0);
    const { threads } = this;

    this.cpuOf = new Int32Array(threads).fill(Math.max(0, run.workerCpu));
    tasks.forEach((task, t) => {
      this.cpuOf[t] = task.cpu;
    });
    let hog = this.firstHog;
    hogs.forEach((count, cpu) => {
      for (let k = 0; k < count; k++) this.cpuOf[hog++] = cpu;
    });
    this.readyNs = new Float64Array(threads);
    this.pc = new Int32Array(threads).fill(BETWEEN);
    this.operation = new Int32Array(threads);
    this.next = new Int32Array(threads);
    this.last = new Int32Array(threads);
    this.startNs = new Float64Array(threads);
    this.luck = new Int32Array(threads);
    this.waitedNs = new Float64Array(threads);
    this.zspage = new Int32Array(threads).fill(NONE);
    this.pages = new Int32Array(threads);
    this.objects = new Int32Array(threads);
    this.calling = new Int32Array(threads).fill(NONE);
    this.lead = new Int32Array(threads);
    this.page = new Int32Array(threads);
    this.batch = new Int32Array(threads);
    this.batchEnd = new Int32Array(threads);
    this.batched = new Int32Array(threads);
    this.isBackground = new Int32Array(threads);
    this.#again = new Int32Array(threads).fill(NONE);
    this.#thinkNs = thinkNs;
    this.conditions = new Int32Array(threads);
    this.asleep = new Int32Array(threads);
    this.naps = new Int32Array(threads);
    this.kept = new Int32Array(threads).fill(NONE);
    for (let worker = this.firstWorker; worker < this.firstHog; worker++) {
      this.asleep[worker] = 1;
      this.readyNs[worker] = Number.POSITIVE_INFINITY;
    }
    tasks.forEach((task, t) => {
      this.next[t] = first[t]!;
      this.last[t] = first[t + 1]!;
      if (task.background) this.isBackground[t] = 1;
      if (task.background === 'again') this.#again[t] = first[t]!;
      if (first[t] === first[t + 1]) this.readyNs[t] = Number.POSITIVE_INFINITY;
      else {
        this.readyNs[t] = thinkNs[first[t]!]!;
        if (!task.background) this.#tasksLeft++;
      }
    });

    this.now = new Float64Array(cpus).fill(Number.POSITIVE_INFINITY);
    this.running = new Int32Array(cpus).fill(NONE);
    this.#sliceEnd = new Float64Array(cpus);
    this.#emptySince = new Float64Array(cpus);
    this.#idleUntil = new Float64Array(cpus);
    this.#plannedSwitch = new Float64Array(cpus);
    this.#threadsOf = Array.from({ length: cpus }, () => []);
    for (let t = 0; t < threads; t++) this.#threadsOf[this.cpuOf[t]!]!.push(t);
    const workersMove = queues > 0 && run.workerCpu < 0;
    this.alone = Int32Array.from(this.#threadsOf, (list) =>
      !workersMove && list.length === 1 && list[0]! < this.firstWorker && !this.isBackground[list[0]!]
        ? 1
        : 0,
    );
    for (let cpu = 0; cpu < cpus; cpu++) this.schedule(cpu, 0);
  }

  /** CPUs that have any thread. */
  get usedCpus(): readonly number[] {
    return this.#threadsOf.flatMap((list, cpu) => (list.length > 0 ? [cpu] : []));
  }

  /** All operations of all tasks are done. */
  get tasksAreDone(): boolean {
    return this.#tasksLeft === 0;
  }

  /** At this time an earlier CPU comes first: equal times go by the number of the CPU. */
  yields(cpu: number, t: number): boolean {
    for (let k = 0; k < cpu; k++) if (this.now[k]! <= t) return true;
    return false;
  }

  /** The next thread of a CPU: the one that is ready first, in turn among those that are ready. */
  schedule(cpu: number, t: number): void {
    const list = this.#threadsOf[cpu]!;
    const last = this.running[cpu]!;
    this.#endIdle(cpu, t);
    const from = last === NONE ? 0 : list.indexOf(last) + 1;
    let best = NONE;
    let bestAt = Number.POSITIVE_INFINITY;
    for (let k = 0; k < list.length; k++) {
      const thread = list[(from + k) % list.length]!;
      const at = Math.max(t, this.readyNs[thread]!);
      if (at < bestAt) {
        bestAt = at;
        best = thread;
      }
    }
    this.running[cpu] = best;
    if (best === NONE) {
      this.now[cpu] = Number.POSITIVE_INFINITY;
      this.#emptySince[cpu] = t;
      return;
    }
    this.#planIdle(cpu, t, bestAt);
    const switchNs = best !== last && last !== NONE ? this.#switchNs : 0;
    this.#plannedSwitch[cpu] = switchNs;
    this.#switchesNs += switchNs;
    this.now[cpu] = bestAt + switchNs;
    this.#sliceEnd[cpu] = this.now[cpu]! + this.#sliceNs;
  }

  /** A task's operation has ended; the next one, if any, may start at `readyNs`. */
  ended(cpu: number, thread: number, t: number, readyNs: number): void {
    if (readyNs === Number.POSITIVE_INFINITY) {
      this.#tasksLeft--;
      if (t > this.#tasksEndNs) this.#tasksEndNs = t;
    }
    this.pause(cpu, thread, t, readyNs);
  }

  /**
   * A thread is between two operations: it keeps its CPU until its slice is over, or when nobody else
   * is there; a pause as long as a slice is taken for sleep.
   */
  pause(cpu: number, thread: number, t: number, readyNs: number): void {
    this.readyNs[thread] = readyNs;
    const keeps =
      readyNs !== Number.POSITIVE_INFINITY &&
      (this.#threadsOf[cpu]!.length === 1 ||
        this.kept[thread] !== NONE ||
        (t < this.#sliceEnd[cpu]! && readyNs - t < this.#sliceNs));
    if (!keeps) {
      this.schedule(cpu, t);
      return;
    }
    this.#planIdle(cpu, t, readyNs);
    this.#plannedSwitch[cpu] = 0;
    this.now[cpu] = readyNs;
  }

  /** A worker has ended an operation at its CPU's time, and could start the next one at once. */
  goOn(cpu: number, thread: number): void {
    const t = this.now[cpu]!;
    this.pause(cpu, thread, t, t);
  }

  /** All tasks that anybody waits for have ended before `t`. */
  isOver(t: number): boolean {
    return this.#tasksLeft === 0 && t >= this.#tasksEndNs;
  }

  /** A background task ends. */
  retire(cpu: number, thread: number, t: number): void {
    this.readyNs[thread] = Number.POSITIVE_INFINITY;
    this.schedule(cpu, t);
  }

  /** A background task has ended an operation; when its next one may start. */
  turnOver(thread: number, operation: number, t: number): number {
    const isLast = operation + 1 === this.last[thread];
    const next = isLast ? this.#again[thread]! : operation + 1;
    this.next[thread] = next;
    return next === NONE ? Number.POSITIVE_INFINITY : t + this.#thinkNs[next]!;
  }

  /** A hog uses a slice up; it goes when the last task has gone. */
  spin(cpu: number, thread: number, t: number): void {
    const isOver = this.isOver(t);
    const until = isOver ? t : t + this.#sliceNs;
    this.#hogsNs += until - t;
    this.readyNs[thread] = isOver ? Number.POSITIVE_INFINITY : until;
    this.now[cpu] = until;
    this.schedule(cpu, until);
  }

  /** A thread sleeps within an operation until `readyNs`, which is set; its CPU is free for others. */
  nap(cpu: number, thread: number, t: number): void {
    this.naps[thread] = 1;
    this.schedule(cpu, t);
  }

  /** A worker has nothing to do until it is woken. */
  sleep(cpu: number, thread: number, t: number): void {
    this.asleep[thread] = 1;
    this.readyNs[thread] = Number.POSITIVE_INFINITY;
    this.schedule(cpu, t);
  }

  /** A worker has something to do that a CPU gave it; it starts when it has woken up and has a CPU. */
  wake(thread: number, by: number, t: number): void {
    if (!this.asleep[thread]) return;
    this.asleep[thread] = 0;
    if (this.workerCpu < 0 && this.cpuOf[thread] !== by) {
      const list = this.#threadsOf[this.cpuOf[thread]!]!;
      list.splice(list.indexOf(thread), 1);
      this.#threadsOf[by]!.push(thread);
      this.cpuOf[thread] = by;
    }
    this.makeReady(thread, t);
  }

  /** A sleeping thread gets its CPU at once when that idles, else at the end of a shortened slice. */
  makeReady(thread: number, t: number): void {
    const ready = t + this.#wakeNs;
    this.readyNs[thread] = ready;
    const cpu = this.cpuOf[thread]!;
    const present = this.running[cpu]!;
    const idles =
      present === NONE ||
      (this.naps[present] === 1 && this.now[cpu]! > ready) ||
      (this.pc[present] === BETWEEN && this.readyNs[present]! - ready >= this.#sliceNs);
    if (idles) this.schedule(cpu, t);
    else this.#sliceEnd[cpu] = Math.min(this.#sliceEnd[cpu]!, ready + this.#sliceNs);
  }

  /**
   * After the last event: where the time of all CPUs went that no operation took, each part summed up
   * where it happened. `thinkNs` are the pauses of tasks with a CPU to themselves, who ask nobody.
   */
  settle(first: Int32Array, thinkNs: Float64Array): CpuTime {
    const endNs = this.#emptySince.reduce((last, since) => Math.max(last, since), 0);
    let idleNs = this.#idleNs;
    for (const since of this.#emptySince) idleNs += endNs - since;
    for (let task = 0; task < this.firstWorker; task++) {
      if (this.alone[this.cpuOf[task]!] === 0) continue;
      // The first pause went through the scheduler.
      for (let op = first[task]! + 1; op < first[task + 1]!; op++) idleNs += thinkNs[op]!;
    }
    return { endNs, idleNs, hogsNs: this.#hogsNs, switchesNs: this.#switchesNs };
  }

  #planIdle(cpu: number, from: number, until: number): void {
    this.#idleNs += until - from;
    this.#idleUntil[cpu] = until;
  }

  /** A CPU has something else to do from `t` on: it was empty until then, or idles less than planned. */
  #endIdle(cpu: number, t: number): void {
    if (this.running[cpu] === NONE) this.#idleNs += t - this.#emptySince[cpu]!;
    else if (t <= this.#idleUntil[cpu]!) {
      this.#idleNs -= this.#idleUntil[cpu]! - t;
      this.#switchesNs -= this.#plannedSwitch[cpu]!;
    }
  }
}

/** Time of all CPUs beside operations, ns. */
export interface CpuTime {
  /** When the last CPU had nothing left to do. */
  readonly endNs: number;
  readonly idleNs: number;
  readonly hogsNs: number;
  readonly switchesNs: number;
}
