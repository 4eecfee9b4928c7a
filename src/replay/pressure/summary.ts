import { isDeepStrictEqual } from 'node:util';
import { sampleRankCorrelation } from 'simple-statistics';
import { type Interval, interval } from '../interval.ts';
import type { Parameter } from './parameters.ts';
import type { AgainstBase, PressurePrediction, RegionRange } from './result.ts';
import type { PressureRun } from './run.ts';

/** Standard errors that the largest of two dozen correlations of nothing stays below in 19 of 20 lists. */
const NOISE_ERRORS = 3.1;

/** Rank correlations over so many runs that are nearer to 0 can be luck. */
export const correlationNoise = (runs: number) =>
  Math.min(1, NOISE_ERRORS / Math.sqrt(Math.max(1, runs - 1)));

/** Pages written back from zswap, for whatever reason. */
export const writtenBack = (run: PressureRun) =>
  run.writtenByShrinker + run.writtenByWorker + run.writtenForMemcgLimit;
const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);

/** What runs of a design come to; those out of memory are in no figure. */
export function summary(
  id: string,
  all: readonly PressureRun[],
  againstBase: AgainstBase | null,
): PressurePrediction {
  const ended = all.filter((run) => !run.isOutOfMemory);
  const runs = ended.length > 0 ? ended : all;
  const over = (value: (run: PressureRun) => number): Interval => interval(runs.map(value));
  const wrote = runs.filter((run) => writtenBack(run) > 0);
  return {
    id,
    realNs: over((run) => run.realNs),
    jobNs: over((run) => run.jobNs),
    userNs: over((run) => run.userNs),
    sysNs: over((run) => run.sysNs),
    touchesPerSecond: over((run) => (run.touchedPages * 1e9) / run.realNs),
    storedPages: over((run) => run.storedPages),
    loadedFromZswap: over((run) => run.loadedFromZswap),
    readFromDisk: over((run) => run.readFromDisk),
    writtenBack: over(writtenBack),
    writtenBackPerMillion: over((run) => 1e6 * share(writtenBack(run), run.storedPages)),
    writtenByShrinker: over((run) => run.writtenByShrinker),
    writtenByWorker: over((run) => run.writtenByWorker),
    writtenForMemcgLimit: over((run) => run.writtenForMemcgLimit),
    refusedForLimit: over((run) => run.refusedForLimit),
    refusedForMemcgLimit: over((run) => run.refusedForMemcgLimit),
    refusedIncompressible: over((run) => run.refusedIncompressible),
    secondChances: over((run) => run.secondChances),
    stoppedInSwapCache: over((run) => run.stoppedInSwapCache),
    reclaimCalls: over((run) => run.reclaimCalls),
    activated: over((run) => run.activated),
    deactivated: over((run) => run.deactivated),
    refaultsActivated: over((run) => run.refaultsActivated),
    passes: runs[0]!.passes.map((_, k) => runs.reduce((sum, run) => sum + run.passes[k]!, 0) / runs.length),
    storedOnOtherNode: over((run) => share(run.storedOnOtherNode, run.storedPages)),
    writtenFromWrongNode:
      wrote.length === 0
        ? null
        : interval(wrote.map((run) => share(run.writtenFromWrongNode, writtenBack(run)))),
    mostPoolPages: over((run) => run.mostPoolPages),
    runsOutOfMemory: all.length - ended.length,
    runsWithoutWriteback: ended.filter((run) => writtenBack(run) === 0).length,
    againstBase,
  };
}

/** A design beside the base, run by run; null where none of them ended within the memory. */
export function against(
  base: readonly PressureRun[],
  runs: readonly PressureRun[],
  parameters: readonly Parameter[],
  sets: readonly ReadonlyMap<string, number>[],
): AgainstBase | null {
  const pairs = runs
    .map((run, k) => ({ run, before: base[k]!, values: sets[k]! }))
    .filter((pair) => !pair.run.isOutOfMemory && !pair.before.isOutOfMemory);
  if (pairs.length === 0) return null;
  const fewer = ratiosOf(pairs);
  const changesNothing = runs.every((run, k) => isDeepStrictEqual(run, base[k]));
  // One page more on both sides: runs without any have a logarithm as well.
  const gains = pairs.map(({ run, before }) => Math.log((writtenBack(before) + 1) / (writtenBack(run) + 1)));
  const written = pairs.map(({ before }) => writtenBack(before));
  // What is the base's own in every run hangs on nothing.
  const moving = changesNothing ? [] : parameters.filter(({ low, high }) => low !== high);
  const sensitivity = moving.map(({ name }) => {
    const values = pairs.map((pair) => pair.values.get(name)!);
    return { name, withFewer: correlation(values, gains), withBase: correlation(values, written) };
  });
  return {
    changesNothing,
    speedup: interval(pairs.map(({ run, before: old }) => old.realNs / run.realNs)),
    jobSpeedup: interval(pairs.map(({ run, before: old }) => old.jobNs / run.jobNs)),
    storedRatio: interval(pairs.map(({ run, before: old }) => share(run.storedPages, old.storedPages))),
    sysRatio: interval(pairs.map(({ run, before: old }) => run.sysNs / old.sysNs)),
    fewerWrittenBack: fewer.length === 0 ? null : interval(fewer),
    runsWithBaseWriteback: fewer.length,
    runsTenTimesFewer: fewer.filter((times) => times >= 10).length,
    runsWithNone: fewer.filter((times) => times === Number.POSITIVE_INFINITY).length,
    sensitivity: sensitivity.sort((a, b) => Math.abs(b.withFewer) - Math.abs(a.withFewer)),
    tenTimesRegion: regionOf(pairs, moving),
  };
}

/** Parameters whose values tell the runs with a tenth of the base's pages or less from the other ones. */
function regionOf(
  pairs: readonly (Pair & { readonly values: ReadonlyMap<string, number> })[],
  moving: readonly Parameter[],
): readonly RegionRange[] {
  const wrote = pairs.filter(({ before }) => writtenBack(before) > 0);
  const isFew = ({ run, before }: Pair) => 10 * writtenBack(run) <= writtenBack(before);
  const few = wrote.filter(isFew);
  if (few.length === 0 || few.length === wrote.length) return [];
  // A rank correlation with yes or no: as far from 0 as luck does not bring the largest of all parameters.
  const noise = correlationNoise(wrote.length);
  return moving
    .map(({ name }) => {
      const of = (all: typeof wrote) => all.map(({ values }) => values.get(name)!);
      const values = of(few);
      const strength = correlation(
        of(wrote),
        wrote.map((pair) => Number(isFew(pair))),
      );
      return { name, low: Math.min(...values), high: Math.max(...values), strength };
    })
    .filter(({ strength }) => Math.abs(strength) > noise)
    .sort((a, b) => Math.abs(b.strength) - Math.abs(a.strength));
}

interface Pair {
  readonly run: PressureRun;
  readonly before: PressureRun;
}

/** Pages written back, base over the other, where the base wrote some. */
function ratiosOf(pairs: readonly Pair[]): readonly number[] {
  const wrote = pairs.filter(({ before }) => writtenBack(before) > 0);
  return wrote.map(({ run, before }) => writtenBack(before) / writtenBack(run));
}

/** Pages written back by the base over those of the same runs with other luck; null where none is in either. */
export function luckOf(base: readonly PressureRun[], again: readonly PressureRun[]): Interval | null {
  const ratios = ratiosOf(base.map((before, k) => ({ before, run: again[k]! })));
  return ratios.length === 0 ? null : interval(ratios);
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const differs = (list: readonly number[]) => list.some((value) => value !== list[0]);
  return a.length > 1 && differs(a) && differs(b) ? sampleRankCorrelation([...a], [...b]) : 0;
}
