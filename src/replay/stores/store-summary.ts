import type { ChosenDesign } from '../../model/designs/registry.ts';
import { rewriteSteps } from '../../model/designs/rewrite.ts';
import { ENTRY_FREE, ZSWAP_PATHS } from '../../model/kernels/zswap.ts';
import type { KernelModel } from '../../model/steps.ts';
import { bucketQuantile } from '../curves.ts';
import type { MachineResult } from '../engine/machine.ts';
import { type Interval, interval } from '../interval.ts';
import type { StoreFates } from './fates/result.ts';
import type { StoreGroup } from './store-workload.ts';

/** What the model says of one path and folio size. */
export interface GroupPrediction extends StoreGroup {
  readonly operations: number;
  readonly meanNs: Interval;
  readonly p50Ns: Interval;
  readonly p99Ns: Interval;
  readonly maxNs: Interval;
}

/** What IAA did, all devices together. */
export interface IaaPrediction {
  readonly descriptors: number;
  /** Share of the engines' time until the end, 0 to 1. */
  readonly utilisation: Interval;
  /** Mean time that a descriptor waited for an engine, ns. */
  readonly waitNs: Interval;
  /** CPUs tried again because the queue was full, ns, all together. */
  readonly queueFullNs: Interval;
  /** CPUs polled, or tasks slept, until a descriptor was done, ns, all together. */
  readonly collectNs: Interval;
  /** Devices that got any. */
  readonly devicesUsed: number;
}

/** What the model says of one design of the store path. */
export interface StorePrediction {
  readonly id: string;
  readonly title: string;
  readonly safety: readonly string[];
  readonly groups: readonly GroupPrediction[];
  readonly totalNs: Interval;
  /** Base total over this design's, run by run. */
  readonly speedup: Interval;
  /** Time in zswap_store for a page stored, base over this design's: what the design itself changes. */
  readonly storeSpeedup: Interval;
  /** The same for loads and writebacks; null where there are none. */
  readonly loadSpeedup: Interval | null;
  readonly writebackSpeedup: Interval | null;
  /** Share of the runs in which less time went into stores than in the base. */
  readonly fasterShare: number;
  /** Time in zswap_store for each page stored. */
  readonly storeNsPerPage: Interval;
  readonly storedPagesPerSecond: Interval;
  /** Time in zswap_store of folios that were not stored: refused at once, or given up at a page. */
  readonly notStoredNs: Interval;
  /** CPU time within the replayed operations; waiting for spinlocks and polling is in it, sleeping is not. */
  readonly cpuNs: Interval;
  readonly lockWaitNs: Readonly<Record<string, Interval>>;
  readonly contended: Readonly<Record<string, Interval>>;
  /** How often each lock was taken, whether or not somebody waited. */
  readonly acquisitions: Readonly<Record<string, Interval>>;
  /** Null where the CPU compresses. */
  readonly iaa: IaaPrediction | null;
  /** Pages that are written back: `fates.writtenBack`. */
  readonly pagesWrittenBack: number;
  /** What is stored, refused and written back, and whether that is recorded or modelled. */
  readonly fates: StoreFates;
  readonly notes: readonly string[];
  readonly kernel: KernelModel;
}

/** Runs of one kernel over one workload. */
export interface RunOf {
  readonly fates: StoreFates;
  readonly groups: readonly StoreGroup[];
  readonly runs: readonly MachineResult[];
  /** Waiting for IAA is sleep and no CPU time. */
  readonly sleepsForDevice: boolean;
}

/** Stores that end without an entry. */
const NOT_STORED = [ZSWAP_PATHS.storeFull, ZSWAP_PATHS.storeFailed, ZSWAP_PATHS.storeUndone];

/** Medians and the middle 90 % of a design's runs beside those of the base. */
export function summary(
  id: string,
  chosen: readonly ChosenDesign[],
  kernel: KernelModel,
  of: RunOf,
  base: RunOf,
): StorePrediction {
  const { groups, runs } = of;
  const total = (run: MachineResult) => Math.max(...run.taskEndNs);
  const timeIn = (path: string, { groups: list }: RunOf, run: MachineResult) =>
    list.reduce((sum, group, g) => sum + (group.path === path ? run.latencySumNs[g]! : 0), 0);
  const pagesIn = (path: string, { groups: list }: RunOf) =>
    list.reduce((sum, group) => sum + (group.path === path ? group.allPages : 0), 0);
  const pagesOf = (path: string) => pagesIn(path, of);
  // A page each: a design may store fewer of them.
  const gain = (path: string) => {
    const share = pagesIn(path, of) / pagesIn(path, base);
    return runs.map((run, k) => (share * timeIn(path, base, base.runs[k]!)) / timeIn(path, of, run));
  };
  const gainIfAny = (path: string) => (pagesOf(path) > 0 ? interval(gain(path)) : null);
  const byLock = (value: (lock: MachineResult['locks'][number]) => number) =>
    Object.fromEntries(
      runs[0]!.locks
        .map((lock, k) => [lock, interval(runs.map((run) => value(run.locks[k]!)))] as const)
        .filter(([lock]) => lock.acquisitions > 0)
        .map(([lock, waited]) => [lock.name, waited]),
    );
  const stored = pagesOf(ZSWAP_PATHS.store);
  const writtenBack = frees(kernel, ZSWAP_PATHS.writeback) ? pagesOf(ZSWAP_PATHS.writeback) : 0;
  const gains = gain(ZSWAP_PATHS.store);
  return {
    id,
    title: chosen.map(({ design }) => design.title).join('; ') || 'the kernel as recorded',
    safety: chosen.map(({ design }) => design.safety),
    groups: groups.flatMap((group, g) =>
      runs[0]!.operations[g] === 0
        ? []
        : [
            {
              ...group,
              operations: runs[0]!.operations[g]!,
              meanNs: interval(runs.map((run) => run.latencySumNs[g]! / run.operations[g]!)),
              p50Ns: interval(runs.map((run) => bucketQuantile(run.latency[g]!, 0.5))),
              p99Ns: interval(runs.map((run) => bucketQuantile(run.latency[g]!, 0.99))),
              maxNs: interval(runs.map((run) => run.latencyMaxNs[g]!)),
            },
          ],
    ),
    totalNs: interval(runs.map(total)),
    speedup: interval(runs.map((run, k) => total(base.runs[k]!) / total(run))),
    storeSpeedup: interval(gains),
    loadSpeedup: gainIfAny(ZSWAP_PATHS.load),
    writebackSpeedup: writtenBack > 0 ? interval(gain(ZSWAP_PATHS.writeback)) : null,
    fasterShare: gains.filter((factor) => factor > 1).length / gains.length,
    storeNsPerPage: interval(runs.map((run) => timeIn(ZSWAP_PATHS.store, of, run) / stored)),
    storedPagesPerSecond: interval(runs.map((run) => (stored * 1e9) / total(run))),
    notStoredNs: interval(
      runs.map((run) => NOT_STORED.reduce((sum, path) => sum + timeIn(path, of, run), 0)),
    ),
    cpuNs: interval(runs.map((run) => run.workNs.caller + run.spinNs - sleptNs(run, kernel, of))),
    lockWaitNs: byLock((lock) => lock.waitNs),
    contended: byLock((lock) => lock.contended),
    acquisitions: byLock((lock) => lock.acquisitions),
    iaa: iaaOf(runs),
    pagesWrittenBack: of.fates.writtenBack,
    fates: of.fates,
    notes: [...new Set(chosen.flatMap(({ design }) => design.notes))],
    kernel,
  };
}

/** A path gives an entry back. */
function frees(kernel: KernelModel, path: string): boolean {
  let found = false;
  rewriteSteps(kernel.paths[path] ?? [], (step) => {
    if (step.do === 'call' && step.path === ENTRY_FREE) found = true;
    return undefined;
  });
  return found;
}

/** Waiting that leaves the CPU to others: for a mutex, and for an interrupt. */
function sleptNs({ locks, devices }: MachineResult, kernel: KernelModel, { sleepsForDevice }: RunOf): number {
  const forMutexes = locks.reduce(
    (sum, { name, waitNs }) => sum + (kernel.locks[name]!.kind === 'mutex' ? waitNs : 0),
    0,
  );
  return forMutexes + (sleepsForDevice ? (devices?.collectNs ?? 0) : 0);
}

function iaaOf(runs: readonly MachineResult[]): IaaPrediction | null {
  const used = runs.flatMap(({ devices }) => (devices === null ? [] : [devices]));
  const [first] = used;
  if (!first) return null;
  return {
    descriptors: first.descriptors,
    utilisation: interval(used.map(({ utilisation }) => utilisation)),
    waitNs: interval(used.map(({ waitedNs, descriptors }) => waitedNs / Math.max(1, descriptors))),
    queueFullNs: interval(used.map(({ queueFullNs }) => queueFullNs)),
    collectNs: interval(used.map(({ collectNs }) => collectNs)),
    devicesUsed: first.byDevice.filter((count) => count > 0).length,
  };
}
