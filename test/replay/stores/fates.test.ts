import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PageSizes, statedRatio } from '../../../src/model/codecs/sizes.ts';
import { PAGE_FATES } from '../../../src/model/steps.ts';
import { TWELVE_GROUPS } from '../../../src/model/zsmalloc/fullness.ts';
import { Geometry, X86_64 } from '../../../src/model/zsmalloc/geometry.ts';
import { Pool } from '../../../src/model/zsmalloc/pool.ts';
import { zswapEraById } from '../../../src/model/zswap/eras.ts';
import { limitOf } from '../../../src/model/zswap/limits.ts';
import type { Compressed } from '../../../src/model/zswap/store.ts';
import { fatedPages } from '../../../src/replay/stores/failed-folios.ts';
import { FateRun } from '../../../src/replay/stores/fates/decide.ts';
import { nodesOf, ONE_NODE } from '../../../src/replay/stores/fates/nodes.ts';
import type { FateWorld } from '../../../src/replay/stores/fates/world.ts';
import type { Page, Row } from '../../../src/replay/stores/recorded-rows.ts';
import { askStores, recordingOfStores } from '../../helpers/store-what-if.ts';
import { ZswapText } from '../../helpers/zswap-text.ts';

const CAUSES = ['no-entry', 'not-compressed', 'no-object', 'no-tree'] as const;

describe('pages of a folio that fails', () => {
  it('are each tried once or not at all, and every slot is erased once, whatever the batches', () => {
    const folio = fc.integer({ min: 1, max: 64 }).chain((pages) =>
      fc.record({
        pages: fc.constant(pages),
        page: fc.integer({ min: 0, max: pages - 1 }),
        cause: fc.constantFrom(...CAUSES),
        batch: fc.integer({ min: 1, max: 9 }),
        older: fc.array(fc.boolean(), { minLength: pages, maxLength: pages }),
        vswap: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(folio, ({ pages, page, cause, batch, older, vswap }) => {
        const entry = { times: {}, slot: 0, sizeClass: 0, zspagePages: 0, followed: 0, bytes: null };
        const erased = older.map((is, k) => (is || k < page ? entry : null));
        const all = fatedPages(pages, { page, cause, erased }, { batch, vswap });
        const of = (...fates: readonly string[]) => all.filter(({ fate }) => fates.includes(fate));
        const slots = of('erased', 'nothing').map((one) => one.page);
        expect(slots.sort((a, b) => a - b)).toEqual(
          vswap && page === 0 ? [] : Array.from({ length: pages }, (_, k) => k),
        );
        const tried = all
          .filter(({ fate }) => fate !== 'erased' && fate !== 'nothing')
          .map((one) => one.page);
        expect(new Set(tried).size).toBe(tried.length);
        for (let k = 0; k <= page; k++) expect(tried).toContain(k);
        expect(of(cause).some((one) => one.page === page)).toBe(true);
        // What was published is erased: all or nothing.
        for (const { page: k } of of('published'))
          if (!(vswap && page === 0)) expect(of('erased').map((one) => one.page)).toContain(k);
        // Nothing beyond the batch of the page that failed was touched.
        expect(Math.max(...tried)).toBeLessThan(page - (page % batch) + batch);
        const order = all.map(({ fate }) => PAGE_FATES.indexOf(fate));
        expect(order).toEqual(order.toSorted((a, b) => a - b));
      }),
      { numRuns: 100 },
    );
  });
});

/** Ten folios of 16 pages that fail at their page `at`, behind as many that are stored. */
function failing(at: number) {
  const text = new ZswapText();
  let objects = 0;
  for (let folio = 0; folio < 20; folio++) {
    const fails = folio % 2 === 1;
    const pages = Array.from({ length: 16 }, (_, k) =>
      fails && k === at ? ('error' as const) : 600 + 150 * k,
    );
    const own = Array.from(
      { length: fails ? at : 0 },
      (_, k) => [folio * 16 + k, 600 + 150 * k, objects + k] as const,
    );
    text.store(folio * 16, pages, own);
    objects += fails ? at : 16;
  }
  return recordingOfStores(text);
}
const FAILS = 'zswap_store: fails at a page';

describe('folios that fail at a later page', () => {
  it('are replayed: the later the page, the more was done and undone', () => {
    const meanOf = (at: number) => {
      const { baseline, refused } = askStores(failing(at), []);
      expect(refused).toEqual({ 'compression failed': 10 });
      const group = baseline.groups.find(({ path }) => path === FAILS)!;
      expect([group.operations, group.pages]).toEqual([10, 16]);
      return group.meanNs.value;
    };
    const [first, middle, last] = [0, 7, 15].map(meanOf) as [number, number, number];
    expect(middle).toBeGreaterThan(2 * first);
    expect(last).toBeGreaterThan(1.5 * middle);
  });

  it('waste the entries of a whole batch, and with IAA all of its pages in flight', () => {
    const { baseline, designs } = askStores(failing(1), ['batch-store', 'iaa-batch']);
    const [batch, iaa] = designs as [(typeof designs)[0], (typeof designs)[0]];
    // One by one two pages of each folio are compressed; in flight all eight of the batch.
    expect(baseline.iaa!.descriptors).toBe(10 * 16 + 10 * 2);
    expect(batch.iaa!.descriptors).toBe(10 * 16 + 10 * 2);
    expect(iaa.iaa!.descriptors).toBe(10 * 16 + 10 * 8);
    for (const { fates } of [baseline, batch, iaa])
      expect(fates).toMatchObject({
        storedPages: 160,
        refused: { 'compression failed': { folios: 10, pages: 160 } },
      });
  });
});

describe('sizes decide what is stored', () => {
  /** 200 single pages of 3000 bytes. */
  const full = () => {
    const text = new ZswapText();
    for (let slot = 0; slot < 200; slot++) text.store(slot, [3000]);
    return recordingOfStores(text);
  };

  it('a limit refuses what smaller pages would leave room for', () => {
    const recording = full();
    const ask = (ratio: number | null, poolPages: number) =>
      askStores(recording, [], {
        limit: { poolPages, acceptPercent: null },
        sizes: ratio === null ? null : { sizes: statedRatio(ratio), from: 'a ratio' },
      }).baseline.fates;
    const large = ask(null, 60);
    expect(large.basis).toBe('modelled');
    expect(large.refused['pool limit']!.pages + large.storedPages).toBe(200);
    expect(large.refused['pool limit']!.pages).toBeGreaterThan(80);
    expect(large.poolPages).toBeLessThanOrEqual(64);
    expect(ask(4, 60)).toMatchObject({ storedPages: 200, refused: {} });
  });

  it('a full pool takes folios again only at the accept threshold', () => {
    const recording = full();
    const writtenBack = (acceptPercent: number) =>
      askStores(recording, [], { limit: { poolPages: 60, acceptPercent } }).baseline.fates;
    // Nothing is written back in so short a time: what is refused stays refused, whatever the threshold.
    expect(writtenBack(100).refused['pool limit']!.pages).toBeGreaterThan(0);
    expect(writtenBack(50).refused['pool limit']!.pages).toBeGreaterThanOrEqual(
      writtenBack(100).refused['pool limit']!.pages,
    );
  });

  it('a page that does not get smaller fails its folio before 6.18, and is kept as it is since', () => {
    const sizes = {
      sizes: new PageSizes([...new Array<number>(31).fill(900), 4200], 'pages'),
      from: 'pages',
    };
    const text = new ZswapText({ like: '6.13' });
    for (let folio = 0; folio < 4; folio++)
      text.store(
        folio * 16,
        Array.from({ length: 16 }, (_, k) => 600 + 20 * k + folio),
      );
    const recording = recordingOfStores(text);
    const before = askStores(recording, ['batch-store'], { sizes, zswap: '6.13' });
    for (const { fates } of [before.baseline, ...before.designs])
      expect(fates).toMatchObject({
        storedPages: 32,
        refused: { 'compressed too large': { folios: 2, pages: 32 } },
      });
    const since = askStores(recording, [], { sizes, zswap: '6.18' }).baseline.fates;
    expect(since).toMatchObject({ storedPages: 64, refused: {} });
    // With IAA it is an error of the compressor, by its name.
    const iaa = askStores(recording, [], {
      sizes,
      zswap: '6.13',
      codec: { codec: 'deflate-iaa', platform: null },
    });
    expect(iaa.baseline.fates.refused).toEqual({ 'compression failed': { folios: 2, pages: 32 } });
  });
});

describe('nodes', () => {
  it('of entries follow the page, or with bulk-entries the CPU: then the shrinker of another node has them', () => {
    const text = new ZswapText();
    for (let folio = 0; folio < 60; folio++)
      text.store(
        folio * 16,
        Array.from({ length: 16 }, (_, k) => 600 + k),
      );
    const recording = recordingOfStores(text);
    const ask = (pagesElsewhere: number | null, ...others: readonly string[]) =>
      askStores(recording, ['batch-store', ...others], {
        nodes: nodesOf(2, 1, pagesElsewhere),
      });
    const { baseline, designs } = ask(null, 'bulk-entries', 'bulk-entries+node-entries');
    const [batch, bulk, back] = designs.map(({ fates }) => fates.nodes!);
    for (const nodes of [baseline.fates.nodes!, batch!, back!]) {
      expect(nodes).toMatchObject({ entries: 960, entriesElsewhere: 0 });
      expect(nodes.entriesFarFromCpu / nodes.entries).toBeCloseTo(0.25, 0);
    }
    expect(bulk).toMatchObject({ entriesFarFromCpu: 0, entriesElsewhere: batch!.entriesFarFromCpu });
    // A write to another node takes time.
    const [far, near] = [ask(1), ask(0)].map(({ designs: [first] }) => first!);
    expect(far!.storeNsPerPage.value - near!.storeNsPerPage.value).toBeCloseTo(100, 0);
    expect(near!.fates.nodes!.entriesFarFromCpu).toBe(0);
  });
});

describe('any operations under any limit', () => {
  const GEOMETRY = new Geometry(X86_64);
  const page = (slot: number): Page => ({
    times: { compress: 1 },
    slot,
    sizeClass: 0,
    zspagePages: 0,
    followed: slot,
    bytes: 100,
  });

  it('keep all or nothing of a folio, and lose neither operations nor bytes', () => {
    const operation = fc.record({
      path: fc.constantFrom(
        'zswap_store',
        'zswap_store',
        'zswap_load',
        'zswap_invalidate',
        'zswap_writeback_entry',
      ),
      slot: fc.integer({ min: 0, max: 7 }),
      pages: fc.integer({ min: 1, max: 8 }),
      bytes: fc.integer({ min: 30, max: 4600 }),
    });
    const arbitrary = fc.record({
      operations: fc.array(operation, { maxLength: 60 }),
      maxPages: fc.integer({ min: 1, max: 40 }),
      era: fc.constantFrom('6.12', '6.13', '6.18'),
      splits: fc.boolean(),
      vswap: fc.boolean(),
      shrinker: fc.constantFrom('worker', 'reclaim'),
    });
    fc.assert(
      fc.property(arbitrary, ({ operations, maxPages, era, splits, vswap, shrinker }) => {
        const pool = new Pool(GEOMETRY, TWELVE_GROUPS);
        const bytesOf = new Map<Page, number>();
        // Each slot is stored once first: what happens to others is as recorded.
        const before = Array.from({ length: 8 }, (_, slot) => ({
          path: 'zswap_store',
          slot,
          pages: 8,
          bytes: 500,
        }));
        const calls = [...before, ...operations].map(({ path, slot, pages, bytes }, k) => {
          const count = path === 'zswap_store' ? pages : 1;
          const all = Array.from({ length: count }, (_, p) => page(8 * slot + p));
          for (const one of all) bytesOf.set(one, bytes);
          const row: Row = { op: k, path, pages: all, members: 1, thinkNs: 0 };
          return { task: 0, cpu: 0, atNs: k * 1e6, row };
        });
        const compressed = (one: Page): Compressed => {
          const bytes = bytesOf.get(one)!;
          return bytes < 4096 ? { kind: 'compressed', bytes } : { kind: 'too-large' };
        };
        const world: FateWorld = {
          era: zswapEraById(era),
          rules: { batch: 1, splits, vswap },
          entriesOfCpu: false,
          limit: limitOf(maxPages, 90),
          pool,
          compressed,
          nodes: ONE_NODE,
          lists: new Map(),
          cpus: 1,
          shrinker: shrinker as FateWorld['shrinker'],
          pace: { wakeNs: 1000, writebackNs: 1000 },
        };
        const run = new FateRun(world);
        const fates = run.run(calls);
        const stores = calls.filter(({ row }) => row.path === 'zswap_store');
        const pagesOf = (list: typeof calls) => list.reduce((sum, { row }) => sum + row.pages.length, 0);
        const refused = Object.values(fates.refused).reduce((sum, { pages }) => sum + pages, 0);
        expect(fates.storedPages + refused).toBe(pagesOf(stores));
        const decided = run.decided.filter(({ row }) => row.path.startsWith('zswap_store'));
        expect(decided.reduce((sum, { row }) => sum + row.pages.length, 0)).toBe(pagesOf(stores));
        // Entries that came and did not go are those that hold the pool's objects.
        const went = (path: string) => run.decided.filter(({ row }) => row.path === path).length;
        const { replaced, erased } = fates.staleEntries;
        const left =
          fates.storedPages -
          replaced -
          erased -
          fates.writtenBack -
          went('zswap_load') -
          went('zswap_invalidate');
        expect(pool.countObjects()).toBe(left);
        expect(pool.countPages()).toBe(pool.pagesTaken - pool.pagesReturned);
        for (const { row } of decided)
          if (row.failure)
            expect(row.failure.erased.slice(0, row.failure.page).every((one) => one !== null)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
