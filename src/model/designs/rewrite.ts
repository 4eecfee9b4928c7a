import { FREE_WORK } from '../kernels/locked-pages.ts';
import type { KernelModel, Step } from '../steps.ts';
import { DesignError } from './design.ts';

/**
 * Replaces each step by what `rewrite` gives for it, inside branches too; undefined keeps it. Lists and steps
 * in which nothing is replaced are the same objects as before, so that designs can know them again.
 */
export function rewriteSteps(
  steps: readonly Step[],
  rewrite: (step: Step) => readonly Step[] | undefined,
): readonly Step[] {
  const changed = steps.flatMap((step): readonly Step[] => {
    const replaced = rewrite(step);
    if (replaced) return replaced;
    switch (step.do) {
      case 'when':
      case 'repeat':
      case 'each-queued':
      case 'each-page':
      case 'each-batch': {
        const inner = rewriteSteps(step.steps, rewrite);
        return [inner === step.steps ? step : { ...step, steps: inner }];
      }
      case 'try-lock':
      case 'lock-pages':
      case 'try-read-lock': {
        const failed = rewriteSteps(step.failed, rewrite);
        return [failed === step.failed ? step : { ...step, failed }];
      }
      case 'enqueue': {
        const full = rewriteSteps(step.full, rewrite);
        return [full === step.full ? step : { ...step, full }];
      }
      default:
        return [step];
    }
  });
  const isSame = changed.length === steps.length && changed.every((step, k) => step === steps[k]);
  return isSame ? steps : changed;
}

/** A kernel with one path replaced. @throws {RangeError} when it has no such path. */
export function withPath(
  kernel: KernelModel,
  path: string,
  change: (steps: readonly Step[]) => readonly Step[],
): KernelModel {
  const steps = kernel.paths[path];
  if (!steps) throw new RangeError(`${kernel.id} has no path ${path}`);
  return { ...kernel, paths: { ...kernel.paths, [path]: change(steps) } };
}

/** Queues that frees are deferred to: all but the kernel's own of zspages whose pages were locked. */
export function deferringQueues(kernel: KernelModel): readonly string[] {
  return Object.keys(kernel.queues).filter((name) => name !== FREE_WORK);
}

/**
 * A design that changes zs_free comes before those that have copied it for a queue or a drain.
 * @throws {DesignError} when there is such a copy.
 */
export function refuseAfterCopy(kernel: KernelModel, id: string): void {
  if (Object.keys(kernel.paths).some((path) => path.startsWith('zs_free ')))
    throw new DesignError(`${id} changes zs_free, which a part before it has copied: name ${id} first`);
}

/** The step's lock is the pool's, whatever this kernel calls it. */
export function isPoolLock(lock: string): boolean {
  return lock === 'pool->migrate_lock' || lock === 'pool->lock';
}

/** The lock that zs_free holds while it changes lists: class->lock, or the pool's only lock. */
export function listLock(kernel: KernelModel): string {
  return 'class->lock' in kernel.locks ? 'class->lock' : 'pool->lock';
}
