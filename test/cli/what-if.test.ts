import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fixturePath, runCli, temporaryFolder } from './run-cli.ts';

const patched = (name: string) => fixturePath(`patched/${name}.txt.gz`);
const BASE = [patched('base_nosi/fg-full-p2'), '--operations', patched('base_nosi/ops-p2')];

interface WhatIfJson {
  validation: {
    structure: Record<string, number>;
    latency: {
      comparisons: { name: string; recorded: number; modelled: { value: number } }[];
      ksDistance: number;
    };
    verdict: string;
  };
  baseline: DesignJson;
  designs: DesignJson[];
}

interface IntervalJson {
  value: number;
  lo: number;
  hi: number;
}

interface CurveJson {
  atNs: number[];
  value: number[];
  lo: number[];
  hi: number[];
}

interface DesignJson {
  id: string;
  steps: Record<string, string[]>;
  latency: { p50Ns: number; p99Ns: number; maxNs: number };
  munmapNs: { p50: number; p99: number; max: number };
  totalNs: number;
  totalIntervalNs: IntervalJson;
  speedup: IntervalJson;
  pFaster: number;
  contended: Record<string, number>;
  lockWaitNs: Record<string, number>;
  lockWaitIntervalNs: Record<string, IntervalJson>;
  cpuWorkNs: { caller: number; worker: number; compaction: number };
  cpuLedgerNs: { moved: IntervalJson; left: IntervalJson; removed: IntervalJson };
  memoryReturn: { t50Ns: number | null; t90Ns: number | null; t100Ns: number | null };
  pagesReturned: number;
  strandedBytes: { typical: number; worst: number };
  assumptions: string[];
  curves: {
    latency: { fromNs: number[]; toNs: number[]; count: number[] };
    memory: CurveJson;
    backlog: (CurveJson & { queue: string; peak: IntervalJson })[];
  };
}

function whatIf(args: readonly string[]): WhatIfJson {
  const run = runCli(['what-if', ...args, '--json']);
  expect([run.status, run.stderr]).toEqual([0, '']);
  return JSON.parse(run.stdout) as WhatIfJson;
}

describe('what-if on the recording of a stock kernel', () => {
  const result = whatIf([
    ...BASE,
    '-d',
    'drop-lock',
    '-d',
    'class-idx+drop-lock',
    '-d',
    'deferred:entries=64',
  ]);

  it('reproduces the recording that it was given', () => {
    expect(result.validation.verdict).toBe('fits');
    expect(result.validation.latency.ksDistance).toBeLessThan(0.05);
    const waits = result.validation.latency.comparisons.find((c) => c.name === 'class->lock, waits')!;
    expect(waits.recorded).toBe(223);
    expect(Math.abs(waits.modelled.value / waits.recorded - 1)).toBeLessThan(0.15);
  });

  it('predicts what was recorded on the kernel that was patched with drop-lock', () => {
    // Recorded there: 77 waits, 0.934 ms (analyze of droplock_nosi/fg-full-p2).
    const [dropLock] = result.designs;
    const measured = runCli(['analyze', patched('droplock_nosi/fg-full-p2'), '--json', '--tails', '0']);
    const lock = (
      JSON.parse(measured.stdout) as {
        locks: { lock: string; site: string; contended: number; wait: { totalNs: number } }[];
      }
    ).locks.find((row) => row.lock === 'class->lock' && row.site === 'zs_free')!;
    expect([lock.contended, Math.round(lock.wait.totalNs / 1000)]).toEqual([77, 934]);
    const wait = dropLock!.lockWaitIntervalNs['class->lock']!;
    expect(wait.value).toBe(dropLock!.lockWaitNs['class->lock']);
    expect(wait.lo).toBeLessThan(lock.wait.totalNs);
    expect(wait.hi).toBeGreaterThan(lock.wait.totalNs);
    expect(Math.abs(dropLock!.contended['class->lock']! - 77)).toBeLessThan(25);
  });

  it('keeps the work of what is deferred, and tells what is never freed', () => {
    const deferred = result.designs[2]!;
    expect(deferred.cpuWorkNs.worker).toBeGreaterThan(0);
    expect(deferred.strandedBytes.typical).toBeLessThanOrEqual(deferred.strandedBytes.worst);
    expect(deferred.strandedBytes.worst).toBe(63 * 2 * 4096);
  });

  it('gives every figure of the issue a number, and intervals beside it', () => {
    for (const design of [result.baseline, ...result.designs]) {
      const { latency, munmapNs, totalNs, totalIntervalNs, cpuWorkNs, pFaster } = design;
      const numbers = [
        ...Object.values(latency),
        ...Object.values(munmapNs),
        ...Object.values(cpuWorkNs),
        ...Object.values(design.lockWaitNs),
        ...Object.values(design.strandedBytes),
        totalNs,
        pFaster,
      ];
      expect(numbers.every((value) => Number.isFinite(value))).toBe(true);
      expect(latency.p50Ns <= latency.p99Ns && latency.p99Ns <= latency.maxNs).toBe(true);
      expect(munmapNs.p50 <= munmapNs.p99 && munmapNs.p99 <= munmapNs.max).toBe(true);
      expect(munmapNs.p50).toBeLessThanOrEqual(totalIntervalNs.hi);
      expect(totalIntervalNs.value).toBe(totalNs);
      expect(Object.values(design.steps).flat().length).toBeGreaterThan(5);
      expect(Array.isArray(design.assumptions)).toBe(true);
    }
  });

  it('writes down what was moved and what was removed', () => {
    for (const { cpuWorkNs, cpuLedgerNs } of result.designs) {
      const base = result.baseline.cpuWorkNs.caller;
      const now = cpuWorkNs.caller + cpuWorkNs.worker;
      expect(cpuLedgerNs.moved.value).toBeCloseTo(cpuWorkNs.worker, -3);
      // Medians of sums and sums of medians differ a little.
      const { left, removed } = cpuLedgerNs;
      expect(Math.abs(base - now - left.value - removed.value)).toBeLessThan(0.01 * base);
    }
  });

  it('draws curves that end where the figures say', () => {
    for (const { curves, memoryReturn, pagesReturned } of [result.baseline, ...result.designs]) {
      const { atNs, value, lo, hi } = curves.memory;
      expect(atNs.length).toBeLessThanOrEqual(201);
      expect([value.at(-1), atNs.length, lo.length]).toEqual([pagesReturned, value.length, hi.length]);
      for (const list of [atNs, value, lo, hi]) expect(list).toEqual([...list].sort((a, b) => a - b));
      expect(value.every((pages, k) => lo[k]! <= pages && pages <= hi[k]!)).toBe(true);
      const half = atNs.find((_, k) => value[k]! >= 3003 / 2)!;
      expect(Math.abs(half - memoryReturn.t50Ns!)).toBeLessThan(0.02 * atNs.at(-1)!);
      const { count } = curves.latency;
      expect(count.reduce((sum, n) => sum + n, 0)).toBe(21 * 8012);
    }
    const [backlog] = result.designs[2]!.curves.backlog;
    expect(Math.max(...backlog!.hi)).toBe(backlog!.peak.hi);
    expect(backlog!.atNs.length).toBeLessThanOrEqual(201);
  });
});

it('finds nothing to gain in zs_free where si->lock serialises the frees', () => {
  const args = [patched('base/fg-full-p2'), '--operations', patched('base/ops-p2'), '-d', 'drop-lock'];
  const { designs } = whatIf(args);
  expect(designs[0]!.speedup).toEqual({ value: 1, lo: 1, hi: 1 });
});

it('the text says first how far it can be trusted, and fits a mail', () => {
  const run = runCli(['what-if', ...BASE, '-d', 'class-idx+drop-lock']);
  expect(run.stdout).toContain('Verdict: fits.');
  expect(run.stdout).toContain('What each part adds');
  expect(Math.max(...run.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(72);
  expect(run.stdout).toMatch(/^[\n\x20-\x7e]*$/);
});

it('is the same for the same recording', () => {
  const args = ['what-if', ...BASE, '-d', 'drop-lock', '--seeds', '3', '--json'];
  expect(runCli(args).stdout).toBe(runCli(args).stdout);
});

it.each([
  [['-d', 'nonsense'], /no design "nonsense"; there are drop-lock, class-idx/],
  [['-d', 'deferred:entries=0'], /deferred:entries must be a whole number from 1/],
  [['-d', 'deferred:size=3'], /deferred has no option "size"; it has entries, buffers/],
  [['-d', 'deferred+class-batch+bulk-free'], /combine only one of them/],
  [['-d', 'class-idx', '--zsmalloc', 'bits=32', '--kernel', 'D'], /on 32 bits the pool lock stays/],
  [['--kernel', 'Z'], /'Z' is invalid\. expected one of A, B, C-6\.1, C, D, E, F/],
])('%o is refused in one line', (args, message) => {
  const run = runCli(['what-if', ...BASE, ...args]);
  expect([run.status, run.stdout]).toEqual([2, '']);
  expect(run.stderr).toMatch(message);
  // Options are refused by the parser of options, which names --help on a line of its own.
  expect(run.stderr.replace('(--help says more)', '').trimEnd().split('\n')).toHaveLength(1);
});

it('a recording without frees is refused', () => {
  const run = runCli(['what-if', fixturePath('perf/clock.script.txt.gz'), '-d', 'drop-lock']);
  expect([run.status, run.stdout]).toEqual([2, '']);
  expect(run.stderr).toContain('no zs_free with a duration');
});

describe('a design of the user', () => {
  const folder = temporaryFolder();
  afterAll(folder.remove);
  const docs = readFileSync(join(import.meta.dirname, '../../docs/designs.md'), 'utf8');
  const example = join(folder.path, 'late-fix.json');
  writeFileSync(example, /```json\n([\s\S]*?)```/.exec(docs)![1]!);

  it('as JSON is applied: the example of docs/designs.md', () => {
    const shown = runCli(['designs', 'show', `${example}+drop-lock`]);
    expect([shown.status, shown.stderr]).toEqual([0, '']);
    expect(shown.stdout).toMatch(/> fix_fullness_group, later$/m);
    const { baseline, designs } = whatIf([...BASE, '-d', example, '--seeds', '5']);
    expect(designs[0]!.id).toBe('late-fix');
    expect(designs[0]!.lockWaitNs['class->lock']).toBeLessThan(baseline.lockWaitNs['class->lock']!);
  });

  it('as a module is applied', () => {
    const module = join(folder.path, 'same.mjs');
    writeFileSync(
      module,
      "export default { id: 'same', title: 'nothing', source: 'here', apply: (kernel) => kernel };",
    );
    const { designs } = whatIf([...BASE, '-d', module, '--seeds', '3']);
    expect([designs[0]!.id, designs[0]!.speedup.value]).toEqual(['same', 1]);
  });

  it('as TypeScript is applied: the example of docs/designs.md', () => {
    const module = join(folder.path, 'lazy-handles.ts');
    writeFileSync(module, /```ts\n(import [\s\S]*?)```/.exec(docs)![1]!);
    const shown = runCli(['designs', 'show', `${module}+drop-lock`]);
    expect([shown.status, shown.stderr]).toEqual([0, '']);
    expect(shown.stdout).toMatch(/^free the handle +<$/m);
    const { designs } = whatIf([...BASE, '-d', module, '--seeds', '3']);
    expect(designs[0]!.id).toBe('lazy-handles');
    expect(designs[0]!.speedup.value).toBeGreaterThan(1);
  });

  it('of broken TypeScript are refused in one line', () => {
    const module = join(folder.path, 'broken.ts');
    writeFileSync(module, 'export default { id: ;');
    const run = runCli(['designs', 'show', module]);
    expect([run.status, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toMatch(/^trace-replay: \S+broken\.ts: cannot be read as a design \([^\n]+\)\n$/);
  });

  it.each([
    ['{"id": "x"', /cannot be read as a design/],
    ['{"id": "x", "title": "t"}', /expected a list "rewrites"/],
    [
      '{"id": "x", "title": "t", "rewrites": [{"path": "zs_free", "match": {"do": "work"}}]}',
      /expected "remove"/,
    ],
    [
      '{"id": "x", "title": "t", "rewrites": [{"path": "zs_free", "match": {"do": "atomic"}, "remove": true}]}',
      /no step of "zs_free" matches \{"do":"atomic"\}/,
    ],
    [
      '{"id": "x", "title": "t", "rewrites": [{"path": "zs_free", "match": {"do": "work"}, "after": [{"do": "jump"}]}]}',
      /expected steps, each with "do"/,
    ],
  ])('%s is refused in one line', (json, message) => {
    const path = join(folder.path, 'wrong.json');
    writeFileSync(path, json);
    const run = runCli(['designs', 'show', path]);
    expect([run.status, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toMatch(message);
    expect(run.stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('designs', () => {
  it('are listed with source and safety', () => {
    const { stdout } = runCli(['designs']);
    expect(stdout).toMatch(/^drop-lock {2}\(merged\)$/m);
    expect(stdout).toMatch(/^no-slot-lock {2}\(unsafe\)$/m);
  });

  it('show their steps beside the kernel that they change', () => {
    const { stdout } = runCli(['designs', 'show', 'class-idx', '--kernel', 'D']);
    expect(stdout).toMatch(/^read-lock pool->migrate_lock +<$/m);
    expect(stdout).toMatch(/^ +> class from the handle word$/m);
  });
});

describe('ops', () => {
  it('prints what is replayed', () => {
    const { stdout } = runCli(['ops', patched('base_nosi/ops-p2'), '--json']);
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { what: string; sizeBytes?: number });
    expect(rows.filter((row) => row.what === 'zs_malloc')).toHaveLength(8012);
    expect(rows.filter((row) => row.what === 'zs_free')).toHaveLength(8012);
    expect(rows[0]!.sizeBytes).toBe(0x557);
  });

  it('says when there is none', () => {
    const run = runCli(['ops', fixturePath('perf/clock.script.txt.gz')]);
    expect([run.status, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toContain('no operation of zsmalloc or zram');
  });
});
