import type { NameId } from '../trace/names.ts';
import { durationCutNs } from '../trace/records.ts';
import { type SpanBatch, SpanFlag, SpanKind } from '../trace/spans.ts';
import { Histogram } from './histogram.ts';
import type { RowFilter } from './row-filter.ts';

interface InnerCall {
  readonly stack: number;
  readonly span: number;
  readonly ns: number;
}

/** Outer calls whose end is never seen leave theirs behind. */
const MAX_INNER = 1024;

/** What is known of the calls of one function. */
export interface FunctionLatency {
  readonly name: NameId;
  /** Durations of all calls whose return was seen. */
  readonly durations: Histogram;
  /** Calls, those without a duration in the text included. */
  calls: number;
  /** Sum of durations; a call inside a call of the same function counts once. */
  totalNs: number;
  selfNs: number;
  /** Counted calls that ran within a call of the same function which has not ended yet. */
  readonly inner: InnerCall[];
  /** By how much `totalNs` may be too small because the kernel cuts long durations. */
  cutNs: number;
  /** Calls whose begin was not seen. */
  startCut: number;
  /** Calls whose self time is an upper bound. */
  selfIsBound: number;
  /** Calls told by a pair of events, from stamp to stamp. */
  pairs: number;
  /** Time of interrupts, softirqs and of being scheduled out within the calls. */
  irqNs: number;
  softirqNs: number;
  offCpuNs: number;
}

/** Distributions of durations by function, filled from spans as they come. */
export class LatencyTable {
  readonly #filter: RowFilter;
  #byName: (FunctionLatency | undefined)[] = [];

  constructor(filter: RowFilter) {
    this.#filter = filter;
  }

  /** Takes the spans of a batch. Hot. */
  add(rows: SpanBatch): void {
    const filter = this.#filter.active ? this.#filter : null;
    const { kind, flags, name, durationNs, selfNs } = rows;
    const byName = this.#byName;
    const { Span } = SpanKind;
    const { StartCut, SelfIsBound, Leaf, Recursive, Pair } = SpanFlag;
    const special = StartCut | SelfIsBound | Pair;
    for (let i = 0; i < rows.length; i++) {
      if (kind[i] !== Span) continue;
      if (filter !== null && !filter.accepts(rows, i)) continue;
      const id = name[i]!;
      const row = byName[id] ?? this.#newRow(id);
      row.calls++;
      const f = flags[i]!;
      const ns = durationNs[i]!;
      if (f & special) {
        if (f & StartCut) row.startCut++;
        if (f & (StartCut | SelfIsBound)) row.selfIsBound++;
        if (f & Pair) row.pairs++;
      }
      if (Number.isNaN(ns)) continue;
      row.durations.add(ns);
      if (ns >= 1e7 && (f & Pair) === 0) row.cutNs += durationCutNs(ns);
      row.selfNs += f & Leaf ? ns : selfNs[i]!;
      row.totalNs += ns;
      // A call within a call of the same function is in that one's duration already.
      if (row.inner.length > 0) row.totalNs -= takeInner(row.inner, rows.stack[i]!, rows.span[i]!);
      if (f & Recursive) keepInner(row.inner, rows.stack[i]!, rows.span[i]!, ns);
      if ((f & Leaf) === 0) {
        row.irqNs += rows.irqNs[i]!;
        row.softirqNs += rows.softirqNs[i]!;
        row.offCpuNs += rows.offCpuNs[i]!;
      }
    }
  }

  #newRow(name: NameId): FunctionLatency {
    const row: FunctionLatency = {
      name,
      durations: new Histogram(),
      calls: 0,
      totalNs: 0,
      selfNs: 0,
      inner: [],
      cutNs: 0,
      startCut: 0,
      selfIsBound: 0,
      pairs: 0,
      irqNs: 0,
      softirqNs: 0,
      offCpuNs: 0,
    };
    this.#byName[name] = row;
    return row;
  }

  /** The functions met, in the order of their names' ids. */
  rows(): FunctionLatency[] {
    return this.#byName.filter((row) => row !== undefined);
  }
}

/** The durations of the inner calls that began after `span` on the stack; they are forgotten. */
function takeInner(inner: InnerCall[], stack: number, span: number): number {
  let ns = 0;
  for (let k = inner.length - 1; k >= 0; k--) {
    const call = inner[k]!;
    if (call.stack !== stack || call.span < span) continue;
    ns += call.ns;
    inner.splice(k, 1);
  }
  return ns;
}

function keepInner(inner: InnerCall[], stack: number, span: number, ns: number): void {
  if (inner.length >= MAX_INNER) inner.shift();
  inner.push({ stack, span, ns });
}
