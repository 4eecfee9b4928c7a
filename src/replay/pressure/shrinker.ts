import { zswapEraById } from '../../model/zswap/eras.ts';
import {
  type ShrinkLists,
  scanOldest,
  WorkerPatience,
  type WritebackResult,
  walkMemcg,
} from '../../model/zswap/shrink-rules.ts';
import { shrinkerCount } from '../../model/zswap/shrinker.ts';
import { SlabScan } from '../../model/zswap/slab-scan.ts';
import { Place } from './place.ts';
import type { World } from './world.ts';

/** The loop is that of 6.12, whose worker looks at one entry of a list before the next memcg's turn. */
const LOOKS_PER_TURN = zswapEraById('6.12').looksPerTurn;

/**
 * The world's lists of entries as the rules of zswap see them, by memcg and node. What is written back leaves zswap at
 * once and is collected, so that pages of one scan can be decompressed together.
 */
class WorldLists implements ShrinkLists<number> {
  readonly written: number[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  head(pair: number): number {
    return this.#world.entries.head(pair);
  }

  rotate(pair: number, page: number): void {
    this.#world.entries.rotate(pair, page);
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
 * The shrinker of zswap as reclaim calls it for a memcg on a node, after each pass over their LRU. Returns
 * what it took, ns.
 */
export function shrinkPair(world: World, now: number, pair: number, priority: number): number {
  const { setup, counters, deferred } = world;
  if (!setup.hasShrinker || setup.design.vswap) return 0;
  const freeable = freeableOf(world, pair);
  if (freeable === 0) return 0;
  const slab = new SlabScan({
    freeable,
    whole: freeable * setup.listScale,
    deferred: deferred[pair]!,
    priority,
  });
  const lists = new WorldLists(world);
  let took = 0;
  for (let batch = slab.next(); batch > 0; batch = slab.next()) {
    const { scanned, stopped } = scanOldest(lists, pair, batch);
    took += scanned * setup.times.lookNs;
    const written = lists.take();
    took += writeBack(world, now + took, written);
    counters.writtenByShrinker += written.length;
    if (stopped || written.length === 0) break;
    slab.scanned(batch);
  }
  deferred[pair] = slab.deferred;
  return took;
}

/** Entries of a list that may be written back; the reads from the disk that they are spared for are used up. */
function freeableOf({ setup, entries, diskSwapIns, entryCount, storedBytes }: World, pair: number): number {
  const memcg = Math.floor(pair / setup.nodes);
  const { freeable, diskSwapinsLeft } = shrinkerCount({
    listed: entries.length(pair),
    diskSwapins: diskSwapIns[pair]!,
    backingPages: Math.floor(storedBytes[memcg]! / 4096),
    storedPages: entryCount[memcg]!,
  });
  diskSwapIns[pair] = diskSwapinsLeft;
  return freeable;
}

/** Decompressed into new memory, and off to the device. Returns what it took, ns. */
function writeBack(world: World, now: number, pages: readonly number[]): number {
  if (pages.length === 0) return 0;
  const { setup, entryPair, counters } = world;
  for (const page of pages) {
    if (entryPair[page] !== world.pairOf(page)) counters.writtenFromWrongNode++;
    world.writeBack(now, page);
  }
  const isBatched = setup.design.batchesWriteback;
  return world.codec.decompress(now, pages, isBatched) + pages.length * setup.times.writebackNs;
}

/**
 * One page of a memcg at its own limit of zswap (memory.zswap.max) is written back from each of its lists, when
 * there is one to go (shrink_memcg). Returns what it took, ns; null when none went.
 */
export function shrinkMemcgNow(world: World, now: number, memcg: number): number | null {
  const lists = new WorldLists(world);
  const result = walkMemcg(lists, listsOf(world, memcg), LOOKS_PER_TURN);
  const written = lists.take();
  world.counters.writtenForMemcgLimit += written.length;
  return result === 'shrunk' ? writeBack(world, now, written) : null;
}

/** Lists of a memcg that may be written back; with virtual swap there is no place on a disk for any. */
function listsOf({ setup, pairsOf }: World, memcg: number): readonly number[] {
  return setup.design.vswap ? [] : pairsOf[memcg]!;
}

/** What the worker of the limit does until it lets others run: one entry of each list. */
export interface WorkerTurn {
  readonly tookNs: number;
  readonly isDone: boolean;
}

/** The worker that a refused store starts: down to the accept threshold, or until its patience is spent. */
export class ShrinkWorker {
  #patience = new WorkerPatience();
  /** Memcg looked at next; one behind the last ends a pass over all. */
  #next = 0;

  turn(world: World, now: number): WorkerTurn {
    let tookNs = 0;
    let isDone = false;
    // Nobody comes between what takes no time.
    while (tookNs === 0 && !isDone) {
      tookNs = this.#walk(world, now);
      isDone = world.wantsNoMore || this.#patience.isSpent;
    }
    if (isDone) this.#patience = new WorkerPatience();
    return { tookNs, isDone };
  }

  /** Looks at the next memcg. Returns what it took, ns. */
  #walk(world: World, now: number): number {
    const { setup, counters, pairsOf } = world;
    if (this.#next === pairsOf.length) {
      this.#next = 0;
      this.#patience.passed();
      return 0;
    }
    const lists = new WorldLists(world);
    const before = counters.entriesLookedAt;
    this.#patience.walked(walkMemcg(lists, listsOf(world, this.#next++), LOOKS_PER_TURN));
    const written = lists.take();
    counters.writtenByWorker += written.length;
    let tookNs = (counters.entriesLookedAt - before) * setup.times.lookNs;
    for (const page of written) tookNs += writeBack(world, now + tookNs, [page]);
    return tookNs;
  }
}
