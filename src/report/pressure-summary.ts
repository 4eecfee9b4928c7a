import type { Interval } from '../replay/interval.ts';
import type { PublishedPressure } from '../replay/pressure/published.ts';
import type { AgainstBase, PressurePrediction, PressureResult } from '../replay/pressure/result.ts';
import { bytesText, countText } from './quantities.ts';

/** Assumptions that are named for runs with a tenth of the pages. */
const MOST_REGIONS = 3;

/** The answer in sentences: what the base writes back, what chance alone does to that, and each design. */
export function pressureAnswers(result: PressureResult): string[] {
  const { baseline, designs, luck, runs } = result;
  const ended = runs - baseline.runsOutOfMemory;
  const wrote = ended - baseline.runsWithoutWriteback;
  return [
    ended === 0
      ? 'base: every run is out of memory.'
      : `base: ${rangeText(baseline.writtenBack)} pages written back [modelled], some in ${wrote} of ${ended} runs.`,
    luck === null
      ? 'No run of the base writes back: nothing can be said of fewer pages.'
      : `The base against itself with other luck: ${timesText(luck)} fewer; a design within that shows nothing.`,
    ...designs.map((design) => answer(design, result)),
  ];
}

function answer(design: PressurePrediction, { scenario, luck }: PressureResult): string {
  const { id, writtenBack, againstBase } = design;
  if (againstBase === null) return `${id}: every run is out of memory, or its base is.`;
  if (againstBase.changesNothing) return `${id} does nothing here: every run is that of the base.`;
  const { fewerWrittenBack, runsWithBaseWriteback, runsTenTimesFewer, runsWithNone, sysRatio, storedRatio } =
    againstBase;
  const fewer =
    fewerWrittenBack === null
      ? 'the base writes nothing back'
      : `${timesText(fewerWrittenBack)} fewer; ten times fewer in ${runsTenTimesFewer}, none at all in ` +
        `${runsWithNone} of the ${runsWithBaseWriteback} runs in which the base writes back`;
  const what = scenario.demand === 'open' ? 'A job' : 'The run';
  const speed = scenario.demand === 'open' ? againstBase.jobSpeedup : againstBase.speedup;
  return [
    `${id}: ${rangeText(writtenBack)} pages written back: ${fewer}.`,
    `${what} is ${timesText(speed)} as fast, its sys time ${timesText(sysRatio)}, the pages that it stores ` +
      `${timesText(storedRatio)} of the base's.`,
    ...announced(id, againstBase, luck),
  ].join(' ');
}

/** What was announced of such a design (cover letter of v11), and in how many runs that comes out. */
function announced(id: string, against: AgainstBase, luck: Interval | null): string[] {
  const { runsWithBaseWriteback: all, runsTenTimesFewer, runsWithNone, tenTimesRegion } = against;
  if (!id.includes('reclaim-batch') || all === 0) return [];
  const isAll = id.includes('readahead-decompress-batch') && id.includes('writeback-batch');
  const runs = isAll ? runsWithNone : runsTenTimesFewer;
  const where = tenTimesRegion
    .slice(0, MOST_REGIONS)
    .map(({ name, low, high }) => `${name} ${rounded(low)} to ${rounded(high)}`)
    .join(', ');
  const fewRuns =
    runsTenTimesFewer === 0 || runsTenTimesFewer === all
      ? ''
      : where === ''
        ? ' No assumption tells the runs with a tenth or less from the others.'
        : ` The runs with a tenth or less have ${where}.`;
  return [
    `Announced for it: ${isAll ? 'none written back' : 'ten times fewer'}; that comes out in ${runs} of ${all} runs` +
      `${runs === 0 ? ', whatever the assumptions below are within their ranges' : ''}.${fewRuns}` +
      `${runs > 0 && id.includes('scan-folios') ? ' It rests on passes that take so many folios at once (scan-folios), of which the announcement says nothing.' : ''}` +
      `${runs > 0 && luck !== null && luck.hi >= 10 ? ' The base with other luck does as much in some runs.' : ''}`,
  ];
}

/** What was played, and where times are from. */
export function scenarioSentences({ scenario, recording, runs, seed }: PressureResult): string[] {
  const { memoryBytes, sliceBytes, listScale, processes, jobs, limit, nodes, memcgs, codec } = scenario;
  const source =
    recording === null
      ? `No trace: compression of ${codec} as published, everything else as listed below.`
      : `Compression, sizes and the pace are those of ${recording.stores} stores and ${recording.loads} loads of the ` +
        `recording (zswap ${recording.version}), tracer included.`;
  const groups = memcgs > 1 ? ` in ${memcgs} memcgs` : '';
  const where = limit === 'memcg' ? 'under the limit of a memcg' : 'on a machine with kswapd';
  const under = limit === 'memcg' && memcgs > 1 ? 'under their limits' : where;
  const demand =
    scenario.demand === 'open'
      ? 'Jobs arrive at times of their own (open loop): slower ones are more at once.'
      : 'A job begins when the one before it has ended (closed loop): speed does not change what is wanted at once.';
  return [
    `${countText(processes, 'process', 'processes')}${groups}, ${countText(jobs, 'job')} each, ${under} of ${bytesText(memoryBytes)}, played on a slice of ` +
      `${bytesText(sliceBytes)} whose lists count ${Number(listScale.toPrecision(3))}-fold; ${countText(nodes, 'node')}, ` +
      `folios of ${countText(scenario.folioPages, 'page')}, readahead of ${scenario.readaheadPages}.`,
    demand,
    `Pool up to ${scenario.maxPoolPercent} % of it, accepts again at ${scenario.acceptPercent} % of that; ` +
      `${scenario.zswapMaxPercent === null ? '' : `a memcg's compressed data up to ${scenario.zswapMaxPercent} % of its memory; `}` +
      `shrinker ${scenario.hasShrinker ? 'on' : 'off'}.`,
    `${countText(runs, 'run')} (seed ${seed}): the first with the middle of all ranges, the others drawn. Figures are medians ` +
      'with the middle 90 % of the runs; counts are pages of the slice.',
    source,
  ];
}

/** The one column of a published build that parameter sets are kept by. */
export function baselineSentence({ baselinePerMillion, accepted, sets }: PublishedPressure): string {
  return (
    `Baseline [published, fitted to]: ${Math.round(baselinePerMillion)} pages written back per million stored; ` +
    `${accepted} of ${sets} parameter sets give it.`
  );
}

/** What the published columns say of where sys time was saved: arithmetic, and what the loop takes for a page. */
export function savingSentence({
  sysNsOfPageNotStored,
  loopSysNsOfPage,
  heldOut,
}: PublishedPressure): string {
  const stored = heldOut.find(({ metric }) => metric === 'pages stored')!.published;
  const us = (ns: number) => two(ns / 1000);
  const percent = (ns: number) => String(Math.round((100 * ns) / sysNsOfPageNotStored));
  const loop =
    loopSysNsOfPage === null
      ? ''
      : ` The loop takes ${rangeText(loopSysNsOfPage, us)} us for each page stored: fewer stores alone are ` +
        `${rangeText(loopSysNsOfPage, percent)} % of the saving.`;
  return (
    `The series' run stored ${Math.round(100 * (1 - stored))} % fewer pages, and took ${us(sysNsOfPageNotStored)} us ` +
    `of sys time less for each of them.${loop} Why there were fewer is not published; cheaper stores do not make fewer here.`
  );
}

/** `120 (80..300)`. */
export function rangeText({ value, lo, hi }: Interval, text: (value: number) => string = rounded): string {
  return `${text(value)} (${text(lo)}..${text(hi)})`;
}

/** `1.20x (0.90..3.00)`. */
export function timesText({ value, lo, hi }: Interval): string {
  return `${two(value)}x (${two(lo)}..${two(hi)})`;
}

/** A count, or a small number with three digits. */
export function rounded(value: number): string {
  if (!Number.isFinite(value)) return 'inf';
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

export function two(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : 'inf';
}

/** `+12 %`; `-` where it is not known. */
export function signedPercent(percent: number | null): string {
  return percent === null ? '-' : `${percent >= 0.5 ? '+' : ''}${Math.round(percent) || 0} %`;
}
