import { TraceCmdReportParser } from '../../src/parsers/trace-cmd-report.ts';
import type { TraceFacts } from '../../src/parsers/trace-parser.ts';
import { Diagnostics } from '../../src/trace/diagnostics.ts';
import { NameTable } from '../../src/trace/names.ts';
import { RecordBatch, RecordBits, RecordKind } from '../../src/trace/records.ts';
import type { SideTable } from '../../src/trace/side-tables.ts';
import { TaskTable } from '../../src/trace/tasks.ts';
import type { ReportRecord } from '../reference/trace-cmd-report-reference.ts';
import { pushInChunks } from './parse-records.ts';

/** A record of the fast parser in the shape of the reference; the flags are packed, null without. */
export interface FastReportRecord extends Omit<ReportRecord, 'flags'> {
  readonly context: number | null;
}

export interface ParsedReport {
  readonly records: FastReportRecord[];
  readonly facts: TraceFacts;
  readonly diagnostics: Diagnostics;
  readonly tables: SideTable[];
}

const KINDS: Record<number, ReportRecord['kind']> = {
  [RecordKind.Entry]: 'entry',
  [RecordKind.Exit]: 'exit',
  [RecordKind.Leaf]: 'leaf',
  [RecordKind.Event]: 'event',
  [RecordKind.Function]: 'function',
  [RecordKind.Frame]: 'frame',
  [RecordKind.Lost]: 'lost',
  [RecordKind.Section]: 'section',
};

/** Runs the parser of trace-cmd reports over bytes and copies what its sink gets. */
export function parseReport(
  input: Uint8Array,
  options: { readonly chunkSize?: number; readonly capacity?: number } = {},
): ParsedReport {
  const names = new NameTable();
  const tasks = new TaskTable();
  const diagnostics = new Diagnostics();
  const tables: SideTable[] = [];
  const records: FastReportRecord[] = [];
  const taskIds: number[] = [];
  const sink = (batch: RecordBatch) => {
    for (let row = 0; row < batch.length; row++) {
      const kind = KINDS[batch.kind[row]!]!;
      taskIds.push(batch.task[row]!);
      records.push({
        kind,
        line: batch.line[row]!,
        name: batch.name[row]! < 0 || kind === 'section' ? '' : names.text(batch.name[row]!),
        cpu: batch.cpu[row]!,
        task: '',
        other: batch.other[row]!,
        timeNs: orNull(batch.timeNs[row]!),
        durationNs: orNull(batch.durationNs[row]!),
        depth: batch.depth[row]!,
        context: batch.bits[row]! & RecordBits.Context ? batch.context[row]! : null,
        text: batch.text(row),
        note: batch.note(row),
      });
    }
  };
  const parser = new TraceCmdReportParser(
    {
      inputName: 'test',
      names,
      tasks,
      diagnostics,
      sink,
      tables: { table: (table) => tables.push(table), histogram: () => {} },
    },
    { batch: new RecordBatch(options.capacity ?? 8192) },
  );
  pushInChunks(parser, input, options.chunkSize ?? 65536);
  const facts = parser.finish();
  const text = (id: number) => (id < 0 ? '' : tasks.text(id));
  return {
    records: records.map((record, i) => ({ ...record, task: text(taskIds[i]!) })),
    facts,
    diagnostics,
    tables,
  };
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
