/**
 * Event and function-tracer lines as they stand among function_graph lines (records that the graph
 * printer leaves to the common one). Grammar: kernel/trace/trace_output.c, trace_print_context,
 * trace_print_lat_context, trace_print_lat_fmt.
 */
export interface EventLine {
  readonly comm: string;
  readonly pid: number;
  readonly cpu: number;
  /** Seconds and microseconds of the stamp, null where the form has no absolute one. */
  readonly seconds: number | null;
  readonly micros: number;
  /** `event`: `name: text`. `function`: `F <-P`. `other`: stack-trace marks and free text. */
  readonly kind: 'event' | 'function' | 'other';
  readonly name: string;
  readonly text: string;
}

const DEFAULT_FORM =
  /^ *(\S.*?)-(\d+) +(?:\( *(?:\d+|-+)\) +)?\[(\d+)\] (?:([.\w]{4,7}) +)? *(\d+)(?:\.(\d{6}))?: (.*)$/;
const LATENCY_FORM = /^ *(\S.{0,7}?)-(\d+) +(\d+)([.\w]{4,7}) +-?\d+us[ :+!#*@$]: ?(.*)$/;
const VERBOSE_FORM =
  /^ *(\S.{0,15}?) +(\d+) +(\d+) \d+ [0-9a-f]{8} [0-9a-f]{8} \[[0-9a-f]+\] -?\d+\.\d+ms \(\+-?\d+\.\d+ms\): ?(.*)$/;

/** Reads one such line; null when it is none. */
export function readEventLine(line: string): EventLine | null {
  let m = DEFAULT_FORM.exec(line);
  if (m) {
    const seconds = m[6] === undefined ? null : Number(m[5]);
    return withBody(m[1]!, Number(m[2]), Number(m[3]), seconds, Number(m[6] ?? 0), m[7]!);
  }
  m = VERBOSE_FORM.exec(line);
  if (m) return withBody(m[1]!, Number(m[2]), Number(m[3]), null, 0, m[4]!);
  m = LATENCY_FORM.exec(line);
  if (m) return withBody(m[1]!, Number(m[2]), Number(m[3]), null, 0, m[5]!);
  return null;
}

/** True for the lines of a stack-trace block: ` => symbol`. */
export function isStackLine(line: string): boolean {
  return /^ *=> /.test(line) || /^ *<stack trace>$/.test(line);
}

function withBody(
  comm: string,
  pid: number,
  cpu: number,
  seconds: number | null,
  micros: number,
  body: string,
): EventLine {
  const base = { comm, pid, cpu, seconds, micros };
  const call = /^ *([\w.$]+(?:\(.*\))?(?: \[[^\]]+\])?) <-(\S.*)$/.exec(body);
  if (call)
    return { ...base, kind: 'function', name: call[1]!.replace(/\(.*\)/, ''), text: call[2]!.trimEnd() };
  const event = /^ *([A-Za-z_][\w.-]*):(?: (.*))?$/.exec(body);
  if (event) return { ...base, kind: 'event', name: event[1]!, text: event[2] ?? '' };
  return { ...base, kind: 'other', name: '', text: body };
}
