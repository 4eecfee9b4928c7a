import type { OperationTable } from '../../trace/operations.ts';
import type { Judge } from './judge.ts';
import type { RecordedStore, RecordedZswap } from './recorded.ts';

/** Entries that were stored before the recording began: the model cannot know of them. */
export class OlderEntries {
  /** Slots that have been stored to, or seen empty: what is there is known. */
  readonly #known = new Set<number>();
  readonly #ops: OperationTable;
  readonly #recorded: RecordedZswap;
  readonly #judge: Judge;
  /** Operations that met one. */
  operations = 0;

  constructor(ops: OperationTable, recorded: RecordedZswap, judge: Judge) {
    this.#ops = ops;
    this.#recorded = recorded;
    this.#judge = judge;
  }

  /**
   * An operation met one; it is left out then. What the slot has is known from now on.
   * @param isThere The model has an entry there.
   * @param wasThere The recording shows that there was one.
   */
  isOlder(op: number, slot: number, isThere: boolean, wasThere: boolean): boolean {
    const isOlder = !isThere && wasThere && !this.#known.has(slot);
    this.#known.add(slot);
    if (!isOlder) return false;
    this.operations++;
    this.#judge.leaveOut(this.#recorded.freesOf(op));
    return true;
  }

  /** One that a store found in a slot of which nothing is known yet. */
  leaveOut(store: RecordedStore, slot: number): void {
    if (this.#known.has(slot)) return;
    this.#known.add(slot);
    const own = new Set(store.entries.map(({ handle }) => handle));
    const older = this.#recorded
      .freesOf(store.op)
      .filter((row) => this.#recorded.slotOf(row) === slot && this.#recorded.ownerOf(row) !== store.op)
      .filter((row) => !own.has(this.#ops.handle[row]!));
    if (older.length > 0) this.operations++;
    this.#judge.leaveOut(older);
  }
}
