import type { NameTable } from '../trace/names.ts';
import { Places } from '../trace/places.ts';
import { type SpanBatch, SpanFlag, SpanKind } from '../trace/spans.ts';
import type { TaskTable } from '../trace/tasks.ts';
import type { Exporter } from './exporter.ts';
import { NameParts } from './name-parts.ts';
import type { RowWriter } from './rows.ts';
import { absoluteNs } from './text.ts';

/** Columns of `--table spans`; docs/convert.md says what they mean. */
export const SPAN_COLUMNS = [
  'input',
  'line',
  'span',
  'parent_span',
  'name',
  'module',
  'parent_name',
  'level',
  'cpu',
  'pid',
  'comm',
  'start_ns',
  'duration_ns',
  'self_ns',
  'irq_ns',
  'softirq_ns',
  'off_cpu_ns',
  'children',
  'descendants',
  'flags',
] as const;

const FLAG_NAMES: readonly (readonly [number, string])[] = [
  [SpanFlag.Leaf, 'leaf'],
  [SpanFlag.StartCut, 'begin-not-seen'],
  [SpanFlag.Recursive, 'recursive'],
  [SpanFlag.InInterrupt, 'in-interrupt'],
  [SpanFlag.InterruptEntry, 'interrupt-entry'],
  [SpanFlag.Switched, 'switched-out'],
  [SpanFlag.Ambiguous, 'ambiguous'],
  [SpanFlag.SelfIsBound, 'self-is-bound'],
];

/** The calls, in the order in which they ended. */
export class SpansTable implements Exporter {
  readonly needs = 'spans';
  readonly #rows: RowWriter;
  readonly #parts: NameParts;
  readonly #tasks: TaskTable;
  /** Texts of the combinations of flags met. */
  readonly #flags = new Map<number, string>();
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

  spans(batch: SpanBatch): void {
    const originNs = this.#originNs();
    for (let i = 0; i < batch.length; i++) {
      const kind = batch.kind[i]!;
      if (kind === SpanKind.Span || kind === SpanKind.Cut) this.#span(batch, i, originNs);
    }
  }

  #span(batch: SpanBatch, i: number, originNs: number): void {
    const rows = this.#rows;
    const task = this.#tasks.rows[batch.task[i]!];
    const isCut = batch.kind[i] === SpanKind.Cut;
    const isLeaf = (batch.flags[i]! & SpanFlag.Leaf) !== 0;
    const durationNs = batch.durationNs[i]!;
    const hasParts = !isLeaf && !Number.isNaN(durationNs);
    rows.text(this.#places.file(batch.line[i]!));
    rows.number(this.#places.line(batch.line[i]!));
    rows.number(batch.span[i]!);
    rows.number(batch.parent[i]! < 0 ? Number.NaN : batch.parent[i]!);
    rows.text(this.#parts.function(batch.name[i]!));
    rows.text(this.#parts.module(batch.name[i]!));
    rows.text(this.#parts.function(batch.parentName[i]!));
    rows.number(batch.level[i]!);
    rows.number(batch.cpu[i]! < 0 ? Number.NaN : batch.cpu[i]!);
    rows.number(task?.pid ?? Number.NaN);
    rows.text(task?.comm ?? '');
    rows.digits(Number.isNaN(batch.startNs[i]!) ? '' : absoluteNs(originNs, batch.startNs[i]!));
    rows.number(durationNs);
    rows.number(isLeaf ? durationNs : batch.selfNs[i]!);
    rows.number(hasParts ? batch.irqNs[i]! : Number.NaN);
    rows.number(hasParts ? batch.softirqNs[i]! : Number.NaN);
    rows.number(hasParts ? batch.offCpuNs[i]! : Number.NaN);
    rows.number(isLeaf ? 0 : batch.children[i]!);
    rows.number(isLeaf ? 0 : batch.descendants[i]!);
    rows.text(this.#flagsText(batch.flags[i]!, isCut));
    rows.end();
  }

  #flagsText(flags: number, isCut: boolean): string {
    const key = flags * 2 + Number(isCut);
    let text = this.#flags.get(key);
    if (text === undefined) {
      const words = FLAG_NAMES.filter(([bit]) => flags & bit).map(([, word]) => word);
      text = [...words, ...(isCut ? ['end-not-seen'] : [])].join(' ');
      this.#flags.set(key, text);
    }
    return text;
  }

  endFile(): void {}

  finish(): void {}
}
