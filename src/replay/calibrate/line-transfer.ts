import type { OperationTable } from '../../trace/operations.ts';
import { LINE_MOVES } from '../line-moves.ts';
import type { Workload } from '../workload.ts';
import type { Parameter } from './parameters.ts';

/** A cache line's way between CPUs as a recording shows it. */
export interface LineTransfer {
  readonly valueNs: number;
  readonly loNs: number;
  readonly hiNs: number;
  /** Calls with the line from another CPU, and with it at hand. */
  readonly moved: number;
  readonly still: number;
}

const ENOUGH = 100;
/** Deviation of a median of n values, in deviations of one value, for a normal distribution. */
const MEDIAN = 1.2533;
const QUARTILES_TO_DEVIATION = 1 / 1.349;
const NINETY = 1.645;

/**
 * By how much taking the pool's reader lock is dearer when another CPU had its line: the difference of
 * the medians of both kinds of calls. The tracer's cost is in both and falls out. Null when fewer than
 * 100 calls of either kind were recorded.
 */
export function lineTransferOf(ops: OperationTable, workload: Workload): LineTransfer | null {
  const moved: number[] = [];
  const still: number[] = [];
  workload.rows.forEach((rows, t) => {
    const isMoved = workload.costs[t]!.get(LINE_MOVES.poolTaken);
    if (!isMoved) return;
    rows.forEach((row, i) => {
      const ns = ops.parts.poolLock.get(row);
      if (!Number.isNaN(ns)) (isMoved[i] === 1 ? moved : still).push(ns);
    });
  });
  if (moved.length < ENOUGH || still.length < ENOUGH) return null;
  const a = medianOf(moved);
  const b = medianOf(still);
  const valueNs = Math.max(0, a.value - b.value);
  const half = NINETY * Math.hypot(a.deviation, b.deviation);
  return {
    valueNs,
    loNs: Math.max(0, a.value - b.value - half),
    hiNs: Math.max(0, a.value - b.value + half),
    moved: moved.length,
    still: still.length,
  };
}

/** The parameter as the recording narrows it. */
export function narrowedBy(parameter: Parameter, seen: LineTransfer | null): Parameter {
  if (!seen) return parameter;
  return {
    ...parameter,
    central: seen.valueNs,
    low: seen.loNs,
    high: seen.hiNs,
    basis: 'measured',
    source: `${seen.moved} reader locks whose line came from another CPU against ${seen.still} with it at hand`,
  };
}

function medianOf(values: number[]): { readonly value: number; readonly deviation: number } {
  values.sort((x, y) => x - y);
  const at = (q: number) => values[Math.min(values.length - 1, Math.floor(q * values.length))]!;
  const spread = (at(0.75) - at(0.25)) * QUARTILES_TO_DEVIATION;
  return { value: at(0.5), deviation: (MEDIAN * spread) / Math.sqrt(values.length) };
}
