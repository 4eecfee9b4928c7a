import type { HistogramBucket } from '../../analysis/result.ts';
import type { Slot } from './axes.ts';

/** Smallest duration that a log axis shows; 0 ns is drawn there. */
export const FLOOR_NS = 0.5;

/** One line of a chart: the calls of a function, the waits for a lock. */
export interface Series {
  readonly label: string;
  readonly count: number;
  readonly minNs: number | null;
  readonly maxNs: number | null;
  readonly histogram: readonly HistogramBucket[];
  /** Its colour; else the one of its place. */
  readonly slot?: Slot;
}

export function slotOf(series: Series, place: number): Slot {
  return series.slot ?? place + 1;
}

/** Borders of powers of two: 0 is below 1 ns, k is [2^(k-1), 2^k) ns. */
function octaveOf(ns: number): number {
  if (ns < 1) return 0;
  // Math.log2 is off by an ulp for some powers of two: correct it by one comparison each way.
  let octave = Math.floor(Math.log2(ns));
  if (2 ** octave > ns) octave--;
  else if (2 ** (octave + 1) <= ns) octave++;
  return octave + 1;
}

/** Buckets added up into powers of two, from the first that holds something to the last, gaps filled. */
export function toOctaves(histogram: readonly HistogramBucket[]): HistogramBucket[] {
  const counts = new Map<number, number>();
  let first = Number.POSITIVE_INFINITY;
  let last = -1;
  for (const { loNs, count } of histogram) {
    if (count <= 0) continue;
    const octave = octaveOf(loNs);
    counts.set(octave, (counts.get(octave) ?? 0) + count);
    first = Math.min(first, octave);
    last = Math.max(last, octave);
  }
  const out: HistogramBucket[] = [];
  for (let o = first; o <= last; o++) {
    out.push({ loNs: o === 0 ? 0 : 2 ** (o - 1), hiNs: 2 ** o, count: counts.get(o) ?? 0 });
  }
  return out;
}

/** Neighbouring buckets added up, at most `perOctave` in each power of two; borders stay borders. */
export function thinBuckets(histogram: readonly HistogramBucket[], perOctave: number): HistogramBucket[] {
  const out: { loNs: number; hiNs: number; count: number }[] = [];
  let lastKey = Number.NaN;
  for (const bucket of histogram) {
    if (bucket.count <= 0) continue;
    const octave = octaveOf(bucket.loNs);
    const low = octave === 0 ? 0 : 2 ** (octave - 1);
    const within = octave === 0 ? 0 : Math.floor(((bucket.loNs - low) / low) * perOctave);
    const key = octave * perOctave + within;
    if (key === lastKey) {
      const group = out[out.length - 1]!;
      group.hiNs = bucket.hiNs;
      group.count += bucket.count;
    } else out.push({ ...bucket });
    lastKey = key;
  }
  return out;
}
