import type { TopLevelSpec } from 'vega-lite';

/** A key beside a chart. `slot` is the number of its colour, or the letter of a colour by name. */
export interface LegendEntry {
  readonly slot: number | string;
  readonly label: string;
  readonly line: boolean;
  /** What there is to say of this one. */
  readonly note?: string;
}

/** The numbers of a table, as exact as they are known; `name` is null for that of a chart. */
export interface TableExhibit {
  readonly kind: 'table';
  readonly name: string | null;
  readonly header: readonly string[];
  readonly rows: () => readonly (readonly (string | number | null)[])[];
}

/** A chart with what is said of it and its numbers. */
export interface ChartExhibit {
  readonly kind: 'chart';
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly spec: TopLevelSpec;
  readonly legend: readonly LegendEntry[];
  readonly tables: readonly TableExhibit[];
}

/** Something of a report that can be exported by itself. */
export type Exhibit = ChartExhibit | TableExhibit;
