import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ZswapState } from '../../../src/model/zswap/state.ts';
import { ERA_IDS, emptyZswap, SwapWorld } from './swap-world.ts';

type Move = readonly [what: string, slot: number, pages: number, failsAt: number, staysCached: boolean];

const slot = fc.integer({ min: 0, max: 2 });
const move = fc.tuple(
  fc.constantFrom('add', 'dirty', 'reclaim', 'fault', 'free', 'shrink', 'shrink'),
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

/** A world whose kernel leaves the entries of a failed store where they are. */
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
  const kinds = [...ERA_IDS.map((era) => ({ era, vswap: false })), { era: '6.18' as const, vswap: true }];

  it.each(kinds)('%o: every read gets what was written last', ({ era, vswap }) => {
    fc.assert(
      fc.property(moves, fc.integer({ min: 1, max: 8 }), (list, maxPages) => {
        // The memcg's flag keeps pages that do not compress out; this world's shrinker does not ask it.
        const zswap = emptyZswap({ era, vswap, maxPages, noWriteback: true });
        expect(run(list, new SwapWorld(zswap))).toBeNull();
      }),
      { numRuns: 300 },
    );
  });

  it('on a virtual device without a disk no data is lost either way: the failed folio stays in the swap cache', () => {
    fc.assert(
      fc.property(
        moves,
        (list) => run(list, erasingNothing(emptyZswap({ vswap: true, noWriteback: true }))) === null,
      ),
      { numRuns: 300 },
    );
  });

  it('finds the old data when a failed store erases nothing', () => {
    const property = fc.property(
      moves,
      (list) => run(list, erasingNothing(emptyZswap({ era: '6.12', noWriteback: true }))) === null,
    );
    const { failed, counterexample } = fc.check(property, { numRuns: 3000, seed: 1 });
    expect(failed).toBe(true);
    const [shortest] = counterexample!;
    expect(shortest!.length).toBeLessThanOrEqual(6);
  });
});
