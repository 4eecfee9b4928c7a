import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnalysisResult } from '../../src/analysis/result.ts';
import { buildCalls } from '../helpers/build-calls.ts';
import { listFunctionGraphFixtures, readFixture } from '../helpers/fixtures.ts';
import { analyse, functionRow } from './analyse.ts';
import { kernelText } from './kernel-text.ts';

const times = (result: AnalysisResult, name: string) => {
  const row = functionRow(result, name);
  return { calls: row.calls, total: row.totalNs, self: row.selfNs };
};

describe('self time', () => {
  const result = analyse(
    kernelText(`
        0 -      | a() {
        0 1.000  |   b();
        0 -      |   c() {
        0 2.500  |     b();
        0 4.000  |   }
        0 10.250 | }`),
  );

  it('is the duration less the calls directly below', () => {
    expect(times(result, 'a')).toEqual({ calls: 1, total: 10_250, self: 5250 });
    expect(times(result, 'c')).toEqual({ calls: 1, total: 4000, self: 1500 });
    expect(times(result, 'b')).toEqual({ calls: 2, total: 3500, self: 3500 });
  });

  it('of all functions is the time of the outermost calls', () => {
    expect(result.functions.reduce((sum, row) => sum + row.selfNs!, 0)).toBe(10_250);
  });

  it('is never negative, though durations are cut to their last digit', () => {
    const cut = analyse(
      kernelText(`
        0 -     | a() {
        0 5.001 |   b();
        0 5.000 | }`),
    );
    expect(times(cut, 'a').self).toBe(0);
  });
});

describe('recursion', () => {
  const text = kernelText(`
        0 -      | f() {
        0 -      |   g() {
        0 -      |     f() {
        0 1.000  |       f();
        0 3.000  |     }
        0 5.000  |   }
        0 9.000  | }
        0 2.000  | f();`);

  it('counts every call and its self time, but the time of inner calls once', () => {
    const result = analyse(text);
    expect(times(result, 'f')).toEqual({ calls: 4, total: 11_000, self: 4000 + 2000 + 1000 + 2000 });
    expect(times(result, 'g')).toEqual({ calls: 1, total: 5000, self: 2000 });
    expect(functionRow(result, 'f').maxNs).toBe(9000);
    expect(functionRow(result, 'f').minNs).toBe(1000);
  });

  it('is none between two tasks that take turns on a CPU', () => {
    const result = analyse(
      kernelText(`
        1.000100 0 a-101 -      | f() {
        1.000110 0 b-102 -      | f() {
        1.000120 0 b-102 10.000 | }
        1.000130 0 a-101 30.000 | }`),
    );
    expect(times(result, 'f')).toMatchObject({ calls: 2, total: 40_000 });
  });

  it('below a filtered call is no recursion: the call that counts is the outer one', () => {
    const stamped = kernelText(`
        1.000100 0 a-101 -      | f() {
        1.000110 0 a-101 10.000 |   f();
        1.000130 0 a-101 30.000 | }`);
    const result = analyse(stamped, { filters: { fromNs: 1_000_105_000 } });
    expect(times(result, 'f')).toMatchObject({ calls: 1, total: 10_000 });
  });
});

describe('what the text does not carry', () => {
  it('is null, and the calls are counted', () => {
    const result = analyse('# tracer: function_graph\n#\n 0)  a() {\n 0)    b();\n 0)  }\n');
    const row = functionRow(result, 'b');
    expect([row.calls, row.totalNs, row.selfNs, row.p50Ns, row.histogram]).toEqual([1, null, null, null, []]);
  });

  it('a call without its beginning counts by its return, and says so', () => {
    const result = analyse(
      kernelText(`
        0 1.000  |   b();
        0 7.000  | } /* a */
        0 1.000  | c();`),
    );
    expect(times(result, 'a')).toMatchObject({ calls: 1, total: 7000 });
    expect([functionRow(result, 'a').startCutCalls, functionRow(result, 'a').selfIsBoundCalls]).toEqual([
      1, 1,
    ]);
  });

  it('a call without its end is no call: nothing is known of its duration', () => {
    const result = analyse(
      kernelText(`
        0 -      | a() {
        0 1.000  |   b();`),
    );
    expect(result.functions.map((row) => row.name)).toEqual(['b']);
    expect(result.diagnostics.map((d) => d.id)).toEqual(['open-at-end']);
  });
});

describe('modules', () => {
  it('two functions of one name in different modules are two rows', () => {
    const result = analyse(
      kernelText(`
        0 1.000 | init_once [ext4]();
        0 2.000 | init_once [xfs]();
        0 3.000 | init_once();`),
    );
    expect(result.functions.map((row) => [row.name, row.module, row.totalNs])).toEqual([
      ['init_once', '', 3000],
      ['init_once', 'xfs', 2000],
      ['init_once', 'ext4', 1000],
    ]);
  });
});

describe.each(listFunctionGraphFixtures())('%s', (name) => {
  const bytes = readFixture(name);
  const result = analyse(bytes);
  const { calls } = buildCalls(bytes);
  // Functions that only the function tracer shows have calls and nothing else.
  const hitsAlone = result.functions
    .filter((row) => row.histogram.length === 0 && result.hits.some((hit) => hit.name === row.name))
    .filter((row) => !calls.some((call) => call.kind === 'span' && call.name.split(' ')[0] === row.name))
    .reduce((sum, row) => sum + row.calls, 0);

  it('has all calls, each with a duration in one bucket', () => {
    expect(result.functions.reduce((sum, row) => sum + row.calls - row.pairCalls, -hitsAlone)).toBe(
      calls.filter((call) => call.kind === 'span').length,
    );
    const timed = new Map<string, number>();
    for (const call of calls) {
      if (call.kind === 'span' && !Number.isNaN(call.durationNs))
        timed.set(call.name, (timed.get(call.name) ?? 0) + 1);
    }
    for (const row of result.functions) {
      const inBuckets = row.histogram.reduce((sum, bucket) => sum + bucket.count, 0);
      const printed = row.module === '' ? row.name : `${row.name} [${row.module}]`;
      expect(inBuckets - row.pairCalls, row.name).toBe(timed.get(printed) ?? 0);
    }
  });

  it('keeps quantiles in order, and self times within totals', () => {
    for (const row of result.functions) {
      if (row.totalNs === null) continue;
      const inOrder = [row.minNs!, row.p50Ns!, row.p90Ns!, row.p99Ns!, row.p999Ns!, row.maxNs!];
      expect(
        [...inOrder].sort((a, b) => a - b),
        row.name,
      ).toEqual(inOrder);
      expect(row.totalNs, row.name).toBeGreaterThanOrEqual(row.maxNs!);
      expect(row.irqNs + row.softirqNs + row.offCpuNs, row.name).toBeGreaterThanOrEqual(0);
    }
  });

  it('counts the same calls in the call tree', () => {
    const inTree = result.callTree.reduce((sum, node) => sum + node.calls, 0);
    // Pairs of events within calls that are traced have no path of their own, hits of the function tracer none.
    const pairs = result.functions.reduce((sum, row) => sum + row.pairCalls, 0);
    const all = result.functions.reduce((sum, row) => sum + row.calls, -hitsAlone);
    expect(inTree).toBeLessThanOrEqual(all);
    expect(inTree).toBeGreaterThanOrEqual(all - pairs);
    const selfInTree = result.callTree.reduce((sum, node) => sum + node.selfNs, 0);
    const self = result.functions.reduce((sum, row) => sum + (row.selfNs ?? 0), 0);
    if (inTree === all) expect(selfInTree).toBeCloseTo(self, 0);
    else expect(selfInTree).toBeLessThan(self);
    expect(result.callTree.filter((node, i) => node.parent >= i)).toEqual([]);
  });
});

describe('two inputs', () => {
  const texts = ['6.1.192/fg-A-default.txt', '6.12.117/fg-munmap-depth4.txt'].map((name) =>
    Buffer.from(readFixture(`function-graph/${name}`)).toString('latin1'),
  );

  it('add up', () => {
    const [a, b] = texts.map((text) => analyse(text));
    const both = analyse(texts);
    for (const row of both.functions) {
      const apart = [a!, b!].flatMap((result) =>
        result.functions.filter((f) => f.name === row.name && f.module === row.module),
      );
      const sum = (of: (f: (typeof apart)[number]) => number | null) =>
        apart.reduce((total, f) => total + of(f)!, 0);
      expect([row.calls, row.totalNs, row.selfNs], row.name).toEqual([
        sum((f) => f.calls),
        sum((f) => f.totalNs),
        sum((f) => f.selfNs),
      ]);
    }
    expect(both.input.lines).toBe(a!.input.lines + b!.input.lines);
  });

  it('given twice give everything twice', () => {
    const once = analyse(texts[0]!);
    const twice = analyse([texts[0]!, texts[0]!]);
    expect(twice.functions.map((row) => [row.name, row.calls, row.totalNs])).toEqual(
      once.functions.map((row) => [row.name, row.calls * 2, row.totalNs! * 2]),
    );
    expect(twice.locks.map((row) => [row.lock, row.site, row.acquisitions, row.wait.totalNs])).toEqual(
      once.locks.map((row) => [row.lock, row.site, row.acquisitions * 2, row.wait.totalNs * 2]),
    );
  });
});

describe('random call trees', () => {
  interface Tree {
    readonly name: string;
    readonly ownNs: number;
    readonly below: readonly Tree[];
  }
  const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
    tree: fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      ownNs: fc.nat({ max: 5000 }),
      below: fc.oneof({ depthSize: 'small' }, fc.constant([]), fc.array(tie('tree'), { maxLength: 3 })),
    }),
  }));
  const durationOf = (t: Tree): number =>
    t.ownNs + t.below.reduce((sum, child) => sum + durationOf(child), 0);
  const linesOf = (t: Tree, depth: number): string[] => {
    const us = (durationOf(t) / 1000).toFixed(3);
    const indent = '  '.repeat(depth);
    if (t.below.length === 0) return [`0 ${us} | ${indent}${t.name}();`];
    return [
      `0 - | ${indent}${t.name}() {`,
      ...t.below.flatMap((c) => linesOf(c, depth + 1)),
      `0 ${us} | ${indent}}`,
    ];
  };

  it('give back calls, totals and self times', () => {
    fc.assert(
      fc.property(fc.array(tree, { minLength: 1, maxLength: 6 }), (roots) => {
        const expected = new Map<string, { calls: number; total: number; self: number }>();
        const visit = (t: Tree, above: readonly string[]) => {
          const row = expected.get(t.name) ?? { calls: 0, total: 0, self: 0 };
          row.calls++;
          row.self += t.ownNs;
          if (!above.includes(t.name)) row.total += durationOf(t);
          expected.set(t.name, row);
          for (const child of t.below) visit(child, [...above, t.name]);
        };
        for (const root of roots) visit(root, []);
        const result = analyse(kernelText(roots.flatMap((root) => linesOf(root, 0)).join('\n')));
        expect(new Map(result.functions.map((row) => [row.name, times(result, row.name)]))).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});
