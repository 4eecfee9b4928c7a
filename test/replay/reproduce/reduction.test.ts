import { describe, expect, it } from 'vitest';
import { applyDesigns, parseDesign } from '../../../src/model/designs/registry.ts';
import { eraById } from '../../../src/model/kernels/eras.ts';
import type { KernelModel } from '../../../src/model/steps.ts';
import { Geometry } from '../../../src/model/zsmalloc/geometry.ts';
import { Pool } from '../../../src/model/zsmalloc/pool.ts';
import { Machine } from '../../../src/replay/engine/machine.ts';
import { compile } from '../../../src/replay/engine/program.ts';
import { mix } from '../../../src/replay/engine/random.ts';
import { COST_SHAPE, cycleNs, reduce } from '../../../src/replay/reproduce/reduction.ts';

const COSTS = { slot: 130, locate: 22, 'locate-class': 3, 'obj-free': 140, 'free-handle': 120 };
const TIMES = { hitNs: 18, transferNs: 90, handOffOneNs: 170, handOffManyNs: 270 };
const THINK = 380;
const OPERATIONS = 12_000;

/** The same processes in the engine: mean time of an operation with its think time. */
function engineCycleNs(kernel: KernelModel, processes: number): number {
  const era = eraById('E');
  const pool = new Pool(new Geometry(era.geometry), era.fullness);
  const sizeClass = 30;
  const program = compile(kernel);
  const tasks = Array.from({ length: processes }, (_, cpu) => ({
    cpu,
    path: new Uint8Array(OPERATIONS),
    handle: Int32Array.from({ length: OPERATIONS }, (_, i) => cpu * OPERATIONS + i),
    sizeClass: new Int32Array(OPERATIONS).fill(sizeClass),
    // Slots of the CPU's own: that the first touch of each misses the cache is private time.
    slot: new Int32Array(OPERATIONS).fill(-1),
    thinkNs: Float64Array.from({ length: OPERATIONS }, (_, i) => THINK * COST_SHAPE[mix(i, cpu, 5) & 63]!),
  }));
  for (const task of tasks) {
    for (const handle of task.handle) {
      if (pool.allocateFromExisting(sizeClass, handle) < 0) pool.allocateFromNew(sizeClass, handle);
    }
  }
  const result = new Machine({
    program,
    pool,
    times: {
      lineHitNs: TIMES.hitNs,
      lineTransferNs: TIMES.transferNs,
      handOffOneNs: TIMES.handOffOneNs,
      handOffManyNs: TIMES.handOffManyNs,
      wakeNs: 0,
      contextSwitchNs: 0,
      sliceNs: 1e6,
    },
    costs: program.costs.map((name) =>
      COST_SHAPE.map((shape) => shape * ((COSTS as Record<string, number>)[name] ?? 0)),
    ),
    cpus: processes,
    paths: ['swap free'],
    tasks,
    workerCpu: 0,
    hogs: new Uint8Array(processes),
    seed: 1,
  }).run();
  // Ends differ by less than the noise: all processes do the same.
  return result.taskEndNs.reduce((sum, end) => sum + end, 0) / processes / OPERATIONS;
}

describe('the reduction agrees with the engine', () => {
  const base = eraById('E').kernel;
  for (const text of ['base', 'class-idx', 'class-idx+no-zram-counters']) {
    const kernel = applyDesigns(base, parseDesign(text));
    for (const processes of [1, 2, 3, 4]) {
      it(`${text}, ${processes} processes: within 1 %`, () => {
        const ns = cycleNs(reduce(kernel, 'swap free'), {
          ...TIMES,
          processes,
          costs: COSTS,
          thinkNs: THINK,
          lines: {},
          operations: OPERATIONS,
        });
        expect(Math.abs(ns / engineCycleNs(kernel, processes) - 1)).toBeLessThan(0.01);
      });
    }
  }
});

describe('the reduction', () => {
  const run = (processes: number, line: object) =>
    cycleNs(reduce(eraById('E').kernel, 'swap free'), {
      ...TIMES,
      processes,
      costs: COSTS,
      thinkNs: THINK,
      lines: { 'pool->lock': { transfers: 1, retry: 0, hidden: 0, ...line } },
      operations: 2000,
    });

  it('costs more with more transfers and with retries, less with hidden ones', () => {
    expect(run(2, { transfers: 2 })).toBeGreaterThan(run(2, {}));
    expect(run(4, { retry: 1 })).toBeGreaterThan(run(4, {}));
    expect(run(2, { hidden: 1 })).toBeLessThan(run(2, {}));
  });

  it('moves no line with one process', () => {
    expect(run(1, { transfers: 3, retry: 1 }) / run(1, {})).toBeCloseTo(1, 2);
  });

  it('refuses a path with a queue', () => {
    const deferred = applyDesigns(eraById('E').kernel, parseDesign('deferred'));
    expect(() => reduce(deferred, 'swap free')).toThrow(RangeError);
  });
});
