import type { AnalysisResult, FunctionRow } from '../../analysis/result.ts';
import { type Anchors, CHARTS } from './anchors.ts';
import { signedUsCell, usCell } from './cells.ts';
import { type Html, html, NOTHING } from './escape.ts';
import { heading } from './figure.ts';
import { LIMITS } from './limits.ts';
import { ABSENT, formatCount, plural } from './quantity.ts';
import { type Column, exportedTable, moreNote, renderTable } from './tables.ts';

/** All functions in the order of the analysis, the first open, the rest folded. */
export function renderFunctionTable(result: AnalysisResult, anchors: Anchors): Html {
  const rows = result.functions.slice(0, LIMITS.functions);
  if (rows.length === 0)
    return html`${heading(3, CHARTS.functions, 'Functions')}<p>No call passed the filters.</p>`;
  const columns = functionColumns(rows, result.method.exactUpToCalls, anchors);
  const table = (part: readonly FunctionRow[], caption: string) =>
    renderTable(part, columns, { caption, group: 'functions', rowId: (row) => anchors.function(row) });
  const first = rows.slice(0, LIMITS.functionsShown);
  const rest = rows.slice(LIMITS.functionsShown);
  const folded =
    rest.length === 0
      ? NOTHING
      : html`<details><summary>${formatCount(rest.length)} more functions</summary>
${table(rest, 'The other functions')}
</details>`;
  return html`${heading(3, CHARTS.functions, `${plural(result.functions.length, 'function')}, times in us`)}
<p class="note">Total counts recursive calls once; self is total without the traced calls within. Mean, quantiles and maximum are of single calls.</p>
${table(first, 'Functions')}${exportedTable('functions', result.functions, exportColumns(columns))}
${folded}
${moreNote(result.functions.length, rows.length, 'functions')}`;
}

/** Columns that say something about these rows: those that would hold only zeros are left out. */
function functionColumns(
  rows: readonly FunctionRow[],
  exactUpToCalls: number,
  anchors: Anchors,
): Column<FunctionRow>[] {
  const quantile = (title: string, pick: (row: FunctionRow) => number | null): Column<FunctionRow> => ({
    title,
    kind: 'number',
    cell: (row) => signedUsCell(row.calls > exactUpToCalls ? '~' : '', pick(row)),
  });
  const time = (
    title: string,
    pick: (row: FunctionRow) => number | null,
    hint?: string,
  ): Column<FunctionRow> => ({
    title,
    kind: 'number',
    cell: (row) => usCell(pick(row)),
    ...(hint === undefined ? {} : { hint }),
  });
  const some = (pick: (row: FunctionRow) => number, ...columns: Column<FunctionRow>[]) =>
    rows.some((row) => pick(row) > 0) ? columns : [];
  return [
    { title: 'Function', kind: 'name', cell: (row) => nameCell(row, anchors) },
    { title: 'Calls', kind: 'number', cell: (row) => formatCount(row.calls) },
    time('Total', (row) => row.totalNs, 'Sum of the durations of all calls; recursive calls count once'),
    {
      title: 'Self',
      kind: 'number',
      hint: '<= where what a call called was not all recorded',
      cell: ({ selfNs, selfIsBoundCalls }) => signedUsCell(selfIsBoundCalls > 0 ? '<=' : '', selfNs),
    },
    time('Mean', (row) => row.meanNs),
    quantile('p50', (row) => row.p50Ns),
    quantile('p90', (row) => row.p90Ns),
    quantile('p99', (row) => row.p99Ns),
    quantile('p99.9', (row) => row.p999Ns),
    time('Max', (row) => row.maxNs),
    ...some(
      (row) => row.irqNs,
      time('In irqs', (row) => row.irqNs, 'Time of interrupts within the calls'),
    ),
    ...some(
      (row) => row.softirqNs,
      time('In softirqs', (row) => row.softirqNs, 'Time of softirqs within the calls'),
    ),
    ...some(
      (row) => row.offCpuNs,
      time('Off CPU', (row) => row.offCpuNs, 'Time scheduled out within the calls'),
    ),
    ...some((row) => row.startCutCalls, {
      title: 'Cut',
      kind: 'number',
      hint: 'Calls whose begin is not in the trace',
      cell: (row) => (row.startCutCalls > 0 ? formatCount(row.startCutCalls) : ABSENT),
    }),
  ];
}

/** What the signs of the page say stands in columns of its own. */
function exportColumns(columns: readonly Column<FunctionRow>[]): Column<FunctionRow>[] {
  const [name, ...numbers] = columns;
  return [
    { ...name!, cell: (row) => row.name },
    { title: 'Module', kind: 'text', cell: (row) => row.module },
    ...numbers,
    {
      title: 'Self is an upper bound in calls',
      kind: 'number',
      cell: (row) => formatCount(row.selfIsBoundCalls),
    },
  ];
}

function nameCell(row: FunctionRow, anchors: Anchors): Html {
  const id = anchors.function(row);
  const tail = anchors.tailNamed(row.name);
  const text = row.module === '' ? row.name : `${row.name} [${row.module}]`;
  const name = id === null ? html`${text}` : html`<a href="#${id}">${text}</a>`;
  return tail === null ? name : html`${name} <a href="#${tail}" class="sub">slow</a>`;
}
