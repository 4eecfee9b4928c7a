import type { AnalysisResult, EventRow, SideHistogram, SideTable } from '../../analysis/result.ts';
import { shareText, sideBorderText } from '../quantities.ts';
import { SECTIONS } from './anchors.ts';
import { type Html, html, NOTHING } from './escape.ts';
import { heading } from './figure.ts';
import { LIMITS } from './limits.ts';
import { ABSENT, formatCount, plural } from './quantity.ts';
import { moreNote, renderTable, shareBar } from './tables.ts';

/** Hits of the function tracer with their callers. */
export function renderHits({ hits }: AnalysisResult): Html {
  if (hits.length === 0) return NOTHING;
  const shown = hits.slice(0, LIMITS.hits);
  const callers = (row: (typeof hits)[number]) =>
    row.callers
      .slice(0, LIMITS.hitCallers)
      .map((caller) => `${caller.name} ${shareText(caller.calls / row.calls)}`)
      .join(', ') + (row.callers.length > LIMITS.hitCallers ? ', ...' : '');
  return html`<section aria-labelledby="${SECTIONS.hits}">
${heading(2, SECTIONS.hits, 'Hits of the function tracer')}
${renderTable(
  shown,
  [
    {
      title: 'Function',
      kind: 'name',
      cell: (row) => (row.module === '' ? row.name : `${row.name} [${row.module}]`),
    },
    { title: 'Calls', kind: 'number', cell: (row) => formatCount(row.calls) },
    { title: 'Called by', kind: 'wide', cell: callers },
  ],
  { caption: 'Functions by hits', group: 'hits', file: 'hits', all: hits },
)}
${moreNote(hits.length, shown.length, 'functions')}
</section>`;
}

/** Events by how often they were recorded, with their stacks. */
export function renderEvents({ events }: AnalysisResult): Html {
  if (events.length === 0) return NOTHING;
  const shown = events.slice(0, LIMITS.events);
  const stacks = (row: EventRow) =>
    row.stacks
      .slice(0, LIMITS.eventStacks)
      .map(({ frames, count }) => {
        const inner = frames.slice(0, LIMITS.eventFrames).join(' <- ') || 'other stacks';
        return `${formatCount(count)}: ${inner}${frames.length > LIMITS.eventFrames ? ' <- ...' : ''}`;
      })
      .join('; ');
  const hasStacks = shown.some((row) => row.stacks.length > 0);
  return html`<section aria-labelledby="${SECTIONS.events}">
${heading(2, SECTIONS.events, 'Events')}
${renderTable(
  shown,
  [
    { title: 'Event', kind: 'name', cell: (row) => row.name },
    { title: 'Times', kind: 'number', cell: (row) => formatCount(row.count) },
    ...(hasStacks ? [{ title: 'Most frequent stacks', kind: 'wide' as const, cell: stacks }] : []),
  ],
  { caption: 'Events', group: 'events', file: 'events', all: events },
)}
${moreNote(events.length, shown.length, 'events')}
</section>`;
}

/** Tables and histograms that other tools and the kernel had made. */
export function renderSideData({ sideTables, sideHistograms }: AnalysisResult): Html {
  if (sideTables.length + sideHistograms.length === 0) return NOTHING;
  return html`<section aria-labelledby="${SECTIONS.side}">
${heading(2, SECTIONS.side, 'As other tools counted')}
${sideHistograms.slice(0, LIMITS.sideTables).map(sideHistogram)}
${moreNote(sideHistograms.length, LIMITS.sideTables, 'histograms')}
${sideTables.slice(0, LIMITS.sideTables).map(sideTable)}
${moreNote(sideTables.length, LIMITS.sideTables, 'tables')}
</section>`;
}

function sideHistogram({ name, source, unit, buckets }: SideHistogram): Html {
  const total = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  const border = (value: number) => sideBorderText(value, unit);
  const table = renderTable(
    buckets,
    [
      {
        title: 'Range',
        kind: 'name',
        cell: (bucket) => `[${border(bucket.lo)}, ${border(bucket.hi)})`,
      },
      { title: 'Times', kind: 'number', cell: (bucket) => formatCount(bucket.count) },
      { title: '', kind: 'bar', cell: (bucket) => shareBar(total > 0 ? bucket.count / total : null) },
    ],
    { caption: `${name} in ${source}` },
  );
  return html`<h3>${name || 'Values'}: ${plural(total, 'value')}</h3>
<p class="note">From ${source}.</p>
${table}`;
}

function sideTable({ kind, source, columns, rows }: SideTable): Html {
  const shown = rows.slice(0, LIMITS.sideRows);
  const isText = (at: number) => rows.some((row) => typeof row[at] === 'string');
  const table = renderTable(
    shown,
    columns.map((title, at) => ({
      title,
      kind: at === 0 ? ('name' as const) : isText(at) ? ('text' as const) : ('number' as const),
      cell: (row: SideTable['rows'][number]) => {
        const value = row[at] ?? null;
        return value === null ? ABSENT : String(value);
      },
    })),
    { caption: `${kind} in ${source}` },
  );
  return html`<h3>${kind}</h3>
<p class="note">From ${source}.</p>
${table}
${moreNote(rows.length, shown.length, 'rows')}`;
}
