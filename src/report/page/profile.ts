import type { AnalysisResult, LockSpinRow, ProfileRow, ShareInterval } from '../../analysis/result.ts';
import { percentText } from '../quantities.ts';
import { SECTIONS } from './anchors.ts';
import { shareCell } from './cells.ts';
import { type Html, html, NOTHING } from './escape.ts';
import { heading } from './figure.ts';
import { slugify } from './ids.ts';
import { LIMITS } from './limits.ts';
import { formatCount, plural } from './quantity.ts';
import { moreNote, renderTable, shareBar } from './tables.ts';

/** Sampling profiles: shares by function, and who the samples in lock slowpaths came from. */
export function renderProfile({ profile }: AnalysisResult): Html {
  if (profile.length === 0) return NOTHING;
  return html`<section aria-labelledby="${SECTIONS.profile}">
${heading(2, SECTIONS.profile, 'Profile')}
${profile.map(renderEvent)}
</section>`;
}

function renderEvent(profile: ProfileRow): Html {
  const { event, samples, functions, lockSpins } = profile;
  const shown = functions.slice(0, LIMITS.profileFunctions);
  const table = renderTable(
    shown,
    [
      {
        title: 'Function',
        kind: 'name',
        cell: (row) => (row.module === '' ? row.name : `${row.name} [${row.module}]`),
      },
      { title: 'Samples', kind: 'number', cell: (row) => formatCount(row.selfSamples) },
      { title: 'Self', kind: 'number', cell: (row) => shareCell(row.selfShare) },
      { title: '95 % interval', kind: 'number', cell: (row) => interval(row.selfInterval) },
      { title: '', kind: 'bar', cell: (row) => shareBar(row.selfShare) },
      { title: 'Total', kind: 'number', cell: (row) => shareCell(row.totalShare) },
      {
        title: '95 % interval',
        name: 'Total, 95 % interval',
        kind: 'number',
        cell: (row) => interval(row.totalInterval),
      },
      {
        title: 'Self by period',
        kind: 'number',
        hint: 'Each sample weighed by what it stands for: cycles, ns',
        cell: (row) => shareCell(row.selfPeriodShare),
      },
    ],
    {
      caption: `Functions by samples of ${event}`,
      group: `profile-${event}`,
      file: `profile-${slugify(event)}`,
      all: functions,
    },
  );
  const missing = samples - profile.withStack;
  return html`<h3>${event}: ${plural(samples, 'sample')}</h3>
<p class="note">Shares are of all samples. Total counts samples in what a function called as well, recursion once. The intervals say how sure a share of so many samples is.${missing > 0 ? ` ${plural(missing, 'sample')} without a function.` : ''}${profile.idleSamples > 0 ? ` ${plural(profile.idleSamples, 'sample')} of the idle tasks.` : ''}</p>
${table}
${moreNote(functions.length, shown.length, 'functions')}
${renderSpins(event, lockSpins)}`;
}

function renderSpins(event: string, rows: readonly LockSpinRow[]): Html {
  if (rows.length === 0) return NOTHING;
  const shown = rows.slice(0, LIMITS.lockSpins);
  const table = renderTable(
    shown,
    [
      {
        title: 'Wanted by',
        kind: 'name',
        cell: (row) => (row.site === '' ? '(not in the stack)' : row.site),
      },
      { title: 'Lock', kind: 'text', cell: (row) => (row.lock === '' ? row.kind : row.lock) },
      { title: 'Through', kind: 'text', cell: (row) => [row.slowpath, ...row.callers].join(' <- ') },
      { title: 'Samples', kind: 'number', cell: (row) => formatCount(row.samples) },
      { title: 'Share', kind: 'number', cell: (row) => shareCell(row.share) },
      { title: '95 % interval', kind: 'number', cell: (row) => interval(row.interval) },
      { title: '', kind: 'bar', cell: (row) => shareBar(row.share) },
    ],
    { caption: `Samples of ${event} in slowpaths of locks` },
  );
  return html`<h4>In slowpaths of locks</h4>
${table}
${moreNote(rows.length, shown.length, 'callers')}`;
}

function interval({ low, high }: ShareInterval): string {
  return `${percentText(low)} - ${percentText(high)} %`;
}
