import { rewriteSteps } from '../designs/rewrite.ts';
import type { KernelModel, PageLists, Step } from '../steps.ts';
import { FULL_LIST, ZONE_LOCK } from './pieces.ts';

/**
 * Lists whose high mark and batch nobody has measured: the batch of a zone of a GB or more, and four of
 * them. A list begins as a batch has just left it.
 * @param batch Pages that leave a list at once, 1 or more.
 * @param high Pages in a full list, no fewer.
 */
export function pageLists(batch: number, high: number): PageLists {
  return { batch, high, start: [], startElsewhere: high - batch, startIsUnknown: true };
}

/** Lists as a reviewer is shown them. */
export const USUAL_LISTS: PageLists = pageLists(63, 252);

/**
 * The kernel with lists of free pages: where free_zspage gives pages back, whatever is held there, a full
 * list gives a batch to the buddy allocator under {@link ZONE_LOCK}. The list's own lock is never waited
 * for (it is tried, by its own CPU), and is part of what a page costs.
 */
export function withPageLists(kernel: KernelModel, pageLists: PageLists): KernelModel {
  const release = (step: Step) =>
    step.do === 'pool' && step.action === 'release-zspage' ? [step, FULL_LIST] : undefined;
  const paths = Object.entries(kernel.paths).map(
    ([name, steps]) => [name, rewriteSteps(steps, release)] as const,
  );
  return {
    ...kernel,
    locks: { ...kernel.locks, [ZONE_LOCK]: { kind: 'qspinlock', per: 'device' } },
    paths: Object.fromEntries(paths),
    pageLists,
  };
}
