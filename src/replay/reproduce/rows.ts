import type { PublishedRow } from './published.ts';
import { type Interval, interval } from './sampling.ts';

export type Role = 'calibration' | 'held-out' | 'not-predictable';

/** Which summary a row counts for. */
export type Group =
  | 'multi-process'
  | 'single-process'
  | 'size'
  | 'no-lock'
  | 'baseline'
  | 'other-machine'
  | 'iaa-pieces'
  | 'zram-folio'
  | 'iaa-batch'
  | 'iaa-throughput'
  | 'iaa-sys'
  | 'software-throughput'
  | 'vswap-free';

/** A published number beside what the model says. Times in the unit of the row. */
export interface ReproducedRow {
  /** Which half of the model it is about: freeing, or storing in zswap and zram. */
  readonly part: 'free' | 'store';
  /** As published; the baseline column of a pair has `.base` behind it. */
  readonly id: string;
  readonly platform: string;
  readonly metric: string;
  readonly design: string;
  /** Null where it is not published, or says nothing. */
  readonly processes: number | null;
  readonly sizeMB: number | null;
  readonly unit: string;
  readonly published: number;
  readonly predicted: number | null;
  /** 90 % interval; of a row that is not predictable, what bounds are known. */
  readonly lo: number | null;
  readonly hi: number | null;
  readonly errorPct: number | null;
  readonly role: Role;
  /** What it is predicted from, or why it is not. */
  readonly reason: string;
  readonly group: Group | null;
}

/** Which of the two columns of a published pair. */
export type Column = 'base' | 'value';

/** A row with a prediction; `valuesNs` is what each parameter set says. */
export function predictedRow(
  published: PublishedRow,
  column: Column,
  valuesNs: readonly number[],
  how: { readonly role: Role; readonly reason: string; readonly group: Group | null },
): ReproducedRow {
  const scale = published.unit === 'ms' ? 1e6 : 1;
  const { median, lo, hi }: Interval = interval(valuesNs);
  const was = columnOf(published, column);
  return {
    ...head(published, column),
    published: was,
    predicted: median / scale,
    lo: lo / scale,
    hi: hi / scale,
    errorPct: (median / scale / was - 1) * 100,
    ...how,
  };
}

/** A row that nothing published determines. */
export function unpredictedRow(published: PublishedRow, column: Column, reason: string): ReproducedRow {
  return {
    ...head(published, column),
    published: columnOf(published, column),
    predicted: null,
    lo: null,
    hi: null,
    errorPct: null,
    role: 'not-predictable',
    reason,
    group: null,
  };
}

/** A published number that went into the fit as it is. */
export function calibrationRow(published: PublishedRow, column: Column, reason: string): ReproducedRow {
  return { ...unpredictedRow(published, column, reason), role: 'calibration' };
}

function columnOf(published: PublishedRow, column: Column): number {
  const value = published[column];
  if (value === null) throw new RangeError(`${published.id} has no column ${column}`);
  return value;
}

function head(published: PublishedRow, column: Column) {
  const { id, platform, metric, design, processes, sizeMB, unit } = published;
  const isBase = column === 'base';
  return {
    part: 'free' as const,
    id: isBase ? `${id}.base` : id,
    platform,
    metric,
    design: isBase ? 'base' : design,
    processes,
    sizeMB,
    unit,
  };
}
