import { TREE_LOCK, ZSWAP_PATHS } from '../kernels/zswap.ts';
import type { KernelModel, Step } from '../steps.ts';
import { type Design, DesignError } from './design.ts';
import { staleVerdicts } from './folio-store.ts';
import { rewriteSteps } from './rewrite.ts';
import { wantsZswap } from './store-rewrite.ts';

const TABLE_LOCK = 'vswap cluster lock';
const CLUSTER_SLOTS = 512;

/** Entries in tables by clusters of 512 slots instead of trees of 64 MB. */
export const vswap: Design = {
  id: 'vswap',
  changes: 'store',
  place: 'last',
  title: 'entries in cluster tables (virtual swap) instead of xarrays',
  safety: 'posted',
  source: 'series "virtual swap", v2 (June 2026)',
  notes: [
    'What is modelled is the lock: one for 512 slots instead of one for 64 MB. A look-up in the table is taken to cost what one in the tree costs: not known.',
    'A store into the table needs no memory: that is in the structural model (docs/zswap.md), not in these times.',
    'Entries without a physical slot are not written back: the shrinker is stopped where it was recorded to write, as without a disk behind the device. What it would look at then is not modelled; what the pool then refuses is, where the recording wrote back or met the limit.',
  ],
  options: [],
  evidence: () => [
    ...staleVerdicts('virtual', { rules: ['erases all slots', 'erases nothing'] }),
    ...staleVerdicts('virtual on a disk'),
    ...staleVerdicts('virtual on a disk', { failsAt: 0, rules: ['erases all slots'] }),
    ...staleVerdicts('virtual on a disk', { failsAt: 0, rules: ['erases all slots'], releasesOlder: false }),
  ],
  apply: (kernel) => {
    wantsZswap(kernel, 'vswap');
    if (kernel.locks[TREE_LOCK]?.per !== 'cluster')
      throw new DesignError(`${kernel.id}: entries are in no xarray that vswap could stand in for`);
    const onTable = (steps: readonly Step[]): readonly Step[] =>
      rewriteSteps(steps, (step): readonly Step[] | undefined =>
        (step.do === 'lock' || step.do === 'unlock') && step.lock === TREE_LOCK
          ? [{ ...step, lock: TABLE_LOCK }]
          : undefined,
      );
    const { [TREE_LOCK]: tree, ...locks } = kernel.locks;
    const { writeback, writebackStopped } = ZSWAP_PATHS;
    const stopped = kernel.paths[writebackStopped];
    // Writebacks that are stopped are not taken together.
    const { [writeback]: _, ...gathers } = kernel.gathers ?? {};
    const changed: KernelModel = {
      ...kernel,
      ...(kernel.gathers ? { gathers } : {}),
      locks: { ...locks, [TABLE_LOCK]: tree },
      clusterSlots: CLUSTER_SLOTS,
      virtualSwap: true,
      paths: {
        ...Object.fromEntries(Object.entries(kernel.paths).map(([path, steps]) => [path, onTable(steps)])),
        ...(stopped ? { [writeback]: stopped } : {}),
      },
    };
    return changed;
  },
};
