import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { mergeRecords } from '../../src/timeline/merge-records.ts';
import { RecordFile } from '../../src/timeline/record-file.ts';
import { RecordQueue } from '../../src/timeline/record-queue.ts';
import { Places } from '../../src/trace/places.ts';
import { RecordBatch, RecordBits, RecordKind } from '../../src/trace/records.ts';

const folder = mkdtempSync(join(tmpdir(), 'trace-replay-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A record of the test: what is put in, and what comes out. */
interface Row {
  readonly kind: number;
  /** NaN: without a stamp. */
  readonly timeNs: number;
  readonly text: string;
  readonly note: string;
}

interface OutRow extends Row {
  readonly file: string;
  readonly line: number;
}

const places = (count: number) => new Places(Array.from({ length: count }, (_, i) => `input-${i}`));

/** Puts rows into a batch; their texts stand between bytes of no meaning, as in a chunk of a file. */
function batchOf(rows: readonly Row[], firstLine: number): RecordBatch {
  const batch = new RecordBatch(Math.max(1, rows.length));
  const parts: string[] = [];
  let at = 0;
  const put = (text: string) => {
    parts.push('##', text);
    at += 2 + text.length;
    return [at - text.length, at] as const;
  };
  rows.forEach((row, i) => {
    batch.kind[i] = row.kind;
    batch.bits[i] = (row.text ? RecordBits.Text : 0) | (row.note ? RecordBits.Note : 0);
    batch.timeNs[i] = row.timeNs;
    batch.line[i] = firstLine + i;
    [batch.textStart[i], batch.textEnd[i]] = put(row.text) as [number, number];
    [batch.noteStart[i], batch.noteEnd[i]] = put(row.note) as [number, number];
  });
  batch.length = rows.length;
  batch.bytes = new Uint8Array(Buffer.from(parts.join(''), 'latin1'));
  return batch;
}

/** Merges inputs that come in pieces of the given sizes, over and over. */
async function merge(
  inputs: readonly (readonly Row[])[],
  pieces: readonly number[],
  capacity: number,
  shifts: readonly number[] = [],
): Promise<OutRow[]> {
  const out: OutRow[] = [];
  const where = places(inputs.length);
  const merging = inputs.map((rows, n) => {
    const queue = new RecordQueue(() => shifts[n] ?? 0, 4);
    let at = 0;
    let turn = n;
    return {
      queue,
      pull: async () => {
        if (at >= rows.length) return false;
        const size = pieces[turn++ % pieces.length]!;
        const batch = batchOf(rows.slice(at, at + size), at + 1);
        at += size;
        queue.add(batch);
        // What was given is the parser's again: nobody may look at it any more.
        batch.bytes.fill(33);
        batch.timeNs.fill(-1);
        return true;
      },
    };
  });
  await mergeRecords(
    merging,
    (batch) => {
      for (let i = 0; i < batch.length; i++) {
        out.push({
          kind: batch.kind[i]!,
          timeNs: batch.timeNs[i]!,
          text: batch.text(i),
          note: batch.note(i),
          file: where.file(batch.line[i]!),
          line: where.line(batch.line[i]!),
        });
      }
    },
    null,
    capacity,
  );
  return out;
}

const text = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 12 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));
const row = fc.record({
  kind: fc.constantFrom(
    RecordKind.Entry,
    RecordKind.Leaf,
    RecordKind.Event,
    RecordKind.Frame,
    RecordKind.Switch,
    RecordKind.Lost,
  ),
  step: fc.integer({ min: 0, max: 5 }),
  text,
  note: text,
});

/** An input: stamps that never go back; banners and losses have none. */
const input = fc.array(row, { maxLength: 60 }).map((rows): Row[] => {
  let timeNs = 0;
  return rows.map(({ kind, step, ...texts }, i) => {
    const isFrame = kind === RecordKind.Frame && i > 0;
    const unstamped = kind === RecordKind.Switch || kind === RecordKind.Lost;
    if (!unstamped && !isFrame) timeNs += step;
    return { kind, timeNs: unstamped ? Number.NaN : timeNs, ...texts };
  });
});

const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 });

describe('the merge of inputs', () => {
  it('loses and doubles nothing, keeps the order within an input, and never goes back in time', async () => {
    const property = fc.asyncProperty(
      fc.array(input, { minLength: 1, maxLength: 5 }),
      sizes,
      fc.integer({ min: 1, max: 9 }),
      async (inputs, pieces, capacity) => {
        const out = await merge(inputs, pieces, capacity);
        inputs.forEach((rows, n) => {
          const own = out.filter((r) => r.file === `input-${n}`).map(({ file: _, ...rest }) => rest);
          expect(own).toEqual(rows.map((r, i) => ({ ...r, line: i + 1 })));
        });
        expect(out.length).toBe(inputs.flat().length);
        const times = out.map((r) => r.timeNs).filter((ns) => !Number.isNaN(ns));
        expect(times).toEqual([...times].sort((a, b) => a - b));
      },
    );
    await fc.assert(property, { numRuns: 400 });
  });

  it('gives the same at any size of the pieces', async () => {
    const property = fc.asyncProperty(fc.array(input, { maxLength: 4 }), sizes, async (inputs, pieces) => {
      expect(await merge(inputs, pieces, 3)).toEqual(await merge(inputs, [1000], 8192));
    });
    await fc.assert(property, { numRuns: 200 });
  });

  it('keeps frames with the row that they belong to', async () => {
    const property = fc.asyncProperty(fc.array(input, { maxLength: 4 }), sizes, async (inputs, pieces) => {
      const out = await merge(inputs, pieces, 5);
      out.forEach((r, i) => {
        if (r.kind === RecordKind.Frame && r.line > 1) {
          expect([out[i - 1]!.file, out[i - 1]!.line]).toEqual([r.file, r.line - 1]);
        }
      });
    });
    await fc.assert(property, { numRuns: 200 });
  });

  const event = (timeNs: number): Row => ({ kind: RecordKind.Event, timeNs, text: 'x', note: '' });

  it('puts the input given first first where times are the same', async () => {
    const out = await merge(
      [
        [event(5), event(7)],
        [event(5), event(7)],
      ],
      [1],
      8,
    );
    expect(out.map((r) => `${r.file} ${r.timeNs}`)).toEqual([
      'input-0 5',
      'input-1 5',
      'input-0 7',
      'input-1 7',
    ]);
  });

  it('keeps the order of an input whose own stamps go back', async () => {
    const out = await merge(
      [
        [event(5), event(3), event(9)],
        [event(4), event(6)],
      ],
      [1],
      8,
    );
    expect(out.map((r) => r.timeNs)).toEqual([4, 5, 3, 6, 9]);
  });

  it('shifts stamps', async () => {
    const out = await merge([[event(5)], [event(1005)]], [1], 8, [0, -1002]);
    expect(out.map((r) => r.timeNs)).toEqual([3, 5]);
  });

  it('leaves sections out: the beginnings of parts begin no new trace', async () => {
    const section: Row = { kind: RecordKind.Section, timeNs: Number.NaN, text: '', note: '' };
    const out = await merge(
      [
        [section, event(1)],
        [section, event(2)],
      ],
      [1],
      8,
    );
    expect(out.map((r) => r.kind)).toEqual([RecordKind.Event, RecordKind.Event]);
  });

  it('does not wait without end for a stamp', async () => {
    const banner: Row = { kind: RecordKind.Switch, timeNs: Number.NaN, text: '', note: '' };
    const rows = Array.from({ length: 40_000 }, () => banner);
    const out = await merge([rows, [event(1)]], [1000], 8192);
    expect(out.length).toBe(40_001);
  });
});

describe('a file of records', () => {
  it('gives back what was written, in pieces', () => {
    let path = 0;
    const property = fc.property(fc.array(input, { maxLength: 5 }), (batches) => {
      const file = new RecordFile(join(folder, String(path++)));
      for (const rows of batches) file.write(batchOf(rows, 1));
      const back: Row[] = [];
      for (let batch = file.read(); batch !== null; batch = file.read()) {
        for (let i = 0; i < batch.length; i++) {
          const [kind, timeNs] = [batch.kind[i]!, batch.timeNs[i]!];
          back.push({ kind, timeNs, text: batch.text(i), note: batch.note(i) });
        }
      }
      file.close();
      expect(back).toEqual(batches.flat());
    });
    fc.assert(property, { numRuns: 60 });
  });
});
