import { spawn } from 'node:child_process';
import type { Readable, Transform } from 'node:stream';
import zlib from 'node:zlib';
import { InputError } from '../trace/diagnostics.ts';

const CHUNK_BYTES = 1 << 18;
/** As much as is kept of what a tool says on standard error. */
const MESSAGE_BYTES = 4096;

/** The input broke off after something had been read. */
export class BrokenInput extends Error {}

/** A way of compressing whole files, told by the first bytes. */
export interface Compression {
  readonly name: 'gzip' | 'zstd' | 'xz';
  readonly matches: (head: Uint8Array) => boolean;
}

const COMPRESSIONS: readonly Compression[] = [
  { name: 'gzip', matches: (head) => begins(head, [0x1f, 0x8b]) },
  // A frame, or a skippable one, which pzstd writes first (RFC 8878, sections 3.1.1 and 3.1.2).
  {
    name: 'zstd',
    matches: (head) =>
      begins(head, [0x28, 0xb5, 0x2f, 0xfd]) ||
      ((head[0]! & 0xf0) === 0x50 && begins(head.subarray(1), [0x2a, 0x4d, 0x18])),
  },
  { name: 'xz', matches: (head) => begins(head, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]) },
];

/** How an input is compressed, by its first bytes; null when it is not. */
export function compressionOf(head: Uint8Array): Compression | null {
  return COMPRESSIONS.find((compression) => compression.matches(head)) ?? null;
}

/**
 * Undoes a compression. Data that end or break early yield what could be read, then throw.
 * zstd is undone by Node where it can (22.15 and later), else by the `zstd` program; xz by `xz`.
 * @throws {BrokenInput} when the data are damaged or end early.
 * @throws {InputError} when the program that is needed is not installed.
 */
export function decompressed(
  chunks: AsyncIterable<Uint8Array>,
  compression: Compression,
  name: string,
): AsyncGenerator<Uint8Array> {
  if (compression.name === 'gzip')
    return byStream(chunks, zlib.createGunzip({ chunkSize: CHUNK_BYTES }), name, 'gzip');
  const inNode = compression.name === 'zstd' ? nodeZstd() : null;
  return inNode === null
    ? byProgram(chunks, compression.name, name)
    : byStream(chunks, inNode, name, compression.name);
}

function begins(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}

/** Node's own zstd: not in the types of the oldest Node that we run on. */
function nodeZstd(): Transform | null {
  const create = (zlib as { createZstdDecompress?: (options: { chunkSize: number }) => Transform })
    .createZstdDecompress;
  return create ? create({ chunkSize: CHUNK_BYTES }) : null;
}

async function* byStream(
  chunks: AsyncIterable<Uint8Array>,
  stream: Transform,
  name: string,
  kind: string,
): AsyncGenerator<Uint8Array> {
  const pump = feed(chunks, stream);
  // Whatever it fails with is told below, and must not end the process before.
  pump.catch((error: Error) => stream.destroy(error));
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) yield chunk;
    await pump;
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new BrokenInput(`${name}: damaged ${kind} data (${(error as Error).message})`);
  }
}

/** Writes all chunks, as fast as the other side takes them, and ends the stream. */
async function feed(chunks: AsyncIterable<Uint8Array>, stream: NodeJS.WritableStream): Promise<void> {
  let gone = false;
  const leave = () => {
    gone = true;
  };
  stream.once('error', leave);
  stream.once('close', leave);
  for await (const chunk of chunks) {
    if (gone) return;
    // The chunk's memory is used again: the other side works behind our back, so it gets its own.
    if (stream.write(Uint8Array.from(chunk))) continue;
    await new Promise<void>((resolve) => {
      const done = () => {
        for (const event of ['drain', 'error', 'close']) stream.removeListener(event, done);
        resolve();
      };
      for (const event of ['drain', 'error', 'close']) stream.once(event, done);
      if (gone) done();
    });
  }
  if (!gone) stream.end();
}

/** `zstd -dc` or `xz -dc` as a child, fed through its standard input: the same for files and pipes. */
async function* byProgram(
  chunks: AsyncIterable<Uint8Array>,
  program: 'zstd' | 'xz',
  name: string,
): AsyncGenerator<Uint8Array> {
  const child = spawn(program, ['-dc'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let message = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (message.length < MESSAGE_BYTES) message += chunk.toString('latin1');
  });
  // A child that ends early closes its input: its status tells why.
  child.stdin.on('error', () => {});
  const ended = new Promise<{ error?: NodeJS.ErrnoException; status?: number | null }>((resolve) => {
    child.once('error', (error) => resolve({ error }));
    child.once('close', (status) => resolve({ status }));
  });
  const pump = feed(chunks, child.stdin);
  let failure: unknown = null;
  pump.catch((error: unknown) => {
    failure = error;
    child.kill();
  });
  try {
    for await (const chunk of child.stdout as Readable as AsyncIterable<Buffer>) yield chunk;
    const { error, status } = await ended;
    if (failure !== null) throw failure;
    if (error?.code === 'ENOENT') {
      throw new InputError(
        `${name}: this is ${program}-compressed, and the program \`${program}\` is not installed`,
      );
    }
    if (error) throw new InputError(`${name}: cannot run \`${program}\` (${error.message})`);
    if (status !== 0) throw new BrokenInput(`${name}: damaged ${program} data (${reason(message, program)})`);
  } finally {
    child.stdin.destroy();
    child.kill();
  }
}

/** The first line that a tool said, without its own name and that of its input. */
function reason(message: string, program: string): string {
  const line = message
    .split(/[\r\n]+/)
    .map((text) => text.trim())
    .find((text) => text !== '');
  const prefix = new RegExp(`^(?:${program}: *)?(?:\\(stdin\\) *:|/\\*stdin\\*\\\\ *:)? *`);
  const plain = (line ?? '').replace(prefix, '').replaceAll(/[^\x20-\x7e]/g, '.');
  return plain === '' ? `\`${program}\` failed` : plain;
}
