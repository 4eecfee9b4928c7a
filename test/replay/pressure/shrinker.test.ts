import { describe, expect, it } from 'vitest';
import { Place } from '../../../src/replay/pressure/place.ts';
import { shrinkPair } from '../../../src/replay/pressure/shrinker.ts';
import { World } from '../../../src/replay/pressure/world.ts';
import { smallSetup } from './small-setup.ts';

/** A world with so many pages in zswap, each compressed to half a page. */
function stored(pages: number): World {
  const world = new World(smallSetup({ sizes: Uint16Array.of(2048) }));
  for (let page = 0; page < pages; page++) {
    world.place[page] = Place.Zswap;
    world.publish(page, 0);
  }
  return world;
}

describe('the shrinker of zswap', () => {
  it('leaves less than a batch for later, as long as the list is longer', () => {
    // 2000 entries count as 1000; 1000 >> 4, times 4 over 2 seeks: 124 to scan, a batch has 128.
    const world = stored(2000);
    expect(shrinkPair(world, 0, 0, 4)).toBe(0);
    expect(world.counters.entriesLookedAt).toBe(0);
    expect(world.deferred[0]).toBe(124);
    // What was put off counts by the priority as well: 124 >> 4 = 7, 131 in all.
    shrinkPair(world, 0, 0, 4);
    expect(world.counters.entriesLookedAt).toBe(128);
  });

  it('gives second chances first, and stops a scan that freed nothing', () => {
    const world = stored(2000);
    shrinkPair(world, 0, 0, 0);
    expect(world.counters).toMatchObject({ secondChances: 128, writtenByShrinker: 0 });
    // The work is put off, not done: 2000 were asked for, twice the list at most.
    expect(world.deferred[0]).toBe(2000);
  });

  it('writes back entries that had their chance, and their memory is held until the device has them', () => {
    const world = stored(256);
    world.referenced.fill(0);
    // 256 entries count as 128: scans until less than a batch is left of the 256.
    const tookNs = shrinkPair(world, 0, 0, 0);
    expect(world.counters).toMatchObject({ writtenByShrinker: 256, secondChances: 0 });
    expect(tookNs).toBeGreaterThan(256 * (100 + 3000));
    expect(world.entryCount[0]).toBe(0);
    expect(world.used[0]).toBe(256);
    world.settle(1e9);
    expect(world.used[0]).toBe(0);
    expect(world.place[255]).toBe(Place.Disk);
  });

  it('ends at a page in the swap cache', () => {
    const world = stored(2000);
    world.referenced.fill(0);
    world.place[5] = Place.Cached;
    shrinkPair(world, 0, 0, 0);
    expect(world.counters).toMatchObject({ writtenByShrinker: 5, stoppedInSwapCache: 1 });
  });

  it('spares as many entries as pages were read from the disk since', () => {
    const world = stored(200);
    world.diskSwapIns[0] = 300;
    expect(shrinkPair(world, 0, 0, 0)).toBe(0);
    expect(world.counters.entriesLookedAt).toBe(0);
    expect(world.diskSwapIns[0]).toBe(100);
  });
});
