import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockNoise } from '../../../src/analysis/compare/block-noise.ts';
import { BlockSeries, QUANTILE_ERROR } from '../../../src/analysis/compare/block-series.ts';
import { seriesFigures } from '../../../src/analysis/compare/figures.ts';
import { seededRandom } from '../../../src/analysis/compare/random.ts';

function seriesOf(values: readonly number[]): BlockSeries {
  const series = new BlockSeries();
  for (const ns of values) series.add(ns);
  return series;
}

describe('block series', () => {
  it('has quantiles within the stated error, and all values in at most 64 blocks', () => {
    const durations = fc.array(fc.oneof(fc.nat(5000), fc.nat(4_000_000_000)), {
      minLength: 1,
      maxLength: 400,
    });
    fc.assert(
      fc.property(durations, (values) => {
        const series = seriesOf(values);
        const sorted = [...values].sort((a, b) => a - b);
        const shares = [0.01, 0.5, 0.9, 0.99, 1];
        for (const [i, found] of series.quantiles(shares).entries()) {
          const exact = sorted[Math.max(1, Math.ceil(shares[i]! * values.length)) - 1]!;
          expect(Math.abs(found - exact)).toBeLessThanOrEqual(QUANTILE_ERROR * exact);
        }
        expect(series.blocks.length).toBeLessThanOrEqual(64);
        const sum = (of: (block: (typeof series.blocks)[number]) => number) =>
          series.blocks.reduce((total, block) => total + of(block), 0);
        expect(sum(({ count }) => count)).toBe(values.length);
        expect(sum(({ sumNs }) => sumNs)).toBe(values.reduce((total, ns) => total + ns, 0));
      }),
      { numRuns: 60 },
    );
  });

  it('knows no noise of a few calls', () => {
    expect(blockNoise(seriesOf([1, 2, 3])).p50).toBeNull();
  });

  it('knows that the median of two sorts of calls in turn stands on an edge', () => {
    const turns = Array.from({ length: 4000 }, (_, i) => (i % 2 === 0 ? 1000 : 1500));
    expect(blockNoise(seriesOf(turns)).p50!).toBeLessThan(0.1);
    expect(seriesFigures(seriesOf(turns)).noise.p50!).toBeCloseTo(Math.log(1.5) / 2, 2);
  });

  it('knows no noise of what is called in two bursts of a long recording', () => {
    const series = new BlockSeries();
    for (let i = 0; i < 1000; i++) series.add(1000 + (i % 50), i < 900 ? i : 90_000 + i);
    expect(series.spread()).toBeGreaterThan(50);
    expect(series.spread(100_000)).toBeLessThan(3);
    expect(blockNoise(series, 100_000).p50).toBeNull();
    expect(blockNoise(series).p50).not.toBeNull();
  });

  it('tells the error of independent calls, and a larger one of calls that are alike', () => {
    const random = seededRandom(7);
    const values = Array.from({ length: 6400 }, () => 1000 + 1000 * random());
    const apart = blockNoise(seriesOf(values));
    // The deviation of the uniform distribution, by the root of the number, by the mean.
    expect(apart.mean! / (1000 / Math.sqrt(12) / Math.sqrt(6400) / 1500)).toBeGreaterThan(0.6);
    expect(apart.mean! / (1000 / Math.sqrt(12) / Math.sqrt(6400) / 1500)).toBeLessThan(1.6);
    // Runs of 400 calls that are all slow or all quick.
    const phases = Array.from(
      { length: 6400 },
      (_, i) => values[i]! * (Math.floor(i / 400) % 2 === 0 ? 1 : 1.5),
    );
    expect(blockNoise(seriesOf(phases)).mean!).toBeGreaterThan(2 * apart.mean!);
  });
});
