import type { ComparisonResult, Gate } from '../analysis/compare/result.ts';
import { renderTreeChanges } from './page/compare/call-tree.ts';
import { renderFunctions } from './page/compare/functions.ts';
import { renderDistributions } from './page/compare/latency.ts';
import { renderLockChanges } from './page/compare/locks.ts';
import { changeText, comparisonIds, PLACES, sideNames } from './page/compare/sides.ts';
import { renderComparisonTrust } from './page/compare/trust.ts';
import { type Html, html, joinHtml, NOTHING } from './page/escape.ts';
import { heading } from './page/figure.ts';
import { renderMethodFooter } from './page/method-footer.ts';
import { plural } from './page/quantity.ts';
import { renderTable } from './page/tables.ts';
import { type Page, renderPage } from './page/template.ts';

/**
 * A comparison as one HTML file that needs nothing else: verdict and warnings first, charts drawn ahead,
 * no network, readable without scripts, the same bytes for the same result.
 * @param sentences The answer in words, as the text report gives it.
 */
export async function renderComparisonHtml(
  result: ComparisonResult,
  sentences: readonly string[],
): Promise<Page> {
  const ids = comparisonIds();
  const parts = joinHtml(
    [
      renderWarnings(result),
      renderGates(result.gates),
      await renderFunctions(result, ids),
      await renderDistributions(result, ids),
      await renderLockChanges(result),
      await renderTreeChanges(result),
      renderComparisonTrust(result),
    ],
    '\n',
  );
  const body = html`<a class="skip" href="#content">Skip to the numbers</a>
${header(result, sentences, parts)}
<main id="content">
${parts}
</main>
${method(result)}`;
  const { tool } = result;
  return renderPage(`${titleOf(result)} - ${tool.name}`, `${tool.name} ${tool.version}`, body);
}

function titleOf(result: ComparisonResult): string {
  return `Before and after: ${sideNames(result)}`;
}

function header(result: ComparisonResult, sentences: readonly string[], parts: Html): Html {
  const { before, after, functions, locks, warnings, gates, summary } = result;
  const about = [
    `${plural(before.recordings.length, 'recording')} before, ${after.recordings.length} after`,
    plural(functions.length, 'function'),
    plural(locks.length, 'lock'),
  ];
  const links = (
    [
      [PLACES.warnings, `Warnings (${warnings.length})`],
      [PLACES.gates, `Conditions (${gates.length})`],
      [PLACES.functions, `Functions (${functions.length})`],
      [PLACES.latency, 'Latency before and after'],
      [PLACES.locks, `Locks (${locks.length})`],
      [PLACES.callTree, 'Call tree'],
      [PLACES.trust, 'What this rests on'],
    ] as const
  ).filter(([id]) => parts.text.includes(` id="${id}"`));
  const said = sentences.filter((sentence) => !sentence.startsWith('Nothing can be concluded'));
  const verdict = summary.conclusive
    ? `Faster: ${summary.faster}, slower: ${summary.slower}, no difference seen: ${summary.noDifference}, not comparable: ${summary.notComparable}.`
    : `Nothing can be concluded: ${summary.reason}.`;
  return html`<header>
<h1 id="${PLACES.answer}">${titleOf(result)}<a class="perma" href="#${PLACES.answer}" aria-label="Link to this part">#</a></h1>
<p class="sub">${about.join(' / ')}</p>
<p class="verdict${summary.conclusive ? '' : ' error'}">${verdict.replace(/\.\.$/, '.')}</p>
${said.length > 0 ? html`<ul class="answer">${said.map((sentence) => html`<li>${sentence}</li>`)}</ul>` : NOTHING}
<nav aria-label="Parts of this report"><ul>${links.map(([id, text]) => html`<li><a href="#${id}">${text}</a></li>`)}<li><a href="#${PLACES.method}">Method</a></li></ul></nav>
</header>`;
}

function renderWarnings({ warnings }: ComparisonResult): Html {
  if (warnings.length === 0) return NOTHING;
  return html`<section aria-labelledby="${PLACES.warnings}">
${heading(2, PLACES.warnings, 'Before believing it')}
${renderTable(
  warnings,
  [
    {
      title: 'Severity',
      kind: 'text',
      cell: ({ severity }) => html`<span class="${severity}">${severity}</span>`,
    },
    { title: 'What differs', kind: 'wide', cell: ({ text }) => text },
    { title: 'Kind', kind: 'text', cell: ({ id }) => html`<code>${id}</code>` },
  ],
  { caption: 'Warnings', file: 'warnings' },
)}
</section>`;
}

function renderGates(gates: readonly Gate[]): Html {
  if (gates.length === 0) return NOTHING;
  return html`<section aria-labelledby="${PLACES.gates}">
${heading(2, PLACES.gates, 'Conditions (--fail-if)')}
${renderTable(
  gates,
  [
    { title: 'Condition', kind: 'name', cell: ({ condition }) => condition },
    { title: 'Status', kind: 'text', cell: ({ status }) => status.replace('-', ' ') },
    { title: 'Change', kind: 'number', cell: ({ change }) => changeText(change) },
    { title: 'What was found', kind: 'wide', cell: ({ text }) => text },
  ],
  { caption: 'Conditions', file: 'conditions' },
)}
</section>`;
}

/** How the numbers were made, and how to make them again. */
function method({ method: how, tool, before, after, schemaVersion }: ComparisonResult): Html {
  return renderMethodFooter({
    id: PLACES.method,
    how: html`<p>${[how.interval, how.test, how.correction].join(' ')}</p>`,
    tool,
    schemaVersion,
    files: [...before.recordings, ...after.recordings].flatMap(({ inputs }) => inputs),
  });
}
