import { mean, sampleVariance } from 'simple-statistics';
import { seededRandom } from './random.ts';
import { tCritical, tTwoSided } from './student.ts';

/** One recording's figure. */
export interface Figure {
  /** Natural logarithm. */
  readonly log: number;
  /** Standard error of that by chance within the recording; null when not known. */
  readonly noise: number | null;
  /** Half the step in which it is told, relative. */
  readonly rounding: number;
  /**
   * Rare long calls make much of it: recordings that happen to agree do not say that chance is less than
   * `noise`. So it is of means and sums, and not of medians.
   */
  readonly hasTail: boolean;
}

/** How changes are judged: the same for all rows of a comparison. */
export interface Design {
  readonly basis: 'between-recordings' | 'few-recordings';
  /** Recordings drawn for each resample: places in the lists of both sides. */
  readonly draws: readonly { readonly before: Int32Array; readonly after: Int32Array }[];
}

/** A change as a difference of logarithms. */
export interface Estimate {
  readonly change: number;
  readonly se: number;
  readonly df: number;
  /** What two recordings of one kernel may differ by; 0 where that was measured. */
  readonly allowance: number;
  readonly lo: number;
  readonly hi: number;
  /** Two-sided, of no change beyond the allowance. */
  readonly pValue: number;
}

export const LEVEL = 0.05;
const MOST_DRAWS = 1000;
const FEWEST_DRAWS = 200;
const DRAWN_IN_ALL = 40_000;
/** Blocks within a recording are eight or more. */
const BLOCK_DF = 7;
/** Bootstrap needs three recordings on a side: of two there are three different resamples. */
const FEWEST_DRAWN = 3;

/** How a comparison of so many recordings is judged. */
export function designOf(before: number, after: number): Design {
  const basis = before + after - 2 >= 2 ? 'between-recordings' : 'few-recordings';
  if (Math.min(before, after) < FEWEST_DRAWN) return { basis, draws: [] };
  const count = Math.max(FEWEST_DRAWS, Math.min(MOST_DRAWS, Math.floor(DRAWN_IN_ALL / (before + after))));
  const random = seededRandom(before * 65_537 + after);
  const drawn = (n: number) => Int32Array.from({ length: n }, () => Math.floor(random() * n));
  return {
    basis,
    draws: Array.from({ length: count }, () => ({ before: drawn(before), after: drawn(after) })),
  };
}

/**
 * The change from one side's geometric mean to the other's. Where two recordings tell what a kernel's own
 * recordings differ by, the error is theirs, of means and sums never less than blocks within them say (Student's t; Welch's form from three on each side on, where the
 * interval is that of a bootstrap over recordings, widened as Hesterberg 2015, Am. Stat. 69:371, says for
 * small numbers). Else it is what blocks within the recordings say, beyond an allowance.
 * @param allowance What two recordings of one kernel may differ by (logarithm), for few recordings.
 * @returns null where no error can be told.
 */
export function estimate(
  before: readonly Figure[],
  after: readonly Figure[],
  { basis, draws }: Design,
  allowance: number,
): Estimate | null {
  const [a, b] = [before.map(({ log }) => log), after.map(({ log }) => log)];
  const change = mean(b) - mean(a);
  const rounding = Math.hypot(roundingError(before), roundingError(after));
  if (basis === 'few-recordings') {
    const noise = [noiseOf(before), noiseOf(after)];
    if (noise[0] === null || noise[1] === null) return null;
    const se = Math.hypot(noise[0]!, noise[1]!, rounding);
    const half = tCritical(LEVEL, BLOCK_DF) * se + allowance;
    const beyond = Math.max(0, Math.abs(change) - allowance);
    const pValue = beyond === 0 ? 1 : tTwoSided(beyond / se, BLOCK_DF);
    return { change, se, df: BLOCK_DF, allowance, lo: change - half, hi: change + half, pValue };
  }
  const { se: scatter, df } = scatterOf(a, b);
  const found = judgedBy(change, Math.hypot(scatter, rounding), df);
  if (draws.length > 0 && scatter > rounding) {
    const [lo, hi] = drawnInterval(a, b, draws, change, tCritical(LEVEL, df));
    Object.assign(found, { lo, hi });
  }
  const within = before[0]!.hasTail ? Math.hypot(noiseOf(before) ?? 0, noiseOf(after) ?? 0) : 0;
  if (within === 0) return found;
  // The wider of the two: each alone may be too narrow by chance.
  const byBlocks = judgedBy(change, Math.hypot(within, rounding), BLOCK_DF);
  return {
    ...(byBlocks.pValue > found.pValue ? byBlocks : found),
    lo: Math.min(found.lo, byBlocks.lo),
    hi: Math.max(found.hi, byBlocks.hi),
  };
}

function judgedBy(change: number, se: number, df: number): Estimate {
  const half = tCritical(LEVEL, df) * se;
  const pValue = change === 0 ? 1 : tTwoSided(change / se, df);
  return { change, se, df, allowance: 0, lo: change - half, hi: change + half, pValue };
}

/** The smallest change that is found four times of five at a level; relative. */
export function detectable({ se, df, allowance }: Estimate, level: number): number {
  return Math.expm1(allowance + (tCritical(level, df) + tCritical(0.4, df)) * se);
}

/** Standard error of the difference of means, with its degrees of freedom. */
function scatterOf(a: readonly number[], b: readonly number[]): { se: number; df: number } {
  const [n, m] = [a.length, b.length];
  const [va, vb] = [n > 1 ? sampleVariance([...a]) : 0, m > 1 ? sampleVariance([...b]) : 0];
  if (Math.min(n, m) < FEWEST_DRAWN) {
    // One scatter for both sides: two recordings alone say too little of their own.
    const pooled = ((n - 1) * va + (m - 1) * vb) / (n + m - 2);
    return { se: Math.sqrt(pooled * (1 / n + 1 / m)), df: n + m - 2 };
  }
  const [ea, eb] = [va / n, vb / m];
  const whole = ea + eb;
  const df = whole === 0 ? n + m - 2 : whole ** 2 / (ea ** 2 / (n - 1) + eb ** 2 / (m - 1));
  return { se: Math.sqrt(whole), df };
}

/** The middle 95 % of the changes of resampled sides, stretched about the change to the width of a t interval. */
function drawnInterval(
  a: readonly number[],
  b: readonly number[],
  draws: Design['draws'],
  change: number,
  t: number,
): [number, number] {
  const drawn = (values: readonly number[], places: Int32Array) => {
    let sum = 0;
    for (const place of places) sum += values[place]!;
    return sum / places.length;
  };
  const changes = draws
    .map(({ before, after }) => drawn(b, after) - drawn(a, before) - change)
    .sort((x, y) => x - y);
  const n = Math.min(a.length, b.length);
  const stretch = (t / 1.959964) * Math.sqrt(n / (n - 1));
  const at = (share: number) => changes[Math.round(share * (changes.length - 1))]!;
  return [change + stretch * at(LEVEL / 2), change + stretch * at(1 - LEVEL / 2)];
}

function noiseOf(figures: readonly Figure[]): number | null {
  let squares = 0;
  for (const { noise } of figures) {
    if (noise === null) return null;
    squares += noise * noise;
  }
  return Math.sqrt(squares) / figures.length;
}

/** Rounding to a step is an error spread evenly over it. */
function roundingError(figures: readonly Figure[]): number {
  const squares = figures.reduce((sum, { rounding }) => sum + rounding * rounding, 0);
  return Math.sqrt(squares / 3) / figures.length;
}
