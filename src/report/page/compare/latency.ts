import type {
  ComparisonResult,
  FunctionComparison,
  SideDurations,
} from '../../../analysis/compare/result.ts';
import { cumulativeSpec } from '../../charts/cumulative.ts';
import { latencyHistogramSpec } from '../../charts/latency-histogram.ts';
import type { Series } from '../../charts/regroup.ts';
import { durationText } from '../../quantities.ts';
import { usCell } from '../cells.ts';
import { type Html, html, joinHtml, NOTHING } from '../escape.ts';
import { heading, renderFigure } from '../figure.ts';
import { type Ids, slugify } from '../ids.ts';
import { octaveTable } from '../latency.ts';
import { formatCount } from '../quantity.ts';
import { renderTable } from '../tables.ts';
import { changeText, PLACES, SIDES, verdictText } from './sides.ts';

/** Functions whose distributions are drawn. */
const DRAWN = 3;

interface Both {
  readonly row: FunctionComparison;
  readonly before: SideDurations;
  readonly after: SideDurations;
}

/** Distributions of the functions that changed most surely, before and after over each other. */
export async function renderDistributions({ functions }: ComparisonResult, ids: Ids): Promise<Html> {
  const both = functions.flatMap((row): Both[] =>
    row.before?.histogram.length && row.after?.histogram.length
      ? [{ row, before: row.before, after: row.after }]
      : [],
  );
  const clear = both.filter(({ row: { verdict } }) => verdict === 'faster' || verdict === 'slower');
  const drawn = (clear.length > 0 ? clear : both).slice(0, clear.length > 0 ? DRAWN : 1);
  if (drawn.length === 0) return NOTHING;
  const figures: Html[] = [];
  for (const one of drawn) figures.push(await histogram(one, ids), await cumulative(one, ids));
  return html`<section aria-labelledby="${PLACES.latency}">
${heading(2, PLACES.latency, 'Latency before and after')}
${joinHtml(figures, '\n')}
</section>`;
}

function seriesOf(one: Both): Series[] {
  return SIDES.map(({ key, slot }) => {
    const { histogram: buckets, minNs, maxNs } = one[key];
    const count = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
    return { label: key, slot, count, minNs, maxNs, histogram: buckets };
  });
}

function histogram(one: Both, ids: Ids): Promise<Html> {
  const { row, before, after } = one;
  const series = seriesOf(one);
  return renderFigure({
    id: ids.take(`${slugify(row.name)}-histogram`),
    title: `${row.name}: median ${durationText(before.p50Ns)} before, ${durationText(after.p50Ns)} after; ${verdictText(row)}`,
    text: 'Share of the calls by powers of two of ns, all recordings of a side together.',
    spec: latencyHistogramSpec(series, 'call'),
    legend: SIDES.map(({ key, slot }) => ({
      slot,
      label: key,
      line: true,
      note: `half within ${durationText(one[key].p50Ns)}`,
    })),
    switches: true,
    table: octaveTable(series, `Calls of ${row.name} by duration`),
  });
}

function cumulative(one: Both, ids: Ids): Promise<Html> {
  const { row, before, after } = one;
  return renderFigure({
    id: ids.take(`${slugify(row.name)}-cumulative`),
    title: `${row.name}: 1 % of the calls above ${durationText(before.p99Ns)} before, ${durationText(after.p99Ns)} after (${changeText(row.change.p99)})`,
    text: 'Share of the calls that were done within a time, in steps of powers of two. The share axis is stretched: each further nine (90 %, 99 %, 99.9 %) has the same height. A dot marks the longest call.',
    spec: cumulativeSpec(seriesOf(one), 'call'),
    legend: SIDES.map(({ key, slot }) => ({
      slot,
      label: key,
      line: true,
      note: `1 % above ${durationText(one[key].p99Ns)}`,
    })),
    switches: true,
    table: renderTable(
      SIDES.map(({ key }) => ({ key, ...one[key] })),
      [
        { title: 'Side', kind: 'name', cell: ({ key }) => key },
        { title: 'Calls a recording', kind: 'number', cell: ({ calls }) => formatCount(calls) },
        { title: 'min, us', kind: 'number', cell: ({ minNs }) => usCell(minNs) },
        { title: 'p50, us', kind: 'number', cell: ({ p50Ns }) => usCell(p50Ns) },
        { title: 'p90, us', kind: 'number', cell: ({ p90Ns }) => usCell(p90Ns) },
        { title: 'p99, us', kind: 'number', cell: ({ p99Ns }) => usCell(p99Ns) },
        { title: 'max, us', kind: 'number', cell: ({ maxNs }) => usCell(maxNs) },
      ],
      { caption: `Quantiles of ${row.name}` },
    ),
  });
}
