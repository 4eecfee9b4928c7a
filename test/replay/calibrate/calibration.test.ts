import { describe, expect, it } from 'vitest';
import { type CalibrationInput, calibrate } from '../../../src/replay/calibrate/calibration.ts';
import { measuredResults } from '../../../src/replay/calibrate/measured-result.ts';
import type { Measured } from '../../../src/replay/calibrate/noise.ts';
import { interval } from '../../../src/replay/interval.ts';
import { FREE_NS, type MadeUp, recordedFrees } from '../../helpers/recorded-frees.ts';

const MADE: MadeUp = {
  tasks: 1,
  frees: 400,
  insideNs: 200,
  outsideNs: 150,
  thinkNs: 300,
  thinkTracerNs: 200,
  transferNs: 0,
};
/** The estimate of a recording is an upper bound: here 25 and 20 % too much. */
const ESTIMATE = { insideNs: 250, outsideNs: 180 };

function calibrated(made: MadeUp, more: Partial<CalibrationInput> = {}) {
  const recording = recordedFrees(made);
  return calibrate({
    ...recording,
    cpus: made.tasks,
    tracer: ESTIMATE,
    world: 'traced',
    runs: 21,
    seed: 1,
    measured: [],
    ...more,
  });
}

describe('the tracer in the model', () => {
  // Noise of 0 to 4 ns in each of seven calls.
  const untracedNs = MADE.frees * (FREE_NS + 14) + (MADE.frees - 1) * MADE.thinkNs;
  const kept = (measured: readonly Measured[]) => {
    const { ensemble } = calibrated(MADE, { world: 'untraced', measured });
    const of = (name: string) => ensemble.parameters.find((parameter) => parameter.name === name)!.kept;
    return { ensemble, inside: of('probeInside'), between: of('probeBetween') };
  };

  it('an untraced time chooses the sets that give it, and narrows what is predicted', () => {
    const measured: Measured[] = [{ name: 'munmap', ns: untracedNs }];
    const { ensemble } = kept(measured);
    const [row] = measuredResults(measured, ensemble, interval);
    expect(row!.predictedNs.lo).toBeLessThan(untracedNs);
    expect(row!.predictedNs.hi).toBeGreaterThan(untracedNs);
    expect(Math.abs(row!.afterNs!.value / untracedNs - 1)).toBeLessThan(0.04);
    expect(row!.afterNs!.hi - row!.afterNs!.lo).toBeLessThan((row!.predictedNs.hi - row!.predictedNs.lo) / 2);
  });

  it('two untraced times find the cost of a probe and of the time between frees', () => {
    const { inside, between } = kept([
      { name: 'munmap', ns: untracedNs },
      { name: 'zs_free', ns: FREE_NS + 14 },
    ]);
    // 200 of 250 ns; 200 of 500 ns.
    expect(inside.lo).toBeLessThan(0.8);
    expect(inside.hi).toBeGreaterThan(0.8);
    expect(Math.abs(between.value - 0.4)).toBeLessThan(0.12);
    expect(between.hi - between.lo).toBeLessThan(0.45);
  });

  it('says so when no set gives the measured time', () => {
    const measured: Measured[] = [{ name: 'munmap', ns: 50 * untracedNs }];
    const { ensemble } = calibrated(MADE, { world: 'untraced', measured, runs: 3 });
    expect(ensemble.accepted).toBe(0);
    expect(measuredResults(measured, ensemble, interval)[0]!.afterNs).toBeNull();
  });

  it('the same recording gives the same sets', () => {
    const of = () => calibrated(MADE, { world: 'untraced' }).ensemble.sets;
    expect(of()).toEqual(of());
  });
});

describe('the way of a cache line', () => {
  it.each([0, 45, 110])('%i ns are found between calls with and without it', (transferNs) => {
    const { lineTransfer, ensemble } = calibrated({ ...MADE, tasks: 2, transferNs });
    expect(Math.abs(lineTransfer!.valueNs - transferNs)).toBeLessThanOrEqual(2);
    const parameter = ensemble.parameters.find(({ name }) => name === 'lineTransferNs')!;
    expect(parameter.basis).toBe('measured');
    expect(parameter.high - parameter.low).toBeLessThan(10);
  });

  it('is not told by one CPU', () => {
    expect(calibrated(MADE).lineTransfer).toBeNull();
  });
});

describe('the hand-off of a lock', () => {
  const waiting = (count: number, leastNs: number) => {
    const recording = recordedFrees({ ...MADE, tasks: 2 });
    for (let k = 0; k < count; k++)
      recording.ops.parts.lockWait.add(recording.workload.rows[0]![k]!, leastNs + 40 * k);
    const { ensemble } = calibrate({
      ...recording,
      cpus: 2,
      tracer: ESTIMATE,
      world: 'traced',
      runs: 1,
      seed: 1,
      measured: [],
    });
    return ensemble.parameters.find(({ name }) => name === 'handOffOneNs')!;
  };

  it('takes no more than the quickest waits, less the probe in them', () => {
    // 5 % of 100 waits are quicker than 300 + 5 x 40 ns; 0.7 x 250 ns are the tracer's at least.
    const { high, central } = waiting(100, 300);
    expect(high).toBeCloseTo(325);
    expect(central).toBeCloseTo((50 + 325) / 2);
  });

  it.each([
    [10, 300],
    [100, 3000],
  ])('stays as assumed with %i waits from %i ns up', (count, leastNs) => {
    expect(waiting(count, leastNs)).toMatchObject({ central: 200, high: 400 });
  });
});
