import type { ZswapState } from '../../model/zswap/state.ts';
import type { ZswapReport } from './result.ts';

/**
 * The counters of debugfs that the model ends with.
 * @param knowsRefusals The cause of every refused folio is known; else counters of them mean nothing.
 */
export function countersOf(state: ZswapState, knowsRefusals: boolean): ZswapReport['counters'] {
  return Object.fromEntries(
    state.era.counters
      .filter((name) => knowsRefusals || name === 'written_back_pages' || name === 'reject_reclaim_fail')
      .map((name) => [name, state.counters[name]]),
  );
}
