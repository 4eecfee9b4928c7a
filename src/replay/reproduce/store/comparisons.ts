import { mean, sampleStandardDeviation } from 'simple-statistics';
import type { Find } from './published.ts';
import { columnOf } from './store-row.ts';

/** Two variants over several configurations; one run of each was published. */
export interface Comparison {
  readonly what: string;
  readonly metric: 'real' | 'sys' | 'throughput';
  readonly configurations: number;
  /** Configurations in which the first variant took less time, or had more throughput. */
  readonly inFavour: number;
  /** Mean difference, % of the second variant; negative is less. */
  readonly meanPct: number;
  /** 95 % interval of the mean (Student, configurations as repetitions). */
  readonly loPct: number;
  readonly hiPct: number;
  /** The difference in each configuration, with the id of the first variant's row. */
  readonly differences: readonly { readonly id: string; readonly pct: number }[];
  /** Configurations that contradict the mean: ids of their rows. */
  readonly against: readonly string[];
  readonly verdict: 'less' | 'more' | 'cannot be told';
  /** Pairs of runs that would tell 1 % with 95 % confidence where pairs scatter as these do. */
  readonly pairsForOnePct: number;
}

const BUILDS = ['64K-deflate-iaa', '64K-zstd', 'PMD-deflate-iaa', 'PMD-zstd'] as const;
const USEMEM_ZSTD = ['v11', 'v12', 'v13', 'v14'].flatMap((series) => [
  `${series}-usemem30-64K-zstd`,
  `${series}-usemem30-${series === 'v14' ? 'PMD' : '2M'}-zstd`,
]);
/** Student's 97.5 % quantiles by degrees of freedom. */
const STUDENT: Readonly<Record<number, number>> = { 3: 3.182, 7: 2.365 };
const NORMAL = 1.96;

type Variant = 'base' | 'v12' | 'nobulk';
const PAIRS: readonly (readonly [string, Variant, Variant])[] = [
  ['v12 against base', 'v12', 'base'],
  ['v12 without bulk against base', 'nobulk', 'base'],
  ['bulk against without bulk', 'v12', 'nobulk'],
];

/** What the v12 tables of kernel builds support, and what they do not. */
export function compareBuilds(find: Find): readonly Comparison[] {
  return PAIRS.flatMap(([what, first, second]) =>
    (['real', 'sys'] as const).map((metric) => {
      const time = (configuration: string, variant: Variant) =>
        variant === 'base'
          ? columnOf(find(`v12-kc-${configuration}-${metric}-v12`), 'base')
          : find(`v12-kc-${configuration}-${metric}-${variant}`).value;
      const differences = BUILDS.map((configuration) => ({
        id: `v12-kc-${configuration}-${metric}-${first}`,
        pct: (time(configuration, first) / time(configuration, second) - 1) * 100,
      }));
      return compare(what, metric, differences);
    }),
  );
}

/** What batches do to a software codec: usemem with zstd in all covers, which have other changes too. */
export function compareSoftware(find: Find): readonly Comparison[] {
  return (['throughput', 'sys'] as const).map((metric) => {
    const differences = USEMEM_ZSTD.map((name) => {
      const row = find(`${name}-${metric}`);
      return { id: row.id, pct: (row.value / columnOf(row, 'base') - 1) * 100 };
    });
    return compare('v11 to v14 against base, zstd', metric, differences);
  });
}

function compare(
  what: string,
  metric: Comparison['metric'],
  differences: Comparison['differences'],
): Comparison {
  const values = differences.map(({ pct }) => pct);
  const meanPct = mean(values);
  const deviation = sampleStandardDeviation(values);
  const half = (STUDENT[values.length - 1]! * deviation) / Math.sqrt(values.length);
  const loPct = meanPct - half;
  const hiPct = meanPct + half;
  const better = metric === 'throughput' ? 1 : -1;
  return {
    what,
    metric,
    configurations: values.length,
    inFavour: values.filter((pct) => pct * better > 0).length,
    meanPct,
    loPct,
    hiPct,
    differences,
    against: differences.filter(({ pct }) => Math.sign(pct) !== Math.sign(meanPct)).map(({ id }) => id),
    verdict: hiPct < 0 ? 'less' : loPct > 0 ? 'more' : 'cannot be told',
    pairsForOnePct: Math.ceil((NORMAL * deviation) ** 2),
  };
}
