import type { WhatIfResult } from '../../../replay/result.ts';
import { durationText } from '../../quantities.ts';
import { trustOfWhatIf } from '../../trust/what-if.ts';
import { type Html, html, joinHtml } from '../escape.ts';
import { heading } from '../figure.ts';
import { plural } from '../quantity.ts';
import { diagnosticsTable, filesTable, renderRests, understood } from '../trust.ts';
import { PARTS } from './plan.ts';

/** Assumptions by their basis, what cannot be told, and what was read. */
export function renderWhatIfTrust(result: WhatIfResult): Html {
  const { inputs, reading, tool, kernel } = result;
  const lines = inputs.reduce((sum, input) => sum + input.lines, 0);
  const known = inputs.reduce((sum, input) => sum + input.understoodLines, 0);
  const facts: readonly (readonly [string, string | Html])[] = [
    ['Read', understood(lines, known)],
    [
      'Lost records',
      reading.lostRecords > 0
        ? `${plural(reading.lostRecords, 'record')}, as the kernel counted`
        : 'none reported by the kernel',
    ],
    [
      'Kernel',
      `era ${kernel.era}: ${kernel.title}; told by: ${kernel.basis}; steps read in ${kernel.source}`,
    ],
    [
      'Cost of tracing',
      reading.tracerNs === null
        ? 'not known'
        : `by the quickest calls ~${durationText(reading.tracerNs.inside)} within each traced call, ~${durationText(reading.tracerNs.outside)} more in its caller; ${result.world === 'traced' ? 'left in' : 'taken out'}`,
    ],
    ['Baseline', baseline(result)],
    ['Made by', html`${tool.name} ${tool.version}: <code>${tool.command}</code>`],
  ];
  return html`<section aria-labelledby="${PARTS.trust}">
${heading(2, PARTS.trust, 'What this rests on')}
${renderRests(trustOfWhatIf(result))}
<dl>
${joinHtml(
  facts.map(([name, text]) => html`<dt>${name}</dt><dd>${text}</dd>`),
  '\n',
)}
</dl>
${filesTable(inputs)}
${diagnosticsTable(reading.findings)}
</section>`;
}

function baseline({ validation: { verdict, reasons } }: WhatIfResult): Html {
  const why = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`;
  return html`<a href="#${PARTS.fit}">${verdict.replaceAll('-', ' ')}</a>${why}`;
}
