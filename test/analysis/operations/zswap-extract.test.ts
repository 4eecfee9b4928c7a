import { describe, expect, it } from 'vitest';
import { OperationKind } from '../../../src/trace/operations.ts';
import { readFixture } from '../../helpers/fixtures.ts';
import { extractOperations } from '../../helpers/operations.ts';
import { ZswapText } from '../../helpers/zswap-text.ts';

function rowsOf(table: ReturnType<typeof extractOperations>['table'], kind: number): number[] {
  return Array.from({ length: table.length }, (_, row) => row).filter((row) => table.kind[row] === kind);
}

const text = (lines: readonly string[]) =>
  new Uint8Array(Buffer.from(`# tracer: function_graph\n#\n${lines.join('\n')}\n`, 'latin1'));

describe('holds of locks', () => {
  const calls = (lines: readonly (readonly [us: number, text: string, duration?: number])[]) =>
    text(
      lines.map(([us, call, duration]) => {
        const took = duration === undefined ? ' '.repeat(14) : `  ${duration.toFixed(3)} us    `;
        return `   ${(10 + us / 1e6).toFixed(6)} |   0)     t-1       | ${took} |  ${call}`;
      }),
    );
  const listHold = (inner: readonly (readonly [number, string, number?])[]) => {
    const { table } = extractOperations(
      calls([[0, 'zswap_store() {'], [1, '  list_lru_add() {'], ...inner, [21, '  }', 20], [30, '}', 30]]),
    );
    const [store] = rowsOf(table, OperationKind.ZswapStore);
    return table.zswap.get(store!)!.locks.find(({ lock }) => lock === 'list')!;
  };

  it("of a list last from its lock's call to the end of the unlock, with what is called in between", () => {
    const { gotNs, heldNs, unlockNs, freeNs, callsHeld } = listHold([
      [5, '    _raw_spin_lock();', 1],
      [8, '    set_shrinker_bit();', 1],
      [12, '    _raw_spin_unlock();', 2],
    ]);
    expect([heldNs, unlockNs, freeNs - gotNs, callsHeld]).toEqual([6000, 2000, 8000, 1]);
  });

  it('of a list last to the end of the function where the unlock is not traced', () => {
    const { gotNs, heldNs, freeNs } = listHold([[5, '    _raw_spin_lock();', 1]]);
    expect([heldNs, freeNs - gotNs]).toEqual([15_000, 15_000]);
  });

  it('of a list begin with the last lock call of the function that looks it up', () => {
    const { heldNs } = listHold([
      [2, '    lock_list_lru_of_memcg() {'],
      [3, '      _raw_spin_lock();', 1],
      [5, '      _raw_spin_unlock();', 1],
      [7, '      _raw_spin_lock();', 1],
      [9, '    }', 7],
      [12, '    _raw_spin_unlock();', 1],
    ]);
    expect(heldNs).toBe(4000);
    expect(listHold([[2, '    lock_list_lru_of_memcg();', 4]]).heldNs).toBe(15_000);
  });

  it('of a list are not known where its lock is not traced: the whole call at most', () => {
    const { heldNs, gotNs, freeNs } = listHold([[8, '    set_shrinker_bit();', 1]]);
    expect([heldNs, freeNs - gotNs]).toEqual([Number.NaN, 20_000]);
  });

  it('of a free end with the unlock, or where the handle is freed', () => {
    const held = (inner: readonly (readonly [number, string, number?])[]) => {
      const { table } = extractOperations(calls([[0, 'zs_free() {'], ...inner, [30, '}', 30]]));
      return table.parts.held.get(rowsOf(table, OperationKind.Free)[0]!);
    };
    const locked = [
      [2, '  _raw_spin_lock();', 1],
      [4, '  obj_free();', 1],
    ] as const;
    expect(held([...locked, [8, '  _raw_spin_unlock();', 1], [20, '  kmem_cache_free();', 1]])).toBe(6000);
    expect(held([...locked, [20, '  kmem_cache_free();', 1]])).toBe(17_000);
    expect(held(locked)).toBe(Number.NaN);
  });
});

describe('operations of zswap', () => {
  it('have their slot, result, places and parts', () => {
    const { table } = extractOperations(readFixture('complete/full-zswap-p2-s1.txt'));
    const [store] = rowsOf(table, OperationKind.ZswapStore);
    expect([table.slot[store!], table.line[store!]]).toEqual([1, 33]);
    const facts = table.zswap.get(store!)!;
    expect(facts).toMatchObject({ result: 1, entries: 1, compressions: 1, objects: 1 });
    expect(facts.parts).toMatchObject({ entry: 60_767, mutex: 2528, compress: 169_412 });
    const [page] = facts.published;
    expect(table.enteredAt[store!]).toBeLessThan(facts.limitAt);
    expect(facts.limitAt).toBeLessThan(page!.treeAt);
    expect(page!.treeAt).toBeLessThan(page!.listAt);
    expect(page!.listAt).toBeLessThan(table.returnedAt[store!]!);
  });

  it('are in the table in the order in which they begin to show, with what is within what', () => {
    const { table } = extractOperations(readFixture('complete/full-zswap-p2-s1.txt'));
    const kinds = (kind: number) => new Set(rowsOf(table, kind).map((row) => table.kind[table.parent[row]!]));
    expect(kinds(OperationKind.Malloc)).toEqual(new Set([OperationKind.ZswapStore]));
    expect(kinds(OperationKind.Free)).toEqual(new Set([OperationKind.ZswapEntryFree]));
    expect(kinds(OperationKind.ZswapEntryFree)).toEqual(
      new Set([OperationKind.ZswapLoad, OperationKind.ZswapInvalidate, OperationKind.ZswapWriteback]),
    );
  });

  it('of a folio of several pages: each page with its places', () => {
    const made = new ZswapText();
    made.store(0x10, [100, 200, 300]);
    const { table } = extractOperations(made.bytes);
    const facts = table.zswap.get(rowsOf(table, OperationKind.ZswapStore)[0]!)!;
    expect(facts).toMatchObject({ pages: 3, entries: 3, compressions: 3, objects: 3 });
    expect(facts.published.map(({ treeAt, listAt }) => listAt - treeAt)).toEqual([2, 2, 2]);
    expect([...table.zswapSigns].sort()).toEqual(['zs_get_total_pages', 'zs_obj_write']);
  });

  it('of functions that are not inlined: what they call counts as called by the store', () => {
    const [inlined, apart] = [false, true].map((hasFunctions) => {
      const made = new ZswapText({ hasFunctions });
      made.store(0x10, [100, 200, 'error']);
      const { table } = extractOperations(made.bytes);
      const [store] = rowsOf(table, OperationKind.ZswapStore);
      const within = rowsOf(table, OperationKind.Malloc).map((row) => table.parent[row]! === store);
      return { within, ...table.zswap.get(store!)! };
    });
    expect(apart).toMatchObject({ compressions: 3, entries: 3, objects: 2, within: [true, true] });
    expect(apart!.published.length).toBe(2);
    expect({ ...apart!.parts, mutexHold: 0 }).toEqual({ ...inlined!.parts, mutexHold: 0 });
    expect(apart!.parts.mutexHold).toBeGreaterThan(0);
  });

  it('where only zswap_compress is traced, that is the compressor', () => {
    const { table } = extractOperations(
      text([
        '   10.000001 |   0)     t-1       |               |  zswap_store() {',
        '   10.000002 |   0)     t-1       |               |    zswap_compress() {',
        '   10.000003 |   0)     t-1       |   4.000 us    |      zs_malloc();',
        '   10.000012 |   0)     t-1       |  10.000 us    |    }',
        '   10.000013 |   0)     t-1       |  12.000 us    |  }',
      ]),
    );
    const [store] = rowsOf(table, OperationKind.ZswapStore);
    expect(table.zswap.get(store!)).toMatchObject({
      isCall: true,
      compressions: 1,
      objects: 1,
      parts: { compress: 6000, object: 4000 },
    });
    expect(table.parent[rowsOf(table, OperationKind.Malloc)[0]!]).toBe(store);
  });

  it('read results of untyped return probes by what the function returns', () => {
    const returns = (name: string, value: string) => {
      const { table } = extractOperations(
        text([
          `   10.000001 |   0)     t-1       |               |  /* e: (${name}+0x0/0x10) */`,
          `   10.000002 |   0)     t-1       |               |  /* r: (x+0x1/0x2 <- ${name}) arg1=${value} */`,
        ]),
      );
      return table.zswap.get(0)!.result;
    };
    expect(returns('zswap_store', '0xffff888100000001')).toBe(1);
    expect(returns('zswap_store', '0xffff888100000000')).toBe(0);
    expect(returns('zswap_writeback_entry', '0xffffffef')).toBe(-17);
    expect(returns('zswap_load', '0xfffffffffffffffe')).toBe(-2);
    expect(returns('zswap_load', '1')).toBe(1);
  });

  it('are found from calls alone, without slots', () => {
    const { table } = extractOperations(
      readFixture('function-graph/6.12.117/fg-munmap-irqs-abstime-proc.txt'),
    );
    const invalidates = rowsOf(table, OperationKind.ZswapInvalidate);
    expect(invalidates.length).toBe(512);
    expect(invalidates.every((row) => table.slot[row] === -1)).toBe(true);
    const frees = rowsOf(table, OperationKind.FreeSwap);
    expect(frees.length).toBeGreaterThan(0);
    // The first batch of slots is under way when the recording begins, or has ended without one.
    const within = new Set(invalidates.map((row) => table.parent[row]!));
    for (const parent of within) if (parent >= 0) expect(frees).toContain(parent);
  });

  it('the swap layer above: what is written out and read in, and how many slots are freed', () => {
    const { table } = extractOperations(
      text([
        '   10.000000 |   0)     t-1       |               |  /* k_wp: (swap_writepage+0x4/0x300) folio=0x1 swp=0x7 */',
        '   10.000001 |   0)     t-1       |               |  /* k_st: (zswap_store+0x4/0x910) folio=0x1 swp=0x7 */',
        '   10.000002 |   0)     t-1       |               |  /* k_st_ret: (swap_writepage+0x1/0x2 <- zswap_store) ret=1 */',
        '   10.000003 |   0)     t-1       |               |  /* k_wp_ret: (pageout+0x1/0x2 <- swap_writepage) ret=0 */',
        '   10.000004 |   0)     t-1       |               |  /* k_rd: (swap_read_folio+0x4/0x640) folio=0x1 swp=0x400000000000007 */',
        '   10.000005 |   0)     t-1       |               |  /* k_rd_ret: (x+0x1/0x2 <- swap_read_folio) */',
        '   10.000006 |   0)     t-1       |               |  /* k_free_swap: (free_swap_and_cache_nr+0x4/0x490) swp=0x4000 nr=0x200 */',
      ]),
    );
    const [out, store, read, free] = [0, 1, 2, 3];
    expect([...table.kind.subarray(0, 4)]).toEqual([
      OperationKind.SwapOut,
      OperationKind.ZswapStore,
      OperationKind.SwapIn,
      OperationKind.FreeSwap,
    ]);
    expect([table.parent[store], table.parent[read], table.parent[free]]).toEqual([out, -1, -1]);
    // The second device: its slots are counted apart.
    expect(table.slot[read]).toBe(2 ** 40 + 7);
    expect(table.zswap.get(free)!.pages).toBe(512);
    expect(table.zswap.get(out)!.result).toBe(0);
  });

  it('of 6.1, which frontswap calls with a device and an offset', () => {
    const { table } = extractOperations(
      text([
        '   10.000001 |   0)     t-1       |               |  /* k_st: (zswap_frontswap_store+0x4/0x910) type=1 offset=0x7 */',
        '   10.000002 |   0)     t-1       |               |  /* k_st_ret: (__frontswap_store+0x1/0x2 <- zswap_frontswap_store) ret=-12 */',
        '   10.000003 |   0)     t-1       |               |  /* k_inv: (zswap_frontswap_invalidate_page+0x4/0x50) type=0 offset=9 */',
      ]),
    );
    expect([...table.kind.subarray(0, 2)]).toEqual([OperationKind.ZswapStore, OperationKind.ZswapInvalidate]);
    expect([...table.slot.subarray(0, 2)]).toEqual([2 ** 40 + 7, 9]);
    expect(table.zswap.get(0)!.result).toBe(-12);
    expect([...table.zswapSigns]).toEqual(['zswap_frontswap_store', 'zswap_frontswap_invalidate_page']);
  });
});
