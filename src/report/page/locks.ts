import type { AnalysisResult, BlockerRow, Distribution, LockRow } from '../../analysis/result.ts';
import { whyNoLocks } from '../summary.ts';
import { type Anchors, CHARTS, detailedLocks, SECTIONS } from './anchors.ts';
import { shareCell, signedUsCell, usCell } from './cells.ts';
import { type Html, html, NOTHING } from './escape.ts';
import { heading } from './figure.ts';
import { LIMITS } from './limits.ts';
import { renderLockDetails } from './lock-details.ts';
import { renderMoments } from './lock-moments.ts';
import { renderWaitFigure } from './lock-wait-figure.ts';
import { ABSENT, formatCount, plural } from './quantity.ts';
import { type Column, exportedTable, moreNote, renderTable } from './tables.ts';

/** Who waited for which lock, and who held it. */
export async function renderLocks(result: AnalysisResult, anchors: Anchors): Promise<Html> {
  const { locks, method } = result;
  const title = heading(2, SECTIONS.locks, 'Locks');
  if (locks.length === 0) {
    return html`<section aria-labelledby="${SECTIONS.locks}">${title}
<p>${whyNoLocks(result)}</p></section>`;
  }
  const rows = locks.slice(0, LIMITS.locks);
  // Locks nobody is seen to wait for are folded together, unless that is all of them.
  const someWaited = locks.some((lock) => lock.wait.totalNs > 0);
  const detailed = detailedLocks(locks);
  const waited: Html[] = [];
  const quiet: Html[] = [];
  for (const [i, lock] of detailed.entries()) {
    const list = someWaited && lock.wait.totalNs <= 0 ? quiet : waited;
    list.push(await renderLockDetails(lock, anchors.lock(lock)!, i, method.exactUpToCalls));
  }
  return html`<section aria-labelledby="${SECTIONS.locks}">
${title}
${await renderWaitFigure(locks)}
${await renderMoments(result)}
${heading(3, CHARTS.lockTable, `${plural(locks.length, 'lock')}, one row for each place that takes it, times in us`)}
${renderTable(rows, lockColumns(method.exactUpToCalls, anchors), { caption: 'Locks', group: 'locks' })}${exportedTable('locks', locks, [...lockColumns(method.exactUpToCalls, anchors), HOLD_BASIS])}${exportedTable('blockers', blockerRows(locks), BLOCKERS)}
${moreNote(locks.length, rows.length, 'locks')}
${waited}
${
  quiet.length === 0
    ? NOTHING
    : html`<details class="item"><summary>${plural(quiet.length, 'lock')} with no wait seen</summary>
${quiet}
</details>`
}
${locks.length > detailed.length ? html`<p class="note">Details of ${detailed.length} of the ${locks.length} locks; the JSON report has all.</p>` : NOTHING}
</section>`;
}

function lockColumns(exactUpToCalls: number, anchors: Anchors): Column<LockRow>[] {
  const wait = (
    name: string,
    pick: (wait: Distribution) => number | null,
    quantile: boolean,
  ): Column<LockRow> => ({
    title: name.replace(/^Wait (?!total)/, ''),
    name,
    kind: 'number',
    cell: ({ wait: d, waitWitness }) =>
      waitWitness === 'none'
        ? ABSENT
        : signedUsCell(quantile && d.count > exactUpToCalls ? '~' : '', pick(d)),
  });
  const hold = (
    name: string,
    pick: (hold: Distribution) => number | null,
    quantile: boolean,
  ): Column<LockRow> => ({
    title: name.replace(/^Hold (?!total)/, ''),
    name,
    kind: 'number',
    cell: ({ hold: d, holdBasis }) =>
      d === null
        ? ABSENT
        : signedUsCell(
            holdBasis === 'calls' ? '>=' : quantile && d.count > exactUpToCalls ? '~' : '',
            pick(d),
          ),
  });
  return [
    { title: 'Lock', kind: 'name', cell: (lock) => nameCell(lock, anchors) },
    { title: 'Kind', kind: 'text', cell: (lock) => lock.kind },
    {
      title: 'Taken in',
      kind: 'text',
      cell: (lock) => (lock.site === '' ? ABSENT : html`<code>${lock.site}</code>`),
    },
    {
      title: 'Taken',
      kind: 'number',
      cell: (lock) => (lock.acquisitionsKnown ? formatCount(lock.acquisitions) : ABSENT),
    },
    {
      title: 'Waited',
      kind: 'number',
      hint: 'Acquisitions that are known to have waited; - where the trace cannot show it',
      cell: (lock) => (lock.waitWitness === 'none' ? ABSENT : formatCount(lock.contended)),
    },
    {
      title: 'Share',
      kind: 'number',
      hint: 'Share of the acquisitions that waited',
      cell: (lock) =>
        lock.waitWitness === 'none' || !lock.acquisitionsKnown || lock.acquisitions === 0
          ? ABSENT
          : shareCell(lock.contended / lock.acquisitions),
    },
    wait('Wait total', (d) => d.totalNs, false),
    wait('Wait p50', (d) => d.p50Ns, true),
    wait('Wait p99', (d) => d.p99Ns, true),
    wait('Wait max', (d) => d.maxNs, false),
    hold('Hold total', (d) => d.totalNs, false),
    hold('Hold p50', (d) => d.p50Ns, true),
    hold('Hold p99', (d) => d.p99Ns, true),
    hold('Hold max', (d) => d.maxNs, false),
  ];
}

const HOLD_BASIS: Column<LockRow> = { title: 'Holds by', kind: 'text', cell: (lock) => lock.holdBasis };

interface BlockerOfLock extends BlockerRow {
  readonly lock: LockRow;
}

function blockerRows(locks: readonly LockRow[]): BlockerOfLock[] {
  return locks.flatMap((lock) => lock.blockedBy.map((row) => ({ ...row, lock })));
}

const BLOCKERS: readonly Column<BlockerOfLock>[] = [
  { title: 'Lock', kind: 'text', cell: ({ lock }) => lock.lock },
  { title: 'Taken in', kind: 'text', cell: ({ lock }) => lock.site },
  { title: 'Held by', kind: 'text', cell: (row) => row.function },
  { title: 'Task', kind: 'text', cell: ({ task }) => task },
  { title: 'CPU', kind: 'number', cell: ({ cpu }) => (cpu < 0 ? ABSENT : String(cpu)) },
  { title: 'Waits', kind: 'number', cell: ({ waits }) => formatCount(waits) },
  { title: 'Wait, us', kind: 'number', cell: ({ waitNs }) => usCell(waitNs) },
];

function nameCell(lock: LockRow, anchors: Anchors): Html {
  const id = anchors.lock(lock);
  return id === null ? html`${lock.lock}` : html`<a href="#${id}">${lock.lock}</a>`;
}
