import { closeSync, createReadStream, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { InputError } from '../trace/diagnostics.ts';
import { BrokenInput, compressionOf, decompressed } from './decompress.ts';

const CHUNK_BYTES = 1 << 18;

/** An input that is being read. */
export interface Source {
  /** As the user named it; `-` is standard input. */
  readonly name: string;
  /** Bytes of the file as stored, null when not known (pipes). */
  readonly sizeBytes: number | null;
  /** The first bytes, up to 64 KiB, decompressed. */
  readonly head: Uint8Array;
  /** All bytes from the beginning, decompressed. A chunk is valid until the next one is asked for. */
  readonly chunks: AsyncGenerator<Uint8Array>;
  /** Bytes of the file read so far, before decompression. */
  readonly progress: () => number;
  /** The input is an uncompressed regular file, which can be read at any offset. */
  readonly isPlainFile: boolean;
  /** The file has grown since it was opened, or goes on behind what was read: somebody writes it. */
  readonly isGrowing: () => boolean;
  /** Ends the reading before the end: files are closed, programs ended. */
  readonly close: () => Promise<void>;
}

const HEAD_BYTES = 1 << 16;

/**
 * Opens a file, a FIFO or standard input (`-`); gzip, zstd and xz are told by their magic and undone.
 * What follows may throw {@link BrokenInput} from `chunks` when the data end early.
 * @throws {InputError} when it cannot be opened, is a directory, or needs a program that is not there.
 */
export async function openSource(name: string): Promise<Source> {
  const stats = name === '-' ? null : statOf(name);
  if (stats?.isDirectory()) throw new InputError(`${name}: is a directory; expected a trace file`);
  const isFile = stats?.isFile() ?? false;
  let read = 0;
  const raw = isFile ? fileChunks(name, (n) => (read += n)) : streamChunks(name, (n) => (read += n));
  const begun = await peek(raw);
  const compression = compressionOf(begun.head);
  const plain = compression ? await peek(decompressed(begun.chunks, compression, name)) : begun;
  return {
    name,
    sizeBytes: isFile ? stats!.size : null,
    head: plain.head,
    chunks: plain.chunks,
    progress: () => read,
    isPlainFile: isFile && compression === null,
    // Files of tracefs have no size at all.
    isGrowing: () => isFile && stats!.size > 0 && (read > stats!.size || sizeNow(name) > read),
    // What was begun by reading ahead; `chunks` itself may not have been.
    close: async () => {
      await plain.begun.return(undefined);
      if (compression) await begun.begun.return(undefined);
    },
  };
}

function sizeNow(name: string): number {
  return statSync(name, { throwIfNoEntry: false })?.size ?? 0;
}

function statOf(name: string) {
  try {
    return statSync(name);
  } catch (error) {
    throw new InputError(`${name}: ${reason(error)}`);
  }
}

/** Reads a regular file in place: one buffer, no copies. */
async function* fileChunks(name: string, count: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let fd: number;
  try {
    fd = openSync(name, 'r');
  } catch (error) {
    throw new InputError(`${name}: ${reason(error)}`);
  }
  try {
    fstatSync(fd);
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      const length = readSync(fd, buffer);
      if (length === 0) return;
      count(length);
      yield buffer.subarray(0, length);
    }
  } finally {
    closeSync(fd);
  }
}

async function* streamChunks(name: string, count: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const stream = name === '-' ? process.stdin : createReadStream(name, { highWaterMark: CHUNK_BYTES });
  try {
    // Leaving the loop early destroys the stream, so that a writer without end keeps nobody waiting.
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      count(chunk.length);
      yield chunk;
    }
  } catch (error) {
    throw new InputError(`${name}: ${reason(error)}`);
  }
}

/** Reads ahead until 64 KiB are known, and gives an iterable that begins with them. */
async function peek(chunks: AsyncGenerator<Uint8Array>): Promise<{
  head: Uint8Array;
  chunks: AsyncGenerator<Uint8Array>;
  begun: AsyncGenerator<Uint8Array>;
}> {
  const parts: Uint8Array[] = [];
  let length = 0;
  let broken: unknown = null;
  while (length < HEAD_BYTES) {
    let next: IteratorResult<Uint8Array>;
    try {
      next = await chunks.next();
    } catch (error) {
      if (length === 0) throw error instanceof BrokenInput ? new InputError(error.message) : error;
      broken = error;
      break;
    }
    if (next.done) break;
    parts.push(Uint8Array.from(next.value));
    length += next.value.length;
  }
  const begun = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    begun.set(part, at);
    at += part.length;
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    if (begun.length > 0) yield begun;
    if (broken) throw broken;
    yield* chunks;
  }
  return { head: begun.subarray(0, HEAD_BYTES), chunks: all(), begun: chunks };
}

function reason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  const texts: Record<string, string> = {
    ENOENT: 'no such file',
    EACCES: 'permission denied',
    EISDIR: 'is a directory; expected a trace file',
  };
  return (code && texts[code]) || (error as Error).message;
}
