import type { Pool, ZspageId } from './pool.ts';

const NONE = -1;

/**
 * zs_compact of 6.3 and newer (mm/zsmalloc.c, 6.12), one moved object at a time: classes from the
 * largest to the smallest; in each, objects move by rising index from the emptiest zspage to the
 * fullest until nothing more can be freed.
 */
export class Compaction {
  readonly #pool: Pool;
  #class: number;
  #source: ZspageId = NONE;
  #destination: ZspageId = NONE;
  #from = 0;
  /** The destination became full: the locks are let go once, and the class goes on. */
  #pausing = false;
  /** Pages given back so far. */
  pagesFreed = 0;
  readonly #onRelease: (zspage: ZspageId) => void;

  constructor(pool: Pool, onRelease: (zspage: ZspageId) => void = () => {}) {
    this.#pool = pool;
    this.#class = pool.classes.length - 1;
    this.#onRelease = onRelease;
  }

  /** Class worked on; -1 when all are done. */
  get sizeClass(): number {
    return this.#class;
  }

  /**
   * Moves one object of the present class, isolating zspages as needed; an emptied source is released
   * and a full destination put back at once, as the kernel does before it lets the locks go.
   * @returns what was moved, or null when the class has nothing more to move.
   */
  moveOne(): { readonly handle: number; readonly source: ZspageId; readonly destination: ZspageId } | null {
    const pool = this.#pool;
    if (this.#class < 0) return null;
    if (this.#source === NONE && !this.#choose()) return null;
    this.#pausing = false;
    const source = this.#source;
    const destination = this.#destination;
    const index = pool.allocatedObject(source, this.#from);
    const handle = pool.moveObject(source, index, destination);
    this.#from = index + 1;
    if (pool.inUse(source) === 0) this.#putBackSource();
    if (pool.isFull(destination)) {
      if (this.#source !== NONE) this.#putBackSource();
      pool.putBack(destination);
      this.#destination = NONE;
      this.#pausing = true;
    }
    return { handle, source, destination };
  }

  /** As {@link moveOne}, in the first class from the present one on that has something to move. */
  moveNext(): ReturnType<Compaction['moveOne']> {
    for (;;) {
      const moved = this.moveOne();
      if (moved || this.#class < 0) return moved;
      this.#nextClass();
    }
  }

  /**
   * The locks were let go: after a destination became full, because somebody waited, or because the
   * class is done.
   */
  unlocked(): void {
    if (this.#class < 0) return;
    if (this.#pausing) {
      this.#pausing = false;
      return;
    }
    const isDone = this.#source === NONE && !this.#choose();
    this.putBackAll();
    if (isDone) this.#class--;
  }

  /** The class that is worked on from now on. */
  goTo(sizeClass: number): void {
    if (sizeClass === this.#class) return;
    this.#nextClass();
    this.#class = sizeClass;
  }

  /** Isolated zspages go back to their lists. */
  putBackAll(): void {
    if (this.#source !== NONE) this.#putBackSource();
    if (this.#destination !== NONE) this.#pool.putBack(this.#destination);
    this.#destination = NONE;
  }

  #nextClass(): void {
    this.putBackAll();
    this.#pausing = false;
    this.#class--;
  }

  #choose(): boolean {
    const pool = this.#pool;
    if (pool.compactablePages(this.#class) === 0) return false;
    if (this.#destination === NONE) this.#destination = pool.isolate(this.#class, 'destination');
    if (this.#destination === NONE) return false;
    this.#source = pool.isolate(this.#class, 'source');
    this.#from = 0;
    return this.#source !== NONE;
  }

  #putBackSource(): void {
    const source = this.#source;
    this.#source = NONE;
    if (this.#pool.putBack(source) !== 0) return;
    this.pagesFreed += this.#pool.release(source);
    this.#onRelease(source);
  }
}
