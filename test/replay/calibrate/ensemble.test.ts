import { describe, expect, it } from 'vitest';
import { distance, ensembleOf, type Figures } from '../../../src/replay/calibrate/ensemble.ts';
import type { Statistic } from '../../../src/replay/calibrate/noise.ts';
import {
  centralSet,
  drawnSet,
  PARAMETERS,
  type ParameterSet,
  timesOf,
  withValue,
} from '../../../src/replay/calibrate/parameters.ts';
import { Machine } from '../../../src/replay/engine/machine.ts';
import { constant, generator, kernelOf, runOf, taskOf } from '../../helpers/machine.ts';

/** Three CPUs that want one lock most of the time. */
const KERNEL = kernelOf({
  locks: { 'class->lock': { kind: 'qspinlock', per: 'pool' } },
  paths: {
    free: [
      { do: 'lock', lock: 'class->lock' },
      { do: 'work', what: 'hold', cost: 'hold' },
      { do: 'unlock', lock: 'class->lock' },
    ],
  },
});
const random = generator(4);
const TASKS = [0, 1, 2].map((cpu) =>
  taskOf(
    cpu,
    Float64Array.from({ length: 300 }, () => 900 * random()),
  ),
);

function replay(set: ParameterSet): Figures {
  const result = new Machine(
    runOf(KERNEL, TASKS, { times: { ...timesOf(set), sliceNs: 3e6 }, costs: { hold: constant(300) } }),
  ).run();
  const [lock] = result.locks;
  return { wait: lock!.waitNs, waits: lock!.contended, whole: Math.max(...result.taskEndNs) };
}

const replayAll = (sets: readonly ParameterSet[]) => sets.map(replay);

function recordedBy(set: ParameterSet): readonly Statistic[] {
  const figures = replay(set);
  return (['wait', 'waits', 'whole'] as const).map((name) => ({
    name,
    recorded: figures[name]!,
    tolerance: 0.03 * figures[name]!,
  }));
}

describe('the ensemble', () => {
  it.each([90, 200, 350])('finds a hand-off of %i ns in the waits of a recording', (truth) => {
    const hidden = withValue(withValue(centralSet(), 'handOffOneNs', truth), 'handOffMoreNs', 60);
    const statistics = recordedBy(hidden);
    const { sets, accepted, parameters } = ensembleOf(PARAMETERS, [{ statistics, replay: replayAll }], {
      runs: 21,
      seed: 1,
      tries: 300,
    });
    expect(accepted).toBeGreaterThan(5);
    // With several waiters almost always, the waits show the sum.
    const many = sets.slice(1, 1 + accepted).map(({ values }) => values.handOffOneNs + values.handOffMoreNs);
    many.sort((a, b) => a - b);
    expect(Math.abs(many[accepted >> 1]! - (truth + 60))).toBeLessThan(45);
    expect(many.at(-1)! - many[0]!).toBeLessThan((400 + 180 - 50 - 15) / 2);
    // What has no part in it stays open.
    const wake = parameters.find(({ name }) => name === 'wakeNs')!;
    expect(wake.kept.hi / wake.kept.lo).toBeGreaterThan(5);
  });

  it('every kept set reproduces the recording; the central one comes first', () => {
    const statistics = recordedBy(centralSet());
    const { sets } = ensembleOf(PARAMETERS, [{ statistics, replay: replayAll }], {
      runs: 11,
      seed: 1,
      tries: 300,
    });
    expect(sets).toHaveLength(11);
    expect(sets[0]).toEqual(centralSet());
    for (const set of sets) expect(distance(statistics, replay(set))).toBeLessThanOrEqual(1);
  });

  it('says when no set reproduces the recording, and keeps the nearest', () => {
    const statistics: Statistic[] = [{ name: 'whole', recorded: 1, tolerance: 1 }];
    const { sets, accepted, tried } = ensembleOf(PARAMETERS, [{ statistics, replay: replayAll }], {
      runs: 5,
      seed: 1,
      tries: 12,
    });
    expect([accepted, tried, sets.length]).toEqual([0, 12, 5]);
    const offs = Array.from({ length: 12 }, (_, k) =>
      distance(statistics, replay(drawnSet(PARAMETERS, k + 1, 1))),
    ).sort((a, b) => a - b);
    for (const set of sets.slice(1)) expect(distance(statistics, replay(set))).toBeLessThanOrEqual(offs[2]!);
  });

  it('is the same for the same seed, and another for another', () => {
    const check = { statistics: recordedBy(centralSet()), replay: replayAll };
    const of = (seed: number) => ensembleOf(PARAMETERS, [check], { runs: 5, seed, tries: 60 }).sets;
    expect(of(7)).toEqual(of(7));
    expect(of(7)).not.toEqual(of(8));
  });

  it('draws within the ranges', () => {
    for (let number = 1; number < 200; number++) {
      const { values } = drawnSet(PARAMETERS, number, 3);
      for (const { name, low, high } of PARAMETERS) {
        expect(values[name]).toBeGreaterThanOrEqual(low);
        expect(values[name]).toBeLessThanOrEqual(high);
      }
    }
  });
});
