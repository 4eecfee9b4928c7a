/**
 * Log-linear histograms of durations: 64 buckets of equal width in each power of two, exact below
 * 128 ns. A value is reported as the middle of its bucket, so it is off by at most 1/128 (0.78 %).
 * Bucket borders are the same everywhere, so histograms merge by adding counts.
 */
const SUB_BITS = 6;
const SUB = 1 << SUB_BITS;
/** 2^(MAX_OCTAVE + SUB_BITS) ns is more than a day; longer values share the last bucket. */
const OCTAVES = 42;
export const BUCKETS = (OCTAVES + 1) * SUB;

/** Largest relative error of a value reported from its bucket. */
export const BUCKET_ERROR = 1 / (2 * SUB);

/** Bucket of a duration in ns (negative counts as 0). Hot: integers only below 2^31. */
export function bucketOf(ns: number): number {
  if (ns < 0x7fffffff) {
    const v = ns | 0;
    if (v < SUB) return Math.max(0, v);
    const shift = 31 - SUB_BITS - Math.clz32(v);
    return ((shift + 1) << SUB_BITS) + (v >>> shift) - SUB;
  }
  const exponent = Math.floor(Math.log2(ns));
  const shift = exponent - SUB_BITS;
  if (shift >= OCTAVES) return BUCKETS - 1;
  return ((shift + 1) << SUB_BITS) + Math.floor(ns / 2 ** shift) - SUB;
}

/** Smallest duration of a bucket, ns. */
export function bucketLow(bucket: number): number {
  if (bucket < SUB) return bucket;
  const shift = (bucket >> SUB_BITS) - 1;
  return ((bucket & (SUB - 1)) + SUB) * 2 ** shift;
}

/** Smallest duration above a bucket, ns. */
export function bucketHigh(bucket: number): number {
  return bucketLow(bucket + 1);
}

/** One range of a printed histogram. */
export interface HistogramRange {
  readonly loNs: number;
  readonly hiNs: number;
  readonly count: number;
}

/** Counts by bucket with exact count, sum, minimum and maximum. */
export class Histogram {
  count = 0;
  sumNs = 0;
  minNs = Number.POSITIVE_INFINITY;
  maxNs = Number.NEGATIVE_INFINITY;
  /** The values themselves while there are few, so that small samples have exact quantiles. */
  #few: number[] | null = [];
  /** Counts of buckets `#first..`, grown on demand: most functions need a few octaves. */
  #first = 0;
  #counts = new Float64Array(0);

  /** Values up to which quantiles are exact. */
  static readonly EXACT_UP_TO = 64;

  add(ns: number, times = 1): void {
    this.count += times;
    this.sumNs += ns * times;
    if (ns < this.minNs) this.minNs = ns;
    if (ns > this.maxNs) this.maxNs = ns;
    const bucket = bucketOf(ns);
    const at = bucket - this.#first;
    if (at >= 0 && at < this.#counts.length) this.#counts[at]! += times;
    else this.#grow(bucket, times);
    if (this.#few !== null) this.#keep(ns, times);
  }

  /** Adds all of another histogram. */
  merge(other: Histogram): void {
    if (other.count === 0) return;
    if (other.#few !== null) {
      for (const ns of other.#few) this.add(ns);
      return;
    }
    this.#few = null;
    this.count += other.count;
    this.sumNs += other.sumNs;
    this.minNs = Math.min(this.minNs, other.minNs);
    this.maxNs = Math.max(this.maxNs, other.maxNs);
    for (let i = 0; i < other.#counts.length; i++) {
      const times = other.#counts[i]!;
      if (times === 0) continue;
      const bucket = other.#first + i;
      const at = bucket - this.#first;
      if (at >= 0 && at < this.#counts.length) this.#counts[at]! += times;
      else this.#grow(bucket, times);
    }
  }

  /** Mean in ns, NaN when empty. */
  get meanNs(): number {
    return this.sumNs / this.count;
  }

  /**
   * The quantile by nearest rank: the value at rank ceil(q * count) of the sorted values. Exact up
   * to {@link EXACT_UP_TO} values; otherwise the middle of the bucket, kept within minimum and
   * maximum. NaN when empty.
   */
  quantile(q: number): number {
    if (this.count === 0) return Number.NaN;
    const rank = Math.max(1, Math.ceil(q * this.count));
    if (rank >= this.count) return this.maxNs;
    if (this.#few !== null) {
      this.#few.sort((a, b) => a - b);
      return this.#few[rank - 1]!;
    }
    let seen = 0;
    for (let i = 0; i < this.#counts.length; i++) {
      seen += this.#counts[i]!;
      if (seen < rank) continue;
      const bucket = this.#first + i;
      const low = bucketLow(bucket);
      const middle = bucket < 2 * SUB ? low : (low + bucketHigh(bucket)) / 2;
      return Math.min(this.maxNs, Math.max(this.minNs, middle));
    }
    return this.maxNs;
  }

  /** Share of the values that are at most `ns`, by buckets. */
  shareAtMost(ns: number): number {
    if (this.count === 0) return Number.NaN;
    const bucket = bucketOf(ns);
    let seen = 0;
    for (let i = 0; i < this.#counts.length && this.#first + i <= bucket; i++) seen += this.#counts[i]!;
    return seen / this.count;
  }

  /** The buckets that hold something. */
  buckets(): HistogramRange[] {
    const ranges: HistogramRange[] = [];
    for (let i = 0; i < this.#counts.length; i++) {
      const count = this.#counts[i]!;
      if (count === 0) continue;
      const bucket = this.#first + i;
      ranges.push({ loNs: bucketLow(bucket), hiNs: bucketHigh(bucket), count });
    }
    return ranges;
  }

  /** Powers of two, from the first that holds something to the last: what people read. */
  octaves(): HistogramRange[] {
    const byOctave = new Map<number, number>();
    for (const { loNs, count } of this.buckets()) {
      const octave = loNs < 1 ? 0 : Math.floor(Math.log2(loNs)) + 1;
      byOctave.set(octave, (byOctave.get(octave) ?? 0) + count);
    }
    const keys = [...byOctave.keys()];
    const ranges: HistogramRange[] = [];
    for (let o = Math.min(...keys); o <= Math.max(...keys); o++) {
      ranges.push({ loNs: o === 0 ? 0 : 2 ** (o - 1), hiNs: 2 ** o, count: byOctave.get(o) ?? 0 });
    }
    return keys.length === 0 ? [] : ranges;
  }

  #keep(ns: number, times: number): void {
    const few = this.#few!;
    if (few.length + times > Histogram.EXACT_UP_TO) {
      this.#few = null;
      return;
    }
    for (let i = 0; i < times; i++) few.push(ns);
  }

  #grow(bucket: number, times: number): void {
    const octave = bucket >> SUB_BITS;
    const length = this.#counts.length;
    const first = length === 0 ? octave : Math.min(octave, this.#first >> SUB_BITS);
    const last = length === 0 ? octave : Math.max(octave, ((this.#first + length) >> SUB_BITS) - 1);
    const counts = new Float64Array((last - first + 1) << SUB_BITS);
    if (length > 0) counts.set(this.#counts, this.#first - (first << SUB_BITS));
    this.#counts = counts;
    this.#first = first << SUB_BITS;
    counts[bucket - this.#first]! += times;
  }
}
