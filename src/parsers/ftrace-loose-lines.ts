/**
 * Lines of ftrace's common printer that lost their alignment on the way (blanks trimmed or collapsed, as mail
 * does), as the kernel would have printed them: the reader of event lines finds the pid by its column.
 */
const DEFAULT_FORM =
  /^ *([^ ].{0,15}?)-(\d+) +(\( *(?:\d+|-+)\) +)?\[(\d+)\] +(?:([!-/:-\xff][!-\xff]{3,6}) +)?(\d+(?:\.\d{6})?): +([^ ].*)$/;
const LATENCY_FORM =
  /^ *([^ ].{0,7}?)-(\d+) +(\d+)([!-/:-\xff][!-\xff]{3,6}) +(-?\d+us[ :+!#*@$]?|\d+): *([^ ].*)$/;

const COMM_WIDTH = 16;
const COMM_WIDTH_LATENCY = 8;

/** The line aligned; null when it is no such line. Aligning twice changes nothing. */
export function alignEventLine(line: string): string | null {
  let m = DEFAULT_FORM.exec(line);
  if (m) {
    const [, comm, pid, tgid, cpu, flags, stamp, body] = m;
    const columns = [tgid?.trim(), `[${cpu}]`, flags].filter((column) => column !== undefined).join(' ');
    return `${comm!.padStart(COMM_WIDTH)}-${pid!.padEnd(7)} ${columns} ${stamp}: ${body}`;
  }
  m = LATENCY_FORM.exec(line);
  if (m) {
    const [, comm, pid, cpu, flags, stamp, body] = m;
    const padded = comm!.padStart(COMM_WIDTH_LATENCY);
    const mark = stamp!.endsWith('us') ? ' ' : '';
    return `${padded}-${pid!.padEnd(7)} ${cpu!.padStart(3)}${flags} ${stamp}${mark}: ${body}`;
  }
  if (/^=> /.test(line)) return ` ${line}`;
  return null;
}

/** True when a line that was not understood has the marks of an event line. */
export function looksLikeEventLine(line: string): boolean {
  return /\[\d{3,}\] |\d\.\d{6}: |\dus[ +!#*@$]: |-\d+ +\[/.test(line);
}
