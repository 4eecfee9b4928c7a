import type { World } from './world.ts';
import { Place } from './world.ts';

/** Entries of one scan (SHRINK_BATCH), and cost of an object in seeks (DEFAULT_SEEKS). */
const SHRINK_BATCH = 128;
const DEFAULT_SEEKS = 2;
/** Failures after which the worker gives up (MAX_RECLAIM_RETRIES). */
const RECLAIM_RETRIES = 16;

type Look = 'second chance' | 'in the swap cache' | 'written back';

/**
 * The shrinker of zswap as reclaim calls it after each pass over a node's LRU (mm/shrinker.c, mm/zswap.c
 * of 6.12): the lower the priority, the more of the list is scanned; less than a batch waits for later.
 * Returns what it took, ns.
 */
export function shrinkNode(world: World, now: number, node: number, priority: number): number {
  const { setup, entries, deferred } = world;
  if (!setup.hasShrinker || setup.design.vswap) return 0;
  const freeable = freeableOf(world, node);
  if (freeable === 0) return 0;
  const before = deferred[node]!;
  const whole = freeable * setup.listScale;
  const delta = Math.floor((Math.floor(whole / 2 ** priority) * 4) / DEFAULT_SEEKS);
  let toScan = Math.min(Math.floor(before / 2 ** priority) + delta, 2 * freeable);
  let scanned = 0;
  let took = 0;
  while (toScan >= SHRINK_BATCH || toScan >= freeable) {
    const batch = Math.min(SHRINK_BATCH, toScan);
    const written: number[] = [];
    let stops = false;
    for (let look = 0; look < batch && !stops && entries.length(node) > 0; look++) {
      took += setup.times.lookNs;
      stops = lookAtHead(world, node, written) === 'in the swap cache';
    }
    took += writeBack(world, now + took, node, written);
    world.counters.writtenByShrinker += written.length;
    if (stops || written.length === 0) break;
    toScan -= batch;
    scanned += batch;
  }
  deferred[node] = Math.min(Math.max(before + delta - scanned, 0), 2 * whole);
  return took;
}

/** Entries of a node that may be written back, scaled by how well they compress: `zswap_shrinker_count`. */
function freeableOf(world: World, node: number): number {
  const { entries, diskSwapIns, entryCount, storedBytes } = world;
  if (entryCount === 0) return 0;
  const listed = entries.length(node);
  // Pages that had to be read from the disk since speak for as many entries.
  const taken = Math.min(listed, diskSwapIns[node]!);
  diskSwapIns[node]! -= taken;
  return Math.floor(((listed - taken) * Math.floor(storedBytes / 4096)) / entryCount);
}

/** The oldest entry of a list gets its second chance, or is added to those to write back. */
function lookAtHead(world: World, node: number, written: number[]): Look {
  const { entries, referenced, place, counters } = world;
  const page = entries.head(node);
  counters.entriesLookedAt++;
  entries.rotate(node, page);
  if (referenced[page] === 1) {
    referenced[page] = 0;
    counters.secondChances++;
    return 'second chance';
  }
  if (place[page] === Place.Cached) {
    counters.stoppedInSwapCache++;
    return 'in the swap cache';
  }
  world.dropEntry(page);
  written.push(page);
  return 'written back';
}

/** Decompressed into new memory, and off to the device. Returns what it took, ns. */
function writeBack(world: World, now: number, listNode: number, pages: readonly number[]): number {
  if (pages.length === 0) return 0;
  const { setup, node, counters } = world;
  for (const page of pages) {
    if (node[page] !== listNode) counters.writtenFromWrongNode++;
    world.takeMemory(page, 1, node[page]!);
    world.startWrite(now, page);
  }
  const isBatched = setup.design.batchesWriteback;
  return world.codec.decompress(now, pages, isBatched) + pages.length * setup.times.writebackNs;
}

/** What the worker of the limit does until it lets others run: one entry of each list. */
export interface WorkerTurn {
  readonly tookNs: number;
  readonly isDone: boolean;
}

/** The worker that a refused store starts: down to the accept threshold, or until it has failed too often. */
export class ShrinkWorker {
  #failures = 0;

  turn(world: World, now: number): WorkerTurn {
    const { setup, entries } = world;
    let tookNs = 0;
    let looked = 0;
    let gone = 0;
    for (let node = 0; node < setup.nodes && !setup.design.vswap; node++) {
      if (entries.length(node) === 0) continue;
      looked++;
      tookNs += setup.times.lookNs;
      const written: number[] = [];
      lookAtHead(world, node, written);
      tookNs += writeBack(world, now + tookNs, node, written);
      gone += written.length;
    }
    world.counters.writtenByWorker += gone;
    if (looked === 0 || gone === 0) this.#failures++;
    const isDone = world.wantsNoMore || this.#failures >= RECLAIM_RETRIES;
    if (isDone) this.#failures = 0;
    return { tookNs, isDone };
  }
}
