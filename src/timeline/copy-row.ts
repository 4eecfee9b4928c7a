import { type RecordBatch, RecordBits } from '../trace/records.ts';

const INITIAL_BYTES = 1 << 16;

/**
 * A batch that owns what it holds: rows copied from elsewhere together with their text bytes.
 * It serves as a queue (rows wait in it) and as the output of a merge.
 */
export class OwnedRows {
  batch: RecordBatch;
  /** Text bytes in use. */
  bytesUsed = 0;

  constructor(batch: RecordBatch) {
    this.batch = batch;
    this.batch.bytes = new Uint8Array(INITIAL_BYTES);
  }

  /** Forgets all rows; the memory stays. */
  clear(): void {
    this.batch.length = 0;
    this.bytesUsed = 0;
  }

  /** Copies one row behind the last one and returns its index; the caller sees to the capacity. */
  append(from: RecordBatch, i: number): number {
    const to = this.batch;
    const row = to.length++;
    const bits = from.bits[i]!;
    to.kind[row] = from.kind[i]!;
    to.bits[row] = bits;
    to.name[row] = from.name[i]!;
    to.cpu[row] = from.cpu[i]!;
    to.task[row] = from.task[i]!;
    to.other[row] = from.other[i]!;
    to.timeNs[row] = from.timeNs[i]!;
    to.durationNs[row] = from.durationNs[i]!;
    to.depth[row] = from.depth[i]!;
    to.context[row] = from.context[i]!;
    to.line[row] = from.line[i]!;
    if (bits & RecordBits.Text) {
      to.textStart[row] = this.bytesUsed;
      to.textEnd[row] = this.#copyBytes(from.bytes, from.textStart[i]!, from.textEnd[i]!);
    }
    if (bits & RecordBits.Note) {
      to.noteStart[row] = this.bytesUsed;
      to.noteEnd[row] = this.#copyBytes(from.bytes, from.noteStart[i]!, from.noteEnd[i]!);
    }
    return row;
  }

  #copyBytes(from: Uint8Array, start: number, end: number): number {
    const at = this.bytesUsed;
    const used = at + end - start;
    if (used > this.batch.bytes.length) {
      const bigger = new Uint8Array(Math.max(used, this.batch.bytes.length * 2));
      bigger.set(this.batch.bytes.subarray(0, at));
      this.batch.bytes = bigger;
    }
    const to = this.batch.bytes;
    // Mostly short: a loop is quicker than a view and a set.
    for (let i = start, j = at; i < end; i++, j++) to[j] = from[i]!;
    this.bytesUsed = used;
    return used;
  }
}
