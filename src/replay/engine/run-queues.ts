import type { MachineRun } from './machine.ts';
import { BETWEEN, NONE, Threads } from './threads.ts';
import { quantised } from './time.ts';

/** Which threads belong to which CPU, and where there is room for those that need not stay. */
export class RunQueues extends Threads {
  // By CPU.
  /** When the CPU comes to its next event; infinite while it waits or has nothing to do. */
  readonly now: Float64Array;
  readonly running: Int32Array;
  /** Who woke up last, and goes first when room is made. */
  protected readonly woken: Int32Array;
  protected readonly threadsOf: readonly number[][];
  /** CPUs of background tasks and of a worker alone are not for others. */
  protected readonly isOpen: readonly boolean[];
  /** By thread: it need not stay on its CPU. */
  protected readonly isMovable: Uint8Array;
  protected readonly sliceNs: number;

  constructor(run: MachineRun, first: Int32Array) {
    super(run, first);
    const { cpus, times, workerCpu, program } = run;
    const { threads, firstWorker, firstHog } = this;
    this.sliceNs = quantised(times.sliceNs);
    this.now = new Float64Array(cpus).fill(Number.POSITIVE_INFINITY);
    this.running = new Int32Array(cpus).fill(NONE);
    this.woken = new Int32Array(cpus).fill(NONE);
    this.threadsOf = Array.from({ length: cpus }, () => []);
    for (let t = 0; t < this.firstPuller; t++) this.threadsOf[this.cpuOf[t]!]!.push(t);
    this.isOpen = this.threadsOf.map(
      (list, cpu) => cpu !== workerCpu && !list.some((thread) => this.isBackground[thread]),
    );
    this.isMovable = Uint8Array.from({ length: threads }, (_, thread) => {
      if (thread < firstWorker) return this.isBackground[thread] ? 0 : 1;
      if (thread >= firstHog || workerCpu >= 0) return 0;
      const { worker } = program.queues[thread - firstWorker]!.declaration;
      return worker === 'unbound' || worker === 'thread' ? 1 : 0;
    });
  }

  /** No thread is there, at most one that pulls others. */
  protected isEmpty(cpu: number): boolean {
    return this.running[cpu] === NONE || this.running[cpu]! >= this.firstPuller;
  }

  protected idles(cpu: number, t: number): boolean {
    if (this.isEmpty(cpu)) return true;
    const present = this.running[cpu]!;
    if (this.naps[present] === 1 && this.now[cpu]! > t) return true;
    return this.pc[present] === BETWEEN && this.readyNs[present]! - t >= this.sliceNs;
  }

  /** Where a thread that may run anywhere wakes up: where it ran, if that idles, else where it is idle. */
  protected roomFor(thread: number, by: number, t: number): number {
    const own = this.cpuOf[thread]!;
    if (this.isOpen[own] && this.idles(own, t)) return own;
    const other = this.isOpen.findIndex((isOpen, cpu) => isOpen && this.idles(cpu, t));
    return other < 0 ? by : other;
  }

  protected move(thread: number, to: number): void {
    const from = this.cpuOf[thread]!;
    if (from === to) return;
    const list = this.threadsOf[from]!;
    list.splice(list.indexOf(thread), 1);
    this.threadsOf[to]!.push(thread);
    this.cpuOf[thread] = to;
    if (this.woken[from] === thread) this.woken[from] = NONE;
  }

  #canBePulled(thread: number, t: number): boolean {
    return (
      this.isMovable[thread] === 1 &&
      this.readyNs[thread]! - t < this.sliceNs &&
      this.pc[thread] === BETWEEN &&
      this.kept[thread] === NONE &&
      this.running[this.cpuOf[thread]!] !== thread
    );
  }

  protected waitsAnywhere(t: number): boolean {
    for (let thread = 0; thread < this.firstHog; thread++) if (this.#canBePulled(thread, t)) return true;
    return false;
  }

  /** Threads that wait for the CPU for which most wait, the next one in turn there first. */
  protected mostWaiting(t: number): readonly number[] {
    let most: readonly number[] = [];
    this.threadsOf.forEach((list, cpu) => {
      const turn = list.indexOf(this.running[cpu]!) + 1;
      const waiting = [...list.slice(turn), ...list.slice(0, turn)].filter((thread) =>
        this.#canBePulled(thread, t),
      );
      if (waiting.length > most.length) most = waiting;
    });
    return most;
  }
}
