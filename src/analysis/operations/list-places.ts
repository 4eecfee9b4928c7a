/**
 * When entries get onto their list: behind the first lock call of list_lru_add, since its end may come late (an
 * interrupt). What follows the lock call in the task is done with the lock held.
 */
export class ListPlaces {
  /** By stack: the call of list_lru_add whose lock call was the task's last row. */
  readonly #waiting = new Map<number, number>();
  /** By call of list_lru_add. */
  readonly #places = new Map<number, number>();

  /** A lock is taken in a call of list_lru_add. */
  locked(stack: number, call: number): void {
    if (!this.#places.has(call)) this.#waiting.set(stack, call);
  }

  /** The next row of a task. */
  next(stack: number, at: number): void {
    const call = this.#waiting.get(stack);
    if (call === undefined) return;
    this.#waiting.delete(stack);
    this.#places.set(call, at - 0.5);
  }

  /** Place of a call that has ended at `at`. */
  take(call: number, at: number): number {
    const place = this.#places.get(call);
    this.#places.delete(call);
    return place ?? at;
  }

  clear(): void {
    this.#waiting.clear();
    this.#places.clear();
  }
}
