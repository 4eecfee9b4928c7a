/** Entries of one scan (SHRINK_BATCH), and cost of an object in seeks (DEFAULT_SEEKS). */
export const SHRINK_BATCH = 128;
const DEFAULT_SEEKS = 2;

/** What reclaim asks of a shrinker. */
export interface SlabQuestion {
  /** Objects that may be freed: what scans go through. */
  readonly freeable: number;
  /** Those of the whole memory where only a slice of it is played; else the same. */
  readonly whole: number;
  /** Put off by earlier calls. */
  readonly deferred: number;
  readonly priority: number;
}

/** How much of a shrinker's list a call of do_shrink_slab (mm/shrinker.c of 6.12) scans. */
export class SlabScan {
  readonly #freeable: number;
  readonly #most: number;
  readonly #asked: number;
  #left: number;
  #scanned = 0;

  constructor({ freeable, whole, deferred, priority }: SlabQuestion) {
    const delta = Math.floor((Math.floor(whole / 2 ** priority) * 4) / DEFAULT_SEEKS);
    this.#freeable = freeable;
    this.#most = 2 * whole;
    this.#asked = deferred + delta;
    this.#left = Math.min(Math.floor(deferred / 2 ** priority) + delta, 2 * freeable);
  }

  /** Objects of the next scan; 0 when what is left is put off: less than a batch, and not the whole list. */
  next(): number {
    const scans = this.#freeable > 0 && (this.#left >= SHRINK_BATCH || this.#left >= this.#freeable);
    return scans ? Math.min(SHRINK_BATCH, this.#left) : 0;
  }

  /** A scan freed something; one that did not ends the call instead (SHRINK_STOP). */
  scanned(objects: number): void {
    this.#left -= objects;
    this.#scanned += objects;
  }

  /** What is put off to the next call: all that was asked for and not scanned, twice the list at most. */
  get deferred(): number {
    return Math.min(Math.max(this.#asked - this.#scanned, 0), this.#most);
  }
}
