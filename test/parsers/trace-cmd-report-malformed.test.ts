import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFixture } from '../helpers/fixtures.ts';
import { parseReport } from '../helpers/parse-report.ts';

const RECORD = '              dd-188   [000]   321.090476: e:                    x';

/** Short pieces of real texts of every kind, to be damaged. */
const SAMPLES = [
  'graph-default',
  'graph-t-l',
  'graph-R',
  'graph-N',
  'graph-tail-depth',
  'graph-debug',
  'graph-3.3.3-R',
  'events-tsdiff',
  'events-stat',
  'events-profile',
  'merged',
]
  .map((name) => text(readFixture(`trace-cmd/${name}.txt`)))
  .map((whole) => [...whole.split('\n').slice(0, 40), ...whole.split('\n').slice(-10)].join('\n'))
  .concat(
    [
      RECORD,
      '              dd-188   [000]   321.090477: kernel_stack:         <stack trace >',
      '=> trace_event_raw_event_kmalloc+0x4  (ffffffff818235d4)',
      '=> ffffffff81844af7',
      '              dd-188   [000]   321.090478: function:             vfs_open+0x4  <-- path_openat',
      'CPU:1 [5 EVENTS DROPPED]',
      '              dd-188   [000]   321.090479: bprint:               f: one',
      'two',
      RECORD,
    ].join('\n'),
  );
const sample = fc.constantFrom(...SAMPLES);

describe('damaged reports', () => {
  it('are read to the line before the damage, wherever they are cut', () => {
    for (const whole of SAMPLES) {
      const all = parseReport(bytes(whole)).records;
      for (let cut = 0; cut < whole.length; cut += 13) {
        const before = whole.slice(0, cut);
        const wholeLines = before.split('\n').length - 1;
        const { records } = parseReport(bytes(before));
        const expected = all.filter((record) => record.line <= wholeLines);
        // The line that was cut may still be a record: an event whose text is shorter.
        expect(records.length - expected.length).toBeLessThanOrEqual(1);
        const found = records.slice(0, expected.length);
        // A task's name may have become longer below.
        expect(found.map(({ task: _, ...rest }) => rest)).toEqual(
          expected.map(({ task: _, ...rest }) => rest),
        );
      }
    }
  });

  it('survive bit flips, with every line accounted for', () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 7 })), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(sample, flips, fc.integer({ min: 1, max: 300 }), (whole, list, chunkSize) => {
        const damaged = bytes(whole);
        for (const [at, bit] of list) damaged[at % damaged.length]! ^= 1 << bit;
        expectSound(damaged, chunkSize);
      }),
      { numRuns: 300 },
    );
  });

  it('survive pieces cut out, doubled and swapped', () => {
    const cuts = fc.array(fc.tuple(fc.nat(), fc.nat(400)), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(sample, cuts, (whole, list) => {
        let damaged = whole;
        for (const [at, length] of list) {
          const from = at % (damaged.length + 1);
          damaged = damaged.slice(from + length) + damaged.slice(0, from);
        }
        expectSound(bytes(damaged), 4096);
      }),
      { numRuns: 200 },
    );
  });

  it('survive any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.integer({ min: 1, max: 100 }), expectSound),
      { numRuns: 300 },
    );
    const pieces = [
      'dd-1',
      ' [000] ',
      '1.000000',
      ': ',
      '(+1)',
      'funcgraph_entry:',
      ' | ',
      'f(',
      ')',
      ';',
      '=> ',
      '\t',
      '\n',
      '\0',
      'func=',
      ' ',
      '-0x',
      '}',
      '/* ',
      '*/',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 200 }), (list) => {
        expectSound(bytes(list.join('')), 16);
      }),
      { numRuns: 500 },
    );
  });

  it('say where they are damaged, and go on behind it', () => {
    const { records, facts, diagnostics } = parseReport(
      bytes([RECORD, RECORD.slice(0, 36), RECORD.replace('.090476', '.0904'), RECORD, ''].join('\n')),
    );
    expect(records.map((record) => record.line)).toEqual([1, 4]);
    expect(facts.lines - facts.understoodLines).toBe(2);
    expect(diagnostics.list().map(({ text }) => text)).toContainEqual(
      expect.stringContaining('cannot be read on (at test:2, test:3)'),
    );
  });

  it('say that the last line is cut', () => {
    const { diagnostics, facts } = parseReport(bytes(`${RECORD}\n${RECORD.slice(0, 36)}`));
    expect(diagnostics.count('truncated-line')).toBe(1);
    expect(facts.lines).toBe(2);
  });

  it('with NUL bytes lose those alone', () => {
    const { records, diagnostics } = parseReport(
      bytes(`${'\0'.repeat(5)}${RECORD.trimStart()}\n${RECORD}\n`),
    );
    expect(records.map((record) => record.task)).toEqual(['dd-188', 'dd-188']);
    expect(diagnostics.count('nul-bytes')).toBe(1);
  });

  it('behind quote marks and line numbers are read', () => {
    const { records, facts } = parseReport(bytes(`> ${RECORD}\n12:${RECORD}\n12-${RECORD}\n`));
    expect(records.map(({ line, name, task }) => [line, name, task])).toEqual([
      [1, 'e', 'dd-188'],
      [2, 'e', 'dd-188'],
      [3, 'e', 'dd-188'],
    ]);
    expect(facts.understoodLines).toBe(3);
  });

  it('with texts of several lines give these to the event', () => {
    const lines = [
      '              dd-188   [000]   321.090479: print:                tracing_mark_write: one',
      '{ two | }',
      '',
      '=> three',
      RECORD,
      'four | {}',
      RECORD,
    ];
    const { records, facts } = parseReport(bytes(lines.join('\n')));
    expect(records.map((record) => record.line)).toEqual([1, 5, 7]);
    expect(facts.lines - facts.understoodLines).toBe(1);
  });
});

describe('lines without end', () => {
  it('are skipped over one MiB, and what follows is read', () => {
    const long = `${RECORD}${'y'.repeat(3 << 20)}`;
    const { records, facts, diagnostics } = parseReport(bytes(`${RECORD}\n${long}\n${RECORD}\n`), {
      chunkSize: 1 << 18,
    });
    expect(records.map((record) => record.line)).toEqual([1, 3]);
    expect(facts.lines).toBe(3);
    expect(diagnostics.count('overlong-line')).toBe(1);
  });

  it.each([
    ['blanks', ' '],
    ['dashes', '-'],
    ['dashes with digits', '-1 '],
    ['brackets', '-1 [000]'],
    ['digits', '1'],
    ['colons', ': '],
  ])('of %s take no long time', (_name, piece) => {
    const line = piece.repeat(Math.floor(500_000 / piece.length));
    const shorter = piece.repeat(Math.floor(8000 / piece.length));
    const started = process.cpuUsage();
    const { facts } = parseReport(bytes(`${line}\n${`${shorter}\n`.repeat(20)}${RECORD}\n`));
    const { user } = process.cpuUsage(started);
    expect(facts.lines).toBe(22);
    expect(user).toBeLessThan(2_000_000);
  });
});

function expectSound(input: Uint8Array, chunkSize: number): void {
  const { facts, records, diagnostics } = parseReport(input, { chunkSize, capacity: 16 });
  const whole = parseReport(input);
  expect(records).toEqual(whole.records);
  expect(facts).toEqual(whole.facts);
  expect(facts.bytes).toBe(input.length);
  const source = text(input);
  expect(facts.lines).toBe(source.split('\n').length - (source === '' || source.endsWith('\n') ? 1 : 0));
  const bad = ['damaged-line', 'unknown-line', 'overlong-line'].map((id) => diagnostics.count(id));
  expect(facts.lines - facts.understoodLines).toBe(bad.reduce((a, b) => a + b));
  for (const [i, record] of records.entries()) {
    expect(record.kind).toBeDefined();
    expect(record.line).toBeGreaterThanOrEqual(records[i - 1]?.line ?? 1);
    expect(record.depth).toBeGreaterThanOrEqual(-1);
    expect(record.cpu).toBeLessThan(8192);
    if (record.kind === 'entry' || record.kind === 'leaf') expect(record.name).not.toBe('');
  }
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
