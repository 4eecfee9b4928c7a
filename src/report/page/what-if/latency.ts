import type { DesignPrediction, LatencyCurve } from '../../../replay/result.ts';
import { cumulativeSpec } from '../../charts/cumulative.ts';
import { latencyHistogramSpec } from '../../charts/latency-histogram.ts';
import { type Series, toOctaves } from '../../charts/regroup.ts';
import { durationText, shareText } from '../../quantities.ts';
import { SIGNS } from '../../trust/trust-box.ts';
import { usCell } from '../cells.ts';
import { type Html, html, joinHtml } from '../escape.ts';
import { heading, type LegendEntry, renderFigure } from '../figure.ts';
import { octaveTable } from '../latency.ts';
import { renderTable } from '../tables.ts';
import { type Group, PARTS, type Plan } from './plan.ts';

/** The recording's colour: no series of the model has it. */
const RECORDED = 'd';

/** Quantiles of one line of the charts. */
interface Line {
  readonly series: Series;
  readonly sign: string;
  readonly p50Ns: number;
  readonly p99Ns: number;
  readonly maxNs: number;
}

/** How long frees took: recorded, modelled, and with each design. */
export async function renderLatency(plan: Plan): Promise<Html> {
  const figures: Html[] = [];
  for (const group of plan.groups) figures.push(await cumulative(plan, group), await histogram(plan, group));
  return html`<section aria-labelledby="${PARTS.latency}">
${heading(2, PARTS.latency, 'Latency of a free')}
${joinHtml(figures, '\n')}
</section>`;
}

function lines({ result }: Plan, group: Group): Line[] {
  const { recordedLatency: seen, modelledLatency: replayed } = result.validation;
  // Without the tracer, or on other CPUs, the base is not what was recorded.
  const isAsRecorded = replayed?.meanNs === group.base.design.latency.meanNs;
  const recorded =
    seen === null || !isAsRecorded
      ? []
      : [{ ...seen, series: seriesOf('recorded', RECORDED, seen.curve, seen.maxNs), sign: SIGNS.measured }];
  return [
    ...recorded,
    ...[group.base, ...group.designs].map(({ design, slot }) => ({
      ...design.latency,
      series: seriesOf(design.id, slot, design.curves.latency, null),
      sign: SIGNS.modelled,
    })),
  ];
}

function seriesOf(
  label: string,
  slot: number | string,
  { fromNs, toNs, count }: LatencyCurve,
  maxNs: number | null,
): Series {
  const histogram = fromNs.map((loNs, k) => ({ loNs, hiNs: toNs[k]!, count: count[k]! }));
  const calls = count.reduce((sum, n) => sum + n, 0);
  return { label, slot, count: calls, minNs: null, maxNs, histogram };
}

function legend(all: readonly Line[], note: (line: Line) => string): LegendEntry[] {
  return all.map((line) => ({
    slot: line.series.slot!,
    label: `${line.sign} ${line.series.label}`,
    line: true,
    note: note(line),
  }));
}

/** The design of a group whose frees differ most from the base's. */
function mostDifferent({ base, designs }: Group): DesignPrediction {
  const distance = ({ latency }: DesignPrediction) =>
    Math.abs(Math.log(latency.p50Ns / base.design.latency.p50Ns)) +
    Math.abs(Math.log(latency.p99Ns / base.design.latency.p99Ns));
  return designs.reduce(
    (most, { design }) => (distance(design) > distance(most) ? design : most),
    base.design,
  );
}

function cumulative(plan: Plan, group: Group): Promise<Html> {
  const all = lines(plan, group);
  const finding = ({ p50Ns, p99Ns }: { readonly p50Ns: number; readonly p99Ns: number }) =>
    `half of the frees within ${durationText(p50Ns)}, 1 % above ${durationText(p99Ns)}`;
  const most = mostDifferent(group);
  const { latency: before } = group.base.design;
  const against =
    most === group.base.design
      ? ''
      : `; in the base ${durationText(before.p50Ns)} and ${durationText(before.p99Ns)}`;
  return renderFigure({
    id: `latency-cumulative${group.suffix}`,
    title: `${most.id}: ${finding(most.latency)}${against}`,
    text: 'Share of the frees that were done within a time. The share axis is stretched: each further nine (90 %, 99 %, 99.9 %) has the same height. Modelled lines hold the frees of all runs.',
    spec: cumulativeSpec(
      all.map(({ series }) => series),
      'free',
    ),
    legend: legend(all, finding),
    switches: true,
    table: renderTable(
      all,
      [
        { title: 'Times in us', kind: 'name', cell: ({ sign, series }) => `${sign} ${series.label}` },
        { title: 'p50', kind: 'number', cell: ({ p50Ns }) => usCell(p50Ns) },
        { title: 'p99', kind: 'number', cell: ({ p99Ns }) => usCell(p99Ns) },
        { title: 'max', kind: 'number', cell: ({ maxNs }) => usCell(maxNs) },
      ],
      { caption: 'Quantiles of a free: medians of the runs' },
    ),
  });
}

function histogram(plan: Plan, group: Group): Promise<Html> {
  const all = lines(plan, group);
  const finding = ({ series }: Line) => {
    const peak = toOctaves(series.histogram).reduce((best, b) => (b.count > best.count ? b : best));
    return `${shareText(peak.count / series.count)} of the frees took ${durationText(peak.loNs)} to ${durationText(peak.hiNs)}`;
  };
  const most = mostDifferent(group).id;
  const subject = all.findLast(({ series }) => series.label === most)!;
  const series = all.map((line) => line.series);
  return renderFigure({
    id: `latency-histogram${group.suffix}`,
    title: `${subject.series.label}: ${finding(subject)}`,
    text: 'Share of the frees by powers of two of ns; modelled ones of all runs together.',
    spec: latencyHistogramSpec(series, 'free'),
    legend: legend(all, finding),
    switches: true,
    table: octaveTable(series, 'Frees by duration'),
  });
}
