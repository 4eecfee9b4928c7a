import { mix } from '../engine/random.ts';
import type { PressureSetup } from './setup.ts';

/** Where processes get their jobs from. */
export interface Demand {
  /** When the next job of a process arrived, or will; null when there are no more. */
  take(process: number, now: number): number | null;
}

/** Closed: each process has its jobs, and begins the next as soon as it is done with one (`make -j`). */
class ClosedDemand implements Demand {
  readonly #left: number[];

  constructor({ processes, jobs }: PressureSetup) {
    this.#left = Array<number>(processes).fill(jobs);
  }

  take(process: number, now: number): number | null {
    return this.#left[process]!-- > 0 ? now : null;
  }
}

/**
 * Open: jobs arrive at times of their own (a Poisson process), whatever has become of the ones before; the next
 * process that is free takes the one that has waited longest.
 */
class OpenDemand implements Demand {
  readonly #arrivals: Float64Array;
  #next = 0;

  constructor(setup: PressureSetup, load: number) {
    const { processes, jobs, seed } = setup;
    const meanNs = userNsOfJob(setup) / (load * processes);
    this.#arrivals = new Float64Array(processes * jobs);
    let at = 0;
    for (let job = 0; job < this.#arrivals.length; job++) {
      at -= Math.log((mix(job, 5, seed) + 1) / (2 ** 32 + 1)) * meanNs;
      this.#arrivals[job] = at;
    }
  }

  take(): number | null {
    return this.#arrivals[this.#next++] ?? null;
  }
}

/** What a job takes when nothing is short, ns. */
function userNsOfJob({ jobPages, touches, times }: PressureSetup): number {
  return jobPages * (1 + touches) * times.touchNs;
}

export function demandOf(setup: PressureSetup): Demand {
  return setup.openLoad === null ? new ClosedDemand(setup) : new OpenDemand(setup, setup.openLoad);
}
