import { describe, expect, it } from 'vitest';
import { type Difference, differences } from '../helpers/compare-records.ts';
import {
  listFunctionGraphFixtures,
  listSharedFunctionGraphTraces,
  readFixture,
  readTrace,
} from '../helpers/fixtures.ts';
import { parseRecords } from '../helpers/parse-records.ts';
import { parseFunctionGraphReference } from '../reference/function-graph-reference.ts';

/** A difference that is known and open: on which lines (0: the counts of the whole text) and why. */
interface OpenDifference {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

const DEEP = 'fast parser: a depth over 32767 is kept as 32767 in its Int16 column';

const WHOLE = { from: 0, to: Number.POSITIVE_INFINITY };

/** To be emptied: an entry that explains nothing any more fails the test as well. */
const OPEN: Readonly<Record<string, readonly OpenDifference[]>> = {
  'eighty thousand blanks': [{ ...WHOLE, reason: DEEP }],
};

const DEFAULT_HEADER = [
  '# tracer: function_graph',
  '#',
  '# CPU  DURATION                  FUNCTION CALLS',
  '# |     |   |                     |   |   |   |',
];

/** What the recordings have not, or not where it hurts. */
const SMALL_TEXTS: Readonly<Record<string, readonly string[]>> = {
  'a banner in a text without header': [
    ' 0)   1.000 us    |  a();',
    ' ------------------------------------------',
    ' 0)     init-1     =>     dd-137    ',
    ' ------------------------------------------',
    '',
    ' 0)   1.000 us    |  b();',
  ],
  'a loss in a text without header': [
    ' 0)               |  a() {',
    'CPU:0 [LOST 5 EVENTS]',
    ' 0)   1.000 us    |  }',
  ],
  'a loss without number': ['CPU:0 [LOST EVENTS]', ' 0)   0.001 us    |  f();'],
  'CPU and task without header': [
    ' 0)     init-1     |               |  ksys_dup3() {',
    ' 0)     init-1     |   6.051 us    |    _raw_spin_lock();',
    ' 0)     init-1     | + 58.159 us   |  }',
  ],
  'a damaged line in a text without header': [
    ' 0)               |  a() {',
    ' 0)   1.000 us    |    b();',
    ' 0)   1.000 us    |    c',
    ' 0)   2.000 us    |  }',
  ],
  'a header that comes late': [
    ' 0)   1.000 us    |  a();',
    '# CPU  DURATION                  FUNCTION CALLS',
    ' 0)   1.000 us    |  b();',
  ],
  'two sections without columns': [
    '# tracer: function_graph',
    '#',
    'a() {',
    '}',
    '# tracer: function_graph',
    '#',
    'b() {',
    '}',
  ],
  'event lines only': ['            init-1       [000] .....   457.664146: mm_page_alloc: order=0'],
  'an event line before the first call': [
    '# tracer: function_graph',
    '#',
    '#     TIME        CPU  DURATION                  FUNCTION CALLS',
    '            init-1       [000] .....   457.664146: mm_page_alloc: order=0',
    '  458.000000 |   0)   1.000 us    |  a();',
  ],
  'functions without context': [
    '# tracer: function',
    '#',
    'vfs_open <-path_openat',
    'vfs_open <-path_openat',
  ],
  'functions with addresses, and without callers': [
    '# tracer: function',
    '#',
    '            init-1       [000] .....   376.885590: vfs_open+0x4/0xf0 <ffffffff818235d4> <-path_openat+0x487/0xb00 <ffffffff81844af7>',
    '            init-1       [000] .....   389.569509: vfs_open',
  ],
  'interrupt marks': [
    ...DEFAULT_HEADER,
    ' 1)   ==========> |',
    ' 1)   1.000 us    |  }',
    ' 1)   <========== |',
    ' 11)  ==========> |',
  ],
  'an interrupt mark behind all columns': [
    '# tracer: function_graph',
    '#',
    '#     TIME        CPU  TASK/PID         DURATION                  FUNCTION CALLS',
    '   34.685896 |   0)  swapben-200   |   ==========> |',
    '   34.685896 |   0)  swapben-200   |   1.000 us    |  a();',
  ],
  'relative time': [
    '# tracer: irqsoff',
    '#',
    '#   REL TIME      CPU  TASK/PID         DURATION                  FUNCTION CALLS',
    '       12 us |   0)  swapben-200   |   1.000 us    |  a();',
  ],
  'odd comments': [
    ...DEFAULT_HEADER,
    ' 0)               |  /* my event: x */',
    ' 0)               |  /* a:b */',
    ' 0)               |  /* */',
    ' 0)               |  /* x:  y  */',
    ' 0)               |  /* -x: y */',
    ' 0)               |  /* } */ */',
  ],
  'odd arguments': [
    ...DEFAULT_HEADER,
    ' 0)   1.000 us    |  f(name=");" a);',
    ' 0)               |  f(x=1) { /* <-g(); */',
    ' 0)   1.000 us    |  f(g()) ;',
  ],
  'large and small numbers': [
    ...DEFAULT_HEADER,
    ' 0) $ 12345678901 us |  f();',
    ' 0)   0.001 us    |  f();',
    ' 128)   0.001 us    |  f();',
  ],
  'prose between the lines': [
    ...DEFAULT_HEADER,
    ' 0)   1.000 us    |  a();',
    'The next call is the slow one:',
    ' 0)   1.000 us    |  a();',
  ],
  'a marker with a newline in it': [
    ...DEFAULT_HEADER,
    ' 0)               |  /* first',
    'second */',
    ' 0)   1.000 us    |  a();',
  ],
  'eighty thousand blanks': [...DEFAULT_HEADER, ` 0)   0.001 us    |  ${' '.repeat(80_000)}f();`],
  'a line of NUL bytes': [...DEFAULT_HEADER, '\0'.repeat(100), ' 0)   1.000 us    |  a();'],
};

const MAILS = ['mail/mail-samples.txt', 'mail/mail-samples-quoted.txt'];
const MAX_SHARED_BYTES = 3_000_000;
const isFullRun = process.env['FULL'] === '1';

describe('the fast parser and the slow one agree', () => {
  it.each([...listFunctionGraphFixtures(), ...MAILS])('on %s', async (name) => {
    await expectAgreement(name, readFixture(name));
  });

  it.each(MAILS)('on %s, read as prose', async (name) => {
    await expectAgreement(name, readFixture(name), { prose: true });
  });
});

describe('the parsers agree on small texts', () => {
  it.each(Object.entries(SMALL_TEXTS))('%s', async (name, lines) => {
    await expectAgreement(name, Buffer.from(`${lines.join('\n')}\n`, 'latin1'));
  });
});

/** As trace_pipe prints it. */
describe('the parsers agree when the header is gone', () => {
  // The k* files hold many sections, each with its own columns.
  const names = listFunctionGraphFixtures().filter((name) => !/\/k\d/.test(name));
  it.each(names)('%s', async (name) => {
    const lines = Buffer.from(readFixture(name)).toString('latin1').split('\n');
    // `# 1191.279 us |` is a duration, not a header.
    const body = lines.filter((line) => !/^#(?! *\d)/.test(line)).slice(0, 3000);
    const bytes = Buffer.from(`${body.join('\n')}\n`, 'latin1');
    await expectAgreement(name.replace('function-graph/', 'headerless '), bytes);
  });
});

describe('the fast parser does not care where its input is cut', () => {
  const names = [
    'function-graph/6.12.117/fg-A-all.txt',
    'function-graph/6.12.117/fg-A-bare.txt',
    'function-graph/6.12.117/fg-A-pipe.txt',
    'function-graph/6.12.117/fg-overflow-pipe.txt',
    'function-graph/6.12.117/combo-weirdcomm.txt',
    'function-graph/7.3/k7.3-ftrace-dump-dmesg.txt',
    'function-graph/7.3/k7.3-functiongraph-options-args.txt',
    'function-graph/7.3/k7.3-functiongraph-events-thresh-orphans-lost-function-events.txt',
    ...MAILS,
  ];
  const chunkSizes = [1, 7, 4096, 65536];

  it.each(names.flatMap((name) => chunkSizes.map((chunkSize) => ({ name, chunkSize }))))(
    'chunks of $chunkSize: $name',
    async ({ name, chunkSize }) => {
      const whole = readFixture(name);
      const bytes = chunkSize < 4096 ? firstLines(whole, 3000) : whole;
      await expectAgreement(name, bytes, { chunkSize });
    },
  );
});

const shared = listSharedFunctionGraphTraces();
const chosen = shared.filter(({ bytes }) => isFullRun || bytes <= MAX_SHARED_BYTES);

/** Recordings that are not all in the repository; FULL=1 reads those over 3 MB as well. */
describe.runIf(chosen.length > 0)('the parsers agree on all recordings', () => {
  it.each(chosen)('$name', async ({ name, path }) => {
    await expectAgreement(`function-graph/${name.replace(/\.gz$/, '')}`, readTrace(path));
  });
});

describe('the comparison itself', () => {
  it('sees a change of any field of a record', async () => {
    const bytes = readFixture('function-graph/6.12.117/fg-A-all.txt').slice(0, 40_000);
    const reference = await parseFunctionGraphReference(bytes);
    const changes = {
      kind: 'event',
      name: 'other',
      cpu: 99,
      task: 'other-1',
      other: 7,
      timeUs: 1,
      durationNs: 1,
      depth: 77,
      context: 0xf03,
      text: 'other',
      note: 'other',
    } as const;
    for (const [field, value] of Object.entries(changes)) {
      const fast = parseRecords(bytes);
      expect(differences(fast, reference)).toEqual([]);
      Object.assign(fast.records[20]!, { [field]: value });
      expect(differences(fast, reference).map((d) => d.line)).toEqual([fast.records[20]!.line]);
    }
  });

  it('sees missing, doubled and reordered records', async () => {
    const bytes = readFixture('function-graph/6.12.117/fg-munmap-depth4.txt');
    const reference = await parseFunctionGraphReference(bytes);
    const { records, ...rest } = parseRecords(bytes);
    const [first, second, ...others] = records as [(typeof records)[0], (typeof records)[0]];
    for (const wrong of [
      [second, ...others],
      [first, first, second, ...others],
      [second, first, ...others],
    ]) {
      expect(differences({ ...rest, records: wrong }, reference)).not.toEqual([]);
    }
  });
});

async function expectAgreement(
  name: string,
  bytes: Uint8Array,
  options: Parameters<typeof parseRecords>[1] = {},
): Promise<void> {
  const found = differences(parseRecords(bytes, options), await parseFunctionGraphReference(bytes));
  const open = OPEN[name] ?? [];
  const unexplained = found.filter((difference) => !open.some((entry) => explains(entry, difference)));
  const stale = open.filter((entry) => !found.some((difference) => explains(entry, difference)));
  expect(unexplained.slice(0, 10)).toEqual([]);
  expect(stale, 'differences that are closed now: take them off the list').toEqual([]);
}

function explains({ from, to }: OpenDifference, { line }: Difference): boolean {
  return from <= line && line <= to;
}

function firstLines(bytes: Uint8Array, count: number): Uint8Array {
  let end = 0;
  for (let i = 0; i < count; i++) {
    const newline = bytes.indexOf(10, end);
    if (newline < 0) return bytes;
    end = newline + 1;
  }
  return bytes.subarray(0, end);
}
