import { DesignError } from '../../model/designs/design.ts';
import { withFailedFolios } from '../../model/designs/failed-folio.ts';
import { applyDesigns, type ChosenDesign } from '../../model/designs/registry.ts';
import { REMOTE_ENTRY, withRemoteEntries } from '../../model/designs/remote-entries.ts';
import { reachedFromZswap } from '../../model/designs/store-rewrite.ts';
import { SPLIT_PAGE, ZSWAP_PATHS } from '../../model/kernels/zswap.ts';
import type { KernelModel } from '../../model/steps.ts';
import type { Pool } from '../../model/zsmalloc/pool.ts';
import { Machine, type MachineResult, type MachineTimes } from '../engine/machine.ts';
import { compile } from '../engine/program.ts';
import { mix } from '../engine/random.ts';
import { type Codec, type IaaRequest, iaaSetup } from './codec-costs.ts';
import { type Pricing, priced, scaled } from './pricing.ts';
import { type RunOf, type StorePrediction, summary } from './store-summary.ts';
import type { StoreWorkload } from './store-workload.ts';

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
  { name: SPLIT_PAGE, what: 'splitting a folio, for each page', ns: 300, low: 100, high: 1000 },
  { name: 'entry-bulk-page', what: 'each entry of a bulk call', ns: 30, low: 10, high: 100 },
  { name: REMOTE_ENTRY, what: 'first write to an entry on another node', ns: 100, low: 50, high: 250 },
  { name: 'prefetchw', what: 'write to an entry that was fetched', ns: 5, low: 2, high: 10 },
];

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

/** A composition of designs, as it was asked for. */
export interface AskedDesign {
  readonly text: string;
  readonly chosen: readonly ChosenDesign[];
}

/** What is replayed with what costs on what machine. */
export interface StoreReplay {
  readonly kernel: KernelModel;
  /** Operations as a kernel has them: decided, and taken together; of a run, with what that takes out of recorded times. */
  readonly workloadOf: (kernel: KernelModel, seed: number) => StoreWorkload;
  readonly pool: Pool;
  readonly cpus: number;
  readonly seeds: number;
  /** Null: the recorded codec. */
  readonly codec: Codec | null;
  readonly iaa: IaaRequest;
  /** Steps other than the codec's, and the time between operations, are so much of what was recorded. */
  readonly otherSteps: number;
}

/**
 * The base and each design over the same operations with the same luck.
 * @param baseRuns Runs of the base, when they are known.
 * @throws {DesignError} for a design that leaves every path of zswap as it is.
 */
export function predictStores(
  replay: StoreReplay,
  designs: readonly AskedDesign[],
  baseRuns: RunOf = runsOf(replay.kernel, replay),
): { readonly base: StorePrediction; readonly designs: readonly StorePrediction[] } {
  const { kernel } = replay;
  const models = designs.map((design) => changedStores(kernel, design));
  return {
    base: summary('base', [], kernel, baseRuns, baseRuns),
    designs: designs.map(({ text, chosen }, d) =>
      summary(text, chosen, models[d]!, runsOf(models[d]!, replay), baseRuns),
    ),
  };
}

/**
 * The kernel with a design.
 * @throws {DesignError} for one that does not fit, or leaves every path of zswap as it is.
 */
export function changedStores(kernel: KernelModel, { text, chosen }: AskedDesign): KernelModel {
  const changed = applyDesigns(kernel, chosen);
  if (chosen.length > 0 && isUnchanged(kernel, changed))
    throw new DesignError(`${text} changes nothing that stores, loads or invalidations do in ${kernel.id}`);
  return changed;
}

/** Mean of each group, ns, when each task runs by itself: nobody waits, and the recorded steps must add up. */
export function meansAlone(replay: StoreReplay): number[] {
  const { kernel } = replay;
  const workload = replay.workloadOf(kernel, 0);
  const runs = workload.tasks.map((task, t) =>
    runOnce(kernel, { ...workload, tasks: [task], costs: [workload.costs[t]!] }, replay, 0),
  );
  const sum = (of: (run: MachineResult) => number) => runs.reduce((total, run) => total + of(run), 0);
  return workload.groups.map((_, g) => sum((run) => run.latencySumNs[g]!) / sum((run) => run.operations[g]!));
}

function isUnchanged(before: KernelModel, after: KernelModel): boolean {
  const paths = new Set([...reachedFromZswap(before), ...reachedFromZswap(after)]);
  return [...paths].every((path) => before.paths[path] === after.paths[path]);
}

/** Runs of a kernel, one for each seed. */
export function runsOf(kernel: KernelModel, replay: StoreReplay): RunOf {
  // Runs of one workload share its columns.
  const ready = new Map<StoreWorkload, StoreWorkload>();
  const readyFor = (given: StoreWorkload) => {
    const known = ready.get(given);
    if (known) return known;
    const workload = scaled(given, replay.otherSteps);
    const tasks = workload.tasks.map((task) => ({ ...task, cpu: task.cpu % replay.cpus }));
    ready.set(given, { ...workload, tasks });
    return ready.get(given)!;
  };
  const runs = Array.from({ length: replay.seeds }, (_, seed) => {
    const workload = readyFor(replay.workloadOf(kernel, seed));
    return runOnce(kernel, { ...workload, costs: inAnotherOrder(workload, seed) }, replay, seed);
  });
  const { groups, fates } = replay.workloadOf(kernel, 0);
  return { groups, fates, runs, sleepsForDevice: replay.iaa.completion.kind === 'interrupt' };
}

function runOnce(
  kernel: KernelModel,
  workload: StoreWorkload,
  replay: StoreReplay,
  seed: number,
): MachineResult {
  const { groups } = workload;
  const names = groups.map(({ path, pages }) => `${path}, ${pages}`);
  const fails = groups.some(({ path }) => path === ZSWAP_PATHS.storeUndone);
  const placed = workload.distributions.has(REMOTE_ENTRY) ? withRemoteEntries(kernel) : kernel;
  const { paths } = fails ? withFailedFolios(placed) : placed;
  const wrapped: KernelModel = {
    ...kernel,
    paths: {
      ...paths,
      ...Object.fromEntries(groups.map(({ path }, g) => [names[g]!, [{ do: 'call', path }] as const])),
    },
  };
  const program = compile(wrapped, names);
  const { cpus, codec, iaa } = replay;
  const pricing: Pricing = {
    codec: codec?.prices(seed) ?? null,
    assumed: assumedCosts(seed),
    fallback: iaa.fallback,
    seed,
  };
  const prices = priced(program.costs, workload, pricing, replay.pool);
  return new Machine({
    program,
    pool: replay.pool,
    times: TIMES,
    ...prices,
    cpus,
    paths: names,
    tasks: workload.tasks,
    workerCpu: cpus - 1,
    hogs: new Uint8Array(cpus),
    devices: codec?.isDevice
      ? {
          setup: iaaSetup(iaa, cpus, kernel.spreadsOverDevices === true),
          completion: iaa.completion,
        }
      : undefined,
    seed,
  }).run();
}

function assumedCosts(seed: number): ReadonlyMap<string, number> {
  return new Map(
    ASSUMED_COSTS.map(({ name, ns, low, high }, k) => [
      name,
      seed === 0 ? ns : low + (mix(k, seed, 1) / 2 ** 32) * (high - low),
    ]),
  );
}

function picked(column: Float64Array, rows: Int32Array): Float64Array {
  const values = new Float64Array(rows.length);
  for (let k = 0; k < rows.length; k++) values[k] = column[rows[k]!]!;
  return values;
}

/**
 * Seed 0 is the recording as it was; in the others each operation takes the times of another one of its task
 * with the same outcome and as many pages, some way on.
 */
function inAnotherOrder({ tasks, costs }: StoreWorkload, seed: number): StoreWorkload['costs'] {
  if (seed === 0) return costs;
  return tasks.map(({ path, pages }, t) => {
    const byGroup = new Map<string, number[]>();
    for (let row = 0; row < path.length; row += pages![row]!) {
      // Calls of one group may take different numbers of pages together, and fail at different pages.
      const fates = path.subarray(row + 1, row + pages![row]!).join();
      const key = `${path[row]}: ${pages![row]} ${fates}`;
      const list = byGroup.get(key);
      if (list) list.push(row);
      else byGroup.set(key, [row]);
    }
    const from = new Int32Array(path.length);
    for (const rows of byGroup.values()) {
      const by = Math.floor(((seed * 0.618034 + t * 0.414214) % 1) * rows.length);
      rows.forEach((row, k) => {
        const other = rows[(k + by) % rows.length]!;
        for (let page = 0; page < pages![row]!; page++) from[row + page] = other + page;
      });
    }
    return new Map([...costs[t]!].map(([name, column]) => [name, picked(column, from)]));
  });
}
