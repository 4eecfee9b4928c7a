import type { Interval } from '../../../replay/result.ts';
import type {
  BreakEvenResult,
  ScaleOfRun,
  ScalingResult,
  SpeedupResult,
  StarvedWorkerResult,
} from '../../../replay/scenario/result.ts';
import { type PointSeries, pointsSpec } from '../../charts/points.ts';
import { durationText, shareText } from '../../quantities.ts';
import { SIGNS } from '../../trust/trust-box.ts';
import { factorText, spanText } from '../../what-if-summary.ts';
import { factorCell, shareCell, usCell } from '../cells.ts';
import { type Html, html, joinHtml, NOTHING } from '../escape.ts';
import { heading, renderFigure } from '../figure.ts';
import { formatCount, plural } from '../quantity.ts';
import { type Column, type Exact, renderTable } from '../tables.ts';
import { type Group, hasScenarios, PARTS, type Plan } from './plan.ts';

/** What was asked beyond the recording as it is; nothing when nothing was. */
export async function renderScenarios(plan: Plan): Promise<Html> {
  if (!hasScenarios(plan.result)) return NOTHING;
  const { scaling, breakEven, speedups, starvedWorker } = plan.result;
  const parts: Html[] = [];
  for (const group of plan.groups) {
    if (scaling) parts.push(await scaled(scaling, group));
    if (breakEven) parts.push(await pays(breakEven, group));
  }
  for (const speedup of speedups ?? []) {
    for (const group of plan.groups) parts.push(await faster(plan, speedup, group));
  }
  if (starvedWorker) parts.push(starved(starvedWorker));
  return html`<section aria-labelledby="${PARTS.scenarios}">
${heading(2, PARTS.scenarios, 'Beyond the recording')}
<p class="note">${SIGNS.modelled} Made from the recording by the model: what the machine does otherwise (caches, memory) stays as recorded.</p>
${joinHtml(parts, '\n')}
</section>`;
}

function values<Row>(
  title: string,
  pick: (row: Row) => Interval,
  text: (x: number) => string | Exact,
): Column<Row>[] {
  return [
    { title, kind: 'number', cell: (row) => text(pick(row).value) },
    { title: 'from', kind: 'number', cell: (row) => text(pick(row).lo) },
    { title: 'to', kind: 'number', cell: (row) => text(pick(row).hi) },
  ];
}

/** What tells the rows of a scaled recording apart, beside their processes. */
function placeOf(row: ScaleOfRun, all: readonly ScaleOfRun[]): string {
  const differs = (pick: (of: ScaleOfRun) => number) => new Set(all.map(pick)).size > 1;
  return [
    String(row.processes),
    ...(differs(({ pagesPerProcess }) => pagesPerProcess.most) && row.scaled
      ? [`${row.pagesPerProcess.most} pages`]
      : []),
    ...(differs(({ classSpread }) => classSpread) ? [`spread ${row.classSpread}`] : []),
  ].join(', ');
}

function scaled({ rows, notes }: ScalingResult, group: Group): Promise<Html> {
  const of = (id: string) => rows.map((row) => row.designs.find((design) => design.id === id) ?? null);
  // The base alone has no speed-up, but a time.
  const isBaseOnly = group.designs.length === 0;
  const series = (isBaseOnly ? [group.base] : group.designs).map(
    ({ design, slot }): PointSeries => ({
      slot,
      label: design.id,
      values: of(design.id).map((one) => (isBaseOnly ? one?.totalNs : one?.speedup) ?? null),
    }),
  );
  const last = rows.at(-1)!;
  const cells = rows.flatMap((row) =>
    row.designs
      .filter(
        ({ id }, k) =>
          (k === 0 && group.suffix === '') || group.designs.some(({ design }) => design.id === id),
      )
      .map((design) => ({ row, design })),
  );
  type Cell = (typeof cells)[number];
  return renderFigure({
    id: `scaling${group.suffix}`,
    title: scaledFinding(
      series,
      rows.map((row) => plural(row.processes, 'process', 'processes')),
      isBaseOnly ? durationText : factorText,
    ),
    text: `${isBaseOnly ? 'Time of the whole' : 'Speed-up of the whole against the base with as many processes'}, on ${plural(last.cpus, 'CPU')}. ${rows.some((row) => !row.scaled) ? 'Recorded: ' : ''}${rows.flatMap((row) => (row.scaled ? [] : [plural(row.processes, 'process', 'processes')])).join(', ')}${rows.some((row) => !row.scaled) ? '; other numbers are made from it. ' : ''}${notes.map((note) => `${note.slice(0, 1).toUpperCase()}${note.slice(1)}.`).join(' ')}`,
    spec: pointsSpec(
      series,
      { title: 'processes that free at once', labels: rows.map((row) => placeOf(row, rows)) },
      isBaseOnly
        ? { title: 'time of the whole', unit: 'ns' }
        : { title: 'speed-up of the whole', unit: 'ratio' },
    ),
    legend: series.map(({ slot, label }) => ({ slot, label, line: true })),
    switches: series.length > 1,
    table: renderTable(
      cells,
      [
        { title: 'Design', kind: 'name', cell: ({ design }) => design.id },
        { title: 'Processes', kind: 'number', cell: ({ row }) => formatCount(row.processes) },
        { title: 'Pages each', kind: 'number', cell: ({ row }) => formatCount(row.pagesPerProcess.most) },
        { title: 'Class spread', kind: 'number', cell: ({ row }) => String(row.classSpread) },
        { title: 'CPUs', kind: 'number', cell: ({ row }) => formatCount(row.cpus) },
        ...values<Cell>('Whole, us', ({ design }) => design.totalNs, usCell),
        ...values<Cell>('Speed-up', ({ design }) => design.speedup, factorCell),
        ...values<Cell>('Mean process', ({ design }) => design.processSpeedup, factorCell),
      ],
      { caption: 'Speed-up against processes' },
    ),
  });
}

function scaledFinding(
  series: readonly PointSeries[],
  places: readonly string[],
  text: (value: number) => string,
): string {
  const end = (one: PointSeries) => one.values.at(-1)?.value ?? 0;
  const best = series.reduce((most, one) => (end(one) > end(most) ? one : most));
  const at = (k: number) => {
    const value = best.values.at(k);
    return value ? `${spanText(value, text)} with ${places.at(k)}` : '';
  };
  return `${best.label}: ${places.length > 1 ? `${at(0)}, ` : ''}${at(-1)}`;
}

function pays({ designs, criterion, cpus, recordedProcesses }: BreakEvenResult, group: Group): Promise<Html> {
  const shown = group.designs.flatMap(({ design, slot }) =>
    designs.filter(({ id }) => id === design.id).map((one) => ({ ...one, slot })),
  );
  const counts = [...new Set(shown.flatMap(({ points }) => points.map(({ processes }) => processes)))].sort(
    (a, b) => a - b,
  );
  const verdict = ({ paysFrom, stopsAt }: (typeof shown)[number]) => {
    if (paysFrom === null) return 'pays with none of the numbers tried';
    const end = stopsAt === null ? '' : `, no more from ${stopsAt} on`;
    return `pays from ${plural(paysFrom, 'process', 'processes')} on${end}`;
  };
  const cells = shown.flatMap(({ id, points }) => points.map((point) => ({ id, ...point })));
  type Cell = (typeof cells)[number];
  return renderFigure({
    id: `break-even${group.suffix}`,
    title: shown.map((design) => `${design.id} ${verdict(design)}`).join('; '),
    text: `Speed-up of the whole by the number of processes, ${cpus === 'one for each process' ? 'a CPU for each' : `on ${plural(cpus, 'CPU')}`}. Pays: ${criterion}. Recorded: ${plural(recordedProcesses, 'process', 'processes')}; other numbers are made from it.`,
    spec: pointsSpec(
      shown.map(({ slot, id, points }) => ({
        slot,
        label: id,
        values: counts.map((count) => points.find(({ processes }) => processes === count)?.speedup ?? null),
      })),
      { title: 'processes that free at once', labels: counts.map(String) },
      { title: 'speed-up of the whole', unit: 'ratio' },
    ),
    legend: shown.map((design) => ({
      slot: design.slot,
      label: design.id,
      line: true,
      note: verdict(design),
    })),
    switches: shown.length > 1,
    table: renderTable(
      cells,
      [
        { title: 'Design', kind: 'name', cell: ({ id }) => id },
        { title: 'Processes', kind: 'number', cell: ({ processes }) => formatCount(processes) },
        { title: 'CPUs', kind: 'number', cell: (cell) => formatCount(cell.cpus) },
        ...values<Cell>('Speed-up', ({ speedup }) => speedup, factorCell),
        { title: 'P(faster)', kind: 'number', cell: ({ pFaster }) => shareCell(pFaster) },
        { title: 'Pays', kind: 'text', cell: (cell) => (cell.pays ? 'yes' : 'no') },
      ],
      { caption: 'From how many processes it pays' },
    ),
  });
}

function faster(plan: Plan, { what, costs, designs }: SpeedupResult, group: Group): Promise<Html> {
  const name = what.join(' and ');
  const slots = new Map([group.base, ...group.designs].map(({ design, slot }) => [design.id, slot]));
  const shown = designs.filter(({ id }) => slots.has(id));
  const steps = shown[0]!.points.map(({ speedup }) => shareText(speedup));
  const cells = shown.flatMap(({ id, points }) => points.map((point) => ({ id, ...point })));
  type Cell = (typeof cells)[number];
  const first = shown[0]!;
  const most = first.points.at(-1)!;
  return renderFigure({
    id: plan.ids.take('less-time'),
    title: `${shareText(most.speedup)} less time in ${name} saves ${durationText(most.savedNs.value)} (${shareText(most.savedShare)}) of the whole in the ${first.id}`,
    text: `What the whole gains when the own work of ${name} takes less time, in the same runs; waiting follows. Costs of the steps: ${costs.join(', ')}.`,
    spec: pointsSpec(
      shown.map(({ id, points }) => ({
        slot: slots.get(id)!,
        label: id,
        values: points.map(({ savedNs }) => savedNs),
      })),
      { title: `${name}: so much faster`, labels: steps },
      { title: 'saved of the whole', unit: 'ns' },
    ),
    legend: shown.map(({ id, slope }) => ({
      slot: slots.get(id)!,
      label: id,
      line: true,
      note: slope === null ? '' : `10 % less of it saves ${shareText(slope / 10)} of the whole`,
    })),
    switches: shown.length > 1,
    table: renderTable(
      cells,
      [
        { title: 'Design', kind: 'name', cell: ({ id }) => id },
        { title: 'Faster by', kind: 'number', cell: ({ speedup }) => shareCell(speedup) },
        ...values<Cell>('Whole, us', ({ totalNs }) => totalNs, usCell),
        ...values<Cell>('Saved, us', ({ savedNs }) => savedNs, usCell),
        { title: 'of the whole', kind: 'number', cell: ({ savedShare }) => shareCell(savedShare) },
        {
          title: 'CPU work saved, us',
          kind: 'number',
          cell: ({ cpuWorkSavedNs }) => usCell(cpuWorkSavedNs),
        },
      ],
      { caption: `If ${name} took less time` },
    ),
  });
}

function starved({ designs, sliceNs }: StarvedWorkerResult): Html {
  const cells = designs.flatMap(({ id, points }) => points.map((point) => ({ id, ...point })));
  type Cell = (typeof cells)[number];
  return html`${heading(3, 'starved-worker', 'When the worker gets less of a CPU')}
<p class="note">The worker has one more CPU and shares it with threads that never sleep, in turns of ${durationText(sliceNs)} and up to the next tick. 0 %: it gets none before the last process is done. Held: memory of the pool that has not come back by then.</p>
${renderTable(
  cells,
  [
    { title: 'Design', kind: 'name', cell: ({ id }) => id },
    { title: 'Share of a CPU', kind: 'number', cell: ({ share }) => shareCell(share) },
    ...values<Cell>('Whole, us', ({ totalNs }) => totalNs, usCell),
    { title: 'Free p99, us', kind: 'number', cell: ({ p99Ns }) => usCell(p99Ns) },
    { title: 'max', name: 'Free max, us', kind: 'number', cell: ({ maxNs }) => usCell(maxNs) },
    { title: 'Queue full', kind: 'number', cell: ({ overflowShare }) => shareCell(overflowShare) },
    { title: 'Most handles', kind: 'number', cell: ({ mostQueued }) => formatCount(mostQueued) },
    { title: 'Held, bytes', kind: 'number', cell: ({ heldBytes }) => formatCount(heldBytes) },
    { title: '90 % back, us', kind: 'number', cell: ({ t90Ns }) => usCell(t90Ns) },
  ],
  { caption: 'When the worker gets less of a CPU', group: 'starved', file: 'starved-worker' },
)}`;
}
