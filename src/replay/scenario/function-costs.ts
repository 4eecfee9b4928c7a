import { PAGE_BULK } from '../../model/kernels/pieces.ts';
import { callCost, withCallCosts } from '../../model/probe-costs.ts';
import type { KernelModel, Step } from '../../model/steps.ts';
import { ScenarioError } from './request.ts';

const both = (step: 'lock' | 'unlock' | 'read-lock' | 'read-unlock'): readonly string[] => [
  callCost(step, 'before'),
  callCost(step, 'after'),
];

/** Functions of the kernel whose own work is a cost of the program. */
const FUNCTIONS: Readonly<Record<string, readonly string[]>> = {
  obj_free: ['obj-free'],
  fix_fullness_group: ['fix-group'],
  free_zspage: ['free-page', PAGE_BULK],
  __free_zspage: ['free-page', PAGE_BULK],
  free_pcppages_bulk: [PAGE_BULK],
  cache_free_handle: ['free-handle'],
  _raw_spin_lock: both('lock'),
  spin_lock: both('lock'),
  _raw_spin_unlock: both('unlock'),
  spin_unlock: both('unlock'),
  _raw_read_lock: both('read-lock'),
  read_lock: both('read-lock'),
  _raw_read_unlock: both('read-unlock'),
  read_unlock: both('read-unlock'),
};

/** Paths that have the name of a function. */
const PATHS: Readonly<Record<string, string>> = { zs_free: 'zs_free', zram_slot_free_notify: 'notify' };

/** The path that is replayed for each free. */
const ENTRY = 'swap free';

/**
 * Costs behind the name of a function or of a cost, as far as one of the kernels pays them.
 * @throws {ScenarioError} for names that mean nothing there.
 */
export function costsOf(name: string, kernels: readonly KernelModel[]): readonly string[] {
  const paid = new Set(kernels.flatMap((kernel) => [...costsPaid(kernel, [ENTRY])]));
  const meant = meaning(name, kernels).filter((cost) => paid.has(cost));
  if (meant.length > 0) return meant;
  const steps = [...paid].filter((cost) => !cost.includes(','));
  const known = [...Object.keys(FUNCTIONS), ...Object.keys(PATHS), ...steps].filter((candidate) =>
    meaning(candidate, kernels).some((cost) => paid.has(cost)),
  );
  throw new ScenarioError(
    `--speedup: no function or step "${name}" in what is replayed; there are ${known.join(', ')}`,
  );
}

function meaning(name: string, kernels: readonly KernelModel[]): readonly string[] {
  const path = PATHS[name];
  if (path !== undefined) return [...new Set(kernels.flatMap((kernel) => [...costsPaid(kernel, [path])]))];
  return FUNCTIONS[name] ?? [name];
}

/** Costs of the steps of paths, of what they call and of what their queues drain. */
function costsPaid(kernel: KernelModel, paths: readonly string[]): ReadonlySet<string> {
  const { paths: all } = withCallCosts(kernel);
  const costs = new Set<string>();
  const seen = new Set<string>();
  const visitPath = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    visit(all[path] ?? []);
  };
  const visit = (steps: readonly Step[]): void => {
    for (const step of steps) {
      if (step.do === 'work') costs.add(step.cost);
      else if (step.do === 'when' || step.do === 'repeat') visit(step.steps);
      else if (step.do === 'try-lock') visit(step.failed);
      else if (step.do === 'call') visitPath(step.path);
      else if (step.do === 'enqueue') {
        visit(step.full);
        visitPath(kernel.queues[step.queue]!.drain);
      }
    }
  };
  for (const path of paths) visitPath(path);
  return costs;
}
