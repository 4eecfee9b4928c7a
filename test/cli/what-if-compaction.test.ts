import { describe, expect, it } from 'vitest';
import { fixturePath, runCli } from './run-cli.ts';

const patched = (name: string) => fixturePath(`patched/${name}.txt.gz`);
const BASE = [patched('base_nosi/fg-full-p2'), '--operations', patched('base_nosi/ops-p2')];

interface Use {
  calls: number;
  objectsMoved: number;
  pagesFreed: number;
  readersBehindHolder: number;
  readersBehindQueue: number;
  readersWaitNs: number;
  waits: Record<string, { contended: number; waitNs: number }>;
}
interface Prediction {
  compaction: Use | null;
  latency: { p99Ns: number; meanNs: number };
  cpuWorkNs: { compaction: number };
  lockWaitNs: Record<string, number>;
  contended: Record<string, number>;
}
interface WhatIfJson {
  validation: {
    verdict: string;
    latency: { comparisons: { name: string; recorded: number; modelled: { value: number } }[] };
  };
  baseline: Prediction;
  compaction: { source: string; without: Prediction } | null;
  designs: Prediction[];
}

function whatIf(args: readonly string[]): WhatIfJson {
  const run = runCli(['what-if', ...args, '--seeds', '3', '--json']);
  expect([run.status, run.stderr]).toEqual([0, '']);
  return JSON.parse(run.stdout) as WhatIfJson;
}

describe('what-if --compaction', () => {
  it('puts readers behind the writer, queued or holding, and none with class-idx', () => {
    const { validation, baseline, compaction, designs } = whatIf([
      ...BASE,
      '-d',
      'class-idx',
      '--compaction',
      'every=5ms',
    ]);
    // The recording had none: the base without it is laid beside it.
    expect(validation.verdict).toBe('fits');
    expect(compaction!.source).toMatch(/again 5 ms after/);
    expect(compaction!.without.compaction).toBeNull();
    expect(compaction!.without.cpuWorkNs.compaction).toBe(0);
    const use = baseline.compaction!;
    expect(use.calls).toBeGreaterThan(2);
    expect(use.objectsMoved).toBeGreaterThan(0);
    expect(use.pagesFreed).toBeGreaterThan(0);
    expect(use.readersBehindHolder).toBeGreaterThan(0);
    expect(use.readersBehindQueue).toBeGreaterThan(0);
    expect(baseline.latency.p99Ns).toBeGreaterThan(compaction!.without.latency.p99Ns);
    expect(baseline.cpuWorkNs.compaction).toBeGreaterThan(0);
    expect(designs[0]!.compaction).toMatchObject({
      readersBehindHolder: 0,
      readersBehindQueue: 0,
      readersWaitNs: 0,
    });
  });

  it('replays compaction as it was recorded, at about its recorded cost', () => {
    const recording = fixturePath('complete/full-compact-p2-s1.txt.gz');
    const { baseline, compaction } = whatIf([recording]);
    expect(compaction!.source).toBe('as recorded: 6 calls of zs_compact');
    // zs_compact took 1.0 to 2.0 ms a call in the recording.
    const perCall = baseline.cpuWorkNs.compaction / baseline.compaction!.calls;
    expect(perCall).toBeGreaterThan(1.0e6);
    expect(perCall).toBeLessThan(2.5e6);
    expect(whatIf([recording, '--compaction', 'none']).compaction).toBeNull();
  });

  it('lays waits of frees and of compaction beside recorded ones apart', () => {
    const { validation, baseline } = whatIf([fixturePath('complete/full-compact-p2-s1.txt.gz')]);
    const modelled = (name: string) =>
      validation.latency.comparisons.find((row) => row.name === name)!.modelled.value;
    const { waits } = baseline.compaction!;
    for (const [lock, { contended, waitNs }] of Object.entries(waits)) {
      expect(contended).toBeLessThanOrEqual(baseline.contended[lock]!);
      expect(waitNs).toBeLessThanOrEqual(baseline.lockWaitNs[lock]!);
    }
    expect(modelled('zs_compact, its waits')).toBe(waits['class->lock']!.contended);
    expect(modelled('zs_compact on class->lock')).toBe(waits['class->lock']!.waitNs);
  });

  it('says it in text of 72 columns', () => {
    const run = runCli(['what-if', ...BASE, '--seeds', '3', '--compaction', 'every=5ms', '-d', 'class-idx']);
    expect(run.stdout).toMatch(/readers {5}\d+ waited behind a holding writer/);
    expect(run.stdout).toMatch(/readers {5}none waited/);
    expect(run.stdout.split('\n').every((line) => line.length <= 72)).toBe(true);
  });

  it.each(['often', 'every=0ms', 'every=10', 'every=-1ms'])('refuses %s', (text) => {
    const run = runCli(['what-if', ...BASE, '--compaction', text]);
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(/expected recorded, none, or a pause such as every=10ms/);
  });
});
