import type { LockWait } from '../analysis/locks/lock-wait.ts';
import { Places } from '../trace/places.ts';
import type { TaskTable } from '../trace/tasks.ts';
import type { Exporter } from './exporter.ts';
import type { RowWriter } from './rows.ts';
import { absoluteNs } from './text.ts';

/** Columns of `--table waits`; docs/convert.md says what they mean. */
export const WAIT_COLUMNS = [
  'input',
  'line',
  'lock',
  'lock_kind',
  'site',
  'address',
  'cpu',
  'pid',
  'comm',
  'start_ns',
  'wait_ns',
  'witness',
  'blocked_by',
] as const;

/** The waits for locks, in the order in which they ended. */
export class WaitsTable implements Exporter {
  readonly needs = 'spans';
  readonly #rows: RowWriter;
  readonly #tasks: TaskTable;
  #places = new Places(['']);
  #originNs: () => number = () => 0;

  constructor(tasks: TaskTable, rows: RowWriter) {
    this.#tasks = tasks;
    this.#rows = rows;
  }

  beginFile(places: Places, originNs: () => number): void {
    this.#places = places;
    this.#originNs = originNs;
  }

  wait(wait: LockWait): void {
    const rows = this.#rows;
    const task = this.#tasks.rows[wait.task];
    rows.text(this.#places.file(wait.line));
    rows.number(this.#places.line(wait.line));
    rows.text(wait.lock);
    rows.text(wait.kind);
    rows.text(wait.site);
    rows.text(wait.address);
    rows.number(wait.cpu < 0 ? Number.NaN : wait.cpu);
    rows.number(task?.pid ?? Number.NaN);
    rows.text(task?.comm ?? '');
    rows.digits(Number.isNaN(wait.startNs) ? '' : absoluteNs(this.#originNs(), wait.startNs));
    rows.number(wait.waitNs);
    rows.text(wait.witness);
    rows.text(blockedBy(wait));
    rows.end();
  }

  endFile(): void {}

  finish(): void {}
}

/** Who stood in the way, the longest first: `zs_free swapbench-200 1830 ns; (hand-off) 120 ns`. */
export function blockedBy(wait: LockWait): string {
  return wait.causes
    .toSorted((a, b) => b.ns - a.ns)
    .map(({ function: function_, task, ns }) =>
      [function_, task, `${Math.round(ns)} ns`].filter((s) => s !== '').join(' '),
    )
    .join('; ');
}
