import type { OperationPart } from '../../trace/operations.ts';

/** An obj_free whose operation is not known yet: it may be that of a worker. */
export interface ObjectFree {
  readonly at: number;
  readonly startNs: number;
  readonly durationNs: number;
  readonly task: number;
  readonly cpu: number;
  readonly line: number;
}

/** What is known of a call of the graph before it ends: its calls end first. */
export class CallFacts {
  newPages = 0;
  released = false;
  /** Pages of the zspage that was freed, 0 where the trace does not show them. */
  releasedPages = 0;
  /** Of those, seen as pages that the zone counts: where the compiler left no other call of its own. */
  countedPages = 0;
  /** Pages went back behind the lock. */
  releasesUnlocked = false;
  lookedAt = Number.NaN;
  changedAt = Number.NaN;
  /** Spinlocks taken by it before then, those of an interrupt within it among them. */
  spinlocks = 0;
  firstAt: number;
  /** When the lock of the lists was got, while it is held, and how many traced calls were made since. */
  gotNs = Number.NaN;
  callsHeld = 0;
  /** The next row of the task comes right after the first lock call. */
  waitsForNext = false;
  readonly parts: Partial<Record<OperationPart, number>> = {};
  /** Traced calls below those of each part. */
  readonly below: Partial<Record<OperationPart, number>> = {};
  /** Keys of the locks taken or tried, one a line. */
  locks = '';
  lockWaits: Map<string, number> | null = null;
  objectFrees: ObjectFree[] | null = null;

  constructor(firstAt: number) {
    this.firstAt = firstAt;
  }

  /** A page goes to the zone; some kernels show it by this call alone. */
  countPage(): void {
    this.countedPages++;
    this.released = true;
    this.releasesUnlocked ||= this.parts.unlock !== undefined;
  }

  /** Pages of the zspage that was freed, by the call that every one has. */
  get pages(): number {
    return Math.max(this.releasedPages, this.countedPages);
  }

  addPart(part: OperationPart | null, ns: number): void {
    if (part !== null && !Number.isNaN(ns)) this.parts[part] = (this.parts[part] ?? 0) + ns;
  }

  addBelow(part: OperationPart | null, calls: number): void {
    if (part !== null) this.below[part] = (this.below[part] ?? 0) + calls;
  }

  addLock(key: string): void {
    if (!this.locks.split('\n').includes(key)) this.locks = this.locks === '' ? key : `${this.locks}\n${key}`;
  }

  addWait(key: string, ns: number): void {
    this.lockWaits ??= new Map();
    this.lockWaits.set(key, (this.lockWaits.get(key) ?? 0) + ns);
  }

  /** Follows the spinlock through a call that was made with `below` calls below it. Times in ns. */
  hold(
    startNs: number,
    endNs: number,
    what: 'locks' | 'unlocks' | 'is behind' | 'other',
    below: number,
  ): void {
    if (what === 'locks') {
      this.gotNs = endNs;
      this.callsHeld = 0;
    } else if (!Number.isNaN(this.gotNs) && what === 'other') this.callsHeld += 1 + below;
    else if (!Number.isNaN(this.gotNs)) {
      this.addPart('held', (what === 'unlocks' ? endNs : startNs) - this.gotNs);
      this.addBelow('held', this.callsHeld + 1);
      this.gotNs = Number.NaN;
    }
  }

  /** Takes over what a function called by this call did; its own time becomes time of this call. */
  absorb(callee: CallFacts, calleeSelfNs: number): void {
    this.newPages += callee.newPages;
    this.released ||= callee.released;
    this.releasedPages += callee.releasedPages;
    this.countedPages += callee.countedPages;
    this.releasesUnlocked ||= callee.releasesUnlocked;
    if (Number.isNaN(this.lookedAt)) this.lookedAt = callee.lookedAt;
    if (Number.isNaN(this.changedAt)) {
      this.spinlocks += callee.spinlocks;
      this.changedAt = callee.changedAt;
    }
    this.firstAt = Math.min(this.firstAt, callee.firstAt);
    for (const [part, ns] of Object.entries(callee.parts)) this.addPart(part as OperationPart, ns);
    this.addPart('self', calleeSelfNs);
    for (const [part, calls] of Object.entries(callee.below)) this.addBelow(part as OperationPart, calls);
    if (callee.locks !== '') for (const key of callee.locks.split('\n')) this.addLock(key);
    for (const [key, ns] of callee.lockWaits ?? []) this.addWait(key, ns);
    if (callee.objectFrees) this.objectFrees = [...(this.objectFrees ?? []), ...callee.objectFrees];
  }
}
