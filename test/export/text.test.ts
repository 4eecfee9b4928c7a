import { describe, expect, it } from 'vitest';
import { CsvRows, NdjsonRows } from '../../src/export/rows.ts';
import { absoluteNs, absoluteUs, durationUs, readable } from '../../src/export/text.ts';

describe('numbers and texts of exports', () => {
  it('keeps every digit', () => {
    expect(absoluteNs(1_726_000_000 * 1e9, 123_456_789)).toBe('1726000000123456789');
    expect(absoluteUs(1_726_000_000 * 1e9, 123_456_789)).toBe('1726000000123456.789');
    expect(absoluteNs(5e9, 1)).toBe('5000000001');
    expect(absoluteUs(5e9, 1)).toBe('5000000.001');
    expect(absoluteUs(0, -5)).toBe('-0.005');
    expect(absoluteUs(0, -12_345)).toBe('-12.345');
    expect(['0', '0.001', '1.5'.padEnd(5, '0'), '12']).toEqual([0, 1, 1500, 12_000].map(durationUs));
  });

  it('reads UTF-8 where it is valid', () => {
    const latin1 = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
    expect(readable(latin1('zs_frée'))).toBe('zs_frée');
    expect(readable('\xff')).toBe('\xff');
  });

  it('quotes what CSV and JSON need quoted', () => {
    let text = '';
    for (const Rows of [CsvRows, NdjsonRows]) {
      const rows = new Rows(['a', 'b_ns', 'c'], (piece) => {
        text += piece;
      });
      rows.text('x,"y"\n');
      rows.number(Number.NaN);
      rows.digits('9007199254740993');
      rows.end();
    }
    expect(text).toBe('a,b_ns,c\n"x,""y""\n",,9007199254740993\n{"a":"x,\\"y\\"\\n","c":9007199254740993}\n');
  });
});
