import { eraById } from '../../src/model/kernels/eras.ts';
import type { KernelModel } from '../../src/model/steps.ts';
import { Geometry } from '../../src/model/zsmalloc/geometry.ts';
import { Pool } from '../../src/model/zsmalloc/pool.ts';
import {
  COST_QUANTILES,
  type MachineRun,
  type MachineTimes,
  type TaskStream,
} from '../../src/replay/engine/machine.ts';
import { compile } from '../../src/replay/engine/program.ts';

export const FREE_TIMES: MachineTimes = {
  lineHitNs: 0,
  lineTransferNs: 0,
  handOffOneNs: 0,
  handOffManyNs: 0,
  wakeNs: 0,
  contextSwitchNs: 0,
  sliceNs: 1e6,
};

export const TIMES: MachineTimes = {
  lineHitNs: 6,
  lineTransferNs: 50,
  handOffOneNs: 60,
  handOffManyNs: 95,
  wakeNs: 5000,
  contextSwitchNs: 1500,
  sliceNs: 100_000,
};

const GEOMETRY = new Geometry(eraById('E').geometry);

export function emptyPool(): Pool {
  return new Pool(GEOMETRY, eraById('E').fullness);
}

/** A kernel of some paths, with whatever else is given. */
export function kernelOf(more: Partial<KernelModel>): KernelModel {
  return { id: 'test', title: '', source: '', locks: {}, lines: [], queues: {}, paths: {}, ...more };
}

/** A task that runs one path so often. */
export function taskOf(cpu: number, thinkNs: Float64Array, more: Partial<TaskStream> = {}): TaskStream {
  const count = thinkNs.length;
  return {
    cpu,
    path: new Uint8Array(count),
    handle: new Int32Array(count).fill(-1),
    sizeClass: new Int32Array(count),
    slot: new Int32Array(count).fill(-1),
    thinkNs,
    ...more,
  };
}

export function constant(ns: number): Float64Array {
  return new Float64Array(COST_QUANTILES).fill(ns);
}

export function runOf(
  kernel: KernelModel,
  tasks: readonly TaskStream[],
  more: Partial<Omit<MachineRun, 'costs'>> & {
    costs?: Readonly<Record<string, Float64Array>>;
  } = {},
): MachineRun {
  const program = compile(kernel);
  const cpus = more.cpus ?? Math.max(...tasks.map((task) => task.cpu)) + 1;
  return {
    program,
    pool: emptyPool(),
    times: TIMES,
    cpus,
    paths: Object.keys(kernel.paths).slice(0, 1),
    tasks,
    workerCpu: 0,
    hogs: new Uint8Array(cpus),
    seed: 1,
    ...more,
    costs: program.costs.map((name) => more.costs?.[name] ?? constant(20)),
  };
}

/** Numbers between 0 and 1 that look random: the same ones each time. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let h = Math.imul(state ^ (state >>> 15), 1 | state);
    h ^= h + Math.imul(h ^ (h >>> 7), 61 | h);
    return ((h ^ (h >>> 14)) >>> 0) / 2 ** 32;
  };
}
