import { SPLIT_PAGE, STORE_PAGE, ZSWAP_PATHS } from '../kernels/zswap.ts';
import type { KernelModel, Step } from '../steps.ts';
import { DesignError } from './design.ts';
import { rewriteSteps, withPath } from './rewrite.ts';

/** @throws {DesignError} for a kernel whose paths of zswap are not in it. */
export function wantsZswap(kernel: KernelModel, id: string): void {
  if (!(STORE_PAGE in kernel.paths))
    throw new DesignError(
      `${id} changes zswap_store, and ${kernel.id} is replayed without zswap (--path store)`,
    );
}

/**
 * A path of zswap rewritten.
 * @param nothing What is missing when no step matches.
 * @throws {DesignError} when nothing matches.
 */
export function rewriteStore(
  kernel: KernelModel,
  path: string,
  rewrite: (step: Step) => readonly Step[] | undefined,
  nothing: string,
): KernelModel {
  let matched = false;
  const changed = withPath(kernel, path, (steps) =>
    rewriteSteps(steps, (step) => {
      const replaced = rewrite(step);
      if (replaced) matched = true;
      return replaced;
    }),
  );
  if (!matched) throw new DesignError(`${kernel.id}: ${nothing}`);
  return changed;
}

/** Where a cost is drawn. */
export const draws = (step: Step, cost: string): boolean => 'cost' in step && step.cost === cost;

/** Folios of several pages are split before they are stored. */
export function isSplit(kernel: KernelModel): boolean {
  let found = false;
  rewriteSteps(kernel.paths[ZSWAP_PATHS.store] ?? [], (step) => {
    found ||= draws(step, SPLIT_PAGE);
    return undefined;
  });
  return found;
}

/** Paths reached from those that zswap's tasks run, by name. */
export function reachedFromZswap(kernel: KernelModel): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    rewriteSteps(kernel.paths[path] ?? [], (step) => {
      if (step.do === 'call') visit(step.path);
      return undefined;
    });
  };
  for (const path of Object.values(ZSWAP_PATHS)) visit(path);
  return found;
}
