import type { Cause } from './blame.ts';

/** One wait for a lock, told when the lock call has returned. */
export interface LockWait {
  /** The lock's name as far as the trace has told it so far. */
  readonly lock: string;
  readonly kind: string;
  /** Function that takes the lock. */
  readonly site: string;
  /** Address of the lock where the trace shows it, else ''. */
  readonly address: string;
  readonly task: number;
  readonly cpu: number;
  /** Begin of the wait, ns since the origin of the input; of the lock call where only events tell of it. */
  readonly startNs: number;
  readonly waitNs: number;
  readonly witness: 'slowpath' | 'contention-events';
  /** Line on which the lock call stands. */
  readonly line: number;
  readonly causes: readonly Cause[];
}
