import type { LockRow } from '../../analysis/result.ts';
import { HAND_OFF, lockBars, lockWaitSpec, NOT_SEEN } from '../charts/lock-wait.ts';
import { lockPlace } from '../lock-place.ts';
import { durationText, shareText } from '../quantities.ts';
import { CHARTS } from './anchors.ts';
import { usCell } from './cells.ts';
import { type Html, html } from './escape.ts';
import { type LegendEntry, renderFigure } from './figure.ts';
import { LIMITS } from './limits.ts';
import { plural } from './quantity.ts';
import { renderTable } from './tables.ts';

/** Waiting time by lock and holder; a sentence when there was none. */
export function renderWaitFigure(locks: readonly LockRow[]): Promise<Html> | Html {
  const waited = locks
    .filter((lock) => lock.wait.totalNs > 0)
    .sort((a, b) => b.wait.totalNs - a.wait.totalNs)
    .slice(0, LIMITS.locksInChart);
  if (waited.length === 0) {
    return html`<p>No wait for a lock is seen: no slowpath function and no contention event is recorded within a lock call.</p>`;
  }
  const first = waited[0]!;
  const { rows, blockers } = lockBars(waited);
  const label = (lock: LockRow) =>
    `${lockPlace(lock)}: ${durationText(lock.wait.totalNs)} in ${plural(lock.wait.count, 'wait')}`;
  const handOff = blockers.includes(HAND_OFF)
    ? ' Hand-off: the lock was free again, and the waiter had not yet come back.'
    : '';
  const legend: LegendEntry[] = blockers.map((name, i) => ({ slot: i + 1, label: name, line: false }));
  if (rows.some((row) => row.blocker === 'other holders'))
    legend.push({ slot: 'o', label: 'other holders', line: false });
  if (rows.some((row) => row.blocker === 'holder not seen'))
    legend.push({ slot: '0', label: 'holder not seen', line: false });
  return renderFigure({
    id: CHARTS.lockWait,
    title: `${lockPlace(first)}: ${durationText(first.wait.totalNs)} of waiting${topHolder(first)}`,
    text: `Time spent waiting for each lock, split by the function that held it meanwhile. The upright mark is the whole wait; holds that overlap (readers) can add up to more.${handOff}`,
    spec: lockWaitSpec(waited, label),
    legend,
    table: renderTable(
      rows,
      [
        { title: 'Lock', kind: 'name', cell: (row) => row.lock },
        { title: 'Held by', kind: 'text', cell: (row) => row.blocker },
        { title: 'Wait, us', kind: 'number', cell: (row) => usCell(row.waitNs) },
      ],
      { caption: 'Waiting time by lock and holder' },
    ),
  });
}

function topHolder(lock: LockRow): string {
  const top = lock.blockedBy.find((row) => row.function !== NOT_SEEN);
  if (top === undefined) return '';
  const byFunction = lockBars([lock]);
  const name = byFunction.blockers[0]!;
  const waitNs = byFunction.rows.find((row) => row.slot === 1)?.waitNs ?? 0;
  return `, ${shareText(Math.min(1, waitNs / lock.wait.totalNs))} of it ${name.startsWith('(') ? name.slice(1, -1) : `behind ${name}`}`;
}
