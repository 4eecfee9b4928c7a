import type { TopLevelSpec } from 'vega-lite';
import type { Interval } from '../../replay/result.ts';
import { CHART_WIDTH, CONFIG, DURATION_LABEL, type Slot, slotEncoding } from './axes.ts';
import { DIM } from './palette.ts';

/** A value with its interval at each of some places. */
export interface PointSeries {
  readonly slot: Slot;
  readonly label: string;
  /** In the order of the places; null: none there. */
  readonly values: readonly (Interval | null)[];
}

export interface PointRow extends Interval {
  readonly slot: Slot;
  readonly label: string;
  /** The place, a little aside for each series, so that intervals do not cover each other. */
  readonly x: number;
}

/** Distance between series at one place, of the distance between places. */
const ASIDE = 0.035;
/** Beyond this ratio of the largest to the smallest value an axis of ratios is logarithmic. */
const WIDE = 5;

export function pointRows(series: readonly PointSeries[]): PointRow[] {
  return series.flatMap(({ slot, label, values }, s) =>
    values.flatMap((interval, place) =>
      interval === null
        ? []
        : [{ slot, label, x: place + (s - (series.length - 1) / 2) * ASIDE, ...interval }],
    ),
  );
}

/** Series over a few places (numbers of processes) as points with intervals, joined by lines. */
export function pointsSpec(
  series: readonly PointSeries[],
  places: { readonly title: string; readonly labels: readonly string[] },
  values: { readonly title: string; readonly unit: 'ratio' | 'ns' },
): TopLevelSpec {
  const rows = pointRows(series);
  const isRatio = values.unit === 'ratio';
  const least = Math.min(isRatio ? 1 : 0, ...rows.map(({ lo }) => lo));
  const most = Math.max(isRatio ? 1 : 0, ...rows.map(({ hi }) => hi));
  const isLog = isRatio && most / least > WIDE;
  const margin = isLog ? 0 : (most - least) * 0.04;
  const range: number[] = [least - margin, most + margin];
  const wide: number[] = [-0.3, places.labels.length - 0.7];
  const ticks: number[] = [...places.labels.keys()];
  const x = {
    field: 'x',
    type: 'quantitative',
    title: places.title,
    scale: { domain: wide, nice: false, zero: false },
    axis: {
      values: ticks,
      labelExpr: `[${places.labels.map((label) => `'${label.replace(/[\\']/g, '')}'`).join(',')}][datum.value]`,
      grid: false,
    },
  } as const;
  const y = {
    type: 'quantitative',
    title: isLog ? `${values.title} (log)` : values.title,
    scale: { domain: range, nice: false, ...(isLog ? { type: 'log' as const } : { zero: false }) },
    axis: { labelExpr: isRatio ? "format(datum.value, '~r') + 'x'" : DURATION_LABEL, tickCount: 5 },
  } as const;
  const { color, strokeDash } = slotEncoding(series.map(({ slot }) => slot));
  const description = { field: 'label', type: 'nominal' } as const;
  return {
    width: CHART_WIDTH,
    height: 220,
    config: CONFIG,
    data: { values: rows },
    layer: [
      {
        data: { values: [{ same: isRatio ? 1 : 0 }] },
        mark: { type: 'rule', color: DIM.light, strokeDash: [4, 3] },
        encoding: { y: { field: 'same', ...y } },
      },
      {
        mark: { type: 'rule', strokeWidth: 1.6 },
        encoding: { x, y: { field: 'lo', ...y }, y2: { field: 'hi' }, color, description },
      },
      {
        mark: { type: 'line', strokeWidth: 1.6 },
        encoding: { x, y: { field: 'value', ...y }, color, strokeDash, description },
      },
      {
        mark: { type: 'point', filled: true, size: 45, opacity: 1 },
        encoding: { x, y: { field: 'value', ...y }, color, description },
      },
    ],
  };
}
