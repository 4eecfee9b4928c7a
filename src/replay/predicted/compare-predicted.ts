import { type Interval, median } from '../interval.ts';
import type { MeasuredCalls } from './measured-calls.ts';
import { type DesignFigures, type Prediction, PredictionError } from './read-prediction.ts';
import {
  PREDICTED_SCHEMA_VERSION,
  type PredictedComparison,
  type PredictedDesign,
  type PredictedFigure,
} from './result.ts';

/** What the model calls a lock, and what recordings of several kernels call it. */
const LOCKS: readonly (readonly [model: string, recorded: RegExp])[] = [
  ['class->lock', /^class->lock$/],
  ['pool->lock', /^pool->(?:migrate_)?lock/],
  ['zram slot', /^zram slot lock$/],
  ['cluster lock', /^(?:swap cluster lock|si->lock)$/],
];

/** The model counts durations in 16 buckets for each power of two (replay/engine/time.ts). */
const BUCKETS_AN_OCTAVE = 16;
const COUNT_DIFFERS = 0.05;

/** Functions that are measured for what a what-if times: the first that is there. */
export function callsOf(times: Prediction['times']): readonly string[] {
  if (times === 'notification') return ['zram_slot_free_notify'];
  return times === 'zswap_store' ? ['zswap_store'] : ['zs_free_deferred', 'zs_free'];
}

/** Functions in which waits count: those, and what a worker frees with. */
export function waitsWithin(times: Prediction['times'], asked: readonly string[] | null): readonly string[] {
  return [...new Set([...(asked ?? callsOf(times)), ...(times === 'zswap_store' ? [] : ['zs_free'])])];
}

/**
 * Lays predicted figures beside recordings of the kernel that was really patched.
 * @param chosen Ids of designs; null: all of the file.
 * @throws {PredictionError} for an id that the file does not have, and when nothing was measured.
 */
export function comparePredicted(
  tool: PredictedComparison['tool'],
  file: string,
  prediction: Prediction,
  recordings: readonly MeasuredCalls[],
  chosen: readonly string[] | null,
): PredictedComparison {
  const ids = prediction.designs.map(({ id }) => id);
  for (const id of chosen ?? []) {
    if (!ids.includes(id))
      throw new PredictionError(`${file}: has no design ${id}; it has ${ids.join(', ') || 'none'}`);
  }
  const designs = prediction.designs.filter(({ id }) => chosen?.includes(id) ?? true);
  if (designs.length === 0) throw new PredictionError(`${file}: has no design to compare`);
  if (recordings.every(({ calls }) => calls === 0))
    throw new PredictionError(
      `no call of ${callsOf(prediction.times).join(' or ')} in the recordings; --function names another`,
    );
  return {
    schemaVersion: PREDICTED_SCHEMA_VERSION,
    tool,
    prediction: {
      file,
      command: prediction.command,
      world: prediction.world,
      inputs: prediction.inputs,
      verdict: prediction.verdict,
    },
    after: {
      recordings: recordings.map(({ inputs, kernelRelease, cpus, calls, lostRecords }) => ({
        inputs,
        kernelRelease,
        cpus,
        calls,
        lostRecords,
      })),
      function: recordings[0]!.function,
    },
    designs: designs.map((design) => designBeside(design, prediction, recordings)),
    warnings: warningsOf(prediction, recordings),
  };
}

function designBeside(
  design: DesignFigures,
  { base, recorded, times }: Prediction,
  recordings: readonly MeasuredCalls[],
): PredictedDesign {
  const figures: PredictedFigure[] = [];
  const add = (
    name: string,
    unit: PredictedFigure['unit'],
    predicted: Interval | null,
    ofBase: Interval | null,
    before: number | undefined,
    measured: (recording: MeasuredCalls) => number | null,
    inBuckets = false,
  ) => {
    if (predicted === null) return;
    const values = recordings.map(measured);
    figures.push(besides(name, unit, predicted, ofBase, before ?? null, values, inBuckets));
  };
  add(
    'first call to last',
    'ns',
    design.totalNs,
    base.totalNs,
    recorded['munmap, first free to last'],
    ({ totalNs }) => totalNs,
  );
  const [latency, latencyBefore] = [design.latency, base.latency];
  const called = times === 'notification' ? 'notification' : 'zs_free';
  const beforeOf = (figure: string) => recorded[`${called}, ${figure}`];
  add('mean', 'ns', latency?.mean ?? null, latencyBefore?.mean ?? null, beforeOf('mean'), (r) => r.meanNs);
  add(
    'median',
    'ns',
    latency?.p50 ?? null,
    latencyBefore?.p50 ?? null,
    beforeOf('median'),
    (r) => r.p50Ns,
    true,
  );
  add('p99', 'ns', latency?.p99 ?? null, latencyBefore?.p99 ?? null, beforeOf('p99'), (r) => r.p99Ns, true);
  for (const [lock, pattern] of LOCKS) {
    const [wait, contended] = [design.lockWaitNs[lock], design.contended[lock]];
    const seen = recordings.map((recording) => waitsFor(recording, pattern));
    const happens = [wait?.hi, base.lockWaitNs[lock]?.hi].some((ns) => (ns ?? 0) > 0);
    if (!wait || !contended || (!happens && seen.every((one) => !one || one.waitNs === 0))) continue;
    const of = (part: 'waitNs' | 'contended') => (r: MeasuredCalls) =>
      seen[recordings.indexOf(r)]?.[part] ?? null;
    const was = (figure: string) => recorded[`${lock}, ${figure}`];
    add(`${lock}, waiting`, 'ns', wait, base.lockWaitNs[lock] ?? null, was('waiting'), of('waitNs'));
    add(`${lock}, waits`, 'count', contended, base.contended[lock] ?? null, was('waits'), of('contended'));
  }
  return {
    id: design.id,
    title: design.title,
    figures,
    inside: figures.filter(({ inside }) => inside === true).length,
    measured: figures.filter(({ inside }) => inside !== null).length,
  };
}

/** Waits of all locks that the model takes as one; null where the recording shows no lock calls. */
function waitsFor(
  { locks, showsLocks }: MeasuredCalls,
  pattern: RegExp,
): { readonly waitNs: number; readonly contended: number } | null {
  const found = [...locks].filter(([name]) => pattern.test(name)).map(([, sum]) => sum);
  if (found.length === 0 && !showsLocks) return null;
  return {
    waitNs: found.reduce((sum, { waitNs }) => sum + waitNs, 0),
    contended: found.reduce((sum, { contended }) => sum + contended, 0),
  };
}

function besides(
  name: string,
  unit: PredictedFigure['unit'],
  predicted: Interval,
  ofBase: Interval | null,
  before: number | null,
  recordings: readonly (number | null)[],
  inBuckets: boolean,
): PredictedFigure {
  const known = recordings.filter((value) => value !== null);
  const measured = known.length > 0 ? median(known) : null;
  const resolution = inBuckets ? halfBucket(predicted.value) : 0;
  const isInside = (value: number) =>
    value >= predicted.lo - resolution && value <= predicted.hi + resolution;
  const change = (after: number | null, from: number | null) =>
    after !== null && from !== null && from > 0 ? after / from - 1 : null;
  return {
    name,
    unit,
    predicted,
    recordings,
    measured,
    error: change(predicted.value, measured),
    inside: measured === null ? null : isInside(measured),
    insideRecordings: known.filter(isInside).length,
    resolution,
    change: { predicted: change(predicted.value, ofBase?.value ?? null), measured: change(measured, before) },
  };
}

function halfBucket(ns: number): number {
  return ns < BUCKETS_AN_OCTAVE ? 0.5 : 2 ** Math.floor(Math.log2(ns)) / BUCKETS_AN_OCTAVE / 2;
}

function warningsOf(
  { world, cpus, calls, verdict, times, recorded }: Prediction,
  recordings: readonly MeasuredCalls[],
): PredictedComparison['warnings'] {
  const warnings: { id: string; text: string }[] = [];
  if (world === 'untraced')
    warnings.push({
      id: 'worlds-differ',
      text: 'the what-if took the tracer out (untraced), the recordings have it: measured times are longer for that alone',
    });
  const most = Math.max(...recordings.map((recording) => recording.cpus));
  if (Number.isFinite(cpus) && cpus !== most)
    warnings.push({ id: 'cpus-differ', text: `CPUs: ${cpus} in the what-if, ${most} in the recordings` });
  const counts = recordings.map((recording) => recording.calls);
  if (calls !== null && counts.some((count) => Math.abs(count - calls) > COUNT_DIFFERS * calls))
    warnings.push({
      id: 'work-differs',
      text: `calls: ${calls} in the what-if, ${[...new Set(counts)].join(' and ')} in the recordings: it is not the same work`,
    });
  if (verdict !== 'fits')
    warnings.push({
      id: 'base-not-validated',
      text: `the what-if's own base ${verdict === 'does-not-fit' ? 'does not fit' : 'could not be judged by'} the recording that it was made of`,
    });
  const lost = recordings.reduce((sum, { lostRecords }) => sum + lostRecords, 0);
  if (lost > 0) warnings.push({ id: 'lost-events', text: `${lost} records were lost in the recordings` });
  const kernels = new Set(recordings.map(({ kernelRelease }) => kernelRelease));
  if (kernels.size > 1)
    warnings.push({ id: 'kernels-mixed', text: `recordings are of ${[...kernels].join(' and ')}` });
  if (times === 'zswap_store' && Object.keys(recorded).length === 0)
    warnings.push({ id: 'no-base', text: 'the what-if has no recorded figures of its base' });
  if (recordings.length < 3)
    warnings.push({
      id: 'few-recordings',
      text: 'what recordings of one kernel differ by is in no interval of the model: three or more would show it',
    });
  return warnings;
}
