import type { RecordedCase } from './recorded-case.ts';
import { replayScaled } from './replay-scaled.ts';
import type { ScenarioRequest } from './request.ts';
import type { BreakEvenResult } from './result.ts';
import type { Scaler } from './scaled-recording.ts';
import { scalesOf } from './scaling.ts';

/** Numbers of processes that are tried when none are asked for. */
const COUNTS = [1, 2, 3, 4, 6, 8, 12, 16];

const SURE = 0.95;
const CRITERION = `faster in at least ${SURE * 100} % of the runs, and the 90 % interval of the speed-up above 1`;

/**
 * `--break-even`: from how many processes on a design pays. Each has a CPU of its own and none is idle,
 * unless a number of CPUs is asked for: a worker takes its time from one of them.
 */
export function breakEven(recorded: RecordedCase, scaler: Scaler, request: ScenarioRequest): BreakEvenResult {
  const { cpusAsked, designs, workload } = recorded;
  const counts = request.processes.length > 0 ? [...request.processes].sort((a, b) => a - b) : COUNTS;
  const { pages, classSpread } = scalesOf(recorded, request)[0]!;
  const tried = counts.map((processes) => {
    const cpus = cpusAsked ?? processes;
    const placement = 'one-a-cpu';
    const scaled = scaler.scale({ processes, pages, classSpread, cpus, placement });
    return { processes, cpus, predictions: replayScaled(recorded, scaled).designs };
  });
  return {
    criterion: CRITERION,
    cpus: cpusAsked ?? 'one for each process',
    recordedProcesses: workload.tasks.length,
    designs: designs.map(({ text }, d) => {
      const points = tried.map(({ processes, cpus, predictions }) => {
        const { speedup, pFaster } = predictions[d]!;
        return { processes, cpus, speedup, pFaster, pays: pFaster >= SURE && speedup.lo > 1 };
      });
      const first = points.findIndex(({ pays }) => pays);
      const stop = first < 0 ? undefined : points.slice(first).find(({ pays }) => !pays);
      return {
        id: text,
        paysFrom: points[first]?.processes ?? null,
        stopsAt: stop?.processes ?? null,
        points,
      };
    }),
  };
}
