import type { PredictedComparison, PredictedDesign, PredictedFigure } from '../replay/predicted/result.ts';
import { type PairRow, scatterSpec } from './charts/scatter.ts';
import { changeCell, usCell } from './page/cells.ts';
import { type Html, html, joinHtml, NOTHING } from './page/escape.ts';
import { heading, renderFigure } from './page/figure.ts';
import { Ids, slugify } from './page/ids.ts';
import { renderMethodFooter } from './page/method-footer.ts';
import { formatCount, plural } from './page/quantity.ts';
import { type Column, type Exact, exact, renderTable } from './page/tables.ts';
import { type Page, renderPage } from './page/template.ts';
import { filesTable, renderRests, understood } from './page/trust.ts';
import { durationText } from './quantities.ts';
import { trustOfPrediction } from './trust/prediction.ts';
import { SIGNS } from './trust/trust-box.ts';

/** Colours of figures: within their interval, or not; the table says it in words. */
const WITHIN = { slot: 3, label: 'measured within the predicted interval' } as const;
const OUTSIDE = { slot: 2, label: 'measured outside of it' } as const;

/** A what-if beside recordings of the really patched kernel, as one HTML file that needs nothing else. */
export async function renderPredictedHtml(result: PredictedComparison): Promise<Page> {
  const { designs, tool, after, warnings } = result;
  const ids = new Ids(['answer', 'warnings', 'trust', 'method', 'content']);
  const sections: Html[] = [];
  for (const design of designs) sections.push(await section(design, ids));
  const sentences = designs.map(
    ({ id, inside, measured }) =>
      html`<li>${id}: ${inside} of ${measured} measured figures lie within the predicted intervals.</li>`,
  );
  const body = html`<a class="skip" href="#content">Skip to the numbers</a>
<header>
<h1 id="answer">Predicted and measured: ${designs.map(({ id }) => id).join(', ')}<a class="perma" href="#answer" aria-label="Link to this part">#</a></h1>
<p class="sub">${plural(after.recordings.length, 'recording')} of the patched kernel; ${after.function}</p>
<ul class="answer">${sentences}</ul>
</header>
<main id="content">
${warnings.length === 0 ? NOTHING : html`${heading(2, 'warnings', 'Before believing it')}<ul>${warnings.map(({ text }) => html`<li>${text}</li>`)}</ul>`}
${joinHtml(sections, '\n')}
${trust(result)}
</main>
${renderMethodFooter({
  id: 'method',
  how: html`<p>Predicted is the median of the what-if's runs with their middle 90 %; measured the median of the recordings. The what-if was made without these recordings, by:</p>
<pre tabindex="0" role="group" aria-label="Command of the what-if">${result.prediction.command}</pre>`,
  tool,
  schemaVersion: result.schemaVersion,
  files: [],
})}`;
  return renderPage(`Predicted and measured - ${tool.name}`, `${tool.name} ${tool.version}`, body);
}

const value = (pick: (figure: PredictedFigure) => number | null) => (figure: PredictedFigure) => {
  const at = pick(figure);
  return figure.unit === 'ns' ? usCell(at) : exact(at === null ? '-' : formatCount(at), at);
};

const change = (of: number | null): Exact => (of === null ? exact('-', null) : changeCell(of));

const COLUMNS: readonly Column<PredictedFigure>[] = [
  { title: 'Figure', kind: 'name', cell: ({ name }) => name },
  { title: 'Unit', kind: 'text', cell: ({ unit }) => (unit === 'ns' ? 'us' : unit) },
  { title: `${SIGNS.modelled} predicted`, kind: 'number', cell: value(({ predicted }) => predicted.value) },
  { title: 'from', kind: 'number', cell: value(({ predicted }) => predicted.lo) },
  { title: 'to', kind: 'number', cell: value(({ predicted }) => predicted.hi) },
  { title: `${SIGNS.measured} measured`, kind: 'number', cell: value(({ measured }) => measured) },
  { title: 'Error', kind: 'number', cell: ({ error }) => change(error) },
  {
    title: 'Within',
    kind: 'text',
    cell: ({ inside }) => (inside === null ? 'not known' : inside ? 'yes' : 'no'),
  },
  { title: 'Change predicted', kind: 'number', cell: (figure) => change(figure.change.predicted) },
  {
    title: 'measured',
    name: 'Change measured',
    kind: 'number',
    cell: (figure) => change(figure.change.measured),
  },
];

async function section(design: PredictedDesign, ids: Ids): Promise<Html> {
  const id = ids.take(`design-${slugify(design.id)}`);
  return html`<section aria-labelledby="${id}">
${heading(2, id, design.id)}
<p class="note">${design.title}</p>
${await scatter(design, ids.take(`${id}-times`))}
${renderTable(design.figures, COLUMNS, {
  caption: `${design.id}: predicted and measured`,
  group: id,
  file: `${id}-figures`,
})}
</section>`;
}

async function scatter(design: PredictedDesign, id: string): Promise<Html> {
  const drawn = design.figures.flatMap(({ name, unit, predicted, measured, inside }): PairRow[] => {
    if (unit !== 'ns' || measured === null || !(measured > 0) || !(predicted.lo > 0)) return [];
    const told = [measured, predicted.value, predicted.lo, predicted.hi].map(durationText);
    return [
      {
        slot: inside ? WITHIN.slot : OUTSIDE.slot,
        text: `${name}: ${told[0]} measured, ${told[1]} predicted (${told[2]} to ${told[3]})`,
        measured,
        predicted: predicted.value,
        lo: predicted.lo,
        hi: predicted.hi,
      },
    ];
  });
  if (drawn.length === 0) return NOTHING;
  return renderFigure({
    id,
    title: `${design.id}: ${drawn.filter(({ slot }) => slot === WITHIN.slot).length} of ${drawn.length} measured times lie within the predicted intervals`,
    text: 'Predicted against measured, both on log axes: on the slanted line they are equal. The dot is the median of the runs, the line their middle 90 %.',
    spec: scatterSpec(
      drawn,
      { measured: 'times measured on the patched kernel (log)', predicted: 'times predicted (log)' },
      'ns',
    ),
    legend: [WITHIN, OUTSIDE]
      .filter(({ slot }) => drawn.some((row) => row.slot === slot))
      .map(({ slot, label }) => ({ slot, label, line: false })),
    table: renderTable(
      design.figures.filter(({ unit }) => unit === 'ns'),
      COLUMNS,
      { caption: `${design.id}: times, predicted and measured` },
    ),
  });
}

function trust(result: PredictedComparison): Html {
  const box = trustOfPrediction(result);
  const { tool } = result;
  return html`<section aria-labelledby="trust">
${heading(2, 'trust', 'What this rests on')}
${renderRests(box)}
<dl><dt>Read</dt><dd>${understood(box.lines, box.understoodLines)}</dd>
<dt>Lost records</dt><dd>${box.lostRecords ? `${plural(box.lostRecords, 'record')}, as the kernel counted` : 'none reported by the kernel'}</dd>
<dt>Base of the what-if</dt><dd>${box.validation!.verdict.replaceAll('-', ' ')}</dd>
<dt>Cost of tracing</dt><dd>${box.tracingOverhead}</dd>
<dt>Made by</dt><dd>${tool.name} ${tool.version}: <code>${tool.command}</code></dd></dl>
${filesTable(box.inputs)}
</section>`;
}
