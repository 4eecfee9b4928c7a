import type { Diagnostics } from '../trace/diagnostics.ts';

/** Calls as long as this must show in the stamps, whatever their six decimals cut off. */
export const LONG_NS = 20_000;
const ENOUGH = 8;

/**
 * Compares time stamps with durations: a call's return stamp less its begin stamp should be about its
 * duration. It is not for the clocks `counter` (counts records), `x86-tsc` (cycles) and `uptime`
 * (jiffies), and not while the local clock stands still in an emulated guest. The text does not name
 * the clock, so its stamps are believed only when most long calls bear them out.
 */
export class ClockCheck {
  #calls = 0;
  /** Calls whose stamps are apart by half to twice their duration. */
  #agree = 0;
  /** Calls with one and the same stamp at begin and return. */
  #still = 0;

  /** Takes a call of at least {@link LONG_NS} that began and ended on one CPU. */
  add(stampNs: number, durationNs: number): void {
    this.#calls++;
    if (stampNs > durationNs / 2 && stampNs < durationNs * 2) this.#agree++;
    else if (stampNs === 0) this.#still++;
  }

  /** Stamps measure time: nothing so far says otherwise. */
  get trusted(): boolean {
    return this.#calls < ENOUGH || this.#agree * 2 >= this.#calls;
  }

  /** Adds what was found, at the end of an input. */
  report(diagnostics: Diagnostics, inputName: string): void {
    if (!this.trusted) {
      const share = ((this.#agree / this.#calls) * 100).toFixed(0);
      const sentence =
        `time stamps do not measure time: of ${this.#calls} calls of ${LONG_NS / 1000} us and more, ${share} % last as long ` +
        'by their stamps as by their durations (clock counter, x86-tsc or uptime, or one that stands still?); ' +
        'holds are sums of calls, and who blocked whom is told by the order of lines';
      diagnostics.add('clock-not-time', 'warning', sentence, inputName);
    } else if (this.#still > 0) {
      const sentence =
        `calls of ${LONG_NS / 1000} us and more begin and end at one time stamp: the trace clock stood still, ` +
        'and lines of different CPUs may be in the wrong order';
      diagnostics.add('clock-stood-still', 'warning', sentence, inputName, this.#still);
    }
  }
}
