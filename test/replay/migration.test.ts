import { describe, expect, it } from 'vitest';
import { ERAS } from '../../src/model/kernels/eras.ts';
import { callCost } from '../../src/model/probe-costs.ts';
import { TWELVE_GROUPS } from '../../src/model/zsmalloc/fullness.ts';
import { Geometry, X86_64 } from '../../src/model/zsmalloc/geometry.ts';
import { Pool } from '../../src/model/zsmalloc/pool.ts';
import { COST_QUANTILES } from '../../src/replay/engine/machine.ts';
import { migrationBeside } from '../../src/replay/migration.ts';
import type { Workload } from '../../src/replay/workload.ts';
import { OperationKind, OperationTable } from '../../src/trace/operations.ts';

function recordedMigrations(times: readonly (readonly [number, number])[]): OperationTable {
  const ops = new OperationTable();
  for (const [startNs, ns] of times) {
    const row = ops.add(OperationKind.Migrate);
    ops.startNs[row] = startNs;
    ops.endNs[row] = startNs + ns;
    ops.durationNs[row] = ns;
    ops.parts.lock.add(row, 300);
    ops.parts.poolLockWait.add(row, 500);
  }
  return ops;
}

function poolOf(pages: Readonly<Record<number, number>>): Pool {
  const pool = new Pool(new Geometry(X86_64), TWELVE_GROUPS);
  let handle = 0;
  for (const [size, count] of Object.entries(pages))
    for (let k = 0; k < count; k++) pool.allocateFromNew(pool.classFor(Number(size)), handle++);
  return pool;
}

const readLock = new Float64Array(COST_QUANTILES).fill(70);
const workload = {
  distributions: new Map([[callCost('read-lock', 'before'), readLock]]),
} as unknown as Workload;
const none: readonly [number, number] = [0, 1e6];

describe('page migration beside the frees', () => {
  it('as recorded: those among the frees, with their pauses and what they took without locks', () => {
    const ops = recordedMigrations([
      [100, 2800],
      [5000, 3800],
      [2e6, 9999],
    ]);
    const beside = migrationBeside('recorded', ops, none, poolOf({ 4000: 3 }), 2, null)!;
    const { background, distributions } = beside.add(workload);
    expect([...background![0]!.thinkNs]).toEqual([100, 5000 - 2900]);
    expect(background![0]).toMatchObject({ cpu: 2, background: 'once' });
    const page = distributions.get('migrate-page')!;
    expect([page[0], page.at(-1)]).toEqual([2000, 9999 - 800]);
    expect(distributions.get(callCost('write-lock', 'before'))).toBe(readLock);
    expect(beside.assumptions[0]!.basis).toBe('measured');
  });

  it('none where the recording has none, unless it is asked for', () => {
    const ops = new OperationTable();
    expect(migrationBeside('recorded', ops, none, poolOf({ 4000: 1 }), 2, null)).toBeNull();
    expect(
      migrationBeside('none', recordedMigrations([[1, 2]]), none, poolOf({ 4000: 1 }), 2, null),
    ).toBeNull();
    const beside = migrationBeside({ everyNs: 500 }, ops, none, poolOf({ 4000: 1 }), 2, null)!;
    expect(beside.assumptions[0]!.basis).toBe('assumed');
  });

  it('hits classes as often as they have pages', () => {
    // Ten zspages of 8 pages beside twenty of one.
    const pool = poolOf({ 3600: 10, 4000: 20 });
    const { background } = migrationBeside({ everyNs: 500 }, new OperationTable(), none, pool, 2, null)!.add(
      workload,
    );
    const { sizeClass } = background![0]!;
    const large = sizeClass.filter((k) => pool.classes[k]!.pagesPerZspage === 8).length;
    expect(large / sizeClass.length).toBeCloseTo(0.8, 2);
  });
});

it('takes the locks of the era, the pool for writing where readers share it', () => {
  const taken = ERAS.map(({ id, kernel }) => [
    id,
    kernel.paths
      .zs_page_migrate!.flatMap((step) => ('lock' in step && step.do.endsWith('lock') ? [step.do] : []))
      .slice(0, 2),
  ]);
  expect(Object.fromEntries(taken)).toMatchObject({
    A: ['lock', 'unlock'],
    C: ['lock', 'unlock'],
    D: ['write-lock', 'lock'],
    F: ['write-lock', 'lock'],
  });
});
