import type { AnalysisResult } from '../analysis/result.ts';
import { Anchors } from './page/anchors.ts';
import { hasCalls, pageTitle, renderAnswer } from './page/answer.ts';
import { renderCallTree } from './page/call-tree.ts';
import { html, NOTHING } from './page/escape.ts';
import { renderLatency } from './page/latency.ts';
import { renderLocks } from './page/locks.ts';
import { renderMethod } from './page/method.ts';
import { renderProfile } from './page/profile.ts';
import { renderEvents, renderHits, renderSideData } from './page/recorded.ts';
import { renderScheduling } from './page/scheduling.ts';
import { renderTails } from './page/tails.ts';
import { type Page, renderPage } from './page/template.ts';
import { renderTrust } from './page/trust.ts';

/**
 * The report as one HTML file that needs nothing else: charts drawn ahead, no network, readable
 * without scripts, the same bytes for the same input. `summary` is the answer in sentences.
 */
export async function renderHtml(result: AnalysisResult, summary: readonly string[]): Promise<Page> {
  const anchors = new Anchors(result);
  const body = html`<a class="skip" href="#content">Skip to the numbers</a>
${renderAnswer(result, summary)}
<main id="content">
${renderTrust(result)}
${hasCalls(result) ? await renderLatency(result, anchors) : NOTHING}
${renderProfile(result)}
${renderHits(result)}
${await renderLocks(result, anchors)}
${renderScheduling(result)}
${hasCalls(result) ? renderTails(result, anchors) : NOTHING}
${hasCalls(result) ? await renderCallTree(result) : NOTHING}
${renderEvents(result)}
${renderSideData(result)}
</main>
${renderMethod(result)}`;
  return renderPage(
    `${pageTitle(result)} - ${result.tool.name}`,
    `${result.tool.name} ${result.tool.version}`,
    body,
  );
}
