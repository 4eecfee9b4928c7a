import type { TopLevelSpec } from 'vega-lite';
import { CHART_WIDTH, CONFIG, durationAxis, type Slot, slotEncoding } from './axes.ts';
import { FLOOR_NS, type Series, slotOf, toOctaves } from './regroup.ts';

/** A step of the chart: `count` of the series' `calls` took `loNs` up to `hiNs`. */
export interface HistogramRow {
  readonly slot: Slot;
  readonly label: string;
  readonly loNs: number;
  readonly hiNs: number;
  readonly count: number;
  readonly calls: number;
}

/** Rows by powers of two; each series begins and ends with a row of 0, which closes its outline. */
export function histogramRows(series: readonly Series[]): HistogramRow[] {
  return series.flatMap((one, i) => {
    const { label, count: calls, histogram } = one;
    const slot = slotOf(one, i);
    const rows = toOctaves(histogram).map((bucket) => ({ slot, label, ...bucket, calls }));
    if (rows.length === 0) return [];
    const first = rows[0]!;
    const last = rows[rows.length - 1]!;
    return [
      { ...first, hiNs: first.loNs, count: 0 },
      ...rows,
      { ...last, loNs: last.hiNs, hiNs: last.hiNs, count: 0 },
    ];
  });
}

/** Overlaid histograms on a log axis of durations: share of the calls of each series by power of two. */
export function latencyHistogramSpec(series: readonly Series[], what: string, height = 200): TopLevelSpec {
  const rows = histogramRows(series);
  const from = Math.max(FLOOR_NS, Math.min(...rows.map((row) => row.loNs)));
  const to = Math.max(from * 2, ...rows.map((row) => row.hiNs));
  const x = durationAxis(what, from, to);
  const y = {
    field: 'share',
    type: 'quantitative',
    stack: null,
    title: height < 150 ? 'share' : `share of the ${what}s`,
    axis: { format: '~%', tickCount: height < 150 ? 3 : 5 },
  } as const;
  const { color, strokeDash } = slotEncoding(series.map(slotOf));
  const description = { field: 'label', type: 'nominal' } as const;
  return {
    width: CHART_WIDTH,
    height,
    config: CONFIG,
    data: { values: rows },
    transform: [
      { calculate: 'datum.calls > 0 ? datum.count / datum.calls : 0', as: 'share' },
      { calculate: `max(datum.loNs, ${FLOOR_NS})`, as: 'drawnNs' },
    ],
    layer: [
      {
        mark: { type: 'area', interpolate: 'step-after', fillOpacity: 0.1 },
        encoding: { x, y, color, description },
      },
      {
        mark: { type: 'line', interpolate: 'step-after', strokeWidth: 1.6 },
        encoding: { x, y, color, strokeDash, description },
      },
    ],
  };
}
