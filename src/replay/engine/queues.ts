import { type OperationColumns, sizeClassOf } from './columns.ts';
import { Level } from './level.ts';
import type { MachineRun, QueueUse } from './machine.ts';
import type { Scheduler } from './scheduler.ts';

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
 * Deferred frees: a queue for all CPUs, or a buffer for each that goes to the worker when it is full.
 * What waits is the operation that gave its handle away.
 */
export class Queues {
  readonly #columns: OperationColumns;
  readonly #threads: Scheduler;
  readonly #run: MachineRun;
  readonly #capacity: Int32Array;
  readonly #isPerCpu: readonly boolean[];
  /** By queue: full buffers that may wait, those that do, and handles done of the one at work. */
  readonly #most: Int32Array;
  readonly #fullBuffers: Int32Array;
  readonly #doneOfBuffer: Int32Array;
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
    this.#most = Int32Array.from(declarations, (queue) => queue.buffers);
    this.#longestRun = Int32Array.from(declarations, (queue) => queue.classRun ?? 1);
    this.#fullBuffers = new Int32Array(declarations.length);
    this.#doneOfBuffer = new Int32Array(declarations.length);
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
    if (this.#wakes[queue] && filled[cpu] === capacity && this.#fullBuffers[queue]! < this.#most[queue]!)
      this.#handOver(queue, cpu, this.#threads.now[cpu]!);
    return true;
  }

  /** The next operation for a worker, -1 when nothing waits. */
  take(queue: number): number {
    const waiting = this.#waiting[queue]!;
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

  /** A worker has done one: when that was the last of a buffer, the next full one may come. */
  done(queue: number, workerCpu: number): void {
    this.#use[queue]!.drained++;
    const t = this.#threads.now[workerCpu]!;
    this.#levels[queue]!.set(t, this.#held[queue]!);
    if (!this.#isPerCpu[queue] || ++this.#doneOfBuffer[queue]! < this.#capacity[queue]!) return;
    this.#doneOfBuffer[queue] = 0;
    this.#fullBuffers[queue]!--;
    for (let cpu = 0; cpu < this.#run.cpus; cpu++) {
      const isFull = this.#filled[queue]![cpu] === this.#capacity[queue];
      if (isFull && this.#fullBuffers[queue]! < this.#most[queue]!) this.#handOver(queue, cpu, t);
    }
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

  #handOver(queue: number, cpu: number, t: number): void {
    const buffer = this.#buffers[queue]![cpu]!;
    const waiting = this.#waiting[queue]!;
    if (this.#run.program.queues[queue]!.declaration.sortsByClass)
      buffer.sort((x, y) => sizeClassOf(this.#columns, x) - sizeClassOf(this.#columns, y));
    for (const operation of buffer) waiting.push(operation);
    this.#filled[queue]![cpu] = 0;
    this.#fullBuffers[queue]!++;
    this.#threads.wake(this.#threads.firstWorker + queue, cpu, t);
  }
}
