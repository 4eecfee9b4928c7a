/**
 * Colours of the charts. A spec names the light ones, so that it can be shown anywhere by itself; in
 * the page each becomes a class whose colour follows the reader's scheme (see svg-clean.ts).
 * Series differ in hue, in lightness and in dash pattern; contrast to both backgrounds is 3:1 or more.
 */
export interface Colour {
  readonly light: string;
  readonly dark: string;
}

export const SERIES: readonly Colour[] = [
  { light: '#0a6cb4', dark: '#5cb0ee' },
  { light: '#c2500a', dark: '#f2914a' },
  { light: '#00806a', dark: '#35c3a2' },
  { light: '#9c3d86', dark: '#e08fce' },
  { light: '#7d6a00', dark: '#d9bf4e' },
];

/** Dash patterns of the series, in the same order: told apart without colour. */
export const DASHES: readonly (readonly number[])[] = [
  [1, 0],
  [7, 3],
  [2, 2],
  [9, 2, 2, 2],
  [4, 4],
];

export const INK: Colour = { light: '#1b1f24', dark: '#e3e7ec' };
export const DIM: Colour = { light: '#58616d', dark: '#a3acb8' };
export const GRID: Colour = { light: '#dfe3e8', dark: '#2d343d' };
export const AXIS: Colour = { light: '#8b949f', dark: '#6c7682' };
/** Known, but not one of the series. */
export const OTHER: Colour = { light: '#8f99a5', dark: '#7d8895' };
/** Not known. */
export const UNKNOWN: Colour = { light: '#c9d0d8', dark: '#46505c' };
export const PAPER: Colour = { light: '#fffffe', dark: '#14181d' };

/** Class suffix by name of colour: `f1` fills and `k1` strokes with the first series. */
export const COLOUR_NAMES: ReadonlyMap<string, Colour> = new Map([
  ...SERIES.map((colour, i) => [String(i + 1), colour] as const),
  ['0', UNKNOWN],
  ['o', OTHER],
  ['i', INK],
  ['d', DIM],
  ['g', GRID],
  ['a', AXIS],
  ['p', PAPER],
]);
