import { constants, deflateRawSync } from 'node:zlib';
import type { CodecId } from './codecs.ts';

const PAGE_BYTES = 4096;
const ZSTD_LEVEL = 3;
/** crypto/deflate.c: 2 KiB window, all memory, the default level. */
const KERNEL_DEFLATE = { level: 6, windowBits: 11, memLevel: 9 } as const;
/** IAA: fixed Huffman codes, a history of 4 KiB. */
const IAA_DEFLATE = { level: 6, windowBits: 12, memLevel: 9, strategy: constants.Z_FIXED } as const;

/** Compressed bytes of a 4 KiB page; not less than a page where the codec gives up. */
export type Compressor = (page: Uint8Array) => number;

/** Compressors whose sizes stand for the kernel's; lzo-rle has none. Libraries are loaded on first use. */
export async function compressors(): Promise<ReadonlyMap<CodecId, Compressor>> {
  const [{ default: lz4 }, zstd] = await Promise.all([import('lz4js'), import('@bokuweb/zstd-wasm')]);
  await zstd.init();
  const output = new Uint8Array(lz4.compressBound(PAGE_BYTES));
  const table = new Uint32Array(1 << 16);
  return new Map<CodecId, Compressor>([
    [
      'lz4',
      (page) => {
        table.fill(0);
        // 0: nothing was found that is worth a match.
        return lz4.compressBlock(page, output, 0, page.length, table) || PAGE_BYTES;
      },
    ],
    ['zstd', (page) => zstd.compress(page, ZSTD_LEVEL).length],
    ['deflate', (page) => deflateRawSync(page, KERNEL_DEFLATE).length],
    ['deflate-iaa', (page) => deflateRawSync(page, IAA_DEFLATE).length],
  ]);
}
