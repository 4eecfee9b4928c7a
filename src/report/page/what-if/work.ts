import type { DesignPrediction, Interval } from '../../../replay/result.ts';
import { type BarLabel, type BarRow, barsSpec } from '../../charts/rows.ts';
import { durationText } from '../../quantities.ts';
import { lockNames, workChange } from '../../text/what-if-designs.ts';
import { clipName, gainText, spanText } from '../../what-if-summary.ts';
import { usCell } from '../cells.ts';
import { type Html, html, joinHtml } from '../escape.ts';
import { heading, renderFigure } from '../figure.ts';
import { slugify } from '../ids.ts';
import { formatCount } from '../quantity.ts';
import { type Column, renderTable } from '../tables.ts';
import { PARTS, type Plan } from './plan.ts';

/** Waiting for one lock under one design. */
interface Wait {
  readonly id: string;
  readonly lock: string;
  readonly slot: number | string;
  readonly wait: Interval;
  readonly waits: Interval;
}

function interval<Row>(title: string, pick: (row: Row) => Interval): Column<Row>[] {
  return [
    { title, kind: 'number', cell: (row) => usCell(pick(row).value) },
    { title: 'from', kind: 'number', cell: (row) => usCell(pick(row).lo) },
    { title: 'to', kind: 'number', cell: (row) => usCell(pick(row).hi) },
  ];
}

/** Waiting by lock and design. */
export async function renderLockWaits(plan: Plan): Promise<Html> {
  const locks = lockNames(plan.all);
  const title = heading(2, PARTS.locks, 'Lock waits');
  if (locks.length === 0)
    return html`<section aria-labelledby="${PARTS.locks}">${title}<p>Nobody waits for a lock, in the base or with any design.</p></section>`;
  const rows = plan.all.flatMap(({ id, lockWaitNs, contended }) =>
    locks
      .filter((lock) => lockWaitNs[lock] !== undefined)
      .map((lock): Wait => {
        const place = locks.indexOf(lock);
        const slot = place < 5 ? place + 1 : 'o';
        return { id, lock, slot, wait: lockWaitNs[lock]!, waits: contended[lock]! };
      }),
  );
  const figure = await renderFigure({
    id: 'lock-waits',
    title: lockFinding(plan),
    text: 'Time that all frees together wait for each lock, in the base and with each design: the bar is the median of the runs, the thin line their middle 90 %.',
    spec: barsSpec(
      rows.map(({ slot, lock, wait }, row): BarRow => ({ row, slot, name: lock, from: 0, to: wait.value })),
      rows.map(({ id, lock, wait, waits }, row): BarLabel => {
        const count = Math.round(waits.value);
        return {
          row,
          text: `${clipName(id)}, ${lock}: ${wait.hi === 0 ? 'no wait' : `${spanText(wait, durationText)} in ${count} waits`}`,
          lo: wait.lo,
          hi: wait.hi,
        };
      }),
      'time spent waiting, all frees together',
    ),
    legend: locks.slice(0, 5).map((label, k) => ({ slot: k + 1, label, line: false })),
    table: renderTable(
      rows,
      [
        { title: 'Design', kind: 'name', cell: ({ id }) => id },
        { title: 'Lock', kind: 'text', cell: ({ lock }) => lock },
        ...interval<Wait>('Wait, us', ({ wait }) => wait),
        { title: 'Waits', kind: 'number', cell: ({ waits }) => formatCount(waits.value) },
        { title: 'from', kind: 'number', cell: ({ waits }) => formatCount(waits.lo) },
        { title: 'to', kind: 'number', cell: ({ waits }) => formatCount(waits.hi) },
      ],
      { caption: 'Waiting by lock and design' },
    ),
  });
  return html`<section aria-labelledby="${PARTS.locks}">
${title}
${figure}
</section>`;
}

function lockFinding({ result: { baseline, designs } }: Plan): string {
  const waits = ({ lockWaitTotalNs }: DesignPrediction) => lockWaitTotalNs.value;
  const base = `the base waits ${durationText(waits(baseline))} for locks`;
  if (designs.length === 0) return `${base.slice(0, 1).toUpperCase()}${base.slice(1)}`;
  const least = designs.reduce((best, design) => (waits(design) < waits(best) ? design : best));
  return waits(least) < waits(baseline)
    ? `${least.id} waits ${durationText(waits(least))} for locks; ${base}`
    : `No design waits less for locks; ${base}`;
}

/** What each part of a composed design adds: a waterfall for each. */
export async function renderParts(plan: Plan): Promise<Html> {
  const figures: Html[] = [];
  for (const { design: id, parts } of plan.result.marginal) {
    const composed = plan.result.designs.find((design) => design.id === id)!;
    figures.push(await waterfall(plan, composed, parts));
  }
  return html`<section aria-labelledby="${PARTS.parts}">
${heading(2, PARTS.parts, 'What each part adds')}
${joinHtml(figures, '\n')}
</section>`;
}

function waterfall(
  { result, ids }: Plan,
  composed: DesignPrediction,
  parts: readonly { readonly id: string; readonly savesNs: Interval }[],
): Promise<Html> {
  const bars: BarRow[] = [{ row: 0, slot: 'o', name: 'base', from: 0, to: result.baseline.totalNs.value }];
  const labels: BarLabel[] = [
    { row: 0, text: `base: ${durationText(result.baseline.totalNs.value)}`, lo: null, hi: null },
  ];
  let at = result.baseline.totalNs.value;
  parts.forEach(({ id, savesNs }, k) => {
    const row = k + 1;
    const to = at - savesNs.value;
    bars.push({ row, slot: savesNs.value >= 0 ? 3 : 2, name: id, from: at, to });
    labels.push({
      row,
      text: `${k === 0 ? '' : '+ '}${id} ${gainText(savesNs, 'saves', 'costs')}`,
      lo: at - savesNs.hi,
      hi: at - savesNs.lo,
    });
    at = to;
  });
  const end = parts.length + 1;
  bars.push({ row: end, slot: 1, name: composed.id, from: 0, to: composed.totalNs.value });
  labels.push({
    row: end,
    text: `${clipName(composed.id)}: ${durationText(composed.totalNs.value)}`,
    lo: null,
    hi: null,
  });
  const most = parts.reduce((best, part) => (part.savesNs.value > best.savesNs.value ? part : best));
  return renderFigure({
    id: ids.take(`parts-${slugify(composed.id)}`),
    title: `${most.id} ${gainText(most.savesNs, 'saves', 'costs')}, most of all parts of ${composed.id}`,
    text: 'Total time, and how it changes as the parts are applied one after another in the order given. The thin line is the middle 90 % of a part, run by run. Medians of parts need not add up to the median of the whole.',
    spec: barsSpec(bars, labels, 'from the first free to the last'),
    legend: [
      { slot: 3, label: 'saves', line: false },
      { slot: 2, label: 'costs', line: false },
    ],
    table: renderTable(
      parts,
      [
        { title: 'Part', kind: 'name', cell: ({ id }) => id },
        ...interval<(typeof parts)[number]>('Saves, us', ({ savesNs }) => savesNs),
      ],
      { caption: `What each part of ${composed.id} adds` },
    ),
  });
}

const SPENDERS = [
  { key: 'caller', slot: 1, label: 'caller' },
  { key: 'worker', slot: 2, label: 'worker' },
] as const;

/** Who spends CPU time: moved is not removed. */
export async function renderCpuWork(plan: Plan): Promise<Html> {
  const { baseline } = plan.result;
  const bars = plan.all.flatMap(({ cpuWorkNs, cpuLedgerNs, spinNs }, row): BarRow[] => {
    let from = 0;
    const piece = (slot: number | string, name: string, ns: number): BarRow => {
      const bar = { row, slot, name: `${name}: ${durationText(ns)}`, from, to: from + ns };
      from += ns;
      return bar;
    };
    return [
      ...SPENDERS.map(({ key, slot, label }) => piece(slot, label, cpuWorkNs[key])),
      piece('0', 'left undone', cpuLedgerNs.left.value),
      piece('o', 'waiting', spinNs.value),
    ].filter(({ from: begin, to }) => to > begin);
  });
  const labels = plan.all.map((design, row): BarLabel => {
    const { cpuWorkNs, cpuLedgerNs } = design;
    const sum = durationText(cpuWorkNs.caller + cpuWorkNs.worker);
    const change = design === baseline ? '' : ` (${workChange(design, baseline)})${ledgerText(cpuLedgerNs)}`;
    return { row, text: `${clipName(design.id)}: ${sum}${change}`, lo: null, hi: null };
  });
  const figure = await renderFigure({
    id: 'cpu-ledger',
    title: cpuFinding(plan),
    text: 'CPU time of all frees by who spends it. What a worker does now is moved, and what lies in buffers is left undone: neither is removed. Waiting burns CPU time too where locks spin.',
    spec: barsSpec(bars, labels, 'CPU time, all CPUs together'),
    legend: [
      ...SPENDERS.map(({ slot, label }) => ({ slot, label, line: false })),
      ...(plan.all.some(({ cpuLedgerNs }) => cpuLedgerNs.left.hi > 0)
        ? [{ slot: '0', label: 'left undone: handles in buffers that nobody drains', line: false }]
        : []),
      { slot: 'o', label: 'waiting for locks and cache lines', line: false },
    ],
    table: renderTable(
      plan.all,
      [
        { title: 'Design', kind: 'name', cell: ({ id }) => id },
        { title: 'Caller, us', kind: 'number', cell: ({ cpuWorkNs }) => usCell(cpuWorkNs.caller) },
        { title: 'Worker, us', kind: 'number', cell: ({ cpuWorkNs }) => usCell(cpuWorkNs.worker) },
        ...interval<DesignPrediction>('Moved, us', ({ cpuLedgerNs }) => cpuLedgerNs.moved),
        ...interval<DesignPrediction>('Left undone, us', ({ cpuLedgerNs }) => cpuLedgerNs.left),
        ...interval<DesignPrediction>('Removed, us', ({ cpuLedgerNs }) => cpuLedgerNs.removed),
        ...interval<DesignPrediction>('Waiting, us', ({ spinNs }) => spinNs),
      ],
      { caption: 'CPU work, moved and removed; negative: added' },
    ),
  });
  return html`<section aria-labelledby="${PARTS.cpu}">
${heading(2, PARTS.cpu, 'CPU work')}
${figure}
</section>`;
}

function ledgerText({ moved, left, removed }: DesignPrediction['cpuLedgerNs']): string {
  const parts = [
    ...(moved.value > 0 ? [`moved ${durationText(moved.value)}`] : []),
    ...(left.value > 0 ? [`left ${durationText(left.value)}`] : []),
    ...(removed.value > 0 ? [`removed ${durationText(removed.value)}`] : []),
    ...(removed.value < 0 ? [`added ${durationText(-removed.value)}`] : []),
  ];
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}

function cpuFinding({ result: { baseline, designs } }: Plan): string {
  const by = (pick: (d: DesignPrediction) => number) =>
    designs.reduce<DesignPrediction | null>(
      (most, design) => (pick(design) > (most === null ? 0 : pick(most)) ? design : most),
      null,
    );
  const mover = by(({ cpuLedgerNs }) => cpuLedgerNs.moved.value);
  const remover = by(({ cpuLedgerNs }) => cpuLedgerNs.removed.lo);
  const parts = [
    ...(remover === null
      ? []
      : [`${remover.id} removes ${durationText(remover.cpuLedgerNs.removed.value)} of CPU work`]),
    ...(mover === null
      ? []
      : [`${mover.id} moves ${durationText(mover.cpuLedgerNs.moved.value)} to a worker`]),
  ];
  const all = durationText(baseline.cpuWorkNs.caller + baseline.cpuWorkNs.worker);
  return parts.length === 0 ? `No design removes CPU work: ${all} in all` : `${parts.join('; ')}`;
}
