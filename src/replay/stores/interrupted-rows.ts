import type { OperationTable } from '../../trace/operations.ts';
import type { RecordedRow } from './recorded-rows.ts';

/**
 * Operations during which their task lost its CPU, as far as the recording shows: another task began or ended
 * an operation on that CPU meanwhile, or a function_graph showed another task there. How long it was away no
 * step of the operation tells. Where that happened to all of a kind, the shortest quarter of them is taken for
 * undisturbed.
 */
export function interruptedOps(ops: OperationTable, rows: readonly RecordedRow[]): ReadonlySet<number> {
  const found = new Set<number>();
  const stamps = new Map<number, { ns: number; task: number }[]>();
  for (const { op } of rows) {
    if (ops.zswap.get(op)!.wasSwitched) found.add(op);
    const cpu = ops.cpu[op]!;
    const list = stamps.get(cpu) ?? [];
    stamps.set(cpu, list);
    for (const ns of [ops.startNs[op]!, ops.endNs[op]!]) list.push({ ns, task: ops.task[op]! });
  }
  for (const list of stamps.values()) list.sort((a, b) => a.ns - b.ns);
  for (const { op } of rows) {
    const list = stamps.get(ops.cpu[op]!)!;
    const [startNs, endNs, task] = [ops.startNs[op]!, ops.endNs[op]!, ops.task[op]!];
    for (let k = firstBehind(list, startNs); k < list.length && list[k]!.ns < endNs; k++)
      if (list[k]!.task !== task) found.add(op);
  }
  for (const kind of kindsOf(rows)) {
    if (!kind.every(({ op }) => found.has(op))) continue;
    const shortest = [...kind].sort((a, b) => ownNs(a) - ownNs(b)).slice(0, Math.ceil(kind.length / 4));
    for (const { op } of shortest) found.delete(op);
  }
  return found;
}

function kindsOf(rows: readonly RecordedRow[]): readonly (readonly RecordedRow[])[] {
  const kinds = new Map<string, RecordedRow[]>();
  for (const row of rows) {
    const key = `${row.path}, ${row.pages.length}`;
    const list = kinds.get(key);
    if (list) list.push(row);
    else kinds.set(key, [row]);
  }
  return [...kinds.values()];
}

/** What the steps of a row took, without waits, ns. */
function ownNs({ pages }: RecordedRow): number {
  return pages.reduce((sum, { times }) => sum + Object.values(times).reduce((a, b) => a + (b || 0), 0), 0);
}

function firstBehind(list: readonly { readonly ns: number }[], ns: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]!.ns <= ns) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Gives operations whose task lost its CPU the times of another one of the same kind: the nearest of its own
 * task, else of any. Where there is none they keep what they have.
 * @param rows Of one task, in the order of their time.
 */
export function withUsualTimes(
  rows: readonly RecordedRow[],
  all: readonly RecordedRow[],
  interrupted: ReadonlySet<number>,
): readonly RecordedRow[] {
  const usual = all.filter(({ op }) => !interrupted.has(op));
  const isAlike = (a: RecordedRow, b: RecordedRow) => a.path === b.path && a.pages.length === b.pages.length;
  return rows.map((row, at) => {
    if (!interrupted.has(row.op)) return row;
    const near = nearest(rows, at, (other) => !interrupted.has(other.op) && isAlike(row, other));
    const from = near ?? usual.find((other) => isAlike(row, other));
    if (!from) return row;
    const pages = row.pages.map((page, k) => ({ ...page, times: from.pages[k]!.times }));
    return { ...row, pages, timesFrom: { op: from.op, below: from.below } };
  });
}

function nearest(
  rows: readonly RecordedRow[],
  at: number,
  fits: (row: RecordedRow) => boolean,
): RecordedRow | undefined {
  for (let k = 1; k < rows.length; k++)
    for (const other of [rows[at - k], rows[at + k]]) if (other && fits(other)) return other;
  return undefined;
}
