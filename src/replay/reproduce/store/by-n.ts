import type { StoreRow } from './published.ts';

/** Pieces that a folio was compressed in. */
export const PIECES = [1, 2, 4, 8, 16, 32, 64] as const;
export const SOFTWARE_CODECS = ['lz4', 'lzo_rle', 'zstd'] as const;

/** RFC of May 2024: medians for a folio of 64 KiB, ns, and its compression ratio. */
interface FolioTimes {
  readonly compress: number;
  readonly decompress: number;
  readonly zram_write: number;
  readonly zram_read: number;
  readonly ratio: number;
}

const METRICS = ['compress', 'decompress', 'zram_write', 'zram_read'] as const;

const folio = (
  compress: number,
  decompress: number,
  ratio: number,
  zram_write: number,
  zram_read: number,
): FolioTimes => ({ compress, decompress, ratio, zram_write, zram_read });

const BY_N: Readonly<Record<string, FolioTimes>> = {
  by_1: folio(34_493, 20_038, 2.93, 40_130, 24_478),
  by_2: folio(18_830, 11_888, 2.93, 24_149, 15_536),
  by_4: folio(11_364, 8_146, 2.9, 16_735, 11_469),
  by_8: folio(8_344, 6_342, 2.77, 13_527, 9_177),
  by_16: folio(8_837, 6_549, 2.33, 15_309, 9_547),
  by_32: folio(11_153, 9_641, 2.19, 16_457, 14_086),
  by_64: folio(18_272, 16_696, 1.96, 24_294, 20_048),
  lz4: folio(139_190, 33_687, 2.4, 144_940, 37_312),
  lzo_rle: folio(138_235, 61_055, 2.52, 143_666, 64_321),
  zstd: folio(251_820, 90_878, 3.4, 256_384, 94_328),
};

export const BY_N_ROWS: readonly StoreRow[] = Object.entries(BY_N).flatMap(([design, times]) =>
  METRICS.map((metric) => ({
    id: `byn-${design}-${metric}`,
    platform: 'spr-2.5GHz',
    metric,
    unit: 'ns' as const,
    design,
    processes: 1,
    base: null,
    value: times[metric],
  })),
);

/** KiB that a folio of 64 KiB became. @throws {RangeError} for a codec that is not in the table. */
export function compressedKib(design: string): number {
  const times = BY_N[design];
  if (!times) throw new RangeError(`no ratio of ${design}`);
  return 64 / times.ratio;
}
