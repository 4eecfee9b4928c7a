import type { HeldOut, PublishedPressure } from '../../../replay/pressure/published.ts';
import { type PairRow, scatterSpec } from '../../charts/scatter.ts';
import { baselineSentence, savingSentence, timesText, two } from '../../pressure-summary.ts';
import { SIGNS } from '../../trust/trust-box.ts';
import { changeCell } from '../cells.ts';
import { type Html, html, NOTHING } from '../escape.ts';
import { heading, renderFigure } from '../figure.ts';
import { threeColumns } from '../store-what-if/designs.ts';
import { exact, renderTable } from '../tables.ts';
import { timesCell } from './designs.ts';
import { PRESSURE_PARTS } from './parts.ts';

type Row = HeldOut & { readonly build: PublishedPressure };

const WITHIN = { slot: 3, label: 'published within the predicted interval' } as const;
const OUTSIDE = { slot: 2, label: 'published outside of it' } as const;

/** Published builds beside what the loop makes of them; nothing when they were not asked for. */
export async function renderPressurePublished(published: readonly PublishedPressure[]): Promise<Html> {
  if (published.length === 0) return NOTHING;
  const rows = published.flatMap((build) => build.heldOut.map((figure) => ({ ...figure, build })));
  const luck = published.flatMap((build) =>
    build.luck === null
      ? []
      : [`${build.id}: the base with other luck writes back ${timesText(build.luck)} as many pages.`],
  );
  return html`<section aria-labelledby="${PRESSURE_PARTS.published}">
${heading(2, PRESSURE_PARTS.published, 'Published and predicted')}
<ul>${published.map((build) => html`<li>${build.id} (${build.design}). ${baselineSentence(build)} ${savingSentence(build)}</li>`)}${luck.map((line) => html`<li>${line}</li>`)}</ul>
${await scatter(rows)}
${table(rows, 'published')}
</section>`;
}

function scatter(rows: readonly Row[]): Promise<Html> | Html {
  const pairs = rows.flatMap(({ build, metric, published, predicted, isWithin }): PairRow[] => {
    // Nothing written back has no place on a log axis.
    if (predicted === null || !(predicted.lo > 0) || !Number.isFinite(predicted.hi)) return [];
    return [
      {
        slot: isWithin ? WITHIN.slot : OUTSIDE.slot,
        text: `${build.id}, ${metric}: ${two(published)} published, ${timesText(predicted)} predicted`,
        measured: published,
        predicted: predicted.value,
        lo: predicted.lo,
        hi: predicted.hi,
      },
    ];
  });
  if (pairs.length === 0) return NOTHING;
  const left = rows.length - pairs.length;
  return renderFigure({
    id: 'published-against-predicted',
    title: `${rows.filter(({ isWithin }) => isWithin === true).length} of ${rows.length} held-out figures lie within their intervals`,
    text: `What the series made of each figure, over the base: predicted against published, both on log axes; on the slanted line they are equal. The dot is the median of the parameter sets, the line their middle 90 %.${left > 0 ? ` ${left} without a prediction or with an end at 0 are in the table only.` : ''}`,
    spec: scatterSpec(
      pairs,
      { measured: 'series over base, published (log)', predicted: 'series over base, predicted (log)' },
      'ratio',
    ),
    legend: [WITHIN, OUTSIDE]
      .filter(({ slot }) => pairs.some((pair) => pair.slot === slot))
      .map(({ slot, label }) => ({ slot, label, line: false })),
    table: table(rows, null),
  });
}

function table(rows: readonly Row[], file: string | null): Html {
  return renderTable<Row>(
    rows,
    [
      { title: 'Build', kind: 'name', cell: ({ build }) => build.id },
      { title: 'Figure', kind: 'text', cell: ({ metric }) => metric },
      {
        title: `${SIGNS.measured} published`,
        kind: 'number',
        cell: ({ published }) => exact(two(published), published),
      },
      ...threeColumns<Row>(`${SIGNS.modelled} predicted`, ({ predicted }) => predicted, timesCell),
      {
        title: 'Error',
        kind: 'number',
        cell: ({ errorPercent }) => (errorPercent === null ? '-' : changeCell(errorPercent / 100)),
      },
      {
        title: 'Within',
        kind: 'text',
        cell: ({ isWithin }) => (isWithin === null ? 'not known' : isWithin ? 'yes' : 'no'),
      },
    ],
    { caption: 'Published and predicted: series over base', ...(file === null ? {} : { group: file, file }) },
  );
}
