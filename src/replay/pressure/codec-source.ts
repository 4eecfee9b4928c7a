import type { CodecId } from '../../model/codecs/codecs.ts';
import { type CodecCost, costsOf, drawTime, type PageTime } from '../../model/codecs/costs.ts';
import { SAPPHIRE_RAPIDS } from '../../model/iaa/devices.ts';
import { pieceMembers } from '../reproduce/store/pieces.ts';
import type { Parameter } from './parameters.ts';
import type { PressureCodec } from './setup.ts';

const QUANTILES = 64;
/** Medians of a folio of 64 KiB in one, two and 64 pieces, ns (RFC of May 2024, "by_n"). */
const COMPRESS = { one: 34_493, two: 18_830, many: 18_272 };
const DECOMPRESS = { one: 20_038, two: 11_888, many: 16_696 };
const IAA_SAMPLES = 64;
/** Bytes of a page that compresses best. */
const SMALLEST = 16;

/** Published ratios, with the range that other data may have. */
const RATIOS: Readonly<
  Record<CodecId, readonly [low: number, middle: number, high: number, source: string]>
> = {
  'lzo-rle': [1.6, 2.52, 3.4, 'RFC of May 2024; low Raspberry Pi notes'],
  lz4: [1.6, 2.4, 3.2, 'RFC of May 2024; low Raspberry Pi notes'],
  zstd: [2.2, 2.96, 3.4, 'v12 cover; high RFC of May 2024'],
  deflate: [2.2, 3.35, 4.5, 'zlib on SPEC CPU17; range: ELF and text pages'],
  'deflate-iaa': [1.9, 2.23, 2.93, 'v12 cover; high RFC of May 2024'],
};

/** How often a byte is saved, as a parameter of the loop. */
export function ratioOf(codec: CodecId): Parameter {
  const [low, middle, high, source] = RATIOS[codec];
  return {
    name: 'ratio',
    what: `compression ratio of ${codec}`,
    unit: 'x',
    low,
    middle,
    high,
    basis: 'published',
    source,
  };
}

/** Compressed sizes as quantiles, bytes: even around the mean, and some pages that do not get smaller. */
export function statedSizes(ratio: number, spread: number, incompressible: number): Uint16Array {
  const mean = 4096 / ratio;
  return Uint16Array.from({ length: 1000 }, (_, k) =>
    k < 1000 * incompressible
      ? 4096
      : Math.min(4095, Math.max(SMALLEST, mean * (1 + spread * ((2 * k) / 1000 - 1)))),
  );
}

/** Costs of a codec on a platform where both directions are known. @throws {RangeError} for none. */
export function costOf(codec: CodecId): CodecCost & {
  readonly compressNs: PageTime;
  readonly decompressNs: PageTime;
} {
  const cost = costsOf(codec).find(({ compressNs, decompressNs }) => compressNs && decompressNs);
  if (!cost?.compressNs || !cost.decompressNs) throw new RangeError(`no costs of ${codec} are known`);
  return { ...cost, compressNs: cost.compressNs, decompressNs: cost.decompressNs };
}

/** The codec of a run: pages differ within the published range, and data by `factor`. */
export function codecOf(codec: CodecId, run: number, seed: number, factor: number): PressureCodec {
  if (codec === 'deflate-iaa') {
    const compress = pieceMembers(COMPRESS, IAA_SAMPLES, seed);
    const decompress = pieceMembers(DECOMPRESS, IAA_SAMPLES, seed);
    return {
      kind: 'iaa',
      compress: compress[run % compress.length]!.costs,
      decompress: decompress[run % decompress.length]!.costs,
      engines: SAPPHIRE_RAPIDS.devicesPerPackage * SAPPHIRE_RAPIDS.enginesPerDevice,
    };
  }
  const cost = costOf(codec);
  const table = (time: PageTime) =>
    Float64Array.from({ length: QUANTILES }, (_, k) => factor * drawTime(time, (k + 0.5) / QUANTILES));
  return { kind: 'software', compressNs: table(cost.compressNs), decompressNs: table(cost.decompressNs) };
}
