import { applyDesigns, type ChosenDesign } from '../../model/designs/registry.ts';
import type { KernelModel } from '../../model/steps.ts';
import type { Pool } from '../../model/zsmalloc/pool.ts';
import { interval } from '../interval.ts';
import type { Executor } from '../sweep.ts';
import type { DesignRun, ScenarioOptions } from '../what-if.ts';
import type { Ensemble, FittedParameter } from './ensemble.ts';
import type { ParameterSet } from './parameters.ts';
import type { PricedWorkload } from './pricing.ts';
import { respond, type Sensitivity, sensitivityOf, type Unknown, valueOfInformation } from './sensitivity.ts';

interface Predicted {
  readonly kernel: KernelModel;
  readonly designs: readonly { readonly text: string; readonly chosen: readonly ChosenDesign[] }[];
  readonly baseRuns: readonly DesignRun[];
  readonly designRuns: readonly (readonly DesignRun[])[];
}

/**
 * What moves each prediction: parameters one at a time, from the first run, and what would be left of
 * the intervals if one of them were known.
 */
export function openQuestions(
  { kernel, designs, baseRuns, designRuns }: Predicted,
  ensemble: Ensemble,
  priced: PricedWorkload,
  pool: Pool,
  scenario: ScenarioOptions,
  execute: Executor,
): { readonly sensitivity: readonly (readonly Sensitivity[])[]; readonly unknown: readonly Unknown[] } {
  if (designs.length === 0) return { sensitivity: [], unknown: [] };
  const kernels = [kernel, ...designs.map(({ chosen }) => applyDesigns(kernel, chosen))];
  const speedups = (sets: readonly ParameterSet[]) =>
    execute({
      models: kernels,
      workload: priced,
      pool,
      options: { ...scenario, sets, seeds: sets.length, inRecordedOrder: true },
    }).map(([base, ...rest]) => rest.map(({ totalNs }) => base!.totalNs / totalNs));
  const responses = respond(
    ensemble.parameters.filter((parameter) => matters(parameter, kernels)),
    scenario.sets[0]!,
    designs.map(({ text }, d) => ({
      id: text,
      speedups: designRuns[d]!.map((run, k) => baseRuns[k]!.totalNs / run.totalNs),
    })),
    speedups,
  );
  return {
    sensitivity: responses.map(sensitivityOf),
    unknown: valueOfInformation(responses, scenario.sets, interval),
  };
}

/** Whether any of the kernels has what a parameter is about: else it need not be tried. */
function matters({ name }: FittedParameter, kernels: readonly KernelModel[]): boolean {
  const usesCost = (cost: string) =>
    kernels.some(({ paths }) => Object.values(paths).some((steps) => JSON.stringify(steps).includes(cost)));
  switch (name) {
    case 'wakeNs':
    case 'contextSwitchNs':
    case 'freesAtOnce':
      return kernels.some(({ queues }) => Object.keys(queues).length > 0);
    case 'enqueueNs':
      return usesCost('"enqueue"');
    case 'locateClassNs':
      return usesCost('"locate-class"');
    default:
      return true;
  }
}
