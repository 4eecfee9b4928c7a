import type { Design } from '../../model/designs/design.ts';
import { parseDesign } from '../../model/designs/registry.ts';
import { eraById, eraOn } from '../../model/kernels/eras.ts';
import { withZswap } from '../../model/kernels/zswap.ts';
import { Geometry } from '../../model/zsmalloc/geometry.ts';
import { zswapEraById } from '../../model/zswap/eras.ts';
import { detectEra } from '../detect-era.ts';
import type { Assumption } from '../result.ts';
import type { Recording } from '../run-what-if.ts';
import { replayStructure } from '../structure.ts';
import { detectZswap } from '../zswap/detect-zswap.ts';
import { replayZswap } from '../zswap/replay-zswap.ts';
import { ASSUMED_COSTS, meansAlone, predictStores, type StorePrediction } from './predict-stores.ts';
import {
  STORE_WHAT_IF_SCHEMA_VERSION,
  type StoreComparison,
  type StoreValidation,
  type StoreWhatIfResult,
} from './result.ts';
import { ENTRY_WRITE_NS } from './step-costs.ts';
import { type StoreWorkload, storeWorkload } from './store-workload.ts';

export interface StoreRequest {
  readonly recording: Recording;
  readonly designs: readonly string[];
  /** Designs to choose from, with the user's own. */
  readonly known?: readonly Design[];
  /** Era of zsmalloc by its letter, version of zswap; null: told by the recording. */
  readonly era: string | null;
  readonly zswap: string | null;
  readonly seeds: number;
  /** CPUs; null: as many as the recording used. */
  readonly cpus: number | null;
  /** Single pages that are stored one behind another make folios of so many; 1: as recorded. */
  readonly folioPages: number;
}

/**
 * Replays a recording's stores, loads and invalidations and what designs would make of them.
 * @throws {RangeError} when the recording has no store with its calls, or a version does not exist.
 * @throws {DesignError} for designs that do not exist or do not fit the kernel.
 */
export function whatIfStores(request: StoreRequest, tool: StoreWhatIfResult['tool']): StoreWhatIfResult {
  const { recording, seeds } = request;
  const { operations: ops, compaction, kernelRelease, shape = null } = recording;
  const designs = request.designs.map((text) => ({ text, chosen: parseDesign(text, request.known) }));
  const detected = detectZswap(ops, kernelRelease);
  // zswap's calls tell the kernel more often than its allocator's do.
  const below = detectEra(ops, compaction, kernelRelease, false, ops, shape);
  const own = detected.zsmalloc === null ? below.era : eraOn(eraById(detected.zsmalloc), shape);
  const { era: zsmalloc, basis } =
    request.era === null
      ? { era: own, basis: detected.zsmalloc === null ? below.basis : 'zsmalloc of the same kernel' }
      : { era: eraOn(eraById(request.era), shape), basis: 'as asked (--kernel)' };
  const zswap =
    request.zswap === null ? detected : { era: zswapEraById(request.zswap), basis: 'as asked (--zswap)' };
  const geometry = new Geometry(zsmalloc.geometry);
  const { outcome, pool } = replayStructure(ops, compaction, geometry, zsmalloc.fullness);
  // What was recorded is told by the recording, whatever kernel is asked for.
  const recorded = storeWorkload(ops, detected.era, outcome);
  const usedCpus = Math.max(1, ...recorded.tasks.map(({ cpu }) => cpu + 1));
  const cpus = request.cpus ?? usedCpus;
  const recordedKernel = withZswap(own, detected.era);
  const kernel = withZswap(zsmalloc, zswap.era);
  const workload =
    request.folioPages > 1 ? storeWorkload(ops, detected.era, outcome, request.folioPages) : recorded;
  const predicted = predictStores(kernel, designs, workload, pool, { cpus, seeds });
  const isAsRecorded = workload === recorded && kernel.id === recordedKernel.id && cpus === usedCpus;
  const asRecorded = isAsRecorded
    ? predicted
    : predictStores(recordedKernel, [], recorded, pool, { cpus: usedCpus, seeds });
  const structure = replayZswap(ops, compaction, {
    era: detected.era,
    eraBasis: detected.basis,
    geometry,
    fullness: zsmalloc.fullness,
    maxPages: null,
    acceptPercent: 90,
  });
  return {
    schemaVersion: STORE_WHAT_IF_SCHEMA_VERSION,
    tool,
    path: 'store',
    inputs: recording.files,
    reading: {
      lostRecords: recording.lostRecords,
      findings: recording.findings,
      tracerNs: recording.tracer && {
        inside: recording.tracer.insideNs,
        outside: recording.tracer.outsideNs,
      },
    },
    kernel: {
      zsmalloc: zsmalloc.id,
      zswap: zswap.era.id,
      title: predicted.base.kernel.title,
      basis: `${zswap.basis}; ${basis}`,
      source: predicted.base.kernel.source,
    },
    tasks: workload.tasks.length,
    cpus,
    runs: seeds,
    folioPages: request.folioPages,
    validation: {
      structure,
      ...compare(recorded, asRecorded.base, meansAlone(recordedKernel, recorded, pool, usedCpus)),
    },
    baseline: predicted.base,
    designs: predicted.designs,
    refused: recorded.recorded.refused,
    assumptions: assumptions(workload, predicted.designs, zswap.era.id !== detected.era.id),
    notIdentifiable: unknowns(predicted.designs, recorded),
  };
}

/** Medians of fewer are luck. */
const FEW = 30;
/** Of the recorded waits so much must come back; less is not worth judging. */
const WAITS_SHARE = 0.05;

function compare(
  { groups, recorded }: StoreWorkload,
  base: StorePrediction,
  alone: readonly number[],
): Omit<StoreValidation, 'structure'> {
  const mean = (values: Float64Array) => values.reduce((sum, ns) => sum + ns, 0) / values.length;
  const comparison = (
    name: string,
    recordedNs: number,
    modelledNs: StoreComparison['modelledNs'],
  ): StoreComparison => {
    const margin = 0.05 * recordedNs;
    const isOff = recordedNs < modelledNs.lo - margin || recordedNs > modelledNs.hi + margin;
    return { name, recordedNs, modelledNs, isOff };
  };
  const comparisons = groups.flatMap(({ path, pages }, g) => {
    const name = `${path}${pages > 1 ? ` (${pages} pages)` : ''}`;
    const durations = recorded.durationNs[g]!;
    const value = alone[g]!;
    const median = durations[durations.length >> 1]!;
    return [
      comparison(`${name}, mean without waits`, mean(recorded.withoutWaitsNs[g]!), {
        value,
        lo: value,
        hi: value,
      }),
      ...(durations.length >= FEW ? [comparison(`${name}, median`, median, base.groups[g]!.p50Ns)] : []),
    ];
  });
  const everyWait = Object.values(recorded.waitsNs).reduce((sum, ns) => sum + ns, 0);
  const unheld = Object.values(recorded.unheldNs).reduce((sum, ns) => sum + ns, 0);
  const waits = everyWait - unheld;
  const modelledWaits = Object.values(base.lockWaitNs);
  const waitsCompared = comparison('waits for locks that are held', waits, {
    value: modelledWaits.reduce((sum, { value }) => sum + value, 0),
    lo: modelledWaits.reduce((sum, { lo }) => sum + lo, 0),
    hi: modelledWaits.reduce((sum, { hi }) => sum + hi, 0),
  });
  const whole = recorded.durationNs.reduce((sum, list) => sum + list.reduce((a, b) => a + b, 0), 0);
  const all = [...comparisons, waitsCompared, comparison('first to last', recorded.totalNs, base.totalNs)];
  const reasons = comparisons
    .filter(({ isOff }) => isOff)
    .map(({ name }) => `${name}: outside the runs and 5 %`);
  if (waitsCompared.isOff && Math.max(waits, waitsCompared.modelledNs.value) > WAITS_SHARE * whole)
    reasons.push(waitReason(waits, waitsCompared.modelledNs.value, whole));
  return {
    comparisons: all,
    recordedWaitsNs: recorded.waitsNs,
    unheldWaitsNs: recorded.unheldNs,
    treeHeldNs: recorded.treeHeldNs,
    verdict: reasons.length === 0 ? 'fits' : 'does-not-fit',
    reasons,
  };
}

function waitReason(recordedNs: number, modelledNs: number, whole: number): string {
  const share = (ns: number) => `${((100 * ns) / whole).toFixed(1)} %`;
  return `${share(recordedNs)} of the recorded time is waiting for locks that somebody held, ${share(modelledNs)} in the model`;
}

function assumptions(
  workload: StoreWorkload,
  designs: readonly StorePrediction[],
  isOtherVersion: boolean,
): Assumption[] {
  const names = new Set(
    designs
      .flatMap(({ kernel }) =>
        Object.values(kernel.paths).flatMap((steps) => [
          ...JSON.stringify(steps).matchAll(/"cost":"([^"]+)"/g),
        ]),
      )
      .map((match) => match[1]!),
  );
  const used = ASSUMED_COSTS.filter(({ name }) => names.has(name));
  return [
    {
      what: 'what was stored, loaded, invalidated and refused, on which CPU, and what its calls took',
      basis: 'measured',
    },
    { what: 'which zspages are made and emptied: as in the recording, in every design', basis: 'modelled' },
    { what: 'who waits for whom: locks are handed over in the order of arrival', basis: 'modelled' },
    {
      what: "waits for locks that nobody recorded held: the waiter's CPU did not run; time in front of its operation, whatever the design",
      basis: 'modelled',
    },
    {
      what: "self time that is not under the tree's lock is spread evenly over the gaps between an operation's calls",
      basis: 'assumed',
    },
    { what: 'mutex_unlock takes what mutex_lock takes', basis: 'assumed' },
    {
      what: `the entry's first write takes ${ENTRY_WRITE_NS} ns of the gap around it (0 to 100 ns)`,
      basis: 'assumed',
    },
    {
      what: 'making a zspage takes what its zs_malloc took beyond the median of the others',
      basis: 'assumed',
    },
    { what: "the tracer's cost is left in: these are times of a traced kernel", basis: 'measured' },
    ...used.map(
      ({ what, ns, low, high }): Assumption => ({
        what: `${what}: ${ns} ns (${low} to ${high} ns)`,
        basis: 'assumed',
      }),
    ),
    ...(isOtherVersion
      ? [
          {
            what: 'steps of the version asked for take what those of the recorded one took',
            basis: 'assumed',
          } as const,
        ]
      : []),
    ...workload.notes.map((what): Assumption => ({ what, basis: 'assumed' })),
  ];
}

function unknowns(designs: readonly StorePrediction[], { groups }: StoreWorkload) {
  const list: { what: string; shownBy: string }[] = [
    {
      what: 'what moving cache lines between CPUs takes: it is part of the recorded calls',
      shownBy: 'recordings with one and with several processes on the machine of interest',
    },
  ];
  if (!groups.some(({ pages }) => pages > 1))
    list.push({
      what: 'large folios: the recording stores single pages only',
      shownBy: 'a recording of 6.13 or newer with mTHP enabled',
    });
  if (designs.some(({ id }) => id.includes('entries')))
    list.push({
      what: "nodes of pages and entries: what bulk allocation does to the shrinker's lists",
      shownBy: 'a recording on a machine with several nodes, with probes of list_lru_add (nid)',
    });
  return list;
}
