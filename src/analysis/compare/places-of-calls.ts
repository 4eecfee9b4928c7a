/** Slices that are kept at most: neighbours become one when there are more. */
const MOST_SLICES = 512;
/** A recording is looked at in so many parts of equally many calls. */
const PARTS = 64;

/**
 * Where in a recording the calls of one function stand. A function that is called in two bursts has two
 * samples of what it does, however many calls are in them.
 */
export class PlacesOfCalls {
  #width = 1;
  #slices = new Map<number, number>();

  /** @param place Number of the call among all of the recording; never less than the last one. */
  add(place: number): void {
    const slice = Math.floor(place / this.#width);
    this.#slices.set(slice, (this.#slices.get(slice) ?? 0) + 1);
    while (this.#slices.size > MOST_SLICES) {
      this.#width *= 2;
      const wider = new Map<number, number>();
      for (const [at, count] of this.#slices) {
        const half = Math.floor(at / 2);
        wider.set(half, (wider.get(half) ?? 0) + count);
      }
      this.#slices = wider;
    }
  }

  /**
   * Over how many of 64 parts of the recording the calls are spread: as many parts with equally many calls
   * would vary as much (Kish's effective number).
   * @param total Calls of all functions in the recording.
   */
  spread(total: number): number {
    const parts = new Map<number, number>();
    const width = Math.max(1, total / PARTS);
    for (const [slice, count] of this.#slices) {
      const part = Math.floor((slice * this.#width) / width);
      parts.set(part, (parts.get(part) ?? 0) + count);
    }
    let [sum, squares] = [0, 0];
    for (const count of parts.values()) {
      sum += count;
      squares += count * count;
    }
    return squares > 0 ? (sum * sum) / squares : 0;
  }
}
