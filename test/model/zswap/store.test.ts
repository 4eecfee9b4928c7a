import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TWELVE_GROUPS } from '../../../src/model/zsmalloc/fullness.ts';
import { Geometry, X86_64 } from '../../../src/model/zsmalloc/geometry.ts';
import { Pool } from '../../../src/model/zsmalloc/pool.ts';
import { zswapEraById } from '../../../src/model/zswap/eras.ts';
import { invalidateSlot, loadPage } from '../../../src/model/zswap/load.ts';
import { EntryTrees } from '../../../src/model/zswap/slot-index.ts';
import { ZswapState } from '../../../src/model/zswap/state.ts';
import { ZsmallocStorage } from '../../../src/model/zswap/storage.ts';
import { type Compressed, storeFolio } from '../../../src/model/zswap/store.ts';
import type { VswapTable } from '../../../src/model/zswap/vswap-table.ts';
import { shrinkMemcg } from '../../../src/model/zswap/writeback.ts';
import { ERA_IDS, emptyZswap, FINE, folio } from './swap-world.ts';

const ERROR: Compressed = { kind: 'error' };
const TOO_LARGE: Compressed = { kind: 'too-large' };

describe('a store by version', () => {
  it('refuses folios of several pages before 6.13, and leaves older entries alone', () => {
    for (const era of ERA_IDS) {
      const zswap = emptyZswap({ era });
      const { rejection } = storeFolio(zswap, folio(0, [FINE, FINE]));
      expect([era, rejection]).toEqual([era, era === '6.1' || era === '6.12' ? 'large folio' : null]);
    }
  });

  it('keeps pages of one word as entries without object in 6.1', () => {
    const zswap = emptyZswap({ era: '6.1' });
    expect(storeFolio(zswap, folio(3, [{ kind: 'same-filled', bytes: 40 }])).rejection).toBeNull();
    expect([zswap.storage.pages, zswap.storedPages, zswap.references.pool]).toEqual([0, 1, 1]);
    expect(loadPage(zswap, 3).kind).toBe('loaded');
    invalidateSlot(zswap, 3);
    expect([zswap.storedPages, zswap.references.faults]).toEqual([0, []]);
  });

  it('keeps what does not compress from 6.18 on, where the memcg may write back', () => {
    for (const [era, noWriteback, rejection] of [
      ['6.12', false, 'compression failed'],
      ['6.18', false, null],
      ['6.18', true, 'compression failed'],
    ] as const) {
      const zswap = emptyZswap({ era, noWriteback });
      expect(storeFolio(zswap, folio(0, [ERROR])).rejection).toBe(rejection);
      expect(zswap.counters.reject_compress_fail).toBe(rejection === null ? 0 : 1);
      if (rejection === null) expect([...zswap.entries.values()][0]!.length).toBe(4096);
    }
  });

  it('counts by the names of debugfs', () => {
    const zswap = emptyZswap({ era: '6.12', maxPages: 1 });
    storeFolio(zswap, folio(0, [TOO_LARGE]));
    storeFolio(zswap, { ...folio(0, [FINE]), failure: { page: 0, at: 'entry' } });
    storeFolio(zswap, { ...folio(0, [FINE]), failure: { page: 0, at: 'object' } });
    storeFolio(zswap, { ...folio(0, [FINE]), failure: { page: 0, at: 'tree' } });
    storeFolio(zswap, folio(0, [FINE]));
    expect(storeFolio(zswap, folio(1, [FINE])).rejection).toBe('pool limit');
    expect(zswap.counters).toMatchObject({
      reject_compress_poor: 1,
      reject_kmemcache_fail: 1,
      reject_alloc_fail: 2,
      pool_limit_hit: 1,
    });
    expect([zswap.reachedFull, zswap.shrinkQueued]).toEqual([true, true]);
    // 6.1 had no counter of failed compressions.
    const old = emptyZswap({ era: '6.1' });
    storeFolio(old, folio(0, [ERROR]));
    expect(old.counters.reject_compress_fail).toBe(0);
  });

  it('checks limits once for a folio, however large: it may end above', () => {
    const zswap = emptyZswap({ maxPages: 10 });
    expect(storeFolio(zswap, folio(0, Array(16).fill(FINE))).rejection).toBeNull();
    expect(zswap.storage.pages).toBe(16);
    expect(storeFolio(zswap, folio(16, [FINE])).rejection).toBe('pool limit');
  });

  it('asks a memcg at its limit to shrink, and goes on when it did; not in 6.1', () => {
    for (const era of ERA_IDS) {
      const settings = { ...emptyZswap({ era }).settings, memcgBytes: new Map([[0, 1000]]) };
      const zswap = new ZswapState(settings, emptyZswap().storage);
      const cache = { has: () => false, isUsed: () => true };
      const shrinks = (memcg: number) => shrinkMemcg(zswap, cache, memcg) === 'shrunk';
      expect(storeFolio(zswap, folio(0, [FINE]), shrinks).rejection).toBeNull();
      // Its one entry has its second chance first; a turn of 7.3 comes to it again.
      const first = storeFolio(zswap, folio(1, [FINE]), shrinks).rejection;
      expect([era, first]).toEqual([era, era === '7.3' ? null : 'memcg limit']);
      const second = storeFolio(zswap, folio(1, [FINE]), shrinks).rejection;
      expect([era, second]).toEqual([era, era === '6.1' ? 'memcg limit' : null]);
      expect([...zswap.entries.values()].map(({ slot }) => slot)).toEqual([era === '6.1' ? 0 : 1]);
    }
  });

  it('loads no large folio: an I/O error, by another name since 6.18; a virtual device has none in zswap', () => {
    expect(loadPage(emptyZswap({ era: '6.12' }), 0, { pages: 4 })).toMatchObject({
      kind: 'error',
      result: 'handled, not up to date',
    });
    expect(loadPage(emptyZswap(), 0, { pages: 4 })).toMatchObject({ kind: 'error', result: '-EINVAL' });
    expect(loadPage(emptyZswap({ vswap: true }), 0, { pages: 4 }).kind).toBe('missing');
  });

  it('loads exclusively, but only into the swap cache, and not in 6.1', () => {
    for (const era of ERA_IDS)
      for (const intoSwapCache of [true, false]) {
        const zswap = emptyZswap({ era });
        storeFolio(zswap, folio(5, [FINE]));
        const isFreed = era !== '6.1' && intoSwapCache;
        expect(loadPage(zswap, 5, { intoSwapCache })).toMatchObject({ kind: 'loaded', freed: isFreed });
        expect(zswap.entries.size).toBe(isFreed ? 0 : 1);
      }
  });

  it('erases what is there when it is off', () => {
    const zswap = emptyZswap();
    storeFolio(zswap, folio(0, [FINE, FINE]));
    zswap.enabled = false;
    expect(storeFolio(zswap, folio(0, [FINE, FINE]))).toMatchObject({ rejection: 'disabled', freed: [0, 1] });
    expect([zswap.entries.size, zswap.shrinkQueued]).toEqual([0, false]);
  });

  it('puts an entry on the list of its own node, which is that of the page', () => {
    const zswap = emptyZswap();
    storeFolio(zswap, { ...folio(0, [FINE]), node: 1, memcg: 3 });
    storeFolio(zswap, folio(1, [FINE]));
    expect(zswap.lists.keys()).toEqual([
      { memcg: 3, node: 1 },
      { memcg: 0, node: 0 },
    ]);
    expect(zswap.lists.length({ memcg: 3, node: 1 })).toBe(1);
  });

  it('keeps a tree for every 2^14 slots from 6.12 on', () => {
    expect(new EntryTrees(zswapEraById('6.12').slotsPerTree).treeOf(0x8001)).toBe(2);
    expect(new EntryTrees(zswapEraById('6.1').slotsPerTree).treeOf(0x8001)).toBe(0);
  });

  it('keeps objects in a zsmalloc pool', () => {
    const pool = new Pool(new Geometry(X86_64), TWELVE_GROUPS);
    const zswap = new ZswapState(emptyZswap().settings, new ZsmallocStorage(pool));
    storeFolio(zswap, folio(0, Array(9).fill({ kind: 'compressed', bytes: 3600 })));
    // Class 3632: nine objects in eight pages.
    expect(pool.pages).toBe(8);
    for (let slot = 0; slot < 9; slot++) loadPage(zswap, slot);
    expect([pool.pages, zswap.entries.size, zswap.references.pool]).toEqual([0, 0, 1]);
  });
});

const anyPage = fc.constantFrom<Compressed>(FINE, FINE, FINE, ERROR, TOO_LARGE);
const anyFolio = fc.record({
  firstSlot: fc.integer({ min: 0, max: 6 }),
  pages: fc.array(anyPage, { minLength: 1, maxLength: 4, size: 'max' }),
  failure: fc.option(
    fc.record({ page: fc.integer({ min: 0, max: 3 }), at: fc.constantFrom('entry', 'object', 'tree') }),
    { nil: undefined },
  ),
});

describe('all or nothing', () => {
  it.each(ERA_IDS)(
    '%s: after a store a folio is wholly in zswap with its newest data, or not at all',
    (era) => {
      fc.assert(
        fc.property(
          fc.array(anyFolio, { maxLength: 12, size: 'max' }),
          fc.integer({ min: 1, max: 8 }),
          (folios, maxPages) => {
            const zswap = emptyZswap({ era, maxPages, noWriteback: true });
            for (const [k, { failure, ...rest }] of folios.entries()) {
              const before = new Map(zswap.index.pairs());
              const contents = rest.pages.map(() => k + 1);
              const { rejection } = storeFolio(zswap, {
                ...folio(rest.firstSlot, rest.pages, contents),
                ...(failure ? { failure } : {}),
              });
              const there = rest.pages.map((_, page) => zswap.index.load(rest.firstSlot + page));
              if (rejection === null) {
                expect(there.map((id) => zswap.entries.get(id)?.content)).toEqual(contents);
              } else if (rejection === 'large folio' && era !== '6.1') {
                // Refused as a whole before anything is looked at: it is split, and each page comes again.
                expect(there).toEqual(rest.pages.map((_, page) => before.get(rest.firstSlot + page) ?? -1));
              } else expect(there.every((id) => id < 0)).toBe(true);
              expectSound(zswap);
            }
          },
        ),
      );
    },
  );

  it('on a virtual device a failure behind the first page releases all, at the first page nothing', () => {
    fc.assert(
      fc.property(fc.array(anyFolio, { maxLength: 12, size: 'max' }), (folios) => {
        const zswap = emptyZswap({ vswap: true, noWriteback: true });
        const table = zswap.index as VswapTable;
        for (const [k, { failure, ...rest }] of folios.entries()) {
          const before = new Map(zswap.index.pairs());
          const { rejection, failedPage } = storeFolio(zswap, {
            ...folio(
              rest.firstSlot,
              rest.pages,
              rest.pages.map(() => k + 1),
            ),
            ...(failure ? { failure } : {}),
          });
          const slots = rest.pages.map((_, page) => rest.firstSlot + page);
          if (rejection === null) expect(slots.every((slot) => table.backing(slot) === 'zswap')).toBe(true);
          else if (failedPage > 0) expect(slots.every((slot) => table.backing(slot) === 'none')).toBe(true);
          else
            expect(slots.map((slot) => table.load(slot))).toEqual(
              slots.map((slot) => before.get(slot) ?? -1),
            );
          // A table needs no memory for a node.
          expect(rejection).not.toBe('tree allocation');
          expectSound(zswap);
        }
      }),
    );
  });
});

function expectSound(zswap: ZswapState): void {
  const entries = [...zswap.entries.values()];
  const withObject = entries.filter(({ handle }) => handle >= 0).length;
  expect(zswap.references.faults).toEqual([]);
  expect(zswap.references.pool).toBe(1 + withObject);
  expect(zswap.references.memcgs.get(0) ?? 0).toBe(entries.length);
  expect(zswap.storage.pages).toBe(withObject);
  expect(zswap.storedPages).toBe(entries.length);
  expect(
    zswap.index
      .pairs()
      .map(([, id]) => id)
      .sort(),
  ).toEqual(entries.map(({ id }) => id).sort());
  expect(zswap.references.charged.get(0) ?? 0).toBe(entries.reduce((sum, { length }) => sum + length, 0));
  const listed = zswap.lists.entries({ memcg: 0, node: 0 });
  expect(listed.length).toBe(zswap.era.lru === 'allocator' ? 0 : withObject);
}
