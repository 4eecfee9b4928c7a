import type { PageFreeKind, PageFrees } from '../../trace/page-frees.ts';

interface Pending {
  /** Number of the call that freed it, or of that around the event. */
  readonly call: number;
  readonly kind: PageFreeKind;
  readonly ns: number;
  readonly pages: number;
}

/** More are not kept back: no operation of zsmalloc frees so many, and what is older is of none. */
const KEPT = 8192;

/**
 * Pages that a task gives back outside of zsmalloc. Calls end before those around them, so what was freed waits
 * until it is known whether an operation was around it.
 */
export class TaskPageFrees {
  readonly #table: PageFrees;
  #pending: Pending[] = [];

  constructor(table: PageFrees) {
    this.#table = table;
  }

  add(call: number, kind: PageFreeKind, ns: number, pages: number): void {
    this.#pending.push({ call, kind, ns, pages });
  }

  /** An operation of zsmalloc ends: calls within it have higher numbers than it, events its own. */
  isOperation(call: number): void {
    while (this.#pending.length > 0 && this.#pending.at(-1)!.call >= call) this.#pending.pop();
  }

  /** No operation can be around the oldest any more, or around any. */
  settle(task: number, cpu: number, all: boolean): void {
    if (!all && this.#pending.length < 2 * KEPT) return;
    const count = all ? this.#pending.length : KEPT;
    for (const { kind, ns, pages } of this.#pending.slice(0, count))
      this.#table.add(task, cpu, kind, ns, pages);
    this.#pending = this.#pending.slice(count);
  }

  /** So many of the folios freed last are page tables: they go with the last batch. */
  pageTables(task: number, cpu: number, count: number): void {
    this.settle(task, cpu, true);
    this.#table.dropLast(task, count);
  }
}
