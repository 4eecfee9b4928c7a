import { Op, PoolAction, type Program } from './program.ts';

const WORDS = 4;

/**
 * Each operation of these paths, and each that a worker drains, does one thing with one handle: takes
 * an object for it, puts its object back, queues it, or gives up at a lock. Then operations and handles
 * can be counted against each other. Paths without handles, of made-up kernels, have nothing to count.
 */
export function eachHasOneHandle(program: Program, entries: readonly number[]): boolean {
  const drains = program.queues.map((queue) => program.entry.get(queue.declaration.drain)!);
  return [...entries, ...drains].every((at) => {
    const counts = waysOf(program.code, at);
    return counts.size === 1 && counts.has(1);
  });
}

/** How many handles are dealt with, on every way through a path; loops are gone through once. */
function waysOf(code: Int32Array, entry: number): ReadonlySet<number> {
  const counts = new Map<number, Set<number>>();
  const reach = (at: number, from: ReadonlySet<number>, more: number) => {
    const known = counts.get(at) ?? new Set();
    for (const count of from) known.add(count + more);
    counts.set(at, known);
  };
  reach(entry, new Set([0]), 0);
  for (let at = entry; at < code.length; at += WORDS) {
    const here = counts.get(at);
    if (!here) continue;
    const [op, a, b] = code.subarray(at, at + 3) as unknown as [number, number, number];
    switch (op) {
      case Op.End:
        return here;
      case Op.Jump:
        reach(b, here, 0);
        break;
      case Op.JumpBack:
        break;
      case Op.TryReadLock:
        // Behind it stands the jump over the branch of failure; the handle is somewhere already.
        reach(b, here, 0);
        reach(code[at + 6]!, here, 0);
        break;
      case Op.NextQueued:
        // What is freed in the loop was counted when it was queued.
        reach(b, here, 0);
        break;
      // Each page of a folio has a handle: operations are not as many as handles.
      case Op.NextPage:
      case Op.NextBatch:
        return new Set();
      case Op.LockPages:
      case Op.JumpUnless:
        reach(b, here, 0);
        reach(at + WORDS, here, 0);
        break;
      case Op.TryLock:
        // Behind it stands the jump over the branch of failure, in which the handle is given up.
        reach(b, here, 1);
        reach(code[at + 6]!, here, 0);
        break;
      case Op.Enqueue:
        reach(b, here, 0);
        reach(code[at + 6]!, here, 1);
        break;
      case Op.Pool:
        reach(at + WORDS, here, a === PoolAction.PutObject || a === PoolAction.TakeObject ? 1 : 0);
        break;
      default:
        reach(at + WORDS, here, 0);
    }
  }
  return new Set();
}
