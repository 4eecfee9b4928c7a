import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fixturePath, runCli, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
afterAll(folder.remove);
const MAIL = fixturePath('mail/mail-samples.txt');
const at = (name: string) => join(folder.path, name);

describe('--export-svg, --export-vega-lite, --export-csv', () => {
  it('write files into directories that are made, beside the report', () => {
    const run = runCli([
      ...['analyze', MAIL, '--export-svg', at('a/b/svg'), '--export-vega-lite', at('vl')],
      ...['--export-csv', at('csv')],
    ]);
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toMatch(/^zs_free: 2 calls/);
    const ids = readdirSync(at('vl')).map((name) => name.replace('.vl.json', ''));
    expect(ids).toContain('latency-histogram');
    expect(readdirSync(at('a/b/svg')).map((name) => name.replace('.svg', ''))).toEqual(ids);
    const functions = readFileSync(at('csv/functions.csv'), 'utf8').split('\n');
    expect(functions.length).toBe(11);
    expect(functions.find((line) => line.startsWith('zs_free,'))).toContain(',2,38.46,');
  });

  it('write no file over what is read', () => {
    const input = at('functions.csv');
    writeFileSync(input, readFileSync(MAIL));
    const run = runCli(['analyze', input, '--export-csv', folder.path]);
    expect(run.status).toBe(2);
    expect(run.stderr).toContain('is read, so it is not written to');
    expect(readFileSync(input, 'utf8')).toContain('zs_free');
    expect(existsSync(at('rests-on.csv'))).toBe(false);
  });

  it('need a directory', () => {
    writeFileSync(at('plain'), 'x');
    const run = runCli(['analyze', MAIL, '--export-svg', at('plain')]);
    expect([run.status, run.stderr]).toEqual([
      2,
      expect.stringMatching(/^trace-replay: .*plain: cannot be made a directory \(.*\)\n$/),
    ]);
  });
});
