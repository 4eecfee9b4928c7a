import { describe, expect, it } from 'vitest';
import type { MachineResult } from '../../src/replay/engine/machine.ts';
import { returnedBy, timeReturned, withReturns } from '../../src/replay/returns.ts';

/** Returns of 1 to 4 pages, 10 ns after each other. */
function run(count: number): MachineResult {
  return {
    returnedAtNs: Float64Array.from({ length: count }, (_, k) => 10 * (k + 1)),
    returnedPages: Int32Array.from({ length: count }, (_, k) => 1 + (k % 4)),
  } as MachineResult;
}

describe('returns of a run', () => {
  it('stay as they are when they are few', () => {
    const { returns } = withReturns(run(1000), 5_000, 2500);
    expect(returns.atNs).toHaveLength(1000);
    expect(returns.pages.at(-1)).toBe(2500);
    expect(returnedBy(returns, 25)).toBe(3);
    expect(timeReturned(returns, 2501)).toBe(Number.POSITIVE_INFINITY);
  });

  it('of many are a few thousand, with the times of shares and of the last free exact', () => {
    const pool = 500_000;
    const endNs = 1_234_567;
    const { returns } = withReturns(run(200_000), endNs, pool);
    expect(returns.atNs.length).toBeLessThan(4200);
    expect(returns.pages.at(-1)).toBe(pool);
    for (const share of [0.5, 0.9, 1]) {
      // 10 pages in 40 ns.
      expect(timeReturned(returns, share * pool)).toBe(share * pool * 4);
    }
    expect(returnedBy(returns, endNs)).toBe(
      returnedBy(withReturns(run(123_456), endNs, pool).returns, endNs),
    );
    const at = 700_001;
    expect(Math.abs(returnedBy(returns, at) - at / 4)).toBeLessThan(pool / 4000);
  });
});
