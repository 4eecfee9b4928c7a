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
 * CPU's first bulk free is where it was recorded, or, without any, so that the last page does not fill it;
 * somewhere (half full in the first run) where the objects are those of another recording, in which other
 * frees give pages back.
 * @param isPlaced The objects are those of the same recording.
 * @returns null when the recording shows no bulk free within a free.
 */
export function recordedPageLists(
  ops: OperationTable,
  tasks: readonly FreesOfTask[],
  isPlaced: boolean,
): WorkloadPageLists | null {
  // Pages that the trace shows to be freed, where it does.
  const isShown = tasks.some(({ rows }) => rows.some((row) => ops.seenReleasedPages[row]! > 0));
  const pagesOf = (row: number, modelled: number) =>
    isShown ? Math.max(0, ops.seenReleasedPages[row]!) : modelled;
  const frees = tasks
    .flatMap(({ stream: { cpu }, rows, pages }) =>
      Array.from(rows, (row, i) => ({ cpu, atNs: ops.startNs[row]!, pages: pagesOf(row, pages[i]!), row })),
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
    const count = ops.parts.bulkCalls.get(row);
    if (Number.isNaN(count)) continue;
    if (list.bulkFrees === 0) list.first = list.pages;
    list.bulkFrees += count;
  }
  const full = [...byCpu.values()].filter((list) => list.bulkFrees > 0);
  if (full.length === 0) return null;
  const bulkFrees = full.reduce((sum, list) => sum + list.bulkFrees, 0);
  const pages = full.reduce((sum, list) => sum + list.pages, 0);
  const batch = Math.max(1, Math.round(pages / bulkFrees));
  const half = batch >> 1;
  const start = Array.from({ length: Math.max(...byCpu.keys()) + 1 }, (_, cpu) => {
    const list = byCpu.get(cpu);
    if (!list || !isPlaced) return half;
    return list.bulkFrees > 0 ? batch - list.first : Math.min(0, batch - 1 - list.pages);
  });
  return {
    lists: {
      batch,
      high: batch,
      start,
      startElsewhere: half,
      ...(isPlaced ? {} : { startIsUnknown: true as const }),
    },
    recorded: { bulkFrees, pages },
  };
}
