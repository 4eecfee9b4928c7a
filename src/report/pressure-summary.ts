import type { Interval } from '../replay/interval.ts';
import type { PublishedPressure } from '../replay/pressure/published.ts';
import type { PressurePrediction, PressureResult } from '../replay/pressure/result.ts';
import { bytesText, countText } from './quantities.ts';

/** The answer in sentences: what the base writes back, what chance alone does to that, and each design. */
export function pressureAnswers({ baseline, designs, luck, runs }: PressureResult): string[] {
  const ended = runs - baseline.runsOutOfMemory;
  const wrote = ended - baseline.runsWithoutWriteback;
  return [
    ended === 0
      ? 'base: every run is out of memory.'
      : `base: ${rangeText(baseline.writtenBack)} pages written back [modelled], some in ${wrote} of ${ended} runs.`,
    luck === null
      ? 'No run of the base writes back: nothing can be said of fewer pages.'
      : `The base against itself with other luck: ${timesText(luck)} fewer; a design within that shows nothing.`,
    ...designs.map(answer),
  ];
}

function answer({ id, writtenBack, againstBase }: PressurePrediction): string {
  if (againstBase === null) return `${id}: every run is out of memory, or its base is.`;
  const { fewerWrittenBack, runsWithBaseWriteback, runsTenTimesFewer, runsWithNone, speedup, sysRatio } =
    againstBase;
  const fewer =
    fewerWrittenBack === null
      ? 'the base writes nothing back'
      : `${timesText(fewerWrittenBack)} fewer; ten times fewer in ${runsTenTimesFewer}, none at all in ` +
        `${runsWithNone} of the ${runsWithBaseWriteback} runs in which the base writes back`;
  return (
    `${id}: ${rangeText(writtenBack)} pages written back: ${fewer}. ` +
    `The run is ${timesText(speedup)} as fast, its sys time ${timesText(sysRatio)} of the base's.`
  );
}

/** What was played, and where times are from. */
export function scenarioSentences({ scenario, recording, runs, seed }: PressureResult): string[] {
  const { memoryBytes, sliceBytes, listScale, processes, jobs, limit, nodes, codec } = scenario;
  const source =
    recording === null
      ? `No trace: compression of ${codec} as published, everything else as listed below.`
      : `Compression, sizes and the pace are those of ${recording.stores} stores and ${recording.loads} loads of the ` +
        `recording (zswap ${recording.version}), tracer included.`;
  const where = limit === 'memcg' ? 'under the limit of a memcg' : 'on a machine with kswapd';
  return [
    `${countText(processes, 'process', 'processes')}, ${countText(jobs, 'job')} each, ${where} of ${bytesText(memoryBytes)}, played on a slice of ` +
      `${bytesText(sliceBytes)} whose lists count ${Number(listScale.toPrecision(3))}-fold; ${countText(nodes, 'node')}, ` +
      `folios of ${countText(scenario.folioPages, 'page')}, readahead of ${scenario.readaheadPages}.`,
    `Pool up to ${scenario.maxPoolPercent} % of it, accepts again at ${scenario.acceptPercent} % of that; ` +
      `shrinker ${scenario.hasShrinker ? 'on' : 'off'}.`,
    `${countText(runs, 'run')} (seed ${seed}): the first with the middle of all ranges, the others drawn. Figures are medians ` +
      'with the middle 90 % of the runs; counts are pages of the slice.',
    source,
  ];
}

/** The one column of a published build that parameter sets are kept by. */
export function baselineSentence({ baselinePerSecond, accepted, sets }: PublishedPressure): string {
  return (
    `Baseline [published, fitted to]: ${Math.round(baselinePerSecond)} pages written back per second of sys time; ` +
    `${accepted} of ${sets} parameter sets give it.`
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
