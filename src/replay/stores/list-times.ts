import type { ZswapEra } from '../../model/zswap/eras.ts';
import type { OperationTable } from '../../trace/operations.ts';
import type { ZswapFacts } from '../../trace/zswap-facts.ts';

/**
 * Of list_lru_add and list_lru_del what is under the lock of the list where the recording does not show that lock. From
 * 6.13 on the list is looked up before (mm/list_lru.c of 7.2, lock_list_lru_of_memcg): half, assumed, between a
 * quarter and all of it. Before, the node's lock comes first (mm/list_lru.c of 6.12): all of it.
 */
export function shareUnderListLock({ listLookup }: ZswapEra): number {
  return listLookup === 'under the lock' ? 1 : 0.5;
}

/** Time in list_lru_add or list_lru_del without waits, ns: under the lock, and the rest. */
export interface ListTimes {
  readonly held: number;
  readonly enter: number;
}

/**
 * Divides what an operation took for its lists by the holds that are recorded: from the end of
 * the lock's call to the end of the unlock's.
 * @param share Of the time, where the lock is not shown: see {@link shareUnderListLock}.
 */
export function listTimes({ parts, waits, locks }: ZswapFacts, share: number): ListTimes {
  const known = (ns: number | undefined) => (ns === undefined || Number.isNaN(ns) ? 0 : ns);
  const whole = Math.max(0, known(parts.list) - known(waits.list));
  const shown = locks.filter(({ lock, heldNs }) => lock === 'list' && !Number.isNaN(heldNs));
  const held =
    shown.length === 0
      ? share * whole
      : Math.min(
          whole,
          shown.reduce((sum, { heldNs, unlockNs }) => sum + Math.max(0, heldNs) + known(unlockNs), 0),
        );
  return { held, enter: whole - held };
}

/** How the holds of lists are known: by their lock calls, or by a share; null where no list was changed. */
export function listHoldsShown({ zswap }: OperationTable): 'shown' | 'by share' | null {
  const holds = [...zswap.values()].flatMap(({ locks }) => locks.filter(({ lock }) => lock === 'list'));
  if (holds.length === 0) return null;
  return holds.some(({ heldNs }) => !Number.isNaN(heldNs)) ? 'shown' : 'by share';
}
