import { describe, expect, it } from 'vitest';
import type { PredictedComparison, PredictedFigure } from '../../src/replay/predicted/result.ts';
import type { Reproduction } from '../../src/replay/reproduce/reproduce.ts';
import type { ReproducedRow } from '../../src/replay/reproduce/rows.ts';
import { summarise } from '../../src/replay/reproduce/summary.ts';
import type { ChartExhibit, Exhibit } from '../../src/report/exhibits.ts';
import { renderMail } from '../../src/report/mail/mail.ts';
import { renderMarkdown } from '../../src/report/mail/markdown.ts';
import { predictedDocument } from '../../src/report/mail/predicted-document.ts';
import { renderPredictedHtml } from '../../src/report/predicted-html.ts';
import { renderReproductionHtml } from '../../src/report/reproduction-html.ts';
import { NASTY } from './html-sample.ts';

const TOOL = { name: 'trace-replay', version: '0', command: 'trace-replay reproduce' };

interface Pair {
  readonly measured: number;
  readonly predicted: number;
  readonly lo: number;
  readonly hi: number;
  readonly slot: number;
}

/** The points of a scatter, as its spec holds them. */
function pairsOf(exhibits: readonly Exhibit[], id: string): readonly Pair[] {
  const chart = exhibits.find((one): one is ChartExhibit => one.kind === 'chart' && one.id === id)!;
  return (chart.spec as unknown as { data: { values: Pair[] } }).data.values;
}
const plain = (page: string) => page.replace(/<(script|style)>.*?<\/\1>/gs, '');

describe('published against predicted', () => {
  const row = (
    id: string,
    part: 'free' | 'store',
    unit: string,
    more: Partial<ReproducedRow>,
  ): ReproducedRow => ({
    part,
    id,
    platform: 'p',
    metric: 'munmap time',
    design: 'class-idx',
    processes: 2,
    sizeMB: 256,
    unit,
    published: 66.7,
    predicted: 71.5,
    lo: 64.5,
    hi: 79.6,
    errorPct: 7.2,
    role: 'held-out',
    reason: NASTY.function,
    group: 'multi-process',
    ...more,
  });
  const rows = [
    row('a', 'free', 'ms', {}),
    row('b', 'free', 'ns', { published: 9e6, predicted: 5e6, lo: 4e6, hi: 6e6 }),
    row('c', 'free', 'ms', { role: 'calibration', group: null }),
    row('d', 'free', 'ms', { role: 'not-predictable', predicted: null, lo: null, hi: null, errorPct: null }),
    row('e', 'store', 'KB/s', {}),
  ];
  const result: Reproduction = {
    seed: 1,
    platforms: [],
    rows,
    summary: summarise(rows.filter(({ part }) => part === 'free')),
    storeSummary: summarise(rows.filter(({ part }) => part === 'store')),
    comparisons: [],
    storeNoise: [],
  };

  it('draws the rows in one unit, and says how many are within', async () => {
    const { text, exhibits } = await renderReproductionHtml(result, TOOL);
    expect(pairsOf(exhibits, 'free-times')).toMatchObject([
      { measured: 66.7e6, predicted: 71.5e6, lo: 64.5e6, hi: 79.6e6, slot: 1 },
      { measured: 9e6, predicted: 5e6, slot: 1 },
      { slot: 2 },
    ]);
    expect(pairsOf(exhibits, 'store-throughput')).toMatchObject([{ measured: 66.7, predicted: 71.5 }]);
    expect(text).toContain('1 of 2 held-out times lie within their 90 % intervals');
    expect(text).toContain('1 row of which no more than a bound is known');
    expect(plain(text)).not.toMatch(/NaN|undefined|<img/);
  });
});

describe('predicted against measured', () => {
  const figure = (name: string, measured: number | null, inside: boolean | null): PredictedFigure => ({
    name,
    unit: 'ns',
    predicted: { value: 2000, lo: 1500, hi: 2500 },
    recordings: [measured],
    measured,
    error: measured === null ? null : 2000 / measured - 1,
    inside,
    insideRecordings: inside ? 1 : 0,
    resolution: 0,
    change: { predicted: -0.1, measured: null },
  });
  const input = {
    name: NASTY.file,
    format: 'function_graph',
    bytes: 5,
    lines: 2,
    understoodLines: 2,
    sha256: 'cd',
  };
  const result: PredictedComparison = {
    schemaVersion: 1,
    tool: TOOL,
    prediction: {
      file: 'w.json',
      command: 'trace-replay what-if',
      world: 'traced',
      inputs: [input],
      verdict: 'fits',
    },
    after: {
      recordings: [{ inputs: [input], kernelRelease: '', cpus: 2, calls: 9, lostRecords: 0 }],
      function: NASTY.function,
    },
    designs: [
      {
        id: NASTY.lock,
        title: 't',
        figures: [figure('mean', 2100, true), figure('p99', 9000, false), figure('max', null, null)],
        inside: 1,
        measured: 2,
      },
    ],
    warnings: [{ id: 'x', text: NASTY.task }],
  };

  it('draws what was measured, and tells within from outside in words too', async () => {
    const { text, exhibits } = await renderPredictedHtml(result);
    const chart = exhibits.find((one) => one.kind === 'chart')!;
    expect(pairsOf(exhibits, (chart as ChartExhibit).id)).toMatchObject([
      { measured: 2100, predicted: 2000, lo: 1500, hi: 2500, slot: 3 },
      { measured: 9000, slot: 2 },
    ]);
    expect(text).toContain('1 of 2 measured times lie within the predicted intervals');
    for (const cell of ['>yes<', '>no<', '>not known<', '>predicted from<', '>after<'])
      expect(text).toContain(cell);
    expect(plain(text)).not.toMatch(/NaN|undefined|<img|<script>alert/);
    expect((await renderPredictedHtml(result)).text).toBe(text);
  });

  it('is told in a mail: how much came true, then every figure', () => {
    const mail = renderMail(predictedDocument(result), 'usual');
    expect(Math.max(...mail.split('\n').map((line) => line.length))).toBeLessThanOrEqual(72);
    expect(mail).toMatch(/^[\x20-\x7e\n]*$/);
    expect(mail.replaceAll(/\s+/g, ' ')).toContain(
      '1 of 2 measured figures lie within the predicted intervals.',
    );
    expect(mail).toMatch(/^mean +2\.000us +1\.500us +2\.500us +2\.100us +-4\.76% +yes$/m);
    expect(mail).toMatch(/^p99 .* NO$/m);
    expect(mail).toMatch(/^max .* - +- +\?$/m);
    expect(mail).toMatch(/^\$ trace-replay reproduce$/m);
    const full = renderMail(predictedDocument(result), 'full');
    expect(full).toContain('[~] predictions');
    expect(full).toContain('sha256 cd');
    expect(renderMarkdown(predictedDocument(result), 'usual')).toContain('| figure | predicted |');
  });
});
