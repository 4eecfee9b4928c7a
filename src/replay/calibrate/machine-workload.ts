import { COMPACTION_COSTS } from '../compaction.ts';
import { COST_QUANTILES } from '../engine/machine.ts';
import { mix } from '../engine/random.ts';
import { COST_SHAPE } from '../reproduce/reduction.ts';
import type { Workload } from '../workload.ts';
import type { MachineNumbers } from './parameters.ts';

/** Where the private time of a page lies: before the path, at the slot, behind the lock. */
const PRIVATE = { think: 0.6, slot: 0.2, 'free-handle': 0.2 } as const;
/** Share of the look-up that a class in the handle word costs in addition. */
const READ_AGAIN = 0.1;
const LUCK = 0x3c1f;

/** The frees of a recording with costs of a published machine; the spread of each is that of `reproduce`. */
export function machineWorkload(workload: Workload, numbers: MachineNumbers, enqueueNs: number): Workload {
  const { holdNs, locateNs, privateNs, pageNs } = numbers;
  const means = {
    locate: locateNs,
    'locate-class': locateNs * READ_AGAIN,
    'obj-free': holdNs,
    'free-page': pageNs,
    slot: privateNs * PRIVATE.slot,
    'free-handle': privateNs * PRIVATE['free-handle'],
  };
  const shaped = (mean: number) => COST_SHAPE.map((factor) => mean * factor);
  const distributions = new Map(
    [...workload.distributions].filter(([name]) => COMPACTION_COSTS.includes(name)),
  );
  for (const [name, mean] of Object.entries(means)) distributions.set(name, shaped(mean));
  distributions.set('enqueue', new Float64Array(COST_QUANTILES).fill(enqueueNs));
  const between = shaped(privateNs * PRIVATE.think);
  return {
    ...workload,
    // What was recorded of single frees is of another machine.
    costs: workload.tasks.map(() => new Map()),
    distributions,
    tasks: workload.tasks.map((task, t) => ({
      ...task,
      thinkNs: task.thinkNs.map((_, i) => (i === 0 ? 0 : between[mix(i, t, LUCK) % COST_QUANTILES]!)),
    })),
  };
}
