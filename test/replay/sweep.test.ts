import { describe, expect, it } from 'vitest';
import { parseDesign } from '../../src/model/designs/registry.ts';
import { eraById } from '../../src/model/kernels/eras.ts';
import { Geometry } from '../../src/model/zsmalloc/geometry.ts';
import { Pool } from '../../src/model/zsmalloc/pool.ts';
import { drawnSet, PARAMETERS } from '../../src/replay/calibrate/parameters.ts';
import { pricedOnce } from '../../src/replay/calibrate/pricing.ts';
import { inSharedMemory } from '../../src/replay/shared-memory.ts';
import type { Workload } from '../../src/replay/workload.ts';
import { constant, emptyPool, generator, taskOf } from '../helpers/machine.ts';

// Threads load compiled files, so what starts them is compiled too.
const dist = <T>(path: string): Promise<T> => import(new URL(`../../dist/${path}.js`, import.meta.url).href);
type SweepModule = typeof import('../../src/replay/sweep.ts');
type WhatIfModule = typeof import('../../src/replay/what-if.ts');
type PoolModule = typeof import('../../src/model/zsmalloc/pool.ts');
type GeometryModule = typeof import('../../src/model/zsmalloc/geometry.ts');

const era = eraById('E');
const COUNT = 60;

function filled<P extends Pool>(pool: P) {
  const sizeClass = new Int32Array(COUNT).fill(pool.classFor(1000));
  for (let handle = 0; handle < 2 * COUNT; handle++)
    if (pool.allocateFromExisting(sizeClass[0]!, handle) < 0) pool.allocateFromNew(sizeClass[0]!, handle);
  const random = generator(1);
  const names = ['locate', 'obj-free', 'fix-group', 'free-handle'];
  const workload: Workload = {
    tasks: [0, 1].map((cpu) =>
      taskOf(
        cpu,
        Float64Array.from({ length: COUNT }, () => random() * 500),
        { handle: Int32Array.from({ length: COUNT }, (_, k) => cpu * COUNT + k), sizeClass },
      ),
    ),
    rows: [],
    costs: [0, 1].map(
      () => new Map(names.map((name) => [name, Float64Array.from({ length: COUNT }, () => random() * 90)])),
    ),
    distributions: new Map([['free-page', constant(100)]]),
    serialised: false,
    notify: null,
    notifiesInTurn: false,
    pageLists: null,
    notes: [],
  };
  return { pool, workload };
}

const sets = Array.from({ length: 7 }, (_, k) => drawnSet(PARAMETERS, k, 1));
const options = { cpus: 2, sets, workerCpu: 1, hogs: new Uint8Array(2), seeds: 7 };
const designs = ['class-idx', 'deferred:entries=8'].map((text) => ({ text, chosen: parseDesign(text) }));

async function compiled() {
  const [{ SweepThreads }, { predict }, { Pool: CompiledPool }, { Geometry: CompiledGeometry }] =
    await Promise.all([
      dist<SweepModule>('replay/sweep'),
      dist<WhatIfModule>('replay/what-if'),
      dist<PoolModule>('model/zsmalloc/pool'),
      dist<GeometryModule>('model/zsmalloc/geometry'),
    ]);
  const pool = () => new CompiledPool(new CompiledGeometry(era.geometry), era.fullness);
  return { SweepThreads, predict, pool };
}

describe('a sweep on threads', () => {
  it('gives the same for any number of threads, again and again', async () => {
    const { SweepThreads, predict, pool } = await compiled();
    const { pool: full, workload } = filled(pool() as unknown as Pool);
    const expected = predict(era.kernel, designs, pricedOnce(workload, era.kernel, null), full, options);
    for (const count of [1, 2, 3]) {
      const threads = new SweepThreads(count, 0);
      for (let again = 0; again < 2; again++)
        expect(
          predict(era.kernel, designs, pricedOnce(workload, era.kernel, null), full, options, threads.run),
        ).toEqual(expected);
      threads.close();
    }
  });

  it('throws what a run throws', async () => {
    const { SweepThreads, predict, pool } = await compiled();
    const { pool: full, workload } = filled(pool() as unknown as Pool);
    const none = {
      ...workload,
      tasks: workload.tasks.map((task) => ({ ...task, handle: new Int32Array(COUNT) })),
    };
    const threads = new SweepThreads(2, 0);
    expect(() =>
      predict(era.kernel, designs, pricedOnce(none, era.kernel, null), full, options, threads.run),
    ).toThrow('handle 0 has no object');
    threads.close();
  });
});

describe('shared memory', () => {
  it('holds each column once, in the same shape', () => {
    const column = Float64Array.of(1, Number.NaN, 3);
    const value = {
      list: [column, { again: column }],
      map: new Map([['a', Int32Array.of(1)]]),
      text: 'b',
      no: null,
    };
    const shared = inSharedMemory(value);
    expect(shared).toEqual(value);
    const [first, { again }] = shared.list as [Float64Array, { again: Float64Array }];
    expect(first.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(again).toBe(first);
    expect(inSharedMemory({ column }).column).toBe(first);
    expect(inSharedMemory(first)).toBe(first);
  });

  it('a pool from a snapshot goes on as the pool does, and alone', () => {
    const { pool } = filled(emptyPool());
    pool.free(5);
    const copy = Pool.from(inSharedMemory(pool.snapshot()));
    expect(copy.geometry).toEqual(new Geometry(era.geometry));
    const sizeClass = pool.classFor(1000);
    for (const handle of [5, 700, 701]) {
      const zspage = (of: Pool) => {
        const found = of.allocateFromExisting(sizeClass, handle);
        return found < 0 ? of.allocateFromNew(sizeClass, handle) : found;
      };
      expect(zspage(copy)).toBe(zspage(pool));
      expect(copy.objectIndexOf(handle)).toBe(pool.objectIndexOf(handle));
    }
    copy.free(700);
    expect(copy.countObjects()).toBe(pool.countObjects() - 1);
    expect(copy.pages).toBe(copy.countPages());
  });
});
