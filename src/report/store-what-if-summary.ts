import type { Interval } from '../replay/interval.ts';
import type { StoreWhatIfResult } from '../replay/stores/result.ts';
import type { StorePrediction } from '../replay/stores/store-summary.ts';
import type { StoreGroup } from '../replay/stores/store-workload.ts';
import type { SweptCase } from '../replay/stores/sweep.ts';
import { countText, durationText, shareText } from './quantities.ts';
import { sweepPlaces } from './store-sweep.ts';
import { leftOutSentences } from './what-if-summary.ts';

/** Sentences and names that text and page share. */

/** Whether to believe it. */
export function storeVerdict({ validation, codec }: StoreWhatIfResult): string {
  const fits =
    validation.verdict === 'fits'
      ? 'The model fits the recording.'
      : `The model does not fit the recording: ${validation.reasons.join('; ')}.`;
  return codec === null ? fits : `${fits} That is with the recorded codec, not with ${codec.id}.`;
}

/** The answer, a sentence for each design; with several combinations, where it gains least and most. */
export function storeAnswers({ designs, leftOut, sizes, sweep }: StoreWhatIfResult): readonly string[] {
  return [
    ...(sweep === null ? [] : sweptAnswers(sweep)),
    ...(sweep === null ? designs : []).map((design) => {
      const { id, storeSpeedup, speedup, loadSpeedup, writebackSpeedup, fasterShare } = design;
      const others = [
        ['loads', loadSpeedup],
        ['writebacks', writebackSpeedup],
      ] as const;
      const changed = others.flatMap(([what, factor]) =>
        factor !== null && Math.abs(factor.value - 1) >= 0.005 ? [`${what} ${timesText(factor)}`] : [],
      );
      const isSame = storeSpeedup.lo === 1 && storeSpeedup.hi === 1;
      const parts = [`stores ${timesText(storeSpeedup)}`, ...changed, `the whole run ${timesText(speedup)}`];
      const often = isSame ? '' : `; stores faster in ${shareText(fasterShare)} of the runs`;
      return `${id}: ${parts.join(', ')} as fast as the base${often}.`;
    }),
    ...leftOutSentences(leftOut),
    ...(sizes.doesNotCompress
      ? [
          `Of ${sizes.from} ${shareText(sizes.doesNotCompress)} do not get below a page: zswap refuses them, or keeps them as they are from 6.18 on.`,
        ]
      : []),
  ];
}

function sweptAnswers(sweep: readonly SweptCase[]): readonly string[] {
  const ids = sweep[0]!.figures.slice(1).map(({ id }) => id);
  const of = (id: string) =>
    sweep
      .flatMap((one) =>
        one.figures.filter((figures) => figures.id === id).map((figures) => ({ one, figures })),
      )
      .toSorted((a, b) => a.figures.storeSpeedup.value - b.figures.storeSpeedup.value);
  const places = sweepPlaces(sweep);
  return [
    ...ids.map((id) => {
      const list = of(id);
      const [least, most] = [list[0]!, list.at(-1)!];
      const text = ({ one, figures }: typeof least) =>
        `${timesText(figures.storeSpeedup)} with ${places(one)}`;
      return `${id}: stores ${text(least)}, up to ${text(most)} as fast as the base of the same combination.`;
    }),
    `What is told in detail is of the first of ${sweep.length} combinations: ${places(sweep[0]!)}.`,
  ];
}

/** Kernel, codec and machine that are replayed. */
export function storeWorld(result: StoreWhatIfResult): readonly string[] {
  const { kernel, tasks, cpus, runs, folioPages, codec, iaa, sizes, otherSteps } = result;
  const world = result.tracer ? 'untraced' : 'traced';
  const folios = folioPages > 1 ? `, pages stored as folios of ${folioPages} (made up)` : '';
  const lines = [
    `zswap ${kernel.zswap} on zsmalloc ${kernel.zsmalloc} (${kernel.basis}); ${countText(tasks, 'task')} on ${countText(cpus, 'CPU')}${folios}; ${countText(runs, 'run')}, the middle 90 % of them behind each figure.`,
  ];
  if (codec === null) lines.push(`Codec as recorded; times of the ${world} kernel.`);
  else {
    // Of a device the lowest is a page's share of a full batch.
    const time = ({ low, middle, high }: typeof codec.compressNs) =>
      iaa
        ? `${durationText(middle)} (${durationText(low)} in a batch of 8)`
        : `${durationText(middle)} (${durationText(low)} to ${durationText(high)})`;
    lines.push(
      `Codec ${codec.id} in base and designs${codec.isChosenByDesign ? ', because a design needs it' : ''}: a page alone takes ${time(codec.compressNs)} to compress, ${time(codec.decompressNs)} to decompress on ${codec.platform} (${codec.basis}). Other steps: times of the ${world} kernel${otherSteps === 1 ? '' : ` times ${otherSteps} (assumed)`}.`,
    );
  }
  if (result.tracer) {
    const { share, storeNs, basis: from } = result.tracer;
    lines.push(
      `Tracer taken out: ${share.value.toFixed(2)} times its estimated cost (${share.lo.toFixed(2)} to ${share.hi.toFixed(2)}, ${from}); a zswap_store without waits then takes ${durationText(storeNs.untraced)} instead of ${durationText(storeNs.traced)}.`,
    );
  }
  if (iaa)
    lines.push(
      `IAA: ${countText(iaa.packages, 'package')} with ${countText(iaa.devices, 'device')} of ${countText(iaa.engines, 'engine')}, ${countText(iaa.queueEntries, 'queue entry', 'queue entries')} each; ${iaa.completion.kind === 'poll' ? 'polling' : `interrupts, ${durationText(iaa.completion.wakeNs)} to the task`}; verify ${iaa.verify ? 'on' : 'off'}.`,
    );
  lines.push(
    sizes.meanBytes === null
      ? `Sizes are not recorded: ${countText(sizes.objects, 'object')}.`
      : `Sizes from ${sizes.from}: ${countText(sizes.objects, 'object')} of ${Math.round(sizes.meanBytes)} bytes on the average${sizes.poolPages === null ? '' : `, ${countText(sizes.poolPages, 'page')} of pool at most`}.`,
  );
  return lines;
}

/** A factor that runs of an ensemble gave. */
export function timesText({ value, lo, hi }: Interval): string {
  return `${value.toFixed(3)} times (${lo.toFixed(3)} to ${hi.toFixed(3)})`;
}

/** `zswap_store (16 pages)`, `zswap_load (up to 8 taken together)`. */
export function groupName({ path, pages, members }: StoreGroup): string {
  if (members > 1) return `${path} (up to ${members} together)`;
  return pages > 1 ? `${path} (${pages} pages)` : path;
}

/** What the engines did: `3.1 % busy, a descriptor waits 12ns`. */
export function iaaText({ iaa }: Pick<StorePrediction, 'iaa'>): string {
  if (iaa === null) return '-';
  const full = iaa.queueFullNs.hi > 0 ? `, queues full for ${durationText(iaa.queueFullNs.value)}` : '';
  return `engines ${shareText(iaa.utilisation.value)} busy, ${countText(iaa.devicesUsed, 'device')} used, a descriptor waits ${durationText(iaa.waitNs.value)}${full}; CPUs wait ${durationText(iaa.collectNs.value)}`;
}
