import type { BlockerRow, HeldRow, LockRow } from '../../analysis/result.ts';
import { lockPlace } from '../lock-place.ts';
import { durationText, shareText } from '../quantities.ts';
import { shareCell, usCell } from './cells.ts';
import { type Html, html, NOTHING } from './escape.ts';
import { LIMITS } from './limits.ts';
import { renderDistributionFigure, renderDistributionTable } from './lock-distributions.ts';
import { ABSENT, formatCount, plural } from './quantity.ts';
import { moreNote, renderTable, shareBar } from './tables.ts';

/** All that is known of one lock at one site; the first is open. */
export async function renderLockDetails(
  lock: LockRow,
  id: string,
  position: number,
  exactUpToCalls: number,
): Promise<Html> {
  const chart = position < LIMITS.lockCharts ? await renderDistributionFigure(lock, id) : NOTHING;
  return html`<details class="item" id="${id}"${position === 0 ? html` open` : NOTHING}>
<summary><h3>${lockPlace(lock)}</h3> <span class="sub">${headline(lock)}</span></summary>
<p class="note"><a href="#${id}">Link to this lock</a></p>
<p>${facts(lock).join(' ')}</p>
${renderDistributionTable(lock, exactUpToCalls)}
${chart}
${blockers(lock)}
${held('Called while held', lock.calledWhileHeld)}
${held('Locked while held', lock.lockedWhileHeld)}
</details>`;
}

function headline(lock: LockRow): string {
  if (!lock.acquisitionsKnown)
    return `${lock.kind}, waited ${plural(lock.contended, 'time')}, ${durationText(lock.wait.totalNs)}`;
  if (lock.waitWitness === 'none')
    return `${lock.kind}, taken ${plural(lock.acquisitions, 'time')}, no wait seen`;
  return `${lock.kind}, taken ${plural(lock.acquisitions, 'time')}, waited ${plural(lock.contended, 'time')}, ${durationText(lock.wait.totalNs)}`;
}

const WITNESS = {
  slowpath: 'That an acquisition waited is seen by its slowpath call.',
  'contention-events': 'That an acquisition waited is seen by contention events.',
  none: 'Nothing in the trace shows waiting (no slowpath function, no contention event); it may hide in the lock call itself.',
};
const NAMED_BY = {
  site: 'The name comes from a table of kernel sources, by the function that takes the lock.',
  address: 'The name comes from the address.',
  unknown: 'The name of the lock is not known.',
};
/** Who waits, in words where the function is not known. */
function waiter(lock: LockRow): string {
  return lock.site === '' ? 'somebody' : lock.site;
}

const HOLD = {
  stamps: 'Holds are measured by time stamps.',
  calls: 'Holds are the sum of the calls seen in between: lower bounds (>=).',
  none: 'No unlock in the trace goes with it: holds are not known.',
};

function facts(lock: LockRow): string[] {
  const out = [
    NAMED_BY[lock.namedBy],
    WITNESS[lock.waitWitness],
    lock.acquisitionsKnown
      ? HOLD[lock.hold === null ? 'none' : lock.holdBasis]
      : 'Contention events tell of waits only: how often it was taken, and holds, are not known, and the first waiter for a queued spinlock leaves no event.',
  ];
  if (lock.instances > 0) out.push(`${plural(lock.instances, 'lock address', 'lock addresses')} seen here.`);
  if (lock.triesWithoutUnlock > 0) {
    out.push(`${plural(lock.triesWithoutUnlock, 'trylock')} not known to have succeeded.`);
  }
  if (lock.waitShareOfSite !== null && lock.wait.totalNs > 0) {
    out.push(`The wait is ${shareText(lock.waitShareOfSite)} of the time of ${lock.site}.`);
  }
  return out;
}

function blockers(lock: LockRow): Html {
  if (lock.blockedBy.length === 0) return NOTHING;
  const shown = lock.blockedBy.slice(0, LIMITS.blockers);
  const share = (row: BlockerRow) => (lock.wait.totalNs > 0 ? row.waitNs / lock.wait.totalNs : null);
  const table = renderTable(
    shown,
    [
      { title: 'Held by', kind: 'name', cell: (row) => row.function },
      { title: 'Task', kind: 'text', cell: (row) => (row.task === '' ? ABSENT : row.task) },
      { title: 'CPU', kind: 'number', cell: (row) => (row.cpu < 0 ? ABSENT : String(row.cpu)) },
      { title: 'Waits', kind: 'number', cell: (row) => formatCount(row.waits) },
      { title: 'Wait, us', kind: 'number', cell: (row) => usCell(row.waitNs) },
      { title: 'Of the wait', kind: 'number', cell: (row) => shareCell(share(row)) },
      { title: '', kind: 'bar', cell: (row) => shareBar(share(row)) },
    ],
    { caption: `Who held ${lock.lock} while ${waiter(lock)} waited` },
  );
  const coverage =
    lock.blockedByCoverage === null
      ? ''
      : ` What the trace shows explains ${shareText(lock.blockedByCoverage)} of the wait.`;
  return html`<h4>Who blocked ${waiter(lock)}</h4>
<p class="note">Holds that overlap the waits.${coverage}</p>
${table}
${moreNote(lock.blockedBy.length, shown.length, 'holders')}`;
}

function held(title: string, rows: readonly HeldRow[]): Html {
  if (rows.length === 0) return NOTHING;
  const shown = rows.slice(0, LIMITS.held);
  const table = renderTable(
    shown,
    [
      { title: 'Function or lock', kind: 'name', cell: (row) => row.name },
      { title: 'Times', kind: 'number', cell: (row) => formatCount(row.calls) },
      { title: 'Total, us', kind: 'number', cell: (row) => usCell(row.totalNs) },
    ],
    { caption: title },
  );
  return html`<h4>${title}</h4>${table}${moreNote(rows.length, shown.length, 'rows')}`;
}
