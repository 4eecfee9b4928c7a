import { describe, expect, it } from 'vitest';
import type { RecordedTimes } from '../../src/replay/engine/columns.ts';
import { inOrderOfRun, pausesInOrderOfRun, phaseBounds } from '../../src/replay/order-of-times.ts';

/** 40 frees of 10 ns after pauses of 1 ns, with a pause of 10 us before the 16th and one before the first. */
const thinkNs = Float64Array.from({ length: 40 }, (_, i) =>
  i === 0 ? 5_000 : i === 15 ? 10_000 : 1 + i / 100,
);
const costs = new Map([['work', Float64Array.from({ length: 40 }, (_, i) => 10 + i / 10)]]);
const bounds = phaseBounds({ thinkNs }, costs);
const sum = (column: Float64Array, from: number, to: number) =>
  column.subarray(from, to).reduce((total, ns) => total + ns, 0);

/** Times one behind another. */
const laidOut = (times: RecordedTimes) =>
  times instanceof Float64Array
    ? times
    : Float64Array.from(times.pieces.flatMap(([from, to]) => [...times.column.subarray(from, to)]));

describe('the order of times', () => {
  it('has a phase behind each long pause', () => {
    expect(bounds).toEqual([0, 15, 40]);
  });

  it('is the recorded one in run 0', () => {
    expect(inOrderOfRun(thinkNs, bounds, 0, 1)).toBe(thinkNs);
    expect(pausesInOrderOfRun(thinkNs, bounds, 0, 1)).toBe(thinkNs);
  });

  it.each([2, 3, 4, 20])('keeps long pauses and what each phase takes in run %i', (run) => {
    const pauses = pausesInOrderOfRun(thinkNs, bounds, run, 1);
    const work = laidOut(inOrderOfRun(costs.get('work')!, bounds, run, 1));
    expect([pauses[0], pauses[15]]).toEqual([5_000, 10_000]);
    expect([...work]).not.toEqual([...costs.get('work')!]);
    for (const [from, to] of [
      [0, 15],
      [15, 40],
    ] as const) {
      expect(sum(pauses, from, to)).toBeCloseTo(sum(thinkNs, from, to), 6);
      expect(sum(work, from, to)).toBeCloseTo(sum(costs.get('work')!, from, to), 6);
    }
  });

  it('takes a task without frees', () => {
    const none = new Float64Array(0);
    const at = phaseBounds({ thinkNs: none }, new Map());
    expect(pausesInOrderOfRun(none, at, 3, 0)).toHaveLength(0);
  });
});
