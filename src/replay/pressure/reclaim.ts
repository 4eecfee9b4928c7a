import { Place } from './place.ts';
import { DEF_PRIORITY, SWAP_CLUSTER_MAX } from './setup.ts';
import { shrinkPair } from './shrinker.ts';
import { beginStore, endStore, giveStored, type StoreBatch } from './store.ts';
import type { World } from './world.ts';

/** What a step took, ns, and whether the call is over. */
export interface ReclaimStep {
  readonly tookNs: number;
  readonly isOver: boolean;
}

/** Whose memory a reclaimer goes through. */
export interface ReclaimScope {
  /** Node of the CPU that it runs on: where bulk entries come from. */
  readonly cpuNode: number;
  readonly nodes: readonly number[];
  /** Its memcg; null for all memcgs of the machine. */
  readonly memcg: number | null;
  /** All memcgs each time (kswapd), or on from where the last direct reclaimer ended, until there is enough. */
  readonly isKswapd: boolean;
}

/**
 * One call of reclaim: passes over the LRU lists with falling priority until `target` pages are free
 * (do_try_to_free_pages, shrink_node_memcgs, shrink_lruvec, shrink_folio_list, shrink_slab of 6.12). Folios
 * that were touched stay; the others are stored, 32 pages isolated at a time. Each step ends where others
 * may come between.
 */
export class Reclaimer {
  readonly #world: World;
  readonly #scope: ReclaimScope;
  #target = 0;
  #priority = 0;
  #node = 0;
  #memcg = 0;
  /** Pages still to be scanned of the two lists in this pass. */
  #inactive = 0;
  #active = 0;
  #mayDeactivate = false;
  /** A call that freed nothing is made again: through all memcgs, then with active folios deactivated in any case. */
  #isFullWalk = false;
  #forces = false;
  #skipped = false;
  #phase: 'lists' | 'isolate' | 'store' | 'end of store' | 'slab' = 'lists';
  #isolated: number[] = [];
  #at = 0;
  #handed: StoreBatch | null = null;
  #stored: number[] = [];
  /** Pages freed of this pair in this pass, and in all. */
  #ofPair = 0;
  reclaimed = 0;

  constructor(world: World, scope: ReclaimScope) {
    this.#world = world;
    this.#scope = scope;
  }

  begin(target: number): void {
    this.#target = Math.max(SWAP_CLUSTER_MAX, target);
    this.#isFullWalk = this.#scope.memcg !== null || this.#scope.isKswapd;
    this.#forces = this.#skipped = false;
    this.reclaimed = 0;
    this.#world.counters.reclaimCalls++;
    this.#beginPasses();
  }

  step(now: number): ReclaimStep {
    switch (this.#phase) {
      case 'lists':
        return goOn(this.#beginPair());
      case 'isolate':
        return goOn(this.#isolate());
      case 'store':
        return goOn(this.#store(now));
      case 'end of store':
        this.#endStore(now);
        return goOn(0);
      case 'slab': {
        const tookNs = shrinkPair(this.#world, now, this.#pair, this.#priority);
        return { tookNs, isOver: this.#nextPair() };
      }
    }
  }

  get #pair(): number {
    return this.#memcg * this.#world.setup.nodes + this.#scope.nodes[this.#node]!;
  }

  #beginPasses(): void {
    this.#priority = DEF_PRIORITY;
    this.#world.counters.passes[0]!++;
    this.#beginNode(0);
  }

  #beginNode(node: number): void {
    this.#node = node;
    this.#memcg =
      this.#scope.memcg ?? (this.#isFullWalk ? 0 : this.#world.walkFrom[this.#scope.nodes[node]!]!);
    this.#mayDeactivate = this.#forces || this.#world.lru.mayDeactivate(this.#pair);
    this.#phase = 'lists';
  }

  /** How much of the lists this pass scans (get_scan_count). */
  #beginPair(): number {
    const { lru, setup } = this.#world;
    // Files have the rest, which are not played; at the last priority all lists are scanned whole.
    const part = this.#priority === 0 ? 1 : setup.anonShare;
    const share = (pages: number) =>
      Math.min(pages, Math.floor(Math.floor((pages * setup.listScale) / 2 ** this.#priority) * part));
    this.#inactive = share(lru.inactivePages(this.#pair));
    this.#active = share(lru.activePages(this.#pair));
    const least = setup.design.scanFolios * setup.folioPages;
    if (least > 0) this.#inactive = Math.min(Math.max(this.#inactive, least), lru.inactivePages(this.#pair));
    this.#ofPair = 0;
    if (this.#inactive > 0) this.#phase = 'isolate';
    return this.#inactive > 0 ? 0 : this.#endLists();
  }

  /** Takes 32 pages off the inactive list; what becomes of them shows when it is their turn. */
  #isolate(): number {
    const world = this.#world;
    const { setup, lru } = world;
    const most = Math.min(
      this.#inactive,
      Math.max(SWAP_CLUSTER_MAX, setup.design.scanFolios * setup.folioPages),
    );
    this.#inactive -= most;
    this.#isolated = [];
    this.#at = 0;
    this.#stored = [];
    for (let scanned = 0; scanned < most; ) {
      const first = lru.oldestInactive(this.#pair);
      if (first < 0) break;
      scanned += world.folioPages[first]!;
      world.takeOffLru(first);
      world.setPlace(first, Place.Isolated);
      this.#isolated.push(first);
    }
    this.#phase = 'store';
    return this.#isolated.length === 0 ? this.#giveBatch() : 0;
  }

  /** Looks at the next folios, and hands those to zswap that were not touched; the others go back. */
  #store(now: number): number {
    const world = this.#world;
    const handed: number[] = [];
    let looks = 0;
    while (this.#at < this.#isolated.length && handed.length < world.setup.design.reclaimBatch) {
      const first = this.#isolated[this.#at++]!;
      looks++;
      if (world.look(first) === 'reclaim') handed.push(first);
      else world.makeResident(first);
    }
    const tookNs = looks * world.setup.times.scanNs;
    if (handed.length === 0) return tookNs + this.#giveBatch();
    this.#handed = beginStore(world, now + tookNs, handed);
    if (this.#handed.admitted.length > 0) this.#phase = 'end of store';
    else this.#endStore(now);
    return tookNs + this.#handed.tookNs;
  }

  #endStore(now: number): void {
    this.#stored.push(...endStore(this.#world, now, this.#handed!, this.#scope.cpuNode));
    if (this.#at < this.#isolated.length) this.#phase = 'store';
    else this.#giveBatch();
  }

  /** Memory of an isolated batch goes back together, as in shrink_folio_list; then as many active folios are seen to. */
  #giveBatch(): number {
    const freed = giveStored(this.#world, this.#stored);
    this.#stored = [];
    this.#ofPair += freed;
    this.reclaimed += freed;
    if (freed > 0) this.#world.kswapdFailures[this.#scope.nodes[this.#node]!] = 0;
    const most = Math.min(this.#active, SWAP_CLUSTER_MAX);
    this.#active -= most;
    const tookNs = this.#mayDeactivate ? this.#deactivate(most) : 0;
    if (!this.#mayDeactivate && most > 0) this.#skipped = true;
    const { memcg, isKswapd } = this.#scope;
    // Direct reclaim of the machine scans all of its first pass.
    const scansAll = memcg === null && !isKswapd && this.#priority === DEF_PRIORITY;
    const isEnough = this.#ofPair >= this.#target && !scansAll;
    if (isEnough || this.#inactive <= 0) return tookNs + this.#endLists();
    this.#phase = 'isolate';
    return tookNs;
  }

  /** The oldest active folios become inactive. Returns what it took, ns. */
  #deactivate(most: number): number {
    const world = this.#world;
    let folios = 0;
    for (let scanned = 0; scanned < most; folios++) {
      const first = world.lru.oldestActive(this.#pair);
      if (first < 0) break;
      const pages = world.folioPages[first]!;
      scanned += pages;
      world.young.fill(0, first, first + pages);
      world.lru.deactivate(this.#pair, first, pages);
    }
    return folios * world.setup.times.scanNs;
  }

  /** The end of a pass over the lists: the inactive one is not left too short. */
  #endLists(): number {
    this.#phase = 'slab';
    return this.#world.lru.inactiveIsLow(this.#pair) ? this.#deactivate(SWAP_CLUSTER_MAX) : 0;
  }

  /** Goes on to the next memcg, node and priority; true at the end of the call. */
  #nextPair(): boolean {
    const { nodes, memcg } = this.#scope;
    const { walkFrom, setup, counters } = this.#world;
    if (memcg === null) {
      const isLast = this.#memcg === setup.memcgs - 1;
      const next = isLast ? 0 : this.#memcg + 1;
      if (!this.#isFullWalk) walkFrom[nodes[this.#node]!] = next;
      const isEnough = !this.#isFullWalk && this.reclaimed >= this.#target;
      if (!isLast && !isEnough) {
        this.#memcg = next;
        this.#phase = 'lists';
        return false;
      }
    }
    if (this.#node + 1 < nodes.length) {
      this.#beginNode(this.#node + 1);
      return false;
    }
    if (this.reclaimed >= this.#target || this.#priority === 0) return this.#endCall();
    this.#priority--;
    counters.passes[DEF_PRIORITY - this.#priority]!++;
    this.#beginNode(0);
    return false;
  }

  /** True unless nothing was freed and another way is left. */
  #endCall(): boolean {
    const { nodes, memcg } = this.#scope;
    const first = (memcg ?? 0) * this.#world.setup.nodes;
    for (const node of nodes) this.#world.lru.endOfCall(first + node);
    if (this.reclaimed > 0 || (this.#isFullWalk && (this.#forces || !this.#skipped))) return true;
    if (this.#isFullWalk) this.#forces = true;
    this.#isFullWalk = true;
    this.#beginPasses();
    return false;
  }
}

function goOn(tookNs: number): ReclaimStep {
  return { tookNs, isOver: false };
}
