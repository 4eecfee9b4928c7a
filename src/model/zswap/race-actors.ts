import { type Actor, DONE } from '../interleavings.ts';
import type { ZswapState } from './state.ts';
import { claimSlot, finishWriteback, lookAtHead, unlinkVictim } from './writeback.ts';

/** What the actors of a race over references share. */
export interface ReferenceWorld {
  readonly zswap: ZswapState;
  /** Slots with a folio in the swap cache. */
  readonly cache: Set<number>;
  /** Entries of the folio, by page. */
  readonly made: number[];
  /** The store is between its first step and its last. */
  storing: boolean;
  victim: number;
  victimSlot: number;
}

export const LIST = { memcg: 0, node: 0 };

/**
 * The shrinker writes entries of the list back, one after another.
 * @param swapCacheGuards A folio in the swap cache stops it (-EEXIST).
 */
export function writebackActor(swapCacheGuards: boolean): Actor<ReferenceWorld> {
  const cacheOf = (cache: ReadonlySet<number>) => ({
    has: (slot: number) => swapCacheGuards && cache.has(slot),
    isUsed: () => true,
  });
  const look = {
    text: 'looks at the head of the list',
    run: (world: ReferenceWorld) => {
      const seen = lookAtHead(world.zswap, LIST);
      if (seen.kind !== 'victim') return 0;
      world.victim = seen.entry;
      world.victimSlot = seen.slot;
      return 1;
    },
  };
  const claim = {
    text: 'makes a folio for the slot in the swap cache',
    run: ({ zswap, cache, victimSlot }: ReferenceWorld) =>
      claimSlot(zswap, cacheOf(cache), victimSlot) === 0 ? 2 : 0,
  };
  const unlink = {
    text: 'takes the entry out of the tree',
    run: ({ zswap, victim, victimSlot }: ReferenceWorld) =>
      unlinkVictim(zswap, victimSlot, victim) === 0 ? 3 : 0,
  };
  const free = {
    text: 'decompresses, frees the entry: drops its reference of the pool',
    run: ({ zswap, victim }: ReferenceWorld) => {
      finishWriteback(zswap, victim);
      return 0;
    },
  };
  return {
    name: 'writeback',
    stepAt: ({ zswap }, place) => {
      if (place === 0) return zswap.lists.head(LIST) < 0 ? null : look;
      return [look, claim, unlink, free][place]!;
    },
  };
}

/** Another compressor is chosen while the store is at work. */
export function replaceActor(): Actor<ReferenceWorld> {
  const replace = {
    text: 'another compressor is chosen: the pool loses its first reference',
    run: ({ zswap }: ReferenceWorld) => {
      zswap.references.replacePool();
      return DONE;
    },
  };
  // Replaced earlier, the store would use the new pool from the start.
  return { name: 'sysfs', stepAt: ({ storing }) => (storing ? replace : null) };
}
