import type { PressureResult, Sensitivity } from '../../../replay/pressure/result.ts';
import { correlationSpec } from '../../charts/correlation.ts';
import { two } from '../../pressure-summary.ts';
import { type Html, html, joinHtml, NOTHING } from '../escape.ts';
import { heading, renderFigure } from '../figure.ts';
import { Ids, slugify } from '../ids.ts';
import { exact, renderTable } from '../tables.ts';
import { PRESSURE_PARTS } from './parts.ts';

/** Bars of a chart: weaker ones are in its table. */
const DRAWN = 10;

/** Which assumptions the answer of each design goes with. */
export async function renderPressureSensitivity({
  designs,
  correlationNoise,
}: PressureResult): Promise<Html> {
  const ids = new Ids([]);
  const figures: Html[] = [];
  for (const { id, againstBase } of designs) {
    if (againstBase === null || againstBase.sensitivity.length === 0) continue;
    figures.push(
      await figure(id, againstBase.sensitivity, correlationNoise, ids.take(`sensitivity-${slugify(id)}`)),
    );
  }
  if (figures.length === 0) return NOTHING;
  return html`<section aria-labelledby="${PRESSURE_PARTS.sensitivity}">
${heading(2, PRESSURE_PARTS.sensitivity, 'Which assumption moves the answer')}
${joinHtml(figures, '\n')}
</section>`;
}

function figure(design: string, rows: readonly Sensitivity[], noise: number, id: string): Promise<Html> {
  const drawn = rows.slice(0, DRAWN);
  const most = rows[0]!;
  const isLuck = Math.abs(most.withFewer) < noise;
  return renderFigure({
    id,
    title: isLuck
      ? `${design}: no assumption goes with the answer beyond luck`
      : `${design}: the answer goes with ${most.name} most (rank correlation ${two(most.withFewer)})`,
    text: `Rank correlation, over the runs, of each assumption with how many times fewer pages are written back; between the dashed lines (${two(noise)} from 0) it can be luck.${rows.length > drawn.length ? ` ${rows.length - drawn.length} weaker ones are in the table.` : ''}`,
    spec: correlationSpec(
      drawn.map(({ name, withFewer }, row) => ({
        row,
        slot: withFewer >= 0 ? 3 : 2,
        text: `${name}: ${two(withFewer)}`,
        correlation: withFewer,
      })),
      noise,
      'rank correlation with fewer pages written back',
    ),
    legend: [
      { slot: 3, label: 'more of it: fewer written back than in the base', line: false },
      { slot: 2, label: 'more of it: less so', line: false },
    ].filter(({ slot }) => drawn.some(({ withFewer }) => withFewer >= 0 === (slot === 3))),
    table: renderTable(
      rows,
      [
        { title: 'Assumption', kind: 'name', cell: ({ name }) => name },
        { title: 'with fewer', kind: 'number', cell: ({ withFewer }) => exact(two(withFewer), withFewer) },
        {
          title: 'with pages of the base',
          kind: 'number',
          cell: ({ withBase }) => exact(two(withBase), withBase),
        },
      ],
      { caption: `${design}: rank correlations` },
    ),
  });
}
