import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lru } from '../../../src/replay/pressure/lru.ts';

const ONE = { pairs: 1, domainOf: (pair: number) => pair, pages: 64, listScale: 1 };

/** Single pages from 0 on, the active ones first. */
function lists(active: number, inactive: number, shape = ONE): Lru {
  const lru = new Lru(shape);
  for (let page = 0; page < active + inactive; page++) {
    lru.begin(page, 1);
    if (page < active) lru.activate(0, page, 1);
    lru.add(0, page, 1);
  }
  return lru;
}

describe('active and inactive lists', () => {
  it('a folio touched in one look stays, in two looks or through two pages it becomes active', () => {
    const lru = lists(0, 3);
    for (const page of [0, 1, 2]) lru.remove(0, page, 1);
    expect(lru.look(0, 0, 0, 1)).toBe('reclaim');
    expect([lru.look(0, 1, 1, 1), lru.look(0, 1, 1, 1)]).toEqual(['keep', 'activate']);
    // A look that finds it untouched takes the mark of the one before.
    expect([lru.look(0, 2, 1, 1), lru.look(0, 2, 0, 1), lru.look(0, 2, 1, 1)]).toEqual([
      'keep',
      'reclaim',
      'keep',
    ]);
    expect(lru.look(0, 8, 2, 16)).toBe('activate');
  });

  it('a page that comes back is active when fewer were evicted since than there are active pages', () => {
    const back = (evictedSince: number) => {
      const lru = lists(4, 12);
      for (let page = 4; page <= 4 + evictedSince; page++) {
        lru.remove(0, page, 1);
        lru.evict(0, page, 1);
      }
      lru.refault(0, 4);
      return lru.refaultsActivated;
    };
    // Its own eviction counts as well.
    expect([back(0), back(3), back(4)]).toEqual([1, 1, 0]);
  });

  it('active folios are let go when refaults came back active, or few folios are inactive', () => {
    const lru = lists(4, 12);
    expect(lru.mayDeactivate(0)).toBe(false);
    lru.remove(0, 4, 1);
    lru.evict(0, 4, 1);
    lru.refault(0, 4);
    expect(lru.mayDeactivate(0)).toBe(true);
    lru.endOfCall(0);
    expect(lru.mayDeactivate(0)).toBe(false);
    expect(lists(6, 5).mayDeactivate(0)).toBe(true);
    // 11 pages that stand for 4 GiB: six active ones for each inactive one are in order.
    expect(lists(6, 5, { ...ONE, listScale: 100_000 }).mayDeactivate(0)).toBe(false);
  });

  it('keep their order and count their pages, whatever happens', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('touch', 'idle', 'down', 'back'), fc.nat(30)), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(steps, (all) => {
        const lru = lists(8, 8);
        const inactive = [8, 9, 10, 11, 12, 13, 14, 15];
        const active = [0, 1, 2, 3, 4, 5, 6, 7];
        const out: number[] = [];
        for (const [step, choice] of all) {
          if (step === 'down' && active.length > 0) {
            const page = active.shift()!;
            expect(lru.oldestActive(0)).toBe(page);
            lru.deactivate(0, page, 1);
            inactive.push(page);
          } else if (step === 'back' && out.length > 0) {
            const [page] = out.splice(choice % out.length, 1);
            const before = lru.refaultsActivated;
            lru.refault(0, page!);
            lru.add(0, page!, 1);
            (lru.refaultsActivated > before ? active : inactive).push(page!);
          } else if (inactive.length > 0) {
            const page = inactive.shift()!;
            expect(lru.oldestInactive(0)).toBe(page);
            lru.remove(0, page, 1);
            const look = lru.look(0, page, step === 'touch' ? 1 : 0, 1);
            if (look === 'reclaim') {
              lru.evict(0, page, 1);
              out.push(page);
            } else {
              lru.add(0, page, 1);
              (look === 'activate' ? active : inactive).push(page);
            }
          }
          expect([lru.inactivePages(0), lru.activePages(0)]).toEqual([inactive.length, active.length]);
        }
        expect(lru.pages).toBe(16 - out.length);
      }),
      { numRuns: 100 },
    );
  });

  it('memcgs of one machine age together, those with limits of their own alone', () => {
    const returned = (domainOf: (pair: number) => number) => {
      const lru = new Lru({ ...ONE, pairs: 2, domainOf });
      // An active page of the first memcg; of the second one is evicted, and comes back.
      lru.activate(0, 0, 1);
      lru.add(0, 0, 1);
      lru.begin(1, 1);
      lru.evict(1, 1, 1);
      lru.refault(1, 1);
      return lru.refaultsActivated;
    };
    expect([returned((pair) => pair), returned(() => 0)]).toEqual([0, 1]);
  });
});
