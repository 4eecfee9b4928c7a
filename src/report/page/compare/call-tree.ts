import type { CallTreeChange, ComparisonResult } from '../../../analysis/compare/result.ts';
import { type BarLabel, type BarRow, barsSpec } from '../../charts/rows.ts';
import { clipName, signedText } from '../../what-if-summary.ts';
import { usCell } from '../cells.ts';
import { type Html, html, NOTHING } from '../escape.ts';
import { heading, renderFigure } from '../figure.ts';
import { formatCount } from '../quantity.ts';
import { exact, renderTable } from '../tables.ts';
import { PLACES } from './sides.ts';

/** Paths in the chart, and rows of its table. */
const DRAWN = 12;
const ROWS = 60;

interface Path {
  readonly name: string;
  readonly node: CallTreeChange;
  readonly changeNs: number;
}

/** Where self time came and went, path by path. */
export async function renderTreeChanges({ callTree }: ComparisonResult): Promise<Html> {
  const paths = callTree
    .map((node): Path => {
      return { node, name: pathOf(callTree, node), changeNs: node.afterSelfNs - node.beforeSelfNs };
    })
    .filter(({ changeNs }) => changeNs !== 0)
    .sort((a, b) => Math.abs(b.changeNs) - Math.abs(a.changeNs));
  const first = paths[0];
  if (first === undefined) return NOTHING;
  const drawn = paths.slice(0, DRAWN);
  const figure = await renderFigure({
    id: 'call-tree-changes',
    title: `${first.node.name}: self time ${moreText(first.changeNs)} in a recording, the most of all paths`,
    text: 'Self time on a path of calls, after less before, in each recording on average: what changed in a function itself, not in what it calls. No interval: verdicts are in the tables of functions and locks.',
    spec: barsSpec(
      drawn.map(
        ({ name, changeNs }, row): BarRow => ({
          row,
          slot: changeNs < 0 ? 3 : 2,
          name,
          from: 0,
          to: changeNs,
        }),
      ),
      drawn.map(
        ({ name, changeNs }, row): BarLabel => ({
          row,
          text: `${pathLabel(name)}: ${moreText(changeNs)}`,
          lo: null,
          hi: null,
        }),
      ),
      'self time in a recording, after less before',
    ),
    legend: [
      { slot: 3, label: 'less time', line: false },
      { slot: 2, label: 'more time', line: false },
    ],
    table: renderTable(
      paths.slice(0, ROWS),
      [
        { title: 'Path', kind: 'name', cell: ({ name }) => name },
        { title: 'Self before', kind: 'number', cell: ({ node }) => usCell(node.beforeSelfNs) },
        { title: 'after', name: 'Self after', kind: 'number', cell: ({ node }) => usCell(node.afterSelfNs) },
        { title: 'Change', kind: 'number', cell: ({ changeNs }) => usCell(changeNs) },
        { title: 'Calls before', kind: 'number', cell: ({ node }) => count(node.beforeCalls) },
        { title: 'after', name: 'Calls after', kind: 'number', cell: ({ node }) => count(node.afterCalls) },
      ],
      { caption: 'Self time by path, in us', all: paths },
    ),
  });
  return html`<section aria-labelledby="${PLACES.callTree}">
${heading(2, PLACES.callTree, 'Call tree')}
${figure}
</section>`;
}

function count(value: number): ReturnType<typeof exact> {
  return exact(formatCount(value), value);
}

function moreText(ns: number): string {
  return `${ns > 0 ? '+' : ''}${signedText(ns)}`;
}

/** Names from the outermost call down; a parent that is not in the list ends the way up. */
function pathOf(nodes: readonly CallTreeChange[], node: CallTreeChange): string {
  const names: string[] = [];
  for (let at: CallTreeChange | undefined = node; at !== undefined && names.length < nodes.length; ) {
    names.push(at.name);
    at = at.parent < 0 ? undefined : nodes[at.parent];
  }
  return names.reverse().join(' > ');
}

/** The end of a path that fits above a bar. */
function pathLabel(path: string): string {
  if (path.length <= 80) return path;
  const parts = path.split(' > ');
  return parts.length > 2 ? `${clipName(parts[0]!)} > .. > ${clipName(parts.at(-1)!)}` : clipName(path);
}
