import type { DesignPrediction, Interval, Unit, WhatIfResult } from '../replay/result.ts';
import { bytesText, countText, durationText, shareText } from './quantities.ts';

/** Changes of the whole smaller than this are called no difference. */
const NOTICEABLE = 0.005;

export type Outcome = 'faster' | 'slower' | 'no clear difference' | 'no difference';

/** What a design does to the whole, as far as the runs agree on it. */
export function outcomeOf({ speedup: { value, lo, hi } }: DesignPrediction): Outcome {
  if (lo > 1 && value > 1 + NOTICEABLE) return 'faster';
  if (hi < 1 && value < 1 - NOTICEABLE) return 'slower';
  return lo > 1 - NOTICEABLE && hi < 1 + NOTICEABLE ? 'no difference' : 'no clear difference';
}

/** `180.4ms (178.8ms to 198.8ms)`; one value where the ends are equal. */
export function spanText(i: Interval, text: (value: number) => string): string {
  const [value, lo, hi] = [text(i.value), text(i.lo), text(i.hi)];
  return lo === hi ? value : `${value} (${lo} to ${hi})`;
}

export function factorText(value: number): string {
  return `${value.toFixed(value < 10 ? 3 : 1)}x`;
}

/** A duration that may be negative. */
export function signedText(ns: number): string {
  return ns < 0 ? `-${durationText(-ns)}` : durationText(ns);
}

/** A gain, or a loss where it surely is one: `saves 1.2ms (0.9ms to 1.5ms)`. */
export function gainText(i: Interval, gain: string, loss: string): string {
  if (i.hi >= 0) return `${gain} ${spanText(i, signedText)}`;
  return `${loss} ${spanText({ value: -i.value, lo: -i.hi, hi: -i.lo }, signedText)}`;
}

/** Whether the model can be believed, in one sentence: it comes before all predictions. */
export function verdictSentence({ validation }: WhatIfResult): string {
  const { verdict, reasons, comparisons } = validation;
  const why = reasons.join('; ');
  if (verdict === 'does-not-fit') return `DOES NOT FIT: do not trust what follows. ${sentence(why)}`;
  if (verdict === 'cannot-be-judged')
    return `The model cannot be judged by this recording: ${why}. Take what follows for a guess.`;
  const told = comparisons.map((c) => {
    const text = (value: number) => (c.unit === 'count' ? String(Math.round(value)) : durationText(value));
    return `${c.name}: ${text(c.recorded)} recorded, ${text(c.modelled.value)} modelled`;
  });
  // The whole, and whichever comes nearest to what the designs change: the waiting.
  const shown = told.filter((_, k) => {
    const { name, recorded, modelled } = comparisons[k]!;
    return k === 0 || (name.endsWith('waiting') && recorded + modelled.value > 0);
  });
  return `The model reproduces this recording: ${shown.join('; ')}.${why === '' ? '' : ` ${sentence(why)}`}`;
}

/** What the designs do to the whole, the best first, and which ones do not fit the kernel. */
export function answerSentences(result: WhatIfResult): string[] {
  return [...gainSentences(result), ...leftOutSentences(result.leftOut)];
}

/** Designs that are not replayed, each with the reason. */
export function leftOutSentences(leftOut: WhatIfResult['leftOut']): string[] {
  return leftOut.map(({ id, why }) => `Left out: ${id}: ${why}.`);
}

function gainSentences(result: WhatIfResult): string[] {
  const { designs, runs } = result;
  if (designs.length === 0) return ['No design was asked for (--design): this is the base alone.'];
  const ranked = [...designs].sort((a, b) => b.speedup.value - a.speedup.value);
  const best = ranked[0]!;
  const factors = ({ speedup: { value, lo, hi }, pFaster }: DesignPrediction) =>
    `${spanText({ value, lo, hi }, factorText)} over the whole, faster in ${inRuns(pFaster, runs)} of ${countText(runs, 'run')}`;
  const moved = workMoved(best);
  const isGain = outcomeOf(best) === 'faster';
  if (designs.length === 1) {
    const instead = isGain ? '' : freesAlone(result);
    return [`${best.id}: ${outcomeOf(best)}, ${factors(best)}.${moved}${instead}`];
  }
  const first = isGain
    ? `Of ${designs.length} designs ${best.id} gains most: ${factors(best)}.${moved}`
    : `None of ${designs.length} designs is surely faster.${freesAlone(result)}`;
  const others = isGain ? ranked.slice(1) : ranked;
  const groups = (['faster', 'no clear difference', 'no difference', 'slower'] as const).flatMap(
    (outcome) => {
      const ids = others.filter((design) => outcomeOf(design) === outcome).map(({ id }) => id);
      const heading = outcome === 'faster' ? 'also faster' : outcome;
      return ids.length === 0 ? [] : [sentence(`${heading}: ${ids.join(', ')}`)];
    },
  );
  return [first, ...(groups.length === 0 ? [] : [groups.join(' ')])];
}

/** Where the whole does not change: whether a free alone does. */
function freesAlone({ baseline, designs }: WhatIfResult): string {
  const mean = ({ latency }: DesignPrediction) => latency.meanNs;
  const best = designs.reduce((least, design) => (mean(design) < mean(least) ? design : least));
  if (mean(best) > mean(baseline) * (1 - 2 * NOTICEABLE)) return '';
  return ` A free takes ${durationText(mean(best))} on average with ${best.id}, ${durationText(mean(baseline))} in the base.`;
}

/** The price of a gain: work that is done elsewhere now, or not at all. */
function workMoved({ cpuLedgerNs: { moved, left, removed }, strandedBytes }: DesignPrediction): string {
  if (moved.value <= 0 && left.value <= 0) return '';
  const parts = [
    `moves ${durationText(moved.value)} of CPU work to a worker`,
    ...(removed.hi < 0 ? [`adds ${durationText(-removed.value)}`] : []),
    ...(left.value > 0
      ? [`leaves ${durationText(left.value)} undone (${bytesText(strandedBytes.typical)} stay in buffers)`]
      : []),
  ];
  const last = parts.pop()!;
  return ` It ${parts.length > 0 ? `${parts.join(', ')} and ${last}` : last}.`;
}

/** What world the times are of. */
export function worldSentence({ world, platform }: WhatIfResult): string {
  if (platform?.basis === 'published')
    return `Times are those of ${platform.title}, not of the machine that was recorded, and of no tracer.`;
  return world === 'traced'
    ? "Times are of a traced kernel: the tracer's cost is in all of them, and stretches holds. --untraced takes its estimate out."
    : "The tracer's estimated cost is taken out, by shares that the runs vary.";
}

/** What intervals are made of. */
export function intervalsSentence({ runs, ensemble, platform }: WhatIfResult): string {
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

/** When a share of the pages was back: `at 99.42ms`, or `never`. */
export function returnText(ns: number | null): string {
  return ns === null ? 'never' : `at ${durationText(ns)}`;
}

function inRuns(share: number, runs: number): string {
  const count = Math.round(share * runs);
  return count === runs ? 'all' : count === 0 ? 'none' : String(count);
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

/** A name short enough for a chart: its beginning and its end. */
export function clipName(name: string): string {
  return name.length <= 38 ? name : `${name.slice(0, 20)}..${name.slice(-16)}`;
}

/** A parameter's value: a duration, a share, or a number. */
export function quantityText(value: number, unit: Unit): string {
  if (unit === 'count') return String(Math.round(value));
  return unit === 'ns' ? durationText(value) : shareText(value);
}

/** What a recording does not tell, and what would, as two sentences. */
export function unknownText({ what, shownBy }: WhatIfResult['notIdentifiable'][number]): string {
  const bare = (text: string) => text.replace(/\.$/, '');
  return `${bare(what)}. It would be shown by: ${bare(shownBy)}.`;
}
