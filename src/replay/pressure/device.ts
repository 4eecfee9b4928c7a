/** A write on its way: the pages' memory is held until it is done. */
export interface Write {
  readonly doneNs: number;
  readonly page: number;
  /** Tells whether the page is still the one that is written. */
  readonly ticket: number;
}

/** The swap device: one transfer after the other, each with a latency on top. Times in ns. */
export class SwapDevice {
  readonly #latencyNs: number;
  readonly #pageNs: number;
  #freeNs = 0;
  #writes: Write[] = [];
  #first = 0;

  constructor({ latencyNs, pageNs }: { readonly latencyNs: number; readonly pageNs: number }) {
    this.#latencyNs = latencyNs;
    this.#pageNs = pageNs;
  }

  /** When a transfer of so many pages, asked for at `now`, is done. */
  transfer(now: number, pages: number): number {
    this.#freeNs = Math.max(now, this.#freeNs) + pages * this.#pageNs;
    return this.#freeNs + this.#latencyNs;
  }

  /** Transfers end in the order in which they were asked for. */
  write(now: number, page: number, ticket: number): void {
    this.#writes.push({ doneNs: this.transfer(now, 1), page, ticket });
  }

  /** When the oldest write on its way is done; infinite without one. */
  get nextDoneNs(): number {
    return this.#writes[this.#first]?.doneNs ?? Number.POSITIVE_INFINITY;
  }

  /** Takes a write that is done by `now`. */
  take(now: number): Write | undefined {
    const write = this.#writes[this.#first];
    if (write === undefined || write.doneNs > now) return undefined;
    this.#first++;
    if (this.#first > 4096 && this.#first * 2 > this.#writes.length) {
      this.#writes = this.#writes.slice(this.#first);
      this.#first = 0;
    }
    return write;
  }
}
