/** Numbers of slots that no device has: for folios whose pages have none side by side. */
const MADE_UP = 2 ** 48;

/** A folio's place in the model. */
interface Place {
  readonly firstSlot: number;
  /** Where its slots were before: what is there is stale. */
  readonly older: readonly number[];
}

/**
 * Slots of the model: the recorded ones; a folio whose pages have no neighbouring slots, or none that is known, gets some of
 * its own, by which its pages are found again.
 */
export class SlotNumbers {
  /** Model slot by recorded slot, for all that were stored. */
  readonly #of = new Map<number, number>();
  readonly #original = new Map<number, number>();
  #next = MADE_UP;

  place(recorded: readonly number[]): Place {
    const [first = -1] = recorded;
    const areNeighbours = first >= 0 && recorded.every((slot, k) => slot === first + k);
    const firstSlot = areNeighbours ? first : this.#next;
    if (!areNeighbours) this.#next += recorded.length;
    const older: number[] = [];
    recorded.forEach((slot, k) => {
      if (slot < 0) return;
      const now = firstSlot + k;
      const before = this.#of.get(slot);
      if (before !== undefined && before !== now) older.push(before);
      this.#of.set(slot, now);
      this.#original.set(now, slot);
    });
    return { firstSlot, older };
  }

  /** Where a recorded slot is in the model; null when it was never stored. */
  find(recorded: number): number | null {
    return this.#of.get(recorded) ?? null;
  }

  /** The recorded slot of one of the model; -1 without one. */
  original(slot: number): number {
    return this.#original.get(slot) ?? -1;
  }
}
