import { Draws, RUN_TO_RUN } from './sampling.ts';

/** One process that unmaps, and one worker that frees what it queues; times for each page, ns. */
export interface Deferral {
  /** In every run, whatever its size. */
  readonly fixedNs: number;
  readonly baseNs: number;
  /** With the free put into the queue. */
  readonly deferredNs: number;
  /** The same without the slot's lock. */
  readonly noLockNs: number;
  /** The worker, for each handle. */
  readonly drainNs: number;
  /** Handles that the queue holds. */
  readonly capacity: number;
}

/** A parameter set that reproduces what it was calibrated on. */
export interface DeferralMember {
  readonly draws: Draws;
  readonly model: Deferral;
}

/** What the deferral is calibrated on: a base and a deferred time, the share of the notification. */
export interface DeferralCalibration {
  readonly pages: number;
  readonly baseNs: number;
  readonly deferredNs: number;
  /** Share of the notification in the deferred time. */
  readonly notifyShare: number;
  /** A deferred run that is long enough to fill the queue. */
  readonly longPages: number;
  readonly longDeferredNs: number;
}

/** System call, area and its page tables: not a matter of the design, and small beside 15 ms. */
const MOST_FIXED_NS = 200e3;
const MOST_CAPACITY = 131_072;
/** A drained handle against a synchronous zs_free: the same work without, and with, a cold cache. */
const DRAIN = { low: 0.7, high: 1.05 };

/**
 * Time of a whole run, ns. The queue grows while the worker is slower; when it is full, every handle
 * for which there is no room is freed at once, which costs what deferral saved.
 */
export function runNs(model: Deferral, pages: number, pageNs: number): number {
  const { fixedNs, drainNs, capacity } = model;
  const growth = 1 - pageNs / drainNs;
  const untilFull = growth <= 0 ? Number.POSITIVE_INFINITY : capacity / growth;
  if (pages <= untilFull) return fixedNs + pages * pageNs;
  const freeNs = model.baseNs - model.deferredNs;
  const pagesInNs = 1 / drainNs + growth / (pageNs + freeNs);
  return fixedNs + untilFull * pageNs + (pages - untilFull) / pagesInNs;
}

/** Parameter sets that reproduce the calibration within the published noise. */
export function deferralsOf(
  calibration: DeferralCalibration,
  samples: number,
  seed: number,
): readonly DeferralMember[] {
  const members: DeferralMember[] = [];
  for (let sample = 0; sample < samples; sample++) {
    const draws = new Draws(sample, seed);
    const fixedNs = draws.uniform('fixed', 0, MOST_FIXED_NS);
    const perPage = (ns: number, name: string) =>
      (ns * draws.uniform(name, 1 - RUN_TO_RUN, 1 + RUN_TO_RUN) - fixedNs) / calibration.pages;
    const baseNs = perPage(calibration.baseNs, 'base');
    const deferredNs = perPage(calibration.deferredNs, 'deferred');
    if (deferredNs <= 0) continue;
    // Three counters that nobody else has, the queue's entry, and the slot's fields remain.
    const remains =
      3 * draws.uniform('counter', 5, 15) +
      draws.uniform('enqueue', 3, 15) +
      draws.uniform('slot fields', 2, 10);
    const notify =
      deferredNs * calibration.notifyShare * draws.uniform('notify share', 1 - RUN_TO_RUN, 1 + RUN_TO_RUN);
    const model: Deferral = {
      fixedNs,
      baseNs,
      deferredNs,
      noLockNs: deferredNs - Math.max(0, notify - remains),
      drainNs: (baseNs - deferredNs) * draws.uniform('drain', DRAIN.low, DRAIN.high),
      capacity: draws.uniform('capacity', 2048, MOST_CAPACITY),
    };
    const long = runNs(model, calibration.longPages, model.deferredNs);
    if (Math.abs(long / calibration.longDeferredNs - 1) <= RUN_TO_RUN) members.push({ draws, model });
  }
  return members;
}
