import { packContext, packContextBits } from '../trace/context.ts';
import { latin1, type RecordBatch, RecordBits, RecordKind } from '../trace/records.ts';
import { FtraceBodies, trimmedEnd } from './ftrace-body.ts';
import type { LineHooks, ReadingState } from './reading-state.ts';
import type { ParseContext } from './trace-parser.ts';

// Constants stand in the module that loops over them: V8 reads an imported one from memory each time.
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const PAREN_OPEN = 40;
const PAREN_CLOSE = 41;
const MINUS = 45;
const DOT = 46;
const COLON = 58;
const LESS = 60;
const EQUALS = 61;
const GREATER = 62;
const BRACKET_OPEN = 91;
const BRACKET_CLOSE = 93;
const LETTER_M = 109;
const LETTER_S = 115;
const LETTER_U = 117;

/** Bits of {@link CLASSES}: characters of symbols and event names, of their beginnings, digits, hexadecimal. */
const CLASS_NAME = 1;
const CLASS_FIRST = 2;
const CLASS_DIGIT = 4;
const CLASS_HEX = 8;
const CLASSES = characterClasses();

const MAX_CPUS = 8192;
const LEADING_BLANKS = /^ +/;
/** Where the dash stands between comm and pid: the printers pad comm to these widths and never go beyond. */
const DASH_AT = 16;
const DASH_AT_LATENCY = 8;
/** pid_max of the kernel has seven digits; more is damage. */
const MAX_PID_DIGITS = 10;
const MAX_FLAGS = 7;
/** Of a number of 64 bits; more is damage. */
const MAX_STAMP_DIGITS = 20;
/** Characters that two times of the verbose form can take. */
const MAX_VERBOSE_TIMES = 80;
const MAX_DEPTH = 0x7fff;
const HEX_PREFIX = 35;
/** Slots of the cache from pid to task; a power of two. */
const TASK_SLOTS = 1024;

/** Forms of the prefix, as {@link EventLines.layouts} names them. */
const FORM_TGID = 1;
const FORM_FLAGS = 2;
const FORM_TICKS = 4;
const FORM_LATENCY = 8;
const FORM_VERBOSE = 16;
const FORM_RAW = 32;
const FORM_HEX = 64;
const FORM_BARE = 128;

/**
 * The lines of ftrace's common printer: events and the function tracer, in every form of their prefix, and
 * stack traces. Writes rows straight into the batch.
 *
 * The printer pads comm to a fixed width, so the dash before the pid is found by its column and comm may hold
 * anything. Grammar: kernel/trace/trace_output.c (trace_print_context, trace_print_lat_context,
 * trace_print_lat_fmt, lat_print_timestamp) and kernel/trace/trace.c (print_raw_fmt) of 6.1, 6.12 and 7.3.
 */
export class EventLines {
  /** True while lines without a prefix (nocontext-info) are records: a header has to have said so. */
  bare = false;
  /** True while lines of the `raw` option may be records. */
  raw = false;
  /** True while the last line belongs to a stack trace. */
  inStack = false;
  /** Columns of the forms met, for people. */
  readonly layouts: string[] = [];
  readonly bodies: FtraceBodies;

  readonly #context: ParseContext;
  readonly #batch: RecordBatch;
  readonly #state: ReadingState;
  readonly #hooks: LineHooks;

  #lastForm = -1;
  #form = 0;
  // Prefix of the line being read.
  #cpu = -1;
  #task = -1;
  #time = Number.NaN;
  #packed = -1;

  /**
   * Cache of tasks: pid, CPU (of pid 0), the bytes of comm, id. One part for each width in which comm is printed:
   * 16 (from slot 0), 8, and none.
   */
  readonly #slotPid = new Float64Array(3 * TASK_SLOTS).fill(-1);
  readonly #slotCpu = new Int32Array(3 * TASK_SLOTS);
  readonly #slotComm = new Uint8Array(3 * TASK_SLOTS * DASH_AT);
  readonly #slotTask = new Int32Array(3 * TASK_SLOTS);

  /** Task and time of the last row on each CPU (0: no CPU column): what a stack trace belongs to. */
  readonly #lastTask = new Int32Array(MAX_CPUS + 1).fill(-1);
  readonly #lastTime = new Float64Array(MAX_CPUS + 1).fill(Number.NaN);
  readonly #lastLine = new Float64Array(MAX_CPUS + 1);
  /** Rows before this line have others behind them that are not known here. */
  #interruptedAt = 0;
  /** The stack trace being read. */
  #stackTask = -1;
  #stackCpu = -1;
  #stackTime = Number.NaN;
  #stackDepth = 0;

  constructor(context: ParseContext, batch: RecordBatch, state: ReadingState, hooks: LineHooks) {
    this.#context = context;
    this.#batch = batch;
    this.#state = state;
    this.#hooks = hooks;
    this.bodies = new FtraceBodies(context.names);
  }

  /** Lines of another printer were read: no stack goes on behind them, no row before them is known here. */
  interrupted(): void {
    this.inStack = false;
    this.#interruptedAt = this.#state.line;
  }

  /**
   * The hot loop: lines of the common printer become rows. Returns where it stopped: at `end`, or at the start of
   * the first line that is anything else. The last byte is a newline, so scanning loops need no bounds check.
   */
  parse(bytes: Uint8Array, from: number, end: number): number {
    const batch = this.#batch;
    const { kind, bits, name, cpu: cpuColumn, task: taskColumn, other } = batch;
    const { timeNs, durationNs, depth, context, line, textStart, textEnd, noteStart, noteEnd } = batch;
    const { Event, Function: FunctionHit } = RecordKind;
    const { Text, Note, Context } = RecordBits;
    const capacity = batch.capacity;
    const names = this.#context.names;
    const classes = CLASSES;
    const state = this.#state;
    const cpuSeen = state.cpuSeen;
    const lastTask = this.#lastTask;
    const lastTime = this.#lastTime;
    const lastLine = this.#lastLine;
    const bodies = this.bodies;
    let lines = state.line;
    let n = batch.length;
    let lineStart = from;

    while (lineStart < end) {
      let p = lineStart;
      let c = bytes[p]!;
      if (c === SPACE && this.inStack && startsFrame(bytes, p)) {
        lines++;
        if (state.watch) this.#hooks.traceLine();
        lineStart = this.#frame(bytes, p, n, lines) + 1;
        if (++n === capacity) {
          batch.length = n;
          this.#hooks.flush();
          n = 0;
        }
        continue;
      }
      p = this.#prefix(bytes, p, end);
      if (p < 0) break;
      const form = this.#form;
      const cpu = this.#cpu;
      const task = this.#task;
      const time = this.#time;
      const packed = this.#packed;

      const at = p;
      let hash = 0;
      c = bytes[p]!;
      // Bodies of `raw` and `hex` lines have a grammar of their own.
      const isRaw = form === FORM_RAW || form === FORM_HEX;
      const first = isRaw ? 0 : classes[c]! & CLASS_FIRST;
      while (classes[c]! & CLASS_NAME) {
        hash = ((hash << 5) - hash + c) | 0;
        c = bytes[++p]!;
      }
      let nameId = -1;
      let rowKind: number = Event;
      let rowBits = 0;
      let newline = -1;
      let text = -1;
      let stop = -1;
      let note = -1;
      if (
        first !== 0 &&
        c === COLON &&
        (bytes[p + 1] === SPACE || bytes[p + 1] === NEWLINE || bytes[p + 1] === CARRIAGE_RETURN)
      ) {
        nameId = names.intern(bytes, at, p, hash);
        p++;
        while (bytes[p] === SPACE) p++;
        text = p;
        newline = bytes.indexOf(NEWLINE, p);
        stop = newline;
        while (stop > text && (bytes[stop - 1] === SPACE || bytes[stop - 1] === CARRIAGE_RETURN)) stop--;
        rowBits = stop > text ? Text : 0;
      } else if (first !== 0 && c === SPACE && bytes[p + 1] === LESS && bytes[p + 2] === MINUS) {
        const nameEnd = p;
        p += 3;
        text = p;
        while (classes[bytes[p]!]! & CLASS_NAME) p++;
        if (bytes[p] === NEWLINE && p > text) {
          nameId = names.intern(bytes, at, nameEnd, hash);
          newline = p;
          stop = p;
          rowKind = FunctionHit;
          rowBits = Text;
        }
      }
      if (newline < 0) {
        newline = bytes.indexOf(NEWLINE, at);
        const bodyEnd = trimmedEnd(bytes, at, newline);
        if (isRaw) bodies.readRaw(bytes, at, bodyEnd);
        else bodies.read(bytes, at, bodyEnd);
        if ((form === FORM_BARE || (isRaw && !this.raw)) && !bodies.isCertain) break;
        if (bodies.kind === 'stack') {
          lines++;
          if (state.watch) this.#hooks.traceLine();
          this.#beginStack(cpu, task, time);
          lineStart = newline + 1;
          continue;
        }
        if (bodies.kind === 'function') rowKind = FunctionHit;
        nameId = bodies.name;
        text = bodies.textStart;
        stop = bodies.textEnd;
        if (text >= 0 && stop > text) rowBits = Text;
        if (bodies.noteStart >= 0) {
          rowBits |= Note;
          note = bodies.noteStart;
        }
        if (bodies.ownBytes !== null && n > 0) {
          // The row's text stands elsewhere than that of the rows before it.
          batch.length = n;
          this.#hooks.flush();
          n = 0;
        }
      }

      // The line is understood as a whole: now, and not before, it becomes a row.
      lines++;
      if (state.watch) this.#hooks.traceLine();
      this.inStack = false;
      if (cpu >= 0) cpuSeen[cpu] = 1;
      if (form !== this.#lastForm) this.#noteForm(form);
      if (!Number.isNaN(time)) state.noteTime(time);
      lastTask[cpu + 1] = task;
      lastTime[cpu + 1] = time;
      lastLine[cpu + 1] = lines;
      kind[n] = rowKind;
      name[n] = nameId;
      cpuColumn[n] = cpu;
      taskColumn[n] = task;
      other[n] = 0;
      timeNs[n] = time;
      durationNs[n] = Number.NaN;
      depth[n] = -1;
      line[n] = lines;
      textStart[n] = text;
      textEnd[n] = stop;
      if (note >= 0) {
        noteStart[n] = note;
        noteEnd[n] = bodies.noteEnd;
      }
      if (packed >= 0) {
        context[n] = packed;
        rowBits |= Context;
      }
      bits[n] = rowBits;
      lineStart = newline + 1;
      n++;
      if (bodies.ownBytes !== null) {
        this.#sendAlone(bytes);
        n = 0;
      } else if (n === capacity) {
        batch.length = n;
        this.#hooks.flush();
        n = 0;
      }
    }
    batch.length = n;
    state.line = lines;
    return lineStart;
  }

  /** Reads the prefix of a line into the fields above. Returns where the body begins, -1 when there is none. */
  #prefix(bytes: Uint8Array, at: number, end: number): number {
    if (at + DASH_AT < end && bytes[at + DASH_AT] === MINUS) {
      const p = this.#defaultPrefix(bytes, at);
      if (p >= 0) return p;
    }
    return this.#otherPrefix(bytes, at, end);
  }

  /** `       swapbench-219     (    219) [001] d..2.    43.610753: `; tgid and flags may be missing. */
  #defaultPrefix(bytes: Uint8Array, at: number): number {
    let form = 0;
    let packed = -1;
    let time = Number.NaN;
    let p = at + DASH_AT + 1;
    const digits = p;
    let pid = 0;
    let c = bytes[p]!;
    while (CLASSES[c]! & CLASS_DIGIT) {
      pid = pid * 10 + c - 48;
      c = bytes[++p]!;
    }
    if (c !== SPACE || p === digits || p - digits > MAX_PID_DIGITS) return -1;
    while (c === SPACE) c = bytes[++p]!;
    if (c === PAREN_OPEN) {
      // `(  123) ` or `(-------) `.
      form = FORM_TGID;
      c = bytes[++p]!;
      while (c === SPACE || c === MINUS || CLASSES[c]! & CLASS_DIGIT) c = bytes[++p]!;
      if (c !== PAREN_CLOSE || bytes[p + 1] !== SPACE) return -1;
      p += 2;
      c = bytes[p]!;
    }
    if (c !== BRACKET_OPEN) return -1;
    c = bytes[++p]!;
    if (!(CLASSES[c]! & CLASS_DIGIT)) return -1;
    let cpu = 0;
    do {
      cpu = cpu * 10 + c - 48;
      c = bytes[++p]!;
    } while (CLASSES[c]! & CLASS_DIGIT);
    if (c !== BRACKET_CLOSE || bytes[p + 1] !== SPACE || cpu >= MAX_CPUS) return -1;
    p += 2;
    c = bytes[p]!;
    if (c > SPACE && !(CLASSES[c]! & CLASS_DIGIT)) {
      const flagsAt = p;
      do c = bytes[++p]!;
      while (c > SPACE && p - flagsAt <= MAX_FLAGS);
      if (c !== SPACE || p - flagsAt < 4 || p - flagsAt > MAX_FLAGS) return -1;
      form |= FORM_FLAGS;
      packed = packContext(bytes, flagsAt);
    }
    while (c === SPACE) c = bytes[++p]!;
    if (!(CLASSES[c]! & CLASS_DIGIT)) return -1;
    const secondsAt = p;
    let seconds = 0;
    do {
      seconds = seconds * 10 + c - 48;
      c = bytes[++p]!;
    } while (CLASSES[c]! & CLASS_DIGIT);
    if (p - secondsAt > MAX_STAMP_DIGITS) return -1;
    if (c === DOT) {
      let micros = 0;
      const fraction = ++p;
      c = bytes[p]!;
      while (CLASSES[c]! & CLASS_DIGIT) {
        micros = micros * 10 + c - 48;
        c = bytes[++p]!;
      }
      if (p - fraction !== 6) return -1;
      time = (seconds - this.#state.originSeconds) * 1e9 + micros * 1000;
      if (Number.isNaN(time)) {
        this.#state.originSeconds = seconds;
        time = micros * 1000;
      }
    } else form |= FORM_TICKS;
    if (c !== COLON || bytes[p + 1] !== SPACE) return -1;
    p += 2;
    if (!this.#setTask(bytes, at, DASH_AT, pid, cpu)) return -1;
    this.#form = form;
    this.#time = time;
    this.#packed = packed;
    return p;
  }

  /** The task of a line that begins at `at` with `width` bytes of comm; -1 when those are no comm. */
  #readTask(bytes: Uint8Array, at: number, width: number, slot: number, pid: number, cpu: number): number {
    for (let p = at; p < at + width; p++) if (bytes[p] === NEWLINE) return -1;
    const comm = latin1(bytes, at, at + width).replace(LEADING_BLANKS, '');
    const task = this.#context.tasks.intern(pid, comm, cpu);
    this.#slotComm.set(bytes.subarray(at, at + width), slot * DASH_AT);
    this.#slotPid[slot] = pid;
    this.#slotCpu[slot] = cpu;
    this.#slotTask[slot] = task;
    return task;
  }

  /** `000000db 00000001 0000000a2764a2d3 `: pid, CPU, ns (option `hex`; kernel/trace/trace.c, print_hex_fmt). */
  #hexPrefix(bytes: Uint8Array, at: number): number {
    const m = /^([0-9a-f]{8}) ([0-9a-f]{8}) ([0-9a-f]{16}) $/.exec(latin1(bytes, at, at + HEX_PREFIX));
    if (!m) return -1;
    const pid = Number.parseInt(m[1]!, 16);
    const cpu = Number.parseInt(m[2]!, 16);
    const nanos = BigInt(`0x${m[3]}`);
    if (cpu >= MAX_CPUS || !this.#setTask(bytes, at, 0, pid, cpu)) return -1;
    this.#time = this.#stamp(Number(nanos / 1_000_000_000n), Number(nanos % 1_000_000_000n));
    this.#form = FORM_HEX;
    return at + HEX_PREFIX;
  }

  /** Sets CPU and task of a line without the default prefix; false when there is no comm. */
  #setTask(bytes: Uint8Array, at: number, width: number, pid: number, cpu: number): boolean {
    const part = width === DASH_AT ? 0 : width === DASH_AT_LATENCY ? TASK_SLOTS : 2 * TASK_SLOTS;
    const slot = part + (pid & (TASK_SLOTS - 1));
    let i = 0;
    if (this.#slotPid[slot] !== pid || (pid === 0 && this.#slotCpu[slot] !== cpu)) i = -1;
    else while (i < width && this.#slotComm[slot * DASH_AT + i] === bytes[at + i]) i++;
    this.#cpu = cpu;
    this.#task = i === width ? this.#slotTask[slot]! : this.#readTask(bytes, at, width, slot, pid, cpu);
    return this.#task >= 0;
  }

  /** The prefixes other than the default one. Returns where the body begins, -1 when there is none. */
  #otherPrefix(bytes: Uint8Array, at: number, end: number): number {
    this.#cpu = -1;
    this.#task = -1;
    this.#time = Number.NaN;
    this.#packed = -1;
    const c = bytes[at]!;
    if (at + DASH_AT < end) {
      const isLatency = bytes[at + DASH_AT_LATENCY] === MINUS && isDigit(bytes[at + DASH_AT_LATENCY + 1]!);
      const p = isLatency
        ? this.#latencyPrefix(bytes, at)
        : bytes[at + DASH_AT] === SPACE
          ? this.#verbosePrefix(bytes, at)
          : -1;
      if (p >= 0) return p;
    }
    if (isDigit(c)) {
      const p = this.#rawPrefix(bytes, at);
      if (p >= 0) return p;
    }
    if (at + HEX_PREFIX < end && bytes[at + HEX_PREFIX - 1] === SPACE && CLASSES[c]! & CLASS_HEX) {
      const p = this.#hexPrefix(bytes, at);
      if (p >= 0) return p;
    }
    if (!this.bare || !(CLASSES[c]! & CLASS_FIRST || c === LESS)) return -1;
    this.#form = FORM_BARE;
    return at;
  }

  /** `swapbenc-313       0d..1. 43469us+: ` or, by a clock that is not in ns, ` 43469: `. */
  #latencyPrefix(bytes: Uint8Array, at: number): number {
    let p = at + DASH_AT_LATENCY + 1;
    const pid = number(bytes, p);
    p = afterBlanks(bytes, afterDigits(bytes, p));
    const cpuAt = p;
    const cpu = number(bytes, p);
    p = afterDigits(bytes, p);
    if (p === cpuAt || cpu >= MAX_CPUS) return -1;
    const flagsAt = p;
    while (bytes[p]! > SPACE && p - flagsAt <= MAX_FLAGS) p++;
    if (bytes[p] !== SPACE || p - flagsAt < 4 || p - flagsAt > MAX_FLAGS) return -1;
    p = afterBlanks(bytes, p);
    const isBefore = bytes[p] === MINUS;
    if (isBefore) p++;
    const stampAt = p;
    p = afterDigits(bytes, p);
    if (p === stampAt || p - stampAt > MAX_STAMP_DIGITS) return -1;
    this.#form = FORM_LATENCY | FORM_TICKS;
    if (bytes[p] === LETTER_U && bytes[p + 1] === LETTER_S && bytes[p + 2] !== NEWLINE) {
      const micros = number(bytes, stampAt);
      this.#time = this.#stamp(0, (isBefore ? -micros : micros) * 1000);
      this.#form = FORM_LATENCY;
      p += 3;
    }
    if (bytes[p] !== COLON || bytes[p + 1] !== SPACE) return -1;
    if (!this.#setTask(bytes, at, DASH_AT_LATENCY, pid, cpu)) return -1;
    this.#packed = packContext(bytes, flagsAt);
    return p + 2;
  }

  /** `       swapbench     219   1 1 00000002 00000000 [02997281] 596.108ms (+0.635ms): `. */
  #verbosePrefix(bytes: Uint8Array, at: number): number {
    let p = afterBlanks(bytes, at + DASH_AT);
    const pid = number(bytes, p);
    p = afterBlanks(bytes, afterDigits(bytes, p));
    const cpu = number(bytes, p);
    p = afterBlanks(bytes, afterDigits(bytes, p));
    const flags = number(bytes, p);
    p = afterDigits(bytes, p);
    const countAt = p + 1;
    p = this.#afterHex(bytes, p, SPACE);
    const preemptCount = p < 0 ? 0 : hexadecimal(bytes, countAt, p);
    // The number of the record says no more than its line.
    p = this.#afterHex(bytes, p, SPACE);
    if (p < 0 || bytes[p] !== SPACE || bytes[p + 1] !== BRACKET_OPEN) return -1;
    const stampAt = p + 2;
    p = this.#afterHex(bytes, p + 1, BRACKET_OPEN);
    if (p < 0 || bytes[p] !== BRACKET_CLOSE || bytes[p + 1] !== SPACE || cpu >= MAX_CPUS) return -1;
    const stampEnd = p;
    // ` 596.108ms (+0.635ms): `, or without `ms` by a clock that is not in ns.
    while (bytes[p] !== PAREN_CLOSE && bytes[p] !== NEWLINE && p - stampEnd < MAX_VERBOSE_TIMES) p++;
    if (bytes[p] !== PAREN_CLOSE || bytes[p + 1] !== COLON || bytes[p + 2] !== SPACE) return -1;
    if (!this.#setTask(bytes, at, DASH_AT, pid, cpu)) return -1;
    this.#form = FORM_VERBOSE | FORM_TICKS;
    if (bytes[p - 2] === LETTER_M && bytes[p - 1] === LETTER_S) {
      this.#form = FORM_VERBOSE;
      const micros = hexadecimal(bytes, stampAt, stampEnd);
      const seconds = Math.floor(micros / 1e6);
      this.#time = this.#stamp(seconds, (micros - seconds * 1e6) * 1000);
    }
    this.#packed = packContextBits(flags, preemptCount);
    return p + 3;
  }

  /** Behind 8 to 16 hexadecimal digits that follow `before` at `at`; -1 when they do not, or `at` is -1. */
  #afterHex(bytes: Uint8Array, at: number, before: number): number {
    if (at < 0 || bytes[at] !== before) return -1;
    let p = at + 1;
    while (CLASSES[bytes[p]!]! & CLASS_HEX) p++;
    return p - at > 8 && p - at <= 17 ? p : -1;
  }

  /** `219 1 43610753203 `: pid, CPU, ns. */
  #rawPrefix(bytes: Uint8Array, at: number): number {
    const pid = number(bytes, at);
    let p = afterDigits(bytes, at);
    if (bytes[p] !== SPACE || p - at > MAX_PID_DIGITS || !isDigit(bytes[p + 1]!)) return -1;
    const cpu = number(bytes, ++p);
    p = afterDigits(bytes, p);
    if (bytes[p] !== SPACE || cpu >= MAX_CPUS || !isDigit(bytes[p + 1]!)) return -1;
    const stampAt = ++p;
    p = afterDigits(bytes, p);
    if (bytes[p] !== SPACE || p - stampAt > MAX_STAMP_DIGITS) return -1;
    // In two parts: a double does not hold all ns of a clock that counts from 1970.
    const nanosAt = Math.max(stampAt, p - 9);
    let seconds = 0;
    for (let q = stampAt; q < nanosAt; q++) seconds = seconds * 10 + bytes[q]! - 48;
    this.#time = this.#stamp(seconds, number(bytes, nanosAt));
    if (!this.#setTask(bytes, at, 0, pid, cpu)) return -1;
    this.#form = FORM_RAW;
    return p + 1;
  }

  #stamp(seconds: number, nanos: number): number {
    if (Number.isNaN(this.#state.originSeconds)) this.#state.originSeconds = seconds;
    return (seconds - this.#state.originSeconds) * 1e9 + nanos;
  }

  /** A `<stack trace>` line: the frames below it belong to the row before it of the same task, if there is one. */
  #beginStack(cpu: number, task: number, time: number): void {
    this.inStack = true;
    this.#stackCpu = cpu;
    this.#stackTask = task;
    const isKnown = this.#lastTask[cpu + 1] === task && this.#lastLine[cpu + 1]! > this.#interruptedAt;
    this.#stackTime = isKnown ? this.#lastTime[cpu + 1]! : time;
    this.#stackDepth = 0;
  }

  /** ` => symbol` becomes row `n`; returns the newline. */
  #frame(bytes: Uint8Array, at: number, n: number, line: number): number {
    const batch = this.#batch;
    const newline = bytes.indexOf(NEWLINE, at);
    const stop = trimmedEnd(bytes, at + 3, newline);
    let p = at + 3;
    while (p < stop && bytes[p] === SPACE) p++;
    this.bodies.readFrame(bytes, p, stop);
    batch.kind[n] = RecordKind.Frame;
    batch.bits[n] = this.bodies.textStart >= 0 ? RecordBits.Text : 0;
    batch.name[n] = this.bodies.name;
    batch.cpu[n] = this.#stackCpu;
    batch.task[n] = this.#stackTask;
    batch.other[n] = 0;
    batch.timeNs[n] = this.#stackTime;
    batch.durationNs[n] = Number.NaN;
    batch.depth[n] = this.#stackDepth;
    batch.line[n] = line;
    batch.textStart[n] = this.bodies.textStart;
    batch.textEnd[n] = this.bodies.textEnd;
    if (this.#stackDepth < MAX_DEPTH) this.#stackDepth++;
    return newline;
  }

  /** Hands the only row of the batch on, whose text does not stand in the input. */
  #sendAlone(bytes: Uint8Array): void {
    const batch = this.#batch;
    const text = this.bodies.ownBytes!;
    if (batch.bits[0]! & RecordBits.Note) {
      const note = bytes.subarray(batch.noteStart[0]!, batch.noteEnd[0]!);
      batch.bytes = new Uint8Array(text.length + note.length);
      batch.bytes.set(text);
      batch.bytes.set(note, text.length);
      batch.noteStart[0] = text.length;
      batch.noteEnd[0] = batch.bytes.length;
    } else batch.bytes = text;
    batch.length = 1;
    this.#hooks.flush();
    batch.bytes = bytes;
    this.bodies.ownBytes = null;
  }

  #noteForm(form: number): void {
    this.#lastForm = form;
    if (!(form & (FORM_TICKS | FORM_BARE))) {
      const quantum = form === FORM_RAW || form === FORM_HEX ? 1 : 1000;
      if (!(this.#state.quantumNs < quantum)) this.#state.quantumNs = quantum;
    }
    const text = formText(form);
    if (this.layouts.includes(text)) return;
    this.layouts.push(text);
    if (form & FORM_TICKS) {
      const sentence =
        'the stamps are ticks of a clock that is not in ns (counter, uptime, x86-tsc): times are not known';
      const { diagnostics, inputName } = this.#context;
      diagnostics.add('clock-not-ns', 'warning', sentence, `${inputName}:${this.#state.line + 1}`);
    }
  }
}

/** The columns of a form by name. */
function formText(form: number): string {
  if (form & FORM_BARE) return 'events without context';
  if (form & FORM_RAW) return 'events raw';
  if (form & FORM_HEX) return 'events hex';
  const words = ['events'];
  if (form & FORM_LATENCY) words.push('latency');
  if (form & FORM_VERBOSE) words.push('verbose');
  words.push('task');
  if (form & FORM_TGID) words.push('tgid');
  words.push('cpu');
  if (form & (FORM_FLAGS | FORM_LATENCY | FORM_VERBOSE)) words.push('flags');
  words.push(form & FORM_TICKS ? 'ticks' : form & FORM_LATENCY ? 'reltime' : 'time');
  return words.join(' ');
}

/** ` => ` stands at `at`, or ` =>` and nothing more. */
function startsFrame(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + 1] !== EQUALS || bytes[at + 2] !== GREATER) return false;
  const c = bytes[at + 3];
  return c === SPACE || c === NEWLINE || c === CARRIAGE_RETURN;
}

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

function afterDigits(bytes: Uint8Array, at: number): number {
  let p = at;
  while (isDigit(bytes[p]!)) p++;
  return p;
}

function afterBlanks(bytes: Uint8Array, at: number): number {
  let p = at;
  while (bytes[p] === SPACE) p++;
  return p;
}

/** The decimal number at `at`. */
function number(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let p = at; isDigit(bytes[p]!); p++) value = value * 10 + bytes[p]! - 48;
  return value;
}

/** The number of the hexadecimal digits `bytes[from, to)`. */
function hexadecimal(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let p = from; p < to; p++) value = value * 16 + (bytes[p]! <= 57 ? bytes[p]! - 48 : bytes[p]! - 87);
  return value;
}

function characterClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  const add = (characters: string, bit: number) => {
    for (const c of characters) classes[c.charCodeAt(0)]! |= bit;
  };
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_';
  const digits = '0123456789';
  add(`${letters}${digits}.$@'-`, CLASS_NAME);
  add(letters, CLASS_FIRST);
  add(digits, CLASS_DIGIT);
  add(`${digits}abcdef`, CLASS_HEX);
  return classes;
}
