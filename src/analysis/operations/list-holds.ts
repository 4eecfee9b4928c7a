import type { SpanBatch } from '../../trace/spans.ts';
import type { TakenLock } from '../../trace/zswap-facts.ts';
import type { ZswapCall } from './zswap-functions.ts';

/** What is seen of the lock in a call of list_lru_add or list_lru_del. Times in ns. */
interface Seen {
  readonly gotNs: number;
  /** Where the call that gives it back begins, NaN until it is seen, and how long that takes. */
  freeFromNs: number;
  unlockNs: number;
  /** Traced calls made with it held. */
  callsHeld: number;
}

/**
 * How long the lock of a list is held in list_lru_add and list_lru_del: from the end of its lock call to the end of the
 * unlock call, or of the function where that is not traced. What stands in front is the look-up of the list since
 * 6.13 (mm/list_lru.c: lock_list_lru_of_memcg); before, the lock comes first.
 */
export class ListHolds {
  /** By call. */
  readonly #seen = new Map<number, Seen>();

  /** A call ends that was made in a function of the list, or in one that only takes its lock. */
  called(rows: SpanBatch, i: number, meaning: ZswapCall, around: ZswapCall, below: number): void {
    const parent = rows.parent[i]!;
    const startNs = rows.startNs[i]!;
    const endNs = startNs + rows.durationNs[i]!;
    const seen = this.#seen.get(parent);
    if (meaning.list !== null) {
      // The function around the one with the lock call: it took the lock, or did all that there is to do.
      const inner = this.#seen.get(rows.span[i]!);
      this.#seen.delete(rows.span[i]!);
      const got = inner ?? (meaning.list === 'lock' ? heldFrom(endNs) : null);
      if (got) this.#seen.set(parent, got);
    } else if (meaning.locksTree) this.#seen.set(parent, heldFrom(endNs));
    else if (meaning.unlocks && around.list === 'lock') this.#seen.delete(parent);
    else if (seen && meaning.unlocks) {
      seen.freeFromNs = startNs;
      seen.unlockNs = rows.durationNs[i]!;
    } else if (seen && Number.isNaN(seen.freeFromNs)) seen.callsHeld += 1 + below;
  }

  /** The hold of a call that an operation made; all of the call may be one where its lock is not traced. */
  take(rows: SpanBatch, i: number, waitNs: number): TakenLock {
    const seen = this.#seen.get(rows.span[i]!);
    const startNs = rows.startNs[i]!;
    const endNs = startNs + rows.durationNs[i]!;
    if (!seen) return { lock: 'list', waitNs, gotNs: startNs + waitNs, heldNs: Number.NaN, freeNs: endNs };
    const { gotNs, freeFromNs, unlockNs, callsHeld } = seen;
    const isUnlockSeen = !Number.isNaN(freeFromNs);
    return {
      lock: 'list',
      waitNs,
      gotNs,
      heldNs: (isUnlockSeen ? freeFromNs : endNs) - gotNs,
      freeNs: isUnlockSeen ? freeFromNs + unlockNs : endNs,
      unlockNs,
      callsHeld,
    };
  }

  /** A call has ended, and who made it has taken what there was. */
  forget(call: number): void {
    this.#seen.delete(call);
  }

  clear(): void {
    this.#seen.clear();
  }
}

function heldFrom(gotNs: number): Seen {
  return { gotNs, freeFromNs: Number.NaN, unlockNs: 0, callsHeld: 0 };
}
