import type { Interval } from '../../replay/interval.ts';
import type { PublishedPressure } from '../../replay/pressure/published.ts';
import type { AgainstBase, PressurePrediction, PressureResult } from '../../replay/pressure/result.ts';
import {
  baselineSentence,
  pressureAnswers,
  rounded,
  savingSentence,
  scenarioSentences,
  signedPercent,
  two,
} from '../pressure-summary.ts';
import { durationText } from '../quantities.ts';
import { trustOfPressure } from '../trust/pressure.ts';
import { SIGNS, SIGNS_LEGEND } from '../trust/trust-box.ts';
import { number, type Part, type ReviewDocument, type Table, text } from './document.ts';

/** Rows of a design: what moves its answer most. */
const MOST_SENSITIVE = 5;

/** Memory pressure for reviewers: what is written back by design, what it costs, and what the answer hangs on. */
export function pressureDocument(result: PressureResult): ReviewDocument {
  const { designs, inputs, notes, published, tool } = result;
  const box = trustOfPressure(result);
  const parts: Part[] = [
    designTable(result),
    timeTable(result),
    ...published.map(publishedTable),
    ...designs.flatMap(({ id, againstBase }) =>
      againstBase ? [sensitivityTable(id, againstBase, result.correlationNoise)] : [],
    ),
  ];
  const read = inputs.map(({ name, sha256 }) => `${name} ${sha256.slice(0, 12)}`).join(', ');
  const lost = box.lostRecords ? `${box.lostRecords} records lost` : 'no record lost';
  return {
    title: `Memory pressure: ${designs.map(({ id }) => id).join(', ') || 'the base'}`,
    words: [
      ...pressureAnswers(result),
      ...notes.map((note) => `Mind: ${note}.`),
      ...scenarioSentences(result),
    ],
    parts: parts.filter((part) => part.kind === 'table' && part.rows.length > 0),
    method: [
      'Method: a loop of faults, reclaim, zswap with its limits and shrinker, writeback and loads; every run draws what is not known from its range, base and designs meet the same draws.',
      `Input: ${read === '' ? 'none, published times and assumptions' : `${read}; ${lost}`}; ${tool.name} ${tool.version}.`,
    ],
    details: [
      `Baseline: ${box.validation!.verdict}`,
      ...box.calibration.map((source) => `Calibration: ${source}`),
      `${SIGNS_LEGEND}:`,
      ...box.rests.map(({ basis, what }) => `${SIGNS[basis]} ${what}`),
    ],
    command: tool.command,
  };
}

function designTable({ baseline, designs, runs }: PressureResult): Table {
  return {
    kind: 'table',
    title: 'Pages written back, by design [~]',
    columns: [text('design'), ...['pages', 'from', 'to', 'fewer', 'from', 'to', 'runs 1/10'].map(number)],
    rows: [baseline, ...designs].map((of) => {
      const { id, writtenBack, againstBase: against } = of;
      if (of.runsOutOfMemory === runs) return [id, 'out of memory', '', '', '', '', '', ''];
      const fewer = against?.fewerWrittenBack ?? null;
      return [
        id,
        ...ends(writtenBack, rounded),
        ...(fewer === null ? ['-', '-', '-'] : ends(fewer, two)),
        against === null ? '-' : `${against.runsTenTimesFewer}/${against.runsWithBaseWriteback}`,
      ];
    }),
    note: "fewer: the base's pages over the design's; runs 1/10: with a tenth of the base's or less, of those in which the base writes back.",
  };
}

function timeTable({ baseline, designs, runs }: PressureResult): Table {
  return {
    kind: 'table',
    title: 'Time, by design [~]',
    columns: [text('design'), ...['real', 'sys', 'speed-up', 'from', 'to', 'sys ratio'].map(number)],
    rows: [baseline, ...designs]
      .filter(({ runsOutOfMemory }) => runsOutOfMemory < runs)
      .map(({ id, realNs, sysNs, againstBase: against }: PressurePrediction) => [
        id,
        durationText(realNs.value),
        durationText(sysNs.value),
        ...(against === null
          ? ['-', '-', '-', '-']
          : [...ends(against.speedup, two), two(against.sysRatio.value)]),
      ]),
    note: '',
  };
}

function sensitivityTable(id: string, { sensitivity }: AgainstBase, noise: number): Table {
  return {
    kind: 'table',
    title: `${id}: which assumption moves the answer [?]`,
    columns: [text('rank correlation over the runs'), number('with fewer'), number('with base')],
    rows: sensitivity
      .slice(0, MOST_SENSITIVE)
      .map(({ name, withFewer, withBase }) => [name, two(withFewer), two(withBase)]),
    note: `Nearer to 0 than ${two(noise)} can be luck.`,
  };
}

function publishedTable(build: PublishedPressure): Table {
  return {
    kind: 'table',
    title: `Published ${build.id}, held out: series over base`,
    columns: [
      text('figure'),
      ...['published', 'predicted', 'from', 'to', 'error'].map(number),
      text('inside'),
    ],
    rows: build.heldOut.map(({ metric, published, predicted, errorPercent, isWithin }) => [
      metric,
      two(published),
      ...(predicted === null ? ['-', '-', '-'] : ends(predicted, two)),
      signedPercent(errorPercent),
      isWithin === null ? '?' : isWithin ? 'yes' : 'NO',
    ]),
    note: `${baselineSentence(build)} ${savingSentence(build)}`,
  };
}

function ends({ value, lo, hi }: Interval, show: (value: number) => string): string[] {
  return [value, lo, hi].map(show);
}
