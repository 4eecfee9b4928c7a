/** CPUs with a higher number do not exist; the number is damage. */
export const MAX_CPUS = 8192;

/** What the readers of one text share: each takes the lines of one printer, wherever they stand. */
export class ReadingState {
  /** Lines read so far, by whoever read them. */
  line = 0;
  /** True when the next trace line has more to do than to become a row. */
  watch = true;
  /** Seconds of the first stamp: what times are relative to. */
  originSeconds = Number.NaN;
  /** First and last stamp, ns since the origin. */
  firstNs = Number.NaN;
  lastNs = Number.NaN;
  /** Smallest step of the stamps, ns; NaN before the first. */
  quantumNs = Number.NaN;
  /** Which CPUs printed something. */
  readonly cpuSeen = new Uint8Array(MAX_CPUS);

  /** Number of CPUs that printed something. */
  get cpus(): number {
    return this.cpuSeen.reduce((sum, seen) => sum + seen, 0);
  }

  /** A time stamp was read, ns since the origin. */
  noteTime(time: number): void {
    if (Number.isNaN(this.firstNs)) {
      this.firstNs = time;
      this.lastNs = time;
    } else if (time > this.lastNs) this.lastNs = time;
  }
}

/** What the reader of one printer's lines asks of the parser that it works for. */
export interface LineHooks {
  /** The batch is full: hand it on. */
  readonly flush: () => void;
  /** A line was read while {@link ReadingState.watch} was set. */
  readonly traceLine: () => void;
}
