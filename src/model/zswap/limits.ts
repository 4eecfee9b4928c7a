import type { ZswapEra } from './eras.ts';

/** How many pages the compressed pool may have, and from which count on a full one takes pages again. */
export interface PoolLimit {
  readonly maxPages: number;
  readonly acceptPages: number;
}

/** What a look at the pool's size led to. */
export interface LimitLook {
  readonly accepts: boolean;
  readonly reachedFull: boolean;
  /** The limit itself was met: pool_limit_hit counts. */
  readonly hit: boolean;
}

/**
 * The accept threshold that belongs to a limit (accept_threshold_percent, default 90): whole-number division as in
 * the kernel. 6.1 takes that share of all memory first, which can make it one page more.
 */
export function limitOf(maxPages: number, acceptThresholdPercent: number): PoolLimit {
  return { maxPages, acceptPages: Math.floor((maxPages * acceptThresholdPercent) / 100) };
}

/**
 * The check before a folio is stored: full at the limit, and full until the pool is down to the accept
 * threshold. It says "not yet reached" for a folio of any size: neither proportional nor exact.
 */
export function lookAtLimit(
  era: ZswapEra,
  limit: PoolLimit,
  poolPages: number,
  reachedFull: boolean,
): LimitLook {
  const hit = era.fullAtLimit ? poolPages >= limit.maxPages : poolPages > limit.maxPages;
  if (hit) return { accepts: false, reachedFull: true, hit };
  const isDown = era.fullAtLimit ? poolPages <= limit.acceptPages : poolPages < limit.acceptPages;
  const stillFull = reachedFull && !isDown;
  return { accepts: !stillFull, reachedFull: stillFull, hit };
}
