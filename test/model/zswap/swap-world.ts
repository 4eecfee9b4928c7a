import { ZSWAP_ERAS, type ZswapEra, zswapEraById } from '../../../src/model/zswap/eras.ts';
import { invalidateSlot } from '../../../src/model/zswap/load.ts';
import { ZswapState } from '../../../src/model/zswap/state.ts';
import { CountingStorage } from '../../../src/model/zswap/storage.ts';
import type { Compressed, FolioToStore } from '../../../src/model/zswap/store.ts';
import { readFolio, writeOutFolio } from '../../../src/model/zswap/swap-layer.ts';
import { VswapTable } from '../../../src/model/zswap/vswap-table.ts';
import { lookAtHead, writeBack } from '../../../src/model/zswap/writeback.ts';

export const FINE: Compressed = { kind: 'compressed', bytes: 1000 };
export const LIST = { memcg: 0, node: 0 };

/** A zswap with nothing in it, and room for `maxPages` objects (each counts as a page). */
export function emptyZswap(
  options: {
    era?: ZswapEra['id'];
    vswap?: boolean;
    physicalSlots?: number;
    maxPages?: number;
    noWriteback?: boolean;
  } = {},
): ZswapState {
  const maxPages = options.maxPages ?? 1000;
  return new ZswapState(
    {
      era: zswapEraById(options.era ?? '6.18'),
      limit: { maxPages, acceptPages: Math.floor((maxPages * 90) / 100) },
      vswap: options.vswap ?? false,
      ...(options.physicalSlots === undefined ? {} : { physicalSlots: options.physicalSlots }),
      noWriteback: new Set(options.noWriteback ? [0] : []),
      memcgBytes: new Map(),
    },
    new CountingStorage(),
  );
}

export function folio(
  firstSlot: number,
  pages: readonly Compressed[],
  contents: readonly number[] = [],
): FolioToStore {
  return { firstSlot, pages, contents, memcg: 0, node: 0 };
}

export const ERA_IDS = ZSWAP_ERAS.map(({ id }) => id);

/**
 * The swap layer around zswap: what each page should hold, and where it is. Every read is compared with
 * what was written last.
 */
export class SwapWorld {
  readonly zswap: ZswapState;
  /** Version of each slot's page that was written last. */
  readonly truth = new Map<number, number>();
  /** Slots whose page is all zeros by now. */
  readonly zeros = new Set<number>();
  readonly cache = new Map<number, { version: number; dirty: boolean }>();
  /** Slots of the folio that each cached slot belongs to: pages read back are folios of their own. */
  readonly #folios = new Map<number, readonly number[]>();
  readonly disk = new Map<number, number>();

  constructor(zswap: ZswapState) {
    this.zswap = zswap;
  }

  /** A new folio, in the swap cache and not written out yet; nothing where a slot is in use. */
  add(firstSlot: number, pages: number): void {
    const slots = Array.from({ length: pages }, (_, page) => firstSlot + page);
    if (slots.some((slot) => this.truth.has(slot))) return;
    for (const slot of slots) {
      this.#write(slot, 1);
      this.#folios.set(slot, slots);
    }
  }

  /** The page is written to, where it is in memory. */
  dirty(slot: number): void {
    if (!this.cache.has(slot)) return;
    this.#write(slot, this.truth.get(slot)! + 1);
    this.zeros.delete(slot);
    // A folio is dirty as a whole: what zswap had of its other pages goes when a later store fails.
    for (const other of this.#folios.get(slot) ?? []) {
      const cached = this.cache.get(other);
      if (cached) this.cache.set(other, { ...cached, dirty: true });
    }
  }

  /** The page is cleared, where it is in memory. */
  clear(slot: number): void {
    this.dirty(slot);
    if (this.cache.has(slot)) this.zeros.add(slot);
  }

  #write(slot: number, version: number): void {
    this.truth.set(slot, version);
    this.cache.set(slot, { version, dirty: true });
  }

  /** Reclaim of the folio that a slot belongs to: out it goes, or it stays where nothing takes it. */
  reclaim(slot: number, options: { failsAt?: number; staysCached?: boolean } = {}): void {
    const slots = this.#folios.get(slot)?.filter((s) => this.cache.has(s)) ?? [];
    if (slots.length === 0) return;
    const contents = slots.map((s) => this.cache.get(s)!.version);
    if (slots.some((s) => this.cache.get(s)!.dirty)) {
      const pages = slots.map(() => FINE);
      const fails = options.failsAt !== undefined && options.failsAt >= 0;
      const failure = fails ? { failure: { page: options.failsAt!, at: 'object' as const } } : {};
      const isZero = slots.every((s) => this.zeros.has(s));
      const { to } = writeOutFolio(this.zswap, { ...folio(slots[0]!, pages, contents), ...failure }, isZero);
      if (to === 'memory') return;
      if (to === 'disk') for (const [page, s] of slots.entries()) this.disk.set(s, contents[page]!);
    }
    for (const [page, s] of slots.entries()) {
      if (options.staysCached) this.cache.set(s, { version: contents[page]!, dirty: false });
      else this.#drop(s);
    }
  }

  #drop(slot: number): void {
    this.cache.delete(slot);
    this.#folios.delete(slot);
  }

  /** A fault on a page. Returns what is wrong, null when it reads what was written last. */
  fault(slot: number): string | null {
    const expected = this.truth.get(slot);
    if (expected === undefined) return null;
    const cached = this.cache.get(slot);
    if (cached) return cached.version === expected ? null : `slot ${slot}: old data in the swap cache`;
    const read = readFolio(this.zswap, slot);
    if (read.from === 'zero' && !this.zeros.has(slot)) return `slot ${slot}: zeros are read`;
    const loaded = read.from === 'zswap' && read.load.kind === 'loaded' ? read.load : null;
    const version =
      read.from === 'zero' ? expected : loaded ? loaded.entry.content : (this.disk.get(slot) ?? -1);
    // A page whose entry is gone is nowhere else.
    this.cache.set(slot, { version, dirty: loaded?.freed ?? false });
    this.#folios.set(slot, [slot]);
    if (version === expected && read.from !== 'nowhere') return null;
    return `slot ${slot}: version ${version} from ${read.from}, ${expected} was written last`;
  }

  /** The process gives the page up. */
  free(slot: number): void {
    invalidateSlot(this.zswap, slot);
    // A folio that has lost a slot is split before it goes anywhere.
    for (const other of this.#folios.get(slot) ?? [])
      if (this.cache.has(other)) this.#folios.set(other, [other]);
    this.#drop(slot);
    this.disk.delete(slot);
    this.truth.delete(slot);
    this.zeros.delete(slot);
    this.zswap.zeroSlots.delete(slot);
  }

  /** What is kept and nobody can find any more, or is found twice; null without. */
  lost(): string | null {
    const { entries, index, lists, storage } = this.zswap;
    const known = new Set(index.pairs().map(([, id]) => id));
    for (const [id, { slot }] of entries)
      if (!known.has(id)) return `the entry of slot ${slot} is in no slot`;
    const objects = [...entries.values()].filter(({ handle }) => handle >= 0).length;
    if (storage.pages !== objects) return `${storage.pages} objects of ${objects} entries`;
    if (lists.length(LIST) > objects) return 'more on the list than there are entries';
    if (!(index instanceof VswapTable)) return null;
    const used = [...this.truth.keys()].filter((slot) => index.backing(slot) === 'physical').length;
    const left = (this.zswap.settings.physicalSlots ?? 0) - index.physicalLeft;
    return used === left ? null : `${left} places on the disk taken, ${used} known`;
  }

  /** The shrinker looks at one entry. */
  shrink(): void {
    const look = lookAtHead(this.zswap, LIST);
    if (look.kind !== 'victim') return;
    const cache = {
      has: (slot: number) => this.cache.has(slot),
      isUsed: (slot: number) => this.truth.has(slot),
    };
    const { entry } = writeBack(this.zswap, cache, look.entry, look.slot);
    if (entry) this.disk.set(entry.slot, entry.content);
  }
}
