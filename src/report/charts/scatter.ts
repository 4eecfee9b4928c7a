import type { TopLevelSpec } from 'vega-lite';
import { CHART_WIDTH, CONFIG, DURATION_LABEL, type Slot, slotEncoding } from './axes.ts';
import { DIM, PAPER } from './palette.ts';

/** A measured value beside a predicted one with its interval. */
export interface PairRow {
  readonly slot: Slot;
  readonly text: string;
  readonly measured: number;
  readonly predicted: number;
  readonly lo: number;
  readonly hi: number;
}

const HEIGHT = 420;
/** Room around the outermost values. */
const MARGIN = 1.15;

/** Predicted against measured on two log axes with the same units; on the slanted line both are equal. */
export function scatterSpec(
  rows: readonly PairRow[],
  titles: { readonly measured: string; readonly predicted: string },
  unit: 'ns' | 'ratio' | 'other',
): TopLevelSpec {
  const all = rows.flatMap(({ measured, predicted, lo, hi }) => [measured, predicted, lo, hi]);
  const domain: number[] = [Math.min(...all) / MARGIN, Math.max(...all) * MARGIN];
  const axis = {
    ns: { labelExpr: DURATION_LABEL },
    ratio: { labelExpr: "format(datum.value, '~r') + 'x'" },
    other: { format: '~s' },
  }[unit];
  const along = (title: string) =>
    ({
      type: 'quantitative',
      title,
      scale: { type: 'log', domain, nice: false },
      axis: { ...axis, tickCount: 6 },
    }) as const;
  const x = { field: 'measured', ...along(titles.measured) };
  const y = along(titles.predicted);
  const { color } = slotEncoding(rows.map(({ slot }) => slot));
  const description = { field: 'text', type: 'nominal' } as const;
  return {
    width: CHART_WIDTH,
    height: HEIGHT,
    config: CONFIG,
    data: { values: [...rows] },
    layer: [
      {
        data: { values: domain.map((value) => ({ value })) },
        mark: { type: 'line', color: DIM.light, strokeDash: [4, 3], strokeWidth: 1 },
        encoding: { x: { ...x, field: 'value' }, y: { ...y, field: 'value' } },
      },
      {
        mark: { type: 'rule', strokeWidth: 1.6 },
        encoding: { x, y: { ...y, field: 'lo' }, y2: { field: 'hi' }, color, description },
      },
      {
        mark: { type: 'point', filled: true, size: 45, opacity: 1, stroke: PAPER.light, strokeWidth: 0.5 },
        encoding: { x, y: { ...y, field: 'predicted' }, color, description },
      },
    ],
  };
}
