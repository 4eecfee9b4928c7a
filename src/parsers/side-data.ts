import { latin1 } from '../trace/records.ts';
import { LockStatReader } from './side-lock-stat.ts';
import { KernelValuesReader, MmStatReader, ZsmallocClassesReader } from './side-memory.ts';
import {
  CpuinfoReader,
  KernelConfigReader,
  KernelVersionReader,
  KeyValueReader,
  PerfBuildReader,
} from './side-system.ts';
import { SideTableSet } from './side-table-set.ts';
import {
  FunctionListReader,
  RingBufferStatsReader,
  TracefsLinesReader,
  TraceOptionsReader,
} from './side-tracefs.ts';
import type { ParseContext, TraceFacts, TraceParser } from './trace-parser.ts';
import { WholeLines } from './whole-lines.ts';

/** Reads the lines of one kind of side data into tables. */
export interface SideReader {
  /** Takes the line if it is one of its own; false leaves it to others. */
  line(text: string): boolean;
  /** The input ended: what was gathered becomes rows. */
  end(): void;
}

const MAX_LINE = 1 << 14;
/** A list of plain words is one of functions when it has so many, and underscores in half of them. */
const LEAST_FUNCTIONS = 5;
/** Of a head that is side data, so much must be understood: a damaged line is told, not refused. */
const LEAST_UNDERSTOOD = 0.9;

/** All readers, what is told by one word first; a plain word on a line is a function when nothing else. */
function makeReaders(tables: SideTableSet): SideReader[] {
  return [
    new LockStatReader(tables),
    new ZsmallocClassesReader(tables),
    new MmStatReader(tables),
    new KernelValuesReader(tables),
    new RingBufferStatsReader(tables),
    new KernelConfigReader(tables),
    new KernelVersionReader(tables),
    new CpuinfoReader(tables),
    new KeyValueReader(tables),
    new PerfBuildReader(tables),
    new TraceOptionsReader(tables),
    new TracefsLinesReader(tables),
    new FunctionListReader(tables),
  ];
}

/**
 * True when nearly all lines of the head are side data of a kind that is known, the first one too.
 */
export function sniffSideData(head: Uint8Array): boolean {
  const text = latin1(head, 0, head.length);
  const lines = text.split('\n');
  // The head may end within a line.
  if (lines.length > 1) lines.pop();
  const tables = new SideTableSet();
  const readers = makeReaders(tables);
  let told = 0;
  let understood = 0;
  for (const line of lines) {
    const one = line.trimEnd();
    if (one === '') continue;
    const isUnderstood = readers.some((reader) => reader.line(one));
    if (told === 0 && !isUnderstood) return false;
    told++;
    if (isUnderstood) understood++;
  }
  for (const reader of readers) reader.end();
  if (told === 0 || tables.rows === 0 || understood / told < LEAST_UNDERSTOOD) return false;
  const functions = tables.rowsOf('function-list');
  if (functions.length < understood) return true;
  const underscored = functions.filter(([name]) => String(name).includes('_')).length;
  return functions.length >= LEAST_FUNCTIONS && underscored * 2 >= functions.length;
}

/**
 * What people keep beside a trace, and what the replay needs to know of the machine: zram and zsmalloc
 * statistics, /proc/lock_stat, per-CPU buffer statistics, probe definitions, clock, options, filters,
 * kernel version and configuration, cpuinfo, results of the workload. Several kinds may stand in one
 * file. They become tables; there are no records.
 */
export class SideDataParser implements TraceParser {
  readonly originNs = 0;
  readonly #context: ParseContext;
  readonly #tables = new SideTableSet();
  readonly #readers = makeReaders(this.#tables);
  readonly #chunks: WholeLines;
  #bytes = 0;
  #lines = 0;
  #unread = 0;

  constructor(context: ParseContext) {
    this.#context = context;
    this.#chunks = new WholeLines({
      lines: (bytes, from, end) => {
        for (let at = from; at < end; ) {
          const newline = bytes.indexOf(10, at);
          this.#line(latin1(bytes, at, Math.min(newline, at + MAX_LINE)).trimEnd());
          at = newline + 1;
        }
      },
      overlong: () => {
        this.#lines++;
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
    for (const reader of this.#readers) reader.end();
    this.#tables.give(this.#context);
    const release = this.#tables.rowsOf('kernel-version')[0]?.[0];
    return {
      bytes: this.#bytes,
      lines: this.#lines,
      understoodLines: this.#lines - this.#unread,
      cpus: 0,
      clock: 'none',
      originNs: 0,
      firstNs: Number.NaN,
      lastNs: Number.NaN,
      kernelRelease: typeof release === 'string' ? release : '',
      layouts: [...this.#tables.kinds],
    };
  }

  #line(text: string): void {
    this.#lines++;
    if (text !== '' && !this.#readers.some((reader) => reader.line(text))) this.#unknown();
  }

  #unknown(): void {
    this.#unread++;
    const { diagnostics, inputName } = this.#context;
    diagnostics.add('unknown-line', 'warning', 'lines were not understood', `${inputName}:${this.#lines}`);
  }
}
