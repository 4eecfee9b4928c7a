/** A histogram that another tool made: calls of `name` by latency. */
export interface SideHistogram {
  /** Input it stands in. */
  readonly source: string;
  /** What was measured: a function, an event, or the key of a map. */
  readonly name: string;
  readonly unit: 'ns' | 'other';
  /** `[lo, hi)` in ns, or in the tool's unit; `hi` is Infinity for an open last bucket. */
  readonly buckets: readonly { readonly lo: number; readonly hi: number; readonly count: number }[];
}

/** A table that the kernel or another tool printed, kept as numbers and words. */
export interface SideTable {
  readonly source: string;
  /** What it is: `zsmalloc-classes`, `zram-mm-stat`, `lock-stat`, `perf-lock-contention`, ... */
  readonly kind: string;
  /** Column names with their units: `total_wait_ns`. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** Receives what is no stream of records: side data for reports and for the replay. */
export interface TableSink {
  histogram(histogram: SideHistogram): void;
  table(table: SideTable): void;
}
