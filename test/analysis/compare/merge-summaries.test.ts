import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MergeError, mergeSummaries } from '../../../src/analysis/compare/merge-summaries.ts';
import { readSummary, SummaryError, summaryText } from '../../../src/analysis/compare/read-summary.ts';
import { lockOf, summaryOf } from '../../helpers/summaries.ts';

const NAMES = ['zs_free', '__proto__', 'constructor', 'obj_free'];
const calls = fc
  .array(fc.tuple(fc.constantFrom(...NAMES), fc.array(fc.nat(1e6), { minLength: 1, maxLength: 12 })), {
    maxLength: 4,
  })
  .map((entries) => Object.fromEntries(entries) as Record<string, number[]>);
const recordings = fc
  .array(calls, { minLength: 3, maxLength: 6 })
  .map((all) =>
    all.map((one, i) => summaryOf(`r${i}`, one, { locks: { 'class->lock': lockOf(i, 100 * i) } })),
  );

describe('merged summaries', () => {
  it('do not depend on order or grouping', () => {
    fc.assert(
      fc.property(recordings, fc.nat(), (parts, at) => {
        const all = mergeSummaries(parts);
        const cut = 1 + (at % (parts.length - 1));
        const [left, right] = [parts.slice(0, cut), parts.slice(cut)];
        expect(mergeSummaries([mergeSummaries(left), mergeSummaries(right)])).toEqual(all);
        expect(mergeSummaries([...parts].reverse())).toEqual(all);
        expect(summaryText(parts.reduce((sum, part) => mergeSummaries([sum, part])))).toBe(summaryText(all));
        expect(readSummary('x', summaryText(all))).toEqual(all);
      }),
      { numRuns: 40 },
    );
  });

  it('refuse the same recording twice, and what was counted otherwise', () => {
    const one = summaryOf('a', { zs_free: [1] });
    expect(() => mergeSummaries([one, one])).toThrow(MergeError);
    expect(() => mergeSummaries([one, { ...summaryOf('b', {}), filters: '--cpu 1' }])).toThrow(/--cpu 1/);
  });

  it('are refused when they are damaged, never half read', () => {
    const text = summaryText(summaryOf('a', { zs_free: [1, 2, 3] }, { locks: { lock: lockOf(2, 10) } }));
    expect(() => readSummary('x', 'no')).toThrow(SummaryError);
    expect(() => readSummary('x', '{}')).toThrow(/no summary/);
    expect(() => readSummary('x', text.replace('"schemaVersion":1', '"schemaVersion":9'))).toThrow(
      /later version/,
    );
    for (const [from, to] of [
      ['"p50Ns":2', '"p50Ns":"2"'],
      ['"callTree":[', '"callTree":[{},'],
      ['"recordings":[', '"recordings":[1,'],
      ['"kind":"spinlock"', '"kind":3'],
      ['"holder":"zs_malloc"', '"holder":7'],
    ] as const) {
      expect(text).toContain(from);
      expect(() => readSummary('x', text.replace(from, to)), from).toThrow(/damaged/);
    }
  });
});
