import { mean, median, sampleStandardDeviation } from 'simple-statistics';
import type { RecordingSummary, Summary } from './summary.ts';

/** Functions whose medians chance within a recording moves less than this say nothing here. */
const LEAST_NOISE = 0.005;
/** Fewer functions (on each side) do not tell. */
const ENOUGH = 5;
/** Half of the deviations of a normal variable are less than this. */
const MIDDLE_DEVIATION = 0.674;

/**
 * How much of what blocks within a recording say about chance holds from recording to recording, 0 to 1:
 * recordings of the same work in the same order agree much better than resampled blocks do, and then blocks
 * say little of how well a median repeats. Told by how well the medians of all functions agree within the
 * sides; 1 where too little tells it.
 */
export function blockShare(before: Summary, after: Summary): number {
  const ratios = [before, after].flatMap(({ recordings }) => agreement(recordings));
  return ratios.length < ENOUGH ? 1 : Math.min(1, median(ratios) / MIDDLE_DEVIATION);
}

/** Scatter between a side's recordings over what blocks within them say, by function. */
function agreement(recordings: readonly RecordingSummary[]): number[] {
  if (recordings.length < 2) return [];
  const ratios: number[] = [];
  for (const name of Object.keys(recordings[0]!.functions)) {
    const found = recordings.map(({ functions }) =>
      Object.hasOwn(functions, name) ? functions[name]! : null,
    );
    const known = found.flatMap((figures) =>
      figures?.p50Ns && figures.noise.p50 !== null
        ? [{ log: Math.log(figures.p50Ns), noise: figures.noise.p50 }]
        : [],
    );
    if (known.length < recordings.length) continue;
    const noise = Math.sqrt(mean(known.map((figures) => figures.noise ** 2)));
    if (noise < LEAST_NOISE) continue;
    ratios.push(sampleStandardDeviation(known.map(({ log }) => log)) / noise);
  }
  return ratios;
}
