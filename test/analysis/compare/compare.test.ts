import { describe, expect, it } from 'vitest';
import { type CompareOptions, compareSummaries } from '../../../src/analysis/compare/compare.ts';
import { mergeSummaries } from '../../../src/analysis/compare/merge-summaries.ts';
import { seededRandom } from '../../../src/analysis/compare/random.ts';
import type { Summary } from '../../../src/analysis/compare/summary.ts';
import { readFixture } from '../../helpers/fixtures.ts';
import { durationsAbout, lockOf, summaryOf } from '../../helpers/summaries.ts';
import { analyse } from '../analyse.ts';

const TOOL = { name: 'trace-replay', version: '0', command: 'test' };
const ALL: CompareOptions = { functions: null, gates: [] };
const compare = (before: Summary, after: Summary) => compareSummaries(TOOL, before, after, ALL);

const FUNCTIONS = ['zs_free', 'obj_free', 'free_zspage', 'kmem_cache_free', 'unlock_page', 'zs_malloc'];

/** A side of recordings whose machines differ by 2 %; `factor` for zs_free. */
function side(name: string, recordings: number, factor = 1, speeds: readonly number[] = []): Summary {
  return mergeSummaries(
    Array.from({ length: recordings }, (_, k) => {
      const seed = name.length * 1000 + name.charCodeAt(0) * 10 + k;
      const speed = speeds[k] ?? 1 + 0.02 * (seededRandom(seed)() - 0.5);
      return summaryOf(
        `${name}${k}`,
        Object.fromEntries(
          FUNCTIONS.map((function_, i) => [
            function_,
            durationsAbout(1000 * (i + 1) * (i === 0 ? factor : 1), seed * 10 + i, speed),
          ]),
        ),
      );
    }),
  );
}

describe('compare', () => {
  it('finds what changed by a fifth, its sign and its size, and nothing else', () => {
    const result = compare(side('a', 3), side('b', 3, 0.8));
    const [row] = result.functions.filter(({ name }) => name === 'zs_free');
    expect(row!.verdict).toBe('faster');
    expect(row!.change.median.lo!).toBeLessThan(-0.2);
    expect(row!.change.median.hi!).toBeGreaterThan(-0.2);
    expect(row!.change.median.hi!).toBeLessThan(0);
    expect(row!.pValue!).toBeLessThan(0.05);
    expect(row!.effectSize!).toBeLessThan(0.3);
    expect(result.summary).toMatchObject({ faster: 1, slower: 0, conclusive: true });
    for (const other of result.functions.filter(({ name }) => name !== 'zs_free')) {
      expect(other.verdict).toBe('no-difference');
      expect(other.canSee!).toBeGreaterThan(0);
    }
    // The same turned around is slower.
    const turned = compare(side('b', 3, 0.8), side('a', 3));
    expect(turned.functions.find(({ name }) => name === 'zs_free')!.verdict).toBe('slower');
  });

  it('concludes nothing of recordings that differ wildly among themselves, and says so', () => {
    const result = compare(side('a', 3, 1, [1, 6, 20]), side('b', 3, 1.1, [15, 1.2, 5]));
    expect(result.summary).toMatchObject({ faster: 0, slower: 0, conclusive: false });
    expect(result.summary.reason).toMatch(/recordings of one side differ by/);
  });

  it('does not take one recording a side for more than it is', () => {
    const near = compare(side('a', 1), side('b', 1, 1.06));
    expect(near.summary).toMatchObject({ faster: 0, slower: 0 });
    expect(near.method.basis).toBe('few-recordings');
    expect(near.method.allowance).toEqual({ value: 0.1, basis: 'assumed' });
    expect(near.summary.reason).toMatch(/not known from one on a side/);
    const far = compare(side('a', 1), side('b', 1, 2));
    expect(far.functions.find(({ name }) => name === 'zs_free')!.verdict).toBe('slower');
    // A machine that is a third slower in all is no change of one function.
    const slow = compare(side('a', 1, 1, [1]), side('b', 1, 1, [1.33]));
    expect(slow.summary).toMatchObject({ faster: 0, slower: 0 });
  });

  it('says why rows cannot be compared', () => {
    const before = summaryOf('x', { zs_free: durationsAbout(1000, 1), old: durationsAbout(5, 2) });
    const after = summaryOf('y', { zs_free: durationsAbout(1000, 3), rare: [1, 2, 3] });
    const result = compare(before, after);
    const reason = (name: string) => result.functions.find((row) => row.name === name)!;
    expect(reason('old')).toMatchObject({ verdict: 'not-comparable', after: null });
    expect(reason('old').reason).toMatch(/^recordings differ in what was traced/);
    const few = compare(
      summaryOf('x', { zs_free: durationsAbout(1000, 1), rare: [1, 2] }),
      summaryOf('y', { zs_free: durationsAbout(1000, 3), rare: [1, 2, 3] }),
    );
    expect(few.functions.find(({ name }) => name === 'rare')!.reason).toMatch(/too few calls: 2/);
    const filtered = compare(before, { ...after, filters: '--cpu 1' });
    expect(filtered.functions.every(({ verdict }) => verdict === 'not-comparable')).toBe(true);
    expect(filtered.warnings.map(({ id }) => id)).toContain('not-comparable');
  });

  it('warns of what differs between the sides', () => {
    const before = summaryOf('x', { zs_free: durationsAbout(1000, 1) });
    const after = summaryOf(
      'y',
      { zs_free: durationsAbout(1000, 2) },
      { kernelRelease: '6.13.0', cpus: 4, lostRecords: 7, tracerNs: 300 },
    );
    const ids = compare(before, after).warnings.map(({ id }) => id);
    expect(ids).toEqual(
      expect.arrayContaining(['kernels-differ', 'cpus-differ', 'lost-events', 'tracer-differs']),
    );
    expect(compare(before, before).warnings.map(({ id }) => id)).toEqual(['same-recording']);
  });

  it('judges locks by all waiting, under one name where only the name differs', () => {
    const locks = (name: string, waits: readonly number[], lock: string) =>
      mergeSummaries(
        waits.map((ns, k) =>
          summaryOf(
            `${name}${k}`,
            { zs_free: durationsAbout(1000, k) },
            { locks: { [lock]: lockOf(100, ns) } },
          ),
        ),
      );
    const before = locks('a', [10e6, 9e6, 12e6], 'class->lock');
    const result = compare(before, locks('b', [0.5e6, 0.4e6, 0.6e6], 'pool->lock'));
    expect(result.locks).toHaveLength(1);
    expect(result.locks[0]).toMatchObject({ name: 'class->lock', judgedBy: 'wait', verdict: 'faster' });
    expect(result.warnings.map(({ id }) => id)).toContain('lock-renamed');
    const gone = compare(
      before,
      locks(
        'b',
        [0, 0, 0].map(() => 0),
        'class->lock',
      ),
    );
    expect(gone.locks[0]!.change.total.value).toBe(-1);
    expect(result.locks[0]!.blockedBy).toEqual([
      {
        waiter: 'zs_free',
        holder: 'zs_malloc',
        before: { waits: 100, waitNs: 31e6 / 3 },
        after: { waits: 100, waitNs: 0.5e6 },
      },
    ]);
  });

  it('knows no holders of summaries that were saved without them', () => {
    const { blockedBy: _, ...old } = lockOf(4, 4000);
    const of = (id: string, lock: ReturnType<typeof lockOf>) =>
      summaryOf(id, { zs_free: [1, 2] }, { locks: { 'class->lock': lock } });
    const [row] = compare(of('a', old), of('b', lockOf(2, 100))).locks;
    expect(row!.blockedBy).toEqual([
      { waiter: 'zs_free', holder: 'zs_malloc', before: null, after: { waits: 2, waitNs: 100 } },
    ]);
  });

  it('does not judge holds that were joined: one for a batch where there was one for each page', () => {
    const held = (id: string, count: number, eachNs: number) => {
      const lock = lockOf(0, 0);
      const hold = {
        ...lock.wait,
        count,
        totalNs: count * eachNs,
        meanNs: eachNs,
        p50Ns: eachNs,
        p99Ns: eachNs,
      };
      const locks = { 'acomp_ctx->mutex': { ...lock, acquisitions: count, hold } };
      return summaryOf(id, { zswap_store: [1, 2] }, { locks });
    };
    const [joined] = compare(held('a', 800, 1000), held('b', 100, 8000)).locks;
    expect(joined!.verdict).not.toBe('slower');
    expect(joined!.reason).toMatch(/taken x0\.13 as often: .*held in all \+0\.0 %/);
    const [longer] = compare(held('a', 800, 1000), held('b', 800, 8000)).locks;
    expect(longer!.verdict).toBe('slower');
  });

  it('adds up self time by path', () => {
    const result = compare(side('a', 3), side('b', 3, 0.5));
    expect(result.callTree[0]!.name).toBe('zs_free');
    const { beforeSelfNs, afterSelfNs } = result.callTree[0]!;
    expect(afterSelfNs / beforeSelfNs).toBeGreaterThan(0.4);
    expect(afterSelfNs / beforeSelfNs).toBeLessThan(0.6);
  });
});

describe('under a null', () => {
  it('random splits of one recording give false alarms in at most 5 %', () => {
    const calls: { name: number; ns: number }[] = [];
    analyse(readFixture('function-graph/6.12.117/fg-A-abstime-proc-tail.txt'), {
      onSpans: ({ length, kind, name, durationNs }) => {
        for (let i = 0; i < length; i++)
          if (kind[i] === 1 && !Number.isNaN(durationNs[i]))
            calls.push({ name: name[i]!, ns: durationNs[i]! });
      },
    });
    const counts = new Map<number, number>();
    for (const { name } of calls) counts.set(name, (counts.get(name) ?? 0) + 1);
    // The most called: each takes its time, and with more there are no more alarms.
    const most = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 6);
    const wanted = new Set(most.map(([name]) => name));
    const slices = 48;
    let alarms = 0;
    const splits = 200;
    for (let split = 0; split < splits; split++) {
      const random = seededRandom(split);
      const deal = Array.from({ length: slices }, () => random() < 0.5);
      const parts: [Record<string, number[]>, Record<string, number[]>] = [{}, {}];
      for (const [i, { name, ns }] of calls.entries()) {
        if (!wanted.has(name)) continue;
        const part = parts[deal[Math.floor((i * slices) / calls.length)] ? 0 : 1];
        const durations = part[`f${name}`] ?? [];
        durations.push(ns);
        part[`f${name}`] = durations;
      }
      const { summary } = compare(summaryOf('a', parts[0]), summaryOf('b', parts[1]));
      if (summary.faster + summary.slower > 0) alarms++;
    }
    expect(calls.length).toBeGreaterThan(2000);
    expect(alarms / splits).toBeLessThanOrEqual(0.05);
  });
});
