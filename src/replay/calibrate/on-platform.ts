import type { KernelModel } from '../../model/steps.ts';
import type { Pool } from '../../model/zsmalloc/pool.ts';
import { COST_QUANTILES } from '../engine/machine.ts';
import { mix } from '../engine/random.ts';
import { type Executor, onThisThread } from '../sweep.ts';
import type { TracerCost, Workload } from '../workload.ts';
import { type Calibration, measuredChecks, replayer, searchFor, type World } from './calibration.ts';
import { ensembleOf } from './ensemble.ts';
import { constantQuantiles } from './make-platform.ts';
import type { Measured } from './noise.ts';
import { PARAMETERS, type Parameter } from './parameters.ts';
import type { PlatformFile } from './platform-file.ts';
import { listLinesOf, type PricedWorkload } from './pricing.ts';

/** What a recording is replayed with when its own times are not used. */
export interface PlatformInput {
  readonly workload: Workload;
  readonly kernel: KernelModel;
  readonly pool: Pool;
  readonly world: World;
  readonly runs: number;
  readonly seed: number;
  readonly cpus: number;
  /** Untraced times of the base. */
  readonly measured: readonly Measured[];
  readonly execute?: Executor;
}

/** Another draw than those of the machine. */
const LUCK = 0x51ed;

/** The model with the costs of a platform file: parameters as far as that file narrowed them. */
export function calibrationOf(file: PlatformFile, input: PlatformInput): Calibration {
  const { workload, kernel, pool, runs, seed } = input;
  const isUntraced = input.world === 'untraced' && file.probe !== null;
  const parameters = PARAMETERS.map((parameter): Parameter => {
    const found = file.parameters.find(({ name }) => name === parameter.name)!;
    const narrowed: Parameter = {
      ...parameter,
      central: found.value,
      low: found.lo,
      high: found.hi,
      basis: found.basis === 'assumed' ? 'assumed' : 'measured',
      source: `platform file: ${found.source}`,
    };
    const isOpen = isUntraced || !parameter.name.startsWith('probe');
    return isOpen ? narrowed : { ...narrowed, low: found.value, high: found.value };
  });
  const tracer: TracerCost | null = file.probe;
  const base = { callTracer: isUntraced ? null : tracer, listLines: listLinesOf(kernel) };
  const traced: PricedWorkload = {
    ...base,
    corners: [workloadWith(file, workload, pool, (cost) => cost.tracedNs)],
    dimensions: [],
    isUntraced: false,
  };
  const { low, central, high } = parameters.find(({ name }) => name === 'probeInside')!;
  const hasTypical =
    low < central &&
    central < high &&
    Object.values(file.costs).every(({ untracedNs }) => untracedNs?.typical !== undefined);
  const ends = hasTypical ? (['most', 'typical', 'least'] as const) : (['most', 'least'] as const);
  const untraced: PricedWorkload | null = isUntraced
    ? {
        ...base,
        corners: ends.map((end) =>
          workloadWith(file, workload, pool, (cost) => cost.untracedNs?.[end] ?? cost.tracedNs),
        ),
        dimensions: [{ name: 'probeInside', values: hasTypical ? [low, central, high] : [low, high] }],
        isUntraced: true,
      }
    : null;
  const replay = replayer(kernel, pool, input.cpus, input.execute ?? onThisThread);
  const checks = measuredChecks(input.measured, (sets) => replay(sets, untraced ?? traced));
  return {
    ensemble: ensembleOf(parameters, checks, { runs, seed, ...searchFor(input.measured, runs) }),
    lineTransfer: file.lineTransfer,
    hasWaits: false,
    traced,
    untraced,
  };
}

type Choose = (cost: PlatformFile['costs'][string]) => readonly number[];

/** The frees with costs and times between them drawn from the platform; the same for the same free. */
function workloadWith(file: PlatformFile, workload: Workload, pool: Pool, choose: Choose): Workload {
  const distributions = new Map<string, Float64Array>(
    Object.entries(file.costs).map(([name, cost]) => [name, Float64Array.from(choose(cost))]),
  );
  for (const [name, share] of Object.entries(file.lineMoves))
    distributions.set(name, constantQuantiles(share));
  const ofPages = new Map<number, readonly number[]>(
    Object.entries(file.freePageByPages).map(([pages, cost]) => [Number(pages), choose(cost)]),
  );
  const between = file.betweenFrees.tracedNs;
  return {
    ...workload,
    distributions,
    tasks: workload.tasks.map((task, t) => ({
      ...task,
      thinkNs: task.thinkNs.map((late, i) => (i === 0 ? late : between[mix(i, t, LUCK) % COST_QUANTILES]!)),
    })),
    costs: workload.tasks.map(({ sizeClass }, t) => {
      const perPage = new Float64Array(sizeClass.length).fill(Number.NaN);
      for (let i = 0; i < perPage.length; i++) {
        const known = ofPages.get(pool.classes[sizeClass[i]!]!.pagesPerZspage);
        if (known) perPage[i] = known[mix(i, t, LUCK + 1) % COST_QUANTILES]!;
      }
      return new Map([['free-page', perPage]]);
    }),
  };
}
