import { latin1 } from '../trace/records.ts';
import { undecorate } from './line-decoration.ts';

/** A line of the common printer, at the columns where it stands (kernel/trace/trace_output.c). */
const DEFAULT_LINE =
  /^.{16}-\d+ +(?:\( *[-\d]+\) +)?\[\d{3,}\] (?:[^\s\d]\S{3,6} +)? *\d+(?:\.\d{6})?: (\S*)(.*)$/;
const LATENCY_LINE = /^.{8}-\d+ +\d+[^\s\d]\S{3,6} +-?\d+(?:us.)?: /;
const VERBOSE_LINE = /^.{16} +\d+ +\d+ \d+ [0-9a-f]{8} [0-9a-f]{8,} \[[0-9a-f]{8,}\] -?\d+/;
const HEADER =
  /^# tracer: (?!function_graph)\S|^# entries-in-buffer\/entries-written: \d|^# \S+ latency trace v\d|^# +TASK-PID /m;
/** Lines that tell nothing: headers, frames, losses, marks of a dump. */
const NEITHER = /^(?:#| => |CPU:\d+ \[LOST |-+$| *Dumping ftrace buffer:)/;
const LINES_LOOKED_AT = 400;

/**
 * True for text of ftrace's common printer: by its header, or by two of its lines (or one when there is no more)
 * among as many others at most. trace-cmd report prints similar lines; it pads the event's name, and says
 * `cpus=N` first.
 */
export function sniffFtrace(head: Uint8Array): boolean {
  const text = latin1(head, 0, head.length);
  if (/^(?:version = \d|cpus=\d)/.test(text)) return false;
  if (HEADER.test(text)) return true;
  const lines = text.split(/\r?\n/, LINES_LOOKED_AT + 1).filter((line) => line.trim() !== '');
  // The last line of a long head is cut.
  if (lines.length > 1 && head.length >= 1 << 15) lines.pop();
  const others = lines.map((line) => undecorate(line).text).filter((line) => !NEITHER.test(line));
  const matches = others.filter(isEventLine).length;
  return matches > 0 && matches >= Math.min(2, others.length) && matches * 2 >= others.length;
}

function isEventLine(line: string): boolean {
  const m = DEFAULT_LINE.exec(line);
  // trace-cmd pads `name:` to 20, and puts two dashes before the caller.
  if (m) return !(/^\w+:$/.test(m[1]!) && m[1]!.length < 19 && /^ {2,}/.test(m[2]!)) && !/^ <-- /.test(m[2]!);
  return LATENCY_LINE.test(line) || VERBOSE_LINE.test(line);
}
