import type { OperationPart, OperationTable } from '../../trace/operations.ts';
import { COST_QUANTILES } from '../engine/machine.ts';
import { LINE_MOVES } from '../line-moves.ts';
import type { Prepared } from '../prepare.ts';
import type { Reconstruction } from '../reconstruct/reconstruct.ts';
import { quantiles, type TracerCost, type Workload } from '../workload.ts';
import type { Calibration } from './calibration.ts';
import type { FittedParameter } from './ensemble.ts';
import type { ParameterName } from './parameters.ts';
import {
  type Basis,
  type CostOfPlatform,
  type LockCallOfPlatform,
  PLATFORM_KIND,
  PLATFORM_SCHEMA_VERSION,
  type PlatformFile,
} from './platform-file.ts';
import { workloadAt } from './pricing.ts';

interface Origin {
  readonly tool: PlatformFile['tool'];
  readonly sources: PlatformFile['sources'];
  readonly release: string;
  readonly ops: OperationTable;
  readonly tracer: TracerCost | null;
  readonly reconstruction: Reconstruction | null;
}

const NOT_COSTS: readonly string[] = Object.values(LINE_MOVES);
const PER_PAGE = 'free-page';
/** A parameter whose middle 90 % shrank to less than this was fitted by the recording. */
const FITTED = 0.7;

/** A calibrated recording as a platform that others can use. */
export function makePlatform(prepared: Prepared, calibration: Calibration, origin: Origin): PlatformFile {
  const { workload, pool, era, basis, cpus } = prepared;
  const { ensemble, lineTransfer, untraced } = calibration;
  const { tool, sources, release, ops, tracer, reconstruction } = origin;
  const keptOf = (name: ParameterName) =>
    ensemble.parameters.find((parameter) => parameter.name === name)!.kept;
  // With the least of the tracer taken out, as much as the median set has it, and the most.
  const [most, typical, least] = (['lo', 'value', 'hi'] as const).map(
    (end) =>
      untraced &&
      workloadAt(untraced, {
        probeInside: keptOf('probeInside')[end],
        probeOutside: keptOf('probeOutside')[end],
      }),
  );
  const costOf = (pick: (from: Workload) => readonly Float64Array[], unit: 'call' | 'page') => {
    const columns = pick(workload);
    const calls = columns.reduce((sum, column) => sum + column.filter((ns) => !Number.isNaN(ns)).length, 0);
    const list = (from: Workload) => Array.from(quantiles(pick(from)), tenths);
    const cost: CostOfPlatform = {
      basis: 'measured',
      calls,
      unit,
      tracedNs: list(workload),
      untracedNs:
        most && typical && least ? { least: list(least), typical: list(typical), most: list(most) } : null,
    };
    return cost;
  };
  const names = [...workload.distributions.keys()].filter((name) => !NOT_COSTS.includes(name));
  const costs = Object.fromEntries(
    names.map((name) => [
      name,
      costOf((from) => from.costs.map((columns) => columns.get(name)!), name === PER_PAGE ? 'page' : 'call'),
    ]),
  );
  const pagesOf = (from: Workload, t: number, i: number) =>
    pool.classes[from.tasks[t]!.sizeClass[i]!]!.pagesPerZspage;
  const ofPages = (from: Workload, pages: number) =>
    from.costs.map((columns, t) => columns.get(PER_PAGE)!.filter((_, i) => pagesOf(from, t, i) === pages));
  const freePageByPages: Record<string, CostOfPlatform> = {};
  for (const pages of new Set(pool.classes.map((c) => c.pagesPerZspage))) {
    const cost = costOf((from) => ofPages(from, pages), 'page');
    if (cost.calls > 0) freePageByPages[pages] = cost;
  }
  const between = workload.tasks.map(({ thinkNs }) => thinkNs.subarray(1));
  return {
    schemaVersion: PLATFORM_SCHEMA_VERSION,
    kind: PLATFORM_KIND,
    tool,
    sources,
    kernel: { era: era.id, release: release || null, basis },
    clock: null,
    cpus,
    tasks: workload.tasks.length,
    frees: workload.tasks.reduce((sum, { handle }) => sum + handle.length, 0),
    emptied: costs[PER_PAGE]!.calls,
    reconstructed: reconstruction && {
      frees: reconstruction.frees,
      sizes: reconstruction.sizes?.source ?? null,
      times: reconstruction.times,
    },
    probe: tracer && {
      ...tracer,
      basis: 'quickest calls and callers of the recording; shares of it are parameters',
    },
    costs,
    freePageByPages,
    betweenFrees: {
      calls: between.reduce((sum, column) => sum + column.length, 0),
      tracedNs: Array.from(quantiles(between), tenths),
    },
    lineMoves: Object.fromEntries(NOT_COSTS.map((name) => [name, shareOf(workload, name)])),
    lockCalls: lockCalls(ops, workload),
    lineTransfer,
    parameters: ensemble.parameters.map((parameter) => ({
      name: parameter.name,
      title: parameter.title,
      unit: parameter.unit,
      basis: basisOf(parameter),
      value: parameter.kept.value,
      lo: parameter.kept.lo,
      hi: parameter.kept.hi,
      source: parameter.source,
    })),
    fit: { tried: ensemble.tried, accepted: ensemble.accepted },
  };
}

function tenths(ns: number): number {
  return Math.round(ns * 10) / 10;
}

function basisOf({ basis, low, high, kept }: FittedParameter): Basis {
  if (basis === 'measured') return 'measured';
  return high > low && kept.hi - kept.lo < FITTED * 0.9 * (high - low) ? 'fitted' : 'assumed';
}

function shareOf(workload: Workload, name: string): number {
  let moved = 0;
  let all = 0;
  for (const columns of workload.costs) {
    const column = columns.get(name)!;
    all += column.length;
    moved += column.reduce((sum, value) => sum + value, 0);
  }
  return Math.round((1e4 * moved) / Math.max(1, all)) / 1e4;
}

const LOCK_PARTS: readonly (readonly [LockCallOfPlatform['step'], OperationPart])[] = [
  ['read-lock', 'poolLock'],
  ['read-unlock', 'poolUnlock'],
  ['lock', 'lock'],
  ['unlock', 'unlock'],
];

/** Calls of frees that waited for nothing. */
function lockCalls(ops: OperationTable, workload: Workload): readonly LockCallOfPlatform[] {
  return LOCK_PARTS.flatMap(([step, part]): LockCallOfPlatform[] => {
    const values: number[] = [];
    for (const rows of workload.rows) {
      for (const row of rows) {
        const ns = ops.parts[part].get(row);
        if (!Number.isNaN(ns) && !(ops.parts.lockWait.get(row) > 0)) values.push(ns);
      }
    }
    if (values.length === 0) return [];
    values.sort((a, b) => a - b);
    const at = (q: number) => values[Math.min(values.length - 1, Math.floor(q * values.length))]!;
    return [{ step, calls: values.length, p50Ns: at(0.5), p90Ns: at(0.9), p99Ns: at(0.99) }];
  });
}

/** Quantiles that are all the same. */
export function constantQuantiles(value: number): Float64Array {
  return new Float64Array(COST_QUANTILES).fill(value);
}
