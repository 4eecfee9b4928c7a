import type { NameId, NameTable } from '../../trace/names.ts';
import { identifyLock, type LockIdentity, takesInTurn } from '../locks/names.ts';
import { type LockKind, lockPrimitive } from '../locks/primitives.ts';

/**
 * What stands between a lock's slowpath and the function that wanted the lock, besides the lock
 * functions themselves: tracepoint glue (include/trace/perf.h, kernel/trace/bpf_trace.c) and helpers
 * of kernel/locking (6.1 to 7.x).
 */
const LOCK_HELPER =
  /^(?:trace_event_raw_event_contention_\w+|perf_trace_contention_\w+|__(?:bpf_)?trace(?:iter)?_(?:iter_)?contention_\w+|__bpf_trace_\w+|bpf_trace_run\d|bpf_prog_\w+|trace_contention_\w+|lock_contended|do_raw_\w+|__raw_(?:spin|read|write)_\w+|queued_(?:spin|read|write)_lock\w*|(?:native_|__pv_|pv_)?queued_\w+_slowpath|pv_wait\w*|kvm_wait|osq_lock|mcs_spin_\w+|__?mutex_\w+|mutex_\w+|rwsem_\w+|__down_\w+|__up_\w+|down_\w+|rt_mutex_\w+|__rt_mutex_\w+|rtlock_\w+|rwbase_\w+|__rwbase_\w+|percpu_(?:down|rwsem)_\w+|__percpu_\w+|\w*lock_slowpath)(?:\.\w+)*$/;

/** True for lock functions and what belongs to them. */
export function isLockCode(functionName: string): boolean {
  const primitive = lockPrimitive(functionName);
  return primitive !== null || LOCK_HELPER.test(functionName);
}

/** The lock that a function takes, as far as a stack alone tells: what it holds by then is not known. */
export function lockTakenBy(site: string, primitive: string, kind: LockKind): LockIdentity {
  if (takesInTurn(site)) return { key: `?${kind}@${site}`, known: false };
  return identifyLock(site, primitive, kind, { held: 0, heldOther: 0, taken: 0 });
}

/** Where a stack (innermost first) leaves the lock code. */
export interface LockCaller {
  /** Position of the first function that is no lock code; -1 when all of it is. */
  readonly at: number;
  /** Position of the lock function that it calls, -1 without one. */
  readonly lockAt: number;
}

/** Says of stacks of name ids where they leave the lock code; each name is looked at once. */
export class LockCallers {
  readonly #names: NameTable;
  /** 1: lock code, 2: slowpath of a lock, -1: neither. */
  #known: Int8Array = new Int8Array(256);

  constructor(names: NameTable) {
    this.#names = names;
  }

  isSlowpath(name: NameId): boolean {
    return this.#of(name) === 2;
  }

  /** The first function outwards from `from` that is no lock code. */
  find(frames: readonly NameId[], from: number): LockCaller {
    let lockAt = -1;
    for (let at = from; at < frames.length; at++) {
      if (this.#of(frames[at]!) < 0) return { at, lockAt };
      lockAt = at;
    }
    return { at: -1, lockAt };
  }

  #of(name: NameId): number {
    if (name < 0) return -1;
    if (name >= this.#known.length) {
      const bigger = new Int8Array(Math.max(this.#names.size * 2, name + 1));
      bigger.set(this.#known);
      this.#known = bigger;
    }
    if (this.#known[name] !== 0) return this.#known[name]!;
    const text = this.#names.functionName(name);
    const known = lockPrimitive(text)?.op === 'slowpath' ? 2 : isLockCode(text) ? 1 : -1;
    this.#known[name] = known;
    return known;
  }
}
