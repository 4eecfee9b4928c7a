import { REMOTE_ENTRY } from '../../../model/designs/remote-entries.ts';
import { ZSWAP_PATHS } from '../../../model/kernels/zswap.ts';
import { invalidateSlot, loadPage } from '../../../model/zswap/load.ts';
import { type Entry, ZswapState } from '../../../model/zswap/state.ts';
import { type Rejection, storeFolio } from '../../../model/zswap/store.ts';
import { FAILURE_CAUSES } from '../failed-folios.ts';
import type { Page, Row } from '../recorded-rows.ts';
import { FateStorage } from './fate-storage.ts';
import { NodePlaces } from './nodes.ts';
import type { Refused, StoreFates } from './result.ts';
import { ShrinkClock, writeOneBack } from './shrinking.ts';
import { SlotNumbers } from './slot-numbers.ts';
import type { Decided, FateWorld, TimedCall } from './world.ts';

const NOTHING = { sizeClass: 0, zspagePages: 0 } as const;

/**
 * Runs operations through zswap's rules in the order in which they began, one after the other: what is stored, refused,
 * found and written back follows from the sizes, the limit and the kernel, and not from the recording. An operation whose
 * outcome is another one than recorded loses its recorded times.
 */
export class FateRun {
  readonly #world: FateWorld;
  readonly #state: ZswapState;
  readonly #storage: FateStorage;
  readonly #places: NodePlaces;
  readonly #slots = new SlotNumbers();
  readonly #clock: ShrinkClock | null;
  readonly decided: Decided[] = [];
  /** Pages that the worker wrote back: when, and what they did to the pool. */
  readonly written: { readonly atNs: number; readonly page: Page }[] = [];
  readonly #refused: Partial<Record<Rejection, Refused>> = {};
  #writtenBack = 0;
  #replaced = 0;
  #erased = 0;
  #storedFolios = 0;
  #storedPages = 0;
  #loadsLost = 0;
  #loadsGained = 0;

  constructor(world: FateWorld) {
    this.#world = world;
    this.#storage = new FateStorage(world.pool);
    const { era, rules, limit } = world;
    this.#state = new ZswapState(
      {
        era: { ...era, storesLargeFolios: !rules.splits },
        limit,
        vswap: rules.vswap,
        noWriteback: new Set(),
        memcgBytes: new Map(),
      },
      this.#storage,
    );
    this.#places = new NodePlaces(world.nodes, world.cpus, world.entriesOfCpu);
    const hasWorker = world.shrinker === 'worker' && !rules.vswap && era.lru === 'memcg and node';
    this.#clock = hasWorker
      ? new ShrinkClock(this.#state, world.pace, (entry, atNs) => {
          this.written.push({ atNs, page: this.#wroteBack(entry) });
        })
      : null;
  }

  /** @param calls By rising time. */
  run(calls: readonly TimedCall[]): StoreFates {
    for (const call of calls) {
      this.#clock?.runUntil(call.atNs);
      this.#storage.begin();
      this.#decide(call);
      this.#clock?.wokenAt(call.atNs);
    }
    const { most, objects, bytes } = this.#storage;
    return {
      basis: 'modelled',
      storedFolios: this.#storedFolios,
      storedPages: this.#storedPages,
      refused: this.#refused,
      writtenBack: this.#writtenBack,
      staleEntries: { replaced: this.#replaced, erased: this.#erased },
      loadsLost: this.#loadsLost,
      loadsGained: this.#loadsGained,
      poolPages: most,
      objects,
      meanBytes: objects === 0 ? 0 : bytes / objects,
      nodes: this.#places.result(),
    };
  }

  #decide(call: TimedCall): void {
    const { path, pages } = call.row;
    const isSplit = this.#world.rules.splits && pages.length > 1;
    switch (path) {
      case ZSWAP_PATHS.load:
      case ZSWAP_PATHS.loadNone:
        this.#load(call);
        break;
      case ZSWAP_PATHS.invalidate:
      case ZSWAP_PATHS.invalidateNone:
        this.#invalidate(call);
        break;
      case ZSWAP_PATHS.writeback:
        this.#writeBack(call);
        break;
      case ZSWAP_PATHS.writebackStopped:
        this.#keep(call, call.row);
        break;
      default:
        if (isSplit) this.#storeEach(call);
        else this.#keep(call, this.#store(call));
    }
  }

  #keep({ task, atNs }: TimedCall, row: Row): void {
    if (this.#world.countsOnly) return;
    this.decided.push({ task, atNs, row });
  }

  // ---------------------------------------------------------------- store

  /** A folio that is split: one row as long as all pages fare alike. */
  #storeEach(call: TimedCall): void {
    const rows = call.row.pages.map((page, k) => {
      this.#storage.begin();
      const { failure: _, ...alone } = call.row;
      return this.#store({
        ...call,
        row: { ...alone, pages: [page], thinkNs: k === 0 ? call.row.thinkNs : 0 },
      });
    });
    const areStored = rows.every(({ path }) => path === ZSWAP_PATHS.store);
    if (areStored) this.#keep(call, { ...rows[0]!, pages: rows.flatMap(({ pages }) => pages) });
    else for (const row of rows) this.#keep(call, row);
  }

  #store({ task, cpu, row }: TimedCall): Row {
    const { pages } = row;
    const { compressed, lists } = this.#world;
    const key = row.op * 512 + 1;
    const nodeOfPages = this.#places.nodeOfPages(cpu, key);
    const { firstSlot, older } = this.#slots.place(pages.map(({ followed }) => followed));
    for (const slot of older) if (invalidateSlot(this.#state, slot) >= 0) this.#replaced++;
    const before = pages.map((_, page) => this.#state.index.load(firstSlot + page) >= 0);
    this.#storage.begin();
    const { rejection, failedPage, freed } = storeFolio(this.#state, {
      firstSlot,
      pages: pages.map((page, k) => compressed(page, key + k)),
      memcg: this.#places.memcgOf(task, lists.get(row.op)),
      node: this.#places.nodeOfEntries(cpu, nodeOfPages, lists.get(row.op)),
      // Which node the page lies on is remembered with its entry.
      contents: pages.map(() => nodeOfPages),
    });
    const { made, released } = this.#storage;
    if (rejection === null) {
      this.#storedFolios++;
      this.#storedPages += pages.length;
      this.#replaced += freed.length;
      this.#places.stored(pages.length, cpu, nodeOfPages);
      const remote = this.#remoteEntry(cpu, nodeOfPages);
      return this.#asDecided(row, ZSWAP_PATHS.store, (page, k) => ({
        ...page,
        ...made[k]!,
        times: { ...page.times, ...remote },
      }));
    }
    this.#refuse(rejection, pages.length);
    const cause = FAILURE_CAUSES[rejection];
    const published = cause ? failedPage : 0;
    const displaced = before.slice(0, published).filter(Boolean).length;
    this.#replaced += displaced;
    this.#erased += freed.length - displaced - published;
    if (!cause) return this.#asDecided(row, ZSWAP_PATHS.storeFull, (page) => ({ ...page, ...NOTHING }));
    if (pages.length === 1 && cause === 'not-compressed')
      return this.#asDecided(row, ZSWAP_PATHS.storeFailed, (page) => ({ ...page, ...NOTHING }));
    // Objects of the folio's own pages were released in their order behind those that they had displaced.
    const own = released.slice(displaced);
    let next = 0;
    const erased = pages.map((page, k) => {
      const isThere = k < published || (k >= published && before[k]);
      return isThere && next < own.length ? { ...page, times: {}, ...own[next++]! } : null;
    });
    return {
      ...this.#asDecided(row, ZSWAP_PATHS.storeUndone, (page, k) => ({ ...page, ...(made[k] ?? NOTHING) })),
      failure: { page: failedPage, cause, erased },
    };
  }

  /** A row with another outcome has no times of its own: they are drawn from those of others. */
  #asDecided(row: Row, path: string, page: (page: Page, k: number) => Page): Row {
    if (this.#world.countsOnly) return row;
    const isSame = row.path === path;
    const { failure: _, ...rest } = row;
    return {
      ...rest,
      path,
      pages: row.pages.map((one, k) => page(isSame ? one : { ...one, times: {} }, k)),
    };
  }

  /** Whether the entry lies on another node than the CPU that writes it: priced later. */
  #remoteEntry(cpu: number, nodeOfPages: number): Readonly<Record<string, number>> {
    if (this.#world.nodes.nodes === 1) return {};
    const isFar = this.#places.nodeOfEntries(cpu, nodeOfPages) !== this.#places.nodeOfCpu(cpu);
    return { [REMOTE_ENTRY]: isFar ? 1 : 0 };
  }

  #refuse(cause: Rejection, pages: number): void {
    const { folios = 0, pages: before = 0 } = this.#refused[cause] ?? {};
    this.#refused[cause] = { folios: folios + 1, pages: before + pages };
  }

  // ---------------------------------------------------------------- load, invalidate, writeback

  #load(call: TimedCall): void {
    const { row } = call;
    const slot = this.#slots.find(row.pages[0]!.followed);
    // Stored before the recording began: nothing is known but what it shows.
    if (slot === null) {
      this.#keep(call, row);
      return;
    }
    const wasFound = row.path === ZSWAP_PATHS.load;
    const { kind } = loadPage(this.#state, slot);
    const isFound = kind === 'loaded';
    if (wasFound && !isFound) this.#loadsLost++;
    if (!wasFound && isFound) this.#loadsGained++;
    this.#keep(call, this.#freed(row, isFound ? ZSWAP_PATHS.load : ZSWAP_PATHS.loadNone));
  }

  #invalidate(call: TimedCall): void {
    const { row } = call;
    const slot = this.#slots.find(row.pages[0]!.followed);
    if (slot === null) {
      this.#keep(call, row);
      return;
    }
    const isFound = invalidateSlot(this.#state, slot) >= 0;
    this.#keep(call, this.#freed(row, isFound ? ZSWAP_PATHS.invalidate : ZSWAP_PATHS.invalidateNone));
  }

  #writeBack(call: TimedCall): void {
    const { rules, shrinker } = this.#world;
    // A virtual device is not written back: the attempt is stopped, as the kernel's path has it.
    if (rules.vswap) this.#keep(call, call.row);
    if (rules.vswap || shrinker === 'worker') return;
    const entry = writeOneBack(this.#state);
    if (!entry) return;
    const page = this.#wroteBack(entry);
    this.#keep(call, { ...call.row, pages: [{ ...call.row.pages[0]!, ...page }] });
  }

  /** The page of an entry that was written back, with its slot and what its free did to the pool. */
  #wroteBack(entry: Entry): Page {
    this.#writtenBack++;
    this.#places.writtenBack(entry.node, entry.content);
    const followed = this.#slots.original(entry.slot);
    const released = this.#storage.released.at(-1) ?? NOTHING;
    return { times: {}, slot: followed < 2 ** 45 ? followed : -1, followed, bytes: null, ...released };
  }

  #freed(row: Row, path: string): Row {
    return this.#asDecided(row, path, (page) => ({ ...page, ...(this.#storage.released[0] ?? NOTHING) }));
  }
}
