import { ContextLevel, contextOf } from '../../trace/context.ts';
import { RecordBatch, RecordBits, RecordKind } from '../../trace/records.ts';
import type { ParseContext } from '../trace-parser.ts';
import { Comms } from './comms.ts';
import type { TraceDat } from './container.ts';
import type { CpuStream } from './cpu-stream.ts';
import { EventRecord } from './event-record.ts';
import { EventRole, type EventType, EventTypes } from './event-types.ts';
import { Symbols } from './symbols.ts';
import { TextWriter } from './text-writer.ts';

const TWO_32 = 2 ** 32;
const MAX_DEPTH = 32767;
const MAX_FRAMES = 1 << 12;
/** Common fields have stood here since 2.6.30. */
const COMMON_BYTES = 8;
const NEWLINE = 10;
const SPACE = 32;
/** A pid that is not in saved_cmdlines may get its name later. */
const MAX_TASKS = 1 << 20;

/** Bits of `common_flags` (include/linux/trace_events.h, enum trace_flag_type). */
const IRQS_OFF = 0x01;
const NEED_RESCHED = 0x04 | 0x20;
const HARDIRQ = 0x08;
const SOFTIRQ = 0x10;
const NMI = 0x40;

/** Turns records of the ring buffer into rows. */
export class RecordReader {
  /** Records read, and those of them that could not be understood. */
  records = 0;
  notUnderstood = 0;
  firstNs = Number.NaN;
  lastNs = Number.NaN;

  readonly #context: ParseContext;
  readonly #types: EventTypes;
  readonly #symbols: Symbols;
  readonly #comms: Comms;
  readonly #record: EventRecord;
  readonly #batch = new RecordBatch();
  readonly #out = new TextWriter();
  readonly #tasks = new Map<number, number>();
  readonly #typeOffset: number;
  readonly #flagsOffset: number;
  readonly #preemptOffset: number;
  readonly #pidOffset: number;
  readonly #unknownFrame: number;
  /** Rows of the record at hand have this context, task and so on. */
  #packed = 0;
  #task = -1;

  constructor(file: TraceDat, longBytes: number, context: ParseContext) {
    this.#context = context;
    this.#comms = new Comms(file.cmdlines);
    this.#symbols = new Symbols(context.names, file.kallsyms, file.printkFormats);
    this.#types = new EventTypes(file.formats, longBytes, this.#symbols, context, (pid, comm) => {
      if (pid > 0 && !this.#comms.has(pid)) this.#learnComm(pid, comm());
    });
    this.#record = new EventRecord(file.littleEndian, longBytes);
    const { type, flags, preemptCount, pid } = this.#types.common;
    this.#typeOffset = type?.offset ?? 0;
    this.#flagsOffset = flags?.offset ?? 2;
    this.#preemptOffset = preemptCount?.offset ?? 3;
    this.#pidOffset = pid?.offset ?? 4;
    this.#unknownFrame = context.names.internText('[unknown]');
    this.#batch.bytes = this.#out.bytes;
  }

  /** Number of events that the file describes. */
  get formats(): number {
    return this.#types.size;
  }

  /**
   * Reads the record at hand of a stream and goes to the next.
   * @param limit Time at which another CPU has a record.
   */
  read(stream: CpuStream, limit: number): void {
    this.records++;
    const { time } = stream;
    if (this.records === 1) this.firstNs = time;
    this.lastNs = time;
    if (stream.lost !== 0) this.#addLost(stream);
    const record = this.#record;
    record.bytes = stream.bytes;
    record.view = stream.view;
    record.start = stream.start;
    record.end = stream.end;
    if (stream.end - stream.start < COMMON_BYTES) {
      this.#unknown(stream, 'records are too short');
      return;
    }
    const type = this.#types.get(stream.view.getUint16(stream.start + this.#typeOffset, record.littleEndian));
    if (type === undefined) {
      this.#unknown(stream, 'records are of events that the file does not describe');
      return;
    }
    if (stream.end - stream.start < type.bytes) record.padTo(type.bytes);
    const pid = record.i32(this.#pidOffset);
    if (pid !== stream.lastPid) {
      stream.lastPid = pid;
      stream.lastTask = this.#taskOf(pid, stream.cpu);
    }
    this.#task = stream.lastTask;
    this.#packed = packFlags(
      record.bytes[record.start + this.#flagsOffset]!,
      record.bytes[record.start + this.#preemptOffset]!,
    );
    switch (type.role) {
      case EventRole.Entry:
        this.#addEntry(type, pid, stream, limit);
        break;
      case EventRole.Exit:
        this.#addExit(type, stream);
        break;
      case EventRole.Function:
        this.#addFunction(type, pid, stream);
        break;
      case EventRole.Stack: {
        // One that no event wrote: the row in front of its frames.
        this.#addRow(RecordKind.Event, type.name, stream, stream.time);
        this.#addFrames(type, stream, stream.time);
        stream.next();
        break;
      }
      default:
        this.#addEvent(type, pid, stream);
    }
  }

  /** Hands on what is left. */
  flush(): void {
    const batch = this.#batch;
    if (batch.length > 0) this.#context.sink(batch);
    batch.length = 0;
    this.#out.length = 0;
  }

  /** A new row with all columns; returns its number. The text, if any, has been begun by the caller. */
  #addRow(kind: number, name: number, stream: CpuStream, time: number): number {
    const batch = this.#batch;
    if (batch.length === batch.capacity) this.flush();
    const row = batch.length++;
    batch.kind[row] = kind;
    batch.bits[row] = RecordBits.Context;
    batch.name[row] = name;
    batch.cpu[row] = stream.cpu;
    batch.task[row] = this.#task;
    batch.other[row] = 0;
    batch.timeNs[row] = time;
    batch.durationNs[row] = Number.NaN;
    batch.depth[row] = -1;
    batch.context[row] = this.#packed;
    batch.line[row] = this.records;
    return row;
  }

  #addEvent(type: EventType, pid: number, stream: CpuStream): void {
    const out = this.#out;
    const { time } = stream;
    if (this.#batch.length === this.#batch.capacity || !out.begin()) {
      this.flush();
      out.begin();
    }
    const row = this.#addRow(RecordKind.Event, type.name, stream, time);
    const from = out.length;
    type.print(this.#record, out);
    out.trimEnd(from);
    let start = from;
    while (start < out.length && (out.bytes[start] === SPACE || out.bytes[start] === NEWLINE)) start++;
    if (start < out.length) {
      this.#batch.bits[row] = RecordBits.Context | RecordBits.Text;
      this.#batch.textStart[row] = start;
      this.#batch.textEnd[row] = out.length;
    }
    if (out.cut) {
      const sentence = 'texts of events that are longer than 32 KiB were cut';
      this.#context.diagnostics.add('trace-dat-long-text', 'loss', sentence, this.#place());
    }
    stream.next();
    this.#addStackBehind(pid, stream, time);
  }

  #addFunction(type: EventType, pid: number, stream: CpuStream): void {
    const record = this.#record;
    const out = this.#out;
    const { time } = stream;
    const name = this.#symbols.function(record.addressHigh(type.func), record.addressLow(type.func)).id;
    const parent = this.#symbols.function(record.addressHigh(type.parent), record.addressLow(type.parent)).id;
    if (this.#batch.length === this.#batch.capacity || !out.begin()) {
      this.flush();
      out.begin();
    }
    const row = this.#addRow(RecordKind.Function, name, stream, time);
    const { names } = this.#context;
    const from = out.length;
    const at = names.offset[parent]!;
    out.copy(names.heap, at, at + names.length[parent]!);
    this.#batch.bits[row] = RecordBits.Context | RecordBits.Text;
    this.#batch.textStart[row] = from;
    this.#batch.textEnd[row] = out.length;
    stream.next();
    this.#addStackBehind(pid, stream, time);
  }

  /** A call; when its return is the next record of all CPUs, both are one row, as trace-cmd prints. */
  #addEntry(type: EventType, pid: number, stream: CpuStream, limit: number): void {
    const record = this.#record;
    const { time } = stream;
    const high = record.addressHigh(type.func);
    const low = record.addressLow(type.func);
    const name = this.#symbols.function(high, low).id;
    const row = this.#addRow(RecordKind.Entry, name, stream, time);
    this.#batch.depth[row] = depthOf(record, type);
    if (!stream.next() || stream.time >= limit || stream.lost !== 0) return;
    if (stream.end - stream.start < COMMON_BYTES) return;
    const next = this.#types.get(stream.view.getUint16(stream.start + this.#typeOffset, record.littleEndian));
    if (next === undefined || next.role !== EventRole.Exit || stream.end - stream.start < next.bytes) return;
    record.bytes = stream.bytes;
    record.view = stream.view;
    record.start = stream.start;
    record.end = stream.end;
    if (record.i32(this.#pidOffset) !== pid) return;
    if (record.addressLow(next.func) !== low || record.addressHigh(next.func) !== high) return;
    this.records++;
    this.lastNs = stream.time;
    this.#batch.kind[row] = RecordKind.Leaf;
    this.#batch.durationNs[row] = durationOf(record, next);
    stream.next();
  }

  #addExit(type: EventType, stream: CpuStream): void {
    const record = this.#record;
    const { id } = this.#symbols.function(record.addressHigh(type.func), record.addressLow(type.func));
    const row = this.#addRow(RecordKind.Exit, id, stream, stream.time);
    this.#batch.depth[row] = depthOf(record, type);
    this.#batch.durationNs[row] = durationOf(record, type);
    stream.next();
  }

  /** The stack that the kernel wrote right behind an event. */
  #addStackBehind(pid: number, stream: CpuStream, time: number): void {
    if (stream.ended || stream.lost !== 0 || stream.end - stream.start < COMMON_BYTES) return;
    const record = this.#record;
    const type = this.#types.get(stream.view.getUint16(stream.start + this.#typeOffset, record.littleEndian));
    if (type === undefined || type.role !== EventRole.Stack) return;
    record.bytes = stream.bytes;
    record.view = stream.view;
    record.start = stream.start;
    record.end = stream.end;
    if (record.end - record.start < type.bytes || record.i32(this.#pidOffset) !== pid) return;
    this.records++;
    this.lastNs = stream.time;
    this.#addFrames(type, stream, time);
    stream.next();
  }

  #addFrames(type: EventType, stream: CpuStream, time: number): void {
    const record = this.#record;
    const { longBytes } = record;
    const { offset } = type.caller;
    const room = Math.floor((record.end - record.start - offset) / longBytes);
    const told = type.size ? record.number(type.size.offset, type.size.size, true) : room;
    const count = Math.min(room, told >= 0 ? told : 0, MAX_FRAMES);
    for (let i = 0; i < count; i++) {
      const at = offset + i * longBytes;
      const high = longBytes === 8 ? record.high(at) : 0;
      const low = longBytes === 8 ? record.low(at) : record.u32(at);
      // Kernels before 5.12 marked the end of the array so.
      if (low === 0xffffffff && (longBytes === 4 || high === 0xffffffff)) break;
      const found = this.#symbols.function(high, low);
      const row = this.#addRow(RecordKind.Frame, found.symbol ? found.id : this.#unknownFrame, stream, time);
      this.#batch.depth[row] = i;
    }
  }

  #addLost(stream: CpuStream): void {
    this.#task = -1;
    this.#packed = 0;
    const row = this.#addRow(RecordKind.Lost, -1, stream, Number.NaN);
    this.#batch.bits[row] = 0;
    this.#batch.other[row] = stream.lost;
    stream.lost = 0;
  }

  #unknown(stream: CpuStream, sentence: string): void {
    this.notUnderstood++;
    this.#context.diagnostics.add('trace-dat-unknown-record', 'warning', sentence, this.#place());
    stream.next();
  }

  #place(): string {
    return `${this.#context.inputName}:${this.records}`;
  }

  #taskOf(pid: number, cpu: number): number {
    if (pid === 0) return this.#context.tasks.intern(0, this.#comms.text(0), cpu);
    let task = this.#tasks.get(pid);
    if (task === undefined) {
      task = this.#context.tasks.intern(pid, this.#comms.text(pid), cpu);
      if (this.#tasks.size < MAX_TASKS) this.#tasks.set(pid, task);
    }
    return task;
  }

  /** A task that was met without a name has one now. */
  #learnComm(pid: number, comm: string): void {
    if (!this.#comms.learn(pid, comm)) return;
    const task = this.#tasks.get(pid);
    if (task !== undefined && this.#context.tasks.rows[task]!.comm === '<...>')
      this.#context.tasks.rows[task]!.comm = comm;
  }
}

function packFlags(flags: number, preemptCount: number): number {
  const level =
    flags & NMI
      ? ContextLevel.Nmi
      : flags & HARDIRQ
        ? ContextLevel.Hardirq
        : flags & SOFTIRQ
          ? ContextLevel.Softirq
          : ContextLevel.Task;
  return contextOf(level, (flags & IRQS_OFF) !== 0, (flags & NEED_RESCHED) !== 0, preemptCount & 15);
}

function depthOf(record: EventRecord, type: EventType): number {
  const depth = record.number(type.depth.offset, type.depth.size, true);
  return depth >= 0 && depth <= MAX_DEPTH ? depth : -1;
}

/** From call to return in ns; NaN where the kernel did not store both. */
function durationOf(record: EventRecord, type: EventType): number {
  const { calltime, rettime } = type;
  if (!calltime || !rettime || calltime.size !== 8 || rettime.size !== 8) return Number.NaN;
  const high = record.high(rettime.offset) - record.high(calltime.offset);
  const ns = high * TWO_32 + record.low(rettime.offset) - record.low(calltime.offset);
  return ns >= 0 && ns <= 2 ** 53 ? ns : Number.NaN;
}
