import type { Interval } from '../replay/interval.ts';
import type { GroupPrediction, StorePrediction } from '../replay/stores/predict-stores.ts';
import type { StoreWhatIfResult } from '../replay/stores/result.ts';
import { type BarLabel, type BarRow, barsSpec, ratioSpec, type ValueRow } from './charts/rows.ts';
import { changeCell, factorCell, usCell } from './page/cells.ts';
import { type Html, html, joinHtml, NOTHING } from './page/escape.ts';
import { heading, renderFigure } from './page/figure.ts';
import { formatCount, plural } from './page/quantity.ts';
import { type Column, exact, renderTable } from './page/tables.ts';
import { type Page, renderPage } from './page/template.ts';
import { diagnosticsTable, filesTable, renderRests, understood } from './page/trust.ts';
import { durationText } from './quantities.ts';
import { SIGNS } from './trust/trust-box.ts';
import { trustOfStores } from './trust/what-if.ts';
import { clipName, factorText, spanText } from './what-if-summary.ts';

/** Colours of locks in the order of their names; further ones share one. */
const COLOURS = 5;

/** A what-if of the store path as one HTML file that needs nothing else. */
export async function renderStoreWhatIfHtml(result: StoreWhatIfResult): Promise<Page> {
  const { validation, designs, kernel, tasks, cpus, runs, tool, folioPages } = result;
  const names = designs.map(({ id }) => id).join(', ') || 'the kernel as recorded';
  const title = `What if, of stores: ${names}`;
  const fits =
    validation.verdict === 'fits'
      ? 'The model fits the recording.'
      : `The model does not fit the recording: ${validation.reasons.join('; ')}.`;
  const answers = designs.map(
    ({ id, storeSpeedup, speedup }) =>
      html`<li>${id}: stores ${spanText(storeSpeedup, factorText)} as fast as in the base, the whole run ${spanText(speedup, factorText)}.</li>`,
  );
  const about = `zswap ${kernel.zswap} on zsmalloc ${kernel.zsmalloc} / ${plural(tasks, 'task')} on ${plural(cpus, 'CPU')} / ${plural(runs, 'run')}${folioPages > 1 ? ` / pages taken together to folios of ${folioPages} (made up)` : ''}`;
  const body = html`<a class="skip" href="#content">Skip to the numbers</a>
<header>
<h1 id="answer">${title}<a class="perma" href="#answer" aria-label="Link to this part">#</a></h1>
<p class="sub">${about}</p>
<p class="verdict${validation.verdict === 'fits' ? '' : ' error'}">${fits}</p>
<ul class="answer">${answers}<li>Times are of the traced kernel.</li></ul>
</header>
<main id="content">
${recordedBeside(result)}
${await designsSection(result)}
${await lockWaits(result)}
${unknown(result)}
${trust(result)}
</main>
<footer>
${heading(2, 'method', 'Method')}
<p>The recorded stores, loads and invalidations are replayed as closed loops over zswap's and zsmalloc's structure; waiting is taken out of the recorded times and comes back only where the model makes somebody wait. Numbers are medians of the runs with their middle 90 %.</p>
<p>To make this report again:</p>
<pre tabindex="0" role="group" aria-label="Command">${tool.command}</pre>
<p class="note">${tool.name} ${tool.version}, result schema ${result.schemaVersion}. The page loads nothing and holds no date: the same input gives the same bytes.</p>
</footer>`;
  return renderPage(`${title} - ${tool.name}`, `${tool.name} ${tool.version}`, body);
}

function recordedBeside({ validation, kernel }: StoreWhatIfResult): Html {
  const named = (times: object) =>
    Object.entries(times)
      .map(([name, ns]) => `${name} ${durationText(ns as number)}`)
      .join(', ');
  return html`<section aria-labelledby="fit">
${heading(2, 'fit', `Does the model fit the recording? ${validation.verdict === 'fits' ? 'Yes' : 'No'}`)}
<p class="note">The base is replayed without any design, and laid beside the recording. Kernel: ${kernel.title} (${kernel.basis}). Recorded waits: ${named(validation.recordedWaitsNs)}. Of these nobody who is recorded held the lock, so that the CPU that waited did not run: ${named(validation.unheldWaitsNs)}, at least.</p>
${renderTable(
  validation.comparisons,
  [
    { title: 'Times in us', kind: 'name', cell: ({ name }) => name },
    { title: `${SIGNS.measured} recorded`, kind: 'number', cell: ({ recordedNs }) => usCell(recordedNs) },
    {
      title: `${SIGNS.modelled} modelled`,
      kind: 'number',
      cell: ({ modelledNs }) => usCell(modelledNs.value),
    },
    { title: 'from', kind: 'number', cell: ({ modelledNs }) => usCell(modelledNs.lo) },
    { title: 'to', kind: 'number', cell: ({ modelledNs }) => usCell(modelledNs.hi) },
    {
      title: 'difference',
      kind: 'number',
      cell: ({ recordedNs, modelledNs }) =>
        recordedNs > 0 ? changeCell(modelledNs.value / recordedNs - 1) : '-',
    },
    { title: '', kind: 'text', name: 'off', cell: ({ isOff }) => (isOff ? 'off' : '') },
  ],
  { caption: 'Recorded beside modelled', file: 'recorded-and-modelled' },
)}
</section>`;
}

function spread<Row>(
  title: string,
  pick: (row: Row) => Interval,
  cell: (value: number) => ReturnType<typeof exact>,
): readonly Column<Row>[] {
  return [
    { title, kind: 'number', cell: (row) => cell(pick(row).value) },
    { title: 'from', kind: 'number', cell: (row) => cell(pick(row).lo) },
    { title: 'to', kind: 'number', cell: (row) => cell(pick(row).hi) },
  ];
}

const count = (value: number) => exact(formatCount(value), value);

interface PathOfDesign extends GroupPrediction {
  readonly id: string;
}

async function designsSection({ baseline, designs }: StoreWhatIfResult): Promise<Html> {
  const all = [baseline, ...designs];
  const paths = all.flatMap(({ id, groups }) => groups.map((group): PathOfDesign => ({ id, ...group })));
  return html`<section aria-labelledby="designs">
${heading(2, 'designs', 'Designs, against the base')}
${designs.length > 0 ? await speedUp(designs) : NOTHING}
<p class="note">Times in us.</p>
${renderTable(
  all,
  [
    { title: 'Design', kind: 'name', cell: ({ id }) => id },
    ...spread<StorePrediction>('First to last', ({ totalNs }) => totalNs, usCell),
    ...spread<StorePrediction>('Stores', ({ storeSpeedup }) => storeSpeedup, factorCell),
    ...spread<StorePrediction>('Whole', ({ speedup }) => speedup, factorCell),
    ...spread<StorePrediction>('Pages a second', ({ storedPagesPerSecond }) => storedPagesPerSecond, count),
    ...spread<StorePrediction>('CPU', ({ cpuNs }) => cpuNs, usCell),
  ],
  { caption: 'Designs', group: 'designs', file: 'designs' },
)}
${renderTable(
  paths,
  [
    { title: 'Design', kind: 'name', cell: ({ id }) => id },
    { title: 'Path', kind: 'text', cell: ({ path }) => path },
    { title: 'Pages', kind: 'number', cell: ({ pages }) => formatCount(pages) },
    { title: 'Calls', kind: 'number', cell: ({ operations }) => formatCount(operations) },
    ...spread<PathOfDesign>('p50', ({ p50Ns }) => p50Ns, usCell),
    ...spread<PathOfDesign>('p99', ({ p99Ns }) => p99Ns, usCell),
    ...spread<PathOfDesign>('Mean', ({ meanNs }) => meanNs, usCell),
  ],
  { caption: 'Times of a call by path', group: 'paths', file: 'paths' },
)}
${notes(designs)}
</section>`;
}

function speedUp(designs: readonly StorePrediction[]): Promise<Html> {
  const best = designs.reduce((most, one) => (one.storeSpeedup.value > most.storeSpeedup.value ? one : most));
  const rows = designs.map(({ id, storeSpeedup }, row): ValueRow => {
    const { lo, hi } = storeSpeedup;
    return {
      row,
      slot: lo > 1 ? 3 : hi < 1 ? 2 : 'd',
      text: `${clipName(id)}: stores ${spanText(storeSpeedup, factorText)}`,
      ...storeSpeedup,
    };
  });
  return renderFigure({
    id: 'speed-up',
    title: `${best.id}: stores ${spanText(best.storeSpeedup, factorText)} as fast`,
    text: 'Time in zswap_store, base over design: the dot is the median of the runs, the line their middle 90 %. Right of 1x is faster.',
    spec: ratioSpec(rows, 'speed-up of stores'),
    legend: [],
    table: renderTable(
      designs,
      [
        { title: 'Design', kind: 'name', cell: ({ id }) => id },
        { title: 'What it is', kind: 'wide', cell: ({ title }) => title },
        { title: 'Safety', kind: 'text', cell: ({ safety }) => safety.join(', ') },
        ...spread<StorePrediction>('Stores', ({ storeSpeedup }) => storeSpeedup, factorCell),
      ],
      { caption: 'Speed-up of stores' },
    ),
  });
}

function notes(designs: readonly StorePrediction[]): Html {
  const told = designs.filter((design) => design.notes.length > 0);
  return joinHtml(
    told.map(
      ({ id, notes: lines }) =>
        html`<details class="item"><summary><span class="mono">${id}</span>: before believing it</summary><ul>${lines.map((line) => html`<li>${line}</li>`)}</ul></details>`,
    ),
    '\n',
  );
}

async function lockWaits({ baseline, designs }: StoreWhatIfResult): Promise<Html> {
  const all = [baseline, ...designs];
  const locks = [...new Set(all.flatMap(({ lockWaitNs }) => Object.keys(lockWaitNs)))].filter((lock) =>
    all.some(({ lockWaitNs }) => (lockWaitNs[lock]?.hi ?? 0) > 0),
  );
  const cells = all.flatMap(({ id, lockWaitNs, contended }) =>
    locks.flatMap((lock, k) => {
      const wait = lockWaitNs[lock];
      return wait === undefined
        ? []
        : [{ id, lock, slot: k < COLOURS ? k + 1 : 'o', wait, waits: contended[lock] ?? null }];
    }),
  );
  const most = cells.filter(({ id }) => id === baseline.id).sort((a, b) => b.wait.value - a.wait.value)[0];
  if (most === undefined)
    return html`<section aria-labelledby="locks">${heading(2, 'locks', 'Lock waits')}<p>Nobody waits for a lock, in the base or with any design.</p></section>`;
  const figure = await renderFigure({
    id: 'lock-waits',
    title: `The base waits ${durationText(most.wait.value)} for ${most.lock}, the most of all locks`,
    text: 'Time that all calls together wait for each lock: the bar is the median of the runs, the thin line their middle 90 %.',
    spec: barsSpec(
      cells.map(({ slot, lock, wait }, row): BarRow => ({ row, slot, name: lock, from: 0, to: wait.value })),
      cells.map(
        ({ id, lock, wait }, row): BarLabel => ({
          row,
          text: `${clipName(id)}, ${lock}: ${spanText(wait, durationText)}`,
          lo: wait.lo,
          hi: wait.hi,
        }),
      ),
      'time spent waiting, all calls together',
    ),
    legend: locks.slice(0, COLOURS).map((label, k) => ({ slot: k + 1, label, line: false })),
    table: renderTable(
      cells,
      [
        { title: 'Design', kind: 'name', cell: ({ id }) => id },
        { title: 'Lock', kind: 'text', cell: ({ lock }) => lock },
        ...spread<(typeof cells)[number]>('Wait, us', ({ wait }) => wait, usCell),
        { title: 'Waits', kind: 'number', cell: ({ waits }) => (waits === null ? '-' : count(waits.value)) },
      ],
      { caption: 'Waiting by lock and design' },
    ),
  });
  return html`<section aria-labelledby="locks">
${heading(2, 'locks', 'Lock waits')}
${figure}
</section>`;
}

function unknown({ notIdentifiable }: StoreWhatIfResult): Html {
  if (notIdentifiable.length === 0) return NOTHING;
  return html`<section aria-labelledby="unknown">
${heading(2, 'unknown', 'What this recording cannot tell')}
<ul>${notIdentifiable.map(({ what, shownBy }) => html`<li><b>${SIGNS.assumed}</b> ${what}; would be shown by ${shownBy}</li>`)}</ul>
</section>`;
}

function trust(result: StoreWhatIfResult): Html {
  const box = trustOfStores(result);
  const { tool, reading } = result;
  return html`<section aria-labelledby="trust">
${heading(2, 'trust', 'What this rests on')}
${renderRests(box)}
<dl><dt>Read</dt><dd>${understood(box.lines, box.understoodLines)}</dd>
<dt>Lost records</dt><dd>${box.lostRecords ? `${plural(box.lostRecords, 'record')}, as the kernel counted` : 'none reported by the kernel'}</dd>
<dt>Cost of tracing</dt><dd>${box.tracingOverhead}</dd>
<dt>Made by</dt><dd>${tool.name} ${tool.version}: <code>${tool.command}</code></dd></dl>
${filesTable(box.inputs)}
${diagnosticsTable(reading.findings)}
</section>`;
}
