import type { Estimate } from './estimate.ts';
import type { Change } from './result.ts';
import { average } from './sides.ts';

export const NO_CHANGE_KNOWN: Change = { value: null, lo: null, hi: null, difference: null };

/**
 * A change as a result holds it.
 * @param before The side's figure, and `after` the other's; null where there is none.
 * @param found Its estimate; null where no error is known.
 */
export function changeOf(before: number | null, after: number | null, found: Estimate | null): Change {
  if (before === null || after === null) return NO_CHANGE_KNOWN;
  const value = before > 0 ? after / before - 1 : after === 0 ? 0 : null;
  if (value === null || found === null) return { value, lo: null, hi: null, difference: after - before };
  // The figures shown may be rounded, or means of another kind, than those compared: the interval holds them.
  return {
    value,
    lo: Math.min(value, Math.expm1(found.lo)),
    hi: Math.max(value, Math.expm1(found.hi)),
    difference: after - before,
  };
}

/** Means of counts of a side's recordings. */
export function meanOf<T>(recordings: readonly T[], of: (recording: T) => number): number | null {
  return recordings.length === 0 ? null : average(recordings.map(of));
}
