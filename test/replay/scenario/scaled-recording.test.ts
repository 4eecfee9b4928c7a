import { describe, expect, it } from 'vitest';
import { eraById } from '../../../src/model/kernels/eras.ts';
import { Geometry } from '../../../src/model/zsmalloc/geometry.ts';
import { centralSet } from '../../../src/replay/calibrate/parameters.ts';
import { pricedOnce } from '../../../src/replay/calibrate/pricing.ts';
import type { RecordedCase } from '../../../src/replay/scenario/recorded-case.ts';
import { ScenarioError } from '../../../src/replay/scenario/request.ts';
import { type Scale, Scaler } from '../../../src/replay/scenario/scaled-recording.ts';
import { replayStructure } from '../../../src/replay/structure.ts';
import { onThisThread } from '../../../src/replay/sweep.ts';
import { replayedKernel } from '../../../src/replay/what-if.ts';
import { AS_RECORDED as AS_RECORDED_PRICE, freeWorkload } from '../../../src/replay/workload.ts';
import { OperationKind } from '../../../src/trace/operations.ts';
import { readFixture } from '../../helpers/fixtures.ts';
import { extractOperations } from '../../helpers/operations.ts';

function recordedCase(name: string): RecordedCase {
  const { table, compaction } = extractOperations(readFixture(`complete/${name}.txt`));
  const era = eraById('D');
  const geometry = new Geometry(era.geometry);
  const { outcome } = replayStructure(table, compaction, geometry, era.fullness);
  let from = 0;
  for (let row = 0; row < table.length; row++)
    if (table.kind[row] === OperationKind.Malloc) from = Math.max(from, table.returnedAt[row]! + 0.25);
  const workload = freeWorkload(table, { ops: table, outcome }, AS_RECORDED_PRICE, from);
  const { pool } = replayStructure(table, compaction, geometry, era.fullness, from);
  const options = { cpus: 4, sets: [centralSet()], workerCpu: 3, hogs: new Uint8Array(4), seeds: 1 };
  return {
    era,
    operations: table,
    from,
    workload,
    priced: pricedOnce(workload, era.kernel, null),
    kernelFor: (scaled) => replayedKernel(era, scaled),
    pool,
    designs: [],
    options,
    cpusAsked: null,
    pressure: 0,
    execute: onThisThread,
  };
}

const recorded = recordedCase('full-churn-p4-s1');
const scaler = new Scaler(recorded);
const { tasks } = recorded.workload;
const AS_RECORDED: Scale = {
  processes: tasks.length,
  pages: null,
  classSpread: 0,
  cpus: 4,
  placement: 'as-recorded',
};
const scale = (changed: Partial<Scale>) => made(recorded, scaler.scale({ ...AS_RECORDED, ...changed }));
function made({ workload }: RecordedCase, { pool, of, rescale }: ReturnType<Scaler['scale']>) {
  return { pool, of, workload: rescale(workload) };
}
type Made = ReturnType<typeof made>;

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
const bytesFreed = ({ workload, pool }: Made) =>
  sum(workload.tasks.flatMap((task) => [...task.sizeClass].map((c) => pool.classes[c]!.size)));
const column = ({ workload }: Made, name: string) =>
  workload.costs.flatMap((costs) => [...costs.get(name)!].filter((ns) => !Number.isNaN(ns)));

/** Each free finds its object, of its class, once. */
function expectSound(scaled: Made): void {
  const { workload, pool } = scaled;
  const handles = workload.tasks.flatMap((task) => [...task.handle]);
  expect(new Set(handles).size).toBe(handles.length);
  for (const task of workload.tasks) {
    task.handle.forEach((handle, k) => {
      expect(pool.classOf(pool.zspageOf(handle))).toBe(task.sizeClass[k]);
    });
    expect(task.thinkNs.every((ns) => ns >= 0)).toBe(true);
  }
  const used = pool.clone();
  for (const handle of handles) {
    const emptied = used.free(handle);
    if (emptied >= 0) used.release(emptied);
  }
  // What is left is what no replayed free frees: only whole zspages went.
  expect(used.objectsInUse.every((count) => count >= 0)).toBe(true);
  expect(sum(pool.objectsInUse) - handles.length).toBe(sum(used.objectsInUse));
}

describe('a scaled recording', () => {
  const whole = scale({});

  it('of as many processes is the recording itself', () => {
    expect(whole.of).toMatchObject({ processes: tasks.length, scaled: false });
    expect(whole.pool).toBe(recorded.pool);
    expect(whole.workload).toEqual(recorded.workload);
  });

  it.each([
    { processes: 1 },
    { processes: 3 },
    { processes: 9, cpus: 9 },
    { processes: 2, pages: 40 },
    { processes: 4, pages: 1000 },
    { processes: 5, pages: 300, classSpread: 0.5 },
    { classSpread: 1 },
  ])('of %o loses no object and doubles none', (changed) => {
    const scaled = scale(changed);
    expect(scaled.of.scaled).toBe(true);
    expectSound(scaled);
    expect(scaled.workload.tasks).toHaveLength(changed.processes ?? tasks.length);
    if ('pages' in changed)
      expect(scaled.workload.tasks.every((task) => task.handle.length === changed.pages)).toBe(true);
  });

  it('of one process is the one that frees most', () => {
    const { workload } = scale({ processes: 1 });
    const most = tasks.reduce((best, task) => (task.handle.length > best.handle.length ? task : best));
    expect([...workload.tasks[0]!.sizeClass]).toEqual([...most.sizeClass]);
    expect([...workload.tasks[0]!.thinkNs]).toEqual([...most.thinkNs]);
  });

  it('twice as large frees twice the bytes at twice the cost', () => {
    const one = scale({ processes: 1 });
    const pages = one.workload.tasks[0]!.handle.length;
    const two = scale({ processes: 1, pages: 2 * pages });
    expect(bytesFreed(two)).toBe(2 * bytesFreed(one));
    for (const name of ['obj-free', 'locate', 'free-page'])
      expect(sum(column(two, name))).toBeCloseTo(2 * sum(column(one, name)), 3);
    const think = ({ workload }: Made) => sum(workload.tasks[0]!.thinkNs.subarray(1));
    expect(think(two) / think(one)).toBeGreaterThan(1.99);
    expect(think(two) / think(one)).toBeLessThan(2.3);
  });

  it('gives each extra process the CPU with the least to do', () => {
    const { workload } = scale({ processes: 10, cpus: 10 });
    const extra = workload.tasks.slice(tasks.length).map((task) => task.cpu);
    expect(new Set(extra).size).toBe(extra.length);
    expect(Math.min(...extra)).toBe(4);
    const spread = scale({ processes: 6, cpus: 6, placement: 'one-a-cpu' });
    expect(spread.workload.tasks.map((task) => task.cpu)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('with a class spread of 1 has processes that never meet in a class', () => {
    const { workload } = scale({ processes: 4, classSpread: 1 });
    const seen = workload.tasks.map((task) => new Set(task.sizeClass));
    expect(new Set(seen.flatMap((classes) => [...classes])).size).toBe(sum(seen.map((s) => s.size)));
  });

  it('with a class spread keeps shapes, and spreads that share of the objects', () => {
    const shared = scale({ processes: 4, pages: 500 });
    const spread = scale({ processes: 4, pages: 500, classSpread: 0.3 });
    expect(bytesFreed(spread)).toBe(bytesFreed(shared));
    const count = shared.pool.classes.length;
    const own = spread.workload.tasks.flatMap((task) => [...task.sizeClass]).filter((c) => c >= count);
    expect(Math.abs(own.length / 2000 - 0.3)).toBeLessThan(0.02);
    spread.workload.tasks.forEach((task, t) => {
      task.sizeClass.forEach((c, k) => {
        const { pagesPerZspage, objectsPerZspage } = spread.pool.classes[c]!;
        const before = shared.pool.classes[shared.workload.tasks[t]!.sizeClass[k]!]!;
        expect({ pagesPerZspage, objectsPerZspage }).toEqual({
          pagesPerZspage: before.pagesPerZspage,
          objectsPerZspage: before.objectsPerZspage,
        });
      });
    });
  });

  it('that is too large is refused', () => {
    expect(() => scale({ processes: 256, pages: 1 << 20 })).toThrow(ScenarioError);
  });
});

it('objects that compaction moved are scaled as they were allocated', () => {
  const compacted = recordedCase('full-compact-p2-s1');
  const scaled = new Scaler(compacted).scale({ ...AS_RECORDED, processes: 8, cpus: 8 });
  expectSound(made(compacted, scaled));
});
