import { bucketOf } from '../histogram.ts';

/** Buckets in each power of two: values are told to 1/8192, and exactly below 8192 ns. */
const SUB_BITS = 12;
const SUB = 1 << SUB_BITS;

/** Largest relative error of a quantile of a {@link BlockSeries}. */
export const QUANTILE_ERROR = 1 / (2 * SUB);

/** Blocks that a series keeps at most; half as many at least, once there are enough values. */
const MOST_BLOCKS = 64;

/** Consecutive values of a series: what they sum to, and how many fell into each bucket of `Histogram`. */
export interface Block {
  count: number;
  sumNs: number;
  readonly buckets: Map<number, number>;
}

/**
 * Durations in the order in which they were recorded: their distribution, and that of up to 64 blocks of
 * consecutive ones, because calls that follow one another are not independent. When the blocks are full,
 * pairs of them become one, so memory does not grow with the recording.
 */
export class BlockSeries {
  count = 0;
  sumNs = 0;
  minNs = Number.POSITIVE_INFINITY;
  maxNs = Number.NEGATIVE_INFINITY;
  readonly #fine = new Map<number, number>();
  #blocks: Block[] = [];
  #perBlock = 1;
  #last: Block = { count: 0, sumNs: 0, buckets: new Map() };

  add(ns: number): void {
    this.count++;
    this.sumNs += ns;
    if (ns < this.minNs) this.minNs = ns;
    if (ns > this.maxNs) this.maxNs = ns;
    const fine = fineBucket(ns);
    this.#fine.set(fine, (this.#fine.get(fine) ?? 0) + 1);
    let last = this.#last;
    if (last.count >= this.#perBlock || this.#blocks.length === 0) {
      if (this.#blocks.length === MOST_BLOCKS) this.#halve();
      last = { count: 0, sumNs: 0, buckets: new Map() };
      this.#last = last;
      this.#blocks.push(last);
    }
    const bucket = bucketOf(ns);
    last.count++;
    last.sumNs += ns;
    last.buckets.set(bucket, (last.buckets.get(bucket) ?? 0) + 1);
  }

  /** The values in order, as blocks of equally many; the last one may have fewer. */
  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  /** Quantiles by nearest rank, to {@link QUANTILE_ERROR}; NaN when empty. */
  quantiles(shares: readonly number[]): number[] {
    const sorted = [...this.#fine].sort((a, b) => a[0] - b[0]);
    return shares.map((share) => {
      const rank = Math.max(1, Math.ceil(share * this.count));
      if (rank >= this.count) return this.count === 0 ? Number.NaN : this.maxNs;
      let seen = 0;
      for (const [bucket, count] of sorted) {
        seen += count;
        if (seen >= rank) return Math.min(this.maxNs, Math.max(this.minNs, fineValue(bucket)));
      }
      return this.maxNs;
    });
  }

  /** All values by bucket of `Histogram`, in order. */
  histogram(): readonly (readonly [number, number])[] {
    const counts = new Map<number, number>();
    for (const block of this.#blocks) {
      for (const [bucket, count] of block.buckets) counts.set(bucket, (counts.get(bucket) ?? 0) + count);
    }
    return [...counts].sort((a, b) => a[0] - b[0]);
  }

  #halve(): void {
    this.#blocks = joinedPairs(this.#blocks);
    this.#perBlock *= 2;
  }
}

/** Each two neighbours as one block. */
export function joinedPairs(blocks: readonly Block[]): Block[] {
  const joined: Block[] = [];
  for (let i = 0; i < blocks.length; i += 2) {
    const [a, b] = [blocks[i]!, blocks[i + 1]];
    const buckets = new Map(a.buckets);
    for (const [bucket, count] of b?.buckets ?? []) buckets.set(bucket, (buckets.get(bucket) ?? 0) + count);
    joined.push({ count: a.count + (b?.count ?? 0), sumNs: a.sumNs + (b?.sumNs ?? 0), buckets });
  }
  return joined;
}

/** Buckets as in `bucketOf`, but finer; doubles, so that any duration has one. */
function fineBucket(ns: number): number {
  if (ns < 2 * SUB) return Math.max(0, Math.round(ns));
  const shift = Math.floor(Math.log2(ns)) - SUB_BITS;
  return shift * SUB + Math.floor(ns / 2 ** shift);
}

function fineValue(bucket: number): number {
  if (bucket < 2 * SUB) return bucket;
  const shift = Math.floor(bucket / SUB) - 1;
  return (bucket - shift * SUB + 0.5) * 2 ** shift;
}
