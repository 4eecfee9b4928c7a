import { packContext } from '../trace/context.ts';
import { latin1, type RecordBatch, RecordBits, RecordKind } from '../trace/records.ts';
import type { FunctionGraphLayout } from './function-graph-layout.ts';
import { readTaskName } from './function-graph-odd-lines.ts';
import type { LineHooks, ReadingState } from './reading-state.ts';
import type { ParseContext } from './trace-parser.ts';

// Constants stand in the module that loops over them: V8 reads an imported one from memory each time.
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const HASH = 35;
const PAREN_OPEN = 40;
const PAREN_CLOSE = 41;
const STAR = 42;
const MINUS = 45;
const DOT = 46;
const SLASH = 47;
const COLON = 58;
const SEMICOLON = 59;
const LESS = 60;
const EQUALS = 61;
const BRACKET_OPEN = 91;
const BRACKET_CLOSE = 93;
const LETTER_R = 114;
const LETTER_S = 115;
const LETTER_U = 117;
const BRACE_OPEN = 123;
const BAR = 124;
const BRACE_CLOSE = 125;
/** Four bytes at once, as a little-endian read gives them: `    `, `   |`, ` us `, `();` + newline, `() {`. */
const FOUR_BLANKS = 0x20202020;
const BLANKS_BAR = 0x7c202020;
const UNIT_US = 0x20737520;
const LEAF_END = 0x0a3b2928;
const ENTRY_END = 0x7b202928;
/** The printer's width of the duration column up to its bar. */
const DURATION_WIDTH = 14;
/** ns of the last decimal of a duration, by the number of decimals. */
const UNITS = [1000, 100, 10, 1];

/** Bits of {@link CLASSES}: symbol characters, digits, duration marks, characters of event names. */
const CLASS_NAME = 1;
const CLASS_DIGIT = 2;
const CLASS_MARK = 4;
const CLASS_EVENT = 8;
const CLASS_MARK_OR_BLANK = 16;
/** Class bits by byte. */
const CLASSES = characterClasses();

const MAX_CPUS = 8192;
/** Two blanks a level, as many levels as the depth column can hold. */
const MAX_INDENT = 0xfffe;
const PROC_WIDTH = 14;
const PROC_CACHE_BYTES = 64;
const PROC_CACHE_WORDS = PROC_CACHE_BYTES / 4;
/** No read of several bytes reaches further than this from the place that the parser is at. */
const WIDE_BYTES = PROC_CACHE_BYTES + 4;

/**
 * The lines that a function_graph text is full of: calls, returns and comments, in a known layout.
 * Writes rows straight into the batch.
 */
export class CallLines {
  readonly #context: ParseContext;
  readonly #batch: RecordBatch;
  readonly #state: ReadingState;
  readonly #hooks: LineHooks;

  /** Task of each CPU by its last banner, -1 before the first. */
  readonly cpuTask = new Int32Array(MAX_CPUS).fill(-1);
  /** The last function named on each CPU (0: no CPU column), to guess the next one. */
  readonly #lastName = new Int32Array(MAX_CPUS + 1).fill(-1);
  /** For each name the one that followed it last. */
  #successor = new Int32Array(1024).fill(-1);
  /** For each CPU the bytes of its last proc column, their number and the task they mean. */
  readonly #procBytes = new Uint8Array((MAX_CPUS + 1) * PROC_CACHE_BYTES);
  readonly #procWords = new Int32Array(this.#procBytes.buffer);
  readonly #procLength = new Int32Array(MAX_CPUS + 1);
  readonly #procTask = new Int32Array(MAX_CPUS + 1).fill(-1);
  #printNameId = -1;

  /** The hot loop stopped because a line had a new name: that line must be parsed again. */
  addedName = false;

  // What the methods below found, besides the position that they return.
  #readName = -1;
  #readBits = 0;
  #readKind = 0;
  #readFlags = 0;
  #readNs = Number.NaN;

  constructor(context: ParseContext, batch: RecordBatch, state: ReadingState, hooks: LineHooks) {
    this.#context = context;
    this.#batch = batch;
    this.#state = state;
    this.#hooks = hooks;
  }

  /**
   * The hot loop: lines that are calls, returns or comments in the present layout become rows.
   * Returns where it stopped: at `end`, behind the line that filled the batch, or at the start of
   * the first line that is anything else.
   *
   * Works on bytes, one pass, no allocation. As the last byte is a newline, scanning loops need no
   * bounds check. What is rare stands in methods of its own, so that the machine code of this one
   * does not have to be made again when a rare line comes.
   */
  parse(bytes: Uint8Array, from: number, end: number, layout: FunctionGraphLayout): number {
    const batch = this.#batch;
    const {
      kind,
      bits,
      name,
      cpu: cpuColumn,
      task: taskColumn,
      timeNs,
      durationNs,
      depth,
      context,
      line,
    } = batch;
    const { Entry, Exit, Leaf, Event } = RecordKind;
    const { Context } = RecordBits;
    const maxCpus = MAX_CPUS;
    const capacity = batch.capacity;
    const names = this.#context.names;
    const classes = CLASSES;
    const state = this.#state;
    const cpuSeen = state.cpuSeen;
    const cpuTask = this.cpuTask;
    const lastName = this.#lastName;
    const procWords = this.#procWords;
    const procLength = this.#procLength;
    const procTask = this.#procTask;
    const successor = this.#successor;
    const nameWords = names.words;
    const nameOffset = names.offset;
    const nameLength = names.length;
    const hasTime = layout.abstime;
    const hasRelativeTime = layout.reltime;
    const hasCpu = layout.cpu;
    const hasProc = layout.proc;
    const hasContext = layout.latency;
    const hasDuration = layout.duration;
    const collapsed = layout.collapsed;
    const durationFirst = hasDuration && !(hasTime || hasRelativeTime || hasCpu || hasProc || hasContext);
    // Reads several bytes at once where they are sure to be there: not at the very end.
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const wideEnd = bytes.length - WIDE_BYTES;
    let lines = state.line;
    let n = batch.length;
    let p = from;
    let lineStart = p;

    while (p < end) {
      lineStart = p;
      let c = bytes[p]!;
      // `#` begins a header, or is the mark of a duration that stands in the first column.
      if (c === HASH && !(durationFirst && classes[bytes[p + 2]!]! & CLASS_DIGIT)) break;
      let time = Number.NaN;
      if (hasTime) {
        p = this.#readStamp(bytes, p, hasCpu);
        if (p < 0) break;
        time = this.#readNs;
        c = bytes[p]!;
      }
      if (hasRelativeTime) {
        p = skipRelativeTime(bytes, p);
        if (p < 0) break;
        c = bytes[p]!;
      }
      let cpu = -1;
      if (hasCpu) {
        while (c === SPACE) c = bytes[++p]!;
        if ((classes[c]! & CLASS_DIGIT) === 0) break;
        cpu = c - 48;
        c = bytes[++p]!;
        while (classes[c]! & CLASS_DIGIT) {
          cpu = cpu * 10 + c - 48;
          c = bytes[++p]!;
        }
        if (c !== PAREN_CLOSE || bytes[p + 1] !== SPACE || cpu >= maxCpus) break;
        p += 2;
      }
      let task = -1;
      if (hasProc) {
        const slot = cpu + 1;
        const length = procLength[slot]!;
        if (length > 0 && p + length < wideEnd && holds(view, p, procWords, slot * PROC_CACHE_WORDS, length))
          p += length;
        else {
          p = this.#readProcColumn(bytes, p, slot, cpu, collapsed);
          if (p < 0) break;
        }
        task = procTask[slot]!;
      } else if (cpu >= 0) task = cpuTask[cpu]!;
      let packed = -1;
      if (hasContext) {
        p = this.#readContext(bytes, p, hasDuration);
        if (p < 0) break;
        packed = this.#readFlags;
      }
      let duration = Number.NaN;
      if (hasDuration) {
        // Nearly all durations are none or below 100 us, and then stand in a column of known width.
        let known = false;
        if (p < wideEnd && view.getInt32(p + DURATION_WIDTH - 3, true) === BLANKS_BAR) {
          if (view.getInt32(p + 2, true) === FOUR_BLANKS) {
            known =
              bytes[p] === SPACE &&
              bytes[p + 1] === SPACE &&
              view.getInt32(p + 6, true) === FOUR_BLANKS &&
              bytes[p + 10] === SPACE;
          } else {
            const dot = bytes[p + 3] === DOT ? p + 3 : p + 4;
            const first = bytes[p + 2]!;
            const last = bytes[dot - 1]!;
            const a = bytes[dot + 1]!;
            const b = bytes[dot + 2]!;
            const d = bytes[dot + 3]!;
            if (
              bytes[dot] === DOT &&
              bytes[p + 1] === SPACE &&
              classes[bytes[p]!]! & CLASS_MARK_OR_BLANK &&
              classes[first]! & classes[last]! & classes[a]! & classes[b]! & classes[d]! & CLASS_DIGIT &&
              view.getInt32(dot + 4, true) === UNIT_US
            ) {
              const whole = dot === p + 3 ? last - 48 : first * 10 + last - 528;
              duration = whole * 1000 + a * 100 + b * 10 + d - 5328;
              known = true;
            }
          }
        }
        if (known) p += DURATION_WIDTH + 1;
        else {
          p = this.#readDuration(bytes, p, collapsed);
          if (p < 0) break;
          duration = this.#readNs;
        }
      }
      const bodyAt = p;
      while (p < wideEnd && view.getInt32(p, true) === FOUR_BLANKS) p += 4;
      c = bytes[p]!;
      while (c === SPACE) c = bytes[++p]!;
      let indent = p - bodyAt;
      if (indent > MAX_INDENT) indent = MAX_INDENT;
      let level = collapsed ? -1 : hasDuration ? (indent - 2) >> 1 : indent >> 1;

      let nameId = -1;
      let rowKind: number = Exit;
      let rowBits = 0;
      if (c === BRACE_CLOSE && bytes[p + 1] === NEWLINE) p++;
      else {
        // A name. Traces repeat themselves: try the one that followed this CPU's last name.
        const last = lastName[cpu + 1]!;
        const guess = last >= 0 ? successor[last]! : -1;
        const length = guess >= 0 ? nameLength[guess]! : 0;
        const tailAt = p + length;
        let tail = 0;
        if (tailAt < wideEnd && bytes[tailAt] === PAREN_OPEN) {
          if (length > 0 && holds(view, p, nameWords, nameOffset[guess]! >> 2, length))
            tail = view.getInt32(tailAt, true);
        }
        if (tail === LEAF_END) {
          rowKind = Leaf;
          p = tailAt + 3;
        } else if (tail === ENTRY_END && bytes[tailAt + 4] === NEWLINE) {
          rowKind = Entry;
          p = tailAt + 4;
        }
        if (rowKind !== Exit) nameId = guess;
        else {
          p = this.#readBody(bytes, p, n, last);
          if (p < 0) break;
          nameId = this.#readName;
          rowKind = this.#readKind;
          rowBits = this.#readBits;
          if (rowKind === Event) level = -1;
        }
        if (rowKind !== Exit && rowKind !== Event) lastName[cpu + 1] = nameId;
      }

      // The line is understood as a whole: now, and not before, it becomes a row.
      lines++;
      if (state.watch) this.#hooks.traceLine();
      if (cpu >= 0) cpuSeen[cpu] = 1;
      if (hasTime) state.noteTime(time);
      kind[n] = rowKind;
      name[n] = nameId;
      cpuColumn[n] = cpu;
      taskColumn[n] = task;
      timeNs[n] = time;
      durationNs[n] = duration;
      depth[n] = level;
      line[n] = lines;
      if (packed >= 0) {
        context[n] = packed;
        rowBits |= Context;
      }
      bits[n] = rowBits;
      lineStart = ++p;
      if (++n === capacity) break;
    }
    batch.length = n;
    state.line = lines;
    return lineStart;
  }

  /** `  564.175954 |`, and what separates it. Returns where the next column begins, or -1. */
  #readStamp(bytes: Uint8Array, from: number, hasCpu: boolean): number {
    let p = from;
    let c = bytes[p]!;
    while (c === SPACE) c = bytes[++p]!;
    if ((CLASSES[c]! & CLASS_DIGIT) === 0) return -1;
    let seconds = 0;
    do {
      seconds = seconds * 10 + c - 48;
      c = bytes[++p]!;
    } while (CLASSES[c]! & CLASS_DIGIT);
    if (c !== DOT) return -1;
    let micros = 0;
    const at = ++p;
    c = bytes[p]!;
    while (CLASSES[c]! & CLASS_DIGIT) {
      micros = micros * 10 + c - 48;
      c = bytes[++p]!;
    }
    if (p - at !== 6 || c !== SPACE || bytes[p + 1] !== BAR) return -1;
    p += 2;
    // The printer puts two blanks behind the bar; the CPU column brings its own.
    if (!hasCpu && bytes[p] === SPACE && bytes[p + 1] === SPACE) p += 2;
    if (Number.isNaN(this.#state.originSeconds)) this.#state.originSeconds = seconds;
    this.#readNs = (seconds - this.#state.originSeconds) * 1e9 + micros * 1000;
    return p;
  }

  /** Latency-format flags and the bar behind them. Returns where the next column begins, or -1. */
  #readContext(bytes: Uint8Array, from: number, hasDuration: boolean): number {
    let p = from;
    while (bytes[p] === SPACE) p++;
    const at = p;
    let c = bytes[p]!;
    while (c > SPACE && c !== BAR) c = bytes[++p]!;
    if (p - at < 4 || p - at > 7) return -1;
    while (bytes[p] === SPACE) p++;
    if (bytes[p] !== BAR) return -1;
    p++;
    if (!hasDuration && bytes[p] === SPACE) p++;
    this.#readFlags = packContext(bytes, at);
    return p;
  }

  /** A duration of any length, or none, and the bar behind it. Returns where the next column begins, or -1. */
  #readDuration(bytes: Uint8Array, from: number, collapsed: boolean): number {
    let p = from;
    this.#readNs = Number.NaN;
    let c = bytes[p]!;
    while (c === SPACE) c = bytes[++p]!;
    if (c === BAR) return p + 1;
    if (CLASSES[c]! & CLASS_MARK) {
      c = bytes[++p]!;
      while (c === SPACE) c = bytes[++p]!;
    }
    if ((CLASSES[c]! & CLASS_DIGIT) === 0) return -1;
    let whole = 0;
    do {
      whole = whole * 10 + c - 48;
      c = bytes[++p]!;
    } while (CLASSES[c]! & CLASS_DIGIT);
    let unit = 1000;
    let fraction = 0;
    if (c === DOT) {
      const at = ++p;
      c = bytes[p]!;
      while (CLASSES[c]! & CLASS_DIGIT) {
        fraction = fraction * 10 + c - 48;
        c = bytes[++p]!;
      }
      const digits = p - at;
      // More than three decimals cannot be ns: not this tracer's number.
      if (digits > 3) return -1;
      unit = UNITS[digits]!;
    } else if (whole < 1_000_000 && !collapsed) return -1; // only seven digits leave no room for decimals
    if (c !== SPACE || bytes[p + 1] !== LETTER_U || bytes[p + 2] !== LETTER_S) return -1;
    p += 3;
    while (bytes[p] === SPACE) p++;
    if (bytes[p] !== BAR) return -1;
    this.#readNs = whole * 1000 + fraction * unit;
    return p + 1;
  }

  /**
   * What stands behind the columns, whatever it is: all that the hot loop does not know at a glance
   * goes through here, so that its machine code knows one rare case and not many.
   * Returns the newline, or -1.
   */
  #readBody(bytes: Uint8Array, at: number, row: number, last: number): number {
    const c = bytes[at]!;
    if (c === BRACE_CLOSE) {
      this.#readKind = RecordKind.Exit;
      return this.#readExitNote(bytes, at + 1, row);
    }
    if (c === SLASH) {
      this.#readKind = RecordKind.Event;
      this.#readBits = RecordBits.Text;
      return this.#readComment(bytes, at, row);
    }
    const paren = this.#readCallName(bytes, at, last);
    return paren < 0 ? -1 : this.#readCallTail(bytes, paren + 1, row);
  }

  /**
   * The name of a call, whatever it is; it becomes what followed `last` last. Returns the `(`, or -1:
   * it is none, or a new one ({@link addedName}).
   */
  #readCallName(bytes: Uint8Array, at: number, last: number): number {
    const { names } = this.#context;
    let p = at;
    let hash = 0;
    let c = bytes[p]!;
    while (CLASSES[c]! & CLASS_NAME) {
      hash = ((hash << 5) - hash + c) | 0;
      c = bytes[++p]!;
    }
    if (p === at) return -1;
    if (c === SPACE && bytes[p + 1] === BRACKET_OPEN) {
      do {
        hash = ((hash << 5) - hash + c) | 0;
        c = bytes[++p]!;
      } while (c !== BRACKET_CLOSE && c !== NEWLINE);
      if (c !== BRACKET_CLOSE) return -1;
      hash = ((hash << 5) - hash + c) | 0;
      c = bytes[++p]!;
    }
    if (c !== PAREN_OPEN) return -1;
    const known = names.size;
    const nameId = names.intern(bytes, at, p, hash);
    if (last >= 0) this.#successor[last] = nameId;
    if (names.size !== known) {
      // A new name may have moved the tables that are held in locals: begin again with it.
      this.#growSuccessor();
      this.addedName = true;
      return -1;
    }
    this.#readName = nameId;
    return p;
  }

  /** Behind `}`: nothing, ` /* F *\/`, ` /* F = 0x0 *\/` or ` /* F ret=0x0 *\/`. Returns the newline, or -1. */
  #readExitNote(bytes: Uint8Array, from: number, row: number): number {
    let p = from;
    this.#readName = -1;
    this.#readBits = 0;
    if (bytes[p] === CARRIAGE_RETURN && bytes[p + 1] === NEWLINE) return p + 1;
    if (!startsComment(bytes, p)) return -1;
    p += 4;
    const at = p;
    let hash = 0;
    let c = bytes[p]!;
    while (CLASSES[c]! & CLASS_NAME) {
      hash = ((hash << 5) - hash + c) | 0;
      c = bytes[++p]!;
    }
    if (p === at || c !== SPACE) return -1;
    if (bytes[p + 1] === BRACKET_OPEN) {
      do {
        hash = ((hash << 5) - hash + c) | 0;
        c = bytes[++p]!;
      } while (c !== BRACKET_CLOSE && c !== NEWLINE);
      if (c !== BRACKET_CLOSE) return -1;
      hash = ((hash << 5) - hash + c) | 0;
      c = bytes[++p]!;
      if (c !== SPACE) return -1;
    }
    const nameEnd = p;
    p++;
    if (bytes[p] === STAR && bytes[p + 1] === SLASH) {
      p += 2;
      if (bytes[p] === CARRIAGE_RETURN) p++;
      if (bytes[p] !== NEWLINE) return -1;
    } else {
      // Both forms of the return value, or a return address; anything else is damage.
      if (bytes[p] !== LETTER_R && bytes[p] !== EQUALS && bytes[p] !== LESS) return -1;
      p = this.#readNote(bytes, p, row);
      if (p < 0) return -1;
      this.#readBits = RecordBits.Note;
    }
    this.#readName = this.#context.names.intern(bytes, at, nameEnd, hash);
    return p;
  }

  /** A comment's text up to ` *\/` at the end of the line. Returns the newline, or -1. */
  #readNote(bytes: Uint8Array, at: number, row: number): number {
    const newline = bytes.indexOf(NEWLINE, at);
    let stop = newline;
    if (bytes[stop - 1] === CARRIAGE_RETURN) stop--;
    if (stop - 3 < at || bytes[stop - 1] !== SLASH || bytes[stop - 2] !== STAR) return -1;
    this.#batch.noteStart[row] = at;
    this.#batch.noteEnd[row] = stop - 3;
    return newline;
  }

  /** `/* name: text *\/`. Returns the newline, or -1. */
  #readComment(bytes: Uint8Array, from: number, row: number): number {
    if (bytes[from + 1] !== STAR) return -1;
    let p = from + 2;
    if (bytes[p] === SPACE) p++;
    const newline = bytes.indexOf(NEWLINE, p);
    let stop = newline;
    if (bytes[stop - 1] === CARRIAGE_RETURN) stop--;
    if (stop - 2 < p || bytes[stop - 1] !== SLASH || bytes[stop - 2] !== STAR) return -1;
    stop -= 2;
    if (stop > p && bytes[stop - 1] === SPACE) stop--;
    const at = p;
    let hash = 0;
    let c = bytes[p]!;
    while (CLASSES[c]! & CLASS_EVENT) {
      hash = ((hash << 5) - hash + c) | 0;
      c = bytes[++p]!;
    }
    const first = bytes[at]!;
    const startsName = (CLASSES[first]! & CLASS_DIGIT) === 0 && first !== DOT && first !== MINUS;
    const { textStart, textEnd } = this.#batch;
    if (p > at && startsName && c === COLON && p < stop && (bytes[p + 1] === SPACE || p + 1 === stop)) {
      this.#readName = this.#context.names.intern(bytes, at, p, hash);
      textStart[row] = Math.min(p + 2, stop);
    } else {
      this.#readName = this.#printName();
      textStart[row] = at;
    }
    textEnd[row] = stop;
    return newline;
  }

  /** Behind `F(`: arguments, `;` or ` {`, a comment. Returns the newline, or -1. */
  #readCallTail(bytes: Uint8Array, from: number, row: number): number {
    let p = from;
    this.#readBits = 0;
    if (bytes[p] === PAREN_CLOSE) p++;
    else {
      const close = endOfArguments(bytes, p);
      if (close < 0) return -1;
      this.#batch.textStart[row] = p;
      this.#batch.textEnd[row] = close;
      this.#readBits = RecordBits.Text;
      p = close + 1;
    }
    if (bytes[p] === SEMICOLON) {
      this.#readKind = RecordKind.Leaf;
      p++;
    } else if (bytes[p] === SPACE && bytes[p + 1] === BRACE_OPEN) {
      this.#readKind = RecordKind.Entry;
      p += 2;
    } else return -1;
    if (bytes[p] === NEWLINE) return p;
    if (bytes[p] === CARRIAGE_RETURN && bytes[p + 1] === NEWLINE) return p + 1;
    if (!startsComment(bytes, p)) return -1;
    this.#readBits |= RecordBits.Note;
    return this.#readNote(bytes, p + 4, row);
  }

  #growSuccessor(): void {
    const size = this.#context.names.size;
    if (size <= this.#successor.length) return;
    const bigger = new Int32Array(size * 2).fill(-1);
    bigger.set(this.#successor);
    this.#successor = bigger;
  }

  /** Reads the proc column at `at` into the cache of `slot`; returns where it ends, -1 if it is none. */
  #readProcColumn(bytes: Uint8Array, at: number, slot: number, cpu: number, collapsed: boolean): number {
    const newline = bytes.indexOf(NEWLINE, at);
    const text = latin1(bytes, at, Math.min(newline, at + PROC_CACHE_BYTES));
    // 14 wide unless the task needs more; comm may hold ` | `, so count before searching.
    let width = text.startsWith(' | ', PROC_WIDTH) ? PROC_WIDTH : -1;
    if (width < 0 || collapsed) {
      const loose = /-\d+ *\| /.exec(text);
      if (!loose) return -1;
      width = loose.index + loose[0].length - 3;
    }
    const field = text.slice(0, width + 1).replace(/ $/, '');
    const task = readTaskName(field);
    if (!task) return -1;
    const length = width + 3;
    if (length > PROC_CACHE_BYTES) return -1;
    this.#procBytes.set(bytes.subarray(at, at + length), slot * PROC_CACHE_BYTES);
    this.#procLength[slot] = length;
    this.#procTask[slot] = this.#context.tasks.intern(task.pid, task.comm, cpu);
    return at + length;
  }

  /** The name of texts that no event wrote (trace_marker, trace_printk): the kernel calls the record so. */
  #printName(): number {
    if (this.#printNameId < 0) this.#printNameId = this.#context.names.internText('print');
    return this.#printNameId;
  }
}

/** The bytes from `at` on are the first `length` of those that `words` hold from `word` on. */
function holds(view: DataView, at: number, words: Int32Array, word: number, length: number): boolean {
  let p = at;
  let w = word;
  const tail = at + (length & ~3);
  while (p < tail) {
    if (words[w] !== view.getInt32(p, true)) return false;
    p += 4;
    w++;
  }
  const inTail = (1 << ((length & 3) << 3)) - 1;
  return ((words[w]! ^ view.getInt32(p, true)) & inTail) === 0;
}

/**
 * Where the argument list that begins at `at` ends: the first `)` that is followed by `;` or ` {`
 * and then by the end of the line or a comment; -1 when there is none.
 */
function endOfArguments(bytes: Uint8Array, at: number): number {
  for (let p = at; bytes[p] !== NEWLINE; p++) {
    if (bytes[p] !== PAREN_CLOSE) continue;
    let q = -1;
    if (bytes[p + 1] === SEMICOLON) q = p + 2;
    else if (bytes[p + 1] === SPACE && bytes[p + 2] === BRACE_OPEN) q = p + 3;
    if (q < 0) continue;
    if (bytes[q] === CARRIAGE_RETURN) q++;
    if (bytes[q] === NEWLINE || (bytes[q] === SPACE && bytes[q + 1] === SLASH && bytes[q + 2] === STAR))
      return p;
  }
  return -1;
}

/** Skips `       12 us |  `; -1 when it is not there. */
function skipRelativeTime(bytes: Uint8Array, at: number): number {
  let p = at;
  while (bytes[p] === SPACE) p++;
  const digits = p;
  while (CLASSES[bytes[p]!]! & CLASS_DIGIT) p++;
  if (p === digits || bytes[p] !== SPACE || bytes[p + 1] !== LETTER_U || bytes[p + 2] !== LETTER_S) return -1;
  if (bytes[p + 3] !== SPACE || bytes[p + 4] !== BAR) return -1;
  return p + 5;
}

/** ` /* ` stands at `at`. */
function startsComment(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === SPACE && bytes[at + 1] === SLASH && bytes[at + 2] === STAR && bytes[at + 3] === SPACE;
}

function characterClasses(): Uint8Array {
  const classes = new Uint8Array(256);
  const add = (characters: string, bit: number) => {
    for (const c of characters) classes[c.charCodeAt(0)]! |= bit;
  };
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_';
  const digits = '0123456789';
  add(`${letters}${digits}.$@'`, CLASS_NAME);
  add(`${letters}${digits}.-`, CLASS_EVENT);
  add(digits, CLASS_DIGIT);
  add('+!#*@$', CLASS_MARK);
  add('+!#*@$ ', CLASS_MARK_OR_BLANK);
  return classes;
}
