import { describe, expect, it } from 'vitest';
import { drawPlainSvg } from '../../src/report/charts/draw.ts';
import { parseSvg } from '../../src/report/charts/svg-tree.ts';
import { exhibitFiles } from '../../src/report/exhibit-files.ts';
import type { ChartExhibit } from '../../src/report/exhibits.ts';
import { renderHtml } from '../../src/report/html.ts';
import { html, joinHtml } from '../../src/report/page/escape.ts';
import { exact, renderTable } from '../../src/report/page/tables.ts';
import { NASTY, sampleResult } from './html-sample.ts';

const result = sampleResult();
const { exhibits } = await renderHtml(result, []);
const charts = exhibits.filter((one): one is ChartExhibit => one.kind === 'chart');
const files = async (kind: 'svg' | 'vega-lite' | 'csv') =>
  new Map((await exhibitFiles(kind, exhibits)).map(({ name, text }) => [name, text]));

/** Rows of CSV; fields may hold commas and line feeds in quotes. */
function parseCsv(text: string): string[][] {
  const fields = [...text.matchAll(/("(?:[^"]|"")*"|[^,\n]*)(,|\n)/g)];
  const rows: string[][] = [[]];
  for (const [, field, end] of fields) {
    rows.at(-1)!.push(field!.startsWith('"') ? field!.slice(1, -1).replaceAll('""', '"') : field!);
    if (end === '\n') rows.push([]);
  }
  return rows.slice(0, -1);
}

describe('specifications', () => {
  it('need nothing else: schema, title, data, key; drawn without a warning', async () => {
    const specs = await files('vega-lite');
    expect([...specs.keys()]).toEqual(charts.map(({ id }) => `${id}.vl.json`));
    for (const chart of charts) {
      const text = specs.get(`${chart.id}.vl.json`)!;
      const spec = JSON.parse(text);
      expect(spec.$schema).toBe('https://vega.github.io/schema/vega-lite/v6.json');
      expect(spec.title.text.join(' ')).toBe(chart.title);
      expect(text).not.toContain('"url"');
      const warnings: string[] = [];
      const svg = await drawPlainSvg(spec, (warning) => warnings.push(warning));
      expect(warnings).toEqual([]);
      for (const { label } of chart.legend.filter(() => spec.layer))
        expect(svg.replaceAll('\u2026', '...')).toContain(
          label.slice(0, 8).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
        );
    }
  });

  it('hold the numbers of the result', async () => {
    const spec = JSON.parse((await files('vega-lite')).get('lock-moments-1.vl.json')!);
    const [moment] = result.lockMoments;
    const rows = spec.layer[0].data.values as { fromNs: number; toNs: number; kind: string }[];
    expect(rows.map(({ kind }) => kind)).toEqual(moment!.intervals.map(({ kind }) => kind));
    const wait = rows.find(({ kind }) => kind === 'wait')!;
    expect([wait.fromNs, wait.toNs - wait.fromNs]).toEqual([moment!.waitNs / 4, moment!.waitNs]);
    // What began before is cut at the left edge.
    expect(rows[0]!.fromNs).toBe(0);
  });
});

it('pictures are drawings alone: no script, nothing loaded, names as text', async () => {
  const svgs = await files('svg');
  expect([...svgs.keys()]).toEqual(charts.map(({ id }) => `${id}.svg`));
  for (const text of svgs.values()) {
    expect(text).toMatch(/^<\?xml .*\?>\n<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    const elements = [parseSvg(text.slice(text.indexOf('<svg')))];
    for (const element of elements) {
      elements.push(...element.children.filter((child) => typeof child !== 'string'));
      expect(['svg', 'g', 'rect', 'path', 'line', 'text', 'tspan', 'defs', 'clipPath']).toContain(
        element.name,
      );
      for (const name of element.attributes.keys()) expect(name).not.toMatch(/^on|href/);
    }
  }
});

describe('CSV', () => {
  it('has every function with the numbers of the JSON, and names as they are', async () => {
    const [header, ...rows] = parseCsv((await files('csv')).get('functions.csv')!);
    const at = (name: string) => header!.indexOf(name);
    expect(rows.length).toBe(result.functions.length);
    for (const [k, row] of result.functions.entries()) {
      const cells = rows[k]!;
      expect([cells[at('Function')], Number(cells[at('Calls')])]).toEqual([row.name, row.calls]);
      const us = (ns: number | null) => (ns === null ? '' : String(ns / 1000));
      expect([cells[at('Total, us')], cells[at('p99, us')], cells[at('Self, us')]]).toEqual([
        us(row.totalNs),
        us(row.p99Ns),
        us(row.selfNs),
      ]);
    }
    expect(rows.map(([name]) => name)).toContain(NASTY.function);
  });

  it('has a file for each table of a chart, and for what charts do not show', async () => {
    const names = [...(await files('csv')).keys()];
    for (const { id } of charts) expect(names).toContain(`${id}.csv`);
    expect(names).toEqual(
      expect.arrayContaining(['locks.csv', 'blockers.csv', 'inputs.csv', 'rests-on.csv']),
    );
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[\w.-]+$/);
  });

  it('names columns by what they belong to, and says units', async () => {
    const table = renderTable(
      [{ a: 1 }],
      [
        { title: 'Time', kind: 'number', cell: () => ({ shown: '1.000', value: 1, unit: 'us' }) },
        { title: 'from', kind: 'number', cell: () => exact('~0.9', 0.9) },
        { title: '', kind: 'bar', cell: () => html`<svg></svg>` },
        { title: 'What', kind: 'text', cell: () => html`<b>a, &lt; "b"</b>` },
      ],
      { caption: 'c', file: 'x' },
    );
    const [file] = await exhibitFiles('csv', joinHtml([html`<p>${table}</p>`]).exhibits);
    expect(file).toEqual({ name: 'x.csv', text: '"Time, us",Time from,What\n1,0.9,"a, < ""b"""\n' });
  });
});
