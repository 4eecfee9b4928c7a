import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { invalidateSlot, loadPage } from '../../../src/model/zswap/load.ts';
import { RECLAIM_RETRIES } from '../../../src/model/zswap/shrink-rules.ts';
import { scanList } from '../../../src/model/zswap/shrinker.ts';
import { ZswapState } from '../../../src/model/zswap/state.ts';
import { CountingStorage } from '../../../src/model/zswap/storage.ts';
import { type Compressed, storeFolio } from '../../../src/model/zswap/store.ts';
import { lookAtHead, runShrinkWorker, shrinkMemcg, writeBack } from '../../../src/model/zswap/writeback.ts';
import { emptyZswap, FINE, folio } from './swap-world.ts';

const NOTHING_CACHED = { has: () => false, isUsed: () => true };

/** Entries of several memcgs on several nodes; slots in the order in which they were stored. */
function filled(places: readonly (readonly [memcg: number, node: number])[], acceptPages = 0): ZswapState {
  const zswap = new ZswapState(
    { ...emptyZswap().settings, limit: { maxPages: 10_000, acceptPages } },
    new CountingStorage(),
  );
  for (const [slot, [memcg, node]] of places.entries())
    storeFolio(zswap, { ...folio(slot, [FINE]), memcg, node });
  return zswap;
}

const places = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 1 })), {
  minLength: 1,
  maxLength: 60,
});

describe('whatever is on the lists', () => {
  it('an entry is written back only after a look that gave it its second chance', () => {
    fc.assert(
      fc.property(places, fc.integer({ min: 1, max: 400 }), (list, looks) => {
        const zswap = filled(list);
        const chances = new Set<number>();
        for (let k = 0; k < looks; k++)
          for (const key of zswap.lists.keys()) {
            const look = lookAtHead(zswap, key);
            if (look.kind === 'second chance') chances.add(look.entry);
            else if (look.kind === 'victim') {
              expect(chances.has(look.entry)).toBe(true);
              expect(zswap.entries.get(look.entry)).toMatchObject(key);
              writeBack(zswap, NOTHING_CACHED, look.entry, look.slot);
            }
          }
      }),
      { numRuns: 60 },
    );
  });

  it('of one list the oldest goes first, and what is in the swap cache never goes', () => {
    fc.assert(
      fc.property(places, fc.array(fc.nat(59)), (list, cached) => {
        const zswap = filled(list);
        const cache = { has: (slot: number) => cached.includes(slot), isUsed: () => true };
        const written: number[] = [];
        for (let pass = 0; pass < 2 * list.length; pass++)
          for (const memcg of [0, 1, 2, 3])
            shrinkMemcg(zswap, cache, memcg, ({ slot }) => written.push(slot));
        expect(written.filter((slot) => cached.includes(slot))).toEqual([]);
        for (const memcg of [0, 1, 2, 3])
          for (const node of [0, 1]) {
            const own = written.filter((slot) => list[slot]![0] === memcg && list[slot]![1] === node);
            expect(own).toEqual([...own].sort((a, b) => a - b));
          }
        expect(zswap.counters.written_back_pages).toBe(written.length);
      }),
      { numRuns: 60 },
    );
  });

  it('the worker ends at the accept threshold or after its failures, and goes on where it ended', () => {
    fc.assert(
      fc.property(
        places,
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 12 }),
        (list, accept, runs) => {
          const zswap = filled(list, accept);
          const looked = new Map<number, number>();
          const lists = new Map<number, number>();
          for (const { memcg } of zswap.lists.keys()) lists.set(memcg, (lists.get(memcg) ?? 0) + 1);
          const head = zswap.lists.head.bind(zswap.lists);
          zswap.lists.head = (key) => {
            looked.set(key.memcg, (looked.get(key.memcg) ?? 0) + 1);
            return head(key);
          };
          for (let run = 0; run < runs; run++) {
            const { failures } = runShrinkWorker(zswap, NOTHING_CACHED);
            expect(failures <= RECLAIM_RETRIES).toBe(true);
            expect(zswap.storage.pages <= accept || failures === RECLAIM_RETRIES).toBe(true);
          }
          // Round robin, also across runs: no memcg is looked at twice more often than another.
          const turns = [...lists].map(([memcg, nodes]) => (looked.get(memcg) ?? 0) / nodes);
          expect(Math.max(...turns) - Math.min(...turns)).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('a walk under memory pressure takes from the list of its memcg and node alone', () => {
    fc.assert(
      fc.property(places, fc.integer({ min: 1, max: 80 }), (list, entries) => {
        const zswap = filled(list);
        const key = { memcg: list[0]![0], node: list[0]![1] };
        const { writtenBack } = scanList(zswap, NOTHING_CACHED, key, entries, (entry) =>
          expect(entry).toMatchObject(key),
        );
        const own = list.filter(([memcg, node]) => memcg === key.memcg && node === key.node).length;
        // Each has its second chance first.
        expect(writtenBack).toBe(Math.min(own, Math.max(0, entries - own)));
      }),
      { numRuns: 60 },
    );
  });
});

describe('an entry before its publication', () => {
  it('is seen by no shrinker: of a store that fails none ever was', () => {
    const kinds = fc.constantFrom<Compressed>(FINE, { kind: 'error' });
    fc.assert(
      fc.property(fc.array(kinds, { minLength: 1, maxLength: 6 }), (pages) => {
        const zswap = emptyZswap({ era: '6.13' });
        const { rejection, failedPage } = storeFolio(zswap, folio(0, pages));
        const listed = zswap.lists.entries({ memcg: 0, node: 0 });
        expect(listed.length).toBe(rejection === null ? pages.length : 0);
        expect(failedPage).toBe(pages.findIndex(({ kind }) => kind === 'error'));
      }),
    );
  });
});

describe('refused folios', () => {
  it('are counted once each, by the name of their cause', () => {
    const failures = fc.constantFrom('entry', 'object', 'tree', 'error', 'too-large', 'none');
    fc.assert(
      fc.property(
        fc.array(failures, { maxLength: 30 }),
        fc.integer({ min: 1, max: 12 }),
        (list, maxPages) => {
          const zswap = emptyZswap({ era: '6.13', maxPages, noWriteback: true });
          let [refused, forLimit] = [0, 0];
          for (const [slot, what] of list.entries()) {
            const page: Compressed = what === 'error' || what === 'too-large' ? { kind: what } : FINE;
            const at = what === 'entry' || what === 'object' || what === 'tree' ? what : null;
            const { rejection } = storeFolio(zswap, {
              ...folio(slot, [page]),
              ...(at ? { failure: { page: 0, at } } : {}),
            });
            if (rejection === 'pool limit') forLimit++;
            else if (rejection !== null) refused++;
          }
          const { counters } = zswap;
          const named =
            counters.reject_kmemcache_fail +
            counters.reject_alloc_fail +
            counters.reject_compress_fail +
            counters.reject_compress_poor;
          expect(named).toBe(refused);
          // Between the limit and the accept threshold a folio is refused and nothing counts it.
          expect(counters.pool_limit_hit).toBeLessThanOrEqual(forLimit);
        },
      ),
    );
  });
});

describe('a page that does not decompress', () => {
  it('stays in zswap since 6.15: the read fails, and the writeback leaves it', () => {
    const zswap = emptyZswap();
    storeFolio(zswap, folio(7, [FINE]));
    expect(loadPage(zswap, 7, { decompresses: false })).toEqual({ kind: 'error', result: '-EIO' });
    expect(writeBack(zswap, NOTHING_CACHED, zswap.index.load(7), 7, false).result).toBe('-EIO');
    expect(zswap.counters).toMatchObject({
      decompress_fail: 2,
      reject_reclaim_fail: 1,
      written_back_pages: 0,
    });
    expect(invalidateSlot(zswap, 7)).toBeGreaterThanOrEqual(0);
    expect(zswap.references.faults).toEqual([]);
  });

  it('stopped the kernel before', () => {
    const zswap = emptyZswap({ era: '6.12' });
    storeFolio(zswap, folio(7, [FINE]));
    expect(() => loadPage(zswap, 7, { decompresses: false })).toThrow('stops the kernel');
  });
});
