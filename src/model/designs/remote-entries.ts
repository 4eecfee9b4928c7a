import { work } from '../kernels/pieces.ts';
import { STORE_PAGE, ZSWAP_PATHS } from '../kernels/zswap.ts';
import type { KernelModel } from '../steps.ts';
import { rewriteSteps, withPath } from './rewrite.ts';
import { draws } from './store-rewrite.ts';

/** What the first write to an entry takes beyond a local one: nothing for one on the CPU's own node. */
export const REMOTE_ENTRY = 'remote-entry';

const FIRST_WRITE = work('entry on another node: its first write goes there', REMOTE_ENTRY);

/** A kernel on a machine of several nodes: entries may lie elsewhere than the CPU that makes them. */
export function withRemoteEntries(kernel: KernelModel): KernelModel {
  return [ZSWAP_PATHS.store, STORE_PAGE, ZSWAP_PATHS.storeFailed].reduce(
    (model, path) =>
      withPath(model, path, (steps) =>
        rewriteSteps(steps, (step) => (draws(step, 'entry') ? [step, FIRST_WRITE] : undefined)),
      ),
    kernel,
  );
}
