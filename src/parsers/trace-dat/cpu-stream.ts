import type { FileSource } from './byte-source.ts';
import type { CpuRange, DamageSink, TraceBuffer, TraceDat } from './container.ts';
import { parseFields } from './event-format.ts';

/** Where the parts of a ring-buffer page stand: the kernel's `events/header_page`. */
export interface PageLayout {
  readonly commitOffset: number;
  /** Bytes of a long in the kernel. */
  readonly longBytes: number;
  readonly dataOffset: number;
}

/** Reads header_page; the layout of a 64-bit kernel where it says nothing. */
export function pageLayout(headerPage: string): PageLayout {
  const fields = parseFields(headerPage);
  const commit = fields.find((field) => field.name === 'commit');
  const data = fields.find((field) => field.name === 'data');
  return {
    commitOffset: commit?.offset ?? 8,
    longBytes: commit?.size === 4 ? 4 : 8,
    dataOffset: Math.max(data?.offset ?? 16, 12),
  };
}

/** Lengths and kinds of a record's header: `events/header_event`, include/linux/ring_buffer.h. */
const TYPE_PADDING = 29;
const TYPE_TIME_EXTEND = 30;
const TYPE_TIME_STAMP = 31;

/** In the commit word of a page: its data, and what was lost before it. */
const COMMIT_BYTES = 0x07ffffff;
const MISSED_EVENTS = 0x80000000;
const MISSED_STORED = 0x40000000;

const TWO_27 = 2 ** 27;
const BLOCK_BYTES = 1 << 18;
/** Absolute stamps have 59 bits; the rest is that of the stamp before. */
const STAMP_BITS = 59n;

/** What all streams of a file have in common. */
export interface StreamOptions {
  readonly file: TraceDat;
  readonly source: FileSource;
  readonly layout: PageLayout;
  readonly onDamage: DamageSink;
}

/**
 * The records of one CPU, one after the other, read a few pages or one compressed chunk at a time.
 * After {@link next} the public fields describe the record; they are valid until the next call.
 */
export class CpuStream {
  readonly cpu: number;
  /** Stamp of the record, ns since the origin. */
  time = 0;
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  /** The payload is `bytes[start, end)`. */
  start = 0;
  end = 0;
  /** Records lost before this one: 0 none, -1 not known how many. Whoever tells of it sets it to 0. */
  lost = 0;
  ended = false;
  /** Task of the last record, kept by the reader. */
  lastPid = -1;
  lastTask = -1;

  readonly #options: StreamOptions;
  readonly #littleEndian: boolean;
  readonly #pageBytes: number;
  readonly #pages: PageBlocks;

  /** Bytes of the block that hold pages, where the next page begins, and the records of this one. */
  #blockBytes = 0;
  #nextPage = 0;
  #at = 0;
  #recordsEnd = 0;

  /** Stamp of the page (or the last absolute one), as in the file and relative to the origin. */
  #base = 0n;
  #baseNs = 0;
  /** Ticks since then. */
  #ticks = 0;
  #origin = 0n;

  constructor(buffer: TraceBuffer, range: CpuRange, options: StreamOptions) {
    this.cpu = range.cpu;
    this.#options = options;
    this.#littleEndian = options.file.littleEndian;
    this.#pageBytes = buffer.pageBytes;
    this.#pages = buffer.compressed
      ? new CompressedBlocks(range, options)
      : new RawBlocks(range, buffer.pageBytes, options);
  }

  /** The first page's stamp in ns, null when there is no page. Call it before {@link next}. */
  firstStamp(): bigint | null {
    if (!this.#loadBlock() || this.#blockBytes < 8) return null;
    return this.#toNs(this.view.getBigUint64(0, this.#littleEndian));
  }

  /** Says what times are relative to: moves the present record as well. */
  setOrigin(origin: bigint): void {
    this.time -= Number(origin - this.#origin);
    this.#origin = origin;
    this.#setBase(this.#base);
  }

  /** Goes to the next record; false at the end. */
  next(): boolean {
    for (;;) {
      const at = this.#at;
      if (at + 4 > this.#recordsEnd) {
        if (!this.#loadPage()) {
          this.ended = true;
          return false;
        }
        continue;
      }
      const word = this.view.getUint32(at, this.#littleEndian);
      const kind = this.#littleEndian ? word & 31 : word >>> 27;
      const delta = this.#littleEndian ? word >>> 5 : word & 0x7ffffff;
      if (kind > 0 && kind < TYPE_PADDING) {
        this.start = at + 4;
        this.end = at + 4 + kind * 4;
      } else {
        if (!this.#oddRecord(kind, delta, at)) continue;
      }
      this.#at = this.end;
      if (this.end > this.#recordsEnd) {
        this.#damagedPage('a record is longer than its page', at);
        continue;
      }
      this.#ticks += delta;
      this.time = this.#options.file.scale ? this.#scaledTime() : this.#baseNs + this.#ticks;
      return true;
    }
  }

  /** A record that is no plain one; true when it has a payload, which `start` and `end` then tell. */
  #oddRecord(kind: number, delta: number, at: number): boolean {
    if (kind === TYPE_PADDING && delta === 0) {
      // The rest of the page is empty.
      this.#at = this.#recordsEnd;
      return false;
    }
    if (at + 8 > this.#recordsEnd) {
      this.#damagedPage('a record is longer than its page', at);
      return false;
    }
    const length = this.view.getUint32(at + 4, this.#littleEndian);
    if (kind === 0) {
      if (length < 4 || length > this.#pageBytes) {
        this.#damagedPage(`a record of ${length} bytes is absurd`, at);
        return false;
      }
      this.start = at + 8;
      this.end = at + 4 + ((length + 3) & ~3);
      return true;
    }
    this.#at = at + 8;
    if (kind === TYPE_TIME_EXTEND) this.#ticks += length * TWO_27 + delta;
    else if (kind === TYPE_TIME_STAMP) this.#absoluteStamp(length, delta);
    else {
      // Discarded by the writer; its time still counts.
      if (length > this.#pageBytes) this.#damagedPage(`padding of ${length} bytes is absurd`, at);
      else this.#at = at + 4 + ((length + 3) & ~3);
      this.#ticks += delta;
    }
    return false;
  }

  #absoluteStamp(high: number, low: number): void {
    const before = this.#base + BigInt(this.#ticks);
    let stamp = (BigInt(high) << 27n) + BigInt(low);
    const upper = before >> STAMP_BITS;
    if (upper > 0n) {
      stamp |= upper << STAMP_BITS;
      if (stamp < before) stamp += 1n << STAMP_BITS;
    }
    this.#setBase(stamp);
    this.#ticks = 0;
  }

  /** What is left of the page cannot be read. */
  #damagedPage(sentence: string, at: number): void {
    this.#options.onDamage(sentence, this.#pages.offsetOf(at));
    this.#at = this.#recordsEnd;
  }

  #setBase(stamp: bigint): void {
    this.#base = stamp;
    this.#baseNs = Number(this.#toNs(stamp) - this.#origin);
  }

  #scaledTime(): number {
    return Number(this.#toNs(this.#base + BigInt(this.#ticks)) - this.#origin);
  }

  #toNs(stamp: bigint): bigint {
    const { scale, offsetNs } = this.#options.file;
    return (scale ? (stamp * scale.multiplier) >> scale.shift : stamp) + offsetNs;
  }

  #loadPage(): boolean {
    const { commitOffset, dataOffset, longBytes } = this.#options.layout;
    for (;;) {
      const page = this.#nextPage;
      if (page + dataOffset > this.#blockBytes) {
        if (page < this.#blockBytes) {
          this.#options.onDamage('the data end within the header of a page', this.#pages.offsetOf(page));
        }
        if (!this.#loadBlock()) return false;
        continue;
      }
      this.#nextPage = page + this.#pageBytes;
      const { view } = this;
      const little = this.#littleEndian;
      const commitAt = page + commitOffset + (longBytes === 8 && !little ? 4 : 0);
      const commit = view.getUint32(commitAt, little);
      const used = commit & COMMIT_BYTES;
      const pageEnd = Math.min(this.#nextPage, this.#blockBytes);
      this.#at = page + dataOffset;
      this.#recordsEnd = Math.min(this.#at + used, pageEnd);
      if (this.#at + used > pageEnd) {
        const sentence =
          pageEnd < this.#nextPage ? 'the data end within a page' : `a page with ${used} bytes is absurd`;
        this.#options.onDamage(sentence, this.#pages.offsetOf(page + commitOffset));
      }
      if (commit & MISSED_EVENTS) this.#readLost(commit, this.#at + used, pageEnd);
      this.#setBase(view.getBigUint64(page, little));
      this.#ticks = 0;
      if (this.#recordsEnd > this.#at) return true;
    }
  }

  /** How many records were lost stands behind the data where there was room for it. */
  #readLost(commit: number, at: number, pageEnd: number): void {
    const { longBytes } = this.#options.layout;
    this.lost = -1;
    if (!(commit & MISSED_STORED) || at + longBytes > pageEnd) return;
    const count =
      longBytes === 8
        ? Number(this.view.getBigUint64(at, this.#littleEndian))
        : this.view.getUint32(at, this.#littleEndian);
    if (count > 0) this.lost = count;
  }

  #loadBlock(): boolean {
    const length = this.#pages.next();
    if (length === 0) return false;
    if (this.bytes !== this.#pages.bytes) {
      this.bytes = this.#pages.bytes;
      this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    }
    this.#blockBytes = length;
    this.#nextPage = 0;
    this.#at = 0;
    this.#recordsEnd = 0;
    return true;
  }
}

/** Brings whole pages, a few at a time. */
interface PageBlocks {
  bytes: Uint8Array;
  /** Loads the next block into `bytes`; returns its length, 0 at the end. */
  next(): number;
  /** Where a byte of the block stands in the file; its chunk, when that is compressed. */
  offsetOf(at: number): number;
}

class RawBlocks implements PageBlocks {
  bytes: Uint8Array = new Uint8Array(0);
  readonly #source: FileSource;
  readonly #end: number;
  readonly #blockBytes: number;
  #offset: number;
  #blockOffset: number;

  constructor(range: CpuRange, pageBytes: number, options: StreamOptions) {
    this.#source = options.source;
    this.#offset = range.offset;
    this.#blockOffset = range.offset;
    this.#end = range.offset + range.size;
    this.#blockBytes = Math.max(1, Math.floor(BLOCK_BYTES / pageBytes)) * pageBytes;
  }

  next(): number {
    const length = Math.min(this.#blockBytes, this.#end - this.#offset);
    if (length <= 0) return 0;
    if (this.bytes.length === 0) this.bytes = new Uint8Array(length);
    const got = this.#source.readInto(this.#offset, this.bytes, length);
    this.#blockOffset = this.#offset;
    this.#offset += got;
    return got;
  }

  offsetOf(at: number): number {
    return this.#blockOffset + at;
  }
}

/** `count`, then `compressed size, size, data` for each chunk: trace-cmd.dat.v7(5). */
class CompressedBlocks implements PageBlocks {
  bytes: Uint8Array = new Uint8Array(0);
  readonly #options: StreamOptions;
  readonly #end: number;
  #offset: number;
  #chunkOffset: number;
  #chunksLeft = -1;

  constructor(range: CpuRange, options: StreamOptions) {
    this.#options = options;
    this.#offset = range.offset;
    this.#chunkOffset = range.offset;
    this.#end = range.offset + range.size;
  }

  next(): number {
    for (;;) {
      if (this.#chunksLeft < 0) {
        if (this.#end - this.#offset < 4) return 0;
        this.#chunksLeft = this.#word(this.#offset);
        this.#offset += 4;
      }
      if (this.#chunksLeft === 0) return 0;
      if (this.#end - this.#offset < 8) return this.#damaged('the chunks end too early', this.#offset);
      this.#chunksLeft--;
      this.#chunkOffset = this.#offset;
      const compressed = this.#word(this.#offset);
      const size = this.#word(this.#offset + 4);
      this.#offset += 8;
      if (compressed > this.#end - this.#offset)
        return this.#damaged(
          `a chunk of ${compressed} bytes is longer than its CPU's data`,
          this.#chunkOffset,
        );
      const bytes = this.#options.source.read(this.#offset, compressed);
      this.#offset += compressed;
      try {
        this.bytes = this.#options.file.decompress!(bytes, size);
        if (this.bytes.length > 0) return this.bytes.length;
      } catch (error) {
        const sentence = `damaged compressed data: ${(error as Error).message}`;
        this.#options.onDamage(sentence, this.#chunkOffset);
      }
    }
  }

  offsetOf(_at: number): number {
    return this.#chunkOffset;
  }

  #word(offset: number): number {
    const bytes = this.#options.source.read(offset, 4);
    if (bytes.length < 4) return 0;
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, this.#options.file.littleEndian);
  }

  #damaged(sentence: string, offset: number): number {
    this.#options.onDamage(sentence, offset);
    this.#chunksLeft = 0;
    return 0;
  }
}
