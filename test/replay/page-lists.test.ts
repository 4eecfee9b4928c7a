import { describe, expect, it } from 'vitest';
import { pageLists } from '../../src/model/kernels/page-lists.ts';
import { PAGE_BULK, ZONE_LOCK } from '../../src/model/kernels/pieces.ts';
import { withAskedLists } from '../../src/replay/asked-page-lists.ts';
import { bulkFreeNs, recordedPageLists } from '../../src/replay/page-lists.ts';
import { prepare } from '../../src/replay/prepare.ts';
import { replayedKernel } from '../../src/replay/what-if.ts';
import { AS_RECORDED } from '../../src/replay/workload.ts';
import { OperationKind, OperationTable } from '../../src/trace/operations.ts';
import { readFixture } from '../helpers/fixtures.ts';
import { taskOf } from '../helpers/machine.ts';
import { extractOperations } from '../helpers/operations.ts';

function prepared(bulkFrees: 'apart' | 'in-pages') {
  const { table, compaction } = extractOperations(readFixture('complete/full-churn-p4-s1.txt.gz'));
  const input = { operations: table, compaction, kernelRelease: '6.12.117' };
  return { table, ...prepare(input, input, null, bulkFrees) };
}

describe('recorded bulk frees', () => {
  const { table, workload, era, structure, pool } = prepared('apart');
  const rows = workload.rows.flatMap((column) => [...column]);

  it('are found in their frees only, with their time and the calls below them', () => {
    const found = [];
    for (let row = 0; row < table.length; row++)
      if (table.parts.bulkCalls.get(row) > 0)
        found.push([
          table.parts.bulkCalls.get(row),
          table.parts.bulk.get(row),
          table.parts.bulkWait.get(row),
          table.below.bulk.get(row),
        ]);
    // Two calls in each, that take and release zone->lock; nobody waited.
    const times = [70337, 72155, 70755, 74376, 81524, 184287];
    expect(found).toEqual(times.map((ns) => [1, ns, 0, 2]));
    const text = new TextDecoder().decode(readFixture('complete/full-churn-p4-s1.txt.gz'));
    expect(text.match(/free_pcppages_bulk\(\)/g)).toHaveLength(times.length);
    expect(structure.freesJudged).toBe(structure.freesAgree);
  });

  it('are taken out of the pages of their frees, to the nanosecond', () => {
    const whole = prepared('in-pages').workload;
    const pages = (of: typeof workload) =>
      of.tasks.reduce((sum, { sizeClass }, t) => {
        const perPage = of.costs[t]!.get('free-page')!;
        const known = [...perPage.keys()].filter((i) => !Number.isNaN(perPage[i]!));
        return known.reduce((ns, i) => ns + perPage[i]! * pool.classes[sizeClass[i]!]!.pagesPerZspage, sum);
      }, 0);
    const bulk = rows.reduce((sum, row) => sum + bulkFreeNs(table, row, AS_RECORDED), 0);
    expect(bulk).toBeGreaterThan(0);
    expect(pages(whole) - pages(workload)).toBeCloseTo(bulk, 3);
    const { recorded } = workload.pageLists!;
    expect(workload.distributions.get(PAGE_BULK)![0]! * recorded!.bulkFrees).toBeCloseTo(bulk, 3);
    expect(whole.pageLists).toBeNull();
    expect(ZONE_LOCK in replayedKernel(era, whole).locks).toBe(false);
    expect(ZONE_LOCK in replayedKernel(era, workload).locks).toBe(true);
  });

  it('cost as much for each page where other lists are asked for', () => {
    const { recorded } = workload.pageLists!;
    const other = withAskedLists(workload, pageLists(63, 252));
    expect(other.pageLists).toMatchObject({ lists: { batch: 63, high: 252 }, recorded });
    const perPage = (workload.distributions.get(PAGE_BULK)![0]! * recorded!.bulkFrees) / recorded!.pages;
    expect(other.distributions.get(PAGE_BULK)![0]).toBeCloseTo(63 * perPage, 6);
    expect(withAskedLists(workload, null)).toBe(workload);
  });
});

describe('lists that are as often full as recorded', () => {
  /** A CPU's frees of a page each, with a bulk free in some of them. */
  function table(cpus: readonly { frees: number; bulks: readonly number[] }[]) {
    const ops = new OperationTable();
    const tasks = cpus.map(({ frees, bulks }, cpu) => {
      const rows = Int32Array.from({ length: frees }, (_, i) => {
        const row = ops.add(OperationKind.Free);
        ops.startNs[row] = 100 * i + cpu;
        if (bulks.includes(i)) ops.parts.bulkCalls.add(row, 1);
        return row;
      });
      return { stream: taskOf(cpu, new Float64Array(frees)), rows, pages: new Int32Array(frees).fill(1) };
    });
    return { ops, tasks };
  }

  it('begin where the first bulk free says; a CPU without one never fills its own', () => {
    const { ops, tasks } = table([
      { frees: 100, bulks: [9, 59] },
      { frees: 80, bulks: [] },
      { frees: 20, bulks: [] },
    ]);
    expect(recordedPageLists(ops, tasks)).toEqual({
      lists: { batch: 50, high: 50, start: [40, -31, 0], startElsewhere: 25 },
      recorded: { bulkFrees: 2, pages: 100 },
    });
  });

  it('are none without a recorded bulk free', () => {
    const { ops, tasks } = table([{ frees: 100, bulks: [] }]);
    expect(recordedPageLists(ops, tasks)).toBeNull();
  });
});
