import type { Column, Group, ReproducedRow } from '../rows.ts';
import { interval } from '../sampling.ts';
import type { StoreRow } from './published.ts';

interface Head {
  readonly reason: string;
}

/** A row with a prediction, in the unit of the row. */
export function predictedStoreRow(
  row: StoreRow,
  column: Column,
  values: readonly number[],
  how: Head & { readonly role: 'calibration' | 'held-out'; readonly group: Group | null },
): ReproducedRow {
  const { median: predicted, lo, hi } = interval(values);
  const published = columnOf(row, column);
  return {
    ...head(row, column),
    published,
    predicted,
    lo,
    hi,
    errorPct: (predicted / published - 1) * 100,
    ...how,
  };
}

/** A published number that a prediction rests on. */
export function givenStoreRow(row: StoreRow, column: Column, reason: string): ReproducedRow {
  return { ...boundedStoreRow(row, column, {}, reason), role: 'calibration' };
}

/** A row of which no more than a bound is known; either side, both or none. */
export function boundedStoreRow(
  row: StoreRow,
  column: Column,
  { lo = null, hi = null }: { readonly lo?: number | null; readonly hi?: number | null },
  reason: string,
): ReproducedRow {
  return {
    ...head(row, column),
    published: columnOf(row, column),
    predicted: null,
    lo,
    hi,
    errorPct: null,
    role: 'not-predictable',
    reason,
    group: null,
  };
}

/** The number of a column. @throws {RangeError} when the row does not have it. */
export function columnOf(row: StoreRow, column: Column): number {
  const value = row[column];
  if (value === null) throw new RangeError(`${row.id} has no column ${column}`);
  return value;
}

function head({ id, platform, metric, design, processes, unit }: StoreRow, column: Column) {
  const isBase = column === 'base';
  return {
    part: 'store' as const,
    id: isBase ? `${id}.base` : id,
    platform,
    metric,
    design: isBase ? 'base' : design,
    processes,
    sizeMB: null,
    unit,
  };
}
