import type { Diagnostics } from '../trace/diagnostics.ts';
import type { Places } from '../trace/places.ts';
import { type RecordBatch, RecordKind } from '../trace/records.ts';

/** CPUs told apart; records of none share a place. */
const MAX_CPUS = 4096;

/**
 * Tells when the time stamps of a CPU run backwards within a trace. Recorders write each CPU's records
 * in order, so such stamps are no times of one clock: differences between lines (`perf script
 * --deltatime`), or several recordings put into one file without what would part them.
 */
export class StampOrder {
  readonly #diagnostics: Diagnostics;
  readonly #places: Places;
  /** Latest stamp by CPU, ns; the first place is that of records without a CPU. */
  readonly #lastNs = new Float64Array(MAX_CPUS + 1).fill(Number.NEGATIVE_INFINITY);

  constructor(diagnostics: Diagnostics, places: Places) {
    this.#diagnostics = diagnostics;
    this.#places = places;
  }

  add({ length, kind, cpu, timeNs, line }: RecordBatch): void {
    const lastNs = this.#lastNs;
    for (let i = 0; i < length; i++) {
      const ns = timeNs[i]!;
      const at = cpu[i]! + 1;
      if (kind[i] === RecordKind.Section) lastNs.fill(Number.NEGATIVE_INFINITY);
      else if (at <= MAX_CPUS && !Number.isNaN(ns)) {
        if (ns < lastNs[at]!) this.#backwards(line[i]!);
        lastNs[at] = ns;
      }
    }
  }

  #backwards(line: number): void {
    const sentence =
      'time stamps of a CPU run backwards: they are no times of one clock (perf script --deltatime? ' +
      'recordings put together?); times between records are not to be trusted';
    this.#diagnostics.add('stamps-run-backwards', 'warning', sentence, this.#places.text(line));
  }
}
