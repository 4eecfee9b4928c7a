import type { ZswapEra } from '../../model/zswap/eras.ts';
import { limitOf, lookAtLimit, type PoolLimit } from '../../model/zswap/limits.ts';
import { inOrder, type PoolTimeline } from './pool-timeline.ts';
import type { RecordedZswap } from './recorded.ts';
import { RecordedStorage } from './recorded-storage.ts';
import type { LimitBasis } from './result.ts';

/** A look at the pool's size in a recording, in order. */
export interface RecordedLook {
  /** Pages of the pool then, by the model of zsmalloc. */
  readonly poolPages: number;
  /** The folio was refused because the pool was full; null when the recording does not tell. */
  readonly refused: boolean | null;
  /** That it was for the limit is the likely cause, not a recorded one. */
  readonly isInferred: boolean;
}

/** Every look at the pool's size, and what came of it. */
export function looksOf(recorded: RecordedZswap, timeline: PoolTimeline): RecordedLook[] {
  const storage = new RecordedStorage();
  const looks: RecordedLook[] = [];
  const lookActions = recorded.stores.map((store) => ({
    at: store.limitAt,
    run: () =>
      looks.push({ poolPages: storage.pages, refused: store.refusedForLimit, isInferred: store.isInferred }),
  }));
  for (const { run } of inOrder([...timeline.actions(storage), ...lookActions])) run();
  return looks;
}

const UNLIMITED: PoolLimit = {
  maxPages: Number.POSITIVE_INFINITY,
  acceptPages: Number.POSITIVE_INFINITY,
};

/**
 * The pool's limit: as given, else the pool's size at the first folio that was refused for it. A large folio may
 * have carried the pool beyond its limit by then: a limit down to the size at which a folio was taken last is
 * possible, and later decisions that only some of those give leave those. All others are predictions.
 * @param acceptPercent accept_threshold_percent.
 */
export function limitOfRecording(
  era: ZswapEra,
  looks: readonly RecordedLook[],
  given: number | null,
  acceptPercent: number,
): { readonly limit: PoolLimit; readonly basis: LimitBasis } {
  const none = {
    limit: UNLIMITED,
    basis: { maxPages: null, acceptPages: null, basis: 'none', narrowedBy: 0, consistent: null },
  } as const;
  const first = looks.find((look) => look.refused === true);
  if (given === null && !first) return none;
  const fitted = given === null ? fittedLimit(era, looks, acceptPercent) : null;
  const limit = limitOf(given ?? fitted!.maxPages, acceptPercent);
  // Refused for something else, as what the pool takes afterwards shows.
  if (given === null && first?.isInferred && takenBeyond(era, looks, limit) > FEW * looks.length) return none;
  return {
    limit,
    basis: {
      ...limit,
      basis: given === null ? 'first refusal' : 'given',
      narrowedBy: fitted?.narrowedBy ?? 0,
      consistent: consistentLimits(era, looks, acceptPercent),
    },
  };
}

/** The largest limit that the first refusal allows, and that the decisions which tell leave. */
function fittedLimit(
  era: ZswapEra,
  looks: readonly RecordedLook[],
  acceptPercent: number,
): { readonly maxPages: number; readonly narrowedBy: number } {
  const at = looks.findIndex((look) => look.refused === true);
  // A pool before 6.12 is full above its limit, not at it.
  const above = era.fullAtLimit ? 0 : 1;
  const most = looks[at]!.poolPages - above;
  let least = 1;
  for (const { poolPages, refused } of looks.slice(0, at))
    if (refused === false) least = Math.max(least, poolPages + 1 - above);
  let candidates: { readonly limit: PoolLimit; reachedFull: boolean; accepts: boolean }[] = [];
  for (let pages = Math.min(least, most); pages <= most; pages++)
    candidates.push({ limit: limitOf(pages, acceptPercent), reachedFull: false, accepts: true });
  let narrowedBy = 0;
  for (const { poolPages, refused } of looks) {
    for (const candidate of candidates) {
      const look = lookAtLimit(era, candidate.limit, poolPages, candidate.reachedFull);
      candidate.reachedFull = look.reachedFull;
      candidate.accepts = look.accepts;
    }
    if (refused === null) continue;
    const left = candidates.filter(({ accepts }) => accepts !== refused);
    if (left.length === 0 || left.length === candidates.length) continue;
    candidates = left;
    narrowedBy++;
  }
  return { maxPages: candidates.at(-1)!.limit.maxPages, narrowedBy };
}

/** So many folios taken by a full pool are of concurrent stores; more are not. */
const FEW = 0.01;

/** Folios that were taken though the pool was full by this limit. */
function takenBeyond(era: ZswapEra, looks: readonly RecordedLook[], limit: PoolLimit): number {
  let reachedFull = false;
  let beyond = 0;
  for (const { poolPages, refused } of looks) {
    const look = lookAtLimit(era, limit, poolPages, reachedFull);
    reachedFull = look.reachedFull;
    if (refused === false && !look.accepts) beyond++;
  }
  return beyond;
}

/** The limits, if any, by which every decision comes out as recorded. */
function consistentLimits(
  era: ZswapEra,
  looks: readonly RecordedLook[],
  acceptPercent: number,
): readonly [number, number] | null {
  const most = Math.max(...looks.map((look) => look.poolPages)) + 1;
  const least = Math.max(1, Math.min(...looks.map((look) => look.poolPages)));
  let from = -1;
  let to = -1;
  for (let maxPages = least; maxPages <= most; maxPages++) {
    if (!agrees(era, looks, limitOf(maxPages, acceptPercent))) continue;
    if (from < 0) from = maxPages;
    to = maxPages;
  }
  return from < 0 ? null : [from, to];
}

function agrees(era: ZswapEra, looks: readonly RecordedLook[], limit: PoolLimit): boolean {
  let reachedFull = false;
  for (const { poolPages, refused } of looks) {
    const look = lookAtLimit(era, limit, poolPages, reachedFull);
    reachedFull = look.reachedFull;
    if (refused !== null && look.accepts === refused) return false;
  }
  return true;
}
