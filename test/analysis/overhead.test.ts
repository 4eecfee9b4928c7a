import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFixture } from '../helpers/fixtures.ts';
import { analyse, functionRow } from './analyse.ts';
import { kernelText } from './kernel-text.ts';

describe('the samples of the mail', () => {
  const text = Buffer.from(readFixture('mail/mail-samples.txt')).toString('latin1');
  const { overhead } = analyse(text);

  it('bound the cost within a call by the quickest leaf: 150 ns', () => {
    expect(overhead.insideNs).toBe(150);
  });

  it('bound the cost outside by the least self time for each call made', () => {
    // zs_free: 1720 ns of its own for 7 calls; _raw_spin_lock: 500 ns for one.
    expect(overhead.outsideNs).toBeGreaterThanOrEqual(95);
    expect(overhead.outsideNs).toBeLessThanOrEqual(250);
  });

  it('is (self - inside) / calls, as its description says', () => {
    expect(overhead.outsideNs).toBeCloseTo((1720 - 150) / 7, 6);
  });

  it('counts the traced calls, and the share of the outermost ones', () => {
    expect(overhead.tracedCalls).toBe(18);
    expect(overhead.totalNs).toBeCloseTo(18 * (overhead.insideNs! + overhead.outsideNs!), 6);
    expect(overhead.shareOfOutermost).toBeCloseTo(overhead.totalNs! / 38_460, 9);
    expect([overhead.subtracted, overhead.basis]).toEqual([
      false,
      expect.stringContaining('_raw_spin_unlock'),
    ]);
  });

  it('leaves nothing below zero when it is taken out', () => {
    const result = analyse(text, { subtract: true });
    expect(result.overhead).toMatchObject({ insideNs: 150, subtracted: true, tracedCalls: 18 });
    for (const row of result.functions) {
      expect(row.minNs, row.name).toBeGreaterThanOrEqual(0);
      expect(row.selfNs, row.name).toBeGreaterThanOrEqual(0);
    }
    expect(functionRow(result, '_raw_spin_unlock').minNs).toBe(0);
    expect(functionRow(result, 'queued_spin_lock_slowpath').maxNs).toBe(29_950);
  });
});

// ---------------------------------------------------------------- a tracer with a known cost

interface Work {
  readonly name: string;
  readonly ownNs: number;
  readonly below: readonly Work[];
}

/** What a tracer prints that adds `inside` to every call and `outside` to its caller. */
function traced(roots: readonly Work[], insideNs: number, outsideNs: number): string {
  const printed = (work: Work): number =>
    insideNs + work.ownNs + work.below.reduce((sum, child) => sum + printed(child) + outsideNs, 0);
  const lines = (work: Work, depth: number): string[] => {
    const us = (printed(work) / 1000).toFixed(3);
    const indent = '  '.repeat(depth);
    if (work.below.length === 0) return [`0 ${us} | ${indent}${work.name}();`];
    return [
      `0 - | ${indent}${work.name}() {`,
      ...work.below.flatMap((w) => lines(w, depth + 1)),
      `0 ${us} | ${indent}}`,
    ];
  };
  return kernelText(roots.flatMap((root) => lines(root, 0)).join('\n'));
}

/** A caller with its own work, and so many leaves below that do `leafNs` each. */
const caller = (name: string, ownNs: number, leaves: number, leafNs: number): Work => ({
  name,
  ownNs,
  below: Array.from({ length: leaves }, () => ({ name: `leaf_of_${name}`, ownNs: leafNs, below: [] })),
});

describe('a tracer with a known cost', () => {
  const repeat = (work: Work, times: number) => Array.from({ length: times }, () => work);

  it('is found to the ns when there are functions that do nothing', () => {
    const { overhead } = analyse(traced(repeat(caller('f', 0, 1, 0), 30), 120, 200));
    expect(overhead.insideNs).toBe(120);
    expect(overhead.outsideNs).toBe(200);
  });

  it('of one cost for all calls is too high by no more than the work of the quickest functions', () => {
    const works = [...repeat(caller('f', 400, 8, 30), 30), ...repeat(caller('g', 900, 3, 250), 30)];
    const { overhead } = analyse(traced(works, 150, 100));
    expect(overhead.insideNs).toBeGreaterThanOrEqual(150);
    expect(overhead.insideNs).toBeLessThanOrEqual(150 + 30);
    expect(overhead.outsideNs).toBeGreaterThanOrEqual(100 - 30);
    expect(overhead.outsideNs).toBeLessThanOrEqual(100 + 400 / 8);
  });

  it('of one cost for all calls is never too low, whatever the work: callers of many do not hide it', () => {
    const cost = fc.integer({ min: 20, max: 400 });
    const shape = fc.record({
      ownNs: fc.nat({ max: 2000 }),
      leaves: fc.integer({ min: 1, max: 12 }),
      leafNs: fc.nat({ max: 500 }),
    });
    fc.assert(
      fc.property(
        cost,
        cost,
        fc.array(shape, { minLength: 1, maxLength: 4 }),
        (insideNs, outsideNs, shapes) => {
          const works = shapes.flatMap((s, i) => repeat(caller(`f${i}`, s.ownNs, s.leaves, s.leafNs), 25));
          const { overhead } = analyse(traced(works, insideNs, outsideNs));
          const quickest = Math.min(...shapes.map((s) => s.leafNs));
          // Beyond 64 calls a quantile is told from its bucket: 1/128.
          const slack = 1 + 1 / 100;
          expect(overhead.insideNs! * slack).toBeGreaterThanOrEqual(insideNs);
          expect(overhead.insideNs!).toBeLessThanOrEqual((insideNs + quickest) * slack);
          // The quickest leaf's own work is taken for tracing cost, once a caller, not once a call.
          const perCall = shapes.map((s) => (s.ownNs - quickest) / s.leaves);
          const tolerance = 0.02 * (insideNs + outsideNs + quickest + 2000);
          expect(overhead.outsideNs!).toBeGreaterThanOrEqual(
            Math.max(0, outsideNs + Math.min(...perCall)) - tolerance,
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('taken out leaves the work, when functions that do nothing show the cost', () => {
    const works = [...repeat(caller('empty', 0, 1, 0), 30), ...repeat(caller('f', 700, 5, 300), 30)];
    const result = analyse(traced(works, 150, 100), { subtract: true });
    const f = functionRow(result, 'f');
    expect(f.p50Ns).toBe(700 + 5 * 300);
    expect(f.selfNs).toBe(30 * 700);
    expect(functionRow(result, 'leaf_of_f').p50Ns).toBe(300);
    expect(functionRow(result, 'empty').totalNs).toBe(0);
  });
});

describe('what cannot be estimated', () => {
  it('is null without durations', () => {
    const { overhead } = analyse('# tracer: function_graph\n#\n 0)  a() {\n 0)    b();\n 0)  }\n');
    expect([overhead.insideNs, overhead.outsideNs, overhead.totalNs, overhead.shareOfOutermost]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  it('outside is 0 when no call has calls below it', () => {
    const { overhead } = analyse(kernelText('0 0.300 | a();\n0 0.200 | b();'));
    expect([overhead.insideNs, overhead.outsideNs, overhead.tracedCalls]).toEqual([200, 0, 2]);
    expect(overhead.shareOfOutermost).toBeLessThanOrEqual(1);
  });
});

describe('real recordings', () => {
  // An emulated guest: a probe costs some us there.
  it.each([
    '6.12.117/fg-A-default.txt',
    '6.12.117/full-combo-p2.txt',
    '6.1.192/fg-A-default.txt',
    '6.1.192/combo-p2.txt',
  ])('%s', (name) => {
    const { overhead } = analyse(readFixture(`function-graph/${name}`));
    expect(overhead.insideNs!).toBeGreaterThan(300);
    expect(overhead.insideNs! + overhead.outsideNs!).toBeLessThan(20_000);
    // Entering and leaving the tracer outside the stamps takes time: a cost of 0 cannot be true.
    expect(overhead.outsideNs!).toBeGreaterThan(0);
    expect(overhead.shareOfOutermost).toBeGreaterThan(0);
    expect(overhead.shareOfOutermost).toBeLessThanOrEqual(1);
  });
});
