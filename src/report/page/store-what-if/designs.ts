import type { Interval } from '../../../replay/interval.ts';
import type { StoreWhatIfResult } from '../../../replay/stores/result.ts';
import type { GroupPrediction, StorePrediction } from '../../../replay/stores/store-summary.ts';
import { ratioSpec, type ValueRow } from '../../charts/rows.ts';
import { shareText } from '../../quantities.ts';
import { groupName } from '../../store-what-if-summary.ts';
import { clipName, factorText, spanText } from '../../what-if-summary.ts';
import { factorCell, usCell } from '../cells.ts';
import { type Html, html, NOTHING } from '../escape.ts';
import { heading, renderFigure } from '../figure.ts';
import { ABSENT, formatCount } from '../quantity.ts';
import { type Column, type Exact, exact, renderTable } from '../tables.ts';
import { STORE_PARTS } from './parts.ts';

/** A whole number, exported as it is. */
export function countCell(value: number): Exact {
  return exact(formatCount(Math.round(value)), value);
}

/** Median and the ends of an interval as three columns. */
export function threeColumns<Row>(
  title: string,
  pick: (row: Row) => Interval | null,
  exactly: (value: number) => Exact,
): readonly Column<Row>[] {
  const cell = (end: keyof Interval) => (row: Row) => {
    const interval = pick(row);
    return interval === null ? exact(ABSENT, null) : exactly(interval[end]);
  };
  return [
    { title, kind: 'number', cell: cell('value') },
    { title: 'from', kind: 'number', cell: cell('lo') },
    { title: 'to', kind: 'number', cell: cell('hi') },
  ];
}

/** The designs in numbers: how fast, and what CPU time it takes. */
export async function renderStoreDesigns(result: StoreWhatIfResult): Promise<Html> {
  const { designs, baseline } = result;
  const notBase =
    (pick: (d: StorePrediction) => Interval | null) =>
    (d: StorePrediction): Interval | null =>
      d === baseline ? null : pick(d);
  const all = [baseline, ...designs];
  const name: Column<StorePrediction> = { title: 'Design', kind: 'name', cell: ({ id }) => id };
  // Two tables, because one of both is wider than a printed page.
  const factors = renderTable<StorePrediction>(
    all,
    [
      name,
      ...threeColumns<StorePrediction>(
        'Stores',
        notBase((d) => d.storeSpeedup),
        factorCell,
      ),
      ...threeColumns<StorePrediction>(
        'Loads',
        notBase((d) => d.loadSpeedup),
        factorCell,
      ),
      ...threeColumns<StorePrediction>(
        'Writebacks',
        notBase((d) => d.writebackSpeedup),
        factorCell,
      ),
      ...threeColumns<StorePrediction>(
        'Whole run',
        notBase((d) => d.speedup),
        factorCell,
      ),
    ],
    { caption: 'Designs: factors against the base', group: 'store-designs', file: 'designs' },
  );
  const times = renderTable<StorePrediction>(
    all,
    [
      name,
      ...threeColumns<StorePrediction>('Store, a page', (d) => d.storeNsPerPage, usCell),
      ...threeColumns<StorePrediction>('Pages a second', (d) => d.storedPagesPerSecond, countCell),
      ...threeColumns<StorePrediction>('CPU (sys) time', (d) => d.cpuNs, usCell),
    ],
    { caption: 'Designs: times in us', group: 'store-designs', file: 'design-times' },
  );
  return html`<section aria-labelledby="${STORE_PARTS.designs}">
${heading(2, STORE_PARTS.designs, 'Designs, against the base')}
${designs.length > 0 ? await gains(designs) : NOTHING}
<p class="note">Time of the base over that of the design.</p>
${factors}
<p class="note">Times in us.</p>
${times}
</section>`;
}

function gains(designs: readonly StorePrediction[]): Promise<Html> {
  const best = [...designs].sort((a, b) => b.storeSpeedup.value - a.storeSpeedup.value)[0]!;
  const isClear = ({ storeSpeedup: { lo, hi } }: StorePrediction) => lo > 1 || hi < 1;
  const rows: ValueRow[] = designs.map((design, row) => ({
    row,
    slot: isClear(design) ? (design.storeSpeedup.value > 1 ? 3 : 2) : 'd',
    text: `${clipName(design.id)}: ${spanText(design.storeSpeedup, factorText)}, faster in ${shareText(design.fasterShare)} of the runs`,
    ...design.storeSpeedup,
  }));
  return renderFigure({
    id: 'store-gain',
    title:
      isClear(best) && best.storeSpeedup.value > 1
        ? `${best.id} makes stores ${spanText(best.storeSpeedup, factorText)} as fast`
        : 'No design makes stores surely faster',
    text: 'Time in zswap_store with the base over that with the design: the dot is the median of the runs, the line their middle 90 %. Right of 1x is faster.',
    spec: ratioSpec(rows, 'stores against the base'),
    legend: [],
    table: renderTable(
      designs,
      [
        { title: 'Design', kind: 'name', cell: ({ id }) => id },
        { title: 'What it is', kind: 'wide', cell: ({ title }) => title },
        { title: 'Safety', kind: 'text', cell: ({ safety }) => [...new Set(safety)].join(', ') },
        ...threeColumns<StorePrediction>('Stores', (d) => d.storeSpeedup, factorCell),
      ],
      { caption: 'Gain of stores' },
    ),
  });
}

/** Latencies by path and folio, design beside design. */
export function renderStoreLatency({ baseline, designs }: StoreWhatIfResult): Html {
  interface Row {
    readonly id: string;
    readonly group: GroupPrediction;
  }
  const rows: Row[] = [baseline, ...designs].flatMap(({ id, groups }) =>
    groups.map((group) => ({ id, group })),
  );
  rows.sort((a, b) => a.group.path.localeCompare(b.group.path) || a.group.pages - b.group.pages);
  return html`<section aria-labelledby="${STORE_PARTS.latency}">
${heading(2, STORE_PARTS.latency, 'Latency by path and folio')}
<p class="note">Times in us, medians of the runs. What is taken together counts as one operation.</p>
${renderTable(
  rows,
  [
    { title: 'Path', kind: 'name', cell: ({ group }) => groupName(group) },
    { title: 'Design', kind: 'text', cell: ({ id }) => id },
    { title: 'Operations', kind: 'number', cell: ({ group }) => formatCount(group.operations) },
    {
      title: 'Recorded',
      kind: 'number',
      cell: ({ group }) => formatCount(group.allMembers),
      hint: 'Operations of the recording in these',
    },
    { title: 'Pages', kind: 'number', cell: ({ group }) => formatCount(group.allPages) },
    { title: 'p50', kind: 'number', cell: ({ group }) => usCell(group.p50Ns.value) },
    { title: 'p99', kind: 'number', cell: ({ group }) => usCell(group.p99Ns.value) },
    { title: 'max', kind: 'number', cell: ({ group }) => usCell(group.maxNs.value) },
    { title: 'Mean', kind: 'number', cell: ({ group }) => usCell(group.meanNs.value) },
  ],
  { caption: 'Latency by path and folio', group: 'store-latency', file: 'latency' },
)}
</section>`;
}
