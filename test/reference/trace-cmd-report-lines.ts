import { RecordKind } from '../../src/trace/records.ts';

/** A line of `trace-cmd report -t`, read by a regular expression: what the binary is compared with. */
export interface ReportLine {
  readonly kind: number;
  readonly name: string | null;
  readonly cpu: number;
  readonly pid: number;
  readonly comm: string;
  readonly time: bigint;
  /** As printed, ns; NaN without one. */
  readonly durationNs: number;
  readonly depth: number;
  readonly other: number;
  readonly text: string;
}

const LINE = /^ *(.+)-(\d+) +\[(\d+)\] +(\d+)\.(\d{9}): (\S+?): *(.*)$/;
const LOST = /^CPU:(\d+) \[(?:(\d+) )?EVENTS DROPPED\]$/;
const CALL = /^(?:[+!#$*@] )?(?:([\d.]+) us *)?\| {2}( *)(.*)$/;

/** @throws {Error} at a line that it does not know. */
export function readReport(text: string): ReportLine[] {
  const rows: ReportLine[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || /^cpus=\d+$/.test(line)) continue;
    const lost = LOST.exec(line);
    if (lost) {
      rows.push({ ...EMPTY, kind: RecordKind.Lost, cpu: Number(lost[1]), other: Number(lost[2] ?? -1) });
      continue;
    }
    const m = LINE.exec(line);
    if (!m) throw new Error(`not understood: ${line}`);
    const base = {
      ...EMPTY,
      comm: m[1]!,
      pid: Number(m[2]),
      cpu: Number(m[3]),
      time: BigInt(m[4]!) * 1_000_000_000n + BigInt(m[5]!),
    };
    if (m[6] === 'funcgraph_entry' || m[6] === 'funcgraph_exit') rows.push(readCall(base, m[7]!));
    else rows.push({ ...base, kind: RecordKind.Event, name: m[6]!, text: m[7]!.trimEnd() });
  }
  return rows;
}

function readCall(base: ReportLine, text: string): ReportLine {
  const call = CALL.exec(text);
  if (!call) throw new Error(`no call: ${text}`);
  const body = call[3]!;
  const kind = body.startsWith('}')
    ? RecordKind.Exit
    : body.endsWith('{')
      ? RecordKind.Entry
      : RecordKind.Leaf;
  return {
    ...base,
    kind,
    name: kind === RecordKind.Exit ? null : body.replace(/\(\)(?: \{|;)$/, ''),
    durationNs: call[1] === undefined ? Number.NaN : Math.round(Number(call[1]) * 1000),
    depth: call[2]!.length / 2,
  };
}

const EMPTY: ReportLine = {
  kind: 0,
  name: '',
  cpu: -1,
  pid: -1,
  comm: '',
  time: 0n,
  durationNs: Number.NaN,
  depth: -1,
  other: 0,
  text: '',
};
