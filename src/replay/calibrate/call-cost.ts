import { OperationKind, type OperationPart, type OperationTable } from '../../trace/operations.ts';
import { RUN_TO_RUN } from '../reproduce/sampling.ts';
import type { TracerCost } from '../workload.ts';
import type { Parameter } from './parameters.ts';

/** What a traced call costs in all, from two recordings of one workload, of the estimate of the first. */
export interface CallCost {
  readonly share: number;
  /** Middle 90 %. */
  readonly lo: number;
  readonly hi: number;
  /** The least share of the time between frees that is the tracer's: the other recording has so much less. */
  readonly between: number;
  /** Traced calls below a zs_free in both. */
  readonly calls: readonly [full: number, light: number];
}

const BLOCKS = 64;
const NINETY = 1.645;
/** Recordings of one workload have as many frees but for so much. */
const AS_MANY = 0.1;
/** Fewer calls of difference tell nothing. */
const FEWER_CALLS = 1;

/**
 * The difference of the mean zs_free over the difference of the traced calls below one: the work and the
 * tracer in zs_free itself are in both and fall out, waits for locks are left out. What the tracer does to
 * the work of slower calls is in it, which the estimate of one recording cannot show.
 * @throws {RangeError} when the second has not fewer calls below zs_free, or other numbers of frees.
 */
export function callCostOf(full: OperationTable, light: OperationTable, tracer: TracerCost): CallCost {
  const [a, b] = [meanFree(full), meanFree(light)];
  if (b.frees === 0 || Math.abs(b.frees / a.frees - 1) > AS_MANY)
    throw new RangeError(
      `--light: ${b.frees} frees with a duration, ${a.frees} in the recording itself: not the same workload`,
    );
  const calls = a.calls - b.calls;
  if (calls < FEWER_CALLS)
    throw new RangeError(
      `--light: ${b.calls.toFixed(1)} traced calls below a zs_free, ${a.calls.toFixed(1)} in the recording itself: it wants fewer functions traced`,
    );
  const perShare = calls * (tracer.insideNs + tracer.outsideNs);
  const share = (a.ns - b.ns) / perShare;
  const half = (NINETY * Math.hypot(a.deviation, b.deviation)) / perShare;
  return {
    share,
    lo: Math.max(0, share - half),
    hi: Math.max(0, share + half),
    between: a.gapNs > 0 ? Math.max(0, 1 - b.gapNs / a.gapNs) : 0,
    calls: [a.calls, b.calls],
  };
}

/**
 * Parameters as two recordings narrow them, from below: what the tracer does to both falls out of their
 * difference, so that the high ends stay. Parameters that are not about the tracer stay as they are.
 */
export function measuredBy(parameter: Parameter, cost: CallCost | null): Parameter {
  if (cost === null) return parameter;
  if (parameter.name === 'probeBetween') return betweenBy(parameter, cost);
  if (parameter.name !== 'probeInside' && parameter.name !== 'probeOutside') return parameter;
  const [full, light] = cost.calls.map((calls) => calls.toFixed(1));
  return {
    ...parameter,
    central: Math.max(0, cost.share),
    low: cost.lo,
    high: Math.max(cost.hi, parameter.high),
    source: `low end: zs_free with ${full} traced calls below it against ${light} in another recording; high end: what the tracer costs in both falls out`,
  };
}

/** Both recordings have the tracer between frees: the lighter one bounds what is left without it. */
function betweenBy(parameter: Parameter, { between }: CallCost): Parameter {
  if (between <= parameter.low) return parameter;
  const low = Math.min(between, parameter.high);
  return {
    ...parameter,
    low,
    central: (low + parameter.high) / 2,
    source: `${parameter.source}; at least ${Math.round(100 * between)} %: another recording has so much less`,
  };
}

function meanFree(ops: OperationTable) {
  const rows: number[] = [];
  for (let row = 0; row < ops.length; row++) {
    if (ops.kind[row] === OperationKind.Free && ops.endNs[row]! >= ops.startNs[row]!) rows.push(row);
  }
  const known = (ns: number) => (Number.isNaN(ns) ? 0 : ns);
  const parts = Object.keys(ops.below) as OperationPart[];
  let calls = 0;
  const durations = rows.map((row) => {
    calls += known(ops.parts.calls.get(row));
    for (const part of parts) calls += known(ops.below[part].get(row));
    const waited = known(ops.parts.lockWait.get(row)) + known(ops.parts.poolLockWait.get(row));
    return ops.endNs[row]! - ops.startNs[row]! - waited;
  });
  const mean = (list: readonly number[]) => list.reduce((sum, ns) => sum + ns, 0) / Math.max(1, list.length);
  const ns = mean(durations);
  // Neighbours are alike: the spread is that of blocks, and no less than that of runs.
  const size = Math.max(1, Math.ceil(durations.length / BLOCKS));
  const blocks: number[] = [];
  for (let at = 0; at < durations.length; at += size) blocks.push(mean(durations.slice(at, at + size)));
  const variance = mean(blocks.map((block) => (block - ns) ** 2)) / Math.max(1, blocks.length);
  const deviation = Math.max(Math.sqrt(variance), RUN_TO_RUN * ns);
  return {
    frees: rows.length,
    ns,
    calls: calls / Math.max(1, rows.length),
    deviation,
    gapNs: medianGap(ops, rows),
  };
}

/** Median time from a free to the next of its task. */
function medianGap(ops: OperationTable, rows: readonly number[]): number {
  const endNs = new Map<number, number>();
  const gaps: number[] = [];
  for (const row of rows.toSorted((a, b) => ops.startNs[a]! - ops.startNs[b]!)) {
    const before = endNs.get(ops.task[row]!);
    if (before !== undefined) gaps.push(Math.max(0, ops.startNs[row]! - before));
    endNs.set(ops.task[row]!, ops.endNs[row]!);
  }
  return gaps.sort((a, b) => a - b)[gaps.length >> 1] ?? 0;
}
