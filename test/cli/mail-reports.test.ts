import { describe, expect, it } from 'vitest';
import { fixturePath, runCli } from './run-cli.ts';

const MAIL = fixturePath('mail/mail-samples.txt');
const BASE = fixturePath('own-patched/base_nosi/fg-full-p2.txt.gz');
const OPS = fixturePath('own-patched/base_nosi/ops-p2.txt.gz');

function checked(text: string): string {
  const lines = text.split('\n').slice(0, -1);
  expect(lines.length).toBeLessThanOrEqual(60);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(72);
  expect(text).toMatch(/^[\x20-\x7e\n]*$/);
  return text;
}

describe('--format mail', () => {
  it('tells an analysis in words, tables and a command', () => {
    const { status, stdout, stderr } = runCli(['analyze', MAIL, '--format', 'mail']);
    expect([status, stderr]).toEqual([0, '']);
    const text = checked(stdout);
    expect(text).toMatch(/zs_free: 2 calls, from 4\.610 us\s+to 33\.850 us\./);
    expect(text).toMatch(/^Functions, by total time:\nfunction +calls +total/m);
    expect(text).toContain('--format mail');
  });

  it('tells a what-if: whether it fits, what designs gain, what is waited for', () => {
    const options = ['--operations', OPS, '-d', 'drop-lock', '--seeds', '3', '-q'];
    const { status, stdout } = runCli(['what-if', BASE, ...options, '--format', 'mail']);
    expect(status).toBe(0);
    const text = checked(stdout);
    expect(text).toMatch(/^The model reproduces this recording/);
    expect(text).toMatch(/^drop-lock +\S+ms +1\.\d{3}/m);
    expect(text).toMatch(/^base +class->lock +\d+/m);
    expect(text).toMatch(/^Method: [^\n]*\n?[^\n]*\nInput: fg-full-p2\.txt\.gz/m);
  });

  it('can be Markdown, brief or full', () => {
    const brief = runCli(['analyze', MAIL, '--format', 'mail', '--brief']).stdout;
    const full = runCli(['analyze', MAIL, '--format', 'mail', '--full']).stdout;
    expect(brief.length).toBeLessThan(full.length);
    expect(runCli(['analyze', MAIL, '--format', 'markdown']).stdout).toMatch(/\| function \| calls \|/);
  });

  it('goes with the format of the input, which has the same option', () => {
    const both = ['--format', 'function_graph-mail', '--format', 'json'];
    const { status, stdout } = runCli(['analyze', MAIL, ...both]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout).schemaVersion).toBe(1);
  });

  it('refuses what contradicts itself or would do nothing', () => {
    for (const options of [['--json', '--format', 'mail', '--brief'], ['--format', 'pdf'], ['--full']]) {
      const { status, stderr } = runCli(['analyze', MAIL, ...options]);
      expect(status, options.join(' ')).toBe(2);
      expect(stderr.split('\n')[0]).toMatch(/^trace-replay: /);
    }
  });
});
