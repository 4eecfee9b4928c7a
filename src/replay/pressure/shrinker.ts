import {
  type ShrinkLists,
  scanOldest,
  WorkerPatience,
  type WritebackResult,
  walkMemcg,
} from '../../model/zswap/shrink-rules.ts';
import { shrinkerCount } from '../../model/zswap/shrinker.ts';
import { SlabScan } from '../../model/zswap/slab-scan.ts';
import { Place, type World } from './world.ts';

/**
 * The world's lists of entries as the rules of zswap see them, by node. What is written back leaves zswap at
 * once and is collected, so that pages of one scan can be decompressed together.
 */
class WorldLists implements ShrinkLists<number> {
  readonly written: number[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  head(node: number): number {
    return this.#world.entries.head(node);
  }

  rotate(node: number, page: number): void {
    this.#world.entries.rotate(node, page);
    this.#world.counters.entriesLookedAt++;
  }

  unmark(page: number): boolean {
    const { referenced, counters } = this.#world;
    if (referenced[page] === 0) return false;
    referenced[page] = 0;
    counters.secondChances++;
    return true;
  }

  writeBack(page: number): WritebackResult {
    const world = this.#world;
    if (world.setup.design.vswap) return '-EINVAL';
    if (world.place[page] === Place.Cached) {
      world.counters.stoppedInSwapCache++;
      return '-EEXIST';
    }
    world.dropEntry(page);
    this.written.push(page);
    return 0;
  }

  /** Takes what was written back since the last call. */
  take(): readonly number[] {
    return this.written.splice(0);
  }
}

/**
 * The shrinker of zswap as reclaim calls it after each pass over a node's LRU. Returns what it took, ns.
 */
export function shrinkNode(world: World, now: number, node: number, priority: number): number {
  const { setup, counters, deferred } = world;
  if (!setup.hasShrinker || setup.design.vswap) return 0;
  const freeable = freeableOf(world, node);
  if (freeable === 0) return 0;
  const slab = new SlabScan({
    freeable,
    whole: freeable * setup.listScale,
    deferred: deferred[node]!,
    priority,
  });
  const lists = new WorldLists(world);
  let took = 0;
  for (let batch = slab.next(); batch > 0; batch = slab.next()) {
    const { scanned, stopped } = scanOldest(lists, node, batch);
    took += scanned * setup.times.lookNs;
    const written = lists.take();
    took += writeBack(world, now + took, node, written);
    counters.writtenByShrinker += written.length;
    if (stopped || written.length === 0) break;
    slab.scanned(batch);
  }
  deferred[node] = slab.deferred;
  return took;
}

/** Entries of a node that may be written back; the reads from the disk that they are spared for are used up. */
function freeableOf({ entries, diskSwapIns, entryCount, storedBytes }: World, node: number): number {
  const { freeable, diskSwapinsLeft } = shrinkerCount({
    listed: entries.length(node),
    diskSwapins: diskSwapIns[node]!,
    backingPages: Math.floor(storedBytes / 4096),
    storedPages: entryCount,
  });
  diskSwapIns[node] = diskSwapinsLeft;
  return freeable;
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

/** The worker that a refused store starts: down to the accept threshold, or until its patience is spent. */
export class ShrinkWorker {
  #patience = new WorkerPatience();

  turn(world: World, now: number): WorkerTurn {
    const { setup, counters } = world;
    const lists = new WorldLists(world);
    let tookNs = 0;
    const before = counters.entriesLookedAt;
    this.#patience.walked(walkMemcg(lists, world.nodes, 1));
    this.#patience.passed();
    tookNs += (counters.entriesLookedAt - before) * setup.times.lookNs;
    for (const page of lists.take()) {
      tookNs += writeBack(world, now + tookNs, world.entryNode[page]!, [page]);
      counters.writtenByWorker++;
    }
    const isDone = world.wantsNoMore || this.#patience.isSpent;
    if (isDone) this.#patience = new WorkerPatience();
    return { tookNs, isDone };
  }
}
