import type { WhatIfResult } from '../../../replay/result.ts';
import { durationText } from '../../quantities.ts';
import { type Html, html, joinHtml } from '../escape.ts';
import { heading } from '../figure.ts';
import { plural } from '../quantity.ts';
import { renderTable } from '../tables.ts';
import { diagnosticsTable, filesTable, understood } from '../trust.ts';
import { PARTS, SIGNS } from './plan.ts';

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
    ['Made by', html`${tool.name} ${tool.version}: <code>${tool.command}</code>`],
  ];
  return html`<section aria-labelledby="${PARTS.trust}">
${heading(2, PARTS.trust, 'What this rests on')}
${basesTable(result.assumptions)}
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

/** Assumptions, those that were measured first. */
export function basesTable(assumptions: WhatIfResult['assumptions']): Html {
  const order = ['measured', 'modelled', 'assumed'] as const;
  const rows = [
    ...order.flatMap((basis) =>
      assumptions.filter((a) => a.basis === basis).map(({ what }) => ({ sign: SIGNS[basis], basis, what })),
    ),
  ];
  return renderTable(
    rows,
    [
      { title: 'Sign', kind: 'text', cell: ({ sign }) => html`<b>${sign}</b>` },
      { title: 'Basis', kind: 'text', cell: ({ basis }) => basis },
      { title: 'What', kind: 'wide', cell: ({ what }) => what },
    ],
    { caption: 'What is measured, modelled and assumed' },
  );
}
