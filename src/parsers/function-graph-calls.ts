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

/** Bits of {@link CLASSES}: symbol characters, digits, duration marks, characters of event names. */
const CLASS_NAME = 1;
const CLASS_DIGIT = 2;
const CLASS_MARK = 4;
const CLASS_EVENT = 8;
/** Class bits by byte. */
const CLASSES = characterClasses();

const MAX_CPUS = 8192;
/** Two blanks a level, as many levels as the depth column can hold. */
const MAX_INDENT = 0xfffe;
const PROC_WIDTH = 14;
const PROC_CACHE_BYTES = 64;

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
  readonly #procLength = new Int32Array(MAX_CPUS + 1);
  readonly #procTask = new Int32Array(MAX_CPUS + 1).fill(-1);
  #printNameId = -1;

  /** The hot loop stopped because a line had a new name: that line must be parsed again. */
  addedName = false;

  // What the methods below found, besides the position that they return.
  #readName = -1;
  #readBits = 0;
  #readKind = 0;

  constructor(context: ParseContext, batch: RecordBatch, state: ReadingState, hooks: LineHooks) {
    this.#context = context;
    this.#batch = batch;
    this.#state = state;
    this.#hooks = hooks;
  }

  /**
   * The hot loop: lines that are calls, returns or comments in the present layout become rows.
   * Returns where it stopped: at `end`, or at the start of the first line that is anything else.
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
    const { Text, Context } = RecordBits;
    const maxCpus = MAX_CPUS;
    const capacity = batch.capacity;
    const names = this.#context.names;
    const classes = CLASSES;
    const state = this.#state;
    const cpuSeen = state.cpuSeen;
    const cpuTask = this.cpuTask;
    const lastName = this.#lastName;
    const successor = this.#successor;
    const heap = names.heap;
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
        while (c === SPACE) c = bytes[++p]!;
        if ((classes[c]! & CLASS_DIGIT) === 0) break;
        let seconds = 0;
        do {
          seconds = seconds * 10 + c - 48;
          c = bytes[++p]!;
        } while (classes[c]! & CLASS_DIGIT);
        if (c !== DOT) break;
        let micros = 0;
        const at = ++p;
        c = bytes[p]!;
        while (classes[c]! & CLASS_DIGIT) {
          micros = micros * 10 + c - 48;
          c = bytes[++p]!;
        }
        if (p - at !== 6 || c !== SPACE || bytes[p + 1] !== BAR) break;
        p += 2;
        // The printer puts two blanks behind the bar; the CPU column brings its own.
        if (!hasCpu && bytes[p] === SPACE && bytes[p + 1] === SPACE) p += 2;
        time = (seconds - state.originSeconds) * 1e9 + micros * 1000;
        if (Number.isNaN(time)) {
          state.originSeconds = seconds;
          time = micros * 1000;
        }
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
        const cache = this.#procBytes;
        const length = this.#procLength[slot]!;
        const base = slot * PROC_CACHE_BYTES;
        let i = 0;
        while (i < length && cache[base + i] === bytes[p + i]) i++;
        if (length > 0 && i === length) p += length;
        else {
          p = this.#readProcColumn(bytes, p, slot, cpu, collapsed);
          if (p < 0) break;
        }
        task = this.#procTask[slot]!;
      } else if (cpu >= 0) task = cpuTask[cpu]!;
      let packed = -1;
      if (hasContext) {
        while (bytes[p] === SPACE) p++;
        const at = p;
        c = bytes[p]!;
        while (c > SPACE && c !== BAR) c = bytes[++p]!;
        if (p - at < 4 || p - at > 7) break;
        while (bytes[p] === SPACE) p++;
        if (bytes[p] !== BAR) break;
        p++;
        if (!hasDuration && bytes[p] === SPACE) p++;
        packed = packContext(bytes, at);
      }
      let duration = Number.NaN;
      if (hasDuration) {
        c = bytes[p]!;
        while (c === SPACE) c = bytes[++p]!;
        if (c !== BAR) {
          if (classes[c]! & CLASS_MARK) {
            c = bytes[++p]!;
            while (c === SPACE) c = bytes[++p]!;
          }
          if ((classes[c]! & CLASS_DIGIT) === 0) break;
          let whole = 0;
          do {
            whole = whole * 10 + c - 48;
            c = bytes[++p]!;
          } while (classes[c]! & CLASS_DIGIT);
          let unit = 1000;
          let fraction = 0;
          if (c === DOT) {
            const at = ++p;
            c = bytes[p]!;
            while (classes[c]! & CLASS_DIGIT) {
              fraction = fraction * 10 + c - 48;
              c = bytes[++p]!;
            }
            const digits = p - at;
            // More than three decimals cannot be ns: not this tracer's number.
            if (digits > 3) break;
            unit = digits === 3 ? 1 : digits === 2 ? 10 : digits === 1 ? 100 : 1000;
          } else if (whole < 1_000_000 && !collapsed) break; // only seven digits leave no room for decimals
          if (c !== SPACE || bytes[p + 1] !== LETTER_U || bytes[p + 2] !== LETTER_S) break;
          p += 3;
          while (bytes[p] === SPACE) p++;
          if (bytes[p] !== BAR) break;
          duration = whole * 1000 + fraction * unit;
        }
        p++;
      }
      const bodyAt = p;
      c = bytes[p]!;
      while (c === SPACE) c = bytes[++p]!;
      let indent = p - bodyAt;
      if (indent > MAX_INDENT) indent = MAX_INDENT;
      let level = collapsed ? -1 : hasDuration ? (indent - 2) >> 1 : indent >> 1;

      let nameId = -1;
      let rowKind: number = Exit;
      let rowBits = 0;
      if (c === BRACE_CLOSE) {
        p++;
        if (bytes[p] !== NEWLINE) {
          p = this.#readExitNote(bytes, p, n);
          if (p < 0) break;
          nameId = this.#readName;
          rowBits = this.#readBits;
        }
      } else if (c === SLASH) {
        p = this.#readComment(bytes, p, n);
        if (p < 0) break;
        rowKind = Event;
        nameId = this.#readName;
        rowBits = Text;
        level = -1;
      } else {
        // A name. Traces repeat themselves: try the one that followed this CPU's last name.
        const last = lastName[cpu + 1]!;
        const guess = last >= 0 ? successor[last]! : -1;
        if (guess >= 0) {
          const length = nameLength[guess]!;
          const at = nameOffset[guess]!;
          let i = 0;
          while (i < length && heap[at + i] === bytes[p + i]) i++;
          if (i === length && bytes[p + i] === PAREN_OPEN) {
            nameId = guess;
            p += length;
          }
        }
        if (nameId < 0) {
          const at = p;
          let hash = 0;
          while (classes[c]! & CLASS_NAME) {
            hash = ((hash << 5) - hash + c) | 0;
            c = bytes[++p]!;
          }
          if (p === at) break;
          if (c === SPACE && bytes[p + 1] === BRACKET_OPEN) {
            do {
              hash = ((hash << 5) - hash + c) | 0;
              c = bytes[++p]!;
            } while (c !== BRACKET_CLOSE && c !== NEWLINE);
            if (c !== BRACKET_CLOSE) break;
            hash = ((hash << 5) - hash + c) | 0;
            c = bytes[++p]!;
          }
          if (c !== PAREN_OPEN) break;
          const known = names.size;
          nameId = names.intern(bytes, at, p, hash);
          if (last >= 0) successor[last] = nameId;
          if (names.size !== known) {
            // A new name may have moved the tables that are held in locals: begin again with it.
            this.#growSuccessor();
            this.addedName = true;
            break;
          }
        }
        lastName[cpu + 1] = nameId;
        p++;
        rowKind = Leaf;
        if (bytes[p] === PAREN_CLOSE && bytes[p + 1] === SEMICOLON && bytes[p + 2] === NEWLINE) p += 2;
        else if (
          bytes[p] === PAREN_CLOSE &&
          bytes[p + 1] === SPACE &&
          bytes[p + 2] === BRACE_OPEN &&
          bytes[p + 3] === NEWLINE
        ) {
          rowKind = Entry;
          p += 3;
        } else {
          p = this.#readCallTail(bytes, p, n);
          if (p < 0) break;
          rowKind = this.#readKind;
          rowBits = this.#readBits;
        }
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
      if (++n === capacity) {
        batch.length = n;
        this.#hooks.flush();
        n = 0;
      }
    }
    batch.length = n;
    state.line = lines;
    return lineStart;
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
  return classes;
}
