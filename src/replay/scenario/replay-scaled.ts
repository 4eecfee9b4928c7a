import type { KernelModel } from '../../model/steps.ts';
import { mapWorkloads } from '../calibrate/pricing.ts';
import { predict, type ScenarioOptions } from '../what-if.ts';
import type { Workload } from '../workload.ts';
import { type RecordedCase, withCpus } from './recorded-case.ts';
import type { ScaledRecording } from './scaled-recording.ts';

/** What a scenario changes beside the scale. */
export interface ScenarioChange {
  /** Those of the request by default. */
  readonly designs?: RecordedCase['designs'];
  readonly options?: ScenarioOptions;
  /** Makes operations cheaper. */
  readonly reprice?: (workload: Workload) => Workload;
}

/** The kernel that is replayed at a scale. */
export function kernelOf(recorded: RecordedCase, { rescale }: ScaledRecording): KernelModel {
  return recorded.kernelFor(rescale(recorded.workload));
}

/** Base and designs over what a scale made, with the luck that all scenarios share. */
export function replayScaled(recorded: RecordedCase, scaled: ScaledRecording, change: ScenarioChange = {}) {
  const { designs = recorded.designs, reprice = (workload) => workload } = change;
  const options = change.options ?? withCpus(recorded, scaled.of.cpus);
  const priced = mapWorkloads(recorded.priced, (workload) => scaled.rescale(reprice(workload)));
  const kernel = recorded.kernelFor(priced.corners[0]!);
  return predict(kernel, designs, priced, scaled.pool, options, recorded.execute);
}
