/** Preemption models of the kernel (kernel/Kconfig.preempt, kernel/sched/core.c of 6.12 and 6.13). */
export type PreemptionId = 'none' | 'voluntary' | 'full' | 'lazy';

/** Where a kernel thread that drains handles may lose its CPU; each place holds for those after it too. */
export type DrainPoint =
  /** Where it says so itself (cond_resched), and behind each work item. */
  | 'item'
  /** Also where it could sleep: it allocates a buffer before each one that it drains. */
  | 'buffer'
  /** Wherever it holds no spinlock: behind each handle. */
  | 'handle';

/** What decides when a thread that waits for a CPU gets it. */
export interface PreemptionModel {
  readonly id: PreemptionId;
  readonly title: string;
  /**
   * The scheduler's request for another thread counts at once, or from the next tick on (lazy: a flag
   * that only the way back to user space looks at becomes a real one at the tick).
   */
  readonly counts: 'at-once' | 'next-tick';
  readonly drain: DrainPoint;
}

export const PREEMPTION_MODELS: readonly PreemptionModel[] = [
  {
    id: 'none',
    title: 'PREEMPT_NONE: within the kernel only where the code offers it',
    counts: 'at-once',
    drain: 'item',
  },
  {
    id: 'voluntary',
    title: 'PREEMPT_VOLUNTARY: also where the code could sleep',
    counts: 'at-once',
    drain: 'buffer',
  },
  { id: 'full', title: 'PREEMPT: wherever no spinlock is held', counts: 'at-once', drain: 'handle' },
  {
    id: 'lazy',
    title: 'PREEMPT_LAZY: wherever no spinlock is held, from the next tick on',
    counts: 'next-tick',
    drain: 'handle',
  },
];

/** @throws {RangeError} for a model that does not exist. */
export function preemptionById(id: string): PreemptionModel {
  const model = PREEMPTION_MODELS.find((candidate) => candidate.id === id);
  if (!model) throw new RangeError(`no preemption model "${id}"`);
  return model;
}
