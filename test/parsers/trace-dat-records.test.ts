import { describe, expect, it } from 'vitest';
import { ContextLevel, contextOf } from '../../src/trace/context.ts';
import { RecordKind } from '../../src/trace/records.ts';
import { EVENTS, KALLSYMS, madeUpRecords, PRINTK } from '../helpers/made-up-events.ts';
import { type DatRow, readDat } from '../helpers/read-trace-dat.ts';
import { buildTraceDat, type FileSpec, numberBytes } from '../helpers/trace-dat-builder.ts';

const BASE = {
  events: EVENTS,
  kallsyms: KALLSYMS,
  printk: PRINTK,
  cmdlines: '100 swap bench\n200 other\n',
};

function file(spec: Partial<FileSpec>): Buffer {
  const records = madeUpRecords(spec.littleEndian ?? true).map(([record]) => record);
  return buildTraceDat({ ...BASE, records, ...spec });
}

/** Rows as the table of made-up records writes them. */
function texts(rows: readonly DatRow[]): string[] {
  const found: string[] = [];
  let prefix = '';
  for (const row of rows) {
    if (row.kind === RecordKind.Frame) {
      const last = found.length - 1;
      if (row.depth === 0) found.push(`stack ${row.name}`);
      else found[last] += `, ${row.name}`;
      continue;
    }
    if (row.kind === RecordKind.Lost) {
      prefix = `lost ${row.other}; `;
      continue;
    }
    const text = {
      [RecordKind.Event]: row.text,
      [RecordKind.Function]: `${row.name} <- ${row.text}`,
      [RecordKind.Entry]: `${row.name} {`,
      [RecordKind.Leaf]: `${row.name} ${row.durationNs};`,
      [RecordKind.Exit]: `} ${row.name} ${row.durationNs}`,
    }[row.kind];
    found.push(prefix + text);
    prefix = '';
  }
  return found;
}

const VARIANTS: Record<string, Partial<FileSpec>> = {
  'version 6, little endian': {},
  'version 6, big endian': { littleEndian: false },
  'version 7, little endian': { version: 7 },
  'version 7, big endian': { version: 7, littleEndian: false },
  'version 7, zlib': { version: 7, compression: 'zlib' },
  'version 7, zlib, big endian': { version: 7, compression: 'zlib', littleEndian: false },
};

describe('records of a made-up trace.dat', () => {
  for (const [title, spec] of Object.entries(VARIANTS)) {
    it(title, async () => {
      const made = madeUpRecords(spec.littleEndian ?? true);
      const { rows, facts, diagnostics } = await readDat(file(spec));
      expect(texts(rows)).toEqual(made.map(([, expected]) => expected).filter((text) => text !== ''));
      expect(diagnostics.list().map(({ id, count }) => [id, count])).toEqual([['trace-dat-print-format', 1]]);
      expect(facts).toMatchObject({ lines: made.length, understoodLines: made.length, cpus: 2 });
    });
  }

  it('keeps stamps, tasks and context', async () => {
    const { rows, facts } = await readDat(file({}));
    expect(facts.originNs).toBe(5e9);
    expect(rows[0]).toMatchObject({ time: 5_000_001_500n, comm: 'swap bench', pid: 100, cpu: 0, line: 1 });
    expect(rows[1]).toMatchObject({ comm: '<idle>', pid: 0 });
    const other = rows.find((row) => row.pid === 200)!;
    expect(other).toMatchObject({ comm: 'other', cpu: 1 });
    expect(other.context).toBe(contextOf(ContextLevel.Hardirq, true, true, 3));
    const frames = rows.filter((row) => row.kind === RecordKind.Frame);
    const event = rows[rows.indexOf(frames[0]!) - 1]!;
    expect(frames.map((row) => [row.time, row.pid, row.cpu])).toEqual(
      frames.map(() => [event.time, event.pid, event.cpu]),
    );
  });

  it('reads 4-byte longs', async () => {
    const event = {
      id: 700,
      name: 'small',
      fields: [
        ['unsigned long', 'a', 4],
        ['void *', 'p', 4],
      ] as const,
      print: '"%lx %p %lu", REC->a, REC->p, REC->a',
    };
    const record = { event, time: 77, values: [0xfffffff0, 0xc0001234] };
    for (const littleEndian of [true, false]) {
      const bytes = buildTraceDat({ events: [event], records: [record], longBytes: 4, littleEndian });
      const { rows } = await readDat(bytes);
      expect(rows.map((row) => row.text)).toEqual(['fffffff0 0xc0001234 4294967280']);
    }
  });

  it('adds the offsets of the file and converts cycles', async () => {
    const { event, ...record } = madeUpRecords(true)[0]![0];
    const options = [
      [1, Buffer.from('0x10\0')],
      [7, Buffer.from('-5\0')],
      [14, Buffer.concat([numberBytes(3, 4, true), numberBytes(1, 4, true), Buffer.alloc(8)])],
    ] as const;
    const bytes = buildTraceDat({ events: [event], records: [{ ...record, event, time: 1001 }], options });
    const { rows } = await readDat(bytes);
    expect(rows[0]!.time).toBe(BigInt(Math.floor((1001 * 3) / 2) + 16_000 - 5));
  });

  it('keeps ns of stamps beyond 2^53', async () => {
    const [record] = madeUpRecords(true)[0]!;
    const times = [1_700_000_000_123_456_789n, 1_700_000_000_123_456_790n, 1_700_000_003_000_000_001n];
    const bytes = buildTraceDat({
      ...BASE,
      records: times.map((time) => ({ ...record, time })),
      clock: 'tai',
    });
    const { rows, facts } = await readDat(bytes);
    expect(facts.originNs).toBe(1.7e18);
    expect(rows.map((row) => row.time - BigInt(facts.originNs))).toEqual(
      times.map((t) => t - 1_700_000_000n * 10n ** 9n),
    );
    expect(facts.clockName).toBe('tai');
  });

  it('gives the text of a latency tracer to the parser of that text', async () => {
    const latency =
      '# tracer: function_graph\n#\n# CPU  DURATION                  FUNCTION CALLS\n# |     |   |                     |   |   |   |\n 0)   1.320 us    |  zs_free();\n';
    for (const version of [6, 7] as const) {
      const { rows } = await readDat(buildTraceDat({ ...BASE, records: [], version, latency }));
      expect(rows.map((row) => row.name)).toEqual(['function_graph', 'zs_free']);
    }
  });
});
