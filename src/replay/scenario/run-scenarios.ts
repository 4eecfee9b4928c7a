import { breakEven } from './break-even.ts';
import type { RecordedCase } from './recorded-case.ts';
import type { ScenarioRequest } from './request.ts';
import type { ScenarioResults } from './result.ts';
import { Scaler } from './scaled-recording.ts';
import { scalesOf, scaling } from './scaling.ts';
import { speedups } from './speedup.ts';
import { starvedWorker } from './starved-worker.ts';

/**
 * Runs the scenarios that are asked for. Those about functions and workers replay the recording, or what
 * `--processes`, `--size` and `--class-spread` make of it when they name one case.
 * @throws {ScenarioError} for what cannot be run.
 */
export function runScenarios(recorded: RecordedCase, request: ScenarioRequest): ScenarioResults {
  const scaler = new Scaler(recorded);
  const scales = scalesOf(recorded, request);
  const isScaled =
    request.processes.length > 0 || request.sizeBytes !== null || request.classSpread.length > 0;
  const asRecorded = {
    processes: recorded.workload.tasks.length,
    pages: null,
    classSpread: 0,
    cpus: recorded.options.cpus,
    placement: 'as-recorded' as const,
  };
  const one = () => scaler.scale(isScaled && scales.length === 1 ? scales[0]! : asRecorded);
  return {
    ...(isScaled ? { scaling: scaling(recorded, scaler, scales) } : {}),
    ...(request.speedups.length > 0 ? { speedups: speedups(recorded, request.speedups, one()) } : {}),
    ...(request.breakEven ? { breakEven: breakEven(recorded, scaler, request) } : {}),
    ...(request.starveWorker ? { starvedWorker: starvedWorker(recorded, one()) } : {}),
  };
}
