import { TWELVE_GROUPS } from '../../model/zsmalloc/fullness.ts';
import { Geometry, X86_64 } from '../../model/zsmalloc/geometry.ts';
import { Pool } from '../../model/zsmalloc/pool.ts';
import { ZSWAP_ERAS } from '../../model/zswap/eras.ts';
import { lookAtLimit, type PoolLimit } from '../../model/zswap/limits.ts';
import { allocateAs, freeOf } from '../../model/zswap/storage.ts';
import { mix } from '../engine/random.ts';
import { CodecTime } from './codec-time.ts';
import { type Counters, noCounts } from './counters.ts';
import { SwapDevice } from './device.ts';
import { IndexLists } from './index-lists.ts';
import type { PressureSetup } from './setup.ts';

/** Where a page is; each is in one place. */
export const Place = {
  Untouched: 0,
  Resident: 1,
  /** Taken off the LRU by somebody who reclaims. */
  Isolated: 2,
  /** Unmapped, being compressed. */
  Storing: 3,
  /** Has an entry in zswap, and its memory still: it is in the swap cache. */
  Cached: 4,
  Zswap: 5,
  Disk: 6,
  /** On its way to the device; its memory is held. */
  Writing: 7,
  /** On its way from it. */
  Reading: 8,
} as const;
export const PLACES = 9;

const RULES = ZSWAP_ERAS.at(-1)!;
const NEVER = -1;

/**
 * Pages, memory, LRU lists, zswap and the swap device, without tasks: methods are what one task does at
 * one moment. Memory is counted in pages by node.
 */
export class World {
  readonly setup: PressureSetup;
  readonly pages: number;
  readonly nodes: readonly number[];
  readonly place: Uint8Array;
  /** First page of the folio that a page in memory belongs to, and by first page how many it has. */
  readonly folio: Int32Array;
  readonly folioPages: Uint16Array;
  /** Touched since reclaim looked at it; by first page of the folio. */
  readonly touched: Uint8Array;
  /** When a folio that is being stored is unlocked. */
  readonly unlockedNs: Float64Array;
  readonly node: Uint8Array;
  /** Folios by node, oldest first. */
  readonly lru: IndexLists;
  readonly lruPages: Int32Array;
  /** Pages in memory by node, without those of the compressed pools. */
  readonly used: Int32Array;
  readonly pools: readonly Pool[];
  /** Entries by the node of their memory, oldest first. */
  readonly entries: IndexLists;
  readonly entryNode: Uint8Array;
  readonly referenced: Uint8Array;
  readonly bytes: Uint16Array;
  readonly diskSwapIns: Int32Array;
  readonly deferred: Float64Array;
  readonly device: SwapDevice;
  readonly codec: CodecTime;
  readonly counters: Counters = noCounts();
  entryCount = 0;
  storedBytes = 0;
  isFull = false;
  /** The limit was met: the shrink worker has work. */
  wantsShrinking = false;
  /** Reclaim freed nothing again and again: the kernel would end a process; here nobody is limited any more. */
  isOutOfMemory = false;
  readonly #limit: PoolLimit;
  readonly #tickets: Int32Array;
  #ticket = 0;

  constructor(setup: PressureSetup) {
    const pages = setup.processes * setup.jobPages;
    const { nodes } = setup;
    this.setup = setup;
    this.pages = pages;
    this.nodes = Array.from({ length: nodes }, (_, node) => node);
    this.place = new Uint8Array(pages);
    this.folio = new Int32Array(pages).fill(NEVER);
    this.folioPages = new Uint16Array(pages);
    this.touched = new Uint8Array(pages);
    this.unlockedNs = new Float64Array(pages);
    this.node = new Uint8Array(pages);
    this.lru = new IndexLists(nodes, pages);
    this.lruPages = new Int32Array(nodes);
    this.used = new Int32Array(nodes);
    const geometry = new Geometry(X86_64);
    this.pools = Array.from({ length: nodes }, () => new Pool(geometry, TWELVE_GROUPS));
    this.entries = new IndexLists(nodes, pages);
    this.entryNode = new Uint8Array(pages);
    this.referenced = new Uint8Array(pages);
    this.diskSwapIns = new Int32Array(nodes);
    this.deferred = new Float64Array(nodes);
    this.bytes = Uint16Array.from(
      { length: pages },
      (_, page) => setup.sizes[mix(page, 2, setup.seed) % setup.sizes.length]!,
    );
    this.device = new SwapDevice(setup.device);
    this.codec = new CodecTime(setup.codec);
    this.#limit = {
      maxPages: setup.maxPoolPages,
      acceptPages: Math.floor((setup.maxPoolPages * setup.acceptPercent) / 100),
    };
    this.#tickets = new Int32Array(pages);
  }

  get poolPages(): number {
    let pages = 0;
    for (const pool of this.pools) pages += pool.pages;
    return pages;
  }

  usedOf(node: number): number {
    return this.used[node]! + this.pools[node]!.pages;
  }

  /** Free pages under the limit; fewer than none while a reclaimer uses reserves. */
  get free(): number {
    let used = 0;
    for (let node = 0; node < this.setup.nodes; node++) used += this.usedOf(node);
    return this.setup.memoryPages - used;
  }

  freeOf(node: number): number {
    return this.setup.memoryPages / this.setup.nodes - this.usedOf(node);
  }

  get wantsNoMore(): boolean {
    return this.poolPages <= this.#limit.acceptPages;
  }

  /** A folio comes into memory; its pages held none before. */
  takeMemory(first: number, pages: number, node: number): void {
    for (let page = first; page < first + pages; page++) {
      this.folio[page] = first;
      this.node[page] = node;
    }
    this.folioPages[first] = pages;
    this.used[node]! += pages;
  }

  /** A folio is mapped, as the youngest of its list. */
  makeResident(first: number, isTouched: boolean): void {
    const pages = this.folioPages[first]!;
    for (let page = first; page < first + pages; page++) this.place[page] = Place.Resident;
    this.touched[first] = isTouched ? 1 : 0;
    this.putOnLru(first);
  }

  putOnLru(first: number): void {
    const node = this.node[first]!;
    this.lru.append(node, first);
    this.lruPages[node]! += this.folioPages[first]!;
  }

  takeOffLru(first: number): void {
    const node = this.node[first]!;
    this.lru.remove(node, first);
    this.lruPages[node]! -= this.folioPages[first]!;
  }

  setPlace(first: number, place: number): void {
    this.place.fill(place, first, first + this.folioPages[first]!);
  }

  /** Memory of one page of a folio goes back. */
  giveMemory(page: number): void {
    this.folio[page] = NEVER;
    this.used[this.node[page]!]!--;
  }

  /** The check before a folio is stored. */
  admits(): boolean {
    const look = lookAtLimit(RULES, this.#limit, this.poolPages, this.isFull);
    this.isFull = look.reachedFull;
    if (look.hit) this.counters.poolLimitHits++;
    if (!look.accepts) this.wantsShrinking = true;
    return look.accepts;
  }

  /** An entry for a page, published on the list of the node that its memory is of. */
  publish(page: number, entryNode: number): void {
    const bytes = this.bytes[page]!;
    allocateAs(this.pools[this.node[page]!]!, page, bytes);
    this.entries.append(entryNode, page);
    this.entryNode[page] = entryNode;
    this.referenced[page] = 1;
    this.entryCount++;
    this.storedBytes += bytes;
    if (entryNode !== this.node[page]) this.counters.storedOnOtherNode++;
    const pool = this.poolPages;
    if (pool > this.counters.mostPoolPages) this.counters.mostPoolPages = pool;
  }

  /** An entry goes with its object. */
  dropEntry(page: number): void {
    this.entries.remove(this.entryNode[page]!, page);
    freeOf(this.pools[this.node[page]!]!, page);
    this.entryCount--;
    this.storedBytes -= this.bytes[page]!;
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
      this.giveMemory(page);
    }
  }

  /** A folio in the swap cache is mapped again; its entries go. */
  takeBack(page: number): void {
    if (this.place[page] === Place.Writing) {
      this.folio[page] = page;
      this.folioPages[page] = 1;
      this.makeResident(page, true);
      return;
    }
    const first = this.folio[page]!;
    for (let each = first; each < first + this.folioPages[first]!; each++) this.dropEntry(each);
    this.makeResident(first, true);
  }

  /** A process gives a page back for good; not while somebody reclaims it. */
  forget(page: number): void {
    switch (this.place[page]) {
      case Place.Resident: {
        const first = this.folio[page]!;
        if (this.lru.has(first)) this.takeOffLru(first);
        this.giveMemory(page);
        break;
      }
      case Place.Zswap:
        this.dropEntry(page);
        break;
      case Place.Writing:
        this.giveMemory(page);
        break;
    }
    this.place[page] = Place.Untouched;
  }
}
