import type { EntryId } from './slot-index.ts';

/** A list of entries: those of one memcg whose memory is on one node. */
export interface ListKey {
  readonly memcg: number;
  readonly node: number;
}

/**
 * Entries in the order in which the shrinker looks at them, by memcg and node: new ones at the tail. An
 * entry can be written back from when it is on its list: adding it there is what publishes it.
 */
export class EntryLists {
  /** A Set keeps the order in which its members were added. */
  readonly #lists = new Map<string, Set<EntryId>>();
  readonly #keys: ListKey[] = [];

  add(key: ListKey, entry: EntryId): void {
    const name = nameOf(key);
    let list = this.#lists.get(name);
    if (!list) {
      list = new Set();
      this.#lists.set(name, list);
      this.#keys.push({ memcg: key.memcg, node: key.node });
    }
    list.add(entry);
  }

  remove(key: ListKey, entry: EntryId): void {
    this.#lists.get(nameOf(key))?.delete(entry);
  }

  has(key: ListKey, entry: EntryId): boolean {
    return this.#lists.get(nameOf(key))?.has(entry) ?? false;
  }

  /** Moves an entry to the tail. */
  rotate(key: ListKey, entry: EntryId): void {
    const list = this.#lists.get(nameOf(key));
    if (list?.delete(entry)) list.add(entry);
  }

  /** The entry that the shrinker looks at next; -1 without one. */
  head(key: ListKey): EntryId {
    const first = this.#lists.get(nameOf(key))?.values().next();
    return first === undefined || first.done ? -1 : first.value;
  }

  length(key: ListKey): number {
    return this.#lists.get(nameOf(key))?.size ?? 0;
  }

  /** Lists that have had an entry, in the order in which they got their first. */
  keys(): readonly ListKey[] {
    return this.#keys;
  }

  /** Entries of a list, from the head. */
  entries(key: ListKey): readonly EntryId[] {
    return [...(this.#lists.get(nameOf(key)) ?? [])];
  }

  clone(): EntryLists {
    const copy = new EntryLists();
    for (const [name, list] of this.#lists) copy.#lists.set(name, new Set(list));
    copy.#keys.push(...this.#keys);
    return copy;
  }
}

function nameOf({ memcg, node }: ListKey): string {
  return `${memcg}/${node}`;
}
