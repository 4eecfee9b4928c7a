import type { AnalysisResult } from '../../analysis/result.ts';
import { SECTIONS } from './anchors.ts';
import { type Html, html } from './escape.ts';
import { LIMITS } from './limits.ts';
import { renderMethodFooter } from './method-footer.ts';

/** How the numbers were made, and how to make them again. */
export function renderMethod(result: AnalysisResult): Html {
  const { tool, input, method, schemaVersion } = result;
  return renderMethodFooter({
    id: SECTIONS.method,
    how: html`<p>Durations are those that the kernel printed: from entry to return, with interrupts, preemption and waiting, unless taken out (${method.excluded.length > 0 ? method.excluded.join(', ') : 'nothing was'}). Self time is a call's duration less the traced calls within. Quantiles: ${method.quantile}. Charts add the buckets of the histograms up; nothing else is computed for this page.</p>`,
    tool,
    schemaVersion,
    files: input.files.slice(0, LIMITS.files),
  });
}
