import { type Interval, interval } from './interval.ts';
import type { RunResult } from './returns.ts';

/** Work against the base, run by run. */
export interface CpuLedger {
  /** A worker does it now. */
  readonly moved: Interval;
  /** Still to be done: handles that lie in buffers at the end, at what a drained one took. */
  readonly left: Interval;
  /** Nobody has to do it any more; negative: added. */
  readonly removed: Interval;
}

/** Books of the CPU work of runs against those of the base, ns. */
export function cpuLedger(results: readonly RunResult[], base: readonly RunResult[]): CpuLedger {
  const work = ({ workNs }: RunResult) => workNs.caller + workNs.worker;
  const left = results.map(({ queues, workNs }, k) => {
    const leftOver = queues.reduce((sum, q) => sum + q.leftOver, 0);
    const drained = queues.reduce((sum, q) => sum + q.queued, 0) - leftOver;
    const each = drained > 0 ? workNs.worker / drained : work(base[k]!) / base[k]!.operations[0]!;
    return leftOver * each;
  });
  return {
    moved: interval(results.map((r, k) => r.workNs.worker - base[k]!.workNs.worker)),
    left: interval(left),
    removed: interval(results.map((r, k) => work(base[k]!) - work(r) - left[k]!)),
  };
}
