import type { TopLevelSpec } from 'vega-lite';
import { CHART_WIDTH, CONFIG, DURATION_LABEL, type Slot, slotEncoding } from './axes.ts';
import { DIM, INK, PAPER } from './palette.ts';

/** Height of a row with its label above, so that long names need no margin. */
const STEP = 34;
/** Marks stand below the middle of their row. */
const BELOW = 7;
/** Beyond this ratio of the largest to the smallest value an axis of ratios is logarithmic. */
const WIDE = 5;

/** A value with its interval, a row each. */
export interface ValueRow {
  readonly row: number;
  readonly slot: Slot;
  readonly text: string;
  readonly value: number;
  readonly lo: number;
  readonly hi: number;
}

/** A piece of a bar. */
export interface BarRow {
  readonly row: number;
  readonly slot: Slot;
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** What is written above a bar, and the interval of its end, if it has one. */
export interface BarLabel {
  readonly row: number;
  readonly text: string;
  readonly lo: number | null;
  readonly hi: number | null;
}

const y = { field: 'row', type: 'ordinal', axis: null, scale: { padding: 0 } } as const;
const text = {
  mark: { type: 'text', align: 'left', baseline: 'middle', dy: -8 },
  encoding: { x: { value: 1 }, y, text: { field: 'text', type: 'nominal' } },
} as const;

/** Ratios with their intervals; an upright mark stands at 1. */
export function ratioSpec(rows: readonly ValueRow[], title: string): TopLevelSpec {
  const least = Math.min(1, ...rows.map(({ lo }) => lo));
  const most = Math.max(1, ...rows.map(({ hi }) => hi));
  const margin = (most / least) ** 0.04;
  const domain: number[] = [least / margin, most * margin];
  const isLog = most / least > WIDE;
  const x = {
    type: 'quantitative',
    title: isLog ? `${title} (log)` : title,
    scale: { domain, nice: false, ...(isLog ? { type: 'log' as const } : { zero: false }) },
    axis: { labelExpr: "format(datum.value, '~r') + 'x'", tickCount: 6 },
  } as const;
  const { color } = slotEncoding(rows.map(({ slot }) => slot));
  return {
    width: CHART_WIDTH,
    height: { step: STEP },
    config: CONFIG,
    layer: [
      {
        data: { values: rows.map(({ row }) => ({ row, one: 1 })) },
        mark: {
          type: 'tick',
          orient: 'vertical',
          size: 20,
          thickness: 1.5,
          yOffset: BELOW,
          color: DIM.light,
        },
        encoding: { x: { field: 'one', ...x }, y },
      },
      {
        data: { values: [...rows] },
        mark: { type: 'rule', strokeWidth: 2.5, yOffset: BELOW },
        encoding: {
          x: { field: 'lo', ...x },
          x2: { field: 'hi' },
          y,
          color,
          description: { field: 'text', type: 'nominal' },
        },
      },
      {
        data: { values: [...rows] },
        mark: { type: 'point', filled: true, size: 60, opacity: 1, yOffset: BELOW },
        encoding: { x: { field: 'value', ...x }, y, color, description: { field: 'text', type: 'nominal' } },
      },
      { data: { values: [...rows] }, ...text },
    ],
  };
}

/** Counts with their intervals on an axis from 0. */
export function countSpec(rows: readonly ValueRow[], title: string): TopLevelSpec {
  const domain: number[] = [0, Math.max(1, ...rows.map(({ hi }) => hi)) * 1.02];
  const x = {
    type: 'quantitative',
    title,
    scale: { domain, nice: false },
    axis: { format: '~s', tickCount: 6 },
  } as const;
  const { color } = slotEncoding(rows.map(({ slot }) => slot));
  const description = { field: 'text', type: 'nominal' } as const;
  return {
    width: CHART_WIDTH,
    height: { step: STEP },
    config: CONFIG,
    data: { values: [...rows] },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 2.5, yOffset: BELOW },
        encoding: { x: { field: 'lo', ...x }, x2: { field: 'hi' }, y, color, description },
      },
      {
        mark: { type: 'point', filled: true, size: 60, opacity: 1, yOffset: BELOW },
        encoding: { x: { field: 'value', ...x }, y, color, description },
      },
      text,
    ],
  };
}

/** Bars of durations in pieces, each from one place to another; a thin line shows the interval of the end. */
export function barsSpec(bars: readonly BarRow[], labels: readonly BarLabel[], title: string): TopLevelSpec {
  const x = {
    type: 'quantitative',
    title,
    axis: { labelExpr: DURATION_LABEL.replaceAll('datum.value <', 'abs(datum.value) <'), tickCount: 6 },
  } as const;
  return {
    width: CHART_WIDTH,
    height: { step: STEP },
    config: CONFIG,
    layer: [
      {
        data: { values: [...bars] },
        mark: { type: 'bar', size: 12, yOffset: BELOW, stroke: PAPER.light, strokeWidth: 1 },
        encoding: {
          x: { field: 'from', ...x },
          x2: { field: 'to' },
          y,
          color: slotEncoding(bars.map(({ slot }) => slot)).color,
          description: { field: 'name', type: 'nominal' },
        },
      },
      {
        data: { values: labels.filter(({ lo, hi }) => lo !== hi) },
        mark: { type: 'rule', yOffset: BELOW, strokeWidth: 1.5, color: INK.light },
        encoding: { x: { field: 'lo', ...x }, x2: { field: 'hi' }, y },
      },
      { data: { values: [...labels] }, ...text },
    ],
  };
}
