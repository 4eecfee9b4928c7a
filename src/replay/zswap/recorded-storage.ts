import type { CompressedStorage } from '../../model/zswap/storage.ts';

/** Objects that no recording shows get numbers from here on. */
const MADE_UP = 2 ** 40;

/** An object of which the recording shows neither handle nor size. */
export function isMadeUp(handle: number): boolean {
  return handle >= MADE_UP;
}

/** Objects and pages as the replay of zsmalloc has them: it runs beside, in the order of its own lock. */
export class RecordedStorage implements CompressedStorage {
  pages = 0;
  /** The object that the next allocation gets; -1: not known. */
  next = -1;
  #madeUp = MADE_UP;

  allocate(): number {
    return this.next < 0 ? this.#madeUp++ : this.next;
  }

  // The recorded zs_free takes the pages away, when it comes.
  free(): void {}

  clone(): RecordedStorage {
    const copy = new RecordedStorage();
    copy.pages = this.pages;
    copy.next = this.next;
    copy.#madeUp = this.#madeUp;
    return copy;
  }
}
