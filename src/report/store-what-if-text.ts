import { CONTEXT_MUTEX, TREE_LOCK } from '../model/kernels/zswap.ts';
import type { Interval } from '../replay/interval.ts';
import type { StoreWhatIfResult } from '../replay/stores/result.ts';
import type { StorePrediction } from '../replay/stores/store-summary.ts';
import { durationText } from './quantities.ts';
import { sweepBlocks } from './store-sweep-text.ts';
import { groupName, iaaText, storeAnswers, storeVerdict, storeWorld } from './store-what-if-summary.ts';
import { wrap } from './text/layout.ts';
import { trustLines } from './text/trust.ts';
import { trustOfStores } from './trust/what-if.ts';

/** Locks whose waits are told of even when there are none: they are what is asked about. */
const ALWAYS: readonly string[] = [CONTEXT_MUTEX, TREE_LOCK];

/** A what-if of the store path as plain text of at most 72 columns. */
export function renderStoreWhatIfText(result: StoreWhatIfResult): string {
  const { validation, baseline, designs } = result;
  const blocks = [
    verdict(result),
    ['Does the model fit the recording?', ...comparisons(result)],
    ...[baseline, ...designs].map((prediction) => details(prediction)),
    ...(result.sweep === null ? [] : sweepBlocks(result.sweep)),
    ...designs.flatMap(({ id, notes }) =>
      notes.length === 0 ? [] : [[`About ${id}`, ...notes.flatMap((note) => wrap(note, '    ', '  - '))]],
    ),
    [
      'What this recording cannot tell',
      ...result.notIdentifiable.flatMap(({ what, shownBy }) =>
        wrap(`${what}; would be shown by ${shownBy}`, '    ', '  - '),
      ),
    ],
    ['What this rests on', ...trustLines(trustOfStores(result))],
  ];
  const { structure } = validation;
  if (structure) blocks.splice(2, 0, structural(structure, result));
  return `${blocks
    .filter(({ length }) => length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function verdict(result: StoreWhatIfResult): string[] {
  return [storeVerdict(result), ...storeAnswers(result), ...storeWorld(result)].flatMap((text) =>
    wrap(text, ''),
  );
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
  { refused, staleEntries, baseline }: StoreWhatIfResult,
): string[] {
  const { stores, loads, invalidates, entryFrees, writebacks } = structure;
  const agreement = Object.entries({
    stores,
    loads,
    invalidates,
    writebacks,
    'entries freed': entryFrees,
  }).map(([name, { judged, agree }]) => `${name} ${agree} of ${judged}`);
  const causes = Object.entries(refused).map(([cause, count]) => `${cause} ${count}`);
  return [
    'Which entries exist (structural replay; all designs refuse the same)',
    ...wrap(`agree: ${agreement.join(', ')}`, '  ', '  '),
    ...wrap(`refused: ${causes.length === 0 ? 'none' : causes.join(', ')}`, '  ', '  '),
    ...wrap(
      `written back: ${baseline.pagesWrittenBack}; stale entries: ${staleEntries.replaced} replaced by a store of their slot, ${staleEntries.erased} erased with a refused folio`,
      '  ',
      '  ',
    ),
  ];
}

function details(prediction: StorePrediction): string[] {
  const { id, title, safety, groups, totalNs, storedPagesPerSecond, cpuNs, lockWaitNs, iaa } = prediction;
  const span = ({ value, lo, hi }: Interval) =>
    `${durationText(value)} (${durationText(lo)}..${durationText(hi)})`;
  const rows = groups.map((group) => [
    groupName(group),
    durationText(group.p50Ns.value),
    durationText(group.p99Ns.value),
    durationText(group.meanNs.value),
  ]);
  const taken = groups.filter(({ members }) => members > 1);
  const waited = Object.entries(lockWaitNs).filter(([lock, { hi }]) => hi > 0 || ALWAYS.includes(lock));
  const pages = storedPagesPerSecond;
  return [
    ...wrap(`${id}${safety.length > 0 ? ` (${safety.join(', ')})` : ''}: ${title}`, ''),
    ...table([['', 'p50', 'p99', 'mean'], ...rows]),
    ...taken.map(
      ({ path, allMembers, operations }) =>
        `  taken together   ${allMembers} of ${path} in ${operations} calls`,
    ),
    `  store, each page ${span(prediction.storeNsPerPage)}`,
    `  first to last    ${span(totalNs)}`,
    `  pages stored     ${Math.round(pages.value)} a second (${Math.round(pages.lo)}..${Math.round(pages.hi)})`,
    ...(groups.some(({ path }) => path.startsWith('zswap_writeback_entry'))
      ? [`  written back     ${prediction.pagesWrittenBack} pages`]
      : []),
    `  CPU (sys) time   ${span(cpuNs)}`,
    ...waited.map(([lock, wait]) => `  waits ${lock.padEnd(18)} ${span(wait)}`),
    ...(iaa === null ? [] : wrap(`IAA: ${iaaText(prediction)}`, '    ', '  ')),
  ];
}

/** Rows of texts as columns; the first one to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map((row) => row[c]!.length)));
  return rows.map((row) =>
    `  ${row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!))).join('  ')}`.trimEnd(),
  );
}
