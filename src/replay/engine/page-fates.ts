import type { OperationColumns } from './columns.ts';
import type { Scheduler } from './scheduler.ts';

/**
 * Pages of operations in which not all pages have the same steps. The hot loop comes here for loops over some of
 * them: the first row of such an operation stands for the folio, and the rows behind it are its pages, those of one fate
 * side by side.
 */
export class PageFates {
  readonly #columns: OperationColumns;
  readonly #threads: Scheduler;

  constructor(columns: OperationColumns, threads: Scheduler) {
    this.#columns = columns;
    this.#threads = threads;
  }

  /** The next page of the batch at hand with one of these fates; -1 behind the last. */
  nextPage(thread: number, fates: number): number {
    const { page, batchEnd, lead } = this.#threads;
    const end = batchEnd[thread]!;
    for (let row = page[thread]!; row < end; row++) {
      if (row === lead[thread] || !this.#has(row, fates)) continue;
      page[thread] = row + 1;
      return row;
    }
    return -1;
  }

  /**
   * Makes the next batch of pages with these fates; behind the last one the whole folio is at hand again.
   * @returns first row of what is at hand.
   */
  nextBatch(thread: number, size: number, fates: number): number {
    const { lead, page, batch, batchEnd, batched } = this.#threads;
    const first = lead[thread]!;
    const folioEnd = first + this.#columns.folioPages[first]!;
    let from = batched[thread] ? batchEnd[thread]! : first + 1;
    while (from < folioEnd && !this.#has(from, fates)) from++;
    let end = from;
    while (end < folioEnd && end < from + size && this.#has(end, fates)) end++;
    const isMore = end > from;
    batched[thread] = isMore ? 1 : 0;
    batch[thread] = page[thread] = isMore ? from : first;
    batchEnd[thread] = isMore ? end : folioEnd;
    return batch[thread]!;
  }

  #has(row: number, fates: number): boolean {
    return ((fates >> this.#columns.rows[row * 5 + 4]!) & 1) === 1;
  }
}
