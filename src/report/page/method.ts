import type { AnalysisResult } from '../../analysis/result.ts';
import { SECTIONS } from './anchors.ts';
import { type Html, html, joinHtml, NOTHING } from './escape.ts';
import { heading } from './figure.ts';
import { LIMITS } from './limits.ts';

/** How the numbers were made, and how to make them again. */
export function renderMethod(result: AnalysisResult): Html {
  const { tool, input, method, schemaVersion } = result;
  const sums = input.files
    .slice(0, LIMITS.files)
    .filter((file) => file.sha256 !== '' && file.name !== '-')
    .map((file) => html`${file.sha256}  ${file.name}`);
  return html`<footer>
${heading(2, SECTIONS.method, 'Method')}
<p>Durations are those that the kernel printed: from entry to return, with interrupts, preemption and waiting, unless taken out (${method.excluded.length > 0 ? method.excluded.join(', ') : 'nothing was'}). Self time is a call's duration less the traced calls within. Quantiles: ${method.quantile}. Charts add the buckets of the histograms up; nothing else is computed for this page.</p>
<p>To make this report again:</p>
<pre tabindex="0" role="group" aria-label="Command">${tool.command}</pre>
${
  sums.length === 0
    ? NOTHING
    : html`<p>Input (SHA-256 of the text, after unpacking):</p>
<pre tabindex="0" role="group" aria-label="Checksums of the input">${joinHtml(sums, '\n')}</pre>`
}
<p class="note">${tool.name} ${tool.version}, result schema ${schemaVersion}. The page loads nothing and holds no date: the same input gives the same bytes.</p>
</footer>`;
}
