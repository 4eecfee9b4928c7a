import { mean, sampleStandardDeviation } from 'simple-statistics';
import type { Find } from './published.ts';
import { columnOf } from './store-row.ts';

/** Two variants of the v12 kernel builds over their four configurations; one run of each was published. */
export interface Comparison {
  readonly what: string;
  readonly metric: 'real' | 'sys';
  readonly configurations: number;
  /** Configurations in which the first variant took less time. */
  readonly inFavour: number;
  /** Mean difference, % of the second variant; negative is less time. */
  readonly meanPct: number;
  /** 95 % interval of the mean (Student, configurations as repetitions). */
  readonly loPct: number;
  readonly hiPct: number;
  /** Configurations that contradict the mean: ids of their rows. */
  readonly against: readonly string[];
  readonly verdict: 'less' | 'more' | 'cannot be told';
}

const CONFIGURATIONS = ['64K-deflate-iaa', '64K-zstd', 'PMD-deflate-iaa', 'PMD-zstd'] as const;
/** Student's 97.5 % quantile with three degrees of freedom. */
const T3 = 3.182;

type Variant = 'base' | 'v12' | 'nobulk';
const PAIRS: readonly (readonly [string, Variant, Variant])[] = [
  ['v12 against base', 'v12', 'base'],
  ['v12 without bulk against base', 'nobulk', 'base'],
  ['bulk against without bulk', 'v12', 'nobulk'],
];

/** What the published v12 tables support, and what they do not. */
export function compareBuilds(find: Find): readonly Comparison[] {
  return PAIRS.flatMap(([what, first, second]) =>
    (['real', 'sys'] as const).map((metric) => compare(find, what, metric, first, second)),
  );
}

function compare(
  find: Find,
  what: string,
  metric: 'real' | 'sys',
  first: Variant,
  second: Variant,
): Comparison {
  const time = (configuration: string, variant: Variant) =>
    variant === 'base'
      ? columnOf(find(`v12-kc-${configuration}-${metric}-v12`), 'base')
      : find(`v12-kc-${configuration}-${metric}-${variant}`).value;
  const differences = CONFIGURATIONS.map((configuration) => ({
    id: `v12-kc-${configuration}-${metric}-${first}`,
    pct: (time(configuration, first) / time(configuration, second) - 1) * 100,
  }));
  const values = differences.map(({ pct }) => pct);
  const meanPct = mean(values);
  const half = (T3 * sampleStandardDeviation(values)) / Math.sqrt(values.length);
  const loPct = meanPct - half;
  const hiPct = meanPct + half;
  return {
    what,
    metric,
    configurations: values.length,
    inFavour: values.filter((pct) => pct < 0).length,
    meanPct,
    loPct,
    hiPct,
    against: differences.filter(({ pct }) => Math.sign(pct) !== Math.sign(meanPct)).map(({ id }) => id),
    verdict: hiPct < 0 ? 'less' : loPct > 0 ? 'more' : 'cannot be told',
  };
}
