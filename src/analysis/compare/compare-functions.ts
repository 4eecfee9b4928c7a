import { changeOf, meanOf } from './changes.ts';
import { type Design, type Estimate, estimate } from './estimate.ts';
import { effectSize, rankTest } from './ranks.ts';
import type { Change, FunctionSide } from './result.ts';
import { amounts, durations, type Figures, sideDurations } from './sides.ts';
import type { BucketCounts, FunctionFigures, Summary } from './summary.ts';
import type { Tested } from './verdicts.ts';

/** Calls that each recording must have for a verdict. */
export const ENOUGH_CALLS = 20;
/** A 99th percentile of fewer calls is no more than their greatest. */
const ENOUGH_FOR_P99 = 100;
/** Twice as many traced calls within a call, or half: another set of functions was traced, or another depth. */
const OTHER_TRACING = 2;
/** From this share of a change on, the tracer's part of it is told. */
const TOLD_SHARE = 0.2;
const LEAST_TOLD = 0.05;

export type FunctionChanges = Record<'median' | 'p99' | 'mean' | 'total' | 'self' | 'calls', Change>;

/** One function before it is judged together with all others. */
export interface FunctionRow extends Tested {
  readonly name: string;
  readonly before: FunctionSide | null;
  readonly after: FunctionSide | null;
  readonly change: FunctionChanges;
}

/** One function's figures on both sides. */
export function compareFunction(
  name: string,
  before: Summary,
  after: Summary,
  design: Design,
  allowance: number,
): FunctionRow {
  const [of, to] = [figuresOf(before, name), figuresOf(after, name)];
  const counts = [before, after].map(({ histograms }) => countsOf(histograms.functions, name));
  const [sideBefore, sideAfter] = [functionSide(of, counts[0]!), functionSide(to, counts[1]!)];
  const [a, b] = [present(of), present(to)];
  const both = (figures: (side: readonly FunctionFigures[]) => Figures): Estimate | null => {
    const [one, other] = [figures(a), figures(b)];
    return one && other ? estimate(one, other, fitting(design, a.length, b.length), allowance) : null;
  };
  const p99 = enoughFor(ENOUGH_FOR_P99, a, b);
  const estimates = {
    median: both((side) =>
      durations(
        side,
        (f) => f.p50Ns,
        (f) => f.noise.p50,
        false,
      ),
    ),
    mean: both((side) =>
      durations(
        side,
        (f) => f.meanNs,
        (f) => f.noise.mean,
        true,
      ),
    ),
    p99: p99
      ? both((side) =>
          durations(
            side,
            (f) => f.p99Ns,
            (f) => f.noise.p99,
            true,
          ),
        )
      : null,
    // Within one recording the number of calls is taken as it is.
    total: both((side) =>
      amounts(
        side,
        (f) => f.totalNs,
        (f) => f.noise.mean,
      ),
    ),
    self: both((side) =>
      amounts(
        side,
        (f) => f.selfNs,
        (f) => f.noise.mean,
      ),
    ),
    calls: both((side) =>
      amounts(
        side,
        (f) => f.calls,
        () => null,
      ),
    ),
  };
  const change: FunctionChanges = {
    median: changeOf(sideBefore?.p50Ns ?? null, sideAfter?.p50Ns ?? null, estimates.median),
    p99: p99
      ? changeOf(sideBefore?.p99Ns ?? null, sideAfter?.p99Ns ?? null, estimates.p99)
      : changeOf(null, null, null),
    mean: changeOf(sideBefore?.meanNs ?? null, sideAfter?.meanNs ?? null, estimates.mean),
    total: changeOf(sideBefore?.totalNs ?? null, sideAfter?.totalNs ?? null, estimates.total),
    self: changeOf(sideBefore?.selfNs ?? null, sideAfter?.selfNs ?? null, estimates.self),
    calls: changeOf(
      meanOf(a, (f) => f.calls),
      meanOf(b, (f) => f.calls),
      estimates.calls,
    ),
  };
  const obstacle =
    whyNot(of, to) ?? otherTracing(sideBefore, sideAfter, change.mean, tracerNs(before, after));
  return {
    name,
    before: sideBefore,
    after: sideAfter,
    change,
    candidates: { median: estimates.median, mean: estimates.mean },
    obstacle,
    note: tracerNote(sideBefore, sideAfter, change.mean, tracerNs(before, after)),
    rankPValue: a.length > 0 && b.length > 0 ? rankTest(a.map(meanOrZero), b.map(meanOrZero)) : null,
    effectSize: effectSize(counts[0]!, counts[1]!),
  };
}

/** Recordings of a side that lack the function make the sides smaller: then resamples of all do not fit. */
function fitting(design: Design, before: number, after: number): Design {
  const [draw] = design.draws;
  if (draw === undefined || (draw.before.length === before && draw.after.length === after)) return design;
  return { ...design, draws: [] };
}

function figuresOf(summary: Summary, name: string): readonly (FunctionFigures | null)[] {
  return summary.recordings.map(({ functions }) =>
    Object.hasOwn(functions, name) ? functions[name]! : null,
  );
}

export function countsOf(table: Readonly<Record<string, BucketCounts>>, name: string): BucketCounts {
  return Object.hasOwn(table, name) ? table[name]! : [];
}

function present(figures: readonly (FunctionFigures | null)[]): readonly FunctionFigures[] {
  return figures.filter((found) => found !== null);
}

function functionSide(
  figures: readonly (FunctionFigures | null)[],
  counts: BucketCounts,
): FunctionSide | null {
  const found = present(figures);
  if (found.length === 0) return null;
  const calls = meanOf(found, (f) => f.calls)!;
  const timed = found.some(({ count }) => count > 0);
  return {
    ...sideDurations(figures, counts),
    calls,
    totalNs: timed ? meanOf(found, (f) => f.totalNs) : null,
    selfNs: timed ? meanOf(found, (f) => f.selfNs) : null,
    tracedCallsWithin: calls > 0 ? meanOf(found, (f) => f.tracedWithin)! / calls : 0,
  };
}

/** Hits without durations rank as one. */
function meanOrZero({ meanNs }: FunctionFigures): number {
  return meanNs ?? 0;
}

function enoughFor(count: number, ...sides: readonly (readonly FunctionFigures[])[]): boolean {
  return sides.every((side) => side.every((figures) => figures.count >= count));
}

/** Why no verdict is possible; null when one is. */
function whyNot(
  before: readonly (FunctionFigures | null)[],
  after: readonly (FunctionFigures | null)[],
): string | null {
  const [a, b] = [present(before), present(after)];
  if (a.length === 0) return 'not in the recordings before: not called, or not traced';
  if (b.length === 0) return 'not in the recordings after: not called, or not traced';
  for (const [side, found, all] of [
    ['before', a, before],
    ['after', b, after],
  ] as const) {
    if (found.length < all.length) return `in ${found.length} of ${all.length} recordings ${side}`;
  }
  const fewest = Math.min(...a.map(({ count }) => count), ...b.map(({ count }) => count));
  if (fewest < ENOUGH_CALLS)
    return fewest === 0
      ? 'without durations'
      : `too few calls: ${fewest} in a recording, ${ENOUGH_CALLS} are needed`;
  return null;
}

/** The tracer's cost for each traced call, ns: the greater of both sides. */
function tracerNs(before: Summary, after: Summary): number {
  const costs = [...before.recordings, ...after.recordings].map((recording) => recording.tracerNs ?? 0);
  return Math.max(...costs);
}

/** What the tracer alone makes of a change in the mean, as a share of it; 0 when it works against it. */
function tracerPart(
  before: FunctionSide,
  after: FunctionSide,
  { difference }: Change,
  costNs: number,
): number {
  const ns = (after.tracedCallsWithin - before.tracedCallsWithin) * costNs;
  return difference === null || difference === 0 ? 0 : Math.max(0, ns / difference);
}

/** Callers of functions that only one side traced carry the tracer's cost on one side only. */
function otherTracing(
  before: FunctionSide | null,
  after: FunctionSide | null,
  mean: Change,
  costNs: number,
): string | null {
  if (!before || !after) return null;
  const [few, many] = [before.tracedCallsWithin, after.tracedCallsWithin].sort((x, y) => x - y);
  const differs = many! - few! >= 1 && many! >= OTHER_TRACING * few!;
  if (!differs || tracerPart(before, after, mean, costNs) < 0.5) return null;
  return `recordings differ in what was traced: ${withinText(before, after)}, and that costs as much as the change`;
}

function tracerNote(
  before: FunctionSide | null,
  after: FunctionSide | null,
  mean: Change,
  costNs: number,
): string {
  if (!before || !after) return '';
  const part = tracerPart(before, after, mean, costNs);
  const differs = Math.abs(after.tracedCallsWithin - before.tracedCallsWithin) >= LEAST_TOLD;
  if (part < TOLD_SHARE || !differs) return '';
  const share = part > 1 ? 'all' : `about ${Math.round(part * 100)} %`;
  return `${withinText(before, after)}: the tracer's cost alone may be ${share} of the change`;
}

function withinText(before: FunctionSide, after: FunctionSide): string {
  const text = (calls: number) => calls.toFixed(calls < 10 ? 1 : 0);
  return `${text(before.tracedCallsWithin)} traced calls within each call before, ${text(after.tracedCallsWithin)} after`;
}
