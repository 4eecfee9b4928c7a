import type { OperationTable } from '../../trace/operations.ts';
import { type Below, recordedWaits, unheldOf } from './step-costs.ts';
import type { LockTimes, UnheldWaits } from './unheld-waits.ts';

/** An operation of zswap with its kind, and what it has below it. */
export interface TimedRow {
  readonly op: number;
  readonly group: number;
  readonly below: Below;
  /** Operation whose times it has in the replay; its own without. */
  readonly timesFrom?: { readonly op: number; readonly below: Below };
}

/** What the recording itself says, to be compared with the replay. */
export interface RecordedTimes {
  /** By group: durations, ns, and the same without what was waited for locks, as the replay has them: see `timesFrom`. */
  readonly durationNs: readonly Float64Array[];
  readonly withoutWaitsNs: readonly Float64Array[];
  readonly waitsNs: {
    readonly mutex: number;
    readonly tree: number;
    readonly list: number;
    readonly allocator: number;
  };
  /** Of those, what nobody who is recorded can have caused. */
  readonly unheldNs: LockTimes;
  /** How long the operations held the tree's lock, ns. */
  readonly treeHeldNs: number;
  /** From the first operation to the end of the last. */
  readonly totalNs: number;
  readonly refused: Readonly<Record<string, number>>;
}

/** Sums up rows of `groups` kinds, the first of which began at `beginNs`. */
export function timesOf(
  ops: OperationTable,
  rows: readonly TimedRow[],
  groups: number,
  unheld: UnheldWaits,
  refused: Readonly<Record<string, number>>,
  beginNs: number,
): RecordedTimes {
  const durations: number[][] = Array.from({ length: groups }, () => []);
  const without: number[][] = Array.from({ length: groups }, () => []);
  const sum = { mutex: 0, tree: 0, list: 0, allocator: 0 };
  const unheldNs = { tree: 0, list: 0, allocator: 0 };
  let treeHeldNs = 0;
  const ownNs = (op: number, below: Below) => {
    const { mutex, tree, list, allocator } = recordedWaits(ops, op, below);
    return ops.endNs[op]! - ops.startNs[op]! - mutex - tree - list - allocator;
  };
  for (const { op, group, below, timesFrom } of rows) {
    const ns = ops.endNs[op]! - ops.startNs[op]!;
    const waits = recordedWaits(ops, op, below);
    const idle = unheldOf(unheld, op, below);
    durations[group]!.push(ns);
    without[group]!.push(timesFrom ? ownNs(timesFrom.op, timesFrom.below) : ownNs(op, below));
    for (const name of ['tree', 'list', 'allocator'] as const) unheldNs[name] += idle[name];
    for (const name of ['mutex', 'tree', 'list', 'allocator'] as const) sum[name] += waits[name];
    for (const { lock, gotNs, freeNs } of ops.zswap.get(op)!.locks)
      if (lock === 'tree') treeHeldNs += freeNs - gotNs;
  }
  return {
    durationNs: durations.map((list) => Float64Array.from(list).sort()),
    withoutWaitsNs: without.map((list) => Float64Array.from(list).sort()),
    waitsNs: sum,
    unheldNs,
    treeHeldNs,
    totalNs: rows.reduce((last, { op }) => Math.max(last, ops.endNs[op]!), beginNs) - beginNs,
    refused,
  };
}
