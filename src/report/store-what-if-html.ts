import type { StoreWhatIfResult } from '../replay/stores/result.ts';
import { type Html, html, NOTHING } from './page/escape.ts';
import { heading } from './page/figure.ts';
import { renderMethodFooter } from './page/method-footer.ts';
import { plural } from './page/quantity.ts';
import { renderStoreDesigns, renderStoreLatency } from './page/store-what-if/designs.ts';
import { renderStoreEntries, renderStoreFit, renderStoreUnknowns } from './page/store-what-if/evidence.ts';
import { renderStoreHeader, storeTitle } from './page/store-what-if/header.ts';
import { STORE_PARTS } from './page/store-what-if/parts.ts';
import { renderStoreSweep } from './page/store-what-if/sweep.ts';
import { renderStoreWaits } from './page/store-what-if/waits.ts';
import { type Page, renderPage } from './page/template.ts';
import { diagnosticsTable, filesTable, renderRests, understood } from './page/trust.ts';
import { renderStepsOf } from './page/what-if/steps.ts';
import { trustOfStores } from './trust/what-if.ts';

/**
 * A what-if of stores as one HTML file that needs nothing else: as that of frees, no network, readable
 * without scripts, the same bytes for the same result.
 */
export async function renderStoreWhatIfHtml(result: StoreWhatIfResult): Promise<Page> {
  const { tool } = result;
  const body = html`<a class="skip" href="#content">Skip to the numbers</a>
${renderStoreHeader(result)}
<main id="content">
${renderStoreFit(result)}
${await renderStoreDesigns(result)}
${renderStoreLatency(result)}
${renderStoreWaits(result)}
${await renderStoreSweep(result)}
${renderStoreEntries(result)}
${result.designs.length > 0 ? renderStepsOf(result.baseline, result.designs) : NOTHING}
${renderStoreUnknowns(result)}
${trust(result)}
</main>
${method(result)}`;
  return renderPage(`${storeTitle(result)} - ${tool.name}`, `${tool.name} ${tool.version}`, body);
}

function trust(result: StoreWhatIfResult): Html {
  const box = trustOfStores(result);
  const { kernel, reading } = result;
  return html`<section aria-labelledby="${STORE_PARTS.trust}">
${heading(2, STORE_PARTS.trust, 'What this rests on')}
${renderRests(box)}
<dl>
<dt>Read</dt><dd>${understood(box.lines, box.understoodLines)}</dd>
<dt>Lost records</dt><dd>${reading.lostRecords > 0 ? plural(reading.lostRecords, 'record') : 'none reported by the kernel'}</dd>
<dt>Cost of tracing</dt><dd>${box.tracingOverhead}</dd>
<dt>Kernel</dt><dd>${kernel.title}; told by: ${kernel.basis}; steps read in ${kernel.source}</dd>
</dl>
${filesTable(box.inputs)}
${diagnosticsTable(reading.findings)}
</section>`;
}

/** How the numbers were made, and how to make them again. */
function method({ tool, inputs, schemaVersion }: StoreWhatIfResult): Html {
  return renderMethodFooter({
    id: STORE_PARTS.method,
    how: html`<p>The recorded stores, loads, invalidations and writebacks are replayed as closed loops: a task's next operation starts after its own last one and the recorded pause. Waiting is taken out of the recorded times and comes back only where the model makes somebody wait. The first run has the recorded times as they were, the others the same times in another order and other values of what is known as a range; base and designs meet the same ones, run by run. Numbers are medians of the runs.</p>`,
    tool,
    schemaVersion,
    files: inputs,
  });
}
