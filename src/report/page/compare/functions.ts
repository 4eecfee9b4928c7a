import type { ComparisonResult, FunctionComparison, FunctionSide } from '../../../analysis/compare/result.ts';
import { ratioSpec, type ValueRow } from '../../charts/rows.ts';
import { clipName } from '../../what-if-summary.ts';
import { usCell } from '../cells.ts';
import { type Html, html, NOTHING } from '../escape.ts';
import { heading, renderFigure } from '../figure.ts';
import { type Ids, slugify } from '../ids.ts';
import { formatCount, plural } from '../quantity.ts';
import { type Column, exact, moreNote, renderTable } from '../tables.ts';
import { changeCell, changeText, PLACES, VERDICT_SLOTS, verdictText } from './sides.ts';

/** Rows of the chart, and of the table that is shown. */
const DRAWN = 15;
const SHOWN = 60;

/** What changed, function by function. */
export async function renderFunctions({ functions }: ComparisonResult, ids: Ids): Promise<Html> {
  const shown = functions.slice(0, SHOWN);
  const rowIds = new Map(shown.map((row) => [row, ids.take(`${slugify(row.name)}-change`)]));
  return html`<section aria-labelledby="${PLACES.functions}">
${heading(2, PLACES.functions, 'Functions')}
${await chart(functions)}
${
  shown.length === 0
    ? html`<p>No function has calls with durations on either side.</p>`
    : html`<p class="note">Times in us; a change is after against before, with its 95 % interval. p: of the figure that the verdict is about, adjusted for the number of functions.</p>
${renderTable(shown, COLUMNS, {
  caption: 'Functions before and after',
  group: 'functions',
  file: 'functions',
  all: functions,
  rowId: (row) => rowIds.get(row) ?? null,
})}${moreNote(functions.length, shown.length, 'functions')}
<h3>Means and tails</h3>
${renderTable(shown, TAILS, {
  caption: 'Means and tails of functions before and after',
  group: 'function-tails',
  file: 'function-tails',
  all: functions,
})}
<h3>Totals and calls</h3>
${renderTable(shown, TOTALS, {
  caption: 'Totals and calls of functions before and after',
  group: 'function-totals',
  file: 'function-totals',
  all: functions,
})}`
}
</section>`;
}

const side = (
  title: string,
  pick: (side: FunctionSide) => number | null,
): readonly Column<FunctionComparison>[] =>
  (['before', 'after'] as const).map((key) => ({
    title: `${title} ${key}`,
    kind: 'number',
    cell: (row) => {
      const of = row[key];
      return usCell(of === null ? null : pick(of));
    },
  }));

const change = (
  title: string,
  pick: (row: FunctionComparison) => FunctionComparison['change']['median'],
): readonly Column<FunctionComparison>[] => [
  { title, kind: 'number', cell: (row) => changeCell(pick(row).value) },
  { title: 'from', kind: 'number', cell: (row) => changeCell(pick(row).lo) },
  { title: 'to', kind: 'number', cell: (row) => changeCell(pick(row).hi) },
];

const COLUMNS: readonly Column<FunctionComparison>[] = [
  { title: 'Function', kind: 'name', cell: ({ name }) => name },
  { title: 'Verdict', kind: 'text', cell: verdictCell },
  ...side('p50', ({ p50Ns }) => p50Ns),
  ...change('Median', (row) => row.change.median),
  {
    title: 'p',
    kind: 'number',
    cell: ({ pValue }) => exact(pValue === null ? '-' : pValue.toPrecision(2), pValue),
  },
];

/** Apart from the verdicts: one table of all figures would not fit a printed page. */
const TAILS: readonly Column<FunctionComparison>[] = [
  { title: 'Function', kind: 'name', cell: ({ name }) => name },
  ...change('Mean', (row) => row.change.mean),
  ...side('p99', ({ p99Ns }) => p99Ns),
  ...change('p99', (row) => row.change.p99),
];

const TOTALS: readonly Column<FunctionComparison>[] = [
  { title: 'Function', kind: 'name', cell: ({ name }) => name },
  ...change('Total', (row) => row.change.total),
  {
    title: 'Calls before',
    kind: 'number',
    cell: ({ before }) => exact(formatCount(before?.calls ?? 0), before?.calls ?? 0),
  },
  {
    title: 'after',
    name: 'Calls after',
    kind: 'number',
    cell: ({ after }) => exact(formatCount(after?.calls ?? 0), after?.calls ?? 0),
  },
  { title: 'Note', kind: 'wide', cell: ({ reason }) => reason },
];

function verdictCell(row: FunctionComparison): ReturnType<typeof exact> {
  return exact(html`<span class="nb">${verdictText(row)}</span>`, row.verdict);
}

function judged({ change: of, judgedBy }: FunctionComparison) {
  return of[judgedBy];
}

async function chart(functions: readonly FunctionComparison[]): Promise<Html> {
  const told = functions.filter((row) => {
    const { lo, hi } = judged(row);
    // What cannot be compared would stretch the axis.
    return lo !== null && hi !== null && lo > -1 && row.verdict !== 'not-comparable';
  });
  const drawn = [...told].sort((a, b) => Number(isClear(b)) - Number(isClear(a))).slice(0, DRAWN);
  if (drawn.length === 0) return NOTHING;
  const rows = drawn.map((row, k): ValueRow => {
    const { value, lo, hi } = judged(row);
    return {
      row: k,
      slot: VERDICT_SLOTS[row.verdict],
      text: `${clipName(row.name)}: ${verdictText(row)}, ${row.judgedBy} ${changeText(judged(row))}`,
      value: 1 + value!,
      lo: 1 + lo!,
      hi: 1 + hi!,
    };
  });
  const clear = told.filter(isClear);
  const first = clear[0];
  return renderFigure({
    id: 'function-changes',
    title:
      first === undefined
        ? `No function is shown to have changed, of ${plural(told.length, 'function')}`
        : `${first.name} is ${first.verdict}: ${first.judgedBy} ${changeText(judged(first))}`,
    text: `After over before, by what each verdict is about (median or mean), what changed first: the dot is the estimate, the line its 95 % interval. Left of 1x is faster. ${functions.length > drawn.length ? `${plural(functions.length - drawn.length, 'more function')}: see the table.` : ''}`.trim(),
    spec: ratioSpec(rows, 'after over before'),
    legend: [],
    table: renderTable(
      drawn,
      [
        { title: 'Function', kind: 'name', cell: ({ name }) => name },
        { title: 'Verdict', kind: 'text', cell: verdictText },
        { title: 'Judged by', kind: 'text', cell: ({ judgedBy }) => judgedBy },
        { title: 'Change', kind: 'number', cell: (row) => changeCell(judged(row).value) },
        { title: 'from', kind: 'number', cell: (row) => changeCell(judged(row).lo) },
        { title: 'to', kind: 'number', cell: (row) => changeCell(judged(row).hi) },
      ],
      { caption: 'Change of functions' },
    ),
  });
}

function isClear({ verdict }: FunctionComparison): boolean {
  return verdict === 'faster' || verdict === 'slower';
}
