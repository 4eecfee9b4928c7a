import type { TopLevelSpec } from 'vega-lite';
import { CHART_WIDTH, CONFIG, type Slot, slotEncoding } from './axes.ts';
import { DIM, PAPER } from './palette.ts';

/** What one assumption does to an answer: `to` over `from` is what its range makes of it. */
export interface EffectRow {
  readonly row: number;
  readonly slot: Slot;
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** Height of a row with its label above, so that long names need no margin. */
const STEP = 34;
const BELOW = 7;

/** Bars of relative changes beside an upright line at no change, in the order given. */
export function tornadoSpec(rows: readonly EffectRow[], title: string): TopLevelSpec {
  const y = { field: 'row', type: 'ordinal', axis: null, scale: { padding: 0 } } as const;
  const x = {
    field: 'change',
    type: 'quantitative',
    title,
    axis: { labelExpr: "(datum.value > 0 ? '+' : '') + format(datum.value, '~%')", tickCount: 6 },
  } as const;
  return {
    width: CHART_WIDTH,
    height: { step: STEP },
    config: CONFIG,
    data: { values: [...rows] },
    transform: [{ calculate: 'datum.to / datum.from - 1', as: 'change' }],
    layer: [
      {
        mark: { type: 'bar', size: 12, yOffset: BELOW, stroke: PAPER.light, strokeWidth: 1 },
        encoding: {
          x,
          y,
          color: slotEncoding(rows.map(({ slot }) => slot)).color,
          description: { field: 'text', type: 'nominal' },
        },
      },
      {
        mark: { type: 'rule', color: DIM.light },
        encoding: { x: { datum: 0, type: 'quantitative' } },
      },
      {
        mark: { type: 'text', align: 'left', baseline: 'middle', dy: -8 },
        encoding: { x: { value: 1 }, y, text: { field: 'text', type: 'nominal' } },
      },
    ],
  };
}
