import type { Distribution, LockRow } from '../../analysis/result.ts';
import { latencyHistogramSpec } from '../charts/latency-histogram.ts';
import type { Series } from '../charts/regroup.ts';
import { lockPlace } from '../lock-place.ts';
import { durationText } from '../quantities.ts';
import { signedUsCell } from './cells.ts';
import { type Html, NOTHING } from './escape.ts';
import { renderFigure } from './figure.ts';
import { octaveTable } from './latency.ts';
import { formatCount } from './quantity.ts';
import { type Column, renderTable } from './tables.ts';

interface NamedDistribution {
  readonly name: string;
  readonly d: Distribution;
  readonly sign: '' | '>=';
}

function distributions(lock: LockRow): NamedDistribution[] {
  const row = (name: string, d: Distribution, sign: NamedDistribution['sign'] = '') => ({ name, d, sign });
  return [
    ...(lock.waitWitness === 'none' ? [] : [row('wait', lock.wait)]),
    row('lock call', lock.acquire),
    ...(lock.hold === null ? [] : [row('hold', lock.hold, lock.holdBasis === 'calls' ? '>=' : '')]),
  ];
}

/** Wait, lock call and hold, a row each. */
export function renderDistributionTable(lock: LockRow, exactUpToCalls: number): Html {
  const value = (
    title: string,
    pick: (d: Distribution) => number | null,
    quantile = false,
  ): Column<NamedDistribution> => ({
    title,
    kind: 'number',
    cell: ({ d, sign }) => signedUsCell(sign || (quantile && d.count > exactUpToCalls ? '~' : ''), pick(d)),
  });
  return renderTable(
    distributions(lock),
    [
      { title: 'Times in us', kind: 'name', cell: ({ name }) => name },
      { title: 'Count', kind: 'number', cell: ({ d }) => formatCount(d.count) },
      value('Total', (d) => d.totalNs),
      value('Mean', (d) => d.meanNs),
      value('Min', (d) => d.minNs),
      value('p50', (d) => d.p50Ns, true),
      value('p90', (d) => d.p90Ns, true),
      value('p99', (d) => d.p99Ns, true),
      value('p99.9', (d) => d.p999Ns, true),
      value('Max', (d) => d.maxNs),
    ],
    { caption: `Wait, lock call and hold of ${lockPlace(lock)}` },
  );
}

/** Fewer waits than this are better read in the table. */
const WORTH_DRAWING = 10;

/** Waits and holds laid over each other, when there are enough of both. */
export async function renderDistributionFigure(lock: LockRow, id: string): Promise<Html> {
  if (lock.wait.count < WORTH_DRAWING || lock.hold === null || lock.hold.count < WORTH_DRAWING)
    return NOTHING;
  const hold = lock.hold;
  const series = [
    { name: 'wait', d: lock.wait },
    { name: lock.holdBasis === 'calls' ? 'hold (at least)' : 'hold', d: hold },
  ].map(
    ({ name, d }): Series => ({
      label: name,
      count: d.histogram.reduce((sum, bucket) => sum + bucket.count, 0),
      minNs: d.minNs,
      maxNs: d.maxNs,
      histogram: d.histogram,
    }),
  );
  return renderFigure({
    id: `${id}-chart`,
    level: 4,
    title: `Half of the waits take up to ${durationText(lock.wait.p50Ns)}, half of the holds up to ${durationText(hold.p50Ns)}`,
    text: `${lockPlace(lock)}: waits as a share of all waits, holds as a share of all holds, by powers of two of ns.`,
    spec: latencyHistogramSpec(series, 'wait or hold', 110),
    legend: series.map(({ label }, i) => ({ slot: i + 1, label, line: true })),
    switches: true,
    table: octaveTable(series, `Waits and holds of ${lock.lock} by duration`),
  });
}
