import { OperationKind, type OperationTable, Reconstructed } from '../trace/operations.ts';
import { countedDurations, latencyCurve } from './curves.ts';
import type { LockUse } from './engine/machine.ts';
import { type Interval, interval } from './interval.ts';
import { structureMisfit } from './judge-structure.ts';
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
  /** When the first begins, and from there to the end of the last. */
  readonly firstNs: number;
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
  return { durations, waitNs, contended, firstNs: first, totalNs: last - first, hasWaits: hasLocks };
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
  const misfit = structureMisfit(structure);
  let verdict: Validation['verdict'] = misfit === null ? 'fits' : 'does-not-fit';
  if (misfit !== null) reasons.push(misfit);
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
    // The waits of compaction stand in its own calls, not in zs_free: like is laid beside like.
    const ofFrees = (all: (lock: LockUse) => number, background: (lock: LockUse) => number) =>
      overRuns(runs, listLock, (lock) => all(lock) - background(lock));
    const wait = ofFrees(
      ({ waitNs }) => waitNs,
      ({ background }) => background.waitNs,
    );
    const waits = ofFrees(
      ({ contended }) => contended,
      ({ background }) => background.contended,
    );
    comparisons.push(
      { name: `${listLock}, waiting`, unit: 'ns', recorded: seen.waitNs, modelled: wait },
      {
        name: `${listLock}, waits`,
        unit: 'count',
        recorded: seen.contended,
        modelled: waits,
      },
      ...(base.compaction === null ? [] : compactorWaits(ops, seen, listLock, runs)),
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

/** What compaction waited for the lock of the lists while tasks freed; nothing where its calls are not recorded. */
function compactorWaits(
  ops: OperationTable,
  { firstNs, totalNs }: RecordedFrees,
  lock: string,
  runs: readonly DesignRun[],
): readonly Comparison[] {
  let [waitNs, waits, hasLocks] = [0, 0, false];
  for (let row = 0; row < ops.length; row++) {
    if (ops.kind[row] !== OperationKind.Compact) continue;
    const startNs = ops.startNs[row]!;
    if (!(startNs >= firstNs && startNs < firstNs + totalNs)) continue;
    if (!Number.isNaN(ops.parts.lock.get(row))) hasLocks = true;
    const waited = ops.parts.lockWait.get(row);
    if (!(waited > 0)) continue;
    waitNs += waited;
    waits++;
  }
  if (!hasLocks && waits === 0) return [];
  return [
    {
      name: `zs_compact on ${lock}`,
      unit: 'ns',
      recorded: waitNs,
      modelled: overRuns(runs, lock, ({ background }) => background.waitNs),
    },
    {
      name: 'zs_compact, its waits',
      unit: 'count',
      recorded: waits,
      modelled: overRuns(runs, lock, ({ background }) => background.contended),
    },
  ];
}

function overRuns(runs: readonly DesignRun[], lock: string, of: (use: LockUse) => number): Interval {
  return interval(runs.map(({ result }) => of(result.locks.find(({ name }) => name === lock)!)));
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
