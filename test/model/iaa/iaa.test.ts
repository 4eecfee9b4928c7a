import { describe, expect, it } from 'vitest';
import { IaaDevices, type IaaSetup, SAPPHIRE_RAPIDS } from '../../../src/model/iaa/devices.ts';

const ONE: IaaSetup = {
  packages: 1,
  devicesPerPackage: 1,
  enginesPerDevice: 1,
  queueEntries: 128,
  cpusPerPackage: 64,
  spread: 'cpu',
};

describe('devices', () => {
  it('refuse a setup without engines', () => {
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
});
