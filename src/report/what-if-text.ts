import type { DesignPrediction, WhatIfResult } from '../replay/result.ts';
import { durationText, shareText } from './quantities.ts';
import { scenarioBlocks } from './scenario-text.ts';
import { wrap } from './text/layout.ts';
import { compactTable, designDetails } from './text/what-if-designs.ts';
import { validationText } from './text/what-if-validation.ts';
import { compactionLines } from './what-if-compaction.ts';
import { placesLines } from './what-if-places.ts';
import {
  answerSentences,
  factorText,
  gainText,
  intervalsSentence,
  quantityText,
  spanText,
  unknownText,
  verdictSentence,
  worldSentence,
} from './what-if-summary.ts';

/** A what-if as plain text of at most 72 columns: whether to believe it first, then what each design changes. */
export function renderWhatIfText(result: WhatIfResult): string {
  const moved = result.designs.flatMap(mostMoving);
  const blocks = [
    [verdictSentence(result), ...answerSentences(result), worldSentence(result)].flatMap((text) =>
      wrap(text, ''),
    ),
    ...warnings(result),
    ['Does the model fit the recording?', ...validationText(result)],
    ['Designs, against the base', ...compactTable(result)],
    ...[result.baseline, ...result.designs].map(designDetails),
    ...(result.places ? [placesLines(result.places)] : []),
    ...(result.compaction ? [compactionLines(result, result.compaction)] : []),
    ...(result.marginal.length > 0 ? [['What each part adds', ...marginal(result)]] : []),
    ...scenarioBlocks(result),
    ...notes(result.designs),
    ...(result.measured.length > 0 ? [['Measured without the tracer', ...measured(result)]] : []),
    ...(moved.length > 0 ? [['What moves the answer most', ...moved]] : []),
    ...(result.notIdentifiable.length > 0
      ? [['What this recording cannot tell', ...result.notIdentifiable.flatMap(unknown)]]
      : []),
    ['What this rests on', ...rests(result)],
  ];
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** What was met in reading that speaks against the answer. */
function warnings({ reading }: WhatIfResult): string[][] {
  const found = reading.findings.filter(({ severity }) => severity === 'warning' || severity === 'error');
  return found.length === 0
    ? []
    : [['Warnings', ...found.flatMap(({ text, id }) => wrap(`${text} [${id}]`, '', '- '))]];
}

function marginal(result: WhatIfResult): string[] {
  const width = Math.max(...result.marginal.flatMap(({ parts }) => parts.map(({ id }) => id.length)));
  return result.marginal.flatMap(({ design, parts }) => [
    ...wrap(design, ''),
    ...parts.map(({ id, savesNs }) => `  ${id.padEnd(width)}  ${gainText(savesNs, 'saves', 'costs')}`),
  ]);
}

/** What is known of designs: each note once, under all designs that it is about. */
function notes(designs: readonly DesignPrediction[]): string[][] {
  const about = new Map<string, string[]>();
  for (const note of new Set(designs.flatMap((design) => design.notes))) {
    const ids = designs.filter((design) => design.notes.includes(note)).map(({ id }) => id);
    const heading = ids.join(', ');
    about.set(heading, [...(about.get(heading) ?? []), note]);
  }
  return [...about].map(([ids, texts]) => [
    ...wrap(`Before believing ${ids}`, ''),
    ...texts.flatMap((text) => wrap(text, '', '- ')),
  ]);
}

function measured({ measured: rows, ensemble }: WhatIfResult): string[] {
  return [
    ...rows.flatMap(({ name, measuredNs, predictedNs, error, afterNs }) => [
      `  ${name}: measured ${durationText(measuredNs)}`,
      `    predicted without it ${spanText(predictedNs, durationText)}, ${error < 0 ? '-' : '+'}${shareText(Math.abs(error))}`,
      afterNs === null
        ? `    no set of ${ensemble.tried} gives it: the nearest are used`
        : `    with it              ${spanText(afterNs, durationText)}`,
    ]),
    ...wrap('It chooses parameter sets by the base alone; no design was measured.', ''),
  ];
}

function mostMoving(design: DesignPrediction): string[] {
  const [most] = design.sensitivity;
  if (!most) return [];
  const { title, unit, range, speedupAtLow, speedupAtHigh } = most;
  return wrap(
    `${design.id}: ${factorText(speedupAtLow)} to ${factorText(speedupAtHigh)} as "${title}" goes from ` +
      `${quantityText(range.lo, unit)} to ${quantityText(range.hi, unit)}`,
    '',
    '- ',
  );
}

function unknown(open: WhatIfResult['notIdentifiable'][number]): string[] {
  const range = (i: { lo: number; hi: number }) => `${i.lo.toFixed(3)}-${i.hi.toFixed(3)}`;
  return [
    ...wrap(unknownText(open), '', '- '),
    ...open.cuts.flatMap(({ design, from, to }) =>
      wrap(`would cut the interval of ${design}'s speed-up from ${range(from)} to ${range(to)}`, '  '),
    ),
  ];
}

function rests(result: WhatIfResult): string[] {
  const marks = { measured: '[=]', modelled: '[~]', assumed: '[?]' } as const;
  const { lostRecords, tracerNs } = result.reading;
  const lines = result.inputs.reduce((sum, input) => sum + input.lines, 0);
  const understood = result.inputs.reduce((sum, input) => sum + input.understoodLines, 0);
  return [
    '[=] measured, [~] modelled, [?] assumed',
    ...result.assumptions.flatMap(({ what, basis }) => wrap(what, '  ', `${marks[basis]} `)),
    ...wrap(intervalsSentence(result), ''),
    ...wrap(
      `Read: ${understood === lines ? 'all' : `${understood} of`} ${lines} lines understood (${shareText(understood / lines)}); ` +
        `${lostRecords === 0 ? 'no record lost' : `${lostRecords} records lost`}; tracer: ` +
        `${tracerNs === null ? 'cost not known' : `by the quickest calls ${Math.round(tracerNs.inside)} ns in each, ${Math.round(tracerNs.outside)} ns in its caller`}.`,
      '',
    ),
    ...result.inputs.flatMap(({ name, format, bytes, sha256 }) =>
      wrap(`${name}: ${format}, ${bytes} bytes, sha256 ${sha256.slice(0, 16)}`, ''),
    ),
    ...wrap(`${result.tool.name} ${result.tool.version}: ${result.tool.command}`, ''),
  ];
}
