import { IdleTime } from './idle-time.ts';
import type { MachineRun } from './machine.ts';
import { RunQueues } from './run-queues.ts';
import { Turns, USUAL_SCHEDULING } from './scheduling.ts';
import { NONE } from './threads.ts';
import { quantised } from './time.ts';

export { BETWEEN, NONE } from './threads.ts';

/**
 * CPUs and who has them. A thread is moved aside only between two operations, or when it sleeps for a
 * mutex: when another's turn has come ({@link Turns}) and it is at a point where it offers its CPU.
 */
export class Scheduler extends RunQueues {
  // By CPU.
  /** 1: one task has the CPU for itself, so nobody needs to be asked between its operations. */
  readonly alone: Int32Array;
  /** CPU of all workers; negative: each where its kind of worker runs. */
  readonly workerCpu: number;

  /** When the thread at hand came to its CPU, and when it is to make room for another. */
  readonly #beganNs: Float64Array;
  readonly #turnNs: Float64Array;

  // By thread.
  /** Operation that a background task goes on with after its last one; NONE for the end. */
  readonly #again: Int32Array;
  readonly #first: Int32Array;
  readonly #thinkNs: Float64Array;

  readonly #idle: IdleTime;
  #hogsNs = 0;
  #tasksLeft = 0;
  #tasksEndNs = 0;
  /** CPU of the task that ended last. */
  #lastCpu = 0;
  readonly #turns: Turns;
  readonly #wakeNs: number;
  readonly #switchNs: number;
  readonly #pullNs: number;
  readonly #operationsAtOnce: number;

  constructor(run: MachineRun, first: Int32Array, thinkNs: Float64Array) {
    super(run, first);
    const { cpus, tasks, times, workerCpu } = run;
    const { threads, firstWorker } = this;
    const scheduling = run.scheduling ?? USUAL_SCHEDULING;
    this.#turns = new Turns(scheduling, times.sliceNs);
    this.#wakeNs = quantised(times.wakeNs);
    this.#switchNs = quantised(times.contextSwitchNs);
    this.#pullNs = quantised(scheduling.pullNs);
    this.#operationsAtOnce = scheduling.operationsAtOnce;
    this.workerCpu = workerCpu;
    this.#first = first;
    this.#thinkNs = thinkNs;
    this.#again = new Int32Array(threads).fill(NONE);
    tasks.forEach((task, t) => {
      if (task.background === 'again') this.#again[t] = first[t]!;
      if (first[t] === first[t + 1]) this.readyNs[t] = Number.POSITIVE_INFINITY;
      else {
        this.readyNs[t] = thinkNs[first[t]!]!;
        if (!task.background) this.#tasksLeft++;
      }
    });
    for (let puller = this.firstPuller; puller < threads; puller++)
      this.readyNs[puller] = Number.POSITIVE_INFINITY;

    this.#beganNs = new Float64Array(cpus);
    this.#turnNs = new Float64Array(cpus).fill(Number.POSITIVE_INFINITY);
    this.#idle = new IdleTime(cpus);
    this.alone = Int32Array.from(this.threadsOf, (list) => {
      const isOne = list.length === 1 && list[0]! < firstWorker && !this.isBackground[list[0]!];
      return isOne && !this.canPull && !this.workersMove ? 1 : 0;
    });
    for (let cpu = 0; cpu < cpus; cpu++) this.schedule(cpu, 0);
  }

  /** CPUs that may have any thread. */
  get usedCpus(): readonly number[] {
    return this.threadsOf.flatMap((list, cpu) => (this.canPull || list.length > 0 ? [cpu] : []));
  }

  /** All operations of all tasks are done. */
  get tasksAreDone(): boolean {
    return this.#tasksLeft === 0;
  }

  /** The next thread of a CPU: who woke up, else the one that is ready first, in turn among those that are. */
  schedule(cpu: number, t: number): void {
    const list = this.threadsOf[cpu]!;
    const last = this.isEmpty(cpu) ? NONE : this.running[cpu]!;
    this.#idle.end(cpu, t, last === NONE);
    let best = this.woken[cpu]!;
    let bestAt = t;
    this.woken[cpu] = NONE;
    if (best === NONE || this.readyNs[best]! > t) {
      const from = last === NONE ? 0 : list.indexOf(last) + 1;
      best = NONE;
      bestAt = Number.POSITIVE_INFINITY;
      for (let k = 0; k < list.length; k++) {
        const thread = list[(from + k) % list.length]!;
        const at = Math.max(t, this.readyNs[thread]!);
        if (at < bestAt) {
          bestAt = at;
          best = thread;
        }
      }
    }
    this.running[cpu] = best;
    this.#turnNs[cpu] = Number.POSITIVE_INFINITY;
    if (best === NONE) {
      this.now[cpu] = Number.POSITIVE_INFINITY;
      this.#idle.empty(cpu, t);
      if (this.canPull && this.isOpen[cpu] && this.waitsAnywhere(t)) this.#pullLater(cpu, t);
      return;
    }
    const switchNs = best !== last && last !== NONE ? this.#switchNs : 0;
    this.#idle.plan(cpu, t, bestAt, switchNs);
    const begins = bestAt + switchNs;
    this.now[cpu] = begins;
    this.#beganNs[cpu] = begins;
    if (list.length > 1) this.#shareFrom(cpu, list, begins, t);
  }

  /** A task's operation has ended; the next one, if any, may start at `readyNs`. */
  ended(cpu: number, thread: number, t: number, readyNs: number): void {
    if (readyNs === Number.POSITIVE_INFINITY) {
      this.#tasksLeft--;
      if (t > this.#tasksEndNs || (t === this.#tasksEndNs && cpu < this.#lastCpu)) {
        this.#tasksEndNs = t;
        this.#lastCpu = cpu;
      }
    }
    this.pause(cpu, thread, t, readyNs);
  }

  /**
   * A thread is between two operations: it keeps its CPU until it is another's turn, or when nobody else
   * is there; a pause as long as a slice is taken for sleep.
   */
  pause(cpu: number, thread: number, t: number, readyNs: number): void {
    this.readyNs[thread] = readyNs;
    const keeps =
      readyNs !== Number.POSITIVE_INFINITY &&
      (this.threadsOf[cpu]!.length === 1 ||
        this.kept[thread] !== NONE ||
        (readyNs - t < this.sliceNs && (t < this.#turnNs[cpu]! || !this.#isAtPoint(thread))));
    if (!keeps) {
      this.schedule(cpu, t);
      return;
    }
    this.#idle.plan(cpu, t, readyNs, 0);
    this.now[cpu] = readyNs;
  }

  /** A worker has ended an operation at its CPU's time, and could start the next one at once. */
  goOn(cpu: number, thread: number): void {
    const t = this.now[cpu]!;
    this.pause(cpu, thread, t, t);
  }

  /**
   * All tasks that anybody waits for have ended. At the very moment of the last end only its own CPU knows: which of
   * several CPUs comes first at one time must decide nothing.
   */
  isOver(cpu: number, t: number): boolean {
    const isKnown = t > this.#tasksEndNs || (t === this.#tasksEndNs && cpu === this.#lastCpu);
    return this.#tasksLeft === 0 && isKnown;
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

  /** A hog uses its turn up, and goes when the last task has gone; or an idle CPU looks for work. */
  spin(cpu: number, thread: number, t: number): void {
    if (thread >= this.firstPuller) {
      this.#pull(cpu, t);
      return;
    }
    const isOver = this.isOver(cpu, t);
    const until = isOver ? t : this.#turns.endOf(t);
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

  /**
   * A worker has something to do that a CPU gave it, unless it is awake: what is queued already is not
   * queued again. It starts when it has woken up and has a CPU.
   */
  wake(thread: number, by: number, t: number): void {
    if (!this.asleep[thread]) return;
    this.asleep[thread] = 0;
    if (this.workerCpu < 0) this.move(thread, this.isMovable[thread] ? this.roomFor(thread, by, t) : by);
    this.makeReady(thread, t);
  }

  /** A sleeping thread gets its CPU as soon as it has woken up when that idles, else when its turn comes. */
  makeReady(thread: number, t: number): void {
    const cpu = this.cpuOf[thread]!;
    if (this.idles(cpu, t)) {
      this.readyNs[thread] = t + this.#wakeNs;
      this.schedule(cpu, t);
      return;
    }
    this.readyNs[thread] = t;
    this.woken[cpu] = thread;
    this.#turnNs[cpu] = Math.min(this.#turnNs[cpu]!, this.#turns.nextFor(this.#beganNs[cpu]!, t));
    if (this.isMovable[thread]) this.#pullElsewhere(t);
  }

  /**
   * After the last event: where the time of all CPUs went that no operation took, each part summed up
   * where it happened. `thinkNs` are the pauses of tasks with a CPU to themselves, who ask nobody.
   */
  settle(first: Int32Array, thinkNs: Float64Array): CpuTime {
    const { endNs, idleNs, switchesNs } = this.#idle.settle();
    let pausesNs = 0;
    for (let task = 0; task < this.firstWorker; task++) {
      if (this.alone[this.cpuOf[task]!] === 0) continue;
      // The first pause went through the scheduler.
      for (let op = first[task]! + 1; op < first[task + 1]!; op++) pausesNs += thinkNs[op]!;
    }
    return { endNs, idleNs: idleNs + pausesNs, hogsNs: this.#hogsNs, switchesNs };
  }

  /** The thread is where it offers its CPU to others. */
  #isAtPoint(thread: number): boolean {
    if (thread >= this.firstWorker) return this.isBusy[thread] === 0;
    return (this.next[thread]! - this.#first[thread]!) % this.#operationsAtOnce === 0;
  }

  /** When a thread that begins at `begins` has to make room for the others of its CPU. */
  #shareFrom(cpu: number, list: readonly number[], begins: number, t: number): void {
    for (const thread of list) {
      const ready = this.readyNs[thread]!;
      if (thread === this.running[cpu] || ready === Number.POSITIVE_INFINITY) continue;
      const turn = this.#turns.nextFor(begins, Math.max(begins, ready));
      if (turn < this.#turnNs[cpu]!) this.#turnNs[cpu] = turn;
      if (ready - t < this.sliceNs && this.isMovable[thread]) this.#pullElsewhere(t);
    }
  }

  /** Idle CPUs will look for work. */
  #pullElsewhere(t: number): void {
    if (!this.canPull) return;
    this.isOpen.forEach((isOpen, cpu) => {
      if (isOpen && this.running[cpu] === NONE) this.#pullLater(cpu, t);
    });
  }

  #pullLater(cpu: number, t: number): void {
    this.running[cpu] = this.firstPuller + cpu;
    this.now[cpu] = t + this.#pullNs;
  }

  /** An idle CPU takes a thread from where most wait, the next one in turn there. */
  #pull(cpu: number, t: number): void {
    this.running[cpu] = NONE;
    this.now[cpu] = Number.POSITIVE_INFINITY;
    const waiting = this.mostWaiting(t);
    if (waiting.length === 0) return;
    this.move(waiting[0]!, cpu);
    this.schedule(cpu, t);
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
