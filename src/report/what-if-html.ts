import type { WhatIfResult } from '../replay/result.ts';
import { type Html, html, NOTHING } from './page/escape.ts';
import { renderMethodFooter } from './page/method-footer.ts';
import { type Page, renderPage } from './page/template.ts';
import { renderCompaction } from './page/what-if/compaction.ts';
import { renderDesigns } from './page/what-if/designs.ts';
import { renderFit } from './page/what-if/fit.ts';
import { renderHeader, whatIfTitle } from './page/what-if/header.ts';
import { renderKnowledge } from './page/what-if/knowledge.ts';
import { renderLatency } from './page/what-if/latency.ts';
import { renderMemory } from './page/what-if/memory.ts';
import { renderMigration } from './page/what-if/migration.ts';
import { renderPlaces } from './page/what-if/places.ts';
import { PARTS, Plan } from './page/what-if/plan.ts';
import { renderScenarios } from './page/what-if/scenarios.ts';
import { renderSteps } from './page/what-if/steps.ts';
import { renderWhatIfTrust } from './page/what-if/trust.ts';
import { renderCpuWork, renderLockWaits, renderParts } from './page/what-if/work.ts';
import { intervalsSentence } from './what-if-summary.ts';

/**
 * A what-if as one HTML file that needs nothing else: the verdict and the answer first, charts drawn
 * ahead, no network, readable without scripts, the same bytes for the same result.
 */
export async function renderWhatIfHtml(result: WhatIfResult): Promise<Page> {
  const plan = new Plan(result);
  const body = html`<a class="skip" href="#content">Skip to the numbers</a>
${renderHeader(plan)}
<main id="content">
${renderFit(result)}
${await renderDesigns(plan)}
${await renderLatency(plan)}
${await renderLockWaits(plan)}
${result.marginal.length > 0 ? await renderParts(plan) : NOTHING}
${await renderCpuWork(plan)}
${await renderMemory(plan)}
${renderPlaces(plan)}
${renderCompaction(plan)}
${renderMigration(plan)}
${await renderScenarios(plan)}
${await renderKnowledge(plan)}
${renderSteps(plan)}
${renderWhatIfTrust(result)}
</main>
${method(result)}`;
  const { tool } = result;
  return renderPage(`${whatIfTitle(plan)} - ${tool.name}`, `${tool.name} ${tool.version}`, body);
}

/** How the numbers were made, and how to make them again. */
function method(result: WhatIfResult): Html {
  const { tool, inputs, schemaVersion } = result;
  return renderMethodFooter({
    id: PARTS.method,
    how: html`<p>The recorded frees are replayed as closed loops: a task's next free starts after its own last one and the recorded pause. Waiting is taken out of the recorded times and comes back only where the model makes somebody wait. The first run has the recorded times as they were, the others the same times in another order; base and designs meet the same times and parameters, run by run. Numbers are medians of the runs. ${intervalsSentence(result)}</p>`,
    tool,
    schemaVersion,
    files: inputs,
  });
}
