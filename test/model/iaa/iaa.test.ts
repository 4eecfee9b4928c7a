import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IaaCall, type IaaMode, largestTwoFirst, latencyNs } from '../../../src/model/iaa/calls.ts';
import { playClosedLoop } from '../../../src/model/iaa/closed-loop.ts';
import type { IaaCosts } from '../../../src/model/iaa/costs.ts';
import { IaaDevices, type IaaSetup, SAPPHIRE_RAPIDS } from '../../../src/model/iaa/devices.ts';
import { piecesNs } from '../../../src/model/iaa/pieces.ts';

const COSTS: IaaCosts = {
  callNs: 2000,
  submitNs: 100,
  completeNs: 50,
  engineFixedNs: 400,
  engineKibNs: 400,
};
const SERVICE = 2000;
const MODE: IaaMode = {
  operation: 'compress',
  batch: 8,
  completion: { kind: 'poll' },
  verify: false,
  softwareNs: 15_000,
};
const ONE: IaaSetup = {
  packages: 1,
  devicesPerPackage: 1,
  enginesPerDevice: 1,
  queueEntries: 128,
  cpusPerPackage: 64,
  spread: 'cpu',
};
const pages = (count: number, bytes = 1500) => Array.from({ length: count }, () => ({ bytes }));
const latency = (setup: Partial<IaaSetup>, mode: Partial<IaaMode>, request = pages(8)) =>
  latencyNs(new IaaDevices({ ...ONE, ...setup }), COSTS, { ...MODE, ...mode }, request);

describe('latency of one request', () => {
  it('single page: call, submission, engine, completion', () => {
    expect(latency({}, { batch: 1 }, pages(1))).toBe(2000 + 100 + SERVICE + 50);
  });

  it('sequential pages are so many single pages', () => {
    expect(latency({ enginesPerDevice: 8 }, { batch: 1 })).toBe(8 * (2000 + 100 + SERVICE + 50));
  });

  it.each([
    // The last of 8 submissions at 2800, 2000 on its engine, one completion behind it.
    [8, 2000 + 800 + SERVICE + 50],
    // Each engine serves four, the first two of them from 2100 and 2200.
    [2, 2200 + 4 * SERVICE + 50],
    [1, 2100 + 8 * SERVICE + 50],
  ])('batch of 8 on %i engines', (enginesPerDevice, expected) => {
    expect(latency({ enginesPerDevice }, {})).toBe(expected);
  });

  it('engines of the devices of a package serve one batch when it goes round', () => {
    const spread = { devicesPerPackage: 4, enginesPerDevice: 2, spread: 'round-robin' } as const;
    expect(latency(spread, {})).toBe(latency({ enginesPerDevice: 8 }, {}));
    expect(latency({ ...spread, spread: 'cpu' }, {})).toBe(latency({ enginesPerDevice: 2 }, {}));
  });

  it('a queue of limited depth holds the CPU until an entry is free', () => {
    const devices = new IaaDevices({ ...ONE, queueEntries: 2 });
    expect(latencyNs(devices, COSTS, MODE, pages(4))).toBe(2100 + 4 * SERVICE + 50);
    // The third waits from 2300 for the first (4100); the fourth from 4200 for the second (6100).
    expect(devices.use()[0]!.queueFullNs).toBe(1800 + 1900);
  });

  it('verification adds a decompression for each page, one after the other', () => {
    expect(latency({ enginesPerDevice: 8 }, { verify: true }) - latency({ enginesPerDevice: 8 }, {})).toBe(
      8 * (100 + SERVICE + 50),
    );
  });

  it('an interrupt adds its wake-up where the CPU waits', () => {
    const completion = { kind: 'interrupt', wakeNs: 3000 } as const;
    expect(latency({}, { batch: 1, completion }, pages(1))).toBe(latency({}, { batch: 1 }, pages(1)) + 3000);
  });

  it('a stream that the hardware refuses is inflated by software', () => {
    const request = [{ bytes: 900, refused: true }];
    expect(latency({}, { operation: 'decompress' }, request)).toBe(
      latency({}, { operation: 'decompress' }, pages(1)) + 15_000,
    );
  });

  it('is that of pieces of a folio', () => {
    for (const engines of [1, 3, 8]) {
      expect(piecesNs(COSTS, { kib: 32, pieces: 8, engines })).toBe(
        latency({ enginesPerDevice: engines }, {}),
      );
    }
  });
});

describe('requests', () => {
  it('an incompressible page overflows its output: -EIO, and it is not verified', () => {
    const devices = new IaaDevices(ONE);
    const request = { cpu: 0, atNs: 0, pages: [{ bytes: 1500 }, { bytes: 4096 }] };
    const call = new IaaCall(devices, COSTS, { ...MODE, verify: true }, request);
    while (!call.done) call.advance();
    expect(call.results.map(({ error }) => error)).toEqual([0, -5]);
    expect(devices.use()[0]!.descriptors).toBe(3);
  });

  it('decompression submits the two largest first', () => {
    const sizes = [10, 40, 20, 50, 30].map((bytes) => ({ bytes }));
    expect(largestTwoFirst([0, 1, 2, 3, 4], sizes)).toEqual([3, 1, 0, 2, 4]);
  });

  it('refuses batches that the interface does not have', () => {
    for (const batch of [0, 9, 1.5]) expect(() => latency({}, { batch })).toThrow(RangeError);
    expect(() => new IaaDevices({ ...ONE, enginesPerDevice: 0 })).toThrow(RangeError);
  });

  it('CPUs find their devices', () => {
    const byCpu = new IaaDevices({ ...SAPPHIRE_RAPIDS, spread: 'cpu' });
    expect([0, 27, 28, 111, 112, 223].map((cpu) => byCpu.deviceFor(cpu))).toEqual([0, 0, 1, 3, 4, 7]);
    expect(() => byCpu.deviceFor(224)).toThrow(RangeError);
    const round = new IaaDevices(SAPPHIRE_RAPIDS);
    expect([0, 50, 111, 0, 0].map((cpu) => round.deviceFor(cpu))).toEqual([0, 1, 2, 3, 0]);
    expect(round.deviceFor(200)).toBe(4);
  });
});

describe('laws of queues', () => {
  it('M/D/c: an open stream waits as theory says', () => {
    // M/D/1 at 70 %: mean wait rho / (2 (1 - rho)) services.
    const devices = new IaaDevices({ ...ONE, queueEntries: 1e6 });
    let state = 12345;
    const uniform = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state + 0.5) / 2 ** 32;
    };
    let now = 0;
    let waited = 0;
    const jobs = 60_000;
    for (let i = 0; i < jobs; i++) {
      now += (-Math.log(uniform()) * 1000) / 0.7;
      const { startNs, submittedNs } = devices.submit(0, now, 1000);
      waited += startNs - submittedNs;
    }
    expect(waited / jobs / 1000).toBeCloseTo(0.7 / (2 * 0.3), 1);
    expect(devices.utilisation(now)).toBeCloseTo(0.7, 1);
  });

  it('no load is faster than one task alone, or than the engines allow', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 20_000 }),
        fc.integer({ min: 1, max: 8 }),
        (enginesPerDevice, tasks, think, batch) => {
          const rounds = 5;
          const setup = { ...ONE, enginesPerDevice };
          const cpus = Array.from({ length: tasks }, (_, i) => i);
          const loop = playClosedLoop({
            setup,
            costs: COSTS,
            mode: { ...MODE, batch },
            cpus,
            thinkNs: () => think,
            pages: pages(batch),
            rounds,
          });
          expect(loop.descriptors).toBe(tasks * rounds * batch);
          // Utilisation law: busy share is throughput times service over engines.
          expect(loop.utilisation).toBeCloseTo(
            (loop.descriptors * SERVICE) / (loop.endNs * enginesPerDevice),
            9,
          );
          expect(loop.utilisation).toBeLessThanOrEqual(1);
          const alone = latencyNs(new IaaDevices(setup), COSTS, { ...MODE, batch }, pages(batch));
          expect(loop.requestNs).toBeGreaterThanOrEqual(alone - 1e-6);
          expect(loop.endNs).toBeGreaterThanOrEqual(rounds * (think + alone) - 1e-6);
        },
      ),
      { numRuns: 60 },
    );
  });
});
