import type { DesignPrediction, ReturnTime, TimeCurve } from '../../../replay/result.ts';
import { timeCurvesSpec } from '../../charts/time-curves.ts';
import { durationText, shareText } from '../../quantities.ts';
import { returnText, spanText } from '../../what-if-summary.ts';
import { type Html, html, joinHtml } from '../escape.ts';
import { heading, renderFigure } from '../figure.ts';
import { formatCount, formatUs } from '../quantity.ts';
import { type Column, renderTable } from '../tables.ts';
import { type Group, PARTS, type Plan } from './plan.ts';

/** Rows of a curve in the table below its chart. */
const TABLE_ROWS = 16;

/** How fast pages come back, and what waits for a worker. */
export async function renderMemory(plan: Plan): Promise<Html> {
  const figures: Html[] = [];
  for (const group of plan.groups) figures.push(await returned(group));
  for (const group of plan.groups) {
    const figure = await anonymous(group);
    if (figure !== null) figures.push(figure);
  }
  for (const group of plan.groups) {
    const figure = await backlog(group);
    if (figure !== null) figures.push(figure);
  }
  return html`<section aria-labelledby="${PARTS.memory}">
${heading(2, PARTS.memory, 'Memory return')}
${joinHtml(figures, '\n')}
</section>`;
}

function returned({ suffix, base, designs }: Group): Promise<Html> {
  const placed = [base, ...designs];
  const total = base.design.pagesAtStart;
  return renderFigure({
    id: `memory-return${suffix}`,
    title: returnFinding(
      base.design,
      designs.map(({ design }) => design),
    ),
    text: `Pages of zspages that were given back, of ${formatCount(total)} in the pool. Lines are medians of the runs, bands their middle 90 %.`,
    spec: timeCurvesSpec(
      placed.map(({ design, slot }) => ({ slot, label: design.id, curve: design.curves.memory })),
      'pages given back',
      { value: total, text: `${total} pages in the pool` },
    ),
    legend: placed.map(({ design, slot }) => {
      const { t50, t90, t100 } = design.memoryReturn;
      return {
        slot,
        label: design.id,
        line: true,
        note: `50 % ${returnText(t50.value)}, 90 % ${returnText(t90.value)}, all ${returnText(t100.value)}`,
      };
    }),
    switches: true,
    table: html`${returnTable(placed.map(({ design }) => design))}
${curveTable(
  placed.map(({ design }) => ({ id: design.id, curve: design.curves.memory })),
  'Pages given back over time',
  'Pages',
)}`,
  });
}

/** Pages of the same tasks that are no part of zspages. */
async function anonymous({ suffix, base, designs }: Group): Promise<Html | null> {
  const placed = [base, ...designs].flatMap(({ design, slot }) =>
    design.anonymous && design.curves.anonymous
      ? [{ slot, design, told: design.anonymous, curve: design.curves.anonymous }]
      : [],
  );
  const [first] = placed;
  if (!first) return null;
  const { pages } = first.told;
  return renderFigure({
    id: `anonymous-return${suffix}`,
    title: `Anonymous folios: 90 % are back ${returnText(first.told.t90.value)} in the base`,
    text: `${formatCount(pages)} pages that the same tasks give back outside of zsmalloc, at their place among the frees. Lines are medians of the runs, bands their middle 90 %.`,
    spec: timeCurvesSpec(
      placed.map(({ design, slot, curve }) => ({ slot, label: design.id, curve })),
      'pages given back',
      { value: pages, text: `${pages} pages` },
    ),
    legend: placed.map(({ design, slot, told: { t50, t90, t100 } }) => ({
      slot,
      label: design.id,
      line: true,
      note: `50 % ${returnText(t50.value)}, 90 % ${returnText(t90.value)}, all ${returnText(t100.value)}`,
    })),
    switches: true,
    table: curveTable(
      placed.map(({ design, curve }) => ({ id: design.id, curve })),
      'Anonymous folios given back over time',
      'Pages',
    ),
  });
}

function returnFinding(base: DesignPrediction, designs: readonly DesignPrediction[]): string {
  const at = (design: DesignPrediction) => design.memoryReturn.t90.value ?? Number.POSITIVE_INFINITY;
  const last = designs.reduce((latest, design) => (at(design) > at(latest) ? design : latest), base);
  const first = designs.reduce((soonest, design) => (at(design) < at(soonest) ? design : soonest), base);
  const others = [first, last].filter((design, k, all) => design !== base && all.indexOf(design) === k);
  const told = others.map((design) => `${returnText(design.memoryReturn.t90.value)} with ${design.id}`);
  return ['90 % of the pages are back', `${returnText(base.memoryReturn.t90.value)} in the base`]
    .join(' ')
    .concat(...told.map((text) => `, ${text}`));
}

function returnTable(designs: readonly DesignPrediction[]): Html {
  const time = (title: string, pick: (d: DesignPrediction) => ReturnTime): Column<DesignPrediction>[] => [
    { title, kind: 'number', cell: (d) => formatUs(pick(d).value) },
    { title: 'from', kind: 'number', cell: (d) => formatUs(pick(d).lo) },
    { title: 'to', kind: 'number', cell: (d) => formatUs(pick(d).hi) },
  ];
  return renderTable(
    designs,
    [
      { title: 'Times in us', kind: 'name', cell: ({ id }) => id },
      ...time('50 % back', ({ memoryReturn }) => memoryReturn.t50),
      ...time('90 %', ({ memoryReturn }) => memoryReturn.t90),
      ...time('all', ({ memoryReturn }) => memoryReturn.t100),
      { title: 'Pages back', kind: 'number', cell: ({ pagesReturned }) => formatCount(pagesReturned) },
      { title: 'of', kind: 'number', cell: ({ pagesAtStart }) => formatCount(pagesAtStart) },
    ],
    { caption: 'When pages were back' },
  );
}

interface NamedCurve {
  readonly id: string;
  readonly curve: TimeCurve;
}

function curveTable(curves: readonly NamedCurve[], caption: string, what: string): Html {
  const rows = curves.flatMap(({ id, curve }) => {
    const step = Math.max(1, Math.ceil(curve.atNs.length / TABLE_ROWS));
    return [...curve.atNs.keys()]
      .filter((k) => k % step === 0 || k === curve.atNs.length - 1)
      .map((k) => ({ id, atNs: curve.atNs[k]!, value: curve.value[k]!, lo: curve.lo[k]!, hi: curve.hi[k]! }));
  });
  return renderTable(
    rows,
    [
      { title: 'Design', kind: 'name', cell: ({ id }) => id },
      { title: 'At, us', kind: 'number', cell: ({ atNs }) => formatUs(atNs) },
      { title: what, kind: 'number', cell: ({ value }) => formatCount(value) },
      { title: 'from', kind: 'number', cell: ({ lo }) => formatCount(lo) },
      { title: 'to', kind: 'number', cell: ({ hi }) => formatCount(hi) },
    ],
    { caption },
  );
}

async function backlog({ suffix, designs }: Group): Promise<Html | null> {
  const waiting = designs.filter(({ design }) => design.curves.backlog.length > 0);
  if (waiting.length === 0) return null;
  const series = waiting.flatMap(({ design, slot }) =>
    design.curves.backlog.map((curve) => ({
      slot,
      design,
      curve,
      label: design.curves.backlog.length > 1 ? `${design.id}, ${curve.queue}` : design.id,
    })),
  );
  const most = series.reduce((a, b) => (b.curve.peak.value > a.curve.peak.value ? b : a));
  const peak = (i: (typeof series)[number]) =>
    `at most ${spanText(i.curve.peak, (n) => formatCount(n))} handles, queue ${i.design.overflowShare === 0 ? 'never full' : `full for ${shareText(i.design.overflowShare)} of the frees`}`;
  return renderFigure({
    id: `backlog${suffix}`,
    title: `${most.label}: ${peak(most)}`,
    text: `Handles that wait for the worker, those in buffers that are not full with them; the most in each stretch of time. The whole lasts ${durationText(most.design.totalNs.value)}, the worker may take longer.`,
    spec: timeCurvesSpec(series, 'handles that wait', null),
    legend: series.map((one) => ({ slot: one.slot, label: one.label, line: true, note: peak(one) })),
    switches: series.length > 1,
    table: curveTable(
      series.map(({ label, curve }) => ({ id: label, curve })),
      'Handles that wait over time',
      'Handles',
    ),
  });
}
