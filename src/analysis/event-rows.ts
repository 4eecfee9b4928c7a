import type { Distribution } from './result.ts';

/** How often an event was recorded. */
export interface EventRow {
  /** Without its system: `sched_switch`. */
  readonly name: string;
  readonly count: number;
  /** The stacks recorded with it most often; `frames` innermost first, empty for those not told apart. */
  readonly stacks: readonly { readonly frames: readonly string[]; readonly count: number }[];
}

/** A task's time by sched_switch. */
export interface SchedTaskRow {
  /** `comm-pid`. */
  readonly task: string;
  readonly onCpuNs: number;
  /** Switched out though it wanted to run (states R, R+). */
  readonly preemptedNs: number;
  /** Switched out of its own will: interruptible and other states, and uninterruptible (D). */
  readonly sleepingNs: number;
  readonly blockedNs: number;
  /** Times it was switched out, and those of them in which it was preempted. */
  readonly switches: number;
  readonly preemptions: number;
  /** From the event that woke it to the switch to it. */
  readonly wakeLatency: Distribution;
}

/** A CPU between its first and its last sched_switch. */
export interface SchedCpuRow {
  readonly cpu: number;
  readonly seenNs: number;
  readonly idleNs: number;
  /** Null when nothing was seen of the CPU but one switch. */
  readonly idleShare: number | null;
  readonly switches: number;
}

/** What sched_switch and wake-up events tell; the most time on a CPU first. */
export interface SchedulingSummary {
  readonly tasks: readonly SchedTaskRow[];
  readonly cpus: readonly SchedCpuRow[];
}

/** Bounds of a share, 95 %. */
export interface ShareInterval {
  readonly low: number;
  readonly high: number;
}

/** A function in a sampling profile. Shares are of all samples of the event. */
export interface ProfileFunctionRow {
  readonly name: string;
  readonly module: string;
  /** Samples taken in it. */
  readonly selfSamples: number;
  readonly selfShare: number;
  readonly selfInterval: ShareInterval;
  /** The same by period (cycles, ns) instead of by sample. */
  readonly selfPeriodShare: number;
  /** Samples taken in it or in what it called; recursion counts once. */
  readonly totalSamples: number;
  readonly totalShare: number;
  readonly totalInterval: ShareInterval;
  readonly totalPeriodShare: number;
}

/** Samples taken in the slowpath of a lock, on behalf of one function. */
export interface LockSpinRow {
  readonly slowpath: string;
  readonly kind: string;
  /** First function outwards that is no lock code; '' when the stack ends before. */
  readonly site: string;
  /** The lock that it takes, '' when that is not known. */
  readonly lock: string;
  /** From the slowpath (not included) outwards to `site`. */
  readonly callers: readonly string[];
  readonly samples: number;
  readonly share: number;
  readonly interval: ShareInterval;
  readonly periodShare: number;
}

/** The samples of one event. */
export interface ProfileRow {
  readonly event: string;
  readonly samples: number;
  /** Samples with at least one frame; the others count for no function. */
  readonly withStack: number;
  /** Samples of the idle tasks (pid 0). */
  readonly idleSamples: number;
  /** Sum of the periods; of a sample without one, 1. */
  readonly period: number;
  /** The most self samples first. */
  readonly functions: readonly ProfileFunctionRow[];
  /** The most samples first. */
  readonly lockSpins: readonly LockSpinRow[];
}

/** Hits of the function tracer. */
export interface HitRow {
  readonly name: string;
  readonly module: string;
  readonly calls: number;
  /** Most calls first; empty when the text does not name callers. */
  readonly callers: readonly { readonly name: string; readonly calls: number }[];
}
