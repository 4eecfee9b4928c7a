import type { AnalysisResult, FunctionRow, HistogramBucket } from '../../analysis/result.ts';
import { cumulativeSpec } from '../charts/cumulative.ts';
import { latencyHistogramSpec } from '../charts/latency-histogram.ts';
import { type Series, toOctaves } from '../charts/regroup.ts';
import { durationText, shareText } from '../quantities.ts';
import { type Anchors, CHARTS, SECTIONS } from './anchors.ts';
import { usCell } from './cells.ts';
import { type Html, html } from './escape.ts';
import { heading, type LegendEntry, renderFigure } from './figure.ts';
import { renderFunctionTable } from './function-table.ts';
import { LIMITS } from './limits.ts';
import { formatCount } from './quantity.ts';
import { type Column, renderTable } from './tables.ts';

/** How long calls took: two charts of the functions that took most time, and the table of all. */
export async function renderLatency(result: AnalysisResult, anchors: Anchors): Promise<Html> {
  const drawn = drawnFunctions(result);
  const charts =
    drawn.length === 0
      ? html`<p>No durations are in this text, so there are no distributions to draw.</p>`
      : html`${await histogramFigure(drawn)}${await cumulativeFigure(drawn)}`;
  return html`<section aria-labelledby="${SECTIONS.latency}">
${heading(2, SECTIONS.latency, 'Latency')}
${charts}
${renderFunctionTable(result, anchors)}
</section>`;
}

/** The one that the report is about, which gives the titles, and those with most time in all. */
export function drawnFunctions({ functions, tails }: AnalysisResult): FunctionRow[] {
  const subject = tails[0]?.function;
  return functions
    .filter((row) => row.histogram.some((bucket) => bucket.count > 0))
    .sort(
      (a, b) =>
        Number(b.name === subject) - Number(a.name === subject) || (b.totalNs ?? 0) - (a.totalNs ?? 0),
    )
    .slice(0, LIMITS.series);
}

export function functionSeries(row: FunctionRow): Series {
  const { name: label, minNs, maxNs, histogram } = row;
  return { label, count: countOf(histogram), minNs, maxNs, histogram };
}

function countOf(histogram: readonly HistogramBucket[]): number {
  return histogram.reduce((sum, bucket) => sum + bucket.count, 0);
}

function legendOf(rows: readonly FunctionRow[], note: (row: FunctionRow) => string): LegendEntry[] {
  return rows.map((row, i) => ({ slot: i + 1, label: row.name, line: true, note: note(row) }));
}

function histogramFigure(rows: readonly FunctionRow[]): Promise<Html> {
  const finding = (row: FunctionRow) => {
    const octaves = toOctaves(row.histogram);
    const peak = octaves.reduce((best, bucket) => (bucket.count > best.count ? bucket : best));
    const share = shareText(peak.count / countOf(row.histogram));
    return `${share} of the calls took ${durationText(peak.loNs)} to ${durationText(peak.hiNs)}`;
  };
  const series = rows.map(functionSeries);
  return renderFigure({
    id: CHARTS.histogram,
    title: `${rows[0]!.name}: ${finding(rows[0]!)}`,
    text: `Share of the calls of each function by powers of two of ns${rows.length > 1 ? `, for ${rows[0]!.name} and the functions with most time in all` : ''}.`,
    spec: latencyHistogramSpec(series, 'call'),
    legend: legendOf(rows, finding),
    switches: rows.length > 1,
    table: octaveTable(series, 'Calls by duration'),
  });
}

/** Counts by power of two, a column for each series. */
export function octaveTable(series: readonly Series[], caption: string): Html {
  const counts = series.map((one) => new Map(toOctaves(one.histogram).map((b) => [b.hiNs, b.count])));
  const highs = [...new Set(counts.flatMap((map) => [...map.keys()]))].sort((a, b) => a - b);
  const from = (hiNs: number) => (hiNs === 1 ? 0 : hiNs / 2);
  const columns: Column<number>[] = [
    { title: 'From, us', kind: 'number', cell: (hiNs) => usCell(from(hiNs)) },
    { title: 'below, us', kind: 'number', cell: (hiNs) => usCell(hiNs) },
    ...series.map(
      (one, i): Column<number> => ({
        title: one.label,
        kind: 'number',
        cell: (hiNs) => formatCount(counts[i]!.get(hiNs) ?? 0),
      }),
    ),
  ];
  return renderTable(highs, columns, { caption });
}

function cumulativeFigure(rows: readonly FunctionRow[]): Promise<Html> {
  const finding = (row: FunctionRow) => {
    const half = `half of the calls within ${durationText(row.p50Ns)}`;
    return row.calls >= 100
      ? `${half}, 1 % above ${durationText(row.p99Ns)}`
      : `${half}, the longest ${durationText(row.maxNs)}`;
  };
  return renderFigure({
    id: CHARTS.cumulative,
    title: `${rows[0]!.name}: ${finding(rows[0]!)}`,
    text: 'Share of the calls that were done within a time. The share axis is stretched: each further nine (90 %, 99 %, 99.9 %) has the same height. A dot marks the longest call.',
    spec: cumulativeSpec(rows.map(functionSeries), 'call'),
    legend: legendOf(rows, finding),
    switches: rows.length > 1,
    table: renderTable(
      rows,
      [
        { title: 'Function', kind: 'name', cell: (row) => row.name },
        { title: 'Calls', kind: 'number', cell: (row) => formatCount(row.calls) },
        { title: 'min, us', kind: 'number', cell: (row) => usCell(row.minNs) },
        { title: 'p50, us', kind: 'number', cell: (row) => usCell(row.p50Ns) },
        { title: 'p90, us', kind: 'number', cell: (row) => usCell(row.p90Ns) },
        { title: 'p99, us', kind: 'number', cell: (row) => usCell(row.p99Ns) },
        { title: 'p99.9, us', kind: 'number', cell: (row) => usCell(row.p999Ns) },
        { title: 'max, us', kind: 'number', cell: (row) => usCell(row.maxNs) },
      ],
      { caption: 'Quantiles of the functions drawn' },
    ),
  });
}
