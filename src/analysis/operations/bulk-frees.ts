import type { OperationTable } from '../../trace/operations.ts';

interface BulkFree {
  /** Number of the call: those within an operation have higher ones than it. */
  readonly call: number;
  readonly ns: number;
  readonly waitNs: number;
  readonly callsBelow: number;
}

/** More never belong to one operation. */
const KEPT = 64;

/** Bulk frees of a task whose operation, if they have one, has not ended yet. */
export class BulkFrees {
  readonly #ended: BulkFree[] = [];
  readonly #waits = new Map<number, number>();

  /** Waiting for zone->lock in a bulk free that has not ended. */
  waited(call: number, ns: number): void {
    this.#waits.set(call, (this.#waits.get(call) ?? 0) + ns);
  }

  add(call: number, ns: number, callsBelow: number): void {
    this.#ended.push({ call, ns, waitNs: this.#waits.get(call) ?? 0, callsBelow });
    this.#waits.clear();
    if (this.#ended.length > KEPT) this.#ended.shift();
  }

  /** An operation ends: what ended within it is part of it, what is older of none. */
  give(table: OperationTable, row: number, call: number): void {
    for (let bulk = this.#ended.pop(); bulk; bulk = this.#ended.pop()) {
      if (bulk.call < call) break;
      table.parts.bulkCalls.add(row, 1);
      table.parts.bulk.add(row, bulk.ns);
      table.parts.bulkWait.add(row, bulk.waitNs);
      table.below.bulk.add(row, bulk.callsBelow);
    }
    this.#ended.length = 0;
  }
}
