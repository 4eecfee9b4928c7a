import { describe, expect, it } from 'vitest';
import type { KernelModel } from '../../../src/model/steps.ts';
import { Machine } from '../../../src/replay/engine/machine.ts';
import { FREE_TIMES, kernelOf, runOf, taskOf } from '../../helpers/machine.ts';

const KERNEL: KernelModel = kernelOf({
  locks: { list: { kind: 'qspinlock', per: 'pool' } },
  paths: {
    path: [
      { do: 'lock', lock: 'list' },
      { do: 'work', what: '', cost: 'held' },
      { do: 'unlock', lock: 'list' },
    ],
  },
});

/** Waits of all and of background tasks, where task t comes to the lock at comes[t]. */
function waits(comes: readonly number[], isBackground: readonly boolean[]) {
  const tasks = comes.map((at, t) =>
    taskOf(t, Float64Array.of(at), isBackground[t] ? { background: 'once' } : {}),
  );
  const { locks } = new Machine(runOf(KERNEL, tasks, { times: FREE_TIMES })).run();
  const { contended, waitNs, background } = locks[0]!;
  return { contended, waitNs, background };
}

describe('waits of background tasks', () => {
  it.each([
    // Who holds the lock for 20 ns from 0, and who comes at 5 ns.
    [[0, 5], [false, true], { contended: 1, waitNs: 15, background: { contended: 1, waitNs: 15 } }],
    [[5, 0], [false, true], { contended: 1, waitNs: 15, background: { contended: 0, waitNs: 0 } }],
    [[0, 5, 8], [false, true, false], { contended: 2, waitNs: 47, background: { contended: 1, waitNs: 15 } }],
  ] as const)('come at %j, in the background %j', (comes, isBackground, expected) => {
    expect(waits(comes, isBackground)).toEqual(expected);
  });
});
