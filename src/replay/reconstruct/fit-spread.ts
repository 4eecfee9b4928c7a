import { OperationKind, type OperationTable } from '../../trace/operations.ts';
import { centralSet } from '../calibrate/parameters.ts';
import { pricedOnce } from '../calibrate/pricing.ts';
import { WHERE_WOKEN } from '../engine/machine.ts';
import { prepare } from '../prepare.ts';
import { predict, replayedKernel } from '../what-if.ts';
import { type CompletableInput, complete, type Recordings } from './complete.ts';

/** Fewer recorded waits than this say nothing of the spread over classes. */
const LEAST_WAITS = 20;
const RUNS = 3;
const CONCENTRATIONS = [0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 20];

/**
 * Concentration of the assumed sizes under which the replayed baseline waits as often as the recording; 1 where
 * there is nothing to fit. The waits of the baseline then judge nothing, and the verdict says so.
 */
export function fittedConcentration<R extends CompletableInput>(
  recordings: Recordings<R>,
  era: string | null,
): number {
  const { reconstruction } = complete(recordings, era);
  const waits = recordedWaits(recordings.timed.operations);
  const isOpen = reconstruction?.sizes?.basis === 'assumed' && reconstruction.sizes.classes > 1.5;
  if (!isOpen || waits < LEAST_WAITS) return 1;
  const distances = CONCENTRATIONS.map((concentration) => {
    const modelled = modelledWaits(complete(recordings, era, { concentration }).recordings, era);
    return { concentration, by: Math.abs(Math.log((modelled + 1) / (waits + 1))) };
  });
  return distances.reduce((best, one) => (one.by < best.by ? one : best)).concentration;
}

/** Recorded frees that waited for a spinlock. */
function recordedWaits(ops: OperationTable): number {
  let waits = 0;
  for (let row = 0; row < ops.length; row++) {
    if (ops.kind[row] === OperationKind.Free && ops.parts.lockWait.get(row) > 0) waits++;
  }
  return waits;
}

/** Waits of the baseline for the lock that is waited for most often. */
function modelledWaits<R extends CompletableInput>(
  { timed, placed }: Recordings<R>,
  eraId: string | null,
): number {
  const { era, workload, pool, cpus } = prepare(timed, placed, eraId);
  const kernel = replayedKernel(era, workload);
  const { base } = predict(kernel, [], pricedOnce(workload, kernel, null), pool, {
    cpus,
    sets: Array.from({ length: RUNS }, () => centralSet()),
    workerCpu: WHERE_WOKEN,
    hogs: new Uint8Array(cpus),
    seeds: RUNS,
  });
  return Math.max(0, ...Object.values(base.contended).map(({ value }) => value));
}
