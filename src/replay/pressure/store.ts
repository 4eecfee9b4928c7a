import { Place, type World } from './world.ts';

/**
 * Folios that a reclaimer hands to zswap together. `begin` unmaps and compresses them; at the end of the
 * time that it returns, `end` has what became of them.
 */
export function beginStore(world: World, now: number, folios: readonly number[]): number {
  const { setup } = world;
  const { design, times } = setup;
  let tookNs = times.flushNs;
  let pagesOfAll: number[] = [];
  let cost = 0;
  for (const first of folios) {
    const count = world.folioPages[first]!;
    const pages = Array.from({ length: count }, (_, i) => first + i);
    tookNs += times.unmapNs + (design.splits && count > 1 ? count * times.splitPageNs : 0);
    const batches = Math.ceil(count / (design.splits ? 1 : design.storeBatch));
    cost += batches * times.mutexNs + count * (times.storePageNs + entryNs(world));
    world.setPlace(first, Place.Storing);
    pagesOfAll = pagesOfAll.concat(pages);
  }
  tookNs += cost;
  const isAlone = design.splits && design.reclaimBatch === 1;
  tookNs += world.codec.compress(now + tookNs, pagesOfAll, isAlone ? 1 : design.compressBatch);
  for (const first of folios) world.unlockedNs[first] = now + tookNs;
  return tookNs;
}

function entryNs({ setup: { design, times } }: World): number {
  const isBulk = design.entryNode === 'cpu' && design.storeBatch > 1;
  const write = design.prefetchesEntries ? times.prefetchedWriteNs : times.entryWriteNs;
  return (isBulk ? times.bulkEntryNs : times.entryNs) + write;
}

/**
 * Entries are made of folios whose compression is over; a folio that is refused goes to the device, or stays.
 * Returns the pages whose memory can be given back, by first page of their folios.
 */
export function endStore(
  world: World,
  now: number,
  folios: readonly number[],
  cpuNode: number,
): readonly number[] {
  const { setup, counters } = world;
  const stored: number[] = [];
  for (const first of folios) {
    const count = world.folioPages[first]!;
    const isAdmitted = world.admits();
    const isCompressible = setup.keepsIncompressible || isSmaller(world, first, count);
    if (isAdmitted && isCompressible) {
      for (let page = first; page < first + count; page++)
        world.publish(page, setup.design.entryNode === 'cpu' ? cpuNode : world.node[page]!);
      world.setPlace(first, Place.Cached);
      counters.storedPages += count;
      counters.storedFolios++;
      stored.push(first);
      continue;
    }
    if (isAdmitted) counters.refusedIncompressible += count;
    else counters.refusedForLimit += count;
    if (setup.design.vswap) {
      world.makeResident(first, true);
      continue;
    }
    for (let page = first; page < first + count; page++) {
      world.folio[page] = page;
      world.folioPages[page] = 1;
      world.startWrite(now, page);
    }
  }
  return stored;
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
    const count = world.folioPages[first]!;
    world.setPlace(first, Place.Zswap);
    for (let page = first; page < first + count; page++) world.giveMemory(page);
    freed += count;
  }
  return freed;
}
