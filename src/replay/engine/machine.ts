import type { Pool } from '../../model/zsmalloc/pool.ts';
import { gather } from './arena.ts';
import { columnsOf, type OperationColumns, type RecordedTimes, recordedCosts } from './columns.ts';
import { Compactor } from './compactor.ts';
import { Devices, type DevicesUse, type MachineDevices } from './devices.ts';
import { generate } from './generate.ts';
import { eachHasOneHandle } from './handles.ts';
import { HotLoop } from './hot-loop.ts';
import { checkHandles, checkLists, checkPages, checkTime, LawError } from './laws.ts';
import { Locks } from './locks.ts';
import { lockSharing, onlyFrees } from './order.ts';
import { PageFates } from './page-fates.ts';
import type { Program } from './program.ts';
import { Queues } from './queues.ts';
import { Recorder } from './recorder.ts';
import { Scheduler } from './scheduler.ts';
import type { Scheduling } from './scheduling.ts';
import { quantised } from './time.ts';

export { bucketFloor, bucketOf } from './time.ts';

/** Each worker runs where its kind does: on the CPU that wakes it, or where there is room. */
export const WHERE_WOKEN = -1;

/** Quantiles kept of each cost. */
export const COST_QUANTILES = 64;

/** Times of the machine, ns; kept to 1/256 ns, as all times that are given to it. */
export interface MachineTimes {
  /** An atomic on a line that this CPU had last, and on one that another CPU had. */
  readonly lineHitNs: number;
  readonly lineTransferNs: number;
  /** A lock goes to its only waiter, and to the first of several. */
  readonly handOffOneNs: number;
  readonly handOffManyNs: number;
  /** A worker that is woken on an idle CPU starts so much later. */
  readonly wakeNs: number;
  readonly contextSwitchNs: number;
  /** A thread's turn, to be ended at a tick, while others wait for its CPU. */
  readonly sliceNs: number;
}

/** Operations of one task, in its order. */
export interface TaskStream {
  readonly cpu: number;
  /**
   * Path of each operation, as an index into `paths` of the run. Behind the first row of an operation, the fate of the
   * page, an index into `PAGE_FATES`, where its path asks for it: the first row then is of no page by itself.
   */
  readonly path: Uint8Array;
  /** Each allocation has a number of its own: frees may be deferred beyond the next allocation. */
  readonly handle: Int32Array;
  readonly sizeClass: Int32Array;
  /** Slot of the swap device; -1 when it is not known or does not matter: then nobody shares it. */
  readonly slot: Int32Array;
  /** Time between the end of the operation before and the start of this one, ns. */
  readonly thinkNs: Float64Array;
  /**
   * Pages of each operation's folio; one each without. The operation stands for its first page, and those
   * behind it, with a row each, for the others: they are no operations of their own.
   */
  readonly pages?: Int32Array | undefined;
  /**
   * By row, pages of the zspage that it makes or empties, 0 for none. With all tasks or with none: then
   * the pool is not changed, and whose object is freed before it was made does not matter.
   */
  readonly zspagePages?: Int32Array | undefined;
  /**
   * Nobody waits for its end: it starts no operation after the last one of the others. Once, or again
   * and again from its first operation.
   */
  readonly background?: 'once' | 'again' | undefined;
}

export interface MachineRun {
  readonly program: Program;
  readonly pool: Pool;
  readonly times: MachineTimes;
  /** By cost of the program: {@link COST_QUANTILES} values of rising size, ns. */
  readonly costs: readonly Float64Array[];
  /** By task and cost: what each of its operations took in the recording, where that is known. */
  readonly opCosts?: readonly (readonly (RecordedTimes | undefined)[])[] | undefined;
  readonly cpus: number;
  readonly paths: readonly string[];
  readonly tasks: readonly TaskStream[];
  /** CPU that workers run on, and nobody else but hogs; or {@link WHERE_WOKEN}. */
  readonly workerCpu: number;
  /** {@link USUAL_SCHEDULING} without. */
  readonly scheduling?: Scheduling | undefined;
  /** Threads that always want each CPU, for `--cpu-pressure`. */
  readonly hogs: Uint8Array;
  /** IAA, where paths use it. */
  readonly devices?: MachineDevices | undefined;
  readonly seed: number;
}

/** What a lock did, over all of its kind. */
export interface LockUse {
  readonly name: string;
  readonly acquisitions: number;
  readonly contended: number;
  readonly waitNs: number;
  /** Of those, what background tasks waited. */
  readonly background: { readonly contended: number; readonly waitNs: number };
  readonly holdNs: number;
  /** Sum over time of waiters, from the queue's length: equals `waitNs` (Little's law). */
  readonly queueNs: number;
  /** Waited for the cache line of a read-write lock, whether or not somebody held it. */
  readonly lineWaitNs: number;
  /** Readers of a read-write lock that had to wait. */
  readonly readers: {
    /** While a writer held it. */
    readonly behindHolder: number;
    /** While only readers held it and a writer waited in front. */
    readonly behindQueue: number;
    readonly waitNs: number;
    readonly longestNs: number;
  };
}

export interface QueueUse {
  readonly name: string;
  queued: number;
  /** Handles that the worker has done. */
  drained: number;
  /** Handles that found the queue full and were freed at once. */
  overflowed: number;
  /** Most handles that waited at once. */
  most: number;
  /** Handles that no worker will ever see: buffers that did not become full. */
  leftOver: number;
  bytesLeftOver: number;
  /** Handles that waited, the most in each slot of time. */
  level: { readonly slotNs: number; readonly most: Int32Array };
}

export interface MachineResult {
  /** By path: durations in log buckets, 16 an octave. */
  readonly latency: readonly Float64Array[];
  readonly latencySumNs: Float64Array;
  readonly latencyMaxNs: Float64Array;
  readonly operations: Float64Array;
  readonly locks: readonly LockUse[];
  readonly lineWaitNs: Float64Array;
  readonly queues: readonly QueueUse[];
  /** End of the last operation of each task, and of all work; 0 for background tasks. */
  readonly taskEndNs: Float64Array;
  readonly endNs: number;
  /** CPU time by who spent it; waiting is not in it. */
  readonly workNs: { readonly caller: number; readonly worker: number; readonly background: number };
  /** What compaction did to the pool. */
  readonly compaction: { readonly objectsMoved: number; readonly pagesFreed: number };
  readonly spinNs: number;
  readonly devices: DevicesUse | null;
  /** What went from page lists to the buddy allocator; null where the kernel has none. */
  readonly pageLists: { readonly bulkFrees: number; readonly pagesFreed: number } | null;
  /** Pages given back: when, and how many. */
  readonly returnedAtNs: Float64Array;
  readonly returnedPages: Int32Array;
}

/**
 * Discrete-event replay of step programs, closed loop: a task's next operation starts after its own
 * last one and its think time. CPUs are taken in the order of their clocks, equal ones by number;
 * what other CPUs cannot notice needs no order. Deterministic for a seed.
 *
 * The hot loop is written for the program ({@link generate}) and works on the columns of
 * {@link Scheduler}, {@link Locks} and {@link OperationColumns}; whatever is rare is a method there.
 */
export class Machine {
  readonly #run: MachineRun;

  constructor(run: MachineRun) {
    this.#run = run;
  }

  /**
   * @throws {RangeError} for a path that is not there, or pages for a device that is not there.
   * @throws {LawError} when the run has broken a law: a lock held by two or left held, a waiter passed,
   *   time, handles or pages lost.
   */
  run(): MachineResult {
    const { program, pool, times, cpus, paths, tasks } = this.#run;
    if (program.usesDevice && !this.#run.devices) throw new RangeError(`${program.kernel.id}: no devices`);
    const columns = columnsOf(tasks, program.kernel.clusterSlots);
    const before = { pages: pool.countPages(), pagesTaken: pool.pagesTaken, inUse: pool.countObjects() };
    const entries = paths.map((path) => {
      const at = program.entry.get(path);
      if (at === undefined) throw new RangeError(`${program.kernel.id}: no path ${path}`);
      return at;
    });
    const hasRecordedZspages = tasks.some((task) => task.zspagePages !== undefined);
    const areOnlyFrees = !hasRecordedZspages && onlyFrees(program, entries);
    const threads = new Scheduler(this.#run, columns.first, columns.thinkNs);
    const recorded = recordedCosts(this.#run.opCosts, program.costs.length);
    const quantiles = new Float64Array(program.costs.length * COST_QUANTILES);
    this.#run.costs.forEach((values, cost) => {
      for (let k = 0; k < COST_QUANTILES; k++) quantiles[cost * COST_QUANTILES + k] = quantised(values[k]!);
    });
    const isConstant = program.costs.map((_, cost) => {
      const from = cost * COST_QUANTILES;
      return quantiles.subarray(from, from + COST_QUANTILES).every((value) => value === quantiles[from]);
    });
    const drains = program.queues.map((queue) => program.entry.get(queue.declaration.drain)!);
    const sharing = lockSharing(program, columns, threads.canPull);
    const generated = generate(program, {
      hasRecordedZspages,
      hasFolios: program.hasFolios || tasks.some((task) => task.pages !== undefined),
      cpus,
      usedCpus: threads.usedCpus,
      isConstant,
      isRecorded: recorded.map((column) => column !== undefined),
      sharing,
      allAlone: tasks.every((task) => threads.alone[task.cpu] === 1),
      onlyFrees: areOnlyFrees,
      hasOthers: threads.threads > tasks.length,
      hasBackground: threads.isBackground.includes(1),
      sleepsForDevice: this.#run.devices?.completion.kind === 'interrupt',
      paths: entries,
    });
    const locks = new Locks(this.#run, columns, sharing, threads, generated.behind);
    const queues = new Queues(this.#run, columns, threads);
    const recorder = new Recorder(paths.length, tasks.length, cpus);
    const compactor = new Compactor(pool, threads);
    const devices = new Devices(this.#run.devices ?? null, columns, threads);
    const pageFates = new PageFates(columns, threads);
    const lines = {
      lineFree: new Float64Array(program.lines.length),
      lineCpu: new Int32Array(program.lines.length).fill(-1),
      lineWaitNs: new Float64Array(program.lines.length),
    };
    const { pageLists } = program.kernel;
    const startOf = (cpu: number) => pageLists?.start[cpu] ?? pageLists?.startElsewhere ?? 0;
    const lists = {
      listed: Int32Array.from({ length: cpus }, (_, cpu) => startOf(cpu)),
      bulkFrees: new Int32Array(cpus),
    };
    const listedBefore = lists.listed.reduce((all, pages) => all + pages, 0);
    const labelOf = (at: number) => generated.labelAt.get(at)!;
    const [lineHitNs, lineTransferNs] = [quantised(times.lineHitNs), quantised(times.lineTransferNs)];
    const constants = {
      constant: Float64Array.of(
        lineHitNs,
        lineTransferNs,
        quantised(times.handOffOneNs),
        quantised(times.handOffManyNs),
      ),
      moves: moveTimes(program, lineHitNs, lineTransferNs),
      infinite: Float64Array.of(Number.POSITIVE_INFINITY),
      quantiles,
      entryLabel: Int32Array.from(entries, labelOf),
      drainLabel: Int32Array.from(drains, labelOf),
      pagesOfClass: Int32Array.from(pool.classes, (c) => c.pagesPerZspage),
    };
    const hot = new HotLoop({
      source: generated.source,
      program,
      columns,
      recorded,
      ownMembers: locks.ownMembers,
      small: gather([threads, locks, devices, recorder, lines, lists, constants]),
      pool: areOnlyFrees ? pool.freesAlone() : undefined,
      helpers: { threads, locks, queues, devices, pageFates, recorder, compactor, pool },
      numbers: [this.#run.seed, threads.firstWorker, threads.firstHog],
    });
    hot.run();

    if (!threads.tasksAreDone) throw new LawError('tasks are left that nothing can wake');
    const sum = (values: Float64Array | Int32Array) => {
      let total = 0;
      for (let k = 0; k < values.length; k++) total += values[k]!;
      return total;
    };
    const cpuTime = threads.settle(columns.first, columns.thinkNs);
    const use = locks.settle(cpuTime.endNs);
    const queueUse = queues.settle();
    const returns = recorder.returns();
    const waitsOf = (background: number) =>
      sum(
        threads.waitedNs
          .subarray(0, threads.firstWorker)
          .filter((_, t) => threads.isBackground[t] === background),
      );
    const callerWaits = waitsOf(0);
    const backgroundWaits = waitsOf(1);
    const [backgroundNs, backgroundEndNs] = recorder.background as unknown as [number, number];
    const workerWaits = sum(threads.waitedNs.subarray(threads.firstWorker));
    const [stepsNs, taken, put, missed] = recorder.account as unknown as [number, number, number, number];
    checkTime({
      ...cpuTime,
      cpus,
      stepsNs,
      spinNs: locks.spunNs + devices.spunNs + sum(lines.lineWaitNs),
      operationsNs: sum(recorder.sumNs) + recorder.workers[0]!,
      waitedNs: callerWaits + backgroundWaits + workerWaits,
    });
    // Compaction has no handles.
    const isForeground = paths.map((_, p) => tasks.some((task) => !task.background && task.path.includes(p)));
    const withHandles = entries.filter((_, p) => isForeground[p]);

    checkHandles({
      operations:
        !hasRecordedZspages && eachHasOneHandle(program, withHandles)
          ? sum(recorder.operations.filter((_, p) => isForeground[p]))
          : undefined,
      taken,
      put,
      missed,
      queues: queueUse,
      inUseBefore: before.inUse,
      inUseAfter: pool.countObjects(),
    });
    checkPages({
      before: before.pages,
      taken: pool.pagesTaken - before.pagesTaken,
      returned: sum(returns.pages),
      held: pool.countPages(),
    });
    const bulkFrees = sum(lists.bulkFrees);
    const pagesFreed = bulkFrees * (pageLists?.batch ?? 0);
    if (pageLists)
      checkLists({
        before: listedBefore,
        returned: sum(returns.pages),
        freed: pagesFreed,
        listed: sum(lists.listed),
      });
    return {
      latency: paths.map((_, p) => recorder.latencyOf(p)),
      latencySumNs: recorder.sumNs.slice(),
      latencyMaxNs: recorder.maxNs.slice(),
      operations: recorder.operations.slice(),
      locks: use,
      lineWaitNs: lines.lineWaitNs.slice(),
      queues: queueUse,
      taskEndNs: recorder.taskEndNs.slice(),
      endNs: Math.max(
        recorder.workers[1]!,
        backgroundEndNs,
        recorder.taskEndNs.reduce((most, end) => Math.max(most, end), 0),
      ),
      workNs: {
        caller: sum(recorder.sumNs) - backgroundNs - callerWaits,
        worker: recorder.workers[0]! - workerWaits,
        background: backgroundNs - backgroundWaits,
      },
      compaction: { objectsMoved: compactor.objectsMoved, pagesFreed: compactor.pagesFreed },
      pageLists: pageLists ? { bulkFrees, pagesFreed } : null,
      spinNs: callerWaits + workerWaits + backgroundWaits,
      devices: devices.settle(recorder.taskEndNs.reduce((most, end) => Math.max(most, end), 0)),
      returnedAtNs: returns.atNs,
      returnedPages: returns.pages,
    };
  }
}

/** By lock family: what its line takes that this CPU had last, and one that another CPU had, data with it. */
function moveTimes({ locks }: Program, hitNs: number, transferNs: number): Float64Array {
  return Float64Array.from(
    locks.flatMap(({ declaration: { kind, dataLines = 0, transfers = 1 } }) => [
      hitNs,
      kind === 'qrwlock' ? quantised(transferNs * transfers) : transferNs * (1 + dataLines),
    ]),
  );
}
