import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CODECS } from '../../../src/model/codecs/codecs.ts';
import { compressors } from '../../../src/model/codecs/compressors.ts';
import { CODEC_COSTS, costsOf, drawTime } from '../../../src/model/codecs/costs.ts';
import { knownCodecs } from '../../../src/model/codecs/known.ts';
import { PageSampler } from '../../../src/model/codecs/page-sampler.ts';
import { PageSizes, statedRatio } from '../../../src/model/codecs/sizes.ts';
import { CORPORA, type CorpusId, statedSizes } from '../../../src/model/codecs/stated-sizes.ts';
import { classSpread, storedPage } from '../../../src/model/codecs/storage.ts';
import { surveyPages } from '../../../src/model/codecs/survey.ts';
import { Geometry, X86_64 } from '../../../src/model/zsmalloc/geometry.ts';
import { renderKnownCodecs } from '../../../src/report/codecs-text.ts';

const GEOMETRY = new Geometry(X86_64);

function noise(bytes: number): Uint8Array {
  let state = 7;
  return Uint8Array.from({ length: bytes }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}
const TEXT = new TextEncoder()
  .encode('the quick brown fox jumps over the lazy dog '.repeat(94))
  .subarray(0, 4096);

describe('costs', () => {
  it('each has a source, an order, and every codec a platform', () => {
    for (const { compressNs, decompressNs, source } of CODEC_COSTS) {
      expect(source).not.toBe('');
      for (const time of [compressNs, decompressNs]) {
        if (time === null) continue;
        expect(time.low).toBeGreaterThan(0);
        expect(time.low).toBeLessThanOrEqual(time.middle);
        expect(time.middle).toBeLessThanOrEqual(time.high);
      }
    }
    for (const { id } of CODECS) expect(costsOf(id).length).toBeGreaterThan(0);
  });

  it('a drawn time has the range, and the mean of a triangle', () => {
    const time = { low: 2, middle: 3, high: 10 };
    const draws = Array.from({ length: 10_000 }, (_, i) => drawTime(time, (i + 0.5) / 10_000));
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...draws)).toBeLessThanOrEqual(10);
    expect(draws.reduce((sum, x) => sum + x, 0) / draws.length).toBeCloseTo(5, 2);
    expect(drawTime({ low: 4, middle: 4, high: 4 }, 0.3)).toBe(4);
  });
});

describe('sizes', () => {
  it('quantiles are sizes that were seen, and draws follow them', () => {
    const sizes = new PageSizes([400, 100, 300, 200], 'recorded');
    expect([0, 0.25, 0.26, 0.5, 1].map((p) => sizes.quantile(p))).toEqual([100, 100, 200, 200, 400]);
    expect(sizes.mean).toBe(250);
    expect([0, 0.24, 0.25, 0.999].map((u) => sizes.draw(u))).toEqual([100, 100, 200, 400]);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 8192 }), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (list, p) => {
          const limit = new PageSizes(list, 'pages').quantile(p);
          expect(list.filter((size) => size <= limit).length).toBeGreaterThanOrEqual(p * list.length - 1e-9);
        },
      ),
    );
  });

  it('a stated ratio is one size; nothing is no distribution', () => {
    expect(statedRatio(2).draw(0.9)).toBe(2048);
    for (const wrong of [[], [0], [Number.NaN], [10, -1]]) {
      expect(() => new PageSizes(wrong, 'pages')).toThrow(RangeError);
    }
    expect(() => statedRatio(0)).toThrow(RangeError);
  });
});

describe('what is stored', () => {
  const page = (bytes: number, sameFilled = false, zero = false) => ({ bytes, sameFilled, zero });

  it.each([
    ['zram', 3624, 'compressed', 3624],
    ['zram', 3625, 'incompressible', 4096],
    ['zswap-6.12', 4095, 'compressed', 4095],
    ['zswap-6.12', 4096, 'rejected', 0],
    ['zswap-7', 4096, 'incompressible', 4096],
  ] as const)('%s, %i bytes: %s', (backend, bytes, fate, asked) => {
    expect(storedPage(page(bytes), backend, GEOMETRY)).toEqual({ fate, bytes: asked });
  });

  it('zram keeps same-filled pages as a word; behind zswap only zero pages are kept apart', () => {
    expect(storedPage(page(30, true), 'zram', GEOMETRY).fate).toBe('same-filled');
    expect(storedPage(page(30, true), 'zswap-7', GEOMETRY).fate).toBe('compressed');
    expect(storedPage(page(30, true, true), 'zswap-7', GEOMETRY).fate).toBe('same-filled');
  });

  it('objects fall into the classes of zsmalloc', () => {
    const stored = [2000, 2001, 4096].map((bytes) => ({ fate: 'compressed' as const, bytes }));
    const spread = classSpread(stored, GEOMETRY);
    expect(spread.map(({ size, objects }) => [size, objects])).toEqual([
      [2048, 2],
      [4096, 1],
    ]);
    expect(spread[1]!.pages).toBe(1);
  });
});

describe('survey of pages', async () => {
  const known = await compressors();
  const options = { pagesInInput: 4, backend: 'zram' as const, geometry: GEOMETRY, compressors: known };

  it('sees zero, same-filled, text and noise', () => {
    const ones = new Uint8Array(4096).fill(1);
    const survey = surveyPages([new Uint8Array(4096), ones, TEXT, noise(4096)], options);
    expect(survey).toMatchObject({ pages: 4, sameFilled: 2, zero: 1, hugeClassSize: 3625 });
    for (const { codec, sizes } of survey.codecs) {
      if (codec.id === 'lzo-rle') {
        expect(sizes).toBeNull();
        continue;
      }
      expect(sizes!.fates).toEqual({ 'same-filled': 2, compressed: 1, incompressible: 1, rejected: 0 });
      expect(sizes!.bytes!.p10).toBeLessThan(200);
      expect(sizes!.bytes!.p99).toBeGreaterThanOrEqual(4096);
    }
    expect(JSON.stringify(surveyPages([new Uint8Array(4096), ones, TEXT, noise(4096)], options))).toBe(
      JSON.stringify(survey),
    );
  });

  it('all same-filled: no sizes, no ratio', () => {
    const { codecs } = surveyPages([new Uint8Array(4096)], options);
    expect(codecs.find(({ codec }) => codec.id === 'lz4')!.sizes).toMatchObject({ bytes: null, ratio: null });
    expect(() => surveyPages([], options)).toThrow(RangeError);
  });
});

describe('a sample of pages', () => {
  const firsts = (input: Uint8Array, most: number, chunk: number) => {
    const sampler = new PageSampler(most);
    for (let at = 0; at < input.length; at += chunk) sampler.add(input.subarray(at, at + chunk));
    const { pages, pagesInInput } = sampler.sample();
    return { firsts: pages.map((page) => page[0]), pagesInInput };
  };

  it('is whole pages, evenly spaced, in whatever pieces the input comes', () => {
    const input = new Uint8Array(10 * 4096 + 100);
    for (let i = 0; i < 10; i++) input[i * 4096] = i;
    for (const chunk of [1000, 4096, 9999, input.length]) {
      expect(firsts(input, 5, chunk)).toEqual({ firsts: [0, 2, 4, 6, 8], pagesInInput: 10 });
      expect(firsts(input, 100, chunk).firsts.length).toBe(10);
    }
    expect(firsts(new Uint8Array(4095), 5, 4095)).toEqual({ firsts: [], pagesInInput: 0 });
  });

  it('of a long input spans all of it', () => {
    const input = new Uint8Array(200 * 4096);
    for (let i = 0; i < 200; i++) input[i * 4096] = i;
    const { firsts: taken, pagesInInput } = firsts(input, 7, 70_000);
    expect(pagesInInput).toBe(200);
    expect(taken.length).toBe(7);
    const gaps = taken.slice(1).map((first, i) => first! - taken[i]!);
    expect(Math.min(...gaps)).toBeGreaterThan(10);
    expect(taken.at(-1)).toBeGreaterThan(150);
  });
});

describe('what is known of codecs', () => {
  it('has costs with a source, and sizes of each kind of pages, for every codec', () => {
    const known = knownCodecs();
    expect(known.map(({ codec }) => codec.id)).toEqual(CODECS.map(({ id }) => id));
    for (const { costs, stated, published } of known) {
      expect(costs.length).toBeGreaterThan(0);
      expect(published.length).toBeGreaterThan(0);
      expect(stated.map(({ corpus }) => corpus)).toEqual(CORPORA.map(({ id }) => id));
      for (const { sizes, p10, p50, p90 } of stated) {
        expect(sizes.toSorted((a, b) => a - b)).toEqual(sizes);
        expect(p10).toBeLessThan(p50);
        expect(p50).toBeLessThan(p90);
      }
    }
  });

  it('is printed within 72 columns, each cost and ratio with a source that is listed', () => {
    const text = renderKnownCodecs(knownCodecs());
    for (const line of text.split('\n')) expect(line, line).toMatch(/^[\x20-\x7e]{0,72}$/);
    const [, sources] = text.split('Sources\n');
    for (const [mark] of text.matchAll(/\[\d+\]/g)) expect(sources).toContain(`  ${mark} `);
    expect(sources).not.toContain('[0]');
  });

  it('ranks codecs alike for all kinds of pages', () => {
    for (const { id } of CORPORA) {
      expect(statedSizes(id, 'zstd').mean).toBeLessThan(statedSizes(id, 'lz4').mean);
      expect(statedSizes(id, 'deflate').mean).toBeLessThan(statedSizes(id, 'deflate-iaa').mean);
    }
    expect(() => statedSizes('film' as CorpusId, 'lz4')).toThrow(RangeError);
  });
});
