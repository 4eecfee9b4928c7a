import { type Actor, DONE, type Exploration, explore, type Race } from '../interleavings.ts';
import { allocateEntry, freeEntry, publishEntry, takeReferences } from './entry-steps.ts';
import { zswapEraById } from './eras.ts';
import { ZswapState } from './state.ts';
import { CountingStorage } from './storage.ts';
import { abortFolio, insertEntry, storeObject } from './store.ts';
import { readFolio, releaseOlder, takeDisk } from './swap-layer.ts';
import type { VswapTable } from './vswap-table.ts';
import { claimSlot, finishWriteback, lookAtHead, unlinkVictim } from './writeback.ts';

/** What a store does with the slots of a folio that it could not store. */
export type AbortRule =
  /** Erases the entries of all of its slots: as the kernel does. */
  | 'erases all slots'
  /** Erases what this attempt stored, and leaves older entries. */
  | 'erases its own entries'
  /** Erases older entries of the pages that it did not come to, and leaves what it stored. */
  | 'erases older entries'
  | 'erases nothing';

export const ABORT_RULES: readonly AbortRule[] = [
  'erases all slots',
  'erases its own entries',
  'erases older entries',
  'erases nothing',
];

/**
 * Device of the folio: one with a disk below its slots, or a virtual one. On a virtual one that has no disk a
 * failed folio stays in the swap cache, and entries are not written back; on one with a disk slots get places
 * there when they need them.
 */
export type StaleDevice = 'disk' | 'virtual' | 'virtual on a disk';

export interface StaleRaceOptions {
  readonly rule: AbortRule;
  readonly pages: number;
  readonly failsAt: number;
  readonly device: StaleDevice;
  /** Pages are read afterwards; without that only what gets to the disk is looked at. */
  readonly reads: boolean;
  /** Virtual devices: older backing of the slots is released before zswap is asked, as it was posted (v2). */
  readonly releasesOlder?: boolean;
}

interface World {
  readonly zswap: ZswapState;
  /** Version of each page in the swap cache; none: not there. */
  readonly cache: Map<number, number>;
  /** Version of each page on the disk. */
  readonly disk: Map<number, number>;
  victim: number;
  victimSlot: number;
  fault: string | null;
}

const LIST = { memcg: 0, node: 0 };
const OLD = 1;
const NEW = 2;

/**
 * A folio whose pages have older entries in zswap is stored again and fails, against the shrinker and a
 * later read of each page: does a read ever get old data, or find a folio partly in zswap?
 */
export function exploreStale(options: StaleRaceOptions): Exploration {
  return explore(staleRace(options));
}

function staleRace(options: StaleRaceOptions): Race<World> {
  const settings = {
    era: zswapEraById('6.18'),
    limit: { maxPages: 1000, acceptPages: 900 },
    vswap: options.device !== 'disk',
    ...(options.device === 'virtual on a disk' ? { physicalSlots: 2 * options.pages } : {}),
    noWriteback: new Set<number>(),
    memcgBytes: new Map<number, number>(),
  };
  const zswap = new ZswapState(settings, new CountingStorage());
  const slots = Array.from({ length: options.pages }, (_, page) => page);
  for (const slot of slots) storeOne(zswap, slot, OLD);
  return {
    world: {
      zswap,
      // Stored once, then written to again before the folio left the swap cache.
      cache: new Map(slots.map((slot) => [slot, NEW])),
      disk: new Map(),
      victim: -1,
      victimSlot: -1,
      fault: null,
    },
    actors: [storeActor(options), writebackActor(), ...(options.reads ? [readActor(options)] : [])],
    clone: (w) => ({ ...w, zswap: w.zswap.clone(), cache: new Map(w.cache), disk: new Map(w.disk) }),
    keyOf: ({ zswap: z, cache, disk, victim }) =>
      JSON.stringify([
        [...z.entries.values()].map((e) => [e.id, e.slot, e.content, e.referenced]),
        z.index.pairs(),
        z.lists.entries(LIST),
        [...cache],
        [...disk].sort((a, b) => a[0] - b[0]),
        victim,
      ]),
    fault: (w) => w.fault ?? lostEntry(w),
  };
}

/** No slot has the entry any more, so that nothing will ever free it. */
function lostEntry({ zswap }: World): string | null {
  const known = new Set(zswap.index.pairs().map(([, id]) => id));
  for (const [id, { slot }] of zswap.entries)
    if (!known.has(id)) return `page ${slot}: its entry is in no slot any more and is never freed`;
  return null;
}

function storeOne(zswap: ZswapState, slot: number, content: number): void {
  const id = allocateEntry(zswap, { slot, memcg: 0, node: 0, content });
  storeObject(zswap, id, 100);
  insertEntry(zswap, id);
  takeReferences(zswap, id);
  publishEntry(zswap, id);
}

function storeActor(options: StaleRaceOptions): Actor<World> {
  const { rule, pages, failsAt, device, releasesOlder: cleans = true } = options;
  const slots = Array.from({ length: pages }, (_, slot) => slot);
  // Virtual devices have one step more, in front.
  const first = device !== 'disk' && cleans ? 1 : 0;
  return {
    name: 'store',
    stepAt: (_, place) => {
      if (place < first) {
        return {
          text: 'the older backing of all slots is released',
          run: ({ zswap }) => {
            releaseOlder(zswap, zswap.index as VswapTable, slots);
            return place + 1;
          },
        };
      }
      const page = place - first;
      if (page < failsAt) {
        return {
          text: `page ${page}: stored; the older entry of its slot is freed`,
          run: ({ zswap }) => {
            storeOne(zswap, page, NEW);
            return place + 1;
          },
        };
      }
      if (page === failsAt) {
        return {
          text: `page ${page}: compression fails; the store ${rule}`,
          run: ({ zswap }) => {
            abort(zswap, rule, pages, failsAt);
            // Nothing to write to: the folio stays where it is, dirty.
            return device === 'virtual' ? DONE : place + 1;
          },
        };
      }
      const places = device === 'disk' ? '' : 'gets places on the disk, ';
      return {
        text: `the folio ${places}is written to the disk and leaves the swap cache`,
        run: ({ zswap, cache, disk }) => {
          if (device !== 'disk' && !takeDisk(zswap.index as VswapTable, slots)) return DONE;
          for (const slot of slots) disk.set(slot, NEW);
          cache.clear();
          return DONE;
        },
      };
    },
  };
}

function abort(zswap: ZswapState, rule: AbortRule, pages: number, failsAt: number): void {
  if (rule === 'erases all slots') {
    abortFolio(zswap, 0, pages, failsAt);
    return;
  }
  for (let slot = 0; slot < pages; slot++) {
    const isOwn = slot < failsAt;
    const erases =
      rule === 'erases its own entries' ? isOwn : rule === 'erases older entries' ? !isOwn : false;
    const id = erases ? zswap.index.erase(slot) : -1;
    if (id >= 0) freeEntry(zswap, id);
  }
}

function writebackActor(): Actor<World> {
  const cacheOf = (world: World) => ({ has: (slot: number) => world.cache.has(slot), isUsed: () => true });
  return {
    name: 'writeback',
    stepAt: (w, place) => {
      if (place === 0 && w.zswap.lists.head(LIST) < 0) return null;
      return {
        text: [
          'looks at the head of the list',
          'makes a folio for the slot in the swap cache',
          'takes the entry out of the tree, frees it, writes its page to the disk',
        ][place]!,
        run: (world) => {
          const { zswap, victim, victimSlot } = world;
          if (place === 0) {
            const look = lookAtHead(zswap, LIST);
            if (look.kind !== 'victim') return 0;
            world.victim = look.entry;
            world.victimSlot = look.slot;
            return 1;
          }
          if (place === 1) {
            if (claimSlot(zswap, cacheOf(world), victimSlot) !== 0) return 0;
            // Locked until it is written: reads wait for it.
            world.cache.set(victimSlot, 0);
            return 2;
          }
          world.cache.delete(victimSlot);
          if (unlinkVictim(zswap, victimSlot, victim) !== 0) return 0;
          const { content } = finishWriteback(zswap, victim);
          if (content < (world.disk.get(victimSlot) ?? 0))
            world.fault = `page ${victimSlot}: old data is written over newer data on the disk`;
          world.disk.set(victimSlot, content);
          return 0;
        },
      };
    },
  };
}

/** Reads the pages one by one, then all at once, when the folio has left the swap cache. */
function readActor({ pages }: StaleRaceOptions): Actor<World> {
  return {
    name: 'read',
    stepAt: (w, place) => {
      if (place === 0) {
        if (w.cache.size > 0 || w.disk.size < pages) return null;
        return {
          text: `asks how much of the folio is in zswap`,
          run: (world) => {
            const there = Array.from({ length: pages }, (_, slot) => world.zswap.index.load(slot)).filter(
              (id) => id >= 0,
            ).length;
            if (there > 0 && there < pages) world.fault = `${there} of ${pages} pages are in zswap`;
            return 1;
          },
        };
      }
      const slot = place - 1;
      if (w.cache.has(slot)) return null;
      return {
        text: `page ${slot} is read`,
        run: (world) => {
          const read = readFolio(world.zswap, slot);
          const entry = read.from === 'zswap' && read.load.kind === 'loaded' ? read.load.entry : null;
          const version = entry ? entry.content : (world.disk.get(slot) ?? 0);
          const from = entry ? 'zswap' : 'the disk';
          if (version !== NEW) world.fault = `page ${slot}: old data is read from ${from}`;
          return slot + 1 < pages ? place + 1 : DONE;
        },
      };
    },
  };
}
