import { interval } from '../interval.ts';
import { prepare } from '../prepare.ts';
import { complete } from '../reconstruct/complete.ts';
import { fittedConcentration } from '../reconstruct/fit-spread.ts';
import type { Recording } from '../run-what-if.ts';
import type { Executor } from '../sweep.ts';
import { replayedKernel } from '../what-if.ts';
import { isUndivided } from '../workload.ts';
import { calibrate } from './calibration.ts';
import { callCostOf } from './call-cost.ts';
import { makePlatform } from './make-platform.ts';
import { type MeasuredResult, measuredResults } from './measured-result.ts';
import type { Measured } from './noise.ts';
import type { PlatformFile } from './platform-file.ts';

export interface CalibrateRequest {
  readonly timed: Recording;
  readonly placed: Recording;
  readonly era: string | null;
  readonly measured: readonly Measured[];
  /** The timed workload with fewer functions traced: shows what a traced call costs. */
  readonly light?: Recording | null;
}

/** Sets that a platform file's ranges are made of. */
const RUNS = 41;
const SEED = 1;

/**
 * Fits the model to a recording and writes down what others can use of it. Sizes and handles that it does not show
 * are reconstructed, as what-if does it: which frees meet rests on them, what each call took does not.
 * @throws {RangeError} when the recording has no frees with times, or not the calls within them.
 */
export function calibrateRecording(
  request: CalibrateRequest,
  tool: PlatformFile['tool'],
  execute: Executor,
): { readonly file: PlatformFile; readonly measured: readonly MeasuredResult[] } {
  const { era, measured, light } = request;
  const concentration = fittedConcentration(request, era);
  const { recordings, reconstruction } = complete(request, era, { concentration });
  const { timed, placed } = recordings;
  // A platform has one cost of a page, whatever is behind it.
  const prepared = prepare(timed, placed, era, 'in-pages');
  const { operations: ops, tracer } = timed;
  if (isUndivided(ops)) {
    throw new RangeError(
      'the calls within zs_free are not recorded, so its costs cannot be told apart (it wants a function_graph of zs_free with all callees)',
    );
  }
  const { workload, make, pool, cpus } = prepared;
  if (light && !tracer)
    throw new RangeError('--light: the recording itself has no traced calls with a duration');
  const calibration = calibrate({
    callCost: light && tracer ? callCostOf(ops, light.operations, tracer) : null,
    ops,
    workload,
    make: make!,
    kernel: replayedKernel(prepared.era, workload),
    pool,
    cpus,
    tracer,
    world: 'untraced',
    runs: RUNS,
    seed: SEED,
    measured,
    execute,
  });
  const sources = [...timed.files, ...(placed === timed ? [] : placed.files), ...(light ? light.files : [])];
  const release = timed.kernelRelease || placed.kernelRelease;
  return {
    file: makePlatform(prepared, calibration, { tool, sources, release, ops, tracer, reconstruction }),
    measured: measuredResults(measured, calibration.ensemble, interval),
  };
}
