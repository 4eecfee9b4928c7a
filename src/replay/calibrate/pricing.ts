import { PAGE_BULK } from '../../model/kernels/pieces.ts';
import { callCost } from '../../model/probe-costs.ts';
import type { KernelModel } from '../../model/steps.ts';
import { COST_QUANTILES } from '../engine/machine.ts';
import { LINE_MOVES } from '../line-moves.ts';
import type { Pricing, TracerCost, Workload } from '../workload.ts';
import { machineWorkload } from './machine-workload.ts';
import { type Parameter, type ParameterName, type ParameterSet, timesOf } from './parameters.ts';

/** Parameters that change what recorded times mean, for {@link pricedWorkload}. */
const PRICED = ['probeInside', 'probeOutside', 'lockedShare', 'poolShare'] as const;

/** A parameter that costs depend on, and its values at which they are known, in rising order. */
export interface Dimension {
  readonly name: ParameterName;
  readonly values: readonly number[];
}

/**
 * A workload at some values of the parameters that its costs depend on; costs in between are interpolated.
 * They are sums of recorded times less shares of the tracer's, so that this is exact but for times that
 * would fall below zero; where many do, there are more values than the ends of the range.
 */
export interface PricedWorkload {
  /** A workload for each combination of the values of `dimensions`, those of the first in turn first. */
  readonly corners: readonly Workload[];
  readonly dimensions: readonly Dimension[];
  /** The tracer's part is taken out of the time between frees as well. */
  readonly isUntraced: boolean;
  /** What a call costs that a design adds, as recorded calls do; null: nothing. */
  readonly callTracer: TracerCost | null;
  /** Cache lines that come with the lock of the zspages' lists. */
  readonly listLines: number;
}

/** A workload that has one price only. */
export function pricedOnce(
  workload: Workload,
  kernel: KernelModel,
  callTracer: TracerCost | null,
): PricedWorkload {
  return {
    corners: [workload],
    dimensions: [],
    isUntraced: false,
    callTracer,
    listLines: listLinesOf(kernel),
  };
}

/** Cache lines that come with the lock of the lists of zspages: its own and its data's. */
export function listLinesOf({ locks }: KernelModel): number {
  return 1 + ((locks['class->lock'] ?? locks['pool->lock'])?.dataLines ?? 0);
}

/** What a workload is priced by. */
export interface PricingInput {
  readonly parameters: readonly Parameter[];
  readonly kernel: KernelModel;
  /** The recording's estimate; null: there is none. */
  readonly tracer: TracerCost | null;
  readonly isUntraced: boolean;
  /** Frees are recorded without the calls that they make. */
  readonly isUndivided: boolean;
  /** The workload for shares of the tracer's estimate and of what is under the locks. */
  readonly make: (pricing: Pricing) => Workload;
}

/** Makes the workload for each combination of values that matter. */
export function pricedWorkload(input: PricingInput): PricedWorkload {
  const { parameters, kernel, isUntraced, isUndivided, make } = input;
  const tracer = isUntraced ? input.tracer : null;
  const hasPoolLock = hasReaderLock(kernel);
  const matters: Record<(typeof PRICED)[number], boolean> = {
    probeInside: tracer !== null,
    probeOutside: tracer !== null && !isUndivided,
    lockedShare: isUndivided,
    poolShare: isUndivided && hasPoolLock,
  };
  const find = (name: ParameterName) => parameters.find((parameter) => parameter.name === name)!;
  const dimensions = PRICED.filter((name) => matters[name]).map((name) => dimensionOf(find(name)));
  const count = dimensions.reduce((product, { values }) => product * values.length, 1);
  const corners = Array.from({ length: count }, (_, corner) => {
    const places = placesOf(dimensions, corner);
    const value = (name: ParameterName) => {
      const k = dimensions.findIndex((dimension) => dimension.name === name);
      return k < 0 ? find(name).central : dimensions[k]!.values[places[k]!]!;
    };
    return make({
      insideNs: (tracer?.insideNs ?? 0) * value('probeInside'),
      outsideNs: (tracer?.outsideNs ?? 0) * value('probeOutside'),
      lockedShare: value('lockedShare'),
      poolShare: hasPoolLock ? value('poolShare') : 0,
    });
  });
  return {
    corners,
    dimensions,
    isUntraced: tracer !== null,
    callTracer: isUntraced ? null : input.tracer,
    listLines: listLinesOf(kernel),
  };
}

/** Ends of a parameter's range, and what lies between them where costs are not linear in it. */
function dimensionOf({ name, low, high, bends = [] }: Parameter): Dimension {
  const between = bends.filter((value) => value > low && value < high);
  return { name, values: high > low ? [low, ...between, high] : [low] };
}

/** By dimension: which of its values a corner stands for. */
function placesOf(dimensions: readonly Dimension[], corner: number): readonly number[] {
  let rest = corner;
  return dimensions.map(({ values }) => {
    const place = rest % values.length;
    rest = Math.floor(rest / values.length);
    return place;
  });
}

/** How much of each value of a dimension is in a number between them; beyond the ends the line goes on. */
function sharesOf({ values }: Dimension, at: number): readonly number[] {
  if (values.length === 1) return [1];
  let upper = 1;
  while (upper < values.length - 1 && values[upper]! < at) upper++;
  const [from, to] = [values[upper - 1]!, values[upper]!];
  const part = (at - from) / (to - from);
  return values.map((_, k) => (k === upper ? part : k === upper - 1 ? 1 - part : 0));
}

/** How much of each corner is in a set. */
function weightsOf(
  { corners, dimensions }: PricedWorkload,
  values: Readonly<Partial<Record<ParameterName, number>>>,
): readonly number[] {
  const shares = dimensions.map((dimension) => sharesOf(dimension, values[dimension.name]!));
  return corners.map((_, corner) =>
    placesOf(dimensions, corner).reduce((weight, place, k) => weight * shares[k]![place]!, 1),
  );
}

/** The workload with costs for values of all its dimensions, and nothing else of a parameter set. */
export function workloadAt(
  priced: PricedWorkload,
  values: Readonly<Partial<Record<ParameterName, number>>>,
): Workload {
  const { corners } = priced;
  const weights = weightsOf(priced, values);
  const first = corners[0]!;
  return {
    ...first,
    costs: first.costs.map((_, task) =>
      blended(
        corners.map((corner) => corner.costs[task]!),
        weights,
      ),
    ),
  };
}

/** Whether frees take the pool's lock for reading. */
export function hasReaderLock({ paths }: KernelModel): boolean {
  return paths.zs_free?.some((step) => step.do === 'read-lock') ?? false;
}

/** The same with each workload changed: other processes, other classes. */
export function mapWorkloads(
  priced: PricedWorkload,
  change: (workload: Workload) => Workload,
): PricedWorkload {
  return { ...priced, corners: priced.corners.map(change) };
}

/** Times of the machine and the workload of a run, by its parameter set. */
export function runParameters(
  priced: PricedWorkload,
  set: ParameterSet,
): { readonly times: ReturnType<typeof timesOf>; readonly workload: Workload } {
  const workload =
    set.machine === undefined
      ? workloadOf(priced, set)
      : machineWorkload(priced.corners[0]!, set.machine, set.values.enqueueNs);
  const { pageLists } = workload;
  if (!pageLists || pageLists.recorded) return { times: timesOf(set), workload };
  // Nobody recorded what a batch takes.
  const bulk = new Float64Array(COST_QUANTILES).fill(pageLists.lists.batch * set.values.bulkPageNs);
  const distributions = new Map([...workload.distributions, [PAGE_BULK, bulk]]);
  return { times: timesOf(set), workload: { ...workload, distributions } };
}

/**
 * The workload as a parameter set has it: costs between the ends of the ranges, the calls of locks
 * divided, and a cache line's way taken out of the calls in which it came from another CPU, because the
 * machine adds it again wherever a design still moves the line.
 */
function workloadOf(priced: PricedWorkload, set: ParameterSet): Workload {
  const { corners, isUntraced, callTracer, listLines } = priced;
  const weights = weightsOf(priced, set.values);
  const [first] = corners;
  const between = isUntraced ? 1 - set.values.probeBetween : 1;
  const moved = movedCalls(listLines);
  const isMoved = (columns: ReadonlyMap<string, Float64Array>) => columns.has(LINE_MOVES.poolTaken);
  const costs = first!.costs.map((_, task) => {
    const columns = blended(
      corners.map((corner) => corner.costs[task]!),
      weights,
    );
    return isMoved(columns) ? divided(columns, set, moved) : columns;
  });
  const distributions = new Map(
    divided(
      blended(
        corners.map((corner) => corner.distributions),
        weights,
      ),
      set,
      moved,
    ),
  );
  const { enqueueNs, locateClassNs, probeInside, probeOutside } = set.values;
  // A call that replaces a traced one would be traced as well.
  const enqueueTracerNs = callTracer
    ? probeInside * callTracer.insideNs + probeOutside * callTracer.outsideNs
    : 0;
  distributions.set('enqueue', new Float64Array(COST_QUANTILES).fill(enqueueNs + enqueueTracerNs));
  distributions.set('locate-class', new Float64Array(COST_QUANTILES).fill(locateClassNs));
  const tasks =
    between === 1
      ? first!.tasks
      : first!.tasks.map((task) => ({
          ...task,
          // The first begins when its task came to its first free: that is no time between frees.
          thinkNs: task.thinkNs.map((ns, i) => (i === 0 ? ns : ns * between)),
        }));
  return { ...first!, tasks, costs, distributions };
}

type Columns = ReadonlyMap<string, Float64Array>;

function blended(columns: readonly Columns[], weights: readonly number[]): Columns {
  if (columns.length === 1) return columns[0]!;
  return new Map(
    [...columns[0]!].map(([name, values]) => {
      const out = new Float64Array(values.length);
      columns.forEach((corner, c) => {
        const from = corner.get(name)!;
        const weight = weights[c]!;
        if (weight === 0) return;
        for (let i = 0; i < out.length; i++) out[i]! += weight * from[i]!;
      });
      return [name, out];
    }),
  );
}

interface LockCall {
  readonly step: Parameters<typeof callCost>[0];
  /** Column that says when lines came from another CPU, and how many of them. */
  readonly moved: string | null;
  readonly lines: number;
}

function movedCalls(listLines: number): readonly LockCall[] {
  return [
    { step: 'read-lock', moved: LINE_MOVES.poolTaken, lines: 1 },
    { step: 'read-unlock', moved: LINE_MOVES.poolReleased, lines: 1 },
    { step: 'lock', moved: LINE_MOVES.listTaken, lines: listLines },
    { step: 'unlock', moved: null, lines: 0 },
  ];
}

function divided(columns: Columns, { values }: ParameterSet, calls: readonly LockCall[]): Columns {
  const { callSplit, lineTransferNs } = values;
  if (callSplit === 0.5 && lineTransferNs === 0) return columns;
  const out = new Map(columns);
  for (const { step, moved, lines } of calls) {
    const before = columns.get(callCost(step, 'before'));
    const after = columns.get(callCost(step, 'after'));
    if (!before || !after) continue;
    const isMoved = moved === null ? undefined : columns.get(moved);
    const newBefore = new Float64Array(before.length);
    const newAfter = new Float64Array(before.length);
    for (let i = 0; i < before.length; i++) {
      // Both halves of the call are in what stands behind; what is more in front is work before it.
      const call = 2 * after[i]!;
      const way = isMoved ? lines * lineTransferNs * isMoved[i]! : 0;
      newBefore[i] = Math.max(0, before[i]! - after[i]! + callSplit * call - way);
      newAfter[i] = (1 - callSplit) * call;
    }
    out.set(callCost(step, 'before'), newBefore);
    out.set(callCost(step, 'after'), newAfter);
  }
  return out;
}
