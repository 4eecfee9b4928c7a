import type { DesignPrediction, WhatIfResult } from '../replay/result.ts';
import { countText, durationText } from './quantities.ts';
import { wrap } from './text/layout.ts';

/** What compaction does to the frees beside it: the writer of the pool's lock, readers behind it. */
export function compactionLines(
  { baseline, designs }: WhatIfResult,
  { source, without }: NonNullable<WhatIfResult['compaction']>,
): string[] {
  return [
    'Compaction beside the frees: the writer, and the readers behind it',
    ...wrap(
      `${source}. The lock is fair: a reader waits when a writer holds it, and also when one only waits in front for earlier readers to leave.`,
      '',
    ),
    ...designLines({ ...without, id: 'base, without compaction' }),
    ...[baseline, ...designs].flatMap(designLines),
    ...wrap(
      'Calls, moves and readers are those of the first run, which has the recorded times as they were; waiting for class->lock is the median of the runs.',
      '',
    ),
  ];
}

function designLines({ id, latency, compaction, cpuWorkNs, lockWaitNs }: DesignPrediction): string[] {
  const line = (name: string, text: string) => wrap(text, ' '.repeat(12), `  ${name.padEnd(12)}`);
  const free = line(
    'a free',
    `p50 ${durationText(latency.p50Ns)}  p99 ${durationText(latency.p99Ns)}  max ${durationText(latency.maxNs)}`,
  );
  if (compaction === null) return [id, ...free];
  const { calls, objectsMoved, pagesFreed, readersBehindHolder, readersBehindQueue } = compaction;
  const waited = readersBehindHolder + readersBehindQueue > 0;
  const classWait = lockWaitNs['class->lock'];
  const ofCompaction = compaction.waits['class->lock'];
  return [
    id,
    ...line(
      'compaction',
      `${calls} calls, ${objectsMoved} objects moved, ${pagesFreed} pages freed, CPU ${durationText(cpuWorkNs.compaction)}`,
    ),
    ...line(
      'readers',
      waited
        ? `${readersBehindHolder} waited behind a holding writer, ${readersBehindQueue} behind a queued one: ${durationText(compaction.readersWaitNs)}, longest ${durationText(compaction.readersLongestNs)}`
        : 'none waited',
    ),
    ...(classWait && ofCompaction
      ? line(
          'class->lock',
          `${durationText(classWait.value)} of waiting, of compaction ${durationText(ofCompaction.waitNs)} in ${countText(Math.round(ofCompaction.contended), 'wait')}`,
        )
      : []),
    ...free,
  ];
}
