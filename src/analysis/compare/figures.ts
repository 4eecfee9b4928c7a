import { bucketHigh, bucketLow, bucketOf } from '../histogram.ts';
import type { Distribution } from '../result.ts';
import { blockNoise } from './block-noise.ts';
import type { BlockSeries } from './block-series.ts';
import type { BucketCounts, DurationFigures } from './summary.ts';

/** Calls below which chance within a recording cannot be told. */
const ENOUGH = 8;
/** Waits and holds that follow one another are alike: their errors are taken to be twice those of independent ones (assumed). */
const ALIKE = 2;

/** Figures of a series of calls. */
export function seriesFigures(series: BlockSeries): DurationFigures {
  const [p50, p90, p99] = series.quantiles([0.5, 0.9, 0.99]);
  const { p50: noise50, p99: noise99, mean } = blockNoise(series);
  return {
    count: series.count,
    totalNs: series.sumNs,
    meanNs: series.sumNs / series.count,
    p50Ns: p50!,
    p90Ns: p90!,
    p99Ns: p99!,
    minNs: series.minNs,
    maxNs: series.maxNs,
    noise: { p50: rounded(noise50), p99: rounded(noise99), mean: rounded(mean) },
  };
}

/** A distribution's counts by bucket. */
export function bucketCounts({ histogram }: Distribution): BucketCounts {
  return histogram.map(({ loNs, count }) => [bucketOf(loNs), count] as const);
}

/** Figures of waits or holds of one lock, over the functions that take it. */
export function mergedFigures(parts: readonly Distribution[]): DurationFigures {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const totalNs = parts.reduce((sum, part) => sum + part.totalNs, 0);
  const counts = sumOfCounts(parts.map(bucketCounts));
  const only = parts.filter((part) => part.count > 0);
  // One site's own quantiles are exact where there are few.
  const own = only.length === 1 ? only[0]! : null;
  const minNs = count > 0 ? Math.min(...only.map((part) => part.minNs!)) : null;
  const maxNs = count > 0 ? Math.max(...only.map((part) => part.maxNs!)) : null;
  const at = (share: number) => bucketQuantile(counts, count, share);
  return {
    count,
    totalNs,
    meanNs: count > 0 ? totalNs / count : null,
    p50Ns: own ? own.p50Ns : at(0.5),
    p90Ns: own ? own.p90Ns : at(0.9),
    p99Ns: own ? own.p99Ns : at(0.99),
    minNs,
    maxNs,
    noise: {
      p50: rounded(quantileNoise(counts, count, 0.5)),
      p99: rounded(quantileNoise(counts, count, 0.99)),
      mean: rounded(meanNoise(counts, count)),
    },
  };
}

/** The sum of counts by bucket, in order. */
export function sumOfCounts(lists: readonly BucketCounts[]): BucketCounts {
  const sums = new Map<number, number>();
  for (const list of lists) {
    for (const [bucket, count] of list) sums.set(bucket, (sums.get(bucket) ?? 0) + count);
  }
  return [...sums].sort((a, b) => a[0] - b[0]);
}

/** Within the bucket by rank; null when empty. */
function bucketQuantile(counts: BucketCounts, count: number, share: number): number | null {
  if (count === 0) return null;
  const rank = Math.min(count, Math.max(1, share * count));
  let seen = 0;
  for (const [bucket, n] of counts) {
    if (seen + n >= rank) return bucketMiddle(bucket, (rank - seen) / n);
    seen += n;
  }
  return bucketMiddle(counts.at(-1)![0], 1);
}

/** Error of a quantile's logarithm: half the way between the ranks one standard error of a rank off. */
function quantileNoise(counts: BucketCounts, count: number, share: number): number | null {
  if (count < ENOUGH) return null;
  const off = Math.sqrt((share * (1 - share)) / count);
  const low = bucketQuantile(counts, count, Math.max(0, share - off))!;
  const high = bucketQuantile(counts, count, Math.min(1, share + off))!;
  return (ALIKE * Math.log(Math.max(high, 1) / Math.max(low, 1))) / 2;
}

function meanNoise(counts: BucketCounts, count: number): number | null {
  if (count < ENOUGH) return null;
  let [sum, squares] = [0, 0];
  for (const [bucket, n] of counts) {
    const ns = bucketMiddle(bucket, 0.5);
    sum += n * ns;
    squares += n * ns * ns;
  }
  const mean = sum / count;
  const variance = Math.max(0, squares / count - mean * mean);
  return mean > 0 ? (ALIKE * Math.sqrt(variance / count)) / mean : null;
}

function bucketMiddle(bucket: number, share: number): number {
  const low = bucketLow(bucket);
  return low + share * (bucketHigh(bucket) - low);
}

/** Six digits are more than is known; files get smaller. */
function rounded(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : Number(value.toPrecision(6));
}
