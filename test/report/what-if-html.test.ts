/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatUs } from '../../src/report/page/quantity.ts';
import { fixturePath, runCli, temporaryFolder } from '../cli/run-cli.ts';
import { seriousFindings } from '../helpers/axe.ts';
import { BROWSER, visitPage } from '../helpers/visit-page.ts';

const patched = (name: string) => fixturePath(`patched/${name}.txt.gz`);
const folder = temporaryFolder();
afterAll(folder.remove);

const NASTY = `<script>alert(1)</script>"'&`;
const own = join(folder.path, 'own.json');
writeFileSync(
  own,
  JSON.stringify({
    id: 'own',
    title: NASTY,
    rewrites: [
      {
        path: 'zs_free',
        match: { do: 'unlock', lock: 'class->lock' },
        after: [{ do: 'work', what: `</pre>${NASTY}`, cost: 'enqueue' }],
      },
    ],
  }),
);
const DESIGNS = [
  'drop-lock',
  'class-idx',
  'class-idx+drop-lock',
  'deferred',
  'deferred:entries=64',
  'class-idx+drop-lock+deferred:entries=256,buffers=64',
  'no-zram-counters',
  'zram-gc',
  'deferred+bulk-free',
  own,
];
const page = join(folder.path, 'page.html');
const ARGS = [
  'what-if',
  patched('base_nosi/fg-full-p2'),
  '--operations',
  patched('base_nosi/ops-p2'),
  ...DESIGNS.flatMap((design) => ['-d', design]),
  '--seeds',
  '3',
  '--html',
  page,
];

interface Interval {
  value: number;
  lo: number;
  hi: number;
}

interface Design {
  id: string;
  latency: { p50Ns: number; p99Ns: number; maxNs: number };
  munmapNs: { p50: number; p99: number; max: number };
  totalNs: number;
  speedup: { value: number; lo: number; hi: number };
  lockWaitTotalNs: { value: number };
  cpuWorkNs: { caller: number; worker: number };
  cpuLedgerNs: Record<'moved' | 'left' | 'removed', { value: number; lo: number; hi: number }>;
  spinNs: { value: number; lo: number; hi: number };
  lockWaitIntervalNs: Record<string, { value: number; lo: number; hi: number }>;
  memoryReturn: Record<'t50Ns' | 't90Ns' | 't100Ns', number | null>;
}

const run = runCli([...ARGS, '--json']);
const result = JSON.parse(run.stdout) as {
  baseline: Design;
  designs: Design[];
  inputs: { sha256: string }[];
};
const all = [result.baseline, ...result.designs];
const text = readFileSync(page, 'utf8');

/** Texts of the cells of the table with a caption, row by row. */
function tableOf(caption: string, html = text): string[][] {
  const table = html
    .split('<table')
    .find((part) => part.includes(`<caption>${caption}</caption>`))!
    .split('</table>')[0]!;
  const plain = (cell: string) =>
    cell
      .replace(/<[^>]*>/g, '')
      .replaceAll('&gt;', '>')
      .replaceAll('&lt;', '<')
      .replaceAll('&amp;', '&');
  return [...table.split('<tbody>')[1]!.matchAll(/<tr[^>]*>(.*?)<\/tr>/g)].map(([, row]) =>
    [...row!.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) => plain(cell!)),
  );
}
const three = ({ value, lo, hi }: { value: number; lo: number; hi: number }) => [value, lo, hi].map(formatUs);

describe('the page of a what-if', () => {
  it('is written whole, of a size that can be mailed, the same each time', () => {
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(statSync(page).size).toBeLessThan(500_000);
    const small = [...ARGS.slice(0, 4), '-d', 'drop-lock', '--seeds', '2', '--html', '-'];
    const first = runCli(small);
    expect([first.status, runCli(small).stdout === first.stdout]).toEqual([0, true]);
  });

  it('has the numbers of the JSON in its tables', () => {
    const times = tableOf('Designs: times in us');
    expect(times.map(([id]) => id)).toEqual(all.map(({ id }) => id));
    for (const [k, d] of all.entries()) {
      const [, total, speedup, , , , ...rest] = times[k]!;
      expect(total).toBe(formatUs(d.totalNs));
      if (k > 0) expect(Number.parseFloat(speedup!)).toBeCloseTo(d.speedup.value, 3);
      expect(rest).toEqual(
        [
          ...[d.munmapNs.p50, d.munmapNs.p99, d.munmapNs.max],
          ...[d.latency.p50Ns, d.latency.p99Ns, d.latency.maxNs],
          d.lockWaitTotalNs.value,
        ].map(formatUs),
      );
    }
    const costs = tableOf('Designs: work in us, memory in bytes');
    for (const [k, { cpuWorkNs, memoryReturn: m }] of all.entries()) {
      expect(costs[k]!.slice(1, 3)).toEqual([cpuWorkNs.caller, cpuWorkNs.worker].map(formatUs));
      expect(costs[k]!.slice(4, 7)).toEqual([m.t50Ns, m.t90Ns, m.t100Ns].map(formatUs));
    }
    const ledger = tableOf('CPU work, moved and removed; negative: added');
    for (const [k, { cpuLedgerNs, spinNs }] of all.entries()) {
      const { moved, left, removed } = cpuLedgerNs;
      expect(ledger[k]!.slice(3)).toEqual([moved, left, removed, spinNs].flatMap(three));
    }
    for (const [id, lock, ...cells] of tableOf('Waiting by lock and design')) {
      const design = all.find((one) => one.id === id)!;
      expect(cells.slice(0, 3)).toEqual(three(design.lockWaitIntervalNs[lock!]!));
    }
  });

  it('shows what designs of the user say as text', () => {
    expect(text.includes('<script>alert')).toBe(false);
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;');
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(/(?<!is)NaN|Infinity|undefined|\[object/.exec(text)).toBeNull();
  });

  it('says what it rests on, by signs', () => {
    for (const { sha256 } of result.inputs) expect(text).toContain(sha256);
    for (const sign of ['[=]', '[~]', '[?]']) expect(text).toContain(`<b>${sign}</b>`);
    expect(text.indexOf('The model reproduces this recording')).toBeLessThan(text.indexOf('gains most'));
    expect(text).toContain('all 153,984 lines understood');
  });

  it('refuses to overwrite what it reads', () => {
    const input = patched('base_nosi/ops-p2');
    const { status, stderr } = runCli([...ARGS.slice(0, -1), input]);
    expect(status).toBe(2);
    expect(stderr).toContain(input);
  });
});

it('shows what was asked beyond the recording, with the numbers of the JSON', () => {
  const file = join(folder.path, 'scenarios.html');
  const asked = ['-d', 'drop-lock', '-d', 'deferred:entries=64', '--seeds', '1', '--processes', '2,3'];
  const more = ['--speedup', 'free_zspage=1', '--break-even', '--starve-worker', '--json', '--html', file];
  const { status, stdout } = runCli([...ARGS.slice(0, 4), ...asked, ...more]);
  expect(status).toBe(0);
  const { scaling, breakEven } = JSON.parse(stdout) as {
    scaling: {
      rows: { processes: number; designs: { id: string; totalNs: Interval; speedup: Interval }[] }[];
    };
    breakEven: { designs: { id: string; points: { processes: number; pays: boolean }[] }[] };
  };
  const html = readFileSync(file, 'utf8');
  const rows = tableOf('Speed-up against processes', html);
  expect(rows.map(([id, processes]) => [id, processes])).toEqual(
    scaling.rows.flatMap((row) => row.designs.map(({ id }) => [id, String(row.processes)])),
  );
  expect(rows.map((cells) => cells.slice(5, 8))).toEqual(
    scaling.rows.flatMap((row) => row.designs.map(({ totalNs }) => three(totalNs))),
  );
  expect(tableOf('From how many processes it pays', html).map((cells) => cells.at(-1))).toEqual(
    breakEven.designs.flatMap(({ points }) => points.map(({ pays }) => (pays ? 'yes' : 'no'))),
  );
  for (const id of ['scaling', 'break-even', 'less-time', 'starved-worker'])
    expect(html.includes(`id="${id}"`)).toBe(true);
  const base = runCli([...ARGS.slice(0, 4), '--seeds', '1', '--processes', '1', '--html', '-']);
  expect([base.status, base.stdout.includes('time of the whole')]).toEqual([0, true]);
});

describe.skipIf(!BROWSER.isThere)('the page of a what-if in a browser', () => {
  const url = pathToFileURL(page).href;
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch(BROWSER.options);
  });
  afterAll(async () => {
    await browser?.close();
  });
  const openAll = (opened: Page) =>
    opened.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
    });

  it('loads without a complaint; tables sort, series hide, links lead somewhere', async () => {
    await visitPage(browser, url, async (opened) => {
      expect(await opened.locator('.chart').count()).toBeGreaterThan(10);
      await opened.locator('table[data-sort=times] thead button', { hasText: 'Total' }).click();
      const totals = await opened.$$eval('table[data-sort=times] tbody tr td:nth-child(2)', (cells) =>
        cells.map((cell) => Number(cell.textContent!.replaceAll(',', ''))),
      );
      expect(totals).toEqual([...totals].sort((a, b) => b - a));
      const figure = opened.locator('figure:has(#memory-return)');
      await figure.locator('input').first().uncheck();
      expect(await figure.locator('.chart .k1').first().isVisible()).toBe(false);
      const dead = await opened.$$eval('a[href^="#"]', (links) =>
        links.map((a) => a.getAttribute('href')!.slice(1)).filter((id) => !document.getElementById(id)),
      );
      expect(dead).toEqual([]);
      const ids = await opened.$$eval('[id]', (nodes) => nodes.map(({ id }) => id));
      expect(new Set(ids).size).toBe(ids.length);
    });
  });

  it('fits narrow screens, and keeps texts of charts within them', async () => {
    await visitPage(
      browser,
      url,
      async (opened) => {
        await openAll(opened);
        const [width, inner] = await opened.evaluate(() => [
          document.documentElement.scrollWidth,
          innerWidth,
        ]);
        expect(width).toBe(inner);
      },
      { viewport: { width: 400, height: 800 } },
    );
    await visitPage(browser, url, async (opened) => {
      const outside = await opened.$$eval('.chart text', (texts) =>
        texts
          .filter((node) => {
            const box = node.getBoundingClientRect();
            const chart = node.closest('.chart')!.getBoundingClientRect();
            return box.left < chart.left - 1 || box.right > chart.right + 1;
          })
          .map((node) => node.textContent),
      );
      expect(outside).toEqual([]);
    });
  });

  it.each(['light', 'dark'] as const)('can be read in %s', async (colorScheme) => {
    await visitPage(
      browser,
      url,
      async (opened) => {
        const paper = await opened.evaluate(() => getComputedStyle(document.body).backgroundColor);
        expect(Number(/\d+/.exec(paper)![0]) > 128).toBe(colorScheme === 'light');
        expect(await seriousFindings(opened, colorScheme === 'dark' ? ['color-contrast'] : null)).toEqual([]);
      },
      { colorScheme },
    );
  });
});
