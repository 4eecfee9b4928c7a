import { meanOf } from './changes.ts';
import type { BlockedTime, BlockerComparison } from './result.ts';
import type { LockFigures, Summary } from './summary.ts';

/** Who held one lock while others waited for it, before and after: means over the recordings of a side that tell. */
export function compareBlockers(name: string, before: Summary, after: Summary): BlockerComparison[] {
  const [a, b] = [tellingOf(before, name), tellingOf(after, name)];
  const pairs = new Map(
    [...a, ...b].flatMap((lists) =>
      lists.map(({ waiter, holder }) => [JSON.stringify([waiter, holder]), { waiter, holder }] as const),
    ),
  );
  return [...pairs.values()]
    .map((pair) => ({ ...pair, before: meanBlocked(a, pair), after: meanBlocked(b, pair) }))
    .sort((x, y) => most(y) - most(x) || (key(x) < key(y) ? -1 : 1));
}

type Blockers = NonNullable<LockFigures['blockedBy']>;
type Pair = Pick<BlockerComparison, 'waiter' | 'holder'>;

/** Of each recording that has the lock and says who held it. */
function tellingOf({ recordings }: Summary, name: string): readonly Blockers[] {
  return recordings.flatMap(({ locks }) => {
    const told = Object.hasOwn(locks, name) ? locks[name]!.blockedBy : undefined;
    return told === undefined ? [] : [told];
  });
}

function meanBlocked(lists: readonly Blockers[], { waiter, holder }: Pair): BlockedTime | null {
  const found = lists.map((list) => list.find((row) => row.waiter === waiter && row.holder === holder));
  const waits = meanOf(found, (row) => row?.waits ?? 0);
  const waitNs = meanOf(found, (row) => row?.waitNs ?? 0);
  return waits === null || waitNs === null ? null : { waits, waitNs };
}

function most({ before, after }: BlockerComparison): number {
  return Math.max(before?.waitNs ?? 0, after?.waitNs ?? 0);
}

function key({ waiter, holder }: Pair): string {
  return `${waiter} ${holder}`;
}
