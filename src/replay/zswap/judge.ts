import { entryOf } from '../../model/zswap/entry-steps.ts';
import type { Entry, ZswapState } from '../../model/zswap/state.ts';
import { OperationKind, type OperationTable } from '../../trace/operations.ts';
import type { StructureDifference } from '../structure.ts';
import type { RecordedZswap } from './recorded.ts';
import { isMadeUp } from './recorded-storage.ts';
import type { Agreement } from './result.ts';

const MAX_DIFFERENCES = 1000;

/** Bytes of an entry whose size the recording does not show: no page compresses to one. */
export const NOT_SHOWN = 1;

/** Operations of one kind, counted. */
export class Tally {
  operations = 0;
  judged = 0;
  agree = 0;

  get result(): Agreement {
    const { operations, judged, agree } = this;
    return { operations, judged, agree };
  }
}

/** Compares what the model did with what a recording shows, and keeps count. */
export class Judge {
  readonly stores = new Tally();
  readonly loads = new Tally();
  readonly invalidates = new Tally();
  readonly looks = new Tally();
  readonly victims = new Tally();
  readonly writebacks = new Tally();
  readonly entryFrees = new Tally();
  readonly differences: StructureDifference[] = [];
  readonly #ops: OperationTable;
  readonly #recorded: RecordedZswap;
  /** Entry frees that were judged: an operation may free more than one entry of a slot. */
  readonly #judged = new Set<number>();

  constructor(ops: OperationTable, recorded: RecordedZswap) {
    this.#ops = ops;
    this.#recorded = recorded;
    this.entryFrees.operations = recorded.entryFrees;
  }

  /** An operation came out otherwise. */
  differ(operation: number, what: string): void {
    this.differAt(this.#ops.line[operation]!, what, operation);
  }

  /** Something that is no operation of its own came out otherwise. */
  differAt(line: number, what: string, operation = -1): void {
    if (this.differences.length >= MAX_DIFFERENCES) return;
    this.differences.push({ operation, line, what });
  }

  /** Compares what the model frees of some slots in an operation with what the recording shows of them. */
  frees(state: ZswapState, op: number, slots: readonly number[], run: () => readonly number[]): void {
    const before = slots
      .map((slot) => state.index.load(slot))
      .filter((id) => id >= 0)
      .map((id) => ({ ...entryOf(state, id) }));
    const freed = new Set(run());
    const tally = this.entryFrees;
    for (const row of this.#recorded.freesOf(op)) {
      const slot = this.#recorded.slotOf(row);
      if (!slots.includes(slot) || this.#judged.has(row)) continue;
      const entry = before.find((candidate) => candidate.slot === slot && freed.has(candidate.id));
      // A folio's own pages may be freed later in the same operation than an older entry of the slot.
      if (!entry && this.#isYetToCome(state, op, slot)) continue;
      this.#judged.add(row);
      tally.judged++;
      if (!entry)
        this.differ(row, `the entry of ${this.#recorded.slotText(slot)} is freed in the trace only`);
      else {
        freed.delete(entry.id);
        if (this.isSame(row, entry)) tally.agree++;
      }
    }
    if (!this.#recorded.showsFrees) return;
    for (const _ of freed) this.differ(op, 'an entry is freed in the model only');
  }

  /** Frees of entries that the model cannot know. */
  leaveOut(rows: readonly number[]): void {
    for (const row of rows) this.#judged.add(row);
  }

  /** Frees that the recording shows in an operation that has ended, and the model did not make. */
  settle(op: number): void {
    for (const row of this.#recorded.freesOf(op)) {
      const slot = this.#recorded.slotOf(row);
      if (this.#judged.has(row) || slot < 0) continue;
      this.#judged.add(row);
      this.entryFrees.judged++;
      this.differ(row, `the entry of ${this.#recorded.slotText(slot)} is freed in the trace only`);
    }
  }

  /** A failed store's pages that got entries: their frees come with its end. */
  #isYetToCome(state: ZswapState, op: number, slot: number): boolean {
    const id = state.index.load(slot);
    return id >= 0 && this.#ops.kind[op] === OperationKind.ZswapStore;
  }

  /** Bytes and object of an entry freed. */
  isSame(row: number, entry: Entry): boolean {
    const { handle, zswap } = this.#ops;
    const length = zswap.get(row)?.length ?? null;
    if (length !== null && entry.length !== NOT_SHOWN && length !== entry.length) {
      this.differ(row, `an entry of ${length} bytes in the trace, ${entry.length} in the model`);
      return false;
    }
    if (handle[row]! >= 0 && !isMadeUp(entry.handle) && handle[row] !== entry.handle) {
      this.differ(row, 'another object in the trace than in the model');
      return false;
    }
    return true;
  }
}
