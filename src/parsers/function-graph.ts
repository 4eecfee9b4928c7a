import { packContext } from '../trace/context.ts';
import type { Severity } from '../trace/diagnostics.ts';
import { latin1, RecordBatch, RecordBits, RecordKind } from '../trace/records.ts';
import { isStackLine, readEventLine } from './event-lines.ts';
import {
  type FunctionGraphLayout,
  type InferredLayout,
  inferLayout,
  layoutFromHeader,
  layoutText,
} from './function-graph-layout.ts';
import { readOddLine, readTaskName, type TaskName } from './function-graph-odd-lines.ts';
import { undecorate } from './line-decoration.ts';
import type { ParseContext, TraceFacts, TraceParser } from './trace-parser.ts';

/** Character classes of a byte, for the hot loop. */
const CLASS_NAME = 1;
const CLASS_DIGIT = 2;
const CLASS_MARK = 4;
const CLASS_EVENT = 8;
const CLASSES = characterClasses();

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

const MAX_CPUS = 8192;
/** What the depth column of a batch can hold. */
const MAX_DEPTH = 0x7fff;
const MAX_LINE_BYTES = 1 << 20;
const MAX_ODD_LINE_BYTES = 1 << 13;
/** Lines looked at to find the columns of a text that has no header. */
const LINES_TO_INFER = 50;
const BYTES_TO_INFER = 1 << 16;
const MAX_COMMENT_LINES = 64;
const PROC_WIDTH = 14;
const PROC_CACHE_BYTES = 64;

/**
 * Parser of function_graph text with every option of the kernel's printer, at any chunk size.
 *
 * The hot loop walks bytes once, writes columns and makes no string. Lines that are not calls or
 * comments in the present layout go to {@link FunctionGraphParser.#oddLine}, which may be slow.
 * Grammar: kernel/trace/trace_functions_graph.c of 6.1, 6.12 and 7.3.
 */
export class FunctionGraphParser implements TraceParser {
  readonly #context: ParseContext;
  readonly #prose: boolean;
  readonly #batch: RecordBatch;
  readonly #facts: TraceFacts = {
    bytes: 0,
    lines: 0,
    understoodLines: 0,
    cpus: 0,
    clock: 'none',
    originNs: 0,
    firstNs: Number.NaN,
    lastNs: Number.NaN,
    kernelRelease: '',
    layouts: [],
  };

  /** Null while a section's columns are not known: its lines are gathered until they can be inferred. */
  #layout: FunctionGraphLayout | null = null;

  /** An unfinished line. */
  #carry: Uint8Array = new Uint8Array(4096);
  #carryLength = 0;
  #skippingLongLine = false;

  /** Lines of a section without column header, until there are enough to infer the layout. */
  #gathered: string[] = [];
  #gatheredBytes = 0;
  #gatheredFrom = 0;

  #line = 0;
  /** Lines whose meaning stayed unknown. */
  #notUnderstood = 0;
  #originSeconds = Number.NaN;
  #firstNs = Number.NaN;
  #lastNs = Number.NaN;

  readonly #cpuSeen = new Uint8Array(MAX_CPUS);
  readonly #cpuTask = new Int32Array(MAX_CPUS).fill(-1);
  /** The last function named on each CPU (0: no CPU column), to guess the next one. */
  readonly #lastName = new Int32Array(MAX_CPUS + 1).fill(-1);
  /** For each name the one that followed it last. */
  #successor = new Int32Array(1024).fill(-1);
  /** For each CPU the bytes of its last proc column, their number and the task they mean. */
  readonly #procBytes = new Uint8Array((MAX_CPUS + 1) * PROC_CACHE_BYTES);
  readonly #procLength = new Int32Array(MAX_CPUS + 1);
  readonly #procTask = new Int32Array(MAX_CPUS + 1).fill(-1);
  #printNameId = -1;

  /** Decoration of the last trace line, and of the line being parsed. */
  #lastDecoration = '';
  #decoration = '';
  /** True when the next trace line has more to do than to become a row: see {@link #traceLineSeen}. */
  #watch = true;
  #sawTrace = false;
  #inStackTrace = false;
  /** How many more lines may belong to a comment that was not closed in its line. */
  #commentLinesLeft = 0;
  /** True while one line is parsed again without its decoration. */
  #retrying = false;
  #retryFailed = false;
  /** Lines not understood, of which it is not yet known whether they stand around or in the trace. */
  #pending = 0;
  /** Those of them that have nothing of a trace line: the output of another program, say. */
  #pendingForeign = 0;
  #pendingPlaces: number[] = [];

  /**
   * @param options.prose Lines that are not trace text are prose around it wherever they stand
   *   (mails); otherwise only before, between and behind the traces of the input.
   */
  constructor(
    context: ParseContext,
    options: { readonly prose?: boolean; readonly batch?: RecordBatch } = {},
  ) {
    this.#context = context;
    this.#prose = options.prose ?? false;
    this.#batch = options.batch ?? new RecordBatch();
  }

  get originNs(): number {
    return Number.isNaN(this.#originSeconds) ? 0 : this.#originSeconds * 1e9;
  }

  push(bytes: Uint8Array): void {
    // Always a plain Uint8Array: a Buffer now and then would slow the hot loop down for all.
    const chunk = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#facts.bytes += chunk.length;
    let from = 0;
    if (this.#carryLength > 0 || this.#skippingLongLine) {
      const newline = chunk.indexOf(NEWLINE);
      const to = newline < 0 ? chunk.length : newline + 1;
      this.#keep(chunk, 0, to);
      if (newline < 0) return;
      from = to;
      if (this.#carryLength > 0) this.#parseLines(this.#carry, 0, this.#carryLength);
      this.#carryLength = 0;
    }
    const last = chunk.lastIndexOf(NEWLINE);
    if (last >= from) this.#parseLines(chunk, from, last + 1);
    this.#keep(chunk, Math.max(from, last + 1), chunk.length);
  }

  finish(): TraceFacts {
    if (this.#carryLength > 0) {
      const before = this.#notUnderstood + this.#pending;
      const line = new Uint8Array(this.#carryLength + 1);
      line.set(this.#carry.subarray(0, this.#carryLength));
      line[this.#carryLength] = NEWLINE;
      this.#parseLines(line, 0, line.length);
      this.#settleGathered();
      if (this.#notUnderstood + this.#pending > before) {
        const text = 'the input ends in the middle of a line';
        this.#context.diagnostics.add('truncated-line', 'loss', text, this.#place(this.#line));
      }
    }
    this.#settleGathered();
    this.#settlePending(true);
    this.#flush();
    const facts = this.#facts;
    facts.lines = this.#line;
    facts.understoodLines = this.#line - this.#notUnderstood;
    for (const seen of this.#cpuSeen) facts.cpus += seen;
    if (!Number.isNaN(this.#firstNs)) {
      facts.clock = 'stamps';
      facts.originNs = this.#originSeconds * 1e9;
      facts.firstNs = this.#firstNs;
      facts.lastNs = this.#lastNs;
    }
    return facts;
  }

  /** Keeps an unfinished line; a line over the bound is dropped whole and counted. */
  #keep(chunk: Uint8Array, from: number, to: number): void {
    if (from >= to) return;
    const ends = chunk[to - 1] === NEWLINE;
    if (this.#skippingLongLine) {
      if (ends) this.#skippingLongLine = false;
      return;
    }
    const need = this.#carryLength + to - from;
    if (need > MAX_LINE_BYTES) {
      this.#line++;
      this.#notUnderstood++;
      const text = `lines over ${MAX_LINE_BYTES} bytes were skipped`;
      this.#context.diagnostics.add('overlong-line', 'warning', text, this.#place(this.#line));
      this.#carryLength = 0;
      this.#skippingLongLine = !ends;
      return;
    }
    if (need > this.#carry.length) {
      const bigger = new Uint8Array(Math.max(need, this.#carry.length * 2));
      bigger.set(this.#carry.subarray(0, this.#carryLength));
      this.#carry = bigger;
    }
    this.#carry.set(chunk.subarray(from, to), this.#carryLength);
    this.#carryLength = need;
  }

  #setLayout(layout: FunctionGraphLayout): void {
    this.#layout = layout;
    const text = layoutText(layout);
    if (!this.#facts.layouts.includes(text)) this.#facts.layouts.push(text);
  }

  // ---------------------------------------------------------------- the hot loop

  /** Parses whole lines `bytes[from, end)`, the last byte being a newline. */
  #parseLines(bytes: Uint8Array, from: number, end: number): void {
    this.#flush();
    this.#batch.bytes = bytes;
    let p = from;
    for (;;) {
      p = this.#parseCalls(bytes, p, end);
      if (this.#addedName) {
        this.#addedName = false;
        continue;
      }
      if (p === end) break;
      const lineEnd = bytes.indexOf(NEWLINE, p);
      this.#line++;
      this.#oddLine(bytes, p, lineEnd);
      this.#batch.bytes = bytes;
      p = lineEnd + 1;
    }
    this.#flush();
  }

  /**
   * The hot loop: lines that are calls, returns or comments in the present layout become rows.
   * Returns where it stopped: at `end`, or at the start of the first line that is anything else.
   *
   * Works on bytes, one pass, no allocation. As the last byte is a newline, scanning loops need no
   * bounds check. What is rare stands in methods of its own, so that the machine code of this one
   * does not have to be made again when a rare line comes.
   */
  #parseCalls(bytes: Uint8Array, from: number, end: number): number {
    const layout = this.#layout;
    if (layout === null) return from;
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
    const capacity = batch.capacity;
    const names = this.#context.names;
    const classes = CLASSES;
    const cpuSeen = this.#cpuSeen;
    const cpuTask = this.#cpuTask;
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
    let lines = this.#line;
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
        time = (seconds - this.#originSeconds) * 1e9 + micros * 1000;
        if (Number.isNaN(time)) {
          this.#originSeconds = seconds;
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
        if (c !== PAREN_CLOSE || bytes[p + 1] !== SPACE || cpu >= MAX_CPUS) break;
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
      const indent = p - bodyAt;
      let level = collapsed ? -1 : Math.min(MAX_DEPTH, hasDuration ? (indent - 2) >> 1 : indent >> 1);

      let nameId = -1;
      let rowKind: number = RecordKind.Exit;
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
        rowKind = RecordKind.Event;
        nameId = this.#readName;
        rowBits = RecordBits.Text;
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
            this.#addedName = true;
            break;
          }
        }
        lastName[cpu + 1] = nameId;
        p++;
        rowKind = RecordKind.Leaf;
        if (bytes[p] === PAREN_CLOSE && bytes[p + 1] === SEMICOLON && bytes[p + 2] === NEWLINE) p += 2;
        else if (
          bytes[p] === PAREN_CLOSE &&
          bytes[p + 1] === SPACE &&
          bytes[p + 2] === BRACE_OPEN &&
          bytes[p + 3] === NEWLINE
        ) {
          rowKind = RecordKind.Entry;
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
      if (this.#watch) this.#traceLineSeen();
      if (cpu >= 0) cpuSeen[cpu] = 1;
      if (!Number.isNaN(time)) this.#noteTime(time);
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
        rowBits |= RecordBits.Context;
      }
      bits[n] = rowBits;
      lineStart = ++p;
      if (++n === capacity) {
        batch.length = n;
        this.#flush();
        n = 0;
      }
    }
    batch.length = n;
    this.#line = lines;
    return lineStart;
  }

  #noteTime(time: number): void {
    if (Number.isNaN(this.#firstNs)) {
      this.#firstNs = time;
      this.#lastNs = time;
    } else if (time > this.#lastNs) this.#lastNs = time;
  }

  /** The hot loop stopped because a line had a new name: that line is parsed again. */
  #addedName = false;

  // What the methods below found, besides the position that they return.
  #readName = -1;
  #readBits = 0;
  #readKind = 0;

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

  #flush(): void {
    if (this.#batch.length === 0) return;
    this.#context.sink(this.#batch);
    this.#batch.length = 0;
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

  // ---------------------------------------------------------------- lines that are not calls

  /** Understands a line in any way but the hot one, or counts it as not understood. */
  #oddLine(bytes: Uint8Array, start: number, end: number): void {
    // Longer than any line of the kernel's: regular expressions would take their time over it.
    const isLong = end - start > MAX_ODD_LINE_BYTES;
    const text = latin1(bytes, start, isLong ? start + MAX_ODD_LINE_BYTES : end).replace(/\r$/, '');
    if (!isLong && this.#layout === null && this.#gathered.length > 0 && !startsSection(text)) {
      // What waits comes out first: a banner or a loss must not overtake it.
      this.#gather(text);
      return;
    }
    if (!isLong && this.#readAsOddLine(text)) return;
    if (this.#retrying) {
      this.#retryFailed = true;
      return;
    }
    if (isLong) {
      if (isBlank(bytes, start, end)) return;
      this.#notUnderstood++;
      const sentence = `lines over ${MAX_ODD_LINE_BYTES} bytes are not understood`;
      this.#context.diagnostics.add('unknown-line', 'warning', sentence, this.#place(this.#line));
      return;
    }
    if (this.#layout === null && this.#gather(text)) return;
    if (this.#readUndecorated(text)) return;
    if (this.#readBrokenComment(text)) return;
    if (this.#layout && !this.#prose && hasPrologue(text, this.#layout)) {
      this.#notUnderstood++;
      const sentence = 'lines begin like the trace and cannot be read on';
      this.#context.diagnostics.add('damaged-line', 'warning', sentence, this.#place(this.#line));
      return;
    }
    if (!looksLikeTrace(text)) this.#pendingForeign++;
    this.#pending++;
    this.#watch = true;
    if (this.#pendingPlaces.length < 3) this.#pendingPlaces.push(this.#line);
  }

  #readAsOddLine(text: string): boolean {
    const odd = readOddLine(text);
    if (odd) {
      if (odd.kind !== 'blank') this.#inStackTrace = false;
      switch (odd.kind) {
        case 'tracer':
          this.#beginSection(text);
          break;
        case 'release':
          this.#facts.kernelRelease ||= odd.release;
          break;
        case 'header': {
          const layout = layoutFromHeader(text.trimEnd());
          if (layout) {
            this.#settleGathered();
            this.#setLayout(layout);
          }
          break;
        }
        case 'lost':
          this.#emit(RecordKind.Lost, odd.cpu, this.#taskOf(odd.cpu), odd.events);
          break;
        case 'elided':
          this.#emitElision();
          break;
        case 'irq-entry':
        case 'irq-exit':
          this.#emitIrqMark(
            text,
            odd.kind === 'irq-entry' ? RecordKind.IrqEntry : RecordKind.IrqExit,
            odd.cpu,
          );
          break;
        case 'switch':
          this.#emitSwitch(odd.cpu, odd.from, odd.to);
          break;
        default:
      }
      return true;
    }
    if (text === '--' && this.#lastDecoration.includes('grep')) {
      this.#emitElision();
      return true;
    }
    if (this.#inStackTrace && isStackLine(text)) return true;
    return this.#readAsEvent(text);
  }

  /** A line that the common printer wrote into the same buffer. */
  #readAsEvent(text: string): boolean {
    const event = readEventLine(text);
    if (!event) return false;
    this.#inStackTrace = isStackLine(event.text);
    if (event.kind === 'other' && !this.#inStackTrace) return false;
    const { names, tasks } = this.#context;
    const row = this.#emit(
      event.kind === 'function' ? RecordKind.Function : RecordKind.Event,
      event.cpu,
      tasks.intern(event.pid, event.comm, event.cpu),
      0,
    );
    const batch = this.#batch;
    batch.name[row] = event.name === '' ? -1 : names.internText(event.name);
    if (event.seconds !== null) {
      if (Number.isNaN(this.#originSeconds)) this.#originSeconds = event.seconds;
      batch.timeNs[row] = (event.seconds - this.#originSeconds) * 1e9 + event.micros * 1000;
      this.#noteTime(batch.timeNs[row]!);
    }
    // The text does not stand at a place of its own in the bytes: the row goes out alone.
    batch.bytes = bytesOf(event.text);
    batch.textStart[row] = 0;
    batch.textEnd[row] = event.text.length;
    batch.bits[row] = RecordBits.Text;
    this.#flush();
    return true;
  }

  /** `# tracer:` begins a trace: what was known of the one before does not hold any more. */
  #beginSection(text: string): void {
    this.#settleGathered();
    this.#settlePending(true);
    this.#emit(RecordKind.Section, -1, -1, 0);
    const tracer = text.slice('# tracer: '.length).trim();
    this.#batch.name[this.#batch.length - 1] = this.#context.names.internText(tracer);
    this.#layout = null;
    this.#cpuTask.fill(-1);
  }

  #emitIrqMark(text: string, kind: number, cpu: number): void {
    const row = this.#emit(kind, cpu, this.#taskOf(cpu), 0);
    const stamp = this.#layout?.abstime ? /^ *(\d+)\.(\d{6}) \|/.exec(text) : null;
    if (stamp) {
      if (Number.isNaN(this.#originSeconds)) this.#originSeconds = Number(stamp[1]);
      this.#batch.timeNs[row] = (Number(stamp[1]) - this.#originSeconds) * 1e9 + Number(stamp[2]) * 1000;
    }
    const field = this.#layout?.proc ? /^.*?(.{14}|\S.{13,16}\d) \| +[=<]/.exec(text)?.[1] : undefined;
    const task = field === undefined ? null : readTaskName(field);
    if (task) this.#batch.task[row] = this.#context.tasks.intern(task.pid, task.comm, cpu);
  }

  #emitSwitch(cpu: number, from: TaskName, to: TaskName): void {
    const { tasks } = this.#context;
    const before = tasks.intern(from.pid, from.comm, cpu);
    const task = tasks.intern(to.pid, to.comm, cpu);
    if (cpu < MAX_CPUS) this.#cpuTask[cpu] = task;
    this.#emit(RecordKind.Switch, cpu, task, before);
  }

  /** Lines were left out by the person or the grep that made this text: a loss on every CPU. */
  #emitElision(): void {
    if (this.#sawTrace) this.#emit(RecordKind.Lost, -1, -1, -1);
  }

  #taskOf(cpu: number): number {
    return cpu >= 0 && cpu < MAX_CPUS ? this.#cpuTask[cpu]! : -1;
  }

  /** Adds a row without duration and text; returns its index. */
  #emit(kind: number, cpu: number, task: number, other: number): number {
    this.#traceLineSeen();
    const batch = this.#batch;
    if (batch.length === batch.capacity) this.#flush();
    const row = batch.length++;
    batch.kind[row] = kind;
    batch.bits[row] = 0;
    batch.name[row] = -1;
    batch.cpu[row] = cpu;
    batch.task[row] = task;
    batch.other[row] = other;
    batch.timeNs[row] = Number.NaN;
    batch.durationNs[row] = Number.NaN;
    batch.depth[row] = -1;
    batch.line[row] = this.#line;
    return row;
  }

  // ---------------------------------------------------------------- sections without a header

  /** Keeps a line until the section's columns can be inferred; false when that failed already. */
  #gather(text: string): boolean {
    if (this.#gatheredFrom < 0) return false;
    if (this.#gathered.length === 0) this.#gatheredFrom = this.#line;
    this.#gathered.push(text);
    this.#gatheredBytes += text.length;
    if (this.#gathered.length >= LINES_TO_INFER || this.#gatheredBytes >= BYTES_TO_INFER)
      this.#settleGathered();
    return true;
  }

  /** Infers the layout of the gathered lines and parses them with it. */
  #settleGathered(): void {
    if (this.#gathered.length === 0) return;
    const lines = this.#gathered;
    const line = this.#line;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    const inferred = inferLayout(lines) ?? inferLayout(lines.map((text) => undecorate(text).text));
    if (inferred) this.#setLayout(inferred.layout);
    this.#line = this.#gatheredFrom - 1;
    // -1: these lines must not be gathered again.
    this.#gatheredFrom = -1;
    const bytes = bytesOf(`${lines.join('\n')}\n`);
    this.#parseLines(bytes, 0, bytes.length);
    this.#gatheredFrom = 0;
    this.#line = line;
  }

  // ---------------------------------------------------------------- decoration and prose

  /** Takes quote marks, line numbers and printk stamps off and tries again. */
  #readUndecorated(text: string): boolean {
    const plain = undecorate(text);
    const cleaned = plain.text.replaceAll('\0', '');
    if (cleaned === text) return false;
    if (cleaned.length < plain.text.length) {
      const sentence = 'NUL bytes were taken out of lines';
      this.#context.diagnostics.add('nul-bytes', 'warning', sentence, this.#place(this.#line));
    }
    this.#decoration = plain.decoration;
    this.#watch = true;
    let understood = this.#retry(cleaned);
    if (!understood && plain.decoration !== this.#lastDecoration) {
      const inferred = inferLayout([cleaned]);
      if (inferred) {
        const before = this.#layout;
        this.#setLayout(inferred.layout);
        understood = this.#retry(cleaned);
        if (!understood) this.#layout = before;
      }
    }
    this.#decoration = '';
    this.#watch = true;
    return understood;
  }

  /** A comment whose text holds newlines (trace_marker): it begins in one line and ends in another. */
  #readBrokenComment(text: string): boolean {
    if (this.#commentLinesLeft > 0) {
      this.#commentLinesLeft = text.endsWith('*/') ? 0 : this.#commentLinesLeft - 1;
      return true;
    }
    if (this.#layout === null || !text.includes('/* ') || text.endsWith('*/')) return false;
    if (!this.#retry(`${text} */`)) return false;
    this.#commentLinesLeft = MAX_COMMENT_LINES;
    // The next trace line ends it, closed or not.
    this.#watch = true;
    return true;
  }

  #retry(text: string): boolean {
    const line = this.#line;
    const bytes = bytesOf(`${text}\n`);
    this.#retrying = true;
    this.#retryFailed = false;
    this.#line = line - 1;
    this.#parseLines(bytes, 0, bytes.length);
    this.#line = line;
    this.#retrying = false;
    return !this.#retryFailed;
  }

  /** A trace line was read: lines before it that were not are now known to be around it or in it. */
  #traceLineSeen(): void {
    this.#commentLinesLeft = 0;
    const newPart = !this.#sawTrace || this.#decoration !== this.#lastDecoration;
    this.#settlePending(newPart);
    this.#sawTrace = true;
    this.#lastDecoration = this.#decoration;
    this.#watch = this.#decoration !== '';
  }

  /** Counts the pending lines: as text around or between the trace, or as lines nobody understands. */
  #settlePending(around: boolean): void {
    if (this.#pending === 0) return;
    if (around || this.#prose) {
      this.#countPending('text-around', 'info', 'lines of text stand around the trace');
    } else if (this.#pendingForeign === this.#pending) {
      this.#countPending('text-between', 'info', 'lines of other text stand between trace lines');
    } else {
      this.#notUnderstood += this.#pending;
      this.#countPending('unknown-line', 'warning', 'lines within the trace are not understood');
    }
    this.#pending = 0;
    this.#pendingForeign = 0;
    this.#pendingPlaces = [];
  }

  #countPending(id: string, severity: Severity, sentence: string): void {
    const { diagnostics } = this.#context;
    for (const line of this.#pendingPlaces) diagnostics.add(id, severity, sentence, this.#place(line));
    const rest = this.#pending - this.#pendingPlaces.length;
    if (rest > 0) diagnostics.add(id, severity, sentence, undefined, rest);
  }

  #place(line: number): string {
    return `${this.#context.inputName}:${line}`;
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

/** True when a line begins with the columns of the layout, so that it was a trace line once. */
function hasPrologue(text: string, layout: FunctionGraphLayout): boolean {
  if (layout.abstime) return /^ *\d+\.\d{6} \|/.test(text);
  if (layout.cpu) return /^ *\d+\) /.test(text);
  if (layout.duration) return /^(?:[ +!#*@$] \d+\.\d* us| {14}\|)/.test(text);
  return false;
}

/** True when a line has any of the marks that trace lines are made of. */
function looksLikeTrace(text: string): boolean {
  return (
    /[|{};]|\/\*|\*\/|\(\)| us\b|^\s*\d+\)|\[LOST|=>|[^\x20-\x7e\t]/.test(text) || !/[A-Za-z]/.test(text)
  );
}

/** A line that says what the next ones look like. */
function startsSection(text: string): boolean {
  return text.startsWith('#') && (text.startsWith('# tracer: ') || layoutFromHeader(text.trimEnd()) !== null);
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  let p = start;
  while (p < end && (bytes[p] === SPACE || bytes[p] === CARRIAGE_RETURN)) p++;
  return p === end;
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

/** Bytes of a text made of latin1 characters: a plain Uint8Array, as the hot loop expects. */
function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
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

/** What a text's head looks like to this parser. */
export type FunctionGraphSniff = 'trace' | 'mail' | null;

/**
 * `trace`: function_graph text as the kernel prints it (maybe behind line numbers or printk stamps);
 * `mail`: such lines quoted, collapsed or among prose; null: neither.
 */
export function sniffFunctionGraph(head: Uint8Array): FunctionGraphSniff {
  const text = latin1(head, 0, head.length);
  // The column line also stands over latency tracers that print graphs (irqsoff, wakeup).
  if (/^# tracer: function_graph|^#.*FUNCTION CALLS\s*$/m.test(text)) return 'trace';
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !/^# /.test(line));
  // The last line of a long head is cut.
  if (lines.length > 1 && head.length >= 1 << 15) lines.pop();
  const sample = lines.slice(0, 400);
  const plain = inferLayout(sample);
  if (plain && isConvincing(plain, sample.length)) {
    return plain.layout.collapsed || plain.matches * 2 < sample.length ? 'mail' : 'trace';
  }
  const stripped = sample.map((line) => undecorate(line));
  const inferred = inferLayout(stripped.map((line) => line.text));
  if (!inferred || !isConvincing(inferred, sample.length)) return null;
  const quoted = stripped.some((line) => line.decoration.includes('quote'));
  return quoted || inferred.layout.collapsed || inferred.matches * 2 < sample.length ? 'mail' : 'trace';
}

/** Lines of program text look like a bare layout: then nearly all must fit, else two are enough. */
function isConvincing(inferred: InferredLayout, lines: number): boolean {
  const { layout, matches } = inferred;
  if (layout.abstime || layout.cpu || layout.duration) return matches >= Math.min(2, lines);
  return matches >= 3 && matches >= 0.9 * lines;
}
