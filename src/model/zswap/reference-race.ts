import { type Actor, DONE, type Exploration, explore, type Race } from '../interleavings.ts';
import {
  allocateEntry,
  chargeEntry,
  holdReferences,
  publishEntry,
  takeReferences,
  useReferenceTakenAhead,
} from './entry-steps.ts';
import { zswapEraById } from './eras.ts';
import { LIST, replaceActor, type ReferenceWorld as World, writebackActor } from './race-actors.ts';
import { ZswapState } from './state.ts';
import { CountingStorage } from './storage.ts';
import { abortFolio, insertEntry, storeObject } from './store.ts';

/** When the store takes the pool's references of a folio's entries. */
export type ReferenceRule =
  /** One for each page, before the page is on the list: as the kernel does. */
  | 'each before publication'
  /** All before the first page; a failure gives those of pages that were not published back. */
  | 'all ahead'
  /** All before the first page; a failure gives none back. */
  | 'all ahead, none given back'
  /** All before the first page; a failure gives all of them back. */
  | 'all ahead, all given back'
  /** All when the last page is on the list. */
  | 'all after publication'
  /** The same; a failure takes those of the published pages before it cleans up. */
  | 'all after publication, settled on failure'
  /**
   * References each before publication; the memcg is charged, and pages counted as stored, when the last
   * page is on the list: 6.13 as it was released, until commit 63895d20d63b.
   */
  | 'charged after publication';

export interface ReferenceRaceOptions {
  readonly rule: ReferenceRule;
  readonly pages: number;
  /** Page whose compression fails; -1 for none. */
  readonly failsAt: number;
  /**
   * Writeback finds the folio that is being stored in the swap cache and leaves it (-EEXIST): a rule
   * outside of zswap. Without it zswap has to be right by itself.
   */
  readonly swapCacheGuards: boolean;
  /** The pool is replaced meanwhile (another compressor is chosen). */
  readonly poolReplaced: boolean;
  /** What to look for: the first wrong drop, or the loss of the pool that may come of it. */
  readonly fault: 'wrong drop' | 'pool lost';
}

const OBJECT_BYTES = 100;

/**
 * A store of one folio against the shrinker, in every order: does any drop a reference of the pool that
 * was not taken, or lose the pool while it is used?
 */
export function exploreReferences(options: ReferenceRaceOptions): Exploration {
  return explore(referenceRace(options));
}

function referenceRace(options: ReferenceRaceOptions): Race<World> {
  const era = zswapEraById('6.18');
  const settings = {
    era,
    limit: { maxPages: 1000, acceptPages: 900 },
    vswap: false,
    noWriteback: new Set<number>(),
    memcgBytes: new Map<number, number>(),
  };
  const world: World = {
    zswap: new ZswapState(settings, new CountingStorage()),
    cache: new Set(Array.from({ length: options.pages }, (_, page) => page)),
    made: [],
    storing: false,
    victim: -1,
    victimSlot: -1,
  };
  const actors = [storeActor(options), writebackActor(options.swapCacheGuards)];
  if (options.poolReplaced) actors.push(replaceActor());
  return {
    world,
    actors,
    clone: (w) => ({ ...w, zswap: w.zswap.clone(), cache: new Set(w.cache), made: [...w.made] }),
    keyOf,
    fault: options.fault === 'wrong drop' ? firstFault : lostPool,
  };
}

function firstFault(world: World): string | null {
  return world.zswap.references.faults[0] ?? wrongCount(world);
}

/** Without a store at work the pool has its own reference, while it is the current one, and one of each entry. */
function wrongCount({ zswap, storing }: World): string | null {
  if (storing) return null;
  const { pool, isCurrent } = zswap.references;
  const owned = [...zswap.entries.values()].filter(({ holdsReferences }) => holdsReferences).length;
  const kept = pool - owned - (isCurrent ? 1 : 0);
  if (kept > 0) return `references of the pool that are nobody's: ${kept}; it is never destroyed`;
  return kept < 0 ? `references of the pool that were dropped twice: ${-kept}` : null;
}

function lostPool({ zswap, storing }: World): string | null {
  if (!zswap.references.poolDestroyed) return null;
  if (storing) return 'the pool is destroyed while the store still uses it';
  return zswap.entries.size > 0 ? 'the pool is destroyed while entries are in it' : null;
}

function keyOf({ zswap, cache, made, victim, storing }: World): string {
  const { pool, ahead, isCurrent } = zswap.references;
  const entries = [...zswap.entries.values()].map((e) => [e.id, e.referenced, e.holdsReferences]);
  return JSON.stringify([
    pool,
    ahead,
    zswap.references.charged.get(0) ?? 0,
    isCurrent,
    entries,
    zswap.index.pairs(),
    zswap.lists.entries(LIST),
    [...cache],
    made,
    victim,
    storing,
  ]);
}

// Places of the store: start, then three of each page, then what follows the last one.
const perPage = 3;

function storeActor({ rule, pages, failsAt }: ReferenceRaceOptions): Actor<World> {
  const isAhead = rule.startsWith('all ahead');
  const isAfter = rule.startsWith('all after');
  const end = 1 + pages * perPage;
  const start = {
    text: isAhead
      ? `takes its own reference of the pool, and ${pages} for the entries`
      : 'takes its own reference of the pool',
    run: (world: World) => {
      const { zswap } = world;
      world.storing = true;
      zswap.references.takePool(isAhead ? 1 + pages : 1);
      if (isAhead) zswap.references.ahead = pages;
      return 1;
    },
  };
  const finish = {
    text: isAfter
      ? `takes ${pages} references for the entries, drops its own`
      : rule === 'charged after publication'
        ? `charges the memcg for ${pages} pages, drops its own reference`
        : 'drops its own reference',
    run: (world: World) => {
      if (isAfter) settleAfter(world, pages);
      if (rule === 'charged after publication') chargeAfter(world, pages);
      world.storing = false;
      world.zswap.references.dropPool();
      return end + 1;
    },
  };
  const leave = {
    text: 'the folio leaves the swap cache',
    run: ({ cache }: World) => {
      cache.clear();
      return DONE;
    },
  };
  return {
    name: 'store',
    stepAt: (_, place) => {
      if (place === 0) return start;
      if (place === end) return finish;
      if (place === end + 1) return leave;
      const page = Math.floor((place - 1) / perPage);
      const part = (place - 1) % perPage;
      if (part === 0)
        return page === failsAt ? failStep(rule, page, pages) : insertStep(page, place, isAfter);
      if (part === 1) return referenceStep(page, place, rule);
      return {
        text: `page ${page}: on the list (published)`,
        run: ({ zswap, made }) => {
          publishEntry(zswap, made[page]!);
          return place + 1;
        },
      };
    },
  };
}

function insertStep(page: number, place: number, skipsReference: boolean) {
  return {
    text: `page ${page}: entry made, compressed, in the tree`,
    run: ({ zswap, made }: World) => {
      const id = allocateEntry(zswap, { slot: page, memcg: 0, node: 0, content: 1 });
      storeObject(zswap, id, OBJECT_BYTES);
      insertEntry(zswap, id);
      made[page] = id;
      return place + (skipsReference ? 2 : 1);
    },
  };
}

function referenceStep(page: number, place: number, rule: ReferenceRule) {
  const isAhead = rule.startsWith('all ahead');
  return {
    text: isAhead ? `page ${page}: one of the references is the entry's` : `page ${page}: takes a reference`,
    run: ({ zswap, made }: World) => {
      const id = made[page]!;
      if (isAhead) useReferenceTakenAhead(zswap, id);
      else holdReferences(zswap, id);
      if (rule !== 'charged after publication') chargeEntry(zswap, id);
      return place + 1;
    },
  };
}

function failStep(rule: ReferenceRule, page: number, pages: number) {
  const gives =
    rule === 'all ahead'
      ? `gives ${pages - page} references back, `
      : rule === 'all ahead, all given back'
        ? `gives ${pages} references back, `
        : rule === 'all after publication, settled on failure' && page > 0
          ? `takes ${page} references for the entries, `
          : '';
  return {
    text: `page ${page}: compression fails; ${gives}erases all slots, drops its own reference`,
    run: (world: World) => {
      const { references } = world.zswap;
      if (rule === 'all ahead') references.dropPool(pages - page);
      if (rule === 'all ahead, all given back') references.dropPool(pages);
      if (rule === 'all after publication, settled on failure') settleAfter(world, page);
      references.ahead = 0;
      abortFolio(world.zswap, 0, pages, page);
      world.storing = false;
      references.dropPool();
      return 1 + pages * perPage + 1;
    },
  };
}

/** The references of pages that were published without: also of those that are gone. */
function settleAfter({ zswap, made }: World, pages: number): void {
  for (let page = 0; page < pages; page++) {
    if (zswap.entries.has(made[page]!)) takeReferences(zswap, made[page]!);
    else zswap.references.takePool();
  }
}

/** The charge of all pages at once, also of those that are gone: the store keeps a sum of bytes only. */
function chargeAfter({ zswap, made }: World, pages: number): void {
  for (let page = 0; page < pages; page++) {
    if (zswap.entries.has(made[page]!)) chargeEntry(zswap, made[page]!);
    else zswap.references.charge(0, OBJECT_BYTES);
  }
}
