import { mix } from '../engine/random.ts';
import type { Demand } from './demand.ts';
import type { Memory } from './memory.ts';
import { Place } from './place.ts';
import { Reclaimer } from './reclaim.ts';
import { memcgOf } from './setup.ts';
import type { World } from './world.ts';

/** Touches go on for so long before others may come between, ns. */
const QUANTUM_NS = 20_000;
/** Choices of how old the next page is. */
const AGES = 4096;
/** A page that was being stored is looked at again so long after, ns. */
const AGAIN_NS = 1000;
/** At the end of a job, folios in the hands of others are looked at again after so long, ns. */
const HELD_NS = 50_000;
/** Calls of reclaim without any page, after which the kernel would end a process. */
const RETRIES = 16;

/**
 * A process with a CPU of its own: jobs that touch one fresh page after the other and older ones between,
 * the younger the likelier; at the end of a job all its memory goes.
 */
export class Process {
  readonly #world: World;
  readonly #memory: Memory;
  readonly #first: number;
  readonly #number: number;
  readonly #home: number;
  readonly #memcg: number;
  readonly #demand: Demand;
  readonly #ages: Float64Array;
  readonly #reclaimer: Reclaimer;
  #fresh = 0;
  #touches = 0;
  #luck = 0;
  /** When the job at hand arrived. */
  #arrivedNs = 0;
  #needs = 0;
  #failures = 0;
  #reading: readonly number[] = [];
  #faulting = -1;
  #isReclaiming = false;
  at = 0;
  endNs = 0;
  userNs = 0;
  sysNs = 0;
  /** Jobs done, and what they took from their arrival on. */
  jobs = 0;
  jobNs = 0;

  constructor(world: World, memory: Memory, demand: Demand, number: number) {
    const { setup } = world;
    this.#world = world;
    this.#demand = demand;
    this.#memory = memory;
    this.#number = number;
    this.#first = number * setup.jobPages;
    this.#home = number % setup.nodes;
    this.#ages = Float64Array.from({ length: AGES }, (_, k) => ((k + 0.5) / AGES) ** setup.recency);
    this.#memcg = memcgOf(setup, number);
    this.#reclaimer = new Reclaimer(world, {
      cpuNode: this.#home,
      nodes: Array.from({ length: setup.nodes }, (_, k) => (this.#home + k) % setup.nodes),
      memcg: setup.limit === 'memcg' ? this.#memcg : null,
      isKswapd: false,
    });
    // Processes do not begin in step.
    this.at = (mix(number, 3, setup.seed) / 2 ** 32) * setup.times.touchNs * 100;
    this.#nextJob();
  }

  step(): void {
    if (this.#isReclaiming) this.#reclaim();
    else if (this.#reading.length > 0) this.#endRead();
    else if (this.#faulting >= 0) this.#fault();
    else if (this.#fresh === this.#world.setup.jobPages && this.#touches === 0) this.#exit();
    else this.#run();
  }

  /** Touches pages until one is not in memory. */
  #run(): void {
    const { setup, place, young } = this.#world;
    const { touchNs } = setup.times;
    const most = Math.max(1, Math.ceil(QUANTUM_NS / touchNs));
    let done = 0;
    for (; done < most && this.#faulting < 0; done++) {
      if (this.#touches === 0) {
        if (this.#fresh === setup.jobPages) break;
        this.#touches = setup.touches;
        this.#faulting = this.#freshPage();
        continue;
      }
      this.#touches--;
      const choice = mix(this.#luck++, this.#number, setup.seed) >>> 20;
      const page = this.#first + this.#fresh - 1 - Math.floor(this.#ages[choice]! * this.#fresh);
      if (place[page]! === Place.Resident || place[page]! === Place.Isolated) young[page] = 1;
      else this.#faulting = page;
    }
    this.userNs += done * touchNs;
    this.at += done * touchNs;
  }

  /** The next page of the job; -1 when its folio brought it in already. */
  #freshPage(): number {
    const page = this.#first + this.#fresh++;
    const { place, young } = this.#world;
    if (place[page] === Place.Untouched) return page;
    if (place[page] !== Place.Resident && place[page] !== Place.Isolated) return page;
    young[page] = 1;
    return -1;
  }

  #fault(): void {
    const world = this.#world;
    const page = this.#faulting;
    switch (world.place[page]) {
      case Place.Untouched:
        this.#allocate(page);
        return;
      case Place.Zswap:
      case Place.Disk:
        this.#swapIn(page);
        return;
      case Place.Storing:
        this.at = Math.max(this.at, world.unlockedNs[world.folio[page]!]!) + AGAIN_NS;
        return;
      case Place.Cached:
      case Place.Writing:
        world.takeBack(page);
        this.#pass(world.setup.times.faultNs);
        break;
    }
    this.#faulting = -1;
  }

  #allocate(page: number): void {
    const { setup } = this.#world;
    const left = this.#first + setup.jobPages - page;
    const pages = Math.min(setup.folioPages, left);
    const node = this.#roomFor(pages);
    if (node < 0) return;
    this.#world.takeMemory(page, pages, node);
    this.#world.makeFresh(page);
    this.#pass(setup.times.faultNs);
    this.#faulting = -1;
  }

  /** The page, and those of its window that are where it is. */
  #swapIn(page: number): void {
    const world = this.#world;
    const { setup, counters } = world;
    const { readaheadPages, times } = setup;
    const place = world.place[page]!;
    const begin = this.#first + Math.floor((page - this.#first) / readaheadPages) * readaheadPages;
    const end = Math.min(begin + readaheadPages, this.#first + setup.jobPages);
    const window: number[] = [page];
    for (let other = begin; other < end; other++)
      if (other !== page && world.place[other] === place) window.push(other);
    const node = this.#roomFor(window.length);
    if (node < 0) return;
    if (place === Place.Zswap) {
      for (const each of window) world.dropEntry(each);
      const decompressNs = world.codec.decompress(this.at, window, setup.design.batchesReadahead);
      this.#pass(times.faultNs + decompressNs + window.length * times.loadPageNs);
      counters.loadedFromZswap += window.length;
      this.#bringIn(window, node);
      return;
    }
    for (const each of window) {
      world.place[each] = Place.Reading;
      world.takeMemory(each, 1, node);
    }
    world.diskSwapIns[world.pairOf(page)]! += window.length;
    counters.readFromDisk += window.length;
    this.#reading = window;
    this.#pass(times.faultNs);
    this.at = Math.max(this.at, world.device.transfer(this.at, window.length));
  }

  #endRead(): void {
    for (const page of this.#reading) this.#world.makeRefaulted(page, page === this.#faulting);
    this.#reading = [];
    this.#faulting = -1;
  }

  #bringIn(window: readonly number[], node: number): void {
    for (const page of window) {
      this.#world.takeMemory(page, 1, node);
      this.#world.makeRefaulted(page, page === this.#faulting);
    }
    this.#faulting = -1;
  }

  /** A node with room for so many pages; -1 when they must be reclaimed first. */
  #roomFor(pages: number): number {
    if (this.#world.isOutOfMemory) return this.#home;
    const node = this.#memory.nodeFor(this.#home, this.#memcg, pages, this.at);
    if (node >= 0) return node;
    if (this.#failures >= RETRIES) {
      this.#world.isOutOfMemory = true;
      return this.#home;
    }
    this.#needs = pages;
    this.#isReclaiming = true;
    this.#reclaimer.begin(pages);
    return -1;
  }

  #reclaim(): void {
    const { tookNs, isOver } = this.#reclaimer.step(this.at);
    this.#pass(tookNs);
    if (!isOver) return;
    this.#isReclaiming = false;
    if (this.#reclaimer.reclaimed > 0) {
      this.#failures = 0;
      return;
    }
    // Nothing but writes on their way can help: it waits for the first, as reclaim throttles itself.
    const { nextDoneNs } = this.#world.device;
    if (nextDoneNs < Number.POSITIVE_INFINITY) this.at = Math.max(this.at + AGAIN_NS, nextDoneNs);
    else if (this.#memory.nodeFor(this.#home, this.#memcg, this.#needs, this.at) < 0) this.#failures++;
    if (nextDoneNs === Number.POSITIVE_INFINITY) this.at += AGAIN_NS;
  }

  /** All memory of the job goes; folios in the hands of others are waited for. */
  #exit(): void {
    const { setup, place } = this.#world;
    const end = this.#first + setup.jobPages;
    // Nobody touches the job's pages any more: what is not held now stays so, or is taken later on.
    for (let page = this.#first; page < end; page++) {
      const at = place[page]!;
      if (at === Place.Isolated || at === Place.Storing || at === Place.Cached) {
        this.at = Math.max(
          this.at + HELD_NS,
          at === Place.Storing ? this.#world.unlockedNs[this.#world.folio[page]!]! : 0,
        );
        return;
      }
    }
    for (let page = this.#first; page < end; page++) this.#world.forget(page);
    this.#pass(setup.jobPages * setup.times.freePageNs);
    this.#fresh = 0;
    this.jobNs += this.at - this.#arrivedNs;
    this.jobs++;
    this.#nextJob();
  }

  /** The next job, when it arrives; after the last the process ends. */
  #nextJob(): void {
    const arrivalNs = this.#demand.take(this.#number, this.at);
    if (arrivalNs === null) {
      this.endNs = this.at;
      this.at = Number.POSITIVE_INFINITY;
      return;
    }
    this.#arrivedNs = arrivalNs;
    this.at = Math.max(this.at, arrivalNs);
  }

  #pass(ns: number): void {
    this.sysNs += ns;
    this.at += ns;
  }
}
