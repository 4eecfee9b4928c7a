import { type OperationTable, Reconstructed } from '../trace/operations.ts';
import { countedDurations, latencyCurve } from './curves.ts';
import type { Interval } from './interval.ts';
import { munmapComparisons } from './munmap-calls.ts';
import { probesWithin } from './notify-path.ts';
import type { Comparison, Validation } from './result.ts';
import type { StructureReport } from './structure.ts';
import type { DesignPrediction, DesignRun } from './what-if.ts';
import type { Workload } from './workload.ts';

/** The recorded frees, as the model's are counted. */
interface RecordedFrees {
  readonly durations: Float64Array;
  readonly waitNs: number;
  readonly contended: number;
  readonly totalNs: number;
  readonly hasWaits: boolean;
}

const FITS_MEAN = 0.15;
const FITS_WAIT = 0.5;

/** The frees of a workload as they were recorded. */
export function recordedFrees(ops: OperationTable, workload: Workload): RecordedFrees {
  const rows = workload.rows.flatMap((column) => [...column]);
  // What the model times: the notification where that is replayed.
  const timed = (row: number) => workload.notify?.get(row) ?? row;
  const durations = Float64Array.from(
    rows,
    (row) => ops.endNs[timed(row)]! - ops.startNs[timed(row)]! - probesWithin(ops, row, workload.notify),
  ).sort();
  let waitNs = 0;
  let contended = 0;
  let hasLocks = false;
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const row of rows) {
    const wait = ops.parts.lockWait.get(row);
    if (!Number.isNaN(ops.parts.lock.get(row))) hasLocks = true;
    if (wait > 0) {
      hasLocks = true;
      waitNs += wait;
      contended++;
    }
    first = Math.min(first, ops.startNs[timed(row)]!);
    last = Math.max(last, ops.endNs[timed(row)]!);
  }
  return { durations, waitNs, contended, totalNs: last - first, hasWaits: hasLocks };
}

/** Where costs come from elsewhere, only the structure can be judged. */
export function notComparable(structure: StructureReport, platform: string): Validation {
  return {
    structure,
    comparisons: [],
    munmapCalls: null,
    recordedLatency: null,
    modelledLatency: null,
    ksDistance: null,
    verdict: 'cannot-be-judged',
    reasons: [`times are those of ${platform}, not of this recording`],
  };
}

/** Lays the replayed baseline beside the recording. */
export function validate(
  ops: OperationTable,
  structure: StructureReport,
  workload: Workload,
  base: DesignPrediction,
  runs: readonly DesignRun[],
): Validation {
  const seen = recordedFrees(ops, workload);
  const quantile = (q: number) =>
    seen.durations[Math.min(seen.durations.length - 1, Math.floor(q * seen.durations.length))]!;
  const mean = seen.durations.reduce((sum, ns) => sum + ns, 0) / seen.durations.length;
  const listLock = 'class->lock' in base.lockWaitNs ? 'class->lock' : 'pool->lock';
  // Without time stamps the whole is the sum of what was assumed: it judges nothing.
  const hasWhole = workload.rows.every(
    (rows) => rows.length === 0 || (ops.reconstructed[rows[0]!]! & Reconstructed.Times) === 0,
  );
  const comparisons: Comparison[] = hasWhole
    ? [{ name: 'munmap, first free to last', unit: 'ns', recorded: seen.totalNs, modelled: base.totalNs }]
    : [];
  const munmap = hasWhole ? munmapComparisons(ops, workload, runs) : null;
  if (munmap) comparisons.push(munmap.longest);
  const munmapCalls = munmap?.calls ?? null;
  const reasons: string[] = [];
  let verdict: Validation['verdict'] = 'fits';
  if (workload.serialised) {
    reasons.push('frees are serialised by the swap device: the time of zs_free alone is not told apart');
  } else {
    const timed = workload.notify ? 'notification' : 'zs_free';
    comparisons.push(
      { name: `${timed}, mean`, unit: 'ns', recorded: mean, modelled: base.latencyIntervalNs.mean },
      { name: `${timed}, median`, unit: 'ns', recorded: quantile(0.5), modelled: base.latencyIntervalNs.p50 },
      { name: `${timed}, p99`, unit: 'ns', recorded: quantile(0.99), modelled: base.latencyIntervalNs.p99 },
    );
    if (isOff(mean, base.latencyIntervalNs.mean, FITS_MEAN)) {
      verdict = 'does-not-fit';
      reasons.push(`the mean ${timed} differs by more than ${FITS_MEAN * 100} %`);
    }
  }
  if (seen.hasWaits) {
    const wait = base.lockWaitNs[listLock]!;
    comparisons.push(
      { name: `${listLock}, waiting`, unit: 'ns', recorded: seen.waitNs, modelled: wait },
      {
        name: `${listLock}, waits`,
        unit: 'count',
        recorded: seen.contended,
        modelled: base.contended[listLock]!,
      },
    );
    const matters = Math.max(seen.waitNs, wait.value) > 0.02 * seen.durations.length * mean;
    if (matters && isOff(seen.waitNs, wait, FITS_WAIT)) {
      verdict = 'does-not-fit';
      reasons.push(`waiting for ${listLock} differs by more than ${FITS_WAIT * 100} %`);
    }
  } else {
    reasons.push(
      'the trace shows no lock calls in zs_free: what is waiting and what is work cannot be judged',
    );
    if (verdict === 'fits') verdict = 'cannot-be-judged';
  }
  if (hasWhole && isOff(seen.totalNs, base.totalNs, FITS_MEAN)) {
    verdict = 'does-not-fit';
    reasons.push(`the whole differs by more than ${FITS_MEAN * 100} %`);
  }
  if (workload.serialised)
    return {
      structure,
      comparisons,
      munmapCalls,
      recordedLatency: null,
      modelledLatency: null,
      ksDistance: null,
      verdict,
      reasons,
    };
  const modelled = runs[0]!.result.latency[0]!;
  const counted = countedDurations(seen.durations, modelled.length);
  const recordedLatency = {
    p50Ns: quantile(0.5),
    p99Ns: quantile(0.99),
    maxNs: seen.durations.at(-1)!,
    meanNs: mean,
    curve: latencyCurve([counted]),
  };
  const modelledLatency = { ...base.latency, curve: base.curves.latency };
  const ksDistance = ks(counted, modelled);
  return {
    structure,
    comparisons,
    munmapCalls,
    recordedLatency,
    modelledLatency,
    ksDistance,
    verdict,
    reasons,
  };
}

/** Whether a recorded figure is not among those of the runs, and their median differs by more than a share of it. */
function isOff(recorded: number, { value, lo, hi }: Interval, share: number): boolean {
  return (recorded < lo || recorded > hi) && Math.abs(value - recorded) > share * recorded;
}

/** Kolmogorov-Smirnov distance of two histograms, to a bucket's width. */
function ks(seen: Float64Array, modelled: Float64Array): number {
  const sum = (counts: Float64Array) => counts.reduce((total, n) => total + n, 0);
  const [ofSeen, ofModelled] = [sum(seen), sum(modelled)];
  let a = 0;
  let b = 0;
  let most = 0;
  for (let k = 0; k < modelled.length; k++) {
    a += seen[k]! / ofSeen;
    b += modelled[k]! / ofModelled;
    most = Math.max(most, Math.abs(a - b));
  }
  return most;
}
