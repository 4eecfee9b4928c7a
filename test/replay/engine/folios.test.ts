import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { batchStore } from '../../../src/model/designs/batch-store.ts';
import { withFailedFolios } from '../../../src/model/designs/failed-folio.ts';
import { eraById } from '../../../src/model/kernels/eras.ts';
import { EACH_PAGE, withZswap, ZSWAP_PATHS } from '../../../src/model/kernels/zswap.ts';
import { PAGE_FATES, type PageFate, type Step } from '../../../src/model/steps.ts';
import { ZSWAP_ERAS } from '../../../src/model/zswap/eras.ts';
import {
  COST_QUANTILES,
  Machine,
  type MachineRun,
  type TaskStream,
} from '../../../src/replay/engine/machine.ts';
import { compile } from '../../../src/replay/engine/program.ts';
import { constant, emptyPool, generator, kernelOf, runOf, TIMES, taskOf } from '../../helpers/machine.ts';
import { referenceRun } from '../../reference/machine-reference.ts';

const work = (cost: string): Step => ({ do: 'work', what: '', cost });

/** Folios of random sizes: the first page of each stands for it. */
function folios(random: () => number, count: number, paths: number): Omit<TaskStream, 'cpu'> {
  const sizes = Array.from({ length: count }, () => (random() < 0.5 ? 1 : 1 + Math.floor(random() * 20)));
  const rows = sizes.flatMap((size) => Array.from({ length: size }, (_, k) => (k === 0 ? size : 0)));
  let path = 0;
  return {
    pages: Int32Array.from(rows),
    path: Uint8Array.from(rows, (size) => {
      if (size > 0) path = Math.floor(random() * paths);
      return path;
    }),
    handle: Int32Array.from(rows, (_, k) => k),
    sizeClass: Int32Array.from(rows, () => Math.floor(random() * 3)),
    slot: Int32Array.from(rows, () => Math.floor(random() * 40_000)),
    thinkNs: Float64Array.from(rows, () => Math.floor(random() * 300)),
    zspagePages: Int32Array.from(rows, () => Math.floor(random() * 3)),
  };
}

function bothAgree(make: () => MachineRun): void {
  const fast = new Machine(make()).run();
  const slow = referenceRun(make());
  expect([...fast.taskEndNs]).toEqual(slow.taskEndNs);
  expect([...fast.lineWaitNs]).toEqual(slow.lineWaitNs);
  for (const { name, acquisitions, contended, waitNs, holdNs } of fast.locks)
    expect({ acquisitions, contended, waitNs, holdNs }).toEqual(slow.locks[name]);
  slow.durations.forEach((durations, path) => {
    expect(fast.operations[path]).toBe(durations.length);
    expect(fast.latencySumNs[path]).toBe(durations.reduce((sum, ns) => sum + ns, 0));
  });
}

describe('folios', () => {
  it('go page by page, batch by batch, and the whole folio is at hand behind that', () => {
    const kernel = kernelOf({
      paths: {
        store: [
          work('folio'),
          { do: 'each-batch', size: 8, steps: [work('batch'), { do: 'each-page', steps: [work('page')] }] },
          { do: 'each-page', steps: [work('again')] },
          work('folio'),
        ],
      },
    });
    const rows = [20, ...new Array<number>(19).fill(0), 1];
    const task = taskOf(0, new Float64Array(21), { pages: Int32Array.from(rows) });
    const run = runOf(kernel, [task], {
      costs: { folio: constant(10_000), batch: constant(1000), page: constant(10), again: constant(1) },
    });
    const { latencySumNs, operations } = new Machine(run).run();
    expect(operations[0]).toBe(2);
    // Two of a folio each; batches of 8, 8, 4 and of 1; 21 pages, twice.
    expect(latencySumNs[0]).toBe(4 * 10_000 + 4 * 1000 + 21 * 10 + 21);
  });

  it("use each page's own recorded cost", () => {
    const kernel = kernelOf({ paths: { store: [{ do: 'each-page', steps: [work('page')] }, work('end')] } });
    const task = taskOf(0, new Float64Array(3), { pages: Int32Array.from([3, 0, 0]) });
    const run = runOf(kernel, [task], { costs: { page: constant(5), end: constant(100) } });
    const page = Float64Array.of(1, Number.NaN, 30);
    const opCosts = [run.program.costs.map((cost) => (cost === 'page' ? page : undefined))];
    expect(new Machine({ ...run, opCosts }).run().latencySumNs[0]).toBe(1 + 5 + 30 + 100);
  });

  it('are refused without pages', () => {
    const kernel = kernelOf({ paths: { store: [work('page')] } });
    const task = taskOf(0, new Float64Array(1), { pages: Int32Array.of(0) });
    expect(() => new Machine(runOf(kernel, [task])).run()).toThrow('a folio without pages');
  });

  it('agree with the obvious machine on zswap of every version, to the last bit', () => {
    const arbitrary = fc.record({
      era: fc.constantFrom(...ZSWAP_ERAS),
      zsmalloc: fc.constantFrom('C-6.1', 'D', 'F'),
      batch: fc.integer({ min: 1, max: 9 }),
      cpus: fc.integer({ min: 1, max: 3 }),
      tasks: fc.integer({ min: 1, max: 5 }),
      operations: fc.integer({ min: 0, max: 6 }),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(arbitrary, ({ era, zsmalloc, batch, cpus, tasks, operations, seed }) => {
        const plain = withZswap(eraById(zsmalloc), era);
        // One step before each batch, around the pages of it.
        const batched: Step = {
          do: 'each-batch',
          size: batch,
          steps: [work('batch'), EACH_PAGE, { do: 'each-page', steps: [work('page')] }],
        };
        const store = [...plain.paths[ZSWAP_PATHS.store]!, batched];
        const kernel = { ...plain, paths: { ...plain.paths, [ZSWAP_PATHS.store]: store } };
        const paths = Object.values(ZSWAP_PATHS).filter((path) => path in kernel.paths);
        bothAgree(() => {
          const random = generator(seed);
          const streams = Array.from({ length: tasks }, () => ({
            cpu: Math.floor(random() * cpus),
            ...folios(random, operations, paths.length),
          }));
          const program = compile(kernel, paths);
          return {
            program,
            pool: emptyPool(),
            times: TIMES,
            costs: program.costs.map(() =>
              Float64Array.from({ length: COST_QUANTILES }, () => Math.floor(random() * 500)).sort(),
            ),
            cpus,
            paths,
            tasks: streams,
            workerCpu: 0,
            hogs: new Uint8Array(cpus),
            seed,
          };
        });
      }),
      { numRuns: 150 },
    );
  });
});

describe('folios whose pages have fates', () => {
  const rowsOf = (fates: readonly PageFate[]) =>
    taskOf(0, new Float64Array(fates.length + 1), {
      path: Uint8Array.from([0, ...fates.map((fate) => PAGE_FATES.indexOf(fate))]),
      pages: Int32Array.from([fates.length + 1, ...fates.map(() => 0)]),
    });

  it('run each step for the pages that it is for, in batches too', () => {
    const kernel = kernelOf({
      paths: {
        store: [
          work('folio'),
          {
            do: 'each-batch',
            only: ['published'],
            size: 2,
            steps: [work('batch'), { do: 'each-page', steps: [work('page')] }],
          },
          { do: 'each-page', only: ['undone', 'not-compressed'], steps: [work('tried')] },
          { do: 'each-page', only: ['no-tree'], steps: [work('never')] },
          work('folio'),
        ],
      },
    });
    const task = rowsOf(['published', 'published', 'published', 'undone', 'not-compressed', 'nothing']);
    const costs = { folio: 100_000, batch: 10_000, page: 100, tried: 1, never: 5_000_000 };
    const run = runOf(kernel, [task], {
      costs: Object.fromEntries(Object.entries(costs).map(([name, ns]) => [name, constant(ns)])),
    });
    const { latencySumNs, operations } = new Machine(run).run();
    expect([operations[0], latencySumNs[0]]).toEqual([1, 2 * 100_000 + 2 * 10_000 + 3 * 100 + 2]);
  });

  it('agree with the obvious machine on folios that fail, of every version, with and without batches', () => {
    const arbitrary = fc.record({
      era: fc.constantFrom(...ZSWAP_ERAS.filter(({ storesLargeFolios }) => storesLargeFolios)),
      size: fc.integer({ min: 0, max: 5 }),
      cpus: fc.integer({ min: 1, max: 3 }),
      folios: fc.array(fc.array(fc.constantFrom(...PAGE_FATES), { maxLength: 12 }), {
        minLength: 1,
        maxLength: 8,
      }),
      seed: fc.integer(),
    });
    fc.assert(
      fc.property(arbitrary, ({ era, size, cpus, folios: all, seed }) => {
        const plain = withZswap(eraById('F'), era);
        const kernel = withFailedFolios(size > 0 ? batchStore.apply(plain, { size }) : plain);
        const path = ZSWAP_PATHS.storeUndone;
        const program = compile(kernel, [path]);
        bothAgree(() => {
          const random = generator(seed);
          const streams = all.map((fates, t): TaskStream => {
            const sorted = fates.toSorted((a, b) => PAGE_FATES.indexOf(a) - PAGE_FATES.indexOf(b));
            const count = sorted.length + 1;
            return {
              ...rowsOf(sorted),
              cpu: t % cpus,
              handle: new Int32Array(count).fill(-1),
              sizeClass: Int32Array.from({ length: count }, () => Math.floor(random() * 3)),
              slot: Int32Array.from({ length: count }, () => Math.floor(random() * 40_000)),
              zspagePages: new Int32Array(count),
            };
          });
          return {
            program,
            pool: emptyPool(),
            times: TIMES,
            costs: program.costs.map(() =>
              Float64Array.from({ length: COST_QUANTILES }, () => Math.floor(random() * 500)).sort(),
            ),
            cpus,
            paths: [path],
            tasks: streams,
            workerCpu: 0,
            hogs: new Uint8Array(cpus),
            seed,
          };
        });
      }),
      { numRuns: 20 },
    );
  });
});
