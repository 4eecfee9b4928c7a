import { RecordBatch, RecordKind } from '../trace/records.ts';
import { OwnedRows } from './copy-row.ts';

/** So many rows without a stamp do not wait any longer for one. */
const MAX_WAITING = 1 << 14;

/**
 * Records of one input that wait for their turn, with the time by which they are put in order. Rows
 * without a stamp (a banner, a loss) go with the next stamped row, frames with the row they belong to;
 * where stamps go back, the row goes with the one before it, because the order of an input is kept.
 */
export class RecordQueue {
  #rows: OwnedRows;
  /** Takes over from `#rows` when rows move to the front. */
  #spare: OwnedRows | null = null;
  #keys: Float64Array<ArrayBuffer>;
  /** First row that has not been taken. */
  #first = 0;
  /** Rows from here on wait for a stamp. */
  #ready = 0;
  #lastKey = Number.NEGATIVE_INFINITY;
  /** Added to the input's times to give those of the merged stream, ns. */
  readonly #shiftNs: () => number;

  constructor(shiftNs: () => number, capacity = 8192) {
    this.#shiftNs = shiftNs;
    this.#rows = new OwnedRows(new RecordBatch(capacity));
    this.#keys = new Float64Array(capacity);
  }

  /** True when no row can be taken. */
  get empty(): boolean {
    return this.#first >= this.#ready;
  }

  /** Time of the next row in the merged stream. */
  get key(): number {
    return this.#keys[this.#first]!;
  }

  /** Copies the records of a batch, but for Section rows. */
  add(batch: RecordBatch): void {
    if (this.#first > 0) this.#makeRoom();
    const shiftNs = this.#shiftNs();
    for (let i = 0; i < batch.length; i++) {
      // It says that nothing may be paired across it; parts of one recording begin no new trace.
      if (batch.kind[i] === RecordKind.Section) continue;
      if (this.#rows.batch.length === this.#rows.batch.capacity) this.#grow();
      const row = this.#rows.append(batch, i);
      const own = this.#rows.batch;
      const timeNs = own.timeNs[row]! + shiftNs;
      own.timeNs[row] = timeNs;
      if (!Number.isNaN(timeNs)) this.#settle(row + 1, Math.max(this.#lastKey, timeNs));
      else if (own.kind[row] === RecordKind.Frame && row === this.#ready)
        this.#settle(row + 1, this.#lastKey);
      else if (row - this.#ready >= MAX_WAITING) this.#settle(row + 1, this.#lastKey);
    }
  }

  /** Says that the input has ended: what waits for a stamp gets none. */
  end(): void {
    this.#settle(this.#rows.batch.length, this.#lastKey);
  }

  /**
   * Moves rows to `out` while they come before `beforeKey` (or at it, when `inclusive`) and fit.
   * @param added Is added to their lines.
   * @param leaveOut Is asked about each row.
   */
  take(
    out: OwnedRows,
    beforeKey: number,
    inclusive: boolean,
    added: number,
    leaveOut: ((batch: RecordBatch, i: number, key: number) => boolean) | null,
  ): void {
    const from = this.#rows.batch;
    const { capacity } = out.batch;
    let first = this.#first;
    while (first < this.#ready && out.batch.length < capacity) {
      const key = this.#keys[first]!;
      if (inclusive ? key > beforeKey : key >= beforeKey) break;
      const i = first++;
      if (leaveOut?.(from, i, key)) continue;
      const row = out.append(from, i);
      out.batch.line[row]! += added;
    }
    this.#first = first;
  }

  #settle(end: number, key: number): void {
    this.#keys.fill(key, this.#ready, end);
    this.#ready = end;
    this.#lastKey = key;
  }

  /** Drops the rows that were taken: those that wait move to the front. */
  #makeRoom(): void {
    const from = this.#rows;
    if (this.#first === from.batch.length) from.clear();
    else {
      const { capacity, length } = from.batch;
      const rows = this.#spare ?? new OwnedRows(new RecordBatch(capacity));
      for (let i = this.#first; i < length; i++) rows.append(from.batch, i);
      this.#keys.copyWithin(0, this.#first, length);
      from.clear();
      this.#rows = rows;
      this.#spare = from;
    }
    this.#ready -= this.#first;
    this.#first = 0;
  }

  #grow(): void {
    const from = this.#rows.batch;
    const rows = new OwnedRows(new RecordBatch(from.capacity * 2));
    for (let i = 0; i < from.length; i++) rows.append(from, i);
    this.#rows = rows;
    this.#spare = null;
    const keys = new Float64Array(from.capacity * 2);
    keys.set(this.#keys);
    this.#keys = keys;
  }
}
