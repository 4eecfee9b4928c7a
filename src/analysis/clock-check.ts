import type { Diagnostics } from '../trace/diagnostics.ts';

/** Calls as long as this must show in the stamps, whatever their six decimals cut off. */
export const LONG_NS = 20_000;
const ENOUGH = 8;

/**
 * Compares time stamps with durations: a call's return stamp less its begin stamp should be about its
 * duration. It is not for the clocks `counter` (counts records), `x86-tsc` (cycles) and `uptime`
 * (jiffies), and not while the local clock stands still in an emulated guest. The text does not name
 * the clock, so its stamps are believed only as far as the durations bear them out.
 */
export class ClockCheck {
  #calls = 0;
  #durationNs = 0;
  #stampNs = 0;
  #still = 0;

  /** Takes a call of at least {@link LONG_NS} that began and ended on one CPU. */
  add(stampNs: number, durationNs: number): void {
    this.#calls++;
    this.#durationNs += durationNs;
    this.#stampNs += stampNs;
    if (stampNs === 0) this.#still++;
  }

  /** Stamps measure time: nothing so far says otherwise. */
  get trusted(): boolean {
    if (this.#calls < ENOUGH) return true;
    const ratio = this.#stampNs / this.#durationNs;
    return ratio > 0.5 && ratio < 2 && this.#still * 2 < this.#calls;
  }

  /** Adds what was found, at the end of an input. */
  report(diagnostics: Diagnostics, inputName: string): void {
    if (!this.trusted) {
      const ratio = (this.#stampNs / this.#durationNs).toFixed(3);
      diagnostics.add(
        'clock-not-time',
        'warning',
        `time stamps do not measure time (${ratio} ns for each ns of call duration; clock counter, x86-tsc or uptime?): ` +
          'holds are sums of calls, and who blocked whom is told by the order of lines',
        inputName,
      );
    } else if (this.#still > 0) {
      diagnostics.add(
        'clock-stood-still',
        'warning',
        `calls of ${LONG_NS / 1000} us and more begin and end at one time stamp: the trace clock stood still, ` +
          'and lines of different CPUs may be in the wrong order',
        inputName,
        this.#still,
      );
    }
  }
}
