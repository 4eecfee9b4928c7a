import { OperationKind, type OperationTable } from '../../trace/operations.ts';
import type { StructureOutcome } from '../structure.ts';
import { IntervalsByKey } from './intervals.ts';

/** Time by lock, ns. */
export interface LockTimes {
  readonly tree: number;
  readonly list: number;
  readonly allocator: number;
}

const NONE: LockTimes = { tree: 0, list: 0, allocator: 0 };

/**
 * Waits for locks during which nobody who is recorded can have held the lock: the CPU of the waiter itself did not
 * run (its host had taken it away), or somebody held it who is not traced. From the recording's own times:
 * a hold lasts from the end of the lock call to the end of the unlock call, or to the next call where
 * unlocks are not traced; of the allocator's locks from the end of the wait to the end of the operation.
 * Holds are taken as long as they can be, so that what is left is the least.
 */
export class UnheldWaits {
  readonly #byRow = new Map<number, LockTimes>();

  /** @param slotsPerTree Slots of one tree; all are one where slots are not known. */
  constructor(ops: OperationTable, outcome: StructureOutcome, slotsPerTree: number) {
    const held = new IntervalsByKey<string>();
    const slots = ops.slot.subarray(0, ops.length);
    const knowsSlots = [...ops.zswap.keys()].every((row) => slots[row]! >= 0);
    const keyOf = (row: number, lock: 'tree' | 'list') =>
      lock === 'tree' && knowsSlots ? `tree ${Math.floor(slots[row]! / slotsPerTree)}` : lock;
    const allocator = allocatorRows(ops, outcome);
    for (const [row, { locks }] of ops.zswap)
      for (const { lock, gotNs, freeNs } of locks) held.of(keyOf(row, lock)).add(gotNs, freeNs);
    for (const { key, gotNs, endNs } of allocator) held.of(key).add(gotNs, endNs);
    held.close();
    for (const [row, { locks }] of ops.zswap) {
      for (const { lock, gotNs, waitNs } of locks)
        this.#add(row, lock, waitNs - held.of(keyOf(row, lock)).within(gotNs - waitNs, gotNs));
    }
    for (const { row, key, gotNs, waitNs } of allocator)
      this.#add(row, 'allocator', waitNs - held.of(key).within(gotNs - waitNs, gotNs));
  }

  /** Of one row: an operation of zswap, an entry's free, or one of the allocator. */
  of(row: number): LockTimes {
    return this.#byRow.get(row) ?? NONE;
  }

  #add(row: number, lock: keyof LockTimes, ns: number): void {
    if (!(ns > 0)) return;
    const before = this.of(row);
    this.#byRow.set(row, { ...before, [lock]: before[lock] + ns });
  }
}

/** Frees and allocations with their class, and the time that they waited for its lock. */
function allocatorRows(ops: OperationTable, outcome: StructureOutcome) {
  const rows: { row: number; key: string; gotNs: number; endNs: number; waitNs: number }[] = [];
  for (let row = 0; row < ops.length; row++) {
    const kind = ops.kind[row]!;
    if (kind !== OperationKind.Malloc && kind !== OperationKind.Free) continue;
    const wait = (part: 'lockWait' | 'poolLockWait') => ops.parts[part].get(row) || 0;
    const waitNs = wait('lockWait') + wait('poolLockWait');
    const gotNs = ops.startNs[row]! + waitNs;
    if (!(ops.endNs[row]! >= gotNs)) continue;
    rows.push({ row, key: `class ${outcome.sizeClass[row]!}`, gotNs, endNs: ops.endNs[row]!, waitNs });
  }
  return rows;
}
