import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { PlatformFile } from '../../src/replay/calibrate/platform-file.ts';
import { fixturePath, runCli, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const patched = (name: string) => fixturePath(`patched/base_nosi/${name}.txt.gz`);
const GRAPH = patched('fg-full-p2');
const PROBES = patched('ops-p2');
const platform = join(folder.path, 'platform.json');

interface Predicted {
  validation: { verdict: string };
  baseline: { totalNs: number };
  designs: { speedup: { value: number }; sensitivity: { parameter: string }[] }[];
  platform: { basis: string } | null;
  world: string;
}

describe('calibrate', () => {
  const run = runCli(['calibrate', GRAPH, '--operations', PROBES, '-o', platform]);

  it('writes what it measured, and says it in short', () => {
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toContain('8012 frees by 2 tasks on 2 CPUs, 934 of them empty a zspage');
    expect(Math.max(...run.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(72);
    expect(run.stdout).toMatch(/^[\n\x20-\x7e]*$/);
    const file = JSON.parse(readFileSync(platform, 'utf8')) as PlatformFile;
    expect(file.sources.map(({ sha256 }) => sha256.length)).toEqual([64, 64]);
    expect(file.lineTransfer!.moved + file.lineTransfer!.still).toBe(8012);
    expect(file.emptied).toBe(934);
  });

  it('is taken by what-if for a recording without any times', () => {
    // Entries of zs_free only: nothing tells how long a free took.
    const text = gunzipSync(readFileSync(PROBES)).toString('latin1');
    const bare = join(folder.path, 'bare.txt');
    writeFileSync(bare, text.replaceAll(/^.*\bzsfr: .*\n/gm, ''));
    const what = runCli([
      'what-if',
      bare,
      '--platform',
      platform,
      '-d',
      'class-idx',
      '--json',
      '--seeds',
      '5',
    ]);
    expect([what.status, what.stderr]).toEqual([0, '']);
    const result = JSON.parse(what.stdout) as Predicted;
    expect(result.platform!.basis).toBe('calibrated');
    expect(result.validation.verdict).toBe('cannot-be-judged');
    // 176.9 ms were recorded on that machine, waits in their places.
    expect(result.baseline.totalNs).toBeGreaterThan(100e6);
    expect(result.baseline.totalNs).toBeLessThan(200e6);
    expect(result.designs[0]!.speedup.value).toBeGreaterThan(1.03);
  });

  it('wants the calls within zs_free', () => {
    const probes = runCli(['calibrate', PROBES]);
    expect([probes.status, probes.stdout]).toEqual([2, '']);
    expect(probes.stderr).toContain('a function_graph of zs_free with all callees');
  });
});

it('a published machine has a world without a tracer', () => {
  const run = runCli([
    'what-if',
    PROBES,
    '--platform',
    'rk3588',
    '-d',
    'class-idx',
    '--json',
    '--seeds',
    '5',
  ]);
  const result = JSON.parse(run.stdout) as Predicted;
  expect([result.platform!.basis, result.world]).toEqual(['published', 'untraced']);
  expect(result.baseline.totalNs).toBeLessThan(20e6);
  expect(result.designs[0]!.sensitivity.map(({ parameter }) => parameter)).toContain('lineTransferNs');
});

describe('calibrate of a function_graph alone', () => {
  const alone = fixturePath('function-graph/6.1.192/fg-A-abstime-proc-tail.txt.gz');

  it('says which objects it had to make up', () => {
    const file = join(folder.path, 'alone.json');
    const run = runCli(['calibrate', alone, '-o', file]);
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toMatch(/\[\?\] Reconstructed: the objects of \d+ of \d+ frees/);
    const { frees, reconstructed } = JSON.parse(readFileSync(file, 'utf8')) as PlatformFile;
    expect(reconstructed).toMatchObject({ frees, times: false });
  });

  it('--light must have fewer calls', () => {
    const run = runCli(['calibrate', alone, '--light', alone]);
    expect([run.status, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toMatch(/--light: .* it wants fewer functions traced/);
  });
});

it.each([
  [['--platform', 'i9'], /no platform "i9"; there are i7-12700, raspberry-pi-4b, rk3588, and files/],
  [['--platform', PROBES], /not a platform file: no JSON/],
  [['--platform', 'rk3588', '--measured', 'munmap=5ms'], /--measured does not go with --platform rk3588/],
  [['--platform', 'rk3588', '--speedup', 'zs_free=1'], /--speedup wants costs by function/],
  [['--platform', 'rk3588', '--light', GRAPH], /--light does not go with --platform/],
  [['--measured', 'mmap=5ms'], /expected a time of the untraced base such as munmap=59ms/],
  [['--measured', 'munmap=0ms'], /expected a time of the untraced base/],
  [['--measured', 'munmap=5'], /expected a time of the untraced base/],
])('what-if %o is refused', (args, message) => {
  const run = runCli(['what-if', PROBES, '-d', 'class-idx', ...args]);
  expect([run.status, run.stdout]).toEqual([2, '']);
  expect(run.stderr).toMatch(message);
});
