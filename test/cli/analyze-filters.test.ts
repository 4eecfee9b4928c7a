import { describe, expect, it } from 'vitest';
import { globPattern } from '../../src/analysis/row-filter.ts';
import { buildCalls, type Call } from '../helpers/build-calls.ts';
import { readFixture } from '../helpers/fixtures.ts';
import { analyzeJson, fixturePath, runCli } from './run-cli.ts';

/** Two processes on two CPUs, zram and zsmalloc as modules, timer interrupts on top. */
const NAME = 'function-graph/6.1.192/combo-p2.txt';
const PATH = fixturePath(NAME);
const { calls } = buildCalls(readFixture(NAME));
const spans = calls.filter((call) => call.kind === 'span');
const bySpan = new Map(calls.filter((call) => call.kind !== 'event').map((call) => [call.span, call]));
const whole = analyzeJson([PATH]);

const nameOf = (call: Call) => call.name.replace(/ \[.*\]$/, '');
const moduleOf = (call: Call) => / \[(.*)\]$/.exec(call.name)?.[1] ?? 'kernel';

function callersOf(call: Call): Call[] {
  const callers: Call[] = [];
  for (let at = bySpan.get(call.parent); at; at = bySpan.get(at.parent)) callers.push(at);
  return callers;
}

/** What must be in the function table when only these calls count: calls and sum of durations by function. */
function expectedRows(counts: (call: Call) => boolean): Map<string, string> {
  const rows = new Map<string, { calls: number; ns: number; max: number }>();
  for (const call of spans.filter(counts)) {
    const row = rows.get(call.name) ?? { calls: 0, ns: 0, max: 0 };
    row.calls++;
    if (!callersOf(call).some((caller) => caller.name === call.name)) row.ns += call.durationNs;
    row.max = Math.max(row.max, call.durationNs);
    rows.set(call.name, row);
  }
  return new Map(
    [...rows].map(([name, row]) => [name, `${row.calls} calls, ${row.ns} ns, at most ${row.max}`]),
  );
}

function actualRows(args: readonly string[]): Map<string, string> {
  // Pairs of events are no calls of function_graph, which is what is judged here.
  const rows = analyzeJson([PATH, ...args]).functions.filter((row) => row.pairCalls === 0);
  return new Map(
    rows.map((row) => [
      row.module === '' ? row.name : `${row.name} [${row.module}]`,
      `${row.calls} calls, ${row.totalNs} ns, at most ${row.maxNs}`,
    ]),
  );
}

/** The outermost call in the wanted time, so that no recursion is cut in two. */
const middle = spans.filter((call) => call.level === 0)[
  Math.floor(spans.filter((call) => call.level === 0).length / 2)
]!;
const stamp = (us: number) => (us / 1e6).toFixed(6);

const cases: readonly (readonly [string, readonly string[], (call: Call) => boolean])[] = [
  ['nothing', [], () => true],
  [
    '--function with names',
    ['--function', 'zs_free,kmem_cache_free'],
    (c) => /^(zs_free|kmem_cache_free)$/.test(nameOf(c)),
  ],
  [
    '--function with a glob, twice',
    ['--function', 'zs_*', '--function', '*lock'],
    (c) => globPattern(['zs_*', '*lock']).test(nameOf(c)),
  ],
  ['--root', ['--root', 'zs_free'], (c) => [c, ...callersOf(c)].some((call) => nameOf(call) === 'zs_free')],
  ['--cpu', ['--cpu', '1'], (c) => c.cpu === 1],
  ['-C with a range', ['-C', '0-1'], (c) => c.cpu <= 1],
  ['-C with a CPU that is not there', ['-C', '5'], () => false],
  ['--depth 1', ['--depth', '1'], (c) => c.level < 1],
  ['--depth 3', ['--depth', '3'], (c) => c.level < 3],
  ['--module', ['--module', 'zram'], (c) => moduleOf(c) === 'zram'],
  ['--module kernel', ['--module', 'kernel'], (c) => moduleOf(c) === 'kernel'],
  ['--module with a glob', ['--module', 'z*'], (c) => moduleOf(c).startsWith('z')],
  ['--from', ['--from', stamp(middle.startUs)], (c) => c.startUs >= middle.startUs],
  ['--to', ['--to', stamp(middle.startUs)], (c) => c.startUs <= middle.startUs],
  [
    '--from and --to',
    ['--from', stamp(middle.startUs), '--to', stamp(middle.startUs + 50_000)],
    (c) => c.startUs >= middle.startUs && c.startUs <= middle.startUs + 50_000,
  ],
  ['two filters', ['--cpu', '0', '--function', 'zs_free'], (c) => c.cpu === 0 && nameOf(c) === 'zs_free'],
];

describe('what counts in the function table', () => {
  it.each(cases)('%s', (_, args, counts) => {
    expect(actualRows(args)).toEqual(expectedRows(counts));
  });

  const tasks = [...new Set(spans.map((call) => call.task))].filter((task) => task.startsWith('swapben'));

  it('--pid', () => {
    expect(tasks.length).toBeGreaterThanOrEqual(2);
    const pid = tasks[0]!.replace(/.*-/, '');
    expect(actualRows(['--pid', pid])).toEqual(expectedRows((call) => call.task === tasks[0]));
  });

  it('--comm, with the whole name, with what the kernel prints of it, with a glob', () => {
    const expected = expectedRows((call) => call.task.startsWith('swapben-'));
    for (const name of ['swapbench', 'swapben', 'swap*'])
      expect(actualRows(['--comm', name])).toEqual(expected);
  });
});

describe('what else filters change', () => {
  it('the locks are those of the places that count', () => {
    const zsFree = analyzeJson([PATH, '--root', 'zs_free']);
    const before = whole.locks.find((row) => row.site === 'zs_free')!;
    const after = zsFree.locks.find((row) => row.site === 'zs_free')!;
    expect(after).toEqual(before);
    expect(zsFree.locks.map((row) => row.site)).not.toContain('zs_malloc');
  });

  it('CPUs add up: each acquisition and each wait is on one of them', () => {
    const parts = ['0', '1'].map((cpu) => analyzeJson([PATH, '--cpu', cpu]));
    const sums = (of: (row: (typeof whole.locks)[number]) => number, results: readonly (typeof whole)[]) =>
      results.reduce((sum, result) => sum + result.locks.reduce((s, row) => s + of(row), 0), 0);
    for (const of of [
      (row: (typeof whole.locks)[number]) => row.acquisitions,
      (row: (typeof whole.locks)[number]) => row.contended,
      (row: (typeof whole.locks)[number]) => row.wait.totalNs,
      (row: (typeof whole.locks)[number]) => row.hold?.count ?? 0,
      (row: (typeof whole.locks)[number]) => row.triesWithoutUnlock,
    ]) {
      expect(sums(of, parts)).toBe(sums(of, [whole]));
    }
  });

  it('the report says which filters were in force', () => {
    const result = analyzeJson([PATH, '--cpu', '0-1', '--root', 'zs_*', '--from', '237.5', '--depth', '3']);
    expect(result.method.filters).toBe('--root zs_* --cpu 0,1 --from 237.500000 --depth 3');
    const text = runCli(['analyze', PATH, '--cpu', '0-1', '--root', 'zs_*']).stdout;
    expect(text).toContain('filters: --root zs_* --cpu 0,1');
  });

  it('nothing left is no error', () => {
    const run = runCli(['analyze', PATH, '--function', 'no_such_function']);
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toMatch(/^No call passed the filters\./);
  });
});

describe('--exclude', () => {
  const recursive = new Set(
    spans.filter((call) => callersOf(call).some((c) => c.name === call.name)).map((call) => nameOf(call)),
  );

  it.each([
    ['irq', (row: (typeof whole.functions)[number]) => row.irqNs],
    ['softirq', (row: (typeof whole.functions)[number]) => row.softirqNs],
    ['irq,softirq', (row: (typeof whole.functions)[number]) => row.irqNs + row.softirqNs],
  ])('%s takes that time out of every function, and only that', (what, outOf) => {
    const result = analyzeJson([PATH, '--exclude', what]);
    expect(result.method.excluded).toEqual(what.split(','));
    let changed = 0;
    for (const before of whole.functions.filter((row) => !recursive.has(row.name))) {
      const after = result.functions.find((row) => row.name === before.name && row.module === before.module)!;
      expect(after.calls, before.name).toBe(before.calls);
      expect(Math.abs(after.totalNs! - (before.totalNs! - outOf(before))), before.name).toBeLessThanOrEqual(
        before.calls,
      );
      if (outOf(before) > 0) changed++;
    }
    expect(changed).toBeGreaterThan(5);
  });
});

describe('--subtract-overhead', () => {
  const cost = whole.overhead;
  const result = analyzeJson([PATH, '--subtract-overhead']);

  it('says what it took out: the estimate of the first reading', () => {
    expect(result.overhead).toEqual({ ...cost, subtracted: true });
  });

  it('takes the cost within a call out of calls that call nothing', () => {
    const leafOnly = whole.functions.filter((row) =>
      spans
        .filter((call) => nameOf(call) === row.name && moduleOf(call) === (row.module || 'kernel'))
        .every((call) => call.isLeaf),
    );
    expect(leafOnly.length).toBeGreaterThan(5);
    for (const before of leafOnly.filter((row) => row.pairCalls === 0)) {
      const after = result.functions.find((row) => row.name === before.name && row.module === before.module)!;
      expect(after.maxNs, before.name).toBeCloseTo(Math.max(0, before.maxNs! - cost.insideNs!), 6);
    }
  });

  it('takes the cost of all calls below out of a call', () => {
    // The longest zs_free that was recorded whole.
    const slowest = spans
      .filter((call) => nameOf(call) === 'zs_free')
      .sort((a, b) => b.durationNs - a.durationNs)[0]!;
    const below = calls.filter((call) => call.kind === 'span' && callersOf(call).includes(slowest)).length;
    const expected = slowest.durationNs - cost.insideNs! - below * (cost.insideNs! + cost.outsideNs!);
    const after = result.functions.find((row) => row.name === 'zs_free')!;
    expect(after.maxNs!).toBeGreaterThanOrEqual(Math.max(0, expected) - 1);
    expect(after.totalNs!).toBeLessThan(whole.functions.find((row) => row.name === 'zs_free')!.totalNs!);
  });

  it('does the same to standard input, which it keeps for the second reading', () => {
    const input = Buffer.from(readFixture(NAME));
    expect(analyzeJson(['-', '--subtract-overhead'], { input }).functions).toEqual(result.functions);
  });

  it('warns and goes on when there is nothing to estimate from', () => {
    const run = runCli(['analyze', '-', '--subtract-overhead', '--json'], {
      input:
        '# tracer: function_graph\n#\n# CPU  FUNCTION CALLS\n# |   |   |   |   |\n 0)  a() {\n 0)    b();\n 0)  }\n',
    });
    expect([run.status, JSON.parse(run.stdout).overhead.subtracted]).toEqual([0, false]);
    expect(run.stderr).toMatch(/^trace-replay: the tracing overhead cannot be estimated[^\n]*\n$/);
  });
});
