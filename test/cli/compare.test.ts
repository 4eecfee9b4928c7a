import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import type { ComparisonResult } from '../../src/analysis/compare/result.ts';
import { separated } from '../../src/cli/compare-arguments.ts';
import { runCli } from './run-cli.ts';

const FIXTURE = 'fixtures/function-graph/6.12.117/fg-A-abstime-proc-tail.txt.gz';
const folder = mkdtempSync(join(tmpdir(), 'compare-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The fixture with its calls of `name` longer by a factor. */
function slowed(file: string, factor: number, shift: number): string {
  const text = gunzipSync(readFileSync(FIXTURE)).toString('latin1');
  const path = join(folder, file);
  const changed = text.replace(/(\d+\.\d{3}) us( +\|)/g, (all, us: string, bar: string) => {
    const longer = (Number(us) * factor + shift).toFixed(3);
    return `${longer} us${bar.slice(Math.max(0, longer.length - us.length))}`.padEnd(all.length);
  });
  writeFileSync(path, changed);
  return path;
}

describe('trace-replay compare', () => {
  const before = [0, 1, 2].map((i) => slowed(`b${i}.txt`, 1, i / 1000));
  const after = [0, 1, 2].map((i) => slowed(`a${i}.txt`, 1.5, i / 1000));

  it('compares the two sides, exits with 1 for a gate that failed, and saves the side after', () => {
    const saved = join(folder, 'after.json');
    const gates = ['--fail-if', 'zs_free.median>+10%', '--fail-if', 'zs_free.calls>+1%'];
    const run = runCli(['compare', '-q', '--json', '--save', saved, ...gates, ...before, '--', ...after]);
    expect(run.stderr).toBe('');
    expect(run.status).toBe(1);
    const result = JSON.parse(run.stdout) as ComparisonResult;
    expect(result.gates.map(({ status }) => status)).toEqual(['failed', 'passed']);
    const row = result.functions.find(({ name }) => name === 'zs_free')!;
    expect(row.verdict).toBe('slower');
    expect(row.change.median.value!).toBeGreaterThan(0.48);
    expect(row.change.median.value!).toBeLessThan(0.52);
    expect(row.change.median.lo!).toBeLessThanOrEqual(0.5);
    expect(row.change.median.hi!).toBeGreaterThanOrEqual(0.499);
    expect(Object.keys(row.change.median)).toEqual(['value', 'lo', 'hi', 'difference']);
    // A saved side compared with itself is the same recordings.
    expect(existsSync(saved)).toBe(true);
    const again = runCli(['compare', '-q', '--baseline', saved, saved]);
    expect(again.status).toBe(0);
    expect(again.stdout).toContain('No difference was seen');
    expect(again.stdout.split('\n').every((line) => line.length <= 72)).toBe(true);
    const filtered = runCli(['compare', '-q', '--cpu', '0', '--baseline', saved, saved]);
    expect(filtered).toMatchObject({ status: 2, stdout: '' });
    expect(filtered.stderr).toContain('a summary cannot be filtered again');
  });

  it('has one clear error for what cannot be', () => {
    for (const [args, message] of [
      [['compare', FIXTURE], 'which are before, and which after?'],
      [['compare', FIXTURE, '--', FIXTURE, '--fail-if', 'zs_free>1'], 'expected NAME.FIGURE'],
    ] as const) {
      const run = runCli([...args, '-q']);
      expect(run.status, args.join(' ')).toBe(2);
      expect(run.stderr).toContain(message);
      expect(run.stdout).toBe('');
    }
  });

  it('keeps `--` between the sides only for itself', () => {
    const argv = ['node', 'trace-replay', 'compare', 'a', '--', 'b', '--json'];
    expect(separated(argv)).toEqual(['node', 'trace-replay', 'compare', 'a', '\0', 'b', '--json']);
    const other = ['node', 'trace-replay', 'analyze', '--', '-odd.txt'];
    expect(separated(other)).toEqual(other);
  });
});
