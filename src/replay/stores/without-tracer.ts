import {
  GrowingTimes,
  OperationKind,
  type OperationPart,
  type OperationTable,
} from '../../trace/operations.ts';
import type { TakenLock, ZswapFacts, ZswapPart } from '../../trace/zswap-facts.ts';
import type { TracerCost } from '../workload.ts';

/** What is taken out of recorded times: the tracer's cost in ns, already multiplied by what is assumed of it. */
export interface TracerTaken extends TracerCost {
  /** Share of the time between operations. */
  readonly between: number;
}

/** A traced kernel as it was. */
export const LEFT_IN: TracerTaken = { insideNs: 0, outsideNs: 0, between: 0 };

const known = (ns: number | undefined) => (ns === undefined || Number.isNaN(ns) ? 0 : ns);
const positive = (ns: number) => Math.max(0, ns);

/**
 * A recording's operations with the tracer's cost taken out of durations, parts and holds: each traced call has cost
 * `insideNs` within itself and `outsideNs` in its caller. Times that are used up stay 0. Waits stay as they are: the
 * model makes its own. Everything but times is as recorded.
 */
export function withoutTracer(ops: OperationTable, { insideNs, outsideNs }: TracerCost): OperationTable {
  if (insideNs + outsideNs === 0) return ops;
  const callNs = insideNs + outsideNs;
  const endNs = ops.endNs.slice();
  const parts = Object.fromEntries(
    Object.keys(ops.parts).map((part) => [part, new GrowingTimes()]),
  ) as Record<OperationPart, GrowingTimes>;
  const zswap = new Map<number, ZswapFacts>();
  for (let row = 0; row < ops.length; row++) {
    const facts = ops.zswap.get(row);
    const whole = ops.endNs[row]! - ops.startNs[row]!;
    const children = facts ? facts.children : known(ops.parts.calls.get(row));
    for (const part of Object.keys(ops.parts) as OperationPart[]) {
      const ns = ops.parts[part].get(row);
      if (Number.isNaN(ns) || part === 'self') continue;
      const below = known(ops.below[part].get(row));
      // A hold is no call; its calls are counted with that of the unlock.
      const own = part === 'held' ? 0 : insideNs;
      parts[part].add(row, AS_RECORDED.includes(part) ? ns : positive(ns - own - below * callNs));
    }
    const self = ops.parts.self.get(row);
    if (!Number.isNaN(self)) parts.self.add(row, positive(self - insideNs - children * outsideNs));
    const all = facts ? facts.descendants : descendants(ops, row);
    if (whole >= 0 && (facts || isOfAllocator(ops, row)))
      endNs[row] = ops.startNs[row]! + positive(whole - insideNs - all * callNs);
    if (facts) zswap.set(row, untraced(facts, insideNs, outsideNs));
  }
  return Object.create(ops, {
    endNs: { value: endNs },
    parts: { value: parts },
    zswap: { value: zswap },
  }) as OperationTable;
}

/** Counts and waits. */
const AS_RECORDED: readonly OperationPart[] = ['calls', 'lockWait', 'poolLockWait'];

function isOfAllocator(ops: OperationTable, row: number): boolean {
  return ops.kind[row] === OperationKind.Malloc || ops.kind[row] === OperationKind.Free;
}

/** Traced calls within an operation of the allocator. */
function descendants(ops: OperationTable, row: number): number {
  return (Object.keys(ops.below) as OperationPart[]).reduce(
    (sum, part) => sum + (part === 'held' ? 0 : known(ops.below[part].get(row))),
    known(ops.parts.calls.get(row)),
  );
}

function untraced(facts: ZswapFacts, insideNs: number, outsideNs: number): ZswapFacts {
  const parts = Object.fromEntries(
    Object.entries(facts.parts).map(([name, ns]) => {
      const { calls = 0, below = 0 } = facts.traced[name as ZswapPart] ?? {};
      return [name, positive(ns - calls * insideNs - below * (insideNs + outsideNs))];
    }),
  );
  // Between the lock's call and that of the unlock: half of what each adds to its caller.
  const locks = facts.locks.map((lock): TakenLock => {
    const { heldNs, unlockNs = 0, callsHeld = 0 } = lock;
    const calls = callsHeld * (insideNs + outsideNs);
    return {
      ...lock,
      heldNs: Number.isNaN(heldNs) ? heldNs : positive(heldNs - calls - outsideNs),
      unlockNs: positive(unlockNs - insideNs),
    };
  });
  const { partsSelfNs, partsCalled, partsChildren } = facts;
  const ofParts = positive(partsSelfNs - partsCalled * insideNs - partsChildren * outsideNs);
  return { ...facts, parts, locks, partsSelfNs: ofParts };
}
