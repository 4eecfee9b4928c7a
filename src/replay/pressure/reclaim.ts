import { DEF_PRIORITY, SWAP_CLUSTER_MAX } from './setup.ts';
import { shrinkNode } from './shrinker.ts';
import { beginStore, endStore, giveStored } from './store.ts';
import { Place, type World } from './world.ts';

/** What a step took, ns, and whether the call is over. */
export interface ReclaimStep {
  readonly tookNs: number;
  readonly isOver: boolean;
}

/**
 * One call of reclaim: passes over the LRU lists of the nodes with falling priority until `target` pages
 * are free (do_try_to_free_pages, shrink_lruvec, shrink_folio_list, shrink_slab of 6.12). Folios that
 * were touched stay; the others are stored, 32 pages isolated at a time. Each step ends where others
 * may come between.
 */
export class Reclaimer {
  readonly #world: World;
  readonly #cpuNode: number;
  readonly #nodes: readonly number[];
  #target = 0;
  #priority = 0;
  #node = 0;
  #budget = 0;
  #phase: 'node' | 'isolate' | 'store' | 'end of store' | 'slab' = 'node';
  #isolated: number[] = [];
  #at = 0;
  #handed: readonly number[] = [];
  #stored: number[] = [];
  reclaimed = 0;

  constructor(world: World, cpuNode: number, nodes: readonly number[]) {
    this.#world = world;
    this.#cpuNode = cpuNode;
    this.#nodes = nodes;
  }

  begin(target: number): void {
    this.#target = Math.max(SWAP_CLUSTER_MAX, target);
    this.#priority = DEF_PRIORITY;
    this.#node = 0;
    this.#phase = 'node';
    this.reclaimed = 0;
    this.#world.counters.reclaimCalls++;
    this.#world.counters.passes[0]!++;
  }

  step(now: number): ReclaimStep {
    switch (this.#phase) {
      case 'node':
        this.#budget = this.#share();
        this.#phase = this.#budget === 0 ? 'slab' : 'isolate';
        return goOn(0);
      case 'isolate':
        return goOn(this.#isolate());
      case 'store':
        return goOn(this.#store(now));
      case 'end of store':
        this.#endStore(now);
        return goOn(0);
      case 'slab': {
        const tookNs = shrinkNode(this.#world, now, this.#nodes[this.#node]!, this.#priority);
        return { tookNs, isOver: this.#nextNode() };
      }
    }
  }

  /** Pages of the node's list that a pass of this priority scans. */
  #share(): number {
    const { lruPages, setup } = this.#world;
    const pages = lruPages[this.#nodes[this.#node]!]!;
    return Math.min(pages, Math.floor((pages * setup.listScale) / 2 ** this.#priority));
  }

  /** Takes up to 32 pages off the list; touched folios go back as young ones. */
  #isolate(): number {
    const world = this.#world;
    const node = this.#nodes[this.#node]!;
    let scanned = 0;
    let folios = 0;
    this.#isolated = [];
    this.#at = 0;
    this.#stored = [];
    while (scanned < Math.min(SWAP_CLUSTER_MAX, this.#budget) && world.lru.length(node) > 0) {
      const first = world.lru.head(node);
      scanned += world.folioPages[first]!;
      folios++;
      if (world.touched[first] === 1) {
        world.touched[first] = 0;
        world.lru.rotate(node, first);
        continue;
      }
      world.takeOffLru(first);
      world.setPlace(first, Place.Isolated);
      this.#isolated.push(first);
    }
    this.#budget = scanned === 0 ? 0 : this.#budget - scanned;
    if (this.#isolated.length > 0) this.#phase = 'store';
    else if (this.#budget <= 0) this.#phase = 'slab';
    return folios * world.setup.times.scanNs;
  }

  /** Hands the next folios to zswap; those touched since they were isolated go back. */
  #store(now: number): number {
    const world = this.#world;
    const handed: number[] = [];
    while (this.#at < this.#isolated.length && handed.length < world.setup.design.reclaimBatch) {
      const first = this.#isolated[this.#at++]!;
      if (world.touched[first] === 1) world.makeResident(first, false);
      else handed.push(first);
    }
    if (handed.length === 0) {
      this.#giveBatch();
      return 0;
    }
    this.#handed = handed;
    this.#phase = 'end of store';
    return beginStore(world, now, handed);
  }

  #endStore(now: number): void {
    this.#stored.push(...endStore(this.#world, now, this.#handed, this.#cpuNode));
    if (this.#at < this.#isolated.length) this.#phase = 'store';
    else this.#giveBatch();
  }

  /** Memory of an isolated batch goes back together, as in shrink_folio_list. */
  #giveBatch(): void {
    this.reclaimed += giveStored(this.#world, this.#stored);
    this.#stored = [];
    this.#phase = this.reclaimed >= this.#target || this.#budget <= 0 ? 'slab' : 'isolate';
  }

  #nextNode(): boolean {
    this.#phase = 'node';
    this.#node++;
    if (this.#node < this.#nodes.length) return false;
    this.#node = 0;
    if (this.reclaimed >= this.#target || this.#priority === 0) return true;
    this.#priority--;
    this.#world.counters.passes[DEF_PRIORITY - this.#priority]!++;
    return false;
  }
}

function goOn(tookNs: number): ReclaimStep {
  return { tookNs, isOver: false };
}
