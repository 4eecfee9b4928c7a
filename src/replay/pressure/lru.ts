import { IndexLists } from './index-lists.ts';

/** Pages of a GiB, by which the ratio of the lists goes. */
const GIB_PAGES = 2 ** 18;
/** No shadow: never evicted, or the shadow is used up. */
const NONE = -1;

/** What reclaim makes of a folio of the inactive list, by whether it was touched since. */
export type FolioLook = 'reclaim' | 'keep' | 'activate';

/** How a memory's lists are counted. */
export interface LruShape {
  /** Pairs of an active and an inactive list: one for each memcg and node. */
  readonly pairs: number;
  /** Whose age and activations a pair counts by: pairs of one limit (the memcg itself, or a node of the machine). */
  readonly domainOf: (pair: number) => number;
  readonly pages: number;
  readonly listScale: number;
}

/**
 * Active and inactive lists of anonymous folios, with what is known of evicted pages (mm/vmscan.c, mm/workingset.c
 * of 6.12, without multi-generational LRU). A folio is named by its first page.
 */
export class Lru {
  readonly #shape: LruShape;
  readonly #lists: IndexLists;
  readonly #pages: Int32Array;
  readonly #active: Uint8Array;
  /** Touched when reclaim looked last (PG_referenced), and was active once (PG_workingset). */
  readonly #referenced: Uint8Array;
  readonly #workingset: Uint8Array;
  /** By domain: evictions and activations so far, and refaults that activated, now and at the end of the last call. */
  readonly #age: Float64Array;
  readonly #activations: Float64Array;
  readonly #seenActivations: Float64Array;
  /** By page: the age at its eviction (the shadow), and whether it was of the working set. */
  readonly #shadow: Float64Array;
  activated = 0;
  deactivated = 0;
  refaultsActivated = 0;

  constructor(shape: LruShape) {
    const { pairs, pages } = shape;
    this.#shape = shape;
    this.#lists = new IndexLists(2 * pairs, pages);
    this.#pages = new Int32Array(2 * pairs);
    this.#active = new Uint8Array(pages);
    this.#referenced = new Uint8Array(pages);
    this.#workingset = new Uint8Array(pages);
    this.#age = new Float64Array(pairs);
    this.#activations = new Float64Array(pairs);
    this.#seenActivations = new Float64Array(pairs);
    this.#shadow = new Float64Array(pages).fill(NONE);
  }

  has(first: number): boolean {
    return this.#lists.has(first);
  }

  /** Pages on the inactive or the active list of a pair. */
  inactivePages(pair: number): number {
    return this.#pages[2 * pair]!;
  }

  activePages(pair: number): number {
    return this.#pages[2 * pair + 1]!;
  }

  oldestInactive(pair: number): number {
    return this.#lists.head(2 * pair);
  }

  oldestActive(pair: number): number {
    return this.#lists.head(2 * pair + 1);
  }

  /** A new folio: whatever was known of its pages is forgotten. It begins as an inactive one. */
  begin(first: number, pages: number): void {
    this.#active[first] = this.#referenced[first] = this.#workingset[first] = 0;
    this.#shadow.fill(NONE, first, first + pages);
  }

  /** As the youngest of its list. */
  add(pair: number, first: number, pages: number): void {
    const list = 2 * pair + this.#active[first]!;
    this.#lists.append(list, first);
    this.#pages[list]! += pages;
  }

  remove(pair: number, first: number, pages: number): void {
    const list = 2 * pair + this.#active[first]!;
    this.#lists.remove(list, first);
    this.#pages[list]! -= pages;
  }

  /**
   * What becomes of a folio off the lists (folio_check_references): touched in two looks, or through two pages, it
   * becomes active; touched once it stays.
   */
  look(pair: number, first: number, touchedPages: number, pages: number): FolioLook {
    const was = this.#referenced[first]!;
    this.#referenced[first] = touchedPages > 0 ? 1 : 0;
    if (touchedPages === 0) return 'reclaim';
    if (was === 0 && touchedPages === 1) return 'keep';
    this.activate(pair, first, pages);
    return 'activate';
  }

  /** A folio off the lists comes back as an active one. */
  activate(pair: number, first: number, pages: number): void {
    this.#active[first] = 1;
    this.activated += pages;
    this.#age[this.#shape.domainOf(pair)]! += pages;
  }

  /** An active folio goes to the inactive list (shrink_active_list), touched or not. */
  deactivate(pair: number, first: number, pages: number): void {
    this.remove(pair, first, pages);
    this.#active[first] = 0;
    this.#workingset[first] = 1;
    this.deactivated += pages;
    this.add(pair, first, pages);
  }

  /** A folio's pages leave memory: their shadows say when (workingset_eviction). */
  evict(pair: number, first: number, pages: number): void {
    const domain = this.#shape.domainOf(pair);
    this.#shadow.fill(this.#age[domain]!, first, first + pages);
    this.#workingset.fill(this.#workingset[first]!, first, first + pages);
    this.#age[domain]! += pages;
  }

  /**
   * An evicted page comes back as a folio of its own: it is active at once when no more was evicted and activated
   * since than the active list holds (workingset_refault; there are no file pages).
   */
  refault(pair: number, page: number): void {
    const shadow = this.#shadow[page]!;
    const wasWorkingset = this.#workingset[page]!;
    this.begin(page, 1);
    if (shadow === NONE) return;
    const domain = this.#shape.domainOf(pair);
    if (this.#age[domain]! - shadow > this.#activeOf(domain)) return;
    this.#active[page] = 1;
    this.#workingset[page] = wasWorkingset;
    this.#age[domain]!++;
    this.#activations[domain]!++;
    this.refaultsActivated++;
  }

  /** Whether active folios may be deactivated now: refaults say that they are in the way, or too few are inactive. */
  mayDeactivate(pair: number): boolean {
    const domain = this.#shape.domainOf(pair);
    return (
      this.#activations[domain] !== this.#seenActivations[domain] ||
      this.#isLow(this.#sum(domain, 0), this.#activeOf(domain))
    );
  }

  /** The end of a call of reclaim (snapshot_refaults). */
  endOfCall(pair: number): void {
    const domain = this.#shape.domainOf(pair);
    this.#seenActivations[domain] = this.#activations[domain]!;
  }

  /** Few inactive folios for the active ones of this pair (inactive_is_low). */
  inactiveIsLow(pair: number): boolean {
    return this.#isLow(this.inactivePages(pair), this.activePages(pair));
  }

  #isLow(inactive: number, active: number): boolean {
    const gib = Math.floor(((inactive + active) * this.#shape.listScale) / GIB_PAGES);
    const ratio = gib > 0 ? Math.floor(Math.sqrt(10 * gib)) : 1;
    return inactive * ratio < active;
  }

  #activeOf(domain: number): number {
    return this.#sum(domain, 1);
  }

  #sum(domain: number, kind: 0 | 1): number {
    const { pairs, domainOf } = this.#shape;
    let sum = 0;
    for (let pair = 0; pair < pairs; pair++)
      if (domainOf(pair) === domain) sum += this.#pages[2 * pair + kind]!;
    return sum;
  }

  /** Pages on all lists, for the laws. */
  get pages(): number {
    return this.#pages.reduce((sum, pages) => sum + pages, 0);
  }
}
