import { CODECS, type Codec } from './codecs.ts';
import { type CodecCost, costsOf } from './costs.ts';
import {
  CORPORA,
  type CorpusId,
  PUBLISHED_RATIOS,
  type PublishedRatio,
  statedSizes,
} from './stated-sizes.ts';

const PAGE_BYTES = 4096;

/** Sizes of pages of a kind, bytes; quantiles are those of the 20 that are kept. */
export interface StatedSizes {
  readonly corpus: CorpusId;
  readonly mean: number;
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
  /** Share of the pages that do not get below a page. */
  readonly doesNotCompress: number;
  /** The 2.5th, 7.5th .. 97.5th percentile. */
  readonly sizes: readonly number[];
}

/** What is known of a codec before a page of the user is seen. */
export interface KnownCodec {
  readonly codec: Codec;
  readonly costs: readonly CodecCost[];
  readonly stated: readonly StatedSizes[];
  readonly published: readonly PublishedRatio[];
}

/** Costs by platform, sizes by kind of pages, and published ratios of every codec. */
export function knownCodecs(): readonly KnownCodec[] {
  return CODECS.map((codec) => ({
    codec,
    costs: costsOf(codec.id),
    stated: CORPORA.map(({ id: corpus }) => {
      const of = statedSizes(corpus, codec.id);
      const sizes = [...of];
      return {
        corpus,
        mean: of.mean,
        p10: of.quantile(0.1),
        p50: of.quantile(0.5),
        p90: of.quantile(0.9),
        doesNotCompress: sizes.filter((bytes) => bytes >= PAGE_BYTES).length / sizes.length,
        sizes,
      };
    }),
    published: PUBLISHED_RATIOS.filter((ratio) => ratio.codec === codec.id),
  }));
}
