import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Bytes that can be read at any offset: a file, or a section that was decompressed. */
export interface ByteSource {
  readonly size: number;
  /** The bytes `[offset, offset + length)`, fewer where the source ends before. */
  read(offset: number, length: number): Uint8Array;
}

/** The file cannot be read on as its own numbers say; `offset` is where the number stands. */
export class DamagedTraceDat extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** A regular file, read at offsets. */
export class FileSource implements ByteSource {
  readonly size: number;
  readonly #fd: number;
  /** Bytes read so far, for progress. */
  bytesRead = 0;

  constructor(path: string) {
    this.#fd = openSync(path, 'r');
    this.size = fstatSync(this.#fd).size;
  }

  read(offset: number, length: number): Uint8Array {
    const wanted = Math.max(0, Math.min(length, this.size - offset));
    const bytes = new Uint8Array(wanted);
    return bytes.subarray(0, this.readInto(offset, bytes, wanted));
  }

  /** Fills `bytes` from `offset`; returns how many bytes there were. */
  readInto(offset: number, bytes: Uint8Array, length: number): number {
    let done = 0;
    while (done < length) {
      const got = readSync(this.#fd, bytes, done, length - done, offset + done);
      if (got === 0) break;
      done += got;
    }
    this.bytesRead += done;
    return done;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** Bytes in memory; `fileOffset` is where they came from, for messages. */
export class MemorySource implements ByteSource {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#bytes.subarray(offset, offset + length);
  }
}

const WINDOW_BYTES = 1 << 12;
const MAX_STRING_BYTES = 1 << 16;

/**
 * Reads numbers and strings one after the other, and never past `end`. Lengths are checked against
 * what is there before anything is allocated.
 */
export class Cursor {
  position: number;
  readonly end: number;
  readonly littleEndian: boolean;
  readonly #source: ByteSource;
  /** Added to positions in messages: where the source stands in the file. */
  readonly #origin: number;
  #window: Uint8Array = new Uint8Array(0);
  #windowAt = 0;

  constructor(source: ByteSource, littleEndian: boolean, position: number, end: number, origin = 0) {
    this.#source = source;
    this.littleEndian = littleEndian;
    this.position = position;
    this.end = Math.min(end, source.size);
    this.#origin = origin;
  }

  /** Where the cursor stands in the file. */
  get place(): number {
    return this.#origin + this.position;
  }

  get left(): number {
    return this.end - this.position;
  }

  u8(): number {
    return this.#view(1, 'a byte').getUint8(0);
  }

  u16(): number {
    return this.#view(2, 'a number of 2 bytes').getUint16(0, this.littleEndian);
  }

  u32(): number {
    return this.#view(4, 'a number of 4 bytes').getUint32(0, this.littleEndian);
  }

  /** A number of 8 bytes; above 2^53 it is not exact, which no offset or size ever is. */
  u64(): number {
    return Number(this.#view(8, 'a number of 8 bytes').getBigUint64(0, this.littleEndian));
  }

  /** A text that ends with NUL, without it. */
  string(): string {
    const at = this.position;
    let text = '';
    for (;;) {
      const bytes = this.#peek(Math.min(256, this.left));
      const nul = bytes.indexOf(0);
      if (nul < 0 && (bytes.length === this.left || text.length > MAX_STRING_BYTES)) {
        throw new DamagedTraceDat('a text has no end', this.#origin + at);
      }
      text += Buffer.from(bytes.subarray(0, nul < 0 ? bytes.length : nul)).toString('latin1');
      this.position += nul < 0 ? bytes.length : nul + 1;
      if (nul >= 0) return text;
    }
  }

  /** The next `length` bytes. @throws {DamagedTraceDat} when there are fewer. */
  bytes(length: number): Uint8Array {
    this.#require(length, `${length} bytes`);
    const bytes = this.#source.read(this.position, length);
    this.position += length;
    return bytes;
  }

  /** The next `length` bytes as text. */
  text(length: number): string {
    return Buffer.from(this.bytes(length)).toString('latin1');
  }

  skip(length: number): void {
    this.#require(length, `${length} bytes`);
    this.position += length;
  }

  #require(length: number, what: string): void {
    if (length > this.left) {
      const sentence = `${what} should follow, and ${Math.max(0, this.left)} are there`;
      throw new DamagedTraceDat(sentence, this.place);
    }
  }

  #view(length: number, what: string): DataView {
    this.#require(length, what);
    const bytes = this.#peek(length);
    this.position += length;
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }

  /** Up to `length` bytes (at most a window) at the position, which stays. */
  #peek(length: number): Uint8Array {
    const at = this.position - this.#windowAt;
    if (at < 0 || at + length > this.#window.length) {
      this.#windowAt = this.position;
      this.#window = this.#source.read(this.position, Math.min(WINDOW_BYTES, Math.max(0, this.left)));
      return this.#window.subarray(0, length);
    }
    return this.#window.subarray(at, at + length);
  }
}
