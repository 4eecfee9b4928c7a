import { describe, expect, it } from 'vitest';
import { type CalibrationInput, calibrate } from '../../../src/replay/calibrate/calibration.ts';
import { judgedByMeasured } from '../../../src/replay/calibrate/judge-measured.ts';
import { measuredResults } from '../../../src/replay/calibrate/measured-result.ts';
import type { Measured } from '../../../src/replay/calibrate/noise.ts';
import { interval } from '../../../src/replay/interval.ts';
import type { Validation } from '../../../src/replay/result.ts';
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
/** The estimate of a recording holds the work of quick calls: here 25 and 20 % too much. */
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
    // 200 of 250 ns within and 150 of 180 around a call; 200 of 500 ns.
    expect(inside.lo).toBeLessThan(150 / 180);
    expect(inside.hi).toBeGreaterThan(0.8);
    expect(Math.abs(between.value - 0.4)).toBeLessThan(0.12);
    expect(between.hi - between.lo).toBeLessThan(0.45);
  });

  it('a tracer that takes more than quick calls show is found as well', () => {
    const measured: Measured[] = [
      { name: 'munmap', ns: untracedNs },
      { name: 'zs_free', ns: FREE_NS + 14 },
    ];
    const tracer = { insideNs: MADE.insideNs / 1.5, outsideNs: MADE.outsideNs / 1.5 };
    const { ensemble } = calibrated(MADE, { world: 'untraced', measured, tracer });
    const { lo, hi } = ensemble.parameters.find(({ name }) => name === 'probeInside')!.kept;
    expect(ensemble.accepted).toBeGreaterThan(0);
    expect(lo).toBeGreaterThan(1.4);
    expect(hi).toBeLessThan(1.6);
  });

  it('says so when no set gives the measured time', () => {
    const measured: Measured[] = [{ name: 'munmap', ns: 50 * untracedNs }];
    const { ensemble } = calibrated(MADE, { world: 'untraced', measured, runs: 3 });
    expect(ensemble.accepted).toBe(0);
    const results = measuredResults(measured, ensemble, interval);
    expect(results[0]!.afterNs).toBeNull();
    const fits = { verdict: 'fits', reasons: ['as before'] } as unknown as Validation;
    const { verdict, reasons } = judgedByMeasured(fits, measured, results, ensemble);
    expect(verdict).toBe('does-not-fit');
    expect(reasons[0]).toMatch(
      /^without the tracer: munmap [\d.]+ ms measured, [\d.]+ ms \([\d.]+ to [\d.]+\) predicted; no parameter set of \d+ gives/,
    );
    expect(reasons[1]).toBe('as before');
    expect(judgedByMeasured(fits, [], [], ensemble)).toBe(fits);
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
