import { describe, expect, it } from 'vitest';
import { adjusted } from '../../../src/analysis/compare/correction.ts';
import { designOf, estimate, type Figure } from '../../../src/analysis/compare/estimate.ts';
import { seededRandom } from '../../../src/analysis/compare/random.ts';
import { effectSize, rankTest } from '../../../src/analysis/compare/ranks.ts';
import { tCritical, tTwoSided } from '../../../src/analysis/compare/student.ts';

describe('Student t', () => {
  it('has the critical values of the tables', () => {
    const table = [
      [1, 12.706],
      [2, 4.303],
      [4, 2.776],
      [10, 2.228],
      [30, 2.042],
    ] as const;
    for (const [df, t] of table) {
      expect(tCritical(0.05, df)).toBeCloseTo(t, 3);
      expect(tTwoSided(t, df)).toBeCloseTo(0.05, 4);
    }
    expect(tTwoSided(0, 3)).toBeCloseTo(1, 12);
    expect(tTwoSided(Number.POSITIVE_INFINITY, 3)).toBe(0);
  });
});

describe('Benjamini and Hochberg', () => {
  it('gives the values of a worked example, in the order given', () => {
    const p = [0.04, 0.001, 0.008, 0.9];
    expect(adjusted(p).map((value) => Number(value.toFixed(5)))).toEqual([0.05333, 0.004, 0.016, 0.9]);
    expect(adjusted([])).toEqual([]);
  });
});

describe('Mann-Whitney test', () => {
  it('is null where it cannot reach 5 %', () => {
    expect(rankTest([1, 2, 3], [4, 5, 6])).toBeNull();
  });

  it('goes through all arrangements of few, and comes close to that with many', () => {
    expect(rankTest([1, 2, 3, 4], [5, 6, 7, 8])).toBeCloseTo(2 / 70, 12);
    expect(rankTest([1, 3, 5, 7], [2, 4, 6, 8])).toBeGreaterThan(0.6);
    expect(rankTest([1, 1, 1, 1], [1, 1, 1, 1])).toBe(1);
    const [a, b] = [Array.from({ length: 12 }, (_, i) => i), Array.from({ length: 12 }, (_, i) => i + 6)];
    // Of the 2,704,156 arrangements 0.001034 are as far off: the approximation is on the safe side.
    expect(rankTest(a, b)).toBeGreaterThan(0.001034);
    expect(rankTest(a, b)).toBeLessThan(0.0021);
  });
});

describe('effect size', () => {
  it('is the chance that a call after is longer, ties half', () => {
    expect(effectSize([[1, 1]], [[2, 1]])).toBe(1);
    expect(effectSize([[5, 3]], [[5, 7]])).toBe(0.5);
    expect(
      effectSize(
        [
          [1, 1],
          [3, 1],
        ],
        [
          [2, 1],
          [3, 1],
        ],
      ),
    ).toBe((1 + 0 + 1 + 0.5) / 4);
    expect(effectSize([], [[2, 1]])).toBeNull();
  });
});

describe('estimates', () => {
  const figure = (log: number, noise: number | null = null): Figure => ({
    log,
    noise,
    rounding: 0,
    hasTail: false,
  });

  it('holds the t interval of two recordings a side', () => {
    const found = estimate([figure(0), figure(0.02)], [figure(0.1), figure(0.12)], designOf(2, 2, 0), 0)!;
    // Pooled variance 0.0002, so the error is sqrt(0.0002) and t of 2 degrees 4.303.
    expect(found.change).toBeCloseTo(0.1, 12);
    expect(found.hi - found.change).toBeCloseTo(4.3027 * Math.sqrt(0.0002), 4);
    expect(found.pValue).toBeCloseTo(tTwoSided(0.1 / Math.sqrt(0.0002), 2), 12);
  });

  it('takes the allowance off where one recording a side is all', () => {
    const design = designOf(1, 1, 1);
    expect(estimate([figure(0, 0.01)], [figure(0.05, 0.01)], design, 0.1)!.pValue).toBe(1);
    const far = estimate([figure(0, 0.01)], [figure(0.5, 0.01)], design, 0.1)!;
    expect(far.pValue).toBeLessThan(1e-4);
    expect(far.lo).toBeGreaterThan(0.3);
    expect(estimate([figure(0, null)], [figure(0.5, 0.01)], design, 0.1)).toBeNull();
  });

  it('covers the truth as often as it says, for three recordings a side', () => {
    const random = seededRandom(1);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const design = designOf(3, 3, 0);
    const rounds = 400;
    let [held, alarms] = [0, 0];
    for (let i = 0; i < rounds; i++) {
      const side = (at: number) => Array.from({ length: 3 }, () => figure(at + 0.05 * normal()));
      const found = estimate(side(0), side(0.3), design, 0)!;
      if (found.lo <= 0.3 && found.hi >= 0.3) held++;
      if (estimate(side(0), side(0), design, 0)!.pValue < 0.05) alarms++;
    }
    expect(held / rounds).toBeGreaterThan(0.93);
    expect(alarms / rounds).toBeLessThan(0.08);
  });
});
