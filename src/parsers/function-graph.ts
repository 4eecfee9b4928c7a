import { latin1, RecordBatch, RecordKind } from '../trace/records.ts';
import { EventLines } from './ftrace-events.ts';
import { alignEventLine, looksLikeEventLine } from './ftrace-loose-lines.ts';
import { CallLines } from './function-graph-calls.ts';
import {
  type FunctionGraphLayout,
  inferLayout,
  layoutFromHeader,
  layoutText,
} from './function-graph-layout.ts';
import { isEventHeader, readOddLine, readTaskName, type TaskName } from './function-graph-odd-lines.ts';
import { undecorate } from './line-decoration.ts';
import { MAX_CPUS, ReadingState } from './reading-state.ts';
import type { ParseContext, TraceFacts, TraceParser } from './trace-parser.ts';
import { UnreadLines } from './unread-lines.ts';

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;

const MAX_LINE_BYTES = 1 << 20;
const MAX_ODD_LINE_BYTES = 1 << 13;
/** Lines looked at to find the columns of a text that has no header. */
const LINES_TO_INFER = 50;
const BYTES_TO_INFER = 1 << 16;
const MAX_COMMENT_LINES = 64;

/**
 * Parser of ftrace text, at any chunk size: function_graph with every option of its printer, the events and the
 * function tracer as the common printer writes them, and texts that hold both.
 *
 * Two hot loops walk bytes once, write columns and make no string: {@link CallLines} and {@link EventLines}.
 * Lines that neither takes go to {@link FunctionGraphParser.#oddLine}, which may be slow.
 * Grammar: kernel/trace/trace_functions_graph.c and trace_output.c of 6.1, 6.12 and 7.3.
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

  /** Decoration of the last trace line, and of the line being parsed. */
  #lastDecoration = '';
  #decoration = '';
  #sawTrace = false;
  /** True when the lines of the section are the common printer's, as far as its header or its lines tell. */
  #isCommon = false;
  /** How many more lines may belong to a comment that was not closed in its line. */
  #commentLinesLeft = 0;
  /** True while one line is parsed again without its decoration. */
  #retrying = false;
  #retryFailed = false;
  readonly #state = new ReadingState();
  readonly #calls: CallLines;
  readonly #events: EventLines;
  readonly #unread: UnreadLines;

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
    this.#unread = new UnreadLines(context.diagnostics, context.inputName, this.#prose);
    const hooks = { flush: () => this.#flush(), traceLine: () => this.#traceLineSeen() };
    this.#calls = new CallLines(context, this.#batch, this.#state, hooks);
    this.#events = new EventLines(context, this.#batch, this.#state, hooks);
  }

  get originNs(): number {
    return Number.isNaN(this.#state.originSeconds) ? 0 : this.#state.originSeconds * 1e9;
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
      const line = new Uint8Array(this.#carryLength + 1);
      line.set(this.#carry.subarray(0, this.#carryLength));
      line[this.#carryLength] = NEWLINE;
      this.#unread.cutLine = this.#state.line + 1;
      this.#parseLines(line, 0, line.length);
    }
    this.#settleGathered();
    this.#unread.settle(true);
    this.#flush();
    const facts = this.#facts;
    facts.layouts.push(...this.#events.layouts);
    facts.lines = this.#state.line;
    facts.understoodLines = this.#state.line - this.#unread.notUnderstood;
    facts.cpus = this.#state.cpus;
    if (!Number.isNaN(this.#state.firstNs)) {
      facts.clock = 'stamps';
      // The graph printer writes six decimals always.
      facts.stampQuantumNs = Number.isNaN(this.#state.quantumNs) ? 1000 : this.#state.quantumNs;
      facts.originNs = this.#state.originSeconds * 1e9;
      facts.firstNs = this.#state.firstNs;
      facts.lastNs = this.#state.lastNs;
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
      this.#state.line++;
      const text = `lines over ${MAX_LINE_BYTES} bytes were skipped`;
      this.#unread.addDamaged(this.#state.line, 'overlong-line', text);
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
    this.#setCommon(false);
    const text = layoutText(layout);
    if (!this.#facts.layouts.includes(text)) this.#facts.layouts.push(text);
  }

  #setCommon(isCommon: boolean): void {
    this.#isCommon = isCommon;
    this.#events.raw = isCommon;
    this.#events.bare = false;
  }

  // ---------------------------------------------------------------- the hot loops

  /** Parses whole lines `bytes[from, end)`, the last byte being a newline. */
  #parseLines(bytes: Uint8Array, from: number, end: number): void {
    this.#flush();
    this.#batch.bytes = bytes;
    let p = from;
    for (;;) {
      const before = p;
      if (this.#layout !== null) {
        p = this.#calls.parse(bytes, p, end, this.#layout);
        if (p > before) this.#events.interrupted();
        if (this.#batch.length === this.#batch.capacity) this.#flush();
        if (this.#calls.addedName) {
          this.#calls.addedName = false;
          continue;
        }
      }
      // While lines wait for their layout, those behind them have to wait as well.
      if (p < end && this.#gathered.length === 0) {
        const from = p;
        p = this.#events.parse(bytes, p, end);
        if (p > from && this.#layout === null && !this.#isCommon) this.#setCommon(true);
      }
      if (p === end) break;
      if (p > before) continue;
      const lineEnd = bytes.indexOf(NEWLINE, p);
      this.#state.line++;
      this.#oddLine(bytes, p, lineEnd);
      this.#batch.bytes = bytes;
      p = lineEnd + 1;
    }
    this.#flush();
  }

  #flush(): void {
    if (this.#batch.length === 0) return;
    this.#context.sink(this.#batch);
    this.#batch.length = 0;
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
      const sentence = `lines over ${MAX_ODD_LINE_BYTES} bytes are not understood`;
      this.#unread.addDamaged(this.#state.line, 'unknown-line', sentence);
      return;
    }
    const mayBeGraph = !this.#isCommon || looksLikeGraphLine(text);
    if (this.#layout === null && mayBeGraph && this.#gather(text)) return;
    if (this.#readUndecorated(text)) return;
    if (this.#readBrokenComment(text)) return;
    if (!this.#prose && this.#isDamaged(text)) {
      const sentence = 'lines begin like the trace and cannot be read on';
      this.#unread.addDamaged(this.#state.line, 'damaged-line', sentence);
      return;
    }
    this.#unread.add(this.#state.line, text);
    this.#state.watch = true;
  }

  /** A line that was one of the trace's once. */
  #isDamaged(text: string): boolean {
    if (this.#layout) return hasPrologue(text, this.#layout);
    return this.#isCommon && this.#sawTrace && looksLikeEventLine(text);
  }

  #readAsOddLine(text: string): boolean {
    const odd = readOddLine(text);
    if (odd) {
      if (odd.kind !== 'blank') this.#events.inStack = false;
      switch (odd.kind) {
        case 'tracer':
          this.#beginSection(text);
          break;
        case 'release':
          this.#facts.kernelRelease ||= odd.release;
          this.#events.bare = false;
          break;
        case 'entries':
          this.#events.bare = false;
          if (odd.cpus > 0) this.#facts.onlineCpus ??= odd.cpus;
          if (odd.written > odd.kept) this.#emitOverwritten(odd.written - odd.kept);
          break;
        case 'event-header':
          this.#settleGathered();
          this.#layout = null;
          this.#setCommon(true);
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
    const aligned = alignEventLine(text);
    return aligned !== null && aligned !== text && this.#retry(aligned);
  }

  /** `# tracer:` begins a trace: what was known of the one before does not hold any more. */
  #beginSection(text: string): void {
    this.#settleGathered();
    this.#unread.settle(true);
    this.#emit(RecordKind.Section, -1, -1, 0);
    const tracer = text.slice('# tracer: '.length).trim();
    this.#batch.name[this.#batch.length - 1] = this.#context.names.internText(tracer);
    this.#layout = null;
    this.#setCommon(tracer !== 'function_graph');
    // Until a header with columns comes: nocontext-info prints none.
    this.#events.bare = this.#isCommon;
    this.#events.bodies.tracer = tracer;
    this.#calls.cpuTask.fill(-1);
  }

  /** The header says that the ring buffer wrapped: what is missing came before the first line. */
  #emitOverwritten(count: number): void {
    this.#emit(RecordKind.Lost, -1, -1, count);
    const sentence = 'records were overwritten before the trace was read: the buffer was too small';
    this.#context.diagnostics.add(
      'overwritten',
      'loss',
      sentence,
      this.#unread.place(this.#state.line),
      count,
    );
  }

  #emitIrqMark(text: string, kind: number, cpu: number): void {
    const row = this.#emit(kind, cpu, this.#taskOf(cpu), 0);
    const stamp = this.#layout?.abstime ? /^ *(\d+)\.(\d{6}) \|/.exec(text) : null;
    if (stamp) {
      if (Number.isNaN(this.#state.originSeconds)) this.#state.originSeconds = Number(stamp[1]);
      this.#batch.timeNs[row] =
        (Number(stamp[1]) - this.#state.originSeconds) * 1e9 + Number(stamp[2]) * 1000;
    }
    const field = this.#layout?.proc ? /^.*?(.{14}|\S.{13,16}\d) \| +[=<]/.exec(text)?.[1] : undefined;
    const task = field === undefined ? null : readTaskName(field);
    if (task) this.#batch.task[row] = this.#context.tasks.intern(task.pid, task.comm, cpu);
  }

  #emitSwitch(cpu: number, from: TaskName, to: TaskName): void {
    const { tasks } = this.#context;
    const before = tasks.intern(from.pid, from.comm, cpu);
    const task = tasks.intern(to.pid, to.comm, cpu);
    if (cpu < MAX_CPUS) this.#calls.cpuTask[cpu] = task;
    this.#emit(RecordKind.Switch, cpu, task, before);
  }

  /** Lines were left out by the person or the grep that made this text: a loss on every CPU. */
  #emitElision(): void {
    if (this.#sawTrace) this.#emit(RecordKind.Lost, -1, -1, -1);
  }

  #taskOf(cpu: number): number {
    return cpu >= 0 && cpu < MAX_CPUS ? this.#calls.cpuTask[cpu]! : -1;
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
    batch.line[row] = this.#state.line;
    return row;
  }

  // ---------------------------------------------------------------- sections without a header

  /** Keeps a line until the section's columns can be inferred; false when that failed already. */
  #gather(text: string): boolean {
    if (this.#gatheredFrom < 0) return false;
    if (this.#gathered.length === 0) this.#gatheredFrom = this.#state.line;
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
    const line = this.#state.line;
    this.#gathered = [];
    this.#gatheredBytes = 0;
    const inferred = inferLayout(lines) ?? inferLayout(lines.map((text) => undecorate(text).text));
    if (inferred) this.#setLayout(inferred.layout);
    this.#state.line = this.#gatheredFrom - 1;
    // -1: these lines must not be gathered again.
    this.#gatheredFrom = -1;
    const bytes = bytesOf(`${lines.join('\n')}\n`);
    this.#parseLines(bytes, 0, bytes.length);
    this.#gatheredFrom = 0;
    this.#state.line = line;
  }

  // ---------------------------------------------------------------- decoration and prose

  /** Takes quote marks, line numbers and printk stamps off and tries again. */
  #readUndecorated(text: string): boolean {
    const plain = undecorate(text);
    const cleaned = plain.text.replaceAll('\0', '');
    if (cleaned === text) return false;
    if (cleaned.length < plain.text.length) {
      const sentence = 'NUL bytes were taken out of lines';
      this.#context.diagnostics.add('nul-bytes', 'warning', sentence, this.#unread.place(this.#state.line));
    }
    this.#decoration = plain.decoration;
    this.#state.watch = true;
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
    this.#state.watch = true;
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
    this.#state.watch = true;
    return true;
  }

  #retry(text: string): boolean {
    const line = this.#state.line;
    const bytes = bytesOf(`${text}\n`);
    const outer = this.#retrying;
    this.#retrying = true;
    this.#retryFailed = false;
    this.#state.line = line - 1;
    this.#parseLines(bytes, 0, bytes.length);
    this.#state.line = line;
    this.#retrying = outer;
    return !this.#retryFailed;
  }

  /** A trace line was read: lines before it that were not are now known to be around it or in it. */
  #traceLineSeen(): void {
    this.#commentLinesLeft = 0;
    const newPart = !this.#sawTrace || this.#decoration !== this.#lastDecoration;
    this.#unread.settle(newPart);
    this.#sawTrace = true;
    this.#lastDecoration = this.#decoration;
    this.#state.watch = this.#decoration !== '';
  }
}

/** True when a line begins with the columns of the layout, so that it was a trace line once. */
function hasPrologue(text: string, layout: FunctionGraphLayout): boolean {
  if (layout.abstime) return /^ *\d+\.\d{6} \|/.test(text);
  if (layout.cpu) return /^ *\d+\) /.test(text);
  if (layout.duration) return /^(?:[ +!#*@$] \d+\.\d* us| {14}\|)/.test(text);
  return false;
}

/** A line that may be the graph printer's, though the lines before it are the common printer's. */
function looksLikeGraphLine(text: string): boolean {
  return /^ *(?:\d+\.\d{6} \| +)?\d+\) |(?: us| {8}) *\| {2}/.test(text);
}

/** A line that says what the next ones look like. */
function startsSection(text: string): boolean {
  if (!text.startsWith('#')) return false;
  return text.startsWith('# tracer: ') || layoutFromHeader(text.trimEnd()) !== null || isEventHeader(text);
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  let p = start;
  while (p < end && (bytes[p] === SPACE || bytes[p] === CARRIAGE_RETURN)) p++;
  return p === end;
}

/** Bytes of a text made of latin1 characters: a plain Uint8Array, as the hot loop expects. */
function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}
