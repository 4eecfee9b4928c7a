import type { NameTable } from '../../trace/names.ts';
import { latin1 } from '../../trace/records.ts';
import { type SpanBatch, SpanFlag, SpanKind } from '../../trace/spans.ts';
import { type FunctionRoles, Role } from '../function-roles.ts';
import type { RowFilter } from '../row-filter.ts';
import { type Cause, type Hold, overlapBlame, sameLock, type Wait } from './blame.ts';
import { MAX_ADDRESS_ROWS } from './lock-rows.ts';
import { LockSite } from './lock-site.ts';
import type { SiteWait } from './lock-wait.ts';
import { identifyLock, takesInTurn } from './names.ts';
import { type LockPrimitive, lockPrimitive } from './primitives.ts';

/** An acquisition that has begun: the lock function's call is open. */
interface Pending {
  readonly site: LockSite;
  /** Call number of the lock function; -1 when a slowpath stands alone (inlined fast path). */
  readonly span: number;
  readonly frame: number;
  readonly startNs: number;
  readonly isTry: boolean;
  readonly inInterrupt: boolean;
  /** Whether the filters count it. */
  readonly counted: boolean;
  address: string;
  waitNs: number;
  /** Call number of the slowpath that is being measured, -1 when none is. */
  waitSpan: number;
  /** One for each slowpath; what they waited for counts when the lock call returns. */
  readonly waits: Wait[];
  eventWaitSince: number;
  witness: 'slowpath' | 'contention-events' | 'none';
}

/** What a task holds and waits for. */
interface TaskLocks {
  readonly key: number;
  holds: Hold[];
  pending: Pending[];
  /** A wait whose line is complete in itself: it ends with the task's next record. */
  leafWait: Wait | null;
  /** Locks taken so far by each open call of a function that takes several in turn. */
  readonly taken: Map<number, number>;
}

const NOTHING_HELD = { held: 0, heldOther: 0, taken: 0 };
const MAX_HOLDS = 32;
/** Zsmalloc's spinlock before its name is settled, and functions that are called with it held only. */
const ZS_OBJECT = '{zs-object}';
const UNDER_LOCK = new Set(['obj_free', 'obj_malloc', 'fix_fullness_group']);

/** Two holds overlap when they do for longer than this: stamps are whole us, clocks of CPUs differ by less. */
const SURELY_NS = 3000;

/** Calls are forgotten all at once: few are open, and a finished one is never asked for again. */
const MAX_COUNTED_CALLS = 256;
/** The lock was free or already the waiter's: the time until its slowpath returned. */
export const HAND_OFF = '(hand-off)';

/**
 * Lock waits and holds from calls of lock functions: who took which lock where, how long the slow
 * path took, from when to when it was held, what ran meanwhile, and who stood in whose way.
 *
 * A wait is the time of the lock's slowpath function, the best witness: `contention_begin` does not
 * fire for a queued spinlock's pending waiter. Only where no slowpath is in the trace do contention
 * events count. A hold lasts from the return of the lock call to the entry of the unlock call.
 */
export class LockTable {
  readonly #names: NameTable;
  readonly #roles: FunctionRoles;
  readonly #filter: RowFilter;
  readonly #taskText: (task: number) => string;
  readonly #clockTrusted: () => boolean;
  readonly #onWait: ((wait: SiteWait) => void) | null;

  #primitives: (LockPrimitive | null | undefined)[] = [];
  readonly #sites = new Map<string, LockSite>();
  readonly #tasks = new Map<number, TaskLocks>();
  #lastTaskKey = Number.NaN;
  #lastTask: TaskLocks | null = null;
  #activeHolds: Hold[] = [];
  /** By name: it is called with zsmalloc's spinlock held only. */
  readonly #underLock: (boolean | undefined)[] = [];
  #activeWaits: Wait[] = [];
  /** Time of the last release of each lock. */
  readonly #lastRelease = new Map<string, number>();
  #contentionBegin = -2;
  #contentionEnd = -2;
  #order = 0;
  /** Unlocks that no lock call in the trace goes with. */
  unmatchedUnlocks = 0;

  constructor(options: {
    readonly names: NameTable;
    readonly roles: FunctionRoles;
    readonly filter: RowFilter;
    readonly taskText: (task: number) => string;
    /** Whether time stamps measure time, as far as seen: see `ClockCheck`. */
    readonly clockTrusted: () => boolean;
    /** Is told of each wait that counts. */
    readonly onWait?: (wait: SiteWait) => void;
  }) {
    this.#names = options.names;
    this.#roles = options.roles;
    this.#filter = options.filter;
    this.#taskText = options.taskText;
    this.#clockTrusted = options.clockTrusted;
    this.#onWait = options.onWait ?? null;
  }

  /** Number of sites met. */
  get siteCount(): number {
    return this.#sites.size;
  }

  /** The sites met. */
  sites(): LockSite[] {
    return [...this.#sites.values()];
  }

  /** Another input begins: what tasks held and waited for in the one before has nothing to do with it. */
  beginInput(): void {
    for (const state of this.#tasks.values()) for (const hold of state.holds) hold.site.unmatched++;
    this.#tasks.clear();
    this.#lastTaskKey = Number.NaN;
    this.#lastTask = null;
    this.#activeHolds = [];
    this.#activeWaits = [];
    this.#lastRelease.clear();
  }

  /** The input ended; whether its time stamps measure time is known now. */
  endInput(stampsMeasureTime: boolean): void {
    for (const site of this.#sites.values()) site.endInput(stampsMeasureTime);
  }

  /** Takes the spans of a batch. */
  add(rows: SpanBatch): void {
    const roles = this.#roles.bits;
    const { kind, name, stack } = rows;
    for (let i = 0; i < rows.length; i++) {
      const k = kind[i]!;
      if (k === SpanKind.Gap) {
        this.#gap(rows.cpu[i]!);
        continue;
      }
      const key = stack[i]!;
      const id = name[i]!;
      const isLock = k !== SpanKind.Event && (roles[id]! & Role.Lock) !== 0;
      if (key !== this.#lastTaskKey) {
        const known = this.#tasks.get(key);
        if (!known && !isLock) continue;
        this.#lastTaskKey = key;
        this.#lastTask = known ?? this.#newTask(key);
      }
      const state = this.#lastTask!;
      if (state.leafWait !== null) this.#closeLeafWait(state);
      if (isLock) this.#lockRow(rows, i, k, state);
      else if (k === SpanKind.Event) {
        if (state.pending.length > 0) this.#event(rows, i, state);
      } else if (state.holds.length > 0 && k !== SpanKind.Begin) this.#callRow(rows, i, k, state);
    }
  }

  #newTask(key: number): TaskLocks {
    const state: TaskLocks = {
      key,
      holds: [],
      pending: [],
      leafWait: null,
      taken: new Map(),
    };
    this.#tasks.set(key, state);
    return state;
  }

  // ---------------------------------------------------------------- calls that are no lock functions

  /** A call ended while its task holds locks: it ran under them, or it was what held them. */
  #callRow(rows: SpanBatch, i: number, kind: number, state: TaskLocks): void {
    const parent = rows.parent[i]!;
    const span = rows.span[i]!;
    const ns = rows.durationNs[i]!;
    const inInterrupt = (rows.flags[i]! & SpanFlag.InInterrupt) !== 0;
    for (let h = state.holds.length - 1; h >= 0; h--) {
      const hold = state.holds[h]!;
      if (hold.frame === parent && kind === SpanKind.Span) {
        if (hold.inInterrupt === inInterrupt) {
          if (hold.counted) hold.site.addCalled(rows.name[i]!, ns);
          hold.callsNs += Number.isNaN(ns) ? 0 : ns;
          if (hold.site.key === ZS_OBJECT && this.#isUnderLock(rows.name[i]!))
            this.#heldUntil(hold, rows.startNs[i]! + ns);
        }
      } else if (hold.frame === span) this.#siteReturned(rows, i, kind, state, h, hold);
    }
  }

  /** The function that took a lock returned with it, or its unlock is not in the trace. */
  #siteReturned(rows: SpanBatch, i: number, kind: number, state: TaskLocks, h: number, hold: Hold): void {
    const parent = rows.parent[i]!;
    const leavesInterrupt = (rows.flags[i]! & SpanFlag.InterruptEntry) !== 0;
    if (hold.isTry || kind === SpanKind.Cut || parent < 0 || leavesInterrupt || hold.site.neverUnlocks) {
      if (hold.counted && hold.isTry) hold.site.triesWithoutUnlock++;
      else hold.site.unmatched++;
      const end = rows.startNs[i]! + rows.durationNs[i]!;
      this.#endHold(state, h, end, false);
      return;
    }
    hold.frame = parent;
  }

  // ---------------------------------------------------------------- lock functions

  #primitive(name: number): LockPrimitive {
    const known = this.#primitives[name];
    if (known) return known;
    const primitive = lockPrimitive(this.#names.functionName(name))!;
    this.#primitives[name] = primitive;
    return primitive;
  }

  #lockRow(rows: SpanBatch, i: number, kind: number, state: TaskLocks): void {
    const primitive = this.#primitive(rows.name[i]!);
    const leaf = (rows.flags[i]! & SpanFlag.Leaf) !== 0;
    switch (primitive.op) {
      case 'acquire':
      case 'try':
        if (kind === SpanKind.Begin) state.pending.push(this.#begin(rows, i, primitive, state));
        else if (leaf) this.#acquired(rows, i, this.#begin(rows, i, primitive, state), state);
        else this.#endPending(rows, i, kind, state);
        break;
      case 'slowpath':
        this.#slowpath(rows, i, kind, leaf, primitive, state);
        break;
      case 'release':
        // A nested unlock releases at its entry; its own end says nothing more.
        if (kind === SpanKind.Begin || leaf) this.#release(rows, i, primitive, state);
        break;
      case 'downgrade':
        if (kind === SpanKind.Begin || leaf) this.#downgrade(rows, i, primitive, state);
        break;
    }
  }

  #begin(rows: SpanBatch, i: number, primitive: LockPrimitive, state: TaskLocks): Pending {
    const frame = rows.parent[i]!;
    const address = this.#address(rows, i);
    const counted = !this.#filter.active || this.#filter.acceptsPlace(rows, i);
    return {
      site: this.#site(rows, i, primitive, state, address, counted),
      span: rows.span[i]!,
      frame,
      startNs: rows.startNs[i]!,
      isTry: primitive.op === 'try',
      inInterrupt: (rows.flags[i]! & SpanFlag.InInterrupt) !== 0,
      counted,
      address,
      waitNs: 0,
      waitSpan: -1,
      waits: [],
      eventWaitSince: Number.NaN,
      witness: 'none',
    };
  }

  /** The first argument of a lock function is the lock: `lock=0xff..`, `sem=0x..` (funcgraph-args). */
  #address(rows: SpanBatch, i: number): string {
    if ((rows.flags[i]! & SpanFlag.HasText) === 0) return '';
    const text = latin1(rows.bytes, rows.textStart[i]!, Math.min(rows.textEnd[i]!, rows.textStart[i]! + 80));
    return /^\w+=(0x[0-9a-f]+)/.exec(text)?.[1] ?? '';
  }

  #site(
    rows: SpanBatch,
    i: number,
    primitive: LockPrimitive,
    state: TaskLocks,
    address: string,
    counted: boolean,
  ): LockSite {
    const parentName = rows.parentName[i]!;
    const name = rows.name[i]!;
    const frame = rows.parent[i]!;
    const inInterrupt = (rows.flags[i]! & SpanFlag.InInterrupt) !== 0;
    const function_ = parentName >= 0 ? this.#names.functionName(parentName) : '(outermost)';
    let held = 0;
    let heldOther = 0;
    for (const hold of state.holds) {
      if (hold.frame !== frame || hold.inInterrupt !== inInterrupt || hold.site.neverUnlocks) continue;
      if (hold.site.kind === primitive.kind) held++;
      else heldOther++;
    }
    const taken = this.#inTurn(parentName, function_) ? this.#countTaken(state, frame) : 0;
    const cacheKey = siteCacheKey(parentName, name, held, heldOther, taken);
    let site = this.#siteCache.get(cacheKey);
    if (!site) {
      const identity = identifyLock(function_, this.#names.functionName(name), primitive.kind, {
        held,
        heldOther,
        taken,
      });
      site = this.#siteOf(identity.key, identity.known, primitive, function_, '');
      this.#siteCache.set(cacheKey, site);
    }
    if (address === '') return site;
    if (counted) site.noteAddress(address);
    if (site.known || site.instances > MAX_ADDRESS_ROWS) return site;
    return this.#siteOf(address, false, primitive, function_, address);
  }

  readonly #siteCache = new Map<number, LockSite>();
  readonly #takesInTurn = new Map<number, boolean>();

  #inTurn(parentName: number, function_: string): boolean {
    let inTurn = this.#takesInTurn.get(parentName);
    if (inTurn === undefined) {
      inTurn = takesInTurn(function_);
      this.#takesInTurn.set(parentName, inTurn);
    }
    return inTurn;
  }

  #countTaken(state: TaskLocks, frame: number): number {
    const taken = state.taken.get(frame) ?? 0;
    if (taken === 0 && state.taken.size >= MAX_COUNTED_CALLS) state.taken.clear();
    state.taken.set(frame, taken + 1);
    return taken;
  }

  #siteOf(
    key: string,
    known: boolean,
    primitive: LockPrimitive,
    function_: string,
    address: string,
  ): LockSite {
    const full = `${key}|${primitive.kind}|${function_}`;
    let site = this.#sites.get(full);
    if (!site) {
      site = new LockSite(key, known, primitive.kind, function_, address);
      this.#sites.set(full, site);
    }
    return site;
  }

  #endPending(rows: SpanBatch, i: number, kind: number, state: TaskLocks): void {
    const span = rows.span[i]!;
    while (state.pending.length > 0) {
      const pending = state.pending.pop()!;
      const isThis = pending.span === span;
      if (isThis && kind === SpanKind.Span) this.#acquired(rows, i, pending, state);
      else for (const wait of pending.waits) this.#closeWait(wait, Number.NaN);
      if (isThis) return;
    }
  }

  #acquired(rows: SpanBatch, i: number, pending: Pending, state: TaskLocks): void {
    const site = pending.site;
    const ns = rows.durationNs[i]!;
    const { counted, inInterrupt } = pending;
    if (counted) {
      site.acquisitions++;
      if (!Number.isNaN(ns)) site.acquire.add(ns);
      if (pending.witness !== 'none') site.addWait(pending.waitNs, pending.witness);
    }
    for (const hold of state.holds) {
      if (hold.inInterrupt !== inInterrupt) continue;
      if (hold.counted) hold.site.addLocked(site, ns);
      if (hold.frame === pending.frame && !Number.isNaN(ns)) hold.callsNs += ns;
    }
    for (const wait of pending.waits) {
      this.#closeWait(wait, rows.startNs[i]! + ns);
      if (counted) addCauses(wait);
    }
    if (this.#onWait !== null && counted && pending.waitNs > 0) this.#tellWait(rows, i, pending);
    this.#hold(pending, ns, rows.startNs[i]! + ns, rows.cpu[i]!, rows.task[i]!, state, counted, inInterrupt);
  }

  #tellWait(rows: SpanBatch, i: number, pending: Pending): void {
    const { site, witness } = pending;
    if (witness === 'none') return;
    this.#onWait!({
      site,
      address: pending.address,
      task: rows.task[i]!,
      cpu: rows.cpu[i]!,
      startNs: pending.waits[0]?.startNs ?? pending.startNs,
      waitNs: pending.waitNs,
      witness,
      line: rows.line[i]!,
      causes: pending.waits.flatMap((wait) => wait.causes),
    });
  }

  #hold(
    pending: Pending,
    callNs: number,
    startNs: number,
    cpu: number,
    task: number,
    state: TaskLocks,
    counted: boolean,
    inInterrupt: boolean,
  ): void {
    if (state.holds.length >= MAX_HOLDS) {
      state.holds[0]!.site.unmatched++;
      this.#endHold(state, 0, Number.NaN, false);
    }
    const hold: Hold = {
      site: pending.site,
      address: pending.address,
      taskKey: state.key,
      task,
      cpu,
      frame: pending.frame,
      startNs,
      grantedNs: this.#grantedNs(pending, startNs),
      endNs: Number.NaN,
      heldUntilNs: startNs,
      startOrder: this.#order++,
      endOrder: -1,
      released: false,
      callsNs: Number.isNaN(callNs) ? Number.NaN : 0,
      isTry: pending.isTry,
      counted,
      inInterrupt,
    };
    state.holds.push(hold);
    this.#activeHolds.push(hold);
    for (const wait of this.#activeWaits) if (sameLock(wait, hold)) wait.candidates.push(hold);
  }

  #grantedNs(pending: Pending, startNs: number): number {
    const wait = pending.waits[0];
    if (!wait) return startNs;
    const released = this.#lastRelease.get(lockKey(pending.site.key, pending.address)) ?? Number.NaN;
    return released >= wait.startNs && released <= startNs ? released : startNs;
  }

  // ---------------------------------------------------------------- waiting

  #slowpath(
    rows: SpanBatch,
    i: number,
    kind: number,
    leaf: boolean,
    primitive: LockPrimitive,
    state: TaskLocks,
  ): void {
    let pending = state.pending.at(-1);
    if (pending && pending.waitSpan >= 0) {
      // A slowpath within a slowpath is part of it; the outer one's return ends the wait.
      if (pending.waitSpan === rows.span[i]! && kind !== SpanKind.Begin)
        this.#endSlowpath(rows, i, kind, pending, state);
      return;
    }
    const standsAlone = !pending || !belongsTo(primitive, rows, i, pending);
    if (kind === SpanKind.Cut || (kind === SpanKind.Span && !leaf)) return;
    if (standsAlone) {
      // The fast path is inlined: the slowpath itself is the acquisition.
      pending = this.#begin(rows, i, primitive, state);
      if (!leaf) state.pending.push(pending);
    }
    const wait: Wait = {
      site: pending!.site,
      address: pending!.address,
      taskKey: state.key,
      startNs: rows.startNs[i]!,
      endNs: Number.NaN,
      candidates: this.#activeHolds.filter((hold) => hold.taskKey !== state.key),
      waitNs: 0,
      counted: pending!.counted,
      causes: [],
    };
    wait.candidates = wait.candidates.filter((hold) => sameLock(wait, hold));
    this.#activeWaits.push(wait);
    pending!.waits.push(wait);
    pending!.witness = 'slowpath';
    if (!leaf) {
      pending!.waitSpan = rows.span[i]!;
      return;
    }
    const ns = rows.durationNs[i]!;
    pending!.waitNs += ns;
    wait.waitNs = ns;
    wait.endNs = rows.startNs[i]! + ns;
    if (standsAlone) this.#acquired(rows, i, pending!, state);
    else state.leafWait = wait;
  }

  #endSlowpath(rows: SpanBatch, i: number, kind: number, pending: Pending, state: TaskLocks): void {
    pending.waitSpan = -1;
    const ns = rows.durationNs[i]!;
    const wait = pending.waits.at(-1)!;
    if (kind === SpanKind.Span) {
      pending.waitNs += ns;
      wait.waitNs = ns;
    }
    wait.endNs = rows.startNs[i]! + ns;
    if (pending.span === rows.span[i]!) {
      state.pending.pop();
      if (kind === SpanKind.Span) this.#acquired(rows, i, pending, state);
    }
  }

  /** The task's next record: a wait printed as one line is over. */
  #closeLeafWait(state: TaskLocks): void {
    const wait = state.leafWait!;
    state.leafWait = null;
    this.#closeWait(wait, wait.endNs);
  }

  /** Ends a wait, once, and finds who was in the way. */
  #closeWait(wait: Wait, endNs: number): void {
    const at = this.#activeWaits.indexOf(wait);
    if (at < 0) return;
    this.#activeWaits.splice(at, 1);
    if (Number.isNaN(wait.endNs)) wait.endNs = endNs;
    if (!wait.counted || !(wait.waitNs > 0)) return;
    const byHolder = new Map<string, Cause>();
    let held = 0;
    for (const { hold, handedOver, ns } of overlapBlame(wait, this.#clockTrusted())) {
      const function_ = handedOver ? `${hold.site.function} (in its slowpath)` : hold.site.function;
      const key = `${function_}|${hold.task}|${hold.cpu}`;
      const sum = byHolder.get(key);
      if (sum) sum.ns += ns;
      else byHolder.set(key, { function: function_, task: this.#taskText(hold.task), cpu: hold.cpu, ns });
      held += ns;
    }
    wait.causes = [...byHolder.values()];
    const handOff = Math.max(0, Math.min(wait.waitNs - held, this.#handOffNs(wait)));
    if (handOff > 0) wait.causes.push({ function: HAND_OFF, task: '', cpu: -1, ns: handOff });
  }

  /** From the last unlock during the wait to its end, when nobody took the lock in between. */
  #handOffNs(wait: Wait): number {
    if (!this.#clockTrusted()) return 0;
    const released = this.#lastRelease.get(lockKey(wait.site.key, wait.address)) ?? Number.NaN;
    if (!(released >= wait.startNs && released <= wait.endNs)) return 0;
    if (wait.candidates.some((hold) => hold.startNs > released)) return 0;
    return wait.endNs - released;
  }

  // ---------------------------------------------------------------- unlocking

  #release(rows: SpanBatch, i: number, primitive: LockPrimitive, state: TaskLocks): Hold | null {
    const { holds } = state;
    const frame = rows.parent[i]!;
    const h = this.#holdToRelease(rows, i, primitive, holds, frame);
    if (h < 0) {
      if (!this.#filter.active || this.#filter.acceptsPlace(rows, i)) this.unmatchedUnlocks++;
      return null;
    }
    const hold = holds[h]!;
    hold.site.unlockSeen = true;
    const at = rows.startNs[i]!;
    this.#heldUntil(hold, at);
    if (!Number.isNaN(at)) {
      this.#lastRelease.set(hold.site.key, at);
      if (hold.address !== '') this.#lastRelease.set(lockKey(hold.site.key, hold.address), at);
    }
    const ns = rows.durationNs[i]!;
    for (const outer of holds)
      if (outer !== hold && outer.frame === frame && !Number.isNaN(ns)) outer.callsNs += ns;
    this.#endHold(state, h, at, true);
    if (!hold.counted) return hold;
    hold.site.addHold(hold.callsNs, at - hold.startNs);
    return hold;
  }

  /** Ends the hold for writing and begins one for reading, which only its unlock needs. */
  #downgrade(rows: SpanBatch, i: number, primitive: LockPrimitive, state: TaskLocks): void {
    const written = this.#release(rows, i, primitive, state);
    if (!written) return;
    const { key, known, function: function_, address } = written.site;
    const site = this.#siteOf(key, known, { op: 'acquire', kind: 'rwsem-read' }, function_, address);
    const at = rows.startNs[i]!;
    const read: Hold = {
      ...written,
      site,
      startNs: at,
      grantedNs: at,
      heldUntilNs: at,
      endNs: Number.NaN,
      endOrder: -1,
      released: false,
    };
    state.holds.push(read);
    this.#activeHolds.push(read);
  }

  /** By address when known; else the last one of that kind taken in the same call; else in any. */
  #holdToRelease(rows: SpanBatch, i: number, primitive: LockPrimitive, holds: Hold[], frame: number): number {
    const address = this.#address(rows, i);
    const inInterrupt = (rows.flags[i]! & SpanFlag.InInterrupt) !== 0;
    let any = -1;
    let sameFrame = -1;
    let sameIdentity = -1;
    let firstInFrame = -1;
    let key: string | null = null;
    for (let h = holds.length - 1; h >= 0; h--) {
      const hold = holds[h]!;
      if (hold.site.kind !== primitive.kind || hold.inInterrupt !== inInterrupt) continue;
      if (address !== '' && hold.address !== '') {
        if (hold.address === address) return h;
        continue;
      }
      if (hold.frame === frame) {
        if (sameFrame < 0) sameFrame = h;
        firstInFrame = h;
      } else if (sameFrame < 0) {
        key ??= this.#releaseKey(rows, i, primitive);
        if (sameIdentity < 0 && hold.site.key === key) sameIdentity = h;
        if (any < 0) any = h;
      }
    }
    // zs_map_object drops the pool lock, taken first, and keeps the zspage's.
    if (sameFrame >= 0) return this.#releasesFirst(rows.parentName[i]!) ? firstInFrame : sameFrame;
    return sameIdentity >= 0 ? sameIdentity : any;
  }

  #releaseKey(rows: SpanBatch, i: number, primitive: LockPrimitive): string {
    const parent = rows.parentName[i]!;
    const function_ = parent >= 0 ? this.#names.functionName(parent) : '(outermost)';
    return identifyLock(function_, this.#names.functionName(rows.name[i]!), primitive.kind, NOTHING_HELD).key;
  }

  #releasesFirst(parentName: number): boolean {
    return parentName >= 0 && /^zs_(?:map_object|obj_\w+)$/.test(this.#names.functionName(parentName));
  }

  /** The lock was still held at that time: nobody else can have held it before. */
  #heldUntil(hold: Hold, ns: number): void {
    hold.heldUntilNs = ns;
    if (this.#clockTrusted() && this.#activeHolds.some((other) => heldTogether(hold, other)))
      hold.site.overlaps++;
  }

  #isUnderLock(name: number): boolean {
    this.#underLock[name] ??= UNDER_LOCK.has(this.#names.functionName(name));
    return this.#underLock[name];
  }

  #endHold(state: TaskLocks, h: number, endNs: number, released: boolean): void {
    const hold = state.holds[h]!;
    removeAt(state.holds, h);
    hold.endNs = endNs;
    hold.endOrder = this.#order++;
    hold.released = released;
    for (let k = this.#activeHolds.length - 1; k >= 0; k--) {
      if (this.#activeHolds[k] !== hold) continue;
      removeAt(this.#activeHolds, k);
      break;
    }
  }

  // ---------------------------------------------------------------- events and gaps

  /** contention_begin and contention_end: the lock's address, and a wait where no slowpath is traced. */
  #event(rows: SpanBatch, i: number, state: TaskLocks): void {
    if (this.#contentionBegin < 0) this.#contentionBegin = this.#findName('contention_begin');
    if (this.#contentionEnd < 0) this.#contentionEnd = this.#findName('contention_end');
    const pending = state.pending.at(-1)!;
    const name = rows.name[i]!;
    if (name === this.#contentionBegin) {
      const text = latin1(rows.bytes, rows.textStart[i]!, rows.textEnd[i]!);
      const address = /^(?:0x)?([0-9a-fA-F]{8,16})/.exec(text)?.[1];
      if (address && pending.counted) pending.site.noteAddress(address);
      if (pending.waitSpan < 0 && pending.witness !== 'slowpath') pending.eventWaitSince = rows.startNs[i]!;
    } else if (name === this.#contentionEnd && !Number.isNaN(pending.eventWaitSince)) {
      pending.waitNs += rows.startNs[i]! - pending.eventWaitSince;
      pending.eventWaitSince = Number.NaN;
      pending.witness = 'contention-events';
    }
  }

  #findName(text: string): number {
    for (let id = 0; id < this.#names.size; id++) if (this.#names.text(id) === text) return id;
    return -1;
  }

  /**
   * Records were lost on a CPU. Calls that this cuts have their own rows; what remains are locks taken
   * outside of any call seen. On all CPUs (-1), or where another trace begins: nothing is known any more.
   */
  #gap(cpu: number): void {
    if (cpu < 0) {
      this.beginInput();
      return;
    }
    for (const state of this.#tasks.values()) {
      for (let h = state.holds.length - 1; h >= 0; h--) {
        if (state.holds[h]!.frame >= 0) continue;
        state.holds[h]!.site.unmatched++;
        this.#endHold(state, h, Number.NaN, false);
      }
      state.leafWait = null;
    }
    this.#lastRelease.clear();
  }
}

/** Counts what a wait waited for: its lock call returned, so the wait itself counts too. */
function addCauses(wait: Wait): void {
  if (!(wait.waitNs > 0)) return;
  let explained = 0;
  for (const { function: function_, task, cpu, ns } of wait.causes) {
    wait.site.addBlame(function_, task, cpu, ns);
    explained += ns;
  }
  wait.site.addExplained(wait.waitNs, Math.min(wait.waitNs, explained));
}

/** Two locks of one name were held on two CPUs, for longer than stamps and clocks of CPUs are off. */
function heldTogether(hold: Hold, other: Hold): boolean {
  if (other.site.key !== hold.site.key || other.cpu === hold.cpu || other.taskKey === hold.taskKey)
    return false;
  if (hold.site.kind.endsWith('-read') && other.site.kind.endsWith('-read')) return false;
  const from = Math.max(hold.startNs, other.startNs);
  // Where unlocks are traced, a hold without one goes on.
  const until = other.site.unlockSeen ? hold.heldUntilNs : Math.min(hold.heldUntilNs, other.heldUntilNs);
  return until - from > SURELY_NS;
}

/** True when a slowpath is that of the lock call that is open: same kind of lock, same context. */
function belongsTo(primitive: LockPrimitive, rows: SpanBatch, i: number, pending: Pending): boolean {
  const kind = pending.site.kind;
  const fits = primitive.kind === kind || (primitive.kind === 'spinlock' && kind.startsWith('rwlock'));
  return fits && pending.inInterrupt === ((rows.flags[i]! & SpanFlag.InInterrupt) !== 0);
}

/** A lock by what is known of it: its identity, and its address where the trace shows it. */
function lockKey(key: string, address: string): string {
  return address === '' ? key : `${key}|${address}`;
}

/** One number for all that decides which row an acquisition belongs to; exact below 2^20 names. */
function siteCacheKey(
  parentName: number,
  name: number,
  held: number,
  heldOther: number,
  taken: number,
): number {
  const state = Math.min(held, 3) * 8 + Math.min(heldOther, 3) * 2 + (taken & 1);
  return ((parentName + 1) * 0x100000 + name) * 32 + state;
}

/** Removes an element of a short list; unlike splice it allocates nothing. */
function removeAt<T>(list: T[], at: number): void {
  for (let k = at; k < list.length - 1; k++) list[k] = list[k + 1]!;
  list.pop();
}
