import type { NameTable } from '../../trace/names.ts';
import { type SpanBatch, SpanFlag, SpanKind } from '../../trace/spans.ts';
import type { RowFilter } from '../row-filter.ts';
import { BlockSeries } from './block-series.ts';

/** Durations of one function in the order of their ends. */
export interface FunctionSeries {
  readonly durations: BlockSeries;
  /** Traced calls below all of them. */
  tracedWithin: number;
}

/** Series of durations by function, filled from spans as they come. Bounded by the number of functions. */
export class FunctionSeriesTable {
  readonly #filter: RowFilter;
  readonly #byName: (FunctionSeries | undefined)[] = [];

  constructor(filter: RowFilter) {
    this.#filter = filter;
  }

  /** Takes the spans of a batch. Hot. */
  add(rows: SpanBatch): void {
    const active = this.#filter.active;
    for (let i = 0; i < rows.length; i++) {
      if (rows.kind[i] !== SpanKind.Span) continue;
      const ns = rows.durationNs[i]!;
      if (Number.isNaN(ns) || (active && !this.#filter.accepts(rows, i))) continue;
      const name = rows.name[i]!;
      let series = this.#byName[name];
      if (series === undefined) {
        series = { durations: new BlockSeries(), tracedWithin: 0 };
        this.#byName[name] = series;
      }
      series.durations.add(ns);
      if ((rows.flags[i]! & SpanFlag.Leaf) === 0) series.tracedWithin += rows.descendants[i]!;
    }
  }

  /** By function without module: what is a module in one kernel may be built into another. The longest row counts. */
  byName(names: NameTable): Map<string, FunctionSeries> {
    const found = new Map<string, FunctionSeries>();
    for (const [id, series] of this.#byName.entries()) {
      if (series === undefined) continue;
      const name = names.functionName(id);
      const other = found.get(name);
      if (!other || other.durations.sumNs < series.durations.sumNs) found.set(name, series);
    }
    return found;
  }
}
