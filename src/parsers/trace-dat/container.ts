import { type ByteSource, Cursor, DamagedTraceDat, MemorySource } from './byte-source.ts';
import { type Decompress, decompressorFor } from './compression.ts';

/** Where the ring-buffer pages of one CPU stand in the file. */
export interface CpuRange {
  readonly cpu: number;
  readonly offset: number;
  readonly size: number;
}

/** The pages of one trace instance. */
export interface TraceBuffer {
  /** '' for the top instance. */
  readonly name: string;
  /** Trace clock, '' when not said. */
  readonly clock: string;
  readonly pageBytes: number;
  /** Pages stand in compressed chunks. */
  readonly compressed: boolean;
  readonly cpus: readonly CpuRange[];
}

/** Text of a latency tracer, which trace-cmd stores as the kernel printed it. */
export interface TextRange {
  readonly offset: number;
  readonly size: number;
  readonly compressed: boolean;
}

/** Everything of a trace.dat but its records. */
export interface TraceDat {
  readonly version: number;
  readonly littleEndian: boolean;
  readonly pageBytes: number;
  readonly decompress: Decompress | null;
  /** The kernel's `events/header_page`. */
  headerPage: string;
  /** The kernel's `format` files. */
  formats: string[];
  /** /proc/kallsyms: large, and made only when a symbol is asked for. */
  kallsyms: () => Uint8Array;
  /** printk_formats: `0xADDRESS : "text"` lines. */
  printkFormats: string;
  /** saved_cmdlines: `PID comm` lines. */
  cmdlines: string;
  clock: string;
  /** Kernel release from `uname`, '' when not said. */
  release: string;
  /** Added to each stamp, ns: `record --date` and `--ts-offset`. */
  offsetNs: bigint;
  /** How stamps in cycles become ns: `stamp * multiplier >> shift`; null when they are ns. */
  scale: { readonly multiplier: bigint; readonly shift: bigint } | null;
  buffers: TraceBuffer[];
  latencyText: TextRange | null;
}

/** Told where something cannot be read; reading goes on with the rest. */
export type DamageSink = (sentence: string, offset: number) => void;

export const TRACE_DAT_MAGIC = '\x17\x08\x44tracing';

const MAX_PAGE_BYTES = 1 << 24;
const MAX_CPUS = 1 << 16;
const MAX_FORMAT_BYTES = 1 << 20;
const MAX_FORMATS = 1 << 16;
const SECTION_COMPRESSED = 1;

/** Ids of options; those that stand for a section have the section's id. trace-cmd.dat.v7(5). */
const Option = {
  Done: 0,
  Date: 1,
  Buffer: 3,
  TraceClock: 4,
  Uname: 5,
  Offset: 7,
  TscToNs: 14,
  HeaderInfo: 16,
  FtraceEvents: 17,
  EventFormats: 18,
  Kallsyms: 19,
  Printk: 20,
  Cmdlines: 21,
  BufferText: 22,
} as const;

/**
 * Reads the header and all metadata of a trace.dat, versions 6 and 7.
 * Source of the format: the manual pages trace-cmd.dat.v6(5) and trace-cmd.dat.v7(5).
 *
 * @param onDamage Told of parts that cannot be read; what was read before stays.
 * @throws {DamagedTraceDat} when the initial header cannot be used.
 */
export function readContainer(source: ByteSource, onDamage: DamageSink): TraceDat {
  const head = new Cursor(source, true, TRACE_DAT_MAGIC.length, source.size);
  const versionAt = head.position;
  const versionText = head.string();
  const version = Number(versionText);
  if (version !== 6 && version !== 7)
    throw new DamagedTraceDat(`version "${versionText.slice(0, 16)}" is not known; 6 and 7 are`, versionAt);
  const endian = head.u8();
  if (endian > 1) throw new DamagedTraceDat(`${endian} is no byte order (0: little, 1: big)`, head.place - 1);
  const longBytes = head.u8();
  if (longBytes !== 4 && longBytes !== 8)
    throw new DamagedTraceDat(`${longBytes} bytes are no size of a long`, head.place - 1);
  const cursor = new Cursor(source, endian === 0, head.position, source.size);
  const pageBytes = cursor.u32();
  checkPageBytes(pageBytes, cursor.place - 4);
  const file: TraceDat = {
    version,
    littleEndian: endian === 0,
    pageBytes,
    decompress: null,
    headerPage: '',
    formats: [],
    kallsyms: () => new Uint8Array(0),
    printkFormats: '',
    cmdlines: '',
    clock: '',
    release: '',
    offsetNs: 0n,
    scale: null,
    buffers: [],
    latencyText: null,
  };
  if (version === 6) readVersion6(cursor, source, file, onDamage);
  else readVersion7(cursor, source, file, onDamage);
  return file;
}

function checkPageBytes(pageBytes: number, place: number): void {
  if (pageBytes < 64 || pageBytes > MAX_PAGE_BYTES)
    throw new DamagedTraceDat(`a page of ${pageBytes} bytes is absurd`, place);
}

// ---------------------------------------------------------------- version 6: one part behind the other

function readVersion6(cursor: Cursor, source: ByteSource, file: TraceDat, onDamage: DamageSink): void {
  const instances: { offset: number; name: string }[] = [];
  try {
    readHeaderInfo(cursor, file);
    readFtraceFormats(cursor, file);
    readEventFormats(cursor, file);
    const kallsymsBytes = cursor.u32();
    const kallsymsAt = cursor.position;
    cursor.skip(kallsymsBytes);
    file.kallsyms = () => source.read(kallsymsAt, kallsymsBytes);
    file.printkFormats = cursor.text(cursor.u32());
    file.cmdlines = cursor.text(cursor.u64());
    const cpus = cursor.u32();
    if (cpus > MAX_CPUS) throw new DamagedTraceDat(`${cpus} CPUs are absurd`, cursor.place - 4);
    readVersion6Data(cursor, file, '', cpus, instances);
    for (const { offset, name } of instances) {
      readVersion6Data(new Cursor(source, file.littleEndian, offset, source.size), file, name, cpus, []);
    }
  } catch (error) {
    tellDamage(error, onDamage);
  }
}

/** `options  `, then `flyrecord` or `latency  `. */
function readVersion6Data(
  cursor: Cursor,
  file: TraceDat,
  name: string,
  cpus: number,
  instances: { offset: number; name: string }[],
): void {
  let kind = cursor.text(10);
  if (kind === 'options  \0') {
    for (;;) {
      const id = cursor.u16();
      if (id === Option.Done) break;
      const size = cursor.u32();
      const end = cursor.position + size;
      if (size > cursor.left) cursor.skip(size);
      if (id === Option.Buffer) instances.push({ offset: cursor.u64(), name: cursor.string() });
      else readPlainOption(id, size, cursor, file);
      cursor.position = end;
    }
    kind = cursor.text(10);
  }
  if (kind === 'latency  \0') {
    file.latencyText = { offset: cursor.position, size: cursor.left, compressed: false };
  } else if (kind === 'flyrecord\0') {
    const ranges: CpuRange[] = [];
    for (let cpu = 0; cpu < cpus; cpu++) ranges.push({ cpu, offset: cursor.u64(), size: cursor.u64() });
    const { clock, pageBytes } = file;
    file.buffers.push({ name, clock, pageBytes, compressed: false, cpus: ranges });
  } else {
    throw new DamagedTraceDat('neither "flyrecord" nor "latency" stands here', cursor.place - 10);
  }
}

// ---------------------------------------------------------------- version 7: sections

interface Section {
  readonly id: number;
  readonly offset: number;
  readonly compressed: boolean;
  readonly size: number;
}

function readVersion7(cursor: Cursor, source: ByteSource, file: TraceDat, onDamage: DamageSink): void {
  const compressionAt = cursor.place;
  const compression = cursor.string();
  cursor.string();
  const decompress = decompressorFor(compression);
  (file as { decompress: Decompress | null }).decompress = decompress;
  if (decompress === null && compression !== 'none')
    onDamage(`the compression "${compression.slice(0, 32)}" is not known`, compressionAt);
  const sections = new Sections(source, file);
  const seen = new Set<number>();
  let offset = cursor.u64();
  let linkAt = cursor.place - 8;
  while (offset !== 0) {
    if (seen.has(offset)) {
      onDamage('the option sections form a circle', linkAt);
      break;
    }
    seen.add(offset);
    try {
      const options = sections.open(offset, Option.Done, linkAt);
      offset = 0;
      while (offset === 0 && options.left >= 6) {
        const id = options.u16();
        const size = options.u32();
        const end = options.position + size;
        if (size > options.left) options.skip(size);
        if (id === Option.Done) {
          linkAt = options.place;
          offset = options.u64();
          break;
        }
        try {
          readOption(id, size, options, file, sections);
        } catch (error) {
          tellDamage(error, onDamage);
        }
        options.position = end;
      }
    } catch (error) {
      tellDamage(error, onDamage);
      break;
    }
  }
}

/** Finds sections by offset and undoes their compression. */
class Sections {
  readonly #source: ByteSource;
  readonly #file: TraceDat;

  constructor(source: ByteSource, file: TraceDat) {
    this.#source = source;
    this.#file = file;
  }

  header(offset: number, id: number, place: number): Section {
    if (!(offset + 16 <= this.#source.size))
      throw new DamagedTraceDat(`section ${id} should stand at byte ${offset}, behind the end`, place);
    const cursor = new Cursor(this.#source, this.#file.littleEndian, offset, this.#source.size);
    const found = cursor.u16();
    if (found !== id)
      throw new DamagedTraceDat(`section ${id} should stand here, and section ${found} does`, offset);
    const flags = cursor.u16();
    cursor.u32();
    const size = cursor.u64();
    return { id, offset: cursor.position, compressed: (flags & SECTION_COMPRESSED) !== 0, size };
  }

  /** The uncompressed content of a section. */
  open(offset: number, id: number, place: number): Cursor {
    const { littleEndian, decompress } = this.#file;
    const section = this.header(offset, id, place);
    const end = section.offset + section.size;
    const cursor = new Cursor(this.#source, littleEndian, section.offset, end);
    if (!section.compressed) return cursor;
    if (decompress === null) throw new DamagedTraceDat('a compressed section cannot be read', offset);
    const compressed = cursor.u32();
    const size = cursor.u32();
    const bytes = cursor.bytes(compressed);
    try {
      const plain = decompress(bytes, size);
      return new Cursor(new MemorySource(plain), littleEndian, 0, plain.length, section.offset);
    } catch (error) {
      throw new DamagedTraceDat(`damaged compressed data: ${(error as Error).message}`, section.offset);
    }
  }
}

function readOption(id: number, size: number, options: Cursor, file: TraceDat, sections: Sections): void {
  const place = options.place;
  switch (id) {
    case Option.HeaderInfo:
      readHeaderInfo(sections.open(options.u64(), id, place), file);
      break;
    case Option.FtraceEvents:
      readFtraceFormats(sections.open(options.u64(), id, place), file);
      break;
    case Option.EventFormats:
      readEventFormats(sections.open(options.u64(), id, place), file);
      break;
    case Option.Kallsyms: {
      const offset = options.u64();
      sections.header(offset, id, place);
      file.kallsyms = () => {
        const cursor = sections.open(offset, id, place);
        return cursor.bytes(cursor.u32());
      };
      break;
    }
    case Option.Printk: {
      const cursor = sections.open(options.u64(), id, place);
      file.printkFormats = cursor.text(cursor.u32());
      break;
    }
    case Option.Cmdlines: {
      const cursor = sections.open(options.u64(), id, place);
      file.cmdlines = cursor.text(cursor.u64());
      break;
    }
    case Option.Buffer:
      file.buffers.push(readBufferOption(options, sections));
      break;
    case Option.BufferText: {
      const { offset, size, compressed } = sections.header(options.u64(), id, place);
      file.latencyText = { offset, size, compressed };
      break;
    }
    default:
      readPlainOption(id, size, options, file);
  }
}

function readBufferOption(options: Cursor, sections: Sections): TraceBuffer {
  const place = options.place;
  const section = sections.header(options.u64(), Option.Buffer, place);
  const name = options.string();
  const clock = options.string();
  const pageBytes = options.u32();
  checkPageBytes(pageBytes, options.place - 4);
  const count = options.u32();
  const cpus: CpuRange[] = [];
  // Bounded by the option: each CPU takes 20 bytes of it.
  for (let i = 0; i < count; i++) {
    const at = options.place;
    const cpu = options.u32();
    if (cpu >= MAX_CPUS) throw new DamagedTraceDat(`CPU ${cpu} is absurd`, at);
    const [offset, size] = [options.u64(), options.u64()];
    // trace-cmd does not count the word in which the number of chunks stands.
    cpus.push({ cpu, offset, size: section.compressed && size > 0 ? size + 4 : size });
  }
  return { name, clock, pageBytes, compressed: section.compressed, cpus };
}

// ---------------------------------------------------------------- parts that both versions have

function readHeaderInfo(cursor: Cursor, file: TraceDat): void {
  for (const expected of ['header_page', 'header_event']) {
    const place = cursor.place;
    if (cursor.string() !== expected) throw new DamagedTraceDat(`"${expected}" should stand here`, place);
    const text = readFormatText(cursor);
    if (expected === 'header_page') file.headerPage = text;
  }
}

function readFtraceFormats(cursor: Cursor, file: TraceDat): void {
  readFormats(cursor, file, cursor.u32());
}

function readEventFormats(cursor: Cursor, file: TraceDat): void {
  const systems = cursor.u32();
  for (let i = 0; i < systems; i++) {
    cursor.string();
    readFormats(cursor, file, cursor.u32());
  }
}

function readFormats(cursor: Cursor, file: TraceDat, count: number): void {
  for (let i = 0; i < count; i++) {
    if (file.formats.length >= MAX_FORMATS)
      throw new DamagedTraceDat(`more than ${MAX_FORMATS} events are absurd`, cursor.place);
    file.formats.push(readFormatText(cursor));
  }
}

function readFormatText(cursor: Cursor): string {
  const place = cursor.place;
  const size = cursor.u64();
  if (size > MAX_FORMAT_BYTES) throw new DamagedTraceDat(`a format of ${size} bytes is absurd`, place);
  return cursor.text(size);
}

/** Options that hold a value themselves, alike in both versions. */
function readPlainOption(id: number, size: number, options: Cursor, file: TraceDat): void {
  switch (id) {
    case Option.TraceClock:
      // The kernel's list, with the clock in use in brackets.
      file.clock = /\[(\S+)\]/.exec(options.text(size))?.[1] ?? file.clock;
      break;
    case Option.Uname:
      file.release = /^\S+ \S+ (\S+)/.exec(optionText(options, size))?.[1] ?? '';
      break;
    case Option.Date:
      // The difference between the trace clock and the time of day, in us.
      file.offsetNs += wholeNumber(optionText(options, size)) * 1000n;
      break;
    case Option.Offset:
      file.offsetNs += wholeNumber(optionText(options, size));
      break;
    case Option.TscToNs: {
      const multiplier = BigInt(options.u32());
      const shift = BigInt(options.u32());
      if (multiplier > 0n && shift < 64n) file.scale = { multiplier, shift };
      break;
    }
    default:
  }
}

function optionText(options: Cursor, size: number): string {
  return options.text(size).replace(/\0[\s\S]*$/, '');
}

function wholeNumber(text: string): bigint {
  const m = /^\s*([+-]?)(0x[0-9a-f]{1,16}|\d{1,20})/i.exec(text);
  if (!m) return 0n;
  return m[1] === '-' ? -BigInt(m[2]!) : BigInt(m[2]!);
}

function tellDamage(error: unknown, onDamage: DamageSink): void {
  if (!(error instanceof DamagedTraceDat)) throw error;
  onDamage(error.message, error.offset);
}
