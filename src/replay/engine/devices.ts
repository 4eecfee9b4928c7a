import type { Completion } from '../../model/iaa/costs.ts';
import { type DeviceUse, IaaDevices, type IaaSetup } from '../../model/iaa/devices.ts';
import type { OperationColumns } from './columns.ts';
import type { Scheduler } from './scheduler.ts';
import { quantised } from './time.ts';

/** IAA devices of a machine, and how the CPU learns that they are done. */
export interface MachineDevices {
  readonly setup: IaaSetup;
  readonly completion: Completion;
}

/** What all devices did in a run. */
export interface DevicesUse extends DeviceUse {
  /** Engine time until the end of the last operation over all that there was, 0 to 1. */
  readonly utilisation: number;
  /** By device: descriptors that it served. */
  readonly byDevice: readonly number[];
  /** Time that tasks waited for a descriptor to be done, ns. */
  readonly collectNs: number;
}

/** Descriptors of all threads. The hot loop comes here in the order of time. */
export class Devices {
  /** By thread: engine time of the page that is handed over now, ns. */
  readonly serviceNs: Float64Array;
  /** By thread: ends of the pages in flight, in the order of their submission, ns. */
  readonly #inFlight: number[][];
  readonly #sinceNs: Float64Array;
  readonly #devices: IaaDevices | null;
  readonly #wakeNs: number;
  readonly #threads: Scheduler;
  readonly #columns: OperationColumns;
  #spunNs = 0;
  #collectNs = 0;

  /** @param given Null: no path uses them. */
  constructor(given: MachineDevices | null, columns: OperationColumns, threads: Scheduler) {
    this.#devices = given && new IaaDevices(given.setup);
    this.#wakeNs = given?.completion.kind === 'interrupt' ? quantised(given.completion.wakeNs) : 0;
    this.#threads = threads;
    this.#columns = columns;
    this.serviceNs = new Float64Array(threads.threads);
    this.#sinceNs = new Float64Array(threads.threads);
    this.#inFlight = Array.from({ length: threads.threads }, () => []);
  }

  /** Time that CPUs polled or tried again, ns. */
  get spunNs(): number {
    return this.#spunNs;
  }

  /** A page at its CPU's time; the CPU's time becomes that at which an entry of the queue was free. */
  submit(thread: number, cpu: number): void {
    const devices = this.#devices!;
    const at = this.#threads.now[cpu]!;
    const { submittedNs, doneNs } = devices.submit(devices.deviceFor(cpu), at, this.serviceNs[thread]!);
    this.#inFlight[thread]!.push(doneNs);
    this.#spin(thread, cpu, submittedNs);
  }

  /** Polls until the oldest page in flight is done: its CPU's time becomes that. */
  poll(thread: number, cpu: number): void {
    const doneNs = this.#oldest(thread);
    this.#collectNs += Math.max(0, doneNs - this.#threads.now[cpu]!);
    this.#spin(thread, cpu, doneNs);
  }

  /** Whether the oldest page in flight is not done: then the thread is ready again after its interrupt. */
  sleeps(thread: number, cpu: number): boolean {
    const doneNs = this.#oldest(thread);
    const at = this.#threads.now[cpu]!;
    if (doneNs <= at) return false;
    this.#sinceNs[thread] = at;
    this.#threads.readyNs[thread] = doneNs + this.#wakeNs;
    return true;
  }

  /** The thread has a CPU again after its interrupt. */
  awake(thread: number, cpu: number): void {
    const waitedNs = this.#threads.now[cpu]! - this.#sinceNs[thread]!;
    this.#threads.naps[thread] = 0;
    this.#threads.waitedNs[thread]! += waitedNs;
    this.#collectNs += waitedNs;
  }

  /** The page that comes at a place of the thread's batch when the two largest come first. */
  pageInTurn(thread: number, place: number): number {
    const { batch, batchEnd } = this.#threads;
    const from = batch[thread]!;
    const rows = Array.from({ length: batchEnd[thread]! - from }, (_, k) => from + k);
    const classOf = (row: number) => this.#columns.rows[row * 5 + 1]!;
    const largest = rows.toSorted((a, b) => classOf(b) - classOf(a) || a - b).slice(0, 2);
    return [...largest, ...rows.filter((row) => !largest.includes(row))][place - from]!;
  }

  /** What was done until `endNs`; null without devices. */
  settle(endNs: number): DevicesUse | null {
    if (!this.#devices) return null;
    const each = this.#devices.use();
    const sum = (of: (use: DeviceUse) => number) => each.reduce((total, use) => total + of(use), 0);
    return {
      descriptors: sum(({ descriptors }) => descriptors),
      busyNs: sum(({ busyNs }) => busyNs),
      waitedNs: sum(({ waitedNs }) => waitedNs),
      queueFullNs: sum(({ queueFullNs }) => queueFullNs),
      utilisation: endNs > 0 ? this.#devices.utilisation(endNs) : 0,
      byDevice: each.map(({ descriptors }) => descriptors),
      collectNs: this.#collectNs,
    };
  }

  #oldest(thread: number): number {
    const doneNs = this.#inFlight[thread]!.shift();
    if (doneNs === undefined) throw new Error('nothing of this task is in flight');
    return doneNs;
  }

  #spin(thread: number, cpu: number, untilNs: number): void {
    const waitedNs = untilNs - this.#threads.now[cpu]!;
    if (waitedNs <= 0) return;
    this.#threads.waitedNs[thread]! += waitedNs;
    this.#spunNs += waitedNs;
    this.#threads.now[cpu] = untilNs;
  }
}
