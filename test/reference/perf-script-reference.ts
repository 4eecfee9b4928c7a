/**
 * The slow, obvious reader of `perf script` text: lines, strings and small patterns tried one after the
 * other. It shares no code with src/. Written from tools/perf/builtin-script.c and recordings.
 */
export interface PerfRecord {
  kind: 'event' | 'sample' | 'frame' | 'lost' | 'section';
  line: number;
  name: string;
  cpu: number;
  /** `comm-tid`, '' when not printed. */
  task: string;
  /** Picoseconds would be exact too: ns as a string, '' without a stamp. */
  time: string;
  /** Period of a sample, number of lost records, 0 otherwise. */
  other: number;
  depth: number;
  text: string;
}

export interface PerfReference {
  readonly records: PerfRecord[];
  readonly lines: number;
  readonly notUnderstood: number[];
}

interface Fields {
  task: string;
  cpu: number;
  time: string;
  period: number;
  event: string;
  record: string;
  rest: string;
  sure: boolean;
}

/** Reads a whole text. */
export function parsePerfScriptReference(text: string): PerfReference {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const records: PerfRecord[] = [];
  const notUnderstood: number[] = [];
  let open: PerfRecord | null = null;
  let depth = 0;
  let waiting: { fields: Fields; line: number } | null = null;
  let lost = false;
  let sawSample = false;
  let sawEvent = false;

  const unknown = (line: number) => {
    open = null;
    if (!sawSample) return;
    lost = true;
    notUnderstood.push(line);
  };
  const dropWaiting = () => {
    if (waiting) unknown(waiting.line);
    waiting = null;
  };
  const begin = (fields: Fields, line: number) => {
    const split = splitAddress(fields.rest);
    const event = nameOfEvent(fields.event);
    const isEvent = fields.event === '' ? split.text !== '' : event.tracepoint;
    sawSample = true;
    sawEvent ||= fields.event !== '';
    lost = false;
    depth = 0;
    open = {
      kind: isEvent ? 'event' : 'sample',
      line,
      name: event.name,
      cpu: fields.cpu,
      task: fields.task,
      time: fields.time,
      other: fields.period,
      depth: -1,
      text: split.text,
    };
    records.push(open);
    if (split.frame !== null) frame(split.frame, line);
  };
  const frame = (symbol: string, line: number) => {
    records.push({
      ...open!,
      kind: 'frame',
      line,
      name: nameOfFrame(symbol),
      other: 0,
      depth: depth++,
      text: '',
    });
  };

  lines.forEach((raw, index) => {
    const line = index + 1;
    const text = trimEnd(raw);
    const address = /^\t *[0-9a-f]{1,16}( .*)?$/s.exec(text);
    if (raw.startsWith('\t') && address) {
      if (lost) {
        notUnderstood.push(line);
        return;
      }
      if (waiting) {
        begin(waiting.fields, waiting.line);
        waiting = null;
      } else if (!open) begin(NOTHING, line);
      frame(address[1] ?? '', line);
      return;
    }
    dropWaiting();
    if (raw.startsWith('\t') && text !== '') {
      unknown(line);
      return;
    }
    if (text === '') {
      open = null;
      lost = false;
      return;
    }
    const fields = readFields(text);
    if (text.startsWith('#') && !(fields?.sure && fields.event !== '' && fields.time !== '')) {
      open = null;
      if (text.startsWith('# captured on') && sawSample) {
        records.push({ ...NO_RECORD, kind: 'section', line });
      }
      return;
    }
    const lacksEvent = fields?.event === '' && fields.record === '' && trim(fields.rest) !== '';
    if (fields?.sure && fields.record !== '') {
      open = null;
      lost = false;
      sawSample = true;
      const count = /^LOST/.test(fields.record) ? /\blost (\d+)/.exec(fields.record) : null;
      if (/^LOST/.test(fields.record)) {
        const other = count ? Number(count[1]) : -1;
        records.push({ ...NO_RECORD, kind: 'lost', line, cpu: fields.cpu, task: fields.task, other });
      }
    } else if (fields?.sure && !(lacksEvent && sawEvent)) begin(fields, line);
    else if (sawSample && BELOW.test(text)) return;
    else if (fields && !fields.sure) {
      open = null;
      waiting = { fields, line };
    } else unknown(line);
  });
  dropWaiting();
  return { records, lines: lines.length, notUnderstood };
}

/** Source lines and code, registers, branches. */
const BELOW =
  /^(?: {2}\S.*(?::(?:\d+|\?)|\[[0-9a-f]+\])(?: \(discriminator \d+\))?$|\|\d* | ABI:\d| 0x[0-9a-f]+\/0x)/;
const NO_RECORD = { name: '', cpu: -1, task: '', time: '', other: 0, depth: -1, text: '' };
const NOTHING: Fields = {
  task: '',
  cpu: -1,
  time: '',
  period: 0,
  event: '',
  record: '',
  rest: '',
  sure: false,
};

function readFields(line: string): Fields | null {
  const text = line.replace(/^VM: *\d+ VCPU: *\d+ /, '');
  const ways: (() => Fields | null)[] = [];
  const isPadded = /^ .{14}[^\0-\x20] /s.test(text);
  if (isPadded) ways.push(() => withTask(text.slice(0, 16).replace(/^ +/, ''), text.slice(16)));
  for (let end = 1; end <= 16; end++) {
    const id = /^( +(-?\d{1,7}))[ /]/.exec(text.slice(end));
    const width = id ? id[1]!.length - 1 : 0;
    const isComm = !text.startsWith(' ') && text[end - 1] !== ' ';
    if (id && isComm && (width === 7 || width === Math.max(5, id[2]!.length)))
      ways.push(() => withTask(text.slice(0, end), text.slice(end)));
  }
  ways.push(() => withTask('', text));
  ways.push(() => readRest(text, '', false));
  if (isPadded) ways.push(() => readRest(text.slice(16), '', true));
  ways.push(() => nameOnly(text));
  for (let size = 1; size <= 16; size++) {
    ways.push(() => {
      const trimmed = text.replace(/^ +/, '');
      if (trimmed[size] !== ' ' || trimmed[size - 1] === ' ') return null;
      const fields = withTask(trimmed.slice(0, size), trimmed.slice(size));
      return fields && (fields.cpu >= 0 || fields.time !== '') ? fields : null;
    });
  }
  for (const way of ways) {
    const fields = way();
    if (fields) return fields;
  }
  const alone = /^([^ ].{0,15}?)(?: +(-?\d{1,7})(?:\/(-?\d{1,7}))?)?$/s.exec(text);
  if (!alone) return null;
  const tid = alone[3] ?? alone[2];
  return {
    ...NOTHING,
    task: tid === undefined || Number(tid) < 0 ? '' : `${alone[1]}-${Math.abs(Number(tid))}`,
  };
}

/** A name and no id: the shortest one that leaves something readable decides. */
function nameOnly(text: string): Fields | null {
  for (let end = 1; end <= 16; end++) {
    const fields = !text.startsWith(' ') && text[end] === ' ' ? readRest(text.slice(end), '', true) : null;
    if (!fields) continue;
    const sure = fields.cpu >= 0 || fields.time !== '' || /[:/]/.test(fields.event);
    return sure || fields.rest === '' ? { ...fields, sure } : null;
  }
  return null;
}

function withTask(comm: string, text: string): Fields | null {
  const id = /^ *(-?\d{1,7})(?:\/(-?\d{1,7}))?(?: |$)/.exec(text);
  if (!id) return null;
  const tid = id[2] ?? id[1]!;
  return readRest(text.slice(id[0].length), Number(tid) < 0 ? '' : `${comm}-${Math.abs(Number(tid))}`, true);
}

function readRest(text: string, task: string, hasTask: boolean): Fields | null {
  let rest = text;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    const found = pattern.exec(rest);
    if (found) rest = rest.slice(found[0].length);
    return found;
  };
  const cpu = take(/^ *\[(\d{3,})\] /) ?? take(/^ *(\d{1,4}) +(?=\d+\.\d{6})/);
  if (cpu && Number(cpu[1]) >= 8192) return null;
  take(/^ *[KUHGgMESp]{1,4} +(?=\d|[^ ]+:(?: |$))/);
  take(/^ *\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} /);
  const time = take(/^ *(\d+)\.(\d{9}|\d{6}):(?: |$)/);
  const record = take(/^ *PERF_RECORD_([A-Z].*)$/s);
  const event = record ? null : take(/^ *(?:(\d+) +)?([A-Za-z_][^ \t\r]*):(?: |$)/);
  const hasAddress = /^ +(?=[ \da-f]{16}(?: |$)) *[\da-f]+(?: |$)/.test(rest);
  const count = [hasTask, time, cpu, record ?? event, hasAddress].filter(Boolean).length;
  const isFree = trim(rest) !== '';
  if (count < 2 && (!time || isFree)) return null;
  if (!time && !record && !event && isFree && !hasAddress) return null;
  return {
    task,
    cpu: cpu ? Number(cpu[1]) : -1,
    time: time ? String(BigInt(time[1]!) * 1_000_000_000n + BigInt(time[2]!.padEnd(9, '0'))) : '',
    period: Number(event?.[1] ?? 0),
    event: event?.[2] ?? '',
    record: record?.[1] ?? '',
    rest,
    sure: count > 1,
  };
}

/** Text and, where an address stands at the end, what is printed behind it. */
function splitAddress(rest: string): { text: string; frame: string | null } {
  const text = trimEnd(rest);
  const whole = /^ (?=[ 0-9a-f]{16}(?: |$)) *[0-9a-f]+( .*)?$/s.exec(text);
  if (whole && /^ {0,15}[0-9a-f]+$/.test(text.slice(1, 17))) return { text: '', frame: whole[1] ?? '' };
  const dso = dsoAt(text);
  if (dso === null) return { text: trim(text), frame: null };
  const before = text.slice(0, dso);
  for (const pattern of [/^(.*) ([ 0-9a-f]{16})$/s, /^(.*) ([ 0-9a-f]{16}) [^ ]+$/s]) {
    const m = pattern.exec(before);
    if (m && /^ *[0-9a-f]+$/.test(m[2]!)) {
      return { text: trim(m[1]!), frame: text.slice(m[1]!.length + 17) };
    }
  }
  return { text: trim(text), frame: null };
}

/** Where ` (dso)` begins, the end without one, null when the parenthesis is none of a dso. */
function dsoAt(text: string): number | null {
  if (!text.endsWith(')')) return text.length;
  let nesting = 0;
  for (let at = text.length - 1; at > 0; at--) {
    if (text[at] === ')') nesting++;
    if (text[at] === '(' && --nesting === 0) return text[at - 1] === ' ' ? at - 1 : null;
  }
  return null;
}

function nameOfEvent(event: string): { name: string; tracepoint: boolean } {
  const isModifier = (text: string) => /^[ukhIGHpPSDWeb]+$/.test(text);
  const parts = event.split(':');
  const ok =
    (parts.length === 2 || (parts.length === 3 && isModifier(parts[2]!))) &&
    /^[A-Za-z_][\w-]*$/.test(parts[0]!) &&
    parts[1] !== '' &&
    !parts[1]!.includes('/') &&
    (!isModifier(parts[1]!) || /^(?:[kuef]probes|probe|probe_.*|sdt_.*|synthetic)$/.test(parts[0]!));
  return ok ? { name: parts[1]!, tracepoint: true } : { name: event, tracepoint: false };
}

function nameOfFrame(text: string): string {
  const at = dsoAt(trimEnd(text)) ?? trimEnd(text).length;
  const dso = trimEnd(text).slice(at + 2, -1);
  const symbol = text
    .slice(0, at)
    .replace(/^ +|[ \t\r]+$/g, '')
    .replace(/\+0x[0-9a-f]+$/, '');
  if (symbol === '' || symbol === '[unknown]') return '[unknown]';
  const file = /([^/]+)\.ko(?:\.(?:gz|xz|zst|debug))?$/.exec(dso);
  if (file && !dso.startsWith('[')) return `${symbol} [${file[1]!.replaceAll('-', '_')}]`;
  const isBracket = /^\[.+\]$/.test(dso);
  const isNone =
    /^\[(?:guest\.)?(?:(?:kernel|vdso|stack|anon).*|vsyscall|vectors|unknown|heap|uprobes|bpf|hypervisor)\]$/.test(
      dso,
    );
  return isBracket && !isNone ? `${symbol} ${dso}` : symbol;
}

function trimEnd(text: string): string {
  return text.replace(/[ \t\r]+$/, '');
}

function trim(text: string): string {
  return trimEnd(text).replace(/^ +/, '');
}
