import { OperationKind, type OperationTable } from '../../trace/operations.ts';
import type { Owner, Owners } from './owners.ts';

/** Made-up slots begin here: above those of any device. */
const MADE_UP = 2 ** 46;
/** Made-up slots of a folio: no folio has more pages. */
const MOST_PAGES = 1 << 12;

/** Slot of each operation: recorded, or made up where objects tell which operations are of one slot. */
export class Slots {
  readonly #of: Float64Array;
  readonly #line: Float64Array;
  readonly #storeOf: number[] = [];
  /** Operations that got a made-up slot. */
  madeUp = 0;

  constructor(ops: OperationTable, owners: Owners, freesOf: (op: number) => readonly number[]) {
    this.#of = ops.slot.slice(0, ops.length);
    this.#line = ops.line;
    this.#nameFreesWithin(ops, freesOf);
    // A free that shows its slot tells that of the store.
    for (const [row, { store, page }] of owners.freed)
      if (this.#of[store]! < 0 && this.#of[row]! >= page) this.#of[store] = this.#of[row]! - page;
    this.#nameStores(ops, owners, freesOf);
    this.#nameFrees(ops, owners.freed, freesOf);
  }

  of(op: number): number {
    return this.#of[op]!;
  }

  /** A slot in words: made-up ones by the store that they were made up for. */
  text(slot: number): string {
    if (slot < MADE_UP) return `slot ${slot}`;
    const store = this.#storeOf[Math.floor((slot - MADE_UP) / MOST_PAGES)]!;
    const page = (slot - MADE_UP) % MOST_PAGES;
    return `the page stored in line ${this.#line[store]}${page > 0 ? ` (page ${page})` : ''}`;
  }

  /** A store of an unknown slot made objects, or freed an older one: that is what its slot is known by. */
  #nameStores(
    ops: OperationTable,
    { objects, freed }: Owners,
    freesOf: (op: number) => readonly number[],
  ): void {
    const stores = Array.from({ length: ops.length }, (_, op) => op)
      .filter((op) => ops.kind[op] === OperationKind.ZswapStore && this.#of[op]! < 0)
      .sort((a, b) => ops.enteredAt[a]! - ops.enteredAt[b]!);
    for (const store of stores) {
      const rows = (objects.get(store) ?? []).filter((row) => ops.handle[row]! >= 0);
      const older = freesOf(store)
        .map((row) => freed.get(row))
        .filter((owner): owner is Owner => owner !== undefined && owner.store !== store);
      if (older.length > 0) {
        // Of several pages it is not shown which had an older entry, unless the folio is the same.
        const [{ store: before, page }] = older as [Owner];
        const isSame = older.every((owner) => owner.store === before);
        if (this.#of[before]! < 0 || (rows.length > 1 && !isSame)) continue;
        this.#of[store] = this.#of[before]! + (rows.length > 1 ? 0 : page);
        this.madeUp++;
      } else if (rows.length > 0) {
        this.#of[store] = MADE_UP + MOST_PAGES * (this.#storeOf.push(store) - 1);
        this.madeUp++;
      }
    }
  }

  /** What an operation of one slot frees is of that slot. */
  #nameFreesWithin(ops: OperationTable, freesOf: (op: number) => readonly number[]): void {
    for (let op = 0; op < ops.length; op++) {
      if (this.#of[op]! < 0 || !ONE_SLOT.includes(ops.kind[op]!)) continue;
      const [free] = freesOf(op);
      if (free !== undefined && this.#of[free]! < 0) this.#of[free] = this.#of[op]!;
    }
  }

  /** Frees, and the operations that they are part of. */
  #nameFrees(
    ops: OperationTable,
    freed: ReadonlyMap<number, Owner>,
    freesOf: (op: number) => readonly number[],
  ): void {
    for (const [row, { store, page }] of freed)
      if (this.#of[row]! < 0 && this.#of[store]! >= 0) this.#of[row] = this.#of[store]! + page;
    for (let op = 0; op < ops.length; op++) {
      if (!ONE_SLOT.includes(ops.kind[op]!)) continue;
      const [free] = freesOf(op);
      if (free === undefined) continue;
      if (this.#of[op]! < 0 && this.#of[free]! >= 0) {
        this.#of[op] = this.#of[free]!;
        this.madeUp++;
      }
    }
  }
}

/** Operations of one slot. */
const ONE_SLOT: readonly number[] = [
  OperationKind.ZswapLoad,
  OperationKind.ZswapInvalidate,
  OperationKind.ZswapWriteback,
];
