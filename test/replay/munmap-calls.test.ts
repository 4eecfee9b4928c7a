import { describe, expect, it } from 'vitest';
import { munmapComparisons } from '../../src/replay/munmap-calls.ts';
import type { DesignRun } from '../../src/replay/what-if.ts';
import type { Workload } from '../../src/replay/workload.ts';
import { OperationKind, OperationTable } from '../../src/trace/operations.ts';
import { readFixture } from '../helpers/fixtures.ts';
import { extractOperations } from '../helpers/operations.ts';

/** Two frees of each of two tasks, in calls from 10 to 100 us and from 20 to 90 us. */
function recorded() {
  const ops = new OperationTable();
  const free = (task: number, startNs: number, endNs: number) => {
    const row = ops.add(OperationKind.Free);
    ops.task[row] = task;
    ops.startNs[row] = startNs;
    ops.endNs[row] = endNs;
    return row;
  };
  const rows = [
    Int32Array.of(free(7, 15_000, 25_000), free(7, 70_000, 80_000)),
    Int32Array.of(free(8, 30_000, 40_000), free(8, 50_000, 60_000)),
  ];
  ops.munmaps.push({ task: 7, startNs: 10_000, endNs: 100_000 }, { task: 8, startNs: 20_000, endNs: 90_000 });
  return { ops, workload: { rows, notify: null } as unknown as Workload };
}

const run = (...taskNs: number[]) => ({ taskNs }) as unknown as DesignRun;

describe('munmap calls around the frees', () => {
  it('have the time from first to last free replaced by that of the model, run by run', () => {
    const { ops, workload } = recorded();
    const { calls, longest } = munmapComparisons(ops, workload, [run(60_000, 100_000), run(80_000, 30_000)])!;
    expect(calls).toMatchObject([
      { task: 7, calls: 1, frees: 2, recordedNs: 90_000, freeingNs: 20_000, outsideNs: 25_000 },
      { task: 8, calls: 1, frees: 2, recordedNs: 70_000, freeingNs: 20_000, outsideNs: 40_000 },
    ]);
    expect(calls.map(({ modelledNs }) => modelledNs.value)).toEqual([95_000, 105_000]);
    // 85 and 140 us in one run, 105 and 70 us in the other.
    expect(longest).toMatchObject({
      recorded: 90_000,
      modelled: { value: 122_500, lo: 105_000, hi: 140_000 },
    });
  });

  it('are not told when a task frees elsewhere', () => {
    const { ops, workload } = recorded();
    ops.munmaps.pop();
    expect(munmapComparisons(ops, workload, [run(1, 1)])).toBeNull();
    ops.munmaps.push({ task: 8, startNs: 20_000, endNs: 55_000 });
    expect(munmapComparisons(ops, workload, [run(1, 1)])).toBeNull();
  });

  it('are found in function_graph, each once', () => {
    const { table } = extractOperations(
      readFixture('function-graph/6.12.117/fg-munmap-irqs-abstime-proc.txt'),
    );
    expect(table.munmaps).toHaveLength(2);
    expect(new Set(table.munmaps.map(({ task }) => task)).size).toBe(2);
    for (const { task, startNs, endNs } of table.munmaps) {
      let within = 0;
      for (let row = 0; row < table.length; row++) {
        if (table.kind[row] !== OperationKind.Free || table.task[row] !== task) continue;
        if (table.startNs[row]! >= startNs && table.endNs[row]! <= endNs) within++;
      }
      expect(within).toBeGreaterThan(200);
    }
    expect(table.copy().munmaps).toEqual(table.munmaps);
  });
});
