import { FunctionGraphParser } from '../../src/parsers/function-graph.ts';
import type { TraceFacts } from '../../src/parsers/trace-parser.ts';
import { Diagnostics } from '../../src/trace/diagnostics.ts';
import { NameTable } from '../../src/trace/names.ts';
import { type RecordBatch, RecordBits, RecordKind } from '../../src/trace/records.ts';
import { TaskTable } from '../../src/trace/tasks.ts';
import type { ReferenceKind, ReferenceRecord } from '../reference/function-graph-reference.ts';

/** A record of the fast parser in the shape of the reference; the flag characters are packed. */
export interface FastRecord extends Omit<ReferenceRecord, 'flags'> {
  /** See `packContext`; null when the record has none. */
  context: number | null;
}

export interface ParsedRecords {
  readonly records: FastRecord[];
  readonly lines: number;
  readonly understoodLines: number;
  readonly facts: TraceFacts;
  readonly diagnostics: Diagnostics;
}

export interface ParseOptions {
  readonly chunkSize?: number;
  readonly prose?: boolean;
}

const KINDS: Record<number, ReferenceKind> = {
  [RecordKind.Entry]: 'entry',
  [RecordKind.Exit]: 'exit',
  [RecordKind.Leaf]: 'leaf',
  [RecordKind.Event]: 'event',
  [RecordKind.Switch]: 'switch',
  [RecordKind.Lost]: 'lost',
  [RecordKind.IrqEntry]: 'irq-entry',
  [RecordKind.IrqExit]: 'irq-exit',
  [RecordKind.Section]: 'section',
  [RecordKind.Function]: 'function',
  [RecordKind.Frame]: 'frame',
};

/** Runs the fast parser over bytes, or over chunks as they come, and copies what its sink gets. */
export function parseRecords(
  input: Uint8Array | Iterable<Uint8Array>,
  options: ParseOptions = {},
): ParsedRecords {
  const names = new NameTable();
  const tasks = new TaskTable();
  const diagnostics = new Diagnostics();
  const records: FastRecord[] = [];
  const taskIds: { task: number; other: number }[] = [];
  const sink = (batch: RecordBatch) => {
    for (let row = 0; row < batch.length; row++) {
      records.push(copyRow(batch, row, names));
      taskIds.push({ task: batch.task[row]!, other: batch.other[row]! });
    }
  };
  const context = { inputName: 'test', names, tasks, diagnostics, sink };
  const parser = new FunctionGraphParser(context, { prose: options.prose ?? false });
  if (input instanceof Uint8Array) pushInChunks(parser, input, options.chunkSize ?? 65536);
  else for (const chunk of input) parser.push(chunk);
  const facts = parser.finish();
  // Both are known only now: the origin of the times, and the longest comm of each task.
  records.forEach((record, i) => {
    if (record.timeUs !== null) record.timeUs = Math.round(record.timeUs + facts.originNs / 1000);
    record.task = taskText(tasks, taskIds[i]!.task);
    if (record.kind === 'switch') record.other = taskText(tasks, taskIds[i]!.other);
  });
  return { records, lines: facts.lines, understoodLines: facts.understoodLines, facts, diagnostics };
}

/** Feeds a parser through one buffer that is overwritten for each chunk, as a file reader does. */
export function pushInChunks(
  parser: { push(chunk: Uint8Array): void },
  bytes: Uint8Array,
  chunkSize: number,
): void {
  const chunk = new Uint8Array(Math.min(chunkSize, bytes.length));
  for (let at = 0; at < bytes.length; at += chunkSize) {
    const part = bytes.subarray(at, at + chunkSize);
    chunk.set(part);
    parser.push(chunk.subarray(0, part.length));
  }
}

function copyRow(batch: RecordBatch, row: number, names: NameTable): FastRecord {
  const kind = KINDS[batch.kind[row]!]!;
  const name = batch.name[row]! < 0 ? '' : names.text(batch.name[row]!);
  const isSection = kind === 'section';
  return {
    kind,
    line: batch.line[row]!,
    name: isSection ? '' : name,
    cpu: batch.cpu[row]!,
    task: '',
    other: kind === 'lost' && batch.other[row]! >= 0 ? batch.other[row]! : null,
    timeUs: orNull(batch.timeNs[row]! / 1000),
    durationNs: orNull(batch.durationNs[row]!),
    depth: batch.depth[row]!,
    context: batch.bits[row]! & RecordBits.Context ? batch.context[row]! : null,
    text: isSection ? name : batch.text(row),
    note: batch.note(row),
  };
}

function taskText(tasks: TaskTable, id: number): string {
  return id < 0 ? '' : tasks.text(id);
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
