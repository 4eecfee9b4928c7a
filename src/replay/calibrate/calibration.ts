import type { KernelModel } from '../../model/steps.ts';
import type { Pool } from '../../model/zsmalloc/pool.ts';
import type { OperationTable } from '../../trace/operations.ts';
import { WHERE_WOKEN } from '../engine/machine.ts';
import { type Executor, onThisThread } from '../sweep.ts';
import { recordedFrees } from '../validate.ts';
import type { DesignRun, ScenarioOptions } from '../what-if.ts';
import { isUndivided, type Pricing, type TracerCost, type Workload } from '../workload.ts';
import { type CallCost, measuredBy } from './call-cost.ts';
import { type Check, type Ensemble, ensembleOf, type Figures, openParameters } from './ensemble.ts';
import { cutBy, handOffBound } from './hand-off.ts';
import { type LineTransfer, lineTransferOf, narrowedBy } from './line-transfer.ts';
import { type Measured, measuredStatistics, recordedStatistics } from './noise.ts';
import { PARAMETERS, type ParameterSet } from './parameters.ts';
import { hasReaderLock, type PricedWorkload, pricedOnce, pricedWorkload } from './pricing.ts';

export type World = 'traced' | 'untraced';

export interface CalibrationInput {
  readonly ops: OperationTable;
  /** As recorded. */
  readonly workload: Workload;
  /** The workload with shares of the tracer taken out. */
  readonly make: (pricing: Pricing) => Workload;
  readonly kernel: KernelModel;
  readonly pool: Pool;
  /** CPUs of the recording. */
  readonly cpus: number;
  readonly tracer: TracerCost | null;
  readonly world: World;
  readonly runs: number;
  readonly seed: number;
  readonly measured: readonly Measured[];
  /** The cost of a traced call as another recording shows it. */
  readonly callCost?: CallCost | null;
  /** Runs sets, on several threads where that pays. */
  readonly execute?: Executor;
}

/** The model fitted to a recording. */
export interface Calibration {
  readonly ensemble: Ensemble;
  readonly lineTransfer: LineTransfer | null;
  /** The recording shows lock calls in zs_free. */
  readonly hasWaits: boolean;
  readonly traced: PricedWorkload;
  /** Null where only the traced world is asked for. */
  readonly untraced: PricedWorkload | null;
}

/** Tries for each run where a measured time must be met as well. */
const MEASURED_TRIES = 15;

/**
 * Fits the model to a recording: the tracer's cost is left in, as it is in the recording; what the
 * recording leaves open becomes an ensemble. Measured untraced times then judge the same sets with the
 * tracer's cost at zero. Nothing that was measured of a design has a part in it.
 */
export function calibrate(input: CalibrationInput): Calibration {
  const { ops, workload, kernel, pool, cpus, tracer, runs, seed } = input;
  const undivided = isUndivided(ops);
  const hasPoolLock = hasReaderLock(kernel);
  const lineTransfer = lineTransferOf(ops, workload);
  const bound = handOffBound(ops, workload, tracer);
  const isUntraced = input.world === 'untraced' && tracer !== null;
  const parameters = openParameters(
    PARAMETERS.map((parameter) => {
      if (parameter.name === 'lineTransferNs') return narrowedBy(parameter, lineTransfer);
      if (parameter.name === 'handOffOneNs') return cutBy(parameter, bound);
      return measuredBy(parameter, isUntraced ? (input.callCost ?? null) : null);
    }),
    {
      lineTransferNs: cpus > 1 && !undivided,
      callSplit: !undivided,
      lockedShare: undivided,
      poolShare: undivided && hasPoolLock,
      probeInside: isUntraced,
      probeOutside: isUntraced && !undivided,
      probeBetween: isUntraced,
    },
  );
  const priced = (untracedToo: boolean) =>
    pricedWorkload({
      parameters,
      kernel,
      tracer,
      isUntraced: untracedToo,
      isUndivided: undivided,
      make: input.make,
    });
  const traced = undivided ? priced(false) : pricedOnce(workload, kernel, tracer);
  const untraced = isUntraced ? priced(true) : null;
  const replay = replayer(kernel, pool, cpus, input.execute ?? onThisThread);
  const { hasWaits } = recordedFrees(ops, workload);
  const checks: Check[] = [
    {
      statistics: recordedStatistics(ops, workload, hasWaits),
      replay: (sets) => replay(sets, traced),
    },
  ];
  checks.push(...measuredChecks(input.measured, (sets) => replay(sets, untraced ?? traced)));
  return {
    ensemble: ensembleOf(parameters, checks, { runs, seed, ...searchFor(input.measured, runs) }),
    lineTransfer,
    hasWaits,
    traced,
    untraced,
  };
}

/** Replays the base with sets, on the CPUs of the recording, the recorded times in their order. */
export function replayer(
  kernel: KernelModel,
  pool: Pool,
  cpus: number,
  execute: Executor,
): (sets: readonly ParameterSet[], priced: PricedWorkload) => readonly Figures[] {
  return (sets, priced) => {
    const options: ScenarioOptions = {
      cpus,
      workerCpu: WHERE_WOKEN,
      hogs: new Uint8Array(cpus),
      seeds: sets.length,
      sets,
      inRecordedOrder: true,
    };
    return execute({ models: [kernel], workload: priced, pool, options }).map(([run]) => figuresOf(run!));
  };
}

function figuresOf({ result, totalNs }: DesignRun): Figures {
  const list = result.locks.find(({ name }) => name === 'class->lock') ?? result.locks[0]!;
  const meanNs = result.latencySumNs[0]! / result.operations[0]!;
  return {
    wait: list.waitNs,
    waits: list.contended,
    mean: meanNs,
    whole: totalNs,
    munmap: totalNs,
    zs_free: meanNs,
  };
}

/** Measured times as a check of what the recording cannot show. */
export function measuredChecks(measured: readonly Measured[], replay: Check['replay']): readonly Check[] {
  return measured.length === 0 ? [] : [{ statistics: measuredStatistics(measured), replay }];
}

/** Where a measured time must be met, more sets are tried, and the first run is the nearest. */
export function searchFor(
  measured: readonly Measured[],
  runs: number,
): { readonly tries?: number; readonly nearestFirst?: boolean } {
  return measured.length === 0 ? {} : { tries: MEASURED_TRIES * runs, nearestFirst: true };
}
