import { describe, expect, it } from 'vitest';
import { DesignError } from '../../../src/model/designs/design.ts';
import { applyDesigns, changesStores, DESIGNS, parseDesign } from '../../../src/model/designs/registry.ts';
import { eraById } from '../../../src/model/kernels/eras.ts';
import { withZswap, ZSWAP_PATHS } from '../../../src/model/kernels/zswap.ts';
import { ZSWAP_ERAS, zswapEraById } from '../../../src/model/zswap/eras.ts';
import { Machine } from '../../../src/replay/engine/machine.ts';
import { pathText } from '../../../src/report/step-text.ts';
import { constant, FREE_TIMES, runOf, taskOf } from '../../helpers/machine.ts';

const kernel = (zswap = '6.18', zsmalloc = 'E') => withZswap(eraById(zsmalloc), zswapEraById(zswap));
const designed = (text: string, zswap = '6.18') => applyDesigns(kernel(zswap), parseDesign(text));

/** One folio stored: how often each lock is taken, and how long it takes with some costs. */
function store(text: string, pages: number, costs: Record<string, number> = {}, zswap = '6.18') {
  const task = taskOf(0, new Float64Array(pages), {
    pages: Int32Array.from({ length: pages }, (_, k) => (k === 0 ? pages : 0)),
    slot: Int32Array.from({ length: pages }, (_, k) => 1000 + k),
    zspagePages: new Int32Array(pages),
  });
  const run = runOf(designed(text, zswap), [task], {
    paths: [ZSWAP_PATHS.store],
    times: FREE_TIMES,
    costs: Object.fromEntries(Object.entries(costs).map(([name, ns]) => [name, constant(ns)])),
  });
  const zeros = run.costs.map((values, k) => (run.program.costs[k]! in costs ? values : constant(0)));
  const result = new Machine({ ...run, costs: zeros }).run();
  const taken = Object.fromEntries(result.locks.map(({ name, acquisitions }) => [name, acquisitions]));
  return { ns: result.latencySumNs[0], taken };
}

describe('a folio of 20 pages', () => {
  it('locks the context for each page, for each batch, and for each page of batches again', () => {
    const holds = (text: string) => store(text, 20).taken['acomp_ctx->mutex'];
    expect(holds('base')).toBe(20);
    expect(holds('batch-store')).toBe(3);
    expect(holds('batch-store:size=4')).toBe(5);
    expect(holds('batch-store:size=64')).toBe(1);
    expect(holds('batch-store+mutex-per-page')).toBe(20);
    expect(holds('bulk-entries+mutex-per-page')).toBe(20);
    expect(holds('mutex-per-page+bulk-entries')).toBe(20);
  });

  it('locks tree and list for each page, whatever the batches', () => {
    for (const text of ['base', 'batch-store', 'batch-store+bulk-entries+prefetchw+batched-pool-refs']) {
      expect(store(text, 20).taken).toMatchObject({
        'tree lock': 20,
        'list_lru lock': 20,
        'class->lock': 20,
      });
    }
  });

  it('asks the slab for each entry, or once a batch', () => {
    const costs = { entry: 100, 'entry-bulk-page': 1 };
    expect(store('base', 20, costs).ns).toBe(2000);
    expect(store('batch-store', 20, costs).ns).toBe(2000);
    expect(store('batch-store+bulk-entries', 20, costs).ns).toBe(3 * 100 + 20);
    expect(store('batch-store+bulk-entries+node-entries', 20, costs).ns).toBe(2000);
    expect(store('batch-store+node-entries', 20, costs).ns).toBe(2000);
  });

  it('is looked at once, or page by page when it is split', () => {
    const costs = { 'store-check': 100, 'split-page': 7 };
    expect(store('base', 20, costs).ns).toBe(100);
    expect(store('split-folio', 20, costs).ns).toBe(20 * 107);
    expect(store('base', 20, costs, '6.12').ns).toBe(20 * 107);
    expect(store('large-folio', 20, costs, '6.12').ns).toBe(100);
  });

  it('takes references of the pool page by page, or at once', () => {
    const costs = { 'take-references': 10 };
    expect(store('base', 20, costs).ns).toBe(200);
    expect(store('batched-pool-refs', 20, costs).ns).toBe(10);
    expect(store('batched-pool-refs-after', 20, costs).ns).toBe(10);
    const place = (text: string) =>
      pathText(designed(text).paths[ZSWAP_PATHS.store]!).indexOf('pool: references for all pages');
    expect([place('batched-pool-refs'), place('batched-pool-refs-after')]).toEqual([1, 3]);
  });

  it('is looked at once more for each folio that reclaim hands over with it', () => {
    expect(store('reclaim-batch', 20, { 'store-check': 100 }).ns).toBe(100);
    expect(designed('reclaim-batch:folios=4').gathers).toEqual({ [ZSWAP_PATHS.store]: 4 });
  });

  it('writes its entries as often with prefetchw, only faster', () => {
    const costs = { 'entry-write': 50, prefetchw: 5 };
    expect(store('base', 20, costs).ns).toBe(1000);
    expect(store('prefetchw', 20, costs).ns).toBe(100);
    expect(store('batch-store+prefetchw', 20, costs).ns).toBe(100);
  });

  it('has no tree under vswap, before or after other designs', () => {
    for (const text of ['vswap', 'vswap+batch-store', 'batch-store+vswap', 'vswap+bulk-entries']) {
      expect(store(text, 20).taken['vswap cluster lock']).toBe(20);
      expect(designed(text).clusterSlots).toBe(512);
      expect(designed(text).locks).not.toHaveProperty('tree lock');
    }
  });
});

it.each(ZSWAP_ERAS.map(({ id }) => id))('zswap %s: each CPU compresses in a context of its own', (zswap) => {
  const task = (cpu: number) =>
    taskOf(cpu, new Float64Array(1), { slot: Int32Array.of(cpu), zspagePages: new Int32Array(1) });
  const run = runOf(kernel(zswap), [task(0), task(1)], { paths: [ZSWAP_PATHS.store], times: FREE_TIMES });
  const costs = run.program.costs.map((name) => constant(name === 'compress' ? 1000 : 0));
  // At the same time, and neither waits for the other.
  expect(new Machine({ ...run, costs }).run().latencySumNs[0]).toBe(2000);
});

describe('a design that does not fit is refused', () => {
  const refused: readonly [text: string, zswap: string, why: string][] = [
    ['batch-store', '6.12', 'large-folio comes first'],
    ['large-folio', '6.18', 'stored whole already'],
    ['split-folio', '6.12', 'split already'],
    ['batch-store+split-folio', '6.18', 'large folios are split'],
    ['batch-store+batch-store', '6.18', 'in batches already'],
    ['mutex-per-page', '6.12', 'large-folio comes first'],
    ['prefetchw+prefetchw', '6.18', 'no write to an entry that misses'],
    ['batched-pool-refs+batched-pool-refs-after', '6.18', 'no page takes a reference'],
    ['vswap', '6.1', 'no xarray'],
    ['batched-pool-refs+reclaim-batch', '6.12', 'large-folio comes first'],
    ['reclaim-batch+batched-pool-refs', '6.12', 'large-folio comes first'],
  ];
  it.each(refused)('%s on zswap %s', (text, zswap, why) => {
    expect(() => designed(text, zswap)).toThrow(DesignError);
    expect(() => designed(text, zswap)).toThrow(why);
  });

  it.each(DESIGNS.filter((design) => design.changes === 'store').map(({ id }) => id))(
    '%s on zsmalloc alone',
    (id) => {
      expect(() => applyDesigns(eraById('E').kernel, parseDesign(id))).toThrow(
        'without zswap (--path store)',
      );
      expect(changesStores(parseDesign(id))).toBe(true);
    },
  );

  it('6.12 with large folios batches, and a free design composes with it', () => {
    const text = 'large-folio+batch-store+class-idx';
    const changed = designed(text, '6.12');
    expect(store(text, 20, {}, '6.12').taken['acomp_ctx->mutex']).toBe(3);
    expect(pathText(changed.paths.zs_free!).join('\n')).not.toContain('read-lock');
  });
});

describe('step lists', () => {
  it('of 6.18 store a page: entry, context, tree, references, list', () => {
    const { paths } = kernel();
    expect(pathText(paths[ZSWAP_PATHS.store]!)).toEqual([
      'limits, memcg; current pool',
      'for each page:',
      '  call zswap_store_page',
      'count, leave',
    ]);
    expect(pathText(paths.zswap_store_page!)).toEqual([
      'entry from the slab',
      'call zswap_compress',
      'lock tree lock',
      'put the entry into the tree',
      'unlock tree lock',
      'pool: take a reference (percpu_ref)',
      'objcg: reference, charge',
      'atomic zswap_stored_pages: one more',
      'fields of the entry',
      'list_lru_add: find the list',
      'lock list_lru lock',
      'put the entry on the list',
      'unlock list_lru lock',
    ]);
  });

  it('of 6.12 take references before compression, of 6.1 a shared counter and no list', () => {
    const at = (zswap: string, text: string) =>
      pathText(kernel(zswap).paths.zswap_store_page!).findIndex((line) => line.includes(text));
    expect(at('6.12', 'percpu_ref')).toBeLessThan(at('6.12', 'zswap_compress'));
    expect(at('6.18', 'percpu_ref')).toBeGreaterThan(at('6.18', 'zswap_compress'));
    expect(at('6.1', 'atomic pool->kref')).toBeGreaterThan(0);
    expect(at('6.1', 'list_lru')).toBe(-1);
  });

  it.each(ZSWAP_ERAS.map(({ id }) => id))('of %s take no lock that they leave held', (id) => {
    for (const path of Object.values(ZSWAP_PATHS).filter((one) => one in kernel(id).paths)) {
      const run = runOf(kernel(id), [taskOf(0, new Float64Array(3), { zspagePages: new Int32Array(3) })], {
        paths: [path],
      });
      expect(new Machine(run).run().operations[0]).toBe(3);
    }
  });
});

describe('batched references', () => {
  const evidence = (id: string) => DESIGNS.find((design) => design.id === id)!.evidence!().join('\n');

  it('before the first page break only when all are given back', () => {
    const text = evidence('batched-pool-refs');
    expect(text).toMatch(/^all ahead \(no page fails\): no order breaks it/);
    expect(text).toContain('all ahead (page 1 fails): no order breaks it');
    expect(text).toContain('all ahead, all given back (page 1 fails): breaks');
  });

  it('after the last page break, with the order that does it', () => {
    const text = evidence('batched-pool-refs-after');
    expect(text).toContain('all after publication (no page fails): breaks');
    expect(text).toContain('a reference of the pool is dropped that was never taken');
    expect(text).not.toContain('no order breaks it');
  });
});

it('large-folio and vswap show what breaks when a failed store leaves entries', () => {
  const shown = (id: string) => parseDesign(id)[0]!.design.evidence!();
  const large = shown('large-folio').join('\n');
  expect(large).toContain('=> page 1: old data is read from zswap');
  expect(large.match(/: breaks$/gm)).toHaveLength(3);
  const verdicts = shown('vswap').filter((line) => /^no disk|^with a disk/.test(line));
  expect(verdicts.map((line) => line.replace(/no order breaks it, \d+ states/, 'holds'))).toEqual([
    'no disk: page 1 of 2 fails, the store erases all slots, at page 0 none: holds',
    'no disk: page 1 of 2 fails, the store erases nothing: holds',
    'with a disk: page 1 of 2 fails, the store erases all slots, at page 0 none: holds',
    'with a disk: page 1 of 2 fails, the store erases its own entries: holds',
    'with a disk: page 1 of 2 fails, the store erases older entries: breaks',
    'with a disk: page 1 of 2 fails, the store erases nothing: breaks',
    'with a disk: page 0 of 2 fails, the store erases all slots, at page 0 none: holds',
    'with a disk: older backing is left, page 0 of 2 fails, the store erases all slots, at page 0 none: breaks',
  ]);
});
