import { applyDesigns } from '../../model/designs/registry.ts';
import { deferringQueues } from '../../model/designs/rewrite.ts';
import { withValue } from '../calibrate/parameters.ts';
import { sliceNs } from '../calibrate/scheduling-parameters.ts';
import { bucketQuantile } from '../curves.ts';
import { interval, median } from '../interval.ts';
import { returnedBy, timeReturned } from '../returns.ts';
import type { DesignPrediction, DesignRun } from '../what-if.ts';
import type { RecordedCase } from './recorded-case.ts';
import { kernelOf, replayScaled } from './replay-scaled.ts';
import { ScenarioError } from './request.ts';
import type { StarvedWorkerResult } from './result.ts';
import type { ScaledRecording } from './scaled-recording.ts';

/**
 * Shares of a CPU that the worker gets, by the threads that want its CPU as well and never sleep. null:
 * it gets none before the last task is done.
 */
const SHARES: readonly { readonly share: number; readonly hogs: number | null }[] = [
  { share: 0, hogs: null },
  { share: 0.1, hogs: 9 },
  { share: 0.25, hogs: 3 },
  { share: 0.5, hogs: 1 },
  { share: 1, hogs: 0 },
];

/** A worker that wakes up so late has got no CPU; later than any recording, and exact in the engine. */
const NEVER_NS = 2 ** 44;

/**
 * `--starve-worker`: what becomes of designs that defer when their worker gets less of a CPU. The worker
 * has a CPU beside those of the processes, whatever kind of worker it is, and shares it with threads that
 * never sleep, turn by turn: the processes lose nothing to them, and no worker is moved aside where it does
 * not offer its CPU, so that its turn may last for a whole buffer.
 * @throws {ScenarioError} when no design defers.
 */
export function starvedWorker(recorded: RecordedCase, scaled: ScaledRecording): StarvedWorkerResult {
  const { of, pool } = scaled;
  const kernel = kernelOf(recorded, scaled);
  const deferring = recorded.designs.filter(
    ({ chosen }) => deferringQueues(applyDesigns(kernel, chosen)).length > 0,
  );
  if (deferring.length === 0) {
    throw new ScenarioError(
      '--starve-worker wants a design that defers: -d deferred, deferred-array, zram-gc or mm-async, alone or in a composition',
    );
  }
  const cpus = of.cpus + 1;
  const { sets } = recorded.options;
  const swept = SHARES.map(({ share, hogs }) => {
    const pressure = new Uint8Array(cpus).fill(recorded.pressure);
    pressure[of.cpus] = hogs ?? 0;
    const options = {
      ...recorded.options,
      cpus,
      workerCpu: of.cpus,
      hogs: pressure,
      sets: hogs === null ? sets.map((set) => withValue(set, 'wakeNs', NEVER_NS)) : sets,
    };
    return { share, ...replayScaled(recorded, scaled, { designs: deferring, options }) };
  });
  return {
    of,
    sliceNs: sliceNs(cpus),
    designs: deferring.map(({ text }, d) => ({
      id: text,
      points: swept.map(({ share, designs, designRuns }) =>
        point(share, designs[d]!, designRuns[d]!, pool.geometry.config.pageSize),
      ),
    })),
  };
}

function point(
  share: number,
  { totalNs, speedup, pagesAtStart }: DesignPrediction,
  runs: readonly DesignRun[],
  pageSize: number,
): StarvedWorkerResult['designs'][number]['points'][number] {
  const queues = (of: (queue: DesignRun['result']['queues'][number]) => number) =>
    runs.map(({ result }) => result.queues.reduce((sum, queue) => sum + of(queue), 0));
  const overflowed = queues((queue) => queue.overflowed);
  const queued = queues((queue) => queue.queued);
  return {
    share,
    p99Ns: median(runs.map(({ result }) => bucketQuantile(result.latency[0]!, 0.99))),
    maxNs: Math.max(...runs.map(({ result }) => result.latencyMaxNs[0]!)),
    totalNs,
    speedup,
    overflowShare: median(overflowed.map((n, k) => n / Math.max(1, n + queued[k]!))),
    mostQueued: Math.max(...queues((queue) => queue.most)),
    heldBytes: median(
      runs.map((run) => (pagesAtStart - returnedBy(run.result.returns, run.totalNs)) * pageSize),
    ),
    t90Ns: timeBack(runs, 0.9 * pagesAtStart),
  };
}

/** Median time at which so many pages are back; null when half of the runs never get there. */
function timeBack(runs: readonly DesignRun[], pages: number): number | null {
  const times = runs.map(({ result }) => timeReturned(result.returns, pages));
  const middle = interval(times).value;
  return middle < NEVER_NS ? middle : null;
}
