/**
 * A slow and obvious parser of `trace-cmd report` text, to compare the fast one with: lines as
 * strings, one regular expression a line form. It shares no code with src/parsers/, on purpose.
 * Forms: tracecmd/trace-read.c, lib/trace-cmd/trace-ftrace.c, libtraceevent.
 */
export interface ReportRecord {
  readonly kind: 'entry' | 'exit' | 'leaf' | 'event' | 'function' | 'frame' | 'lost' | 'section';
  readonly line: number;
  readonly name: string;
  readonly cpu: number;
  readonly task: string;
  /** Lost: how many, -1 when not said; else 0. */
  readonly other: number;
  /** ns since the whole second of the first stamp. */
  readonly timeNs: number | null;
  readonly durationNs: number | null;
  readonly depth: number;
  /** The flag characters, `0x2d` with -R, '' without. */
  readonly flags: string;
  readonly text: string;
  readonly note: string;
}

export interface ReportReference {
  readonly records: ReportRecord[];
  readonly lines: number;
  /** Numbers of the lines that look like records and are not understood. */
  readonly damaged: number[];
}

const PREFIX = String.raw`(?<prefix> *\S.*?: | {2,}|)`;
const AFTER_PID = String.raw`(?: *\[(?<cpu>\d{1,4})\](?:-(?<raw>0x[0-9a-f]+)| +(?<flags>[^\s\d]\S{3,6}))?)`;
const AFTER_PID_SHORT = String.raw` *(?<cpu>\d+)(?:-(?<raw>0x[0-9a-f]+)|(?<flags>[.dXbDN][^\s]{3,6}))`;
const REST = String.raw` *(?<seconds>\d+)(?:\.(?<decimals>\d{6}|\d{9}))?: +(?:\(\+\S*\) +)?(?<name>[^\s:]+):(?: *(?<text>.*))?$`;
const FORMS = [
  new RegExp(`^${PREFIX}(?<comm>.{16})-(?<pid>\\d+)${AFTER_PID}${REST}`),
  new RegExp(`^${PREFIX}(?<comm>.{8})-(?<pid>\\d+)${AFTER_PID_SHORT}${REST}`),
  new RegExp(`^(?<prefix>)(?<comm>.{1,15}?)-(?<pid>\\d+)${AFTER_PID}${REST}`),
];
const DURATION = String.raw`(?:[$#!+] )?(?:(?<us>\d+)\.(?<ns>\d{3}) us +)?\|(?<indent> *)`;
const CALL = String.raw`(?:(?<func>[^\s(]+(?: \[[^\]]+\])?)\((?<args>.*?))?\)`;
const CALLER = String.raw`(?: /\* (?<caller><-.*?) \*/)?`;
const RETVAL = String.raw`(?: \((?<retval>ret=[^)]*)\))?`;
const DEPTH = String.raw`(?: \(\d+\))?`;
const DEBUG = String.raw`(?: \[[^\]]*\])?`;
const LEAF = new RegExp(`^${DURATION}${CALL};${DEPTH}${CALLER}${RETVAL}${DEBUG}$`);
const ENTRY = new RegExp(`^${DURATION}${CALL}${CALLER} \\{${DEPTH}${DEBUG}$`);
const EXIT = new RegExp(`^${DURATION}\\}(?: /\\* (?<func>.*?) \\*/)?${DEPTH}${RETVAL}${DEBUG}$`);

/** What is left of a record: its first columns, or its columns up to the time. */
const DAMAGED = [
  /^.{0,16}-\d+ +(?:\[\d{3,}\]|\d+[.dXbDN][.\w]{3})/,
  /-\d+ +(?:\[\d+\]|\d+[.dXbDN]).* \d+(?:\.\d+)?:(?: |$)/,
];

/** Reads a whole report. */
export function parseTraceCmdReportReference(input: Uint8Array): ReportReference {
  const lines = Buffer.from(input.buffer, input.byteOffset, input.byteLength).toString('latin1').split('\n');
  if (lines.at(-1) === '') lines.pop();
  const records: ReportRecord[] = [];
  const damaged: number[] = [];
  let files: { name: string; firstCpu: number }[] = [];
  let cpus = 0;
  let lostFile = '';
  let origin = -1;
  let sawRecord = false;
  const comms = new Map<string, string>();
  /** The stack that is open, and the last record of each CPU, whose time frames have. */
  let stack: { task: string; cpu: number; timeNs: number; depth: number; endLine: number } | null = null;
  let isOpen = false;
  const lastOf = new Map<number, { task: string; timeNs: number }>();
  const taskOf = (comm: string, pid: string, cpu: number, file: string): string => {
    const key = pid === '0' ? `cpu ${cpu}` : `${file} ${pid}`;
    const name = file === '' ? comm : `${file}:${comm}`;
    const known = comms.get(key);
    if (known === undefined || (name.length > known.length && name.startsWith(known))) comms.set(key, name);
    return `${key}-${pid}`;
  };
  const frame = (line: number, text: string): boolean => {
    const m = /^\t?=> (?:\(([0-9a-f]+)\)|(\S+)( \[[^\]\s]+\])?)/.exec(text);
    if (!m || !stack) return false;
    const address = m[1] ?? (/^(?:0x)?[0-9a-f]{8,}$|^0$/.test(m[2]!) ? m[2]! : '');
    if (/^(?:0+|f+)$/.test(address)) return true;
    const name = address === '' ? m[2]!.replace(/\+0x.*$/, '') + (m[3] ?? '') : '[unknown]';
    records.push({
      kind: 'frame',
      line,
      name,
      cpu: stack.cpu,
      task: stack.task,
      other: 0,
      timeNs: stack.timeNs,
      durationNs: null,
      depth: stack.depth++,
      flags: '',
      text: '',
      note: '',
    });
    return true;
  };

  lines.forEach((raw, index) => {
    const line = index + 1;
    const text = raw.replace(/[\r ]+$/, '');
    if (isOpen && /^\t?=> /.test(text)) {
      if (frame(line, text)) stack!.endLine = line;
      return;
    }
    const header = /^(?: *(\S.*?): | *)cpus=(\d+)$/.exec(text);
    if (header) {
      isOpen = false;
      if (sawRecord) {
        records.push(bare('section', line, -1, 0));
        files = [];
        cpus = 0;
        sawRecord = false;
      }
      if (header[1] !== undefined) {
        files.push({ name: header[1], firstCpu: cpus });
        cpus += Number(header[2]);
      }
      return;
    }
    const lost = /^(?: *(\S.*?): | *)CPU:(\d+) \[(?:(\d+) )?EVENTS DROPPED\]$/.exec(text);
    if (lost) {
      isOpen = false;
      const file = files.find(({ name }) => name === lost[1]);
      lostFile = file?.name ?? '';
      sawRecord = true;
      const cpu = Number(lost[2]) + (file?.firstCpu ?? 0);
      records.push(bare('lost', line, cpu, lost[3] === undefined ? -1 : Number(lost[3])));
      return;
    }
    const m = FORMS.map((form) => form.exec(text)).find((match) => match)?.groups;
    const fields = m ? readBody(m['name']!, m['text'] ?? '') : null;
    if (!m || !fields) {
      if (text !== '') isOpen = false;
      if (DAMAGED.some((form) => form.test(text))) damaged.push(line);
      return;
    }
    const named = m['prefix']!.trim().replace(/:$/, '');
    const fileIndex = files.findIndex(({ name }) => name === (m['prefix'] === '' ? lostFile : named));
    lostFile = m['prefix'] === '' ? '' : lostFile;
    const file = files[fileIndex];
    const cpu = Number(m['cpu']) + (file?.firstCpu ?? 0);
    const stamp = m['decimals'] === undefined ? BigInt(m['seconds']!) : null;
    const seconds = stamp === null ? Number(m['seconds']) : Number(stamp / 1_000_000_000n);
    const nanos = stamp === null ? Number(m['decimals']!.padEnd(9, '0')) : Number(stamp % 1_000_000_000n);
    if (origin < 0) origin = seconds;
    const timeNs = (seconds - origin) * 1e9 + nanos;
    const task = taskOf(m['comm']!.trimStart(), m['pid']!, cpu, fileIndex > 0 ? file!.name : '');
    sawRecord = true;
    if (fields === 'stack') {
      const goesOn: boolean = stack !== null && stack.endLine === line - 1 && stack.task === task;
      const last = lastOf.get(cpu);
      stack = {
        task,
        cpu,
        timeNs: last?.task === task ? last.timeNs : timeNs,
        depth: goesOn ? stack!.depth : 0,
        endLine: line,
      };
      isOpen = true;
      frame(line, m['text'] ?? '');
      return;
    }
    isOpen = false;
    lastOf.set(cpu, { task, timeNs });
    records.push({
      ...fields,
      line,
      cpu,
      task,
      other: 0,
      timeNs,
      flags: m['flags'] ?? m['raw'] ?? '',
    });
  });
  const named = records.map((record) => {
    if (record.task === '') return record;
    const dash = record.task.lastIndexOf('-');
    return { ...record, task: comms.get(record.task.slice(0, dash))! + record.task.slice(dash) };
  });
  return { records: named, lines: lines.length, damaged };
}

type Body = Pick<ReportRecord, 'kind' | 'name' | 'text' | 'note' | 'durationNs' | 'depth'>;

function readBody(name: string, text: string): Body | 'stack' | null {
  const plain: Body = { kind: 'event', name, text, note: '', durationNs: null, depth: -1 };
  if (name === 'funcgraph_entry' || name === 'fgraph_retaddr_entry' || name === 'funcgraph_exit')
    return readGraph(text, name === 'funcgraph_exit');
  if (name === 'function') {
    const raw = /^ip=(\S+?)(?:\+0x\S+)?(?: \(0x[0-9a-f]+\))? parent_ip=(\S+?)(?:\+0x\S+)?(?: .*)?$/.exec(
      text,
    );
    const m = raw ?? /^([^\s(]+?)(?:\+0x\S*)?(?: +<-- *(?:([^\s(]+?)(?:\+0x\S*)?)?)?$/.exec(text);
    return m ? { ...plain, kind: 'function', name: m[1]!, text: m[2] ?? '' } : plain;
  }
  if (/^(?:kernel|user)_stack$/.test(name) && /^(?:|<stack trace.*|\t?=>.*)$/.test(text)) return 'stack';
  if (name === 'sched_switch') {
    const m = /^(.*?) +(Latency: \d+\.\d{3} usecs)$/.exec(text);
    if (m) return { ...plain, text: m[1]!, note: m[2]! };
  }
  return plain;
}

function readGraph(text: string, isExit: boolean): Body | null {
  const fields =
    /^func=(?<func>\S+(?: \[[^\]]+\])?)(?: \(0x[0-9a-f]+\))? depth=(?<depth>\d+)(?<rest>.*)$/.exec(
      text,
    )?.groups;
  if (fields) {
    const times = /calltime=(?:0x)?([0-9a-f]+) rettime=(?:0x)?([0-9a-f]+)/.exec(fields['rest']!);
    const note = /ret(?:val|addr)=\S+(?:.* ret(?:val|addr)=\S+)?/.exec(fields['rest']!)?.[0] ?? '';
    return {
      kind: isExit ? 'exit' : 'entry',
      name: fields['func']!,
      text: '',
      note,
      durationNs: times ? hexDifference(times[1]!, times[2]!) : null,
      depth: Number(fields['depth']),
    };
  }
  const arrow = /^(?:-->|<--) (.+?) \((\d+)\)(?: \(start: ([0-9a-f]+) +end: ([0-9a-f]+)\) over: .*)?$/.exec(
    text,
  );
  if (arrow) {
    const durationNs = arrow[3] === undefined ? null : hexDifference(arrow[3], arrow[4]!);
    if (isExit && durationNs === null) return null;
    const kind = isExit ? 'exit' : 'entry';
    return { kind, name: arrow[1]!, text: '', note: '', durationNs, depth: Number(arrow[2]) };
  }
  const forms = isExit
    ? ([['exit', EXIT]] as const)
    : ([
        ['leaf', LEAF],
        ['entry', ENTRY],
      ] as const);
  for (const [kind, form] of forms) {
    const g = form.exec(text)?.groups;
    if (!g) continue;
    // Caller and return value are one note, from the beginning of the first to the end of the last.
    const note = [g['caller'], g['retval']].filter((part) => part !== undefined).join(' */ (');
    return {
      kind,
      name: g['func'] ?? (isExit ? '' : '[unknown]'),
      text: g['args'] ?? '',
      note,
      durationNs: g['us'] === undefined ? null : Number(g['us']) * 1000 + Number(g['ns']),
      depth: Math.floor((g['indent']!.length - 2) / 2),
    };
  }
  return null;
}

function bare(kind: 'lost' | 'section', line: number, cpu: number, other: number): ReportRecord {
  const nothing = {
    name: '',
    task: '',
    timeNs: null,
    durationNs: null,
    depth: -1,
    flags: '',
    text: '',
    note: '',
  };
  return { kind, line, cpu, other, ...nothing };
}

function hexDifference(a: string, b: string): number {
  return Number(BigInt.asUintN(48, BigInt(`0x${b}`) - BigInt(`0x${a}`)));
}
