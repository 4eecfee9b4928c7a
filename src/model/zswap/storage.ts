import type { HandleId, Pool } from '../zsmalloc/pool.ts';

/** Where compressed pages are kept. */
export interface CompressedStorage {
  /** Room for so many bytes; a handle, or -1 when there is none. */
  allocate(bytes: number): HandleId;
  free(handle: HandleId): void;
  /** Pages in use. */
  readonly pages: number;
  clone(): CompressedStorage;
}

/** Objects of a zsmalloc pool; emptied zspages are given back at once. */
export class ZsmallocStorage implements CompressedStorage {
  readonly pool: Pool;
  /** Handles given back, to be given out again. */
  readonly #spare: HandleId[];
  #handles: number;

  constructor(pool: Pool) {
    this.pool = pool;
    this.#spare = [];
    this.#handles = 0;
  }

  allocate(bytes: number): HandleId {
    const handle = this.#spare.pop() ?? this.#handles++;
    allocateAs(this.pool, handle, bytes);
    return handle;
  }

  free(handle: HandleId): void {
    freeOf(this.pool, handle);
    this.#spare.push(handle);
  }

  get pages(): number {
    return this.pool.pages;
  }

  clone(): ZsmallocStorage {
    const copy = new ZsmallocStorage(this.pool.clone());
    copy.#spare.push(...this.#spare);
    copy.#handles = this.#handles;
    return copy;
  }
}

/** zs_malloc for a handle that the caller chose. Returns the pages of a new zspage, 0 for none. */
export function allocateAs(pool: Pool, handle: HandleId, bytes: number): number {
  const sizeClass = pool.classFor(bytes);
  if (pool.allocateFromExisting(sizeClass, handle) >= 0) return 0;
  pool.allocateFromNew(sizeClass, handle);
  return pool.classes[sizeClass]!.pagesPerZspage;
}

/** zs_free of a handle whose zspage can be locked. Returns the pages given back. */
export function freeOf(pool: Pool, handle: HandleId): number {
  const emptied = pool.free(handle);
  return emptied < 0 ? 0 : pool.release(emptied);
}

/** Counts objects only, a page for each: for questions that sizes play no part in. */
export class CountingStorage implements CompressedStorage {
  #next = 0;
  #pages = 0;

  allocate(): HandleId {
    this.#pages++;
    return this.#next++;
  }

  free(): void {
    this.#pages--;
  }

  get pages(): number {
    return this.#pages;
  }

  clone(): CountingStorage {
    const copy = new CountingStorage();
    copy.#next = this.#next;
    copy.#pages = this.#pages;
    return copy;
  }
}
