/**
 * The slow and obvious reader of the common printer's lines: events, the function tracer, frames. One regular
 * expression a form; it shares no code with src/parsers/, on purpose. Formats: kernel/trace/trace_output.c and
 * trace.c. Decisions that the formats leave open begin with "Choice:".
 */

/** What stands before the body of a line. */
export interface PlainPrefix {
  readonly task: string;
  readonly cpu: number;
  /** The flag characters; '' when there are none. */
  readonly flags: string;
  /** In us, from ns where the form has them; null for clocks that are not in ns. */
  readonly timeUs: number | null;
  readonly body: string;
  /** `raw` and `hex` lines have bodies of their own. */
  readonly isRaw: boolean;
}

/** What a body says; `stack`: a stack trace begins, no record. */
export interface PlainBody {
  readonly kind: 'event' | 'function' | 'stack';
  readonly name: string;
  readonly text: string;
  readonly note: string;
  /** Nothing else looks like it, so that it may stand without a prefix. */
  readonly isCertain: boolean;
}

// The comm is padded to 16 (8 in the latency form) and may hold anything; the second alternative is for lines
// that lost blanks.
const DEFAULT =
  /^(.{16}| *[^ ].{0,15}?)-(\d{1,10}) +(?:\([- \d]*\) +)?\[(\d+)\] +(?:([!-/:-\xff][!-\xff]{3,6}) +)?(\d{1,20})(?:\.(\d{6}))?: +?(.*)$/s;
const LATENCY =
  /^(.{8}| *[^ ].{0,7}?)-(\d{1,10}) +(\d+)([!-/:-\xff][!-\xff]{3,6}) +(-?\d{1,20})(us.?)?:(?: |(?=[^ ]))(.*)$/s;
const VERBOSE =
  /^(.{16}) *(\d+) +(\d+) +(\d+) ([0-9a-f]{8}) [0-9a-f]{8,16} \[([0-9a-f]{8,16})\] [^)]*?(ms)?\): (.*)$/s;
const MAX_CPUS = 8192;
const RAW = /^(\d{1,10}) (\d+) (\d{1,20}) (.*)$/s;
const HEX = /^([0-9a-f]{8}) ([0-9a-f]{8}) ([0-9a-f]{16}) (.*)$/s;

/**
 * Reads a line with a prefix in any form; null when it has none.
 * Choice: a CPU that no kernel can have is damage.
 */
export function readPlainPrefix(text: string): PlainPrefix | null {
  const prefix = readAnyPrefix(text);
  return prefix && prefix.cpu < MAX_CPUS ? prefix : null;
}

function readAnyPrefix(text: string): PlainPrefix | null {
  const isRaw = false;
  let m = DEFAULT.exec(text);
  if (m) {
    const [, comm, pid, cpu, flags, seconds, fraction, body] = m;
    // A stamp without a fraction is a count of some other clock, not a time.
    const timeUs = fraction === undefined ? null : Number(seconds) * 1e6 + Number(fraction);
    return { task: taskText(comm!, pid!), cpu: Number(cpu), flags: flags ?? '', timeUs, body: body!, isRaw };
  }
  m = LATENCY.exec(text);
  if (m) {
    const [, comm, pid, cpu, flags, stamp, unit, body] = m;
    const timeUs = unit === undefined ? null : Number(stamp);
    return { task: taskText(comm!, pid!), cpu: Number(cpu), flags: flags!, timeUs, body: body!, isRaw };
  }
  m = VERBOSE.exec(text);
  if (m) {
    const [, comm, pid, cpu, bits, count, stamp, unit, body] = m;
    const timeUs = unit === undefined ? null : Number.parseInt(stamp!, 16);
    const flags = flagCharacters(Number(bits), Number.parseInt(count!, 16));
    return { task: taskText(comm!, pid!), cpu: Number(cpu), flags, timeUs, body: body!, isRaw };
  }
  m = RAW.exec(text);
  if (m) return rawPrefix(m[1]!, m[2]!, m[3]!, m[4]!);
  m = HEX.exec(text);
  if (m) return rawPrefix(`0x${m[1]}`, `0x${m[2]}`, `0x${m[3]}`, m[4]!);
  return null;
}

/** Choice: the tables round to whole us for the comparison; exact ns have a test of their own. */
function rawPrefix(pid: string, cpu: string, nanos: string, body: string): PlainPrefix {
  const ns = BigInt(nanos);
  const timeUs = Math.round(Number(ns / 1000n) + Number(ns % 1000n) / 1000);
  return { task: `-${Number(pid)}`, cpu: Number(cpu), flags: '', timeUs, body, isRaw: true };
}

// The comm is right-aligned; one that begins with a blank loses it.
function taskText(comm: string, pid: string): string {
  return `${comm.replace(/^ +/, '')}-${Number(pid)}`;
}

/** TRACE_FLAG_* of include/linux/trace_events.h as trace_print_lat_fmt prints them. */
function flagCharacters(bits: number, preemptCount: number): string {
  const irqs = bits & 1 ? 'd' : bits & 0x80 ? 'b' : '.';
  const resched = bits & (2 | 4 | 0x20) ? 'N' : '.';
  const level = bits & 0x40 ? 'z' : bits & 8 ? 'h' : bits & 0x10 ? 's' : '.';
  const depth = preemptCount & 15;
  return `${irqs}${resched}${level}${depth === 0 ? '.' : depth.toString(16)}.`;
}

const NAME = String.raw`[\w.$@'-]+`;
/** 1: name, 2: module. */
const SYMBOL = String.raw`(${NAME})(?:\+0x[0-9a-f]*(?:/0x[0-9a-f]*)?)?( \[[^\] ]*\])?(?: <[0-9a-f]+>)?`;
const CALL = new RegExp(String.raw`^${SYMBOL}(?:\((.*)\))?(?: <-(${NAME}.*))$`, 's');
const CALL_ALONE = new RegExp(String.raw`^${SYMBOL}(?:\((.*)\))?$`, 's');
const CALLER = new RegExp(String.raw`^${SYMBOL}(?: \((.*)\))?$`, 's');
const EVENT = new RegExp(`^${SYMBOL}:(?: +(.*))?$`, 's');

/** Reads a body. `tracer`: the section's, which names the lines that only it prints. */
export function readPlainBody(printed: string, isRaw: boolean, tracer: string): PlainBody {
  const body = printed.replace(/[ \r]+$/, '');
  if (isRaw) return readRawBody(body);
  if (/^<(?:user )?stack trace>$/.test(body)) return { ...NOTHING, kind: 'stack', isCertain: true };
  const isNumber = body.startsWith('0x');
  const event = EVENT.exec(body);
  if (event && /^[A-Za-z_]/.test(body)) return eventBody(event[1]! + (event[2] ?? ''), event[3] ?? '', true);
  let call = CALL.exec(body);
  if (call) {
    const [, name, module, args, rest] = call;
    const caller = CALLER.exec(rest!);
    // Choice: what another program wrote into the line is kept as the caller; it is a hit all the same.
    const text = caller ? caller[1]! + (caller[2] ?? '') : rest!;
    return {
      kind: 'function',
      name: name! + (module ?? ''),
      text,
      note: caller?.[3] ?? args ?? '',
      isCertain: true,
    };
  }
  call = CALL_ALONE.exec(body);
  if (call) {
    const [, name, module, args] = call;
    // Choice: one word without a prefix is a function where only functions are traced.
    const isCertain = tracer === 'function';
    return { kind: 'function', name: name! + (module ?? ''), text: '', note: args ?? '', isCertain };
  }
  if (event && !isNumber) return eventBody(event[1]! + (event[2] ?? ''), event[3] ?? '', true);
  return eventBody(recordName(body, tracer), body, false);
}

const NOTHING = { name: '', text: '', note: '' };

function eventBody(name: string, text: string, isCertain: boolean): PlainBody {
  return { kind: 'event', name, text, note: '', isCertain };
}

/** kernel/trace/trace_entries.h. Choice: what no event and no tracer wrote is the event `print`. */
function recordName(body: string, tracer: string): string {
  if ((tracer === 'hwlat' || tracer === 'timerlat') && body.startsWith('#')) return tracer;
  if (tracer === 'osnoise' && /^ *\d+ +\d+ +\d+\.\d+ /.test(body)) return 'osnoise';
  if (/^ *\d+: *\d+:\S+ *\+ \[\d+\] /.test(body)) return 'wakeup';
  if (/^ *\d+: *\d+:\S+ *==> \[\d+\] /.test(body)) return 'context_switch';
  return /^# [0-9a-f]+ buf:/.test(body) ? 'raw_data' : 'print';
}

function readRawBody(body: string): PlainBody {
  const type = /^type: (\d{1,5})$/.exec(body);
  if (type) return eventBody(`type ${Number(type[1])}`, '', true);
  const call = /^([0-9a-f]{8,}) ([0-9a-f]+)$/.exec(body);
  if (call) return { kind: 'function', name: call[1]!, text: call[2]!, note: '', isCertain: true };
  return eventBody('print', body, false);
}

/** Name and text of what stands behind ` => ` in a stack trace. */
export function readFrame(printed: string): { name: string; text: string } {
  const place = printed.trim();
  const unknown = { name: '[unknown]', text: place };
  if (place.startsWith('0x')) return unknown;
  const symbol = new RegExp(`^${SYMBOL}$`).exec(place);
  if (symbol) return { name: symbol[1]! + (symbol[2] ?? ''), text: '' };
  const file = place.replace(/ *<[0-9a-f]+>$/, '').replace(/\[\+0x[0-9a-f]+\]$/, '');
  return file === '' || file === '??' ? unknown : { name: file, text: '' };
}

/** Choice: such a line within events is one that was damaged. */
export function looksLikePlainLine(text: string): boolean {
  return /\[\d{3,}\] |\d\.\d{6}: |\dus[ +!#*@$]: |-\d+ +\[/.test(text);
}
