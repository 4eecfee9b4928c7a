import type { DesignPrediction, FittedParameter, Sensitivity, WhatIfResult } from '../../../replay/result.ts';
import { type EffectRow, tornadoSpec } from '../../charts/tornado.ts';
import { shareText } from '../../quantities.ts';
import { SIGNS } from '../../trust/trust-box.ts';
import { clipName, factorText, quantityText, unknownText } from '../../what-if-summary.ts';
import { changeCell, factorCell, usCell } from '../cells.ts';
import { type Html, html, NOTHING } from '../escape.ts';
import { heading, renderFigure } from '../figure.ts';
import { renderTable } from '../tables.ts';
import { PARTS, type Plan } from './plan.ts';

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

interface Effect extends Sensitivity {
  readonly id: string;
}

function effect({ speedupAtLow, speedupAtHigh }: Effect): number {
  return Math.abs(Math.log(speedupAtHigh / speedupAtLow));
}

function sensitivity(designs: readonly DesignPrediction[]): Promise<Html> | Html {
  const all = designs
    .flatMap(({ id, sensitivity: moves }) => moves.map((move) => ({ id, ...move })))
    .sort((a, b) => effect(b) - effect(a));
  const drawn = all.slice(0, ROWS);
  const most = drawn[0];
  if (most === undefined)
    return html`<p>No parameter that the recording leaves open moves the speed-up of a design.</p>`;
  const span = (one: Effect) =>
    `${quantityText(one.range.lo, one.unit)} to ${quantityText(one.range.hi, one.unit)}`;
  const rows = drawn.map(
    (one, row): EffectRow => ({
      row,
      slot: one.speedupAtHigh >= one.speedupAtLow ? 3 : 2,
      text: `${clipName(one.id)}, ${factorText(one.speedupAtLow)} to ${factorText(one.speedupAtHigh)}: ${one.title}, ${span(one)}`,
      from: one.speedupAtLow,
      to: one.speedupAtHigh,
    }),
  );
  return renderFigure({
    id: 'sensitivity',
    title: `${most.id}: one open parameter moves the speed-up by ${shareText(Math.expm1(effect(most)))}: ${most.title}`,
    text: `How much the speed-up of the whole changes as one parameter goes from the lower to the upper end of what the recording leaves open (middle 90 %), the others kept as in the first run, whose speed-up need not be the median of all runs; what moves it most comes first.${all.length > drawn.length ? ` ${all.length - drawn.length} weaker ones are in the table.` : ''}`,
    spec: tornadoSpec(rows, 'change of the speed-up'),
    legend: [
      { slot: 3, label: 'more of it: faster', line: false },
      { slot: 2, label: 'more of it: less fast', line: false },
    ].filter(({ slot }) => rows.some((row) => row.slot === slot)),
    table: renderTable(
      all,
      [
        { title: 'Design', kind: 'name', cell: ({ id }) => id },
        { title: 'Parameter', kind: 'text', cell: ({ title }) => title },
        { title: 'from', kind: 'number', cell: ({ range, unit }) => quantityText(range.lo, unit) },
        { title: 'to', kind: 'number', cell: ({ range, unit }) => quantityText(range.hi, unit) },
        { title: 'Speed-up from', kind: 'number', cell: ({ speedupAtLow }) => factorCell(speedupAtLow) },
        {
          title: 'to',
          name: 'Speed-up to',
          kind: 'number',
          cell: ({ speedupAtHigh }) => factorCell(speedupAtHigh),
        },
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
      { title: `${SIGNS.measured} measured`, kind: 'number', cell: ({ measuredNs }) => usCell(measuredNs) },
      {
        title: `${SIGNS.modelled} predicted without it`,
        kind: 'number',
        cell: ({ predictedNs }) => usCell(predictedNs.value),
      },
      { title: 'from', kind: 'number', cell: ({ predictedNs }) => usCell(predictedNs.lo) },
      { title: 'to', kind: 'number', cell: ({ predictedNs }) => usCell(predictedNs.hi) },
      { title: 'error', kind: 'number', cell: ({ error }) => changeCell(error) },
      { title: 'with it', kind: 'number', cell: ({ afterNs }) => usCell(afterNs?.value ?? null) },
    ],
    { caption: 'Measured without the tracer', file: 'measured' },
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
      { title: 'from', name: 'put in from', kind: 'number', cell: text(({ low }) => low) },
      { title: 'to', name: 'put in to', kind: 'number', cell: text(({ high }) => high) },
      { title: 'left: median', kind: 'number', cell: text(({ kept }) => kept.value) },
      { title: 'from', kind: 'number', cell: text(({ kept }) => kept.lo), name: 'left from' },
      { title: 'to', kind: 'number', cell: text(({ kept }) => kept.hi), name: 'left to' },
      { title: 'Source', kind: 'wide', cell: ({ source }) => source },
    ],
    { caption: 'Parameters and their ranges', file: 'parameters' },
  );
  const found =
    accepted > 0
      ? `${accepted} of ${tried} sets tried reproduce the recording within its noise`
      : `none of ${tried} sets tried reproduces the recording within its noise; the nearest are used`;
  return html`${heading(3, 'parameters', 'Parameters, before and after the recording was looked at')}
<p class="note">Ranges that were put in, and what is left of them: ${found}. Every run has one of these sets.</p>
${table}`;
}
