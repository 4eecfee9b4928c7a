import { DesignError } from '../../model/designs/design.ts';
import { applyDesigns, type ChosenDesign } from '../../model/designs/registry.ts';
import { reachedFromZswap } from '../../model/designs/store-rewrite.ts';
import { ENTRY_FREE, ZSWAP_PATHS } from '../../model/kernels/zswap.ts';
import type { KernelModel } from '../../model/steps.ts';
import type { Pool } from '../../model/zsmalloc/pool.ts';
import { bucketQuantile } from '../curves.ts';
import { COST_QUANTILES, Machine, type MachineResult, type MachineTimes } from '../engine/machine.ts';
import { compile } from '../engine/program.ts';
import { mix } from '../engine/random.ts';
import { type Interval, interval } from '../interval.ts';
import type { StoreGroup, StoreWorkload } from './store-workload.ts';

/** A number that no recording of today's kernel shows. */
export interface AssumedCost {
  readonly name: string;
  readonly what: string;
  readonly ns: number;
  readonly low: number;
  readonly high: number;
}

/** Costs of steps that only designs have, and what nobody measured. */
export const ASSUMED_COSTS: readonly AssumedCost[] = [
  { name: 'split-page', what: 'splitting a folio, for each page', ns: 300, low: 100, high: 1000 },
  { name: 'entry-bulk-page', what: 'each entry of a bulk call', ns: 30, low: 10, high: 100 },
  { name: 'prefetchw', what: 'write to an entry that was fetched', ns: 5, low: 2, high: 10 },
];

/** What the model says of one path and folio size. */
export interface GroupPrediction extends StoreGroup {
  readonly operations: number;
  readonly meanNs: Interval;
  readonly p50Ns: Interval;
  readonly p99Ns: Interval;
  readonly maxNs: Interval;
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
  /** Time in zswap_store, base over this design's: what the design itself changes. */
  readonly storeSpeedup: Interval;
  readonly storedPagesPerSecond: Interval;
  /** Pages that the shrinker writes back: those recorded, as far as the design writes any. */
  readonly pagesWrittenBack: number;
  /** CPU time within the replayed operations; waiting for spinlocks is in it. */
  readonly cpuNs: Interval;
  readonly lockWaitNs: Readonly<Record<string, Interval>>;
  readonly contended: Readonly<Record<string, Interval>>;
  readonly notes: readonly string[];
  readonly kernel: KernelModel;
}

/** Times of the machine; moving lines is part of the recorded calls. */
const TIMES: MachineTimes = {
  lineHitNs: 0,
  lineTransferNs: 0,
  handOffOneNs: 60,
  handOffManyNs: 95,
  wakeNs: 5000,
  contextSwitchNs: 1500,
  sliceNs: 3_000_000,
};

/**
 * The base and each design over the same operations with the same luck.
 * @throws {DesignError} for a design that leaves every path of zswap as it is.
 */
export function predictStores(
  kernel: KernelModel,
  designs: readonly { readonly text: string; readonly chosen: readonly ChosenDesign[] }[],
  workload: StoreWorkload,
  pool: Pool,
  options: { readonly cpus: number; readonly seeds: number },
): { readonly base: StorePrediction; readonly designs: readonly StorePrediction[] } {
  const models = designs.map(({ text, chosen }) => {
    const changed = applyDesigns(kernel, chosen);
    if (chosen.length > 0 && isUnchanged(kernel, changed))
      throw new DesignError(`${text} changes nothing that stores, loads or invalidations do in ${kernel.id}`);
    return changed;
  });
  const tasks = workload.tasks.map((task) => ({ ...task, cpu: task.cpu % options.cpus }));
  const orders = Array.from({ length: options.seeds }, (_, seed) => ({
    ...workload,
    tasks,
    costs: inAnotherOrder(workload, seed),
  }));
  const run = (model: KernelModel) =>
    orders.map((order, seed) => runOnce(model, order, pool, options.cpus, seed));
  const baseRuns = run(kernel);
  return {
    base: summary('base', [], kernel, workload.groups, baseRuns, baseRuns),
    designs: designs.map(({ text, chosen }, d) =>
      summary(text, chosen, models[d]!, workload.groups, run(models[d]!), baseRuns),
    ),
  };
}

/** Mean of each group, ns, when each task runs by itself: nobody waits, and the recorded steps must add up. */
export function meansAlone(kernel: KernelModel, workload: StoreWorkload, pool: Pool, cpus: number): number[] {
  const runs = workload.tasks.map((task, t) =>
    runOnce(kernel, { ...workload, tasks: [task], costs: [workload.costs[t]!] }, pool, cpus, 0),
  );
  const sum = (of: (run: MachineResult) => number) => runs.reduce((total, run) => total + of(run), 0);
  return workload.groups.map((_, g) => sum((run) => run.latencySumNs[g]!) / sum((run) => run.operations[g]!));
}

function isUnchanged(before: KernelModel, after: KernelModel): boolean {
  const paths = new Set([...reachedFromZswap(before), ...reachedFromZswap(after)]);
  return [...paths].every((path) => before.paths[path] === after.paths[path]);
}

function runOnce(
  model: KernelModel,
  workload: StoreWorkload,
  pool: Pool,
  cpus: number,
  seed: number,
): MachineResult {
  const { groups } = workload;
  const names = groups.map(({ path, pages }) => `${path}, ${pages}`);
  const wrapped: KernelModel = {
    ...model,
    paths: {
      ...model.paths,
      ...Object.fromEntries(groups.map(({ path }, g) => [names[g]!, [{ do: 'call', path }] as const])),
    },
  };
  const program = compile(wrapped, names);
  const assumed = new Map(
    ASSUMED_COSTS.map(({ name, ns, low, high }, k) => [
      name,
      seed === 0 ? ns : low + (mix(k, seed, 1) / 2 ** 32) * (high - low),
    ]),
  );
  const quantilesOf = (name: string): Float64Array =>
    workload.distributions.get(name) ?? new Float64Array(COST_QUANTILES).fill(assumed.get(name) ?? 0);
  return new Machine({
    program,
    pool,
    times: TIMES,
    costs: program.costs.map(quantilesOf),
    opCosts: workload.costs.map((ofTask) => program.costs.map((name) => ofTask.get(name))),
    cpus,
    paths: names,
    tasks: workload.tasks,
    workerCpu: cpus - 1,
    hogs: new Uint8Array(cpus),
    seed,
  }).run();
}

/**
 * Seed 0 is the recording as it was; in the others each operation takes the times of another one of its task
 * with the same outcome and as many pages, some way on.
 */
function inAnotherOrder({ tasks, costs }: StoreWorkload, seed: number): StoreWorkload['costs'] {
  if (seed === 0) return costs;
  return tasks.map(({ path, pages }, t) => {
    const byGroup = new Map<number, number[]>();
    for (let row = 0; row < path.length; row += pages![row]!) {
      const list = byGroup.get(path[row]!);
      if (list) list.push(row);
      else byGroup.set(path[row]!, [row]);
    }
    const from = new Int32Array(path.length);
    for (const rows of byGroup.values()) {
      const by = Math.floor(((seed * 0.618034 + t * 0.414214) % 1) * rows.length);
      rows.forEach((row, k) => {
        const other = rows[(k + by) % rows.length]!;
        for (let page = 0; page < pages![row]!; page++) from[row + page] = other + page;
      });
    }
    return new Map(
      [...costs[t]!].map(([name, column]) => [name, Float64Array.from(from, (row) => column[row]!)]),
    );
  });
}

/** A path gives an entry back. */
function frees(kernel: KernelModel, path: string): boolean {
  return kernel.paths[path]?.some((step) => step.do === 'call' && step.path === ENTRY_FREE) ?? false;
}

function summary(
  id: string,
  chosen: readonly ChosenDesign[],
  kernel: KernelModel,
  groups: readonly StoreGroup[],
  runs: readonly MachineResult[],
  base: readonly MachineResult[],
): StorePrediction {
  const total = (run: MachineResult) => Math.max(...run.taskEndNs);
  const storing = (run: MachineResult) =>
    groups.reduce((sum, { path }, g) => sum + (path === ZSWAP_PATHS.store ? run.latencySumNs[g]! : 0), 0);
  const pages = groups.reduce(
    (sum, { path, pages: each }, g) =>
      sum + (path === ZSWAP_PATHS.store ? each * runs[0]!.operations[g]! : 0),
    0,
  );
  const byLock = (of: (lock: MachineResult['locks'][number]) => number) =>
    Object.fromEntries(
      runs[0]!.locks
        .map((lock, k) => [lock, interval(runs.map((run) => of(run.locks[k]!)))] as const)
        .filter(([lock]) => lock.acquisitions > 0)
        .map(([lock, value]) => [lock.name, value]),
    );
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
    speedup: interval(runs.map((run, k) => total(base[k]!) / total(run))),
    storeSpeedup: interval(runs.map((run, k) => storing(base[k]!) / storing(run))),
    storedPagesPerSecond: interval(runs.map((run) => (pages * 1e9) / total(run))),
    pagesWrittenBack: groups.reduce(
      (sum, { path }, g) =>
        sum + (path === ZSWAP_PATHS.writeback && frees(kernel, path) ? runs[0]!.operations[g]! : 0),
      0,
    ),
    cpuNs: interval(runs.map((run) => run.workNs.caller + run.spinNs)),
    lockWaitNs: byLock((lock) => lock.waitNs),
    contended: byLock((lock) => lock.contended),
    notes: [...new Set(chosen.flatMap(({ design }) => design.notes))],
    kernel,
  };
}
