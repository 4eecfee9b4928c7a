import { describe, expect, it } from 'vitest';
import type { FunctionRow } from '../../src/analysis/result.ts';
import { logTicks } from '../../src/report/charts/axes.ts';
import { callTreeSpec } from '../../src/report/charts/call-tree.ts';
import { longestNodes, placeCallTree } from '../../src/report/charts/call-tree-layout.ts';
import { cumulativeRows, cumulativeSpec } from '../../src/report/charts/cumulative.ts';
import { drawChart, drawPlainSvg } from '../../src/report/charts/draw.ts';
import { histogramRows, latencyHistogramSpec } from '../../src/report/charts/latency-histogram.ts';
import { lockBars, lockWaitSpec } from '../../src/report/charts/lock-wait.ts';
import { type Series, thinBuckets, toOctaves } from '../../src/report/charts/regroup.ts';
import { roundNumbers, shortenPath } from '../../src/report/charts/svg-clean.ts';
import { parseSvg, printSvg } from '../../src/report/charts/svg-tree.ts';
import { sampleResult } from './html-sample.ts';

const result = sampleResult();
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

function seriesOf(row: FunctionRow): Series {
  const { name: label, calls: count, minNs, maxNs, histogram } = row;
  return { label, count, minNs, maxNs, histogram };
}
const series = result.functions.slice(0, 5).map(seriesOf);

/** All inline data of a spec, as vega will read them. */
function dataOf(spec: unknown): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  JSON.stringify(spec, (key, value) => {
    if (key === 'values' && typeof value[0] === 'object') found.push(...value);
    return value;
  });
  return found;
}

describe('buckets', () => {
  it('add up into powers of two without loss', () => {
    for (const { histogram, count } of series) {
      const octaves = toOctaves(histogram);
      expect(sum(octaves.map((o) => o.count))).toBe(count);
      for (const o of octaves) {
        const within = histogram.filter((b) => b.loNs >= o.loNs && b.loNs < o.hiNs);
        expect(o.count).toBe(sum(within.map((b) => b.count)));
      }
    }
  });

  it('keep borders that are powers of two on the right side', () => {
    const powers = Array.from({ length: 50 }, (_, e) => 2 ** e);
    for (const ns of powers) {
      expect(toOctaves([{ loNs: ns, hiNs: ns * 1.01, count: 3 }])).toEqual([
        { loNs: ns, hiNs: ns * 2, count: 3 },
      ]);
    }
    expect(toOctaves([{ loNs: 0, hiNs: 1, count: 2 }])).toEqual([{ loNs: 0, hiNs: 1, count: 2 }]);
    expect(toOctaves([])).toEqual([]);
  });

  it('fill gaps with zeros', () => {
    const octaves = toOctaves([
      { loNs: 4, hiNs: 5, count: 1 },
      { loNs: 33, hiNs: 34, count: 1 },
    ]);
    expect(octaves.map((o) => o.count)).toEqual([1, 0, 0, 1]);
  });

  it('are thinned to a few in each power of two, borders kept', () => {
    for (const { histogram, count } of series) {
      const thin = thinBuckets(histogram, 8);
      expect(sum(thin.map((b) => b.count))).toBe(count);
      const borders = new Set(histogram.flatMap((b) => [b.loNs, b.hiNs]));
      expect(thin.every((b) => borders.has(b.loNs) && borders.has(b.hiNs))).toBe(true);
      for (const o of toOctaves(histogram)) {
        expect(thin.filter((b) => b.loNs >= o.loNs && b.loNs < o.hiNs).length).toBeLessThanOrEqual(8);
      }
    }
  });
});

describe('numbers read back from specs', () => {
  it('are the counts of the histogram', () => {
    const rows = dataOf(latencyHistogramSpec(series, 'call'));
    expect(rows).toEqual(histogramRows(series));
    for (const [i, one] of series.entries()) {
      const mine = rows.filter((row) => row['slot'] === i + 1);
      expect(sum(mine.map((row) => row['count'] as number))).toBe(one.count);
      expect(mine.every((row) => row['calls'] === one.count)).toBe(true);
      for (const o of toOctaves(one.histogram)) {
        expect(
          mine.some((row) => row['loNs'] === o.loNs && row['hiNs'] === o.hiNs && row['count'] === o.count),
        ).toBe(true);
      }
    }
  });

  it('are the calls that took at least so long', () => {
    const rows = dataOf(cumulativeSpec(series, 'call'));
    expect(rows).toEqual(cumulativeRows(series));
    for (const [i, { count, minNs, maxNs, histogram }] of series.entries()) {
      const mine = cumulativeRows(series).filter((row) => row.slot === i + 1);
      expect(mine[0]).toMatchObject({ ns: minNs, slower: count });
      expect(mine[mine.length - 1]).toMatchObject({ ns: maxNs, end: true });
      for (const { ns, slower } of mine.slice(1, -1)) {
        expect(slower).toBe(sum(histogram.filter((b) => b.loNs >= ns).map((b) => b.count)));
      }
    }
  });

  it('are the waits by holder', () => {
    const locks = result.locks.filter((lock) => lock.wait.totalNs > 0);
    const data = dataOf(lockWaitSpec(locks, (lock) => lock.lock));
    const { rows, blockers } = lockBars(locks);
    expect(data.slice(0, rows.length)).toEqual(rows);
    expect(data.slice(rows.length, rows.length + locks.length).map((row) => row['totalNs'])).toEqual(
      locks.map((lock) => lock.wait.totalNs),
    );
    expect(blockers).toEqual(['zs_free', 'zs_malloc', 'async_free_zspage', '(hand-off)']);
    for (const [i, lock] of locks.entries()) {
      const bar = rows.filter((row) => row.row === i);
      const explained = sum(lock.blockedBy.map((row) => row.waitNs));
      expect(sum(bar.map((row) => row.waitNs))).toBe(Math.max(explained, lock.wait.totalNs));
      expect(bar.find((row) => row.blocker === 'zs_free')?.waitNs ?? 0).toBe(
        sum(lock.blockedBy.filter((row) => row.function === 'zs_free').map((row) => row.waitNs)),
      );
    }
  });

  it('are the times of the call tree', () => {
    const placed = placeCallTree(result.callTree);
    const data = dataOf(callTreeSpec(placed, 1_110_000_000, (node) => node.name));
    expect(data).toHaveLength(result.callTree.length);
    for (const row of data) {
      const node = result.callTree[row['index'] as number]!;
      expect(row).toMatchObject({
        name: node.name,
        totalNs: node.totalNs,
        selfNs: node.selfNs,
        calls: node.calls,
      });
      expect((row['x1'] as number) - (row['x0'] as number)).toBe(node.totalNs);
    }
  });
});

describe('the call tree', () => {
  it('puts each node below its parent, and no two in the same place', () => {
    const placed = placeCallTree(result.callTree);
    const byIndex = new Map(placed.map((node) => [node.index, node]));
    for (const node of placed) {
      const parent = byIndex.get(result.callTree[node.index]!.parent);
      expect(node.level).toBe(parent ? parent.level + 1 : 0);
      if (parent) expect(node.x0 >= parent.x0 && node.x1 <= parent.x1).toBe(true);
      for (const other of placed) {
        if (other !== node && other.level === node.level)
          expect(other.x1 <= node.x0 || other.x0 >= node.x1).toBe(true);
      }
    }
  });

  it('survives parents that are not there, and great depth', () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => ({
      name: 'f',
      parent: i - 1,
      calls: 1,
      totalNs: 9,
      selfNs: 0,
    }));
    expect(placeCallTree(chain)).toHaveLength(20_000);
    expect(placeCallTree([{ name: 'f', parent: 7, calls: 1, totalNs: 9, selfNs: 0 }])[0]).toMatchObject({
      level: 0,
    });
  });

  it('keeps parents when only the longest are kept', () => {
    const placed = placeCallTree(result.callTree);
    const kept = longestNodes(placed, 20);
    const indices = new Set(kept.map((node) => node.index));
    expect(kept).toHaveLength(20);
    expect(kept.every((node) => node.level === 0 || indices.has(result.callTree[node.index]!.parent))).toBe(
      true,
    );
  });
});

describe('ticks of a log axis', () => {
  it.each([
    [200, 6e7, [1e3, 1e4, 1e5, 1e6, 1e7]],
    [1000, 30_000, [1000, 2000, 5000, 10_000, 20_000]],
    [1024, 2048, [2000]],
  ])('from %d to %d', (from, to, ticks) => {
    expect(logTicks(from, to)).toEqual(expect.arrayContaining(ticks));
    expect(logTicks(from, to).length).toBeGreaterThan(1);
  });
});

describe('drawing', () => {
  const specs = () => ({
    histogram: latencyHistogramSpec(series, 'call'),
    small: latencyHistogramSpec(series.slice(0, 1), 'wait', 110),
    cumulative: cumulativeSpec(series, 'call'),
    'one call': cumulativeSpec([seriesOf(result.functions.find((row) => row.calls === 1)!)], 'call'),
    locks: lockWaitSpec(result.locks.slice(0, 3), (lock) => lock.lock),
    'call tree': callTreeSpec(placeCallTree(result.callTree), 1_110_000_000, (node) => node.name),
  });

  it.each(Object.entries(specs()))('%s: no warning, no NaN, only colours by class', async (_, spec) => {
    const warnings: string[] = [];
    await drawPlainSvg(spec, (text) => warnings.push(text));
    expect(warnings).toEqual([]);
    const svg = await drawChart(spec, 'c', 'label');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg).not.toMatch(/#[0-9a-f]{3,6}"|style=|font-|xlink|\d\.\d{3}/);
    expect(svg).toMatch(
      /^<svg class="chart" role="img" aria-label="label" width="\d+" height="\d+" viewBox="[\d .]+">/,
    );
  });

  it('gives the same picture each time', async () => {
    const { histogram } = specs();
    expect(await drawChart(histogram, 'c', 'x')).toBe(await drawChart(specs().histogram, 'c', 'x'));
  });

  it('escapes names', async () => {
    const nodes = [{ name: '</svg><script>"&', parent: -1, calls: 1, totalNs: 1e6, selfNs: 1 }];
    const svg = await drawChart(
      callTreeSpec(placeCallTree(nodes), 1e6, (node) => node.name),
      'c',
      '"><b>',
    );
    expect(svg).toContain('aria-label="&quot;&gt;&lt;b&gt;"');
    expect(svg).toContain('<title>&lt;/svg&gt;&lt;script&gt;&quot;&amp;</title>');
    expect(svg.match(/<\/svg>/g)).toHaveLength(1);
    expect(svg).not.toContain('<script');
  });
});

describe('cleaning', () => {
  it('reads and prints markup unchanged', () => {
    const text = '<svg a="1"><g><text x="0">a &lt; b</text><path d="M0,0"/></g></svg>';
    expect(printSvg(parseSvg(text))).toBe(text);
  });

  it.each(['<svg>', '<svg></g>', '<svg><!-- x --></svg>', '<svg a=b/>', ''])('refuses %j', (text) => {
    expect(() => parseSvg(text)).toThrow();
  });

  it('rounds to a hundredth', () => {
    expect(roundNumbers('translate(150.00000000000003,-0.0001) 1e-7x 2.5e-7')).toBe(
      'translate(150,0) 1e-7x 0',
    );
  });

  it('shortens paths of lines only', () => {
    expect(shortenPath('M0,1L5,1L5,9L7,3L7,3Z')).toBe('M0,1H5V9L7,3Z');
    expect(shortenPath('M0,0h5v5Z')).toBe('M0,0h5v5Z');
  });
});
