import type { OperationTable } from '../../trace/operations.ts';
import { mix } from '../engine/random.ts';
import { RUN_TO_RUN } from '../reproduce/sampling.ts';
import type { Workload } from '../workload.ts';

/** What can be measured without a tracer: the wall time of all frees, the mean of one. */
export type MeasuredName = 'munmap' | 'zs_free';

/** A figure of the recording with its noise. */
export interface Statistic {
  readonly name: 'wait' | 'waits' | 'mean' | 'whole' | MeasuredName;
  readonly recorded: number;
  /** A model that is right differs by at most so much in nine of ten recordings. */
  readonly tolerance: number;
}

const RESAMPLES = 200;
const MOST_BLOCKS = 64;
/** Half of the middle 90 % of a normal distribution, in deviations. */
const NINETY = 1.645;

/**
 * Figures of the recorded frees, and how far they are from what another recording of the same workload
 * would show: a bootstrap over blocks of neighbouring frees, so that convoys of waiters stay together, and
 * at least what published times differ by from run to run.
 * @param hasWaits The recording shows lock calls in zs_free.
 */
export function recordedStatistics(
  ops: OperationTable,
  workload: Workload,
  hasWaits: boolean,
): readonly Statistic[] {
  const tasks = workload.rows.map((rows) => blocksOf(ops, rows));
  const begins = workload.rows.map((rows) => ops.startNs[rows[0]!]!);
  const begin = Math.min(...begins);
  const sums = (pick: (count: number, task: number) => number) => {
    let [wait, waits, duration, frees, whole] = [0, 0, 0, 0, 0];
    tasks.forEach((blocks, t) => {
      let span = begins[t]! - begin;
      for (let k = 0; k < blocks.length; k++) {
        const block = blocks[pick(blocks.length, t * MOST_BLOCKS + k)]!;
        wait += block.wait;
        waits += block.waits;
        duration += block.duration;
        frees += block.frees;
        span += block.span;
      }
      whole = Math.max(whole, span);
    });
    return { wait, waits, mean: duration / frees, whole };
  };
  // Each block once: what was recorded.
  const next = tasks.map(() => 0);
  const recorded = sums((_, place) => next[Math.floor(place / MOST_BLOCKS)]!++);
  const samples = Array.from({ length: RESAMPLES }, (_, sample) =>
    sums((count, place) => mix(sample, place, 1) % count),
  );
  const names: (keyof typeof recorded)[] = ['whole'];
  // Under a lock of the whole device the time of zs_free alone is not told apart.
  if (!workload.serialised) names.push('mean');
  if (hasWaits) names.push('wait', 'waits');
  return names.map((name) => {
    const mean = samples.reduce((sum, sample) => sum + sample[name], 0) / RESAMPLES;
    const variance = samples.reduce((sum, sample) => sum + (sample[name] - mean) ** 2, 0) / RESAMPLES;
    const tolerance = NINETY * Math.max(Math.sqrt(variance), RUN_TO_RUN * recorded[name]);
    return { name, recorded: recorded[name], tolerance };
  });
}

/** A time measured without a tracer, as `--measured` gives it. */
export interface Measured {
  readonly name: MeasuredName;
  readonly ns: number;
}

/** Measured times with the noise that published runs of one workload have among themselves. */
export function measuredStatistics(measured: readonly Measured[]): readonly Statistic[] {
  return measured.map(({ name, ns }) => ({ name, recorded: ns, tolerance: NINETY * RUN_TO_RUN * ns }));
}

interface Block {
  readonly wait: number;
  readonly waits: number;
  readonly duration: number;
  readonly frees: number;
  /** To the beginning of the next block. */
  readonly span: number;
}

function blocksOf(ops: OperationTable, rows: Int32Array): readonly Block[] {
  const count = Math.max(1, Math.min(MOST_BLOCKS, Math.floor(Math.sqrt(rows.length))));
  return Array.from({ length: count }, (_, k) => {
    const from = Math.floor((k * rows.length) / count);
    const to = Math.floor(((k + 1) * rows.length) / count);
    let [wait, waits, duration] = [0, 0, 0];
    for (let i = from; i < to; i++) {
      const row = rows[i]!;
      const waited = ops.parts.lockWait.get(row);
      if (waited > 0) {
        wait += waited;
        waits++;
      }
      duration += ops.endNs[row]! - ops.startNs[row]! - ops.probeNs(row);
    }
    const end = to < rows.length ? ops.startNs[rows[to]!]! : ops.endNs[rows[to - 1]!]!;
    return { wait, waits, duration, frees: to - from, span: end - ops.startNs[rows[from]!]! };
  });
}
