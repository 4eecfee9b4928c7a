import type { DesignPrediction } from '../../../replay/result.ts';
import { SIGNS } from '../../trust/trust-box.ts';
import { usCell } from '../cells.ts';
import { type Html, html, NOTHING } from '../escape.ts';
import { heading } from '../figure.ts';
import { ABSENT, formatCount } from '../quantity.ts';
import { type Column, renderTable } from '../tables.ts';
import { PARTS, type Plan } from './plan.ts';

type Use = NonNullable<DesignPrediction['compaction']>;

function count(title: string, pick: (use: Use) => number): Column<DesignPrediction> {
  return {
    title,
    kind: 'number',
    cell: ({ compaction }) => (compaction === null ? ABSENT : formatCount(pick(compaction))),
  };
}

function time(
  title: string,
  pick: (prediction: DesignPrediction) => number | null,
): Column<DesignPrediction> {
  return { title, kind: 'number', cell: (prediction) => usCell(pick(prediction)) };
}

/** The writer of the pool's lock beside the frees, and the readers behind it; nothing without compaction. */
export function renderCompaction({ all, result: { compaction } }: Plan): Html {
  if (compaction === null) return NOTHING;
  const { source, without } = compaction;
  const table = renderTable(
    [{ ...without, id: 'base, without compaction' }, ...all],
    [
      { title: 'Design', kind: 'name', cell: ({ id }) => id },
      count('Calls', ({ calls }) => calls),
      count('Objects moved', ({ objectsMoved }) => objectsMoved),
      count('Pages freed', ({ pagesFreed }) => pagesFreed),
      count('Behind a holding writer', ({ readersBehindHolder }) => readersBehindHolder),
      count('Behind a queued one', ({ readersBehindQueue }) => readersBehindQueue),
      time('Readers waited, us', ({ compaction: use }) => use?.readersWaitNs ?? null),
      time('Longest, us', ({ compaction: use }) => use?.readersLongestNs ?? null),
      time('CPU, us', ({ compaction: use, cpuWorkNs }) => (use ? cpuWorkNs.compaction : null)),
      time('A free, p50, us', ({ latency }) => latency.p50Ns),
      time('p99, us', ({ latency }) => latency.p99Ns),
    ],
    { caption: 'Compaction by design, and the readers that it made wait', file: 'compaction' },
  );
  return html`<section aria-labelledby="${PARTS.compaction}">
${heading(2, PARTS.compaction, 'Compaction beside the frees')}
<p>${source}. The lock is fair: a reader waits when a writer holds it, and also when one only waits in front for earlier readers to leave.</p>
${table}
<p class="note">${SIGNS.modelled} Counts are those of the first run, which has the recorded times as they were.</p>
</section>`;
}
