import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BUCKET_ERROR,
  BUCKETS,
  bucketHigh,
  bucketLow,
  bucketOf,
  Histogram,
} from '../../src/analysis/histogram.ts';

/** Durations in ns as traces have them: spread over many powers of two, up to a quarter of an hour. */
const durations = fc.oneof(
  fc.nat({ max: 300 }),
  fc.nat({ max: 2 ** 31 - 1 }),
  fc
    .tuple(fc.nat({ max: 39 }), fc.double({ min: 1, max: 2, noNaN: true }))
    .map(([k, f]) => Math.floor(f * 2 ** k)),
);
const samples = (minLength: number) => fc.array(durations, { minLength, maxLength: 400 });
const quantiles = fc.oneof(
  fc.constantFrom(0.5, 0.9, 0.99, 0.999, 0.25, 0.75),
  fc.double({ min: 0, max: 1, noNaN: true }),
);

function histogramOf(values: readonly number[]): Histogram {
  const h = new Histogram();
  for (const ns of values) h.add(ns);
  return h;
}

/** The definition: the value at rank ceil(q n) of the sorted values, the first at least. */
function nearestRank(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1]!;
}

describe('buckets', () => {
  it.each([
    [0, 0],
    [1, 1],
    [63, 63],
    [64, 64],
    [127, 127],
    [128, 128],
    [129, 128],
    [130, 129],
    [255, 191],
    [256, 192],
    [259, 192],
    [260, 193],
    [1024, 320],
  ])('%i ns is in bucket %i', (ns, bucket) => {
    expect(bucketOf(ns)).toBe(bucket);
  });

  it('hold every duration between their borders, also around powers of two', () => {
    const edges = Array.from({ length: 47 }, (_, k) => [2 ** k - 1, 2 ** k, 2 ** k + 1]).flat();
    for (const ns of edges) {
      const bucket = bucketOf(ns);
      expect(bucketLow(bucket), `${ns}`).toBeLessThanOrEqual(ns);
      expect(bucketHigh(bucket), `${ns}`).toBeGreaterThan(ns);
    }
  });

  it('hold any duration between their borders', () => {
    fc.assert(
      fc.property(durations, (ns) => {
        const bucket = bucketOf(ns);
        expect(bucketLow(bucket)).toBeLessThanOrEqual(ns);
        expect(bucketHigh(bucket)).toBeGreaterThan(ns);
      }),
    );
  });

  it('are no wider than twice the promised error', () => {
    for (let bucket = 128; bucket < BUCKETS - 1; bucket++) {
      const half = (bucketHigh(bucket) - bucketLow(bucket)) / 2;
      expect(half / bucketLow(bucket)).toBeLessThanOrEqual(BUCKET_ERROR);
    }
    expect(BUCKET_ERROR).toBe(1 / 128);
  });

  it('count a clock that ran backwards as 0, and what is longer than all buckets in the last', () => {
    expect(bucketOf(-5)).toBe(0);
    expect(bucketOf(2 ** 60)).toBe(BUCKETS - 1);
    const h = histogramOf([2 ** 60, 2 ** 61]);
    expect([h.quantile(0.5), h.quantile(1)]).toEqual([2 ** 60, 2 ** 61]);
  });
});

describe('quantiles', () => {
  it('of 1..10 are the nearest ranks', () => {
    const h = histogramOf([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect([0, 0.1, 0.5, 0.51, 0.9, 0.99, 1].map((q) => h.quantile(q))).toEqual([1, 1, 5, 6, 9, 10, 10]);
  });

  it('of one value are that value', () => {
    const h = histogramOf([33_850]);
    expect([0.5, 0.9, 0.99, 0.999].map((q) => h.quantile(q))).toEqual([33_850, 33_850, 33_850, 33_850]);
  });

  it('of no value are not a number', () => {
    expect(new Histogram().quantile(0.5)).toBeNaN();
    expect(new Histogram().meanNs).toBeNaN();
    expect(new Histogram().buckets()).toEqual([]);
    expect(new Histogram().octaves()).toEqual([]);
  });

  it('are exact up to 64 values and not changed by adding them in another order', () => {
    fc.assert(
      fc.property(fc.array(durations, { minLength: 1, maxLength: 64 }), quantiles, (values, q) => {
        expect(histogramOf(values).quantile(q)).toBe(nearestRank(values, q));
        expect(histogramOf([...values].reverse()).quantile(q)).toBe(nearestRank(values, q));
      }),
    );
  });

  it('are off by at most 1/128 of the nearest rank beyond 64 values', () => {
    fc.assert(
      fc.property(samples(65), quantiles, (values, q) => {
        const exact = nearestRank(values, q);
        expect(Math.abs(histogramOf(values).quantile(q) - exact)).toBeLessThanOrEqual(exact / 128);
      }),
    );
  });

  it('stay within minimum and maximum, which are exact', () => {
    fc.assert(
      fc.property(samples(1), quantiles, (values, q) => {
        const h = histogramOf(values);
        expect([h.minNs, h.maxNs]).toEqual([Math.min(...values), Math.max(...values)]);
        expect(h.quantile(q)).toBeGreaterThanOrEqual(h.minNs);
        expect(h.quantile(q)).toBeLessThanOrEqual(h.maxNs);
        expect(h.quantile(1)).toBe(h.maxNs);
      }),
    );
  });

  it('take the rank that arithmetic says, whatever the count', () => {
    // 0.99 * 100 must not become rank 100, and so on: ranks in integers, ceil(p n / 1000).
    const n = 5000;
    const h = new Histogram();
    for (let i = 1; i <= 100; i++) h.add(i);
    for (let count = 100; count <= n; count += 100) {
      if (count > 100) for (let i = 1; i <= 100; i++) h.add(i);
      for (const permille of [250, 500, 750, 900, 990]) {
        const rank = Math.ceil((permille * count) / 1000);
        expect(h.quantile(permille / 1000), `${permille} of ${count}`).toBe(Math.ceil(rank / (count / 100)));
      }
    }
  });
});

describe('sums', () => {
  it('are exact', () => {
    const h = histogramOf([4610, 33_850]);
    expect([h.count, h.sumNs, h.meanNs]).toEqual([2, 38_460, 19_230]);
  });

  it('count a value given many times so many times', () => {
    fc.assert(
      fc.property(durations, fc.integer({ min: 1, max: 200 }), quantiles, (ns, times, q) => {
        const many = new Histogram();
        many.add(ns, times);
        const single = histogramOf(new Array<number>(times).fill(ns));
        expect([many.count, many.sumNs, many.quantile(q)]).toEqual([
          single.count,
          single.sumNs,
          single.quantile(q),
        ]);
        expect(many.buckets()).toEqual(single.buckets());
      }),
    );
  });
});

describe('merging', () => {
  it('is the same as adding all values to one', () => {
    fc.assert(
      fc.property(samples(0), samples(0), quantiles, (a, b, q) => {
        const merged = histogramOf(a);
        merged.merge(histogramOf(b));
        const whole = histogramOf([...a, ...b]);
        expect([merged.count, merged.sumNs]).toEqual([whole.count, whole.sumNs]);
        expect([merged.minNs, merged.maxNs]).toEqual([whole.minNs, whole.maxNs]);
        expect(merged.buckets()).toEqual(whole.buckets());
        expect(merged.quantile(q)).toEqual(whole.quantile(q));
      }),
    );
  });

  it('leaves the other one as it was', () => {
    const other = histogramOf([1, 2, 3]);
    const h = histogramOf([5]);
    h.merge(other);
    h.add(7);
    expect([other.count, other.quantile(1)]).toEqual([3, 3]);
  });
});

describe('printed ranges', () => {
  it('of buckets add up to the count and touch no value twice', () => {
    fc.assert(
      fc.property(samples(1), (values) => {
        const ranges = histogramOf(values).buckets();
        expect(ranges.reduce((sum, range) => sum + range.count, 0)).toBe(values.length);
        for (const { loNs, hiNs, count } of ranges) {
          expect(values.filter((ns) => ns >= loNs && ns < hiNs).length).toBe(count);
        }
      }),
    );
  });

  it('of powers of two have no gap and hold what lies in them', () => {
    const octaves = histogramOf([0, 1, 100, 1024, 5000]).octaves();
    expect(octaves[0]).toEqual({ loNs: 0, hiNs: 1, count: 1 });
    expect(octaves.at(-1)).toEqual({ loNs: 4096, hiNs: 8192, count: 1 });
    expect(octaves.find((o) => o.loNs === 1024)).toEqual({ loNs: 1024, hiNs: 2048, count: 1 });
    expect(octaves.length).toBe(14);
    for (const [i, o] of octaves.entries()) if (i > 0) expect(o.loNs).toBe(octaves[i - 1]!.hiNs);
  });

  it('tell the share of values up to a border', () => {
    const h = histogramOf([10, 20, 30, 40]);
    expect([h.shareAtMost(9), h.shareAtMost(20), h.shareAtMost(1000)]).toEqual([0, 0.5, 1]);
    expect(new Histogram().shareAtMost(1)).toBeNaN();
  });
});
