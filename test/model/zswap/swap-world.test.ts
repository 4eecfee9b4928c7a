import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ZswapState } from '../../../src/model/zswap/state.ts';
import { ERA_IDS, emptyZswap, SwapWorld } from './swap-world.ts';

type Move = readonly [what: string, slot: number, pages: number, failsAt: number, staysCached: boolean];

const slot = fc.integer({ min: 0, max: 2 });
const move = fc.tuple(
  fc.constantFrom('add', 'dirty', 'clear', 'reclaim', 'fault', 'free', 'shrink', 'shrink'),
  slot,
  fc.integer({ min: 1, max: 3 }),
  fc.integer({ min: -2, max: 2 }),
  fc.boolean(),
);

/** Does the moves; the first wrong read, null without one. */
function run(list: readonly Move[], world: SwapWorld): string | null {
  for (const [what, at, pages, failsAt, staysCached] of list) {
    if (what === 'add') world.add(at, pages);
    else if (what === 'dirty') world.dirty(at);
    else if (what === 'clear') world.clear(at);
    else if (what === 'reclaim') world.reclaim(at, { failsAt, staysCached });
    else if (what === 'fault') {
      const wrong = world.fault(at);
      if (wrong) return wrong;
    } else if (what === 'free') world.free(at);
    else world.shrink();
  }
  for (const left of [...world.truth.keys()]) {
    const wrong = world.fault(left);
    if (wrong) return wrong;
  }
  return world.zswap.references.faults[0] ?? null;
}

const moves = fc.array(move, { maxLength: 40, size: 'max' });

/** A world whose kernel erases nothing while it writes a folio out: neither before the store nor when that fails. */
function erasingNothing(zswap: ZswapState): SwapWorld {
  const world = new SwapWorld(zswap);
  const erase = zswap.index.erase.bind(zswap.index);
  const reclaim = world.reclaim.bind(world);
  world.reclaim = (...args) => {
    zswap.index.erase = () => -1;
    reclaim(...args);
    zswap.index.erase = erase;
  };
  return world;
}

describe('whatever is stored, refused, written back, loaded and freed', () => {
  const kinds = [
    ...ERA_IDS.map((era) => ({ era, vswap: false })),
    { era: '6.18' as const, vswap: true },
    { era: '6.18' as const, vswap: true, physicalSlots: 2 },
    { era: '6.18' as const, vswap: true, physicalSlots: 40 },
  ];

  it.each(kinds)('%o: every read gets what was written last, and no entry is lost', (kind) => {
    fc.assert(
      fc.property(moves, fc.integer({ min: 1, max: 8 }), fc.boolean(), (list, maxPages, noWriteback) => {
        const world = new SwapWorld(emptyZswap({ ...kind, maxPages, noWriteback }));
        expect(run(list, world)).toBeNull();
        expect(world.lost()).toBeNull();
      }),
      { numRuns: 300 },
    );
  });

  const lostOrOld = (list: readonly Move[], world: SwapWorld) => run(list, world) ?? world.lost();

  it('on a virtual device without a disk nothing is lost either way: the failed folio stays in the swap cache', () => {
    fc.assert(
      fc.property(moves, (list) => lostOrOld(list, erasingNothing(emptyZswap({ vswap: true }))) === null),
      { numRuns: 300 },
    );
  });

  it.each([
    ['the old data', { era: '6.12' as const }, 'was written last'],
    ['an entry of no slot', { vswap: true, physicalSlots: 40 }, 'is in no slot'],
  ])('finds %s when a failed store erases nothing', (_, kind, what) => {
    const property = fc.property(moves, (list) => lostOrOld(list, erasingNothing(emptyZswap(kind))) === null);
    const { failed, counterexample } = fc.check(property, { numRuns: 3000, seed: 1 });
    expect(failed).toBe(true);
    const [shortest] = counterexample!;
    expect(shortest!.length).toBeLessThanOrEqual(6);
    expect(lostOrOld(shortest!, erasingNothing(emptyZswap(kind)))).toContain(what);
  });
});
