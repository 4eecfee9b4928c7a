/** Codecs of zram and zswap that the model knows. */
export type CodecId = 'lzo-rle' | 'lz4' | 'zstd' | 'deflate' | 'deflate-iaa';

export interface Codec {
  readonly id: CodecId;
  readonly title: string;
  /** How sizes of the user's pages are found, and how far that is from the kernel's own; null: not at all. */
  readonly sizesBy: string | null;
}

export const CODECS: readonly Codec[] = [
  { id: 'lzo-rle', title: 'LZO1X-1 with runs of zeros', sizesBy: null },
  { id: 'lz4', title: 'LZ4, blocks', sizesBy: 'LZ4 block of another implementation; a few bytes either way' },
  { id: 'zstd', title: 'Zstandard, level 3', sizesBy: 'libzstd, level 3, one frame; a few bytes either way' },
  {
    id: 'deflate',
    title: 'raw deflate, level 6',
    sizesBy: 'zlib, level 6, window 2 KiB as in crypto/deflate.c',
  },
  {
    id: 'deflate-iaa',
    title: 'deflate of Intel IAA, fixed Huffman codes',
    sizesBy: 'zlib with fixed codes and a 4 KiB window: a stand-in, matches of the hardware differ',
  },
];
