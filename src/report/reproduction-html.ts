import type { Reproduction } from '../replay/reproduce/reproduce.ts';
import type { ReproducedRow } from '../replay/reproduce/rows.ts';
import type { Comparison } from '../replay/reproduce/store/comparisons.ts';
import type { RowNoise } from '../replay/reproduce/store/noise.ts';
import type { GroupSummary, Summary } from '../replay/reproduce/summary.ts';
import { type PairRow, scatterSpec } from './charts/scatter.ts';
import { changeCell } from './page/cells.ts';
import { type Html, html, joinHtml, NOTHING } from './page/escape.ts';
import { heading, renderFigure } from './page/figure.ts';
import { renderMethodFooter } from './page/method-footer.ts';
import { plural } from './page/quantity.ts';
import { type Column, exact, renderTable } from './page/tables.ts';
import { type Page, renderPage } from './page/template.ts';
import { renderRests } from './page/trust.ts';
import { durationText } from './quantities.ts';
import { configurationText, SCATTER_NOTE, signedText, withinText } from './reproduction-rows.ts';
import { trustOfReproduction } from './trust/reproduction.ts';
import { SIGNS, type TrustBox } from './trust/trust-box.ts';

/** Units of time, in ns. */
const TIMES: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
]);

/** Times of folios and of whole runs are nine decades apart. */
const STORE_CHARTS = [
  { name: 'times', what: 'times of a folio or a batch', units: ['ns', 'us'] },
  { name: 'runs', what: 'times of whole runs', units: ['ms', 's'] },
  { name: 'throughput', what: 'throughputs in KB/s', units: ['KB/s'] },
];

const ROLES = {
  'held-out': { slot: 1, label: 'held out: the prediction has not seen it' },
  calibration: { slot: 2, label: 'calibrated on' },
} as const;

/** Published figures beside predictions, as one HTML file that needs nothing else. */
export async function renderReproductionHtml(result: Reproduction, tool: TrustBox['tool']): Promise<Page> {
  const box = trustOfReproduction(result, tool);
  const { rows, summary, storeSummary } = result;
  const free = rows.filter(({ part }) => part === 'free');
  const store = rows.filter(({ part }) => part === 'store');
  const body = html`<a class="skip" href="#content">Skip to the numbers</a>
<header>
<h1 id="answer">Published times, and what the model predicts of them<a class="perma" href="#answer" aria-label="Link to this part">#</a></h1>
<p class="sub">Predicted from the baseline columns and published machine constants; seed ${result.seed}</p>
<ul class="answer"><li>${sentence('Freeing', summary)}</li><li>${sentence('Storing', storeSummary)}</li>
<li>No held-out time enters a fit, but the mechanisms were chosen by people who knew them: not a blind prediction.</li></ul>
<nav aria-label="Parts of this report"><ul><li><a href="#free">Freeing</a></li><li><a href="#store">Storing</a></li><li><a href="#scatter">Scatter</a></li><li><a href="#builds">Tables</a></li><li><a href="#trust">What this rests on</a></li><li><a href="#method">Method</a></li></ul></nav>
</header>
<main id="content">
${await section('free', 'Freeing: class-idx, deferred frees, no lock', free, summary, [{ name: 'times', what: 'times', units: [...TIMES.keys()] }])}
${await section('store', 'Storing: folios in pieces, batches, usemem', store, storeSummary, STORE_CHARTS)}
${scattered(result.storeNoise)}
${builds(result.comparisons)}
<section aria-labelledby="trust">
${heading(2, 'trust', 'What this rests on')}
${renderRests(box)}
<dl><dt>Validation</dt><dd>${box.validation!.verdict}; ${box.validation!.reasons.join('; ')}</dd>
<dt>Cost of tracing</dt><dd>${box.tracingOverhead}</dd>
<dt>Made by</dt><dd>${tool.name} ${tool.version}: <code>${tool.command}</code></dd></dl>
</section>
</main>
${renderMethodFooter({ id: 'method', how: html`<p>Samples of machine constants from published ranges that give the baseline rows within their noise are pushed through the design; the median and the middle 90 % are the prediction. Rows marked as not predictable say why, with what bounds are known.</p>`, tool, schemaVersion: null, files: [] })}`;
  return renderPage(`Published and predicted - ${tool.name}`, `${tool.name} ${tool.version}`, body);
}

function sentence(what: string, { coverage, order }: Summary): string {
  const pairs =
    order.pairs > 0 ? `; the order of designs is right in ${order.right} of ${order.pairs} pairs` : '';
  return `${what}: the 90 % intervals hold ${coverage.inside} of ${coverage.rows} held-out rows${pairs}.`;
}

async function section(
  id: string,
  title: string,
  rows: readonly ReproducedRow[],
  summary: Summary,
  charts: readonly { readonly name: string; readonly what: string; readonly units: readonly string[] }[],
): Promise<Html> {
  const figures: Html[] = [];
  for (const { name, what, units } of charts) {
    const shown = rows.filter(({ unit }) => units.includes(unit));
    figures.push(await scatter(`${id}-${name}`, what, shown, name === 'throughput' ? 'other' : 'ns'));
  }
  const open = rows.filter(({ role }) => role === 'not-predictable');
  const told = rows.filter(({ role }) => role !== 'not-predictable');
  const groups = Object.entries(summary.groups).filter(([, group]) => group.rows > 0);
  return html`<section aria-labelledby="${id}">
${heading(2, id, title)}
${joinHtml(figures, '\n')}
<p class="note">Values in the unit of the row; error: predicted against published.</p>
${renderTable(told, COLUMNS, { caption: `${title}: published and predicted`, group: id, file: `${id}-rows`, all: rows })}
${
  open.length === 0
    ? NOTHING
    : html`<details><summary>${plural(open.length, 'row')} of which no more than a bound is known, and why</summary>
${renderTable(open, COLUMNS, { caption: `${title}: not predictable`, group: `${id}-open` })}
</details>`
}
${heading(3, `${id}-groups`, 'Errors of held-out rows')}
${renderTable(groups, GROUPS, { caption: `${title}: errors by group`, file: `${id}-groups` })}
</section>`;
}

const number = (value: number | null) =>
  exact(value === null ? '-' : String(Number(value.toPrecision(4))), value);

const COLUMNS: readonly Column<ReproducedRow>[] = [
  { title: 'Row', kind: 'name', cell: ({ id }) => id },
  { title: 'What', kind: 'text', cell: ({ metric }) => metric },
  { title: 'Design', kind: 'text', cell: ({ design }) => design },
  { title: 'Unit', kind: 'text', cell: ({ unit }) => unit },
  { title: `${SIGNS.measured} published`, kind: 'number', cell: ({ published }) => number(published) },
  { title: `${SIGNS.modelled} predicted`, kind: 'number', cell: ({ predicted }) => number(predicted) },
  { title: 'from', kind: 'number', cell: ({ lo }) => number(lo) },
  { title: 'to', kind: 'number', cell: ({ hi }) => number(hi) },
  {
    title: 'Error',
    kind: 'number',
    cell: ({ errorPct }) => (errorPct === null ? '-' : changeCell(errorPct / 100)),
  },
  { title: 'Role', kind: 'text', cell: ({ role }) => role },
  { title: 'From what, or why not', kind: 'wide', cell: ({ reason }) => reason },
];

const GROUPS: readonly Column<[string, GroupSummary]>[] = [
  { title: 'Group', kind: 'name', cell: ([name]) => name },
  { title: 'Rows', kind: 'number', cell: ([, { rows }]) => String(rows) },
  {
    title: 'Mean absolute error, %',
    kind: 'number',
    cell: ([, { meanAbsErrorPct }]) => number(meanAbsErrorPct),
  },
  { title: 'Worst, %', kind: 'number', cell: ([, { worstErrorPct }]) => number(worstErrorPct) },
];

/** Errors of pieces and batches beside what the scatter of the published rows alone may cause. */
function scattered(noise: readonly RowNoise[]): Html {
  const part = (title: string, of: (row: RowNoise) => number | null): Column<RowNoise> => ({
    title,
    kind: 'number',
    cell: (row) => exact(signedText(of(row)) || '-', of(row)),
  });
  const range = (title: string, of: (row: RowNoise) => number | null): Column<RowNoise> => ({
    title,
    kind: 'number',
    cell: (row) => exact(withinText(of(row)) || '-', of(row)),
  });
  return html`<section aria-labelledby="scatter">
${heading(2, 'scatter', 'What the published rows themselves leave open')}
<p class="note">In percent of the published time. ${SCATTER_NOTE}</p>
${renderTable(
  noise,
  [
    { title: 'Row', kind: 'name', cell: ({ id }) => id },
    part('Error', ({ errorPct }) => errorPct),
    part('Codec', ({ codecPct }) => codecPct),
    part('zram', ({ zramPct }) => zramPct),
    range('Scatter', ({ zramScatterPct }) => zramScatterPct),
    range('Open', ({ openPct }) => openPct),
  ],
  { caption: 'Errors beside the scatter of published rows, %', file: 'scatter' },
)}
</section>`;
}

function builds(comparisons: readonly Comparison[]): Html {
  return html`<section aria-labelledby="builds">
${heading(2, 'builds', 'What the tables support: kernel builds of v12, usemem with zstd')}
<p class="note">One run of each was published; configurations stand for repetitions. Pairs for 1 %: pairs of runs that would tell 1 % with 95 % confidence where pairs scatter as these do.</p>
${renderTable(
  comparisons,
  [
    { title: 'What', kind: 'name', cell: ({ what }) => what },
    { title: 'Figure', kind: 'text', cell: ({ metric }) => metric },
    {
      title: `${SIGNS.measured} mean change`,
      kind: 'number',
      cell: ({ meanPct }) => changeCell(meanPct / 100),
    },
    { title: 'from', kind: 'number', cell: ({ loPct }) => changeCell(loPct / 100) },
    { title: 'to', kind: 'number', cell: ({ hiPct }) => changeCell(hiPct / 100) },
    { title: 'Verdict', kind: 'text', cell: ({ verdict }) => verdict },
    { title: 'Pairs for 1 %', kind: 'number', cell: ({ pairsForOnePct }) => String(pairsForOnePct) },
    {
      title: 'Each configuration, %',
      kind: 'wide',
      cell: ({ differences }) =>
        differences.map(({ id, pct }) => `${configurationText(id)} ${signedText(pct)}`).join(', '),
    },
  ],
  { caption: 'Mean over configurations, 95 % interval', file: 'builds' },
)}
</section>`;
}

function pairOf(row: ReproducedRow, unit: 'ns' | 'other'): PairRow[] {
  const { id, published, predicted, lo, hi, role } = row;
  if (predicted === null || lo === null || hi === null || role === 'not-predictable') return [];
  const scale = TIMES.get(row.unit) ?? 1;
  const text = (value: number) => (unit === 'ns' ? durationText(value * scale) : value.toPrecision(4));
  return [
    {
      slot: ROLES[role].slot,
      text: `${id}: ${text(published)} published, ${text(predicted)} predicted (${text(lo)} to ${text(hi)})`,
      measured: published * scale,
      predicted: predicted * scale,
      lo: lo * scale,
      hi: hi * scale,
    },
  ];
}

async function scatter(
  id: string,
  what: string,
  rows: readonly ReproducedRow[],
  unit: 'ns' | 'other',
): Promise<Html> {
  const pairs = rows.flatMap((row) => pairOf(row, unit));
  const heldOut = pairs.filter(({ slot }) => slot === ROLES['held-out'].slot);
  if (heldOut.length === 0) return NOTHING;
  const inside = heldOut.filter(({ measured, lo, hi }) => lo <= measured && measured <= hi).length;
  const shown = rows.filter((row) => pairOf(row, unit).length > 0);
  return renderFigure({
    id,
    title: `${inside} of ${heldOut.length} held-out ${what} lie within their 90 % intervals`,
    text: 'Predicted against published, both on log axes: on the slanted line they are equal. The dot is the median of the parameter sets, the line their middle 90 %.',
    spec: scatterSpec(
      pairs,
      { measured: `${what}, published (log)`, predicted: `${what}, predicted (log)` },
      unit,
    ),
    legend: Object.values(ROLES)
      .filter(({ slot }) => pairs.some((pair) => pair.slot === slot))
      .map(({ slot, label }) => ({ slot, label, line: false })),
    switches: true,
    table: renderTable(
      shown,
      COLUMNS.filter(({ title }) => !title.startsWith('From what')),
      {
        caption: `Published and predicted ${what}`,
      },
    ),
  });
}
