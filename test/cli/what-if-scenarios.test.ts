import { describe, expect, it } from 'vitest';
import type { ScenarioResults } from '../../src/replay/scenario/result.ts';
import { fixturePath, runCli } from './run-cli.ts';

const patched = (name: string) => fixturePath(`patched/${name}.txt.gz`);
const BASE = [patched('base_nosi/fg-full-p2'), '--operations', patched('base_nosi/ops-p2')];
const CHURN = fixturePath('complete/full-churn-p4-s1.txt.gz');
const CHURN61 = fixturePath('complete/full-churn61-p2.txt.gz');

interface WhatIfJson extends Required<ScenarioResults> {
  baseline: { totalNs: number };
  designs: { id: string; totalNs: number; speedup: { value: number } }[];
}

function whatIf(args: readonly string[]): WhatIfJson {
  const run = runCli(['what-if', ...args, '--json']);
  expect([run.status, run.stderr]).toEqual([0, '']);
  return JSON.parse(run.stdout) as WhatIfJson;
}

describe('what-if --processes', () => {
  const { baseline, designs, scaling } = whatIf([
    ...BASE,
    ...['-d', 'class-idx+drop-lock', '--processes', '1,2,4', '--cpus', '2', '--seeds', '5'],
  ]);

  it('of the recorded number is the recording', () => {
    const recorded = scaling.rows[1]!;
    expect(recorded).toMatchObject({ processes: 2, cpus: 2, scaled: false });
    expect(recorded.designs.map((d) => d.totalNs.value)).toEqual([baseline.totalNs, designs[0]!.totalNs]);
    expect(recorded.designs[1]!.speedup).toEqual(designs[0]!.speedup);
  });

  it('of one waits for nobody; of four on two CPUs takes twice the time', () => {
    const [one, two, four] = scaling.rows;
    expect(one!.designs[0]!.lockWaitNs['class->lock']!.value).toBe(0);
    expect(one!.scaled && four!.scaled).toBe(true);
    const ratio = four!.designs[0]!.totalNs.value / two!.designs[0]!.totalNs.value;
    expect(ratio).toBeGreaterThan(1.5);
    expect(ratio).toBeLessThan(2.5);
  });

  it('gives each process a CPU where no number of CPUs is asked for, and then they wait more', () => {
    const { rows } = whatIf([...BASE, '-d', 'drop-lock', '--processes', '2,8', '--seeds', '3']).scaling;
    expect(rows.map((row) => row.cpus)).toEqual([8, 8]);
    const waited = rows.map((row) => row.designs[0]!.contended['class->lock']!.value);
    expect(waited[1]).toBeGreaterThan(4 * waited[0]!);
  });
});

it('what-if --size scales what each process frees; --class-spread keeps processes apart', () => {
  const args = [...BASE, '-d', 'drop-lock', '--seeds', '3', '--size', '32M', '--class-spread', '0,1'];
  const { baseline, scaling } = whatIf(args);
  const [together, apart] = scaling.rows;
  expect(together).toMatchObject({
    processes: 2,
    pagesPerProcess: { least: 8192, most: 8192 },
    classSpread: 0,
  });
  expect(together!.designs[0]!.totalNs.value / baseline.totalNs).toBeGreaterThan(1.5);
  expect(together!.designs[0]!.contended['class->lock']!.value).toBeGreaterThan(200);
  expect(apart!.designs[0]!.contended['class->lock']!.value).toBe(0);
});

describe('what-if --speedup', () => {
  const { speedups, baseline } = whatIf([
    ...[...BASE, '-d', 'drop-lock', '--seeds', '5', '--speedup', 'free_zspage=0,0.5,1'],
    ...['--speedup', 'zs_free=1'],
  ]);

  it('by nothing changes nothing; by more saves more', () => {
    const [none, half, all] = speedups[0]!.designs[0]!.points;
    expect(none).toMatchObject({ speedup: 0, savedNs: { value: 0, lo: 0, hi: 0 }, cpuWorkSavedNs: 0 });
    expect(none!.totalNs.value).toBe(baseline.totalNs);
    expect(half!.savedNs.lo).toBeGreaterThan(0);
    expect(all!.savedNs.value).toBeGreaterThan(1.8 * half!.savedNs.value);
    // Medians of runs that differ in their parameters: not the same run.
    expect(Math.abs(all!.cpuWorkSavedNs / (2 * half!.cpuWorkSavedNs) - 1)).toBeLessThan(0.01);
    expect(speedups[0]!.designs[0]!.slope).toBeCloseTo(all!.savedShare, 1);
  });

  it('of the whole path leaves what lies between the frees', () => {
    const [free] = speedups[1]!.designs[0]!.points;
    expect(free!.totalNs.value).toBeLessThan(0.3 * baseline.totalNs);
    expect(speedups[1]!.costs).toContain('free-page');
  });
});

describe('what-if --break-even', () => {
  it('says from how many processes a design pays', () => {
    const args = [...BASE, '-d', 'class-idx', '-d', 'base', '--seeds', '5', '--processes', '1,2'];
    const { breakEven } = whatIf([...args, '--break-even']);
    expect(breakEven.designs[0]).toMatchObject({ id: 'class-idx', paysFrom: 1, stopsAt: null });
    expect(breakEven.designs[0]!.points.map((point) => point.cpus)).toEqual([1, 2]);
    expect(breakEven.designs[1]).toMatchObject({ id: 'base', paysFrom: null, stopsAt: null });
  });

  it('says never where si->lock serialises the frees', () => {
    const run = runCli(['what-if', CHURN, '-d', 'drop-lock', '--seeds', '3', '--break-even']);
    expect(run.stdout).toContain('  drop-lock: never, up to 16 processes\n');
  });
});

describe('what-if --starve-worker', () => {
  const { starvedWorker } = whatIf([
    ...[...BASE, '-d', 'drop-lock', '-d', 'deferred:entries=64,buffers=8'],
    ...['--seeds', '5', '--starve-worker'],
  ]);

  it('takes the CPU from the worker of designs that defer', () => {
    expect(starvedWorker.designs.map((design) => design.id)).toEqual(['deferred:entries=64,buffers=8']);
    const { points } = starvedWorker.designs[0]!;
    expect(points.map((point) => point.share)).toEqual([0, 0.1, 0.25, 0.5, 1]);
    const overflow = points.map((point) => point.overflowShare);
    expect(overflow).toEqual([...overflow].sort((a, b) => b - a));
    // Without a worker the buffers fill once: 8 handed over, one of each CPU, of 8012 frees.
    expect(overflow[0]).toBeCloseTo(1 - (8 + 2) * (64 / 8012), 3);
    expect([points[0]!.t90Ns, points[0]!.mostQueued]).toEqual([null, 640]);
    expect(points[4]!.totalNs.value).toBeLessThan(points[0]!.totalNs.value);
  });
});

it.each([
  [['-d', 'drop-lock', '--starve-worker'], /--starve-worker wants a design that defers/],
  [
    ['-d', 'drop-lock', '--speedup', 'kfree=1'],
    /no function or step "kfree" in what is replayed; there are obj_free, fix_fullness_group, free_zspage/,
  ],
  // One pool->lock: nothing is read-locked.
  [['-d', 'drop-lock', '--speedup', '_raw_read_lock=1'], /no function or step "_raw_read_lock"/],
  [['--size', '100'], /--size must be at least a page of 4096 bytes/],
  [['--size', '10G', '--processes', '256'], /are too many to scale to/],
])('%o is refused in one line', (args, message) => {
  const run = runCli(['what-if', CHURN61, ...args]);
  expect([run.status, run.stdout]).toEqual([2, '']);
  expect(run.stderr).toMatch(message);
  expect(run.stderr.trimEnd().split('\n')).toHaveLength(1);
});

it('a value that is none is refused by its option', () => {
  const run = runCli(['what-if', CHURN61, '--class-spread', '1.5']);
  expect([run.status, run.stdout]).toEqual([2, '']);
  expect(run.stderr).toContain("option '--class-spread <shares>' argument '1.5' is invalid");
});

it('the text of all scenarios fits a mail', () => {
  const run = runCli([
    ...['what-if', CHURN, '-d', 'class-idx+drop-lock+deferred:entries=16,buffers=2', '--seeds', '3'],
    ...['--processes', '2,12', '--size', '512K', '--class-spread', '0,0.5', '--break-even'],
    ...['--speedup', 'obj_free+free_zspage=0,1', '--starve-worker'],
  ]);
  expect([run.status, run.stderr]).toEqual([0, '']);
  for (const heading of ['Scaled from', 'If obj_free and free_zspage', 'From how many', 'When the worker'])
    expect(run.stdout).toContain(`\n${heading}`);
  expect(run.stdout).toContain('12 processes, 128 pages each, 12 CPUs, class spread 0.5: scaled');
  expect(Math.max(...run.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(72);
  expect(run.stdout).toMatch(/^[\n\x20-\x7e]*$/);
});
