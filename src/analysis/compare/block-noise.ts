import { bucketHigh, bucketLow } from '../histogram.ts';
import { type Block, type BlockSeries, joinedPairs } from './block-series.ts';
import { seededRandom } from './random.ts';

/** Resamples of a series' blocks. */
export const BLOCK_RESAMPLES = 200;
/** With fewer blocks their scatter is not known. */
const FEWEST_BLOCKS = 8;
/** Correlations of neighbouring blocks beyond this many standard errors are not chance. */
const CORRELATED = 1.64;

/**
 * What chance within a recording does to its figures: standard errors of their logarithms, so 0.02 is 2 %.
 * Null where there are too few calls to tell.
 */
export interface BlockNoise {
  readonly p50: number | null;
  readonly p99: number | null;
  readonly mean: number | null;
  /** Blocks that were drawn from; 0 where nothing is known. */
  readonly blocks: number;
}

const UNKNOWN: BlockNoise = { p50: null, p99: null, mean: null, blocks: 0 };

/**
 * Draws blocks of consecutive calls with replacement (block bootstrap: Kunsch 1989, Ann. Statist. 17:1217)
 * and takes the scatter of the figures. Blocks are joined until neighbours are not correlated, or eight are left.
 */
export function blockNoise(series: BlockSeries): BlockNoise {
  let blocks = series.blocks;
  while (blocks.length >= 2 * FEWEST_BLOCKS && areCorrelated(blocks)) blocks = joinedPairs(blocks);
  if (blocks.length < FEWEST_BLOCKS) return UNKNOWN;
  const values = [...new Set(blocks.flatMap((block) => [...block.buckets.keys()]))].sort((a, b) => a - b);
  const place = new Map(values.map((bucket, i) => [bucket, i]));
  const rows = blocks.map(({ buckets }) =>
    [...buckets].map(([bucket, n]) => [place.get(bucket)!, n] as const),
  );
  const random = seededRandom(series.count);
  const counts = new Float64Array(values.length);
  const logs = { p50: [] as number[], p99: [] as number[], mean: [] as number[] };
  for (let draw = 0; draw < BLOCK_RESAMPLES; draw++) {
    counts.fill(0);
    let [count, sumNs] = [0, 0];
    for (let k = 0; k < blocks.length; k++) {
      const chosen = Math.floor(random() * blocks.length);
      count += blocks[chosen]!.count;
      sumNs += blocks[chosen]!.sumNs;
      for (const [at, n] of rows[chosen]!) counts[at]! += n;
    }
    logs.p50.push(Math.log(quantile(values, counts, count, 0.5)));
    logs.p99.push(Math.log(quantile(values, counts, count, 0.99)));
    logs.mean.push(Math.log(Math.max(sumNs / count, 1e-3)));
  }
  // The scatter of draws is too small by that factor.
  const few = Math.sqrt(blocks.length / (blocks.length - 1));
  return {
    p50: few * deviation(logs.p50),
    p99: few * deviation(logs.p99),
    mean: few * deviation(logs.mean),
    blocks: blocks.length,
  };
}

/** Whether the means of neighbouring blocks are alike, beyond chance. */
function areCorrelated(blocks: readonly Block[]): boolean {
  const logs = blocks.map(({ count, sumNs }) => Math.log(Math.max(sumNs / count, 1e-3)));
  const mean = logs.reduce((sum, x) => sum + x, 0) / logs.length;
  let [all, neighbours] = [0, 0];
  for (let i = 0; i < logs.length; i++) {
    all += (logs[i]! - mean) ** 2;
    if (i > 0) neighbours += (logs[i]! - mean) * (logs[i - 1]! - mean);
  }
  return all > 0 && neighbours / all > CORRELATED / Math.sqrt(logs.length);
}

/** Linear within the bucket: its scatter must not come in steps. */
function quantile(values: readonly number[], counts: Float64Array, count: number, share: number): number {
  const rank = share * count;
  let seen = 0;
  for (let i = 0; i < values.length; i++) {
    const n = counts[i]!;
    if (seen + n >= rank && n > 0) {
      const low = bucketLow(values[i]!);
      return Math.max(low + ((rank - seen) / n) * (bucketHigh(values[i]!) - low), 1e-3);
    }
    seen += n;
  }
  return Math.max(bucketLow(values.at(-1)!), 1e-3);
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1));
}
