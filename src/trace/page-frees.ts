/** What shows that a page went back: the event with its order, or a call for each folio. */
export const PageFreeKind = {
  /** mm_page_free: `order` says how many pages. */
  Event: 0,
  /** free_unref_page_commit: a folio goes to the list of its CPU. */
  Commit: 1,
  /** free_swap_cache: a folio of a batch that munmap gives back. */
  Batch: 2,
} as const;
export type PageFreeKind = (typeof PageFreeKind)[keyof typeof PageFreeKind];

/** Pages given back outside of zsmalloc, as columns, in the order of each task. */
export class PageFrees {
  readonly task: number[] = [];
  readonly cpu: number[] = [];
  readonly kind: number[] = [];
  /** When, ns, in the clock of the operations. */
  readonly atNs: number[] = [];
  readonly pages: number[] = [];
  /** Kinds met anywhere, within zsmalloc too: the most exact of them counts. */
  readonly seen = new Set<PageFreeKind>();
  /** Calls that free page tables were traced: what is left are none. */
  hasPageTables = false;

  add(task: number, cpu: number, kind: PageFreeKind, ns: number, pages: number): void {
    this.task.push(task);
    this.cpu.push(cpu);
    this.kind.push(kind);
    this.atNs.push(ns);
    this.pages.push(pages);
  }

  /** Leaves the last pages of a task out, by each kind. */
  dropLast(task: number, count: number): void {
    const left = new Map<number, number>();
    for (let row = this.task.length - 1; row >= 0; row--) {
      if (this.task[row] !== task) continue;
      const dropped = left.get(this.kind[row]!) ?? 0;
      if (dropped >= count) continue;
      left.set(this.kind[row]!, dropped + 1);
      this.pages[row] = 0;
    }
  }

  /** Rows of the most exact kind that the recording has, with their pages. */
  rows(): number[] {
    const kind = [PageFreeKind.Event, PageFreeKind.Commit, PageFreeKind.Batch].find((one) =>
      this.seen.has(one),
    );
    return [...this.task.keys()].filter((row) => this.kind[row] === kind && this.pages[row]! > 0);
  }
}
