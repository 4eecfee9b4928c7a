import { expect, it } from 'vitest';
import type { FittedParameter } from '../../../src/replay/calibrate/ensemble.ts';
import {
  centralSet,
  drawnSet,
  PARAMETERS,
  type ParameterSet,
} from '../../../src/replay/calibrate/parameters.ts';
import { respond, sensitivityOf, valueOfInformation } from '../../../src/replay/calibrate/sensitivity.ts';
import { interval } from '../../../src/replay/interval.ts';

const FITTED: FittedParameter[] = PARAMETERS.map((parameter) => ({
  ...parameter,
  kept: { value: parameter.central, lo: parameter.low, hi: parameter.high },
}));
/** The speed-up follows the hand-off strongly, the split of lock calls a little, and nothing else. */
const speedup = ({ values }: ParameterSet) => 1 + values.handOffOneNs / 1000 + values.callSplit / 100;

const sets = [centralSet(), ...Array.from({ length: 40 }, (_, k) => drawnSet(PARAMETERS, k + 1, 1))];
const responses = respond(FITTED, sets[0]!, [{ id: 'a', speedups: sets.map(speedup) }], (asked) =>
  asked.map((set) => [speedup(set)]),
);

it('the parameter that moves the answer most is first, those that do not are left out', () => {
  const rows = sensitivityOf(responses[0]!);
  expect(rows.map((row) => row.parameter)).toEqual(['handOffOneNs', 'callSplit']);
  expect(rows[0]!.speedupAtLow).toBeCloseTo(1 + 0.05 + 0.005);
  expect(rows[0]!.speedupAtHigh).toBeCloseTo(1 + 0.4 + 0.005);
});

it('knowing it leaves what the others do', () => {
  const [unknown, ...rest] = valueOfInformation(responses, sets, interval);
  expect(rest).toEqual([]);
  expect(unknown!.what).toBe('a lock goes to its only waiter');
  const [cut] = unknown!.cuts;
  expect(cut!.from.hi - cut!.from.lo).toBeGreaterThan(0.25);
  expect(cut!.to.hi - cut!.to.lo).toBeLessThan(0.005);
  expect(cut!.to.lo).toBeGreaterThan(1.2);
});
