import type { CompressedStorage } from '../../model/zswap/storage.ts';

/** Objects and pages as the replay of zsmalloc has them: it runs beside, in the order of its own lock. */
export class RecordedStorage implements CompressedStorage {
  pages = 0;
  /** The object that the next allocation gets. */
  next = -1;

  allocate(): number {
    return this.next;
  }

  // The recorded zs_free takes the pages away, when it comes.
  free(): void {}

  clone(): RecordedStorage {
    const copy = new RecordedStorage();
    copy.pages = this.pages;
    copy.next = this.next;
    return copy;
  }
}
