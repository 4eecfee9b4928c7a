import { describe, expect, it } from 'vitest';
import { applyDesigns, parseDesign } from '../../../src/model/designs/registry.ts';
import { ERAS } from '../../../src/model/kernels/eras.ts';
import { Geometry } from '../../../src/model/zsmalloc/geometry.ts';
import { Pool } from '../../../src/model/zsmalloc/pool.ts';
import { bucketOf, Machine } from '../../../src/replay/engine/machine.ts';
import { quantileIndex, quantileSource } from '../../../src/replay/engine/random.ts';
import { constant, emptyPool, generator, runOf, taskOf } from '../../helpers/machine.ts';

const COUNT = 300;

describe('frees without an allocation behind them', () => {
  it.each(
    ERAS.filter((era) => 'zs_malloc' in era.kernel.paths).flatMap((era) =>
      ['base', 'drop-lock', 'deferred:entries=16'].map((design) => [era.id, design, era] as const),
    ),
  )('era %s, %s: same as where the lists are kept', (_, design, era) => {
    const kernel = applyDesigns(era.kernel, parseDesign(design));
    const run = (paths: readonly string[]) => {
      const random = generator(3);
      const pool = new Pool(new Geometry(era.geometry), era.fullness);
      const classes = [700, 1300, 2400, 3700].map((size) => pool.classFor(size));
      const sizeClass = Int32Array.from({ length: 2 * COUNT }, () => classes[Math.floor(random() * 4)]!);
      sizeClass.forEach((c, handle) => {
        if (pool.allocateFromExisting(c, handle) < 0) pool.allocateFromNew(c, handle);
      });
      const handles = Array.from({ length: 2 * COUNT }, (_, k) => k);
      for (let k = handles.length - 1; k > 0; k--) {
        const other = Math.floor(random() * (k + 1));
        [handles[k], handles[other]] = [handles[other]!, handles[k]!];
      }
      const tasks = [0, 1].map((cpu) => {
        const handle = Int32Array.from(handles.slice(cpu * COUNT, (cpu + 1) * COUNT));
        const think = Float64Array.from({ length: COUNT }, () => random() * 300);
        return taskOf(cpu, think, { handle, slot: handle, sizeClass: handle.map((h) => sizeClass[h]!) });
      });
      const { latency, latencySumNs, latencyMaxNs, operations, ...rest } = new Machine(
        runOf(kernel, tasks, { pool, paths, cpus: 3, workerCpu: 2 }),
      ).run();
      const first = { latency: latency[0], sum: latencySumNs[0], max: latencyMaxNs[0], count: operations[0] };
      expect(pool.countPages()).toBe(pool.pages);
      return { ...rest, ...first };
    };
    expect(run(['swap free'])).toEqual(run(['swap free', 'zs_malloc']));
  });

  it('a handle that has no object is an error', () => {
    const kernel = { ...ERAS[0]!.kernel, queues: {} };
    const run = (handle: number) =>
      new Machine(
        runOf(kernel, [taskOf(0, Float64Array.of(1), { handle: Int32Array.of(handle) })], {
          paths: ['zs_free'],
        }),
      ).run();
    expect(() => run(3)).toThrow('handle 3 has no object');
    expect(() => run(1 << 20)).toThrow('handle 1048576 has no object');
  });

  it('whatever looks for a zspage then is an error', () => {
    const pool = emptyPool();
    pool.allocateFromNew(3, 0);
    pool.freesAlone();
    for (const look of [
      () => pool.allocateFromExisting(3, 1),
      () => pool.firstEmpty(3),
      () => pool.isolate(3, 'source'),
    ])
      expect(look).toThrow(/lists of the pool were given up/);
  });
});

describe('what the hot loop has in line', () => {
  it('draws as quantileIndex does', () => {
    const random = generator(5);
    for (let k = 0; k < 200; k++) {
      const luck = Math.floor(random() * 2 ** 32) | 0;
      const key = Math.floor(random() * 2 ** 32) | 0;
      const drawn = new Function('luck', `let q; return ${quantileSource('luck', key, 'q')}`)(luck);
      expect(drawn).toBe(quantileIndex(luck, key));
    }
  });

  it('puts durations into buckets as bucketOf does', () => {
    const durations = [
      0,
      0.5,
      1,
      15.99,
      16,
      17,
      31.5,
      32,
      1e3,
      65_535.9,
      2 ** 29,
      2 ** 30 - 1,
      2 ** 30,
      2 ** 40,
    ];
    for (const ns of durations) {
      const kernel = {
        ...ERAS[0]!.kernel,
        queues: {},
        paths: { p: [{ do: 'work' as const, what: '', cost: 'c' }] },
      };
      const { latency } = new Machine(
        runOf(kernel, [taskOf(0, Float64Array.of(0))], { costs: { c: constant(ns) } }),
      ).run();
      expect(latency[0]!.indexOf(1), `${ns} ns`).toBe(bucketOf(ns));
    }
  });
});
