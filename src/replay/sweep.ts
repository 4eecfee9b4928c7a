import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { KernelModel } from '../model/steps.ts';
import type { Pool, PoolSnapshot } from '../model/zsmalloc/pool.ts';
import type { PricedWorkload } from './calibrate/pricing.ts';
import { inSharedMemory } from './shared-memory.ts';
import { type DesignRun, runSeed, type ScenarioOptions } from './what-if.ts';

/** Kernels that are run over one workload, with each of some seeds. Plain data, but for the pool. */
export interface Sweep {
  readonly models: readonly KernelModel[];
  readonly workload: PricedWorkload;
  readonly pool: Pool;
  readonly options: ScenarioOptions;
}

/** Runs a sweep: the runs of all models, by seed. */
export type Executor = (sweep: Sweep) => readonly (readonly DesignRun[])[];

/** Seeds one after another on this thread. */
export const onThisThread: Executor = (sweep) =>
  Array.from({ length: sweep.options.seeds }, (_, seed) => runSeed(sweep, seed));

/** A sweep as threads are given it: columns in shared memory. */
export interface SharedSweep extends Omit<Sweep, 'pool'> {
  readonly pool: PoolSnapshot;
}

/** What threads are given, and what they send for a seed. */
export interface SweepMessage {
  readonly sweep: number;
  readonly shared: SharedSweep;
  readonly turn: Int32Array;
}
export interface SeedMessage {
  readonly sweep: number;
  readonly seed: number;
  readonly runs: readonly DesignRun[];
}

/** Numbers that threads share: the next seed that nobody has begun, and seeds that are done. */
export const Turn = { Next: 0, Done: 1 } as const;

/** The next seed that nobody has begun; -1 when there is none. */
export function nextSeed(turn: Int32Array, seeds: number): number {
  const seed = Atomics.add(turn, Turn.Next, 1);
  return seed < seeds ? seed : -1;
}

/** Fewer modelled operations are done before another thread has started and warmed up, some 0.3 s. */
const WORTH_THREADS = 2_000_000;
/** A thread that has not answered for so long, and for so many times the longest seed, is given up. */
const PATIENCE_MS = 10_000;
const PATIENCE_SEEDS = 20;

/**
 * Threads that take seeds of a sweep beside this one, which waits for them. What a seed gives does not
 * depend on who ran it: any number of threads gives the same results. Threads start with the first sweep
 * that is large enough, stay for the next, and keep nobody from ending the process.
 */
export class SweepThreads {
  readonly #count: number;
  readonly #worthThreads: number;
  readonly #threads: { readonly worker: Worker; readonly port: MessagePort }[] = [];
  #sweeps = 0;

  /**
   * @param count Threads at most, this one counted.
   * @param worthThreads Modelled operations of a sweep from which other threads are started.
   */
  constructor(count: number = availableParallelism(), worthThreads: number = WORTH_THREADS) {
    this.#count = count;
    this.#worthThreads = worthThreads;
  }

  /** @throws {Error} of the first seed that went wrong, by number. */
  readonly run: Executor = (sweep) => {
    const { models, workload, options } = sweep;
    const { seeds } = options;
    const frees = workload.corners[0]!.tasks.reduce((sum, task) => sum + task.handle.length, 0);
    const others = Math.min(this.#count, seeds) - 1;
    // Run from its source, there are no compiled files that a thread could load.
    const isCompiled = import.meta.url.endsWith('.js');
    const isWorth = frees * models.length * seeds >= this.#worthThreads;
    if (others < 1 || !isCompiled || !isWorth) return onThisThread(sweep);
    return this.#share(sweep, others);
  };

  /** Ends the threads. */
  close(): void {
    for (const { worker } of this.#threads.splice(0)) void worker.terminate();
  }

  #share(sweep: Sweep, others: number): readonly (readonly DesignRun[])[] {
    const { seeds } = sweep.options;
    const shared: SharedSweep = inSharedMemory({ ...sweep, pool: sweep.pool.snapshot() });
    const turn = new Int32Array(new SharedArrayBuffer(8));
    while (this.#threads.length < others) this.#threads.push(startThread());
    const threads = this.#threads.slice(0, others);
    const number = ++this.#sweeps;
    const message: SweepMessage = { sweep: number, shared, turn };
    for (const { port } of threads) port.postMessage(message);

    const results = new Array<readonly DesignRun[] | undefined>(seeds);
    let longestMs = 0;
    for (let seed = nextSeed(turn, seeds); seed >= 0; seed = nextSeed(turn, seeds)) {
      const began = performance.now();
      results[seed] = attempt(sweep, seed);
      longestMs = Math.max(longestMs, performance.now() - began);
      Atomics.add(turn, Turn.Done, 1);
    }
    const patienceMs = Math.max(PATIENCE_MS, PATIENCE_SEEDS * longestMs);
    for (let done = Atomics.load(turn, Turn.Done); done < seeds; done = Atomics.load(turn, Turn.Done))
      if (Atomics.wait(turn, Turn.Done, done, patienceMs) === 'timed-out') break;

    for (const { port } of threads) {
      for (let got = receiveMessageOnPort(port); got; got = receiveMessageOnPort(port)) {
        const { sweep: of, seed, runs } = got.message as SeedMessage;
        if (of === number) results[seed] = runs;
      }
    }
    // What failed somewhere, or was given up, is run here in order: the first error is thrown.
    for (let seed = 0; seed < seeds; seed++) results[seed] ??= runSeed(sweep, seed);
    return results as readonly (readonly DesignRun[])[];
  }
}

/** The runs of a seed; undefined when one of them fails. */
export function attempt(sweep: Sweep, seed: number): readonly DesignRun[] | undefined {
  try {
    return runSeed(sweep, seed);
  } catch {
    return undefined;
  }
}

function startThread() {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL('./sweep-worker.js', import.meta.url), {
    workerData: port2,
    transferList: [port2],
  });
  worker.unref();
  port1.unref();
  return { worker, port: port1 };
}
