import type { TopLevelSpec } from 'vega-lite';
import type { TimeCurve } from '../../replay/result.ts';
import { CHART_WIDTH, CONFIG, DURATION_LABEL, type Slot, slotEncoding } from './axes.ts';
import { DIM } from './palette.ts';

/** Something over time, with its band. */
export interface TimeSeries {
  readonly slot: Slot;
  readonly label: string;
  readonly curve: TimeCurve;
}

export interface TimeRow {
  readonly slot: Slot;
  readonly label: string;
  readonly atNs: number;
  readonly value: number;
  readonly lo: number;
  readonly hi: number;
}

/** The points of all series; each goes on to the end of the longest. */
export function timeRows(series: readonly TimeSeries[]): TimeRow[] {
  const endNs = Math.max(...series.map(({ curve }) => curve.atNs.at(-1) ?? 0));
  return series.flatMap(({ slot, label, curve }) => {
    const rows = curve.atNs.map((atNs, k) => ({
      slot,
      label,
      atNs,
      value: curve.value[k]!,
      lo: curve.lo[k]!,
      hi: curve.hi[k]!,
    }));
    const last = rows.at(-1);
    if (last !== undefined && last.atNs < endNs) rows.push({ ...last, atNs: endNs });
    return rows;
  });
}

/** Steps over time with bands; `total`, if given, is an upright measure that the curves grow towards. */
export function timeCurvesSpec(
  series: readonly TimeSeries[],
  title: string,
  total: { readonly value: number; readonly text: string } | null,
): TopLevelSpec {
  const rows = timeRows(series);
  const x = {
    field: 'atNs',
    type: 'quantitative',
    title: 'time since the first free began',
    axis: { labelExpr: DURATION_LABEL, tickCount: 8, grid: false },
    scale: { nice: false },
  } as const;
  const y = { type: 'quantitative', title, axis: { tickCount: 5 } } as const;
  const { color, strokeDash } = slotEncoding(series.map(({ slot }) => slot));
  const description = { field: 'label', type: 'nominal' } as const;
  const measure =
    total === null
      ? []
      : [
          {
            data: { values: [{ total: total.value, text: total.text }] },
            mark: { type: 'rule' as const, color: DIM.light, strokeDash: [4, 3] },
            encoding: { y: { field: 'total', ...y } },
          },
          {
            data: { values: [{ total: total.value, text: total.text }] },
            mark: { type: 'text' as const, align: 'left' as const, baseline: 'bottom' as const, dy: -3 },
            encoding: {
              x: { value: 4 },
              y: { field: 'total', ...y },
              text: { field: 'text', type: 'nominal' as const },
            },
          },
        ];
  return {
    width: CHART_WIDTH,
    height: 230,
    config: CONFIG,
    data: { values: rows },
    layer: [
      {
        mark: { type: 'area', interpolate: 'step-after', fillOpacity: 0.16 },
        encoding: { x, y: { field: 'lo', ...y }, y2: { field: 'hi' }, color, description },
      },
      {
        mark: { type: 'line', interpolate: 'step-after', strokeWidth: 1.6 },
        encoding: { x, y: { field: 'value', ...y }, color, strokeDash, description },
      },
      ...measure,
    ],
  };
}
