import { LawError } from '../engine/laws.ts';
import { PLACES, Place } from './place.ts';
import type { World } from './world.ts';

const PAGE_BYTES = 4096;
const IN_MEMORY: readonly number[] = [
  Place.Resident,
  Place.Isolated,
  Place.Storing,
  Place.Cached,
  Place.Writing,
  Place.Reading,
];

/** Pages by place, counted one by one. */
export function pagesByPlace(world: World): readonly number[] {
  const counts = Array<number>(PLACES).fill(0);
  for (const place of world.place) counts[place]!++;
  return counts;
}

/**
 * Laws of the loop: every page is in one place; memory in use is that of the pages in memory; entries are
 * those of the pages in zswap, and their bytes and objects too.
 * @throws {LawError} for the first that is broken.
 */
function of(world: World): void {
  const counts = pagesByPlace(world);
  const inMemory = IN_MEMORY.reduce((sum, place) => sum + counts[place]!, 0);
  same(
    'pages in memory',
    world.used.reduce((sum, pages) => sum + pages, 0),
    inMemory,
  );
  const entries = counts[Place.Zswap]! + counts[Place.Cached]!;
  same(
    'entries',
    world.entryCount.reduce((sum, count) => sum + count, 0),
    entries,
  );
  same(
    'entries on lists',
    world.pairs.reduce((sum, pair) => sum + world.entries.length(pair), 0),
    entries,
  );
  same('pages on LRU lists', world.lru.pages, counts[Place.Resident]!);
  same(
    'objects',
    world.pools.reduce((sum, pool) => sum + pool.countObjects(), 0),
    entries,
  );
  same(
    'pages of pools',
    world.poolPages,
    world.pools.reduce((sum, pool) => sum + pool.countPages(), 0),
  );
  const bytes = world.storedBytes.map(() => 0);
  const inMemcgs = world.storedBytes.map(() => 0);
  for (let page = 0; page < world.pages; page++) {
    const place = world.place[page]!;
    const memcg = world.memcg[page]!;
    if (place === Place.Zswap || place === Place.Cached) bytes[memcg]! += world.bytes[page]!;
    if (IN_MEMORY.includes(place)) inMemcgs[memcg]!++;
  }
  const { memoryPages, nodes, memcgs } = world.setup;
  for (const [memcg, stored] of bytes.entries()) {
    same('bytes stored', world.storedBytes[memcg]!, stored);
    const taken = inMemcgs[memcg]! + Math.ceil(stored / PAGE_BYTES);
    same('memory of a memcg', Math.floor(memoryPages / memcgs), world.freeOfMemcg(memcg) + taken);
  }
  const free = world.pools.reduce((sum, _, node) => sum + world.freeOfNode(node), 0);
  same('memory', Math.floor((memoryPages / nodes) * nodes), Math.floor(free + inMemory + world.poolPages));
}

/** All jobs have ended: nothing is left but what is on its way to the device. */
function atEnd(world: World): void {
  same('pages left', pagesByPlace(world)[Place.Untouched]!, world.pages);
}

function backwards(now: number, next: number): never {
  throw new LawError(`time runs backwards: from ${now} to ${next} ns`);
}

function same(what: string, counted: number, expected: number): void {
  if (counted !== expected)
    throw new LawError(`${what}: ${counted} are counted, ${expected} there should be`);
}

export const checkLaws = { of, atEnd, backwards };
