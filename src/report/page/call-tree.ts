import type { AnalysisResult } from '../../analysis/result.ts';
import { callTreeSpec } from '../charts/call-tree.ts';
import { longestNodes, type PlacedNode, placeCallTree } from '../charts/call-tree-layout.ts';
import { durationText, shareText } from '../quantities.ts';
import { CHARTS, SECTIONS } from './anchors.ts';
import { shareCell, usCell } from './cells.ts';
import { type Html, html } from './escape.ts';
import { heading, renderFigure } from './figure.ts';
import { LIMITS } from './limits.ts';
import { formatCount, plural } from './quantity.ts';
import { moreNote, renderTable } from './tables.ts';

const DEEPEST_INDENT = 24;

/** Where the time went, from the outermost calls down. */
export async function renderCallTree(result: AnalysisResult): Promise<Html> {
  const placed = placeCallTree(result.callTree);
  const widthNs = placed.reduce((sum, node) => (node.level === 0 ? sum + node.totalNs : sum), 0);
  const title = heading(2, SECTIONS.callTree, 'Call tree');
  if (placed.length === 0 || !(widthNs > 0)) {
    return html`<section aria-labelledby="${SECTIONS.callTree}">${title}
<p>No call tree: the text has no durations, or no call passed the filters.</p></section>`;
  }
  const wide = placed.filter(
    (node) => node.totalNs / widthNs >= LIMITS.icicleMinShare && node.level < LIMITS.icicleLevels,
  );
  const drawn = longestNodes(wide, LIMITS.icicleNodes);
  const describe = (node: PlacedNode) =>
    `${node.name}: ${durationText(node.totalNs)} (${shareText(node.totalNs / widthNs)}) in ${plural(node.calls, 'call')}, ${durationText(node.selfNs)} of its own`;
  const hidden = placed.length - drawn.length;
  const top = placed[0]!;
  const rows = longestNodes(placed, LIMITS.treeRows);
  const figure = await renderFigure({
    id: CHARTS.flame,
    title: `${top.name}: ${shareText(top.totalNs / widthNs)} of the time of all outermost calls, with what it calls`,
    text: `All calls with the same callers added up: outermost calls on top, what they called below, as wide as the time they took; the stronger the colour, the more of it is their own.${hidden > 0 ? ` ${plural(hidden, 'place')} too narrow or too deep to draw.` : ''}`,
    spec: callTreeSpec(drawn, widthNs, describe),
    legend: [],
    table: html`${renderTable(
      rows,
      [
        { title: 'Call', kind: 'name', cell: indented },
        { title: 'Calls', kind: 'number', cell: (node) => formatCount(node.calls) },
        { title: 'Total, us', kind: 'number', cell: (node) => usCell(node.totalNs) },
        { title: 'Self, us', kind: 'number', cell: (node) => usCell(node.selfNs) },
        { title: 'Of all', kind: 'number', cell: (node) => shareCell(node.totalNs / widthNs) },
      ],
      { caption: 'The call tree, longest places' },
    )}${moreNote(placed.length, rows.length, 'places')}`,
  });
  return html`<section aria-labelledby="${SECTIONS.callTree}">
${title}
${figure}
</section>`;
}

function indented(node: PlacedNode): Html {
  if (node.level === 0) return html`${node.name}`;
  return html`<span class="i${Math.min(DEEPEST_INDENT, node.level)}">${node.name}</span>`;
}
