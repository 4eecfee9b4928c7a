import { applyDesigns, parseDesign } from '../../model/designs/registry.ts';
import { eraById } from '../../model/kernels/eras.ts';
import type { Platform, PlatformNumber } from '../../model/platforms/platform.ts';
import { cycleNs, type LineBehaviour, PLAIN_LINE, type Reduction, reduce } from './reduction.ts';
import { Draws, RUN_TO_RUN } from './sampling.ts';

/** Time for each page in a baseline run of so many processes, ns. */
export interface BaselineNs {
  readonly one: number;
  readonly two: number;
  readonly four: number;
}

/** A parameter set that reproduces the baseline. */
export interface Member {
  readonly draws: Draws;
  readonly numbers: Readonly<Record<PlatformNumber, number>>;
  /** Unmapping, swap entry and slot, ns: what is left of the single-process time. */
  readonly privateNs: number;
  /** Time for a page of one process, ns. */
  readonly baseNs: ReadonlyMap<number, number>;
  readonly designNs: ReadonlyMap<number, number>;
}

export interface Ensemble {
  readonly platform: Platform;
  readonly tried: number;
  readonly members: readonly Member[];
}

export interface EnsembleOptions {
  readonly samples: number;
  readonly seed: number;
  /** Operations of each process in one run. */
  readonly operations: number;
}

/** What every member is made of, whatever it was accepted by. */
export type MachineDraw = Pick<Member, 'draws' | 'numbers' | 'privateNs'>;

const PATH = 'swap free';
const POOL_LOCK = 'pool->lock';
const COUNTERS = 'zram->stats';
/** Atomics and locks of the CPU's own on the path in the baseline, each a hit. */
const HITS = 11;
/** The private time lies before the path, between the slot's lock and zs_free, and behind the hold. */
const PRIVATE = { think: 0.6, slot: 0.2, 'free-handle': 0.2 } as const;
/** Share of the look-up that class-idx has in addition: it reads the handle's word twice. */
const READ_AGAIN = 0.1;
/** A short run may miss the baseline by so much and still be worth a long one. */
const WORTH_A_LONG_RUN = 0.08;
const SHORT = 4;

/** The kernel of the measurements: no lock of the whole swap device (see docs/reproduce.md). */
export const MEASURED_ERA = 'E';

/**
 * Parameter sets from the platform's beliefs that reproduce the baseline of 1, 2 and 4 processes within
 * the published noise; each is then pushed through the design. Designs have no part in the choice.
 */
export function ensembleOf(
  platform: Platform,
  baseline: BaselineNs,
  designText: string,
  options: EnsembleOptions,
): Ensemble {
  const base = eraById(MEASURED_ERA).kernel;
  const design = applyDesigns(base, parseDesign(designText));
  const reduced = { base: reduce(base, PATH), design: reduce(design, PATH) };
  const members: Member[] = [];
  for (let sample = 0; sample < options.samples; sample++) {
    const member = memberOf(sample, platform, baseline, reduced, options);
    if (member) members.push(member);
  }
  return { platform, tried: options.samples, members };
}

/** A machine from the beliefs whose single process takes what was published; undefined: there is none. */
export function drawMachine(
  sample: number,
  platform: Platform,
  publishedNs: number,
  seed: number,
): (MachineDraw & { readonly oneNs: number }) | undefined {
  const draws = new Draws(sample, seed);
  const names = Object.keys(platform.beliefs) as PlatformNumber[];
  const numbers = Object.fromEntries(
    names.map((name) => [name, draws.from(name, platform.beliefs[name])]),
  ) as Record<PlatformNumber, number>;
  const oneNs = publishedNs * draws.uniform('one process', 1 - RUN_TO_RUN, 1 + RUN_TO_RUN);
  const privateNs = oneNs - numbers.holdNs - numbers.locateNs - HITS * numbers.hitNs;
  if (privateNs <= 0 || numbers.transferNs <= numbers.hitNs) return undefined;
  return { draws, numbers, privateNs, oneNs };
}

function memberOf(
  sample: number,
  platform: Platform,
  baseline: BaselineNs,
  reduced: { readonly base: Reduction; readonly design: Reduction },
  { seed, operations }: EnsembleOptions,
): Member | undefined {
  const drawn = drawMachine(sample, platform, baseline.one, seed);
  if (!drawn) return undefined;
  const { draws, numbers, privateNs, oneNs } = drawn;
  const run = (reduction: Reduction, processes: number, count: number) =>
    runOf(reduction, numbers, privateNs, processes, count);
  const misses = (ns: number, published: number, tolerance: number) =>
    Math.abs(ns / published - 1) > tolerance;
  const short = Math.ceil(operations / SHORT);
  if (misses(run(reduced.base, 2, short), baseline.two, WORTH_A_LONG_RUN)) return undefined;
  if (misses(run(reduced.base, 4, short), baseline.four, WORTH_A_LONG_RUN)) return undefined;
  const two = run(reduced.base, 2, operations);
  if (misses(two, baseline.two, RUN_TO_RUN)) return undefined;
  const four = run(reduced.base, 4, operations);
  if (misses(four, baseline.four, RUN_TO_RUN)) return undefined;
  return {
    draws,
    numbers,
    privateNs,
    baseNs: new Map([
      [1, oneNs],
      [2, two],
      [3, run(reduced.base, 3, operations)],
      [4, four],
    ]),
    designNs: new Map([1, 2, 4].map((n) => [n, run(reduced.design, n, operations)])),
  };
}

function runOf(
  reduction: Reduction,
  numbers: Readonly<Record<PlatformNumber, number>>,
  privateNs: number,
  processes: number,
  operations: number,
): number {
  const { transferNs, hitNs, handOffOne, handOffMore, retry, hidden } = numbers;
  const pool: LineBehaviour = { transfers: numbers.roundTrip * numbers.exclusivePair, retry, hidden: 0 };
  return cycleNs(
    { ...reduction, dataLines: reduction.dataLines.map(() => numbers.dataLines) },
    {
      processes,
      hitNs,
      transferNs,
      handOffOneNs: handOffOne * transferNs,
      handOffManyNs: (handOffOne + handOffMore) * transferNs,
      costs: {
        slot: privateNs * PRIVATE.slot,
        'free-handle': privateNs * PRIVATE['free-handle'],
        locate: numbers.locateNs,
        'locate-class': numbers.locateNs * READ_AGAIN,
        'obj-free': numbers.holdNs,
      },
      thinkNs: privateNs * PRIVATE.think,
      lines: { [POOL_LOCK]: pool, [COUNTERS]: { ...PLAIN_LINE, hidden } },
      operations,
    },
  );
}
