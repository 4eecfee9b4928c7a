import type { MeanwhileRow, SlowCall, TreeCall } from '../../analysis/result.ts';
import { usCell } from './cells.ts';
import { type Html, html, joinHtml, NOTHING } from './escape.ts';
import { LIMITS } from './limits.ts';
import { ABSENT, formatCount, formatUs, plural } from './quantity.ts';
import { moreNote, renderTable, shareBar } from './tables.ts';

/** One slow call: where it was, its tree, and what the other CPUs did. */
export function renderSlowCall(call: SlowCall, position: number, lines: number, open: boolean): Html {
  return html`<details${open && position === 0 ? html` open` : NOTHING}><summary>${position + 1}. ${formatUs(call.durationNs)} us <span class="sub">${place(call)}</span></summary>
${tree(call, lines)}
${meanwhile(call)}
</details>`;
}

function place(call: SlowCall): string {
  const parts = [
    ...(call.startNs === null ? [] : [`at ${(call.startNs / 1e9).toFixed(6)} s`]),
    ...(call.cpu < 0 ? [] : [`CPU ${call.cpu}`]),
    ...(call.task === '' || call.task === '(unknown)' ? [] : [call.task]),
    `${call.file}:${call.line}`,
    ...(call.offCpuNs > 0 ? [`${formatUs(call.offCpuNs)} us off the CPU`] : []),
  ];
  return parts.join(', ');
}

const BAR = 16;
const NUMBER = 13;

/** The tree as function_graph would print it, with the share of the slow call as a bar. */
function tree(call: SlowCall, lines: number): Html {
  const shown = longestCalls(call.tree, lines);
  const rows = shown.map((node) => {
    const share = node.durationNs === null || call.durationNs <= 0 ? 0 : node.durationNs / call.durationNs;
    const bar = '#'.repeat(Math.min(BAR, Math.round(share * BAR)));
    const numbers = `${cell(node.durationNs)}${cell(node.selfNs)}`;
    return html`${numbers}  <b>${bar}</b>${' '.repeat(BAR - bar.length)}  ${'  '.repeat(node.level)}${node.name}`;
  });
  const hidden = call.tree.length - shown.length + call.treeHidden;
  const head = `${'total us'.padStart(NUMBER)}${'self us'.padStart(NUMBER)}  ${'share'.padEnd(BAR)}  call`;
  return html`<pre tabindex="0" role="group" aria-label="Calls within the slow call"><span class="sub">${head}</span>
${joinHtml(rows, '\n')}</pre>
${hidden > 0 ? html`<p class="note">${plural(hidden, 'quicker call')} not shown.</p>` : NOTHING}`;
}

function cell(ns: number | null): string {
  return formatUs(ns).padStart(NUMBER);
}

/** The longest calls with all their callers, in their order. */
function longestCalls(calls: readonly TreeCall[], limit: number): TreeCall[] {
  if (calls.length <= limit) return [...calls];
  const callers: number[] = [];
  const parent = calls.map((call, i) => {
    callers.length = Math.min(callers.length, call.level);
    const of = callers[callers.length - 1] ?? -1;
    callers.push(i);
    return of;
  });
  const order = calls
    .map((_, i) => i)
    .sort((a, b) => (calls[b]!.durationNs ?? 0) - (calls[a]!.durationNs ?? 0) || a - b);
  const kept = new Set<number>();
  for (const i of order) {
    const path: number[] = [];
    for (let at = i; at >= 0 && !kept.has(at); at = parent[at]!) path.push(at);
    if (kept.size + path.length > limit) continue;
    for (const at of path) kept.add(at);
    if (kept.size >= limit) break;
  }
  return calls.filter((_, i) => kept.has(i));
}

function meanwhile(call: SlowCall): Html {
  if (call.meanwhile.length === 0) return NOTHING;
  const shown = call.meanwhile.slice(0, LIMITS.meanwhile);
  const share = (row: MeanwhileRow) =>
    row.overlapNs === null || call.durationNs <= 0 ? null : row.overlapNs / call.durationNs;
  const others = call.meanwhile.some((row) => row.cpu >= 0) ? 'other CPUs' : 'other tasks';
  const table = renderTable(
    shown,
    [
      { title: 'CPU', kind: 'number', cell: (row) => (row.cpu < 0 ? ABSENT : String(row.cpu)) },
      { title: 'Task', kind: 'text', cell: (row) => (row.task === '' ? ABSENT : row.task) },
      { title: 'Function', kind: 'name', cell: (row) => row.name },
      { title: 'Calls', kind: 'number', cell: (row) => formatCount(row.calls) },
      { title: 'Overlap, us', kind: 'number', cell: (row) => usCell(row.overlapNs) },
      { title: '', kind: 'bar', cell: (row) => shareBar(share(row)) },
    ],
    { caption: `What ${others} did meanwhile` },
  );
  return html`<h4>Meanwhile, ${others}</h4>${table}${moreNote(call.meanwhile.length, shown.length, 'rows')}`;
}
