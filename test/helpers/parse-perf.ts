import { PerfScriptParser } from '../../src/parsers/perf-script.ts';
import type { ParseContext, TraceFacts, TraceParser } from '../../src/parsers/trace-parser.ts';
import { Diagnostics } from '../../src/trace/diagnostics.ts';
import { NameTable } from '../../src/trace/names.ts';
import { RecordBatch, RecordKind } from '../../src/trace/records.ts';
import type { SideHistogram, SideTable } from '../../src/trace/side-tables.ts';
import { TaskTable } from '../../src/trace/tasks.ts';
import type { PerfRecord } from '../reference/perf-script-reference.ts';
import { pushInChunks } from './parse-records.ts';

export interface ParsedPerf {
  readonly records: PerfRecord[];
  readonly facts: TraceFacts;
  readonly diagnostics: Diagnostics;
  readonly tables: SideTable[];
  readonly histograms: SideHistogram[];
}

const KINDS: Record<number, PerfRecord['kind']> = {
  [RecordKind.Event]: 'event',
  [RecordKind.Sample]: 'sample',
  [RecordKind.Frame]: 'frame',
  [RecordKind.Lost]: 'lost',
  [RecordKind.Section]: 'section',
};

export interface PerfParseOptions {
  readonly chunkSize?: number;
  /** Rows of a batch: small ones show rows that are lost between batches. */
  readonly capacity?: number;
}

/** Gathers what a parser of perf's formats gives out, in the shape of the reference. */
export class PerfCollector {
  readonly records: PerfRecord[] = [];
  readonly diagnostics = new Diagnostics();
  readonly tables: SideTable[] = [];
  readonly histograms: SideHistogram[] = [];
  readonly #names = new NameTable();
  readonly #tasks = new TaskTable();
  readonly #raw: { task: number; timeNs: number }[] = [];

  readonly context: ParseContext = {
    inputName: 'test',
    names: this.#names,
    tasks: this.#tasks,
    diagnostics: this.diagnostics,
    sink: (batch) => this.#take(batch),
    tables: {
      table: (table) => this.tables.push(table),
      histogram: (histogram) => this.histograms.push(histogram),
    },
  };

  /** Fills in what is known at the end only: the origin of the times, and the names of tasks. */
  result(facts: TraceFacts): ParsedPerf {
    this.records.forEach((record, i) => {
      const { task, timeNs } = this.#raw[i]!;
      record.task = task < 0 ? '' : this.#tasks.text(task);
      if (!Number.isNaN(timeNs)) record.time = String(BigInt(facts.originNs) + BigInt(timeNs));
    });
    const { records, diagnostics, tables, histograms } = this;
    return { records, facts, diagnostics, tables, histograms };
  }

  #take(batch: RecordBatch): void {
    for (let row = 0; row < batch.length; row++) {
      this.#raw.push({ task: batch.task[row]!, timeNs: batch.timeNs[row]! });
      this.records.push({
        kind: KINDS[batch.kind[row]!]!,
        line: batch.line[row]!,
        name: batch.name[row]! < 0 ? '' : this.#names.text(batch.name[row]!),
        cpu: batch.cpu[row]!,
        task: '',
        time: '',
        other: batch.other[row]!,
        depth: batch.depth[row]!,
        text: batch.text(row),
      });
    }
  }
}

/** Runs a parser over bytes in chunks. */
export function runPerf(
  bytes: Uint8Array,
  make: (context: ParseContext) => TraceParser,
  options: PerfParseOptions = {},
): ParsedPerf {
  const collector = new PerfCollector();
  const parser = make(collector.context);
  pushInChunks(parser, bytes, options.chunkSize ?? 65536);
  return collector.result(parser.finish());
}

/** Runs the parser of `perf script` text. */
export function parsePerfScript(bytes: Uint8Array | string, options: PerfParseOptions = {}): ParsedPerf {
  const input = typeof bytes === 'string' ? new Uint8Array(Buffer.from(bytes, 'latin1')) : bytes;
  const batch = new RecordBatch(options.capacity ?? 8192);
  return runPerf(input, (context) => new PerfScriptParser(context, { batch }), options);
}
