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

/** What a spec draws: its own data, or that of its first layer with any. */
function valuesOf(spec: { data?: { values: object[] }; layer: { data?: { values: object[] } }[] }): object[] {
  return spec.data?.values ?? spec.layer.flatMap(({ data }) => data?.values ?? []);
}

/** 1 MB for two processes: runs of some milliseconds. */
const SMALL = ['--memory', '128M', '--slice', '1M', '--processes', '2', '--runs', '2'];

/** More is wanted than fits when nothing can be written back. */
const MUCH = ['--set', 'working-set=3'];

describe('pressure', () => {
  it('answers in text of 72 columns, with what it rests on', async () => {
    const text = await pressure(...SMALL, '-d', 'batch-store+reclaim-batch:folios=32', '-d', 'iaa-batch');
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(72);
    expect(text).toMatch(/batch-store\+reclaim-batch:folios=32: \d+/);
    expect(text).toContain('with other luck');
    expect(text).toContain('zstd is taken to be software');
    expect(text).toContain('iaa-batch does nothing here: every run is that of the base.');
    expect(text).not.toContain('the answer of iaa-batch');
    expect(text).toContain('[?] working-set, memory');
    expect(text).toMatch(/\[\?\] ratio,[^[]*published: /);
    expect(text).toContain('[~] order and amounts of reclaim');
    expect(text).toContain('baseline: not held against a measurement');
  });

  it('has a mail that fits, and says all with --full', async () => {
    const args = [...SMALL, ...MUCH, '-d', 'reclaim-batch', '-d', 'vswap', '--format', 'mail'];
    const mail = await pressure(...args);
    const lines = mail.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(60);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(72);
    expect(mail).toMatch(/^[\x20-\x7e\n]*$/);
    expect(mail).toMatch(/^vswap +out of memory$/m);
    const full = await pressure(...args, '--full');
    expect(full).toContain('[?] working-set');
    expect(full).toContain('reclaim-batch: which assumption moves the answer');
    const brief = await pressure(...SMALL, '--format', 'markdown', '--brief');
    expect(brief).toContain('| design | pages |');
    expect(brief).not.toContain('speed-up');
    await expect(pressure(...SMALL, '--full')).rejects.toThrow('--full goes with --format mail');
  });

  it('draws its page from the numbers of the JSON, and exports them', async () => {
    const page = join(folder, 'page.html');
    const [svg, specs, csv] = ['svg', 'specs', 'csv'].map((name) => join(folder, name));
    const args = [
      ...SMALL,
      ...MUCH,
      '-d',
      'batch-store+reclaim-batch:folios=32',
      '-d',
      'vswap',
      '--published',
    ];
    const exports = ['--export-svg', svg!, '--export-vega-lite', specs!, '--export-csv', csv!];
    const result = JSON.parse(
      await pressure(...args, '--json', '--html', page, ...exports),
    ) as PressureResult;
    const spec = (name: string) => JSON.parse(readFileSync(join(specs!, `${name}.vl.json`), 'utf8'));
    // Without writeback every run is out of memory: there is nothing to draw.
    expect(result.designs[1]).toMatchObject({ id: 'vswap', runsOutOfMemory: 2, againstBase: null });
    const drawn = [result.baseline, result.designs[0]!].map(({ writtenBack }) => writtenBack);
    expect(valuesOf(spec('written-back'))).toMatchObject(drawn);
    const { againstBase } = result.designs[0]!;
    expect(valuesOf(spec('speed-up'))).toContainEqual(expect.objectContaining({ ...againstBase!.speedup }));
    const rows = againstBase!.sensitivity.slice(0, 10);
    expect(valuesOf(spec('sensitivity-batch-store-reclaim-batch-folios-32'))).toMatchObject(
      rows.map(({ withFewer }) => ({ correlation: withFewer })),
    );
    expect(readFileSync(join(csv!, 'designs.csv'), 'utf8')).toMatch(/^vswap,,,,,,,,,,2$/m);
    expect(readFileSync(join(csv!, 'design-times.csv'), 'utf8')).toMatch(/^vswap,,,,,,$/m);
    const table = readFileSync(join(csv!, 'parameters.csv'), 'utf8');
    expect(table.trimEnd().split('\n').length).toBe(1 + result.parameters.length);
    expect(readFileSync(join(csv!, 'published.csv'), 'utf8')).toContain('v11-kernel-64K-zstd,sys time,');
    expect(readFileSync(join(svg!, 'written-back.svg'), 'utf8')).toContain('<svg');
    const text = readFileSync(page, 'utf8');
    const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of text.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(id);
    expect(text.replace(/<(script|style)>.*?<\/\1>/gs, '')).not.toMatch(/NaN|undefined|Infinity|null/);
  });

  it('plays batches that lock for each page, with the entries of batches', async () => {
    const designs = [
      'batch-store+bulk-entries',
      'mutex-per-page+bulk-entries',
      'mutex-per-page',
      'iaa-batch',
    ];
    const asked = ['--folio-pages', '16', '--codec', 'deflate-iaa', '--set', 'mutex=400', '--json'];
    const text = await pressure(...SMALL, ...asked, ...designs.flatMap((design) => ['-d', design]));
    const changed = (JSON.parse(text) as PressureResult).designs.map(
      ({ againstBase }) => !againstBase!.changesNothing,
    );
    // The base locks for each page as well: alone it is the base.
    expect(changed).toEqual([true, true, false, true]);
  });

  it('lays published builds beside, of which only the baseline is fitted to', async () => {
    const text = await pressure(...SMALL, '--runs', '1', '--published');
    expect(text).toContain('75286 pages written back per million');
    expect(text).toMatch(/of 4 parameter sets give it/);
    expect(text).toMatch(/sys time.* 0\.81 /);
  });

  it('says of what was announced in how many runs it comes out, and what a pass would have to take', async () => {
    const args = [
      '--memory',
      '128M',
      '--slice',
      '4M',
      '--processes',
      '2',
      '--folio-pages',
      '16',
      '--runs',
      '3',
    ];
    const text = await pressure(...args, '-d', 'reclaim-batch', '-d', 'reclaim-batch+scan-folios');
    expect(text.replace(/\s+/g, ' ')).toMatch(
      /Announced for it: ten times fewer; that comes out in 0 of 3 runs/,
    );
    expect(text.replace(/\s+/g, ' ')).toContain('so 2 or 3 folios are handed over together');
    expect(text.replace(/\s+/g, ' ')).toContain('a larger --slice is nearer');
    const open = await pressure(...SMALL, '--demand', 'open', '--memcgs', '2', '-d', 'bulk-entries');
    expect(open).toMatch(/a job, from its arrival on +\d/);
    expect(open.replace(/\s+/g, ' ')).toContain('in 2 memcgs, 4 jobs each, under their limits of');
    expect(open).toMatch(/\[\?\] load, user time/);
  });

  it('answers in JSON, the same every time', async () => {
    const args = [...SMALL, '-d', 'reclaim-batch', '--set', 'working-set=2.5', '--nodes', '2', '--json'];
    const text = await pressure(...args);
    expect(await pressure(...args)).toBe(text);
    const result = JSON.parse(text) as PressureResult;
    expect(result).toMatchObject({ schemaVersion: 1, recording: null, runs: 2, published: [] });
    const { trust } = result as PressureResult & { trust: { rests: object[]; inputs: object[] } };
    expect(trust.inputs).toEqual([]);
    expect(trust.rests[0]).toMatchObject({ sign: '[?]', what: expect.stringMatching(/ given: /) });
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
    const { trust } = result as PressureResult & {
      trust: { lostRecords: number; rests: { sign: string }[] };
    };
    expect([result.reading!.lostRecords, trust.lostRecords]).toEqual([0, 0]);
    expect(trust.rests.filter(({ sign }) => sign === '[=]').length).toBe(3);
    const measured = result.parameters.filter(({ basis }) => basis === 'measured').map(({ name }) => name);
    expect(measured).toEqual(['touch', 'store-page', 'load-page']);
    expect(result.parameters.map(({ name }) => name)).not.toContain('ratio');
    // Its compressor fails on some pages, which zswap of 6.12 refuses.
    expect(result.baseline.refusedIncompressible.value).toBeGreaterThan(0);
  });

  it.each<readonly [args: readonly string[], why: string]>([
    [['-d', 'deferred'], 'deferred changes frees, of which the loop has one time'],
    [['--set', 'speed=2'], 'no parameter "speed"'],
    [['--set', 'load=0.5'], 'no parameter "load"'],
    [['--memcgs', '9'], 'each has at least one'],
    [['--set', 'speed'], 'such as working-set=1.8'],
    [['--slice', '4G', '--memory', '2G'], '--slice is a part of --memory'],
    [['--slice', '1M'], '--slice is too small'],
    [['--codec', 'lzma'], 'lzo-rle'],
    [['x.txt', '--codec', 'lz4'], '--codec does not go with a trace'],
  ])('refuses %j', async (args, why) => {
    await expect(pressure(...args, '--runs', '1')).rejects.toThrow(why);
  });
});
