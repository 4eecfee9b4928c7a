import type {
  BlockerComparison,
  ComparisonResult,
  LockComparison,
  LockSide,
} from '../../../analysis/compare/result.ts';
import { type BarLabel, type BarRow, barsSpec } from '../../charts/rows.ts';
import { durationText } from '../../quantities.ts';
import { clipName } from '../../what-if-summary.ts';
import { usCell } from '../cells.ts';
import { type Html, html, NOTHING } from '../escape.ts';
import { heading, renderFigure } from '../figure.ts';
import { formatCount } from '../quantity.ts';
import { type Column, exact, renderTable } from '../tables.ts';
import { changeCell, changeText, PLACES, SIDES, verdictText } from './sides.ts';

/** Locks in the chart. */
const DRAWN = 8;

/** What changed, lock by lock. */
export async function renderLockChanges({ locks }: ComparisonResult): Promise<Html> {
  if (locks.length === 0) return NOTHING;
  return html`<section aria-labelledby="${PLACES.locks}">
${heading(2, PLACES.locks, 'Locks')}
${await chart(locks)}
<p class="note">Times in us; waits and holds of all functions that take the lock, by recording.</p>
${renderTable(locks, COLUMNS, { caption: 'Locks before and after', group: 'locks', file: 'locks' })}
<h3>Holds and acquisitions</h3>
${renderTable(locks, HOLDS, { caption: 'Holds and acquisitions before and after', group: 'lock-holds', file: 'lock-holds' })}
${blockers(locks)}
</section>`;
}

interface Blocked {
  readonly lock: string;
  readonly by: BlockerComparison;
}

/** Who held a lock while others waited for it, on both sides. */
function blockers(locks: readonly LockComparison[]): Html {
  const rows = locks.flatMap(({ name, blockedBy }) => blockedBy.map((by): Blocked => ({ lock: name, by })));
  if (rows.length === 0) return NOTHING;
  return html`${heading(3, PLACES.blockers, 'Who blocked whom')}
<p class="note">Times in us, in a recording on average: the part of the waits that holds taken in the other function overlap (measured; holds of readers overlap each other).</p>
${renderTable(rows, BLOCKER_COLUMNS, { caption: 'Who blocked whom before and after', file: 'blockers' })}`;
}

const BLOCKER_COLUMNS: readonly Column<Blocked>[] = [
  { title: 'Lock', kind: 'name', cell: ({ lock }) => lock },
  { title: 'Waiter', kind: 'text', cell: ({ by }) => by.waiter || '-' },
  { title: 'Holder', kind: 'text', cell: ({ by }) => by.holder },
  ...SIDES.map(
    ({ key }): Column<Blocked> => ({
      title: `Waits ${key}`,
      kind: 'number',
      cell: ({ by }) => exact(by[key] ? formatCount(by[key].waits) : '-', by[key]?.waits ?? null),
    }),
  ),
  ...SIDES.map(
    ({ key }): Column<Blocked> => ({
      title: `Wait ${key}`,
      kind: 'number',
      cell: ({ by }) => usCell(by[key]?.waitNs ?? null),
    }),
  ),
];

function counts(title: string, pick: (side: LockSide) => number): readonly Column<LockComparison>[] {
  return SIDES.map(({ key }) => ({
    title: `${title} ${key}`,
    kind: 'number',
    cell: (row) => {
      const of = row[key];
      const value = of === null ? null : pick(of);
      return exact(value === null ? '-' : formatCount(value), value);
    },
  }));
}

function times(title: string, pick: (side: LockSide) => number | null): readonly Column<LockComparison>[] {
  return SIDES.map(({ key }) => ({
    title: `${title} ${key}`,
    kind: 'number',
    cell: (row) => {
      const of = row[key];
      return usCell(of === null ? null : pick(of));
    },
  }));
}

function change(
  title: string,
  pick: (row: LockComparison) => LockComparison['change']['total'],
): readonly Column<LockComparison>[] {
  return [
    { title, kind: 'number', cell: (row) => changeCell(pick(row).value) },
    { title: 'from', kind: 'number', cell: (row) => changeCell(pick(row).lo) },
    { title: 'to', kind: 'number', cell: (row) => changeCell(pick(row).hi) },
  ];
}

const COLUMNS: readonly Column<LockComparison>[] = [
  { title: 'Lock', kind: 'name', cell: ({ name }) => name },
  { title: 'Verdict', kind: 'text', cell: (row) => exact(verdictText(row), row.verdict) },
  ...times('Wait', ({ wait }) => wait.totalNs),
  ...change('Wait', (row) => row.change.total),
  ...counts('Waits', ({ contended }) => contended),
  {
    title: 'p',
    kind: 'number',
    cell: ({ pValue }) => exact(pValue === null ? '-' : pValue.toPrecision(2), pValue),
  },
];

/** Apart from the waits: one table of all figures would not fit a printed page. */
const HOLDS: readonly Column<LockComparison>[] = [
  { title: 'Lock', kind: 'name', cell: ({ name }) => name },
  { title: 'Kind', kind: 'text', cell: ({ kind }) => kind },
  ...times('Hold p50', ({ hold }) => hold?.p50Ns ?? null),
  ...change('Hold', (row) => row.change.hold.median),
  ...counts('Taken', ({ acquisitions }) => acquisitions),
  { title: 'Note', kind: 'wide', cell: ({ reason }) => reason },
];

function waitOf(side: LockSide | null): number {
  return side?.wait.totalNs ?? 0;
}

async function chart(locks: readonly LockComparison[]): Promise<Html> {
  const waited = locks.filter(({ before, after }) => waitOf(before) + waitOf(after) > 0).slice(0, DRAWN);
  const first = waited[0];
  if (first === undefined) return html`<p>No wait for a lock is seen on either side.</p>`;
  const cells = waited.flatMap((lock) => SIDES.map(({ key, slot }) => ({ lock, key, slot, of: lock[key] })));
  return renderFigure({
    id: 'lock-waits',
    title: `${first.name}: ${durationText(waitOf(first.before))} of waiting before, ${durationText(waitOf(first.after))} after (${changeText(first.change.total)})`,
    text: 'Time that all calls of a recording together wait for each lock: the mean of the recordings of a side.',
    spec: barsSpec(
      cells.map(
        ({ lock, slot, of }, row): BarRow => ({ row, slot, name: lock.name, from: 0, to: waitOf(of) }),
      ),
      cells.map(
        ({ lock, key, of }, row): BarLabel => ({
          row,
          text: `${clipName(lock.name)}, ${key}: ${durationText(waitOf(of))} in ${formatCount(of?.contended ?? 0)} waits`,
          lo: null,
          hi: null,
        }),
      ),
      'time spent waiting in a recording',
    ),
    legend: SIDES.map(({ key, slot }) => ({ slot, label: key, line: false })),
    table: renderTable(
      cells,
      [
        { title: 'Lock', kind: 'name', cell: ({ lock }) => lock.name },
        { title: 'Side', kind: 'text', cell: ({ key }) => key },
        { title: 'Wait, us', kind: 'number', cell: ({ of }) => usCell(waitOf(of)) },
        { title: 'Waits', kind: 'number', cell: ({ of }) => formatCount(of?.contended ?? 0) },
      ],
      { caption: 'Waiting by lock and side' },
    ),
  });
}
