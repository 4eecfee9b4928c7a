import { callCost } from '../model/probe-costs.ts';
import type { Pool } from '../model/zsmalloc/pool.ts';
import { OperationKind, type OperationTable } from '../trace/operations.ts';
import type { CompactionPlan } from './compaction.ts';
import { COST_QUANTILES, type TaskStream } from './engine/machine.ts';
import type { Assumption } from './result.ts';
import { quantiles, type TracerCost, type Workload } from './workload.ts';

/** Page migration beside the frees of a workload. */
export interface MigrationBeside {
  readonly add: (workload: Workload) => Workload;
  readonly source: string;
  readonly assumptions: readonly Assumption[];
}

/** Path of migrations among those of a run. */
export const MIGRATE_PATH = 2;

/** Copying 4 KiB and changing the handles in it, ns; assumed where no call is recorded. */
const PAGE_NS = 2000;
const PAGE_RANGE = '500 to 5000 ns';
/** Migrations in a round of a plan that goes on and on: enough for the classes to come by their pages. */
const ROUND = 997;

/**
 * Puts page migration beside the frees: each one holds the pool's lock for writing, and the class's.
 * @param from,to Time of the recorded frees, ns.
 * @param cpu Nobody else runs there.
 * @param tracer What is taken out of recorded calls; null: nothing.
 * @returns null when no page is migrated.
 */
export function migrationBeside(
  plan: CompactionPlan,
  operations: OperationTable,
  [fromNs, toNs]: readonly [number, number],
  pool: Pool,
  cpu: number,
  tracer: TracerCost | null,
): MigrationBeside | null {
  if (plan === 'none') return null;
  const rows = migrationRows(operations);
  const within = rows.filter((row) => operations.startNs[row]! >= fromNs && operations.startNs[row]! < toNs);
  if (plan === 'recorded' && within.length === 0) return null;
  const count = plan === 'recorded' ? within.length : ROUND;
  const thinkNs = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    thinkNs[k] =
      plan === 'recorded'
        ? Math.max(
            0,
            operations.startNs[within[k]!]! - (k === 0 ? fromNs : operations.endNs[within[k - 1]!]!),
          )
        : plan.everyNs;
  }
  const task: TaskStream = {
    cpu,
    path: new Uint8Array(count).fill(MIGRATE_PATH),
    handle: new Int32Array(count).fill(-1),
    sizeClass: classesByPages(pool, count),
    slot: new Int32Array(count).fill(-1),
    thinkNs,
    background: plan === 'recorded' ? 'once' : 'again',
  };
  const measured = rows.map((row) => pageNs(operations, row, tracer)).filter((ns) => ns > 0);
  const page =
    measured.length > 0
      ? quantiles([Float64Array.from(measured)])
      : new Float64Array(COST_QUANTILES).fill(PAGE_NS);
  return {
    add: (other) => ({
      ...other,
      distributions: withCosts(other.distributions, page),
      background: [...(other.background ?? []), task],
    }),
    source:
      plan === 'recorded'
        ? `as recorded: ${within.length} calls of zs_page_migrate`
        : `zs_page_migrate again ${plan.everyNs / 1e6} ms after it ended`,
    assumptions: [
      measured.length > 0
        ? { what: `what a migrated page takes: from ${measured.length} recorded calls`, basis: 'measured' }
        : {
            what: `zs_page_migrate is not in the recording: a page takes ${PAGE_NS} ns (${PAGE_RANGE})`,
            basis: 'assumed',
          },
      {
        what: 'which class a migrated page is of: as often as the class has pages; the zspage keeps its place, and its page locks do not fail others',
        basis: 'assumed',
      },
    ],
  };
}

function migrationRows(ops: OperationTable): number[] {
  const rows = [...ops.kind.subarray(0, ops.length).keys()].filter(
    (row) => ops.kind[row] === OperationKind.Migrate && ops.endNs[row]! >= ops.startNs[row]!,
  );
  return rows.sort((a, b) => ops.startNs[a]! - ops.startNs[b]!);
}

/** A recorded call without its locks, what it waited for them and the tracer. */
function pageNs({ parts, durationNs }: OperationTable, row: number, tracer: TracerCost | null): number {
  const of = (part: keyof typeof parts) => parts[part].get(row) || 0;
  const locks =
    of('poolLock') + of('poolLockWait') + of('poolUnlock') + of('lock') + of('lockWait') + of('unlock');
  return durationNs[row]! - locks - of('calls') * (tracer?.outsideNs ?? 0);
}

/** Costs of the path, and of lock calls that nothing else has told: those for writing as those for reading. */
function withCosts(known: ReadonlyMap<string, Float64Array>, page: Float64Array): Map<string, Float64Array> {
  const zeros = new Float64Array(COST_QUANTILES);
  const costs = new Map([...known, ['migrate-enter', zeros] as const, ['migrate-page', page] as const]);
  for (const [own, other] of [
    ['write-lock', 'read-lock'],
    ['write-unlock', 'read-unlock'],
  ] as const)
    for (const side of ['before', 'after'] as const)
      if (!costs.has(callCost(own, side)))
        costs.set(callCost(own, side), known.get(callCost(other, side)) ?? zeros);
  return costs;
}

/** Classes in turn, each as often as it has pages in the pool. */
function classesByPages(pool: Pool, count: number): Int32Array {
  const pages = pool.classes.map(
    ({ objectsPerZspage, pagesPerZspage }, k) =>
      (pool.objectsAllocated[k]! / objectsPerZspage) * pagesPerZspage,
  );
  const all = pages.reduce((sum, n) => sum + n, 0);
  return Int32Array.from({ length: count }, (_, k) => {
    let left = ((k * 0.618034) % 1) * all;
    return Math.max(
      0,
      pages.findIndex((n) => {
        left -= n;
        return left < 0;
      }),
    );
  });
}
