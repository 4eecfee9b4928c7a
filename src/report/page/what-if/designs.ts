import type { DesignPrediction } from '../../../replay/result.ts';
import { ratioSpec, type ValueRow } from '../../charts/rows.ts';
import { workChange } from '../../text/what-if-designs.ts';
import { clipName, factorText, outcomeOf, spanText } from '../../what-if-summary.ts';
import { factorCell, shareCell, usCell } from '../cells.ts';
import { type Html, html, NOTHING } from '../escape.ts';
import { heading, renderFigure } from '../figure.ts';
import { ABSENT, formatCount } from '../quantity.ts';
import { type Column, renderTable } from '../tables.ts';
import { PARTS, type Plan } from './plan.ts';

const us = (title: string, pick: (d: DesignPrediction) => number | null, hint?: string) =>
  ({
    title,
    kind: 'number',
    cell: (d) => usCell(pick(d)),
    ...(hint === undefined ? {} : { hint }),
  }) satisfies Column<DesignPrediction>;

/** The designs in numbers: how fast, and what it costs. */
export async function renderDesigns(plan: Plan): Promise<Html> {
  const { baseline } = plan.result;
  const isBase = (d: DesignPrediction) => d === baseline;
  const name: Column<DesignPrediction> = {
    title: 'Design',
    kind: 'name',
    cell: (d) => html`<a href="#${plan.rowId(d)}">${d.id}</a>`,
  };
  const factor = (title: string, pick: (d: DesignPrediction) => number): Column<DesignPrediction> => ({
    title,
    kind: 'number',
    cell: (d) => (isBase(d) ? ABSENT : factorCell(pick(d))),
  });
  const times = renderTable(
    plan.all,
    [
      name,
      us('Total', ({ totalNs }) => totalNs.value, 'From the first free of all tasks to the last'),
      factor('Speed-up', ({ speedup }) => speedup.value),
      factor('from', ({ speedup }) => speedup.lo),
      factor('to', ({ speedup }) => speedup.hi),
      {
        title: 'P(faster)',
        kind: 'number',
        cell: (d) => (isBase(d) ? ABSENT : shareCell(d.pFaster)),
        hint: 'Share of the runs in which it was faster than the base',
      },
      us('munmap p50', ({ munmapNs }) => munmapNs.p50, "From a task's first free to its last"),
      { ...us('p99', ({ munmapNs }) => munmapNs.p99), name: 'munmap p99' },
      { ...us('max', ({ munmapNs }) => munmapNs.max), name: 'munmap max' },
      us('zs_free p50', ({ latency }) => latency.p50Ns),
      { ...us('p99', ({ latency }) => latency.p99Ns), name: 'zs_free p99' },
      { ...us('max', ({ latency }) => latency.maxNs), name: 'zs_free max' },
      us('Lock waits', ({ lockWaitTotalNs }) => lockWaitTotalNs.value),
    ],
    {
      caption: 'Designs: times in us',
      group: 'times',
      file: 'designs',
      rowId: (d) => plan.rowId(d),
    },
  );
  const costs = renderTable(
    plan.all,
    [
      name,
      us('CPU caller', ({ cpuWorkNs }) => cpuWorkNs.caller),
      us('CPU worker', ({ cpuWorkNs }) => cpuWorkNs.worker),
      {
        title: 'CPU work',
        kind: 'number',
        cell: (d) => (isBase(d) ? ABSENT : workChange(d, baseline)),
        hint: 'Work of all CPUs against the base',
      },
      us('50 % back', ({ memoryReturn }) => memoryReturn.t50.value, 'When half of the pages were back'),
      { ...us('90 %', ({ memoryReturn }) => memoryReturn.t90.value), name: '90 % back' },
      { ...us('all', ({ memoryReturn }) => memoryReturn.t100.value, '-: never'), name: 'all back' },
      bytes('Never freed', ({ strandedBytes }) => strandedBytes.typical),
      { ...bytes('at worst', ({ strandedBytes }) => strandedBytes.worst), name: 'Never freed at worst' },
      {
        title: 'Queue full',
        kind: 'number',
        cell: ({ overflowShare, curves }) =>
          curves.backlog.length === 0 ? ABSENT : shareCell(overflowShare),
        hint: 'Share of the frees that found the queue full and were done at once',
      },
    ],
    { caption: 'Designs: work in us, memory in bytes', group: 'costs', file: 'design-costs' },
  );
  return html`<section aria-labelledby="${PARTS.designs}">
${heading(2, PARTS.designs, 'Designs, against the base')}
${plan.result.designs.length > 0 ? await speedUp(plan) : NOTHING}
<p class="note">Times in us.</p>
${times}
<p class="note">CPU work and times in us, memory that no worker will ever free in bytes.</p>
${costs}
</section>`;
}

function bytes(title: string, pick: (d: DesignPrediction) => number): Column<DesignPrediction> {
  return { title, kind: 'number', cell: (d) => formatCount(pick(d)) };
}

function speedUp({ result }: Plan): Promise<Html> {
  const { designs } = result;
  const best = [...designs].sort((a, b) => b.speedup.value - a.speedup.value)[0]!;
  const rows: ValueRow[] = designs.map((design, row) => ({
    row,
    slot: { faster: 3, slower: 2, 'no clear difference': 'd', 'no difference': 'd' }[outcomeOf(design)],
    text: `${clipName(design.id)}: ${outcomeOf(design)}, ${spanText(design.speedup, factorText)}`,
    ...design.speedup,
  }));
  return renderFigure({
    id: 'speed-up',
    title:
      outcomeOf(best) === 'faster'
        ? `${best.id} makes the whole ${spanText(best.speedup, factorText)} as fast`
        : 'No design is surely faster',
    text: 'Total time of the base over that of the design: the dot is the median of the runs, the line their middle 90 %. Right of 1x is faster.',
    spec: ratioSpec(rows, 'speed-up of the whole'),
    legend: [],
    table: renderTable(
      designs,
      [
        { title: 'Design', kind: 'name', cell: ({ id }) => id },
        { title: 'What it is', kind: 'wide', cell: ({ title }) => title },
        { title: 'Safety', kind: 'text', cell: ({ safety }) => [...new Set(safety)].join(', ') },
        { title: 'Outcome', kind: 'text', cell: outcomeOf },
        { title: 'Speed-up', kind: 'number', cell: ({ speedup }) => factorCell(speedup.value) },
        { title: 'from', kind: 'number', cell: ({ speedup }) => factorCell(speedup.lo) },
        { title: 'to', kind: 'number', cell: ({ speedup }) => factorCell(speedup.hi) },
      ],
      { caption: 'Speed-up of the whole' },
    ),
  });
}
