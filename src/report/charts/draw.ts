import type { TopLevelSpec } from 'vega-lite';
import { cleanText, escapeHtml } from '../page/escape.ts';
import { cleanSvg } from './svg-clean.ts';
import { parseSvg, printSvg } from './svg-tree.ts';

/** Draws a vega-lite spec as an SVG with fixed colours and fonts, as vega writes it. */
export async function drawPlainSvg(
  spec: TopLevelSpec,
  warn: (text: string) => void = () => {},
): Promise<string> {
  // Loading vega takes a quarter of a second: only those pay who draw.
  const [{ View, parse }, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const logger = {
    level: () => logger,
    error: (...args: readonly unknown[]) => told(args),
    warn: (...args: readonly unknown[]) => told(args),
    info: () => logger,
    debug: () => logger,
  };
  const told = (args: readonly unknown[]) => {
    warn(args.join(' '));
    return logger;
  };
  // Drawing marks the rows of a spec, and what is exported are the rows as they were.
  const compiled = compile(structuredClone(spec), { logger: logger as never }).spec;
  const view = new View(parse(compiled), { renderer: 'none', logger: logger as never });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/**
 * Draws a chart for the page: colours by class, so that it follows light and dark; ids that begin with
 * `id`; `label` read in place of the picture.
 */
export async function drawChart(spec: TopLevelSpec, id: string, label: string): Promise<string> {
  const root = parseSvg(cleanText(await drawPlainSvg(spec)));
  cleanSvg(root, id);
  const kept = [...root.attributes].filter(
    ([key]) => key === 'viewBox' || key === 'width' || key === 'height',
  );
  root.attributes = new Map([
    ['class', 'chart'],
    ['role', 'img'],
    ['aria-label', escapeHtml(label)],
    ...kept,
  ]);
  return printSvg(root);
}
