/** An element of an SVG. Texts and attribute values stay escaped as they were read. */
export interface SvgElement {
  name: string;
  attributes: Map<string, string>;
  children: (SvgElement | string)[];
}

const TAG = /<(\/?)([A-Za-z][\w:.-]*)((?:\s+[\w:.-]+="[^"<]*")*)\s*(\/?)>/y;
const ATTRIBUTE = /([\w:.-]+)="([^"]*)"/g;

/**
 * Reads the SVG that vega writes: elements, quoted attributes and text, no comments, no declarations.
 * Anything else is a bug of ours or a new vega, so it throws.
 */
export function parseSvg(text: string): SvgElement {
  const top: SvgElement = { name: '', attributes: new Map(), children: [] };
  const open = [top];
  let at = 0;
  while (at < text.length) {
    const parent = open[open.length - 1]!;
    if (text[at] !== '<') {
      const end = text.indexOf('<', at);
      parent.children.push(text.slice(at, end < 0 ? text.length : end));
      at = end < 0 ? text.length : end;
      continue;
    }
    TAG.lastIndex = at;
    const tag = TAG.exec(text);
    if (tag === null) throw new Error(`unexpected markup in a drawn chart: ${text.slice(at, at + 60)}`);
    at = TAG.lastIndex;
    const [, close, name, attributes, empty] = tag;
    if (close) {
      if (open.length === 1 || open.pop()!.name !== name)
        throw new Error(`unexpected </${name}> in a drawn chart`);
      continue;
    }
    const element: SvgElement = { name: name!, attributes: new Map(), children: [] };
    for (const [, key, value] of attributes!.matchAll(ATTRIBUTE)) element.attributes.set(key!, value!);
    parent.children.push(element);
    if (!empty) open.push(element);
  }
  const root = top.children[0];
  if (open.length !== 1 || root === undefined || typeof root === 'string')
    throw new Error('a drawn chart is cut off');
  return root;
}

/** The element as text. */
export function printSvg(element: SvgElement | string): string {
  if (typeof element === 'string') return element;
  const { name, attributes, children } = element;
  const open = `<${name}${[...attributes].map(([key, value]) => ` ${key}="${value}"`).join('')}`;
  return children.length === 0 ? `${open}/>` : `${open}>${children.map(printSvg).join('')}</${name}>`;
}
