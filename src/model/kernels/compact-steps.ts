import type { Step } from '../steps.ts';
import { EMPTY_FREED, work } from './pieces.ts';

/** How a lock is taken and let go. */
export interface LockPair {
  readonly take: Step;
  readonly leave: Step;
}

/**
 * One class of zs_compact (__zs_compact of 6.12), from the largest class to the smallest: objects move
 * from the emptiest zspage to the fullest; locks are let go when the destination is full or somebody
 * waits for the pool's lock.
 */
export function compactUnder(locks: readonly LockPair[], watched: string): readonly Step[] {
  const take = locks.map((lock) => lock.take);
  const leave = locks.map((lock) => lock.leave).reverse();
  const round: readonly Step[] = [
    { do: 'work', what: 'copy the object, change its handle', cost: 'move-object', perObject: true },
    EMPTY_FREED,
    { do: 'look', lock: watched },
    {
      do: 'when',
      condition: 'lets-go',
      steps: [
        { do: 'pool', action: 'put-back-destination' },
        ...leave,
        work('cond_resched', 'resched'),
        ...take,
      ],
    },
  ];
  return [
    work('next class', 'compact-class'),
    ...take,
    {
      do: 'repeat',
      condition: 'more-to-move',
      steps: [
        work('can anything be freed? choose source, destination', 'compact-choose'),
        { do: 'pool', action: 'compact-zspage' },
        { do: 'when', condition: 'more-to-move', steps: round },
      ],
    },
    ...leave,
  ];
}

/** A spinlock's pair. */
export const plainLock = (lock: string): LockPair => ({
  take: { do: 'lock', lock },
  leave: { do: 'unlock', lock },
});

/** Compaction with the pool's lock for writing around class->lock. */
export const compactWithPoolLock = (pool: string): readonly Step[] =>
  compactUnder(
    [
      { take: { do: 'write-lock', lock: pool }, leave: { do: 'write-unlock', lock: pool } },
      plainLock('class->lock'),
    ],
    pool,
  );
