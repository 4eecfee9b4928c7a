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
 * The pool's limit: as given, else the pool's size at the first folio that was refused for it, so that the
 * decisions after it are predictions.
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
    basis: { maxPages: null, acceptPages: null, basis: 'none', consistent: null },
  } as const;
  const first = looks.find((look) => look.refused === true);
  if (given === null && !first) return none;
  // A pool before 6.12 is full above its limit, not at it.
  const fromFirst = first ? first.poolPages - (era.fullAtLimit ? 0 : 1) : 0;
  const limit = limitOf(given ?? fromFirst, acceptPercent);
  // Refused for something else, as what the pool takes afterwards shows.
  if (given === null && first?.isInferred && takenBeyond(era, looks, limit) > FEW * looks.length) return none;
  return {
    limit,
    basis: {
      ...limit,
      basis: given === null ? 'first refusal' : 'given',
      consistent: consistentLimits(era, looks, acceptPercent),
    },
  };
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
