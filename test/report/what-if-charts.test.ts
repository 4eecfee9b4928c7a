import { describe, expect, it } from 'vitest';
import { drawChart, drawPlainSvg } from '../../src/report/charts/draw.ts';
import { type PointSeries, pointRows, pointsSpec } from '../../src/report/charts/points.ts';
import {
  type BarLabel,
  type BarRow,
  barsSpec,
  ratioSpec,
  type ValueRow,
} from '../../src/report/charts/rows.ts';
import { timeCurvesSpec, timeRows } from '../../src/report/charts/time-curves.ts';

const RATIOS: ValueRow[] = [
  { row: 0, slot: 3, text: 'a</svg>', value: 1.5, lo: 1.2, hi: 1.9 },
  { row: 1, slot: 2, text: 'b', value: 0.8, lo: 0.7, hi: 0.9 },
];
const WIDE: ValueRow[] = [{ row: 0, slot: 3, text: 'c', value: 40, lo: 30, hi: 50 }];
const BARS: BarRow[] = [
  { row: 0, slot: 'o', name: 'base', from: 0, to: 5e6 },
  { row: 1, slot: 3, name: 'saves', from: 5e6, to: 2e6 },
  { row: 2, slot: 2, name: 'costs', from: 2e6, to: 3e6 },
];
const LABELS: BarLabel[] = [
  { row: 0, text: 'base', lo: null, hi: null },
  { row: 1, text: 'saves', lo: 1e6, hi: 3e6 },
  { row: 2, text: 'costs', lo: 2.5e6, hi: 2.5e6 },
];
const SERIES = [
  { slot: 1, label: 'base', curve: { atNs: [0, 10, 50], value: [0, 4, 9], lo: [0, 3, 8], hi: [1, 5, 9] } },
  { slot: 2, label: 'design', curve: { atNs: [0, 20], value: [0, 9], lo: [0, 9], hi: [0, 9] } },
];

const one = (value: number) => ({ value, lo: value * 0.9, hi: value * 1.1 });
const POINTS: PointSeries[] = [
  { slot: 2, label: 'a', values: [one(1), one(2), null] },
  { slot: 3, label: 'b', values: [one(1.5), one(9), one(3)] },
];

// Drawing marks the rows of a spec: each test has its own.
const specs = () => ({
  ratios: ratioSpec(structuredClone(RATIOS), 'speed-up'),
  'wide ratios': ratioSpec(structuredClone(WIDE), 'speed-up'),
  bars: barsSpec(structuredClone(BARS), structuredClone(LABELS), 'time'),
  curves: timeCurvesSpec(SERIES, 'pages', { value: 9, text: '9 pages' }),
  points: pointsSpec(
    POINTS,
    { title: 'processes', labels: ['1', "2 'x'", '4'] },
    { title: 'speed-up', unit: 'ratio' },
  ),
  'times at points': pointsSpec(
    POINTS,
    { title: 'processes', labels: ['1', '2', '4'] },
    { title: 'time', unit: 'ns' },
  ),
  'no total': timeCurvesSpec(SERIES, 'handles', null),
});

/** All inline data of a spec, as vega will read them. */
function dataOf(spec: unknown): unknown[] {
  const found: unknown[] = [];
  JSON.stringify(spec, (key, value) => {
    if (key === 'values' && typeof value[0] === 'object') found.push(value);
    return value;
  });
  return found;
}

describe('charts of a what-if', () => {
  it.each(Object.entries(specs()))('%s: no warning, no NaN, only colours by class', async (_, spec) => {
    const warnings: string[] = [];
    await drawPlainSvg(spec, (text) => warnings.push(text));
    expect(warnings).toEqual([]);
    const svg = await drawChart(spec, 'c', 'label');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg).not.toMatch(/#[0-9a-f]{3,6}"|style=|font-|\d\.\d{3}/);
    expect(svg.match(/<\/svg>/g)).toHaveLength(1);
  });

  it('hold the values that they were given', () => {
    expect(dataOf(specs().ratios)).toContainEqual(RATIOS);
    expect(dataOf(specs().bars)).toEqual([BARS, [LABELS[1]], LABELS]);
    expect(dataOf(specs().curves)[0]).toEqual(timeRows(SERIES));
  });

  it('put points of a place side by side', () => {
    const rows = pointRows(POINTS);
    expect(rows.map(({ slot, value }) => [slot, value])).toEqual([
      [2, 1],
      [2, 2],
      [3, 1.5],
      [3, 9],
      [3, 3],
    ]);
    expect(rows.map(({ x }) => Math.abs(Math.round(x)))).toEqual([0, 1, 0, 1, 2]);
    expect(new Set(rows.map(({ x }) => x)).size).toBe(rows.length);
  });

  it('draw curves to the end of the longest', () => {
    const design = timeRows(SERIES).filter(({ label }) => label === 'design');
    expect(design.map(({ atNs, value }) => [atNs, value])).toEqual([
      [0, 0],
      [20, 9],
      [50, 9],
    ]);
  });

  it('stretch the axis of ratios that differ much', () => {
    expect(JSON.stringify(specs().ratios)).not.toContain('"log"');
    expect(JSON.stringify(specs()['wide ratios'])).toContain('"log"');
  });
});
