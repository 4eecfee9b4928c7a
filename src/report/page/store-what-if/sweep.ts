import type { StoreWhatIfResult } from '../../../replay/stores/result.ts';
import type { SweptCase } from '../../../replay/stores/sweep.ts';
import { SERIES } from '../../charts/palette.ts';
import { type PointSeries, pointsSpec } from '../../charts/points.ts';
import { sweepTable } from '../../store-sweep-text.ts';
import { factorText, spanText } from '../../what-if-summary.ts';
import { type Html, html, joinHtml, NOTHING } from '../escape.ts';
import { heading, renderFigure } from '../figure.ts';
import { renderTable } from '../tables.ts';
import { STORE_PARTS } from './parts.ts';

const NAMES = {
  folioPages: 'pages of a folio',
  processes: 'tasks',
  engines: 'engines of a device',
  batchSize: 'pages in a batch',
} as const;
type Parameter = keyof typeof NAMES;
/** More charts of one kind tell no more; the table has all. */
const MOST_FIGURES = 6;

/** All combinations: charts along the parameter with the most values, and all numbers. */
export async function renderStoreSweep({ sweep }: StoreWhatIfResult): Promise<Html> {
  if (sweep === null) return NOTHING;
  const names = Object.keys(NAMES) as Parameter[];
  const valuesOf = (name: Parameter) => [...new Set(sweep.map((one) => one[name]))];
  const along = names.reduce((most, name) => (valuesOf(name).length > valuesOf(most).length ? name : most));
  const others = names.filter((name) => name !== along && valuesOf(name).length > 1);
  const keyOf = (one: SweptCase) => others.map((name) => `${one[name]} ${NAMES[name]}`).join(', ');
  const keys = [...new Set(sweep.map(keyOf))];
  const figures: Html[] = [];
  for (const [k, key] of keys.slice(0, MOST_FIGURES).entries()) {
    const cases = sweep.filter((one) => keyOf(one) === key);
    if (cases[0]!.figures.length > 1) figures.push(await figure(cases, along, key, k));
  }
  const { parameters, figures: columns, rows } = sweepTable(sweep);
  return html`<section aria-labelledby="${STORE_PARTS.sweep}">
${heading(2, STORE_PARTS.sweep, 'All combinations')}
${joinHtml(figures, '\n')}
<p class="note">Page: time in zswap_store for each page stored. Faster: against the base of the same combination. Busy: engines of IAA; queued: wait of a descriptor for one.</p>
${renderTable(
  rows,
  [
    { title: 'Design', kind: 'name', cell: ({ figures: of }) => of.id },
    ...parameters.map((title, k) => ({
      title,
      kind: 'number' as const,
      cell: ({ point }: (typeof rows)[number]) => point[k]!,
    })),
    ...columns.map((title, k) => ({
      title,
      kind: 'number' as const,
      cell: ({ cells }: (typeof rows)[number]) => cells[k]!,
    })),
  ],
  { caption: 'All combinations', group: 'store-sweep', file: 'combinations' },
)}
</section>`;
}

function figure(cases: readonly SweptCase[], along: Parameter, key: string, k: number): Promise<Html> {
  const designs = cases[0]!.figures.slice(1, SERIES.length);
  const series = designs.map(
    ({ id }, d): PointSeries => ({
      slot: d + 2,
      label: id,
      values: cases.map(({ figures }) => figures.find((one) => one.id === id)?.storeSpeedup ?? null),
    }),
  );
  const best = series.reduce((most, one) =>
    Math.max(...one.values.map((v) => v?.value ?? 0)) > Math.max(...most.values.map((v) => v?.value ?? 0))
      ? one
      : most,
  );
  const at = best.values.reduce((most, value, i) => (value!.value > best.values[most]!.value ? i : most), 0);
  const where = key === '' ? '' : ` (${key})`;
  return renderFigure({
    id: `sweep-${k + 1}`,
    title: `${best.label} gains most with ${cases[at]![along]} ${NAMES[along]}: ${spanText(best.values[at]!, factorText)}${where}`,
    text: `Time in zswap_store with the base over that with the design${where}; points are medians of the runs, lines their middle 90 %.`,
    spec: pointsSpec(
      series,
      { title: NAMES[along], labels: cases.map((one) => String(one[along])) },
      { title: 'stores against the base', unit: 'ratio' },
    ),
    legend: series.map(({ slot, label }) => ({ slot, label, line: true })),
    switches: series.length > 1,
    table: renderTable(
      series.flatMap(({ label, values }) =>
        values.map((value, i) => ({ label, value, place: cases[i]![along] })),
      ),
      [
        { title: 'Design', kind: 'name', cell: ({ label }) => label },
        { title: NAMES[along], kind: 'number', cell: ({ place }) => String(place) },
        { title: 'Stores', kind: 'number', cell: ({ value }) => (value ? spanText(value, factorText) : '-') },
      ],
      { caption: `Stores against ${NAMES[along]}` },
    ),
  });
}
