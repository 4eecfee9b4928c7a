import type { Field } from './event-format.ts';

const TWO_32 = 2 ** 32;

/** The payload of the record at hand: every printer reads from it. */
export class EventRecord {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  start = 0;
  end = 0;
  readonly littleEndian: boolean;
  /** Bytes of a long in the kernel that wrote the records. */
  readonly longBytes: number;
  /** Index of the 4 bytes with the high half in 8 bytes, and of the low half. */
  readonly highAt: number;
  readonly lowAt: number;

  #padded = new Uint8Array(0);

  constructor(littleEndian: boolean, longBytes: number) {
    this.littleEndian = littleEndian;
    this.longBytes = longBytes;
    this.highAt = littleEndian ? 4 : 0;
    this.lowAt = littleEndian ? 0 : 4;
  }

  /** Makes a payload that is shorter than its fields readable: what is missing is 0. */
  padTo(length: number): void {
    if (this.#padded.length < length) this.#padded = new Uint8Array(length * 2);
    this.#padded.fill(0, 0, length);
    this.#padded.set(this.bytes.subarray(this.start, this.end));
    this.bytes = this.#padded;
    this.view = new DataView(this.bytes.buffer);
    this.start = 0;
    this.end = length;
  }

  u32(offset: number): number {
    return this.view.getUint32(this.start + offset, this.littleEndian);
  }

  i32(offset: number): number {
    return this.view.getInt32(this.start + offset, this.littleEndian);
  }

  high(offset: number): number {
    return this.view.getUint32(this.start + offset + this.highAt, this.littleEndian);
  }

  low(offset: number): number {
    return this.view.getUint32(this.start + offset + this.lowAt, this.littleEndian);
  }

  /** A number of 1, 2, 4 or 8 bytes; NaN when it is not exact as a double. */
  number(offset: number, size: number, signed: boolean): number {
    const at = this.start + offset;
    const { view, littleEndian } = this;
    switch (size) {
      case 1:
        return signed ? view.getInt8(at) : view.getUint8(at);
      case 2:
        return signed ? view.getInt16(at, littleEndian) : view.getUint16(at, littleEndian);
      case 4:
        return signed ? view.getInt32(at, littleEndian) : view.getUint32(at, littleEndian);
      case 8: {
        const high = signed ? this.high(offset) | 0 : this.high(offset);
        if (high >= 0x200000 || high < -0x200000) return Number.NaN;
        return high * TWO_32 + this.low(offset);
      }
      default:
        return 0;
    }
  }

  /** A number of 1, 2, 4 or 8 bytes, exact. */
  big(offset: number, size: number, signed: boolean): bigint {
    if (size !== 8) return BigInt(this.number(offset, size, signed));
    const at = this.start + offset;
    return signed
      ? this.view.getBigInt64(at, this.littleEndian)
      : this.view.getBigUint64(at, this.littleEndian);
  }

  /** High half of an address: of 8 bytes, or 0 where a long has 4. */
  addressHigh(field: Field): number {
    return field.size === 8 ? this.high(field.offset) : 0;
  }

  /** Low half of an address. */
  addressLow(field: Field): number {
    return field.size === 8 ? this.low(field.offset) : this.u32(field.offset);
  }

  /** The low 32 bits of a number. */
  lowNumber(field: Field): number {
    return field.size === 8 ? this.low(field.offset) : this.number(field.offset, field.size, field.signed);
  }

  /** Begin of an array in `bytes`; its end is {@link arrayEnd}. */
  arrayStart(field: Field): number {
    if (field.location === 'none') return this.start + field.offset;
    const word = this.u32(field.offset);
    const base = field.location === 'rel' ? field.offset + field.size : 0;
    return Math.min(this.end, this.start + base + (word & 0xffff));
  }

  /** End of an array, never behind the record's. */
  arrayEnd(field: Field): number {
    if (field.location === 'none') {
      return field.size === 0 ? this.end : Math.min(this.end, this.start + field.offset + field.size);
    }
    return Math.min(this.end, this.arrayStart(field) + (this.u32(field.offset) >>> 16));
  }
}
