import type { Geometry } from '../zsmalloc/geometry.ts';
import type { CodecId } from './codecs.ts';
import type { Compressor } from './compressors.ts';
import { type KnownCodec, knownCodecs } from './known.ts';
import { PageSizes } from './sizes.ts';
import { type Backend, type ClassShare, classSpread, type Fate, storedPage } from './storage.ts';

const QUANTILES = { p10: 0.1, p50: 0.5, p90: 0.9, p99: 0.99 } as const;

/** What a codec makes of the pages. */
export interface CodecSizes {
  /** Mean, quantiles: of pages that are not same-filled; null when all of them are. */
  readonly bytes: Readonly<Record<'mean' | keyof typeof QUANTILES, number>> | null;
  /** Pages by what becomes of them. */
  readonly fates: Readonly<Record<Fate, number>>;
  /** Bytes of the pages that are stored over what their objects take, zspages full. */
  readonly ratio: number | null;
  readonly classes: readonly ClassShare[];
}

export interface CodecSurvey extends KnownCodec {
  /** Null where no library stands for the codec. */
  readonly sizes: CodecSizes | null;
}

export interface Survey {
  readonly pages: number;
  /** Pages in the input; more than `pages` when a sample was taken. */
  readonly pagesInInput: number;
  readonly backend: Backend;
  readonly hugeClassSize: number;
  readonly sameFilled: number;
  readonly zero: number;
  readonly codecs: readonly CodecSurvey[];
}

/** Compresses each page with each codec. @throws {RangeError} for no pages. */
export function surveyPages(
  pages: readonly Uint8Array[],
  options: {
    readonly pagesInInput: number;
    readonly backend: Backend;
    readonly geometry: Geometry;
    readonly compressors: ReadonlyMap<CodecId, Compressor>;
  },
): Survey {
  if (pages.length === 0) throw new RangeError('no whole page of 4096 bytes');
  const { backend, geometry, pagesInInput } = options;
  const filled = pages.map(isSameFilled);
  const zeros = pages.map((page, i) => filled[i]! && isZeroWord(page));
  const sizesOf = (compress: Compressor): CodecSizes => {
    const compressed = pages.map((page, i) => ({
      bytes: compress(page),
      sameFilled: filled[i]!,
      zero: zeros[i]!,
    }));
    const stored = compressed.map((page) => storedPage(page, backend, geometry));
    const fates = { 'same-filled': 0, compressed: 0, incompressible: 0, rejected: 0 };
    for (const { fate } of stored) fates[fate]++;
    const sizes = compressed.filter((_, i) => stored[i]!.fate !== 'same-filled').map(({ bytes }) => bytes);
    const classes = classSpread(stored, geometry);
    const taken = classes.reduce((sum, { pages: used }) => sum + used, 0);
    const kept = fates.compressed + fates.incompressible;
    return {
      bytes: sizes.length === 0 ? null : described(new PageSizes(sizes, 'pages')),
      fates,
      ratio: taken === 0 ? null : kept / taken,
      classes,
    };
  };
  return {
    pages: pages.length,
    pagesInInput,
    backend,
    hugeClassSize: geometry.hugeClassSize,
    sameFilled: filled.filter(Boolean).length,
    zero: zeros.filter(Boolean).length,
    codecs: knownCodecs().map((known) => {
      const compress = options.compressors.get(known.codec.id);
      return { ...known, sizes: compress ? sizesOf(compress) : null };
    }),
  };
}

function described(sizes: PageSizes): NonNullable<CodecSizes['bytes']> {
  const quantiles = Object.entries(QUANTILES).map(([name, p]) => [name, sizes.quantile(p)]);
  return { mean: sizes.mean, ...Object.fromEntries(quantiles) };
}

function isSameFilled(page: Uint8Array): boolean {
  for (let i = 8; i < page.length; i++) if (page[i] !== page[i - 8]) return false;
  return true;
}

function isZeroWord(page: Uint8Array): boolean {
  return page.subarray(0, 8).every((byte) => byte === 0);
}
