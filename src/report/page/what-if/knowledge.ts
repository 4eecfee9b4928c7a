import type { DesignPrediction, FittedParameter, WhatIfResult } from '../../../replay/result.ts';
import { ratioSpec, type ValueRow } from '../../charts/rows.ts';
import { clipName, factorText, quantityText, unknownText } from '../../what-if-summary.ts';
import { type Html, html, NOTHING } from '../escape.ts';
import { heading, renderFigure } from '../figure.ts';
import { formatUs } from '../quantity.ts';
import { renderTable } from '../tables.ts';
import { PARTS, type Plan, SIGNS } from './plan.ts';

/** Rows of the chart of all designs together. */
const ROWS = 12;

/** What the answer depends on: parameters that the recording leaves open, and what would tell them. */
export async function renderKnowledge(plan: Plan): Promise<Html> {
  const { result } = plan;
  return html`<section aria-labelledby="${PARTS.knowledge}">
${heading(2, PARTS.knowledge, 'What moves the answer')}
${await sensitivity(result.designs)}
${unknown(result)}
${measured(result)}
${parameters(result)}
</section>`;
}

function sensitivity(designs: readonly DesignPrediction[]): Promise<Html> | Html {
  const each = Math.max(1, Math.floor(ROWS / Math.max(1, designs.length)));
  const all = designs.flatMap(({ id, sensitivity: moves }) => moves.map((move) => ({ id, ...move })));
  const drawn = designs.flatMap(({ id, sensitivity: moves }) =>
    moves.slice(0, each).map((move) => ({ id, ...move })),
  );
  if (drawn.length === 0)
    return html`<p>No parameter that the recording leaves open moves the speed-up of a design.</p>`;
  const width = ({ speedupAtLow, speedupAtHigh }: (typeof all)[number]) =>
    Math.abs(Math.log(speedupAtHigh / speedupAtLow));
  const most = drawn.reduce((widest, one) => (width(one) > width(widest) ? one : widest));
  const span = (one: (typeof all)[number]) =>
    `${quantityText(one.range.lo, one.unit)} to ${quantityText(one.range.hi, one.unit)}`;
  const rows = drawn.map(
    (one, row): ValueRow => ({
      row,
      slot: 1,
      text: `${clipName(one.id)}: ${one.title}, ${span(one)}`,
      value: one.speedupAtHigh,
      lo: Math.min(one.speedupAtLow, one.speedupAtHigh),
      hi: Math.max(one.speedupAtLow, one.speedupAtHigh),
    }),
  );
  return renderFigure({
    id: 'sensitivity',
    title: `${most.id}: ${factorText(most.speedupAtLow)} to ${factorText(most.speedupAtHigh)} by one open parameter: ${most.title}`,
    text: 'Speed-up of the whole as one parameter goes through what the recording leaves open (middle 90 %), the others kept. The dot is at the upper end of the parameter, and the other end of the line at its lower.',
    spec: ratioSpec(rows, 'speed-up of the whole'),
    legend: [],
    table: renderTable(
      all,
      [
        { title: 'Design', kind: 'name', cell: ({ id }) => id },
        { title: 'Parameter', kind: 'text', cell: ({ title }) => title },
        { title: 'from', kind: 'number', cell: ({ range, unit }) => quantityText(range.lo, unit) },
        { title: 'to', kind: 'number', cell: ({ range, unit }) => quantityText(range.hi, unit) },
        { title: 'Speed-up from', kind: 'number', cell: ({ speedupAtLow }) => factorText(speedupAtLow) },
        { title: 'to', kind: 'number', cell: ({ speedupAtHigh }) => factorText(speedupAtHigh) },
      ],
      { caption: 'Speed-up by parameter' },
    ),
  });
}

function unknown({ notIdentifiable }: WhatIfResult): Html {
  if (notIdentifiable.length === 0) return NOTHING;
  const range = (i: { readonly lo: number; readonly hi: number }) =>
    `${factorText(i.lo)}-${factorText(i.hi)}`;
  const items = notIdentifiable.map((open) => {
    const gains = open.cuts.map(
      ({ design, from, to }) =>
        html`<li><span class="mono">${design}</span>: interval of the speed-up ${range(from)}, then ${range(to)}</li>`,
    );
    return html`<li><b>${SIGNS.assumed}</b> ${unknownText(open)}${gains.length > 0 ? html`<ul>${gains}</ul>` : NOTHING}</li>`;
  });
  return html`${heading(3, 'not-told', 'What this recording cannot tell, and what would')}
<ul>${items}</ul>`;
}

function measured({ measured: rows, ensemble }: WhatIfResult): Html {
  if (rows.length === 0) return NOTHING;
  const table = renderTable(
    rows,
    [
      { title: 'Times in us', kind: 'name', cell: ({ name }) => name },
      { title: `${SIGNS.measured} measured`, kind: 'number', cell: ({ measuredNs }) => formatUs(measuredNs) },
      {
        title: `${SIGNS.modelled} predicted without it`,
        kind: 'number',
        cell: ({ predictedNs }) => formatUs(predictedNs.value),
      },
      { title: 'from', kind: 'number', cell: ({ predictedNs }) => formatUs(predictedNs.lo) },
      { title: 'to', kind: 'number', cell: ({ predictedNs }) => formatUs(predictedNs.hi) },
      { title: 'error', kind: 'number', cell: ({ error }) => `${(error * 100).toFixed(1)} %` },
      { title: 'with it', kind: 'number', cell: ({ afterNs }) => formatUs(afterNs?.value ?? null) },
    ],
    { caption: 'Measured without the tracer' },
  );
  return html`${heading(3, 'measured', 'Measured without the tracer')}
<p class="note">Measured times choose among ${String(ensemble.tried)} parameter sets by the base alone; no design was measured.</p>
${table}`;
}

function parameters({ ensemble }: WhatIfResult): Html {
  const { parameters: rows, accepted, tried } = ensemble;
  if (rows.length === 0) return NOTHING;
  const text = (pick: (parameter: FittedParameter) => number) => (parameter: FittedParameter) =>
    quantityText(pick(parameter), parameter.unit);
  const table = renderTable(
    rows,
    [
      { title: 'Parameter', kind: 'name', cell: ({ title }) => title },
      { title: 'Basis', kind: 'text', cell: ({ basis }) => `${SIGNS[basis]} ${basis}` },
      { title: 'from', kind: 'number', cell: text(({ low }) => low) },
      { title: 'to', kind: 'number', cell: text(({ high }) => high) },
      { title: 'left: median', kind: 'number', cell: text(({ kept }) => kept.value) },
      { title: 'from', kind: 'number', cell: text(({ kept }) => kept.lo) },
      { title: 'to', kind: 'number', cell: text(({ kept }) => kept.hi) },
      { title: 'Source', kind: 'wide', cell: ({ source }) => source },
    ],
    { caption: 'Parameters and their ranges' },
  );
  const found =
    accepted > 0
      ? `${accepted} of ${tried} sets tried reproduce the recording within its noise`
      : `none of ${tried} sets tried reproduces the recording within its noise; the nearest are used`;
  return html`${heading(3, 'parameters', 'Parameters, before and after the recording was looked at')}
<p class="note">Ranges that were put in, and what is left of them: ${found}. Every run has one of these sets.</p>
${table}`;
}
