import { beforeAll, describe, expect, it } from 'vitest';
import { PageSizes, statedRatio } from '../../../src/model/codecs/sizes.ts';
import { statedSizes } from '../../../src/model/codecs/stated-sizes.ts';
import type { Recording } from '../../../src/replay/run-what-if.ts';
import { Codec, IAA_AS_PUBLISHED } from '../../../src/replay/stores/codec-costs.ts';
import { asFolios, gathered } from '../../../src/replay/stores/gather.ts';
import type { Row } from '../../../src/replay/stores/recorded-rows.ts';
import type { StoreWhatIfResult } from '../../../src/replay/stores/result.ts';
import type { StoreRequest } from '../../../src/replay/stores/what-if-stores.ts';
import { durationText } from '../../../src/report/quantities.ts';
import { renderStoreWhatIfHtml } from '../../../src/report/store-what-if-html.ts';
import { renderStoreWhatIfText } from '../../../src/report/store-what-if-text.ts';
import { askStores, recordingOfStores, type StoreQuestion } from '../../helpers/store-what-if.ts';
import { ZswapText } from '../../helpers/zswap-text.ts';

let recording: Recording;

/** Ten folios of 16 pages, stored as 6.18 would. */
beforeAll(() => {
  const text = new ZswapText();
  for (let folio = 0; folio < 10; folio++)
    text.store(
      folio * 16,
      Array.from({ length: 16 }, (_, k) => 600 + 150 * k + folio),
    );
  recording = recordingOfStores(text);
});

const ask = (designs: readonly string[], more: StoreQuestion = {}): StoreWhatIfResult =>
  askStores(recording, designs, { seeds: 3, ...more });
const meanOf = ({ groups }: StoreWhatIfResult['baseline']) =>
  groups.find(({ path }) => path === 'zswap_store')!.meanNs.value;

describe('another codec', () => {
  it('replaces what the codec took, and nothing else', () => {
    const recorded = ask([], { seeds: 1 });
    const lz4 = ask([], { seeds: 1, codec: { codec: 'lz4', platform: 'sapphire-rapids' } });
    // Each page took the recorded codec 1 us, and takes this one 8.7 us.
    expect(meanOf(recorded.baseline) - meanOf(lz4.baseline)).toBeCloseTo(16 * 1000 - 139_190, -1);
    expect(lz4.codec).toMatchObject({ id: 'lz4', platform: 'sapphire-rapids', basis: 'derived' });
    expect(lz4.validation.comparisons).toEqual(recorded.validation.comparisons);
  });

  it('is a range: each run takes another value, the first one the middle', () => {
    const codec = new Codec({ codec: 'zstd', platform: 'emerald-rapids-vm' }, 5);
    const { low, middle, high } = codec.cost.compressNs!;
    expect(codec.prices(0).costs.get('compress')).toBe(middle);
    const drawn = [1, 2, 3, 4].map((seed) => codec.prices(seed).costs.get('compress')!);
    expect(new Set(drawn).size).toBe(4);
    for (const ns of drawn) {
      expect(ns).toBeGreaterThanOrEqual(low);
      expect(ns).toBeLessThanOrEqual(high);
    }
  });

  it('is refused where its costs are not known', () => {
    expect(() => ask([], { codec: { codec: 'lz4', platform: 'raspberry-pi-4b' } })).toThrow(
      'not known on raspberry-pi-4b',
    );
  });

  it('scales what is not the codec by the share that is asked for', () => {
    const codec = { codec: 'lz4', platform: 'sapphire-rapids' } as const;
    const compressNs = 139_190;
    const whole = meanOf(ask([], { seeds: 1, codec }).baseline);
    const tenth = meanOf(ask([], { seeds: 1, codec, otherSteps: 0.1 }).baseline);
    expect(tenth - compressNs).toBeCloseTo(0.1 * (whole - compressNs), -1);
  });
});

it('what is assumed of a step is not scaled with those that are recorded', () => {
  const text = new ZswapText({ hasFunctions: true });
  for (let slot = 0; slot < 10; slot++) text.store(slot, [600]);
  const slow = recordingOfStores(text);
  const gainNs = (otherSteps: number) => {
    const { baseline, designs } = ask(['prefetchw'], { seeds: 1, otherSteps, recording: slow });
    return meanOf(baseline) - meanOf(designs[0]!);
  };
  // An entry's first write takes 50 ns, and 5 when it was fetched.
  expect(gainNs(1)).toBeCloseTo(45, 1);
  expect(gainNs(0.1)).toBeCloseTo(45, 1);
});

describe('sizes', () => {
  it('of a stated ratio fill other zspages', () => {
    const [recorded, half] = [
      ask([], { seeds: 1 }),
      ask([], { seeds: 1, sizes: { sizes: statedRatio(8), from: 'a ratio' } }),
    ];
    expect(recorded.sizes).toMatchObject({ basis: 'recorded', objects: 160, doesNotCompress: null });
    expect(half.sizes).toMatchObject({ basis: 'stated', meanBytes: 512, objects: 160 });
    expect(half.sizes.poolPages).toBeLessThan(recorded.sizes.poolPages!);
    const elf = ask([], { seeds: 1, sizes: { sizes: statedSizes('elf', 'zstd'), from: 'ELF' } }).sizes;
    expect(elf).toMatchObject({ basis: 'stated', objects: 160, doesNotCompress: 0 });
    expect(Math.abs(elf.meanBytes! / statedSizes('elf', 'zstd').mean - 1)).toBeLessThan(0.01);
  });

  it('of a sample keep the order of the recorded ones; pages that do not compress are kept as they are from 6.18 on', () => {
    const { sizes } = ask([], {
      seeds: 1,
      sizes: { sizes: new PageSizes([1000, 4096, 3000, 4200], 'pages'), from: 'pages' },
    });
    expect(sizes).toMatchObject({
      basis: 'pages',
      meanBytes: (1000 + 3000 + 2 * 4096) / 4,
      doesNotCompress: 0.5,
    });
    expect(() => ask([], { sizes: { sizes: new PageSizes([4096], 'pages'), from: 'these' } })).toThrow(
      'no page of these gets below a page',
    );
  });
});

describe('IAA', () => {
  it('comes with a design that needs it, in the base too', () => {
    const { codec, baseline, designs } = ask(['iaa-batch']);
    expect(codec).toMatchObject({ id: 'deflate-iaa', isChosenByDesign: true });
    expect(baseline.iaa!.descriptors).toBe(160);
    expect(designs[0]!.iaa!.descriptors).toBe(160);
    // One by one all go to the CPU's device, batches go round the package.
    expect([baseline.iaa!.devicesUsed, designs[0]!.iaa!.devicesUsed]).toEqual([1, 4]);
    expect(designs[0]!.storeSpeedup.lo).toBeGreaterThan(1.2);
  });

  it('in batches of one is what it is alone, and the more the better', () => {
    const sizes = [1, 2, 4, 8].map((size) => ask([`iaa-batch:size=${size}`], { seeds: 1 }).designs[0]!);
    const gains = sizes.map(({ storeSpeedup }) => storeSpeedup.value);
    expect(gains[0]).toBeGreaterThan(0.97);
    expect(gains.toSorted((a, b) => a - b)).toEqual(gains);
  });

  it('verifies each page with one more descriptor', () => {
    const { baseline } = ask([], {
      seeds: 1,
      codec: { codec: 'deflate-iaa', platform: null },
      iaa: { ...IAA_AS_PUBLISHED, verify: true },
    });
    expect(baseline.iaa!.descriptors).toBe(320);
  });
});

describe('settings of IAA', () => {
  const codec = { codec: 'deflate-iaa', platform: null } as const;
  const ofBatch = (iaa: Partial<typeof IAA_AS_PUBLISHED>, more: Partial<StoreRequest> = {}) =>
    ask(['iaa-batch'], { seeds: 1, codec, ...more, iaa: { ...IAA_AS_PUBLISHED, ...iaa } }).designs[0]!;
  const one = { packages: 1, devices: 1, engines: 1 };

  it('a short queue makes CPUs try again, and pages take longer', () => {
    const [short, long] = [ofBatch({ ...one, queueEntries: 1 }), ofBatch({ ...one, queueEntries: 128 })];
    expect(long.iaa!.queueFullNs.value).toBe(0);
    expect(short.iaa!.queueFullNs.value).toBeGreaterThan(0);
    expect(short.storeNsPerPage.value).toBeGreaterThanOrEqual(long.storeNsPerPage.value);
  });

  it('interrupts make stores longer, and leave the CPU to others meanwhile', () => {
    const [poll, irq] = [
      ofBatch(one),
      ofBatch({ ...one, completion: { kind: 'interrupt', wakeNs: 20_000 } }),
    ];
    expect(irq.storeNsPerPage.value).toBeGreaterThan(poll.storeNsPerPage.value);
    expect(irq.cpuNs.value).toBeLessThan(poll.cpuNs.value);
  });

  it('more devices take a batch between them, when they are gone round', () => {
    const few = ofBatch({ ...one, devices: 1 });
    const many = ofBatch({ ...one, devices: 4 });
    const own = ofBatch({ ...one, devices: 4, mapping: 'cpu' });
    expect(many.storeNsPerPage.value).toBeLessThan(few.storeNsPerPage.value);
    expect([few, many, own].map(({ iaa }) => iaa!.devicesUsed)).toEqual([1, 4, 1]);
    expect(own.storeNsPerPage.value).toBeCloseTo(few.storeNsPerPage.value, 6);
  });

  it('pages that engines refuse to decompress are inflated by software', () => {
    const text = new ZswapText();
    for (let slot = 0; slot < 20; slot++) {
      const [object] = text.store(slot, [600 + slot]);
      text.load(slot, 600 + slot, object!);
    }
    const loadNs = (fallback: number) =>
      ask([], {
        seeds: 1,
        recording: recordingOfStores(text),
        codec,
        iaa: { ...IAA_AS_PUBLISHED, fallback },
      }).baseline.groups.find(({ path }) => path === 'zswap_load')!.meanNs.value;
    const [none, half, all] = [0, 0.5, 1].map(loadNs) as [number, number, number];
    // Software inflates a page in some microseconds.
    expect(half).toBeGreaterThan(none + 1000);
    expect(all).toBeGreaterThan(half + 1000);
  });
});

describe('a sweep', () => {
  it('goes through all combinations, the base of each beside its designs', () => {
    const { sweep } = ask(['iaa-batch'], {
      seeds: 1,
      sweep: { batchSizes: [1, 8], engines: [1, 8], processes: [1, 8], folioPages: [1] },
      iaa: { ...IAA_AS_PUBLISHED, packages: 1, devices: 1 },
    });
    expect(sweep).toHaveLength(8);
    const at = (processes: number, engines: number, batchSize: number) =>
      sweep!.find(
        (one) => one.processes === processes && one.engines === engines && one.batchSize === batchSize,
      )!.figures;
    const [alone, crowded] = [at(1, 1, 8), at(8, 1, 8)];
    // One engine for eight tasks: pages queue for it, and take longer.
    expect(crowded[1]!.iaa!.waitNs.value).toBeGreaterThan(alone[1]!.iaa!.waitNs.value);
    expect(crowded[1]!.iaa!.utilisation.value).toBeGreaterThan(alone[1]!.iaa!.utilisation.value);
    expect(at(1, 8, 8)[1]!.storeNsPerPage.value).toBeLessThan(at(1, 1, 8)[1]!.storeNsPerPage.value);
  });

  it('tells how long a folio takes for each of its orders', () => {
    const result = ask(['batch-store+prefetchw'], { seeds: 2, sweep: { folioPages: [1, 16] } });
    const [design] = result.designs;
    expect(result.sweep![0]!.figures[1]!.stores).toEqual(
      design!.groups
        .filter(({ path }) => path === 'zswap_store')
        .map(({ path: _, allPages: __, allMembers: ___, ...rest }) => rest),
    );
    const text = renderStoreWhatIfText(result);
    expect(text).toMatch(/^ +folio +stores +p50 +p99 +pages\/s +CPU$/m);
    const of = result.sweep![1]!.figures[1]!.stores.find(({ pages }) => pages === 16)!;
    expect(text).toMatch(new RegExp(`^ +64K +${of.operations} +${durationText(of.p50Ns.value)} `, 'm'));
    expect(renderStoreWhatIfText(ask([], { seeds: 1 }))).not.toContain('pages/s');
  });

  it('of batch sizes wants designs with batches', () => {
    expect(() => ask(['vswap'], { sweep: { batchSizes: [1, 2] } })).toThrow('--batch-size is for designs');
    expect(() => ask(['iaa-batch'], { sweep: { batchSizes: [16] } })).toThrow('batches of 1 to 8, not 16');
  });

  it('is printed within 72 columns in ASCII, and as a page with the same figures', async () => {
    const result = ask(['iaa-batch', 'batch-store'], {
      seeds: 1,
      sweep: { batchSizes: [2, 8], engines: [1, 8] },
    });
    const text = renderStoreWhatIfText(result);
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(72);
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    const { text: page } = await renderStoreWhatIfHtml(result);
    expect(page).toBe((await renderStoreWhatIfHtml(result)).text);
    const { figures } = result.sweep!.at(-1)!;
    for (const cell of [text, page]) expect(cell).toContain(figures[1]!.storeSpeedup.value.toFixed(3));
    expect(page).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
  });
});

describe('operations taken together', () => {
  const row = (path: string, slot: number, more: Partial<Row> = {}): Row => ({
    op: slot,
    path,
    members: 1,
    thinkNs: 10,
    pages: [
      {
        times: { 'store-check': 5, compress: 1 },
        slot,
        sizeClass: 0,
        zspagePages: 0,
        followed: slot,
        bytes: 600,
      },
    ],
    ...more,
  });

  it('are loads of one window of readahead, as many as there may be', () => {
    const loads = [0, 1, 2, 7, 8, 9, 30].map((slot) => row('zswap_load', slot));
    const calls = gathered(loads, { zswap_load: 3 });
    expect(calls.map(({ pages }) => pages.map(({ slot }) => slot))).toEqual([[0, 1, 2], [7], [8, 9], [30]]);
    expect(calls[0]).toMatchObject({ members: 3, thinkNs: 30 });
  });

  it('are stores with all their checks, up to the first other operation', () => {
    const list = [row('zswap_store', 1), row('zswap_store', 40), row('zswap_load', 3), row('zswap_store', 4)];
    const [first, ...others] = gathered(list, { zswap_store: 32 });
    expect(first!.pages.map(({ times }) => times['store-check'])).toEqual([10, 5]);
    expect(others.map(({ members }) => members)).toEqual([1, 1]);
  });

  it('as folios keep the rest single', () => {
    const list = Array.from({ length: 5 }, (_, slot) => row('zswap_store', slot));
    expect(asFolios(list, 2).map(({ pages }) => pages.length)).toEqual([2, 2, 1]);
    expect(asFolios(list, 1)).toBe(list);
  });
});
