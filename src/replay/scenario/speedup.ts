import { applyDesigns } from '../../model/designs/registry.ts';
import { interval, median } from '../interval.ts';
import type { DesignPrediction, DesignRun } from '../what-if.ts';
import type { Workload } from '../workload.ts';
import { costsOf } from './function-costs.ts';
import type { RecordedCase } from './recorded-case.ts';
import { kernelOf, replayScaled } from './replay-scaled.ts';
import type { SpeedupQuestion } from './request.ts';
import type { SpeedupResult } from './result.ts';
import type { ScaledRecording } from './scaled-recording.ts';

/**
 * `--speedup`: base and designs with the own work of some functions made smaller, and nothing else; what
 * that does to waiting follows. The same runs as without it.
 * @throws {ScenarioError} for functions that are not replayed.
 */
export function speedups(
  recorded: RecordedCase,
  questions: readonly SpeedupQuestion[],
  scaled: ScaledRecording,
): readonly SpeedupResult[] {
  const kernel = kernelOf(recorded, scaled);
  const kernels = [kernel, ...recorded.designs.map(({ chosen }) => applyDesigns(kernel, chosen))];
  const asked = questions.map((question) => ({
    question,
    costs: [...new Set(question.what.flatMap((name) => costsOf(name, kernels)))],
  }));
  const before = replayScaled(recorded, scaled);
  const runsBefore = [before.baseRuns, ...before.designRuns];
  return asked.map(({ question, costs }) => {
    const points = question.by.map((speedup) => {
      const after =
        speedup === 0
          ? before
          : replayScaled(recorded, scaled, { reprice: (workload) => faster(workload, costs, speedup) });
      return {
        speedup,
        runs: [after.baseRuns, ...after.designRuns],
        designs: [after.base, ...after.designs],
      };
    });
    const designs = [before.base, ...before.designs].map(({ id }, k) => {
      const measured = points.map(({ speedup, runs, designs: after }) =>
        point(speedup, after[k]!, runs[k]!, runsBefore[k]!),
      );
      return { id, points: measured, slope: slopeOf(measured) };
    });
    return { what: question.what, costs, of: scaled.of, designs };
  });
}

/** The workload with some costs smaller by a share of themselves. */
function faster(workload: Workload, costs: readonly string[], by: number): Workload {
  const changed = (columns: ReadonlyMap<string, Float64Array>) =>
    new Map(
      [...columns].map(([name, values]) => [
        name,
        costs.includes(name) ? values.map((ns) => ns * (1 - by)) : values,
      ]),
    );
  return {
    ...workload,
    costs: workload.costs.map(changed),
    distributions: changed(workload.distributions),
  };
}

function point(
  speedup: number,
  { totalNs }: DesignPrediction,
  runs: readonly DesignRun[],
  before: readonly DesignRun[],
): SpeedupResult['designs'][number]['points'][number] {
  const saved = runs.map((run, k) => before[k]!.totalNs - run.totalNs);
  const work = ({ result }: DesignRun) => result.workNs.caller + result.workNs.worker;
  return {
    speedup,
    totalNs,
    savedNs: interval(saved),
    savedShare: median(saved.map((ns, k) => ns / before[k]!.totalNs)),
    cpuWorkSavedNs: median(runs.map((run, k) => work(before[k]!) - work(run))),
  };
}

/** Least squares through 0 of the share saved over the share of speed-up. */
function slopeOf(
  points: readonly { readonly speedup: number; readonly savedShare: number }[],
): number | null {
  const squares = points.reduce((sum, { speedup }) => sum + speedup * speedup, 0);
  if (squares === 0) return null;
  return points.reduce((sum, { speedup, savedShare }) => sum + speedup * savedShare, 0) / squares;
}
