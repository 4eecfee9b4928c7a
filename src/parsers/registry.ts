import { InputError, UsageError } from '../trace/diagnostics.ts';
import { latin1 } from '../trace/records.ts';
import { BpfHistogramParser, sniffBpfHistogram } from './bpf-histogram.ts';
import { ChromeJsonParser, sniffChromeJson } from './chrome-json.ts';
import { sniffFtrace } from './ftrace-sniff.ts';
import { FunctionGraphParser } from './function-graph.ts';
import { sniffFunctionGraph } from './function-graph-sniff.ts';
import { cleanMailText } from './mail-text.ts';
import { readPerfData, sniffPerfData } from './perf-data.ts';
import { PerfJsonParser, sniffPerfJson } from './perf-json.ts';
import { describePerfOutput } from './perf-other-output.ts';
import { PerfScriptParser } from './perf-script.ts';
import { sniffPerfScript } from './perf-script-sniff.ts';
import { PerfTablesParser, sniffPerfTables } from './perf-tables.ts';
import { SideDataParser, sniffSideData } from './side-data.ts';
import type { Source } from './source.ts';
import { TraceCmdReportParser } from './trace-cmd-report.ts';
import { sniffTraceCmdReport } from './trace-cmd-report-sniff.ts';
import { readTraceDat, sniffTraceDat } from './trace-dat/trace-dat.ts';
import type { FileReader, ParseContext, TraceParser } from './trace-parser.ts';

/** A format that can be read. */
export interface TraceFormat {
  /** Name for people and for the JSON. */
  readonly id: string;
  readonly title: string;
  /** True when the first 64 KiB look like it. */
  readonly sniff: (head: Uint8Array) => boolean;
  /** How well it is read and from which versions, for `trace-replay formats`. */
  readonly reads: string;
  /** Push parser of a stream; null for formats that need the whole file. */
  readonly open: ((context: ParseContext) => TraceParser) | null;
  readonly readFile?: FileReader;
  /** Makes the text ready for the parser, where people's tools have changed it. */
  readonly prepare?: (
    chunks: AsyncIterable<Uint8Array>,
    onOverlongLine: (line: number) => void,
  ) => AsyncIterable<Uint8Array>;
}

/** All formats, in the order in which they are tried. A new one is one file and one row. */
export const FORMATS: readonly TraceFormat[] = [
  {
    id: 'trace-cmd',
    title: 'text of `trace-cmd report`',
    reads: 'all options of trace-cmd 2.9 to 3.4, several files and instances; --stat and --profile as tables',
    sniff: sniffTraceCmdReport,
    open: (context) => new TraceCmdReportParser(context),
  },
  {
    id: 'trace-dat',
    title: 'trace.dat, the binary file of trace-cmd record',
    reads: 'versions 6 and 7, either byte order, zlib and zstd; texts as trace-cmd 3.1 prints them',
    sniff: sniffTraceDat,
    open: null,
    readFile: readTraceDat,
  },
  {
    id: 'function_graph',
    title: 'ftrace function_graph text (trace, trace_pipe, per_cpu, ftrace dumps)',
    reads: 'all options of 6.1 to 7.3',
    sniff: (head) => sniffFunctionGraph(head) === 'trace',
    open: (context) => new FunctionGraphParser(context),
  },
  {
    id: 'function_graph-mail',
    title: 'function_graph text pasted into a mail: quoted, collapsed, wrapped',
    reads: 'quote marks, wrapped lines and collapsed blanks undone; nesting from braces',
    sniff: (head) => sniffFunctionGraph(head) === 'mail',
    open: (context) => new FunctionGraphParser(context, { prose: true }),
    prepare: cleanMailText,
  },
  {
    id: 'ftrace',
    title: 'ftrace text: events and the function tracer (trace, trace_pipe, per_cpu, ftrace dumps)',
    reads: 'all options of 6.1 to 7.3 but bin and blk_classic; stack traces; sections of function_graph',
    sniff: sniffFtrace,
    open: (context) => new FunctionGraphParser(context),
  },
  {
    id: 'perf-data',
    title: 'perf.data',
    reads: "by the machine's own `perf script`",
    sniff: sniffPerfData,
    open: null,
    readFile: readPerfData,
  },
  {
    id: 'perf-json',
    title: 'perf data convert --to-json',
    reads: 'samples and callchains; perf writes no event names into it',
    sniff: sniffPerfJson,
    open: (context) => new PerfJsonParser(context),
  },
  {
    id: 'perf-table',
    title: 'tables of perf lock contention, perf lock report and perf ftrace latency',
    reads: 'as tables and histograms',
    sniff: sniffPerfTables,
    open: (context) => new PerfTablesParser(context),
  },
  {
    id: 'perf-script',
    title: 'perf script text',
    reads: 'any -F fields, -G, --ns, --header, callchains, --show-lost-events; 5.10 to 7.0',
    sniff: sniffPerfScript,
    open: (context) => new PerfScriptParser(context),
  },
  {
    id: 'chrome-json',
    title: 'Chrome trace-event JSON (Chrome, Perfetto, viztracer, convert --to chrome)',
    reads: 'begin, end and complete events as calls, instants and counters as events; both forms',
    sniff: sniffChromeJson,
    open: (context) => new ChromeJsonParser(context),
  },
  {
    id: 'bpf-histogram',
    title: 'histograms that bpftrace and the tools of bcc print',
    reads: 'as histograms, without single calls; the unit from the name where that tells it',
    sniff: sniffBpfHistogram,
    open: (context) => new BpfHistogramParser(context),
  },
  {
    // The last: it is told by its lines alone.
    id: 'side-data',
    title:
      'what is kept beside a trace: zsmalloc classes, mm_stat, lock_stat, buffer statistics, kernel config',
    reads: 'as tables',
    sniff: sniffSideData,
    open: (context) => new SideDataParser(context),
  },
];

/** Beginnings of files that people give by mistake, and what to do about each. */
const MISTAKES: readonly (readonly [string, string])[] = [
  ['\x89PNG', 'this is a PNG picture; expected a trace as text'],
  ['\x7fELF', 'this is an ELF binary; expected a trace as text'],
  ['PK\x03\x04', 'this is a zip archive; unpack it first'],
  ['\xff\xfe', 'this is UTF-16 text; convert it with `iconv -f UTF-16 -t UTF-8`'],
  ['\xfe\xff', 'this is UTF-16 text; convert it with `iconv -f UTF-16 -t UTF-8`'],
];

/** There is not one byte in the input. */
export class EmptyInput extends InputError {}

/**
 * The format of an input by its head.
 * @throws {InputError} with what was seen and what was expected.
 */
export function recogniseFormat(source: Pick<Source, 'name' | 'head'>): TraceFormat {
  const { head, name } = source;
  if (head.length === 0) throw new EmptyInput(`${name}: is empty; expected a trace`);
  const start = latin1(head, 0, Math.min(64, head.length));
  for (const [magic, advice] of MISTAKES) {
    if (start.startsWith(magic)) throw new InputError(`${name}: ${advice}`);
  }
  if (looksUtf16(head)) {
    throw new InputError(`${name}: this is UTF-16 text; convert it with \`iconv -f UTF-16 -t UTF-8\``);
  }
  for (const format of FORMATS) if (format.sniff(head)) return format;
  const perfOutput = describePerfOutput(head);
  if (perfOutput !== null) throw new InputError(`${name}: ${perfOutput}`);
  throw new InputError(`${name}:1: ${notRecognised(head)}`);
}

/** @throws {UsageError} naming the formats there are when there is none of that id. */
export function formatById(id: string): TraceFormat {
  const format = FORMATS.find((known) => known.id === id);
  if (format) return format;
  throw new UsageError(`unknown format '${id}'; known: ${FORMATS.map((known) => known.id).join(', ')}`);
}

function notRecognised(head: Uint8Array): string {
  const text = latin1(head, 0, head.length);
  const expected = 'expected a trace (see `trace-replay formats`)';
  const first = text
    .split('\n', 1)[0]!
    .slice(0, 60)
    .replace(/[^\x20-\x7e]/g, '.');
  return `format not recognised, the first line is "${first}"; ${expected}`;
}

function looksUtf16(head: Uint8Array): boolean {
  const length = Math.min(head.length, 512) & ~1;
  if (length < 16) return false;
  let even = 0;
  let odd = 0;
  for (let i = 0; i < length; i += 2) {
    if (head[i] === 0) even++;
    if (head[i + 1] === 0) odd++;
  }
  const pairs = length / 2;
  return (odd > pairs * 0.8 && even < pairs * 0.1) || (even > pairs * 0.8 && odd < pairs * 0.1);
}
