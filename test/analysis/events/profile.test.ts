import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shareInterval } from '../../../src/analysis/events/share-interval.ts';
import { analyseEvents } from './analyse-events.ts';

/** perf script text of samples: each a period and a stack, innermost first. */
function samples(list: readonly (readonly [number, readonly string[], number?])[]): string {
  return list
    .map(([period, frames, pid = 7], i) => {
      const stamp = (10 + i / 1000).toFixed(6);
      const stack = frames.map((name) => `\tffffffffa6ee5fff ${name}+0xf ([kernel.kallsyms])\n`).join('');
      return `comm ${pid} [000] ${stamp}: ${period} cpu-clock: \n${stack}`;
    })
    .join('\n');
}

describe('samples', () => {
  it('give self and total shares, recursion counted once', () => {
    const [profile] = analyseEvents(
      samples([
        [100, ['f', 'g', 'f', 'main']],
        [300, ['g', 'main']],
        [100, ['f', 'main'], 0],
        [500, []],
      ]),
    ).profile;
    expect(profile).toMatchObject({
      event: 'cpu-clock',
      samples: 4,
      withStack: 3,
      idleSamples: 1,
      period: 1000,
    });
    const rows = profile!.functions.map((row) => [
      row.name,
      row.selfShare,
      row.totalShare,
      row.selfPeriodShare,
      row.totalPeriodShare,
    ]);
    expect(rows).toEqual([
      ['f', 0.5, 0.5, 0.2, 0.2],
      ['g', 0.25, 0.5, 0.3, 0.4],
      ['main', 0, 0.75, 0, 0.5],
    ]);
  });

  it('in a slowpath of a lock are those of the function that wants the lock', () => {
    const spin = ['native_queued_spin_lock_slowpath', '_raw_spin_lock'];
    const [profile] = analyseEvents(
      samples([
        [1, [...spin, 'zs_free', 'main']],
        [1, ['pv_wait', ...spin, 'zs_free', 'main']],
        [1, [...spin, 'obscure', 'main']],
        [1, ['main']],
      ]),
    ).profile;
    const rows = profile!.lockSpins.map((row) => [row.site, row.kind, row.lock, row.samples, row.share]);
    expect(rows).toEqual([
      ['zs_free', 'spinlock', 'class->lock or pool->lock', 2, 0.5],
      ['obscure', 'spinlock', '', 1, 0.25],
    ]);
    expect(profile!.lockSpins[0]!.callers).toEqual(['_raw_spin_lock', 'zs_free']);
  });

  it('keep to the filters', () => {
    const text = samples([
      [1, ['f', 'main']],
      [1, ['g', 'main'], 8],
    ]);
    const [byPid] = analyseEvents(text, { filters: { pids: new Set([8]) } }).profile;
    expect(byPid!.functions.map((row) => [row.name, row.selfShare])).toEqual([
      ['g', 1],
      ['main', 0],
    ]);
    const [byName] = analyseEvents(text, { filters: { functions: ['f'] } }).profile;
    expect(byName!.functions.map((row) => [row.name, row.selfShare])).toEqual([['f', 0.5]]);
  });

  it('lose nothing: self samples add up to those with a stack, no total is less than its self', () => {
    const name = fc.constantFrom('f', 'g', 'h', 'main', '_raw_spin_lock', 'native_queued_spin_lock_slowpath');
    const stack = fc.array(name, { maxLength: 8 });
    const sample = fc.tuple(fc.integer({ min: 1, max: 1000 }), stack);
    fc.assert(
      fc.property(
        fc.array(sample, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 7 }),
        (list, capacity) => {
          const [profile] = analyseEvents(samples(list), {}, capacity).profile;
          const withStack = list.filter(([, frames]) => frames.length > 0);
          expect(profile).toMatchObject({ samples: list.length, withStack: withStack.length });
          const sum = (of: (row: NonNullable<typeof profile>['functions'][number]) => number) =>
            profile!.functions.reduce((total, row) => total + of(row), 0);
          expect(sum((row) => row.selfSamples)).toBe(withStack.length);
          expect(sum((row) => row.selfShare)).toBeCloseTo(withStack.length / list.length, 9);
          for (const row of profile!.functions) {
            expect(row.totalSamples).toBeGreaterThanOrEqual(row.selfSamples);
            expect(row.totalSamples).toBe(
              list.filter(([, frames]) => (frames as string[]).includes(row.name)).length,
            );
            expect(row.selfInterval.low).toBeLessThanOrEqual(row.selfShare);
            expect(row.selfInterval.high).toBeGreaterThanOrEqual(row.selfShare);
          }
          const spins = profile!.lockSpins.reduce((total, row) => total + row.samples, 0);
          expect(spins).toBe(
            list.filter(([, frames]) => frames.includes('native_queued_spin_lock_slowpath')).length,
          );
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('the interval of a share', () => {
  // R: prop.test(x, n, correct = FALSE)$conf.int
  it.each([
    [523, 2054, 0.236255, 0.273911],
    [5, 10, 0.236593, 0.763407],
    [0, 20, 0, 0.161125],
    [20, 20, 0.838875, 1],
  ])("of %i in %i is Wilson's", (hits, n, low, high) => {
    const interval = shareInterval(hits, n);
    expect(interval.low).toBeCloseTo(low, 5);
    expect(interval.high).toBeCloseTo(high, 5);
  });

  it('is everything without samples', () => {
    expect(shareInterval(0, 0)).toEqual({ low: 0, high: 1 });
  });

  it('covers the true share in about 95 of 100 cases', () => {
    let state = 7;
    const next = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    for (const share of [0.02, 0.3, 0.9]) {
      let covered = 0;
      for (let run = 0; run < 2000; run++) {
        let hits = 0;
        for (let i = 0; i < 200; i++) if (next() < share) hits++;
        const { low, high } = shareInterval(hits, 200);
        if (low <= share && share <= high) covered++;
      }
      expect(covered / 2000).toBeGreaterThan(0.91);
    }
  });
});
