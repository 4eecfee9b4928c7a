const NEWLINE = 10;
const MAX_LINE_BYTES = 1 << 20;

/** What is done with the lines of an input. */
export interface LineHooks {
  /** Whole lines `bytes[from, end)`; the last byte is a newline. Valid until it returns. */
  readonly lines: (bytes: Uint8Array, from: number, end: number) => void;
  /** A line was too long to be kept and is skipped. */
  readonly overlong: () => void;
}

/** Makes whole lines of chunks of any size. Most lines are handed on where they stand, uncopied. */
export class WholeLines {
  static readonly maxBytes = MAX_LINE_BYTES;
  readonly #hooks: LineHooks;
  #carry: Uint8Array = new Uint8Array(4096);
  #carryLength = 0;
  #skipping = false;

  constructor(hooks: LineHooks) {
    this.#hooks = hooks;
  }

  /** Takes the next bytes; they may be overwritten afterwards. */
  push(bytes: Uint8Array): void {
    // Always a plain Uint8Array: a Buffer now and then would slow hot loops down for all.
    const chunk = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let from = 0;
    if (this.#carryLength > 0 || this.#skipping) {
      const newline = chunk.indexOf(NEWLINE);
      from = newline < 0 ? chunk.length : newline + 1;
      this.#keep(chunk, 0, from);
      if (newline < 0) return;
      if (this.#carryLength > 0) this.#hooks.lines(this.#carry, 0, this.#carryLength);
      this.#carryLength = 0;
    }
    const last = chunk.lastIndexOf(NEWLINE);
    if (last >= from) this.#hooks.lines(chunk, from, last + 1);
    this.#keep(chunk, Math.max(from, last + 1), chunk.length);
  }

  /** Says that the input ended; hands on a last line that has no newline, and tells whether there was one. */
  finish(): boolean {
    if (this.#carryLength === 0) return false;
    const line = new Uint8Array(this.#carryLength + 1);
    line.set(this.#carry.subarray(0, this.#carryLength));
    line[this.#carryLength] = NEWLINE;
    this.#carryLength = 0;
    this.#hooks.lines(line, 0, line.length);
    return true;
  }

  #keep(chunk: Uint8Array, from: number, to: number): void {
    if (from >= to) return;
    const ends = chunk[to - 1] === NEWLINE;
    if (this.#skipping) {
      if (ends) this.#skipping = false;
      return;
    }
    const need = this.#carryLength + to - from;
    if (need > MAX_LINE_BYTES) {
      this.#carryLength = 0;
      this.#skipping = !ends;
      this.#hooks.overlong();
      return;
    }
    if (need > this.#carry.length) {
      const bigger = new Uint8Array(Math.max(need, this.#carry.length * 2));
      bigger.set(this.#carry.subarray(0, this.#carryLength));
      this.#carry = bigger;
    }
    this.#carry.set(chunk.subarray(from, to), this.#carryLength);
    this.#carryLength = need;
  }
}
