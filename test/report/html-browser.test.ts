/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderHtml } from '../../src/report/html.ts';
import { seriousFindings } from '../helpers/axe.ts';
import { BROWSER, visitPage } from '../helpers/visit-page.ts';
import { bigResult, NASTY, sampleResult } from './html-sample.ts';

describe.skipIf(!BROWSER.isThere)('the page in a browser', () => {
  const directory = mkdtempSync(join(tmpdir(), 'trace-replay-html-'));
  const urls: Record<'sample' | 'big', string> = { sample: '', big: '' };
  let browser: Browser;

  beforeAll(async () => {
    for (const [name, result] of [
      ['sample', sampleResult()],
      ['big', bigResult()],
    ] as const) {
      const file = join(directory, `${name}.html`);
      writeFileSync(file, (await renderHtml(result, [`From ${NASTY.task}: half within 17us.`])).text);
      urls[name] = pathToFileURL(file).href;
    }
    browser = await chromium.launch(BROWSER.options);
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const visit = (...args: Parameters<typeof visitPage> extends [Browser, ...infer Rest] ? Rest : never) =>
    visitPage(browser, ...args);
  const column = (page: Page, group: string, n: number) =>
    page.$$eval(
      `table[data-sort=${group}] tbody tr`,
      (rows, at) => rows.map((row) => (row as HTMLTableRowElement).cells[at]!.textContent),
      n,
    );
  const numeric = (cells: (string | null)[]) =>
    cells.map((cell) => Number.parseFloat(cell!.replace(/[~<>=,]/g, '')));

  it('loads without a complaint, and only itself', async () => {
    for (const url of Object.values(urls)) {
      await visit(url, async (page) => {
        expect(await page.title()).toMatch(url === urls.sample ? /<.title><img src=x/ : /^Latency of some/);
        expect(await page.locator('html').getAttribute('class')).toBe('js');
        expect(await page.locator('.chart').count()).toBeGreaterThan(3);
        expect(await page.locator('img').count()).toBe(0);
        expect(await page.locator('script').count()).toBe(1);
      });
    }
  });

  it('keeps its policy: an inline style or handler would be refused', async () => {
    await visit(
      urls.sample,
      async (page) => {
        const refused = await page.evaluate(async () => {
          const seen: string[] = [];
          addEventListener(
            'securitypolicyviolation',
            (event) => {
              seen.push(event.violatedDirective);
              event.stopImmediatePropagation();
            },
            { capture: true },
          );
          document.body.insertAdjacentHTML(
            'beforeend',
            '<p id="probe" style="color:red" onclick="document.title=1">x</p>',
          );
          document.getElementById('probe')!.click();
          await new Promise((done) => setTimeout(done, 100));
          return {
            seen,
            style: getComputedStyle(document.getElementById('probe')!).color,
            title: document.title,
          };
        });
        expect(refused.seen.join()).toContain('style-src-attr');
        expect(refused.seen.join()).toContain('script-src-attr');
        expect(refused.style).not.toBe('rgb(255, 0, 0)');
        expect(refused.title).not.toBe('1');
      },
      {},
      /Content Security Policy|^error: CSP /,
    );
  });

  it('sorts tables by their headings', async () => {
    await visit(urls.big, async (page) => {
      const before = await column(page, 'functions', 0);
      const first = page.locator('table[data-sort=functions]').first();
      const heading = first.locator('thead th', { hasText: 'p99' }).first();
      await heading.locator('button').click();
      expect(await heading.getAttribute('aria-sort')).toBe('descending');
      const p99 = numeric(await column(page, 'functions', 7)).filter((ns) => !Number.isNaN(ns));
      expect(p99).toEqual([...p99].sort((a, b) => b - a));
      expect(await first.locator('tbody tr').count()).toBe(40);
      await heading.locator('button').press('Enter');
      expect(await heading.getAttribute('aria-sort')).toBe('ascending');
      const up = numeric(await column(page, 'functions', 7));
      expect(up[0]).toBeLessThan(up[39]!);
      await first.locator('thead button', { hasText: 'Function' }).click();
      const names = await column(page, 'functions', 0);
      expect(names).toEqual([...names].sort());
      expect(await page.locator('[aria-sort]').count()).toBe(2);
      expect([...names].sort()).toEqual([...before].sort());
    });
  });

  it('puts what is not known last, whichever way', async () => {
    await visit(urls.sample, async (page) => {
      for (let click = 0; click < 2; click++) {
        await page.locator('table[data-sort=functions] thead button', { hasText: 'Max' }).click();
        expect((await column(page, 'functions', 9)).at(-1)).toBe('-');
      }
    });
  });

  it('opens what a link points into', async () => {
    await visit(`${urls.big}#some_quite_long_function_name_100-latency`, async (page) => {
      const row = page.locator('[id="some_quite_long_function_name_100-latency"]');
      expect(await row.isVisible()).toBe(true);
      await expect
        .poll(() => row.evaluate((node) => Math.abs(node.getBoundingClientRect().top) < innerHeight))
        .toBe(true);
    });
    await visit(urls.sample, async (page) => {
      const details = page.locator('[id="class-lock-zs_malloc-lock"]');
      expect(await details.evaluate((node) => (node as HTMLDetailsElement).open)).toBe(false);
      await page.locator('a[href="#class-lock-zs_malloc-lock"]').first().click();
      // The page hears of the new hash after the click has returned.
      await expect.poll(() => details.evaluate((node) => (node as HTMLDetailsElement).open)).toBe(true);
      await page.evaluate(() => {
        location.hash = '#%E0%A4%A';
      });
    });
  });

  it('hides and shows series', async () => {
    await visit(urls.sample, async (page) => {
      const figure = page.locator('figure').first();
      const lines = figure.locator('.chart .k1');
      expect(await lines.first().isVisible()).toBe(true);
      await figure.locator('input').first().uncheck();
      expect(await lines.first().isVisible()).toBe(false);
      await figure.locator('input').first().check();
      expect(await lines.first().isVisible()).toBe(true);
    });
  });

  it('says the same without scripts', async () => {
    await visit(
      urls.sample,
      async (page) => {
        expect(await page.locator('table[data-sort=functions] tbody tr').count()).toBe(
          sampleResult().functions.length,
        );
        expect(await page.locator('thead button').count()).toBe(0);
        expect(await page.locator('.legend input').first().isVisible()).toBe(false);
        expect(await page.locator('.chart').first().isVisible()).toBe(true);
        await page.locator('figure summary').first().click();
        expect(await page.locator('figure table').first().isVisible()).toBe(true);
      },
      { javaScriptEnabled: false },
    );
  });

  it.each([400, 320])('fits a screen of %d px', async (width) => {
    for (const url of Object.values(urls)) {
      await visit(
        url,
        async (page) => {
          const sizes = () => page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
          expect((await sizes())[0]).toBeLessThanOrEqual(width);
          await page.evaluate(() => {
            for (const details of document.querySelectorAll('details')) details.open = true;
          });
          expect(await sizes()).toEqual([width, width]);
        },
        { viewport: { width, height: 800 } },
      );
    }
  });

  it('follows light and dark, and prints dark on light', async () => {
    const look = (page: Page) =>
      page.evaluate(() => {
        const of = (selector: string, property: 'color' | 'fill' | 'stroke' | 'backgroundColor') => {
          const rgb = getComputedStyle(document.querySelector(selector)!)
            [property].match(/[\d.]+/g)!
            .map(Number);
          const part = (c: number) =>
            c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4;
          return 0.2126 * part(rgb[0]!) + 0.7152 * part(rgb[1]!) + 0.0722 * part(rgb[2]!);
        };
        const paper = of('body', 'backgroundColor');
        const contrast = (x: number) => (Math.max(x, paper) + 0.05) / (Math.min(x, paper) + 0.05);
        const series = [1, 2, 3, 4, 5].map((slot) => contrast(of(`.chart .k${slot}`, 'stroke')));
        return {
          paper,
          text: contrast(of('body', 'color')),
          dim: Math.min(contrast(of('.note', 'color')), contrast(of('.chart text', 'fill'))),
          link: contrast(of('nav a', 'color')),
          series: Math.min(...series),
        };
      });
    for (const colorScheme of ['light', 'dark'] as const) {
      await visit(
        urls.sample,
        async (page) => {
          const seen = await look(page);
          expect(seen.paper > 0.5).toBe(colorScheme === 'light');
          expect(seen.text).toBeGreaterThan(10);
          expect(seen.dim).toBeGreaterThan(4.5);
          expect(seen.link).toBeGreaterThan(4.5);
          expect(seen.series).toBeGreaterThan(3);
          await page.emulateMedia({ media: 'print' });
          expect((await look(page)).paper).toBeGreaterThan(0.9);
        },
        { colorScheme },
      );
    }
  });

  it.each(['light', 'dark'] as const)(
    'an accessibility checker finds nothing serious in %s',
    async (colorScheme) => {
      await visit(
        urls.sample,
        async (page) =>
          expect(await seriousFindings(page, colorScheme === 'dark' ? ['color-contrast'] : null)).toEqual([]),
        {
          colorScheme,
        },
      );
    },
  );

  it('opens its details for printing', async () => {
    await visit(urls.sample, async (page) => {
      const closed = page.locator('details.item:not([open])');
      const before = await closed.count();
      expect(before).toBeGreaterThan(0);
      await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
      expect(await closed.count()).toBe(0);
      await page.evaluate(() => dispatchEvent(new Event('afterprint')));
      expect(await closed.count()).toBe(before);
    });
  });

  it('shows where the keyboard is', async () => {
    await visit(urls.sample, async (page) => {
      await page.keyboard.press('Tab');
      const skip = await page.evaluate(() => {
        const { left } = document.activeElement!.getBoundingClientRect();
        return {
          text: document.activeElement!.textContent,
          left,
          outline: getComputedStyle(document.activeElement!).outlineStyle,
        };
      });
      expect(skip).toMatchObject({ text: 'Skip to the numbers', outline: 'solid' });
      expect(skip.left).toBeGreaterThanOrEqual(0);
    });
  });
});
