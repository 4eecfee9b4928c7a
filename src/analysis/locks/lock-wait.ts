import type { Cause } from './blame.ts';
import type { LockSite } from './lock-site.ts';

/** One wait for a lock that counts, told when it is over. */
export interface SiteWait {
  readonly site: LockSite;
  /** Address of the lock where the trace shows it, else ''. */
  readonly address: string;
  readonly task: number;
  readonly cpu: number;
  /** Begin of the wait, ns since the origin of the input; of the lock call where only events within it tell. */
  readonly startNs: number;
  readonly waitNs: number;
  readonly witness: 'slowpath' | 'contention-events';
  /** Line on which the lock call, or the event, stands. */
  readonly line: number;
  readonly causes: readonly Cause[];
}

/** The same in words, for exports. */
export interface LockWait extends Omit<SiteWait, 'site'> {
  /** The lock's name as far as the trace has told it so far. */
  readonly lock: string;
  readonly kind: string;
  /** Function that takes the lock, '' where nothing tells it. */
  readonly site: string;
}
