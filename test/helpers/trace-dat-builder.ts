import zlib from 'node:zlib';

/** A field of a made-up event: `['unsigned long', 'call_site', 8]`; an array has its `[..]` in the name. */
export type FieldSpec = readonly [type: string, name: string, bytes: number, signed?: boolean];

export interface EventSpec {
  readonly id: number;
  readonly name: string;
  readonly fields: readonly FieldSpec[];
  readonly print: string;
  readonly system?: string;
}

export interface RecordSpec {
  readonly event: EventSpec;
  readonly cpu?: number;
  readonly pid?: number;
  /** ns of the trace clock. */
  readonly time: number | bigint;
  readonly flags?: number;
  readonly preempt?: number;
  /** Values of the fields in order: numbers, texts of arrays, or raw bytes. Missing ones are 0. */
  readonly values?: readonly (number | bigint | string | Uint8Array)[];
  /** Behind the fixed fields: what `__data_loc` points to. */
  readonly tail?: Uint8Array;
  /** How the record is stored; plain unless said. */
  readonly stored?: 'long' | 'extend' | 'stamp';
  /** A new page begins before this record, and says that so many were lost (-1: not how many). */
  readonly lost?: number;
  /** A discarded record of 16 bytes stands in front. */
  readonly padding?: boolean;
}

export interface FileSpec {
  readonly version?: 6 | 7;
  readonly littleEndian?: boolean;
  readonly longBytes?: 4 | 8;
  readonly compression?: 'none' | 'zlib';
  readonly events: readonly EventSpec[];
  readonly records: readonly RecordSpec[];
  readonly kallsyms?: string;
  readonly printk?: string;
  readonly cmdlines?: string;
  readonly clock?: string;
  /** Options of the file: id and data. */
  readonly options?: readonly (readonly [number, Uint8Array])[];
  readonly cpus?: number;
  /** Pages of the CPUs are given as they are. */
  readonly latency?: string;
}

const PAGE = 4096;
const COMMON: readonly FieldSpec[] = [
  ['unsigned short', 'common_type', 2],
  ['unsigned char', 'common_flags', 1],
  ['unsigned char', 'common_preempt_count', 1],
  ['int', 'common_pid', 4, true],
];

interface Placed {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

function place(event: EventSpec): { fields: (Placed & { spec: FieldSpec })[]; bytes: number } {
  let offset = 0;
  const fields = [...COMMON, ...event.fields].map((spec) => {
    const element = /\[\d*\]$/.test(spec[1]) ? (/long|64|\*/.test(spec[0]) ? 8 : 1) : Math.min(spec[2], 8);
    const aligned = element > 0 ? Math.ceil(offset / element) * element : offset;
    offset = aligned + spec[2];
    return { spec, name: spec[1], offset: aligned, bytes: spec[2] };
  });
  return { fields, bytes: offset };
}

function formatText(event: EventSpec): string {
  const lines = place(event).fields.map(({ spec, offset }) => {
    const [type, name, bytes, signed] = spec;
    return `\tfield:${type} ${name};\toffset:${offset};\tsize:${bytes};\tsigned:${signed ? 1 : 0};\n`;
  });
  const common = lines.slice(0, COMMON.length).join('');
  const own = lines.slice(COMMON.length).join('');
  return `name: ${event.name}\nID: ${event.id}\nformat:\n${common}\n${own}\nprint fmt: ${event.print}\n`;
}

class Bytes {
  readonly #parts: Buffer[] = [];
  length = 0;
  readonly little: boolean;

  constructor(little: boolean) {
    this.little = little;
  }

  add(bytes: Uint8Array): this {
    this.#parts.push(Buffer.from(bytes));
    this.length += bytes.length;
    return this;
  }

  text(text: string): this {
    return this.add(Buffer.from(text, 'latin1'));
  }

  number(value: number | bigint, size: number): this {
    return this.add(numberBytes(value, size, this.little));
  }

  padTo(multiple: number): this {
    const missing = (multiple - (this.length % multiple)) % multiple;
    return this.add(Buffer.alloc(missing));
  }

  buffer(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

export function numberBytes(value: number | bigint, size: number, little: boolean): Buffer {
  const wide = Buffer.alloc(8);
  wide.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)));
  const cut = wide.subarray(0, size);
  return little ? Buffer.from(cut) : Buffer.from(cut).reverse();
}

function payload(record: RecordSpec, little: boolean): Buffer {
  const { fields, bytes } = place(record.event);
  const out = Buffer.alloc(bytes);
  const values = [
    record.event.id,
    record.flags ?? 0,
    record.preempt ?? 0,
    record.pid ?? 1,
    ...(record.values ?? []),
  ];
  fields.forEach(({ offset, bytes: size }, i) => {
    const value = values[i] ?? 0;
    if (typeof value === 'string') out.write(value, offset, size, 'latin1');
    else if (value instanceof Uint8Array) out.set(value.subarray(0, size), offset);
    else out.set(numberBytes(value, size, little), offset);
  });
  return Buffer.concat([out, record.tail ?? Buffer.alloc(0)]);
}

function header(kind: number, delta: number | bigint, little: boolean): Buffer {
  const d = Number(delta);
  return numberBytes(little ? kind + d * 32 : kind * 2 ** 27 + d, 4, little);
}

/** The ring-buffer pages of one CPU. */
function pages(records: readonly RecordSpec[], little: boolean, longBytes: number): Buffer {
  const done: Buffer[] = [];
  let data: Buffer[] = [];
  let used = 0;
  let pageTime = 0n;
  let last = 0n;
  let lost = 0;
  const capacity = PAGE - 8 - longBytes;
  const finish = () => {
    if (used === 0) return;
    const page = new Bytes(little);
    const flag = lost === 0 ? 0 : lost < 0 ? 0x80000000 : 0xc0000000;
    page.number(pageTime, 8).number(used + flag, longBytes);
    for (const part of data) page.add(part);
    if (lost > 0) page.number(lost, longBytes);
    done.push(page.padTo(PAGE).buffer());
    data = [];
    used = 0;
    lost = 0;
  };
  for (const record of records) {
    const time = BigInt(record.time);
    const body = payload(record, little);
    const aligned = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
    if (record.lost !== undefined || used + aligned.length + 48 > capacity) finish();
    if (used === 0) {
      pageTime = time;
      last = time;
      lost = record.lost ?? 0;
    }
    const put = (part: Buffer) => {
      data.push(part);
      used += part.length;
    };
    if (record.padding) {
      put(header(29, 1, little));
      put(numberBytes(12, 4, little));
      put(Buffer.alloc(8));
      last += 1n;
    }
    let delta = time - last;
    if (record.stored === 'stamp') {
      put(header(31, time & 0x7ffffffn, little));
      put(numberBytes((time >> 27n) & 0xffffffffn, 4, little));
      delta = 0n;
    } else if (record.stored === 'extend' || delta >= 1n << 27n) {
      put(header(30, delta & 0x7ffffffn, little));
      put(numberBytes(delta >> 27n, 4, little));
      delta = 0n;
    }
    last = time;
    if (record.stored === 'long' || aligned.length > 112) {
      put(header(0, delta, little));
      put(numberBytes(aligned.length + 4, 4, little));
    } else put(header(aligned.length / 4, delta, little));
    put(aligned);
  }
  finish();
  return Buffer.concat(done);
}

function headerPage(longBytes: number): string {
  return (
    '\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n' +
    `\tfield: local_t commit;\toffset:8;\tsize:${longBytes};\tsigned:1;\n` +
    '\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n' +
    `\tfield: char data;\toffset:${8 + longBytes};\tsize:${PAGE - 8 - longBytes};\tsigned:1;\n`
  );
}

const HEADER_EVENT = `# compressed entry header
\ttype_len    :    5 bits
\ttime_delta  :   27 bits
\tarray       :   32 bits

\tpadding     : type == 29
\ttime_extend : type == 30
\ttime_stamp : type == 31
\tdata max type_len  == 28
`;

/** A trace.dat with the given events and records; the layout is that of trace-cmd 3.1. */
export function buildTraceDat(spec: FileSpec): Buffer {
  const little = spec.littleEndian ?? true;
  const longBytes = spec.longBytes ?? 8;
  const version = spec.version ?? 6;
  const cpus = spec.cpus ?? Math.max(0, ...spec.records.map((r) => r.cpu ?? 0)) + 1;
  const data = Array.from({ length: cpus }, (_, cpu) =>
    pages(
      spec.records.filter((r) => (r.cpu ?? 0) === cpu),
      little,
      longBytes,
    ),
  );
  const out = new Bytes(little);
  out
    .text('\x17\x08\x44tracing')
    .text(`${version}\0`)
    .number(little ? 0 : 1, 1)
    .number(longBytes, 1);
  out.number(PAGE, 4);
  const clock = `[${spec.clock ?? 'local'}] global\n\0`;
  const headers = headerInfo(little, longBytes);
  const ftrace = formats(
    spec.events.filter((e) => e.system === 'ftrace'),
    little,
  );
  const events = eventFormats(
    spec.events.filter((e) => e.system !== 'ftrace'),
    little,
  );
  const kallsyms = Buffer.from(spec.kallsyms ?? '', 'latin1');
  const printk = Buffer.from(spec.printk ?? '', 'latin1');
  const cmdlines = Buffer.from(spec.cmdlines ?? '', 'latin1');
  const options = [[4, Buffer.from(clock)] as const, ...(spec.options ?? [])];
  if (version === 6) {
    out.add(headers).add(ftrace).add(events);
    out.number(kallsyms.length, 4).add(kallsyms);
    out.number(printk.length, 4).add(printk);
    out.number(cmdlines.length, 8).add(cmdlines);
    out.number(cpus, 4).text('options  \0');
    for (const [id, value] of options) out.number(id, 2).number(value.length, 4).add(value);
    out.number(0, 2);
    if (spec.latency !== undefined) return out.text('latency  \0').text(spec.latency).buffer();
    out.text('flyrecord\0');
    let at = Math.ceil((out.length + cpus * 16) / PAGE) * PAGE;
    for (const part of data) {
      out.number(at, 8).number(part.length, 8);
      at += part.length;
    }
    out.padTo(PAGE);
    for (const part of data) out.add(part);
    return out.buffer();
  }
  return version7(out, spec, little, {
    headers,
    ftrace,
    events,
    kallsyms: Buffer.concat([numberBytes(kallsyms.length, 4, little), kallsyms]),
    printk: Buffer.concat([numberBytes(printk.length, 4, little), printk]),
    cmdlines: Buffer.concat([numberBytes(cmdlines.length, 8, little), cmdlines]),
    options,
    data,
  });
}

interface Parts {
  readonly headers: Buffer;
  readonly ftrace: Buffer;
  readonly events: Buffer;
  readonly kallsyms: Buffer;
  readonly printk: Buffer;
  readonly cmdlines: Buffer;
  readonly options: readonly (readonly [number, Uint8Array])[];
  readonly data: readonly Buffer[];
}

function version7(out: Bytes, spec: FileSpec, little: boolean, parts: Parts): Buffer {
  const zlibbed = spec.compression === 'zlib';
  out.text(zlibbed ? 'zlib\x001.3\0' : 'none\0\0');
  const optionsAt = out.length;
  const offsets: number[] = [];
  const body = new Bytes(little);
  const start = optionsAt + 8;
  const section = (id: number, content: Uint8Array, compressed = zlibbed) => {
    offsets[id] = start + body.length;
    const packed = compressed
      ? Buffer.concat([
          numberBytes(zlib.deflateSync(content).length, 4, little),
          numberBytes(content.length, 4, little),
          zlib.deflateSync(content),
        ])
      : Buffer.from(content);
    body
      .number(id, 2)
      .number(compressed ? 1 : 0, 2)
      .number(0, 4)
      .number(packed.length, 8)
      .add(packed);
  };
  section(16, parts.headers);
  section(17, parts.ftrace);
  section(18, parts.events);
  section(19, parts.kallsyms);
  section(20, parts.printk);
  section(21, parts.cmdlines);
  const bufferOption = new Bytes(little);
  if (spec.latency !== undefined) {
    section(22, Buffer.from(spec.latency, 'latin1'), false);
    bufferOption.number(offsets[22]!, 8).text('\0').text('local\0');
  } else {
    const bufferAt = start + body.length;
    const ranges = new Bytes(little);
    const content = new Bytes(little);
    parts.data.forEach((part, cpu) => {
      while ((bufferAt + 16 + content.length) % PAGE !== 0) content.number(0, 1);
      const chunk = zlibbed && part.length > 0 ? chunked(part, little) : part;
      ranges.number(cpu, 4).number(bufferAt + 16 + content.length, 8);
      ranges.number(Math.max(0, chunk.length - (zlibbed ? 4 : 0)), 8);
      content.add(chunk);
    });
    body
      .number(3, 2)
      .number(zlibbed ? 1 : 0, 2)
      .number(0, 4)
      .number(content.length, 8)
      .add(content.buffer());
    bufferOption
      .number(bufferAt, 8)
      .text('\0')
      .text(`${spec.clock ?? 'local'}\0`)
      .number(PAGE, 4);
    bufferOption.number(parts.data.length, 4).add(ranges.buffer());
  }
  const list = new Bytes(little);
  const option = (id: number, value: Uint8Array) => list.number(id, 2).number(value.length, 4).add(value);
  for (const id of [16, 17, 18, 19, 20, 21]) option(id, numberBytes(offsets[id]!, 8, little));
  for (const [id, value] of parts.options) option(id, value);
  option(8, numberBytes(parts.data.length, 4, little));
  option(spec.latency === undefined ? 3 : 22, bufferOption.buffer());
  option(0, Buffer.alloc(8));
  section(0, list.buffer(), false);
  return out.number(offsets[0]!, 8).add(body.buffer()).buffer();
}

/** One chunk for every two pages. */
function chunked(data: Buffer, little: boolean): Buffer {
  const out = new Bytes(little);
  out.number(Math.ceil(data.length / (2 * PAGE)), 4);
  for (let at = 0; at < data.length; at += 2 * PAGE) {
    const piece = data.subarray(at, at + 2 * PAGE);
    const packed = zlib.deflateSync(piece);
    out.number(packed.length, 4).number(piece.length, 4).add(packed);
  }
  return out.buffer();
}

function headerInfo(little: boolean, longBytes: number): Buffer {
  const page = headerPage(longBytes);
  return new Bytes(little)
    .text('header_page\0')
    .number(page.length, 8)
    .text(page)
    .text('header_event\0')
    .number(HEADER_EVENT.length, 8)
    .text(HEADER_EVENT)
    .buffer();
}

function formats(events: readonly EventSpec[], little: boolean): Buffer {
  const out = new Bytes(little).number(events.length, 4);
  for (const event of events) {
    const text = formatText(event);
    out.number(text.length, 8).text(text);
  }
  return out.buffer();
}

function eventFormats(events: readonly EventSpec[], little: boolean): Buffer {
  const systems = [...new Set(events.map((event) => event.system ?? 'test'))];
  const out = new Bytes(little).number(systems.length, 4);
  for (const system of systems) {
    out.text(`${system}\0`);
    out.add(
      formats(
        events.filter((event) => (event.system ?? 'test') === system),
        little,
      ),
    );
  }
  return out.buffer();
}
