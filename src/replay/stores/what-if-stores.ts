import type { Design } from '../../model/designs/design.ts';
import { folioRules } from '../../model/designs/failed-folio.ts';
import { applyDesigns, parseDesign, wantsIaa } from '../../model/designs/registry.ts';
import { eraById, eraOn } from '../../model/kernels/eras.ts';
import { withIaa } from '../../model/kernels/iaa-steps.ts';
import { withZswap } from '../../model/kernels/zswap.ts';
import type { KernelModel } from '../../model/steps.ts';
import { Geometry } from '../../model/zsmalloc/geometry.ts';
import { zswapEraById } from '../../model/zswap/eras.ts';
import { detectEra } from '../detect-era.ts';
import { fittingDesigns } from '../fitting-designs.ts';
import type { Recording } from '../run-what-if.ts';
import { replayStructure } from '../structure.ts';
import { batchesText, designOf, detectBatches } from '../zswap/detect-batches.ts';
import { detectZswap } from '../zswap/detect-zswap.ts';
import { replayZswap } from '../zswap/replay-zswap.ts';
import { Codec, type CodecRequest, type IaaRequest } from './codec-costs.ts';
import { ACCEPT_PERCENT, LIMIT_AS_RECORDED, type LimitRequest } from './fates/fate-settings.ts';
import { recordedFates } from './fates/fates.ts';
import { type NodesRequest, ONE_NODE } from './fates/nodes.ts';
import { changedStores, meansAlone, predictStores, runsOf, type StoreReplay } from './predict-stores.ts';
import { recordedRows } from './recorded-rows.ts';
import { STORE_WHAT_IF_SCHEMA_VERSION, type StoreWhatIfResult } from './result.ts';
import { refuseWithoutStores } from './shown-stores.ts';
import { recordedSizes, type SizesRequest, sampledSizes } from './sizes.ts';
import { assumptions, unknowns } from './store-assumptions.ts';
import type { RunOf } from './store-summary.ts';
import { recordedTimes, storeWorkload } from './store-workload.ts';
import { caseOf, type SweepRequest, sweepCases } from './sweep.ts';
import { tracerPlan } from './tracer-taken.ts';
import { compareStores } from './validate-stores.ts';
import { LEFT_IN, type TracerTaken } from './without-tracer.ts';
import { Workloads } from './workloads.ts';

export interface StoreRequest {
  readonly recording: Recording;
  readonly designs: readonly string[];
  /** Designs to choose from, with the user's own. */
  readonly known?: readonly Design[];
  /** Era of zsmalloc by its letter, version of zswap; null: told by the recording. */
  readonly era: string | null;
  readonly zswap: string | null;
  readonly seeds: number;
  /** CPUs; null: as many as the recording used, or one for each of the processes. */
  readonly cpus: number | null;
  /** Null: the recorded one. */
  readonly codec: CodecRequest | null;
  /** Null: as recorded. */
  readonly sizes: SizesRequest | null;
  readonly iaa: IaaRequest;
  readonly otherSteps: number;
  readonly sweep: SweepRequest;
  /** Limit of the pool; absent: as recorded. */
  readonly limit?: LimitRequest;
  /** Nodes and memcgs; absent: one of each. */
  readonly nodes?: NodesRequest;
  /** The tracer's cost is taken out; by a measured mean zswap_store, ns, or by a recording with fewer functions traced. */
  readonly untraced?: boolean;
  readonly measuredNs?: number | null;
  readonly light?: Recording | null;
}

/**
 * Replays a recording's stores, loads, invalidations and writebacks, and what designs would make of them.
 * @throws {RangeError} when the recording has no store with its calls, or a version does not exist.
 * @throws {PlatformError} when nobody knows what the codec takes.
 * @throws {DesignError} for designs that do not exist, or when none fits the kernel.
 */
export function whatIfStores(request: StoreRequest, tool: StoreWhatIfResult['tool']): StoreWhatIfResult {
  const { recording, seeds, iaa, otherSteps } = request;
  const { operations: ops, compaction, kernelRelease, shape = null } = recording;
  const designs = request.designs.map((text) => ({ text, chosen: parseDesign(text, request.known) }));
  const isOfDevice = designs.some(({ chosen }) => wantsIaa(chosen));
  const codecAsked =
    request.codec ?? (isOfDevice ? ({ codec: 'deflate-iaa', platform: null } as const) : null);
  const codec = codecAsked && new Codec(codecAsked, seeds);
  // What there is to replay comes before what fits it: a recording of zram has no stores, whatever the design.
  refuseWithoutStores(ops);
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
  // A patched kernel: its batches are part of the base, unless another version is asked for.
  const batches = detectBatches(ops);
  const patchedAs = batchesText(ops);
  const patched = (model: KernelModel) =>
    batches ? applyDesigns(model, parseDesign(designOf(batches))) : model;
  const unpatched = withZswap(zsmalloc, zswap.era);
  const kernel = withCodec(request.zswap === null ? patched(unpatched) : unpatched, codec, iaa);
  const { designs: fitting, leftOut } = fittingDesigns(kernel, designs, changedStores);
  // A design that wanted another codec must not leave it behind: what is left is asked anew.
  if (leftOut.length > 0) {
    const rest = whatIfStores({ ...request, designs: fitting.map(({ text }) => text) }, tool);
    return { ...rest, leftOut: [...leftOut, ...rest.leftOut] };
  }
  const geometry = new Geometry(zsmalloc.geometry);
  const { outcome, pool } = replayStructure(ops, compaction, geometry, zsmalloc.fullness);
  // What was recorded is told by the recording, whatever kernel is asked for.
  const rows = recordedRows(ops, detected.era, outcome);
  const light = request.light ? lightStores(request.light) : null;
  const plan = tracerPlan(ops, rows, recording.tracer, {
    untraced: request.untraced ?? false,
    measuredNs: request.measuredNs ?? null,
    light,
  });
  const structure = replayZswap(ops, compaction, {
    era: detected.era,
    eraBasis: detected.basis,
    geometry,
    fullness: zsmalloc.fullness,
    maxPages: null,
    acceptPercent: ACCEPT_PERCENT,
  });
  const sizes = recordedSizes(ops, outcome);
  const ownKernel = patched(withZswap(own, detected.era));
  const recorded = storeWorkload(ops, rows, {
    folioPages: 1,
    gathers: {},
    rules: folioRules(ownKernel),
    decide: (tasks) => ({ tasks, fates: recordedFates(rows, tasks, folioRules(ownKernel), sizes) }),
  });
  const usedCpus = Math.max(1, ...recorded.tasks.map(({ cpu }) => cpu + 1));
  const rowsOf = (taken: TracerTaken) =>
    otherSteps === 1 && taken === LEFT_IN
      ? rows
      : recordedRows(ops, detected.era, outcome, otherSteps, taken);
  const workloads = new Workloads(ops, plan.variants, rowsOf, {
    ops,
    recorded: { era: detected.era, sizes, limit: structure?.limit ?? null },
    kernel: ownKernel,
    era: zswap.era,
    geometry,
    fullness: zsmalloc.fullness,
    sizes: request.sizes,
    limit: request.limit ?? LIMIT_AS_RECORDED,
    nodes: request.nodes ?? ONE_NODE,
    cpus: request.cpus ?? usedCpus,
    isDevice: codec?.isDevice === true,
    kernels: [kernel, ...fitting.map((design) => changedStores(kernel, design))],
  });
  const { decider } = workloads;
  const replayOf = ({
    processes,
    folioPages,
    engines,
  }: ReturnType<typeof sweepCases>[number]): StoreReplay => ({
    kernel,
    workloadOf: (model, seed) => workloads.of(model, seed, { folioPages, processes }),
    pool,
    cpus: request.cpus ?? processes ?? usedCpus,
    seeds,
    codec,
    iaa: engines === null ? iaa : { ...iaa, engines },
    otherSteps,
  });
  const cases = sweepCases(request.sweep, designs);
  // The base has no batches: one run for all their sizes.
  const bases = new Map<string, RunOf>();
  const swept = cases.map((one) => {
    const replay = replayOf(one);
    const key = [one.folioPages, one.processes, one.engines].join();
    const base = bases.get(key) ?? runsOf(kernel, replay);
    bases.set(key, base);
    return { one, ...predictStores(replay, one.designs, base) };
  });
  const [first] = swept as [(typeof swept)[number], ...typeof swept];
  const replay = replayOf(first.one);
  const asRecorded: StoreReplay = {
    ...replay,
    kernel: ownKernel,
    workloadOf: () => recorded,
    cpus: usedCpus,
    codec: null,
    otherSteps: 1,
  };
  const times = recordedTimes(ops, rows, recorded.groups);
  const { groups, fates } = first.base;
  const used = request.sizes ? sampledSizes(request.sizes, fates) : sizes;
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
      title: first.base.kernel.title,
      basis: [zswap.basis, basis, ...(patchedAs === null ? [] : [patchedAs])].join('; '),
      source: first.base.kernel.source,
    },
    tasks: replay.workloadOf(kernel, 0).tasks.length,
    cpus: replay.cpus,
    runs: seeds,
    folioPages: first.one.folioPages,
    codec: codec && {
      id: codec.cost.codec,
      platform: codec.cost.platform,
      basis: codec.cost.basis,
      source: codec.cost.source,
      compressNs: codec.cost.compressNs!,
      decompressNs: codec.cost.decompressNs!,
      isChosenByDesign: request.codec === null,
    },
    iaa: codec?.isDevice ? replay.iaa : null,
    otherSteps,
    tracer: plan.used,
    sizes: used,
    limit: decider.limit,
    shrinkWake: decider.isModelled ? decider.wake : null,
    staleEntries: rows.staleEntries,
    validation: {
      structure,
      fates: decider.checked(),
      ...compareStores(recorded.groups, times, predictStores(asRecorded, []).base, meansAlone(asRecorded)),
    },
    baseline: first.base,
    designs: first.designs,
    leftOut,
    sweep: cases.length > 1 ? swept.map(({ one, base, designs: list }) => caseOf(one, base, list)) : null,
    refused: times.refused,
    assumptions: assumptions({
      rows,
      groups,
      designs: first.designs,
      codec,
      iaa: replay.iaa,
      sizes: used,
      fates: first.base.fates,
      limit: decider.limit,
      nodes: request.nodes ?? ONE_NODE,
      otherSteps,
      folioPages: first.one.folioPages,
      processes: first.one.processes,
      tracer: plan.used,
      isOtherVersion: zswap.era.id !== detected.era.id,
    }),
    notIdentifiable: unknowns(first.designs, recorded.groups, request.nodes ?? ONE_NODE),
  };
}

/** Stores of a recording of the same workload with fewer functions traced. */
function lightStores({ operations: ops, compaction, kernelRelease, shape = null }: Recording) {
  const { era, zsmalloc } = detectZswap(ops, kernelRelease);
  const below =
    zsmalloc === null
      ? detectEra(ops, compaction, kernelRelease, false, ops, shape).era
      : eraOn(eraById(zsmalloc), shape);
  const { outcome } = replayStructure(ops, compaction, new Geometry(below.geometry), below.fullness);
  return { ops, rows: recordedRows(ops, era, outcome) };
}

function withCodec(kernel: KernelModel, codec: Codec | null, { verify }: IaaRequest): KernelModel {
  return codec?.isDevice ? withIaa(kernel, verify) : kernel;
}
