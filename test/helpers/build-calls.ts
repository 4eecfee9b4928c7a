import { CallStacks } from '../../src/analysis/call-stacks.ts';
import { FunctionRoles } from '../../src/analysis/function-roles.ts';
import { FunctionGraphParser } from '../../src/parsers/function-graph.ts';
import type { TraceFacts } from '../../src/parsers/trace-parser.ts';
import { Diagnostics } from '../../src/trace/diagnostics.ts';
import { NameTable } from '../../src/trace/names.ts';
import { RecordKind } from '../../src/trace/records.ts';
import { type SpanBatch, SpanFlag, SpanKind } from '../../src/trace/spans.ts';
import { TaskTable } from '../../src/trace/tasks.ts';
import { pushInChunks } from './parse-records.ts';

export type CallKind = 'span' | 'begin' | 'cut' | 'event' | 'gap';

/** One row of a SpanBatch, with names instead of numbers. */
export interface Call {
  readonly kind: CallKind;
  readonly name: string;
  readonly cpu: number;
  /** `comm-pid`; '' when unknown. */
  readonly task: string;
  readonly span: number;
  readonly parent: number;
  readonly parentName: string;
  /** Since the origin of the trace's clock, in whole us; NaN when unknown. */
  readonly startUs: number;
  readonly durationNs: number;
  /** NaN for leaves: their self time is their duration. */
  readonly selfNs: number;
  readonly level: number;
  readonly line: number;
  readonly isLeaf: boolean;
  readonly isStartCut: boolean;
}

export interface BuiltCalls {
  readonly calls: Call[];
  readonly facts: TraceFacts;
  readonly diagnostics: Diagnostics;
  /** Entries that the parser gave to the stacks. */
  readonly entries: number;
}

export interface BuildOptions {
  readonly chunkSize?: number;
  /** Which functions get a Begin row as well; none by default. */
  readonly isWatched?: (functionName: string) => boolean;
  /** Rows of a span batch; small ones test the flushing. */
  readonly capacity?: number;
}

const KINDS: Record<number, CallKind> = {
  [SpanKind.Span]: 'span',
  [SpanKind.Begin]: 'begin',
  [SpanKind.Cut]: 'cut',
  [SpanKind.Event]: 'event',
  [SpanKind.Gap]: 'gap',
};

/** Runs the fast parser and the call stacks over bytes and copies what their sink gets. */
export function buildCalls(bytes: Uint8Array, options: BuildOptions = {}): BuiltCalls {
  const names = new NameTable();
  const tasks = new TaskTable();
  const diagnostics = new Diagnostics();
  const rows: { -readonly [K in keyof Call]: Call[K] }[] = [];
  const taskIds: number[] = [];
  const roles = new FunctionRoles(names, options.isWatched ?? (() => false));
  const sink = (batch: SpanBatch) => {
    for (let row = 0; row < batch.length; row++) {
      rows.push(copyRow(batch, row, names));
      taskIds.push(batch.task[row]!);
    }
  };
  const shared = { inputName: 'test', names, tasks, diagnostics };
  const stacks = new CallStacks({ ...shared, roles, sink }, options.capacity);
  let entries = 0;
  const parser = new FunctionGraphParser({
    ...shared,
    sink: (batch) => {
      for (let row = 0; row < batch.length; row++) if (batch.kind[row] === RecordKind.Entry) entries++;
      stacks.add(batch);
    },
  });
  pushInChunks(parser, bytes, options.chunkSize ?? 65536);
  const facts = parser.finish();
  stacks.finish();
  rows.forEach((row, i) => {
    row.task = taskIds[i]! < 0 ? '' : tasks.text(taskIds[i]!);
    row.startUs = Math.round(row.startUs + facts.originNs / 1000);
  });
  return { calls: rows, facts, diagnostics, entries };
}

function copyRow(batch: SpanBatch, row: number, names: NameTable): Call {
  const flags = batch.flags[row]!;
  const isLeaf = (flags & SpanFlag.Leaf) !== 0;
  return {
    kind: KINDS[batch.kind[row]!]!,
    name: nameOf(names, batch.name[row]!),
    cpu: batch.cpu[row]!,
    task: '',
    span: batch.span[row]!,
    parent: batch.parent[row]!,
    parentName: nameOf(names, batch.parentName[row]!),
    startUs: batch.startNs[row]! / 1000,
    durationNs: batch.durationNs[row]!,
    selfNs: isLeaf ? Number.NaN : batch.selfNs[row]!,
    level: batch.level[row]!,
    line: batch.line[row]!,
    isLeaf,
    isStartCut: (flags & SpanFlag.StartCut) !== 0,
  };
}

function nameOf(names: NameTable, id: number): string {
  return id < 0 ? '' : names.text(id);
}
