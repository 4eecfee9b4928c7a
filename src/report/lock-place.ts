import type { LockRow } from '../analysis/result.ts';

/** `class->lock in zs_free`; the lock alone where it is not known which function takes it. */
export function lockPlace(row: Pick<LockRow, 'lock' | 'site'>): string {
  return row.site === '' ? row.lock : `${row.lock} in ${row.site}`;
}
