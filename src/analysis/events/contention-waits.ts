import type { NameId, NameTable } from '../../trace/names.ts';
import type { Cause } from '../locks/blame.ts';
import { LockSite } from '../locks/lock-site.ts';
import type { SiteWait } from '../locks/lock-wait.ts';
import type { LockKind } from '../locks/primitives.ts';
import { type LockCallers, lockTakenBy } from './lock-callers.ts';

/** Locks told apart by address alone; the rest of their kind share a row. */
const MAX_BY_ADDRESS = 1024;
/** Locks whose last taker is remembered. */
const MAX_LAST = 8192;
/** Waits open at once; more means that ends are not recorded. */
const MAX_OPEN = 4096;
/** Who had taken the lock last before the waiter got it. */
export const TOOK_IT_LAST = '(took it last)';

/** A contention_begin whose end has not come. */
export interface OpenWait {
  readonly address: string;
  readonly kind: LockKind;
  readonly task: number;
  readonly cpu: number;
  readonly startNs: number;
  readonly line: number;
  readonly counted: boolean;
  /** Function of function_graph that it began in, -1 without one. */
  readonly graphFunction: NameId;
  site: LockSite | null;
}

interface Taken {
  readonly task: number;
  readonly timeNs: number;
  readonly kind: LockKind;
  readonly site: LockSite;
}

/**
 * Lock waits told by `contention_begin` and `contention_end` alone, of tasks that are in no lock call
 * that function_graph shows (those are waits of that call: see `LockTable`). Only acquisitions that
 * waited are seen, and of queued spinlocks not the first waiter, who spins without an event.
 */
export class ContentionWaits {
  readonly #names: NameTable;
  readonly #callers: LockCallers;
  readonly #taskText: (task: number) => string;
  readonly #count: (id: string, sentence: string, line: number) => void;
  readonly #onWait: (wait: SiteWait) => void;
  readonly #sites = new Map<string, LockSite>();
  #byAddress = 0;
  #open = new Map<string, OpenWait>();
  #last = new Map<string, Taken>();

  constructor(options: {
    readonly names: NameTable;
    readonly callers: LockCallers;
    readonly taskText: (task: number) => string;
    readonly count: (id: string, sentence: string, line: number) => void;
    /** Is told of each wait that counts. */
    readonly onWait: (wait: SiteWait) => void;
  }) {
    this.#names = options.names;
    this.#callers = options.callers;
    this.#taskText = options.taskText;
    this.#count = options.count;
    this.#onWait = options.onWait;
  }

  /** The locks waited for. */
  sites(): LockSite[] {
    return [...this.#sites.values()];
  }

  /** A task begins to wait; its stack may follow: see {@link stack}. */
  begin(wait: OpenWait): OpenWait {
    const key = `${wait.task}|${wait.address}`;
    // A mutex says so again each time its waiter goes to sleep: one wait, from the first.
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    if (this.#open.size >= MAX_OPEN) this.cutAll(wait.line);
    this.#open.set(key, wait);
    return wait;
  }

  /** The stack of a contention_begin, innermost first: it names the lock by who wants it. */
  stack(wait: OpenWait, frames: readonly NameId[]): void {
    if (wait.site !== null) return;
    const { at, lockAt } = this.#callers.find(frames, 0);
    if (at < 0) return;
    const primitive = lockAt < 0 ? '' : this.#names.functionName(frames[lockAt]!);
    wait.site = this.#siteAt(this.#names.functionName(frames[at]!), primitive, wait.kind);
  }

  /** A task has got the lock, or has given up. */
  end(address: string, task: number, timeNs: number, line: number): void {
    const key = `${task}|${address}`;
    const wait = this.#open.get(key);
    if (wait === undefined) {
      this.#count(
        'wait-begin-not-seen',
        'lock waits end that were not seen to begin; they do not count',
        line,
      );
      return;
    }
    this.#open.delete(key);
    const site = wait.site ?? this.#siteWithoutStack(wait);
    if (wait.counted) {
      const ns = Math.max(0, timeNs - wait.startNs);
      site.acquisitions++;
      site.noteAddress(address);
      site.addWait(ns, 'contention-events');
      if (ns > 0) {
        const cause = this.#blame(site, wait, timeNs);
        site.addExplained(ns, cause?.ns ?? 0);
        const { cpu, startNs } = wait;
        const causes = cause === null ? [] : [cause];
        const witness = 'contention-events';
        this.#onWait({ site, address, task, cpu, startNs, waitNs: ns, witness, line: wait.line, causes });
      }
    }
    if (this.#last.size >= MAX_LAST && !this.#last.has(address)) this.#last.clear();
    this.#last.set(address, { task, timeNs, kind: wait.kind, site });
  }

  /**
   * Records were lost: what was being waited for may have been had meanwhile.
   * @param line Where; the begin of each wait when it is the end of the trace.
   */
  cutAll(line: number | null): void {
    for (const wait of this.#open.values())
      this.#count(
        'wait-end-not-seen',
        'lock waits begin that were not seen to end; they do not count',
        line ?? wait.line,
      );
    this.#open.clear();
    this.#last.clear();
  }

  /**
   * Another waiter that got the lock during this wait held it for part of the rest, and nobody who
   * waited came in between. Who held it before that, and takers that did not wait, leave no event.
   */
  #blame(site: LockSite, wait: OpenWait, endNs: number): Cause | null {
    const last = this.#last.get(wait.address);
    if (!last || last.task === wait.task || !(last.timeNs >= wait.startNs)) return null;
    if (last.kind.endsWith('-read') && wait.kind.endsWith('-read')) return null;
    const ns = endNs - last.timeNs;
    if (!(ns > 0)) return null;
    const where = last.site.function === '' ? TOOK_IT_LAST : `${last.site.function} ${TOOK_IT_LAST}`;
    // Where it ran by now is not known.
    const cause = { function: where, task: this.#taskText(last.task), cpu: -1, ns };
    site.addBlame(cause.function, cause.task, cause.cpu, ns);
    return cause;
  }

  #siteAt(function_: string, primitive: string, kind: LockKind): LockSite {
    const identity = lockTakenBy(function_, primitive, kind);
    const full = `${identity.key}|${kind}|${function_}`;
    let site = this.#sites.get(full);
    if (!site) {
      site = new LockSite(identity.key, identity.known, kind, function_, '');
      site.onlyContended = true;
      this.#sites.set(full, site);
    }
    return site;
  }

  #siteWithoutStack(wait: OpenWait): LockSite {
    if (wait.graphFunction >= 0)
      return this.#siteAt(this.#names.functionName(wait.graphFunction), '', wait.kind);
    const full = `${wait.address}|${wait.kind}`;
    const known = this.#sites.get(full) ?? this.#sites.get(`(others)|${wait.kind}`);
    if (known) return known;
    const room = this.#byAddress++ < MAX_BY_ADDRESS;
    const address = room ? wait.address : '(others)';
    const site = new LockSite(address, false, wait.kind, '', address);
    site.onlyContended = true;
    this.#sites.set(`${address}|${wait.kind}`, site);
    return site;
  }
}

/**
 * The kind of lock by the flags of contention_begin (include/trace/events/lock.h, 5.19 to 7.x; the
 * reading of flags as perf's builtin-lock.c does). No flag: a semaphore.
 */
export function contentionKind(flags: string): LockKind {
  const has = (flag: string) => flags.split('|').includes(flag);
  const side = has('READ') ? '-read' : has('WRITE') ? '-write' : '';
  if (has('MUTEX')) return 'mutex';
  if (has('PERCPU')) return side === '-write' ? 'percpu-rwsem-write' : 'percpu-rwsem-read';
  if (has('RT')) return side === '' ? 'rtmutex' : `rwsem${side}`;
  if (has('SPIN')) return side === '' ? 'spinlock' : `rwlock${side}`;
  return side === '' ? 'semaphore' : `rwsem${side}`;
}
