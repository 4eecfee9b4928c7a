import type { LockSite } from './lock-site.ts';

/** A lock held by a task, from the return of the lock call to the entry of the unlock call. */
export interface Hold {
  readonly site: LockSite;
  /** Lock address when the trace shows it, else ''. */
  readonly address: string;
  readonly taskKey: number;
  readonly task: number;
  readonly cpu: number;
  /** Call in which it was taken; the caller's, when that returned with the lock held. */
  frame: number;
  readonly startNs: number;
  /**
   * When it was handed the lock, as far as the trace can tell: the last release during its own wait;
   * `startNs` when it did not wait. Up to `startNs` it owned the lock and was still in its slowpath.
   */
  readonly grantedNs: number;
  endNs: number;
  /** It held the lock until then at least: its release, or the end of a call that is made with it held. */
  heldUntilNs: number;
  readonly startOrder: number;
  endOrder: number;
  released: boolean;
  /** Time of the calls seen directly under it; NaN in a text without durations. */
  callsNs: number;
  readonly isTry: boolean;
  /** Whether the filters count it. */
  readonly counted: boolean;
  readonly inInterrupt: boolean;
}

/** A task waiting for a lock. */
export interface Wait {
  readonly site: LockSite;
  readonly address: string;
  readonly taskKey: number;
  readonly startNs: number;
  endNs: number;
  /** Holds of the same lock by other tasks, open at its start or begun meanwhile. */
  candidates: Hold[];
  waitNs: number;
  readonly counted: boolean;
  /** Who stood in its way, once it is over. */
  causes: Cause[];
}

/** Time of a wait that one holder, or the hand-off, accounts for. */
export interface Cause {
  readonly function: string;
  readonly task: string;
  readonly cpu: number;
  ns: number;
}

/** Part of a wait that a hold stood in the way. */
export interface Blame {
  readonly hold: Hold;
  readonly ns: number;
  /** True for the part before the holder's lock call returned. */
  readonly handedOver: boolean;
}

/** True when the hold can be what the wait waits for: same lock, and the sides exclude each other. */
export function sameLock(wait: Wait, hold: Hold): boolean {
  if (hold.taskKey === wait.taskKey || hold.site.key !== wait.site.key) return false;
  if (wait.address !== '' && hold.address !== '' && wait.address !== hold.address) return false;
  return !(wait.site.kind.endsWith('-read') && hold.site.kind.endsWith('-read'));
}

/**
 * Which holds a wait waited for, and how long. A lock must be free when the waiter gets it, so a hold
 * that goes on behind the wait is of another instance of the lock and is not to blame; where unlocks
 * are not traced that cannot be known, and such holds count to the end of the wait.
 *
 * With time stamps: the overlap, never more than the wait. A waiter that was handed the lock and had
 * not yet returned from its slowpath (a preempted virtual CPU, an interrupt) stands in the way as
 * well. Without time stamps: the whole wait goes to the hold that ended last, the one
 * that a fair lock was handed on from.
 */
export function overlapBlame(wait: Wait, stampsMeasureTime: boolean): Blame[] {
  const possible = wait.candidates.filter((hold) => hold.released || (!hold.site.unlockSeen && !hold.isTry));
  if (possible.length === 0) return [];
  const timed: Blame[] = [];
  let left = wait.waitNs;
  const hasTimes = stampsMeasureTime && !Number.isNaN(wait.startNs);
  for (const hold of hasTimes ? possible : []) {
    for (const handedOver of [true, false]) {
      const from = handedOver ? hold.grantedNs : hold.startNs;
      const to = handedOver ? hold.startNs : hold.endNs;
      // A hold without unlock in the trace has no end: it counts to the end of the wait.
      const end = Number.isNaN(to) ? wait.endNs : Math.min(to, wait.endNs);
      const ns = Math.min(end - Math.max(from, wait.startNs), left);
      if (!(ns > 0)) continue;
      timed.push({ hold, ns, handedOver });
      left -= ns;
    }
  }
  if (hasTimes) return timed;
  let last = possible[0]!;
  for (const hold of possible) if (hold.endOrder > last.endOrder) last = hold;
  return [{ hold: last, ns: wait.waitNs, handedOver: false }];
}
