import { describe, expect, it } from 'vitest';
import { calibrate } from '../../../src/replay/calibrate/calibration.ts';
import { makePlatform } from '../../../src/replay/calibrate/make-platform.ts';
import { calibrationOf } from '../../../src/replay/calibrate/on-platform.ts';
import { type PlatformFile, parsePlatformFile } from '../../../src/replay/calibrate/platform-file.ts';
import { type Fit, platformSource } from '../../../src/replay/calibrate/platform-source.ts';
import { placedWorkload } from '../../../src/replay/placed-workload.ts';
import { onThisThread } from '../../../src/replay/sweep.ts';
import { predict } from '../../../src/replay/what-if.ts';
import { type MadeUp, recordedFrees } from '../../helpers/recorded-frees.ts';

const MADE: MadeUp = {
  tasks: 2,
  frees: 600,
  insideNs: 200,
  outsideNs: 150,
  thinkNs: 300,
  thinkTracerNs: 200,
  transferNs: 60,
};
const TRACER = { insideNs: 220, outsideNs: 160 };
const FIT: Fit = { world: 'traced', runs: 9, seed: 1, measured: [], execute: onThisThread };

const recording = recordedFrees(MADE);
const own = calibrate({ ...recording, ...FIT, world: 'untraced', cpus: 2, tracer: TRACER });
const prepared = {
  era: recording.era,
  basis: 'made up',
  structure: recording.structure,
  workload: recording.workload,
  make: recording.make,
  pool: recording.pool,
  from: recording.from,
  cpus: 2,
};
const file = makePlatform(prepared, own, {
  tool: { name: 'trace-replay', version: '0', command: '' },
  sources: [{ name: 'made-up.txt', format: 'function_graph', sha256: '00' }],
  release: '',
  ops: recording.ops,
  reconstruction: null,
  tracer: TRACER,
});
const text = JSON.stringify(file);

const totalOf = (calibration: ReturnType<typeof calibrationOf>) => {
  const { traced, untraced, ensemble } = calibration;
  const options = { cpus: 2, workerCpu: 1, hogs: new Uint8Array(2), seeds: 9, sets: ensemble.sets };
  return predict(recording.kernel, [], untraced ?? traced, recording.pool, options).base.totalNs;
};

describe('a platform file', () => {
  it('comes back as it was written', () => {
    expect(parsePlatformFile(text, 'a.json')).toEqual(file);
    expect(file.lineTransfer!.valueNs).toBeCloseTo(60, -1);
    expect(file.lockCalls.map(({ step }) => step)).toEqual(['read-lock', 'read-unlock', 'lock', 'unlock']);
    expect(file.betweenFrees.tracedNs[32]).toBeGreaterThanOrEqual(MADE.thinkNs + MADE.thinkTracerNs);
    expect(file.parameters.find(({ name }) => name === 'lineTransferNs')!.basis).toBe('measured');
    for (const { untracedNs, tracedNs } of Object.values(file.costs)) {
      expect(untracedNs!.least[32]!).toBeLessThanOrEqual(untracedNs!.most[32]!);
      expect(untracedNs!.most[32]!).toBeLessThanOrEqual(tracedNs[32]!);
    }
  });

  it.each(['traced', 'untraced'] as const)('gives an object stream without times its costs: %s', (world) => {
    const from = 2 * MADE.tasks * MADE.frees - 0.5;
    const bare = placedWorkload(recording.ops, recording.outcome, from);
    const { kernel, pool } = recording;
    const again = calibrationOf(parsePlatformFile(text, 'a.json'), {
      ...FIT,
      world,
      workload: bare,
      kernel,
      pool,
      cpus: 2,
    });
    const there = totalOf(again).value;
    const here = totalOf(world === 'traced' ? { ...own, untraced: null } : own).value;
    expect(Math.abs(there / here - 1)).toBeLessThan(0.15);
  });

  it.each<[string, (broken: Record<string, unknown>) => void, RegExp]>([
    ['another kind', (f) => (f.kind = 'recipe'), /kind: expected "trace-replay platform"/],
    ['another version', (f) => (f.schemaVersion = 2), /schemaVersion: expected 1/],
    ['no CPU', (f) => (f.cpus = 0), /cpus: expected a number from 1 up/],
    [
      'falling quantiles',
      (f) => ((f.costs as PlatformFile['costs'])['obj-free']!.tracedNs as number[]).reverse(),
      /costs\["obj-free"\]\.tracedNs: expected 64 times of rising size/,
    ],
    ['a missing parameter', (f) => (f.parameters = []), /parameters: expected one of the name handOffOneNs/],
    ['a share beyond 1', (f) => (f.lineMoves = { a: 2 }), /lineMoves\["a"\]: expected a share from 0 to 1/],
    ['no costs', (f) => delete f.costs, /costs: expected costs by name/],
  ])('with %s is refused with what was expected', (_, break_, message) => {
    const broken = JSON.parse(text) as Record<string, unknown>;
    break_(broken);
    expect(() => parsePlatformFile(JSON.stringify(broken), 'a.json')).toThrow(message);
    expect(() => parsePlatformFile(JSON.stringify(broken), 'a.json')).toThrow(
      /^a\.json: not a platform file/,
    );
  });

  it.each(['', '[1, 2]', 'null', '{"a":'])('%j is none', (bad) => {
    expect(() => parsePlatformFile(bad, 'a.json')).toThrow(/^a\.json: not a platform file: /);
  });
});

describe('a published machine', () => {
  it('gives about the published time of a page to frees of one process', () => {
    const one = recordedFrees({ ...MADE, tasks: 1 });
    const source = platformSource('rk3588', () => null);
    const { kernelFor, calibration } = source.calibrate({ ...prepared, ...one, cpus: 1 }, FIT);
    const kernel = kernelFor(one.workload);
    const options = {
      cpus: 1,
      workerCpu: 0,
      hogs: new Uint8Array(1),
      seeds: 9,
      sets: calibration.ensemble.sets,
    };
    const { totalNs } = predict(kernel, [], calibration.traced, one.pool, options).base;
    // 63.1 ms for 65,536 pages; pages that go back are on top of it.
    expect(totalNs.value / MADE.frees).toBeGreaterThan(963 * 0.93);
    expect(totalNs.value / MADE.frees).toBeLessThan(963 * 1.15);
  });

  it('that is not known is answered with those that are', () => {
    expect(() => platformSource('i9', () => null)).toThrow(
      'no platform "i9"; there are i7-12700, raspberry-pi-4b, rk3588, and files that trace-replay calibrate wrote',
    );
  });

  it('has its own baseline: nothing measured goes with it', () => {
    const source = platformSource('rk3588', () => null);
    const measured = [{ name: 'munmap', ns: 1e6 }] as const;
    expect(() => source.calibrate(prepared, { ...FIT, measured })).toThrow(/--measured does not go with/);
  });
});
