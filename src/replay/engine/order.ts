import type { OperationColumns } from './columns.ts';
import { Op, PoolAction, type Program } from './program.ts';

const WORDS = 4;

/**
 * What a program says about order before it runs: which steps other CPUs can notice, so that they must
 * be met in order of time, and which are the CPU's own business and may be run ahead.
 */
export interface StepOrder {
  /** By instruction: it is met in order of time, unless its lock is of one CPU only. */
  readonly isOrdered: Uint8Array;
  /** By instruction: something jumps here. */
  readonly isTarget: Uint8Array;
  /** By lock family: a path that is run takes it for writing, so readers can be made to wait. */
  readonly hasWriter: Uint8Array;
}

/**
 * Reads the order of steps out of a program. Jumps go forward, but for loops, which find the same
 * locks held each time.
 * @param starts Paths that are run, by their places; others are not looked at for writers.
 * @throws {RangeError} when a loop ends with other locks held than at its beginning.
 */
export function stepOrder(program: Program, starts: readonly number[]): StepOrder {
  const { code, locks } = program;
  const count = code.length / WORDS;
  const isOrdered = new Uint8Array(count);
  const isTarget = new Uint8Array(count);
  const hasWriter = new Uint8Array(locks.length);
  // Locks held alone on every way to an instruction; undefined where no way has been seen yet.
  const held: (ReadonlySet<number> | undefined)[] = new Array(count);
  const reach = (at: number, locks: ReadonlySet<number>) => {
    const known = held[at];
    held[at] = known ? new Set([...known].filter((lock) => locks.has(lock))) : locks;
  };
  const jump = (at: number, locks: ReadonlySet<number>) => {
    isTarget[at / WORDS] = 1;
    reach(at / WORDS, locks);
  };
  for (const at of program.entry.values()) jump(at, new Set());
  for (let k = 0; k < count; k++) {
    const [op, a, b] = code.subarray(k * WORDS, k * WORDS + 3) as unknown as [number, number, number];
    const here = held[k] ?? new Set<number>();
    const after = new Set(here);
    switch (op) {
      case Op.Lock:
      case Op.LockRun:
      case Op.WriteLock:
        after.add(a);
        isOrdered[k] = 1;
        break;
      case Op.Unlock:
        after.delete(a);
        isOrdered[k] = locks[a]!.declaration.kind === 'mutex' ? 1 : 0;
        break;
      case Op.UnlockRun:
      case Op.WriteUnlock:
        after.delete(a);
        isOrdered[k] = 1;
        break;
      case Op.TryReadLock:
      case Op.TryLock:
        isOrdered[k] = 1;
        jump(b, here);
        if (op === Op.TryLock) after.add(a);
        jump(code[k * WORDS + 6]!, after);
        // Behind it stands the jump over the branch of failure: nothing falls through.
        k++;
        continue;
      case Op.Enqueue:
        isOrdered[k] = 1;
        jump(b, here);
        jump(code[k * WORDS + 6]!, here);
        k++;
        continue;
      case Op.Jump:
        jump(b, here);
        continue;
      case Op.JumpUnless:
      case Op.LockPages:
      case Op.NextQueued:
      case Op.NextPage:
      case Op.NextBatch:
        jump(b, here);
        break;
      case Op.Again:
      case Op.JumpBack: {
        isTarget[b / WORDS] = 1;
        const before = held[b / WORDS] ?? new Set<number>();
        if (before.size !== here.size || [...before].some((lock) => !here.has(lock)))
          throw new RangeError(`${program.kernel.id}: a loop ends with other locks held than it began with`);
        if (op === Op.JumpBack) continue;
        break;
      }
      case Op.Pool:
        // Under a lock that others need for the same lists, nobody can look at them meanwhile.
        isOrdered[k] = [...here].some((f) => ['pool', 'class'].includes(locks[f]!.declaration.per)) ? 0 : 1;
        break;
      case Op.Atomic:
      case Op.Submit:
      case Op.Collect:
      case Op.Look:
      case Op.ReadLock:
      case Op.ReadUnlock:
        isOrdered[k] = 1;
        break;
      case Op.End:
        continue;
    }
    reach(k + 1, after);
  }
  for (const start of starts) {
    for (let at = start; code[at] !== Op.End; at += WORDS)
      if (code[at] === Op.WriteLock) hasWriter[code[at + 1]!] = 1;
  }
  return { isOrdered, isTarget, hasWriter };
}

/** Who comes to the members of a lock family. */
export const Sharing = {
  /** Any CPU. */
  All: 0,
  /** To some of them one CPU only. */
  Some: 1,
  /** To each of them one CPU only: it never waits, and needs no order among CPUs. */
  None: 2,
} as const;

/**
 * By lock family, from what the tasks use: slots and clusters are often of one CPU only.
 * @param mayMove Tasks may go to other CPUs.
 */
export function lockSharing(program: Program, columns: OperationColumns, mayMove: boolean): Int32Array {
  if (mayMove) return new Int32Array(program.locks.length).fill(Sharing.All);
  const drained = new Set(program.queues.flatMap((q) => [...locksOnPath(program, q.declaration.drain)]));
  return Int32Array.from(program.locks, ({ declaration: { per, kind } }, family) => {
    if ((per !== 'slot' && per !== 'cluster') || kind === 'mutex' || kind === 'qrwlock') return Sharing.All;
    if (drained.has(family)) return Sharing.All;
    const members = per === 'slot' ? columns.slots : columns.clusters;
    if (members.shared === 0) return Sharing.None;
    return members.shared < members.count ? Sharing.Some : Sharing.All;
  });
}

/** Lock families that a path comes to. */
function locksOnPath(program: Program, path: string): ReadonlySet<number> {
  const { code } = program;
  const found = new Set<number>();
  // Paths stand behind one another, each up to its end.
  for (let at = program.entry.get(path)!; code[at] !== Op.End; at += WORDS) {
    const op = code[at]!;
    if (op >= Op.Lock && op <= Op.TryLock) found.add(code[at + 1]!);
    if (op === Op.LockRun || op === Op.UnlockRun || op === Op.TryReadLock) found.add(code[at + 1]!);
  }
  return found;
}

const FREEING: ReadonlySet<number> = new Set([
  PoolAction.PutObject,
  PoolAction.DetachZspage,
  PoolAction.ReleaseZspage,
  PoolAction.BulkFree,
]);

/** Nothing on these paths, or on those of workers, looks for a zspage: with room, or to compact. */
export function onlyFrees(program: Program, entries: readonly number[]): boolean {
  const drains = program.queues.map((queue) => program.entry.get(queue.declaration.drain)!);
  return [...entries, ...drains].every((entry) => {
    // Paths stand behind one another, each up to its end.
    for (let at = entry; program.code[at] !== Op.End; at += WORDS)
      if (program.code[at] === Op.Pool && !FREEING.has(program.code[at + 1]!)) return false;
    return true;
  });
}
