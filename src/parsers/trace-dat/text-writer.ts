const MINUS = 45;
const ZERO = 48;
const SPACE = 32;
const LETTER_X = 120;
const HEX = Uint8Array.from('0123456789abcdef', (c) => c.charCodeAt(0));

/** No text of a record is longer; what would be is cut. */
export const MAX_TEXT_BYTES = 1 << 15;
/** Room that a batch of texts has. */
const HEAP_BYTES = 1 << 20;

/** Texts of a batch of records, written byte by byte: no string is made. */
export class TextWriter {
  readonly bytes = new Uint8Array(HEAP_BYTES);
  length = 0;
  #limit = MAX_TEXT_BYTES;
  /** A text was cut since `begin`. */
  cut = false;

  /** Begins a text; false when there may not be room for another. */
  begin(): boolean {
    this.#limit = this.length + MAX_TEXT_BYTES;
    this.cut = false;
    return this.#limit <= HEAP_BYTES;
  }

  byte(value: number): void {
    if (this.length < this.#limit) this.bytes[this.length++] = value;
    else this.cut = true;
  }

  /** ASCII or latin1 text. */
  text(text: string): void {
    for (let i = 0; i < text.length; i++) this.byte(text.charCodeAt(i));
  }

  copy(from: Uint8Array, start: number, end: number): void {
    if (this.length + end - start > this.#limit) {
      this.cut = true;
      end = start + this.#limit - this.length;
    }
    const { bytes } = this;
    let to = this.length;
    for (let i = start; i < end; i++) bytes[to++] = from[i]!;
    this.length = to;
  }

  /** The bytes up to the first NUL. */
  copyString(from: Uint8Array, start: number, end: number): void {
    const { bytes } = this;
    const stop = Math.min(end, start + this.#limit - this.length);
    let to = this.length;
    for (let i = start; i < stop; i++) {
      const c = from[i]!;
      if (c === 0) break;
      bytes[to++] = c;
    }
    this.length = to;
  }

  /** A whole number, exact up to 2^53. */
  decimal(value: number): void {
    if (this.length + 24 > this.#limit) {
      this.cut = true;
      return;
    }
    let rest = value;
    if (rest < 0) {
      this.bytes[this.length++] = MINUS;
      rest = -rest;
    }
    const { bytes } = this;
    let digits = 1;
    for (let power = 10; rest >= power; power *= 10) digits++;
    let at = this.length + digits;
    this.length = at;
    while (rest > 0x7fffffff) {
      const next = Math.floor(rest / 10);
      bytes[--at] = ZERO + (rest - next * 10);
      rest = next;
    }
    let small = rest | 0;
    for (let i = at - (this.length - digits); i > 0; i--) {
      const next = (small / 10) | 0;
      bytes[--at] = ZERO + (small - next * 10);
      small = next;
    }
  }

  /** 64 bits as hex digits without leading zeros. */
  hex(high: number, low: number): void {
    if (this.length + 16 > this.#limit) {
      this.cut = true;
      return;
    }
    const { bytes } = this;
    let at = this.length;
    if (high !== 0) {
      for (let shift = 28 - (Math.clz32(high) & ~3); shift >= 0; shift -= 4)
        bytes[at++] = HEX[(high >>> shift) & 15]!;
      for (let shift = 28; shift >= 0; shift -= 4) bytes[at++] = HEX[(low >>> shift) & 15]!;
    } else {
      const first = low === 0 ? 0 : 28 - (Math.clz32(low) & ~3);
      for (let shift = first; shift >= 0; shift -= 4) bytes[at++] = HEX[(low >>> shift) & 15]!;
    }
    this.length = at;
  }

  /** `0x` and the hex digits of 64 bits. */
  pointer(high: number, low: number): void {
    this.byte(ZERO);
    this.byte(LETTER_X);
    this.hex(high, low);
  }

  /** Two hex digits. */
  hexByte(value: number): void {
    this.byte(HEX[value >>> 4]!);
    this.byte(HEX[value & 15]!);
  }

  /** Fills what was written since `from` up to `width` characters. */
  pad(from: number, width: number, left: boolean, fill = SPACE): void {
    let missing = Math.min(width, MAX_TEXT_BYTES) - (this.length - from);
    if (missing <= 0) return;
    if (this.length + missing > this.#limit) {
      this.cut = true;
      missing = this.#limit - this.length;
    }
    if (left) this.bytes.fill(SPACE, this.length, this.length + missing);
    else {
      const sign = fill === ZERO && this.bytes[from] === MINUS ? 1 : 0;
      this.bytes.copyWithin(from + sign + missing, from + sign, this.length);
      this.bytes.fill(fill, from + sign, from + sign + missing);
    }
    this.length += missing;
  }

  /** Takes trailing blanks and newlines off a text that began at `from`. */
  trimEnd(from: number): void {
    const { bytes } = this;
    while (this.length > from && bytes[this.length - 1]! <= SPACE) this.length--;
  }
}
