import type { HandleId } from '../../../model/zsmalloc/pool.ts';
import { ZsmallocStorage } from '../../../model/zswap/storage.ts';

/** What an allocation or a free did to the pool. */
export interface PoolChange {
  readonly sizeClass: number;
  /** Pages of the zspage that it made or emptied. */
  readonly zspagePages: number;
}

/** Objects of a zsmalloc pool, and what each of the last operation's allocations and frees did to it. */
export class FateStorage extends ZsmallocStorage {
  readonly #classOf = new Map<HandleId, number>();
  made: PoolChange[] = [];
  released: PoolChange[] = [];
  /** Pages that the pool held at most, objects made in it and their bytes. */
  most = 0;
  objects = 0;
  bytes = 0;

  /** An operation begins. */
  begin(): void {
    this.made = [];
    this.released = [];
  }

  override allocate(bytes: number): HandleId {
    const before = this.pages;
    const handle = super.allocate(bytes);
    const sizeClass = this.pool.classFor(bytes);
    this.#classOf.set(handle, sizeClass);
    this.made.push({ sizeClass, zspagePages: this.pages - before });
    this.most = Math.max(this.most, this.pages);
    this.objects++;
    this.bytes += bytes;
    return handle;
  }

  override free(handle: HandleId): void {
    const before = this.pages;
    super.free(handle);
    this.released.push({ sizeClass: this.#classOf.get(handle)!, zspagePages: before - this.pages });
  }
}
