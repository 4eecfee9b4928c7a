import { errorFunction, wilcoxonRankSum } from 'simple-statistics';
import type { BucketCounts } from './summary.ts';

/** With fewer recordings on a side the test cannot reach 5 %: 1 of 70 arrangements is 2.9 % for four and four. */
export const FEWEST_RANKED = 4;
/** More arrangements than these are not gone through one by one. */
const MOST_ARRANGEMENTS = 13_000;

/**
 * Two-sided p of the Mann-Whitney test: over all arrangements while these are few, else by the normal
 * approximation with ties. Null for fewer than {@link FEWEST_RANKED} values on a side.
 */
export function rankTest(before: readonly number[], after: readonly number[]): number | null {
  const [n, m] = [before.length, after.length];
  if (Math.min(n, m) < FEWEST_RANKED) return null;
  const off = (rankSum: number) => Math.abs(rankSum - (n * (n + m + 1)) / 2);
  const seen = off(wilcoxonRankSum([...before], [...after]));
  const ranks = midRanks([...before, ...after]);
  if (arrangements(n + m, n) <= MOST_ARRANGEMENTS) {
    let [extreme, all] = [0, 0];
    eachRankSum(ranks, n, (rankSum) => {
      all++;
      if (off(rankSum) >= seen - 1e-9) extreme++;
    });
    return extreme / all;
  }
  const mean = (n + m + 1) / 2;
  const spread = ranks.reduce((sum, rank) => sum + (rank - mean) ** 2, 0) / (n + m - 1);
  const deviation = Math.sqrt(((n * m) / (n + m)) * spread);
  if (deviation === 0) return 1;
  return 1 - errorFunction(Math.max(0, seen - 0.5) / deviation / Math.SQRT2);
}

/**
 * Chance that a value of `after` is larger than one of `before`, ties half (Vargha and Delaney 2000, J. Educ.
 * Behav. Stat. 25:101). 0.5: no difference. Null without values.
 */
export function effectSize(before: BucketCounts, after: BucketCounts): number | null {
  const total = (counts: BucketCounts) => counts.reduce((sum, [, count]) => sum + count, 0);
  const pairs = total(before) * total(after);
  if (pairs === 0) return null;
  let [larger, below, i] = [0, 0, 0];
  for (const [bucket, count] of after) {
    while (i < before.length && before[i]![0] < bucket) below += before[i++]![1];
    const ties = i < before.length && before[i]![0] === bucket ? before[i]![1] : 0;
    larger += count * (below + ties / 2);
  }
  return larger / pairs;
}

function midRanks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const same = values.filter((other) => other === value).length;
    return below + (same + 1) / 2;
  });
}

function arrangements(n: number, k: number): number {
  let count = 1;
  for (let i = 1; i <= k; i++) count = (count * (n - k + i)) / i;
  return count;
}

/** The rank sums of all ways to choose `k` of the values. */
function eachRankSum(ranks: readonly number[], k: number, tell: (rankSum: number) => void): void {
  const choose = (from: number, left: number, sum: number) => {
    if (left === 0) tell(sum);
    else for (let i = from; i <= ranks.length - left; i++) choose(i + 1, left - 1, sum + ranks[i]!);
  };
  choose(0, k, 0);
}
