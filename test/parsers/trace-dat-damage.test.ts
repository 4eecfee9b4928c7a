import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/trace/diagnostics.ts';
import { readFixture } from '../helpers/fixtures.ts';
import { EVENTS, KALLSYMS, madeUpRecords, PRINTK } from '../helpers/made-up-events.ts';
import { readDat } from '../helpers/read-trace-dat.ts';
import { buildTraceDat, type FileSpec, numberBytes } from '../helpers/trace-dat-builder.ts';

function file(spec: Partial<FileSpec>): Buffer {
  const records = madeUpRecords(spec.littleEndian ?? true).map(([record]) => record);
  return buildTraceDat({ events: EVENTS, kallsyms: KALLSYMS, printk: PRINTK, records, ...spec });
}

/** Reads, or says with which sentence it was refused; anything else that is thrown fails the test. */
async function readOrRefuse(bytes: Uint8Array) {
  try {
    return await readDat(bytes);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}

/** The diagnostic of damage, '' when there is none. */
async function damageOf(bytes: Uint8Array): Promise<string> {
  const result = await readDat(bytes);
  expect(result.facts.understoodLines).toBeLessThan(result.facts.lines);
  return result.diagnostics.list().find(({ id }) => id === 'trace-dat-damaged')?.text ?? '';
}

function patched(bytes: Uint8Array, at: number, patch: Uint8Array): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(patch, at);
  return copy;
}

describe('damaged trace.dat', () => {
  it('refuses headers that cannot be used, with the byte', async () => {
    const good = file({});
    const cases: [Buffer, RegExp][] = [
      [patched(good, 10, Buffer.from('9')), /at byte 10: version "9" is not known/],
      [patched(good, 12, Buffer.of(7)), /at byte 12: 7 is no byte order/],
      [patched(good, 13, Buffer.of(5)), /at byte 13: 5 bytes are no size of a long/],
      [
        patched(good, 14, Buffer.of(0xff, 0xff, 0xff, 0xff)),
        /at byte 14: a page of 4294967295 bytes is absurd/,
      ],
      [patched(good, 12, Buffer.of(1)), /at byte 30: a format of \d+ bytes is absurd/],
      [good.subarray(0, 12), /at byte 12/],
    ];
    for (const [bytes, message] of cases) {
      expect(await readOrRefuse(bytes)).toMatch(message);
    }
  });

  it('survives a circle of option sections', async () => {
    const good = file({ version: 7 });
    const optionsOffset = Number(good.readBigUInt64LE(24));
    // The offset in the last option leads back to the section that it stands in.
    const circle = patched(
      good,
      optionsOffset + 16 + sectionSize(good, optionsOffset) - 8,
      numberBytes(optionsOffset, 8, true),
    );
    expect(await damageOf(circle)).toMatch(/the option sections form a circle/);
    const result = await readDat(circle);
    expect(result.rows.length).toBeGreaterThan(40);
  });

  it('survives absurd lengths of sections, options and CPUs', async () => {
    for (const version of [6, 7] as const) {
      const good = file({ version });
      for (let at = 18; at + 8 < good.length; at += version === 6 ? 397 : 389) {
        const before = process.memoryUsage().arrayBuffers;
        const result = await readOrRefuse(patched(good, at, Buffer.alloc(8, 0xfe)));
        expect(typeof result === 'string' || result.rows.length < 100).toBe(true);
        expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(300 << 20);
      }
    }
  });

  it('keeps what stands in front of a cut', async () => {
    const good = readFixture('trace-dat/graph.v6.dat');
    const whole = await readDat(good);
    const cut = await readDat(good.subarray(0, good.length - 50_000));
    expect(cut.rows.length).toBeGreaterThan(whole.rows.length / 2);
    expect(cut.diagnostics.list().map(({ id }) => id)).toContain('trace-dat-damaged');
    expect(cut.facts.understoodLines).toBeLessThan(cut.facts.lines);
  });

  it('names the byte of a damaged chunk and goes on with the next', async () => {
    const good = file({ version: 7, compression: 'zlib' });
    const data = Buffer.from(good).lastIndexOf(Buffer.of(0x78, 0x9c));
    const text = await damageOf(patched(good, data + 4, Buffer.alloc(8, 0xff)));
    expect(text).toMatch(/byte \d+: damaged compressed data/);
  });

  it('counts records of events that the file does not describe', async () => {
    const records = madeUpRecords(true).map(([record]) => record);
    const { rows, facts, diagnostics } = await readDat(buildTraceDat({ events: EVENTS.slice(1), records }));
    expect(facts.lines - facts.understoodLines).toBe(3);
    expect(diagnostics.count('trace-dat-unknown-record')).toBe(3);
    expect(rows.length).toBeGreaterThan(40);
  });

  it('reads all the data once when CPUs overlap', async () => {
    const good = file({});
    const at = Buffer.from(good).lastIndexOf(Buffer.from('flyrecord\0')) + 10;
    // CPU 1 gets the range of CPU 0.
    const overlapping = patched(good, at + 16, good.subarray(at, at + 16));
    expect(await damageOf(overlapping)).toMatch(/overlap/);
  });

  it('does not follow print formats into the depths', async () => {
    const deep = `"%d", ${'('.repeat(5000)}REC->a${')'.repeat(5000)}`;
    const wide = '"%999999999d", REC->a';
    for (const print of [deep, wide, '"%d"', '"unclosed', `"%d", ${'1?'.repeat(3000)}`]) {
      const event = { id: 900, name: 'deep', fields: [['int', 'a', 4, true]] as const, print };
      const { rows } = await readDat(
        buildTraceDat({ events: [event], records: [{ event, time: 5, values: [3] }] }),
      );
      expect(rows.length).toBe(1);
      expect(rows[0]!.text.length).toBeLessThan(20_000);
    }
  });

  for (const [name, bytes] of [
    ['version 6', file({})],
    ['version 7', file({ version: 7 })],
    ['version 7, zlib, big endian', file({ version: 7, compression: 'zlib', littleEndian: false })],
    ['version 7, zstd', Buffer.from(readFixture('trace-dat/graph.v7-zstd.dat')).subarray(0, 24_000)],
  ] as const) {
    it(`any flipped bits: ${name}`, async () => {
      const flips = fc.array(
        fc.record({
          at: fc.integer({ min: 10, max: bytes.length - 1 }),
          bit: fc.integer({ min: 0, max: 7 }),
        }),
        { minLength: 1, maxLength: 6 },
      );
      await fc.assert(
        fc.asyncProperty(flips, fc.boolean(), async (list, cut) => {
          const copy = Buffer.from(bytes);
          for (const { at, bit } of list) copy[at]! ^= 1 << bit;
          const result = await readOrRefuse(cut ? copy.subarray(0, list[0]!.at) : copy);
          if (typeof result === 'string') return;
          expect(result.rows.length).toBeLessThan(20_000);
          expect(result.facts.understoodLines).toBeLessThanOrEqual(result.facts.lines);
        }),
        { numRuns: 150 },
      );
    });
  }
});

function sectionSize(bytes: Buffer, offset: number): number {
  return Number(bytes.readBigUInt64LE(offset + 8));
}
