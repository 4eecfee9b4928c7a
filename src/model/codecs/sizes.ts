/** Where sizes come from: a recording, pages of the user, or somebody's word. */
export type SizeBasis = 'recorded' | 'pages' | 'stated';

/** Compressed sizes of 4 KiB pages as a distribution, bytes. */
export class PageSizes {
  readonly basis: SizeBasis;
  readonly #sorted: Float64Array;

  /** @throws {RangeError} for no sizes, or one that is no size. */
  constructor(sizes: Iterable<number>, basis: SizeBasis) {
    this.#sorted = Float64Array.from(sizes).sort();
    this.basis = basis;
    if (this.#sorted.length === 0) throw new RangeError('no sizes');
    // NaN sorts to the end.
    if (!(this.#sorted[0]! > 0 && Number.isFinite(this.#sorted.at(-1)!)))
      throw new RangeError('a compressed size is a positive number of bytes');
  }

  get count(): number {
    return this.#sorted.length;
  }

  get mean(): number {
    return this.#sorted.reduce((sum, size) => sum + size, 0) / this.count;
  }

  /** The smallest size that at least a share `p` of the pages does not exceed. */
  quantile(p: number): number {
    const rank = Math.max(1, Math.ceil(p * this.count));
    return this.#sorted[Math.min(this.count, rank) - 1]!;
  }

  /** A size for a number in [0, 1): equal numbers, equal pages. */
  draw(uniform: number): number {
    return this.#sorted[Math.min(this.count - 1, Math.floor(uniform * this.count))]!;
  }

  [Symbol.iterator](): Iterator<number> {
    return this.#sorted.values();
  }
}

/** What a published ratio says of sizes: one number, so that there is no spread. */
export function statedRatio(ratio: number): PageSizes {
  if (!(ratio > 0)) throw new RangeError('a ratio is a positive number');
  return new PageSizes([4096 / ratio], 'stated');
}
