import { describe, expect, it } from 'vitest';
import { sniffTraceCmdReport } from '../../src/parsers/trace-cmd-report-sniff.ts';
import { listFunctionGraphFixtures, readFixture } from '../helpers/fixtures.ts';
import { parseRecords } from '../helpers/parse-records.ts';
import { type FastReportRecord, parseReport } from '../helpers/parse-report.ts';

/** What the columns of a variant do not carry, beside text that its option changes. */
interface Variant {
  readonly name: string;
  /** Fields that differ by design. */
  readonly without: readonly (keyof FastReportRecord)[];
  /** Stamps in whole microseconds, rounded; else ns. */
  readonly micros: boolean;
}

const GRAPHS: readonly Variant[] = [
  { name: 'graph-t-l', without: [], micros: false },
  { name: 'graph-default', without: ['context'], micros: true },
  { name: 'graph-tail', without: ['context'], micros: true },
  { name: 'graph-tail-depth', without: ['context'], micros: true },
  { name: 'graph-3.3.3', without: [], micros: true },
  { name: 'graph-3.3.3-t-ts-diff', without: [], micros: false },
  // Raw fields and the kernel's own format do not join calls and returns to leaves.
  { name: 'graph-R', without: ['context', 'text'], micros: true },
  { name: 'graph-3.3.3-R', without: ['context', 'text'], micros: true },
  { name: 'graph-N', without: ['context', 'text'], micros: true },
  // It prints where each record stands in the file, in the text of events as well.
  { name: 'graph-debug', without: ['context', 'text'], micros: true },
];
const EVENTS: readonly Variant[] = [
  { name: 'events-tl', without: [], micros: false },
  { name: 'events-t', without: ['context'], micros: false },
  { name: 'events-l', without: [], micros: true },
  { name: 'events-default', without: ['context'], micros: true },
  { name: 'events-tsdiff', without: ['context'], micros: true },
  { name: 'events-w', without: ['context'], micros: true },
  { name: 'events-G', without: ['context'], micros: true },
  { name: 'events-R', without: ['context', 'text'], micros: true },
  { name: 'events-N', without: ['context', 'text'], micros: true },
  { name: 'events-raw-ts', without: ['context'], micros: false },
  { name: 'events-3.3.3', without: ['text'], micros: true },
  { name: 'events-3.3.3-R', without: ['context', 'text'], micros: true },
];

describe('one recording gives the same records however it is printed', () => {
  it.each(pairs(GRAPHS))('graph: %s and %s', (_a, _b, a, b) => expectSame(a, b));
  it.each(pairs(EVENTS))('events: %s and %s', (_a, _b, a, b) => expectSame(a, b));

  it('--cpu 1 gives the records of that CPU', () => {
    const all = read('events-default').filter((record) => record.cpu === 1);
    const one = read('events-cpu1').slice(0, all.length);
    expect(one.map(withoutLine)).toEqual(all.slice(0, one.length).map(withoutLine));
  });

  it('merged files keep what each says, with CPUs and tasks apart', () => {
    const merged = read('merged');
    const events = read('events-default');
    const graph = read('graph-default');
    const first = merged.filter((record) => record.cpu < 2).map(withoutLine);
    expect(first).toEqual(events.slice(0, first.length).map(withoutLine));
    const second = merged.filter((record) => record.cpu >= 2);
    expect(second.length).toBeGreaterThan(500);
    expect(new Set(second.map((record) => record.task))).toContain('graph.dat:swapbench-351');
    const plain = second.map((record) => ({
      ...withoutLine(record),
      cpu: record.cpu - 2,
      task: record.task.replace('graph.dat:', ''),
      timeNs: null,
    }));
    expect(plain).toEqual(
      graph.slice(0, plain.length).map((record) => ({ ...withoutLine(record), timeNs: null })),
    );
  });
});

describe('what a line says', () => {
  it('of graphs is what the kernel says of the same calls', () => {
    const report = read('graph-default').filter((r) => r.kind !== 'event');
    const kernel = parseRecords(Buffer.from(asKernelText(report), 'latin1')).records;
    expect(kernel.length).toBe(report.length);
    kernel.forEach((record, i) => {
      const { kind, name, cpu, durationNs, depth } = report[i]!;
      expect(pick(record)).toEqual({ kind, name, cpu, durationNs, depth });
    });
  });

  it('of raw stamps is exact, and said to be no time perhaps', () => {
    const { diagnostics, facts } = parseReport(readFixture('trace-cmd/events-raw-ts.txt'));
    expect(diagnostics.count('whole-stamps')).toBe(1);
    expect(facts.firstNs + facts.originNs).toBe(32_377_801_785);
  });

  it('of wakeups is a note of the switch, and a table', () => {
    const lines = [
      '              dd-188   [001]   321.090476: sched_switch:         a ==> b Latency: 12.345 usecs',
      '',
      'Average wakeup latency: 12.345 usecs',
      'Maximum Latency: 13.345 usecs at timestamp: 321.090476',
      'RT task timings:',
      '',
      'Average wakeup latency: 1.345 usecs',
    ];
    const { records, tables, facts } = parseReport(Buffer.from(`${lines.join('\n')}\n`));
    expect([records[0]!.text, records[0]!.note]).toEqual(['a ==> b', 'Latency: 12.345 usecs']);
    expect(facts.understoodLines).toBe(7);
    expect(tables.map(({ kind, rows }) => [kind, rows])).toEqual([
      [
        'trace-cmd-wakeup-latency',
        [
          ['all', 'average', 12345, null],
          ['all', 'maximum', 13345, 321_090_476_000],
          ['real-time', 'average', 1345, null],
        ],
      ],
    ]);
  });
});

describe('tables instead of records', () => {
  it('--stat becomes a table with a row a CPU', () => {
    const { tables, facts, records } = parseReport(readFixture('trace-cmd/events-stat.txt'));
    expect(records).toEqual([]);
    expect(facts.understoodLines).toBe(facts.lines);
    expect(tables).toHaveLength(1);
    expect(tables[0]!.rows).toEqual([
      [0, 8985, 0, 0, 285460, 32_745_467_000, 34_491_437_000, 0, 143],
      [1, 2610, 0, 0, 77800, 33_782_910_000, 34_577_295_000, 0, 3740],
    ]);
  });

  it('--profile becomes a table with a row an event of a task', () => {
    const { tables, facts, diagnostics } = parseReport(readFixture('trace-cmd/events-profile.txt'));
    expect(facts.understoodLines).toBe(facts.lines);
    expect(diagnostics.count('table-read')).toBe(1);
    expect(tables[0]!.rows).toHaveLength(96);
    expect(tables[0]!.rows[0]).toEqual([
      'trace-cmd-0',
      'softirq_raise',
      'RCU',
      11,
      2823240,
      256658,
      931344,
      34_433_924_000,
      60568,
      34_451_678_000,
    ]);
  });

  it('stacks of a profile are understood', () => {
    const lines = [
      'task: sleep-1121',
      '  Event: sched_switch:R (2) Total: 234559 Avg: 117279 Max: 129886 Min:104673',
      '          |',
      '          + ftrace_raw_event_sched_switch (0xffffffff8109f310)',
      '              100% (2) time:234559 max:129886 min:104673 avg:117279',
      '               __schedule (0xffffffff816c1e81)',
      '                |',
      '                + unmap_single_vma (0xffffffff81198c05)',
      '                |   55% (1) time:129886 max:129886 min:0 avg:129886',
      '                |    stop_one_cpu (0xffffffff8110909a)',
      '',
      '  Event: func: sys_read() (2) Total: 1 Avg: 1 Max: 1 Min:1',
    ];
    const { tables, facts, diagnostics } = parseReport(Buffer.from(`${lines.join('\n')}\n`));
    expect(facts.understoodLines).toBe(lines.length);
    expect(diagnostics.count('text-around')).toBe(0);
    expect(tables[0]!.rows.map((row) => row.slice(0, 5))).toEqual([
      ['sleep-1121', 'sched_switch', 'R', 2, 234559],
      ['sleep-1121', 'func', 'sys_read()', 2, 1],
    ]);
  });
});

describe('recognising', () => {
  it.each([...GRAPHS, ...EVENTS].map(({ name }) => name))('%s, without its first lines as well', (name) => {
    const bytes = readFixture(`trace-cmd/${name}.txt`);
    expect(sniffTraceCmdReport(bytes.subarray(0, 65536))).toBe(true);
    const body = Buffer.from(bytes).toString('latin1').split('\n').slice(3, 1000).join('\n');
    expect(sniffTraceCmdReport(Buffer.from(body, 'latin1'))).toBe(true);
  });

  it('of a report below what other programs said', () => {
    const report = Buffer.from(readFixture('trace-cmd/events-default.txt')).toString('latin1');
    expect(sniffTraceCmdReport(Buffer.from(`+ trace-cmd report\nwarning: x\n${report}`, 'latin1'))).toBe(
      true,
    );
    expect(sniffTraceCmdReport(Buffer.from('The file says\ncpus=2\nand no more\n'))).toBe(false);
  });

  it.each(listFunctionGraphFixtures())('%s is not claimed', (name) => {
    expect(sniffTraceCmdReport(readFixture(name).subarray(0, 65536))).toBe(false);
  });

  it.each([
    ['kernel events', '       swapbench-194     [000] d..2.    32.382300: sched_switch: prev_comm=a'],
    ['kernel events, noirq-info', '       swapbench-194     [000]    32.382300: sched_switch: prev_comm=a'],
    ['kernel functions', '              dd-188     [000] .....   321.090476: vfs_open <-path_openat'],
    ['kernel latency', 'swapbenc-194       0d..2. 596108us!: sched_switch: prev_comm=a'],
    [
      'perf script',
      'swapbench   199 [000]    79.814302:     kprobes:k_zs_malloc: (ffffffffa4437834) pool=0xff1a',
    ],
    ['perf script, pid/tid', 'kworker/0:1-ev    33/33    [000]    79.814302:  sched:sched_switch: x'],
    ['prose', 'cpus=2 is what the first line says'],
  ])('%s are not claimed', (_name, line) => {
    expect(sniffTraceCmdReport(Buffer.from(`${line}\n`.repeat(20)))).toBe(false);
  });
});

function read(name: string): FastReportRecord[] {
  const { records, facts } = parseReport(readFixture(`trace-cmd/${name}.txt`));
  expect(facts.understoodLines).toBe(facts.lines);
  return records;
}

function expectSame(a: Variant, b: Variant): void {
  const one = comparable(a, b);
  const two = comparable(b, a);
  const length = Math.min(one.length, two.length);
  expect(length).toBeGreaterThan(2000);
  expect(one.slice(0, length)).toEqual(two.slice(0, length));
}

/** The records of `variant` with what `other` carries as well, leaves as calls and returns. */
function comparable(variant: Variant, other: Variant) {
  const dropped = new Set([...variant.without, ...other.without]);
  const isGraph = variant.name.startsWith('graph');
  // The stamp of a leaf is that of its call; its return's is not printed.
  const cuts = isGraph && (isSplit(variant) || isSplit(other));
  const stack = new Map<string, string[]>();
  return read(variant.name)
    .flatMap((record) => (cuts && record.kind === 'leaf' ? split(record) : [record]))
    .map((record) => {
      const names = stack.get(record.task) ?? [];
      stack.set(record.task, names);
      if (record.kind === 'entry') names.push(record.name);
      // Only some variants name the function that ends.
      const popped = record.kind === 'exit' ? names.pop() : undefined;
      const round = variant.micros || other.micros;
      return {
        ...record,
        line: 0,
        name: record.kind === 'exit' ? (popped ?? '') : record.name,
        task: record.task.replace(/^(.{0,8}).*-/, '$1-'),
        timeNs:
          cuts && record.kind === 'exit'
            ? 0
            : round
              ? Math.floor((record.timeNs! + 500) / 1000)
              : record.timeNs,
        context: dropped.has('context') ? 0 : record.context,
        text: dropped.has('text') ? '' : record.text,
      };
    });
}

function isSplit({ name }: Variant): boolean {
  return /-(?:R|N)$/.test(name);
}

function split(leaf: FastReportRecord): FastReportRecord[] {
  return [
    { ...leaf, kind: 'entry', durationNs: null },
    { ...leaf, kind: 'exit' },
  ];
}

function pairs(variants: readonly Variant[]): [string, string, Variant, Variant][] {
  return variants.flatMap((a, i) =>
    variants.slice(i + 1).map((b): [string, string, Variant, Variant] => [a.name, b.name, a, b]),
  );
}

function withoutLine({ line: _, ...record }: FastReportRecord) {
  return record;
}

function pick({ kind, name, cpu, durationNs, depth }: ReturnType<typeof parseRecords>['records'][number]) {
  return { kind, name, cpu, durationNs, depth };
}

/** The same calls as the kernel prints them, with durations of full ns below 10 ms. */
function asKernelText(records: readonly FastReportRecord[]): string {
  const lines = records.map((record) => {
    const ns = record.durationNs;
    const us = ns === null ? '' : `${Math.floor(ns / 1000)}.${String(ns % 1000).padStart(3, '0')} us`;
    const column = ns === null ? ' '.repeat(14) : `  ${us} `.padEnd(14);
    const body = record.kind === 'exit' ? '}' : `${record.name}()${record.kind === 'leaf' ? ';' : ' {'}`;
    return ` ${record.cpu}) ${column}|  ${'  '.repeat(record.depth)}${body}`;
  });
  const header = [
    '# CPU  DURATION                  FUNCTION CALLS',
    '# |     |   |                     |   |   |   |',
  ];
  return `${[...header, ...lines].join('\n')}\n`;
}
