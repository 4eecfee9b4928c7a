import { latin1, type RecordBatch } from '../trace/records.ts';
import { PerfEvents } from './perf-events.ts';
import { frameName, inlineFrameAt, inlineFrameText } from './perf-frames.ts';
import type { SampleLine } from './perf-sample-line.ts';
import type { ParseContext } from './trace-parser.ts';

// Constants stand in the module that loops over them: V8 reads an imported one from memory each time.
const TAB = 9;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const SLASH = 47;
const DOT = 46;
const COLON = 58;
const BRACKET_OPEN = 91;
const BRACKET_CLOSE = 93;
const UNDERSCORE = 95;
const KIND_EVENT = 4;
const KIND_SAMPLE = 11;
const KIND_FRAME = 12;
const BIT_TEXT = 1;

const MAX_CPUS = 8192;
const MAX_DEPTH = 0x7fff;
const COMM_BYTES = 16;
const TASK_SLOTS = 1024;
const FRAME_SLOTS = 1 << 13;
const FRAME_BYTES = 192;

/**
 * The lines that `perf script` output is full of: samples with task, CPU, time and event, and the frames
 * of their callchains. Writes rows straight into the batch; any other line is left to the parser.
 */
export class PerfScriptLines {
  readonly #context: ParseContext;
  readonly #batch: RecordBatch;
  readonly #flush: () => void;
  readonly #events: PerfEvents;

  /** Lines read so far, by whoever read them. */
  line = 0;
  /** Seconds of the first stamp: what times are relative to. */
  originSeconds = Number.NaN;
  /** First and last stamp, ns since the origin. */
  firstNs = Number.NaN;
  lastNs = Number.NaN;
  /** Most decimals of a stamp so far: 6, or 9 with `--ns`. */
  decimals = 0;
  /** True while frames belong to a sample that was read. */
  open = false;
  /** True behind a line that was not understood: its frames are of a sample that is lost. */
  orphans = false;
  sawSample = false;
  /** A sample that named its event was read: one that names none is damaged. */
  sawEvent = false;

  /** Columns of the open sample, for its frames. */
  #task = -1;
  #cpu = -1;
  #timeNs = Number.NaN;
  #depth = 0;

  /** The last event, and for each the one that followed it last. */
  #lastEvent = 0;
  #successor = new Int32Array(64).fill(-1);

  readonly cpuSeen = new Uint8Array(MAX_CPUS);
  readonly #slotTid = new Int32Array(TASK_SLOTS).fill(-1);
  readonly #slotCpu = new Int32Array(TASK_SLOTS);
  readonly #slotTask = new Int32Array(TASK_SLOTS);
  readonly #slotLength = new Uint8Array(TASK_SLOTS);
  readonly #slotComm = new Uint8Array(TASK_SLOTS * COMM_BYTES);

  /** Whole lines of frames by the last digits of their address, with the names that they gave. */
  readonly #frameBytes = new Uint8Array(FRAME_SLOTS * FRAME_BYTES);
  readonly #frameLength = new Uint8Array(FRAME_SLOTS);
  readonly #frameNames = new Int32Array(FRAME_SLOTS);

  constructor(context: ParseContext, batch: RecordBatch, flush: () => void) {
    this.#context = context;
    this.#batch = batch;
    this.#flush = flush;
    this.#events = new PerfEvents(context.names);
  }

  /**
   * Reads lines until one that is neither a sample, a frame of an open sample nor an empty line.
   * Returns where that one starts, or `end`. As the last byte is a newline, scanning loops need no
   * bounds check.
   */
  parse(bytes: Uint8Array, from: number, end: number): number {
    const batch = this.#batch;
    const { kind, bits, name, cpu, task, other, timeNs, durationNs, depth, context, line } = batch;
    const frameBytes = this.#frameBytes;
    const frameLength = this.#frameLength;
    const frameNames = this.#frameNames;
    const room = batch.capacity - 2;
    let p = from;
    while (p < end) {
      const c = bytes[p]!;
      if (c === TAB) {
        if (!this.open) return p;
        // Callchains repeat themselves: most lines are byte for byte one that was read before.
        const slot =
          (bytes[p + 16]! ^ (bytes[p + 15]! << 3) ^ (bytes[p + 14]! << 6) ^ (bytes[p + 13]! << 8)) &
          (FRAME_SLOTS - 1);
        const base = slot * FRAME_BYTES;
        const length = frameLength[slot]!;
        let i = 0;
        while (i < length && frameBytes[base + i] === bytes[p + i]) i++;
        let symbol = frameNames[slot]!;
        if (length === 0 || i !== length) {
          i = this.#readFrame(bytes, p, slot) - p;
          if (i < 0) return p;
          symbol = this.#symbol;
        }
        if (batch.length > room) this.#flush();
        const n = batch.length++;
        p += i;
        kind[n] = KIND_FRAME;
        bits[n] = 0;
        name[n] = symbol;
        cpu[n] = this.#cpu;
        task[n] = this.#task;
        other[n] = 0;
        timeNs[n] = this.#timeNs;
        durationNs[n] = Number.NaN;
        depth[n] = this.#depth;
        context[n] = 0;
        line[n] = ++this.line;
        if (this.#depth < MAX_DEPTH) this.#depth++;
      } else if (c === NEWLINE) {
        this.open = false;
        this.orphans = false;
        this.line++;
        p++;
      } else {
        const next = this.#readSample(bytes, p);
        if (next < 0) return p;
        p = next;
      }
    }
    return p;
  }

  // ---------------------------------------------------------------- samples

  /** Reads a sample's line at `start`; returns where the next one starts, or -1 when it is none. */
  #readSample(bytes: Uint8Array, start: number): number {
    let p = start;
    let comm = start;
    let commEnd = start + COMM_BYTES;
    let c = bytes[p]!;
    if (c === SPACE) {
      if (bytes[commEnd] !== SPACE || !(bytes[commEnd - 1]! > SPACE)) return -1;
      while (bytes[comm] === SPACE) comm++;
      p = commEnd;
    } else {
      commEnd = commEndBefore(bytes, start);
      if (commEnd < 0) return -1;
      p = commEnd;
    }
    while (bytes[p] === SPACE) p++;
    c = bytes[p]!;
    let at = p;
    let tid = 0;
    while (c >= 48 && c <= 57) {
      tid = tid * 10 + c - 48;
      c = bytes[++p]!;
    }
    if (p === at || p - at > 7) return -1;
    if (c === SLASH) {
      tid = 0;
      at = ++p;
      c = bytes[p]!;
      while (c >= 48 && c <= 57) {
        tid = tid * 10 + c - 48;
        c = bytes[++p]!;
      }
      if (p === at || p - at > 7) return -1;
    }
    if (c !== SPACE) return -1;
    while (c === SPACE) c = bytes[++p]!;
    let cpu = -1;
    if (c === BRACKET_OPEN) {
      cpu = 0;
      at = ++p;
      c = bytes[p]!;
      while (c >= 48 && c <= 57) {
        cpu = cpu * 10 + c - 48;
        c = bytes[++p]!;
      }
      if (c !== BRACKET_CLOSE || p - at < 3 || cpu >= MAX_CPUS || bytes[p + 1] !== SPACE) return -1;
      c = bytes[++p]!;
      while (c === SPACE) c = bytes[++p]!;
    }
    at = p;
    let seconds = 0;
    while (c >= 48 && c <= 57) {
      seconds = seconds * 10 + c - 48;
      c = bytes[++p]!;
    }
    if (c !== DOT || p === at) return -1;
    at = ++p;
    c = bytes[p]!;
    let nanos = 0;
    while (c >= 48 && c <= 57) {
      nanos = nanos * 10 + c - 48;
      c = bytes[++p]!;
    }
    const decimals = p - at;
    if (decimals === 6) nanos *= 1000;
    else if (decimals !== 9) return -1;
    if (c !== COLON || bytes[p + 1] !== SPACE) return -1;
    p += 2;
    c = bytes[p]!;
    while (c === SPACE) c = bytes[++p]!;
    let period = 0;
    if (c >= 48 && c <= 57) {
      do {
        period = period * 10 + c - 48;
        c = bytes[++p]!;
      } while (c >= 48 && c <= 57);
      if (c !== SPACE) return -1;
      while (c === SPACE) c = bytes[++p]!;
    }
    const eventAt = p;
    const event = this.#readEvent(bytes, p);
    if (event < 0) return -1;
    p = eventAt + this.#events.printed.length[event]! + 1;
    const task = this.#taskOf(bytes, comm, commEnd, tid, cpu);
    if (task < 0) return -1;

    if (decimals > this.decimals) this.decimals = decimals;
    let time = (seconds - this.originSeconds) * 1e9 + nanos;
    if (Number.isNaN(time)) {
      this.originSeconds = seconds;
      time = nanos;
      this.firstNs = time;
    }
    this.lastNs = time;
    this.#lastEvent = event;
    this.sawEvent = true;
    if (bytes[p] === SPACE) p++;
    let newline = p;
    while (bytes[newline] !== NEWLINE) newline++;
    this.line++;
    this.#emit(event, task, cpu, time, period, bytes, p, newline);
    return newline + 1;
  }

  /** A sample in a form that {@link readSampleLine} knows and the hot loop does not. */
  emitLine(sample: SampleLine, bytes: Uint8Array): void {
    let time = Number.NaN;
    if (sample.seconds !== null) {
      if (Number.isNaN(this.originSeconds)) this.originSeconds = sample.seconds;
      time = (sample.seconds - this.originSeconds) * 1e9 + sample.nanos;
      if (Number.isNaN(this.firstNs)) this.firstNs = time;
      this.lastNs = time;
      if (sample.decimals > this.decimals) this.decimals = sample.decimals;
    }
    const task = this.taskOf(sample);
    let event = -1;
    if (sample.event !== '') {
      const text = new Uint8Array(Buffer.from(sample.event, 'latin1'));
      event = this.#events.intern(text, 0, text.length, hashOf(text));
      this.#roomForSuccessors();
      this.#lastEvent = event;
      this.sawEvent = true;
    }
    this.#emit(event, task, sample.cpu, time, sample.period, bytes, 0, bytes.length);
  }

  /** The task of a line; -1 when the line does not say. */
  taskOf(sample: SampleLine): number {
    if (sample.tid < 0) return -1;
    return this.#context.tasks.intern(sample.tid, sample.comm, sample.cpu);
  }

  /** A sample of which nothing is printed but its callchain. */
  openUnnamed(task: number): void {
    this.#emit(-1, task, -1, Number.NaN, 0, this.#batch.bytes, 0, 0);
  }

  /** Writes the rows of a sample: itself, and its address where it stands on the same line. */
  #emit(
    event: number,
    task: number,
    cpu: number,
    time: number,
    period: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const batch = this.#batch;
    if (batch.length > batch.capacity - 2) this.#flush();
    let last = end;
    while (last > start && isBlank(bytes[last - 1]!)) last--;
    let first = start;
    const frame = last > start ? inlineFrameAt(bytes, start, last) : -1;
    let textEnd = frame < 0 ? last : frame;
    while (first < textEnd && bytes[first] === SPACE) first++;
    while (textEnd > first && isBlank(bytes[textEnd - 1]!)) textEnd--;
    const hasText = textEnd > first;
    const isEvent = event >= 0 ? this.#events.tracepoint[event] === 1 : hasText;
    const n = batch.length++;
    batch.kind[n] = isEvent ? KIND_EVENT : KIND_SAMPLE;
    batch.bits[n] = hasText ? BIT_TEXT : 0;
    batch.name[n] = event < 0 ? -1 : this.#events.name[event]!;
    batch.cpu[n] = cpu;
    batch.task[n] = task;
    batch.other[n] = period;
    batch.timeNs[n] = time;
    batch.durationNs[n] = Number.NaN;
    batch.depth[n] = -1;
    batch.context[n] = 0;
    batch.line[n] = this.line;
    batch.textStart[n] = first;
    batch.textEnd[n] = textEnd;
    if (cpu >= 0) this.cpuSeen[cpu] = 1;
    this.#task = task;
    this.#cpu = cpu;
    this.#timeNs = time;
    this.#depth = 0;
    this.open = true;
    this.orphans = false;
    this.sawSample = true;
    if (frame >= 0) this.#emitInlineFrame(bytes, frame, last);
  }

  #emitInlineFrame(bytes: Uint8Array, at: number, end: number): void {
    const batch = this.#batch;
    const n = batch.length++;
    batch.kind[n] = KIND_FRAME;
    batch.bits[n] = 0;
    batch.name[n] = this.#inlineSymbol(bytes, at, end);
    batch.cpu[n] = this.#cpu;
    batch.task[n] = this.#task;
    batch.other[n] = 0;
    batch.timeNs[n] = this.#timeNs;
    batch.durationNs[n] = Number.NaN;
    batch.depth[n] = this.#depth++;
    batch.context[n] = 0;
    batch.line[n] = this.line;
  }

  // ---------------------------------------------------------------- names

  #symbol = -1;

  /** Reads a frame's line into a slot; returns where the next line starts, -1 when it is no frame. */
  #readFrame(bytes: Uint8Array, start: number, slot: number): number {
    let p = start + 1;
    while (bytes[p] === SPACE) p++;
    const at = p;
    while (isHex(bytes[p]!)) p++;
    if (p === at || p - at > 16 || !(bytes[p] === SPACE || isLineEnd(bytes, p))) return -1;
    const newline = bytes.indexOf(NEWLINE, p);
    const text = latin1(bytes, p, newline);
    this.#symbol = this.#context.names.internText(frameName(text));
    const length = newline + 1 - start;
    // The first 17 bytes must be of this line for the slot to be found again.
    if (length >= 17 && length <= FRAME_BYTES) this.#keepFrame(bytes, start, length, slot);
    return newline + 1;
  }

  /** The same slots serve addresses on the line of their sample: a tab stands for the blank. */
  #inlineSymbol(bytes: Uint8Array, at: number, end: number): number {
    const slot =
      (bytes[at + 16]! ^ (bytes[at + 15]! << 3) ^ (bytes[at + 14]! << 6) ^ (bytes[at + 13]! << 8)) &
      (FRAME_SLOTS - 1);
    const base = slot * FRAME_BYTES;
    const length = end - at;
    if (this.#frameLength[slot] === length && this.#frameBytes[base] === SPACE) {
      let i = 1;
      while (i < length && this.#frameBytes[base + i] === bytes[at + i]) i++;
      if (i === length) return this.#frameNames[slot]!;
    }
    this.#symbol = this.#context.names.internText(frameName(inlineFrameText(bytes, at, end)));
    if (length <= FRAME_BYTES) this.#keepFrame(bytes, at, length, slot);
    return this.#symbol;
  }

  #keepFrame(bytes: Uint8Array, start: number, length: number, slot: number): void {
    this.#frameBytes.set(bytes.subarray(start, start + length), slot * FRAME_BYTES);
    this.#frameLength[slot] = length;
    this.#frameNames[slot] = this.#symbol;
  }

  /** The event whose name and colon stand at `at`; -1 when none does. */
  #readEvent(bytes: Uint8Array, at: number): number {
    const { heap, offset, length } = this.#events.printed;
    const guess = this.#successor[this.#lastEvent]!;
    if (guess >= 0) {
      const from = offset[guess]!;
      const size = length[guess]!;
      let i = 0;
      while (i < size && heap[from + i] === bytes[at + i]) i++;
      if (
        i === size &&
        bytes[at + i] === COLON &&
        (bytes[at + i + 1] === SPACE || bytes[at + i + 1] === NEWLINE)
      )
        return guess;
    }
    let hash = 0;
    let c = bytes[at]!;
    if (!((c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === UNDERSCORE)) return -1;
    let p = at;
    while (!(c === NEWLINE || isBlank(c))) c = bytes[++p]!;
    if (bytes[p - 1] !== COLON || !(c === SPACE || isLineEnd(bytes, p))) return -1;
    for (let i = at; i < p - 1; i++) hash = ((hash << 5) - hash + bytes[i]!) | 0;
    if (isRecordLine(bytes, at)) return -1;
    const event = this.#events.intern(bytes, at, p - 1, hash);
    this.#roomForSuccessors();
    this.#successor[this.#lastEvent] = event;
    return event;
  }

  #roomForSuccessors(): void {
    if (this.#events.printed.size <= this.#successor.length) return;
    const bigger = new Int32Array(this.#successor.length * 2).fill(-1);
    bigger.set(this.#successor);
    this.#successor = bigger;
  }

  #taskOf(bytes: Uint8Array, comm: number, commEnd: number, tid: number, cpu: number): number {
    const slot = (tid ^ (tid === 0 ? cpu << 3 : 0)) & (TASK_SLOTS - 1);
    const length = commEnd - comm;
    if (this.#slotTid[slot] === tid && this.#slotLength[slot] === length) {
      const kept = this.#slotComm;
      const base = slot * COMM_BYTES;
      let i = 0;
      while (i < length && kept[base + i] === bytes[comm + i]) i++;
      if (i === length && (tid !== 0 || this.#slotCpu[slot] === cpu)) return this.#slotTask[slot]!;
    }
    return this.#newTask(bytes, comm, commEnd, tid, cpu, slot);
  }

  #newTask(bytes: Uint8Array, comm: number, commEnd: number, tid: number, cpu: number, slot: number): number {
    const length = commEnd - comm;
    if (length > COMM_BYTES) return -1;
    // The line may have ended before the place of its id.
    for (let p = comm; p < commEnd; p++) if (bytes[p] === NEWLINE) return -1;
    const task = this.#context.tasks.intern(tid, latin1(bytes, comm, commEnd), cpu);
    this.#slotTid[slot] = tid;
    this.#slotCpu[slot] = cpu;
    this.#slotTask[slot] = task;
    this.#slotLength[slot] = length;
    this.#slotComm.set(bytes.subarray(comm, commEnd), slot * COMM_BYTES);
    return task;
  }
}

/**
 * Where the name of a task ends that begins at `start`: before an id that is right-aligned in 5 or 7
 * places. -1 when there is none.
 */
function commEndBefore(bytes: Uint8Array, start: number): number {
  let p = start;
  for (;;) {
    while (bytes[p]! > SPACE) p++;
    if (bytes[p] !== SPACE || p - start > COMM_BYTES) return -1;
    const end = p;
    while (bytes[p] === SPACE) p++;
    const digits = p;
    while (bytes[p]! >= 48 && bytes[p]! <= 57) p++;
    const count = p - digits;
    const width = p - end - 1;
    if (count > 0 && count <= 7 && (width === 7 || width === (count > 5 ? count : 5))) {
      if (bytes[p] === SPACE || bytes[p] === SLASH) return end;
    }
  }
}

/** True at `PERF_RECORD_`: a record that is no sample. */
function isRecordLine(bytes: Uint8Array, at: number): boolean {
  const mark = 'PERF_RECORD_';
  for (let i = 0; i < mark.length; i++) if (bytes[at + i] !== mark.charCodeAt(i)) return false;
  return true;
}

function isLineEnd(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === NEWLINE || (bytes[at] === CARRIAGE_RETURN && bytes[at + 1] === NEWLINE);
}

function isBlank(c: number): boolean {
  return c === SPACE || c === TAB || c === CARRIAGE_RETURN;
}

function isHex(c: number): boolean {
  return (c >= 48 && c <= 57) || (c >= 97 && c <= 102);
}

function hashOf(text: Uint8Array): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = ((hash << 5) - hash + text[i]!) | 0;
  return hash;
}
