import type { Design } from '../model/designs/design.ts';
import { applyDesigns, type ChosenDesign, parseDesign } from '../model/designs/registry.ts';
import { withLockedPages } from '../model/kernels/locked-pages.ts';
import { type PreemptionId, preemptionById } from '../model/preemption.ts';
import type { KernelModel, PageLists } from '../model/steps.ts';
import type { Pool } from '../model/zsmalloc/pool.ts';
import type { PoolShape } from '../model/zsmalloc/pool-shape.ts';
import type { CompactionStep, OperationTable } from '../trace/operations.ts';
import type { SideTable } from '../trace/side-tables.ts';
import { anonymousAssumptions } from './anonymous.ts';
import { pageListAssumptions, refillAssumptions, withAskedLists, withBulkPage } from './asked-page-lists.ts';
import { type Calibration, calibrate, type World } from './calibrate/calibration.ts';
import { callCostOf } from './calibrate/call-cost.ts';
import type { Ensemble } from './calibrate/ensemble.ts';
import { judgedByMeasured } from './calibrate/judge-measured.ts';
import { measuredResults } from './calibrate/measured-result.ts';
import type { Measured } from './calibrate/noise.ts';
import { openQuestions } from './calibrate/open-questions.ts';
import type { Fit, PlatformSource } from './calibrate/platform-source.ts';
import { mapWorkloads, type PricedWorkload, runParameters } from './calibrate/pricing.ts';
import { withSchedulingParameters } from './calibrate/scheduling-parameters.ts';
import type { Unknown } from './calibrate/sensitivity.ts';
import { type CompactionPlan, compactionBeside, span } from './compaction.ts';
import { cpuSharing, type PreemptionEvidence } from './cpu-sharing.ts';
import { COST_QUANTILES, WHERE_WOKEN } from './engine/machine.ts';
import { fittingDesigns } from './fitting-designs.ts';
import { type Interval, interval } from './interval.ts';
import { migrationBeside } from './migration.ts';
import { COUNTER_NS, probesWithin } from './notify-path.ts';
import { timeByPlace } from './places.ts';
import { type Prepared, prepare } from './prepare.ts';
import { type Assumption, type Reading, WHAT_IF_SCHEMA_VERSION, type WhatIfResult } from './result.ts';
import { ScenarioError, type ScenarioRequest } from './scenario/request.ts';
import { runScenarios } from './scenario/run-scenarios.ts';
import { type Executor, onThisThread } from './sweep.ts';
import { notComparable, validate } from './validate.ts';
import { type DesignRun, predict, replayedKernel, type ScenarioOptions } from './what-if.ts';
import { isUndivided, type TracerCost, type Workload } from './workload.ts';

/** A recording as `what-if` needs it. */
export interface Recording {
  readonly operations: OperationTable;
  readonly compaction: readonly CompactionStep[];
  readonly kernelRelease: string;
  /** CPUs of the machine; 0 or absent: not known. */
  readonly onlineCpus?: number;
  /** What is known of zsmalloc's configuration; null or absent: nothing. */
  readonly shape?: PoolShape | null;
  readonly files: WhatIfResult['inputs'];
  readonly tracer: TracerCost | null;
  /** Side data of its inputs: sizes for what it does not show. */
  readonly tables: readonly SideTable[];
  readonly lostRecords: number;
  readonly findings: Reading['findings'];
  /** Preemption models that the functions of the recording leave possible; absent: any. */
  readonly preemption?: PreemptionEvidence | null;
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
  /** The timed workload with fewer functions traced: shows what a traced call costs. */
  readonly light?: Recording | null;
  /** Where costs come from instead of the recording. */
  readonly platform: PlatformSource | null;
  /** CPUs; null: as many as the recording used. */
  readonly cpus: number | null;
  /** Threads that always want each CPU. */
  readonly pressure: number;
  readonly compaction: CompactionPlan;
  /** Page migration beside the frees. */
  readonly migration: CompactionPlan;
  /** How often a page of an emptied zspage is locked by somebody else, 0 to 1. */
  readonly pagesLocked: number;
  /** Lists of free pages to assume; null: as recorded, none where the recording shows no full one. */
  readonly pageLists: PageLists | null;
  /** Preemption model by its name; null: told by the recording, none where it does not tell. */
  readonly preempt?: PreemptionId | null;
  readonly scenarios: ScenarioRequest;
}

/** What zspages cost whose pages were locked, ns: assumed, with its range. */
const LATE_COSTS: Readonly<Record<string, readonly [ns: number, range: string]>> = {
  kick: [100, '30 to 1000 ns: a work item is queued'],
  'lock-pages': [500, '100 ns to as long as a page stays locked'],
};

/** Parameter sets and their order are the same in every call. */
const SEED = 1;

/**
 * Replays a recording's frees and what designs would make of them.
 * @throws {RangeError} when the recording has no free with a size and a time.
 * @throws {DesignError} for designs that do not exist, or when none fits the kernel.
 */
export function whatIf(
  request: WhatIfRequest,
  tool: WhatIfResult['tool'],
  execute: Executor = onThisThread,
): WhatIfResult {
  const { timed, placed, platform, seeds, measured } = request;
  const named = request.designs.map((text) => ({ text, chosen: parseDesign(text, request.known) }));
  if (platform?.basis === 'published' && request.scenarios.speedups.length > 0)
    throw new ScenarioError('--speedup wants costs by function: a recording, or a file that calibrate wrote');
  const prepared = prepare(platform ? null : timed, placed, request.era);
  const { era, workload, pool } = prepared;
  const world = platform?.isUntraced ? 'untraced' : request.world;
  const cpus = request.cpus ?? prepared.cpus;
  const fit = { world, runs: seeds, seed: SEED, measured, execute } as const;
  const { kernelFor, calibration } = platform
    ? platform.calibrate(prepared, fit)
    : calibrateRecording(prepared, timed, request.light ?? null, fit);
  const asListed = (recorded: Workload) => withAskedLists(recorded, request.pageLists);
  const listed = asListed(workload);
  const kernel = withLockedPages(kernelFor(listed), request.pagesLocked);
  const { designs: chosen, leftOut } = fittingDesigns(kernel, named);
  const { traced, untraced } = calibration;
  const isBulkAssumed = listed.pageLists !== null && listed.pageLists.recorded === null;
  const withBulk = isBulkAssumed ? withBulkPage(calibration.ensemble, SEED) : calibration.ensemble;
  const sharing = cpuSharing(
    request.preempt ?? null,
    timed.preemption ?? null,
    { tasks: workload.tasks.length, cpus, pressure: request.pressure },
    [kernel, ...chosen.map((design) => applyDesigns(kernel, design.chosen))],
  );
  const ensemble = sharing ? withSchedulingParameters(withBulk, SEED) : withBulk;
  const alone = mapWorkloads(withLateCosts(untraced ?? traced), asListed);
  const beside = compactionBeside(
    request.compaction,
    alone.corners[0]!,
    platform ? placed : timed,
    pool,
    world === 'untraced' ? timed.tracer : null,
  );
  const compacted = beside ? mapWorkloads(alone, beside.add) : alone;
  const ownCpu = beside ? beside.cpu + 1 : Math.max(...workload.tasks.map((task) => task.cpu)) + 1;
  const migrated = migrationBeside(
    request.migration,
    (platform ? placed : timed).operations,
    span((platform ? placed : timed).operations, alone.corners[0]!),
    pool,
    ownCpu,
    world === 'untraced' ? timed.tracer : null,
  );
  const priced = migrated ? mapWorkloads(compacted, migrated.add) : compacted;
  const lastCpu = migrated ? ownCpu : (beside?.cpu ?? -1);
  const ownScenario = {
    cpus,
    sets: ensemble.sets,
    workerCpu: WHERE_WOKEN,
    hogs: new Uint8Array(cpus).fill(request.pressure),
    preemption: sharing?.preemption ?? preemptionById('none'),
    seeds,
  } as const;
  const scenario: ScenarioOptions = withCpu(ownScenario, lastCpu);
  const predicted = predict(kernel, chosen, priced, pool, scenario, execute);
  const { base, baseRuns, designs, designRuns } = predicted;
  const without = beside && predict(kernel, [], alone, pool, ownScenario, execute);
  const open = openQuestions(
    { ...predicted, kernel, designs: chosen },
    ensemble,
    priced,
    pool,
    scenario,
    execute,
  );
  // The recording is one of a traced kernel on its own CPUs, whatever is asked for.
  const asked =
    (beside !== null && request.compaction !== 'recorded') ||
    (migrated !== null && request.migration !== 'recorded');
  const asRecorded = (traces: PricedWorkload) =>
    [beside, migrated].reduce((made, part) => (part ? mapWorkloads(made, part.add) : made), traces);
  const isAsRecorded =
    platform !== null ||
    (untraced === null &&
      cpus === prepared.cpus &&
      request.pressure === 0 &&
      request.pagesLocked === 0 &&
      request.pageLists === null &&
      !asked);
  const recordedScenario: ScenarioOptions = {
    cpus: prepared.cpus,
    sets: ensemble.sets,
    workerCpu: WHERE_WOKEN,
    hogs: new Uint8Array(prepared.cpus),
    preemption: ownScenario.preemption,
    seeds,
  };
  const replayed = isAsRecorded
    ? { base, baseRuns }
    : predict(
        kernelFor(workload),
        [],
        asked ? traced : asRecorded(traced),
        pool,
        asked ? recordedScenario : withCpu(recordedScenario, lastCpu),
        execute,
      );
  const besideMeasured = measuredResults(measured, ensemble, interval);
  const validation = judgedByMeasured(
    platform
      ? notComparable(prepared.structure, platform.title)
      : validate(timed.operations, prepared.structure, workload, replayed.base, replayed.baseRuns),
    measured,
    besideMeasured,
    ensemble,
  );
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
      // Compaction is not scaled: scenarios are replayed without it.
      workload: listed,
      priced: alone,
      kernelFor,
      pool,
      designs: chosen,
      options: { ...scenario, cpus, hogs: new Uint8Array(cpus).fill(request.pressure) },
      cpusAsked: request.cpus,
      pressure: request.pressure,
      execute,
    },
    request.scenarios,
  );
  return {
    schemaVersion: WHAT_IF_SCHEMA_VERSION,
    tool,
    ...inputsOf([timed, ...(placed === timed ? [] : [placed]), ...(request.light ? [request.light] : [])]),
    platform: platform && { title: platform.title, basis: platform.basis },
    kernel: { era: era.id, title: era.title, basis: prepared.basis, source: era.kernel.source },
    world,
    frees: workload.tasks.reduce((sum, task) => sum + task.handle.length, 0),
    tasks: workload.tasks.length,
    cpus,
    runs: seeds,
    validation,
    baseline: base,
    compaction: beside && without && { source: beside.source, cpu: beside.cpu, without: without.base },
    migration: migrated && { source: migrated.source, cpu: ownCpu },
    designs: designs.map((design, d) => ({ ...design, sensitivity: open.sensitivity[d]! })),
    leftOut,
    places:
      workload.notify &&
      timeByPlace(
        kernel,
        runParameters(priced, ensemble.sets[0]!).workload,
        [base, ...designs].map((prediction, k) => ({ prediction, run: [baseRuns, ...designRuns][k]![0]! })),
      ),
    marginal,
    ...scenarios,
    assumptions: [
      ...assumptions(request, world, workload.notes, ensemble),
      ...(workload.anonymous ? anonymousAssumptions(workload.anonymous) : []),
      ...pageListAssumptions(listed, request.pageLists !== null),
      ...(platform ? [] : refillAssumptions(timed.operations, span(timed.operations, workload))),
      ...(sharing?.assumptions ?? []),
      ...(platform ? [] : probeHandlers(timed.operations, workload, world)),
      ...(beside?.assumptions ?? []),
      ...(migrated?.assumptions ?? []),
    ],
    notIdentifiable: [
      ...notIdentifiable(
        { ...request, designs: chosen.map(({ text }) => text) },
        timed.operations,
        calibration,
        workload.notify !== null,
      ),
      ...open.unknown,
    ],
    ensemble: {
      tried: ensemble.tried,
      accepted: ensemble.accepted,
      parameters: ensemble.parameters.filter(({ low, high }) => high > low),
      recorded: ensemble.statistics,
    },
    measured: besideMeasured,
  };
}

/** The machine with one CPU more, where that is not there: nobody else runs on it. */
function withCpu(scenario: ScenarioOptions, cpu: number): ScenarioOptions {
  if (cpu < scenario.cpus) return scenario;
  const hogs = new Uint8Array(cpu + 1);
  hogs.set(scenario.hogs);
  return { ...scenario, cpus: cpu + 1, hogs };
}

function withLateCosts(priced: PricedWorkload): PricedWorkload {
  const late = Object.entries(LATE_COSTS).map(
    ([name, [ns]]) => [name, new Float64Array(COST_QUANTILES).fill(ns)] as const,
  );
  return mapWorkloads(priced, (workload) => ({
    ...workload,
    distributions: new Map([...workload.distributions, ...late]),
  }));
}

/** The model fitted to the recording itself. */
function calibrateRecording(
  { era, workload, make, pool, cpus }: Prepared,
  { operations, tracer }: Recording,
  light: Recording | null,
  fit: Fit,
): { readonly kernelFor: (workload: Workload) => KernelModel; readonly calibration: Calibration } {
  const kernelFor = (scaled: Workload) => replayedKernel(era, scaled);
  const kernel = kernelFor(workload);
  const ops = operations;
  if (light && !tracer)
    throw new RangeError('--light: the recording itself has no traced calls with a duration');
  const callCost = light && tracer && callCostOf(ops, light.operations, tracer);
  return {
    kernelFor,
    calibration: calibrate({ ops, workload, make: make!, kernel, pool, cpus, tracer, callCost, ...fit }),
  };
}

function inputsOf(recordings: readonly Recording[]): Pick<WhatIfResult, 'inputs' | 'reading'> {
  const { tracer } = recordings[0]!;
  return {
    inputs: recordings.flatMap(({ files }) => files),
    reading: {
      lostRecords: recordings.reduce((sum, { lostRecords }) => sum + lostRecords, 0),
      findings: recordings.flatMap(({ findings }) => findings),
      tracerNs: tracer === null ? null : { inside: tracer.insideNs, outside: tracer.outsideNs },
    },
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
  request: WhatIfRequest,
  world: World,
  notes: readonly string[],
  ensemble: Ensemble,
): Assumption[] {
  const { platform } = request;
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
          unit === 'ns'
            ? `${Number(value.toPrecision(3))} ns`
            : unit === 'share'
              ? `${Math.round(100 * value)} %`
              : String(Math.round(value));
        return { what: `${title}: ${text(central)} (${text(low)} to ${text(high)})`, basis };
      }),
  ];
  if (request.pagesLocked > 0) {
    list.push({
      what: `a page of ${request.pagesLocked * 100} % of the emptied zspages is locked by somebody else, whichever they are`,
      basis: 'assumed',
    });
    for (const [name, [ns, range]] of Object.entries(LATE_COSTS))
      list.push({ what: `${name}: ${ns} ns (${range})`, basis: 'assumed' });
  }
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

/** What is done with the handlers of probes, where the trace shows that they ran within the frees. */
function probeHandlers(ops: OperationTable, { rows, notify }: Workload, world: World): readonly Assumption[] {
  const times = rows.flatMap((column) => [...column].map((row) => probesWithin(ops, row, notify)));
  const totalNs = times.reduce((sum, ns) => sum + ns, 0);
  if (totalNs === 0) return [];
  const mean = (totalNs / times.length / 1000).toFixed(1);
  const place = world === 'traced' ? 'counted as time between frees' : 'taken out';
  return [
    { what: `handlers of probes took ${mean} us of a free: no work of it, ${place}`, basis: 'measured' },
  ];
}

function notIdentifiable(
  request: WhatIfRequest,
  ops: OperationTable,
  { lineTransfer, hasWaits }: Calibration,
  hasNotify: boolean,
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
  list.push(
    hasNotify
      ? {
          what: `what zram's counters take, and a slot lock that is inlined: they have no call of their own, so ${COUNTER_NS} ns each (5 to 180 ns) are taken out of the time around them`,
          shownBy: 'a run with per-CPU counters beside one without',
          cuts: [],
        }
      : {
          what: "what zram's notification takes beyond zs_free: it is not in the recording, so slot lock and counters are not replayed",
          shownBy: 'a function_graph of zram_slot_free_notify with its callees',
          cuts: [],
        },
  );
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
