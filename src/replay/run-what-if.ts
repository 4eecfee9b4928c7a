import type { Design } from '../model/designs/design.ts';
import { type ChosenDesign, parseDesign } from '../model/designs/registry.ts';
import { eraById } from '../model/kernels/eras.ts';
import { withLockedPages } from '../model/kernels/locked-pages.ts';
import { Geometry } from '../model/zsmalloc/geometry.ts';
import type { CompactionStep, OperationTable } from '../trace/operations.ts';
import { OperationKind } from '../trace/operations.ts';
import { type CompactionPlan, compactionBeside } from './compaction.ts';
import { detectEra } from './detect-era.ts';
import type { MachineTimes } from './engine/machine.ts';
import { COUNTER_NS } from './notify-path.ts';
import { timeByPlace } from './places.ts';
import { type Assumption, type Interval, WHAT_IF_SCHEMA_VERSION, type WhatIfResult } from './result.ts';
import type { ScenarioRequest } from './scenario/request.ts';
import { runScenarios } from './scenario/run-scenarios.ts';
import { replayStructure } from './structure.ts';
import { type Executor, onThisThread } from './sweep.ts';
import { validate } from './validate.ts';
import { type DesignRun, predict, replayedKernel } from './what-if.ts';
import { freeWorkload, NO_TRACER, type TracerCost } from './workload.ts';

/** A recording as `what-if` needs it. */
export interface Recording {
  readonly operations: OperationTable;
  readonly compaction: readonly CompactionStep[];
  readonly kernelRelease: string;
  readonly files: WhatIfResult['inputs'];
  readonly tracer: TracerCost | null;
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
  /** CPUs; null: as many as the recording used. */
  readonly cpus: number | null;
  /** Threads that always want each CPU. */
  readonly pressure: number;
  readonly compaction: CompactionPlan;
  /** How often a page of an emptied zspage is locked by somebody else, 0 to 1. */
  readonly pagesLocked: number;
  readonly scenarios: ScenarioRequest;
}

/** Costs that no recording of today's kernel shows, ns: assumed, with their range. */
const ASSUMED_COSTS: Readonly<Record<string, readonly [ns: number, range: string]>> = {
  enqueue: [10, '3 to 15 ns'],
  'locate-class': [5, '2 to 20 ns: one load of a line that the task just touched'],
};

/** The same of zspages whose pages were locked. */
const LATE_COSTS: typeof ASSUMED_COSTS = {
  kick: [100, '30 to 1000 ns: a work item is queued'],
  'lock-pages': [500, '100 ns to as long as a page stays locked'],
};

const ASSUMED_TIMES: MachineTimes = {
  // What a lock call costs alone stands in the recorded call itself.
  lineHitNs: 0,
  lineTransferNs: 0,
  handOffOneNs: 200,
  handOffManyNs: 300,
  wakeNs: 5000,
  contextSwitchNs: 1500,
  sliceNs: 3_000_000,
};

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
  const { timed, placed } = request;
  const chosen = request.designs.map((text) => ({ text, chosen: parseDesign(text, request.known) }));
  const ops = placed.operations;
  const guess = detectEra(ops, placed.compaction, timed.kernelRelease || placed.kernelRelease, false);
  const first = request.era === null ? guess : { era: eraById(request.era), basis: 'as asked (--kernel)' };
  const geometry = new Geometry(first.era.geometry);
  const full = replayStructure(ops, placed.compaction, geometry, first.era.fullness);
  const tracer = request.world === 'untraced' ? (timed.tracer ?? NO_TRACER) : NO_TRACER;
  const from = lastMallocBefore(ops);
  const workload = freeWorkload(timed.operations, { ops, outcome: full.outcome }, tracer, from);
  const detected =
    request.era === null
      ? detectEra(ops, placed.compaction, timed.kernelRelease, workload.serialised)
      : first;
  const { era } = detected;
  const { pool } = replayStructure(ops, placed.compaction, geometry, era.fullness, from);
  const inWorld = addAssumedCosts(workload.distributions, request.world, timed.tracer);
  const kernel = withLockedPages(replayedKernel(era, workload), request.pagesLocked);
  const cpus = request.cpus ?? Math.max(1, ...workload.tasks.map((task) => task.cpu + 1));
  const alone = { ...workload, distributions: inWorld };
  const beside = compactionBeside(request.compaction, alone, timed, pool, tracer);
  const replayed = beside?.workload ?? alone;
  const scenario = {
    cpus: request.cpus ?? Math.max(cpus, (beside?.cpu ?? 0) + 1),
    times: ASSUMED_TIMES,
    workerCpu: cpus - 1,
    hogs: new Uint8Array(beside?.cpu === cpus ? cpus + 1 : cpus).fill(request.pressure, 0, cpus),
    seeds: request.seeds,
  };
  const { base, baseRuns, designs, designRuns } = predict(kernel, chosen, replayed, pool, scenario, execute);
  const without = beside && predict(kernel, [], alone, pool, scenario, execute);
  // The recording is the judge of what was recorded, not of a compaction that was asked for.
  const judged = without && request.compaction !== 'recorded' ? without : { base, baseRuns };
  const validation = validate(timed.operations, full.report, alone, judged.base, judged.baseRuns);
  const marginal = chosen
    .filter((design) => design.chosen.length > 1)
    .map(({ text, chosen: parts }) => ({
      design: text,
      parts: marginalEffects(parts, kernel, replayed, pool, scenario, baseRuns, execute),
    }));
  const scenarios = runScenarios(
    {
      era,
      operations: ops,
      from,
      // Compaction is not scaled: scenarios are replayed without it.
      workload: alone,
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
    inputs: [...timed.files, ...(placed === timed ? [] : placed.files)],
    kernel: { era: era.id, title: era.title, basis: detected.basis, source: era.kernel.source },
    world: request.world,
    frees: workload.tasks.reduce((sum, task) => sum + task.handle.length, 0),
    tasks: workload.tasks.length,
    cpus,
    runs: request.seeds,
    validation,
    baseline: base,
    compaction: beside && without && { source: beside.source, cpu: beside.cpu, without: without.base },
    designs,
    places:
      workload.notify &&
      timeByPlace(
        kernel,
        replayed,
        [base, ...designs].map((prediction, k) => ({ prediction, run: [baseRuns, ...designRuns][k]![0]! })),
      ),
    marginal,
    ...scenarios,
    assumptions: [...assumptions(request, workload.notes), ...(beside?.assumptions ?? [])],
    notIdentifiable: notIdentifiable(request, timed.operations, workload.notify !== null),
  };
}

/** What each part adds when the parts are applied one after another. */
function marginalEffects(
  parts: readonly ChosenDesign[],
  kernel: Parameters<typeof predict>[0],
  workload: Parameters<typeof predict>[2],
  pool: Parameters<typeof predict>[3],
  scenario: Parameters<typeof predict>[4],
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
  const { designRuns } = predict(kernel, steps, workload, pool, scenario, execute);
  return parts.map(({ design }, k) => {
    const before = k === 0 ? baseRuns : designRuns[k - 1]!;
    const saves = designRuns[k]!.map((run, seed) => before[seed]!.totalNs - run.totalNs).sort(
      (a, b) => a - b,
    );
    const at = (q: number) => saves[Math.round(q * (saves.length - 1))]!;
    return { id: design.id, savesNs: { value: at(0.5), lo: at(0.05), hi: at(0.95) } };
  });
}

/** The place behind the last allocation: what is freed after it is what the designs are about. */
function lastMallocBefore(ops: OperationTable): number {
  let last = 0;
  for (let row = 0; row < ops.length; row++) {
    if (ops.kind[row] !== OperationKind.Malloc) continue;
    const at = ops.returnedAt[row]!;
    if (at > last) last = at;
  }
  return last + 0.25;
}

function addAssumedCosts(
  distributions: ReadonlyMap<string, Float64Array>,
  world: 'traced' | 'untraced',
  tracer: TracerCost | null,
): ReadonlyMap<string, Float64Array> {
  const all = new Map(distributions);
  for (const [name, [ns]] of Object.entries({ ...ASSUMED_COSTS, ...LATE_COSTS })) {
    // A call that replaces a traced one would be traced as well.
    const traced =
      world === 'traced' && tracer !== null && name === 'enqueue' ? tracer.insideNs + tracer.outsideNs : 0;
    all.set(name, new Float64Array(64).fill(ns + traced));
  }
  return all;
}

function assumptions(request: WhatIfRequest, notes: readonly string[]): Assumption[] {
  const { world } = request;
  const list: Assumption[] = [
    { what: 'what each free did, on which CPU, and what its calls took', basis: 'measured' },
    { what: 'which zspage each object is in, and which free empties one', basis: 'modelled' },
    { what: 'who waits for whom: locks are handed over in the order of arrival', basis: 'modelled' },
    {
      what: `a lock goes to its only waiter in ${ASSUMED_TIMES.handOffOneNs} ns, to the first of several in ${ASSUMED_TIMES.handOffManyNs} ns`,
      basis: 'assumed',
    },
    { what: 'self time of zs_free is spread evenly over the gaps between its calls', basis: 'assumed' },
    ...Object.entries(ASSUMED_COSTS).map(
      ([name, [ns, range]]): Assumption => ({ what: `${name}: ${ns} ns (${range})`, basis: 'assumed' }),
    ),
    {
      what: `a woken worker starts after ${ASSUMED_TIMES.wakeNs / 1000} us and shares its CPU in slices of ${ASSUMED_TIMES.sliceNs / 1e6} ms`,
      basis: 'assumed',
    },
  ];
  if (request.pagesLocked > 0) {
    list.push({
      what: `a page of ${request.pagesLocked * 100} % of the emptied zspages is locked by somebody else, whichever they are`,
      basis: 'assumed',
    });
    for (const [name, [ns, range]] of Object.entries(LATE_COSTS))
      list.push({ what: `${name}: ${ns} ns (${range})`, basis: 'assumed' });
  }
  if (world === 'traced') {
    list.push({
      what: "the tracer's cost is left in: these are times of a traced kernel",
      basis: 'measured',
    });
  } else {
    list.push({
      what: "the tracer's estimated cost is taken out of every call: an upper bound of it, so times are a lower bound",
      basis: 'modelled',
    });
  }
  for (const note of notes) list.push({ what: note, basis: 'assumed' });
  return list;
}

function notIdentifiable(request: WhatIfRequest, ops: OperationTable, hasNotify: boolean): string[] {
  const list: string[] = [
    hasNotify
      ? `what zram's counters take, and a slot lock that is inlined: they have no call of their own, so ${COUNTER_NS} ns each (5 to 180 ns) are taken out of the time around them`
      : "what zram's notification takes beyond zs_free: it is not in the recording, so slot lock and counters are " +
        'not replayed. A function_graph of zram_slot_free_notify with its callees would show it.',
  ];
  let hasLocks = false;
  for (let row = 0; row < ops.length; row++) if (!Number.isNaN(ops.parts.lock.get(row))) hasLocks = true;
  if (!hasLocks) {
    list.push(
      'time within zs_free: its calls are not traced, so locks and work are not told apart. A function_graph of ' +
        'zs_free with all callees would show them.',
    );
  }
  list.push(
    'the cost of moving cache lines between CPUs: it is part of the recorded calls and stays as it was, whatever a ' +
      'design does to shared lines. A recording on the machine of interest, with one and with several processes, ' +
      'would show it.',
  );
  if (request.designs.some((text) => /deferred|zram-gc|mm-async/.test(text))) {
    list.push(
      'what a deferring design saves or costs in caches: the worker touches lines that the caller left.',
    );
  }
  return list;
}
