import { type FolioRules, folioRules } from '../../../model/designs/failed-folio.ts';
import { ZSWAP_PATHS } from '../../../model/kernels/zswap.ts';
import type { KernelModel } from '../../../model/steps.ts';
import type { FullnessRule } from '../../../model/zsmalloc/fullness.ts';
import type { Geometry } from '../../../model/zsmalloc/geometry.ts';
import { Pool } from '../../../model/zsmalloc/pool.ts';
import type { ZswapEra } from '../../../model/zswap/eras.ts';
import type { PoolLimit } from '../../../model/zswap/limits.ts';
import type { Rejection } from '../../../model/zswap/store.ts';
import type { OperationTable } from '../../../trace/operations.ts';
import { mostCommonCpu } from '../../workload.ts';
import type { RecordedRows, Row } from '../recorded-rows.ts';
import { FateRun } from './decide.ts';
import type { NodesRequest } from './nodes.ts';
import type { CompressedPages } from './page-sizes.ts';
import type { StoreFates } from './result.ts';
import { shownLists } from './shown-lists.ts';
import type { Decided, TimedCall } from './world.ts';

/** What decides about the folios of a recording, beside the kernel. */
export interface FateSettings {
  readonly era: ZswapEra;
  readonly geometry: Geometry;
  readonly fullness: FullnessRule;
  /** Infinite: none is known, and nothing is refused for it. */
  readonly limit: PoolLimit;
  readonly compressed: CompressedPages;
  readonly nodes: NodesRequest;
  readonly cpus: number;
  /** How soon the worker runs when it is woken, ns. */
  readonly wakeNs: number;
  /** Only counts are wanted: `tasks` are empty. */
  readonly countsOnly?: boolean;
}

/** Operations of all tasks, and what became of them. */
export interface Fated {
  readonly tasks: readonly (readonly Row[])[];
  readonly fates: StoreFates;
}

/** From one page that is written back to the next, ns, where no recording tells: a page read, decompressed and submitted. */
const WRITEBACK_NS = 50_000;

/** What zswap's own rules make of a recording's operations under some kernel. */
export function decideFates(
  ops: OperationTable,
  rows: RecordedRows,
  tasks: readonly (readonly Row[])[],
  kernel: KernelModel,
  settings: FateSettings,
): Fated {
  const calls = callsOf(ops, tasks);
  const writebacks = tasks.map((list) => list.filter(({ path }) => path === ZSWAP_PATHS.writeback));
  const run = new FateRun({
    ...settings,
    rules: folioRules(kernel),
    lists: shownLists(rows.zswap, rows.tasks),
    entriesOfCpu: kernel.entriesOfCpu === true,
    pool: new Pool(settings.geometry, settings.fullness),
    shrinker: shrinkerOf(rows, settings.limit, writebacks.flat().length),
    pace: { wakeNs: settings.wakeNs, writebackNs: periodOf(ops, writebacks) },
  });
  const fates = run.run(calls);
  if (settings.countsOnly) return { tasks: [], fates };
  return { tasks: byTask(tasks, run.decided, writtenBack(run, writebacks)), fates };
}

const ordered = new WeakMap<readonly (readonly Row[])[], readonly TimedCall[]>();

/** Operations of all tasks in the order of their beginnings; the same tasks are sorted once. */
function callsOf(ops: OperationTable, tasks: readonly (readonly Row[])[]): readonly TimedCall[] {
  const known = ordered.get(tasks);
  if (known) return known;
  const cpus = tasks.map((list) =>
    mostCommonCpu(
      ops,
      Int32Array.from(list, ({ op }) => op),
    ),
  );
  const calls: TimedCall[] = tasks.flatMap((list, task) =>
    list.map((row) => ({ task, cpu: cpus[task]!, atNs: ops.startNs[row.op]!, row })),
  );
  calls.sort((a, b) => a.atNs - b.atNs || a.row.op - b.row.op);
  ordered.set(tasks, calls);
  return calls;
}

/** Without a limit that was met it is reclaim that has pages written back, through the shrinker. */
function shrinkerOf(
  { zswap }: RecordedRows,
  { maxPages }: PoolLimit,
  writebacks: number,
): 'worker' | 'reclaim' {
  const metLimit = (zswap.refusals()['pool limit'] ?? 0) > 0;
  return !metLimit && (writebacks > 0 || !Number.isFinite(maxPages)) ? 'reclaim' : 'worker';
}

/** Median time from one writeback of a task to its next. */
function periodOf(ops: OperationTable, writebacks: readonly (readonly Row[])[]): number {
  const gaps = writebacks
    .flatMap((list) => list.slice(1).map(({ op }, k) => ops.startNs[op]! - ops.startNs[list[k]!.op]!))
    .sort((a, b) => a - b);
  return gaps[gaps.length >> 1] ?? WRITEBACK_NS;
}

/** Rows for what the worker wrote back: with the times of recorded writebacks, in turn; none where none was recorded. */
function writtenBack(run: FateRun, writebacks: readonly (readonly Row[])[]): readonly Decided[] {
  const task = writebacks.reduce((most, list, t) => (list.length > writebacks[most]!.length ? t : most), 0);
  const recorded = writebacks[task] ?? [];
  if (recorded.length === 0) return [];
  const pauses = recorded.map(({ thinkNs }) => thinkNs).sort((a, b) => a - b);
  const pause = pauses[pauses.length >> 1]!;
  return run.written.map(({ atNs, page }, k) => {
    const row = recorded[k % recorded.length]!;
    const thinkNs = k < recorded.length ? row.thinkNs : pause;
    return { task, atNs, row: { ...row, thinkNs, pages: [{ ...page, times: row.pages[0]!.times }] } };
  });
}

function byTask(
  tasks: readonly (readonly Row[])[],
  decided: readonly Decided[],
  written: readonly Decided[],
): readonly (readonly Row[])[] {
  const lists: Decided[][] = tasks.map(() => []);
  for (const one of decided) lists[one.task]!.push(one);
  for (const one of written) lists[one.task]!.push(one);
  return lists.map((list) => list.sort((a, b) => a.atNs - b.atNs).map(({ row }) => row));
}

/** What a recording itself says of the fates of its operations; a kernel that writes nothing back, of those of writebacks. */
export function recordedFates(
  { zswap, staleEntries }: RecordedRows,
  tasks: readonly (readonly Row[])[],
  { vswap }: FolioRules,
  pool: Pick<StoreFates, 'poolPages' | 'objects' | 'meanBytes'>,
): StoreFates {
  const all = tasks.flat();
  const stores = all.filter(({ path }) => path === ZSWAP_PATHS.store);
  const refused: Partial<Record<Rejection | 'not shown', { folios: number; pages: number }>> = {};
  for (const { stored, refusal, refusedForLimit, pages } of zswap.stores) {
    if (stored !== false) continue;
    const cause = refusedForLimit ? 'pool limit' : (refusal ?? 'not shown');
    const before = refused[cause] ?? { folios: 0, pages: 0 };
    refused[cause] = { folios: before.folios + 1, pages: before.pages + pages };
  }
  return {
    basis: 'recorded',
    storedFolios: stores.length,
    storedPages: stores.reduce((sum, { pages }) => sum + pages.length, 0),
    refused,
    writtenBack: vswap ? 0 : all.filter(({ path }) => path === ZSWAP_PATHS.writeback).length,
    staleEntries,
    loadsLost: 0,
    loadsGained: 0,
    ...pool,
    nodes: null,
  };
}
