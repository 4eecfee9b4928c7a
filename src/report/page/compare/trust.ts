import type { ComparedRecording, ComparisonResult } from '../../../analysis/compare/result.ts';
import { durationText } from '../../quantities.ts';
import { trustOfComparison } from '../../trust/comparison.ts';
import { type Html, html, joinHtml, NOTHING } from '../escape.ts';
import { heading } from '../figure.ts';
import { ABSENT, formatCount, plural } from '../quantity.ts';
import { renderTable } from '../tables.ts';
import { filesTable, renderRests, understood } from '../trust.ts';
import { PLACES } from './sides.ts';

/** What was compared, how, and what numbers are. */
export function renderComparisonTrust(result: ComparisonResult): Html {
  const box = trustOfComparison(result);
  const { method, tool } = result;
  const facts: readonly (readonly [string, string | Html])[] = [
    ['Read', understood(box.lines, box.understoodLines)],
    [
      'Lost records',
      box.lostRecords
        ? `${plural(box.lostRecords, 'record')}, as the kernel counted`
        : 'none reported by the kernel',
    ],
    ['Many rows', method.correction],
    ['Filters', method.filters === '' ? 'none' : html`<code>${method.filters}</code>`],
    ['Taken out of durations', method.excluded.length > 0 ? method.excluded.join(', ') : 'nothing'],
    ['Cost of tracing', box.tracingOverhead],
    ['Made by', html`${tool.name} ${tool.version}: <code>${tool.command}</code>`],
  ];
  return html`<section aria-labelledby="${PLACES.trust}">
${heading(2, PLACES.trust, 'What this rests on')}
${renderRests(box)}
<dl>
${joinHtml(
  facts.map(([name, text]) => html`<dt>${name}</dt><dd>${text}</dd>`),
  '\n',
)}
</dl>
${recordings(result)}
${filesTable(box.inputs)}
</section>`;
}

function recordings({ before, after }: ComparisonResult): Html {
  const rows = [
    ...before.recordings.map((recording, k) => ({ side: `before ${k + 1}`, ...recording })),
    ...after.recordings.map((recording, k) => ({ side: `after ${k + 1}`, ...recording })),
  ];
  if (rows.length === 0) return NOTHING;
  type Row = ComparedRecording & { readonly side: string };
  return renderTable<Row>(
    rows,
    [
      { title: 'Recording', kind: 'name', cell: ({ side }) => side },
      { title: 'Input', kind: 'wide', cell: ({ inputs }) => inputs.map(({ name }) => name).join(', ') },
      { title: 'Kernel', kind: 'text', cell: ({ kernelRelease }) => kernelRelease || ABSENT },
      { title: 'CPUs', kind: 'number', cell: ({ cpus }) => (cpus > 0 ? formatCount(cpus) : ABSENT) },
      { title: 'Lasts', kind: 'number', cell: ({ durationNs }) => durationText(durationNs) },
      { title: 'Lines', kind: 'number', cell: ({ lines }) => formatCount(lines) },
      { title: 'Lost', kind: 'number', cell: ({ lostRecords }) => formatCount(lostRecords) },
      { title: 'Tracer, a call', kind: 'number', cell: ({ tracerNs }) => `~${durationText(tracerNs)}` },
    ],
    { caption: 'Recordings compared', file: 'recordings' },
  );
}
