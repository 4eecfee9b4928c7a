import { describe, expect, it } from 'vitest';
import { applyDesigns, parseDesign } from '../../../src/model/designs/registry.ts';
import { eraById } from '../../../src/model/kernels/eras.ts';
import type { FleetInput, FleetJob } from '../../../src/replay/engine/fleet.ts';
import { Machine } from '../../../src/replay/engine/machine.ts';
import { constant, emptyPool, generator, runOf, TIMES, taskOf } from '../../helpers/machine.ts';

// Threads load compiled files, so the fleet itself is the compiled one too.
const COMPILED = new URL('../../../dist/replay/engine/fleet.js', import.meta.url).href;

describe('runFleet', () => {
  it('gives what single machines give, whatever the number of threads', async () => {
    const { runFleet } = (await import(COMPILED)) as typeof import('../../../src/replay/engine/fleet.ts');
    const era = eraById('E');
    const sizeClass = emptyPool().classFor(1000);
    const random = generator(1);
    const tasks = [0, 1].map((cpu) =>
      taskOf(cpu, new Float64Array(50).fill(100), {
        handle: Int32Array.from({ length: 50 }, (_, k) => cpu * 50 + k),
        sizeClass: new Int32Array(50).fill(sizeClass),
        slot: Int32Array.from({ length: 50 }, (_, k) => cpu * 50 + k),
      }),
    );
    const stored = {
      handle: Int32Array.from({ length: 100 }, (_, k) => k),
      sizeClass: new Int32Array(100).fill(sizeClass),
    };
    const input: FleetInput = {
      tasks,
      paths: ['swap free'],
      cpus: 3,
      workerCpu: 2,
      hogs: new Uint8Array(3),
      geometry: era.geometry,
      fullness: era.fullness.id,
      stored,
    };
    const names = [
      'notify',
      'zram-counter',
      'slot',
      'locate',
      'locate-class',
      'obj-free',
      'fix-group',
      'free-handle',
      'free-page',
    ];
    const others = ['enqueue', 'take-handle', 'alloc-page', 'obj-malloc'];
    const costs = Object.fromEntries(
      [...names, ...others].map((name) => [name, Float64Array.from(constant(0), () => random() * 90).sort()]),
    );
    const jobs: FleetJob[] = ['base', 'class-idx', 'deferred:entries=8'].flatMap((design) =>
      [1, 2].map((seed) => ({
        kernel: applyDesigns(era.kernel, parseDesign(design)),
        times: TIMES,
        costs,
        seed,
      })),
    );
    const expected = jobs.map(({ kernel, seed }) => {
      const pool = emptyPool();
      stored.handle.forEach((handle) => {
        if (pool.allocateFromExisting(sizeClass, handle) < 0) pool.allocateFromNew(sizeClass, handle);
      });
      const more = { pool, paths: ['swap free'], cpus: 3, workerCpu: 2, seed, costs };
      return new Machine(runOf(kernel, tasks, more)).run();
    });
    expect(await runFleet(input, jobs, 1)).toEqual(expected);
    expect(await runFleet(input, jobs, 3)).toEqual(expected);
  });

  it('hands on what goes wrong in a thread', async () => {
    const { runFleet } = (await import(COMPILED)) as typeof import('../../../src/replay/engine/fleet.ts');
    const era = eraById('E');
    const none = new Int32Array(0);
    const input: FleetInput = {
      tasks: [],
      paths: ['swap free'],
      cpus: 1,
      workerCpu: 0,
      hogs: new Uint8Array(1),
      geometry: era.geometry,
      fullness: era.fullness.id,
      stored: { handle: none, sizeClass: none },
    };
    const job = { kernel: era.kernel, times: TIMES, costs: {}, seed: 1 };
    await expect(runFleet(input, [job], 1)).rejects.toThrow(/no cost/);
  });
});
