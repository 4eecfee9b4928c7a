export const PAGE_BYTES = 4096;

/** Pages of an input, and how many it has. */
export interface SampledPages {
  readonly pages: readonly Uint8Array[];
  readonly pagesInInput: number;
}

/** Numbers of at most `most` of `count` pages, evenly spaced. */
export function evenly(count: number, most: number): readonly number[] {
  const taken = Math.min(count, most);
  return Array.from({ length: taken }, (_, i) => Math.floor((i * count) / taken));
}

/**
 * Evenly spaced 4 KiB pages of an input whose length is known at its end only. Holds at most twice as many as are
 * wanted: when there are more, every second one is let go. A rest of less than a page is left.
 */
export class PageSampler {
  readonly #most: number;
  #kept: Uint8Array[] = [];
  #stride = 1;
  #seen = 0;
  #page = new Uint8Array(PAGE_BYTES);
  #filled = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + PAGE_BYTES - this.#filled);
      this.#page.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === PAGE_BYTES) this.#pageDone();
    }
  }

  sample(): SampledPages {
    const pages = evenly(this.#kept.length, this.#most).map((i) => this.#kept[i]!);
    return { pages, pagesInInput: this.#seen };
  }

  #pageDone(): void {
    if (this.#seen % this.#stride === 0) {
      this.#kept.push(this.#page);
      this.#page = new Uint8Array(PAGE_BYTES);
      if (this.#kept.length > 2 * this.#most) {
        this.#kept = this.#kept.filter((_, i) => i % 2 === 0);
        this.#stride *= 2;
      }
    }
    this.#seen++;
    this.#filled = 0;
  }
}
