import { COLOUR_NAMES } from './palette.ts';
import type { SvgElement } from './svg-tree.ts';

const CLASS_OF: ReadonlyMap<string, string> = new Map(
  [...COLOUR_NAMES].map(([name, colour]) => [colour.light, name] as const),
);

/** What the page's style says anyway, or says better. */
const DROPPED = new Set([
  'xmlns:xlink',
  'version',
  'role',
  'class',
  'style',
  'font-family',
  'font-size',
  'font-weight',
  'pointer-events',
  'stroke-miterlimit',
  'aria-roledescription',
  'aria-hidden',
  'aria-label',
]);
const DEFAULTS: Readonly<Record<string, string>> = {
  opacity: '1',
  'stroke-width': '1',
  'stroke-dasharray': '1,0',
  'text-anchor': 'start',
  transform: 'translate(0,0)',
};

/**
 * Makes a chart part of the page: colours become classes, fonts go, ids get the chart's prefix,
 * coordinates two decimals, descriptions of marks become tooltips, empty wrappers vanish.
 */
export function cleanSvg(root: SvgElement, prefix: string): void {
  const ids = new Map<string, string>();
  cleanChildren(root, (id) => {
    if (!ids.has(id)) ids.set(id, `${prefix}-${ids.size + 1}`);
    return ids.get(id)!;
  });
  for (const key of DROPPED) root.attributes.delete(key);
}

function cleanChildren(element: SvgElement, rename: (id: string) => string): void {
  const inMarks = / role-mark( |$)/.test(element.attributes.get('class') ?? '');
  const kept: (SvgElement | string)[] = [];
  for (const child of element.children) {
    if (typeof child === 'string') {
      kept.push(child);
      continue;
    }
    cleanChildren(child, rename);
    const tooltip = inMarks && child.name !== 'text' ? child.attributes.get('aria-label') : undefined;
    cleanAttributes(child, rename);
    if (tooltip !== undefined)
      child.children.push({ name: 'title', attributes: new Map(), children: [tooltip] });
    if (isInvisible(child)) continue;
    if (child.name === 'line') straighten(child);
    if (child.name === 'g' && child.attributes.size === 0) kept.push(...child.children);
    else if (!joinPath(kept[kept.length - 1], child)) kept.push(child);
  }
  element.children = kept;
}

function cleanAttributes(element: SvgElement, rename: (id: string) => string): void {
  const { attributes } = element;
  const classes: string[] = [];
  for (const [key, value] of [...attributes]) {
    if (DROPPED.has(key) || DEFAULTS[key] === value) attributes.delete(key);
    else if ((key === 'fill' || key === 'stroke') && value !== 'none' && value !== 'transparent') {
      const name = CLASS_OF.get(value);
      if (name === undefined)
        throw new Error(`a chart uses the colour ${value}, which palette.ts does not have`);
      classes.push(`${key === 'fill' ? 'f' : 'k'}${name}`);
      attributes.delete(key);
    } else if (key === 'id') attributes.set(key, rename(value));
    else if (key === 'clip-path') attributes.set(key, `url(#${rename(value.slice('url(#'.length, -1))})`);
    else attributes.set(key, key === 'd' ? shortenPath(roundNumbers(value)) : roundNumbers(value));
  }
  if (element.name === 'text') placeText(element);
  if (classes.length > 0) element.attributes.set('class', classes.join(' '));
}

/** Two decimals, without trailing zeros: a hundredth of a pixel. */
export function roundNumbers(value: string): string {
  return value.replace(/-?\d+\.\d+(?:e[-+]?\d+)?/g, (number) =>
    String(Number(Number(number).toFixed(2)) + 0),
  );
}

/** Lines straight across or down of a path in `M1,2L3,4` form as `H` and `V`; other paths stay. */
export function shortenPath(d: string): string {
  if (!/^(?:[ML]-?[\d.]+,-?[\d.]+|Z)*$/.test(d)) return d;
  let x = '';
  let y = '';
  let out = '';
  for (const [step, command, nextX, nextY] of d.matchAll(/([MLZ])(?:(-?[\d.]+),(-?[\d.]+))?/g)) {
    if (command === 'L' && nextX === x && nextY === y) continue;
    if (command === 'L' && nextY === y) out += `H${nextX}`;
    else if (command === 'L' && nextX === x) out += `V${nextY}`;
    else out += step;
    [x, y] = [nextX ?? '', nextY ?? ''];
  }
  return out;
}

function isInvisible({ name, attributes, children }: SvgElement): boolean {
  if (attributes.get('display') === 'none' || attributes.get('d') === '') return true;
  if (name === 'g' || name === 'defs' || name === 'text') return children.length === 0;
  const painted = /(^| )[fk]/.test(attributes.get('class') ?? '');
  return (name === 'path' || name === 'line') && !painted;
}

const TRANSLATE = /^translate\((-?[\d.]+),(-?[\d.]+)\)$/;

/** `transform="translate(1,2)"` of a text as x and y. */
function placeText({ attributes }: SvgElement): void {
  const moved = TRANSLATE.exec(attributes.get('transform') ?? '');
  if (moved === null) return;
  attributes.delete('transform');
  attributes.set('x', moved[1]!);
  attributes.set('y', moved[2]!);
}

/** A line as a path, so that the lines of a grid can be one element. */
function straighten(line: SvgElement): void {
  const { attributes } = line;
  const moved = TRANSLATE.exec(attributes.get('transform') ?? 'translate(0,0)');
  if (moved === null) return;
  const d = `M${moved[1]},${moved[2]}l${attributes.get('x2') ?? 0},${attributes.get('y2') ?? 0}`;
  for (const key of ['transform', 'x2', 'y2']) attributes.delete(key);
  line.name = 'path';
  attributes.set('d', d);
}

/** Adds an open path to the one before when they look alike. */
function joinPath(before: SvgElement | string | undefined, path: SvgElement): boolean {
  if (before === undefined || typeof before === 'string') return false;
  if (before.name !== 'path' || path.name !== 'path' || before.children.length + path.children.length > 0)
    return false;
  if (before.attributes.size !== path.attributes.size) return false;
  for (const [key, value] of path.attributes)
    if (key !== 'd' && before.attributes.get(key) !== value) return false;
  before.attributes.set('d', `${before.attributes.get('d')}${path.attributes.get('d')}`);
  return true;
}
