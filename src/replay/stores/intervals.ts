/** A set of times: added in any order, then closed. */
export class Intervals {
  #parts: [from: number, to: number][] = [];
  /** Length of all parts in front of each. */
  #before: number[] = [];

  /** Nothing for an interval that is empty or not known. */
  add(from: number, to: number): void {
    if (to > from) this.#parts.push([from, to]);
  }

  /** Ends the adding. */
  close(): void {
    const merged: [number, number][] = [];
    for (const [from, to] of this.#parts.sort((a, b) => a[0] - b[0])) {
      const last = merged.at(-1);
      if (last && from <= last[1]) last[1] = Math.max(last[1], to);
      else merged.push([from, to]);
    }
    this.#parts = merged;
    let sum = 0;
    this.#before = merged.map(([from, to]) => {
      const before = sum;
      sum += to - from;
      return before;
    });
  }

  /** How much of a stretch of time is in the set. */
  within(from: number, to: number): number {
    return this.#until(to) - this.#until(from);
  }

  #until(at: number): number {
    let [low, high] = [0, this.#parts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#parts[middle]![0] < at) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return 0;
    const [from, to] = this.#parts[low - 1]!;
    return this.#before[low - 1]! + Math.min(at, to) - from;
  }
}

/** One set for each key, made when it is asked for first. */
export class IntervalsByKey<Key> {
  readonly #sets = new Map<Key, Intervals>();

  of(key: Key): Intervals {
    let set = this.#sets.get(key);
    if (!set) {
      set = new Intervals();
      this.#sets.set(key, set);
    }
    return set;
  }

  /** Ends the adding. */
  close(): void {
    for (const set of this.#sets.values()) set.close();
  }
}
