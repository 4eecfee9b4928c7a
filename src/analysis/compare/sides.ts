import { bucketHigh, bucketLow } from '../histogram.ts';
import type { HistogramBucket } from '../result.ts';
import { QUANTILE_ERROR } from './block-series.ts';
import type { Figure } from './estimate.ts';
import type { SideDurations } from './result.ts';
import type { BucketCounts, DurationFigures } from './summary.ts';

/** Traces print whole ns. */
const STEP_NS = 0.5;

/** Figures of a side's recordings, for estimates; null where one of them has none. */
export type Figures = readonly Figure[] | null;

/** A duration of each recording; durations below one ns are counted as one. */
export function durations<T>(
  recordings: readonly T[],
  ns: (recording: T) => number | null,
  noise: (recording: T) => number | null,
  hasTail: boolean,
): Figures {
  const found: Figure[] = [];
  for (const recording of recordings) {
    const value = ns(recording);
    if (value === null) return null;
    const kept = Math.max(1, value);
    const rounding = Math.max(STEP_NS / kept, QUANTILE_ERROR);
    found.push({ log: Math.log(kept), noise: noise(recording), rounding, hasTail });
  }
  return found.length > 0 ? found : null;
}

/** A count or sum of each recording, above 0, told exactly. */
export function amounts<T>(
  recordings: readonly T[],
  amount: (recording: T) => number,
  noise: (recording: T) => number | null,
): Figures {
  const found = recordings.map((recording) => ({
    log: Math.log(amount(recording)),
    noise: noise(recording),
    rounding: 0,
    hasTail: true,
  }));
  return found.length > 0 && found.every(({ log }) => Number.isFinite(log)) ? found : null;
}

/** What a side says of durations; `null` among the recordings: it has none of them. */
export function sideDurations(
  recordings: readonly (DurationFigures | null)[],
  pooled: BucketCounts,
): SideDurations {
  const found = recordings.filter((recording) => recording !== null);
  const some = found.filter(({ count }) => count > 0);
  const middle = (of: (figures: DurationFigures) => number | null) => geometricMean(some.map(of));
  const p50ByRecording = recordings.map((recording) => recording?.p50Ns ?? null);
  const known = p50ByRecording.filter((ns) => ns !== null && ns > 0) as number[];
  return {
    recordings: found.length,
    calls: average(found.map(({ count }) => count)),
    totalNs: some.length > 0 ? average(found.map(({ totalNs }) => totalNs)) : null,
    meanNs: middle(({ meanNs }) => meanNs),
    p50Ns: middle(({ p50Ns }) => p50Ns),
    p90Ns: middle(({ p90Ns }) => p90Ns),
    p99Ns: middle(({ p99Ns }) => p99Ns),
    minNs: some.length > 0 ? Math.min(...some.map(({ minNs }) => minNs!)) : null,
    maxNs: some.length > 0 ? Math.max(...some.map(({ maxNs }) => maxNs!)) : null,
    spread: known.length > 1 ? Math.max(...known) / Math.min(...known) - 1 : null,
    histogram: octaves(pooled),
    p50ByRecording,
  };
}

export function average(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Null without values, or where one is not known; 0 where one is 0. */
export function geometricMean(values: readonly (number | null)[]): number | null {
  if (values.length === 0 || values.some((value) => value === null)) return null;
  if (values.length === 1) return values[0]!;
  return Math.exp(average(values.map((value) => Math.log(value!))));
}

/** Counts in powers of two, without gaps between the first and the last. */
function octaves(counts: BucketCounts): HistogramBucket[] {
  const sums = new Map<number, number>();
  for (const [bucket, count] of counts) {
    const low = bucketLow(bucket);
    const octave = low < 1 ? 0 : Math.floor(Math.log2((low + bucketHigh(bucket)) / 2)) + 1;
    sums.set(octave, (sums.get(octave) ?? 0) + count);
  }
  if (sums.size === 0) return [];
  const [first, last] = [Math.min(...sums.keys()), Math.max(...sums.keys())];
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const octave = first + i;
    return {
      loNs: octave === 0 ? 0 : 2 ** (octave - 1),
      hiNs: 2 ** octave,
      count: sums.get(octave) ?? 0,
    };
  });
}
