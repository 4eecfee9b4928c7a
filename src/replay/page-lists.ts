import type { PageLists } from '../model/steps.ts';
import type { OperationTable } from '../trace/operations.ts';
import type { TaskStream } from './engine/machine.ts';
import type { TracerCost } from './workload.ts';

/** Page lists of a workload, and where they are from. */
export interface WorkloadPageLists {
  readonly lists: PageLists;
  /** Bulk frees within recorded frees; null: nobody recorded one, lists and cost are assumed. */
  readonly recorded: { readonly bulkFrees: number; readonly pages: number } | null;
}

/** Time of the recorded bulk frees within one free, ns, waiting for zone->lock and the tracer taken out. */
export function bulkFreeNs({ parts, below }: OperationTable, row: number, tracer: TracerCost): number {
  const count = parts.bulkCalls.get(row);
  if (Number.isNaN(count)) return 0;
  const known = (ns: number) => (Number.isNaN(ns) ? 0 : ns);
  const calls = known(below.bulk.get(row));
  const ns = parts.bulk.get(row) - known(parts.bulkWait.get(row));
  return Math.max(0, ns - count * tracer.insideNs - calls * (tracer.insideNs + tracer.outsideNs));
}

interface FreesOfTask {
  readonly stream: TaskStream;
  readonly rows: Int32Array;
  /** Pages that each free gives back, by the model of the pool. */
  readonly pages: Int32Array;
}

/**
 * Lists that are as often full as the recorded ones. The batch is what a CPU gave back for each of its
 * bulk frees, which is what counts: pages that come and go otherwise are in it. A list begins so that its
 * CPU's first bulk free is where it was recorded, or, without any, so that the last page does not fill it.
 * @returns null when the recording shows no bulk free within a free.
 */
export function recordedPageLists(
  ops: OperationTable,
  tasks: readonly FreesOfTask[],
): WorkloadPageLists | null {
  const frees = tasks
    .flatMap(({ stream: { cpu }, rows, pages }) =>
      Array.from(rows, (row, i) => ({ cpu, atNs: ops.startNs[row]!, pages: pages[i]!, row })),
    )
    .sort((a, b) => a.atNs - b.atNs);
  const byCpu = new Map<number, { pages: number; bulkFrees: number; first: number }>();
  for (const { cpu, pages, row } of frees) {
    let list = byCpu.get(cpu);
    if (!list) {
      list = { pages: 0, bulkFrees: 0, first: 0 };
      byCpu.set(cpu, list);
    }
    list.pages += pages;
    const calls = ops.parts.bulkCalls.get(row);
    if (Number.isNaN(calls)) continue;
    if (list.bulkFrees === 0) list.first = list.pages;
    list.bulkFrees += calls;
  }
  const full = [...byCpu.values()].filter((list) => list.bulkFrees > 0);
  if (full.length === 0) return null;
  const bulkFrees = full.reduce((sum, list) => sum + list.bulkFrees, 0);
  const pages = full.reduce((sum, list) => sum + list.pages, 0);
  const count = (size: number) =>
    full.reduce((sum, list) => sum + Math.floor((size - list.first + list.pages) / size), 0);
  let batch = Math.max(1, Math.round(pages / bulkFrees));
  // CPUs differ, and their last pages fill no list: as many batches as recorded, or the nearest number below.
  while (batch > 1 && count(batch) < bulkFrees) batch--;
  while (batch < pages && count(batch) > bulkFrees) batch++;
  const half = batch >> 1;
  const start = Array.from({ length: Math.max(...byCpu.keys()) + 1 }, (_, cpu) => {
    const list = byCpu.get(cpu);
    if (!list) return half;
    return list.bulkFrees > 0 ? batch - list.first : Math.min(0, batch - 1 - list.pages);
  });
  return {
    lists: { batch, high: batch, start, startElsewhere: half },
    recorded: { bulkFrees, pages },
  };
}
