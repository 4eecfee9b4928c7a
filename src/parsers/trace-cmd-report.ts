import { latin1, RecordBatch, RecordKind } from '../trace/records.ts';
import { undecorate } from './line-decoration.ts';
import { ReportLines } from './trace-cmd-report-lines.ts';
import { type ReportOddLine, readReportOddLine } from './trace-cmd-report-odd-lines.ts';
import { TraceCmdTables } from './trace-cmd-tables.ts';
import type { ParseContext, TraceFacts, TraceParser } from './trace-parser.ts';
import { UnreadLines } from './unread-lines.ts';
import { WholeLines } from './whole-lines.ts';

const NEWLINE = 10;
const MAX_ODD_LINE_BYTES = 1 << 13;
/** Lines that one text of a program (trace_printk, trace_marker) may have. */
const MAX_TEXT_LINES = 64;

/**
 * Parser of the text of `trace-cmd report`, in every variant, at any chunk size: default, `-l`, `-t`,
 * `-R`, `-N`, `-w`, `--ts-diff`, `--raw-ts`, several files, instances; trace-cmd 2.9 to 3.4.
 *
 * Tables that it prints instead of records (`--stat`, `--profile`) go to the table sink.
 */
export class TraceCmdReportParser implements TraceParser {
  readonly #context: ParseContext;
  readonly #batch: RecordBatch;
  readonly #feed: WholeLines;
  readonly #lines: ReportLines;
  readonly #unread: UnreadLines;
  readonly #tables: TraceCmdTables;
  #bytes = 0;
  #kernelRelease = '';
  #sawRecord = false;
  /** Lines that the text of the last record may still have. */
  #textLinesLeft = 0;
  #retrying = false;
  #retryFailed = false;

  constructor(context: ParseContext, options: { readonly batch?: RecordBatch } = {}) {
    this.#context = context;
    this.#batch = options.batch ?? new RecordBatch();
    this.#unread = new UnreadLines(context.diagnostics, context.inputName, false);
    this.#tables = new TraceCmdTables(context.inputName, context.tables);
    this.#lines = new ReportLines(context, this.#batch, {
      flush: () => this.#flush(),
      traceLine: () => this.#recordSeen(),
    });
    this.#feed = new WholeLines({
      lines: (bytes, from, end) => this.#parseLines(bytes, from, end),
      overlong: () => {
        const sentence = `lines over ${WholeLines.maxBytes} bytes were skipped`;
        this.#unread.addDamaged(++this.#lines.line, 'overlong-line', sentence);
      },
    });
  }

  get originNs(): number {
    return Number.isNaN(this.#lines.originSeconds) ? 0 : this.#lines.originSeconds * 1e9;
  }

  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    this.#feed.push(chunk);
  }

  finish(): TraceFacts {
    const before = this.#unread.notUnderstood + this.#unread.pending;
    if (this.#feed.finish() && this.#unread.notUnderstood + this.#unread.pending > before) {
      const sentence = 'the input ends in the middle of a line';
      this.#context.diagnostics.add('truncated-line', 'loss', sentence, this.#place());
    }
    this.#unread.settle(true);
    this.#flush();
    this.#report(this.#tables.finish());
    const lines = this.#lines;
    const hasStamps = !Number.isNaN(lines.firstNs);
    return {
      bytes: this.#bytes,
      lines: lines.line,
      understoodLines: lines.line - this.#unread.notUnderstood,
      cpus: lines.cpus,
      clock: hasStamps ? 'stamps' : 'none',
      ...(hasStamps ? { stampQuantumNs: lines.sawMicroseconds ? 1000 : 1 } : {}),
      originNs: this.originNs,
      firstNs: lines.firstNs,
      lastNs: lines.lastNs,
      kernelRelease: this.#kernelRelease,
      layouts: this.#sawRecord ? [this.#layout()] : [],
    };
  }

  #parseLines(bytes: Uint8Array, from: number, end: number): void {
    this.#flush();
    this.#batch.bytes = bytes;
    let p = from;
    for (;;) {
      p = this.#lines.parse(bytes, p, end);
      if (p === end) break;
      const lineEnd = bytes.indexOf(NEWLINE, p);
      this.#lines.line++;
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

  /** Understands a line that is no record, or counts it as not understood. */
  #oddLine(bytes: Uint8Array, start: number, end: number): void {
    const isLong = end - start > MAX_ODD_LINE_BYTES;
    const text = latin1(bytes, start, isLong ? start + MAX_ODD_LINE_BYTES : end).replace(/\r$/, '');
    const mayContinue = this.#lines.mayContinue || this.#textLinesLeft > 0;
    if (!isLong && this.#readAsOddLine(text)) return;
    if (this.#retrying) {
      this.#retryFailed = true;
      return;
    }
    if (!isLong && this.#readUndecorated(text)) return;
    if (looksLikeRecord(text)) {
      const sentence = 'lines begin like records and cannot be read on';
      this.#unread.addDamaged(this.#lines.line, 'damaged-line', sentence);
      this.#endText();
      return;
    }
    if (mayContinue) {
      if (this.#lines.mayContinue) this.#textLinesLeft = MAX_TEXT_LINES;
      this.#lines.interrupt();
      this.#textLinesLeft--;
      // The next record ends the text.
      this.#lines.watch = true;
      return;
    }
    this.#lines.interrupt();
    if (isLong) {
      const sentence = `lines over ${MAX_ODD_LINE_BYTES} bytes are not understood`;
      this.#unread.addDamaged(this.#lines.line, 'unknown-line', sentence);
      return;
    }
    this.#unread.add(this.#lines.line, text);
    this.#lines.watch = true;
  }

  #endText(): void {
    this.#textLinesLeft = 0;
    this.#lines.interrupt();
  }

  #readAsOddLine(text: string): boolean {
    const odd = readReportOddLine(text);
    if (odd === null) {
      if (!this.#tables.read(text)) return false;
      this.#unread.settle(true);
      this.#endText();
      return true;
    }
    this.#takeOddLine(odd);
    return true;
  }

  #takeOddLine(odd: ReportOddLine): void {
    // A blank line may belong to a text of several lines.
    if (odd.kind !== 'nothing') this.#endText();
    switch (odd.kind) {
      case 'cpus':
        this.#takeCpus(odd.prefix, odd.cpus);
        break;
      case 'lost':
        this.#emit(RecordKind.Lost, this.#lines.cpuOf(odd.cpu, odd.prefix), odd.events);
        break;
      case 'release':
        this.#kernelRelease ||= odd.release;
        break;
      case 'unknown-event':
        this.#context.diagnostics.add(
          'unknown-event',
          'loss',
          'records are of events whose format trace-cmd did not know; it prints nothing of them',
          this.#place(),
        );
        break;
      case 'wakeup':
        this.#tables.wakeup(odd.what, odd.ns, odd.atNs);
        break;
      case 'wakeup-rt':
        this.#tables.beginRealTimeWakeups();
        break;
      default:
    }
  }

  /** `cpus=N` begins a report; with the name of a file before it, it is one of several at the beginning. */
  #takeCpus(prefix: string, cpus: number): void {
    if (this.#sawRecord) {
      this.#unread.settle(true);
      this.#emit(RecordKind.Section, -1, 0);
      this.#batch.name[this.#batch.length - 1] = this.#context.names.internText('trace-cmd report');
      this.#lines.beginReport();
      this.#sawRecord = false;
      this.#lines.watch = true;
    }
    const name = prefix.trim().replace(/:$/, '');
    if (name === '') return;
    this.#lines.inputs.addFile(name, cpus);
    if (this.#lines.inputs.files !== 2) return;
    const sentence =
      'reports are merged of several files: CPUs of each but the first are counted on, its tasks are named FILE:TASK';
    this.#context.diagnostics.add('merged-report', 'info', sentence, this.#place());
  }

  /** Takes quote marks, line numbers and NUL bytes off and tries again. */
  #readUndecorated(text: string): boolean {
    const plain = undecorate(text).text;
    const cleaned = plain.replaceAll('\0', '');
    if (cleaned === text) return false;
    const line = this.#lines.line;
    const bytes = new Uint8Array(Buffer.from(`${cleaned}\n`, 'latin1'));
    this.#retrying = true;
    this.#retryFailed = false;
    this.#lines.line = line - 1;
    this.#parseLines(bytes, 0, bytes.length);
    this.#lines.line = line;
    this.#retrying = false;
    if (this.#retryFailed) return false;
    if (cleaned.length < plain.length) {
      const sentence = 'NUL bytes were taken out of lines';
      this.#context.diagnostics.add('nul-bytes', 'warning', sentence, this.#place());
    }
    return true;
  }

  /** A record was read: lines before it that were not are now known to be around it or in it. */
  #recordSeen(): void {
    this.#unread.settle(!this.#sawRecord);
    this.#sawRecord = true;
    this.#textLinesLeft = 0;
    this.#lines.watch = false;
  }

  #emit(kind: number, cpu: number, other: number): void {
    this.#recordSeen();
    const batch = this.#batch;
    const row = batch.length++;
    batch.kind[row] = kind;
    batch.bits[row] = 0;
    batch.name[row] = -1;
    batch.cpu[row] = cpu;
    batch.task[row] = -1;
    batch.other[row] = other;
    batch.timeNs[row] = Number.NaN;
    batch.durationNs[row] = Number.NaN;
    batch.depth[row] = -1;
    batch.line[row] = this.#lines.line;
    if (batch.length === batch.capacity) this.#flush();
  }

  /** Says what the reader should know of the whole input. */
  #report(tables: readonly string[]): void {
    const { diagnostics, inputName } = this.#context;
    if (this.#lines.sawWholeStamps) {
      const sentence =
        'time stamps are whole numbers (--raw-ts, or a clock that does not count time) and are taken for ns';
      diagnostics.add('whole-stamps', 'warning', sentence, inputName);
    }
    for (const kind of tables) {
      const sentence = 'tables were read that hold sums, not records';
      diagnostics.add('table-read', 'info', sentence, `${inputName}: ${kind}`);
    }
    if (!this.#sawRecord && tables.length === 0) {
      const sentence = 'the report of trace-cmd holds no records';
      diagnostics.add('no-records', 'warning', sentence, inputName);
    }
  }

  #layout(): string {
    const lines = this.#lines;
    const columns = ['trace-cmd'];
    if (lines.inputs.files > 1) columns.push('files');
    if (lines.sawLatency) columns.push('latency');
    else if (lines.sawFlags) columns.push('flags');
    if (lines.sawWholeStamps) columns.push('raw-ts');
    else columns.push(lines.sawMicroseconds ? 'us' : 'ns');
    if (lines.sawDifferences) columns.push('ts-diff');
    return columns.join(' ');
  }

  #place(): string {
    return this.#unread.place(this.#lines.line);
  }
}

/** True when a line begins with the columns of a record, or has them behind a file's name. */
function looksLikeRecord(text: string): boolean {
  const start = text.slice(0, 400);
  return (
    /^.{0,16}-\d+ +(?:\[\d{3,}\]|\d+[.dXbDN][.\w]{3})/.test(start) ||
    /-\d+ +(?:\[\d+\]|\d+[.dXbDN]).* \d+(?:\.\d+)?:(?: |$)/.test(start)
  );
}
