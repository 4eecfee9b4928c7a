import { describe, expect, it } from 'vitest';
import { zswapEraById } from '../../../src/model/zswap/eras.ts';
import { limitOf, lookAtLimit } from '../../../src/model/zswap/limits.ts';

const NOW = zswapEraById('6.12');
const OLD = zswapEraById('6.1');

describe('pool limit', () => {
  it('is whole pages, as the kernel divides', () => {
    expect(limitOf(697, 90)).toEqual({ maxPages: 697, acceptPages: 627 });
    expect(limitOf(13_959, 90)).toEqual({ maxPages: 13_959, acceptPages: 12_563 });
  });

  it('is full at the limit, and until the accept threshold', () => {
    const limit = limitOf(100, 90);
    const steps: [pages: number, accepts: boolean, hit: boolean][] = [
      [99, true, false],
      [100, false, true],
      [99, false, false],
      [91, false, false],
      [90, true, false],
      [99, true, false],
    ];
    let reachedFull = false;
    for (const [pages, accepts, hit] of steps) {
      const look = lookAtLimit(NOW, limit, pages, reachedFull);
      reachedFull = look.reachedFull;
      expect([pages, look.accepts, look.hit]).toEqual([pages, accepts, hit]);
    }
  });

  it('was full above the limit only, and took pages again below the threshold only, in 6.1', () => {
    const limit = limitOf(100, 90);
    expect(lookAtLimit(OLD, limit, 100, false).accepts).toBe(true);
    expect(lookAtLimit(OLD, limit, 101, false)).toEqual({ accepts: false, reachedFull: true, hit: true });
    expect(lookAtLimit(OLD, limit, 90, true).accepts).toBe(false);
    expect(lookAtLimit(OLD, limit, 89, true).accepts).toBe(true);
  });
});
