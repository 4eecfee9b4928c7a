import type { Interval } from '../../../replay/interval.ts';
import type { PressurePrediction, PressureResult } from '../../../replay/pressure/result.ts';
import { countSpec, ratioSpec, type ValueRow } from '../../charts/rows.ts';
import { rangeText, timesText, two } from '../../pressure-summary.ts';
import { clipName } from '../../what-if-summary.ts';
import { shareCell, usCell } from '../cells.ts';
import { type Html, html, NOTHING } from '../escape.ts';
import { heading, renderFigure } from '../figure.ts';
import { ABSENT, formatCount } from '../quantity.ts';
import { countCell, threeColumns } from '../store-what-if/designs.ts';
import { type Column, type Exact, exact, renderTable } from '../tables.ts';
import { PRESSURE_PARTS } from './parts.ts';

/** A multiple; none left is infinitely many times fewer. */
export function timesCell(value: number): Exact {
  return Number.isFinite(value) ? exact(`${two(value)}x`, value) : exact('inf', 'inf');
}

const runsCell = (count: number | undefined): Exact =>
  count === undefined ? exact(ABSENT, null) : countCell(count);

const NAME: Column<PressurePrediction> = { title: 'Design', kind: 'name', cell: ({ id }) => id };

/** Nothing is said of what a run came to that was always out of memory. */
const writtenColumns = (runs: number): readonly Column<PressurePrediction>[] => [
  NAME,
  ...threeColumns<PressurePrediction>(
    'Written back, pages',
    ({ writtenBack, runsOutOfMemory }) => (runsOutOfMemory < runs ? writtenBack : null),
    countCell,
  ),
  ...threeColumns<PressurePrediction>('Fewer', (d) => d.againstBase?.fewerWrittenBack ?? null, timesCell),
  {
    title: 'Runs with a tenth or less',
    kind: 'number',
    cell: (d) => runsCell(d.againstBase?.runsTenTimesFewer),
  },
  { title: 'with none', kind: 'number', cell: (d) => runsCell(d.againstBase?.runsWithNone) },
  {
    title: 'of',
    name: 'Runs with writeback in the base',
    kind: 'number',
    cell: (d) => runsCell(d.againstBase?.runsWithBaseWriteback),
  },
  { title: 'Runs out of memory', kind: 'number', cell: ({ runsOutOfMemory }) => countCell(runsOutOfMemory) },
];

const TIME_COLUMNS: readonly Column<PressurePrediction>[] = [
  NAME,
  ...threeColumns<PressurePrediction>('Speed-up', (d) => d.againstBase?.speedup ?? null, timesCell),
  ...threeColumns<PressurePrediction>(
    'Sys time, of the base',
    (d) => d.againstBase?.sysRatio ?? null,
    timesCell,
  ),
];

/** What is written back under each design, and how fast the run is. */
export async function renderPressureDesigns(result: PressureResult): Promise<Html> {
  const { baseline, designs, luck, runs } = result;
  const all = [baseline, ...designs].filter(({ runsOutOfMemory }) => runsOutOfMemory < runs);
  return html`<section aria-labelledby="${PRESSURE_PARTS.designs}">
${heading(2, PRESSURE_PARTS.designs, 'Designs')}
${all.length === 0 ? html`<p>Every run is out of memory.</p>` : await written(all, baseline, luck)}
${await speed(designs)}
${renderTable([baseline, ...designs], writtenColumns(runs), { caption: 'Designs', group: 'designs', file: 'designs' })}
<p class="note">inf: nothing is left to write back. Out of memory: reclaim could not free a page; such runs are in no figure.</p>
${renderTable([baseline, ...designs], TIME_COLUMNS, { caption: 'Designs: times against the base', group: 'designs', file: 'design-times' })}
${figuresTable(all)}
</section>`;
}

function written(
  all: readonly PressurePrediction[],
  baseline: PressurePrediction,
  luck: Interval | null,
): Promise<Html> {
  const rows = all.map(
    ({ id, writtenBack }, row): ValueRow => ({
      row,
      slot: id === baseline.id ? 'o' : 1,
      text: `${clipName(id)}: ${rangeText(writtenBack)} pages`,
      ...writtenBack,
    }),
  );
  return renderFigure({
    id: 'written-back',
    title: writtenTitle(all, baseline, luck),
    text: `Pages written back from zswap in a run, counted on the slice: the dot is the median of the runs, the line their middle 90 %. ${luck === null ? 'No run of the base writes back.' : `The base with other luck: ${timesText(luck)} fewer; a design within that shows nothing.`}`,
    spec: countSpec(rows, 'pages written back'),
    legend: [
      { slot: 'o', label: 'base', line: false },
      { slot: 1, label: 'designs', line: false },
    ].filter(({ slot }) => rows.some((row) => row.slot === slot)),
    table: renderTable(
      all,
      [
        { title: 'Design', kind: 'name', cell: ({ id }) => id },
        ...threeColumns<PressurePrediction>('Written back, pages', (d) => d.writtenBack, countCell),
        ...threeColumns<PressurePrediction>('Per million stored', (d) => d.writtenBackPerMillion, countCell),
      ],
      { caption: 'Pages written back by design' },
    ),
  });
}

/** Names a design only when it does more than other luck does to the base. */
function writtenTitle(
  all: readonly PressurePrediction[],
  baseline: PressurePrediction,
  luck: Interval | null,
): string {
  const base = `base ${formatCount(baseline.writtenBack.value)}`;
  if (luck === null) return `Pages written back: none by the base`;
  const clear = all.filter(({ againstBase }) => {
    const fewer = againstBase?.fewerWrittenBack;
    return fewer && fewer.lo > 1 && fewer.value > luck.hi;
  });
  if (clear.length === 0)
    return all.length > 1
      ? `No design writes back fewer pages than luck explains: ${base}`
      : `Pages written back: ${base}`;
  const least = clear.reduce((a, b) => (b.writtenBack.value < a.writtenBack.value ? b : a));
  return `Fewest pages written back: ${least.id}, ${formatCount(least.writtenBack.value)}; ${base}`;
}

function speed(designs: readonly PressurePrediction[]): Promise<Html> | Html {
  const known = designs.flatMap(({ id, againstBase }) => (againstBase ? [{ id, ...againstBase }] : []));
  if (known.length === 0) return NOTHING;
  const best = known.reduce((a, b) => (b.speedup.value > a.speedup.value ? b : a));
  return renderFigure({
    id: 'speed-up',
    title:
      best.speedup.lo > 1
        ? `Most for the whole run: ${best.id}, ${timesText(best.speedup)} as fast as the base`
        : 'No design makes the run surely faster',
    text: 'Real time of the base over that of the design with the same parameters and luck, run by run: the dot is the median, the line the middle 90 % of the runs.',
    spec: ratioSpec(
      known.map(({ id, speedup }, row) => ({
        row,
        slot: 1,
        text: `${clipName(id)}: ${timesText(speedup)}`,
        ...speedup,
      })),
      'real time, base over design',
    ),
    legend: [],
    table: renderTable(
      known,
      [
        { title: 'Design', kind: 'name', cell: ({ id }) => id },
        ...threeColumns<(typeof known)[number]>('Speed-up', (d) => d.speedup, timesCell),
      ],
      { caption: 'Speed-up by design' },
    ),
  });
}

interface FigureRow {
  readonly id: string;
  readonly name: string;
  readonly interval: Interval | null;
  readonly cell: (value: number) => Exact;
}

function figuresOf(d: PressurePrediction): readonly FigureRow[] {
  const row = (name: string, interval: Interval | null, cell = countCell) => ({
    id: d.id,
    name,
    interval,
    cell,
  });
  return [
    row('real time, us', d.realNs, bareUs),
    row('a job from its arrival on, us', d.jobNs, bareUs),
    row('user time, us', d.userNs, bareUs),
    row('sys time, us', d.sysNs, bareUs),
    row('touches of pages a second', d.touchesPerSecond),
    row('pages stored', d.storedPages),
    row('loaded from zswap', d.loadedFromZswap),
    row('read from the device', d.readFromDisk),
    row('written back by the shrinker', d.writtenByShrinker),
    row('written back by the worker of the limit', d.writtenByWorker),
    row("written back at a memcg's own limit", d.writtenForMemcgLimit),
    row('refused: pool limit', d.refusedForLimit),
    row("refused: a memcg's own limit", d.refusedForMemcgLimit),
    row('refused: does not get smaller', d.refusedIncompressible),
    row('second chances', d.secondChances),
    row('pages that became active', d.activated),
    row('pages active at once on their return', d.refaultsActivated),
    row('pages that became inactive again', d.deactivated),
    row('scans ended: in swap cache', d.stoppedInSwapCache),
    row('calls of reclaim', d.reclaimCalls),
    row('most pages in the pool', d.mostPoolPages),
    row('stored with an entry of another node, share', d.storedOnOtherNode, shareCell),
    row('written back from the wrong node, share', d.writtenFromWrongNode, shareCell),
  ];
}

/** A time in a column of many units. */
function bareUs(ns: number): Exact {
  const { shown, value } = usCell(ns);
  return exact(shown, value);
}

function figuresTable(all: readonly PressurePrediction[]): Html {
  const rows = all.flatMap(figuresOf);
  if (rows.length === 0) return NOTHING;
  const end = (key: keyof Interval) => (row: FigureRow) =>
    row.interval === null ? exact(ABSENT, null) : row.cell(row.interval[key]);
  return html`<details><summary>All counts and times of a run, by design</summary>
${renderTable<FigureRow>(
  rows,
  [
    { title: 'Design', kind: 'name', cell: ({ id }) => id },
    { title: 'Figure', kind: 'text', cell: ({ name }) => name },
    { title: 'Median', kind: 'number', cell: end('value') },
    { title: 'from', kind: 'number', cell: end('lo') },
    { title: 'to', kind: 'number', cell: end('hi') },
  ],
  { caption: 'All counts and times of a run', group: 'figures', file: 'figures' },
)}
</details>`;
}
