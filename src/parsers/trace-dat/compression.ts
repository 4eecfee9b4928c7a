import zlib from 'node:zlib';
import { decompress as decompressInScript } from 'fzstd';

/** Undoes one compressed piece whose size is told beside it. */
export type Decompress = (bytes: Uint8Array, size: number) => Uint8Array;

/** A piece of metadata (kallsyms is the largest, some 10 MB) or a chunk of pages may not be larger. */
const MAX_PIECE_BYTES = 1 << 27;

const NO_CONTENT_SIZE = -1;

/**
 * How pieces of a file are decompressed, by the name in its header; null for a name that is not known.
 *
 * zstd is undone by Node's zlib where it can (22.15 and later), else by fzstd: plain script, 8 kB, no
 * program that would have to be installed, and the pieces are small and come whole.
 */
export function decompressorFor(name: string): Decompress | null {
  if (name === 'zlib') return inflate;
  if (name === 'zstd') return unzstd;
  return null;
}

function inflate(bytes: Uint8Array, size: number): Uint8Array {
  checkSize(size);
  return exactly(zlib.inflateSync(bytes, { maxOutputLength: size + 1 }), size);
}

type ZstdInNode = {
  zstdDecompressSync?: (bytes: Uint8Array, options: { maxOutputLength: number }) => Buffer;
};

function unzstd(bytes: Uint8Array, size: number): Uint8Array {
  checkSize(size);
  const { windowBytes, contentBytes } = frameSizes(bytes);
  // Checked before the decoder allocates by them.
  if (contentBytes !== NO_CONTENT_SIZE && contentBytes !== size)
    throw new Error(`the zstd frame holds ${contentBytes} bytes, not ${size}`);
  if (windowBytes > MAX_PIECE_BYTES) throw new Error(`the zstd window of ${windowBytes} bytes is absurd`);
  const inNode = (zlib as ZstdInNode).zstdDecompressSync;
  const out = inNode
    ? inNode(bytes, { maxOutputLength: size + 1 })
    : decompressInScript(bytes, new Uint8Array(size));
  return exactly(out, size);
}

function checkSize(size: number): void {
  if (size > MAX_PIECE_BYTES) throw new Error(`an uncompressed size of ${size} bytes is absurd`);
}

function exactly(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length !== size) throw new Error(`${bytes.length} bytes came out, not ${size}`);
  return bytes;
}

/** What the header of a zstd frame says that a decoder needs (RFC 8878, section 3.1.1.1). */
function frameSizes(bytes: Uint8Array): { windowBytes: number; contentBytes: number } {
  if (bytes.length < 6 || bytes[0] !== 0x28 || bytes[1] !== 0xb5 || bytes[2] !== 0x2f || bytes[3] !== 0xfd)
    throw new Error('no zstd frame begins here');
  const descriptor = bytes[4]!;
  const singleSegment = (descriptor & 0x20) !== 0;
  let at = 5;
  let windowBytes = 0;
  if (!singleSegment) {
    const base = 2 ** (10 + (bytes[at]! >> 3));
    windowBytes = base + (base / 8) * (bytes[at]! & 7);
    at++;
  }
  at += [0, 1, 2, 4][descriptor & 3]!;
  const width = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  if (width === 0) return { windowBytes, contentBytes: NO_CONTENT_SIZE };
  let contentBytes = width === 2 ? 256 : 0;
  for (let i = 0; i < width; i++) contentBytes += (bytes[at + i] ?? 0) * 2 ** (8 * i);
  return { windowBytes: singleSegment ? contentBytes : windowBytes, contentBytes };
}
