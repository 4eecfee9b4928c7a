import { TWELVE_GROUPS } from '../../model/zsmalloc/fullness.ts';
import { Geometry, X86_64 } from '../../model/zsmalloc/geometry.ts';
import { Pool } from '../../model/zsmalloc/pool.ts';
import { ZSWAP_ERAS } from '../../model/zswap/eras.ts';
import { limitOf, lookAtLimit, type PoolLimit } from '../../model/zswap/limits.ts';
import { allocateAs, freeOf } from '../../model/zswap/storage.ts';
import { mix } from '../engine/random.ts';
import { CodecTime } from './codec-time.ts';
import { type Counters, noCounts } from './counters.ts';
import { SwapDevice } from './device.ts';
import { IndexLists } from './index-lists.ts';
import { type FolioLook, Lru } from './lru.ts';
import { Place } from './place.ts';
import { memcgOf, type PressureSetup } from './setup.ts';

const RULES = ZSWAP_ERAS.at(-1)!;
const NEVER = -1;
const PAGE_BYTES = 4096;

/**
 * Pages, memory, LRU lists, zswap and the swap device, without tasks: methods are what one task does at
 * one moment. Memory is counted in pages by pair of memcg and node: pair = memcg * nodes + node.
 */
export class World {
  readonly setup: PressureSetup;
  readonly pages: number;
  /** Numbers of all pairs, and of each memcg's. */
  readonly pairs: readonly number[];
  readonly pairsOf: readonly (readonly number[])[];
  readonly place: Uint8Array;
  readonly memcg: Uint8Array;
  /** First page of the folio that a page in memory belongs to, and by first page how many it has. */
  readonly folio: Int32Array;
  readonly folioPages: Uint16Array;
  /** Touched since reclaim looked at it. */
  readonly young: Uint8Array;
  /** When a folio that is being stored is unlocked. */
  readonly unlockedNs: Float64Array;
  readonly node: Uint8Array;
  readonly lru: Lru;
  /** Pages in memory by pair, without those of the compressed pools. */
  readonly used: Int32Array;
  readonly pools: readonly Pool[];
  /** Entries by their memcg and the node of their memory, oldest first. */
  readonly entries: IndexLists;
  readonly entryPair: Uint16Array;
  readonly referenced: Uint8Array;
  readonly bytes: Uint16Array;
  /** By pair. */
  readonly diskSwapIns: Int32Array;
  readonly deferred: Float64Array;
  /** By memcg: what it has in zswap. */
  readonly entryCount: Int32Array;
  readonly storedBytes: Float64Array;
  readonly device: SwapDevice;
  readonly codec: CodecTime;
  readonly counters: Counters = noCounts();
  isFull = false;
  /** The limit was met: the shrink worker has work. */
  wantsShrinking = false;
  /** Reclaim freed nothing again and again: the kernel would end a process; here nobody is limited any more. */
  isOutOfMemory = false;
  /** Memcg at which the next walk of direct reclaim on a node begins, of all that share its state. */
  readonly walkFrom: Int32Array;
  /** Calls of kswapd on a node that freed nothing, since anybody freed something there. */
  readonly kswapdFailures: Int32Array;
  readonly #limit: PoolLimit;
  readonly #tickets: Int32Array;
  #ticket = 0;

  constructor(setup: PressureSetup) {
    const pages = setup.processes * setup.jobPages;
    const { nodes, memcgs } = setup;
    const pairs = nodes * memcgs;
    const count = (length: number) => Array.from({ length }, (_, k) => k);
    this.setup = setup;
    this.pages = pages;
    this.pairs = count(pairs);
    this.pairsOf = count(memcgs).map((memcg) => count(nodes).map((node) => memcg * nodes + node));
    this.place = new Uint8Array(pages);
    this.memcg = new Uint8Array(pages);
    for (let process = 0; process < setup.processes; process++)
      this.memcg.fill(memcgOf(setup, process), process * setup.jobPages, (process + 1) * setup.jobPages);
    this.folio = new Int32Array(pages).fill(NEVER);
    this.folioPages = new Uint16Array(pages);
    this.young = new Uint8Array(pages);
    this.unlockedNs = new Float64Array(pages);
    this.node = new Uint8Array(pages);
    this.lru = new Lru({
      pairs,
      // On a machine reclaim is of all memcgs of a node; else of the memcg alone.
      domainOf: setup.limit === 'machine' ? (pair) => pair % nodes : (pair) => pair,
      pages,
      listScale: setup.listScale,
    });
    this.used = new Int32Array(pairs);
    const geometry = new Geometry(X86_64);
    this.pools = Array.from({ length: nodes }, () => new Pool(geometry, TWELVE_GROUPS));
    this.entries = new IndexLists(pairs, pages);
    this.entryPair = new Uint16Array(pages);
    this.referenced = new Uint8Array(pages);
    this.diskSwapIns = new Int32Array(pairs);
    this.deferred = new Float64Array(pairs);
    this.entryCount = new Int32Array(memcgs);
    this.storedBytes = new Float64Array(memcgs);
    this.walkFrom = new Int32Array(nodes);
    this.kswapdFailures = new Int32Array(nodes);
    this.bytes = Uint16Array.from(
      { length: pages },
      (_, page) => setup.sizes[mix(page, 2, setup.seed) % setup.sizes.length]!,
    );
    this.device = new SwapDevice(setup.device);
    this.codec = new CodecTime(setup.codec);
    this.#limit = limitOf(setup.maxPoolPages, setup.acceptPercent);
    this.#tickets = new Int32Array(pages);
  }

  get poolPages(): number {
    let pages = 0;
    for (const pool of this.pools) pages += pool.pages;
    return pages;
  }

  /** Free pages under a memcg's limit, which compressed bytes count towards; fewer than none while reserves are used. */
  freeOfMemcg(memcg: number): number {
    const { memoryPages, memcgs } = this.setup;
    let used = Math.ceil(this.storedBytes[memcg]! / PAGE_BYTES);
    for (const pair of this.pairsOf[memcg]!) used += this.used[pair]!;
    return Math.floor(memoryPages / memcgs) - used;
  }

  /** Free pages of a node, on which the pool takes whole pages. */
  freeOfNode(node: number): number {
    const { memoryPages, nodes } = this.setup;
    let used = this.pools[node]!.pages;
    for (let pair = node; pair < this.used.length; pair += nodes) used += this.used[pair]!;
    return memoryPages / nodes - used;
  }

  get wantsNoMore(): boolean {
    return this.poolPages <= this.#limit.acceptPages;
  }

  /** The memcg and node that a page in memory counts for. */
  pairOf(page: number): number {
    return this.memcg[page]! * this.setup.nodes + this.node[page]!;
  }

  /** A folio comes into memory; its pages held none before. */
  takeMemory(first: number, pages: number, node: number): void {
    for (let page = first; page < first + pages; page++) {
      this.folio[page] = first;
      this.node[page] = node;
    }
    this.folioPages[first] = pages;
    this.used[this.pairOf(first)]! += pages;
  }

  /** A new folio, all pages of which are mapped and count as touched. */
  makeFresh(first: number): void {
    const pages = this.folioPages[first]!;
    this.lru.begin(first, pages);
    this.young.fill(1, first, first + pages);
    this.makeResident(first);
  }

  /** A page that was evicted, as a folio of its own; others than the one faulted on are not mapped yet. */
  makeRefaulted(page: number, isFaulted: boolean): void {
    this.young[page] = isFaulted ? 1 : 0;
    this.lru.refault(this.pairOf(page), page);
    this.makeResident(page);
  }

  /** A folio is mapped, as the youngest of its list. */
  makeResident(first: number): void {
    const pages = this.folioPages[first]!;
    this.setPlace(first, Place.Resident);
    this.lru.add(this.pairOf(first), first, pages);
  }

  takeOffLru(first: number): void {
    this.lru.remove(this.pairOf(first), first, this.folioPages[first]!);
  }

  /** Looks at a folio off the lists, and takes the marks of its pages. */
  look(first: number): FolioLook {
    const pages = this.folioPages[first]!;
    let touched = 0;
    for (let page = first; page < first + pages; page++) touched += this.young[page]!;
    this.young.fill(0, first, first + pages);
    return this.lru.look(this.pairOf(first), first, touched, pages);
  }

  setPlace(first: number, place: number): void {
    this.place.fill(place, first, first + this.folioPages[first]!);
  }

  /** A stored folio leaves memory: its pages are in zswap alone. */
  evict(first: number): void {
    const pages = this.folioPages[first]!;
    this.setPlace(first, Place.Zswap);
    this.lru.evict(this.pairOf(first), first, pages);
    for (let page = first; page < first + pages; page++) this.#giveMemory(page);
  }

  #giveMemory(page: number): void {
    this.folio[page] = NEVER;
    this.used[this.pairOf(page)]!--;
  }

  /** The check of the pool's limit before a folio is stored. */
  admits(): boolean {
    const look = lookAtLimit(RULES, this.#limit, this.poolPages, this.isFull);
    this.isFull = look.reachedFull;
    if (look.hit) this.counters.poolLimitHits++;
    // With virtual swap the worker would find nothing.
    if (!look.accepts && !this.setup.design.vswap) this.wantsShrinking = true;
    return look.accepts;
  }

  /** An entry for a page, published on the list of its memcg and the node that its memory is of. */
  publish(page: number, entryNode: number): void {
    const bytes = this.bytes[page]!;
    const memcg = this.memcg[page]!;
    allocateAs(this.pools[this.node[page]!]!, page, bytes);
    this.entryPair[page] = memcg * this.setup.nodes + entryNode;
    this.entries.append(this.entryPair[page]!, page);
    this.referenced[page] = 1;
    this.entryCount[memcg]!++;
    this.storedBytes[memcg]! += bytes;
    if (entryNode !== this.node[page]) this.counters.storedOnOtherNode++;
    const pool = this.poolPages;
    if (pool > this.counters.mostPoolPages) this.counters.mostPoolPages = pool;
  }

  /** An entry goes with its object. */
  dropEntry(page: number): void {
    const memcg = this.memcg[page]!;
    this.entries.remove(this.entryPair[page]!, page);
    freeOf(this.pools[this.node[page]!]!, page);
    this.entryCount[memcg]!--;
    this.storedBytes[memcg]! -= this.bytes[page]!;
  }

  /** A page of zswap is decompressed into new memory and goes to the device: to the lists it is a refault. */
  writeBack(now: number, page: number): void {
    this.takeMemory(page, 1, this.node[page]!);
    this.lru.refault(this.pairOf(page), page);
    this.startWrite(now, page);
  }

  /** A page in memory goes to the device, and its memory with the end of the transfer. */
  startWrite(now: number, page: number): void {
    this.place[page] = Place.Writing;
    this.#tickets[page] = ++this.#ticket;
    this.device.write(now, page, this.#ticket);
  }

  /** Ends of writes until `now`. */
  settle(now: number): void {
    for (let write = this.device.take(now); write; write = this.device.take(now)) {
      const { page, ticket } = write;
      // Taken back meanwhile: the page was read again, or its process ended.
      if (this.#tickets[page] !== ticket || this.place[page] !== Place.Writing) continue;
      this.place[page] = Place.Disk;
      this.lru.evict(this.pairOf(page), page, 1);
      this.#giveMemory(page);
    }
  }

  /** A folio in the swap cache is mapped again; its entries go. */
  takeBack(page: number): void {
    const first = this.folio[page]!;
    this.young[page] = 1;
    if (this.place[page] !== Place.Writing)
      for (let each = first; each < first + this.folioPages[first]!; each++) this.dropEntry(each);
    this.makeResident(first);
  }

  /** A process gives a page back for good; not while somebody reclaims it. */
  forget(page: number): void {
    switch (this.place[page]) {
      case Place.Resident: {
        const first = this.folio[page]!;
        if (this.lru.has(first)) this.takeOffLru(first);
        this.#giveMemory(page);
        break;
      }
      case Place.Zswap:
        this.dropEntry(page);
        break;
      case Place.Writing:
        this.#giveMemory(page);
        break;
    }
    this.place[page] = Place.Untouched;
  }
}
