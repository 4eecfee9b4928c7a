import { BY_N_ROWS } from './by-n.ts';

/** A published number of the store path: a kernel as it was (`base`, where there is one) and a variant. */
export interface StoreRow {
  readonly id: string;
  readonly platform: string;
  readonly metric: string;
  readonly unit: 'ns' | 'KB/s' | 's' | 'ms' | 'pages';
  readonly design: string;
  readonly processes: number | null;
  readonly base: number | null;
  readonly value: number;
}

// Where they were published: the RFC of May 2024 that compresses a 64 KiB folio in n pieces ("by_n"), medians; cover letters and
// patches of the zswap batching series with IAA, v9 to v14; cover letters of virtual swap, RFC v2 of June 2026, and v5, v6 of the
// older design.

/** Looks a row up. @throws {RangeError} when it is missing. */
export type Find = (id: string) => StoreRow;

const SPR = 'spr-2x56-iaa';

function batchOf8(id: string, metric: string, [base, value]: readonly [number, number]): StoreRow {
  const design = id.endsWith('b') ? 'movdir64b patch' : 'percpu_ref patch';
  return { id: `iaa-batch8-${id}`, platform: SPR, metric, unit: 'ns', design, processes: 1, base, value };
}

type Pair = readonly [base: number, value: number];
const UNITS = { throughput: 'KB/s', elapsed: 's', sys: 's', real: 's', written_back_pages: 'pages' } as const;
type Metric = keyof typeof UNITS;

function pairs(
  name: string,
  design: string,
  processes: number | null,
  values: Partial<Record<Metric, Pair>>,
): readonly StoreRow[] {
  return (Object.entries(values) as [Metric, Pair][]).map(([metric, [base, value]]) => ({
    id: `${name}-${metric}`,
    platform: SPR,
    metric,
    unit: UNITS[metric],
    design,
    processes,
    base,
    value,
  }));
}

const usemem = (
  series: string,
  folio: string,
  codec: string,
  [throughput, elapsed, sys]: readonly [Pair, Pair?, Pair?],
) =>
  pairs(`${series}-usemem30-${folio}-${codec}`, series, 30, {
    throughput,
    ...(elapsed && { elapsed }),
    ...(sys && { sys }),
  });

const kernel = (
  name: string,
  [real, sys, written]: readonly [Pair, Pair, Pair?],
  design = name.split('-')[0]!,
) => pairs(name, design, null, { real, sys, ...(written && { written_back_pages: written }) });

/** A kernel build of the v12 tables: base, the series, and the series without bulk allocation. */
function v12Build(
  folio: string,
  codec: string,
  real: readonly [number, number, number],
  sys: readonly [number, number, number],
): readonly StoreRow[] {
  const row = (
    metric: 'real' | 'sys',
    variant: string,
    design: string,
    base: number,
    value: number,
  ): StoreRow => ({
    id: `v12-kc-${folio}-${codec}-${metric}-${variant}`,
    platform: SPR,
    metric,
    unit: 's',
    design,
    processes: null,
    base,
    value,
  });
  return [
    row('real', 'v12', 'v12', real[0], real[1]),
    row('real', 'nobulk', 'v12 without bulk', real[0], real[2]),
    row('sys', 'v12', 'v12', sys[0], sys[1]),
    row('sys', 'nobulk', 'v12 without bulk', sys[0], sys[2]),
  ];
}

function freeTime(id: string, design: string, base: number | null, value: number): StoreRow {
  const platform = 'x86-52-cores';
  return { id, platform, metric: 'free time', unit: 'ms', design, processes: null, base, value };
}

/** Whole runs with virtual swap: base, compiled in but off, on; s. */
function vswapRuns(
  name: string,
  metric: 'real' | 'sys',
  [base, off, on]: readonly [number, number, number],
): StoreRow[] {
  const row = (variant: 'off' | 'on', design: string, value: number): StoreRow => ({
    id: `vswap-v2-${name}_${metric}_s-vss_${variant}`,
    platform: 'x86-52-cores',
    metric,
    unit: 's',
    design,
    processes: null,
    base,
    value,
  });
  return [row('off', 'vswap compiled in, off', off), row('on', 'vswap', on)];
}

/** Every published number of the store path that `reproduce` lays beside a prediction or a bound. */
export const PUBLISHED_STORE: readonly StoreRow[] = [
  ...BY_N_ROWS,
  batchOf8('p50', 'median of a batch of 8', [5576, 5472]),
  batchOf8('p99', '99th percentile of a batch of 8', [5992, 5848]),
  batchOf8('p50b', 'median of a batch of 8', [5568, 5472]),
  batchOf8('p99b', '99th percentile of a batch of 8', [6056, 5848]),
  ...usemem('v9', '64K?', 'deflate-iaa', [[6_091_607, 10_174_344]]),
  ...usemem('v10', '64K?', 'deflate-iaa', [[6_078_729, 10_465_906]]),
  ...usemem('v11', '64K', 'deflate-iaa', [
    [7_153_359, 10_856_388],
    [92.61, 70.5],
    [2193.59, 1675.32],
  ]),
  ...usemem('v12', '64K', 'deflate-iaa', [
    [7_191_949, 10_702_115],
    [93.21, 69.98],
    [2190.52, 1651.51],
  ]),
  ...usemem('v13', '64K', 'deflate-iaa', [
    [6_118_675, 9_901_216],
    [98.94, 70.9],
    [2379.29, 1686.18],
  ]),
  ...usemem('v14', '64K', 'deflate-iaa', [
    [6_226_967, 10_551_714],
    [99.19, 67.45],
    [2356.19, 1580.47],
  ]),
  ...usemem('v11', '2M', 'deflate-iaa', [
    [7_268_929, 11_312_195],
    [80.4, 68.73],
    [1856.54, 1599.25],
  ]),
  ...usemem('v12', '2M', 'deflate-iaa', [
    [7_237_676, 11_228_928],
    [82.26, 69.3],
    [1901.9, 1634.78],
  ]),
  ...usemem('v13', '2M', 'deflate-iaa', [
    [6_309_635, 10_558_225],
    [88.7, 67.84],
    [2059.83, 1581.07],
  ]),
  ...usemem('v14', 'PMD', 'deflate-iaa', [
    [6_347_201, 11_315_500],
    [88.14, 63.37],
    [2025.53, 1455.23],
  ]),
  ...usemem('v11', '64K', 'zstd', [
    [6_866_411, 6_874_244],
    [96.45, 89.05],
    [2410.72, 2150.63],
  ]),
  ...usemem('v12', '64K', 'zstd', [
    [6_258_312, 6_269_511],
    [100.01, 100.5],
    [2505.14, 2490],
  ]),
  ...usemem('v13', '64K', 'zstd', [
    [5_983_561, 6_003_851],
    [100.93, 96.62],
    [2532.49, 2395.83],
  ]),
  ...usemem('v14', '64K', 'zstd', [
    [6_032_326, 6_047_448],
    [97.52, 95.33],
    [2415.4, 2328.38],
  ]),
  ...usemem('v11', '2M', 'zstd', [
    [7_560_441, 7_627_155],
    [88.89, 83.22],
    [2132.05, 1952.98],
  ]),
  ...usemem('v12', '2M', 'zstd', [
    [6_796_376, 6_865_781],
    [94.07, 88.8],
    [2261.67, 2082.91],
  ]),
  ...usemem('v13', '2M', 'zstd', [
    [6_562_687, 6_567_946],
    [94.69, 88.79],
    [2253.97, 2083.43],
  ]),
  ...usemem('v14', 'PMD', 'zstd', [
    [6_570_404, 6_623_962],
    [89.17, 88.25],
    [2126.69, 2043.08],
  ]),
  ...kernel('v11-kernel-64K-deflate-iaa', [
    [901.81, 840.6],
    [2672.93, 2171.17],
    [2_612_474, 1_451_961],
  ]),
  ...kernel('v11-kernel-64K-zstd', [
    [882.67, 837.21],
    [3573.31, 2593.94],
    [2_109_739, 727_919],
  ]),
  ...kernel('v11-kernel-PMD-deflate-iaa', [
    [838.76, 804.83],
    [3173.57, 2422.63],
    [2_726_367, 929_614],
  ]),
  ...kernel('v11-kernel-PMD-zstd', [
    [831.09, 813.4],
    [4251.11, 3053.95],
    [1_041_721, 423_334],
  ]),
  ...v12Build('64K', 'deflate-iaa', [874.74, 821.59, 870.82], [3834.35, 3791.12, 3794.06]),
  ...v12Build('64K', 'zstd', [925.08, 853.14, 899.4], [5318.65, 5172.23, 5415.2]),
  ...v12Build('PMD', 'deflate-iaa', [808.1, 794.85, 809.33], [4351.01, 4266.95, 4169.07]),
  ...v12Build('PMD', 'zstd', [848.06, 845.42, 836.06], [5898.58, 5741.31, 5795.75]),
  ...kernel('v13-kernel-64K-deflate-iaa', [
    [836.64, 806.94],
    [3897.57, 3661.83],
  ]),
  ...kernel('v13-kernel-64K-zstd', [
    [880.62, 850.41],
    [5171.9, 5076.51],
  ]),
  ...kernel('v13-kernel-PMD-deflate-iaa', [
    [818.48, 779.67],
    [4226.52, 4245.18],
  ]),
  ...kernel('v13-kernel-PMD-zstd', [
    [888.45, 849.54],
    [5866.72, 5847.17],
  ]),
  ...kernel('v14-kernel-64K-deflate-iaa', [
    [100.1, 98.74],
    [308.72, 301.23],
  ]),
  ...kernel('v14-kernel-PMD-deflate-iaa', [
    [95.29, 93.44],
    [346.21, 344.48],
  ]),
  ...kernel('v14-kernel-64K-zstd', [
    [100.89, 99.98],
    [417.49, 414.62],
  ]),
  ...kernel('v14-kernel-PMD-zstd', [
    [98.26, 97.38],
    [487.14, 473.16],
  ]),
  freeTime('vswap-v2-usemem_56GB/32GB_free_ms-vss_off', 'vswap compiled in, off', 7821, 7825),
  freeTime('vswap-v2-usemem_56GB/32GB_free_ms-vss_on', 'vswap', 7821, 6646),
  ...vswapRuns('usemem', 'real', [178.89, 176.28, 177.39]),
  ...vswapRuns('usemem', 'sys', [124.39, 124.32, 125.47]),
  ...vswapRuns('memhog', 'real', [107.56, 110.44, 108.36]),
  ...vswapRuns('kernel_build', 'real', [169.08, 169.23, 168.9]),
  ...vswapRuns('kernel_build', 'sys', [814.25, 817.75, 809.35]),
  freeTime('vss-old-usemem_free_ms-v5', 'older vswap, v5', 7287, 8354),
  freeTime('vss-old-usemem_free_ms-v6', 'older vswap, v6', 7287, 7332),
  freeTime('vss-old-usemem_52x300MB_free_ms-v5', 'older vswap, v5', 101.1, 91.4),
  freeTime('vss-old-usemem_52x300MB_free_ms-v6', 'older vswap, v6', 101.1, 98.7),
];
