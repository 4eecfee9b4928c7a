/**
 * The lines of a function_graph text that are not calls: rare, so a regular expression each.
 * Grammar: kernel/trace/trace_functions_graph.c (verif_pid, print_graph_irq, print_graph_return)
 * and kernel/trace/trace.c (print_trace_line for LOST, s_show for the header).
 */
export type OddLine =
  | { readonly kind: 'blank' | 'header' | 'rule' | 'overruns' | 'dump-mark' | 'buffer-started' | 'elided' }
  | { readonly kind: 'tracer'; readonly tracer: string }
  | { readonly kind: 'release'; readonly release: string }
  /** Columns of the common printer: `TASK-PID`, `cmd     pid`. */
  | { readonly kind: 'event-header' }
  | {
      readonly kind: 'entries';
      readonly kept: number;
      readonly written: number;
      /** CPUs of the machine; 0 when the line does not say. */
      readonly cpus: number;
    }
  | { readonly kind: 'lost'; readonly cpu: number; readonly events: number }
  | { readonly kind: 'irq-entry' | 'irq-exit'; readonly cpu: number }
  | { readonly kind: 'switch'; readonly cpu: number; readonly from: TaskName; readonly to: TaskName };

/** A task as a banner or a proc column prints it; comm has at most 7 characters. */
export interface TaskName {
  readonly comm: string;
  readonly pid: number;
}

/** Width of the centred `comm-pid` field (TRACE_GRAPH_PROCINFO_LENGTH). */
const PROC_WIDTH = 14;

/** Reads one odd line; null when it is none. `line` has no newline. */
export function readOddLine(line: string): OddLine | null {
  if (/^\s*$/.test(line)) return { kind: 'blank' };
  if (line.startsWith('#')) return readHashLine(line);
  if (/^ ?-{9,}\s*$/.test(line)) return { kind: 'rule' };
  const lost = /^CPU:(\d+) \[LOST(?: (\d+))? EVENTS\]\s*$/.exec(line);
  if (lost)
    return { kind: 'lost', cpu: Number(lost[1]), events: lost[2] === undefined ? -1 : Number(lost[2]) };
  if (/^ *\(Overruns: \d+\)\s*$/.test(line)) return { kind: 'overruns' };
  if (/^ *Dumping ftrace buffer:\s*$|^ *\(ftrace buffer empty\)\s*$/.test(line)) return { kind: 'dump-mark' };
  if (/^\s*(?:\.{3,}|\[\.{3}\]|<snip>|\[snip\])\s*$/.test(line)) return { kind: 'elided' };
  const irq = / *(=====+>|<=====+)(?: \|)?\s*$/.exec(line.slice(-40));
  if (irq) {
    const cpu = /(\d+)\) /.exec(line.slice(0, 80))?.[1];
    return { kind: irq[1]!.endsWith('>') ? 'irq-entry' : 'irq-exit', cpu: Number(cpu ?? -1) };
  }
  return readBanner(line);
}

/** The line that names the columns of the common printer. */
export function isEventHeader(line: string): boolean {
  return /^# +(?:TASK-PID|cmd +pid) /.test(line);
}

function readHashLine(line: string): OddLine {
  const tracer = /^# tracer: (\S+)/.exec(line);
  if (tracer) return { kind: 'tracer', tracer: tracer[1]! };
  const release = /^# \S+ latency trace v\S+ on (\S+)/.exec(line);
  if (release) return { kind: 'release', release: release[1]! };
  const entries = /^# (?:entries-in-buffer\/entries-written: |latency: \d+ us, #)(\d+)\/(\d+)\b/.exec(line);
  if (entries) {
    const cpus = Number(/#P:(\d+)/.exec(line)?.[1] ?? 0);
    return { kind: 'entries', kept: Number(entries[1]), written: Number(entries[2]), cpus };
  }
  if (isEventHeader(line)) return { kind: 'event-header' };
  if (/^##### CPU \d+ buffer started/.test(line)) return { kind: 'buffer-started' };
  return { kind: 'header' };
}

function readBanner(line: string): OddLine | null {
  const cpu = /^ *(\d+)\) /.exec(line);
  if (!cpu) return null;
  const rest = line.slice(cpu[0].length).replace(/\r$/, '');
  // The field is 14 wide unless the task needs more; comm itself may hold ` => `.
  for (let at = PROC_WIDTH; at < PROC_WIDTH + 8; at++) {
    if (!rest.startsWith(' => ', at)) continue;
    const from = readTaskName(rest.slice(0, at));
    const to = readTaskName(rest.slice(at + 4));
    if (from && to) return { kind: 'switch', cpu: Number(cpu[1]), from, to };
  }
  const loose = /^\s*(\S.*-\d+)\s+=>\s+(\S.*-\d+)\s*$/.exec(rest);
  const from = loose && readTaskName(loose[1]!);
  const to = loose && readTaskName(loose[2]!);
  return from && to ? { kind: 'switch', cpu: Number(cpu[1]), from, to } : null;
}

/**
 * Reads a centred `comm-pid` field. The pid is read from the right: comm may hold blanks and
 * dashes. A comm that itself begins with a blank cannot be told from the centring.
 */
export function readTaskName(field: string): TaskName | null {
  const m = /^ *(.*?)-(\d+) *$/.exec(field);
  if (!m) return null;
  const dash = field.trimEnd().lastIndexOf('-');
  return { comm: field.slice(0, dash).trimStart(), pid: Number(m[2]) };
}
