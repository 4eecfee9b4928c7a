import { interval } from '../interval.ts';
import type { DesignPrediction, DesignRun } from '../what-if.ts';
import type { RecordedCase } from './recorded-case.ts';
import { replayScaled } from './replay-scaled.ts';
import { ScenarioError, type ScenarioRequest } from './request.ts';
import type { ScaledDesign, ScalingResult } from './result.ts';
import type { Scale, Scaler } from './scaled-recording.ts';

/** The scales that a request names: each number of processes with each class spread. */
export function scalesOf(recorded: RecordedCase, request: ScenarioRequest): readonly Scale[] {
  const { tasks } = recorded.workload;
  const { pageSize } = recorded.era.geometry;
  const pages = request.sizeBytes === null ? null : Math.floor(request.sizeBytes / pageSize);
  if (pages === 0) throw new ScenarioError(`--size must be at least a page of ${pageSize} bytes`);
  const counts = request.processes.length > 0 ? request.processes : [tasks.length];
  const spreads = request.classSpread.length > 0 ? request.classSpread : [0];
  // One machine for the whole table, or its rows could not be compared.
  const cpus = recorded.cpusAsked ?? Math.max(recorded.options.cpus, ...counts);
  return counts.flatMap((processes) =>
    spreads.map((classSpread) => ({
      processes,
      pages,
      classSpread,
      cpus,
      placement: 'as-recorded' as const,
    })),
  );
}

/** `--processes`, `--size`, `--class-spread`: base and designs over each scale. */
export function scaling(recorded: RecordedCase, scaler: Scaler, scales: readonly Scale[]): ScalingResult {
  const rows = scales.map((scale) => {
    const scaled = scaler.scale(scale);
    const { base, designs, baseRuns, designRuns } = replayScaled(recorded, scaled);
    const runs = [baseRuns, ...designRuns];
    return {
      ...scaled.of,
      designs: [base, ...designs].map((design, k) => short(design, runs[k]!, baseRuns)),
    };
  });
  return { rows, notes: notes(recorded, scales) };
}

function short(
  { id, totalNs, speedup, pFaster, lockWaitNs, contended }: DesignPrediction,
  runs: readonly DesignRun[],
  base: readonly DesignRun[],
): ScaledDesign {
  const process = runs.map(meanEnd);
  const processSpeedup = interval(process.map((ns, k) => meanEnd(base[k]!) / ns));
  return {
    id,
    totalNs,
    processNs: interval(process),
    speedup,
    processSpeedup,
    pFaster,
    lockWaitNs,
    contended,
  };
}

/** Mean over the processes of when each is done. */
function meanEnd({ result: { taskEndNs } }: DesignRun): number {
  return taskEndNs.reduce((sum, ns) => sum + ns, 0) / taskEndNs.length;
}

function notes(recorded: RecordedCase, scales: readonly Scale[]): string[] {
  const { cpus, pages } = scales[0]!;
  const { tasks, serialised } = recorded.workload;
  const counts = scales.map((scale) => scale.processes);
  const list = [
    recorded.cpusAsked === null
      ? `the machine has ${cpus} CPUs: one for each process of the largest number, and no fewer than recorded (--cpus sets another number)`
      : `the machine has ${cpus} CPUs (--cpus); processes beyond that share them`,
  ];
  if (Math.max(...counts) > tasks.length || pages !== null) {
    list.push(
      'copies of a recorded process have objects of their own, allocated as the recorded ones were and among them; each copy begins at another place of its stream, so that copies do not free the same classes side by side. What each free takes beyond waiting stays as recorded: caches and memory are not busier with more processes',
      'a zspage holds objects of several processes, and who frees the last of them gives its pages back: with more processes, the slowest does more of that for the others',
    );
  }
  if (Math.min(...counts) < tasks.length)
    list.push('fewer processes than recorded: those that free most; the others never allocated anything');
  if (scales.some((scale) => scale.classSpread > 0)) {
    list.push(
      'class spread: that share of the objects of each process is in size classes of its own, as large and with as large zspages as those recorded. No kernel has such classes: it tells how much of the waiting comes from processes that meet in a class',
    );
  }
  if (serialised || (tasks.length === 1 && 'si->lock' in recorded.era.kernel.locks))
    list.push('frees of all processes run under si->lock, one after another');
  return list;
}
