import { ContextLevel, contextLevel, isIrqsOff, isReschedDue, preemptDepth } from '../trace/context.ts';
import type { NameTable } from '../trace/names.ts';
import { Places } from '../trace/places.ts';
import { type RecordBatch, RecordBits, RecordKind } from '../trace/records.ts';
import type { TaskTable } from '../trace/tasks.ts';
import type { Exporter } from './exporter.ts';
import { NameParts } from './name-parts.ts';
import type { RowWriter } from './rows.ts';
import { absoluteNs } from './text.ts';

/** Columns of `--table records`; docs/convert.md says what they mean. */
export const RECORD_COLUMNS = [
  'input',
  'line',
  'kind',
  'time_ns',
  'duration_ns',
  'cpu',
  'pid',
  'comm',
  'name',
  'module',
  'depth',
  'prev_pid',
  'prev_comm',
  'lost_records',
  'period',
  'context',
  'irqs_off',
  'need_resched',
  'preempt_depth',
  'text',
  'note',
] as const;

const KIND_NAMES: readonly string[] = Object.entries(RecordKind).reduce<string[]>((names, [name, kind]) => {
  names[kind] = name.replace(/(?<=.)[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
  return names;
}, []);

const CONTEXT_NAMES: readonly string[] = Object.entries(ContextLevel).reduce<string[]>(
  (names, [name, level]) => {
    names[level] = name.toLowerCase();
    return names;
  },
  [],
);

/** The records as they were read, one row each. */
export class RecordsTable implements Exporter {
  readonly needs = 'records';
  readonly #rows: RowWriter;
  readonly #parts: NameParts;
  readonly #tasks: TaskTable;
  #places = new Places(['']);
  #originNs: () => number = () => 0;

  constructor(names: NameTable, tasks: TaskTable, rows: RowWriter) {
    this.#parts = new NameParts(names);
    this.#tasks = tasks;
    this.#rows = rows;
  }

  beginFile(places: Places, originNs: () => number): void {
    this.#places = places;
    this.#originNs = originNs;
  }

  records(batch: RecordBatch): void {
    const originNs = this.#originNs();
    for (let i = 0; i < batch.length; i++) this.#record(batch, i, originNs);
  }

  #record(batch: RecordBatch, i: number, originNs: number): void {
    const rows = this.#rows;
    const kind = batch.kind[i]!;
    const name = batch.name[i]!;
    const task = this.#tasks.rows[batch.task[i]!];
    const other = batch.other[i]!;
    const depth = batch.depth[i]!;
    const before = kind === RecordKind.Switch ? this.#tasks.rows[other] : undefined;
    rows.text(this.#places.file(batch.line[i]!));
    rows.number(this.#places.line(batch.line[i]!));
    rows.text(KIND_NAMES[kind]!);
    rows.digits(Number.isNaN(batch.timeNs[i]!) ? '' : absoluteNs(originNs, batch.timeNs[i]!));
    rows.number(batch.durationNs[i]!);
    rows.number(batch.cpu[i]! < 0 ? Number.NaN : batch.cpu[i]!);
    rows.number(task?.pid ?? Number.NaN);
    rows.text(task?.comm ?? '');
    rows.text(this.#parts.function(name));
    rows.text(this.#parts.module(name));
    rows.number(depth < 0 || !hasDepth(kind) ? Number.NaN : depth);
    rows.number(before?.pid ?? Number.NaN);
    rows.text(before?.comm ?? '');
    rows.number(kind === RecordKind.Lost && other >= 0 ? other : Number.NaN);
    rows.number(kind === RecordKind.Sample && other > 0 ? other : Number.NaN);
    const flags = batch.bits[i]! & RecordBits.Context ? batch.context[i]! : -1;
    rows.text(flags < 0 ? '' : (CONTEXT_NAMES[contextLevel(flags)] ?? ''));
    rows.number(flags < 0 ? Number.NaN : Number(isIrqsOff(flags)));
    rows.number(flags < 0 ? Number.NaN : Number(isReschedDue(flags)));
    rows.number(flags < 0 ? Number.NaN : preemptDepth(flags));
    rows.text(batch.text(i));
    rows.text(batch.note(i));
    rows.end();
  }

  endFile(): void {}

  finish(): void {}
}

/** Where `depth` says something: nesting of calls, place in a stack. */
function hasDepth(kind: number): boolean {
  return kind <= RecordKind.Leaf || kind === RecordKind.Frame || kind === RecordKind.Event;
}
