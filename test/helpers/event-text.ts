import { packContext } from '../../src/trace/context.ts';
import type { Diagnostics } from '../../src/trace/diagnostics.ts';
import type { NameTable } from '../../src/trace/names.ts';
import { RecordBatch, RecordBits, RecordKind, type RecordSink } from '../../src/trace/records.ts';
import type { TaskTable } from '../../src/trace/tasks.ts';

/**
 * A slow, obvious reader of event lines for tests of the analysis: ftrace's (`comm-pid [cpu] flags time: name:
 * text`, `F <-P` of the function tracer, ` => symbol` below a stack trace) and perf script's (`comm tid [cpu]
 * time: [period] event: text`, frames behind a tab), and trace-cmd's. It knows what the tests need.
 */
export interface EventText {
  readonly names: NameTable;
  readonly tasks: TaskTable;
  readonly diagnostics?: Diagnostics;
  readonly sink: RecordSink;
}

const LINE =
  /^ *(.+?)[- ] *(\d+) +(?:\([ \d-]+\) +)?\[(\d+)\] +(?:([.\w]{4,7}) +)?(\d+)\.(\d{6,9}): +(?:(\d+) +)?(.*)$/;

/** Gives the records of a text to the sink in batches of `capacity`; returns the origin of their times. */
export function readEventText(text: string, to: EventText, capacity = 1024): number {
  const batch = new RecordBatch(capacity);
  const bytes = Buffer.from(text, 'latin1');
  batch.bytes = bytes;
  let originSeconds = -1;
  let offset = 0;
  let line = 0;
  let frames = 0;
  const last = { task: -1, cpu: -1, timeNs: Number.NaN };
  const put = (kind: number, name: string): number => {
    if (batch.length === capacity) {
      to.sink(batch);
      batch.length = 0;
    }
    const i = batch.length++;
    batch.kind[i] = kind;
    batch.bits[i] = 0;
    batch.name[i] = name === '' ? -1 : to.names.internText(name);
    batch.cpu[i] = last.cpu;
    batch.task[i] = last.task;
    batch.other[i] = 0;
    batch.timeNs[i] = last.timeNs;
    batch.durationNs[i] = Number.NaN;
    batch.depth[i] = -1;
    batch.context[i] = 0;
    batch.line[i] = line;
    return i;
  };
  const frame = (symbol: string, module = '') => {
    const i = put(RecordKind.Frame, module === '' ? symbol : `${symbol} [${module}]`);
    batch.depth[i] = frames++;
  };
  for (const raw of text.split('\n')) {
    line++;
    const start = offset;
    offset += raw.length + 1;
    if (raw === '' || raw.startsWith('#')) continue;
    const lost = /^CPU:(\d+) \[LOST (\d+) EVENTS\]/.exec(raw);
    if (lost) {
      const i = put(RecordKind.Lost, '');
      batch.cpu[i] = Number(lost[1]);
      batch.other[i] = Number(lost[2]);
      continue;
    }
    const symbol =
      /^ => (\S+?)(?:\+0x.*)?$/.exec(raw) ?? /^\t *[0-9a-f]+ (\S+?)(?:\+0x\w+)? \((.*)\)$/.exec(raw);
    if (symbol) {
      frame(symbol[1]!, /^\[(?!kernel|unknown|guest)(\w+)\]$/.exec(symbol[2] ?? '')?.[1]);
      continue;
    }
    const m = LINE.exec(raw);
    if (!m) continue;
    const [, comm, pid, cpu, flags, seconds, fraction, period, rest] = m;
    if (originSeconds < 0) originSeconds = Number(seconds);
    last.timeNs = (Number(seconds) - originSeconds) * 1e9 + Number(fraction!.padEnd(9, '0'));
    last.cpu = Number(cpu);
    last.task = to.tasks.intern(Number(pid), comm!.trim(), last.cpu);
    frames = 0;
    if (rest === '<stack trace>') continue;
    const hit = /^(\S+(?: \[\w+\])?) <-+ ?(\S+(?: \[\w+\])?)$/.exec(rest!);
    const event = /^(?:[\w-]+:)?([\w-]+): ?(.*)$/.exec(rest!);
    let i: number;
    if (hit) i = put(RecordKind.Function, hit[1]!);
    else if (period !== undefined) i = put(RecordKind.Sample, event![1]!);
    else i = put(RecordKind.Event, event![1]!);
    if (period !== undefined) batch.other[i] = Number(period);
    const value = hit ? hit[2]! : (event?.[2] ?? '').trim();
    if (value !== '') {
      const at = start + raw.lastIndexOf(value);
      batch.bits[i]! |= RecordBits.Text;
      batch.textStart[i] = at;
      batch.textEnd[i] = at + value.length;
    }
    if (flags !== undefined) {
      batch.bits[i]! |= RecordBits.Context;
      batch.context[i] = packContext(Buffer.from(flags), 0);
    }
  }
  if (batch.length > 0) to.sink(batch);
  return Math.max(0, originSeconds) * 1e9;
}
