import type { TopLevelSpec } from 'vega-lite';
import { CHART_WIDTH, CONFIG, type Slot, slotEncoding } from './axes.ts';
import { DIM, PAPER } from './palette.ts';

/** How closely one assumption goes with an answer, from -1 to 1. */
export interface CorrelationRow {
  readonly row: number;
  readonly slot: Slot;
  readonly text: string;
  readonly correlation: number;
}

/** Height of a row with its label above, so that long names need no margin. */
const STEP = 34;
const BELOW = 7;

/** Bars from 0, in the order given; between the two dashed lines a bar can be luck. */
export function correlationSpec(rows: readonly CorrelationRow[], noise: number, title: string): TopLevelSpec {
  const y = { field: 'row', type: 'ordinal', axis: null, scale: { padding: 0 } } as const;
  const domain: number[] = [-1, 1];
  const dash: number[] = [4, 3];
  const x = {
    type: 'quantitative',
    title,
    scale: { domain, nice: false },
    axis: { format: '~r', tickCount: 9 },
  } as const;
  const edge = (datum: number) => ({
    mark: { type: 'rule', color: DIM.light, strokeDash: dash } as const,
    encoding: { x: { datum, ...x } },
  });
  return {
    width: CHART_WIDTH,
    height: { step: STEP },
    config: CONFIG,
    data: { values: [...rows] },
    layer: [
      {
        mark: { type: 'bar', size: 12, yOffset: BELOW, stroke: PAPER.light, strokeWidth: 1 },
        encoding: {
          x: { field: 'correlation', ...x },
          x2: { datum: 0 },
          y,
          color: slotEncoding(rows.map(({ slot }) => slot)).color,
          description: { field: 'text', type: 'nominal' },
        },
      },
      edge(-Math.min(1, noise)),
      edge(Math.min(1, noise)),
      {
        mark: { type: 'text', align: 'left', baseline: 'middle', dy: -8 },
        encoding: { x: { value: 1 }, y, text: { field: 'text', type: 'nominal' } },
      },
    ],
  };
}
