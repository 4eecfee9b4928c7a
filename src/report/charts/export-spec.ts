import type { TopLevelSpec } from 'vega-lite';
import type { ChartExhibit, LegendEntry } from '../exhibits.ts';
import { CHART_WIDTH, FONT_SIZE } from './axes.ts';
import { DIM, INK, PAPER } from './palette.ts';

const SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json';
/** Characters of a subtitle that fit beside each other: a chart's width at the mean width of a letter. */
const LINE = Math.floor(CHART_WIDTH / (FONT_SIZE * 0.52));
const TITLE_LINE = Math.floor(CHART_WIDTH / (FONT_SIZE * 0.68));

/**
 * A chart of the page as a spec that needs nothing else: title, what it shows, key, tooltips and all data
 * are in it, so that it opens in the Vega editor and is drawn as it stands.
 */
export function exportSpec({ title, text, spec, legend }: ChartExhibit): TopLevelSpec {
  const keyed = legend.length === 0 ? spec : withLegend(spec, legend);
  return {
    $schema: SCHEMA,
    description: `${title}. ${text}`,
    title: {
      text: lines(title, TITLE_LINE),
      subtitle: lines(text, LINE),
      anchor: 'start',
      fontSize: FONT_SIZE + 3,
      subtitleFontSize: FONT_SIZE,
      color: INK.light,
      subtitleColor: DIM.light,
      offset: 12,
    },
    ...keyed,
    padding: 10,
    background: PAPER.light,
    config: { ...spec.config, mark: { tooltip: { content: 'data' } } },
  } as TopLevelSpec;
}

/** The spec with the key that the page has beside the chart. */
function withLegend(spec: TopLevelSpec, entries: readonly LegendEntry[]): TopLevelSpec {
  const labels = Object.fromEntries(entries.map(({ slot, label }) => [String(slot), label]));
  const legend = {
    title: null,
    orient: 'bottom',
    columns: 2,
    ...(entries.every(({ line }) => line) ? { symbolType: 'stroke', symbolStrokeWidth: 2 } : {}),
    labelLimit: CHART_WIDTH / 2,
    labelColor: INK.light,
    labelFontSize: FONT_SIZE,
    values: entries.map(({ slot }) => slot),
    // A literal: names of the input are never read as an expression.
    labelExpr: `(${JSON.stringify(labels)})[datum.label]`,
  };
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    if ('field' in value && value.field === 'slot' && 'legend' in value) return { ...value, legend };
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, key === 'data' ? inner : walk(inner)]),
    );
  };
  return walk(spec) as TopLevelSpec;
}

/** Words on lines of at most `width` characters. */
function lines(text: string, width: number): string[] {
  const out: string[] = [];
  for (const word of text.split(' ')) {
    const last = out.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) out[out.length - 1] = `${last} ${word}`;
    else out.push(word);
  }
  return out;
}
