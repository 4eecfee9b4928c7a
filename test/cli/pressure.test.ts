import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, describe, expect, it } from 'vitest';
import { addPressureCommand } from '../../src/cli/pressure.ts';
import type { PressureResult } from '../../src/replay/pressure/result.ts';
import { fixturePath } from './run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'pressure-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command in this process; what it wrote. */
async function pressure(...args: readonly string[]): Promise<string> {
  const program = new Command('trace-replay').exitOverride().configureOutput({ writeErr: () => {} });
  addPressureCommand(program);
  for (const command of program.commands) command.exitOverride();
  const output = join(folder, 'out');
  await program.parseAsync(['node', 'trace-replay', 'pressure', ...args, '-q', '-o', output]);
  return readFileSync(output, 'utf8');
}

/** 1 MB for two processes: runs of some milliseconds. */
const SMALL = ['--memory', '128M', '--slice', '1M', '--processes', '2', '--runs', '2'];

describe('pressure', () => {
  it('answers in text of 72 columns, with what it rests on', async () => {
    const text = await pressure(...SMALL, '-d', 'batch-store+reclaim-batch:folios=32', '-d', 'iaa-batch');
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(72);
    expect(text).toMatch(/batch-store\+reclaim-batch:folios=32: \d+/);
    expect(text).toContain('with other luck');
    expect(text).toContain('zstd is taken to be software');
    expect(text).toContain('- assumed: working-set');
    expect(text).toContain('- published: ratio');
  });

  it('lays published builds beside, of which only the baseline is fitted to', async () => {
    const text = await pressure(...SMALL, '--runs', '1', '--published');
    expect(text).toContain('977 pages written back per second');
    expect(text).toMatch(/of 4 parameter sets give it/);
    expect(text).toMatch(/sys time.* 0\.81 /);
  });

  it('answers in JSON, the same every time', async () => {
    const args = [...SMALL, '-d', 'reclaim-batch', '--set', 'working-set=2.5', '--nodes', '2', '--json'];
    const text = await pressure(...args);
    expect(await pressure(...args)).toBe(text);
    const result = JSON.parse(text) as PressureResult;
    expect(result).toMatchObject({ schemaVersion: 1, recording: null, runs: 2, published: [] });
    expect(result.scenario).toMatchObject({ codec: 'zstd', listScale: 128, nodes: 2, maxPoolPercent: 100 });
    expect(result.designs[0]!.againstBase!.sensitivity.length).toBeGreaterThan(10);
    expect(result.designs[0]!.againstBase!.sysRatio.value).toBeLessThan(1);
    const workingSet = result.parameters.find(({ name }) => name === 'working-set');
    expect(workingSet).toMatchObject({ low: 2.5, high: 2.5, basis: 'given' });
  });

  it('takes times, sizes and pace from a recording', async () => {
    const trace = fixturePath('complete/full-zswap-p2-s1.txt.gz');
    const result = JSON.parse(await pressure(trace, ...SMALL, '--runs', '1', '--json')) as PressureResult;
    expect(result.recording).toMatchObject({ version: '6.12', stores: 1156 });
    expect(result.scenario.codec).toBe('recorded');
    const measured = result.parameters.filter(({ basis }) => basis === 'measured').map(({ name }) => name);
    expect(measured).toEqual(['touch', 'store-page', 'load-page']);
    expect(result.parameters.map(({ name }) => name)).not.toContain('ratio');
    // Its compressor fails on some pages, which zswap of 6.12 refuses.
    expect(result.baseline.refusedIncompressible.value).toBeGreaterThan(0);
  });

  it.each<readonly [args: readonly string[], why: string]>([
    [['-d', 'deferred'], 'no design "deferred" under memory pressure'],
    [['--set', 'speed=2'], 'no parameter "speed"'],
    [['--set', 'speed'], 'such as working-set=1.8'],
    [['--slice', '4G', '--memory', '2G'], '--slice is a part of --memory'],
    [['--slice', '1M'], '--slice is too small'],
    [['--codec', 'lzma'], 'lzo-rle'],
    [['x.txt', '--codec', 'lz4'], '--codec does not go with a trace'],
  ])('refuses %j', async (args, why) => {
    await expect(pressure(...args, '--runs', '1')).rejects.toThrow(why);
  });
});
