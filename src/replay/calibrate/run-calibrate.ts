import { interval } from '../interval.ts';
import { prepare } from '../prepare.ts';
import type { Recording } from '../run-what-if.ts';
import type { Executor } from '../sweep.ts';
import { replayedKernel } from '../what-if.ts';
import { isUndivided } from '../workload.ts';
import { calibrate } from './calibration.ts';
import { makePlatform } from './make-platform.ts';
import { type MeasuredResult, measuredResults } from './measured-result.ts';
import type { Measured } from './noise.ts';
import type { PlatformFile } from './platform-file.ts';

export interface CalibrateRequest {
  readonly timed: Recording;
  readonly placed: Recording;
  readonly era: string | null;
  readonly measured: readonly Measured[];
}

/** Sets that a platform file's ranges are made of. */
const RUNS = 41;
const SEED = 1;

/**
 * Fits the model to a recording and writes down what others can use of it.
 * @throws {RangeError} when the recording has no frees with times and places, or not the calls within them.
 */
export function calibrateRecording(
  { timed, placed, era, measured }: CalibrateRequest,
  tool: PlatformFile['tool'],
  execute: Executor,
): { readonly file: PlatformFile; readonly measured: readonly MeasuredResult[] } {
  // A platform has one cost of a page, whatever is behind it.
  const prepared = prepare(timed, placed, era, 'in-pages');
  const { operations: ops, tracer } = timed;
  if (isUndivided(ops)) {
    throw new RangeError(
      'the calls within zs_free are not recorded, so its costs cannot be told apart (it wants a function_graph of zs_free with all callees)',
    );
  }
  const { workload, make, pool, cpus } = prepared;
  const calibration = calibrate({
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
  const sources = [...timed.files, ...(placed === timed ? [] : placed.files)];
  const release = timed.kernelRelease || placed.kernelRelease;
  return {
    file: makePlatform(prepared, calibration, { tool, sources, release, ops, tracer }),
    measured: measuredResults(measured, calibration.ensemble, interval),
  };
}
