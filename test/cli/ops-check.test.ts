import { describe, expect, it } from 'vitest';
import type { StructureCheck } from '../../src/replay/check-structure.ts';
import { fixturePath, runCli } from './run-cli.ts';

const CAPTURE = fixturePath('complete/full-zswap-p2-s1.txt.gz');

describe('ops --check', () => {
  it('says how far the models of zswap and zsmalloc agree, in lines for a mail', () => {
    const run = runCli(['ops', '--check', CAPTURE]);
    expect([run.status, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toContain('  folios stored or refused      1893 of 1893 agree\n');
    expect(run.stdout).toContain('  entry chosen to write back    31 of 31 agree\n');
    expect(run.stdout).toContain('  which zspage                  1156 of 1156 agree\n');
    expect(Math.max(...run.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(72);
    expect(run.stdout).toMatch(/^[\x20-\x7e\n]*$/);
  });

  it('names what differs in JSON, every operation with its line', () => {
    const args = ['ops', '--check', CAPTURE, '--pool-pages', '705'];
    const { zswap } = JSON.parse(runCli([...args, '--json']).stdout) as StructureCheck;
    expect(zswap!.limit).toMatchObject({ basis: 'given', maxPages: 705, consistent: [697, 697] });
    expect(zswap!.differences.length).toBe(zswap!.stores.judged - zswap!.stores.agree);
    expect(zswap!.differences[0]).toMatchObject({
      line: expect.any(Number),
      what: expect.stringMatching(/^refused in the trace only, before anything was compressed/),
    });
  });

  it('refuses values that are none, and its options without it', () => {
    for (const [args, message] of [
      [['--check', '--zswap', '5.4'], /expected one of 6\.1, 6\.12, 6\.13, 6\.15, 6\.18, 7\.3/],
      [['--check', '--kernel', 'Z'], /expected one of .*B, C-6\.1, C, D, E/],
      [['--check', '--pool-pages', '0'], /expected a number of pages/],
      [['--pool-pages', '10'], /--pool-pages belongs to --check/],
    ] as const) {
      const run = runCli(['ops', CAPTURE, ...args]);
      expect([args, run.status, run.stdout]).toEqual([args, 2, '']);
      expect(run.stderr).toMatch(message);
    }
  });
});

it('ops lists the operations of zswap with those of zsmalloc within them', () => {
  const lines = runCli(['ops', CAPTURE, '--json', '-q'])
    .stdout.trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(countBy(lines)).toEqual({
    zswap_store: 1893,
    zs_malloc: 1156,
    map: 1500,
    zswap_load: 314,
    zswap_invalidate: 1825,
    zswap_writeback: 31,
    zswap_entry_free: 1156,
    zs_free: 1156,
  });
  const written = lines.find((line) => line['what'] === 'zswap_writeback')!;
  expect(written).toMatchObject({ slot: 1, result: 0, entry: '0xff3f876647460fc0' });
  const freed = lines.filter((line) => line['within'] === written['operation']);
  expect(freed.map((line) => line['what'])).toEqual(['map', 'zswap_entry_free']);
});

function countBy(lines: readonly Record<string, unknown>[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of lines) counts[String(line['what'])] = (counts[String(line['what'])] ?? 0) + 1;
  return counts;
}
