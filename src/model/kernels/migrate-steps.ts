import type { Step } from '../steps.ts';
import { type LockPair, plainLock } from './compact-steps.ts';
import { work } from './pieces.ts';

/**
 * zs_page_migrate: the page of a zspage is replaced by another, and the handles of the objects that begin in it point
 * there. Objects keep their index, the zspage its list and its identity, so the pool's structure stays. The zspage's
 * own lock is taken within: frees of eras with one lock for it (A) are not modelled to meet it there, others never
 * take it. Source: mm/zsmalloc.c of 5.10, 6.1, 6.12 and 7.x.
 * @param locks In the order in which they are taken; they are let go in the same order (6.12).
 */
export function migrateUnder(locks: readonly LockPair[]): readonly Step[] {
  return [
    work('zs_page_migrate: enter', 'migrate-enter'),
    ...locks.map(({ take }) => take),
    work('zspage->lock, copy the page, change the handles in it', 'migrate-page'),
    ...locks.map(({ leave }) => leave),
  ];
}

/** Migration with the pool's lock for writing around class->lock. */
export const migrateWithPoolLock = (pool: string): readonly Step[] =>
  migrateUnder([
    { take: { do: 'write-lock', lock: pool }, leave: { do: 'write-unlock', lock: pool } },
    plainLock('class->lock'),
  ]);
