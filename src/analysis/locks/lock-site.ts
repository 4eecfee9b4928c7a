import { Histogram } from '../histogram.ts';
import type { LockKind } from './primitives.ts';

/** Rows kept for blockers of a site; the rest share one. */
const MAX_BLOCKERS = 512;
const MAX_ADDRESSES = 4096;
/** So many holds without unlock say that a site's unlock will never be seen. */
const ENOUGH_UNMATCHED = 3;

/** Time that holders in one place stood in the way. */
export interface BlockerCount {
  readonly function: string;
  readonly task: string;
  readonly cpu: number;
  waits: number;
  ns: number;
}

/** Calls and time, by what was called. */
export interface HeldCount {
  calls: number;
  ns: number;
}

/** One lock as taken by one function: all that is counted about it. */
export class LockSite {
  /** Identity of the lock: see `identifyLock`. */
  readonly key: string;
  readonly known: boolean;
  readonly kind: LockKind;
  /** Function that takes it. */
  readonly function: string;
  /** Set when the row is one lock by its address. */
  readonly address: string;

  acquisitions = 0;
  /** Only acquisitions that waited are visible: see `ContentionWaits`. */
  onlyContended = false;
  contended = 0;
  triesWithoutUnlock = 0;
  /** Holds whose unlock was not found. */
  unmatched = 0;
  /**
   * Holds that were over while a CPU other than theirs held a lock of this name all along: two locks then, not one.
   * Only where time stamps measure time.
   */
  overlaps = 0;
  /** An unlock that goes with this site was seen somewhere. */
  unlockSeen = false;
  readonly acquire = new Histogram();
  readonly wait = new Histogram();
  readonly hold = new Histogram();
  holdBasis: 'stamps' | 'calls' | 'none' = 'none';
  /** Holds of the present input, by time stamps and as sums of the calls seen under them. */
  #byStamps = new Histogram();
  #byCalls = new Histogram();
  witness: 'slowpath' | 'contention-events' | 'none' = 'none';
  explainedNs = 0;
  /** Waits of which a part stayed unexplained, and those parts. */
  unexplainedWaits = 0;
  unexplainedNs = 0;
  readonly blockers = new Map<string, BlockerCount>();
  readonly calledWhileHeld = new Map<number, HeldCount>();
  readonly lockedWhileHeld = new Map<LockSite, HeldCount>();
  readonly #addresses = new Set<string>();

  constructor(key: string, known: boolean, kind: LockKind, function_: string, address: string) {
    this.key = key;
    this.known = known;
    this.kind = kind;
    this.function = function_;
    this.address = address;
  }

  /** The unlock is inlined: it was never seen, though it should have been. */
  get neverUnlocks(): boolean {
    return !this.unlockSeen && this.unmatched >= ENOUGH_UNMATCHED;
  }

  get instances(): number {
    return this.#addresses.size;
  }

  noteAddress(address: string): void {
    if (this.#addresses.size < MAX_ADDRESSES) this.#addresses.add(address);
  }

  /** @param ns NaN in a text without durations. */
  addWait(ns: number, witness: 'slowpath' | 'contention-events'): void {
    this.contended++;
    if (!Number.isNaN(ns)) this.wait.add(ns);
    if (this.witness !== 'slowpath') this.witness = witness;
  }

  /**
   * @param callsNs Sum of the calls seen under it; NaN in a text without durations.
   * @param stampsNs From stamp to stamp; NaN without stamps.
   */
  addHold(callsNs: number, stampsNs: number): void {
    if (!Number.isNaN(callsNs)) this.#byCalls.add(callsNs);
    if (!Number.isNaN(stampsNs)) this.#byStamps.add(Math.max(0, stampsNs));
  }

  /** The input ended: its holds count by its stamps, where these measure time. */
  endInput(stampsMeasureTime: boolean): void {
    const byStamps = stampsMeasureTime && this.#byStamps.count > 0;
    const holds = byStamps ? this.#byStamps : this.#byCalls;
    if (holds.count > 0) {
      this.hold.merge(holds);
      // A sum of calls is the weaker of the two: it names the whole.
      if (!byStamps || this.holdBasis === 'none') this.holdBasis = byStamps ? 'stamps' : 'calls';
    }
    this.#byStamps = new Histogram();
    this.#byCalls = new Histogram();
  }

  /** A wait of `waitNs`, of which the trace shows the cause of `explainedNs`. */
  addExplained(waitNs: number, explainedNs: number): void {
    this.explainedNs += explainedNs;
    // Less than that is the clock's six decimals.
    if (waitNs - explainedNs <= 0.005 * waitNs) return;
    this.unexplainedWaits++;
    this.unexplainedNs += waitNs - explainedNs;
  }

  addBlame(function_: string, task: string, cpu: number, ns: number, waits = 1): void {
    const key = `${function_}|${task}|${cpu}`;
    let row = this.blockers.get(key);
    if (!row && this.blockers.size >= MAX_BLOCKERS) {
      task = '(others)';
      row = this.blockers.get(`${function_}|(others)`);
    }
    if (!row) {
      row = { function: function_, task, cpu, waits: 0, ns: 0 };
      this.blockers.set(task === '(others)' ? `${function_}|(others)` : key, row);
    }
    row.waits += waits;
    row.ns += ns;
  }

  /** Adds all that another row of the same site counted. */
  absorb(other: LockSite): void {
    this.acquisitions += other.acquisitions;
    this.triesWithoutUnlock += other.triesWithoutUnlock;
    this.unmatched += other.unmatched;
    this.overlaps += other.overlaps;
    this.unlockSeen ||= other.unlockSeen;
    this.acquire.merge(other.acquire);
    this.wait.merge(other.wait);
    this.hold.merge(other.hold);
    if (this.holdBasis === 'none' || other.holdBasis === 'calls') this.holdBasis = other.holdBasis;
    if (this.witness === 'none') this.witness = other.witness;
    this.explainedNs += other.explainedNs;
    this.unexplainedWaits += other.unexplainedWaits;
    this.unexplainedNs += other.unexplainedNs;
    this.contended += other.contended;
    for (const row of other.blockers.values()) {
      this.addBlame(row.function, row.task, row.cpu, row.ns, row.waits);
    }
    for (const [name, count] of other.calledWhileHeld) add(this.calledWhileHeld, name, count.ns, count.calls);
    for (const [site, count] of other.lockedWhileHeld) add(this.lockedWhileHeld, site, count.ns, count.calls);
  }

  addCalled(name: number, ns: number): void {
    add(this.calledWhileHeld, name, ns);
  }

  addLocked(site: LockSite, ns: number): void {
    add(this.lockedWhileHeld, site, ns);
  }
}

function add<K>(counts: Map<K, HeldCount>, key: K, ns: number, calls = 1): void {
  let count = counts.get(key);
  if (!count) {
    count = { calls: 0, ns: 0 };
    counts.set(key, count);
  }
  count.calls += calls;
  if (!Number.isNaN(ns)) count.ns += ns;
}
