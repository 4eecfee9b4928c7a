import { packContext } from '../trace/context.ts';
import { latin1, type RecordBatch, RecordBits, RecordKind } from '../trace/records.ts';
import {
  contextOfRawFlags,
  isAddress,
  isDigit,
  isFlag,
  isNoAddress,
  isPrefix,
  lastNineDigits,
  opensStack,
  symbolEnd,
  wholeSeconds,
} from './trace-cmd-report-fields.ts';
import { GraphBody } from './trace-cmd-report-graph.ts';
import { type ReportInput, ReportInputs } from './trace-cmd-report-inputs.ts';
import type { ParseContext } from './trace-parser.ts';

// Constants stand in the module that loops over them: V8 reads an imported one from memory each time.
const TAB = 9;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const PAREN_OPEN = 40;
const PAREN_CLOSE = 41;
const PLUS = 43;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const LESS = 60;
const EQUALS = 61;
const GREATER = 62;
const BRACKET_OPEN = 91;
const BRACKET_CLOSE = 93;
const LETTER_S = 115;
const LETTER_X = 120;

/** Columns of the dash between comm and pid: `%16s-%-5d [%03d]`, and `%8.8s-%-5d %3d` with `-l`. */
const DASH_DEFAULT = 16;
const DASH_LATENCY = 8;

/** CPUs with a higher number do not exist; the number is damage. */
const MAX_CPUS = 8192;
const TASK_SLOTS = 4096;
/** A comm has 15 bytes, names of files and instances before it rarely many. */
const MAX_PREFIX = 300;
const MAX_PID_DIGITS = 10;

/** What an event's name says about how its line goes on. */
const SHAPE_UNKNOWN = 0;
const SHAPE_PLAIN = 1;
const SHAPE_ENTRY = 2;
const SHAPE_EXIT = 3;
const SHAPE_FUNCTION = 4;
const SHAPE_STACK = 5;
const SHAPE_SWITCH = 6;
/** Texts that programs wrote: they may hold newlines. */
const SHAPE_PRINT = 7;

const SHAPES: Readonly<Record<string, number>> = {
  funcgraph_entry: SHAPE_ENTRY,
  fgraph_retaddr_entry: SHAPE_ENTRY,
  funcgraph_exit: SHAPE_EXIT,
  function: SHAPE_FUNCTION,
  kernel_stack: SHAPE_STACK,
  user_stack: SHAPE_STACK,
  sched_switch: SHAPE_SWITCH,
  print: SHAPE_PRINT,
  bprint: SHAPE_PRINT,
  bputs: SHAPE_PRINT,
};

const WAKEUP = ' Latency: ';
const WAKEUP_BYTES = Buffer.from(WAKEUP);

export interface ReportLineHooks {
  /** The batch is full: hand it on. */
  readonly flush: () => void;
  /** A record was read while {@link ReportLines.watch} was set. */
  readonly traceLine: () => void;
}

/**
 * The lines that a report is full of: one record each, and the frames of stacks. Writes rows straight
 * into the batch. Grammar: tracecmd/trace-read.c (trace_show_data) of trace-cmd 2.9 to 3.4,
 * libtraceevent's event-parse.c and plugins/plugin_function.c.
 */
export class ReportLines {
  readonly #context: ParseContext;
  readonly #batch: RecordBatch;
  readonly #hooks: ReportLineHooks;
  readonly inputs = new ReportInputs();
  readonly #graph = new GraphBody();

  /** Lines read so far, by whoever read them. */
  line = 0;
  /** True when the next record has more to do than to become a row. */
  watch = true;
  /** Seconds of the first stamp: what times are relative to. */
  originSeconds = Number.NaN;
  firstNs = Number.NaN;
  lastNs = Number.NaN;
  /** What lines had so far, for `TraceFacts`. */
  sawLatency = false;
  sawFlags = false;
  sawNanoseconds = false;
  sawMicroseconds = false;
  sawWholeStamps = false;
  sawDifferences = false;
  /** True when the last line was a record whose text may go on in the next line. */
  get mayContinue(): boolean {
    return this.#lastShape === SHAPE_PRINT;
  }

  /** Width of the column with the name of the file or instance; 0 without one. */
  #prefix = 0;
  /** Where the dash stood in the last line. */
  #dash = DASH_DEFAULT;
  #lastShape = SHAPE_UNKNOWN;

  #shapes: Uint8Array = new Uint8Array(1024);
  readonly #cpuSeen = new Uint8Array(MAX_CPUS);
  readonly #taskKeys = new Int32Array(TASK_SLOTS).fill(-1);
  readonly #taskIds = new Int32Array(TASK_SLOTS);
  readonly #idle = new Int32Array(MAX_CPUS).fill(-1);
  /** Task and time of the last record on each CPU: what a stack belongs to. */
  readonly #cpuTask = new Int32Array(MAX_CPUS).fill(-1);
  readonly #cpuTimeNs = new Float64Array(MAX_CPUS).fill(Number.NaN);

  /** The stack that is open: whose, and how many frames it has. */
  #stackCpu = -1;
  #stackTask = -1;
  #stackTimeNs = Number.NaN;
  #stackDepth = 0;
  #stackEndLine = -1;

  constructor(context: ParseContext, batch: RecordBatch, hooks: ReportLineHooks) {
    this.#context = context;
    this.#batch = batch;
    this.#hooks = hooks;
  }

  get cpus(): number {
    return this.#cpuSeen.reduce((sum, seen) => sum + seen, 0);
  }

  /** Another report begins: what was known of the columns does not hold any more. */
  beginReport(): void {
    this.#prefix = 0;
    this.#lastShape = SHAPE_UNKNOWN;
    this.inputs.clear();
  }

  /** A line was read that is no record: no stack and no text goes on behind it. */
  interrupt(): void {
    this.#lastShape = SHAPE_UNKNOWN;
  }

  /** CPU of a line without record (`CPU:1 [5 EVENTS DROPPED]`), with the column that stood before it. */
  cpuOf(cpu: number, prefix: string): number {
    return cpu + (prefix === '' ? 0 : this.inputs.announce(prefix).firstCpu);
  }

  /**
   * The hot loop: lines that are records or frames become rows. Returns where it stopped: at `end`,
   * or at the start of the first line that is anything else. `bytes[end - 1]` is a newline.
   */
  parse(bytes: Uint8Array, from: number, end: number): number {
    const batch = this.#batch;
    const { kind, bits, name, cpu: cpuColumn, task: taskColumn, other, timeNs, durationNs } = batch;
    const { depth, context, line, textStart, textEnd, noteStart, noteEnd } = batch;
    const { Event } = RecordKind;
    const { Text, Note, Context } = RecordBits;
    const capacity = batch.capacity;
    const names = this.#context.names;
    const cpuSeen = this.#cpuSeen;
    const cpuTask = this.#cpuTask;
    const cpuTimeNs = this.#cpuTimeNs;
    const graph = this.#graph;
    let shapes: Uint8Array = this.#shapes;
    let p = from;
    while (p < end) {
      const lineStart = p;
      const newline = bytes.indexOf(NEWLINE, p);
      let stop = newline;
      while (stop > p && (bytes[stop - 1] === SPACE || bytes[stop - 1] === CARRIAGE_RETURN)) stop--;
      let c = bytes[p]!;
      if (c === EQUALS || c === TAB) {
        if (this.#lastShape !== SHAPE_STACK || !this.#readFrame(bytes, p, stop)) return lineStart;
        p = newline + 1;
        continue;
      }

      // COMM-PID
      let dash = p + this.#dash;
      if (dash >= stop || bytes[dash] !== MINUS || !isDigit(bytes[dash + 1]!)) {
        dash = this.#findDash(bytes, p, stop);
        if (dash < 0) return lineStart;
      }
      p = dash + 1;
      c = bytes[p]!;
      let pid = 0;
      while (c >= ZERO && c <= NINE) {
        pid = pid * 10 + c - ZERO;
        c = bytes[++p]!;
      }
      if (p - dash > MAX_PID_DIGITS + 1) return lineStart;
      while (c === SPACE) c = bytes[++p]!;

      // [CPU], or with -l the number alone
      const bracket = c === BRACKET_OPEN;
      if (bracket) c = bytes[++p]!;
      if (c < ZERO || c > NINE) return lineStart;
      let cpu = 0;
      do {
        cpu = cpu * 10 + c - ZERO;
        c = bytes[++p]!;
      } while (c >= ZERO && c <= NINE);
      if (bracket) {
        if (c !== BRACKET_CLOSE) return lineStart;
        c = bytes[++p]!;
      } else if (c === SPACE) return lineStart;
      if (cpu >= MAX_CPUS) return lineStart;

      // Flags: none (3.1), d..2. behind a blank (3.4) or behind the CPU (-l), -0x1 (-R of 3.2 on)
      let packed = -1;
      if (c === MINUS) {
        if (bytes[p + 1] !== ZERO || bytes[p + 2] !== LETTER_X) return lineStart;
        packed = contextOfRawFlags(bytes, p + 3);
        while (c > SPACE) c = bytes[++p]!;
        this.sawFlags = true;
      }
      while (c === SPACE) c = bytes[++p]!;
      if (c < ZERO || c > NINE) {
        const at = p;
        while (c > SPACE) c = bytes[++p]!;
        if (p - at < 4 || p - at > 7) return lineStart;
        packed = packContext(bytes, at);
        while (c === SPACE) c = bytes[++p]!;
        if (c < ZERO || c > NINE) return lineStart;
        this.sawFlags = true;
      }
      if (!bracket) this.sawLatency = true;

      // TIME:
      const timeAt = p;
      let seconds = 0;
      while (c >= ZERO && c <= NINE) {
        seconds = seconds * 10 + c - ZERO;
        c = bytes[++p]!;
      }
      let nanos = 0;
      if (c === DOT) {
        const at = ++p;
        c = bytes[p]!;
        while (c >= ZERO && c <= NINE) {
          nanos = nanos * 10 + c - ZERO;
          c = bytes[++p]!;
        }
        const digits = p - at;
        if (digits === 6) {
          nanos *= 1000;
          this.sawMicroseconds = true;
        } else if (digits === 9) this.sawNanoseconds = true;
        else return lineStart;
      } else {
        seconds = wholeSeconds(bytes, timeAt, p);
        nanos = lastNineDigits(bytes, timeAt, p);
        this.sawWholeStamps = true;
      }
      if (c !== COLON || bytes[p + 1] !== SPACE) return lineStart;
      if (Number.isNaN(this.originSeconds)) this.originSeconds = seconds;
      const time = (seconds - this.originSeconds) * 1e9 + nanos;
      p += 2;
      c = bytes[p]!;
      while (c === SPACE) c = bytes[++p]!;

      // (+DIFFERENCE) of --ts-diff
      if (c === PAREN_OPEN && bytes[p + 1] === PLUS) {
        while (c > SPACE) c = bytes[++p]!;
        if (bytes[p - 1] !== PAREN_CLOSE) return lineStart;
        while (c === SPACE) c = bytes[++p]!;
        this.sawDifferences = true;
      }

      // NAME: TEXT
      const nameAt = p;
      let hash = 0;
      while (c > SPACE && c !== COLON) {
        hash = ((hash << 5) - hash + c) | 0;
        c = bytes[++p]!;
      }
      if (c !== COLON || p === nameAt || bytes[p + 1]! > SPACE) return lineStart;
      const nameEnd = p++;
      while (p < stop && bytes[p] === SPACE) p++;
      if (p > stop) p = stop;

      let nameId = names.intern(bytes, nameAt, nameEnd, hash);
      if (nameId >= shapes.length || shapes[nameId] === SHAPE_UNKNOWN) shapes = this.#learnShape(nameId);
      const shape = shapes[nameId]!;

      const n = batch.length;
      let rowKind: number = Event;
      let rowBits = packed >= 0 ? Context : 0;
      let rowDepth = -1;
      let duration = Number.NaN;
      let isStack = false;
      if (shape === SHAPE_ENTRY || shape === SHAPE_EXIT) {
        if (!graph.read(bytes, p, stop, shape === SHAPE_EXIT)) return lineStart;
        rowKind = graph.kind;
        rowDepth = graph.depth;
        duration = graph.durationNs;
        rowBits |= graph.bits;
        if (rowBits & Text) {
          textStart[n] = graph.textStart;
          textEnd[n] = graph.textEnd;
        }
        if (rowBits & Note) {
          noteStart[n] = graph.noteStart;
          noteEnd[n] = graph.noteEnd;
        }
        nameId = this.#graphName(bytes, graph);
      } else if (shape === SHAPE_PLAIN || shape === SHAPE_PRINT) {
        rowBits |= Text;
        textStart[n] = p;
        textEnd[n] = stop;
      } else {
        textStart[n] = p;
        textEnd[n] = stop;
        rowBits |= Text;
        if (shape === SHAPE_FUNCTION) {
          const id = this.#readFunction(bytes, p, stop, n);
          if (id >= 0) {
            rowKind = RecordKind.Function;
            nameId = id;
            if (textStart[n] === textEnd[n]) rowBits &= ~Text;
          }
        } else if (shape === SHAPE_SWITCH) {
          if (this.#readWakeup(bytes, p, stop, n)) rowBits |= Note;
        } else isStack = opensStack(bytes, p, stop);
      }

      // The line is understood as a whole: now, and not before, it becomes a row.
      const input = this.inputs.of(bytes, lineStart, dash - lineStart >= this.#dash ? this.#prefix : 0);
      cpu += input.firstCpu;
      if (cpu >= MAX_CPUS) return lineStart;
      const taskSlot = (pid + input.machine * 7) & (TASK_SLOTS - 1);
      const taskKey = pid + (input.machine << 23);
      let task: number;
      if (pid === 0) {
        task = this.#idle[cpu]!;
        if (task < 0) task = this.#learnTask(bytes, lineStart, dash, pid, cpu, input, -1, taskKey);
      } else if (this.#taskKeys[taskSlot] === taskKey) task = this.#taskIds[taskSlot]!;
      else task = this.#learnTask(bytes, lineStart, dash, pid, cpu, input, taskSlot, taskKey);
      this.line++;
      if (this.watch) this.#hooks.traceLine();
      if (Number.isNaN(this.firstNs)) this.firstNs = time;
      this.lastNs = time;
      cpuSeen[cpu] = 1;
      if (isStack) {
        this.#openStack(bytes, p, stop, cpu, task, time);
        this.#lastShape = SHAPE_STACK;
        p = newline + 1;
        continue;
      }
      this.#lastShape = shape === SHAPE_STACK ? SHAPE_PLAIN : shape;
      cpuTask[cpu] = task;
      cpuTimeNs[cpu] = time;
      kind[n] = rowKind;
      bits[n] = rowBits;
      name[n] = nameId;
      cpuColumn[n] = cpu;
      taskColumn[n] = task;
      other[n] = 0;
      timeNs[n] = time;
      durationNs[n] = duration;
      depth[n] = rowDepth;
      if (packed >= 0) context[n] = packed;
      line[n] = this.line;
      batch.length = n + 1;
      if (n + 1 === capacity) this.#hooks.flush();
      p = newline + 1;
    }
    return p;
  }

  // ---------------------------------------------------------------- columns that are not where they were

  /**
   * Looks for `-PID [CPU]` or `-PID CPUflags` and remembers its column; -1 when there is none. Columns
   * move with `-l`, with the names of files and instances, and where somebody cut off blanks.
   */
  #findDash(bytes: Uint8Array, from: number, stop: number): number {
    const last = Math.min(stop, from + MAX_PREFIX);
    for (let at = from; at < last; at++) {
      if (bytes[at] !== MINUS || !isDigit(bytes[at + 1]!)) continue;
      let p = at + 1;
      while (isDigit(bytes[p]!)) p++;
      const pidEnd = p;
      while (bytes[p] === SPACE) p++;
      const bracket = bytes[p] === BRACKET_OPEN;
      if (bracket) p++;
      const cpuAt = p;
      while (isDigit(bytes[p]!)) p++;
      if (p === cpuAt || p >= stop) continue;
      if (bracket ? bytes[p] !== BRACKET_CLOSE : p === pidEnd || !isFlag(bytes[p]!)) continue;
      const width = at - from - (bracket ? DASH_DEFAULT : DASH_LATENCY);
      if (width <= 0) {
        // Left-aligned text keeps no column; a moved one is tried first from now on.
        if (width === 0) {
          this.#prefix = 0;
          this.#dash = at - from;
        } else for (let i = from; i < at; i++) if (bytes[i]! < SPACE) return -1;
        return at;
      }
      if (!isPrefix(bytes, from, width)) return -1;
      this.#prefix = width;
      this.#dash = at - from;
      return at;
    }
    return -1;
  }

  #learnTask(
    bytes: Uint8Array,
    lineStart: number,
    dash: number,
    pid: number,
    cpu: number,
    input: ReportInput,
    slot: number,
    key: number,
  ): number {
    let from = lineStart + (dash - lineStart >= this.#dash ? this.#prefix : 0);
    while (bytes[from] === SPACE) from++;
    const comm = latin1(bytes, from, dash);
    const name = input.machine > 0 ? `${input.name}:${comm}` : comm;
    const task = this.#context.tasks.intern(pid, name, cpu, input.machine);
    if (slot < 0) this.#idle[cpu] = task;
    else {
      this.#taskKeys[slot] = key;
      this.#taskIds[slot] = task;
    }
    return task;
  }

  #learnShape(nameId: number): Uint8Array {
    if (nameId >= this.#shapes.length) {
      const bigger = new Uint8Array(Math.max(nameId + 1, this.#shapes.length * 2));
      bigger.set(this.#shapes);
      this.#shapes = bigger;
    }
    const name = this.#context.names.text(nameId);
    this.#shapes[nameId] = Object.hasOwn(SHAPES, name) ? SHAPES[name]! : SHAPE_PLAIN;
    return this.#shapes;
  }

  // ---------------------------------------------------------------- bodies

  #graphName(bytes: Uint8Array, graph: GraphBody): number {
    const { nameStart, nameEnd } = graph;
    if (nameEnd > nameStart) return this.#intern(bytes, nameStart, nameEnd);
    return graph.kind === RecordKind.Exit ? -1 : this.#context.names.internText('[unknown]');
  }

  #intern(bytes: Uint8Array, start: number, end: number): number {
    let hash = 0;
    for (let i = start; i < end; i++) hash = ((hash << 5) - hash + bytes[i]!) | 0;
    return this.#context.names.intern(bytes, start, end, hash);
  }

  /**
   * `F <-- P`, `F+0x4  <-- P+0x12`, `F`, or raw `ip=F parent_ip=P`: returns the function and sets the
   * row's text to the caller; -1 when the text is none of these.
   */
  #readFunction(bytes: Uint8Array, from: number, stop: number, row: number): number {
    const raw = bytes[from] === 105 && bytes[from + 1] === 112 && bytes[from + 2] === EQUALS;
    const at = raw ? from + 3 : from;
    const end = symbolEnd(bytes, at, stop);
    if (end === at) return -1;
    let p = end;
    while (p < stop && bytes[p]! > SPACE) p++;
    while (p < stop && bytes[p] === SPACE) p++;
    let callerAt = stop;
    if (raw) {
      while (p < stop && bytes[p] !== EQUALS) p++;
      if (p < stop) callerAt = p + 1;
    } else if (p < stop) {
      if (bytes[p] !== LESS || bytes[p + 1] !== MINUS || bytes[p + 2] !== MINUS) return -1;
      p += 3;
      while (p < stop && bytes[p] === SPACE) p++;
      callerAt = p;
    }
    this.#batch.textStart[row] = callerAt;
    this.#batch.textEnd[row] = symbolEnd(bytes, callerAt, stop);
    return this.#intern(bytes, at, end);
  }

  /** ` Latency: 12.345 usecs` of `-w` behind a switch becomes the row's note. */
  #readWakeup(bytes: Uint8Array, from: number, stop: number, row: number): boolean {
    if (bytes[stop - 1] !== LETTER_S || bytes[stop - 2] !== 99) return false;
    let at = stop - WAKEUP.length;
    for (; at > from && at > stop - 64; at--) {
      let i = 0;
      while (i < WAKEUP.length && bytes[at + i] === WAKEUP_BYTES[i]) i++;
      if (i === WAKEUP.length) break;
    }
    if (bytes[at] !== SPACE || at <= from || at <= stop - 64) return false;
    this.#batch.noteStart[row] = at + 1;
    this.#batch.noteEnd[row] = stop;
    while (at > from && bytes[at - 1] === SPACE) at--;
    this.#batch.textEnd[row] = at;
    return true;
  }

  // ---------------------------------------------------------------- stacks

  #openStack(bytes: Uint8Array, from: number, stop: number, cpu: number, task: number, time: number): void {
    // The user's frames follow the kernel's: one stack.
    const goesOn = this.#stackEndLine === this.line - 1 && this.#stackTask === task;
    if (!goesOn) this.#stackDepth = 0;
    this.#stackCpu = cpu;
    this.#stackTask = task;
    // Frames are of the record before, and have its time; the stack is a record of its own, a little later.
    this.#stackTimeNs = this.#cpuTask[cpu] === task ? this.#cpuTimeNs[cpu]! : time;
    this.#stackEndLine = this.line;
    if (bytes[from] === EQUALS || bytes[from] === TAB) this.#addFrame(bytes, from, stop);
  }

  /** A line of a stack; false when it is none. */
  #readFrame(bytes: Uint8Array, from: number, stop: number): boolean {
    this.line++;
    if (this.#addFrame(bytes, from, stop)) {
      this.#stackEndLine = this.line;
      return true;
    }
    this.line--;
    return false;
  }

  /** `=> sym (ffffffff81234567)`, `=> sym+0x12 `, `=> ffffffff81234567`, `=> (7f1234567890)`. */
  #addFrame(bytes: Uint8Array, from: number, stop: number): boolean {
    let p = from;
    if (bytes[p] === TAB) p++;
    if (bytes[p] !== EQUALS || bytes[p + 1] !== GREATER || bytes[p + 2] !== SPACE) return false;
    p += 3;
    const end = symbolEnd(bytes, p, stop);
    let name: number;
    if (end === p || isAddress(bytes, p, end)) {
      // The kernel's format has room for eight callers, and prints zeros where there are fewer.
      if (isNoAddress(bytes, p, stop)) return true;
      name = this.#context.names.internText('[unknown]');
    } else name = this.#intern(bytes, p, end);
    const batch = this.#batch;
    const n = batch.length;
    batch.kind[n] = RecordKind.Frame;
    batch.bits[n] = 0;
    batch.name[n] = name;
    batch.cpu[n] = this.#stackCpu;
    batch.task[n] = this.#stackTask;
    batch.other[n] = 0;
    batch.timeNs[n] = this.#stackTimeNs;
    batch.durationNs[n] = Number.NaN;
    batch.depth[n] = Math.min(this.#stackDepth++, 32767);
    batch.line[n] = this.line;
    batch.length = n + 1;
    if (batch.length === batch.capacity) this.#hooks.flush();
    return true;
  }
}
