import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { BrokenInput, compressionOf } from '../../src/parsers/decompress.ts';
import { openSource, type Source } from '../../src/parsers/source.ts';
import { wholeLines } from '../../src/parsers/unfinished-line.ts';
import { InputError } from '../../src/trace/diagnostics.ts';

const folder = mkdtempSync(join(tmpdir(), 'trace-replay-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Packs with the system's own program; null where it is not installed. */
function packed(program: 'zstd' | 'xz', text: Uint8Array): Uint8Array | null {
  const { status, stdout } = spawnSync(program, ['-qc'], { input: text, maxBuffer: 1 << 28 });
  return status === 0 ? stdout : null;
}

// Random enough that half of the packed bytes are about half of the text.
const text = Buffer.from(
  Array.from(
    { length: 40_000 },
    (_, i) => ` ${i % 8}) ${Math.imul(i, 2654435761) >>> 0} us | f${i}();\n`,
  ).join(''),
);
const PACKERS = [
  ['gzip', gzipSync(text)],
  ['zstd', packed('zstd', text)],
  ['xz', packed('xz', text)],
] as const;

let files = 0;
function write(content: Uint8Array): string {
  const path = join(folder, String(files++));
  writeFileSync(path, content);
  return path;
}

async function readAll(source: Source): Promise<{ bytes: Buffer; error: unknown }> {
  const parts: Buffer[] = [];
  try {
    for await (const chunk of source.chunks) parts.push(Buffer.from(chunk));
  } catch (error) {
    return { bytes: Buffer.concat(parts), error };
  }
  return { bytes: Buffer.concat(parts), error: null };
}

describe.each(PACKERS)('%s', (name, bytes) => {
  const here = bytes === null ? it.skip : it;

  here('is told by its first bytes, and undone', async () => {
    expect(compressionOf(bytes!)?.name).toBe(name);
    const source = await openSource(write(bytes!));
    expect(source.isPlainFile).toBe(false);
    expect(source.head.length).toBe(1 << 16);
    const all = await readAll(source);
    expect(all.error).toBe(null);
    expect(all.bytes.equals(text)).toBe(true);
    expect(source.progress()).toBe(bytes!.length);
  });

  here('that ends early yields what could be read, and says so', async () => {
    const path = write(bytes!.subarray(0, bytes!.length >> 1));
    const { bytes: read, error } = await readAll(await openSource(path));
    expect(error).toBeInstanceOf(BrokenInput);
    expect((error as Error).message).toMatch(
      new RegExp(`^${path}: damaged ${name} data \\([^()\\n/]+(?:\\(\\d+\\)[^()\\n]+)?\\)$`),
    );
    // xz packs it all into one block, which comes out as far as it goes; zstd gives blocks of 128 KiB.
    expect(read.length).toBeGreaterThan(text.length / 4);
    expect(text.subarray(0, read.length).equals(read)).toBe(true);
  });

  here('with flipped bits ends in one clear error, or in the text', async () => {
    const property = fc.asyncProperty(
      fc.nat(bytes!.length - 1),
      fc.integer({ min: 1, max: 255 }),
      async (at, flip) => {
        const damaged = Uint8Array.from(bytes!);
        damaged[at]! ^= flip;
        try {
          const { error } = await readAll(await openSource(write(damaged)));
          if (error !== null) expect(error).toBeInstanceOf(BrokenInput);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      },
    );
    await fc.assert(property, { numRuns: 15 });
  });

  here('whose beginning alone is there is an input error', async () => {
    await expect(openSource(write(bytes!.subarray(0, 8)))).rejects.toThrow(InputError);
  });

  here('can be left before its end', async () => {
    const source = await openSource(write(bytes!));
    await source.chunks.next();
    await source.close();
    expect((await source.chunks.next()).done).toBe(true);
  });
});

it('knows the skippable frame that pzstd begins with', () => {
  expect(compressionOf(Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 4, 0))?.name).toBe('zstd');
  expect(compressionOf(Buffer.from('P*M is text'))).toBe(null);
  expect(compressionOf(new Uint8Array(0))).toBe(null);
});

describe('a program that is not there', () => {
  it('is named in one line', () => {
    const xz = write(Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 1, 2, 3));
    const program = join(import.meta.dirname, '../../bin/trace-replay.js');
    const run = spawnSync(process.execPath, [program, 'analyze', xz], {
      env: { PATH: folder },
      encoding: 'utf8',
    });
    expect([run.status, run.stdout, run.stderr]).toEqual([
      2,
      '',
      `trace-replay: ${xz}: this is xz-compressed, and the program \`xz\` is not installed\n`,
    ]);
  });
});

describe('a file that is being written', () => {
  const lines = async (source: Source) => {
    let unfinished = 0;
    const parts: Buffer[] = [];
    for await (const chunk of wholeLines(source, () => unfinished++)) parts.push(Buffer.from(chunk));
    return { text: Buffer.concat(parts).toString(), unfinished };
  };

  it('is read as far as it goes, but for half a line', async () => {
    const path = write(text);
    const source = await openSource(path);
    appendFileSync(path, 'three\nfou');
    expect(await lines(source)).toEqual({ text: `${text}three\n`, unfinished: 1 });
  });

  it('is complete when its last line is', async () => {
    const path = write(text);
    const source = await openSource(path);
    appendFileSync(path, 'three\n');
    expect(await lines(source)).toEqual({ text: `${text}three\n`, unfinished: 0 });
  });

  it('that nobody writes any more keeps a last line without a newline', async () => {
    expect(await lines(await openSource(write(Buffer.from('one\ntwo'))))).toEqual({
      text: 'one\ntwo',
      unfinished: 0,
    });
  });

  it('comes out whole, whatever its lines are', async () => {
    const long = Buffer.concat([text, Buffer.alloc(1 << 20, 'x'), text, Buffer.from('end')]);
    const path = write(long);
    expect((await lines(await openSource(path))).text).toBe(readFileSync(path, 'utf8'));
  });
});
