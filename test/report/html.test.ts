import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AnalysisResult } from '../../src/analysis/result.ts';
import { toOctaves } from '../../src/report/charts/regroup.ts';
import { renderHtml } from '../../src/report/html.ts';
import { html } from '../../src/report/page/escape.ts';
import { Ids, slugify } from '../../src/report/page/ids.ts';
import { formatCount, formatUs } from '../../src/report/page/quantity.ts';
import { SCRIPT } from '../../src/report/page/script.ts';
import { STYLE } from '../../src/report/page/style.ts';
import { bigResult, NASTY, sampleResult } from './html-sample.ts';

const SUMMARY = ['zs_free: 20000 calls, half within 17.02us.', `From <b>${NASTY.task}</b> 1us -> 2us.`];
const result = sampleResult();
let page = '';
beforeAll(async () => {
  page = (await renderHtml(result, SUMMARY)).text;
});

/** The page without its style and its script, which are constants. */
const markup = (text = page) =>
  text.replace(`<style>${STYLE}</style>`, '').replace(`<script>${SCRIPT}</script>`, '');
const tags = (text: string) => [...text.matchAll(/<([a-z][\w-]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*\/?>/gi)];
const attributes = (text: string) =>
  tags(text).flatMap(([, , list]) =>
    [...list!.matchAll(/([\w:-]+)(?:="([^"]*)")?/g)].map(([, k, v]) => [k!, v ?? '']),
  );

function decode(text: string): string {
  const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' };
  return text.replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => entities[name]!);
}

/** The cells of each body row of the table with this caption. */
function tableRows(caption: string, text = page): string[][] {
  const at = text.indexOf(`<caption>${html`${caption}`.text}</caption>`);
  expect(at, caption).toBeGreaterThan(0);
  const body = text.slice(text.indexOf('<tbody>', at), text.indexOf('</tbody>', at));
  return [...body.matchAll(/<tr.*?<\/tr>/gs)].map(([row]) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) =>
      decode(cell!.replace(/<[^>]*>/g, '')),
    ),
  );
}
const toNs = (cell: string) => Math.round(Number(cell.replace(/[~<>=,]/g, '')) * 1000);

describe('content', () => {
  it('has the parts in order', () => {
    const ids = [
      'answer',
      'trust',
      'latency',
      'latency-histogram',
      'latency-cumulative',
      'functions',
      'locks',
    ];
    const places = [...ids, 'lock-wait', 'tails', 'call-tree', 'method'].map((id) =>
      page.indexOf(` id="${id}"`),
    );
    expect(places.every((at) => at > 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('of a profile alone has no parts about calls, and no way to them', async () => {
    const profile = (await renderHtml({ ...result, functions: [], tails: [], callTree: [] }, [])).text;
    for (const id of ['latency', 'tails', 'call-tree']) expect(profile).not.toMatch(new RegExp(`["#]${id}"`));
    expect(profile).toContain(' id="profile"');
  });

  it('begins with the answer', () => {
    expect(page.indexOf('20000 calls, half within 17.02us.')).toBeGreaterThan(0);
    expect(page.indexOf('20000 calls, half')).toBeLessThan(page.indexOf('id="trust"'));
  });

  it('says what it rests on', () => {
    const trust = decode(
      page.slice(page.indexOf('id="trust"'), page.indexOf('id="latency"')).replace(/<[^>]*>/g, ''),
    );
    for (const text of [
      '48,683 of 48,691 lines understood (99.98 %), 8 not',
      '1,734 records',
      '6.12.117',
      '--comm "<b>swap*</b>"',
      'off by at most 0.78 %',
      'estimate from the quickest calls: ~860ns within each traced call, ~160ns more in its caller',
      'Not subtracted',
      result.input.files[0]!.sha256,
      'abstime cpu proc duration',
      'loss',
    ]) {
      expect(trust).toContain(text);
    }
  });

  it('tells estimates and bounds by sign', () => {
    const rows = tableRows('Functions');
    const cells = (name: string) => rows.find((row) => row[0]!.startsWith(name))!;
    expect(cells('zs_free')[3]).toMatch(/^<=/);
    expect(cells('zs_free')[5]).toMatch(/^~/);
    expect(cells('__slab_free')[5]).not.toMatch(/~/);
    expect(cells('no_duration_here').slice(2, 9)).toEqual(['-', '-', '-', '-', '-', '-', '-']);
    const holds = tableRows('Wait, lock call and hold of class->lock in zs_malloc').find(
      (row) => row[0] === 'hold',
    )!;
    expect(holds[2]).toMatch(/^>=/);
  });

  it('says that nothing is known rather than nothing was', () => {
    const row = tableRows('Locks').find((cells) => cells[0] === 'pool->migrate_lock (read)')!;
    expect(row.slice(4)).toEqual(Array.from({ length: 10 }, () => '-'));
  });

  it('gives each chart a finding, words and numbers', () => {
    const figures = [...page.matchAll(/<figure>.*?<\/figure>/gs)].map(([figure]) => figure);
    expect(figures.length).toBe(9);
    for (const figure of figures) {
      expect(figure).toMatch(/<h[34] id="[^"]+">[^<]*\d/);
      expect(figure).toMatch(/<svg class="chart" role="img" aria-label="[^"]{40,}"/);
      expect(figure).toMatch(/<figcaption>[^<]{30,}/);
      expect(figure).toMatch(/<details><summary>Numbers of this chart.*<table/s);
    }
    expect(page).toMatch(/zs_free: half of the calls within \S+, 1 % above \S+?</);
  });

  it('says what is left out', async () => {
    const big = (await renderHtml(bigResult(), SUMMARY)).text;
    expect(big).toMatch(/1338 more functions not shown here/);
    expect(big).toMatch(/32 more functions not shown here/);
    expect(big).toMatch(/120 more locks not shown here/);
  });
});

describe('numbers', () => {
  it('of functions are those of the result', () => {
    const rows = [...tableRows('Functions')];
    expect(rows).toHaveLength(result.functions.length);
    for (const [i, cells] of rows.entries()) {
      const row = result.functions[i]!;
      const known = [
        row.totalNs,
        row.selfNs,
        row.meanNs,
        row.p50Ns,
        row.p90Ns,
        row.p99Ns,
        row.p999Ns,
        row.maxNs,
      ];
      expect(cells[1]).toBe(formatCount(row.calls));
      for (const [k, ns] of known.entries()) {
        if (ns === null) expect(cells[k + 2]).toBe('-');
        else expect(toNs(cells[k + 2]!)).toBe(Math.round(ns));
      }
    }
  });

  it('beside the charts are those of the result', () => {
    const quantiles = tableRows('Quantiles of the functions drawn');
    expect(quantiles.map((cells) => cells[0])).toContain('zs_free');
    for (const cells of quantiles) {
      const row = result.functions.find((f) => f.name === cells[0])!;
      const values = [row.minNs, row.p50Ns, row.p90Ns, row.p99Ns, row.p999Ns, row.maxNs];
      expect(cells.slice(2).map(toNs)).toEqual(values.map((ns) => Math.round(ns!)));
    }
    const counts = tableRows('Calls by duration');
    for (const [i, cells] of quantiles.entries()) {
      const row = result.functions.find((f) => f.name === cells[0])!;
      for (const octave of toOctaves(row.histogram)) {
        const line = counts.find((c) => toNs(c[1]!) === octave.hiNs)!;
        expect(toNs(line[0]!)).toBe(octave.loNs);
        expect(line[i + 2]).toBe(formatCount(octave.count));
      }
    }
    const waits = tableRows('Waiting time by lock and holder').filter(
      (cells) => cells[0] === 'class->lock in zs_free',
    );
    const lock = result.locks[0]!;
    expect(waits.map((cells) => [cells[1], toNs(cells[2]!)])).toEqual(
      lock.blockedBy.map((b) => [b.function === '(not seen)' ? 'holder not seen' : b.function, b.waitNs]),
    );
    const tree = tableRows('The call tree, longest places');
    expect(tree.map((cells) => toNs(cells[2]!)).sort()).toEqual(result.callTree.map((n) => n.totalNs).sort());
  });

  it('are written exactly', () => {
    expect(formatUs(33_998_590)).toBe('33,998.590');
    expect(formatUs(0)).toBe('0.000');
    expect(formatUs(1)).toBe('0.001');
    expect(formatUs(null)).toBe('-');
    expect(formatUs(Number.NaN)).toBe('-');
    expect(formatUs(-20)).toBe('-0.020');
    expect(formatCount(1_234_567)).toBe('1,234,567');
  });
});

describe('safety', () => {
  it('escapes all that comes from the input', () => {
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;-42');
    expect(page).toContain('quote&quot;s_&#39;and&#39;_&lt;/title&gt;&lt;img src=x onerror=alert(1)&gt;');
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page.match(/<\/script/g)).toHaveLength(1);
    expect(page.match(/<style/g)).toHaveLength(1);
    expect(page.match(/<\/title>/g)!.length).toBe(page.match(/<title>/g)!.length);
    expect(page).not.toContain('<img');
    expect(page).not.toContain('<b>swap');
  });

  it('replaces what HTML may not hold', async () => {
    const rows = result.functions.map((row, i) => (i === 0 ? { ...row, name: NASTY.control } : row));
    const odd = (await renderHtml({ ...result, functions: rows, tails: [] }, [NASTY.control])).text;
    expect(odd).toContain('nul\ufffdbell\ufffdlone\ufffdend');
    expect(Buffer.from(odd).toString()).toBe(odd);
    expect(odd).not.toMatch(/[\0-\x08\x0b-\x1f]/);
  });

  it('has a policy that allows exactly its own style and script', () => {
    const policy = decode(/http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!);
    const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const style = /<style>(.*?)<\/style>/s.exec(page)![1]!;
    const script = /<script>(.*?)<\/script>/s.exec(page)![1]!;
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `style-src ${hash(style)}`,
      `script-src ${hash(script)}`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
    ]);
    expect(script).toBe(SCRIPT);
    expect(Buffer.byteLength(script)).toBeLessThanOrEqual(3072);
  });

  it('loads nothing and has no inline style or handler', () => {
    expect(markup()).not.toMatch(/https?:|url\((?!#)|@import|\bsrc=(?!x )/);
    expect(STYLE).not.toMatch(/url\(|@import/);
    for (const [name, value] of attributes(markup())) {
      expect(name).not.toMatch(/^(style|on.*|src|srcset|xlink:href|action|formaction)$/i);
      if (name === 'href') expect(value).toMatch(/^#|^data:,$/);
    }
  });

  it('closes every element', () => {
    const open: string[] = [];
    for (const [, close, name, empty] of markup().matchAll(
      /<(\/?)([a-z][\w-]*)(?:\s+[\w:-]+(?:="[^"]*")?)*\s*(\/?)>/gi,
    )) {
      if (close) expect(open.pop()).toBe(name);
      else if (!empty && !/^(meta|link|input|br)$/.test(name!)) open.push(name!);
    }
    expect(open).toEqual([]);
  });
});

describe('links', () => {
  const idsOf = (text: string) =>
    attributes(text)
      .filter(([name]) => name === 'id')
      .map(([, value]) => value!);

  it('resolve, and ids are unique', async () => {
    for (const text of [page, (await renderHtml(bigResult(), SUMMARY)).text]) {
      const ids = idsOf(text);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.every((id) => /^[\w.-]+$/.test(id))).toBe(true);
      const targets = attributes(text).filter(([name, value]) => name === 'href' && value!.startsWith('#'));
      expect(targets.filter(([, value]) => !ids.includes(value!.slice(1)))).toEqual([]);
      const named = attributes(text).filter(([name]) => name === 'aria-labelledby');
      expect(named.filter(([, value]) => !ids.includes(value!))).toEqual([]);
      const clips = [...text.matchAll(/url\(#([^)]*)\)/g)].map(([, id]) => id!);
      expect(clips.filter((id) => !ids.includes(id))).toEqual([]);
    }
  });

  it('are made from names', () => {
    const ids = idsOf(page);
    for (const id of [
      'zs_free-latency',
      'zs_free-tail',
      'class-lock-zs_free-lock',
      'pool-migrate_lock-read-zs_free-lock',
      'init_once-latency',
      'init_once-zsmalloc-latency',
    ]) {
      expect(ids).toContain(id);
    }
  });

  it('are safe for any name', () => {
    expect(slugify('class->lock')).toBe('class-lock');
    expect(slugify('free_zspage.isra.0')).toBe('free_zspage.isra.0');
    expect(slugify('<>"')).toBe('unnamed');
    const ids = new Ids(['trust']);
    expect([ids.take('trust'), ids.take('a'), ids.take('a'), ids.take('a-2')]).toEqual([
      'trust-2',
      'a',
      'a-2',
      'a-2-2',
    ]);
  });
});

describe('the file', () => {
  it('has the same bytes for the same input', async () => {
    expect((await renderHtml(sampleResult(), SUMMARY)).text).toBe(page);
    expect(page).not.toMatch(/\b20[2-9]\d-\d\d-\d\d/);
  });

  it('stays small however much there is', async () => {
    expect(Buffer.byteLength(page)).toBeLessThan(150_000);
    expect(Buffer.byteLength((await renderHtml(bigResult(), SUMMARY)).text)).toBeLessThan(430_000);
  });

  it('says so when there is nothing', async () => {
    const empty: AnalysisResult = {
      ...result,
      input: {
        ...result.input,
        files: [],
        lines: 0,
        understoodLines: 0,
        clock: 'none',
        durationNs: null,
        layouts: [],
      },
      diagnostics: [],
      functions: [],
      profile: [],
      events: [],
      hits: [],
      locks: [],
      tails: [],
      callTree: [],
      overhead: {
        ...result.overhead,
        insideNs: null,
        outsideNs: null,
        totalNs: null,
        shareOfOutermost: null,
      },
    };
    const text = (await renderHtml(empty, [])).text;
    expect(markup(text)).not.toMatch(/NaN|undefined|Infinity|null/);
    for (const id of ['trust', 'latency', 'locks', 'tails', 'call-tree', 'method'])
      expect(text).toContain(` id="${id}"`);
    expect(text).toContain('No call passed the filters.');
    expect(text).not.toContain('class="chart"');
  });

  it('bears durations of nothing but zero', async () => {
    const zero = {
      minNs: 0,
      p50Ns: 0,
      p90Ns: 0,
      p99Ns: 0,
      p999Ns: 0,
      maxNs: 0,
      meanNs: 0,
      totalNs: 0,
      selfNs: 0,
    };
    const row = { ...result.functions[0]!, ...zero, calls: 5, histogram: [{ loNs: 0, hiNs: 1, count: 5 }] };
    const text = (await renderHtml({ ...result, functions: [row] }, [])).text;
    expect(markup(text)).not.toMatch(/NaN|Infinity|undefined/);
    expect(text).toContain('100.0 % of the calls took 0ns to 1ns');
  });
});
