import type { Design } from '../model/designs/design.ts';
import { type ChosenDesign, parseDesign } from '../model/designs/registry.ts';
import type { KernelModel } from '../model/steps.ts';
import type { Pool } from '../model/zsmalloc/pool.ts';
import type { CompactionStep, OperationTable } from '../trace/operations.ts';
import type { SideTable } from '../trace/side-tables.ts';
import { type Calibration, calibrate, type World } from './calibrate/calibration.ts';
import type { Ensemble } from './calibrate/ensemble.ts';
import { measuredResults } from './calibrate/measured-result.ts';
import type { Measured } from './calibrate/noise.ts';
import { openQuestions } from './calibrate/open-questions.ts';
import type { Fit, PlatformSource } from './calibrate/platform-source.ts';
import type { PricedWorkload } from './calibrate/pricing.ts';
import type { Unknown } from './calibrate/sensitivity.ts';
import { type Prepared, prepare } from './prepare.ts';
import { type Assumption, type Interval, WHAT_IF_SCHEMA_VERSION, type WhatIfResult } from './result.ts';
import { ScenarioError, type ScenarioRequest } from './scenario/request.ts';
import { runScenarios } from './scenario/run-scenarios.ts';
import { type Executor, onThisThread } from './sweep.ts';
import { notComparable, validate } from './validate.ts';
import { type DesignRun, interval, predict, replayedKernel, type ScenarioOptions } from './what-if.ts';
import { isUndivided, type TracerCost, type Workload } from './workload.ts';

/** A recording as `what-if` needs it. */
export interface Recording {
  readonly operations: OperationTable;
  readonly compaction: readonly CompactionStep[];
  readonly kernelRelease: string;
  readonly files: WhatIfResult['inputs'];
  readonly tracer: TracerCost | null;
  /** Side data of its inputs: sizes for what it does not show. */
  readonly tables: readonly SideTable[];
}

export interface WhatIfRequest {
  readonly timed: Recording;
  /** Recording with sizes and handles of the same workload; the timed one itself when it has them. */
  readonly placed: Recording;
  readonly designs: readonly string[];
  /** Designs to choose from, with the user's own. */
  readonly known?: readonly Design[];
  /** Era by its letter; null: told by the recording. */
  readonly era: string | null;
  readonly world: 'traced' | 'untraced';
  readonly seeds: number;
  /** Untraced times of the recorded kernel. */
  readonly measured: readonly Measured[];
  /** Where costs come from instead of the recording. */
  readonly platform: PlatformSource | null;
  /** CPUs; null: as many as the recording used. */
  readonly cpus: number | null;
  /** Threads that always want each CPU. */
  readonly pressure: number;
  readonly scenarios: ScenarioRequest;
}

/** Parameter sets and their order are the same in every call. */
const SEED = 1;

/**
 * Replays a recording's frees and what designs would make of them.
 * @throws {RangeError} when the recording has no free with a size and a time.
 * @throws {DesignError} for designs that do not exist or do not fit the kernel.
 */
export function whatIf(
  request: WhatIfRequest,
  tool: WhatIfResult['tool'],
  execute: Executor = onThisThread,
): WhatIfResult {
  const { timed, placed, platform, seeds, measured } = request;
  const chosen = request.designs.map((text) => ({ text, chosen: parseDesign(text, request.known) }));
  if (platform?.basis === 'published' && request.scenarios.speedups.length > 0)
    throw new ScenarioError('--speedup wants costs by function: a recording, or a file that calibrate wrote');
  const prepared = prepare(platform ? null : timed, placed, request.era);
  const { era, workload, pool } = prepared;
  const world = platform?.isUntraced ? 'untraced' : request.world;
  const cpus = request.cpus ?? prepared.cpus;
  const fit = { world, runs: seeds, seed: SEED, measured, execute } as const;
  const { kernelFor, calibration } = platform
    ? platform.calibrate(prepared, fit)
    : calibrateRecording(prepared, timed, fit);
  const kernel = kernelFor(workload);
  const { ensemble, traced, untraced } = calibration;
  const priced = untraced ?? traced;
  const scenario: ScenarioOptions = {
    cpus,
    sets: ensemble.sets,
    workerCpu: cpus - 1,
    hogs: new Uint8Array(cpus).fill(request.pressure),
    seeds,
  };
  const predicted = predict(kernel, chosen, priced, pool, scenario, execute);
  const { base, baseRuns, designs } = predicted;
  const open = openQuestions(
    { ...predicted, kernel, designs: chosen },
    ensemble,
    priced,
    pool,
    scenario,
    execute,
  );
  // The recording is one of a traced kernel on its own CPUs, whatever is asked for.
  const isAsRecorded =
    platform !== null || (untraced === null && cpus === prepared.cpus && request.pressure === 0);
  const replayed = isAsRecorded
    ? { base, baseRuns }
    : predict(
        kernel,
        [],
        traced,
        pool,
        {
          cpus: prepared.cpus,
          sets: ensemble.sets,
          workerCpu: prepared.cpus - 1,
          hogs: new Uint8Array(prepared.cpus),
          seeds,
        },
        execute,
      );
  const validation = platform
    ? notComparable(prepared.structure, platform.title)
    : validate(timed.operations, prepared.structure, workload, replayed.base, replayed.baseRuns);
  const marginal = chosen
    .filter((design) => design.chosen.length > 1)
    .map(({ text, chosen: parts }) => ({
      design: text,
      parts: marginalEffects(parts, kernel, priced, pool, scenario, baseRuns, execute),
    }));
  const scenarios = runScenarios(
    {
      era,
      operations: placed.operations,
      from: prepared.from,
      workload,
      priced,
      kernelFor,
      pool,
      designs: chosen,
      options: scenario,
      cpusAsked: request.cpus,
      pressure: request.pressure,
      execute,
    },
    request.scenarios,
  );
  return {
    schemaVersion: WHAT_IF_SCHEMA_VERSION,
    tool,
    inputs: [...timed.files, ...(placed === timed ? [] : placed.files)],
    platform: platform && { title: platform.title, basis: platform.basis },
    kernel: { era: era.id, title: era.title, basis: prepared.basis, source: era.kernel.source },
    world,
    frees: workload.tasks.reduce((sum, task) => sum + task.handle.length, 0),
    tasks: workload.tasks.length,
    cpus,
    runs: seeds,
    validation,
    baseline: base,
    designs: designs.map((design, d) => ({ ...design, sensitivity: open.sensitivity[d]! })),
    marginal,
    ...scenarios,
    assumptions: assumptions(world, platform, workload.notes, ensemble),
    notIdentifiable: [...notIdentifiable(request, timed.operations, calibration), ...open.unknown],
    ensemble: {
      tried: ensemble.tried,
      accepted: ensemble.accepted,
      parameters: ensemble.parameters.filter(({ low, high }) => high > low),
      recorded: ensemble.statistics,
    },
    measured: measuredResults(measured, ensemble, interval),
  };
}

/** The model fitted to the recording itself. */
function calibrateRecording(
  { era, workload, make, pool, cpus }: Prepared,
  { operations, tracer }: Recording,
  fit: Fit,
): { readonly kernelFor: (workload: Workload) => KernelModel; readonly calibration: Calibration } {
  const kernelFor = (scaled: Workload) => replayedKernel(era, scaled);
  const kernel = kernelFor(workload);
  const ops = operations;
  return {
    kernelFor,
    calibration: calibrate({ ops, workload, make: make!, kernel, pool, cpus, tracer, ...fit }),
  };
}

/** What each part adds when the parts are applied one after another. */
function marginalEffects(
  parts: readonly ChosenDesign[],
  kernel: Parameters<typeof predict>[0],
  priced: PricedWorkload,
  pool: Pool,
  scenario: ScenarioOptions,
  baseRuns: readonly DesignRun[],
  execute: Executor,
): { readonly id: string; readonly savesNs: Interval }[] {
  const steps = parts.map((_, k) => ({
    text: parts
      .slice(0, k + 1)
      .map(({ design }) => design.id)
      .join('+'),
    chosen: parts.slice(0, k + 1),
  }));
  const { designRuns } = predict(kernel, steps, priced, pool, scenario, execute);
  return parts.map(({ design }, k) => {
    const before = k === 0 ? baseRuns : designRuns[k - 1]!;
    const saves = designRuns[k]!.map((run, seed) => before[seed]!.totalNs - run.totalNs).sort(
      (a, b) => a - b,
    );
    const at = (q: number) => saves[Math.round(q * (saves.length - 1))]!;
    return { id: design.id, savesNs: { value: at(0.5), lo: at(0.05), hi: at(0.95) } };
  });
}

function assumptions(
  world: World,
  platform: PlatformSource | null,
  notes: readonly string[],
  ensemble: Ensemble,
): Assumption[] {
  const list: Assumption[] = [
    ...(platform
      ? [
          { what: 'which task freed what, in which order, on which CPU', basis: 'measured' } as const,
          ...platform.rests.map((what): Assumption => ({ what, basis: 'assumed' })),
        ]
      : [{ what: 'what each free did, on which CPU, and what its calls took', basis: 'measured' } as const]),
    { what: 'which zspage each object is in, and which free empties one', basis: 'modelled' },
    { what: 'who waits for whom: locks are handed over in the order of arrival', basis: 'modelled' },
    { what: 'self time of zs_free is spread evenly over the gaps between its calls', basis: 'assumed' },
    ...ensemble.parameters
      .filter(({ high, low }) => high > low)
      .map(({ title, unit, low, high, central, basis }): Assumption => {
        const text = (value: number) =>
          unit === 'ns' ? `${Number(value.toPrecision(3))} ns` : `${Math.round(100 * value)} %`;
        return { what: `${title}: ${text(central)} (${text(low)} to ${text(high)})`, basis };
      }),
  ];
  if (platform?.basis === 'published') {
    // No tracer was ever in these times.
  } else if (world === 'traced') {
    list.push({
      what: "the tracer's cost is left in: these are times of a traced kernel",
      basis: 'measured',
    });
  } else {
    list.push({
      what: "the tracer's cost is taken out of every call and of the time between frees, by shares that the runs vary",
      basis: 'modelled',
    });
  }
  for (const note of notes) list.push({ what: note, basis: 'assumed' });
  return list;
}

function notIdentifiable(
  request: WhatIfRequest,
  ops: OperationTable,
  { lineTransfer, hasWaits }: Calibration,
): readonly Unknown[] {
  const list: Unknown[] = [];
  if (request.platform) {
    list.push({
      what: 'whether the costs of the platform are those of the machine that was recorded',
      shownBy: 'a function_graph of zs_free with all callees on it',
      cuts: [],
    });
    return list;
  }
  if (!hasWaits || isUndivided(ops)) {
    list.push({
      what: 'time within zs_free: its calls are not traced, so the pool lock, the list lock and work are told apart by assumed shares only',
      shownBy: 'a function_graph of zs_free with all callees',
      cuts: [],
    });
  }
  if (lineTransfer === null) {
    list.push({
      what: 'the cost of moving cache lines between CPUs: it is part of the recorded calls',
      shownBy:
        'a function_graph of lock calls on the machine of interest, with one and with several processes',
      cuts: [],
    });
  }
  if (request.designs.some((text) => /deferred|zram-gc|mm-async/.test(text))) {
    list.push({
      what: 'what a deferring design saves or costs in caches: the worker touches lines that the caller left',
      shownBy: 'a recording of a kernel that defers',
      cuts: [],
    });
  }
  return list;
}
