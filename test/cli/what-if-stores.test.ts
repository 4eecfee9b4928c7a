import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fixturePath, runCli, temporaryFolder } from './run-cli.ts';

const folder = temporaryFolder();
afterAll(folder.remove);

const TRACE = fixturePath('complete/full-zswap-p2-s1.txt.gz');

describe('what-if of stores', () => {
  it('is told by the design, printed as JSON, and drawn', () => {
    const page = join(folder.path, 'stores.html');
    const { status, stdout } = runCli([
      'what-if',
      TRACE,
      ...['-d', 'large-folio+batch-store:size=8', '--folio-pages', '16', '--seeds', '1', '--json', '-q'],
      ...['--html', page, '--export-csv', folder.path],
    ]);
    expect(status).toBe(0);
    const result = JSON.parse(stdout) as Record<string, unknown> & {
      designs: { id: string; storeSpeedup: { value: number }; steps: Record<string, string[]> }[];
    };
    expect(result).toMatchObject({ schemaVersion: 2, path: 'store', folioPages: 16, tasks: 3, cpus: 2 });
    const [design] = result.designs;
    expect(design!.id).toBe('large-folio+batch-store:size=8');
    expect(design!.storeSpeedup.value).toBeGreaterThan(1);
    expect(design!.steps.zswap_store).toContain('for each batch of 8 pages:');
    const html = readFileSync(page, 'utf8');
    expect(html).toContain(`${design!.id} makes stores ${design!.storeSpeedup.value.toFixed(3)}x as fast`);
    expect(html.replace(/<(script|style)>.*?<\/\1>/gs, '')).not.toMatch(/NaN|undefined/);
    const rows = readFileSync(join(folder.path, 'designs.csv'), 'utf8').split('\n');
    expect(rows[2]!.split(',').map(Number)).toContain(design!.storeSpeedup.value);
  });

  const wrong: readonly [options: readonly string[], why: string][] = [
    [['-d', 'batch-store', '--path', 'free'], '--path free does not replay them'],
    [['--zswap', '6.12', '--path', 'free'], '--zswap is for stores: not with --path free'],
    [['-d', 'vswap', '--measured', 'zs_free=1us'], '--measured zs_free is of frees'],
    [['--path', 'store', '--pages-elsewhere', '0.5'], '--pages-elsewhere wants another node'],
    [['-d', 'vswap', '--platform', 'nowhere'], 'codecs both ways are known on sapphire-rapids, emer'],
    [
      ['--platform', 'raspberry-pi-4b', '--codec', 'deflate'],
      'deflate both ways are known on emerald-rapids-vm',
    ],
    [['-d', 'vswap', '--pages-locked', '0.5'], '--pages-locked is not for stores'],
  ];
  it.each(wrong)('refuses %j in one line', (options, why) => {
    const { status, stderr } = runCli(['what-if', TRACE, ...options, '--seeds', '1', '-q']);
    expect(status).toBe(2);
    expect(stderr).toContain(why);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('names the versions of zswap when asked for one that is not modelled', () => {
    const { status, stderr } = runCli(['what-if', TRACE, '--zswap', '6.2']);
    expect(status).toBe(2);
    expect(stderr).toContain("'6.2' is invalid. expected one of 6.1, 6.12, 6.13, 6.15, 6.18, 7.3.");
    expect(stderr).not.toContain(TRACE);
  });

  it('shows its steps, and the order that breaks a design', () => {
    const { stdout } = runCli(['designs', 'show', 'batched-pool-refs-after']);
    expect(stdout).toContain('pool: references for all pages');
    expect(stdout).toContain('all after publication (no page fails): breaks');
    const base = runCli(['designs', 'show', 'base', '--zswap', '6.12', '--kernel', 'D']).stdout;
    expect(base).toContain('zswap_entry_free');
    for (const line of `${stdout}${base}`.split('\n')) expect(line.length).toBeLessThanOrEqual(72);
  });
});
