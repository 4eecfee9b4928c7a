import { describe, expect, it } from 'vitest';
import { TWELVE_GROUPS } from '../../../src/model/zsmalloc/fullness.ts';
import { Geometry, X86_64 } from '../../../src/model/zsmalloc/geometry.ts';
import { Pool } from '../../../src/model/zsmalloc/pool.ts';
import { zswapEraById } from '../../../src/model/zswap/eras.ts';
import { FateRun } from '../../../src/replay/stores/fates/decide.ts';
import { type NodesRequest, ONE_NODE } from '../../../src/replay/stores/fates/nodes.ts';
import { type ShownList, shownLists } from '../../../src/replay/stores/fates/shown-lists.ts';
import type { Page, Row } from '../../../src/replay/stores/recorded-rows.ts';
import { RecordedZswap } from '../../../src/replay/zswap/recorded.ts';
import type { OperationTable } from '../../../src/trace/operations.ts';
import { readFixture } from '../../helpers/fixtures.ts';
import { extractOperations } from '../../helpers/operations.ts';

const era = zswapEraById('6.18');

function listsOf(ops: OperationTable) {
  const zswap = new RecordedZswap(ops, era);
  const byTask = new Map<number, Row[]>();
  for (const { op } of [...zswap.stores].sort((a, b) => ops.startNs[a.op]! - ops.startNs[b.op]!)) {
    const row: Row = { op, path: 'zswap_store', pages: [], members: 1, thinkNs: 0 };
    byTask.set(ops.task[op]!, [...(byTask.get(ops.task[op]!) ?? []), row]);
  }
  return { zswap, lists: shownLists(zswap, [...byTask.values()]) };
}

describe('lists that a recording shows', () => {
  it('are those of printed arguments; folios that were refused have that of their task', () => {
    // All that is recorded is of one memcg: from the middle on it is another one here.
    let added = 0;
    const apart = Buffer.from(readFixture('zswap-kernels/7.3.4-args.txt'))
      .toString('latin1')
      .split('\n')
      .map((line) => {
        if (line.includes('list_lru_add(')) added++;
        return added > 90 ? line.replace(/memcg=0x\w+/, 'memcg=0x77') : line;
      })
      .join('\n');
    const { table } = extractOperations(new Uint8Array(Buffer.from(apart, 'latin1')));
    const { zswap, lists } = listsOf(table);
    expect(zswap.lists).toBe(2);
    const inOrder = [...zswap.stores].sort((a, b) => table.startNs[a.op]! - table.startNs[b.op]!);
    const memcgs = inOrder.flatMap(({ op }) => lists.get(op)?.memcg ?? []);
    expect(new Set(memcgs)).toEqual(new Set([0, 1]));
    expect(memcgs).toEqual([...memcgs].sort());
    const tasks = new Set(inOrder.flatMap(({ op, stored }) => (stored ? [table.task[op]!] : [])));
    const refused = inOrder.filter(({ op, stored }) => stored === false && tasks.has(table.task[op]!));
    expect(refused.length).toBeGreaterThan(0);
    for (const { op } of refused) expect(lists.has(op)).toBe(true);
  });

  it('are none where no arguments are printed', () => {
    const { table } = extractOperations(readFixture('zswap-kernels/7.3.4-probes.txt'));
    const { zswap, lists } = listsOf(table);
    expect([zswap.showsLists, lists.size]).toEqual([false, 0]);
  });

  it('decide what the shrink worker takes: memcgs in turn, instead of the oldest of all', () => {
    const pageOf = (slot: number): Page => ({
      times: {},
      slot,
      sizeClass: 0,
      zspagePages: 0,
      followed: slot,
      bytes: 3000,
    });
    const writtenWith = (lists: ReadonlyMap<number, ShownList>, nodes: NodesRequest = ONE_NODE) => {
      const run = new FateRun({
        era,
        rules: { batch: 1, splits: false, vswap: false },
        entriesOfCpu: false,
        limit: { maxPages: 12, acceptPages: 4 },
        pool: new Pool(new Geometry(X86_64), TWELVE_GROUPS),
        compressed: () => ({ kind: 'compressed', bytes: 3000 }),
        nodes,
        lists,
        cpus: 1,
        shrinker: 'worker',
        pace: { wakeNs: 1000, writebackNs: 1000 },
      });
      run.run(
        Array.from({ length: 40 }, (_, k) => {
          const row: Row = { op: k, path: 'zswap_store', pages: [pageOf(k)], members: 1, thinkNs: 0 };
          return { task: 0, cpu: 0, atNs: k * 1e6, row };
        }),
      );
      return run.written.slice(0, 4).map(({ page }) => page.slot);
    };
    const half = new Map(Array.from({ length: 40 }, (_, k) => [k, { memcg: k < 8 ? 0 : 1, node: 0 }]));
    expect(writtenWith(new Map())).toEqual([0, 1, 2, 3]);
    // One look at each in turn: a list of few entries has had all its second chances first.
    expect(writtenWith(half)).toEqual([8, 9, 10, 0]);
    // Memcgs that are asked for are those of the tasks in turn: here one task.
    expect(writtenWith(half, { ...ONE_NODE, memcgs: 2 })).toEqual([0, 1, 2, 3]);
  });
});
