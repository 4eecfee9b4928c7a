/** Intel IAA of a machine, as accel-config and the driver set it up. */
export interface IaaSetup {
  readonly packages: number;
  readonly devicesPerPackage: number;
  /** Engines that take work from the queue: 8 at most; the script of the driver's documentation binds 1. */
  readonly enginesPerDevice: number;
  /** Entries of the work queues of one device together: 128. */
  readonly queueEntries: number;
  readonly cpusPerPackage: number;
  /**
   * `cpu`: each CPU has one device of its package, neighbours share it (driver of 6.12). `round-robin`:
   * each descriptor goes to the next device of the package (batching series, v10 and later).
   */
  readonly spread: 'cpu' | 'round-robin';
}

/** Sapphire Rapids of the published runs: 2 x 56 cores with threads, 4 devices each; all 8 engines. */
export const SAPPHIRE_RAPIDS: IaaSetup = {
  packages: 2,
  devicesPerPackage: 4,
  enginesPerDevice: 8,
  queueEntries: 128,
  cpusPerPackage: 112,
  spread: 'round-robin',
};

/** What became of a descriptor. Times in ns. */
export interface Descriptor {
  readonly device: number;
  /** It was in the queue; later than asked for when no entry was free. */
  readonly submittedNs: number;
  readonly startNs: number;
  readonly doneNs: number;
}

/** Use of one device. */
export interface DeviceUse {
  readonly descriptors: number;
  /** Engine time, all engines together, ns. */
  readonly busyNs: number;
  /** Time that descriptors waited for an engine, ns. */
  readonly waitedNs: number;
  /** Time that CPUs waited for an entry of the queue, ns. */
  readonly queueFullNs: number;
}

interface Device {
  readonly engineFreeNs: Float64Array;
  /** When the descriptors that hold entries are done. */
  held: number[];
  descriptors: number;
  busyNs: number;
  waitedNs: number;
  queueFullNs: number;
}

/**
 * Devices that serve descriptors in the order in which they come, each on the engine that is free first.
 * Submissions must be made in the order of their time: then the result is exact.
 */
export class IaaDevices {
  readonly setup: IaaSetup;
  readonly #devices: readonly Device[];
  readonly #next: Int32Array;

  /** @throws {RangeError} for a setup without engines, entries or CPUs. */
  constructor(setup: IaaSetup) {
    const { packages, devicesPerPackage, enginesPerDevice, queueEntries, cpusPerPackage } = setup;
    for (const count of [packages, devicesPerPackage, enginesPerDevice, queueEntries, cpusPerPackage]) {
      if (!Number.isInteger(count) || count < 1) throw new RangeError(`no IAA with ${count} of something`);
    }
    this.setup = setup;
    this.#devices = Array.from({ length: packages * devicesPerPackage }, () => ({
      engineFreeNs: new Float64Array(enginesPerDevice),
      held: [],
      descriptors: 0,
      busyNs: 0,
      waitedNs: 0,
      queueFullNs: 0,
    }));
    this.#next = new Int32Array(packages);
  }

  /** The device that the next descriptor of a CPU goes to. @throws {RangeError} for a CPU that is not there. */
  deviceFor(cpu: number): number {
    const { packages, devicesPerPackage, cpusPerPackage, spread } = this.setup;
    const pack = Math.floor(cpu / cpusPerPackage);
    if (!(pack >= 0 && pack < packages)) throw new RangeError(`no CPU ${cpu}`);
    if (spread === 'round-robin') {
      const next = this.#next[pack]!;
      this.#next[pack] = (next + 1) % devicesPerPackage;
      return pack * devicesPerPackage + next;
    }
    const cpusPerDevice = Math.ceil(cpusPerPackage / devicesPerPackage);
    return pack * devicesPerPackage + Math.floor((cpu % cpusPerPackage) / cpusPerDevice);
  }

  /** A descriptor of `serviceNs` of engine time, submitted at `atNs` (with retries while the queue is full). */
  submit(device: number, atNs: number, serviceNs: number): Descriptor {
    const state = this.#devices[device]!;
    const submittedNs = this.#entryAt(state, atNs);
    let engine = 0;
    state.engineFreeNs.forEach((freeNs, other) => {
      if (freeNs < state.engineFreeNs[engine]!) engine = other;
    });
    const startNs = Math.max(submittedNs, state.engineFreeNs[engine]!);
    const doneNs = startNs + serviceNs;
    state.engineFreeNs[engine] = doneNs;
    state.held.push(doneNs);
    state.descriptors++;
    state.busyNs += serviceNs;
    state.waitedNs += startNs - submittedNs;
    state.queueFullNs += submittedNs - atNs;
    return { device, submittedNs, startNs, doneNs };
  }

  /** What each device did so far. */
  use(): readonly DeviceUse[] {
    return this.#devices.map(({ descriptors, busyNs, waitedNs, queueFullNs }) => ({
      descriptors,
      busyNs,
      waitedNs,
      queueFullNs,
    }));
  }

  /** Share of the time up to `untilNs` in which the engines worked. */
  utilisation(untilNs: number): number {
    const busy = this.#devices.reduce((sum, { busyNs }) => sum + busyNs, 0);
    return busy / (untilNs * this.#devices.length * this.setup.enginesPerDevice);
  }

  #entryAt(state: Device, atNs: number): number {
    state.held = state.held.filter((doneNs) => doneNs > atNs);
    const over = state.held.length - this.setup.queueEntries;
    if (over < 0) return atNs;
    return state.held.toSorted((a, b) => a - b)[over]!;
  }
}
