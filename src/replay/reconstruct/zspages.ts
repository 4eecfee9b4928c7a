import type { Geometry } from '../../model/zsmalloc/geometry.ts';
import { mix as mixed } from '../engine/random.ts';
import type { OlderFree } from './older-frees.ts';
import type { SizeMix } from './size-mix.ts';

/** A zspage that was there before the recording began. */
export interface OlderZspage {
  readonly sizeClass: number;
  /** Rows of the frees that free its objects. */
  readonly members: number[];
  /** Its last object is freed in the recording. */
  readonly isReleased: boolean;
}

/** One that lacks objects yet, and the task that frees its last one. */
interface WantingZspage extends OlderZspage {
  readonly task: number;
}

/** Where older objects were, so that frees release zspages where the trace shows it. */
export interface OlderLayout {
  readonly zspages: readonly OlderZspage[];
  /** Released zspages some of whose objects had to be freed before the recording. */
  readonly partial: number;
}

/**
 * Puts the objects of older frees into zspages; legal for zsmalloc by construction: no zspage has more objects
 * than its class allows. Deterministic for a seed.
 */
export function layOut(
  frees: readonly OlderFree[],
  mix: SizeMix,
  geometry: Geometry,
  seed: number,
): OlderLayout {
  const layout = new Layout(mix, geometry, seed);
  return frees.some(({ released }) => released >= 0) ? layout.byReleases(frees) : layout.inOrder(frees);
}

class Layout {
  readonly #geometry: Geometry;
  readonly #share: Float64Array;
  readonly #seed: number;

  constructor(mix: SizeMix, geometry: Geometry, seed: number) {
    this.#geometry = geometry;
    this.#share = mix.share;
    this.#seed = seed;
  }

  #luck(k: number, purpose: number): number {
    return mixed(k, purpose, this.#seed) / 2 ** 32;
  }

  #objects(sizeClass: number): number {
    return this.#geometry.classes[sizeClass]!.objectsPerZspage;
  }

  /** Class that a probe shows for a free, -1 without one. */
  #shown(free: OlderFree): number {
    return free.classSize < 0 ? -1 : this.#geometry.classes.findIndex((c) => c.size === free.classSize);
  }

  /** A class by weights that need not sum to 1; the first with a weight when all are 0. */
  #draw(luck: number, weight: (sizeClass: number) => number): number {
    let sum = 0;
    for (let k = 0; k < this.#share.length; k++) sum += weight(k);
    let left = luck * sum;
    let last = 0;
    for (let k = 0; k < this.#share.length; k++) {
      const w = weight(k);
      if (w <= 0) continue;
      last = k;
      left -= w;
      if (left < 0) break;
    }
    return last;
  }

  /** Nothing shows releases: objects fill zspages in the order of their frees, as if stored in that order. */
  inOrder(frees: readonly OlderFree[]): OlderLayout {
    const zspages: OlderZspage[] = [];
    const open = new Map<number, OlderZspage>();
    frees.forEach((free, k) => {
      const shown = this.#shown(free);
      const sizeClass = shown >= 0 ? shown : this.#draw(this.#luck(k, 0), (c) => this.#share[c]!);
      let zspage = open.get(sizeClass);
      if (!zspage || zspage.members.length === this.#objects(sizeClass)) {
        zspage = { sizeClass, members: [], isReleased: true };
        zspages.push(zspage);
        open.set(sizeClass, zspage);
      }
      zspage.members.push(free.row);
    });
    return { zspages, partial: 0 };
  }

  /**
   * From the last free to the first: one that releases begins a zspage, of a class that fits the pages that went
   * back; the frees before it fill it. What no zspage wants is in one that keeps other objects; a zspage that
   * lacks objects at the first free had been emptied so far before.
   */
  byReleases(frees: readonly OlderFree[]): OlderLayout {
    const zspages: OlderZspage[] = [];
    /** Zspages that lack objects, and how many all lack. */
    const wanting: WantingZspage[] = [];
    let wanted = 0;
    const kept = new Map<number, OlderZspage>();
    /** Frees before this one that release nothing. */
    let left = frees.reduce((sum, { released }) => sum + (released === 1 ? 0 : 1), 0);
    for (let k = frees.length - 1; k >= 0; k--) {
      const free = frees[k]!;
      const shown = this.#shown(free);
      if (free.released === 1) {
        const sizeClass = shown >= 0 ? shown : this.#classOfRelease(free, this.#luck(k, 1), left - wanted);
        const zspage = { sizeClass, members: [free.row], isReleased: true, task: free.task };
        zspages.push(zspage);
        if (this.#objects(sizeClass) > 1) wanting.push(zspage);
        wanted += this.#objects(sizeClass) - 1;
        continue;
      }
      left--;
      const at = this.#wantingFor(free.task, shown, wanting, this.#luck(k, 2));
      if (at >= 0) {
        const zspage = wanting[at]!;
        zspage.members.push(free.row);
        wanted--;
        if (zspage.members.length === this.#objects(zspage.sizeClass)) {
          wanting[at] = wanting.at(-1)!;
          wanting.pop();
        }
      } else this.#keep(free, shown, this.#luck(k, 3), kept, zspages);
    }
    return { zspages: zspages.reverse(), partial: wanting.length };
  }

  /** A class whose zspages have the pages that went back, and no more objects than frees are left. */
  #classOfRelease(free: OlderFree, luck: number, room: number): number {
    const { classes } = this.#geometry;
    const fits = (c: number) => free.pages === 0 || classes[c]!.pagesPerZspage === free.pages;
    const often = (c: number) => (fits(c) ? Math.max(this.#share[c]!, 1e-12) / this.#objects(c) : 0);
    const drawn = this.#draw(luck, (c) => (this.#objects(c) - 1 <= room ? often(c) : 0));
    if (fits(drawn) && this.#objects(drawn) - 1 <= Math.max(0, room)) return drawn;
    let least = -1;
    for (let c = 0; c < classes.length; c++) {
      if (fits(c) && (least < 0 || this.#objects(c) < this.#objects(least))) least = c;
    }
    return least < 0 ? drawn : least;
  }

  /**
   * One of the zspages that lack objects, by how many they lack, of the task before those of others: what a task
   * stores together lies together. -1 without one of the class.
   */
  #wantingFor(task: number, shown: number, wanting: readonly WantingZspage[], luck: number): number {
    const fits = (zspage: WantingZspage) => shown < 0 || zspage.sizeClass === shown;
    const lacks = (zspage: WantingZspage) => this.#objects(zspage.sizeClass) - zspage.members.length;
    let own = 0;
    let all = 0;
    for (const zspage of wanting) {
      if (!fits(zspage)) continue;
      all += lacks(zspage);
      if (zspage.task === task) own += lacks(zspage);
    }
    let left = luck * (own > 0 ? own : all);
    let last = -1;
    for (const [at, zspage] of wanting.entries()) {
      if (!fits(zspage) || (own > 0 && zspage.task !== task)) continue;
      last = at;
      left -= lacks(zspage);
      if (left < 0) break;
    }
    return last;
  }

  /** An object of a zspage that keeps at least one other one. */
  #keep(
    free: OlderFree,
    shown: number,
    luck: number,
    kept: Map<number, OlderZspage>,
    zspages: OlderZspage[],
  ): void {
    const sizeClass =
      shown >= 0
        ? shown
        : this.#draw(luck, (c) => (this.#objects(c) > 1 ? Math.max(this.#share[c]!, 1e-12) : 0));
    let zspage = kept.get(sizeClass);
    if (!zspage || zspage.members.length >= this.#objects(sizeClass) - 1) {
      zspage = { sizeClass, members: [], isReleased: false };
      kept.set(sizeClass, zspage);
      zspages.push(zspage);
    }
    zspage.members.push(free.row);
  }
}
