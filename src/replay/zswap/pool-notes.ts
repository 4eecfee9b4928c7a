import type { PoolTimeline } from './pool-timeline.ts';
import type { RecordedZswap } from './recorded.ts';

/**
 * What a replay could not judge of the pool's limit and of writebacks, and why.
 * @param otherCauses Folios refused at once where the model has room, and the cause is not traced.
 * @param atSwapCache Writebacks that failed and left an entry that the model has.
 * @param differences Differences between model and recording that were found.
 */
export function poolNotes(
  { unknown, basis }: PoolTimeline,
  { stores, writebacks }: RecordedZswap,
  otherCauses: number,
  atSwapCache: number,
  differences: number,
): string[] {
  const notes: string[] = [];
  if (unknown !== null) notes.push(`The pool's limit is not judged: ${unknown}.`);
  else if (basis === 'calls')
    notes.push("The pool's pages are those that zs_malloc and zs_free were seen to take and give back.");
  if (stores.some(({ isInferred }) => isInferred))
    notes.push(
      "Folios of which nothing was compressed are taken to be refused for the pool's limit: the look at its size is not traced.",
    );
  if (otherCauses > 0)
    notes.push(
      `${otherCauses} of them were refused while the model's pool had room, for a cause that is not traced (a memcg's limit, memory) or in a race: not judged.`,
    );
  const refused = stores.filter(({ refusedForLimit }) => refusedForLimit).length;
  if (atSwapCache > 0)
    notes.push(
      `Writebacks that ended at the swap cache, which recordings do not show (-EEXIST, or -ENOMEM while the slot was being read): ${atSwapCache}, taken as recorded.`,
    );
  if (differences > 0 && refused > 0 && writebacks.length === 0)
    notes.push(
      'The limit was met and no writeback is recorded. Where some are not traced, entries go that the model keeps: record zswap_writeback_entry, and shrink_memcg_cb, into which compilers inline it (seen from 6.17 on).',
    );
  return notes;
}
