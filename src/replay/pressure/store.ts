import { Place } from './place.ts';
import { shrinkMemcgNow } from './shrinker.ts';
import type { World } from './world.ts';

/** Folios that a reclaimer hands to zswap together. */
export interface StoreBatch {
  /** Folios that passed the checks before a store, and those that did not, by first page. */
  readonly admitted: readonly number[];
  readonly refused: readonly number[];
  readonly tookNs: number;
}

/**
 * Unmaps folios, checks the limits and compresses those that are let in: a refused folio costs no compression.
 * After the time that it says, {@link endStore} has what became of them.
 */
export function beginStore(world: World, now: number, folios: readonly number[]): StoreBatch {
  const { setup } = world;
  const { design, times } = setup;
  let tookNs = times.flushNs;
  let cost = 0;
  const pages: number[] = [];
  const admitted: number[] = [];
  const refused: number[] = [];
  for (const first of folios) {
    const count = world.folioPages[first]!;
    tookNs += times.unmapNs + (design.splits && count > 1 ? count * times.splitPageNs : 0);
    world.setPlace(first, Place.Storing);
    const shrinkNs = roomOfMemcg(world, now + tookNs, world.memcg[first]!);
    if (shrinkNs === null || !world.admits()) {
      if (shrinkNs === null) world.counters.refusedForMemcgLimit += count;
      else world.counters.refusedForLimit += count;
      refused.push(first);
      continue;
    }
    const isHeldForOne = design.splits || design.locksEachPage;
    const holds = Math.ceil(count / (isHeldForOne ? 1 : design.storeBatch));
    cost += shrinkNs + holds * times.mutexNs + count * (times.storePageNs + entryNs(world));
    admitted.push(first);
    for (let page = first; page < first + count; page++) pages.push(page);
  }
  tookNs += cost;
  const isAlone = design.splits && design.reclaimBatch === 1;
  tookNs += world.codec.compress(now + tookNs, pages, isAlone ? 1 : design.compressBatch);
  for (const first of folios) world.unlockedNs[first] = now + tookNs;
  return { admitted, refused, tookNs };
}

function entryNs({ setup: { design, times } }: World): number {
  const isBulk = design.entryNode === 'cpu' && design.storeBatch > 1;
  const write = design.prefetchesEntries ? times.prefetchedWriteNs : times.entryWriteNs;
  return (isBulk ? times.bulkEntryNs : times.entryNs) + write;
}

/** What it takes that a memcg's own limit lets a folio in, ns (obj_cgroup_may_zswap); null when it does not. */
function roomOfMemcg(world: World, now: number, memcg: number): number | null {
  const pages = Math.floor(world.storedBytes[memcg]! / 4096);
  return pages < world.setup.memcgZswapPages ? 0 : shrinkMemcgNow(world, now, memcg);
}

/**
 * Entries are made of folios whose compression is over; a folio that is refused goes to the device, or stays.
 * Returns the folios whose memory can be given back, by first page.
 */
export function endStore(
  world: World,
  now: number,
  { admitted, refused }: StoreBatch,
  cpuNode: number,
): readonly number[] {
  const { setup, counters } = world;
  const stored: number[] = [];
  for (const first of admitted) {
    const count = world.folioPages[first]!;
    // All or nothing: a page that the compressor cannot make smaller, and that is not kept raw, refuses its folio.
    if (!setup.keepsIncompressible && !isSmaller(world, first, count)) {
      counters.refusedIncompressible += count;
      writeOut(world, now, first);
      continue;
    }
    for (let page = first; page < first + count; page++)
      world.publish(page, setup.design.entryNode === 'cpu' ? cpuNode : world.node[page]!);
    world.setPlace(first, Place.Cached);
    counters.storedPages += count;
    counters.storedFolios++;
    stored.push(first);
  }
  for (const first of refused) writeOut(world, now, first);
  return stored;
}

/** What zswap refused goes to the device page by page; with virtual swap it stays, as an active folio. */
function writeOut(world: World, now: number, first: number): void {
  const count = world.folioPages[first]!;
  if (world.setup.design.vswap) {
    world.lru.activate(world.pairOf(first), first, count);
    world.makeResident(first);
    return;
  }
  for (let page = first; page < first + count; page++) {
    world.folio[page] = page;
    world.folioPages[page] = 1;
    world.lru.begin(page, 1);
    world.startWrite(now, page);
  }
}

function isSmaller(world: World, first: number, count: number): boolean {
  for (let page = first; page < first + count; page++) if (world.bytes[page]! >= 4096) return false;
  return true;
}

/** Memory of stored folios goes back, but for those that were mapped again. Returns the pages. */
export function giveStored(world: World, folios: readonly number[]): number {
  let freed = 0;
  for (const first of folios) {
    if (world.place[first] !== Place.Cached) continue;
    freed += world.folioPages[first]!;
    world.evict(first);
  }
  return freed;
}
