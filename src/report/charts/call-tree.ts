import type { TopLevelSpec } from 'vega-lite';
import { CHART_WIDTH, CONFIG, DURATION_LABEL, FONT_SIZE } from './axes.ts';
import type { PlacedNode } from './call-tree-layout.ts';
import { PAPER, SERIES } from './palette.ts';

const LEVEL_HEIGHT = 19;
/** Mean width of a character of the labels, as a share of the font size; on the safe side. */
const CHARACTER = 0.6;
const FEWEST_CHARACTERS = 4;
/** Steps of the tint: the more of its time is its own, the stronger. */
const TINTS = [0.14, 0.24, 0.36, 0.5];

/** The name as far as it fits. */
function fitLabel(name: string, share: number): string {
  const room = Math.floor((share * CHART_WIDTH - 6) / (FONT_SIZE * CHARACTER));
  if (name.length <= room) return name;
  return room < FEWEST_CHARACTERS ? '' : `${name.slice(0, room - 2)}..`;
}

/** Rectangles from the outermost calls down: width is total time, tint the share of own time. */
export function callTreeSpec(
  nodes: readonly PlacedNode[],
  widthNs: number,
  describe: (node: PlacedNode) => string,
): TopLevelSpec {
  const levels = Math.max(...nodes.map((node) => node.level)) + 1;
  const values = nodes.map((node) => ({
    ...node,
    bottom: node.level + 1,
    tint:
      TINTS[Math.min(TINTS.length - 1, Math.floor((node.selfNs / node.totalNs) * TINTS.length))] ?? TINTS[0],
    text: describe(node),
    label: fitLabel(node.name, node.totalNs / widthNs),
  }));
  const width: number[] = [0, widthNs];
  const depth: number[] = [0, levels];
  const x = {
    field: 'x0',
    type: 'quantitative' as const,
    title: 'time of all calls together (the order is by time, not as it happened)',
    scale: { domain: width, nice: false },
    axis: { labelExpr: DURATION_LABEL, tickCount: 6, grid: false },
  };
  const y = {
    field: 'level',
    type: 'quantitative' as const,
    axis: null,
    scale: { domain: depth, reverse: true, nice: false },
  };
  return {
    width: CHART_WIDTH,
    height: levels * LEVEL_HEIGHT,
    config: CONFIG,
    data: { values },
    layer: [
      {
        mark: { type: 'rect', color: SERIES[0]!.light, stroke: PAPER.light, strokeWidth: 1 },
        encoding: {
          x,
          x2: { field: 'x1' },
          y,
          y2: { field: 'bottom' },
          fillOpacity: { field: 'tint', type: 'quantitative', scale: null },
          description: { field: 'text', type: 'nominal' },
        },
      },
      {
        transform: [{ filter: "datum.label !== ''" }, { calculate: 'datum.level + 0.5', as: 'middle' }],
        mark: { type: 'text', align: 'left', baseline: 'middle', dx: 4 },
        encoding: { x, y: { ...y, field: 'middle' }, text: { field: 'label', type: 'nominal' } },
      },
    ],
  };
}
