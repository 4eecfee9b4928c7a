import type { AnalysisResult, TailRow } from '../../analysis/result.ts';
import { durationText, shareText } from '../quantities.ts';
import { type Anchors, SECTIONS } from './anchors.ts';
import { usCell } from './cells.ts';
import { type Html, html, NOTHING } from './escape.ts';
import { heading } from './figure.ts';
import { slugify } from './ids.ts';
import { LIMITS } from './limits.ts';
import { plural } from './quantity.ts';
import { renderSlowCall } from './slow-call.ts';
import { exact, moreNote, renderTable, shareBar } from './tables.ts';

/** Why slow calls are slow: what they spend more, and the slowest one by one. */
export function renderTails(result: AnalysisResult, anchors: Anchors): Html {
  const tails = result.tails.slice(0, LIMITS.tails);
  const title = heading(2, SECTIONS.tails, 'Slow calls');
  if (tails.length === 0) {
    return html`<section aria-labelledby="${SECTIONS.tails}">${title}
<p>No slow calls were kept: the text has no durations, or no call passed the filters.</p></section>`;
  }
  // The first function is the report's subject: its trees have the most lines, the others share the rest.
  const trees = (rows: readonly TailRow[]) =>
    rows.reduce((sum, tail) => sum + Math.min(tail.slowest.length, LIMITS.slowCalls), 0);
  const left = LIMITS.treeLines - trees(tails.slice(0, 1)) * LIMITS.treeLinesEach;
  const share = Math.floor(left / Math.max(1, trees(tails.slice(1))));
  const others = Math.min(LIMITS.treeLinesEach, Math.max(LIMITS.treeLinesLeast, share));
  return html`<section aria-labelledby="${SECTIONS.tails}">
${title}
${tails.map((tail, i) => renderTail(tail, anchors, i === 0, i === 0 ? LIMITS.treeLinesEach : others))}
${moreNote(result.tails.length, tails.length, 'functions')}
</section>`;
}

function renderTail(tail: TailRow, anchors: Anchors, open: boolean, lines: number): Html {
  const id = anchors.tail(tail)!;
  const row = anchors.functionNamed(tail.function);
  const shown = tail.slowest.slice(0, LIMITS.slowCalls);
  return html`<details class="item" id="${id}"${open ? html` open` : NOTHING}>
<summary><h3>${tail.function}</h3> <span class="sub">${headline(tail)}</span></summary>
<p class="note"><a href="#${id}">Link to these calls</a>${row === null ? NOTHING : html`, <a href="#${row}">their function's row in the table</a>`}</p>
${difference(tail)}
${shown.map((call, i) => renderSlowCall(call, i, lines, open))}
${moreNote(tail.slowest.length, shown.length, 'slow calls')}
</details>`;
}

function headline(tail: TailRow): string {
  const longest = tail.slowest[0];
  const parts = [
    plural(tail.calls, 'call'),
    `p50 ${durationText(tail.p50Ns)}`,
    `p99 ${durationText(tail.p99Ns)}`,
    ...(longest === undefined ? [] : [`longest ${durationText(longest.durationNs)}`]),
  ];
  return parts.join(', ');
}

function difference(tail: TailRow): Html {
  if (tail.difference.length === 0) return NOTHING;
  const shown = tail.difference.slice(0, LIMITS.differences);
  const table = renderTable(
    shown,
    [
      {
        title: 'Part',
        kind: 'name',
        cell: (row) => (row.name === '(self)' ? `(${tail.function} itself)` : row.name),
      },
      { title: 'Typical, us', kind: 'number', cell: (row) => usCell(row.typicalNs) },
      { title: 'Slow, us', kind: 'number', cell: (row) => usCell(row.slowNs) },
      { title: 'More, us', kind: 'number', cell: (row) => usCell(row.slowNs - row.typicalNs) },
      { title: 'Of the difference', kind: 'number', cell: (row) => exact(signedShare(row.share), row.share) },
      { title: '', kind: 'bar', cell: (row) => shareBar(row.share) },
    ],
    {
      caption: `What slow calls of ${tail.function} spend more than typical ones`,
      file: `slow-${slugify(tail.function)}`,
      all: tail.difference,
    },
  );
  return html`<h4>What slow calls spend more</h4>
<p class="note">Mean time in ${plural(tail.slowCalls, 'slow call')} (from the 99th percentile) against ${plural(tail.typicalCalls, 'typical call')} (25th to 75th percentile).</p>
${table}
${moreNote(tail.difference.length, shown.length, 'parts')}`;
}

/** A share that may be negative: a part that slow calls spend less on. */
function signedShare(share: number): string {
  return share < 0 ? `-${shareText(-share)}`.replace('-<0.1', '>-0.1') : shareText(share);
}
