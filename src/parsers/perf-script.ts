import { latin1, RecordBatch, RecordKind } from '../trace/records.ts';
import { isBlank, withoutEndBlanks } from './line-blanks.ts';
import { readSampleLine, type SampleLine } from './perf-sample-line.ts';
import { readHeaderLine } from './perf-script-header.ts';
import { PerfScriptLines } from './perf-script-lines.ts';
import type { ParseContext, TraceFacts, TraceParser } from './trace-parser.ts';
import { WholeLines } from './whole-lines.ts';

const NEWLINE = 10;
/** Longer than any line but a tracepoint's, which the hot loop reads. */
const MAX_ODD_LINE_BYTES = 1 << 13;

/** What other fields print below a frame or a sample: source lines and code, registers, branches. */
const BELOW_FRAME =
  /^(?: {2}\S.*(?::(?:\d+|\?)|\[[0-9a-f]+\])(?: \(discriminator \d+\))?$|\|\d* | ABI:\d| 0x[0-9a-f]+\/0x)/;

/**
 * Parser of the text that `perf script` prints, at any chunk size and with any choice of fields that
 * names a task, a CPU, a time or an event. Tracepoints and probes become events, other samples become
 * samples of a profile; the frames of callchains follow their row.
 *
 * Source of the format: tools/perf/builtin-script.c and tools/perf/util/evsel_fprintf.c (5.10 to 7.0).
 */
export class PerfScriptParser implements TraceParser {
  readonly #context: ParseContext;
  readonly #batch: RecordBatch;
  readonly #lines: PerfScriptLines;
  readonly #chunks: WholeLines;
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

  #notUnderstood = 0;
  /** A line that only frames below it can explain, and its number. */
  #held: SampleLine | null = null;
  #heldLine = 0;

  constructor(context: ParseContext, options: { readonly batch?: RecordBatch } = {}) {
    this.#context = context;
    this.#batch = options.batch ?? new RecordBatch();
    this.#lines = new PerfScriptLines(context, this.#batch, () => this.#flush());
    this.#chunks = new WholeLines({
      lines: (bytes, from, end) => this.#parseLines(bytes, from, end),
      overlong: () => {
        this.#lines.line++;
        this.#damaged('overlong-line', 'lines over 1 MiB were skipped');
      },
    });
  }

  get originNs(): number {
    return Number.isNaN(this.#lines.originSeconds) ? 0 : this.#lines.originSeconds * 1e9;
  }

  push(chunk: Uint8Array): void {
    this.#facts.bytes += chunk.length;
    this.#chunks.push(chunk);
  }

  finish(): TraceFacts {
    const before = this.#notUnderstood;
    const isCut = this.#chunks.finish();
    this.#settleHeld();
    if (isCut && this.#notUnderstood > before) {
      const text = 'the input ends in the middle of a line';
      this.#context.diagnostics.add('truncated-line', 'loss', text, this.#place(this.#lines.line));
    }
    this.#flush();
    const facts = this.#facts;
    const lines = this.#lines;
    facts.lines = lines.line;
    facts.understoodLines = lines.line - this.#notUnderstood;
    facts.cpus = lines.cpuSeen.reduce((sum, seen) => sum + seen, 0);
    if (!Number.isNaN(lines.firstNs)) {
      facts.clock = 'stamps';
      facts.originNs = this.originNs;
      facts.firstNs = lines.firstNs;
      facts.lastNs = lines.lastNs;
      facts.stampQuantumNs = lines.decimals === 9 ? 1 : 1000;
    }
    return facts;
  }

  #parseLines(bytes: Uint8Array, from: number, end: number): void {
    this.#flush();
    this.#batch.bytes = bytes;
    let p = from;
    for (;;) {
      if (this.#held === null) p = this.#lines.parse(bytes, p, end);
      if (p === end) break;
      const lineEnd = bytes.indexOf(NEWLINE, p);
      this.#lines.line++;
      this.#oddLine(bytes, p, lineEnd);
      this.#batch.bytes = bytes;
      p = lineEnd + 1;
      if (p === end) break;
    }
    this.#flush();
  }

  #flush(): void {
    if (this.#batch.length === 0) return;
    this.#context.sink(this.#batch);
    this.#batch.length = 0;
  }

  // ---------------------------------------------------------------- lines that the hot loop leaves

  #oddLine(bytes: Uint8Array, start: number, end: number): void {
    if (end - start > MAX_ODD_LINE_BYTES) {
      this.#settleHeld();
      this.#damaged('unknown-line', `lines over ${MAX_ODD_LINE_BYTES} bytes are not understood`);
      return;
    }
    const text = withoutEndBlanks(latin1(bytes, start, end));
    if (text[0] === '\t') {
      this.#readFrame(text);
      return;
    }
    this.#settleHeld();
    if (text === '') {
      this.#lines.open = false;
      this.#lines.orphans = false;
    } else this.#readSample(text);
  }

  /** A frame without an open sample: of one that has no line of its own, or of one that is lost. */
  #readFrame(text: string): void {
    if (!/^\t *[0-9a-f]{1,16}(?: |$)/.test(text)) {
      this.#settleHeld();
      this.#unknown();
      return;
    }
    if (this.#lines.orphans) {
      this.#notUnderstood++;
      const sentence = 'frames belong to samples whose first line cannot be read';
      this.#context.diagnostics.add('frame-without-sample', 'loss', sentence, this.#place(this.#lines.line));
      return;
    }
    if (this.#held !== null) this.#emitHeld(this.#held);
    else if (!this.#lines.open) this.#lines.openUnnamed(-1);
    this.#parseAlone(`${text}\n`);
  }

  #emitHeld(held: SampleLine): void {
    this.#held = null;
    const line = this.#lines.line;
    this.#lines.line = this.#heldLine;
    this.#emitSample(held);
    this.#lines.line = line;
  }

  #emitSample(sample: SampleLine): void {
    this.#flush();
    const bytes = new Uint8Array(Buffer.from(sample.rest, 'latin1'));
    this.#batch.bytes = bytes;
    this.#lines.emitLine(sample, bytes);
    this.#flush();
  }

  /** Gives one line to the hot loop again; it has been counted. */
  #parseAlone(line: string): void {
    this.#flush();
    const bytes = new Uint8Array(Buffer.from(line, 'latin1'));
    this.#batch.bytes = bytes;
    this.#lines.line--;
    this.#lines.parse(bytes, 0, bytes.length);
    this.#flush();
  }

  #readComment(text: string): void {
    this.#lines.open = false;
    if (text.startsWith('# captured on') && this.#lines.sawSample) {
      this.#row(RecordKind.Section, -1, -1, 0);
    }
    readHeaderLine(text, this.#facts);
  }

  #readSample(text: string): void {
    const sample = readSampleLine(text);
    // A task may be named like a comment.
    if (text[0] === '#' && !(sample?.isCertain && sample.event !== '' && sample.seconds !== null)) {
      this.#readComment(text);
      return;
    }
    const lacksEvent = sample?.event === '' && sample.record === '' && !isBlank(sample.rest);
    if (sample?.isCertain && !(lacksEvent && this.#lines.sawEvent)) {
      this.#lines.orphans = false;
      if (sample.record !== '') this.#readRecord(sample);
      else this.#emitSample(sample);
    } else if (this.#lines.sawSample && BELOW_FRAME.test(text)) {
      // Understood, and nothing to keep.
    } else if (sample && !sample.isCertain) {
      this.#held = sample;
      this.#heldLine = this.#lines.line;
      this.#lines.open = false;
    } else this.#unknown();
  }

  /** A record that is no sample: only losses matter here. */
  #readRecord(sample: SampleLine): void {
    this.#lines.open = false;
    this.#lines.sawSample = true;
    if (!/^LOST/.test(sample.record)) return;
    const lost = /\blost (\d+)/.exec(sample.record);
    this.#row(RecordKind.Lost, sample.cpu, this.#lines.taskOf(sample), lost ? Number(lost[1]) : -1);
  }

  #row(kind: number, cpu: number, task: number, other: number): void {
    this.#flush();
    const batch = this.#batch;
    const n = batch.length++;
    batch.kind[n] = kind;
    batch.bits[n] = 0;
    batch.name[n] = -1;
    batch.cpu[n] = cpu;
    batch.task[n] = task;
    batch.other[n] = other;
    batch.timeNs[n] = Number.NaN;
    batch.durationNs[n] = Number.NaN;
    batch.depth[n] = -1;
    batch.context[n] = 0;
    batch.line[n] = this.#lines.line;
    this.#flush();
  }

  // ---------------------------------------------------------------- lines that nobody understands

  /** No frame came: the line that waited for one is not understood. */
  #settleHeld(): void {
    if (this.#held === null) return;
    this.#held = null;
    this.#unknown(this.#heldLine);
  }

  #unknown(line = this.#lines.line): void {
    this.#lines.open = false;
    const { diagnostics } = this.#context;
    if (!this.#lines.sawSample) {
      diagnostics.add('text-around', 'info', 'lines of text stand around the trace', this.#place(line));
      return;
    }
    this.#damaged('unknown-line', 'lines within the trace are not understood', line);
  }

  #damaged(id: string, sentence: string, line = this.#lines.line): void {
    this.#lines.open = false;
    this.#lines.orphans = true;
    this.#notUnderstood++;
    this.#context.diagnostics.add(id, 'warning', sentence, this.#place(line));
  }

  #place(line: number): string {
    return `${this.#context.inputName}:${line}`;
  }
}
