import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { KernelModel } from '../../model/steps.ts';
import type { FullnessRule } from '../../model/zsmalloc/fullness.ts';
import type { ZsmallocConfig } from '../../model/zsmalloc/geometry.ts';
import type { MachineResult, MachineTimes, TaskStream } from './machine.ts';

/** What all runs of a fleet share: the recorded operations and the pool that they begin with. */
export interface FleetInput {
  readonly tasks: readonly TaskStream[];
  readonly paths: readonly string[];
  readonly cpus: number;
  readonly workerCpu: number;
  readonly hogs: Uint8Array;
  readonly geometry: ZsmallocConfig;
  readonly fullness: FullnessRule['id'];
  /** Objects that are there when the run begins, in the order of their allocation. */
  readonly stored: { readonly handle: Int32Array; readonly sizeClass: Int32Array };
}

/** One run: a kernel, its costs by name, times and a seed. */
export interface FleetJob {
  readonly kernel: KernelModel;
  readonly times: MachineTimes;
  readonly costs: Readonly<Record<string, Float64Array>>;
  readonly seed: number;
}

/**
 * Runs many machines over the same operations on several threads. The columns of operations are put
 * into shared memory once; each thread takes neighbouring jobs, so that those of one kernel use the
 * function that was compiled for it.
 * @returns the results in the order of the jobs: the number of threads changes nothing but the time.
 * @throws {Error} of the first run that breaks a law.
 */
export async function runFleet(
  input: FleetInput,
  jobs: readonly FleetJob[],
  threads: number = availableParallelism(),
): Promise<readonly MachineResult[]> {
  const shared: FleetInput = {
    ...input,
    tasks: input.tasks.map((task) => ({
      ...task,
      path: inSharedMemory(task.path),
      handle: inSharedMemory(task.handle),
      sizeClass: inSharedMemory(task.sizeClass),
      slot: inSharedMemory(task.slot),
      thinkNs: inSharedMemory(task.thinkNs),
    })),
    stored: {
      handle: inSharedMemory(input.stored.handle),
      sizeClass: inSharedMemory(input.stored.sizeClass),
    },
  };
  const count = Math.max(1, Math.min(threads, jobs.length));
  const shares = Array.from({ length: count }, (_, k) =>
    jobs.slice(Math.floor((k * jobs.length) / count), Math.floor(((k + 1) * jobs.length) / count)),
  );
  const results = await Promise.all(shares.map((share) => onThread(shared, share)));
  return results.flat();
}

function onThread(input: FleetInput, jobs: readonly FleetJob[]): Promise<readonly MachineResult[]> {
  return new Promise((resolve, reject) => {
    // Run from the source the file ends in .ts, compiled in .js: workers are loaded from dist.
    const worker = new Worker(new URL('./fleet-worker.js', import.meta.url), { workerData: { input, jobs } });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`a thread ended early (${code})`)));
  });
}

function inSharedMemory<T extends Uint8Array | Int32Array | Float64Array>(column: T): T {
  if (column.buffer instanceof SharedArrayBuffer) return column;
  const Column = column.constructor as new (buffer: SharedArrayBuffer) => T;
  const shared = new Column(new SharedArrayBuffer(column.byteLength));
  shared.set(column);
  return shared;
}
