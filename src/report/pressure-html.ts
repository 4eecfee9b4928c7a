import type { Parameter } from '../replay/pressure/parameters.ts';
import type { PressureResult } from '../replay/pressure/result.ts';
import { type Html, html, NOTHING, prose } from './page/escape.ts';
import { heading } from './page/figure.ts';
import { renderMethodFooter } from './page/method-footer.ts';
import { renderPressureDesigns } from './page/pressure/designs.ts';
import { PRESSURE_PARTS } from './page/pressure/parts.ts';
import { renderPressurePublished } from './page/pressure/published.ts';
import { renderPressureSensitivity } from './page/pressure/sensitivity.ts';
import { plural } from './page/quantity.ts';
import { type Column, exact, renderTable } from './page/tables.ts';
import { type Page, renderPage } from './page/template.ts';
import { diagnosticsTable, filesTable, renderRests, understood } from './page/trust.ts';
import { pressureAnswers, rounded, scenarioSentences } from './pressure-summary.ts';
import { basisOf, modelledRests, trustOfPressure } from './trust/pressure.ts';
import { SIGNS } from './trust/trust-box.ts';

/** Memory pressure as one HTML file that needs nothing else: readable without scripts, the same bytes for the same result. */
export async function renderPressureHtml(result: PressureResult): Promise<Page> {
  const { designs, tool, published } = result;
  const names = designs.map(({ id }) => id);
  const title = `Memory pressure: ${names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ') || 'the kernel as it is'}`;
  const sensitivity = await renderPressureSensitivity(result);
  const links: readonly (readonly [string, string])[] = [
    [PRESSURE_PARTS.designs, `Designs (${designs.length})`],
    ...(sensitivity === NOTHING ? [] : [[PRESSURE_PARTS.sensitivity, 'Sensitivity'] as const]),
    ...(published.length > 0 ? [[PRESSURE_PARTS.published, 'Published and predicted'] as const] : []),
    [PRESSURE_PARTS.assumptions, 'Assumptions'],
    [PRESSURE_PARTS.trust, 'What this rests on'],
    [PRESSURE_PARTS.method, 'Method'],
  ];
  const body = html`<a class="skip" href="#content">Skip to the numbers</a>
<header>
<h1 id="${PRESSURE_PARTS.answer}">${title}<a class="perma" href="#${PRESSURE_PARTS.answer}" aria-label="Link to this part">#</a></h1>
<ul class="answer">${pressureAnswers(result).map((sentence) => html`<li>${prose(sentence)}</li>`)}</ul>
${result.notes.map((note) => html`<p class="note">Mind: ${prose(note)}.</p>`)}
${scenarioSentences(result).map((sentence) => html`<p class="sub">${prose(sentence)}</p>`)}
<nav aria-label="Parts of this report"><ul>${links.map(([id, text]) => html`<li><a href="#${id}">${text}</a></li>`)}</ul></nav>
</header>
<main id="content">
${await renderPressureDesigns(result)}
${sensitivity}
${await renderPressurePublished(published)}
${assumptions(result)}
${trust(result)}
</main>
${method(result)}`;
  return renderPage(`${title} - ${tool.name}`, `${tool.name} ${tool.version}`, body);
}

const end = (pick: (parameter: Parameter) => number) => (parameter: Parameter) =>
  exact(rounded(pick(parameter)), pick(parameter));

const columns = (result: PressureResult): readonly Column<Parameter>[] => [
  { title: 'Parameter', kind: 'name', cell: ({ name }) => name },
  { title: 'What', kind: 'text', cell: ({ what }) => what },
  { title: 'Unit', kind: 'text', cell: ({ unit }) => unit },
  { title: 'Middle', kind: 'number', cell: end(({ middle }) => middle) },
  { title: 'from', kind: 'number', cell: end(({ low }) => low) },
  { title: 'to', kind: 'number', cell: end(({ high }) => high) },
  { title: 'Sign', kind: 'text', cell: (parameter) => SIGNS[basisOf(parameter, result)] },
  { title: 'Basis', kind: 'text', cell: ({ basis }) => basis },
  { title: 'Source', kind: 'wide', cell: ({ source }) => source },
];

function assumptions(result: PressureResult): Html {
  return html`<section aria-labelledby="${PRESSURE_PARTS.assumptions}">
${heading(2, PRESSURE_PARTS.assumptions, 'Assumptions and their ranges')}
<p class="note">The first run has the middles; the others draw each parameter from its range, near the middle most often.</p>
${renderTable(result.parameters, columns(result), { caption: 'Parameters and their ranges', group: 'parameters', file: 'parameters' })}
</section>`;
}

function trust(result: PressureResult): Html {
  const box = trustOfPressure(result);
  const { reading, tool } = result;
  return html`<section aria-labelledby="${PRESSURE_PARTS.trust}">
${heading(2, PRESSURE_PARTS.trust, 'What this rests on')}
<p>On the parameters above (<a href="#${PRESSURE_PARTS.assumptions}">table</a>), and on:</p>
${renderRests({ ...box, rests: modelledRests(result) })}
<dl>
<dt>Read</dt><dd>${reading === null ? 'no recording' : understood(box.lines, box.understoodLines)}</dd>
${reading === null ? NOTHING : html`<dt>Lost records</dt><dd>${reading.lostRecords > 0 ? `${plural(reading.lostRecords, 'record')}, as the kernel counted` : 'none reported by the kernel'}</dd>`}
<dt>Cost of tracing</dt><dd>${box.tracingOverhead}</dd>
<dt>Validation</dt><dd>${[box.validation!.verdict, ...box.validation!.reasons].join('; ')}</dd>
<dt>Made by</dt><dd>${tool.name} ${tool.version}: <code>${tool.command}</code></dd>
</dl>
${filesTable(box.inputs)}
${reading === null ? NOTHING : diagnosticsTable(reading.findings)}
</section>`;
}

/** How the numbers were made, and how to make them again. */
function method({ tool, inputs, schemaVersion }: PressureResult): Html {
  return renderMethodFooter({
    id: PRESSURE_PARTS.method,
    how: html`<p>Page faults, reclaim, zswap with its limits and shrinker, writeback and loads are played event by event, for the kernel as it is and for each design, with the same parameters and luck, run by run. Numbers are medians of the runs with their middle 90 %; counts are pages of the slice.</p>`,
    tool,
    schemaVersion,
    files: inputs,
  });
}
