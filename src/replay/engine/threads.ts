import type { MachineRun } from './machine.ts';

/** No thread, no lock, no path. */
export const NONE = -1;
/** Where a thread goes on when it is between two operations. */
export const BETWEEN = 0;

/** Threads as columns: tasks, then a worker for each queue, then hogs, then what pulls threads to idle CPUs. */
export class Threads {
  readonly firstWorker: number;
  readonly firstHog: number;
  /** One for each CPU, where threads may change their CPU. */
  readonly firstPuller: number;
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
  /** 1: a worker in the middle of what it does not interrupt. */
  readonly isBusy: Int32Array;

  /** Some CPU may be without work while threads wait for another one that they need not stay on. */
  readonly canPull: boolean;
  /** Workers go where they are woken, or where there is room. */
  protected readonly workersMove: boolean;

  constructor(run: MachineRun, first: Int32Array) {
    const { cpus, tasks, hogs, workerCpu, program } = run;
    const onCpu = Array.from({ length: cpus }, (_, cpu) => {
      const own = tasks.filter((task) => task.cpu === cpu && !task.background).length;
      return own > 0 ? own + (hogs[cpu] ?? 0) : 0;
    });
    this.workersMove = workerCpu < 0 && program.queues.some((queue) => queue.declaration.wakes !== 'never');
    this.canPull = cpus > 1 && (this.workersMove || onCpu.some((count) => count > 1));
    this.firstWorker = tasks.length;
    this.firstHog = this.firstWorker + program.queues.length;
    this.firstPuller = this.firstHog + hogs.reduce((sum, count) => sum + count, 0);
    this.threads = this.firstPuller + (this.canPull ? cpus : 0);
    const { threads } = this;

    this.cpuOf = new Int32Array(threads).fill(Math.max(0, workerCpu));
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
    this.isBusy = new Int32Array(threads);
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
    });
  }
}
