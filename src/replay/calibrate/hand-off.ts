import type { OperationTable } from '../../trace/operations.ts';
import type { TracerCost, Workload } from '../workload.ts';
import type { Parameter } from './parameters.ts';

const ENOUGH = 20;
const LOW = 0.05;
/** The least of the tracer's estimate that a waiting call holds: as its parameter has it. */
const LEAST_TRACER = 0.7;

/**
 * The most that handing a lock to its only waiter can take, ns: who comes just before the release waits
 * for little else, so the quickest waits bound it from above. 5 % of the waits are left out, as a wait
 * of a trylock or an interrupt might be. Null with fewer than 20 waits.
 */
export function handOffBound(
  ops: OperationTable,
  workload: Workload,
  tracer: TracerCost | null,
): number | null {
  const waits: number[] = [];
  for (const rows of workload.rows) {
    for (const row of rows) {
      const ns = ops.parts.lockWait.get(row);
      if (ns > 0) waits.push(ns);
    }
  }
  if (waits.length < ENOUGH) return null;
  waits.sort((a, b) => a - b);
  return Math.max(0, waits[Math.floor(LOW * waits.length)]! - LEAST_TRACER * (tracer?.insideNs ?? 0));
}

/** The parameter with its range cut by the bound; unchanged where the bound says nothing. */
export function cutBy(parameter: Parameter, bound: number | null): Parameter {
  if (bound === null || bound >= parameter.high) return parameter;
  const high = Math.max(parameter.low, bound);
  return {
    ...parameter,
    high,
    central: Math.min(parameter.central, (parameter.low + high) / 2),
    source: `${parameter.source}; no more than the quickest waits of the recording, ${Math.round(bound)} ns`,
  };
}
