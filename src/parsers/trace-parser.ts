import type { Diagnostics } from '../trace/diagnostics.ts';
import type { NameTable } from '../trace/names.ts';
import type { RecordSink } from '../trace/records.ts';
import type { TableSink } from '../trace/side-tables.ts';
import type { TaskTable } from '../trace/tasks.ts';

/** What a parser needs from its caller: the shared tables, and where its records go. */
export interface ParseContext {
  /** As the user named the input; used in diagnostics only. */
  readonly inputName: string;
  readonly names: NameTable;
  readonly tasks: TaskTable;
  readonly diagnostics: Diagnostics;
  readonly sink: RecordSink;
  /** Where tables and histograms go that are no records. */
  readonly tables?: TableSink;
  /**
   * Readers of whole files say here what the times of their records are relative to, ns, before they give
   * out the first one; stream parsers have {@link TraceParser.originNs}.
   */
  readonly onOrigin?: (originNs: number) => void;
}

/** What a trace says about itself, gathered while reading. */
export interface TraceFacts {
  bytes: number;
  /** Lines read, the last one counted even without its newline; records of a binary format. */
  lines: number;
  /** Lines whose meaning is known: records, headers, banners, blank lines, text around the trace. */
  understoodLines: number;
  /** Number of CPUs that printed something (0: the text has no CPU column). */
  cpus: number;
  /** `none`: no time stamps in the text. `stamps`: every record has one. */
  clock: 'none' | 'stamps';
  /** Which clock the stamps are of, when the trace says it (`local`, `mono`, `perf`), else ''. */
  clockName?: string;
  /** Smallest step of the stamps as printed, ns: 1000 for six decimals. */
  stampQuantumNs?: number;
  /** What the records' times are relative to, ns of the trace clock. */
  originNs: number;
  /** First and last time stamp, ns since `originNs`; NaN without stamps. */
  firstNs: number;
  lastNs: number;
  /** Kernel release when the text says it (latency-format banner), else ''. */
  kernelRelease: string;
  /** Machine, number of CPUs and command line of the recording, when the trace says them. */
  hostname?: string;
  onlineCpus?: number;
  commandLine?: string;
  /** Layout of each section met, e.g. `abstime cpu proc duration`. */
  layouts: string[];
}

/** A parser of one format, fed with chunks of any size. It knows no files and no console. */
export interface TraceParser {
  /** What the times of the records given out so far are relative to, ns; 0 before the first stamp. */
  readonly originNs: number;
  /** Takes the next bytes; they may be overwritten by the caller afterwards. */
  push(chunk: Uint8Array): void;
  /** Says that the input ended, and returns what is known about it. */
  finish(): TraceFacts;
}

/** Reads a file as a whole: formats that are read at offsets, or by another program. */
export type FileReader = (
  /** A regular file that can be read at any offset; pipes and compressed inputs are copied first. */
  path: string,
  context: ParseContext,
  /** Called with the number of bytes read so far, for progress. */
  onProgress: (bytes: number) => void,
) => Promise<TraceFacts>;
