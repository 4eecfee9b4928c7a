import { quantileSorted } from 'simple-statistics';
import type { Belief } from '../../model/platforms/platform.ts';
import { drawKey, mix } from '../engine/random.ts';

/** Numbers without a state: each belongs to a sample, a name and a seed. */
export class Draws {
  readonly #sample: number;
  readonly #seed: number;

  constructor(sample: number, seed: number) {
    this.#sample = sample;
    // Seeds next to each other must not draw the same samples in another order.
    this.#seed = mix(seed, 0, 0);
  }

  uniform(name: string, low: number, high: number): number {
    return low + ((high - low) * (mix(this.#sample, drawKey(name, 0), this.#seed) + 0.5)) / 2 ** 32;
  }

  normal(name: string, mean: number, deviation: number): number {
    const radius = Math.sqrt(-2 * Math.log(this.uniform(`${name} radius`, 0, 1)));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.uniform(`${name} angle`, 0, 1));
  }

  from(name: string, belief: Belief): number {
    return belief.kind === 'uniform'
      ? this.uniform(name, belief.low, belief.high)
      : this.normal(name, belief.mean, belief.deviation);
  }
}

/**
 * Noise of the published times: the same run on the same machine is printed as 59.0, 56.2 and 57.0 ms,
 * a standard deviation of 2.5 %.
 */
export const RUN_TO_RUN = 0.025;

/**
 * A measurement of something whose true value is `value`. The noise is known from three runs only, so
 * it has Student's distribution with two degrees of freedom.
 */
export function measured(value: number, draws: Draws, name: string): number {
  const scale = Math.sqrt(-Math.log(draws.uniform(`scale of ${name}`, 0, 1)));
  return value * (1 + draws.normal(`noise of ${name}`, 0, RUN_TO_RUN) / scale);
}

export interface Interval {
  readonly median: number;
  readonly lo: number;
  readonly hi: number;
}

/** Median, 5th and 95th percentile. @throws {RangeError} for an empty list. */
export function interval(values: readonly number[]): Interval {
  if (values.length === 0) throw new RangeError('no parameter set reproduces the baseline');
  const sorted = values.toSorted((a, b) => a - b);
  return {
    median: quantileSorted(sorted, 0.5),
    lo: quantileSorted(sorted, 0.05),
    hi: quantileSorted(sorted, 0.95),
  };
}
