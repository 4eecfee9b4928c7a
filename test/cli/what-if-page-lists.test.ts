import { describe, expect, it } from 'vitest';
import { fixturePath, runCli } from './run-cli.ts';

const patched = (name: string) => fixturePath(`patched/${name}.txt.gz`);
const BASE = [patched('base_nosi/fg-full-p2'), '--operations', patched('base_nosi/ops-p2')];
const PROBES = [patched('base_nosi/ops-p2')];

interface Prediction {
  totalNs: number;
  lockWaitNs: Record<string, number>;
  pageLists: { bulkFrees: number; pagesFreed: number } | null;
}
interface WhatIfJson {
  validation: { verdict: string };
  baseline: Prediction;
  designs: Prediction[];
  assumptions: { what: string; basis: string }[];
  ensemble: { parameters: { name: string }[] };
}

function whatIf(args: readonly string[]): WhatIfJson {
  const run = runCli(['what-if', ...args, '--seeds', '1', '--json']);
  expect([run.status, run.stderr]).toEqual([0, '']);
  return JSON.parse(run.stdout) as WhatIfJson;
}

describe('what-if with page lists', () => {
  it('replays recorded bulk frees under zone->lock, and still fits', () => {
    const recording = fixturePath('complete/full-churn-p4-s1.txt.gz');
    const { validation, baseline, designs, assumptions, ensemble } = whatIf([recording, '-d', 'drop-lock']);
    expect(validation.verdict).toBe('fits');
    // As many as in the recording.
    expect(baseline.pageLists!.bulkFrees).toBe(6);
    for (const { lockWaitNs } of [baseline, ...designs]) expect(lockWaitNs).toHaveProperty('zone->lock');
    const told = assumptions.filter(({ what }) => /batch of pages|page lists/.test(what));
    expect(told.map(({ basis }) => basis)).toEqual(['measured', 'measured']);
    expect(ensemble.parameters.map(({ name }) => name)).not.toContain('bulkPageNs');
  });

  it('replays them where objects are reconstructed, not with those of another recording', () => {
    expect(whatIf(BASE.slice(0, 1)).baseline.pageLists!.bulkFrees).toBeGreaterThan(0);
    expect(whatIf([...BASE]).baseline.pageLists).toBeNull();
  });

  it('knows nothing of them where none is recorded, unless asked', () => {
    const { baseline } = whatIf(PROBES);
    expect(baseline.pageLists).toBeNull();
    expect(baseline.lockWaitNs).not.toHaveProperty('zone->lock');
    const asked = whatIf([...PROBES, '--page-lists', 'batch=1,high=4', '-d', 'drop-lock']);
    const { pageLists } = asked.baseline;
    expect(pageLists!.bulkFrees).toBe(pageLists!.pagesFreed);
    expect(pageLists!.bulkFrees).toBeGreaterThan(2000);
    expect(asked.baseline.lockWaitNs['zone->lock']).toBeGreaterThan(0);
    expect(asked.baseline.totalNs).toBeGreaterThan(baseline.totalNs);
    const told = asked.assumptions.filter(({ what }) => /zone->lock|page lists/.test(what));
    expect(told.map(({ basis }) => basis)).toEqual(['assumed', 'assumed']);
    expect(asked.ensemble.parameters.map(({ name }) => name)).toContain('bulkPageNs');
  });

  it('says it in text of 72 columns', () => {
    const run = runCli(['what-if', ...PROBES, '--seeds', '1', '--page-lists', 'batch=63,high=252']);
    expect(run.stdout).toMatch(/a batch of 63 pages leaves one that has 252/);
    expect(run.stdout.split('\n').every((line) => line.length <= 72)).toBe(true);
  });

  it('shows the branch in the steps of a design', () => {
    const { stdout } = runCli(['designs', 'show', 'drop-lock']);
    expect(stdout).toMatch(/when page-list-full:[\s\S]*lock zone->lock[\s\S]*unlock zone->lock/);
  });

  it.each(['63', 'batch=0,high=5', 'batch=6,high=5', 'high=5,batch=1'])('refuses %s', (text) => {
    const run = runCli(['what-if', ...BASE, '--page-lists', text]);
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(/expected pages such as batch=63,high=252/);
  });
});
