import { type PreemptionModel, preemptionById } from '../../model/preemption.ts';
import { quantised } from './time.ts';

/** How CPUs pass from thread to thread, beside slice, wake-up and switch in the times of the machine. */
export interface Scheduling {
  readonly preemption: PreemptionModel;
  /** Between two ticks, and the first one; all CPUs have them at the same time. */
  readonly tickNs: number;
  readonly firstTickNs: number;
  /** A CPU without work takes a thread that waits elsewhere so much later. */
  readonly pullNs: number;
  /** A task offers its CPU behind each so many of its operations: munmap behind each run of swap slots. */
  readonly operationsAtOnce: number;
}

/** 250 ticks a second, the kernel's usual choice. */
export const USUAL_SCHEDULING: Scheduling = {
  preemption: preemptionById('none'),
  tickNs: 4_000_000,
  firstTickNs: 4_000_000,
  pullNs: 4_000_000,
  operationsAtOnce: 1,
};

/**
 * When the scheduler asks for another thread (kernel/sched/fair.c of 6.12, EEVDF). A slice that is used
 * up is noticed at a tick, or when somebody wakes up; then it is another's turn if there is another, and
 * else it begins anew. Who wakes up within a slice has to wait for its end.
 */
export class Turns {
  readonly #tickNs: number;
  readonly #firstNs: number;
  readonly #sliceNs: number;
  /** Ticks from one end of a slice to the next, while nobody else is there. */
  readonly #ticksOfSlice: number;
  readonly #isLazy: boolean;

  constructor({ tickNs, firstTickNs, preemption }: Scheduling, sliceNs: number) {
    this.#tickNs = quantised(tickNs);
    this.#firstNs = quantised(firstTickNs);
    this.#sliceNs = quantised(sliceNs);
    this.#ticksOfSlice = Math.max(1, Math.ceil(this.#sliceNs / this.#tickNs));
    this.#isLazy = preemption.counts === 'next-tick';
  }

  /** When others that wait at `t` get their turn, of a thread whose slice began at `beganNs`, no later. */
  nextFor(beganNs: number, t: number): number {
    const firstEnd = this.#tickFrom(beganNs + this.#sliceNs);
    let end = beganNs + this.#sliceNs;
    if (firstEnd < t) {
      const period = this.#ticksOfSlice * this.#tickNs;
      end = firstEnd + (Math.ceil((t - firstEnd) / period) - 1) * period + this.#sliceNs;
    }
    const asked = t >= end ? t : this.#tickFrom(end);
    return this.#isLazy ? this.#tickBehind(asked) : asked;
  }

  /** When a slice that begins at `t` is found to be over. */
  endOf(t: number): number {
    return this.#tickFrom(t + this.#sliceNs);
  }

  /** The first tick at `t` or later. */
  #tickFrom(t: number): number {
    return this.#firstNs + Math.ceil((t - this.#firstNs) / this.#tickNs) * this.#tickNs;
  }

  #tickBehind(t: number): number {
    return this.#firstNs + (Math.floor((t - this.#firstNs) / this.#tickNs) + 1) * this.#tickNs;
  }
}
