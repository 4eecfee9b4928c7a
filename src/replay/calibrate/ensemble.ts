import type { Statistic } from './noise.ts';
import { centralSet, drawnSet, type Parameter, type ParameterName, type ParameterSet } from './parameters.ts';

/** Figures of a replayed baseline, as {@link Statistic} names them. */
export type Figures = Readonly<Partial<Record<Statistic['name'], number>>>;

/** Figures that sets must reproduce, and the replay that makes them. */
export interface Check {
  readonly statistics: readonly Statistic[];
  readonly replay: (sets: readonly ParameterSet[]) => readonly Figures[];
}

/** A parameter's range before and after the recording was looked at. */
export interface FittedParameter extends Parameter {
  /** Median and middle 90 % of the sets that are left. */
  readonly kept: { readonly value: number; readonly lo: number; readonly hi: number };
}

/** Parameter sets that reproduce the recording within its noise. */
export interface Ensemble {
  /** One for each run; the central set is the first. Fewer sets than runs are met in turn. */
  readonly sets: readonly ParameterSet[];
  readonly tried: number;
  /** Sets that reproduce every figure; 0: the nearest are kept. */
  readonly accepted: number;
  readonly parameters: readonly FittedParameter[];
  readonly statistics: readonly Statistic[];
  /** By check: figures of the sets that it was put to, and whether each of them was kept in the end. */
  readonly judged: readonly (readonly { readonly figures: Figures; readonly isKept: boolean }[])[];
}

/** Sets tried for each run that is wanted. */
const TRIES = 3;
/** Of the sets tried, the nearest so many are kept when none reproduces the recording. */
const NEAREST = 1 / 4;

/** How far a set is from the recording: 1 is the edge of its noise. */
export function distance(statistics: readonly Statistic[], figures: Figures): number {
  return statistics.reduce((most, { name, recorded, tolerance }) => {
    const off = Math.abs((figures[name] ?? Number.NaN) - recorded);
    return off === 0 ? most : Math.max(most, off / Math.max(tolerance, Number.MIN_VALUE));
  }, 0);
}

/**
 * Rejection sampling: sets are drawn from the ranges of the parameters and kept when the replayed
 * baseline is as near to the recording as its noise allows. The first set is the central one, whether it
 * is kept or not, unless the nearest is asked for. Deterministic for a seed.
 * @param checks The recording, and what else was measured; a set that fails one is not put to the next.
 */
export function ensembleOf(
  parameters: readonly Parameter[],
  checks: readonly Check[],
  options: {
    readonly runs: number;
    readonly seed: number;
    readonly tries?: number;
    /** The first set is the nearest one, not the central one. */
    readonly nearestFirst?: boolean;
  },
): Ensemble {
  const { runs, seed, tries = TRIES * runs, nearestFirst = false } = options;
  const candidates: Candidate[] = [];
  let accepted = 0;
  while (accepted < runs - 1 && candidates.length < tries) {
    // As many at once as are still wanted: they may be replayed side by side.
    const count = Math.min(runs - 1 - accepted, tries - candidates.length);
    const first = candidates.length + 1;
    candidates.push(
      ...judge(
        Array.from({ length: count }, (_, k) => drawnSet(parameters, first + k, seed)),
        checks,
      ),
    );
    accepted = candidates.filter(({ passed }) => passed === checks.length).length;
  }
  // Nearest first: more checks passed, then less far off in the one that was failed.
  const ranked = candidates.toSorted(
    (a, b) => b.passed - a.passed || a.by - b.by || a.set.number - b.set.number,
  );
  const left = ranked.slice(0, accepted > 0 ? accepted : Math.ceil(candidates.length * NEAREST));
  const kept = left.toSorted((a, b) => a.set.number - b.set.number).map(({ set }) => set);
  const sets = [nearestFirst && ranked.length > 0 ? ranked[0]!.set : centralSet(parameters)];
  while (sets.length < runs) sets.push(kept.length === 0 ? sets[0]! : kept[(sets.length - 1) % kept.length]!);
  return {
    sets,
    tried: candidates.length,
    accepted,
    parameters: fitted(parameters, kept),
    statistics: checks.flatMap(({ statistics }) => statistics),
    judged: checks.map((_, c) =>
      candidates
        .filter(({ figures }) => figures[c] !== undefined)
        .map((candidate) => ({ figures: candidate.figures[c]!, isKept: left.includes(candidate) })),
    ),
  };
}

interface Candidate {
  readonly set: ParameterSet;
  /** Checks passed, and how far off the first was that was not; of the last when all were. */
  readonly passed: number;
  readonly by: number;
  readonly figures: readonly Figures[];
}

function judge(sets: readonly ParameterSet[], checks: readonly Check[]): readonly Candidate[] {
  const candidates = sets.map((set) => ({ set, passed: 0, by: 0, figures: [] as Figures[] }));
  checks.forEach(({ statistics, replay }, c) => {
    const left = candidates.filter(({ passed }) => passed === c);
    replay(left.map(({ set }) => set)).forEach((figures, k) => {
      const candidate = left[k]!;
      candidate.figures.push(figures);
      candidate.by = distance(statistics, figures);
      if (candidate.by <= 1) candidate.passed++;
    });
  });
  return candidates;
}

function fitted(parameters: readonly Parameter[], kept: readonly ParameterSet[]): readonly FittedParameter[] {
  return parameters.map((parameter) => {
    const values = kept.map((set) => set.values[parameter.name]).sort((a, b) => a - b);
    if (values.length === 0) {
      const { central, low, high } = parameter;
      return { ...parameter, kept: { value: central, lo: low, hi: high } };
    }
    return { ...parameter, kept: middleNinety(values) };
  });
}

/** Median and middle 90 % of values in rising order. */
function middleNinety(sorted: readonly number[]): FittedParameter['kept'] {
  const at = (q: number) => sorted[Math.round(q * (sorted.length - 1))]!;
  return { value: at(0.5), lo: at(0.05), hi: at(0.95) };
}

/** Parameters that a recording and a choice of designs leave open. */
export function openParameters(
  parameters: readonly Parameter[],
  isOpen: Readonly<Partial<Record<ParameterName, boolean>>>,
): readonly Parameter[] {
  return parameters.map((parameter) =>
    isOpen[parameter.name] === false
      ? { ...parameter, low: parameter.central, high: parameter.central }
      : parameter,
  );
}
