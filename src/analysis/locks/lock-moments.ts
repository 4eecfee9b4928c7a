import type { LockMoment, MomentInterval } from '../result.ts';
import type { LockSite } from './lock-site.ts';

/** What a task did with a lock from one time to another. `held-until` ends where the hold surely had ended. */
export type MomentKind = MomentInterval['kind'];

const KINDS: readonly MomentKind[] = ['wait', 'hold', 'held-until'];
/** Moments kept, and intervals of each: the longest. */
const MOMENTS = 4;
const INTERVALS = 240;
/** What lies before a wait is known only so far back. */
const REMEMBERED = 2048;
/** Of the wait, shown before and behind it. */
const MARGIN = 0.25;
/** Intervals are told when they end: so many lengths of its window a moment waits for those that began in it. */
const PATIENCE = 4;

interface Interval {
  readonly kind: MomentKind;
  readonly site: LockSite;
  readonly task: number;
  readonly cpu: number;
  readonly startNs: number;
  readonly endNs: number;
}

interface Moment extends Interval {
  /** What its times are relative to. */
  readonly originNs: number;
  readonly fromNs: number;
  readonly toNs: number;
  readonly intervals: Interval[];
}

/**
 * The longest waits of a trace, each with what all CPUs did with that lock meanwhile. Bounded: what is
 * remembered does not grow with the trace. Needs time stamps.
 */
export class LockMoments {
  readonly #witness: LockMoment['waitWitness'];
  readonly #kind = new Uint8Array(REMEMBERED);
  readonly #task = new Int32Array(REMEMBERED);
  readonly #cpu = new Int32Array(REMEMBERED);
  readonly #start = new Float64Array(REMEMBERED);
  readonly #end = new Float64Array(REMEMBERED);
  readonly #site: LockSite[] = [];
  #originNs: () => number = () => 0;
  #count = 0;
  /** The longest wait first. */
  #kept: Moment[] = [];
  /** Those of them that later intervals may belong to. */
  #open: Moment[] = [];

  constructor(witness: LockMoment['waitWitness']) {
    this.#witness = witness;
  }

  /** A task held a lock. */
  hold(site: LockSite, task: number, cpu: number, startNs: number, endNs: number, isReleased: boolean): void {
    if (!(endNs >= startNs)) return;
    this.#remember(isReleased ? 1 : 2, site, task, cpu, startNs, endNs);
  }

  /** A task waited for a lock, and the wait counts. */
  wait(site: LockSite, task: number, cpu: number, startNs: number, endNs: number): void {
    if (!(endNs > startNs)) return;
    this.#remember(0, site, task, cpu, startNs, endNs);
    const waitNs = endNs - startNs;
    const least = this.#kept[MOMENTS - 1];
    if (least !== undefined && waitNs <= lengthOf(least)) return;
    // Waiters of one moment stand in its picture already.
    const shared = this.#kept.filter(
      ({ site: { key }, fromNs, toNs }) => key === site.key && startNs < toNs && endNs > fromNs,
    );
    if (shared.some((moment) => lengthOf(moment) >= waitNs)) return;
    this.#begin({ kind: 'wait', site, task, cpu, startNs, endNs }, shared);
  }

  /** Another input begins; its times are relative to this. */
  beginInput(originNs: () => number): void {
    this.#originNs = originNs;
    this.forget();
  }

  /** What comes has nothing to do with what came: another trace, or records were lost on all CPUs. */
  forget(): void {
    this.#count = 0;
    this.#open = [];
  }

  /** The moments, the longest wait first. */
  rows(taskText: (task: number) => string, lockText: (site: LockSite) => string): LockMoment[] {
    return this.#kept.map((moment) => ({
      lock: lockText(moment.site),
      waitWitness: this.#witness,
      site: moment.site.function,
      task: taskText(moment.task),
      cpu: moment.cpu,
      startNs: moment.originNs + moment.startNs,
      waitNs: lengthOf(moment),
      fromNs: moment.originNs + moment.fromNs,
      toNs: moment.originNs + moment.toNs,
      intervals: longest(moment.intervals).map(({ kind, site, task, cpu, startNs, endNs }) => ({
        kind,
        site: site.function,
        task: taskText(task),
        cpu,
        startNs: moment.originNs + startNs,
        endNs: moment.originNs + endNs,
      })),
      intervalsHidden: Math.max(0, moment.intervals.length - INTERVALS),
    }));
  }

  #begin(wait: Interval, replaced: readonly Moment[]): void {
    const margin = (wait.endNs - wait.startNs) * MARGIN;
    const moment: Moment = {
      ...wait,
      originNs: this.#originNs(),
      fromNs: wait.startNs - margin,
      toNs: wait.endNs + margin,
      intervals: [],
    };
    for (let k = Math.max(0, this.#count - REMEMBERED); k < this.#count; k++) {
      const at = k % REMEMBERED;
      if (!belongs(moment, this.#site[at]!, this.#start[at]!, this.#end[at]!)) continue;
      moment.intervals.push({
        kind: KINDS[this.#kind[at]!]!,
        site: this.#site[at]!,
        task: this.#task[at]!,
        cpu: this.#cpu[at]!,
        startNs: this.#start[at]!,
        endNs: this.#end[at]!,
      });
    }
    this.#kept = [...this.#kept.filter((other) => !replaced.includes(other)), moment]
      .sort((a, b) => lengthOf(b) - lengthOf(a))
      .slice(0, MOMENTS);
    this.#open = [...this.#open, moment].filter((other) => this.#kept.includes(other));
  }

  #remember(kind: number, site: LockSite, task: number, cpu: number, startNs: number, endNs: number): void {
    const at = this.#count % REMEMBERED;
    this.#count++;
    this.#kind[at] = kind;
    this.#site[at] = site;
    this.#task[at] = task;
    this.#cpu[at] = cpu;
    this.#start[at] = startNs;
    this.#end[at] = endNs;
    if (this.#open.length === 0) return;
    for (const moment of this.#open) {
      if (belongs(moment, site, startNs, endNs) && moment.intervals.length < INTERVALS * PATIENCE)
        moment.intervals.push({ kind: KINDS[kind]!, site, task, cpu, startNs, endNs });
    }
    this.#open = this.#open.filter(({ fromNs, toNs }) => endNs < toNs + PATIENCE * (toNs - fromNs));
  }
}

function lengthOf({ startNs, endNs }: Interval): number {
  return endNs - startNs;
}

/** The same lock, within the window. */
function belongs({ site: { key }, fromNs, toNs }: Moment, site: LockSite, startNs: number, endNs: number) {
  return site.key === key && startNs < toNs && endNs > fromNs;
}

/** The longest intervals in the order of their beginning. */
function longest(intervals: readonly Interval[]): Interval[] {
  return [...intervals]
    .sort((a, b) => lengthOf(b) - lengthOf(a))
    .slice(0, INTERVALS)
    .sort((a, b) => a.startNs - b.startNs || a.cpu - b.cpu);
}
