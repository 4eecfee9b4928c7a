import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { RecordBatch } from '../trace/records.ts';
import { OwnedRows } from './copy-row.ts';

const HEADER_INTS = 2;

/**
 * Records kept in a file, to be read again in pieces: readers of whole files give out their records as
 * they go and cannot wait, and a merge takes them when their time has come. Names and tasks are numbers
 * of the tables that the records were made with, so such a file is of use to this process only.
 */
export class RecordFile {
  readonly #fd: number;
  #at = 0;
  readonly #rows = new OwnedRows(new RecordBatch());

  /** @param path Is made anew; the caller removes it. */
  constructor(path: string) {
    this.#fd = openSync(path, 'w+');
  }

  /** Appends the records of a batch. */
  write(batch: RecordBatch): void {
    for (let from = 0; from < batch.length; from += this.#rows.batch.capacity) {
      this.#rows.clear();
      const end = Math.min(batch.length, from + this.#rows.batch.capacity);
      for (let i = from; i < end; i++) this.#rows.append(batch, i);
      const own = this.#rows.batch;
      this.#writeAll(new Int32Array([own.length, this.#rows.bytesUsed]));
      for (const column of columns(own)) this.#writeAll(column.subarray(0, own.length));
      this.#writeAll(own.bytes.subarray(0, this.#rows.bytesUsed));
    }
  }

  /** Goes back to the first record. */
  rewind(): void {
    this.#at = 0;
  }

  /** The next records, valid until the next call; null behind the last one. */
  read(): RecordBatch | null {
    const header = new Int32Array(HEADER_INTS);
    if (!this.#readAll(header)) return null;
    const own = this.#rows.batch;
    own.length = header[0]!;
    for (const column of columns(own)) this.#readAll(column.subarray(0, own.length));
    if (own.bytes.length < header[1]!) own.bytes = new Uint8Array(header[1]!);
    this.#readAll(own.bytes.subarray(0, header[1]!));
    return own;
  }

  close(): void {
    closeSync(this.#fd);
  }

  #writeAll(values: Exclude<NodeJS.ArrayBufferView, DataView>): void {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#fd, bytes, done);
  }

  #readAll(values: Exclude<NodeJS.ArrayBufferView, DataView>): boolean {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    for (let done = 0; done < bytes.length; ) {
      const length = readSync(this.#fd, bytes, done, bytes.length - done, this.#at);
      if (length === 0) return false;
      done += length;
      this.#at += length;
    }
    return true;
  }
}

function columns(batch: RecordBatch) {
  return [
    batch.kind,
    batch.bits,
    batch.name,
    batch.cpu,
    batch.task,
    batch.other,
    batch.timeNs,
    batch.durationNs,
    batch.depth,
    batch.context,
    batch.line,
    batch.textStart,
    batch.textEnd,
    batch.noteStart,
    batch.noteEnd,
  ];
}
