import type { AnalysisResult } from '../../analysis/result.ts';
import { countText, durationText, shareText } from '../quantities.ts';
import { wrap } from './layout.ts';

/** The tracer's cost and what the estimate rests on; nothing where no call has a duration of the tracer. */
export function overheadLines({ overhead: o, functions }: AnalysisResult): string[] {
  const timed = functions.some((row) => row.calls > row.pairCalls && row.totalNs !== null);
  if (!timed) {
    if (!functions.some((row) => row.pairCalls > 0)) return [];
    return wrap('not known: durations from event to event contain the cost of the events themselves', '');
  }
  if (o.insideNs === null || o.outsideNs === null) return wrap(`not known: ${o.basis}`, '');
  const lines = wrap(
    `~${durationText(o.insideNs)} within each traced call's duration, ~${durationText(o.outsideNs)} more in its ` +
      `caller's; ${countText(o.tracedCalls, 'traced call')}, ~${durationText(o.totalNs)} in all` +
      (o.shareOfOutermost === null ? '' : `, ~${shareText(o.shareOfOutermost)} of the outermost calls`) +
      '.',
    '',
  );
  lines.push(...wrap(`From ${o.basis}.`, ''));
  const note = o.subtracted
    ? 'Taken out of every duration above: what is left is an estimate.'
    : 'No bounds: the work of the quickest functions is in it, what the tracer does to slower ones (caches, emulation) is not. ' +
      'Holds are stretched by the calls traced under the lock. ' +
      '--subtract-overhead takes them out.';
  lines.push(...wrap(note, ''));
  return lines;
}
