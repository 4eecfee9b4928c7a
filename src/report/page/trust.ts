import type { AnalysisResult, Diagnostic, MethodSummary, OverheadSummary } from '../../analysis/result.ts';
import { durationText, shareText } from '../quantities.ts';
import { trustOfAnalysis } from '../trust/analysis.ts';
import { SIGNS, SIGNS_LEGEND, type TrustBox, type TrustInput } from '../trust/trust-box.ts';
import { SECTIONS } from './anchors.ts';
import { type Html, html, joinHtml, NOTHING } from './escape.ts';
import { heading } from './figure.ts';
import { LIMITS } from './limits.ts';
import { ABSENT, formatCount, plural } from './quantity.ts';
import { moreNote, renderTable } from './tables.ts';

/** What was read, how well, and which numbers are measured. */
export function renderTrust(result: AnalysisResult): Html {
  const { input, method, overhead, tool, diagnostics } = result;
  const facts: readonly (readonly [string, string | Html])[] = [
    ['Before numbers', 'nothing: measured. ~ an estimate. <= upper bound, >= lower bound. - not known'],
    ['Read', understood(input.lines, input.understoodLines)],
    [
      'Lost records',
      input.lostRecords > 0
        ? `${plural(input.lostRecords, 'record')}, as the kernel counted`
        : 'none reported by the kernel',
    ],
    ['Clock', clock(input.clock)],
    ['Columns', input.layouts.length > 0 ? input.layouts.join('; ') : 'none'],
    ['Kernel', input.kernelRelease === '' ? 'not named in the text' : input.kernelRelease],
    ['Filters', method.filters === '' ? 'none' : html`<code>${method.filters}</code>`],
    ['Taken out of durations', method.excluded.length > 0 ? method.excluded.join(', ') : 'nothing'],
    ['Quantiles', quantiles(method)],
    ['Cost of tracing', overheadText(overhead)],
    ['Made by', html`${tool.name} ${tool.version}: <code>${tool.command}</code>`],
  ];
  return html`<section aria-labelledby="${SECTIONS.trust}">
${heading(2, SECTIONS.trust, 'What this rests on')}
${renderRests(trustOfAnalysis(result))}
<dl>
${joinHtml(
  facts.map(([name, text]) => html`<dt>${name}</dt><dd>${text}</dd>`),
  '\n',
)}
</dl>
${filesTable(input.files)}
${diagnosticsTable(diagnostics)}
</section>`;
}

export function understood(lines: number, understoodLines: number): string {
  if (understoodLines === lines) return `all ${plural(lines, 'line')} understood`;
  const missed = lines - understoodLines;
  return `${formatCount(understoodLines)} of ${plural(lines, 'line')} understood (${downToHundredths(understoodLines / lines)}), ${formatCount(missed)} not`;
}

/** Never rounded up to 100 %. */
function downToHundredths(share: number): string {
  return `${(Math.floor(share * 1e4) / 100).toFixed(2)} %`;
}

/** What is measured, modelled and assumed, with its sign. */
export function renderRests({ rests, calibration }: TrustBox): Html {
  const order = ['measured', 'modelled', 'assumed'] as const;
  const rows = order.flatMap((basis) => rests.filter((one) => one.basis === basis));
  const table = renderTable(
    rows,
    [
      { title: 'Sign', kind: 'text', cell: ({ basis }) => html`<b>${SIGNS[basis]}</b>` },
      { title: 'Basis', kind: 'text', cell: ({ basis }) => basis },
      { title: 'What', kind: 'wide', cell: ({ what }) => what },
    ],
    { caption: 'What is measured, modelled and assumed', file: 'rests-on' },
  );
  const sources =
    calibration.length === 0
      ? NOTHING
      : html`<details class="item"><summary>Where costs come from</summary>
<ul>${calibration.map((source) => html`<li>${source}</li>`)}</ul></details>`;
  return html`<p class="note">${SIGNS_LEGEND}</p>
${table}
${sources}`;
}

function clock(name: string): string {
  if (name === 'none') return 'none: the text has no time stamps, so when things happened is not known';
  if (name === 'stamps') return 'time stamps, as fine as the inputs have them';
  return name;
}

function quantiles(method: MethodSummary): string {
  const error = (method.bucketRelativeError * 100).toFixed(2);
  return `${method.quantile}; off by at most ${error} %`;
}

function overheadText(overhead: OverheadSummary): Html {
  if (overhead.insideNs === null || overhead.outsideNs === null) {
    return html`not known: ${overhead.basis}`;
  }
  const total = overhead.totalNs === null ? '' : `, ~${durationText(overhead.totalNs)} in all`;
  const share =
    overhead.shareOfOutermost === null
      ? ''
      : `, ~${shareText(overhead.shareOfOutermost)} of the outermost calls`;
  const use = overhead.subtracted
    ? 'Subtracted: durations here are estimates.'
    : 'Not subtracted: durations here contain it.';
  return html`estimate from the quickest calls: ~${durationText(overhead.insideNs)} within each traced call, ~${durationText(overhead.outsideNs)} more in its caller; ${plural(overhead.tracedCalls, 'traced call')}${total}${share}. <b>${use}</b> Basis: ${overhead.basis}.`;
}

export function filesTable(files: readonly TrustInput[]): Html {
  const shown = files.slice(0, LIMITS.files);
  if (shown.length === 0) return NOTHING;
  const table = renderTable(
    shown,
    [
      { title: 'Input', kind: 'name', cell: (file) => file.name },
      ...(shown.some(({ role }) => role !== undefined)
        ? [{ title: 'Role', kind: 'text' as const, cell: (file: TrustInput) => file.role ?? '' }]
        : []),
      { title: 'Format', kind: 'text', cell: (file) => file.format },
      { title: 'Bytes', kind: 'number', cell: (file) => formatCount(file.bytes) },
      {
        title: 'Lines',
        kind: 'number',
        cell: (file) => (file.lines === null ? ABSENT : formatCount(file.lines)),
      },
      {
        title: 'Not understood',
        kind: 'number',
        cell: ({ lines, understoodLines }) =>
          lines === null || understoodLines === null ? ABSENT : formatCount(lines - understoodLines),
      },
      {
        title: 'SHA-256',
        kind: 'text',
        cell: (file) => (file.sha256 === '' ? 'not computed' : html`<code>${file.sha256}</code>`),
      },
    ],
    { caption: 'Input files', file: 'inputs', all: files },
  );
  return html`${table}${moreNote(files.length, shown.length, 'files')}`;
}

export function diagnosticsTable(diagnostics: readonly Diagnostic[]): Html {
  if (diagnostics.length === 0) return html`<p>No findings while reading.</p>`;
  const shown = diagnostics.slice(0, LIMITS.diagnostics);
  const table = renderTable(
    shown,
    [
      {
        title: 'Severity',
        kind: 'text',
        cell: (d) => html`<span class="${d.severity}">${d.severity}</span>`,
      },
      { title: 'Times', kind: 'number', cell: (d) => formatCount(d.count) },
      { title: 'Finding while reading', kind: 'wide', cell: (d) => d.text },
      { title: 'Kind', kind: 'text', cell: (d) => html`<code>${d.id}</code>` },
    ],
    { caption: 'Findings while reading' },
  );
  return html`${table}${moreNote(diagnostics.length, shown.length, 'kinds of findings')}`;
}
