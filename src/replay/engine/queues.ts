import type { DrainPoint } from '../../model/preemption.ts';
import { type OperationColumns, sizeClassOf } from './columns.ts';
import { Level } from './level.ts';
import type { MachineRun, QueueUse } from './machine.ts';
import type { Scheduler } from './scheduler.ts';
import { USUAL_SCHEDULING } from './scheduling.ts';

/** Operations that wait, first in first out. */
class Ring {
  #items = new Int32Array(1024);
  #at = 0;
  length = 0;

  push(item: number): void {
    if (this.length === this.#items.length) this.#grow();
    this.#items[(this.#at + this.length++) & (this.#items.length - 1)] = item;
  }

  /** The oldest; there must be one. */
  first(): number {
    return this.#items[this.#at]!;
  }

  take(): number {
    const item = this.#items[this.#at]!;
    this.#at = (this.#at + 1) & (this.#items.length - 1);
    this.length--;
    return item;
  }

  #grow(): void {
    const bigger = new Int32Array(this.#items.length * 2);
    for (let k = 0; k < this.length; k++) bigger[k] = this.#items[(this.#at + k) & (this.#items.length - 1)]!;
    this.#items = bigger;
    this.#at = 0;
  }
}

/**
 * Deferred frees: a queue for all CPUs, or a buffer for each. A full buffer waits for the worker, which
 * takes it and leaves an empty one; or its CPU takes a spare one, if there is any. What waits is the
 * operation that gave its handle away.
 */
export class Queues {
  readonly #columns: OperationColumns;
  readonly #threads: Scheduler;
  readonly #run: MachineRun;
  readonly #capacity: Int32Array;
  readonly #isPerCpu: readonly boolean[];
  /** By queue: spare buffers, full ones that CPUs have no more, and handles done of the one at work. */
  readonly #spare: Int32Array;
  readonly #taken: Int32Array;
  readonly #doneOfBuffer: Int32Array;
  /** By queue: CPU whose buffer the worker looks at next; it goes through all of them once a work item. */
  readonly #lookAt: Int32Array;
  /** By queue: where its worker offers its CPU. */
  readonly #points: readonly DrainPoint[];
  readonly #longestRun: Int32Array;
  readonly #buffers: readonly (readonly Int32Array[])[];
  readonly #filled: readonly Int32Array[];
  /** By queue and CPU: handles of the buffer that its own CPU has taken. */
  readonly #takenOf: readonly Int32Array[];
  readonly #wakes: readonly boolean[];
  readonly #waiting: readonly Ring[];
  readonly #held: Int32Array;
  readonly #levels: readonly Level[];
  readonly #use: readonly QueueUse[];
  /** By worker: the lock it keeps from handle to handle, and for how many so far. */
  readonly #runLength: Int32Array;

  constructor(run: MachineRun, columns: OperationColumns, threads: Scheduler) {
    const { cpus } = run;
    const declarations = run.program.queues.map((queue) => queue.declaration);
    this.#run = run;
    this.#columns = columns;
    this.#threads = threads;
    this.#capacity = Int32Array.from(declarations, (queue) => queue.entries);
    this.#isPerCpu = declarations.map((queue) => queue.per === 'cpu');
    this.#spare = Int32Array.from(declarations, (queue) => queue.buffers);
    this.#longestRun = Int32Array.from(declarations, (queue) => queue.classRun ?? 1);
    this.#taken = new Int32Array(declarations.length);
    this.#doneOfBuffer = new Int32Array(declarations.length);
    this.#lookAt = new Int32Array(declarations.length);
    const { drain } = (run.scheduling ?? USUAL_SCHEDULING).preemption;
    this.#points = declarations.map((queue) => (queue.offersCpu ? 'handle' : drain));
    this.#buffers = declarations.map((queue) =>
      Array.from({ length: queue.per === 'cpu' ? cpus : 0 }, () => new Int32Array(queue.entries)),
    );
    this.#filled = declarations.map(() => new Int32Array(cpus));
    this.#takenOf = declarations.map(() => new Int32Array(cpus));
    this.#wakes = declarations.map((queue) => queue.wakes !== 'never');
    this.#waiting = declarations.map(() => new Ring());
    this.#held = new Int32Array(declarations.length);
    this.#runLength = new Int32Array(declarations.length);
    this.#levels = declarations.map(() => new Level());
    this.#use = run.program.queues.map(({ name }) => ({
      name,
      queued: 0,
      drained: 0,
      overflowed: 0,
      most: 0,
      leftOver: 0,
      bytesLeftOver: 0,
      level: { slotNs: 0, most: new Int32Array(0) },
    }));
  }

  /** Puts an operation's handle into a queue, at its CPU's time; false when that is full. May wake the worker. */
  enqueue(queue: number, operation: number, cpu: number): boolean {
    const use = this.#use[queue]!;
    const capacity = this.#capacity[queue]!;
    const filled = this.#filled[queue]!;
    if (filled[cpu] === capacity) this.#swapForSpare(queue, cpu);
    const waits = this.#isPerCpu[queue] ? filled[cpu]! : this.#waiting[queue]!.length;
    if (waits >= capacity) {
      use.overflowed++;
      return false;
    }
    use.queued++;
    if (++this.#held[queue]! > use.most) use.most = this.#held[queue]!;
    this.#levels[queue]!.set(this.#threads.now[cpu]!, this.#held[queue]!);
    if (!this.#isPerCpu[queue]) {
      this.#waiting[queue]!.push(operation);
      this.#threads.wake(this.#threads.firstWorker + queue, cpu, this.#threads.now[cpu]!);
      return true;
    }
    this.#buffers[queue]![cpu]![filled[cpu]!++] = operation;
    if (this.#wakes[queue] && filled[cpu] === capacity) {
      this.#swapForSpare(queue, cpu);
      this.#threads.wake(this.#threads.firstWorker + queue, cpu, this.#threads.now[cpu]!);
    }
    return true;
  }

  /** The next operation for a worker, -1 when nothing waits. */
  take(queue: number): number {
    const waiting = this.#waiting[queue]!;
    if (waiting.length === 0) this.#collect(queue);
    if (waiting.length === 0) return -1;
    this.#held[queue]!--;
    return waiting.take();
  }

  /** The oldest operation of a CPU's own buffer, -1 when nothing is left in it. */
  takeOwn(queue: number, cpu: number): number {
    const taken = this.#takenOf[queue]!;
    const filled = this.#filled[queue]!;
    if (taken[cpu] === filled[cpu]) {
      taken[cpu] = 0;
      filled[cpu] = 0;
      return -1;
    }
    this.#held[queue]!--;
    this.#use[queue]!.drained++;
    return this.#buffers[queue]![cpu]![taken[cpu]!++]!;
  }

  /** A worker has done one: behind it, it may offer its CPU. */
  done(queue: number, workerCpu: number): void {
    this.#use[queue]!.drained++;
    const t = this.#threads.now[workerCpu]!;
    this.#levels[queue]!.set(t, this.#held[queue]!);
    let isBufferDone = this.#waiting[queue]!.length === 0;
    if (this.#isPerCpu[queue] && ++this.#doneOfBuffer[queue]! === this.#capacity[queue]!) {
      this.#doneOfBuffer[queue] = 0;
      this.#taken[queue]!--;
      isBufferDone = true;
    }
    const point = this.#points[queue]!;
    const isItemDone =
      isBufferDone && this.#waiting[queue]!.length === 0 && this.#fullFrom(queue, this.#lookAt[queue]!) < 0;
    const offers = point === 'handle' || isItemDone || (point === 'buffer' && isBufferDone);
    this.#threads.isBusy[this.#threads.firstWorker + queue] = offers ? 0 : 1;
  }

  /** A worker has come to the release of a lock: it keeps it when the next handle is of the same class. */
  keepsLock(queue: number, sizeClass: number): boolean {
    const waiting = this.#waiting[queue]!;
    const keeps =
      ++this.#runLength[queue]! < this.#longestRun[queue]! &&
      waiting.length > 0 &&
      sizeClassOf(this.#columns, waiting.first()) === sizeClass;
    if (!keeps) this.#runLength[queue] = 0;
    return keeps;
  }

  /** What the queues did; counts what they still hold. */
  settle(): readonly QueueUse[] {
    this.#use.forEach((use, queue) => {
      use.level = this.#levels[queue]!.result();
      this.#buffers[queue]!.forEach((buffer, cpu) => {
        const filled = this.#filled[queue]![cpu]!;
        use.leftOver += filled;
        for (let k = 0; k < filled; k++) {
          const sizeClass = sizeClassOf(this.#columns, buffer[k]!);
          if (sizeClass >= 0) use.bytesLeftOver += this.#run.pool.classes[sizeClass]!.size;
        }
      });
      if (this.#waiting[queue]!.length > 0)
        throw new Error(`${use.name}: its worker has not done everything`);
    });
    return this.#use;
  }

  /** A full buffer goes to the worker's list, if there is a spare one in its place. */
  #swapForSpare(queue: number, cpu: number): void {
    const isFull = this.#wakes[queue] && this.#filled[queue]![cpu] === this.#capacity[queue];
    if (isFull && this.#taken[queue]! < this.#spare[queue]!) this.#takeBuffer(queue, cpu);
  }

  /** The worker, with nothing left to do, looks for a full buffer; behind the last CPU it begins anew. */
  #collect(queue: number): void {
    if (!this.#isPerCpu[queue]) return;
    let cpu = this.#fullFrom(queue, this.#lookAt[queue]!);
    if (cpu < 0) cpu = this.#fullFrom(queue, 0);
    this.#lookAt[queue] = cpu + 1;
    if (cpu >= 0) this.#takeBuffer(queue, cpu);
  }

  /** The first CPU from a number on that has a full buffer, or -1. */
  #fullFrom(queue: number, from: number): number {
    const filled = this.#filled[queue]!;
    if (!this.#isPerCpu[queue] || !this.#wakes[queue]) return -1;
    for (let cpu = from; cpu < filled.length; cpu++) if (filled[cpu] === this.#capacity[queue]) return cpu;
    return -1;
  }

  #takeBuffer(queue: number, cpu: number): void {
    const buffer = this.#buffers[queue]![cpu]!;
    const waiting = this.#waiting[queue]!;
    if (this.#run.program.queues[queue]!.declaration.sortsByClass)
      buffer.sort((x, y) => sizeClassOf(this.#columns, x) - sizeClassOf(this.#columns, y));
    for (const operation of buffer) waiting.push(operation);
    this.#filled[queue]![cpu] = 0;
    this.#taken[queue]!++;
  }
}
