import type { Interval } from '../replay/interval.ts';
import type { StoreFates } from '../replay/stores/fates/result.ts';
import type { StoreWhatIfResult } from '../replay/stores/result.ts';
import type { StorePrediction } from '../replay/stores/store-summary.ts';
import { durationText } from './quantities.ts';
import { causesText, FATE_COLUMNS, FATE_NOTE, fateBasis, fateRows, nodesText } from './store-fates-text.ts';
import { sweepBlocks } from './store-sweep-text.ts';
import { groupName, iaaText, storeAnswers, storeVerdict, storeWorld } from './store-what-if-summary.ts';
import { wrap } from './text/layout.ts';
import { trustLines } from './text/trust.ts';
import { trustOfStores } from './trust/what-if.ts';

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
  blocks.splice(2, 0, ...(structure ? [structural(structure)] : []), fates(result));
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

function structural(structure: NonNullable<StoreWhatIfResult['validation']['structure']>): string[] {
  const { stores, loads, invalidates, entryFrees, writebacks } = structure;
  const agreement = Object.entries({
    stores,
    loads,
    invalidates,
    writebacks,
    'entries freed': entryFrees,
  }).map(([name, { judged, agree }]) => `${name} ${agree} of ${judged}`);
  const isJudged = [stores, loads, invalidates, entryFrees, writebacks].some(({ judged }) => judged > 0);
  return [
    'Which entries exist (structural replay of the recording)',
    ...wrap(
      isJudged ? `agree: ${agreement.join(', ')}` : 'Not judged: neither slots nor handles are recorded.',
      '  ',
      '  ',
    ),
  ];
}

function fates(result: StoreWhatIfResult): string[] {
  const rows = fateRows(result);
  const isShort = rows.every(({ fates: one }) => sameFates(one, rows[0]!.fates));
  const shown = isShort
    ? rows.slice(0, 1).map(({ fates: one }) => ({ name: 'base and designs', fates: one }))
    : rows;
  return [
    'What becomes of pages: stored, refused and why, written back, stale',
    ...table([
      ['pages', ...FATE_COLUMNS.map(({ title }) => title)],
      ...shown.map(({ name, fates: one }) => [
        name.length > NAME_WIDTH ? `${name.slice(0, NAME_WIDTH - 2)}..` : name,
        ...FATE_COLUMNS.map(({ cell }) => String(cell(one) ?? '-')),
      ]),
    ]),
    ...shown.flatMap(({ name, fates: one }) => wrap(`${name}: ${causesText(one)}`, '    ', '  ')),
    ...rows.flatMap(({ name, fates: one }) => {
      const text = nodesText(name, one);
      return text === null ? [] : wrap(text, '    ', '  ');
    }),
    ...wrap(FATE_NOTE, '  ', '  '),
    ...wrap(fateBasis(result), '  ', '  '),
  ];
}

const NAME_WIDTH = 20;

function sameFates(a: StoreFates, b: StoreFates): boolean {
  return FATE_COLUMNS.every(({ cell }) => cell(a) === cell(b)) && causesText(a) === causesText(b);
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
  const pages = storedPagesPerSecond;
  return [
    ...wrap(`${id}${safety.length > 0 ? ` (${safety.join(', ')})` : ''}: ${title}`, ''),
    ...table([['', 'p50', 'p99', 'mean'], ...rows]),
    ...taken.map(
      ({ path, allMembers, operations }) =>
        `  taken together   ${allMembers} of ${path} in ${operations} calls`,
    ),
    `  store, each page ${span(prediction.storeNsPerPage)}`,
    ...(prediction.notStoredNs.hi > 0
      ? [`  not stored       ${span(prediction.notStoredNs)} refused or given up`]
      : []),
    `  first to last    ${span(totalNs)}`,
    `  pages stored     ${Math.round(pages.value)} a second (${Math.round(pages.lo)}..${Math.round(pages.hi)})`,
    `  CPU (sys) time   ${span(cpuNs)}`,
    ...Object.entries(lockWaitNs).map(
      ([lock, wait]) =>
        `  waits ${lock.padEnd(18)} ${span(wait)}, taken ${Math.round(prediction.acquisitions[lock]!.value)}`,
    ),
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
