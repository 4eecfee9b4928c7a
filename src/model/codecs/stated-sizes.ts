import type { CodecId } from './codecs.ts';
import { PageSizes } from './sizes.ts';

/** Kinds of pages whose sizes are known as a distribution. */
export type CorpusId = 'heap' | 'elf' | 'text';

export interface Corpus {
  readonly id: CorpusId;
  readonly title: string;
  /** 4 KiB pages that were compressed; same-filled ones are not among them. */
  readonly pages: number;
}

/** Debian 12 on x86-64; pages are evenly spaced over the whole. */
export const CORPORA: readonly Corpus[] = [
  { id: 'heap', title: 'heaps of a Node.js 20 and a Python 3.11 process', pages: 4075 },
  { id: 'elf', title: 'shared libraries of Debian 12', pages: 4069 },
  { id: 'text', title: 'sources: TypeScript, C headers', pages: 4096 },
];

export const CORPUS_SOURCE =
  'measured: each page compressed by the library that stands for the codec; lzo-rle by liblzo2 2.10, lzo1x-1';

/** Sizes that the 2.5th, 7.5th .. 97.5th percentile of the pages have, bytes; 4096 and more do not get below a page. */
const QUANTILES: Readonly<Record<CorpusId, Readonly<Record<CodecId, readonly number[]>>>> = {
  heap: {
    'lzo-rle': [
      266, 826, 918, 936, 943, 954, 974, 1036, 1052, 1085, 1141, 1246, 1321, 1342, 1408, 1570, 1651, 1684,
      1737, 2056,
    ],
    lz4: [
      286, 941, 996, 1081, 1128, 1152, 1167, 1178, 1193, 1222, 1442, 1466, 1579, 1589, 1612, 1653, 1766, 1906,
      1966, 2329,
    ],
    zstd: [
      167, 330, 355, 471, 508, 527, 581, 611, 646, 667, 691, 774, 786, 818, 883, 967, 1085, 1124, 1257, 1534,
    ],
    deflate: [
      179, 399, 425, 555, 604, 617, 624, 646, 706, 752, 797, 821, 911, 971, 995, 1137, 1174, 1249, 1284, 1500,
    ],
    'deflate-iaa': [
      181, 504, 525, 636, 694, 701, 712, 788, 848, 856, 931, 969, 1087, 1104, 1142, 1305, 1370, 1403, 1456,
      1722,
    ],
  },
  elf: {
    'lzo-rle': [
      360, 661, 924, 1146, 1281, 1487, 1704, 1899, 2079, 2290, 2448, 2621, 2750, 2883, 2978, 3079, 3157, 3246,
      3363, 4115,
    ],
    lz4: [
      388, 708, 1054, 1289, 1426, 1631, 1880, 2074, 2258, 2438, 2608, 2748, 2882, 2993, 3075, 3150, 3227,
      3300, 3398, 4025,
    ],
    zstd: [
      219, 392, 501, 636, 784, 990, 1203, 1380, 1533, 1712, 1870, 2051, 2215, 2337, 2433, 2517, 2590, 2666,
      2765, 2999,
    ],
    deflate: [
      226, 394, 559, 717, 839, 1016, 1210, 1395, 1555, 1755, 1926, 2089, 2235, 2344, 2430, 2510, 2582, 2653,
      2742, 2976,
    ],
    'deflate-iaa': [
      238, 450, 658, 854, 1038, 1191, 1405, 1600, 1785, 1995, 2148, 2335, 2486, 2605, 2706, 2805, 2886, 2982,
      3111, 3960,
    ],
  },
  text: {
    'lzo-rle': [
      762, 1004, 1098, 1173, 1274, 1354, 1415, 1498, 1567, 1630, 1689, 1762, 1827, 1896, 1972, 2050, 2126,
      2210, 2310, 2463,
    ],
    lz4: [
      832, 1081, 1187, 1266, 1364, 1447, 1515, 1600, 1678, 1734, 1799, 1871, 1938, 2012, 2083, 2166, 2247,
      2343, 2454, 2611,
    ],
    zstd: [
      525, 710, 799, 857, 930, 992, 1038, 1098, 1147, 1194, 1240, 1293, 1343, 1394, 1445, 1505, 1560, 1620,
      1699, 1799,
    ],
    deflate: [
      481, 669, 740, 800, 866, 930, 975, 1031, 1079, 1123, 1175, 1229, 1283, 1335, 1384, 1445, 1506, 1565,
      1646, 1745,
    ],
    'deflate-iaa': [
      551, 712, 817, 900, 985, 1068, 1121, 1192, 1256, 1318, 1377, 1450, 1520, 1588, 1655, 1732, 1808, 1888,
      1993, 2142,
    ],
  },
};

/** Sizes of a kind of pages with a codec, as a distribution. @throws {RangeError} for a kind that is not known. */
export function statedSizes(corpus: CorpusId, codec: CodecId): PageSizes {
  const quantiles = QUANTILES[corpus]?.[codec];
  if (!quantiles) throw new RangeError(`no sizes of ${codec} for ${corpus}`);
  return new PageSizes(quantiles, 'stated');
}

/** A mean ratio of which no distribution was published. */
export interface PublishedRatio {
  readonly codec: CodecId;
  readonly ratio: number;
  readonly of: string;
  readonly source: string;
}

const SPEC = 'SPEC CPU2017, 4 KiB pages';
const SPEC_SOURCE = 'IAA canned mode posting, March 2024';
const FOLIOS = 'SPEC, whole folios of 64 KiB';
const BY_N = 'by_n RFC, May 2024';

export const PUBLISHED_RATIOS: readonly PublishedRatio[] = [
  { codec: 'lzo-rle', ratio: 2.52, of: FOLIOS, source: BY_N },
  { codec: 'lz4', ratio: 2.4, of: FOLIOS, source: BY_N },
  { codec: 'zstd', ratio: 3.4, of: FOLIOS, source: BY_N },
  { codec: 'zstd', ratio: 2.96, of: 'data set on Emerald Rapids', source: 'zswap batching v12' },
  { codec: 'deflate', ratio: 3.35, of: `${SPEC}, level 6`, source: SPEC_SOURCE },
  { codec: 'deflate-iaa', ratio: 2.69, of: SPEC, source: SPEC_SOURCE },
  { codec: 'deflate-iaa', ratio: 2.23, of: 'data set on Emerald Rapids', source: 'zswap batching v12' },
];
