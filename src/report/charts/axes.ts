import type { Config } from 'vega-lite';
import { AXIS, COLOUR_NAMES, DASHES, DIM, GRID, INK } from './palette.ts';

/** Width that a chart is drawn for; narrower screens scroll the chart, not the page. */
export const CHART_WIDTH = 800;
export const FONT_SIZE = 11;

/** Look shared by all charts: thin grid, no frame, no fonts (the page sets them). */
export const CONFIG: Config = {
  background: 'transparent',
  font: 'sans-serif',
  view: { stroke: null },
  axis: {
    domainColor: AXIS.light,
    tickColor: AXIS.light,
    gridColor: GRID.light,
    labelColor: DIM.light,
    titleColor: DIM.light,
    labelFontSize: FONT_SIZE,
    titleFontSize: FONT_SIZE,
    titleFontWeight: 'normal',
    titlePadding: 8,
    tickSize: 4,
  },
  text: { fontSize: FONT_SIZE, color: INK.light },
};

/** Vega expression for a duration in ns as text: `20 us`. */
export const DURATION_LABEL = [
  "datum.value == 0 ? '0'",
  ...['ns', 'us', 'ms'].map(
    (unit, i) => `datum.value < ${1000 ** (i + 1) * 0.9999} ? ${scaled(1000 ** i, unit)}`,
  ),
  scaled(1e9, 's'),
].join(' : ');

function scaled(size: number, unit: string): string {
  return `format(datum.value / ${size}, '~r') + ' ${unit}'`;
}

/** Powers of ten within the domain; with 2 and 5 times them when there would be too few. */
export function logTicks(fromNs: number, toNs: number): number[] {
  const ticks = (steps: readonly number[]) => {
    const out: number[] = [];
    for (let e = Math.floor(Math.log10(fromNs)); e <= Math.ceil(Math.log10(toNs)); e++) {
      for (const step of steps) {
        const value = step * 10 ** e;
        if (value >= fromNs && value <= toNs) out.push(value);
      }
    }
    return out;
  };
  const decades = ticks([1]);
  if (decades.length > 3) return decades;
  const more = ticks([1, 2, 5]);
  return more.length > 1 ? more : ticks([1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9]);
}

/** Number of a series' colour, or the letter of a colour by name (palette.ts). */
export type Slot = number | string;

/** Encodings of series by their `slot`: colour and dash pattern. */
export function slotEncoding(slots: readonly Slot[]) {
  const domain = [...new Set(slots)];
  const range = domain.map((name) => COLOUR_NAMES.get(String(name))!.light);
  const dashes = domain.map((name) => [...(DASHES[Number(name) - 1] ?? [1, 0])]);
  const slot = { field: 'slot', type: 'ordinal', legend: null } as const;
  return {
    color: { ...slot, scale: { domain, range } },
    strokeDash: { ...slot, scale: { domain, range: dashes } },
  };
}

/** A log axis of durations for the field `drawnNs`. */
export function durationAxis(what: string, fromNs: number, toNs: number) {
  const domain: number[] = [fromNs, toNs];
  return {
    field: 'drawnNs',
    type: 'quantitative' as const,
    title: `duration of a ${what} (log)`,
    scale: { type: 'log' as const, domain, nice: false },
    axis: { values: logTicks(fromNs, toNs), labelExpr: DURATION_LABEL },
  };
}
