import { describe, expect, it } from 'vitest';
import { callCostOf, measuredBy } from '../../../src/replay/calibrate/call-cost.ts';
import { PARAMETERS } from '../../../src/replay/calibrate/parameters.ts';
import { OperationKind, OperationTable } from '../../../src/trace/operations.ts';

const WORK_NS = 500;
const INSIDE_NS = 300;
const PER_CALL_NS = 700;

/** Frees with so many traced calls below each, and so much time between them. */
function frees(count: number, calls: number, betweenNs: number): OperationTable {
  const ops = new OperationTable();
  let ns = 0;
  for (let n = 0; n < count; n++) {
    const row = ops.add(OperationKind.Free);
    ops.task[row] = 1;
    ops.startNs[row] = ns;
    ns += WORK_NS + INSIDE_NS + calls * PER_CALL_NS;
    ops.endNs[row] = ns;
    ops.parts.calls.add(row, calls);
    ns += betweenNs;
  }
  return ops;
}

const parameter = (name: string) => PARAMETERS.find((one) => one.name === name)!;

describe('the cost of a traced call by two recordings', () => {
  // The estimate of quick calls: 500 of the 700 ns.
  const tracer = { insideNs: INSIDE_NS, outsideNs: 200 };

  it('is the difference of the times over that of the calls', () => {
    const cost = callCostOf(frees(400, 9, 1000), frees(400, 1, 400), tracer);
    expect(cost.share).toBeCloseTo(PER_CALL_NS / 500);
    expect(cost.lo).toBeLessThan(cost.share);
    expect(cost.hi).toBeGreaterThan(cost.share);
    expect(cost.between).toBeCloseTo(0.6);
    for (const name of ['probeInside', 'probeOutside'])
      expect(measuredBy(parameter(name), cost)).toMatchObject({
        central: cost.share,
        low: cost.lo,
        high: 2,
      });
    expect(measuredBy(parameter('probeBetween'), cost)).toMatchObject({ low: cost.between, high: 0.9 });
    expect(measuredBy(parameter('wakeNs'), cost)).toBe(parameter('wakeNs'));
  });

  it('leaves waits for locks out', () => {
    const full = frees(400, 9, 1000);
    for (let row = 0; row < 50; row++) {
      full.endNs[row]! += 5000;
      full.parts.lockWait.add(row, 5000);
    }
    expect(callCostOf(full, frees(400, 1, 400), tracer).share).toBeCloseTo(PER_CALL_NS / 500);
  });

  it.each([
    [frees(400, 9, 0), /9\.0 traced calls below a zs_free, 9\.0 in the recording itself/],
    [frees(200, 1, 0), /200 frees with a duration, 400 in the recording itself/],
    [new OperationTable(), /0 frees/],
  ])('refuses a recording that cannot show it', (light, message) => {
    expect(() => callCostOf(frees(400, 9, 0), light, tracer)).toThrow(message);
  });
});
