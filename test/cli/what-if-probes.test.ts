import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCli } from './run-cli.ts';

interface Result {
  frees: number;
  validation: { latency: { comparisons: { name: string; recorded: number }[] } };
  baseline: { latency: { meanNs: number }; totalNs: number };
  assumptions: { what: string; basis: string }[];
}

function whatIf(...options: string[]): Result {
  const trace = join(import.meta.dirname, '../../fixtures/patched/base_nosi/combo-p2.txt.gz');
  const { stdout } = runCli(['what-if', trace, '--json', '-q', '--seeds', '3', ...options]);
  return JSON.parse(stdout) as Result;
}

it('handlers of probes are no work of the frees, and are gone without the tracer', () => {
  const traced = whatIf();
  expect(traced.frees).toBe(700);
  const mean = traced.validation.latency.comparisons.find(({ name }) => name === 'zs_free, mean')!.recorded;
  // The graph prints 20.80 ms for 700 calls: 29.7 us, of which 9.2 us and more are handlers.
  expect(mean).toBeGreaterThan(18_000);
  expect(mean).toBeLessThan(21_000);
  expect(Math.abs(traced.baseline.latency.meanNs / mean - 1)).toBeLessThan(0.15);
  const note = (result: Result) =>
    result.assumptions.filter(({ what }) => what.startsWith('handlers of probes'));
  expect(note(traced)).toMatchObject([
    { basis: 'measured', what: expect.stringMatching(/counted as time between frees$/) },
  ]);
  const untraced = whatIf('--untraced');
  expect(note(untraced)).toMatchObject([{ what: expect.stringMatching(/taken out$/) }]);
  expect(untraced.baseline.latency.meanNs).toBeLessThan(mean / 2);
});
