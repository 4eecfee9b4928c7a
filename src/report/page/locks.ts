import type { AnalysisResult, Distribution, LockRow } from '../../analysis/result.ts';
import { shareText } from '../quantities.ts';
import { whyNoLocks } from '../summary.ts';
import { type Anchors, CHARTS, detailedLocks, SECTIONS } from './anchors.ts';
import { type Html, html, NOTHING } from './escape.ts';
import { heading } from './figure.ts';
import { estimated } from './function-table.ts';
import { LIMITS } from './limits.ts';
import { renderLockDetails } from './lock-details.ts';
import { renderWaitFigure } from './lock-wait-figure.ts';
import { ABSENT, formatCount, formatUs, plural } from './quantity.ts';
import { type Column, moreNote, renderTable } from './tables.ts';

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
${heading(3, CHARTS.lockTable, `${plural(locks.length, 'lock')}, one row for each place that takes it, times in us`)}
${renderTable(rows, lockColumns(method.exactUpToCalls, anchors), { caption: 'Locks', group: 'locks' })}
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
    title: string,
    pick: (wait: Distribution) => number | null,
    quantile: boolean,
  ): Column<LockRow> => ({
    title,
    kind: 'number',
    cell: ({ wait: d, waitWitness }) =>
      waitWitness === 'none' ? ABSENT : estimated(pick(d), quantile && d.count > exactUpToCalls),
  });
  const hold = (
    title: string,
    pick: (hold: Distribution) => number | null,
    quantile: boolean,
  ): Column<LockRow> => ({
    title,
    kind: 'number',
    cell: ({ hold: d, holdBasis }) =>
      d === null
        ? ABSENT
        : holdBasis === 'calls'
          ? `>=${formatUs(pick(d))}`
          : estimated(pick(d), quantile && d.count > exactUpToCalls),
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
          : shareText(lock.contended / lock.acquisitions),
    },
    wait('Wait total', (d) => d.totalNs, false),
    wait('p50', (d) => d.p50Ns, true),
    wait('p99', (d) => d.p99Ns, true),
    wait('max', (d) => d.maxNs, false),
    hold('Hold total', (d) => d.totalNs, false),
    hold('p50', (d) => d.p50Ns, true),
    hold('p99', (d) => d.p99Ns, true),
    hold('max', (d) => d.maxNs, false),
  ];
}

function nameCell(lock: LockRow, anchors: Anchors): Html {
  const id = anchors.lock(lock);
  return id === null ? html`${lock.lock}` : html`<a href="#${id}">${lock.lock}</a>`;
}
