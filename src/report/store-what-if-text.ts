import type { Interval } from '../replay/interval.ts';
import type { GroupPrediction, StorePrediction } from '../replay/stores/predict-stores.ts';
import type { StoreWhatIfResult } from '../replay/stores/result.ts';
import { durationText } from './quantities.ts';
import { wrap } from './text/layout.ts';

/** A what-if of the store path as plain text of at most 72 columns. */
export function renderStoreWhatIfText(result: StoreWhatIfResult): string {
  const { validation, baseline, designs } = result;
  const blocks = [
    verdict(result),
    ['Does the model fit the recording?', ...comparisons(result)],
    ...[baseline, ...designs].map((prediction) => details(prediction)),
    ...designs.flatMap(({ id, notes }) =>
      notes.length === 0 ? [] : [[`About ${id}`, ...notes.flatMap((note) => wrap(note, '    ', '  - '))]],
    ),
    [
      'What this recording cannot tell',
      ...result.notIdentifiable.flatMap(({ what, shownBy }) =>
        wrap(`${what}; would be shown by ${shownBy}`, '    ', '  - '),
      ),
    ],
    [
      'What this rests on',
      ...result.assumptions.flatMap(({ what, basis }) => wrap(`${basis}: ${what}`, '    ', '  - ')),
    ],
  ];
  const { structure } = validation;
  if (structure) blocks.splice(2, 0, structural(structure, result.refused));
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function verdict({
  validation,
  kernel,
  designs,
  folioPages,
  tasks,
  cpus,
  runs,
}: StoreWhatIfResult): string[] {
  const fits =
    validation.verdict === 'fits'
      ? 'The model fits the recording.'
      : `The model does not fit the recording: ${validation.reasons.join('; ')}.`;
  const folios = folioPages > 1 ? `, pages stored as folios of ${folioPages} (made up)` : '';
  return [
    ...wrap(fits, ''),
    ...designs.flatMap(({ id, storeSpeedup, speedup }) =>
      wrap(
        `${id}: stores ${timesText(storeSpeedup)}, the whole run ${timesText(speedup)} as fast as the base.`,
        '',
      ),
    ),
    ...wrap(
      `zswap ${kernel.zswap} on zsmalloc ${kernel.zsmalloc} (${kernel.basis}); ${tasks} tasks on ${cpus} CPUs${folios}; ${runs} runs, the middle 90 % of them behind each figure. Times of the traced kernel.`,
      '',
    ),
  ];
}

/** A factor that runs of an ensemble gave. */
function timesText({ value, lo, hi }: Interval): string {
  return `${value.toFixed(3)} times (${lo.toFixed(3)} to ${hi.toFixed(3)})`;
}

function comparisons({ validation }: StoreWhatIfResult): string[] {
  const rows = validation.comparisons.map(({ name, recordedNs, modelledNs, isOff }) => [
    name.replace(', mean without waits', ', mean*'),
    durationText(recordedNs),
    durationText(modelledNs.value),
    isOff ? 'off' : '',
  ]);
  const named = (times: object) =>
    Object.entries(times)
      .map(([name, ns]) => `${name} ${durationText(ns as number)}`)
      .join(', ');
  return [
    ...table([['', 'recorded', 'modelled', ''], ...rows]),
    ...wrap(`* without waits; recorded waits: ${named(validation.recordedWaitsNs)}.`, '  ', '  '),
    ...wrap(
      `Of these nobody who is recorded held the lock, so that the CPU that waited did not run: ${named(validation.unheldWaitsNs)}, at least. That time stands in front of the operation, in every design. The tree's lock was held for ${durationText(validation.treeHeldNs)}.`,
      '  ',
      '  ',
    ),
  ];
}

function structural(
  structure: NonNullable<StoreWhatIfResult['validation']['structure']>,
  refused: StoreWhatIfResult['refused'],
): string[] {
  const { stores, loads, invalidates, entryFrees } = structure;
  const agreement = Object.entries({ stores, loads, invalidates, 'entries freed': entryFrees }).map(
    ([name, { judged, agree }]) => `${name} ${agree} of ${judged}`,
  );
  const causes = Object.entries(refused).map(([cause, count]) => `${cause} ${count}`);
  return [
    'Which entries exist (structural replay; all designs refuse the same)',
    ...wrap(`agree: ${agreement.join(', ')}`, '  ', '  '),
    ...wrap(`refused: ${causes.length === 0 ? 'none' : causes.join(', ')}`, '  ', '  '),
  ];
}

function details(prediction: StorePrediction): string[] {
  const { id, title, safety, groups, totalNs, storedPagesPerSecond, cpuNs, lockWaitNs } = prediction;
  const name = ({ path, pages }: GroupPrediction) => (pages > 1 ? `${path} (${pages} pages)` : path);
  const span = ({ value, lo, hi }: Interval) =>
    `${durationText(value)} (${durationText(lo)}..${durationText(hi)})`;
  const rows = groups.map((group) => [
    name(group),
    durationText(group.p50Ns.value),
    durationText(group.p99Ns.value),
    durationText(group.meanNs.value),
  ]);
  const waited = Object.entries(lockWaitNs).filter(([, { hi }]) => hi > 0);
  const pages = storedPagesPerSecond;
  return [
    ...wrap(`${id}${safety.length > 0 ? ` (${safety.join(', ')})` : ''}: ${title}`, ''),
    ...table([['', 'p50', 'p99', 'mean'], ...rows]),
    `  first to last    ${span(totalNs)}`,
    `  pages stored     ${Math.round(pages.value)} a second (${Math.round(pages.lo)}..${Math.round(pages.hi)})`,
    ...(groups.some(({ path }) => path.startsWith('zswap_writeback_entry'))
      ? [`  written back     ${prediction.pagesWrittenBack} pages`]
      : []),
    `  CPU time         ${span(cpuNs)}`,
    ...waited.map(([lock, wait]) => `  waits ${lock.padEnd(18)} ${span(wait)}`),
  ];
}

/** Rows of texts as columns; the first one to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map((row) => row[c]!.length)));
  return rows.map((row) =>
    `  ${row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!))).join('  ')}`.trimEnd(),
  );
}
