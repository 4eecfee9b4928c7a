import type { DesignPrediction, Interval, WhatIfResult } from '../replay/result.ts';
import { bytesText, durationText, shareText } from './quantities.ts';
import { scenarioBlocks } from './scenario-text.ts';
import { wrap } from './text/layout.ts';
import { compactionLines } from './what-if-compaction.ts';
import { placesLines } from './what-if-places.ts';

/** A what-if as plain text of at most 72 columns: validation first, then what each design changes. */
export function renderWhatIfText(result: WhatIfResult): string {
  const moved = result.designs.flatMap(mostMoving);
  const blocks = [
    answer(result),
    ['Does the model fit the recording?', ...validation(result)],
    ['Designs, against the base', ...designTable(result)],
    ...(result.places ? [placesLines(result.places)] : []),
    ...(result.compaction ? [compactionLines(result, result.compaction)] : []),
    ...(result.marginal.length > 0 ? [['What each part adds', ...marginal(result)]] : []),
    ...scenarioBlocks(result),
    ...result.designs.filter((design) => design.notes.length > 0).map(designNotes),
    ...(result.measured.length > 0 ? [['Measured without the tracer', ...measured(result)]] : []),
    ...(moved.length > 0 ? [['What moves the answer most', ...moved]] : []),
    ...(result.notIdentifiable.length > 0
      ? [['What this recording cannot tell', ...result.notIdentifiable.flatMap(unknown)]]
      : []),
    ['What this rests on', ...rests(result)],
  ];
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function span(i: Interval, text: (value: number) => string): string {
  return i.lo === i.hi ? text(i.value) : `${text(i.value)} (${text(i.lo)} to ${text(i.hi)})`;
}

function answer(result: WhatIfResult): string[] {
  const { validation, world } = result;
  const lines: string[] = [];
  if (validation.verdict === 'does-not-fit') {
    lines.push(
      ...wrap(
        `The model does not fit this recording: do not trust what follows. ${validation.reasons.join('; ')}.`,
        '',
      ),
    );
  }
  for (const design of result.designs) {
    const word =
      design.speedup.lo > 1.005 ? 'faster' : design.speedup.hi < 0.995 ? 'slower' : 'no clear difference';
    const factor = span(design.speedup, (value) => `${value.toFixed(3)}x`);
    lines.push(
      ...wrap(
        `${design.id}: ${word}, ${factor} of the whole; faster in ${shareText(design.pFaster)} of ${result.runs} runs.`,
        '',
      ),
    );
  }
  lines.push(
    ...wrap(
      result.platform?.basis === 'published'
        ? `Times are those of ${result.platform.title}, not of the machine that was recorded, and of no tracer.`
        : world === 'traced'
          ? "Times are those of a traced kernel: the tracer's cost is in all of them, and stretches holds. --untraced takes its estimate out."
          : "The tracer's estimated cost is taken out, by shares that the runs vary.",
      '',
    ),
  );
  return lines;
}

function validation({ validation: v, frees, tasks, cpus, kernel }: WhatIfResult): string[] {
  const s = v.structure;
  const judged = (agree: number, of: number) =>
    of === 0 ? 'not shown by the trace' : `${agree} of ${of} agree`;
  const lines = [
    ...wrap(
      `${frees} frees by ${tasks} tasks on ${cpus} CPUs; era ${kernel.era}: ${kernel.title} (${kernel.basis}).`,
      '',
    ),
    `  new zspage or not, pages    ${judged(s.mallocsAgree, s.mallocsJudged)}`,
    `  which zspage                ${judged(s.zspageAgree, s.zspageJudged)}`,
    `  object index                ${judged(s.objectIndexAgree, s.objectIndexJudged)}`,
    `  zspage released or not      ${judged(s.freesAgree, s.freesJudged)}`,
  ];
  if (s.freesReconstructed > 0) {
    lines.push(`  reconstructed, not judged   ${s.freesReconstructed} of ${s.frees} frees`);
    if (s.releasesShown > 0)
      lines.push(
        `    released as in the trace  ${s.releasesReproduced} of ${s.releasesShown}, by construction`,
      );
  }
  if (s.moves > 0) lines.push(`  objects moved by compaction ${judged(s.movesAgree, s.moves)}`);
  for (const difference of s.differences.slice(0, 3)) {
    lines.push(...wrap(`line ${difference.line}: ${difference.what}`, '    '));
  }
  if (s.differences.length > 3) lines.push(`    ... and ${s.differences.length - 3} more (--json)`);
  lines.push('', `  ${'recorded'.padStart(36)}  modelled`);
  for (const c of v.comparisons) {
    const text = (value: number) => (c.unit === 'count' ? String(Math.round(value)) : durationText(value));
    lines.push(`  ${c.name.padEnd(26)}${text(c.recorded).padStart(10)}  ${span(c.modelled, text)}`);
  }
  if (v.ksDistance !== null)
    lines.push(`  greatest distance of the distributions ${v.ksDistance.toFixed(3)}`);
  lines.push(
    ...wrap(
      `Verdict: ${v.verdict.replaceAll('-', ' ')}${v.reasons.length > 0 ? ` (${v.reasons.join('; ')})` : ''}.`,
      '',
    ),
  );
  return lines;
}

function designTable(result: WhatIfResult): string[] {
  return [result.baseline, ...result.designs].flatMap((design) => [
    `${design.id}${design.safety.includes('unsafe') ? '  (UNSAFE: a bound, not a design)' : ''}`,
    `  total       ${span(design.totalNs, durationText)}`,
    `  a free      p50 ${durationText(design.latency.p50Ns)}  p99 ${durationText(design.latency.p99Ns)}  max ${durationText(design.latency.maxNs)}`,
    ...waits(design),
    `  CPU work    caller ${durationText(design.cpuWorkNs.caller)}  worker ${durationText(design.cpuWorkNs.worker)}${design.compaction ? `  compaction ${durationText(design.cpuWorkNs.compaction)}` : ''}`,
    `  pages back  50 % at ${durationText(design.memoryReturn.t50Ns)}, 90 % at ${durationText(design.memoryReturn.t90Ns)}, all at ${durationText(design.memoryReturn.t100Ns)}`,
    ...(design.strandedBytes.worst > 0
      ? [
          `  never freed ${bytesText(design.strandedBytes.typical)}, at worst ${bytesText(design.strandedBytes.worst)}`,
        ]
      : []),
    ...(design.leftEmpty > 0
      ? [`  left empty  ${design.leftEmpty} zspages with a locked page, for the worker`]
      : []),
    ...(design.overflowShare > 0
      ? [`  queue full  for ${shareText(design.overflowShare)} of the frees`]
      : []),
  ]);
}

function waits(design: DesignPrediction): string[] {
  const rows = Object.entries(design.lockWaitNs).filter(([, wait]) => wait.hi > 0);
  if (rows.length === 0) return ['  lock wait   none'];
  return rows.map(([lock, wait], k) => {
    const count = Math.round(design.contended[lock]!.value);
    return `  ${k === 0 ? 'lock wait' : '         '}   ${lock} ${span(wait, durationText)}, ${count} waits`;
  });
}

function marginal(result: WhatIfResult): string[] {
  return result.marginal.flatMap(({ design, parts }) => [
    design,
    ...parts.map(
      ({ id, savesNs }) =>
        `  ${id.padEnd(18)} saves ${span(savesNs, (ns) => (ns < 0 ? `-${durationText(-ns)}` : durationText(ns)))}`,
    ),
  ]);
}

function designNotes(design: DesignPrediction): string[] {
  return [`Before believing ${design.id}`, ...design.notes.flatMap((note) => wrap(note, '  ', '- '))];
}

function intervals({ runs, ensemble, platform }: WhatIfResult): string {
  const { accepted, tried } = ensemble;
  const order = `Intervals: the middle 90 % of ${runs} runs, each with the times in another order`;
  if (tried === 0) return `${order} and the central value of each parameter.`;
  if (platform?.basis === 'published')
    return `${order} and one of ${accepted} parameter sets that give the published baseline, of ${tried} tried.`;
  if (accepted === 0)
    return `${order} and one of the nearest of ${tried} parameter sets: none reproduces what was measured within its noise.`;
  return ensemble.recorded.length === 0
    ? `${order} and another parameter set from the ranges of the platform.`
    : `${order} and one of ${accepted} parameter sets that reproduce what was measured within its noise, of ${tried} tried.`;
}

function measured({ measured: rows, ensemble }: WhatIfResult): string[] {
  return [
    ...rows.flatMap(({ name, measuredNs, predictedNs, error, afterNs }) => [
      `  ${name}: measured ${durationText(measuredNs)}`,
      `    predicted without it ${span(predictedNs, durationText)}, ${error < 0 ? '-' : '+'}${shareText(Math.abs(error))}`,
      afterNs === null
        ? `    no set of ${ensemble.tried} gives it: the nearest are used`
        : `    with it              ${span(afterNs, durationText)}`,
    ]),
    ...wrap('It chooses parameter sets by the base alone; no design was measured.', ''),
  ];
}

function mostMoving(design: DesignPrediction): string[] {
  const [most] = design.sensitivity;
  if (!most) return [];
  const value = (x: number) => (most.unit === 'ns' ? durationText(x) : shareText(x));
  return wrap(
    `${design.id}: ${most.title}, ${value(most.range.lo)} to ${value(most.range.hi)}: ` +
      `${most.speedupAtLow.toFixed(3)}x to ${most.speedupAtHigh.toFixed(3)}x.`,
    '  ',
  );
}

function unknown({ what, shownBy, cuts }: WhatIfResult['notIdentifiable'][number]): string[] {
  const range = (i: { lo: number; hi: number }) => `${i.lo.toFixed(3)}-${i.hi.toFixed(3)}`;
  return [
    ...wrap(`${what}. It would be shown by ${shownBy}.`, '  ', '- '),
    ...cuts.flatMap(({ design, from, to }) =>
      wrap(
        `would cut the interval of ${design}'s speed-up from ${range(from)} to ${range(to)}`,
        '    ',
        '  ',
      ),
    ),
  ];
}

function rests(result: WhatIfResult): string[] {
  const marks = { measured: '[=]', modelled: '[~]', assumed: '[?]' } as const;
  return [
    '[=] measured, [~] modelled, [?] assumed',
    ...result.assumptions.flatMap(({ what, basis }) => wrap(what, '    ', `${marks[basis]} `)),
    ...wrap(intervals(result), ''),
    ...result.inputs.flatMap(({ name, format, sha256 }) =>
      wrap(`${name}: ${format}, sha256 ${sha256.slice(0, 16)}`, '  ', ''),
    ),
    ...wrap(`${result.tool.name} ${result.tool.version}: ${result.tool.command}`, '  ', ''),
  ];
}
