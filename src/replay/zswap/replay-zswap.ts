import type { CompactionStep, OperationTable } from '../../trace/operations.ts';
import { replayStructure } from '../structure.ts';
import { RecordedZswap } from './recorded.ts';
import type { ZswapReplayOptions, ZswapReport } from './result.ts';
import { ZswapReplay } from './structure.ts';

/**
 * Replays the zswap operations of a recording in the order of their locks, and compares each outcome with
 * what is shown. The model gets slots, the bytes of each compressed page, and which pages the compressor
 * refused; which entries exist, which are freed, what is refused for the limit and what is written back
 * is its own. Null when the recording has no such operation.
 */
export function replayZswap(
  ops: OperationTable,
  compaction: readonly CompactionStep[],
  options: ZswapReplayOptions,
): ZswapReport | null {
  const recorded = new RecordedZswap(ops, options.era);
  if (recorded.isEmpty) return null;
  const { outcome } = replayStructure(ops, compaction, options.geometry, options.fullness);
  return new ZswapReplay(ops, recorded, outcome.pages, options).run();
}
