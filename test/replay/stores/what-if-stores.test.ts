import { beforeAll, describe, expect, it } from 'vitest';
import { recordingOf } from '../../../src/cli/recordings.ts';
import type { Recording } from '../../../src/replay/run-what-if.ts';
import type { StoreWhatIfResult } from '../../../src/replay/stores/result.ts';
import { renderStoreWhatIfJson } from '../../../src/report/store-what-if-json.ts';
import { renderStoreWhatIfText } from '../../../src/report/store-what-if-text.ts';
import { askStores, recordingOfStores, type StoreQuestion } from '../../helpers/store-what-if.ts';
import { ZswapText } from '../../helpers/zswap-text.ts';

let recording: Recording;

beforeAll(async () => {
  recording = await recordingOf(['fixtures/complete/full-zswap-p2-s1.txt.gz'], { quiet: true, hash: false });
});

const ask = (designs: readonly string[], more: StoreQuestion = {}): StoreWhatIfResult =>
  askStores(recording, designs, more);

describe('stores of a recording', () => {
  let asRecorded: StoreWhatIfResult;

  beforeAll(() => {
    asRecorded = ask(['drop-lock', 'vswap'], { seeds: 3 });
  });

  it('take what they took: nothing of a store, load or invalidation is lost or counted twice', () => {
    const { validation, kernel, baseline } = asRecorded;
    expect(kernel).toMatchObject({ zsmalloc: 'D', zswap: '6.12' });
    const means = validation.comparisons.filter(({ name }) => name.endsWith('mean without waits'));
    expect(means).toHaveLength(8);
    for (const { recordedNs, modelledNs } of means) {
      expect(modelledNs.value).toBeGreaterThan(0.98 * recordedNs);
      expect(modelledNs.value).toBeLessThan(1.02 * recordedNs);
    }
    for (const { name, isOff } of validation.comparisons.filter(({ name }) => name.endsWith('median')))
      expect([name, isOff]).toEqual([name, false]);
    const operations = baseline.groups.map(({ path, operations }) => [path, operations]);
    expect(Object.fromEntries(operations)).toEqual({
      zswap_store: 1156,
      'zswap_store: does not compress': 347,
      'zswap_store: pool limit': 390,
      zswap_load: 313,
      'zswap_load: no entry': 1,
      'zswap_invalidate: no entry': 1013,
      zswap_invalidate: 812,
      zswap_writeback_entry: 31,
    });
  });

  it('tell waits for a holder from those of a CPU that did not run, which stay with their operation', () => {
    const { validation } = asRecorded;
    expect(validation.recordedWaitsNs).toMatchObject({ mutex: 0, tree: 465_729_174 });
    // The tree's lock was held for a ninth of the time that it was waited for: most waits had no holder.
    expect(validation.recordedWaitsNs.tree).toBeGreaterThan(8 * validation.treeHeldNs);
    const held = validation.recordedWaitsNs.tree - validation.unheldWaitsNs.tree;
    expect(held).toBeLessThan(validation.treeHeldNs);
    const whole = validation.comparisons.find(({ name }) => name === 'first to last')!;
    expect(Math.abs(whole.modelledNs.value / whole.recordedNs - 1)).toBeLessThan(0.05);
    expect(validation.verdict).toBe('fits');
  });

  it('have the writebacks of the shrinker among them, which vswap does not make', () => {
    const { baseline, designs } = asRecorded;
    const writebacks = ({ groups }: typeof baseline) =>
      groups.find(({ path }) => path === 'zswap_writeback_entry');
    expect([baseline.pagesWrittenBack, writebacks(baseline)!.operations]).toEqual([31, 31]);
    expect(designs.map(({ id, pagesWrittenBack }) => [id, pagesWrittenBack])).toEqual([
      ['drop-lock', 31],
      ['vswap', 0],
    ]);
    const [, vswap] = designs;
    expect(writebacks(vswap!)!.meanNs.value).toBeLessThan(writebacks(baseline)!.meanNs.value / 2);
  });

  it('are refused as the structural replay says', () => {
    const { refused, validation } = asRecorded;
    expect(refused).toEqual({ 'compression failed': 347, 'pool limit': 390 });
    expect(validation.structure!.stores).toMatchObject({ judged: 1893, agree: 1893 });
  });

  it('as folios of 16: batches and bulk entries gain, splitting costs, and the mutex per page gives the gain back', () => {
    const { designs, baseline } = ask(
      ['batch-store', 'batch-store+bulk-entries', 'batch-store+mutex-per-page', 'split-folio'],
      { zswap: '6.13', sweep: { folioPages: [16] }, seeds: 7 },
    );
    const [batch, bulk, perPage, split] = designs.map(({ storeSpeedup }) => storeSpeedup.value) as [
      number,
      number,
      number,
      number,
    ];
    expect(baseline.groups.find(({ pages }) => pages === 16)!.operations).toBe(72);
    expect(batch).toBeGreaterThan(1.002);
    expect(bulk).toBeGreaterThan(batch);
    expect(perPage).toBeLessThan(batch);
    expect(split).toBeLessThan(1);
  });

  it('of one page have nothing to batch on 6.18', () => {
    const [batch] = ask(['batch-store'], { zswap: '6.18' }).designs;
    expect(batch!.storeSpeedup.value).toBeCloseTo(1, 2);
  });

  it('compose with designs of frees, and refuse those that change nothing for them', () => {
    const [free] = asRecorded.designs;
    expect(free!.groups.length).toBeGreaterThan(0);
    expect(() => ask(['no-zram-counters'])).toThrow('changes nothing that stores, loads or invalidations do');
    expect(() => ask(['batch-store'])).toThrow('large-folio comes first');
    const { designs, leftOut, codec } = ask(['no-zram-counters', 'iaa-batch', 'vswap']);
    expect(designs.map(({ id }) => id)).toEqual(['vswap']);
    expect(leftOut.map(({ id }) => id)).toEqual(['no-zram-counters', 'iaa-batch']);
    // The device went with the design that wanted it.
    expect(codec).toBeNull();
  });

  it('give the same answer again', () => {
    const again = ask(['drop-lock', 'vswap'], { seeds: 3 });
    expect(renderStoreWhatIfJson(again)).toBe(renderStoreWhatIfJson(asRecorded));
  });

  it('are printed within 72 columns, in ASCII', () => {
    const text = renderStoreWhatIfText(
      ask(['large-folio+batch-store', 'no-zram-counters', 'vswap'], { sweep: { folioPages: [4] } }),
    );
    expect(text).toContain('zswap_store (4 pages)');
    expect(text).toContain('Left out: no-zram-counters: ');
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(72);
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
  });

  it('without calls are refused in one line', async () => {
    const frees = await recordingOf(['fixtures/complete/full-churn-p4-s1.txt.gz'], {
      quiet: true,
      hash: false,
    });
    // Whatever is asked of them: what does not fit their kernel is not the reason.
    for (const designs of [[], ['batch-store'], ['vswap', 'batch-store']])
      expect(() => ask(designs, { recording: frees })).toThrow(
        'no zswap_store with a duration and its calls',
      );
  });
});

describe('large folios of a recording', () => {
  const text = new ZswapText();
  const [object] = text.store(0, [700]);
  text.store(16, [1000, 1200, 900, 3000, 800]);
  text.store(32, ['error', 900]);
  text.load(0, 700, object!);
  const made = recordingOfStores(text);

  it('are told apart by their pages, and their steps add up', () => {
    const { baseline, validation, kernel } = ask([], { recording: made });
    expect(kernel.zswap).toBe('6.18');
    expect(baseline.groups.map(({ path, pages, operations }) => [path, pages, operations])).toEqual([
      ['zswap_store', 1, 1],
      ['zswap_store', 5, 1],
      ['zswap_store: fails at a page', 2, 1],
      ['zswap_load', 1, 1],
    ]);
    const large = validation.comparisons.find(({ name }) => name.startsWith('zswap_store (5 pages), mean'))!;
    expect(large.recordedNs).toBe(99_000);
    expect(large.modelledNs.value).toBeGreaterThan(0.98 * 99_000);
    expect(large.modelledNs.value).toBeLessThan(1.02 * 99_000);
  });

  it('are batched: calls of the mutex for every 8 pages', () => {
    const { baseline, designs } = ask(['batch-store', 'batch-store:size=3'], { recording: made });
    const meanOf = ({ groups }: { groups: typeof baseline.groups }) =>
      groups.find(({ pages }) => pages === 5)!.meanNs.value;
    // mutex_lock took 1 us and mutex_unlock is taken to, and both have something around them: of 5 pairs 1 is left, or 2.
    const pairNs = (meanOf(baseline) - meanOf(designs[0]!)) / 4;
    expect(pairNs).toBeGreaterThan(2000);
    expect(pairNs).toBeLessThan(3000);
    expect(meanOf(baseline) - meanOf(designs[1]!)).toBeCloseTo(3 * pairNs, -1);
  });
});
