import type { StoreWhatIfResult } from '../../../replay/stores/result.ts';
import type { SweptCase } from '../../../replay/stores/sweep.ts';
import { SERIES } from '../../charts/palette.ts';
import { type PointSeries, pointsSpec } from '../../charts/points.ts';
import { folioTable, pageTable, type SweepRow, type SweepTable, valueText } from '../../store-sweep.ts';
import { factorText, spanText } from '../../what-if-summary.ts';
import { type Html, html, joinHtml, NOTHING } from '../escape.ts';
import { heading, renderFigure } from '../figure.ts';
import { renderTable } from '../tables.ts';
import { STORE_PARTS } from './parts.ts';

const NAMES = {
  folioPages: 'folio',
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
  const keyOf = (one: SweptCase) => others.map((name) => `${NAMES[name]} ${valueText(one, name)}`).join(', ');
  const keys = [...new Set(sweep.map(keyOf))];
  const figures: Html[] = [];
  for (const [k, key] of keys.slice(0, MOST_FIGURES).entries()) {
    const cases = sweep.filter((one) => keyOf(one) === key);
    if (cases[0]!.figures.length > 1) figures.push(await figure(cases, along, key, k));
  }
  return html`<section aria-labelledby="${STORE_PARTS.sweep}">
${heading(2, STORE_PARTS.sweep, 'All combinations')}
${joinHtml(figures, '\n')}
${table(pageTable(sweep), { caption: 'For each page stored', file: 'combinations' })}
${table(folioTable(sweep), { caption: 'Folios, throughput, sys time', file: 'folios' })}
</section>`;
}

function table(
  { parameters, figures, rows, note }: SweepTable,
  { caption, file }: { readonly caption: string; readonly file: string },
): Html {
  const column = (title: string, cell: (row: SweepRow) => string) => ({
    title,
    kind: 'number' as const,
    cell,
  });
  return html`<p class="note">${note}</p>
${renderTable(
  rows,
  [
    { title: 'Design', kind: 'name', cell: ({ id }) => id },
    ...parameters.map((title, k) => column(title, ({ point }) => point[k]!)),
    ...figures.map((title, k) => column(title, ({ cells }) => cells[k]!)),
  ],
  { caption: `All combinations: ${caption.toLowerCase()}`, group: `store-${file}`, file },
)}`;
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
  const most = best.values[at]!;
  const gain =
    factorText(most.value) === factorText(1)
      ? `No design gains with any ${NAMES[along]}`
      : `${best.label} gains most with ${NAMES[along]} ${valueText(cases[at]!, along)}: ${spanText(most, factorText)}`;
  return renderFigure({
    id: `sweep-${k + 1}`,
    title: `${gain}${where}`,
    text: `Time in zswap_store with the base over that with the design${where}; points are medians of the runs, lines their middle 90 %.`,
    spec: pointsSpec(
      series,
      { title: NAMES[along], labels: cases.map((one) => valueText(one, along)) },
      { title: 'stores against the base', unit: 'ratio' },
    ),
    legend: series.map(({ slot, label }) => ({ slot, label, line: true })),
    switches: series.length > 1,
    table: renderTable(
      series.flatMap(({ label, values }) =>
        values.map((value, i) => ({ label, value, place: valueText(cases[i]!, along) })),
      ),
      [
        { title: 'Design', kind: 'name', cell: ({ label }) => label },
        { title: NAMES[along], kind: 'number', cell: ({ place }) => place },
        { title: 'Stores', kind: 'number', cell: ({ value }) => (value ? spanText(value, factorText) : '-') },
      ],
      { caption: `Stores against ${NAMES[along]}` },
    ),
  });
}
