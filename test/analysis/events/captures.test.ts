import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { analyseEvents } from './analyse-events.ts';

/** Recordings of real kernels beside what perf itself says of them; not part of the repository. */
const FOLDER = join(import.meta.dirname, '../../../../shared/traces/6.12.117');
const there = existsSync(FOLDER);

function read(name: string): string {
  const bytes = readFileSync(join(FOLDER, name));
  return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe.skipIf(!there)('against perf', () => {
  it('has the waits of perf lock contention', () => {
    const { locks } = analyseEvents(read('perf/cont.script.txt.gz'));
    const units: Record<string, number> = { s: 1e9, ms: 1e6, us: 1e3 };
    const ns = (number: string, unit: string) => Number(number) * units[unit]!;
    const rows = [
      ...read('perf/cont.lock-contention.txt').matchAll(
        /^ +(\d+) +([\d.]+) (s|ms|us) +([\d.]+) (s|ms|us) /gm,
      ),
    ].map((m) => ({ count: Number(m[1]), total: ns(m[2]!, m[3]!), max: ns(m[4]!, m[5]!) }));
    expect(rows.length).toBeGreaterThan(5);
    expect(sum(locks.map((row) => row.contended))).toBe(sum(rows.map((row) => row.count)));
    // perf prints three digits.
    const total = sum(rows.map((row) => row.total));
    expect(Math.abs(sum(locks.map((row) => row.wait.totalNs)) - total) / total).toBeLessThan(0.002);
    const most = locks[0]!;
    expect([most.lock, most.site, most.contended]).toEqual(['class->lock', 'zs_malloc', rows[0]!.count]);
    expect(Math.abs(most.wait.totalNs - rows[0]!.total) / rows[0]!.total).toBeLessThan(0.001);
    expect(Math.abs(most.wait.maxNs! - rows[0]!.max) / rows[0]!.max).toBeLessThan(0.001);
  });

  it('has the run times of perf sched timehist', () => {
    const { scheduling } = analyseEvents(read('perf/sched.script.txt.gz'));
    const runMs = new Map<number, number>();
    for (const m of read('perf/sched.timehist.txt').matchAll(
      /^ +[\d.]+ \[\d+\] +.*\[(\d+)(?:\/\d+)?\] +[\d.]+ +[\d.]+ +([\d.]+) *$/gm,
    ))
      runMs.set(Number(m[1]), (runMs.get(Number(m[1])) ?? 0) + Number(m[2]));
    expect(runMs.size).toBeGreaterThan(10);
    for (const row of scheduling!.tasks) {
      const pid = Number(/\d+$/.exec(row.task)![0]);
      expect(Math.abs(row.onCpuNs / 1e6 - (runMs.get(pid) ?? 0)), row.task).toBeLessThan(0.2);
    }
  });

  it('has the shares of perf report', () => {
    const [profile] = analyseEvents(read('perf/clock.script.txt.gz')).profile;
    const perf = new Map<string, number>();
    for (const m of read('perf/clock.report.txt.gz').matchAll(
      /^ +[\d.]+% +([\d.]+)% +\S+ +\S+ +\[[k.]\] (\S+) *$/gm,
    ))
      perf.set(m[2]!, (perf.get(m[2]!) ?? 0) + Number(m[1]));
    expect(perf.size).toBeGreaterThan(100);
    for (const row of profile!.functions.slice(0, 20))
      expect(row.selfShare * 100, row.name).toBeCloseTo(perf.get(row.name)!, 1);
  });
});

describe.skipIf(!there)('recordings of known operations', () => {
  it('has every call of a workload of 2048 allocations and frees', () => {
    const result = analyseEvents(read('ev-ops-p2.txt.gz'));
    expect(result.functions.map((row) => [row.name, row.calls, row.pairCalls])).toEqual([
      ['zs_malloc', 2048, 2048],
      ['zs_free', 2048, 2048],
    ]);
    expect(result.diagnostics).toEqual([]);
  });

  it('names the locks of contention events by their stacks', () => {
    const { locks } = analyseEvents(read('ev-contention-stack.txt'));
    expect(new Set(locks.map((row) => row.site))).toContain('free_swap_and_cache_nr');
    expect(locks.every((row) => !row.acquisitionsKnown && row.blockedByCoverage! <= 1)).toBe(true);
  });
});
