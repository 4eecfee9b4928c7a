import { describe, expect, it } from 'vitest';
import { Intervals } from '../../../src/replay/stores/intervals.ts';
import { UnheldWaits } from '../../../src/replay/stores/unheld-waits.ts';
import { OperationKind, OperationTable } from '../../../src/trace/operations.ts';
import { noFacts, type TakenLock } from '../../../src/trace/zswap-facts.ts';

function tableOf(
  operations: readonly { readonly slot: number; readonly locks: TakenLock[] }[],
): OperationTable {
  const table = new OperationTable();
  for (const { slot, locks } of operations) {
    const row = table.add(OperationKind.ZswapInvalidate);
    table.slot[row] = slot;
    table.zswap.set(row, { ...noFacts(), locks });
  }
  return table;
}

const tree = (gotNs: number, freeNs: number, waitNs = 0): TakenLock => ({
  lock: 'tree',
  waitNs,
  gotNs,
  heldNs: freeNs - gotNs,
  freeNs,
});
const NO_OBJECTS = { sizeClass: new Int32Array(8), pages: new Int32Array(8) };

describe('waits that nobody caused', () => {
  it('are what is left of a wait when all holds of the lock are taken off', () => {
    const table = tableOf([
      { slot: 1, locks: [tree(100, 400)] },
      { slot: 2, locks: [tree(350, 600)] },
      // From 300 to 1000: held until 600.
      { slot: 3, locks: [tree(1000, 1010, 700)] },
    ]);
    const unheld = new UnheldWaits(table, NO_OBJECTS, 1 << 14);
    expect([0, 1, 2].map((row) => unheld.of(row).tree)).toEqual([0, 0, 400]);
  });

  it('are told tree by tree where slots are known, and of all trees together where not', () => {
    const operations = [
      { slot: 1, locks: [tree(100, 900)] },
      { slot: 1 << 14, locks: [tree(900, 910, 500)] },
    ];
    const known = new UnheldWaits(tableOf(operations), NO_OBJECTS, 1 << 14);
    expect(known.of(1).tree).toBe(500);
    const [first, second] = operations;
    const unknown = new UnheldWaits(tableOf([first!, { ...second!, slot: -1 }]), NO_OBJECTS, 1 << 14);
    expect(unknown.of(1).tree).toBe(0);
  });

  it('of the allocator are told class by class, from holds that last to the end of their operations', () => {
    const table = new OperationTable();
    const free = (startNs: number, endNs: number, waitNs: number) => {
      const row = table.add(OperationKind.Free);
      table.startNs[row] = startNs;
      table.endNs[row] = endNs;
      if (waitNs > 0) table.parts.lockWait.add(row, waitNs);
      return row;
    };
    free(0, 300, 0);
    const waiter = free(100, 900, 700);
    const sizeClass = new Int32Array([5, 5]);
    expect(new UnheldWaits(table, { ...NO_OBJECTS, sizeClass }, 1).of(waiter).allocator).toBe(500);
    sizeClass[0] = 6;
    expect(new UnheldWaits(table, { ...NO_OBJECTS, sizeClass }, 1).of(waiter).allocator).toBe(700);
  });
});

it('intervals are a set: overlaps count once', () => {
  const intervals = new Intervals();
  for (const [from, to] of [
    [10, 20],
    [15, 30],
    [40, 50],
    [60, 60],
  ] as const)
    intervals.add(from, to);
  intervals.close();
  expect([intervals.within(0, 100), intervals.within(12, 45), intervals.within(30, 40)]).toEqual([30, 23, 0]);
});
