import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zswapEraById } from '../../../src/model/zswap/eras.ts';
import { scanList } from '../../../src/model/zswap/shrinker.ts';
import { ZswapState } from '../../../src/model/zswap/state.ts';
import { CountingStorage } from '../../../src/model/zswap/storage.ts';
import { storeFolio } from '../../../src/model/zswap/store.ts';
import { runShrinkWorker } from '../../../src/model/zswap/writeback.ts';
import { Place } from '../../../src/replay/pressure/place.ts';
import { runPressure } from '../../../src/replay/pressure/run.ts';
import { ShrinkWorker, shrinkPair } from '../../../src/replay/pressure/shrinker.ts';
import { World } from '../../../src/replay/pressure/world.ts';
import { smallSetup } from './small-setup.ts';

const NOTHING_CACHED = { has: () => false, isUsed: () => true };
const PER_MEMCG = 40;

/** The same entries in the model's zswap and in the loop's: by memcg how many, and which were looked at before. */
function both(counts: readonly number[], old: readonly number[]) {
  const era = zswapEraById('6.18');
  const limit = { maxPages: 1000, acceptPages: 0 };
  const settings = { era, limit, vswap: false, noWriteback: new Set<number>(), memcgBytes: new Map() };
  const state = new ZswapState(settings, new CountingStorage());
  const world = new World(
    smallSetup({
      processes: counts.length,
      memcgs: counts.length,
      jobPages: PER_MEMCG,
      sizes: Uint16Array.of(4096),
      maxPoolPages: 0,
      listScale: 2 ** 20,
    }),
  );
  for (const [memcg, count] of counts.entries())
    for (let k = 0; k < count; k++) {
      const page = memcg * PER_MEMCG + k;
      storeFolio(state, {
        firstSlot: page,
        pages: [{ kind: 'compressed', bytes: 4000 }],
        memcg,
        node: 0,
      });
      world.place[page] = Place.Zswap;
      world.publish(page, 0);
      if (!old.includes(page)) continue;
      state.entries.get(state.index.load(page))!.referenced = false;
      world.referenced[page] = 0;
    }
  return { state, world };
}

const left = (world: World) =>
  [...world.place].flatMap((place, page) => (place === Place.Zswap ? [page] : []));
const kept = (state: ZswapState) => [...state.entries.values()].map(({ slot }) => slot).sort((a, b) => a - b);

const some = fc.array(fc.integer({ min: 1, max: PER_MEMCG }), { minLength: 1, maxLength: 4 });
const old = fc.array(fc.nat(4 * PER_MEMCG - 1), { maxLength: 120 });

describe('the shrinker of the loop and that of the model', () => {
  it('write back the same pages of the same lists under pressure', () => {
    fc.assert(
      fc.property(some, old, (counts, marks) => {
        const { state, world } = both(counts, marks);
        for (const memcg of counts.keys()) {
          const before = world.counters.entriesLookedAt;
          shrinkPair(world, 0, memcg, 0);
          scanList(state, NOTHING_CACHED, { memcg, node: 0 }, world.counters.entriesLookedAt - before);
          expect(left(world)).toEqual(kept(state));
        }
      }),
      { numRuns: 40 },
    );
  });

  it("so do their workers, memcg by memcg, until the same one's patience is spent", () => {
    fc.assert(
      fc.property(some, old, (counts, marks) => {
        const { state, world } = both(counts, marks);
        const worker = new ShrinkWorker();
        for (let run = 0; run < 4; run++) {
          while (!worker.turn(world, 0).isDone);
          runShrinkWorker(state, NOTHING_CACHED);
          expect(left(world)).toEqual(kept(state));
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('memcgs', () => {
  it('reclaim alone: what one of them wants is not taken from another', () => {
    // Two memcgs of 1024 pages; laws of each are looked at within.
    const run = runPressure(smallSetup({ memcgs: 2, jobPages: 500 }));
    expect(run.storedPages).toBe(0);
    const tight = runPressure(smallSetup({ memcgs: 4, jobPages: 600, listScale: 256 }));
    expect(tight.storedPages).toBeGreaterThan(4 * (600 - 512));
  });

  it('at their own limit of zswap have a page written back for a store, or are refused', () => {
    const setup = { memcgs: 2, jobPages: 900, hasShrinker: false, listScale: 256 };
    const free = runPressure(smallSetup(setup));
    expect([free.writtenForMemcgLimit, free.refusedForMemcgLimit]).toEqual([0, 0]);
    const limited = runPressure(smallSetup({ ...setup, memcgZswapPages: 60 }));
    expect(limited.refusedForMemcgLimit).toBeGreaterThan(0);
    expect(limited.writtenForMemcgLimit).toBeGreaterThan(0);
    expect(limited.mostPoolPages).toBeLessThan(150);
    const none = runPressure(smallSetup({ ...setup, memcgZswapPages: 0 }));
    expect([none.storedPages, none.writtenForMemcgLimit]).toEqual([0, 0]);
  });

  it('with virtual swap are asked by the worker without end of steps: it finds nothing, at once', () => {
    const world = both([3, 5], []).world;
    const vswap = new World({ ...world.setup, design: { ...world.setup.design, vswap: true } });
    expect(new ShrinkWorker().turn(vswap, 0)).toEqual({ tookNs: 0, isDone: true });
  });

  it('of a machine are walked in turn by reclaim', () => {
    const run = runPressure(
      smallSetup({ memcgs: 4, limit: 'machine', jobPages: 700, listScale: 64, nodes: 2 }),
    );
    expect(run.storedPages).toBeGreaterThan(0);
    expect(run.isOutOfMemory).toBe(false);
  });
});
