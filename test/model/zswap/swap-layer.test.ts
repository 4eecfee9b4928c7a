import { describe, expect, it } from 'vitest';
import { zswapEraById } from '../../../src/model/zswap/eras.ts';
import { type Compressed, storeFolio } from '../../../src/model/zswap/store.ts';
import { readFolio, writeOutFolio } from '../../../src/model/zswap/swap-layer.ts';
import type { VswapTable } from '../../../src/model/zswap/vswap-table.ts';
import { runShrinkWorker, shrinkMemcg, writeBack } from '../../../src/model/zswap/writeback.ts';
import { ERA_IDS, emptyZswap, FINE, folio } from './swap-world.ts';

const NOTHING_CACHED = { has: () => false, isUsed: () => true };
const ZEROS: Compressed = { kind: 'same-filled', bytes: 30 };

describe('pages of one word and of zeros, by version', () => {
  it.each(ERA_IDS)('%s', (era) => {
    const isOld = era === '6.1';
    const zswap = emptyZswap({ era });
    expect(writeOutFolio(zswap, folio(0, [ZEROS]), true).to).toBe(isOld ? 'zswap' : 'zero');
    expect(readFolio(zswap, 0).from).toBe(isOld ? 'zswap' : 'zero');
    // One word that is not zero is an entry, of what the compressor makes of it since 6.12.
    expect(writeOutFolio(zswap, folio(1, [ZEROS]), false).to).toBe('zswap');
    const entry = zswap.entries.get(zswap.index.load(1))!;
    expect([entry.length, entry.handle >= 0]).toEqual(isOld ? [0, false] : [30, true]);
  });

  it('a mark of zeros comes before an older entry, and goes with the next write', () => {
    const zswap = emptyZswap();
    writeOutFolio(zswap, folio(0, [FINE]), false);
    writeOutFolio(zswap, folio(0, [ZEROS]), true);
    expect([readFolio(zswap, 0).from, zswap.entries.size]).toEqual(['zero', 1]);
    writeOutFolio(zswap, folio(0, [FINE]), false);
    expect(readFolio(zswap, 0).from).toBe('zswap');
  });

  it('a large folio that is partly zeros cannot be read: an I/O error', () => {
    const zswap = emptyZswap();
    writeOutFolio(zswap, folio(0, [ZEROS, ZEROS]), true);
    expect(readFolio(zswap, 0, 2).from).toBe('zero');
    expect(readFolio(zswap, 1, 2).from).toBe('nowhere');
  });
});

describe('what zswap refuses', () => {
  it('goes to the disk, but stays in memory where the memcg may not write back (not so in 6.1)', () => {
    for (const era of ERA_IDS)
      for (const noWriteback of [false, true]) {
        const zswap = emptyZswap({ era, noWriteback });
        zswap.enabled = false;
        const stays = noWriteback && era !== '6.1';
        expect(writeOutFolio(zswap, folio(0, [FINE]), false).to).toBe(stays ? 'memory' : 'disk');
      }
  });

  it('an output above a page is too much for zs_malloc: -EINVAL in 6.1, -ENOSPC since', () => {
    const above: Compressed = { kind: 'compressed', bytes: 5000 };
    const why = ERA_IDS.map((era) => storeFolio(emptyZswap({ era }), folio(0, [above])).rejection);
    const tooLarge = 'compressed too large';
    expect(why).toEqual(['object allocation', tooLarge, tooLarge, tooLarge, null, null]);
  });

  it('empty trees are not looked at since 6.13', () => {
    expect(ERA_IDS.filter((era) => zswapEraById(era).skipsEmptyTree)).toEqual([
      '6.13',
      '6.15',
      '6.18',
      '7.3',
    ]);
  });
});

describe('a virtual device', () => {
  const virtual = (physicalSlots?: number) =>
    emptyZswap({ vswap: true, ...(physicalSlots === undefined ? {} : { physicalSlots }) });
  const filled = (physicalSlots?: number) => {
    const zswap = virtual(physicalSlots);
    for (const slot of [0, 1, 2]) writeOutFolio(zswap, folio(slot, [FINE]), false);
    return zswap;
  };

  it('without a disk keeps its entries and what zswap refuses, and its shrinker rests', () => {
    const zswap = filled();
    expect(writeBack(zswap, NOTHING_CACHED, zswap.index.load(0), 0).result).toBe('-EINVAL');
    expect(shrinkMemcg(zswap, NOTHING_CACHED, 0)).toBe('nothing to shrink');
    expect(runShrinkWorker(zswap, NOTHING_CACHED).writtenBack).toBe(0);
    expect(zswap.counters.reject_reclaim_fail).toBe(1);
    zswap.enabled = false;
    expect(writeOutFolio(zswap, folio(7, [FINE]), false).to).toBe('memory');
  });

  it('with one gives an entry that is written back a place there, as long as there are some', () => {
    const zswap = filled(2);
    const table = zswap.index as VswapTable;
    const results = [0, 1, 2].map((slot) => writeBack(zswap, NOTHING_CACHED, table.load(slot), slot).result);
    expect(results).toEqual([0, 0, '-ENOMEM']);
    expect([0, 1, 2].map((slot) => table.backing(slot))).toEqual(['physical', 'physical', 'zswap']);
    expect([0, 2].map((slot) => readFolio(zswap, slot).from)).toEqual(['disk', 'zswap']);
    expect(table.backing(2)).toBe('none');
    expect(shrinkMemcg(zswap, NOTHING_CACHED, 0)).toBe('nothing to shrink');
    expect(zswap.references.faults).toEqual([]);
  });

  it('finds a place for each page of a refused folio, or for none, and uses it again', () => {
    const zswap = virtual(2);
    zswap.enabled = false;
    expect(writeOutFolio(zswap, folio(0, [FINE, FINE, FINE]), false).to).toBe('memory');
    expect((zswap.index as VswapTable).physicalLeft).toBe(2);
    expect(writeOutFolio(zswap, folio(0, [FINE, FINE]), false).to).toBe('disk');
    expect(writeOutFolio(zswap, folio(0, [FINE, FINE]), false).to).toBe('disk');
    expect(writeOutFolio(zswap, folio(4, [FINE]), false).to).toBe('memory');
  });

  it('reads large folios whose pages have one backing that is not zswap; the rest page by page', () => {
    const zswap = virtual(8);
    writeOutFolio(zswap, folio(0, [FINE, FINE]), false);
    writeOutFolio(zswap, folio(2, [ZEROS, ZEROS]), true);
    zswap.enabled = false;
    writeOutFolio(zswap, folio(4, [FINE, FINE]), false);
    expect([0, 1, 2, 3, 4].map((slot) => readFolio(zswap, slot, 2).from)).toEqual([
      'page by page',
      'page by page',
      'zero',
      'page by page',
      'disk',
    ]);
    expect(readFolio(zswap, 6).from).toBe('nowhere');
  });
});
