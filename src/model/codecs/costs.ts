import type { CodecId } from './codecs.ts';

/** How a cost is known. */
export type CostBasis = 'measured' | 'published' | 'derived' | 'assumed';

/** A time for one 4 KiB page, ns: a middle, and the range that a page may take. */
export interface PageTime {
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

/** What a codec costs on a platform. Null: not known there. */
export interface CodecCost {
  readonly codec: CodecId;
  readonly platform: CodecPlatform;
  readonly compressNs: PageTime | null;
  readonly decompressNs: PageTime | null;
  readonly basis: CostBasis;
  readonly source: string;
}

export const CODEC_PLATFORMS = [
  'sapphire-rapids',
  'emerald-rapids-vm',
  'x86-desktop',
  'raspberry-pi-4b',
] as const;

export type CodecPlatform = (typeof CODEC_PLATFORMS)[number];

/** Share by which a page of other data may differ from the mean of a published run. */
const OTHER_DATA = 0.3;

function around(middle: number, share: number): PageTime {
  return { low: middle * (1 - share), middle, high: middle * (1 + share) };
}

const BY_N = 'RFC of May 2024, medians of 64 KiB folios at 2.5 GHz divided by 16; +-30 % for other data';
const PIECES =
  'RFC of May 2024 (by_1, by_2, by_64), idle device, verification off: single page and page of a batch of 8';
const USER_SPACE =
  'user space, heap, ELF and text pages, a VM: lowest 10th percentile, middle and highest of three medians';
const ZRAM_READ =
  'zram read path, mean of 4 jobs (notes.xeome.dev/notes/Zram): with what zram adds; +-30 % for other data';
const ARM_COMPRESS = 'compression on arm64 is not published';

function folio(codec: CodecId, compressNs: number, decompressNs: number): CodecCost {
  return {
    codec,
    platform: 'sapphire-rapids',
    compressNs: around(compressNs / 16, OTHER_DATA),
    decompressNs: around(decompressNs / 16, OTHER_DATA),
    basis: 'derived',
    source: BY_N,
  };
}

function userSpace(
  codec: CodecId,
  compress: readonly [number, number, number],
  decompress: readonly [number, number, number],
): CodecCost {
  const time = ([low, middle, high]: readonly [number, number, number]) => ({ low, middle, high });
  return {
    codec,
    platform: 'emerald-rapids-vm',
    compressNs: time(compress),
    decompressNs: time(decompress),
    basis: 'measured',
    source: codec === 'lzo-rle' ? `${USER_SPACE}; lzo1x-1` : USER_SPACE,
  };
}

function zramRead(codec: CodecId, platform: CodecPlatform, ns: number): CodecCost {
  return {
    codec,
    platform,
    compressNs: null,
    decompressNs: around(ns, OTHER_DATA),
    basis: 'published',
    source: platform === 'raspberry-pi-4b' ? `${ZRAM_READ}; ${ARM_COMPRESS}` : ZRAM_READ,
  };
}

/** Every cost that is known, each with its source. */
export const CODEC_COSTS: readonly CodecCost[] = [
  folio('lzo-rle', 138_235, 61_055),
  folio('lz4', 139_190, 33_687),
  folio('zstd', 251_820, 90_878),
  {
    codec: 'deflate-iaa',
    platform: 'sapphire-rapids',
    compressNs: { low: 684, middle: 4800, high: 4900 },
    decompressNs: { low: 680, middle: 4500, high: 4700 },
    basis: 'derived',
    source: `${PIECES}; low is a page of a batch of 8, middle and high a page alone`,
  },
  userSpace('lzo-rle', [4059, 6944, 12_147], [3049, 6532, 8134]),
  userSpace('lz4', [3830, 6890, 11_587], [1271, 1893, 1943]),
  userSpace('zstd', [11_488, 21_326, 31_360], [5102, 7264, 10_116]),
  userSpace('deflate', [37_498, 88_912, 146_491], [7692, 12_807, 26_636]),
  zramRead('lzo-rle', 'x86-desktop', 2235),
  zramRead('lz4', 'x86-desktop', 1708),
  zramRead('zstd', 'x86-desktop', 5714),
  zramRead('lzo-rle', 'raspberry-pi-4b', 9998),
  zramRead('lz4', 'raspberry-pi-4b', 9421),
];

/** Costs of a codec, one for each platform. */
export function costsOf(codec: CodecId): readonly CodecCost[] {
  return CODEC_COSTS.filter((cost) => cost.codec === codec);
}

/** Costs both ways, as a replay of stores wants them: of a codec, or of any. */
export function replayableCosts(codec?: CodecId): readonly CodecCost[] {
  return CODEC_COSTS.filter(
    (cost) => (codec === undefined || cost.codec === codec) && cost.compressNs && cost.decompressNs,
  );
}

/** A time drawn from the range: triangular, `uniform` in [0, 1). */
export function drawTime({ low, middle, high }: PageTime, uniform: number): number {
  if (high === low) return middle;
  const turn = (middle - low) / (high - low);
  return uniform < turn
    ? low + Math.sqrt(uniform * (high - low) * (middle - low))
    : high - Math.sqrt((1 - uniform) * (high - low) * (high - middle));
}
