import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePressureDesign } from '../../../src/replay/pressure/designs.ts';
import { watermarks } from '../../../src/replay/pressure/memory.ts';
import { type PressureRun, runPressure } from '../../../src/replay/pressure/run.ts';
import { AS_IT_IS, type PressureSetup } from '../../../src/replay/pressure/setup.ts';
import { smallSetup } from './small-setup.ts';

const writtenBack = (run: PressureRun) => run.writtenByShrinker + run.writtenByWorker;

/** Twice as much as there is memory for: reclaim, shrinker and device are busy. */
const TIGHT: Partial<PressureSetup> = { jobPages: 1000, recency: 8, touches: 3, listScale: 1024 };

describe('the loop of memory pressure', () => {
  it('stores nothing while all that jobs want fits', () => {
    const run = runPressure(smallSetup({ jobPages: 500 }));
    expect(run).toMatchObject({ storedPages: 0, reclaimCalls: 0, readFromDisk: 0, mostPoolPages: 0 });
    expect(writtenBack(run)).toBe(0);
    // 4 processes, 500 fresh pages and 5 touches for each: 3000 times 100 ns.
    expect(run.userNs).toBe(4 * 500 * 6 * 100);
    // Every fresh page is a fault, and is freed at the end.
    expect(run.sysNs).toBe(4 * 500 * (1000 + 200));
  });

  it('stores what does not fit, and writes back under more pressure only', () => {
    const some = runPressure(smallSetup({ jobPages: 600, listScale: 64 }));
    expect(some.storedPages).toBeGreaterThan(4 * 600 - 2048);
    expect(writtenBack(some)).toBeLessThan(some.storedPages / 20);
    const much = runPressure(smallSetup(TIGHT));
    expect(much.storedPages).toBeGreaterThan(some.storedPages);
    expect(much.writtenByShrinker).toBeGreaterThan(0);
    expect(much.secondChances).toBeGreaterThanOrEqual(much.writtenByShrinker);
    expect(much.isOutOfMemory).toBe(false);
  });

  it('is the same again, and another one with another seed', () => {
    const setup = smallSetup(TIGHT);
    expect(runPressure(setup)).toEqual(runPressure(setup));
    expect(runPressure({ ...setup, seed: 2 })).not.toEqual(runPressure(setup));
  });

  it('writes nothing back without the shrinker, or with virtual swap', () => {
    const without = runPressure(smallSetup({ ...TIGHT, jobPages: 800, hasShrinker: false }));
    expect(without.storedPages).toBeGreaterThan(0);
    expect(writtenBack(without)).toBe(0);
    const vswap = runPressure(smallSetup({ ...TIGHT, jobPages: 800, design: parsePressureDesign('vswap') }));
    expect(writtenBack(vswap) + vswap.readFromDisk).toBe(0);
  });

  it('is out of memory where nothing can be written back and it does not fit', () => {
    const setup = smallSetup({ ...TIGHT, jobPages: 2500, design: parsePressureDesign('vswap') });
    expect(runPressure(setup).isOutOfMemory).toBe(true);
  });

  it('refuses folios at the limit, and the worker writes back', () => {
    const run = runPressure(smallSetup({ ...TIGHT, maxPoolPages: 100, hasShrinker: false }));
    expect(run.poolLimitHits).toBeGreaterThan(0);
    expect(run.refusedForLimit).toBeGreaterThan(0);
    expect(run.writtenByWorker).toBeGreaterThan(0);
    expect(run.writtenByShrinker).toBe(0);
    expect(run.mostPoolPages).toBeLessThan(120);
  });

  it('refuses folios that do not get smaller, or keeps them raw', () => {
    const sizes = Uint16Array.of(1000, 1200, 4096);
    const refused = runPressure(smallSetup({ ...TIGHT, sizes, keepsIncompressible: false }));
    expect(refused.refusedIncompressible).toBeGreaterThan(0);
    expect(runPressure(smallSetup({ ...TIGHT, sizes })).refusedIncompressible).toBe(0);
  });

  it('puts entries on the node of the CPU with bulk allocation only', () => {
    const run = (text: string) =>
      runPressure(smallSetup({ ...TIGHT, nodes: 2, design: parsePressureDesign(text) }));
    expect(run('batch-store+node-entries')).toMatchObject({ storedOnOtherNode: 0, writtenFromWrongNode: 0 });
    const bulk = run('batch-store+bulk-entries');
    expect(bulk.storedOnOtherNode / bulk.storedPages).toBeGreaterThan(0.2);
    expect(bulk.writtenFromWrongNode).toBeGreaterThan(0);
  });

  it('wakes kswapd on a machine, and not under a memcg', () => {
    expect(runPressure(smallSetup({ ...TIGHT, limit: 'machine' })).kswapdWakes).toBeGreaterThan(0);
    expect(runPressure(smallSetup(TIGHT)).kswapdWakes).toBe(0);
  });

  it('batches save time where it is spent', () => {
    const sys = (text: string) => runPressure(smallSetup({ design: parsePressureDesign(text) })).sysNs;
    expect(sys('batch-store')).toBeLessThanOrEqual(sys('base'));
    expect(sys('reclaim-batch')).toBeLessThan(0.95 * sys('base'));
  });

  it('calls its shrinker less often when a pass takes more folios', () => {
    const passes = (text: string) => {
      const setup = smallSetup({
        ...TIGHT,
        jobPages: 800,
        folioPages: 16,
        design: parsePressureDesign(text),
      });
      return runPressure(setup).passes.reduce((sum, count) => sum + count, 0);
    };
    expect(passes('scan-folios:folios=8')).toBeLessThan(0.7 * passes('base'));
  });

  it('keeps pages, memory and time in order whatever it is told', () => {
    const texts = ['base', 'batch-store+bulk-entries', 'reclaim-batch+scan-folios', 'split-folio', 'vswap'];
    const setups = fc.record({
      seed: fc.nat(1000),
      processes: fc.integer({ min: 1, max: 4 }),
      jobs: fc.integer({ min: 1, max: 2 }),
      jobPages: fc.integer({ min: 4, max: 40 }).map((folios) => 16 * folios),
      touches: fc.nat(6),
      memoryPages: fc.integer({ min: 512, max: 1500 }),
      listScale: fc.constantFrom(1, 16, 256),
      limit: fc.constantFrom('memcg' as const, 'machine' as const),
      nodes: fc.integer({ min: 1, max: 3 }),
      memcgs: fc.integer({ min: 1, max: 4 }),
      memcgZswapPages: fc.constantFrom(10, 100, Number.POSITIVE_INFINITY),
      openLoad: fc.constantFrom(null, 0.5, 2),
      anonShare: fc.constantFrom(0.2, 1),
      folioPages: fc.constantFrom(1, 4, 16),
      readaheadPages: fc.constantFrom(1, 8),
      maxPoolPages: fc.constantFrom(20, 150, 10_000),
      hasShrinker: fc.boolean(),
      keepsIncompressible: fc.boolean(),
      design: fc.constantFrom(...texts).map(parsePressureDesign),
    });
    fc.assert(
      // Laws are looked at within, and throw.
      fc.property(setups, (drawn) => {
        const setup = { ...drawn, memcgs: Math.min(drawn.memcgs, drawn.processes) };
        const run = runPressure(smallSetup({ ...setup, sizes: Uint16Array.of(300, 1500, 2500, 4096) }));
        expect(run.realNs).toBeGreaterThan(0);
        expect(run.loadedFromZswap + writtenBack(run)).toBeLessThanOrEqual(run.storedPages);
      }),
      { numRuns: 15, seed: 7 },
    );
  });
});

describe('watermarks', () => {
  it("are the kernel's for 4 GB in one zone", () => {
    // min_free_kbytes = sqrt(16 * 4194304 kB) = 8192 kB; a thousandth of the memory between two marks.
    expect(watermarks(2 ** 20, 1)).toEqual({ min: 2048, low: 2048 + 1048, high: 2048 + 2096 });
  });
});

describe('designs', () => {
  it('compose from left to right', () => {
    expect(parsePressureDesign('base')).toBe(AS_IT_IS);
    expect(parsePressureDesign('batch-store:size=4+bulk-entries')).toMatchObject({
      storeBatch: 4,
      entryNode: 'cpu',
    });
    expect(parsePressureDesign('batch-store+bulk-entries+node-entries').entryNode).toBe('page');
    // As in what-if: without batches they bring those that one slab call is for.
    expect(parsePressureDesign('bulk-entries')).toMatchObject({ storeBatch: 8, entryNode: 'cpu' });
    expect(parsePressureDesign('node-entries')).toEqual(AS_IT_IS);
    expect(parsePressureDesign('mutex-per-page')).toMatchObject({ storeBatch: 8, locksEachPage: true });
    expect(() => parsePressureDesign('mutex-per-page+iaa-batch')).toThrow('under one hold');
    expect(() => parsePressureDesign('batched-charges')).toThrow('a part of a store that the loop does not');
    expect(() => parsePressureDesign('class-idx')).toThrow('changes frees, of which the loop has one time');
    expect(() => parsePressureDesign('mutex')).toThrow('no design "mutex" under memory pressure');
  });

  it.each([
    ['lazy', 'no design "lazy"'],
    ['iaa-batch:size=9', 'from 1 to 8'],
    ['reclaim-batch:size=8', 'it has folios'],
    ['vswap:size=8', 'it has none'],
  ])('refuse %s', (text, why) => {
    expect(() => parsePressureDesign(text)).toThrow(why);
  });
});
