/** Some doubly linked lists over the numbers below a capacity; a number is on one list at most. */
export class IndexLists {
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #capacity: number;
  readonly #lengths: Int32Array;

  constructor(lists: number, capacity: number) {
    this.#capacity = capacity;
    this.#next = new Int32Array(capacity + lists).fill(-1);
    this.#previous = new Int32Array(capacity + lists).fill(-1);
    this.#lengths = new Int32Array(lists);
    for (let end = capacity; end < capacity + lists; end++) this.#next[end] = this.#previous[end] = end;
  }

  length(list: number): number {
    return this.#lengths[list]!;
  }

  has(item: number): boolean {
    return this.#next[item]! >= 0;
  }

  /** The oldest item of a list; -1 when it is empty. */
  head(list: number): number {
    const first = this.#next[this.#capacity + list]!;
    return first >= this.#capacity ? -1 : first;
  }

  append(list: number, item: number): void {
    const end = this.#capacity + list;
    const last = this.#previous[end]!;
    this.#next[last] = item;
    this.#previous[item] = last;
    this.#next[item] = end;
    this.#previous[end] = item;
    this.#lengths[list]!++;
  }

  remove(list: number, item: number): void {
    const next = this.#next[item]!;
    const previous = this.#previous[item]!;
    this.#next[previous] = next;
    this.#previous[next] = previous;
    this.#next[item] = this.#previous[item] = -1;
    this.#lengths[list]!--;
  }

  /** To the end of its list. */
  rotate(list: number, item: number): void {
    this.remove(list, item);
    this.append(list, item);
  }
}
