import { describe, expect, it } from 'vitest';
import { FunctionRoles } from '../../src/analysis/function-roles.ts';
import { RowFilter } from '../../src/analysis/row-filter.ts';
import { Tails } from '../../src/analysis/tails.ts';
import { NameTable } from '../../src/trace/names.ts';
import { SpanBatch, SpanKind } from '../../src/trace/spans.ts';
import { TaskTable } from '../../src/trace/tasks.ts';
import { readFixture } from '../helpers/fixtures.ts';
import { analyse, functionRow, tailRow } from './analyse.ts';
import { banner, kernelText } from './kernel-text.ts';

/** `level name us` of a tree. */
const treeText = (call: { tree: readonly { level: number; name: string; durationNs: number | null }[] }) =>
  call.tree.map((node) => `${node.level} ${node.name} ${node.durationNs! / 1000}`);

describe('the slowest calls', () => {
  const calls = [3, 9, 1, 7, 5].map((us) => `0 ${us}.000 | f();`).join('\n');

  it('are the slowest, the slowest first', () => {
    const row = tailRow(analyse(kernelText(calls)), 'f');
    expect(row.slowest.map((call) => call.durationNs)).toEqual([9000, 7000, 5000]);
    expect([row.calls, row.p50Ns, row.p99Ns]).toEqual([5, 5000, 9000]);
    expect(row.slowest.map((call) => call.line)).toEqual([5, 7, 8]);
  });

  it('are as many as asked for, or as there are', () => {
    expect(tailRow(analyse(kernelText(calls), { slowest: 1 }), 'f').slowest.length).toBe(1);
    expect(tailRow(analyse(kernelText(calls), { slowest: 50 }), 'f').slowest.length).toBe(5);
  });

  it('have their trees, in the order of beginning, and nobody else in them', () => {
    const row = tailRow(
      analyse(
        kernelText(`
        1.000100 0 a-101 -      | f() {
        1.000101 0 a-101 -      |   g() {
        1.000102 1 b-102 -      | other() {
        1.000103 0 a-101 1.000  |     h();
        1.000105 1 b-102 2.000  |   h();
        1.000106 0 a-101 5.000  |   }
        1.000107 0 a-101 2.000  |   h();
        1.000111 0 a-101 11.000 | }
        1.000112 1 b-102 10.000 | }`),
      ),
      'f',
    );
    expect(treeText(row.slowest[0]!)).toEqual(['0 f 11', '1 g 5', '2 h 1', '1 h 2']);
    expect(row.slowest[0]).toMatchObject({ task: 'a-101', cpu: 0, line: 4, treeHidden: 0 });
  });

  it('of a call within another have levels of their own', () => {
    const text = kernelText(`
        0 -      | outer() {
        0 -      |   f() {
        0 1.000  |     h();
        0 5.000  |   }
        0 11.000 | }`);
    const row = tailRow(analyse(text, { filters: { functions: ['f'] } }), 'f');
    expect(treeText(row.slowest[0]!)).toEqual(['0 f 5', '1 h 1']);
  });

  it('begin where the trace clock says', () => {
    const row = tailRow(analyse(kernelText('162.350009 0 a-101 5.000 | f();')), 'f');
    expect(row.slowest[0]!.startNs).toBe(162_350_009_000);
  });

  it('of two inputs begin each by the clock of its own', () => {
    const texts = [
      kernelText('162.350009 0 a-101 5.000 | f();'),
      kernelText('7.250000 0 a-101 9.000 | f();'),
    ];
    const row = tailRow(analyse(texts), 'f');
    expect(row.slowest.map((call) => [call.file, call.startNs])).toEqual([
      ['input-1', 7_250_000_000],
      ['input-0', 162_350_009_000],
    ]);
  });

  it('have no begin without time stamps', () => {
    const { slowest } = tailRow(analyse(kernelText(calls)), 'f');
    expect(slowest[0]!.startNs).toBeNull();
  });

  it('leave out what is not whole: calls without begin, calls with lost ones below', () => {
    const row = tailRow(
      analyse(
        kernelText(`
        0 9.000  | } /* f */
        0 5.000  | f();`),
      ),
      'f',
    );
    expect(row.slowest.map((call) => call.durationNs)).toEqual([5000]);
  });

  it('keep their first task whole when its name comes late, by a banner', () => {
    const row = tailRow(
      analyse(
        kernelText(`
        1.000100 0 -       | f() {
        1.000101 0 2.000   |   g();
        1.000103 0 -       |   schedule() {
${banner(0, 'a-101', 'b-102')}
        1.000110 0 5.000   | h();
${banner(0, 'b-102', 'a-101')}
        1.000150 0 47.000  |   }
        1.000151 0 51.000  | }`),
      ),
      'f',
    );
    expect(treeText(row.slowest[0]!)).toEqual(['0 f 51', '1 g 2', '1 schedule 47']);
    expect(row.slowest[0]!.task).toBe('a-101');
  });

  it('hide the quickest calls of a large tree, and say how many', () => {
    const below = Array.from({ length: 200 }, (_, i) => `0 0.${100 + i} |   h();`).join('\n');
    const row = tailRow(analyse(kernelText(`0 - | f() {\n${below}\n0 90.000 | }`)), 'f');
    const { tree, treeHidden } = row.slowest[0]!;
    expect(tree.length + treeHidden).toBe(201);
    expect(treeHidden).toBeGreaterThan(0);
    const quickestShown = Math.min(...tree.map((node) => node.durationNs!));
    expect(quickestShown).toBe(100 + 200 - (tree.length - 1));
  });
});

describe('which functions', () => {
  it('the outermost ones and those that take locks, without being asked', () => {
    const result = analyse(
      kernelText(`
        0 -      | outer() {
        0 -      |   locks() {
        0 1.000  |     mutex_lock();
        0 1.000  |     mutex_unlock();
        0 5.000  |   }
        0 1.000  |   other();
        0 11.000 | }`),
    );
    expect(result.tails.map((row) => row.function).sort()).toEqual(['locks', 'outer']);
  });

  it('those that are asked for', () => {
    const text = kernelText(`
        0 -      | outer() {
        0 1.000  |   other();
        0 11.000 | }`);
    expect(analyse(text, { filters: { functions: ['oth*'] } }).tails.map((row) => row.function)).toEqual([
      'other',
    ]);
    expect(analyse(text, { filters: { roots: ['other'] } }).tails.map((row) => row.function)).toEqual([
      'other',
    ]);
  });

  it('no interrupts', () => {
    const result = analyse(
      kernelText(`
        0 -      | f() {
        0 -      |   __sysvec_apic_timer_interrupt() {
        0 -      |     hrtimer_interrupt() {
        0 1.000  |       _raw_spin_lock_irqsave();
        0 1.000  |       _raw_spin_unlock_irqrestore();
        0 5.000  |     }
        0 6.000  |   }
        0 11.000 | }`),
    );
    expect(result.tails.map((row) => row.function)).toEqual(['f']);
  });
});

describe('what other CPUs did meanwhile', () => {
  const meanwhile = (rows: string) => tailRow(analyse(kernelText(rows)), 'f').slowest[0]!.meanwhile;

  it('is the part of their calls within the slow one', () => {
    const rows = meanwhile(`
        1.000100 1 b-102 -      | before() {
        1.000110 0 a-101 -      | f() {
        1.000120 1 b-102 20.000 | }
        1.000125 1 b-102 10.000 | within();
        1.000140 1 b-102 -      | after() {
        1.000150 0 a-101 40.000 | }
        1.000170 1 b-102 30.000 | }
        1.000200 1 b-102 10.000 | later();`);
    expect(rows.map((row) => [row.cpu, row.task, row.name, row.calls, row.overlapNs])).toEqual(
      expect.arrayContaining([
        [1, 'b-102', 'before', 1, 10_000],
        [1, 'b-102', 'within', 1, 10_000],
        [1, 'b-102', 'after', 1, 10_000],
      ]),
    );
    expect(rows.map((row) => row.name)).not.toContain('later');
  });

  it('is nothing that its own CPU or its own task did', () => {
    const rows = meanwhile(`
        1.000110 0 a-101 -      | f() {
        1.000120 0 b-102 10.000 | other();
        1.000150 0 a-101 40.000 | }`);
    expect(rows).toEqual([]);
  });

  it('has no overlap without time stamps, but the calls', () => {
    const rows = meanwhile(`
        0 a-101 -      | f() {
        1 b-102 10.000 | within();
        0 a-101 40.000 | }`);
    expect(rows).toEqual([{ cpu: 1, task: 'b-102', name: 'within', calls: 1, overlapNs: null }]);
  });

  it('counts the calls of a CPU once: what a caller did itself, not what it called', () => {
    const rows = meanwhile(`
        1.000110 0 a-101 -      | f() {
        1.000115 1 b-102 -      | outer() {
        1.000116 1 b-102 18.000 |   inner();
        1.000135 1 b-102 20.000 | }
        1.000150 0 a-101 40.000 | }`);
    expect(rows.reduce((sum, row) => sum + row.overlapNs!, 0)).toBe(20_000);
    expect(rows[0]).toMatchObject({ name: 'inner', overlapNs: 18_000 });
  });
});

describe('what makes slow calls slow', () => {
  /** 200 quick calls and 4 slow ones, each with three callees. */
  const text = (slow: { lock: number; work: number; own: number }) => {
    const call = (lock: number, work: number, own: number) => {
      const us = (value: number) => value.toFixed(3);
      return `
        0 ${us(0)} | idle();
        0 - | f() {
        0 ${us(lock)} |   _raw_spin_lock();
        0 ${us(work)} |   work();
        0 ${us(0.1)} |   _raw_spin_unlock();
        0 ${us(lock + work + 0.1 + own)} | }`;
    };
    const calls = Array.from({ length: 204 }, (_, i) =>
      i % 51 === 50 ? call(slow.lock, slow.work, slow.own) : call(1 + (i % 5) / 100, 2, 0.5),
    );
    return kernelText(calls.join(''));
  };

  it.each([
    ['a callee', { lock: 101, work: 2, own: 0.5 }, '_raw_spin_lock', 1],
    ['another callee', { lock: 1, work: 152, own: 0.5 }, 'work', 1],
    ['the function itself', { lock: 1, work: 2, own: 80.5 }, '(self)', 1],
    ['mostly one of two', { lock: 31, work: 72, own: 0.5 }, 'work', 0.7],
  ])('%s', (_, slow, name, share) => {
    const row = tailRow(analyse(text(slow), { filters: { functions: ['f'] } }), 'f');
    expect([row.calls, row.slowCalls]).toEqual([204, 4]);
    expect(row.typicalCalls).toBeGreaterThanOrEqual(100);
    expect(row.difference[0]!.name).toBe(name);
    expect(row.difference[0]!.share).toBeCloseTo(share, 2);
    expect(row.difference.reduce((sum, part) => sum + part.share, 0)).toBeCloseTo(1, 6);
    const part = row.difference.find((p) => p.name === 'work')!;
    expect([part.typicalNs, part.slowNs]).toEqual([2000, slow.work * 1000]);
  });

  it('is not told when no call is slow', () => {
    const calls = Array.from({ length: 100 }, () => '0 5.000 | f();').join('\n');
    const row = tailRow(analyse(kernelText(calls)), 'f');
    expect([row.difference, row.slowCalls]).toEqual([[], 0]);
  });

  it('is told for more calls than are remembered one by one', () => {
    const quick = '        0 - | f() {\n        0 1.000 |   g();\n        0 1.500 | }\n';
    const slow = '        0 - | f() {\n        0 91.000 |   g();\n        0 91.500 | }\n';
    const rows = Array.from({ length: 6000 }, (_, i) => (i % 80 === 79 ? slow : quick)).join('');
    const row = tailRow(analyse(kernelText(rows), { filters: { functions: ['f'] } }), 'f');
    expect(row.difference[0]).toMatchObject({ name: 'g', typicalNs: 1000, slowNs: 91_000 });
    expect(row.slowCalls).toBe(75);
  });
});

describe('a real recording', () => {
  const text = readFixture('function-graph/6.12.117/zswap-contend-p2.txt');
  const result = analyse(text);
  const row = tailRow(result, 'zs_free');
  const lines = Buffer.from(text).toString('latin1').split('\n');

  it('finds the slowest call that is printed, and tells where it begins', () => {
    const slowest = row.slowest[0]!;
    expect(slowest.durationNs).toBe(functionRow(result, 'zs_free').maxNs);
    expect(lines[slowest.line - 1]).toMatch(/zs_free\(\) \{$/);
    const stamp = /(\d+)\.(\d{6})/.exec(lines[slowest.line - 1]!)!;
    expect(slowest.startNs).toBe(Number(stamp[1]) * 1e9 + Number(stamp[2]) * 1000);
    expect(lines[slowest.line - 1]).toContain(slowest.task);
  });

  it('lays it to the lock', () => {
    expect(row.difference[0]!.name).toBe('_raw_spin_lock');
    expect(row.difference[0]!.share).toBeGreaterThan(0.9);
  });
});

it('a call that began within a slow one, but is no deeper, is not in its tree', () => {
  const names = new NameTable();
  const roles = new FunctionRoles(names, () => false);
  const filter = new RowFilter({}, names, new TaskTable());
  const tails = new Tails({ names, roles, filter, taskText: () => 'a-1', wanted: () => true, slowest: 1 });
  // As pairs of probes can be placed when entries around them turn out to have no return.
  const rows = new SpanBatch(3);
  const calls = [
    { name: 'beside', span: 2, level: 1, ns: 10 },
    { name: 'within', span: 3, level: 3, ns: 10 },
    { name: 'slow', span: 1, level: 2, ns: 50 },
  ];
  for (const [i, { name, span, level, ns }] of calls.entries()) {
    rows.kind[i] = SpanKind.Span;
    rows.name[i] = names.internText(name);
    rows.span[i] = span;
    rows.level[i] = level;
    rows.durationNs[i] = ns;
    rows.selfNs[i] = ns;
    rows.mark[i] = 4;
    rows.length++;
  }
  roles.classify();
  tails.add(rows);
  const row = tails.rows((a, b) => b - a, 3).find((tail) => tail.function === 'slow')!;
  expect(row.slowest[0]!.tree.map(({ name, level }) => `${level} ${name}`)).toEqual(['0 slow', '1 within']);
});
