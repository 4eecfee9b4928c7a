/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderComparisonHtml } from '../../src/report/compare-html.ts';
import { exhibitFiles } from '../../src/report/exhibit-files.ts';
import type { ChartExhibit } from '../../src/report/exhibits.ts';
import { changeText } from '../../src/report/page/compare/sides.ts';
import { temporaryFolder } from '../cli/run-cli.ts';
import { seriousFindings } from '../helpers/axe.ts';
import { BROWSER, visitPage } from '../helpers/visit-page.ts';
import { sampleComparison } from './compare-sample.ts';
import { NASTY } from './html-sample.ts';

const folder = temporaryFolder();
afterAll(folder.remove);
const result = sampleComparison();
const { text, exhibits } = await renderComparisonHtml(result, [`zs_free in ${NASTY.task} is slower.`]);

/** Values of the rows of a chart's spec. */
function valuesOf(id: string, key: string): unknown[] {
  const chart = exhibits.find((one): one is ChartExhibit => one.kind === 'chart' && one.id === id)!;
  const found: Record<string, unknown>[] = [];
  JSON.stringify(chart.spec, (name, value) => {
    if (name === 'values' && typeof value[0] === 'object') found.push(...value);
    return value;
  });
  return found.flatMap((row) => (key in row ? [row[key]] : []));
}

describe('the page of a comparison', () => {
  it('is the same each time, small, and says first what changed', async () => {
    const again = await renderComparisonHtml(sampleComparison(), [`zs_free in ${NASTY.task} is slower.`]);
    expect(again.text).toBe(text);
    expect(text.length).toBeLessThan(120_000);
    expect(text).toContain('Faster: 1, slower: 1, no difference seen: 1, not comparable: 1.');
    expect(text).toContain('no difference seen (could have seen a change of 4.0 %)');
    for (const sign of ['[=]', '[~]', '[?]']) expect(text).toContain(`<b>${sign}</b>`);
    expect(text).toContain('ab'.repeat(32));
  });

  it('says so when nothing can be concluded', async () => {
    const summary = { ...result.summary, conclusive: false, reason: 'the host was busy' };
    const page = await renderComparisonHtml({ ...result, summary }, []);
    expect(page.text).toContain('Nothing can be concluded: the host was busy.');
  });

  it('tells a change of more than a doubling as a factor', () => {
    expect(changeText({ value: 2.29, lo: -0.978, hi: 1195, difference: null })).toBe(
      'x3.29 (-97.8 % to x1196)',
    );
    expect(changeText({ value: 0.0049, lo: 0.0046, hi: 0.12, difference: null })).toBe(
      '+0.49 % (+0.46 % to +12.0 %)',
    );
  });

  it('bears a comparison without anything in it', async () => {
    const empty = { ...result, functions: [], locks: [], callTree: [], warnings: [], gates: [] };
    const page = (await renderComparisonHtml(empty, [])).text.replace(/<(script|style)>.*?<\/\1>/gs, '');
    expect(page).not.toMatch(/NaN|undefined|class="chart"/);
  });

  it('draws the numbers of the result', () => {
    const known = result.functions.filter(({ change }) => change.median.value !== null);
    expect(valuesOf('function-changes', 'value')).toEqual(
      expect.arrayContaining(known.map(({ change }) => 1 + change.median.value!)),
    );
    expect(valuesOf('lock-waits', 'to')).toEqual(
      result.locks.flatMap(({ before, after }) => [before!.wait.totalNs, after!.wait.totalNs]),
    );
    expect(valuesOf('call-tree-changes', 'to')).toEqual([-1_000_000, 500_000]);
  });

  it('exports them as CSV, whole', async () => {
    const files = new Map((await exhibitFiles('csv', exhibits)).map(({ name, text: csv }) => [name, csv]));
    const [header, first] = files.get('functions.csv')!.split('\n');
    expect(header).toContain('Function,Verdict,"p50 before, us","p50 after, us",Median,Median from');
    expect(first).toContain('faster,16,12,-0.25,-0.27,-0.23');
    expect(files.get('locks.csv')).toContain('4000,2000,-0.5');
    expect(files.get('blockers.csv')).toContain('zs_malloc,30,30,3000,1500');
  });
});

describe.skipIf(!BROWSER.isThere)('the page of a comparison in a browser', () => {
  const path = join(folder.path, 'compare.html');
  const url = pathToFileURL(path).href;
  let browser: Browser;
  beforeAll(async () => {
    writeFileSync(path, text);
    browser = await chromium.launch(BROWSER.options);
  });
  afterAll(async () => {
    await browser?.close();
  });

  it('shows names as text; links lead somewhere, tables sort', async () => {
    await visitPage(browser, url, async (page) => {
      expect(await page.locator('script').count()).toBe(1);
      expect(await page.locator('img').count()).toBe(0);
      expect(await page.locator('table[data-sort=functions] tbody th').first().textContent()).toBe(
        NASTY.function,
      );
      const dead = await page.$$eval('a[href^="#"]', (links) =>
        links.map((a) => a.getAttribute('href')!.slice(1)).filter((id) => !document.getElementById(id)),
      );
      expect(dead).toEqual([]);
      const ids = await page.$$eval('[id]', (nodes) => nodes.map(({ id }) => id));
      expect(new Set(ids).size).toBe(ids.length);
      await page.locator('table[data-sort=functions] thead button', { hasText: 'p50 before' }).click();
      const p50 = await page.$$eval('table[data-sort=functions] tbody tr td:nth-child(3)', (cells) =>
        cells.map((cell) => Number(cell.textContent!.replaceAll(',', ''))),
      );
      expect(p50).toEqual([16, 8, 0.7, 0.5]);
    });
  });

  it.each([
    ['light', 1200],
    ['dark', 400],
  ] as const)(
    'in %s, %d px wide: fits, and an accessibility checker finds nothing serious',
    async (colorScheme, width) => {
      await visitPage(
        browser,
        url,
        async (page) => {
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
          expect(await seriousFindings(page, colorScheme === 'dark' ? ['color-contrast'] : null)).toEqual([]);
        },
        { colorScheme, viewport: { width, height: 800 } },
      );
    },
  );
});
