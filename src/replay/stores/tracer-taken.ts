import { ZSWAP_PATHS } from '../../model/kernels/zswap.ts';
import type { OperationTable } from '../../trace/operations.ts';
import { RUN_TO_RUN } from '../reproduce/sampling.ts';
import type { TracerCost } from '../workload.ts';
import type { RecordedRows } from './recorded-rows.ts';
import { recordedWaits } from './step-costs.ts';
import { LEFT_IN, type TracerTaken } from './without-tracer.ts';

/** How the tracer's cost is taken out of a recording. */
export interface TracerRequest {
  readonly untraced: boolean;
  /** Mean zswap_store of the same workload without a tracer, ns. */
  readonly measuredNs: number | null;
  /** Stores of the same workload with fewer functions traced. */
  readonly light: { readonly ops: OperationTable; readonly rows: RecordedRows } | null;
}

/** What was taken out, and how that is known. */
export interface TracerUsed {
  /** Of the estimate for a traced call. */
  readonly share: { readonly value: number; readonly lo: number; readonly hi: number };
  /** Share of the time between operations that is the tracer's: nothing shows it. */
  readonly between: { readonly value: number; readonly lo: number; readonly hi: number };
  readonly basis: 'assumed' | 'measured' | 'light';
  /** Traced calls within a store, on the average. */
  readonly callsInStore: number;
  /** Mean zswap_store without waits: traced, and with the middle share taken out. */
  readonly storeNs: { readonly traced: number; readonly untraced: number };
}

/** The same range as for frees: the estimate holds the work of the quickest calls, and not what the tracer does to slower ones. */
const ASSUMED = { value: 1, lo: 0.7, hi: 2 };
const BETWEEN = { value: 0.45, lo: 0, hi: 0.9 };
/** Places in both ranges that runs take in turn, the middle first: spread, and not along the diagonal. */
const PLACES: readonly (readonly [share: number, between: number])[] = [
  [Number.NaN, Number.NaN],
  [0, 0.6],
  [1, 0.3],
  [0.35, 1],
  [0.65, 0],
];
/** More is not the tracer: then the measured run was of another machine or workload. */
const MOST_SHARE = 4;

/** What runs take out of the recorded times, in turn; nothing and one where the kernel is to be the traced one. */
export interface TracerPlan {
  readonly variants: readonly TracerTaken[];
  readonly used: TracerUsed | null;
}

/**
 * How much of the tracer each run takes out.
 * @throws {RangeError} when the tracer's cost is not known, or what was measured or recorded beside it does not fit.
 */
export function tracerPlan(
  ops: OperationTable,
  rows: RecordedRows,
  cost: TracerCost | null,
  request: TracerRequest,
): TracerPlan {
  const { untraced, measuredNs, light } = request;
  if (!untraced && measuredNs === null && light === null) return { variants: [LEFT_IN], used: null };
  if (cost === null)
    throw new RangeError(
      'what a traced call costs is not known: it takes a function_graph with small functions',
    );
  const stores = storesOf(ops, rows);
  const callNs = cost.insideNs + cost.outsideNs;
  const left = (share: number) =>
    mean(stores.map(({ ns, calls }) => Math.max(0, ns - share * (cost.insideNs + calls * callNs))));
  const basis = measuredNs !== null ? 'measured' : light !== null ? 'light' : 'assumed';
  const share =
    measuredNs !== null
      ? shareByMeasured(measuredNs, left)
      : light !== null
        ? shareByLight(stores, storesOf(light.ops, light.rows), callNs)
        : ASSUMED;
  const between = BETWEEN;
  const at = ({ lo, hi }: typeof ASSUMED, place: number) => lo + place * (hi - lo);
  return {
    variants: PLACES.map(([forShare, forBetween], k) => {
      const part = k === 0 ? share.value : at(share, forShare);
      return {
        insideNs: part * cost.insideNs,
        outsideNs: part * cost.outsideNs,
        between: k === 0 ? between.value : at(between, forBetween),
      };
    }),
    used: {
      share,
      between,
      basis,
      callsInStore: mean(stores.map(({ calls }) => calls)),
      storeNs: { traced: left(0), untraced: left(share.value) },
    },
  };
}

interface StoreTime {
  /** Without waits for locks. */
  readonly ns: number;
  readonly calls: number;
}

function storesOf(ops: OperationTable, { tasks }: RecordedRows): readonly StoreTime[] {
  return tasks.flat().flatMap(({ op, path, below }) => {
    if (path !== ZSWAP_PATHS.store) return [];
    const { mutex, tree, list, allocator } = recordedWaits(ops, op, below);
    const ns = ops.endNs[op]! - ops.startNs[op]! - mutex - tree - list - allocator;
    return [{ ns, calls: ops.zswap.get(op)!.descendants }];
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** The share that leaves what was measured, with the noise of runs of one workload. */
function shareByMeasured(measuredNs: number, left: (share: number) => number) {
  const traced = left(0);
  if (measuredNs >= traced)
    throw new RangeError(
      `--measured: a zswap_store of ${Math.round(measuredNs)} ns is no less than the traced one of ${Math.round(traced)} ns`,
    );
  const solve = (ns: number) => {
    let [low, high] = [0, MOST_SHARE];
    for (let step = 0; step < 40; step++) {
      const middle = (low + high) / 2;
      if (left(middle) > ns) low = middle;
      else high = middle;
    }
    return high;
  };
  if (left(MOST_SHARE) > measuredNs)
    throw new RangeError(
      `--measured: ${MOST_SHARE} times the estimated cost of the tracer leave ${Math.round(left(MOST_SHARE))} ns of a zswap_store, more than ${Math.round(measuredNs)} ns: another machine or workload, or waits that are no lock's`,
    );
  const noise = RUN_TO_RUN * measuredNs;
  return {
    value: solve(measuredNs),
    lo: solve(Math.min(traced, measuredNs + noise)),
    hi: solve(measuredNs - noise),
  };
}

/** The difference of the mean store over that of its traced calls; what the tracer does to both falls out, so the high end stays. */
function shareByLight(full: readonly StoreTime[], light: readonly StoreTime[], callNs: number) {
  const calls = mean(full.map((store) => store.calls)) - mean(light.map((store) => store.calls));
  if (!(calls >= 1)) throw new RangeError('--light: it has no fewer traced calls in a zswap_store');
  const [a, b] = [mean(full.map(({ ns }) => ns)), mean(light.map(({ ns }) => ns))];
  const value = Math.max(0, (a - b) / (calls * callNs));
  const half = (1.645 * RUN_TO_RUN * Math.hypot(a, b)) / (calls * callNs);
  return { value, lo: Math.max(0, value - half), hi: Math.max(value + half, ASSUMED.hi) };
}
