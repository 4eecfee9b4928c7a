import type { OperationTable } from '../trace/operations.ts';
import type { TaskStream } from './engine/machine.ts';
import type { Assumption } from './result.ts';
import type { Returns } from './returns.ts';

/** Returns kept of a run. */
const POINTS = 4096;

/** Pages that a task gave back outside of zsmalloc, by their place among its frees. */
export interface TaskPages {
  /** Frees of the task that had ended by then; its pause that they lie in comes behind those. */
  readonly after: Int32Array;
  /** Share of that pause that had passed; behind the last free: ns since its end. */
  readonly into: Float64Array;
  readonly pages: Int32Array;
}

/** Anonymous folios (and what goes with them) of the tasks that free, beside the pages of zspages. */
export interface AnonymousPages {
  /** By task of the workload. */
  readonly tasks: readonly TaskPages[];
  /** Page tables are known and left out. */
  readonly withoutPageTables: boolean;
  /** Pages of a large folio are counted: the trace has events with orders. */
  readonly hasOrders: boolean;
}

/**
 * What the tasks gave back between their first free and the end of the call around the last, outside of zsmalloc.
 * @param rows Frees of each task in their order.
 * @returns null where the trace shows nothing of it.
 */
export function anonymousPages(ops: OperationTable, rows: readonly Int32Array[]): AnonymousPages | null {
  const { pageFrees, munmaps } = ops;
  const shown = pageFrees.rows().filter((row) => !Number.isNaN(pageFrees.atNs[row]!));
  const tasks = rows.map((column): TaskPages => {
    const task = column.length > 0 ? ops.task[column[0]!]! : -1;
    const firstNs = Math.min(ops.startNs[column[0]!]!, ...callsAround(task, column));
    const own = shown.filter((row) => pageFrees.task[row] === task && pageFrees.atNs[row]! >= firstNs);
    const place = own.map((row) => placeOf(pageFrees.atNs[row]!));
    return {
      after: Int32Array.from(place, ({ after }) => after),
      into: Float64Array.from(place, ({ into }) => into),
      pages: Int32Array.from(own, (row) => pageFrees.pages[row]!),
    };

    function placeOf(ns: number) {
      let [low, high] = [0, column.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (ops.endNs[column[middle]!]! <= ns) low = middle + 1;
        else high = middle;
      }
      const from = low === 0 ? firstNs : ops.endNs[column[low - 1]!]!;
      if (low === column.length) return { after: low, into: ns - from };
      const to = ops.startNs[column[low]!]!;
      return { after: low, into: to > from ? Math.min(1, (ns - from) / (to - from)) : 1 };
    }
  });
  if (tasks.every(({ pages }) => pages.length === 0)) return null;
  const hasOrders = shown.some((row) => pageFrees.kind[row] === 0);
  return { tasks, withoutPageTables: pageFrees.hasPageTables, hasOrders };

  /** Beginnings of the munmap calls that hold the first free. */
  function callsAround(task: number, column: Int32Array): number[] {
    const first = ops.startNs[column[0]!]!;
    return munmaps
      .filter((call) => call.task === task && call.startNs <= first && call.endNs >= first)
      .map(({ startNs }) => startNs);
  }
}

/**
 * When these pages are back in a run: at their place among the task's frees. Pauses are those of the run; what the
 * frees took is spread evenly over them.
 */
export function anonymousReturns(
  { tasks }: AnonymousPages,
  streams: readonly Pick<TaskStream, 'thinkNs'>[],
  taskEndNs: Float64Array,
): Returns {
  const all: { readonly ns: number; readonly pages: number }[] = [];
  tasks.forEach(({ after, into, pages }, t) => {
    const { thinkNs } = streams[t]!;
    const paused = new Float64Array(thinkNs.length + 1);
    for (let i = 0; i < thinkNs.length; i++) paused[i + 1] = paused[i]! + thinkNs[i]!;
    const freeNs = Math.max(0, taskEndNs[t]! - paused.at(-1)!) / Math.max(1, thinkNs.length);
    for (let k = 0; k < pages.length; k++) {
      const frees = after[k]!;
      const isBehind = frees === thinkNs.length;
      const ns = isBehind
        ? taskEndNs[t]! + into[k]!
        : paused[frees]! + frees * freeNs + into[k]! * thinkNs[frees]!;
      all.push({ ns, pages: pages[k]! });
    }
  });
  all.sort((a, b) => a.ns - b.ns);
  const every = Math.max(1, Math.ceil(all.length / POINTS));
  const atNs: number[] = [];
  const sums: number[] = [];
  let sum = 0;
  all.forEach(({ ns, pages }, k) => {
    sum += pages;
    if (k % every !== 0 && k !== all.length - 1) return;
    atNs.push(ns);
    sums.push(sum);
  });
  return { atNs: Float64Array.from(atNs), pages: Float64Array.from(sums) };
}

/** What the curve of these pages rests on. */
export function anonymousAssumptions({
  tasks,
  withoutPageTables,
  hasOrders,
}: AnonymousPages): readonly Assumption[] {
  const pages = tasks.reduce((sum, task) => sum + task.pages.reduce((all, count) => all + count, 0), 0);
  const tables = withoutPageTables ? 'page tables are left out' : 'page tables may be among them';
  const orders = hasOrders ? '' : '; a large folio counts as one page, because the trace shows no order';
  return [
    {
      what: `anonymous folios: ${pages} pages that the tasks gave back outside of zsmalloc (${tables}${orders})`,
      basis: 'measured',
    },
    {
      what: 'when they come back: at their place among the frees of the task, with the pauses as recorded',
      basis: 'modelled',
    },
  ];
}
