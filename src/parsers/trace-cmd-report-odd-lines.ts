/**
 * The lines of a report that are no records: rare, so a regular expression each. Sources:
 * tracecmd/trace-read.c (trace_show_data, show_wakeup_timings, read_data_info) and
 * lib/trace-cmd/trace-input.c of trace-cmd 2.9 to 3.4.
 */
export type ReportOddLine =
  /** Blank lines, file version, empty CPUs, sub-buffer marks and time extensions of `--debug`. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'cpus'; readonly prefix: string; readonly cpus: number }
  | { readonly kind: 'lost'; readonly prefix: string; readonly cpu: number; readonly events: number }
  | { readonly kind: 'release'; readonly release: string }
  | { readonly kind: 'unknown-event' }
  /** `Average wakeup latency: 12.345 usecs`, of `-w`. */
  | { readonly kind: 'wakeup'; readonly what: string; readonly ns: number; readonly atNs: number }
  | { readonly kind: 'wakeup-rt' };

const PREFIX = '( *\\S.*?: | {2,})?';
const CPUS = new RegExp(`^${PREFIX}cpus=(\\d{1,5})\\s*$`);
const LOST = new RegExp(`^${PREFIX}CPU:(\\d{1,5}) \\[(?:(\\d{1,15}) )?EVENTS DROPPED\\]\\s*$`);
const SUBBUFFER = new RegExp(`^${PREFIX}CPU:\\d+ \\[SUBBUFFER START\\]`);
const WAKEUP =
  /^(Average wakeup|Maximum|Minimum) (?:latency|Latency): (\d+)\.(\d{3}) usecs(?: at timestamp: (\d+)\.(\d{6}))?\s*$/;

/** Reads one odd line; null when it is none. */
export function readReportOddLine(line: string): ReportOddLine | null {
  if (/^\s*$/.test(line)) return { kind: 'nothing' };
  const cpus = CPUS.exec(line);
  if (cpus) return { kind: 'cpus', prefix: cpus[1] ?? '', cpus: Number(cpus[2]) };
  const lost = LOST.exec(line);
  if (lost) {
    const events = lost[3] === undefined ? -1 : Number(lost[3]);
    return { kind: 'lost', prefix: lost[1] ?? '', cpu: Number(lost[2]), events };
  }
  if (SUBBUFFER.test(line)) return { kind: 'nothing' };
  if (/^\s*(?:version = \S+|CPU ?\d+ is empty|file is (?:little|big) endian.*)\s*$/.test(line))
    return { kind: 'nothing' };
  if (/^ (?:PADDING|TIME EXTEND|TIME STAMP): /.test(line)) return { kind: 'nothing' };
  if (/\[UNKNOWN EVENT\]/.test(line)) return { kind: 'unknown-event' };
  if (/^RT task timings:\s*$/.test(line)) return { kind: 'wakeup-rt' };
  const wakeup = WAKEUP.exec(line);
  if (wakeup) {
    const atNs = wakeup[4] === undefined ? Number.NaN : Number(wakeup[4]) * 1e9 + Number(wakeup[5]) * 1000;
    const what = wakeup[1]!.split(' ')[0]!.toLowerCase();
    return { kind: 'wakeup', what, ns: Number(wakeup[2]) * 1000 + Number(wakeup[3]), atNs };
  }
  const release = /^Linux \S+ (\d+\.\d+\S*) \S+\s*$/.exec(line);
  if (release) return { kind: 'release', release: release[1]! };
  if (/^\d+\.\d+\S* \S+\s*$/.test(line)) return { kind: 'nothing' };
  return null;
}
