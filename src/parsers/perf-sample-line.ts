import { isBlank, withoutEndBlanks } from './line-blanks.ts';

/**
 * One line with which `perf script` begins a sample, with any choice of `-F` fields. Order and widths of
 * the fields: tools/perf/builtin-script.c, perf_sample__fprintf_start and process_event (5.10 to 7.0).
 */
export interface SampleLine {
  /** '' when the field is not printed. */
  readonly comm: string;
  /** The thread's id; -1 when it is not printed. */
  readonly tid: number;
  /** -1 when it is not printed. */
  readonly cpu: number;
  /** Seconds and ns of the stamp, null when it is not printed. */
  readonly seconds: number | null;
  readonly nanos: number;
  /** Digits behind the point: 6, or 9 with `--ns`. */
  readonly decimals: number;
  readonly period: number;
  /** The event as printed, with its system; '' when it is not printed. */
  readonly event: string;
  /** What stands behind the fields, one blank taken off. */
  readonly rest: string;
  /** The name and text of a `PERF_RECORD_` line (`--show-lost-events` and its like), else ''. */
  readonly record: string;
  /** False for lines that prose could be as well: a frame must follow. */
  readonly isCertain: boolean;
}

const PIDS = String.raw`(?<pid>-?\d{1,7})(?:\/(?<tid>-?\d{1,7}))?(?: |$)`;
// `-L` prints the CPU without brackets, just before the time.
const CPU = String.raw`(?: *(?:\[(?<cpu>\d{3,})\] |(?<bare>\d{1,4}) +(?=\d+\.\d{6})))?`;
const MISC = String.raw`(?: *[KUHGgMESp]{1,4} +(?=\d|[^ ]+:(?: |$)))?`;
const TIME_OF_DAY = String.raw`(?: *\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} )?`;
const TIME = String.raw`(?: *(?<seconds>\d+)\.(?<fraction>\d{6}(?:\d{3})?):(?: |$))?`;
const RECORD = ' *PERF_RECORD_(?<record>[A-Z].*)';
const EVENT = String.raw` *(?:(?<period>\d+) +)?(?<event>[A-Za-z_][^ \t\r]*):(?: |$)`;
const TAIL = `${CPU}${MISC}${TIME_OF_DAY}${TIME}(?:${RECORD}|(?:${EVENT})?(?<rest>.*))$`;

const BEHIND_COMM = new RegExp(`^ +${PIDS}${TAIL}`, 's');
const ONLY_TAIL = new RegExp(`^${TAIL}`, 's');
const ONLY_PIDS = new RegExp(`^ *${PIDS}${TAIL}`, 's');
const TASK_ALONE = /^(?<comm>[^ ].{0,15}?)(?: +(?<pid>-?\d{1,7})(?:\/(?<tid>-?\d{1,7}))?)?$/s;
const COMM_BYTES = 16;
const MAX_CPUS = 8192;
/** An address right-aligned in 16 places behind blanks. */
const ADDRESS = /^ +(?=[ \da-f]{16}(?: |$)) *[\da-f]+(?: |$)/;
const VIRTUAL_MACHINE = /^VM: *\d+ VCPU: *\d+ /;

/**
 * Reads such a line; null when it is none. The name of a task may hold anything, so it is told by the
 * widths: it is padded to 16 where no callchain follows, and the id behind it has 5 or 7 places.
 */
export function readSampleLine(line: string): SampleLine | null {
  const text = withoutEndBlanks(line.replace(VIRTUAL_MACHINE, ''));
  return (
    padded(text, BEHIND_COMM) ??
    unpadded(text) ??
    withoutComm(text) ??
    padded(text, ONLY_TAIL) ??
    commAlone(text) ??
    loose(text) ??
    taskAlone(text)
  );
}

/** The name in 16 places, and what stands behind it. */
function padded(text: string, behind: RegExp): SampleLine | null {
  if (text[0] !== ' ' || text[COMM_BYTES] !== ' ' || text[COMM_BYTES - 1]! <= ' ') return null;
  return accept(behind.exec(text.slice(COMM_BYTES)), text.slice(0, COMM_BYTES).replace(/^ +/, ''), true);
}

/** The name from the first place on, and the id right-aligned in 5 or 7 places. */
function unpadded(text: string): SampleLine | null {
  if (text[0] === ' ') return null;
  const space = / +(?=-?(\d{1,7})[ /])/g;
  for (let m = space.exec(text); m !== null && m.index <= COMM_BYTES; m = space.exec(text)) {
    const digits = m[1]!.length + (text[m.index + m[0].length] === '-' ? 1 : 0);
    const width = m[0].length + digits - 1;
    if (width !== Math.max(5, digits) && width !== 7) continue;
    const found = accept(BEHIND_COMM.exec(text.slice(m.index)), text.slice(0, m.index), true);
    if (found) return found;
  }
  return null;
}

function withoutComm(text: string): SampleLine | null {
  return accept(ONLY_PIDS.exec(text), '', true) ?? accept(ONLY_TAIL.exec(text), '', false);
}

/** The name from the first place on, without an id: prose looks like that, unless more follows. */
function commAlone(text: string): SampleLine | null {
  for (let end = text.indexOf(' '); end > 0 && end <= COMM_BYTES; end = text.indexOf(' ', end + 1)) {
    const found = accept(ONLY_TAIL.exec(text.slice(end)), text.slice(0, end), true);
    if (!found) continue;
    const isCertain = found.cpu >= 0 || found.seconds !== null || /[:/]/.test(found.event);
    return isCertain || found.rest === '' ? { ...found, isCertain } : null;
  }
  return null;
}

/** Widths changed by another tool: only where CPU or time follow. */
function loose(text: string): SampleLine | null {
  const trimmed = text.replace(/^ +/, '');
  for (let end = trimmed.indexOf(' '); end > 0 && end <= COMM_BYTES; end = trimmed.indexOf(' ', end + 1)) {
    if (trimmed[end - 1] === ' ') continue;
    const found = accept(BEHIND_COMM.exec(trimmed.slice(end)), trimmed.slice(0, end), true);
    if (found && (found.cpu >= 0 || found.seconds !== null)) return found;
  }
  return null;
}

/** Nothing but the task (`-F comm,ip`). */
function taskAlone(text: string): SampleLine | null {
  const match = TASK_ALONE.exec(text);
  if (!match) return null;
  const { comm = '', pid, tid } = match.groups!;
  return {
    comm,
    tid: Number(tid ?? pid ?? -1),
    cpu: -1,
    seconds: null,
    nanos: 0,
    decimals: 0,
    period: 0,
    event: '',
    rest: '',
    record: '',
    isCertain: false,
  };
}

/** A match as a line, when it has enough fields that it cannot be anything else. */
function accept(match: RegExpExecArray | null, comm: string, hasTask: boolean): SampleLine | null {
  if (!match) return null;
  const g = match.groups!;
  const hasTime = g['seconds'] !== undefined;
  const cpu = g['cpu'] ?? g['bare'];
  const hasEvent = g['event'] !== undefined || g['record'] !== undefined;
  const rest = g['rest'] ?? '';
  // Free text can look like one field, hardly like two.
  const hasAddress = ADDRESS.test(rest);
  const fields =
    Number(hasTask) + Number(hasTime) + Number(cpu !== undefined) + Number(hasEvent) + Number(hasAddress);
  const isCertain = fields > 1;
  if (!isCertain && (!hasTime || !isBlank(rest))) return null;
  if (!hasTime && !hasEvent && !isBlank(rest) && !hasAddress) return null;
  if (cpu !== undefined && Number(cpu) >= MAX_CPUS) return null;
  const fraction = g['fraction'] ?? '';
  return {
    comm,
    tid: Number(g['tid'] ?? g['pid'] ?? -1),
    cpu: cpu === undefined ? -1 : Number(cpu),
    seconds: hasTime ? Number(g['seconds']) : null,
    nanos: Number(fraction.padEnd(9, '0')),
    decimals: fraction.length,
    period: Number(g['period'] ?? 0),
    event: g['event'] ?? '',
    rest,
    record: g['record'] ?? '',
    isCertain,
  };
}
