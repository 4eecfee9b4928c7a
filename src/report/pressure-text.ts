import type { Interval } from '../replay/interval.ts';
import type { HeldOut, PublishedPressure } from '../replay/pressure/published.ts';
import type { AgainstBase, PressurePrediction, PressureResult } from '../replay/pressure/result.ts';
import {
  baselineSentence,
  pressureAnswers,
  rangeText,
  rounded,
  savingSentence,
  scenarioSentences,
  signedPercent,
  timesText,
  two,
} from './pressure-summary.ts';
import { durationText, percentText } from './quantities.ts';
import { ascii, wrap } from './text/layout.ts';
import { trustLines } from './text/trust.ts';
import { trustOfPressure } from './trust/pressure.ts';

const MOST_SENSITIVE = 5;
const NAME_WIDTH = 32;

/** A scenario of memory pressure as plain text of at most 72 columns. */
export function renderPressureText(result: PressureResult): string {
  const { baseline, designs, published, notes, scenario } = result;
  const blocks = [
    [
      `Memory pressure: ${scenario.demand === 'open' ? 'an open' : 'a closed'} loop of reclaim, zswap and writeback`,
      ...pressureAnswers(result).flatMap(indented),
    ],
    ['Scenario', ...scenarioSentences(result).flatMap(indented)],
    ...[baseline, ...designs].map((prediction) => details(prediction, scenario, result.runs)),
    ...designs.flatMap(({ id, againstBase }) =>
      againstBase?.sensitivity.length ? [sensitivityLines(id, againstBase, result.correlationNoise)] : [],
    ),
    ...published.map(publishedLines),
    ['What this rests on', ...trustLines(trustOfPressure(result)).map(ascii)],
  ];
  if (notes.length > 0) blocks.splice(1, 0, ['Mind', ...notes.flatMap((note) => wrap(note, '    ', '  - '))]);
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function details(
  prediction: PressurePrediction,
  { nodes, demand }: PressureResult['scenario'],
  runs: number,
): string[] {
  const isOpen = demand === 'open';
  const line = (name: string, text: string) => `  ${name.padEnd(NAME_WIDTH)}${text}`;
  const count = (name: string, value: Interval) => (value.hi > 0 ? [line(name, rangeText(value))] : []);
  const { passes, runsOutOfMemory } = prediction;
  if (runsOutOfMemory === runs) return [...wrap(prediction.id, '  ', ''), '  every run is out of memory'];
  const last = passes.findLastIndex((mean) => mean > 0);
  return [
    ...wrap(prediction.id, '  ', ''),
    line('real time', duration(prediction.realNs)),
    ...(isOpen ? [line('a job, from its arrival on', duration(prediction.jobNs))] : []),
    line('user time', duration(prediction.userNs)),
    line('sys time', duration(prediction.sysNs)),
    line('touches of pages a second', rangeText(prediction.touchesPerSecond)),
    line('pages stored', rangeText(prediction.storedPages)),
    line('loaded from zswap', rangeText(prediction.loadedFromZswap)),
    line('written back', rangeText(prediction.writtenBack)),
    line('  per million stored', rangeText(prediction.writtenBackPerMillion)),
    ...count('  by the worker of the limit', prediction.writtenByWorker),
    ...count("  at a memcg's own limit", prediction.writtenForMemcgLimit),
    ...count('refused: pool limit', prediction.refusedForLimit),
    ...count("refused: a memcg's own limit", prediction.refusedForMemcgLimit),
    ...count('refused: does not get smaller', prediction.refusedIncompressible),
    line('read from the device', rangeText(prediction.readFromDisk)),
    line('second chances', rangeText(prediction.secondChances)),
    line('became active', rangeText(prediction.activated)),
    line('  at once, on their return', rangeText(prediction.refaultsActivated)),
    line('became inactive again', rangeText(prediction.deactivated)),
    ...count('scans ended: in swap cache', prediction.stoppedInSwapCache),
    ...(prediction.runsOutOfMemory > 0
      ? [line('runs out of memory, left out', String(prediction.runsOutOfMemory))]
      : []),
    line('most pages in the pool', rangeText(prediction.mostPoolPages)),
    ...(nodes > 1
      ? [
          line('entries on another node, %', shares(prediction.storedOnOtherNode)),
          line(
            'written from the wrong node, %',
            prediction.writtenFromWrongNode ? shares(prediction.writtenFromWrongNode) : '-',
          ),
        ]
      : []),
    ...wrap(
      `passes by priority, 12 first: ${passes
        .slice(0, last + 1)
        .map((mean) => rounded(mean))
        .join(' ')}`,
      '    ',
      '  ',
    ),
  ];
}

function sensitivityLines(id: string, { sensitivity }: AgainstBase, noise: number): string[] {
  const rows = sensitivity.slice(0, MOST_SENSITIVE);
  return [
    ...wrap(`Which assumption moves the answer of ${id}`, '  ', ''),
    `  ${'rank correlation over the runs'.padEnd(34)}${'with fewer'.padStart(12)}${'with base'.padStart(12)}`,
    ...rows.map(
      ({ name, withFewer, withBase }) =>
        `  ${name.padEnd(34)}${withFewer.toFixed(2).padStart(12)}${withBase.toFixed(2).padStart(12)}`,
    ),
    `  nearer to 0 than ${noise.toFixed(2)} can be luck`,
  ];
}

function publishedLines(published: PublishedPressure): string[] {
  const { luck, id, design, heldOut } = published;
  return [
    ...wrap(`Published: ${id}, ${design}`, '  ', ''),
    ...indented(baselineSentence(published)),
    `  ${'series over base, held out'.padEnd(28)}${'published'.padStart(10)}${'predicted'.padStart(24)}${'error'.padStart(8)}`,
    ...heldOut.map(heldOutLine),
    ...indented(savingSentence(published)),
    ...(luck === null
      ? []
      : indented(`The base with other luck writes back ${timesText(luck)} as many pages.`)),
  ];
}

function heldOutLine({ metric, published, predicted, errorPercent, isWithin }: HeldOut): string {
  const range = predicted
    ? `${two(predicted.value)} (${two(predicted.lo)}..${two(predicted.hi)})`
    : 'no set fits';
  const error = signedPercent(errorPercent);
  const mark = isWithin === false ? ' out' : '';
  return `  ${`${metric}${mark}`.padEnd(28)}${two(published).padStart(10)}${range.padStart(24)}${error.padStart(8)}`;
}

const indented = (text: string) => wrap(text, '  ', '  ');
const duration = (of: Interval) => rangeText(of, durationText);
const shares = (of: Interval) => rangeText(of, percentText);
