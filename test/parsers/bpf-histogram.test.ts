import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BpfHistogramParser, sniffBpfHistogram } from '../../src/parsers/bpf-histogram.ts';
import { FORMATS } from '../../src/parsers/registry.ts';
import { readFixture } from '../helpers/fixtures.ts';
import { parseTables } from '../helpers/parse-tables.ts';

const text = (value: string) => new Uint8Array(Buffer.from(value));
const parse = (bytes: Uint8Array, chunkSize?: number) =>
  parseTables((context) => new BpfHistogramParser(context), bytes, chunkSize);

describe.each(['bpftrace-hist.txt', 'bcc-funclatency.txt'])('%s', (name) => {
  const bytes = readFixture(`bpf-histogram/${name}`);
  const whole = parse(bytes);

  it('is recognised, and understood line by line', () => {
    expect(FORMATS.filter((format) => format.sniff(bytes)).map(({ id }) => id)).toEqual(['bpf-histogram']);
    expect(whole.facts.understoodLines).toBe(whole.facts.lines);
  });

  it.each([1, 7, 4096])('gives the same in chunks of %i', (chunkSize) => {
    expect(parse(bytes, chunkSize).histograms).toEqual(whole.histograms);
  });

  it('survives flipped bits', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const damaged = Uint8Array.from(bytes);
        damaged[at]! ^= 1 << bit;
        const { facts, histograms } = parse(damaged);
        expect(histograms.length).toBeGreaterThan(0);
        expect(facts.understoodLines).toBeLessThanOrEqual(facts.lines);
      }),
      { numRuns: 50 },
    );
  });
});

describe('BpfHistogramParser', () => {
  it('reads bpftrace maps, with the unit that the name tells', () => {
    const { histograms } = parse(readFixture('bpf-histogram/bpftrace-hist.txt'));
    expect(histograms.map(({ name, unit }) => [name, unit])).toEqual([
      ['@usecs[swapbench]', 'ns'],
      ['@free_ns', 'ns'],
      ['@sizes', 'other'],
    ]);
    const [usecs, free, sizes] = histograms.map(({ buckets }) => buckets);
    expect(usecs!.slice(0, 3)).toEqual([
      { lo: 0, hi: 1000, count: 1 },
      { lo: 1000, hi: 2000, count: 11 },
      { lo: 2000, hi: 4000, count: 16 },
    ]);
    expect(usecs!.slice(-2)).toEqual([
      { lo: 512_000, hi: 1_024_000, count: 3 },
      { lo: 1_024_000, hi: 2_048_000, count: 1 },
    ]);
    expect(free!.at(-1)).toEqual({ lo: 2 ** 20, hi: 2 ** 21, count: 20 });
    expect(sizes).toEqual([
      { lo: Number.NEGATIVE_INFINITY, hi: 0, count: 2 },
      { lo: 0, hi: 100, count: 20 },
      { lo: 100, hi: Number.POSITIVE_INFINITY, count: 4 },
    ]);
  });

  it('reads the tables of bcc, named by the line above', () => {
    const { histograms } = parse(readFixture('bpf-histogram/bcc-funclatency.txt'));
    expect(histograms.map(({ name, unit }) => [name, unit])).toEqual([
      ['Function = zs_free (nsecs)', 'ns'],
      ['Function = zs_malloc (usecs)', 'ns'],
      ['kbytes', 'other'],
    ]);
    expect(histograms[0]!.buckets.at(-1)).toEqual({ lo: 4096, hi: 8192, count: 9 });
    expect(histograms[1]!.buckets[1]).toEqual({ lo: 2000, hi: 4000, count: 120 });
    expect(histograms[2]!.buckets[1]).toEqual({ lo: 4, hi: 5, count: 40 });
  });

  it.each([
    ['@usecs', 'ns', 1e3],
    ['@lat_ms', 'ns', 1e6],
    ['@status', 'other', 1],
    ['@bus', 'other', 1],
    ['@usecs_by_cpu', 'other', 1],
    ['@', 'other', 1],
  ])('takes the unit of %s as %s', (map, unit, factor) => {
    const { histograms } = parse(text(`${map}:\n[2, 4) 5 |@@|\n`));
    expect(histograms[0]).toMatchObject({ unit, buckets: [{ lo: 2 * factor, hi: 4 * factor, count: 5 }] });
  });

  it('counts what is damaged, and keeps the rest', () => {
    const { histograms, facts, diagnostics } = parse(
      text('@a_ns:\n[2, 4) 5 |@@|\n[4, 8) x |@|\n[8, 16) 1 |@|\n@b_ns:\n[1] 2 |@'),
    );
    expect(histograms.map(({ name, buckets }) => [name, buckets.length])).toEqual([['@a_ns', 1]]);
    expect(facts.lines - facts.understoodLines).toBe(3);
    expect(diagnostics.list()[0]!.text).toContain('test:3, test:4, test:6');
  });

  it.each(['@x: 5\n', '@x:\n', 'usecs : count distribution\n', '     usecs : count distribution\n'])(
    'does not take %j for a histogram',
    (value) => {
      expect(sniffBpfHistogram(text(value))).toBe(false);
    },
  );

  it('is quick with lines made to be slow', { timeout: 5000 }, () => {
    for (const piece of [' ', '@[', ' : ', '1 -> '])
      sniffBpfHistogram(text(`${piece.repeat(60_000 / piece.length)}: count distribution\n`));
  });
});
