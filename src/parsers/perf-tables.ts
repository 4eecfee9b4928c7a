import { latin1 } from '../trace/records.ts';
import type { SideHistogram, SideTable } from '../trace/side-tables.ts';
import type { ParseContext, TraceFacts, TraceParser } from './trace-parser.ts';
import { WholeLines } from './whole-lines.ts';

/** `# DURATION | COUNT | GRAPH` (tools/perf/builtin-ftrace.c, display_histogram). */
const LATENCY_HEADER = /^# +DURATION +\| +COUNT +\| GRAPH/;
const LATENCY_ROW = /^ *(\d+) +- +(\d+|\.\.\.) +(ns|us|ms|s) \| +(\d+) \|/;
/** ` contended   total wait ... type   caller` (tools/perf/builtin-lock.c, print_header). */
const CONTENTION_HEADER = /^ *contended +total wait\b/;
/** `Name   acquired  contended     avg wait ...` (the same file, print_result). */
const REPORT_HEADER = /^ *Name +acquired\b/;

const UNIT_NS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
/** A time with its unit, or a plain number of ns as perf printed before 5.19. */
const WAIT = String.raw`(\d+(?:\.\d+)?(?: +(?:ns|us|ms|s|m|h)\b)?)`;
const COLUMN =
  /(?:avg|total|max|min) wait(?: \(ns\))?|contended|acquired|type|caller|symbol|address|pid|comm|Name/g;
/** What perf prints behind a table. */
const AROUND_TABLE =
  /^=== output for debug ?===|^bad: \d+, total: \d+|^bad rate: |^histogram of |^ +(?:acquire|acquired|contended|release|broken[\w ]*): +\d+|^# statistics|^ +(?:total|avg|max|min) time: +\d|^ +count: +\d|^ {12,}0x[0-9a-f]+ +\S/;
const MAX_LINE = 4096;

type Cell = string | number | null;

interface OpenTable {
  readonly kind: string;
  readonly columns: readonly string[];
  readonly row: RegExp;
  readonly rows: Cell[][];
}

/** True when the first bytes hold the header of a table that {@link PerfTablesParser} reads. */
export function sniffPerfTables(head: Uint8Array): boolean {
  return latin1(head, 0, head.length)
    .split('\n')
    .some((line) => LATENCY_HEADER.test(line) || CONTENTION_HEADER.test(line) || REPORT_HEADER.test(line));
}

/**
 * Reads the tables of `perf lock contention`, `perf lock report` and `perf ftrace latency`. They are no
 * records: they go to the context's table sink, times in ns. Output of the recorded command may stand
 * around them.
 */
export class PerfTablesParser implements TraceParser {
  readonly originNs = 0;
  readonly #context: ParseContext;
  readonly #chunks: WholeLines;
  #bytes = 0;
  #line = 0;
  #notUnderstood = 0;
  #table: OpenTable | null = null;
  #buckets: { lo: number; hi: number; count: number }[] | null = null;

  constructor(context: ParseContext) {
    this.#context = context;
    this.#chunks = new WholeLines({
      lines: (bytes, from, end) => this.#read(bytes, from, end),
      overlong: () => {
        this.#line++;
        this.#unknown();
      },
    });
  }

  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    this.#chunks.push(chunk);
  }

  finish(): TraceFacts {
    this.#chunks.finish();
    this.#close();
    return {
      bytes: this.#bytes,
      lines: this.#line,
      understoodLines: this.#line - this.#notUnderstood,
      cpus: 0,
      clock: 'none',
      originNs: 0,
      firstNs: Number.NaN,
      lastNs: Number.NaN,
      kernelRelease: '',
      layouts: [],
    };
  }

  #read(bytes: Uint8Array, from: number, end: number): void {
    for (let at = from; at < end; ) {
      const newline = bytes.indexOf(10, at);
      this.#line++;
      this.#readLine(latin1(bytes, at, Math.min(newline, at + MAX_LINE)).trimEnd());
      at = newline + 1;
    }
  }

  #readLine(text: string): void {
    if (text === '' || this.#readHeader(text) || this.#readRow(text) || AROUND_TABLE.test(text)) return;
    if (this.#table || this.#buckets) this.#unknown();
    else {
      const sentence = 'lines of text stand around the table';
      this.#context.diagnostics.add('text-around', 'info', sentence, this.#place());
    }
  }

  #readHeader(text: string): boolean {
    if (LATENCY_HEADER.test(text)) {
      this.#close();
      this.#buckets = [];
      return true;
    }
    const isReport = REPORT_HEADER.test(text);
    if (!isReport && !CONTENTION_HEADER.test(text)) return false;
    this.#close();
    const titles = text.match(COLUMN)!;
    this.#table = {
      kind: isReport ? 'perf-lock-report' : 'perf-lock-contention',
      columns: titles.map(columnName),
      row: new RegExp(`^ *${titles.map(columnPattern).join(' +')}$`),
      rows: [],
    };
    return true;
  }

  #readRow(text: string): boolean {
    if (this.#buckets) {
      const m = LATENCY_ROW.exec(text);
      if (!m) return false;
      const unit = UNIT_NS[m[3]!]!;
      const hi = m[2] === '...' ? Number.POSITIVE_INFINITY : Number(m[2]) * unit;
      this.#buckets.push({ lo: Number(m[1]) * unit, hi, count: Number(m[4]) });
      return true;
    }
    if (!this.#table) return false;
    const m = this.#table.row.exec(text);
    if (!m) return false;
    this.#table.rows.push(this.#table.columns.map((column, i) => cell(column, m[i + 1]!)));
    return true;
  }

  #close(): void {
    const { tables, inputName: source } = this.#context;
    if (this.#buckets) {
      const histogram: SideHistogram = {
        source,
        // The table does not say which function was measured.
        name: 'perf ftrace latency',
        unit: 'ns',
        buckets: this.#buckets,
      };
      tables?.histogram(histogram);
    }
    if (this.#table) {
      const { kind, columns, rows } = this.#table;
      const table: SideTable = { source, kind, columns, rows };
      tables?.table(table);
    }
    this.#buckets = null;
    this.#table = null;
  }

  #unknown(): void {
    this.#notUnderstood++;
    const sentence = 'lines within the table are not understood';
    this.#context.diagnostics.add('unknown-line', 'warning', sentence, this.#place());
  }

  #place(): string {
    return `${this.#context.inputName}:${this.#line}`;
  }
}

function columnName(title: string): string {
  const wait = /^(\w+) wait/.exec(title);
  return wait ? `${wait[1]}_wait_ns` : title.toLowerCase();
}

function columnPattern(title: string): string {
  if (title.includes('wait')) return WAIT;
  if (title === 'contended' || title === 'acquired') return String.raw`(\d+)`;
  if (title === 'pid') return String.raw`(-?\d+)`;
  if (title === 'type' || title === 'address') return String.raw`(\S+)`;
  return String.raw`(\S.*?)`;
}

/** Counts and times as numbers, names as they stand. */
function cell(column: string, text: string): Cell {
  if (column.endsWith('_ns')) {
    const [number, unit = 'ns'] = text.split(/ +/);
    return Math.round(Number(number) * UNIT_NS[unit]!);
  }
  return /^(?:contended|acquired|pid)$/.test(column) ? Number(text) : text;
}
