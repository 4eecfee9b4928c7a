import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyDesigns, parseDesign } from '../../../src/model/designs/registry.ts';
import { ERAS, eraById } from '../../../src/model/kernels/eras.ts';
import { pageLists, withPageLists } from '../../../src/model/kernels/page-lists.ts';
import { PAGE_BULK, ZONE_LOCK } from '../../../src/model/kernels/pieces.ts';
import type { PageLists } from '../../../src/model/steps.ts';
import { Machine } from '../../../src/replay/engine/machine.ts';
import { compile } from '../../../src/replay/engine/program.ts';
import { constant, emptyPool, FREE_TIMES, kernelOf, runOf, taskOf } from '../../helpers/machine.ts';

const BULK_NS = 1000;

interface World {
  readonly lists: PageLists;
  /** Frees of each task, each of a page. */
  readonly frees: readonly number[];
  readonly design?: string;
  readonly era?: string;
}

/** Tasks that free objects of a page each: every free gives one page back. */
function run({ lists, frees, design = 'base', era = 'E' }: World) {
  const pool = emptyPool();
  const sizeClass = pool.classFor(4096);
  expect(pool.classes[sizeClass]).toMatchObject({ pagesPerZspage: 1, objectsPerZspage: 1 });
  let handle = 0;
  const tasks = frees.map((count, cpu) => {
    const handles = Int32Array.from({ length: count }, () => handle++);
    for (const each of handles) pool.allocateFromNew(sizeClass, each);
    return taskOf(cpu, new Float64Array(count), {
      handle: handles,
      sizeClass: new Int32Array(count).fill(sizeClass),
    });
  });
  const kernel = applyDesigns(withPageLists(eraById(era).kernel, lists), parseDesign(design));
  return new Machine(
    runOf(kernel, tasks, {
      pool,
      paths: ['zs_free'],
      times: FREE_TIMES,
      costs: { [PAGE_BULK]: constant(BULK_NS) },
    }),
  ).run();
}

const use = (result: ReturnType<typeof run>, lock: string) => result.locks.find(({ name }) => name === lock)!;

describe('page lists', () => {
  it.each([
    // Begun as a batch has left them, they are full after each batch.
    [pageLists(63, 252), 62, 0],
    [pageLists(63, 252), 63, 1],
    [pageLists(63, 252), 252, 4],
    [pageLists(63, 63), 189, 3],
    [pageLists(1, 1), 10, 10],
    // Begun empty, or owing pages.
    [{ ...pageLists(63, 252), startElsewhere: 0 }, 251, 0],
    [{ ...pageLists(63, 252), startElsewhere: 0 }, 252, 1],
    [{ ...pageLists(63, 252), startElsewhere: 0 }, 315, 2],
    [{ ...pageLists(63, 252), start: [-10] }, 262, 1],
    // Begun too full: what is over the mark leaves at once.
    [{ ...pageLists(10, 20), start: [39] }, 1, 3],
  ] as const)('%o: of %i pages, %i batches', (lists, pages, batches) => {
    const result = run({ lists, frees: [pages] });
    expect(result.pageLists).toEqual({ bulkFrees: batches, pagesFreed: batches * lists.batch });
    const zone = use(result, ZONE_LOCK);
    expect([zone.acquisitions, zone.holdNs]).toEqual([batches, batches * BULK_NS]);
  });

  it('are one for each CPU, before one zone->lock', () => {
    const result = run({ lists: pageLists(4, 4), frees: [3, 4, 9], design: 'drop-lock' });
    expect(result.pageLists!.bulkFrees).toBe(0 + 1 + 2);
    // Three CPUs in step: those two that fill their fourth page meet there.
    expect(use(result, ZONE_LOCK).contended).toBe(1);
  });

  it('lengthen the hold of class->lock unless that is dropped first', () => {
    const frees = [40];
    const hold = (lists: PageLists, design: string) =>
      use(run({ lists, frees, design }), 'class->lock').holdNs;
    const never = pageLists(1000, 1000);
    const often = pageLists(4, 8);
    // A page list's lock calls cost nothing here, so it is the batches alone.
    expect(hold(often, 'base') - hold(never, 'base')).toBe(10 * BULK_NS);
    expect(hold(often, 'drop-lock')).toBe(hold(never, 'drop-lock'));
  });

  it('keep every page: in the list, or with the buddy allocator', () => {
    fc.assert(
      fc.property(
        fc.record({
          batch: fc.integer({ min: 1, max: 40 }),
          more: fc.integer({ min: 0, max: 60 }),
          frees: fc.array(fc.integer({ min: 0, max: 80 }), { minLength: 1, maxLength: 4 }),
          era: fc.constantFrom(...ERAS.map(({ id }) => id)),
          design: fc.constantFrom('base', 'drop-lock'),
        }),
        ({ batch, more, frees, era, design }) => {
          const lists = pageLists(batch, batch + more);
          const { returnedPages, pageLists: freed } = run({ lists, frees, era, design });
          const returned = returnedPages.reduce((sum, pages) => sum + pages, 0);
          expect(returned).toBe(frees.reduce((sum, count) => sum + count, 0));
          const batches = frees.reduce((sum, count) => sum + Math.floor(count / batch), 0);
          expect(freed).toEqual({ bulkFrees: batches, pagesFreed: batches * batch });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are none where the kernel has none', () => {
    const result = new Machine(runOf(eraById('E').kernel, [], { cpus: 1, paths: ['zs_free'] })).run();
    expect(result.pageLists).toBeNull();
    const kernel = kernelOf({ paths: { a: [{ do: 'pool', action: 'bulk-free' }] } });
    expect(() => compile(kernel)).toThrow(/no page lists/);
  });
});
