import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyDesigns, parseDesign } from '../../../src/model/designs/registry.ts';
import { ERAS, eraById } from '../../../src/model/kernels/eras.ts';
import { withLockedPages } from '../../../src/model/kernels/locked-pages.ts';
import { pageLists, withPageLists } from '../../../src/model/kernels/page-lists.ts';
import { Geometry } from '../../../src/model/zsmalloc/geometry.ts';
import { Pool } from '../../../src/model/zsmalloc/pool.ts';
import { Machine, type MachineRun, type TaskStream } from '../../../src/replay/engine/machine.ts';
import { constant, generator, runOf, TIMES, taskOf } from '../../helpers/machine.ts';
import { referenceRun } from '../../reference/machine-reference.ts';

const PATHS = ['swap free', 'zs_compact', 'zs_malloc'];
const SIZES = [100, 700, 1500, 3000];

interface World {
  readonly era: string;
  readonly design: string;
  readonly seed: number;
  readonly tasks: number;
  readonly operations: number;
  readonly everyNs: number;
  readonly again: boolean;
  readonly ownCpu: boolean;
  readonly pagesLocked: number;
  /** Pages of a batch, 0 for no lists. */
  readonly batch: number;
}

/** Tasks free what is there, and store some more; one compacts beside them. */
function runIn(world: World): MachineRun {
  const era = eraById(world.era);
  const random = generator(world.seed);
  const pool = new Pool(new Geometry(era.geometry), era.fullness);
  const classes = SIZES.map((size) => pool.classFor(size));
  const stored = world.tasks * world.operations;
  const sizeClass = Int32Array.from({ length: stored * 2 }, () => classes[Math.floor(random() * 4)]!);
  const order = Array.from({ length: stored }, (_, handle) => handle);
  for (const handle of order) {
    if (pool.allocateFromExisting(sizeClass[handle]!, handle) < 0)
      pool.allocateFromNew(sizeClass[handle]!, handle);
  }
  const shuffled = order.map((handle) => [random(), handle] as const).sort((a, b) => a[0] - b[0]);
  const tasks: TaskStream[] = Array.from({ length: world.tasks }, (_, t) => {
    const mine = shuffled.slice(t * world.operations, (t + 1) * world.operations).map(([, handle]) => handle);
    const stores = mine.map(() => random() < 0.2);
    return taskOf(
      t,
      Float64Array.from(mine, () => random() * 600),
      {
        path: Uint8Array.from(stores, (is) => (is ? 2 : 0)),
        handle: Int32Array.from(mine, (handle, k) => (stores[k] ? stored + handle : handle)),
        sizeClass: Int32Array.from(mine, (handle, k) => sizeClass[stores[k] ? stored + handle : handle]!),
        slot: Int32Array.from(mine),
      },
    );
  });
  const thinkNs = new Float64Array(pool.classes.length);
  thinkNs[0] = world.everyNs;
  const compaction = taskOf(world.ownCpu ? world.tasks : 0, thinkNs, {
    path: new Uint8Array(thinkNs.length).fill(1),
    sizeClass: Int32Array.from(thinkNs, (_, k) => thinkNs.length - 1 - k),
    background: world.again ? 'again' : 'once',
  });
  // Where there is no reader lock to try, the kernel stays as it is.
  const hasReaders = era.kernel.paths['zs_free']!.some(
    (step) => step.do === 'read-lock' && step.lock.startsWith('pool'),
  );
  const design = hasReaders ? world.design : 'base';
  const locked = withLockedPages(era.kernel, world.pagesLocked);
  const listed = world.batch > 0 ? withPageLists(locked, pageLists(world.batch, 2 * world.batch)) : locked;
  const kernel = applyDesigns(listed, parseDesign(design));
  return runOf(kernel, [...tasks, compaction], {
    pool,
    cpus: world.tasks + 1,
    workerCpu: world.tasks,
    paths: PATHS,
    times: TIMES,
    seed: world.seed,
    costs: { 'compact-class': constant(3), 'move-object': constant(90) },
  });
}

const worlds: fc.Arbitrary<World> = fc.record({
  era: fc.constantFrom(...ERAS.map((era) => era.id)),
  design: fc.constantFrom('base', 'drop-lock', 'try-read-queue', 'drop-lock+try-read-queue:entries=3'),
  seed: fc.integer({ min: 0, max: 1e6 }),
  tasks: fc.integer({ min: 1, max: 3 }),
  operations: fc.integer({ min: 1, max: 120 }),
  everyNs: fc.integer({ min: 0, max: 20_000 }),
  again: fc.boolean(),
  ownCpu: fc.boolean(),
  pagesLocked: fc.constantFrom(0, 0.1, 0.5, 1),
  batch: fc.constantFrom(0, 1, 3, 10),
});

describe('compaction beside frees', () => {
  it('agrees with the obvious machine to the last bit, and loses nothing', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const run = runIn(world);
        const fast = new Machine(run).run();
        const other = runIn(world);
        const slow = referenceRun(other);
        expect([...fast.taskEndNs]).toEqual(slow.taskEndNs);
        expect(fast.endNs).toBe(slow.endNs);
        for (const { name, acquisitions, contended, waitNs, holdNs } of fast.locks)
          expect({ name, acquisitions, contended, waitNs, holdNs }).toEqual({ name, ...slow.locks[name] });
        const behind = fast.locks.reduce((sum, { readers }) => sum + readers.behindHolder, 0);
        const behindQueue = fast.locks.reduce((sum, { readers }) => sum + readers.behindQueue, 0);
        expect({ holder: behind, queue: behindQueue }).toEqual(slow.readersBehind);
        slow.durations.forEach((durations, path) => {
          expect(fast.operations[path]).toBe(durations.length);
          expect(fast.latencySumNs[path]).toBe(durations.reduce((sum, ns) => sum + ns, 0));
        });
        fast.queues.forEach(({ queued, overflowed, leftOver, most }, q) => {
          expect({ queued, overflowed, leftOver, most }).toEqual(slow.queues[q]);
        });
        const { pool } = run;
        for (const handle of run.tasks.flatMap((task) => [...task.handle]).filter((h) => h >= 0)) {
          expect(pool.zspageOf(handle)).toBe(other.pool.zspageOf(handle));
          if (pool.zspageOf(handle) >= 0)
            expect(pool.objectIndexOf(handle)).toBe(other.pool.objectIndexOf(handle));
        }
        expect([...pool.objectsInUse]).toEqual([...other.pool.objectsInUse]);
        const returned = fast.returnedPages.reduce((sum, pages) => sum + pages, 0);
        expect(returned).toBe(pool.pagesReturned);
        expect(fast.pageLists?.bulkFrees ?? 0).toBe(slow.bulkFrees);
        expect(fast.pageLists?.pagesFreed ?? 0).toBe(slow.bulkFrees * world.batch);
        // One writer, and no reader beside it.
        const pools = slow.holds.filter(({ lock }) => lock.startsWith('pool'));
        let until = 0;
        for (const { from, to } of pools.sort((a, b) => a.from - b.from)) {
          expect(from).toBeGreaterThanOrEqual(until);
          until = to;
        }
      }),
      { numRuns: 150 },
    );
  });

  const world: World = {
    era: 'E',
    design: 'base',
    seed: 3,
    tasks: 3,
    operations: 400,
    everyNs: 1000,
    again: true,
    ownCpu: true,
    pagesLocked: 0,
    batch: 0,
  };

  it('moves objects, gives pages back, and makes readers wait', () => {
    const { locks, compaction, workNs, operations } = new Machine(runIn(world)).run();
    const pool = locks.find(({ name }) => name === 'pool->lock')!;
    expect(compaction.objectsMoved).toBeGreaterThan(0);
    expect(compaction.pagesFreed).toBeGreaterThan(0);
    expect(workNs.background).toBeGreaterThan(operations[1]! * 3);
    expect(pool.readers.behindHolder).toBeGreaterThan(0);
    expect(pool.readers.waitNs).toBeGreaterThan(0);
    expect(pool.readers.longestNs).toBeLessThanOrEqual(pool.readers.waitNs);
  });

  it('with try-read-queue no free waits for a writer, and each writer finds the queues longer', () => {
    const run = runIn({ ...world, design: 'try-read-queue' });
    const { locks, queues } = new Machine(run).run();
    const { readers } = locks.find(({ name }) => name === 'pool->lock')!;
    expect(readers).toEqual({ behindHolder: 0, behindQueue: 0, waitNs: 0, longestNs: 0 });
    expect(queues[0]!.most).toBeGreaterThan(2);
    expect(queues[0]!.overflowed).toBe(0);
  });

  it('with every page locked, zspages wait for the worker or the next allocation, and none is lost', () => {
    for (const { id } of ERAS) {
      const run = runIn({ ...world, era: id, pagesLocked: 1, everyNs: 1e9 });
      const { queues, returnedPages } = new Machine(run).run();
      expect(queues.map(({ name }) => name)).toEqual(['free_work']);
      expect(queues[0]!.queued).toBeGreaterThan(10);
      expect(returnedPages.length).toBeGreaterThan(10);
      expect(returnedPages.length).toBeLessThanOrEqual(queues[0]!.queued);
      // Nothing that is empty is left behind.
      const classes = run.pool.classes.map((_, k) => run.pool.firstEmpty(k));
      expect(Math.max(...classes)).toBe(-1);
    }
  });

  it('makes no free wait for the lock of the pool with class-idx', () => {
    const { locks } = new Machine(runIn({ ...world, design: 'class-idx' })).run();
    const { readers } = locks.find(({ name }) => name === 'pool->lock')!;
    expect(readers).toEqual({ behindHolder: 0, behindQueue: 0, waitNs: 0, longestNs: 0 });
  });
});
