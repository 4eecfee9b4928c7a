import type { LockKind } from '../../model/steps.ts';
import type { OperationColumns } from './columns.ts';
import { LawError, mustAgree, mustNotExceed } from './laws.ts';
import type { LockUse, MachineRun } from './machine.ts';
import { Sharing } from './order.ts';
import { mix } from './random.ts';
import { NONE, type Scheduler } from './scheduler.ts';
import { quantised } from './time.ts';

/**
 * Locks of all families and their queues; a family has a member for each class, slot and so on.
 *
 * The release of a spinlock is no event: its time is noted (`freeNs`), and who comes later finds the
 * lock free or waits until then. Only with a waiter there is one: the head of the queue is put on its
 * CPU's clock at the release and takes the lock from there, one hand-off later. So an uncontended
 * section costs one meeting with other CPUs, not two.
 *
 * Read-write locks are a line that is passed on like any other, and a fair queue behind it
 * (kernel/locking/qrwlock.c): who comes while a writer holds or waits goes to its end. A mutex goes to
 * its first waiter, who sleeps until then and has given its CPU away.
 */
export class Locks {
  // By family.
  readonly first: Int32Array;
  readonly acquisitions: Float64Array;
  readonly contended: Float64Array;
  readonly waitNs: Float64Array;
  /** Of those, what background threads waited. */
  readonly backgroundWaits: Float64Array;
  readonly backgroundWaitNs: Float64Array;
  readonly holdNs: Float64Array;
  /** Waited for the line of a read-write lock. */
  readonly lineSumNs: Float64Array;
  readonly queueNs: Float64Array;
  /** By family: readers that waited behind a writer that held, that waited; how long, and longest. */
  readonly #behindHolder: Float64Array;
  readonly #behindQueue: Float64Array;
  readonly #readersNs: Float64Array;
  readonly #longestReaderNs: Float64Array;
  readonly dataNs: Float64Array;
  readonly #names: readonly string[];
  readonly #kinds: readonly LockKind[];
  readonly #membersOf: Int32Array;

  /** Of families that CPUs do not share: how many members (undefined for others), by CPU since when one is held. */
  readonly ownMembers: readonly (number | undefined)[];
  readonly ownSinceNs: Float64Array;

  // By member of a shared family.
  readonly members: number;
  /** When a spinlock is or becomes free; infinite while the holder has not come to its release. */
  readonly freeNs: Float64Array;
  readonly sinceNs: Float64Array;
  readonly lineFreeNs: Float64Array;
  readonly lastCpu: Int32Array;
  readonly queueLength: Int32Array;
  readonly queueHead: Int32Array;
  readonly readers: Int32Array;
  readonly writer: Int32Array;
  readonly queueTail: Int32Array;
  readonly queueSinceNs: Float64Array;
  /** 1: threads of several CPUs come to it, so it is met in order of time. */
  readonly isShared: Int32Array;

  // By thread that waits.
  readonly nextWaiter: Int32Array;
  readonly waitSinceNs: Float64Array;
  readonly #writes: Uint8Array;

  readonly #threads: Scheduler;
  readonly #seed: number;
  readonly #handOffOneNs: number;
  readonly #handOffManyNs: number;
  /** Where a waiter goes on that was given the lock, by where it waits. */
  readonly #behind: Int32Array;

  constructor(
    run: MachineRun,
    columns: OperationColumns,
    sharing: Int32Array,
    threads: Scheduler,
    behind: Int32Array,
  ) {
    const { program, pool, cpus, times } = run;
    const families = program.locks.length;
    this.#threads = threads;
    this.#behind = behind;
    this.#seed = run.seed;
    this.#handOffOneNs = quantised(times.handOffOneNs);
    this.#handOffManyNs = quantised(times.handOffManyNs);
    this.#names = program.locks.map(({ name }) => name);
    this.#kinds = program.locks.map(({ declaration }) => declaration.kind);
    this.#membersOf = new Int32Array(families);
    this.first = new Int32Array(families + 1);
    this.dataNs = new Float64Array(families);
    const ownMembers: (number | undefined)[] = [];
    program.locks.forEach(({ declaration }, f) => {
      const count = {
        pool: 1,
        device: 1,
        class: pool.classes.length,
        cpu: cpus,
        slot: columns.slots.count,
        cluster: columns.clusters.count,
      }[declaration.per];
      this.#membersOf[f] = count;
      const isOwn = sharing[f] === Sharing.None;
      ownMembers.push(isOwn ? count : undefined);
      this.first[f + 1] = this.first[f]! + (isOwn ? 0 : count);
      this.dataNs[f] = (declaration.dataLines ?? 0) * quantised(times.lineTransferNs);
    });
    this.ownMembers = ownMembers;
    this.ownSinceNs = new Float64Array(families * cpus);
    this.acquisitions = new Float64Array(families);
    this.contended = new Float64Array(families);
    this.waitNs = new Float64Array(families);
    this.backgroundWaits = new Float64Array(families);
    this.backgroundWaitNs = new Float64Array(families);
    this.holdNs = new Float64Array(families);
    this.lineSumNs = new Float64Array(families);
    this.queueNs = new Float64Array(families);
    this.#behindHolder = new Float64Array(families);
    this.#behindQueue = new Float64Array(families);
    this.#readersNs = new Float64Array(families);
    this.#longestReaderNs = new Float64Array(families);

    const members = this.first[families]!;
    this.members = members;
    this.freeNs = new Float64Array(members);
    this.sinceNs = new Float64Array(members);
    this.lineFreeNs = new Float64Array(members);
    this.lastCpu = new Int32Array(members).fill(NONE);
    this.queueLength = new Int32Array(members);
    this.queueHead = new Int32Array(members).fill(NONE);
    this.readers = new Int32Array(members);
    this.writer = new Int32Array(members);
    this.queueTail = new Int32Array(members).fill(NONE);
    this.queueSinceNs = new Float64Array(members);
    this.isShared = new Int32Array(members).fill(1);
    program.locks.forEach(({ declaration: { per } }, f) => {
      if (sharing[f] !== Sharing.Some) return;
      this.isShared.set((per === 'slot' ? columns.slots : columns.clusters).isShared, this.first[f]!);
    });

    this.nextWaiter = new Int32Array(threads.threads).fill(NONE);
    this.waitSinceNs = new Float64Array(threads.threads);
    this.#writes = new Uint8Array(threads.threads);
  }

  /**
   * A bit spinlock was released just now, by the clock of the CPU of the head of its queue, who passes it on.
   * @returns who has it, from its CPU's time on: any waiter may be the fastest.
   */
  takeOver(lock: number, family: number, thread: number): number {
    const { now, cpuOf } = this.#threads;
    const t = now[cpuOf[thread]!]!;
    const length = this.queueLength[lock]!;
    if (!(this.freeNs[lock]! <= t)) this.isHeld(lock, family, t);
    const granted = t + (length > 1 ? this.#handOffManyNs : this.#handOffOneNs) + this.dataNs[family]!;
    let winner = thread;
    if (length > 1) {
      const pick = mix(lock - this.first[family]!, this.contended[family]!, this.#seed) % length;
      winner = this.queueHead[lock]!;
      for (let k = 0; k < pick; k++) winner = this.nextWaiter[winner]!;
    }
    this.#leave(lock, family, winner, granted);
    this.freeNs[lock] = Number.POSITIVE_INFINITY;
    this.sinceNs[lock] = granted;
    this.lastCpu[lock] = cpuOf[winner]!;
    if (winner === thread) now[cpuOf[thread]!] = granted;
    else {
      this.#resume(winner, granted);
      now[cpuOf[thread]!] = Number.POSITIVE_INFINITY;
    }
    return winner;
  }

  /** A thread comes to a read-write lock that it does not get. */
  queue(lock: number, family: number, thread: number, cpu: number, t: number, writes: number): void {
    if (!writes) (this.writer[lock] ? this.#behindHolder : this.#behindQueue)[family]!++;
    this.#join(lock, family, thread, t, writes);
    this.#threads.now[cpu] = Number.POSITIVE_INFINITY;
  }

  /** The read-write lock changed at `t`: whoever is first in the queue may go on, readers together. */
  passOn(lock: number, family: number, t: number): void {
    let granted = t;
    while (this.queueLength[lock]! > 0 && !this.writer[lock]) {
      const head = this.queueHead[lock]!;
      const writes = this.#writes[head]!;
      if (writes && this.readers[lock]! > 0) break;
      // Readers pass the wait lock one after another.
      granted += this.#handOffOneNs;
      const waited = this.#leave(lock, family, head, granted);
      if (!writes) {
        this.#readersNs[family]! += waited;
        if (waited > this.#longestReaderNs[family]!) this.#longestReaderNs[family] = waited;
      }
      if (writes) {
        this.writer[lock] = 1;
        this.sinceNs[lock] = granted;
      } else this.readers[lock]!++;
      this.#resume(head, granted);
    }
  }

  /** A thread comes to a mutex that is held: it sleeps. */
  sleep(lock: number, family: number, thread: number, cpu: number, t: number): void {
    this.#join(lock, family, thread, t, 0);
    this.#threads.readyNs[thread] = Number.POSITIVE_INFINITY;
    this.#threads.schedule(cpu, t);
  }

  /** Time that CPUs spun for locks: whoever waits for a mutex has given its CPU away. */
  get spunNs(): number {
    return this.#kinds.reduce(
      (sum, kind, f) => sum + this.lineSumNs[f]! + (kind === 'mutex' ? 0 : this.queueNs[f]!),
      0,
    );
  }

  /** A mutex is released at `t`; the first waiter has it from then on and is woken. */
  wakeNext(lock: number, t: number): void {
    this.#threads.makeReady(this.queueHead[lock]!, t);
  }

  /** The woken waiter has a CPU, at `t`. */
  awake(lock: number, family: number, thread: number, cpu: number, t: number): void {
    this.#leave(lock, family, thread, t);
    this.sinceNs[lock] = t;
    this.lastCpu[lock] = cpu;
  }

  /** @throws {LawError} a waiter takes a lock over before it is free. */
  isHeld(lock: number, family: number, t: number): never {
    const law = `${this.#names[family]}: one holder at a time`;
    throw new LawError(`${law}: taken at ${t} ns, but held until ${this.freeNs[lock]} ns`);
  }

  /** @throws {LawError} a CPU gives a lock back that it does not hold. */
  isNotHeld(lock: number, family: number, cpu: number): never {
    const isHeld = this.freeNs[lock] === Number.POSITIVE_INFINITY || this.writer[lock] !== 0;
    const holder = isHeld ? `CPU ${this.lastCpu[lock]} holds it` : 'nobody holds it';
    throw new LawError(`${this.#names[family]}: one holder at a time: CPU ${cpu} releases it, but ${holder}`);
  }

  /**
   * What the locks did in a run that ended at `endNs`.
   * @throws {LawError} when a lock is held or waited for, waits and queue lengths do not agree, or a
   *   lock was held for longer than the run.
   */
  settle(endNs: number): readonly LockUse[] {
    for (let lock = 0; lock < this.members; lock++) {
      const isHeld = this.freeNs[lock] === Number.POSITIVE_INFINITY || this.writer[lock] !== 0;
      if (isHeld || this.readers[lock] !== 0 || this.queueLength[lock] !== 0)
        throw new LawError('a lock is held or waited for after the last operation');
    }
    return this.#names.map((name, f) => {
      const waitNs = this.waitNs[f]!;
      const queueNs = this.queueNs[f]!;
      mustAgree(
        `${name}: Little's law`,
        ['waits add up to', waitNs],
        ['the length of the queues over time is', queueNs],
      );
      mustNotExceed(
        `${name}: utilisation`,
        ['held for', this.holdNs[f]!],
        ['time x locks is', endNs * this.#membersOf[f]!],
      );
      return {
        name,
        acquisitions: this.acquisitions[f]!,
        contended: this.contended[f]!,
        waitNs,
        background: { contended: this.backgroundWaits[f]!, waitNs: this.backgroundWaitNs[f]! },
        holdNs: this.holdNs[f]!,
        queueNs,
        lineWaitNs: this.lineSumNs[f]!,
        readers: {
          behindHolder: this.#behindHolder[f]!,
          behindQueue: this.#behindQueue[f]!,
          waitNs: this.#readersNs[f]!,
          longestNs: this.#longestReaderNs[f]!,
        },
      };
    });
  }

  #join(lock: number, family: number, thread: number, t: number, writes: number): void {
    this.waitSinceNs[thread] = t;
    this.#writes[thread] = writes;
    this.nextWaiter[thread] = NONE;
    if (this.queueLength[lock] === 0) this.queueHead[lock] = thread;
    else if (this.waitSinceNs[this.queueTail[lock]!]! > t)
      this.outOfOrder(family, thread, this.queueTail[lock]!);
    else this.nextWaiter[this.queueTail[lock]!] = thread;
    this.queueTail[lock] = thread;
    this.#count(lock, family, t, 1);
  }

  /** Takes a waiter out of the queue; its wait ends at `t`. Returns how long it was. */
  #leave(lock: number, family: number, thread: number, t: number): number {
    const behind = this.nextWaiter[thread]!;
    let before = NONE;
    if (this.queueHead[lock] === thread) this.queueHead[lock] = behind;
    else if (this.#kinds[family] !== 'bit-spinlock') this.outOfOrder(family, thread, this.queueHead[lock]!);
    else {
      before = this.queueHead[lock]!;
      while (this.nextWaiter[before] !== thread) before = this.nextWaiter[before]!;
      this.nextWaiter[before] = behind;
    }
    if (this.queueTail[lock] === thread) this.queueTail[lock] = before;
    this.#count(lock, family, t, -1);
    const waited = t - this.waitSinceNs[thread]!;
    this.waitNs[family]! += waited;
    this.contended[family]!++;
    if (this.#threads.isBackground[thread] === 1) {
      this.backgroundWaits[family]!++;
      this.backgroundWaitNs[family]! += waited;
    }
    this.acquisitions[family]!++;
    this.#threads.waitedNs[thread]! += waited;
    return waited;
  }

  /** @throws {LawError} a waiter goes on before one that came earlier. */
  outOfOrder(family: number, thread: number, passed: number): never {
    const [at, of] = [this.waitSinceNs[thread], this.waitSinceNs[passed]];
    const law = `${this.#names[family]}: first come, first served`;
    throw new LawError(`${law}: a waiter of ${at} ns passes one of ${of} ns`);
  }

  /** Integral of the queue's length over time, from both sides of each change. */
  #count(lock: number, family: number, t: number, change: number): void {
    this.queueNs[family]! += this.queueLength[lock]! * (t - this.queueSinceNs[lock]!);
    this.queueSinceNs[lock] = t;
    this.queueLength[lock]! += change;
  }

  #resume(thread: number, t: number): void {
    const { pc, now, cpuOf } = this.#threads;
    pc[thread] = this.#behind[pc[thread]!]!;
    now[cpuOf[thread]!] = t;
  }
}
