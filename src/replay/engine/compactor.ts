import type { Pool } from '../../model/zsmalloc/pool.ts';
import { ConditionBit } from './program.ts';
import { NONE, type Scheduler } from './scheduler.ts';

/**
 * What compaction does to the pool, one source zspage at a time (__zs_compact of 6.12): objects go from
 * the emptiest zspage to the fullest by rising index, until the source is empty or the destination full.
 * Only one thread compacts at a time, so there is one destination.
 */
export class Compactor {
  readonly #pool: Pool;
  readonly #threads: Scheduler;
  #destination = NONE;
  objectsMoved = 0;
  pagesFreed = 0;

  constructor(pool: Pool, threads: Scheduler) {
    this.#pool = pool;
    this.#threads = threads;
  }

  /** Moves what fits of one zspage; tells the thread what became of it. Locks are the caller's. */
  round(thread: number, sizeClass: number): void {
    const { conditions, zspage, pages, objects } = this.#threads;
    const pool = this.#pool;
    objects[thread] = 0;
    pages[thread] = 0;
    conditions[thread] = 0;
    const source = this.#choose(sizeClass);
    if (source === NONE) {
      this.putBack();
      return;
    }
    const moved = pool.moveObjects(source, this.#destination);
    objects[thread] = moved;
    this.objectsMoved += moved;
    conditions[thread] = 1 << ConditionBit.MoreToMove;
    if (pool.putBack(source) === 0) {
      zspage[thread] = source;
      const freed = pool.classes[sizeClass]!.pagesPerZspage;
      pages[thread] = freed;
      this.pagesFreed += freed;
      conditions[thread]! |= 1 << ConditionBit.ZspageEmpty;
    }
    if (pool.isFull(this.#destination)) conditions[thread]! |= 1 << ConditionBit.LetsGo;
  }

  /** The next source, with a destination to go with it; -1 when nothing can be gained. */
  #choose(sizeClass: number): number {
    const pool = this.#pool;
    if (pool.compactablePages(sizeClass) === 0) return NONE;
    if (this.#destination === NONE) this.#destination = pool.isolate(sizeClass, 'destination');
    return this.#destination === NONE ? NONE : pool.isolate(sizeClass, 'source');
  }

  /** The destination goes back to its list before the locks are let go. */
  putBack(): void {
    if (this.#destination !== NONE) this.#pool.putBack(this.#destination);
    this.#destination = NONE;
  }
}
