import { deferringQueues } from '../model/designs/rewrite.ts';
import { type PreemptionId, type PreemptionModel, preemptionById } from '../model/preemption.ts';
import type { KernelModel } from '../model/steps.ts';
import { sliceNs } from './calibrate/scheduling-parameters.ts';
import type { Assumption } from './result.ts';

/** What the functions of a recording say of its kernel's preemption. */
export interface PreemptionEvidence {
  readonly id: PreemptionId;
  /** The function, and what it leaves open. */
  readonly basis: string;
}

/**
 * Reads the preemption model out of functions that only some models have (kernel/sched/core.c of 6.12).
 * @returns null where none of them is in the recording.
 */
export function preemptionShownBy(hasFunction: (name: string) => boolean): PreemptionEvidence | null {
  if (hasFunction('preempt_schedule_irq'))
    return { id: 'full', basis: 'preempt_schedule_irq is in the trace; it could be lazy as well' };
  if (hasFunction('__cond_resched'))
    return { id: 'none', basis: '__cond_resched is in the trace; it could be voluntary as well' };
  return null;
}

/** How threads share the CPUs of the replay, and what that rests on. */
export interface CpuSharing {
  readonly preemption: PreemptionModel;
  readonly assumptions: readonly Assumption[];
}

/**
 * What decides who has a CPU when; null where no two threads want the same one: as many CPUs as tasks,
 * and no worker.
 */
export function cpuSharing(
  asked: PreemptionId | null,
  shown: PreemptionEvidence | null,
  { tasks, cpus, pressure }: { readonly tasks: number; readonly cpus: number; readonly pressure: number },
  kernels: readonly KernelModel[],
): CpuSharing | null {
  const workers = new Set(
    kernels.flatMap(({ queues }) =>
      Object.values(queues).flatMap((queue) => (queue.wakes === 'never' ? [] : [queue.worker])),
    ),
  );
  if (workers.size === 0 && tasks <= cpus && pressure === 0) return null;
  const preemption = preemptionById(asked ?? shown?.id ?? 'none');
  const from = asked
    ? '--preempt'
    : shown
      ? `told by the recording: ${shown.basis}`
      : 'the recording does not tell (--preempt)';
  const slice = `${Number((sliceNs(cpus) / 1e6).toPrecision(3))} ms`;
  const assumptions: Assumption[] = [
    { what: `preemption: ${preemption.title}; ${from}`, basis: !asked && shown ? 'measured' : 'assumed' },
    {
      what: `turns on a CPU as in EEVDF of 6.12: ${slice} (0.7 ms for one CPU, 0.75 ms up to 6.14), ended at a tick; who wakes up within one waits for its end, and then goes first`,
      basis: 'assumed',
    },
  ];
  if (workers.has('bound'))
    assumptions.push({
      what: 'a bound worker runs on the CPU that queued its work, and nowhere else; tasks that wait for it go to an idle CPU',
      basis: 'modelled',
    });
  if (workers.has('unbound') || workers.has('thread'))
    assumptions.push({
      what: 'a worker that is not bound wakes up where it ran last if that CPU idles, else on any idle one, else on that which queued the work: all CPUs are one node and share a cache',
      basis: 'assumed',
    });
  if (kernels.some((kernel) => deferringQueues(kernel).some((name) => !kernel.queues[name]!.offersCpu)))
    assumptions.push({
      what: 'a drain has no cond_resched of its own (resched=handle has one after each handle)',
      basis: 'assumed',
    });
  return { preemption, assumptions };
}
