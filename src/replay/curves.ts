import { bucketFloor, bucketOf } from './engine/machine.ts';
import { type Interval, interval, median } from './interval.ts';
import { type Returns, type RunResult, timeReturned } from './returns.ts';

/** Durations counted by size: the buckets that hold something, in rising order. */
export interface LatencyCurve {
  readonly fromNs: readonly number[];
  readonly toNs: readonly number[];
  readonly count: readonly number[];
}

/** Something that changes over time: median and middle 90 % of the runs, from each time to the next. */
export interface TimeCurve {
  readonly atNs: readonly number[];
  readonly value: readonly number[];
  readonly lo: readonly number[];
  readonly hi: readonly number[];
}

/** Handles that wait in a queue for its worker, those in buffers that are not full with them. */
export interface BacklogCurve extends TimeCurve {
  readonly queue: string;
  /** Most handles that waited at once. */
  readonly peak: Interval;
}

/** When shares of the pool's pages had come back, ns; null: never. */
export interface ReturnTime {
  readonly value: number | null;
  readonly lo: number | null;
  readonly hi: number | null;
}

/** Points of a curve over time: more than a chart of 800 pixels shows apart are of no use. */
const POINTS = 200;

/** Durations of all runs together. */
export function latencyCurve(histograms: readonly Float64Array[]): LatencyCurve {
  const sum = new Float64Array(histograms[0]!.length);
  for (const histogram of histograms) for (let k = 0; k < sum.length; k++) sum[k]! += histogram[k]!;
  const used = [...sum.keys()].filter((k) => sum[k]! > 0);
  return {
    fromNs: used.map(bucketFloor),
    toNs: used.map((k) => bucketFloor(k + 1)),
    count: used.map((k) => sum[k]!),
  };
}

/** Recorded durations in the buckets of modelled ones. */
export function countedDurations(durations: Float64Array, buckets: number): Float64Array {
  const counts = new Float64Array(buckets);
  for (const ns of durations) counts[bucketOf(ns)]!++;
  return counts;
}

/** Pages given back since the beginning. */
export function memoryCurve(runs: readonly Returns[]): TimeCurve {
  const end = Math.max(0, ...runs.map(({ atNs }) => atNs.at(-1) ?? 0));
  const at = new Int32Array(runs.length);
  return timeCurve(end, runs.length, (run, t) => {
    const { atNs, pages } = runs[run]!;
    while (at[run]! < atNs.length && atNs[at[run]!]! <= t) at[run]!++;
    return at[run] === 0 ? 0 : pages[at[run]! - 1]!;
  });
}

/** How many handles waited for each worker. */
export function backlogCurves(runs: readonly RunResult[]): BacklogCurve[] {
  return runs[0]!.queues.map(({ name }, q) => {
    const levels = runs.map((run) => run.queues[q]!.level);
    const end = Math.max(...levels.map(({ slotNs, most }) => slotNs * most.length));
    const curve = timeCurve(end, runs.length, (run, t) => {
      const { slotNs, most } = levels[run]!;
      return most.length === 0 ? 0 : most[Math.min(most.length - 1, Math.floor(t / slotNs))]!;
    });
    return { queue: name, peak: interval(runs.map((run) => run.queues[q]!.most)), ...curve };
  });
}

/** When so much of the pool's pages had come back. */
export function returnTime(runs: readonly Returns[], pages: number): ReturnTime {
  const finite = (ns: number) => (Number.isFinite(ns) ? ns : null);
  const { value, lo, hi } = interval(runs.map((returns) => timeReturned(returns, pages)));
  return { value: finite(value), lo: finite(lo), hi: finite(hi) };
}

/** Points at which anything changes; times and values rounded down to whole ns and counts. */
function timeCurve(endNs: number, runs: number, valueAt: (run: number, t: number) => number): TimeCurve {
  const curve = { atNs: [] as number[], value: [] as number[], lo: [] as number[], hi: [] as number[] };
  let last = '';
  for (let point = 0; point <= POINTS; point++) {
    const t = Math.ceil((endNs * point) / POINTS);
    const { value, lo, hi } = interval(Array.from({ length: runs }, (_, run) => valueAt(run, t)));
    const key = `${value} ${lo} ${hi}`;
    if (key === last && point < POINTS) continue;
    last = key;
    curve.atNs.push(t);
    curve.value.push(Math.round(value));
    curve.lo.push(Math.round(lo));
    curve.hi.push(Math.round(hi));
    if (endNs === 0) break;
  }
  return curve;
}

/** Quantile of a histogram of the machine, in the middle of its bucket, ns. */
export function bucketQuantile(buckets: Float64Array, q: number): number {
  const total = buckets.reduce((sum, n) => sum + n, 0);
  let seen = 0;
  for (let k = 0; k < buckets.length; k++) {
    seen += buckets[k]!;
    if (seen >= q * total) return (bucketFloor(k) + bucketFloor(k + 1)) / 2;
  }
  return 0;
}

/** p50, p99 and maximum of all values of all runs. */
export function spread(values: readonly number[]): { p50: number; p99: number; max: number } {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0) return { p50: 0, p99: 0, max: 0 };
  return {
    p50: median(sorted),
    p99: sorted[Math.ceil(0.99 * sorted.length) - 1]!,
    max: sorted[sorted.length - 1]!,
  };
}
