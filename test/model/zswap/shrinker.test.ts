import { describe, expect, it } from 'vitest';
import { limitOf } from '../../../src/model/zswap/limits.ts';
import { scanList, shrinkerCount } from '../../../src/model/zswap/shrinker.ts';
import { ZswapState } from '../../../src/model/zswap/state.ts';
import { CountingStorage } from '../../../src/model/zswap/storage.ts';
import { storeFolio } from '../../../src/model/zswap/store.ts';
import { lookAtHead, runShrinkWorker, writeBack } from '../../../src/model/zswap/writeback.ts';
import { emptyZswap, FINE, folio, LIST } from './swap-world.ts';

const NOTHING_CACHED = { has: () => false, isUsed: () => true };

function filled(pages: number, acceptPages = 0): ZswapState {
  const zswap = new ZswapState(
    { ...emptyZswap().settings, limit: { maxPages: 1000, acceptPages } },
    new CountingStorage(),
  );
  for (let slot = 0; slot < pages; slot++) storeFolio(zswap, folio(slot, [FINE]));
  return zswap;
}

describe('the shrinker', () => {
  it('gives every entry a second chance, then takes the oldest', () => {
    const zswap = filled(3);
    const looks = Array.from({ length: 4 }, () => lookAtHead(zswap, LIST));
    expect(looks.map(({ kind }) => kind)).toEqual([
      'second chance',
      'second chance',
      'second chance',
      'victim',
    ]);
    expect(looks[3]).toMatchObject({ slot: 0 });
    // It stands at the tail while it is written back.
    expect(zswap.lists.entries(LIST).map((id) => zswap.entries.get(id)!.slot)).toEqual([1, 2, 0]);
  });

  it('leaves what is in the swap cache, or is another entry by now', () => {
    const zswap = filled(2);
    const first = zswap.index.load(0);
    const cached = { has: () => true, isUsed: () => true };
    expect(writeBack(zswap, cached, first, 0).result).toBe('-EEXIST');
    storeFolio(zswap, folio(0, [FINE]));
    expect(writeBack(zswap, NOTHING_CACHED, first, 0).result).toBe('-ENOMEM');
    expect(writeBack(zswap, { has: () => false, isUsed: () => false }, first, 0).result).toBe('-ENOMEM');
    expect(zswap.counters).toMatchObject({ reject_reclaim_fail: 3, written_back_pages: 0 });
  });

  it('gives up after 16 failures: a second chance is one', () => {
    const zswap = filled(40);
    expect(runShrinkWorker(zswap, NOTHING_CACHED)).toEqual({ writtenBack: 0, failures: 16 });
    expect(runShrinkWorker(zswap, NOTHING_CACHED)).toEqual({ writtenBack: 0, failures: 16 });
    // A run begins where the last one ended: at the end of a pass over all memcgs, in which it has found none
    // yet. That counts as a failure, so 16 and 15 had their chance; the last nine get theirs, then all go.
    const third = runShrinkWorker(zswap, NOTHING_CACHED);
    expect([third.failures, third.writtenBack, zswap.entries.size]).toEqual([10, 40, 0]);
  });

  it('stops at the accept threshold', () => {
    const zswap = filled(10, limitOf(10, 90).acceptPages);
    expect(runShrinkWorker(zswap, NOTHING_CACHED)).toEqual({ writtenBack: 1, failures: 10 });
    expect(zswap.storage.pages).toBe(9);
  });

  it('offers fewer entries after reads from the disk, and where pages compress well', () => {
    const question = { listed: 100, diskSwapins: 0, backingPages: 25, storedPages: 100 };
    expect(shrinkerCount(question)).toEqual({ freeable: 25, diskSwapinsLeft: 0 });
    expect(shrinkerCount({ ...question, diskSwapins: 40 })).toEqual({ freeable: 15, diskSwapinsLeft: 0 });
    expect(shrinkerCount({ ...question, diskSwapins: 120 })).toEqual({ freeable: 0, diskSwapinsLeft: 20 });
    expect(shrinkerCount({ ...question, storedPages: 0, diskSwapins: 3 })).toEqual({
      freeable: 0,
      diskSwapinsLeft: 3,
    });
  });

  it('under pressure ends at the first page that is in the swap cache', () => {
    const zswap = filled(4);
    scanList(zswap, NOTHING_CACHED, LIST, 4);
    const cache = { has: (slot: number) => slot === 1, isUsed: () => true };
    const written: number[] = [];
    const scan = scanList(zswap, cache, LIST, 4, ({ slot }) => written.push(slot));
    expect(scan).toEqual({ scanned: 2, writtenBack: 1, stopped: true });
    expect(written).toEqual([0]);
  });

  it('walks no list where the allocator decides (6.1), and none of memcgs that may not write back', () => {
    const old = emptyZswap({ era: '6.1' });
    storeFolio(old, folio(0, [FINE]));
    expect(lookAtHead(old, LIST).kind).toBe('empty');
    const kept = emptyZswap({ noWriteback: true });
    storeFolio(kept, folio(0, [FINE]));
    expect(runShrinkWorker(kept, NOTHING_CACHED).writtenBack).toBe(0);
  });
});
