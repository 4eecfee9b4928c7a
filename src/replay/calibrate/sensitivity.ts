import type { Interval } from '../interval.ts';
import type { FittedParameter } from './ensemble.ts';
import { type ParameterName, type ParameterSet, type Unit, withValue } from './parameters.ts';

/** What one parameter does to the speed-up of a design, the others at the values of the first run. */
export interface Sensitivity {
  readonly parameter: ParameterName;
  readonly title: string;
  readonly unit: Unit;
  /** Middle 90 % of what the recording leaves open. */
  readonly range: { readonly lo: number; readonly hi: number };
  readonly speedupAtLow: number;
  readonly speedupAtHigh: number;
}

/** By how much knowing something would cut the interval of a design's speed-up. */
export interface Cut {
  readonly design: string;
  readonly from: { readonly lo: number; readonly hi: number };
  readonly to: { readonly lo: number; readonly hi: number };
}

/** Something that the recording does not tell, and what would. */
export interface Unknown {
  readonly what: string;
  readonly shownBy: string;
  readonly cuts: readonly Cut[];
}

/** A response to a parameter: through the ends of its range and the value of the first run. */
interface Response {
  readonly parameter: FittedParameter;
  readonly speedups: readonly { readonly x: number; readonly y: number }[];
}

/** Speed-ups of one design: of each run, and as its parameters move one at a time. */
export interface DesignResponses {
  readonly design: string;
  readonly speedups: readonly number[];
  readonly responses: readonly Response[];
}

const NOTHING = 1e-6;
/** A cut of less than a tenth is not worth a recording. */
const WORTH = 0.9;

/**
 * Moves one parameter at a time from the first run, whose recorded times stay in their order, so that
 * the answers differ by the parameter and nothing else.
 * @param speedups Speed-up of each design, by set.
 */
export function respond(
  parameters: readonly FittedParameter[],
  first: ParameterSet,
  designs: readonly { readonly id: string; readonly speedups: readonly number[] }[],
  speedups: (sets: readonly ParameterSet[]) => readonly (readonly number[])[],
): readonly DesignResponses[] {
  const open = parameters.filter(({ kept }) => kept.hi > kept.lo);
  const ends = open.flatMap(({ name, kept }) => [
    withValue(first, name, kept.lo),
    withValue(first, name, kept.hi),
  ]);
  const [middle, ...answers] = speedups([first, ...ends]) as [readonly number[], ...(readonly number[])[]];
  const moved = open.map((parameter, k) => ({
    parameter,
    low: answers[2 * k]!,
    high: answers[2 * k + 1]!,
  }));
  return designs.map(({ id, speedups: ofRuns }, d) => ({
    design: id,
    speedups: ofRuns,
    responses: moved
      .filter(({ low, high }) => Math.abs(low[d]! - middle[d]!) + Math.abs(high[d]! - middle[d]!) > NOTHING)
      .map(({ parameter, low, high }) => ({
        parameter,
        speedups: [
          { x: parameter.kept.lo, y: low[d]! },
          { x: first.values[parameter.name], y: middle[d]! },
          { x: parameter.kept.hi, y: high[d]! },
        ].sort((a, b) => a.x - b.x),
      })),
  }));
}

/** The parameters of a design, the one that moves its answer most first. */
export function sensitivityOf({ responses }: DesignResponses): readonly Sensitivity[] {
  return responses
    .map(({ parameter, speedups }): Sensitivity => {
      const { name, title, unit, kept } = parameter;
      return {
        parameter: name,
        title,
        unit,
        range: { lo: kept.lo, hi: kept.hi },
        speedupAtLow: valueAt(speedups, kept.lo),
        speedupAtHigh: valueAt(speedups, kept.hi),
      };
    })
    .sort((a, b) => Math.abs(b.speedupAtHigh - b.speedupAtLow) - Math.abs(a.speedupAtHigh - a.speedupAtLow));
}

/**
 * What would be left of each interval if a parameter were known: every run's answer moves along the
 * response to where the parameter has the median of what is left open.
 * @param sets Parameter set of each run.
 */
export function valueOfInformation(
  designs: readonly DesignResponses[],
  sets: readonly ParameterSet[],
  interval: (values: readonly number[]) => Interval,
): readonly Unknown[] {
  const found = new Map<ParameterName, { parameter: FittedParameter; cuts: Cut[] }>();
  for (const { design, speedups, responses } of designs) {
    const from = interval(speedups);
    for (const { parameter, speedups: response } of responses) {
      const known = valueAt(response, parameter.kept.value);
      const to = interval(
        speedups.map((y, run) => y - valueAt(response, sets[run]!.values[parameter.name]) + known),
      );
      if (to.hi - to.lo > WORTH * (from.hi - from.lo)) continue;
      const entry = found.get(parameter.name) ?? { parameter, cuts: [] };
      entry.cuts.push({ design, from: ends(from), to: ends(to) });
      found.set(parameter.name, entry);
    }
  }
  return [...found.values()].map(({ parameter, cuts }) => ({
    what: parameter.title,
    shownBy: parameter.shownBy,
    cuts,
  }));
}

function ends({ lo, hi }: Interval): Cut['from'] {
  return { lo, hi };
}

/** Straight lines between points in rising order, level beyond them. */
function valueAt(points: readonly { readonly x: number; readonly y: number }[], x: number): number {
  const after = points.findIndex((point) => point.x >= x);
  if (after < 0) return points.at(-1)!.y;
  const b = points[after]!;
  const a = points[Math.max(0, after - 1)]!;
  return b.x === a.x ? b.y : a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x);
}
