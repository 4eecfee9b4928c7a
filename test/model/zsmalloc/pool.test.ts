import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Compaction } from '../../../src/model/zsmalloc/compaction.ts';
import { FOUR_GROUPS, TWELVE_GROUPS } from '../../../src/model/zsmalloc/fullness.ts';
import { Geometry, X86_64, X86_64_BEFORE_6_3 } from '../../../src/model/zsmalloc/geometry.ts';
import { Pool } from '../../../src/model/zsmalloc/pool.ts';

const KERNELS = [
  ['6.12', X86_64, TWELVE_GROUPS],
  ['6.1', X86_64_BEFORE_6_3, FOUR_GROUPS],
] as const;

describe.each(KERNELS)('a pool of %s', (_, config, fullness) => {
  const geometry = new Geometry(config);
  const actions = fc.array(
    fc.oneof(
      fc.record({ what: fc.constant('malloc' as const), size: fc.integer({ min: 1, max: 4096 }) }),
      fc.record({ what: fc.constant('malloc' as const), size: fc.constantFrom(100, 1200, 3000) }),
      fc.record({ what: fc.constant('free' as const), which: fc.nat() }),
      fc.record({ what: fc.constant('compact' as const) }),
    ),
    { maxLength: 400 },
  );

  it('keeps objects apart, counts what it holds, and gives all pages back', () => {
    fc.assert(
      fc.property(actions, (steps) => {
        const pool = new Pool(geometry, fullness);
        const live = new Map<number, number>();
        let next = 0;
        const free = (handle: number) => {
          const emptied = pool.free(handle);
          live.delete(handle);
          if (emptied >= 0) pool.release(emptied);
        };
        for (const step of steps) {
          if (step.what === 'malloc') {
            const handle = next++;
            const sizeClass = pool.classFor(step.size);
            if (pool.allocateFromExisting(sizeClass, handle) < 0) pool.allocateFromNew(sizeClass, handle);
            live.set(handle, sizeClass);
          } else if (step.what === 'free') {
            const handles = [...live.keys()];
            if (handles.length > 0) free(handles[step.which % handles.length]!);
          } else {
            const before = pool.pages;
            const compaction = new Compaction(pool);
            while (compaction.moveNext());
            expect(before - pool.pages).toBe(compaction.pagesFreed);
          }
          const places = [...live.keys()].map((h) => `${pool.zspageOf(h)}:${pool.objectIndexOf(h)}`);
          expect(new Set(places).size).toBe(live.size);
          for (const [handle, sizeClass] of live) {
            expect(pool.classOf(pool.zspageOf(handle))).toBe(sizeClass);
            expect(pool.objectIndexOf(handle)).toBeLessThan(pool.classes[sizeClass]!.objectsPerZspage);
          }
          const inUse = pool.objectsInUse.reduce((sum, n) => sum + n, 0);
          expect(inUse).toBe(live.size);
          const zspages = new Set([...live.keys()].map((h) => pool.zspageOf(h)));
          const pages = [...zspages].reduce(
            (sum, z) => sum + pool.classes[pool.classOf(z)]!.pagesPerZspage,
            0,
          );
          expect(pool.pages).toBe(pages);
        }
        for (const handle of [...live.keys()]) free(handle);
        expect([pool.pages, pool.pagesTaken]).toEqual([0, pool.pagesReturned]);
      }),
      { numRuns: 60 },
    );
  });

  it('hands out indices upwards in a new zspage, and the last one freed first', () => {
    const pool = new Pool(geometry, fullness);
    const sizeClass = pool.classFor(1200);
    pool.allocateFromNew(sizeClass, 0);
    for (let handle = 1; handle < 3; handle++) pool.allocateFromExisting(sizeClass, handle);
    expect([0, 1, 2].map((handle) => pool.objectIndexOf(handle))).toEqual([0, 1, 2]);
    pool.free(0);
    pool.free(1);
    pool.allocateFromExisting(sizeClass, 3);
    expect(pool.objectIndexOf(3)).toBe(1);
  });
});

it('an empty zspage that could not be released is used again', () => {
  const pool = new Pool(new Geometry(X86_64), TWELVE_GROUPS);
  const sizeClass = pool.classFor(1200);
  const zspage = pool.allocateFromNew(sizeClass, 0);
  expect(pool.free(0)).toBe(zspage);
  expect(pool.firstEmpty(sizeClass)).toBe(zspage);
  expect(pool.allocateFromExisting(sizeClass, 1)).toBe(zspage);
});

it('refuses to free a handle twice', () => {
  const pool = new Pool(new Geometry(X86_64), TWELVE_GROUPS);
  pool.allocateFromNew(pool.classFor(1200), 0);
  pool.free(0);
  expect(() => pool.free(0)).toThrow(RangeError);
});

it.each([
  [TWELVE_GROUPS, 3, [0, 4, 7, 11]],
  [TWELVE_GROUPS, 128, [0, 1]],
  [FOUR_GROUPS, 4, [0, 1, 1, 1, 3]],
  [FOUR_GROUPS, 8, [0, 1, 1, 1, 1, 1, 1, 2, 3]],
] as const)('fullness groups: %o of %i objects', (rule, objects, groups) => {
  expect(groups.map((_, inUse) => rule.groupOf(inUse, objects))).toEqual(groups);
});
