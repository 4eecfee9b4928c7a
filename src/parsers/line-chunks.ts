const NEWLINE = 10;
const MAX_LINE_BYTES = 1 << 20;

/** What a parser of lines gets from {@link LineChunks}. */
export interface LineSink {
  /** Whole lines `bytes[from, end)`, the last byte being a newline; valid during the call. */
  readonly lines: (bytes: Uint8Array, from: number, end: number) => void;
  /** A line over 1 MiB was dropped. */
  readonly overlong: () => void;
}

/**
 * Cuts chunks of any size into runs of whole lines. Only the line that a chunk ends in is copied; its
 * length is bounded, so that an input without newlines takes no memory.
 */
export class LineChunks {
  readonly #sink: LineSink;
  #carry: Uint8Array = new Uint8Array(4096);
  #length = 0;
  #skipping = false;

  constructor(sink: LineSink) {
    this.#sink = sink;
  }

  push(chunk: Uint8Array): void {
    // Always a plain Uint8Array: a Buffer now and then would slow the parser's hot loop down for all.
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let from = 0;
    if (this.#length > 0 || this.#skipping) {
      const newline = bytes.indexOf(NEWLINE);
      from = newline < 0 ? bytes.length : newline + 1;
      this.#keep(bytes, 0, from);
      if (newline < 0) return;
      if (this.#length > 0) this.#sink.lines(this.#carry, 0, this.#length);
      this.#length = 0;
    }
    const last = bytes.lastIndexOf(NEWLINE);
    if (last >= from) this.#sink.lines(bytes, from, last + 1);
    this.#keep(bytes, Math.max(from, last + 1), bytes.length);
  }

  /** The input ended: gives the last line out, with a newline; false when there was none without. */
  finish(): boolean {
    if (this.#length === 0) return false;
    const line = new Uint8Array(this.#length + 1);
    line.set(this.#carry.subarray(0, this.#length));
    line[this.#length] = NEWLINE;
    this.#length = 0;
    this.#sink.lines(line, 0, line.length);
    return true;
  }

  #keep(chunk: Uint8Array, from: number, to: number): void {
    if (from >= to) return;
    const ends = chunk[to - 1] === NEWLINE;
    if (this.#skipping) {
      if (ends) this.#skipping = false;
      return;
    }
    const need = this.#length + to - from;
    if (need > MAX_LINE_BYTES) {
      this.#length = 0;
      this.#skipping = !ends;
      this.#sink.overlong();
      return;
    }
    if (need > this.#carry.length) {
      const bigger = new Uint8Array(Math.max(need, this.#carry.length * 2));
      bigger.set(this.#carry.subarray(0, this.#length));
      this.#carry = bigger;
    }
    this.#carry.set(chunk.subarray(from, to), this.#length);
    this.#length = need;
  }
}
