import type { EntryId } from './slot-index.ts';
import type { Entry, ZswapState } from './state.ts';

/** Makes an entry that nobody else can see yet. */
export function allocateEntry(
  state: ZswapState,
  page: {
    readonly slot: number;
    readonly memcg: number;
    readonly node: number;
    readonly content: number;
    readonly isSameFilled?: boolean;
  },
): EntryId {
  const id = state.nextEntry++;
  const { slot, memcg, node, content, isSameFilled = false } = page;
  state.entries.set(id, {
    id,
    slot,
    memcg,
    node,
    content,
    isSameFilled,
    length: 0,
    handle: -1,
    referenced: true,
    holdsReferences: false,
  });
  return id;
}

/** Gives an entry of a failed store back: it was never in the tree. */
export function discardEntry(state: ZswapState, id: EntryId): void {
  const entry = entryOf(state, id);
  if (entry.holdsReferences) {
    if (!entry.isSameFilled) state.references.dropPool();
    state.references.dropMemcg(entry.memcg);
  }
  if (entry.handle >= 0) state.storage.free(entry.handle);
  state.entries.delete(id);
}

/** The entry's own references, and its memcg's charge. */
export function takeReferences(state: ZswapState, id: EntryId): void {
  holdReferences(state, id);
  chargeEntry(state, id);
}

/** The entry's own references of the pool and of its memcg. Pages of one word hold none of the pool. */
export function holdReferences(state: ZswapState, id: EntryId): void {
  const entry = entryOf(state, id);
  if (entry.holdsReferences) return;
  if (!entry.isSameFilled) state.references.takePool();
  state.references.takeMemcg(entry.memcg);
  entry.holdsReferences = true;
}

/** As {@link holdReferences}, of those of the pool that were taken ahead for all entries of a batch. */
export function useReferenceTakenAhead(state: ZswapState, id: EntryId): void {
  const entry = entryOf(state, id);
  state.references.ahead--;
  state.references.takeMemcg(entry.memcg);
  entry.holdsReferences = true;
}

/** The memcg is charged for the entry, and the entry counts as stored. */
export function chargeEntry(state: ZswapState, id: EntryId): void {
  const { memcg, length } = entryOf(state, id);
  state.references.charge(memcg, length);
  state.storedPages++;
}

/** Puts the entry at the tail of its list: from now on the shrinker can write it back. */
export function publishEntry(state: ZswapState, id: EntryId): void {
  const entry = entryOf(state, id);
  if (state.era.lru === 'memcg and node' && entry.handle >= 0) state.lists.add(entry, id);
}

/**
 * zswap_entry_free: off its list, its object freed, references dropped. The entry is in no tree any more.
 */
export function freeEntry(state: ZswapState, id: EntryId): Entry {
  const entry = entryOf(state, id);
  const { references } = state;
  state.lists.remove(entry, id);
  if (entry.handle >= 0) {
    if (references.poolDestroyed) references.faults.push('an object of a destroyed pool is freed');
    state.storage.free(entry.handle);
    if (!entry.holdsReferences)
      references.faults.push(`slot ${entry.slot}: a reference of the pool is dropped that was never taken`);
    references.dropPool();
  }
  references.uncharge(entry.memcg, entry.length);
  references.dropMemcg(entry.memcg);
  state.entries.delete(id);
  state.storedPages--;
  return entry;
}

/** @throws {RangeError} for an entry that was freed: a use after free. */
export function entryOf(state: ZswapState, id: EntryId): Entry {
  const entry = state.entries.get(id);
  if (!entry) throw new RangeError(`entry ${id} is not there any more`);
  return entry;
}
