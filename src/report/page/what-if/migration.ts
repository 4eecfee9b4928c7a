import type { DesignPrediction } from '../../../replay/result.ts';
import { type Html, html, NOTHING } from '../escape.ts';
import { heading } from '../figure.ts';
import { ABSENT, formatCount, formatUs } from '../quantity.ts';
import { type Column, renderTable } from '../tables.ts';
import { PARTS, type Plan, SIGNS } from './plan.ts';

type Use = NonNullable<DesignPrediction['migration']>;

/** Page migration beside the frees, and the readers behind the writers of the pool's lock; nothing without. */
export function renderMigration({ all, result: { migration } }: Plan): Html {
  if (migration === null) return NOTHING;
  const column = (title: string, text: (use: Use) => string): Column<DesignPrediction> => ({
    title,
    kind: 'number',
    cell: ({ migration: use }) => (use === null ? ABSENT : text(use)),
  });
  const table = renderTable(
    all,
    [
      { title: 'Design', kind: 'name', cell: ({ id }) => id },
      column('Pages', ({ calls }) => formatCount(calls)),
      column('Each, us', ({ meanNs }) => formatUs(meanNs)),
      column('Behind a holding writer', ({ readersBehindHolder }) => formatCount(readersBehindHolder)),
      column('Behind a queued one', ({ readersBehindQueue }) => formatCount(readersBehindQueue)),
      column('Readers waited, us', ({ readersWaitNs }) => formatUs(readersWaitNs)),
      column('Longest, us', ({ readersLongestNs }) => formatUs(readersLongestNs)),
    ],
    { caption: 'Pages migrated by design, and the readers that writers made wait' },
  );
  return html`<section aria-labelledby="${PARTS.migration}">
${heading(2, PARTS.migration, 'Page migration beside the frees')}
<p>${migration.source}. Each takes the pool's lock for writing, where the era has readers of it, and class->lock.</p>
${table}
<p class="note">${SIGNS.modelled} Counts are those of the first run; readers behind compaction are among them.</p>
</section>`;
}
