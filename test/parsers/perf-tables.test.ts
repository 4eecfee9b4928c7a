import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PerfTablesParser, sniffPerfTables } from '../../src/parsers/perf-tables.ts';
import { recogniseFormat } from '../../src/parsers/registry.ts';
import { InputError } from '../../src/trace/diagnostics.ts';
import { readFixture } from '../helpers/fixtures.ts';
import { runPerf } from '../helpers/parse-perf.ts';

function parse(input: string | Uint8Array, chunkSize = 4096) {
  const bytes = typeof input === 'string' ? new Uint8Array(Buffer.from(input, 'latin1')) : input;
  return runPerf(bytes, (context) => new PerfTablesParser(context), { chunkSize });
}

function messageOf(name: string): string {
  const head = readFixture(`perf/${name}.txt`).subarray(0, 65536);
  try {
    recogniseFormat({ name, head, sizeBytes: null, chunks: (async function* () {})(), progress: () => 0 });
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return 'recognised';
}

describe('tables of perf', () => {
  it('lock contention by caller', () => {
    const { tables, facts } = parse(readFixture('perf/cont.lock-contention.txt'));
    expect(tables).toHaveLength(1);
    expect(tables[0]).toMatchObject({
      kind: 'perf-lock-contention',
      columns: ['contended', 'total_wait_ns', 'max_wait_ns', 'avg_wait_ns', 'type', 'caller'],
    });
    expect(tables[0]!.rows[0]).toEqual([
      267,
      4_910_000_000,
      99_410_000,
      18_380_000,
      'spinlock',
      'zram_submit_bio+0x7da',
    ]);
    expect(tables[0]!.rows.at(-1)).toEqual([
      1,
      5_960_000,
      5_960_000,
      5_960_000,
      'rwlock:R',
      'kernel_wait4+0xb7',
    ]);
    expect(facts.understoodLines).toBe(facts.lines);
  });

  it('lock contention by task', () => {
    const { tables, facts } = parse(readFixture('perf/cont.lock-contention-t.txt'));
    expect(tables[0]!.columns).toEqual([
      'contended',
      'total_wait_ns',
      'max_wait_ns',
      'avg_wait_ns',
      'pid',
      'comm',
    ]);
    expect(tables[0]!.rows[0]).toEqual([200, 3_720_000_000, 99_410_000, 18_600_000, 275, ':275']);
    expect(facts.understoodLines).toBe(facts.lines);
  });

  it('lock report', () => {
    const { tables, facts } = parse(readFixture('perf/lock.report.txt'));
    expect(tables[0]).toMatchObject({
      kind: 'perf-lock-report',
      columns: [
        'name',
        'acquired',
        'contended',
        'avg_wait_ns',
        'total_wait_ns',
        'max_wait_ns',
        'min_wait_ns',
      ],
    });
    expect(tables[0]!.rows[1]).toEqual([
      'update_process_t...',
      19,
      19,
      41_820_000,
      794_560_000,
      277_190_000,
      351_020,
    ]);
    expect(facts.understoodLines).toBe(facts.lines);
  });

  it('lock contention with stacks, sums and plain numbers', () => {
    const text = [
      ' contended  total wait (ns)  max wait (ns)  avg wait (ns)         type   caller',
      '',
      '         7            700            100            100     spinlock   f+0x1',
      '                        0xffffffffa6ef4b64  native_queued_spin_lock_slowpath+0x1b4',
      '',
      '=== output for debug===',
      'bad: 1, total: 20',
      'bad rate: 5.00 %',
      'histogram of events caused bad sequence',
      '    acquire: 0',
      '',
    ].join('\n');
    const { tables, facts } = parse(text);
    expect(tables[0]!.rows).toEqual([[7, 700, 100, 100, 'spinlock', 'f+0x1']]);
    expect(facts.understoodLines).toBe(facts.lines);
  });

  it('ftrace latency, behind output of the command', () => {
    const { histograms, facts, diagnostics } = parse(readFixture('perf/ftrace-latency.txt'));
    const [histogram] = histograms;
    expect(histogram).toMatchObject({ source: 'test', unit: 'ns' });
    expect(histogram!.buckets).toHaveLength(22);
    expect(histogram!.buckets[1]).toEqual({ lo: 1000, hi: 2000, count: 552 });
    expect(histogram!.buckets[11]).toEqual({ lo: 1e6, hi: 2e6, count: 2 });
    expect(histogram!.buckets.at(-1)).toEqual({ lo: 1e9, hi: Number.POSITIVE_INFINITY, count: 0 });
    expect(facts.understoodLines).toBe(facts.lines);
    expect(diagnostics.count('text-around')).toBe(2);
  });

  it('does not care where its input is cut', () => {
    for (const name of ['cont.lock-contention', 'lock.report', 'ftrace-latency']) {
      const bytes = readFixture(`perf/${name}.txt`);
      const { tables, histograms } = parse(bytes);
      for (const size of [1, 7]) expect(parse(bytes, size)).toMatchObject({ tables, histograms });
    }
  });

  it('counts damaged rows and keeps the others', () => {
    const text = Buffer.from(readFixture('perf/lock.contention.txt')).toString('latin1');
    const { tables, facts, diagnostics } = parse(text.replace('412.97 ms', '412,97 xs'));
    expect(tables[0]!.rows).toHaveLength(6);
    expect(facts.lines - facts.understoodLines).toBe(1);
    expect(diagnostics.list()[0]!.text).toContain('test:3');
  });

  it('never throws', () => {
    const texts = ['cont.lock-contention', 'lock.report', 'ftrace-latency'].map((n) =>
      readFixture(`perf/${n}.txt`),
    );
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(fc.nat(2), fc.array(change, { maxLength: 20 }), fc.nat(), (which, changes, cut) => {
        const bytes = texts[which]!.slice();
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const { facts } = parse(bytes.subarray(0, cut % bytes.length));
        expect(facts.understoodLines).toBeLessThanOrEqual(facts.lines);
      }),
    );
  });
});

describe('output of perf that is of no use', () => {
  it.each([
    ['ops.script-dump', /`perf script -D`.*`perf script` without -D/],
    ['trace', /`perf trace`, .*`perf record`/],
    ['trace-s', /`perf trace -s`.*`perf record`/],
    ['sched.timehist', /`perf sched timehist`.*`perf script -i perf.data`/],
    ['clock.report', /`perf report --stdio`.*`perf script -i perf.data`/],
  ])('%s is named, in one line, with what to run instead', (name, message) => {
    expect(messageOf(name)).toMatch(message);
    expect(messageOf(name)).not.toContain('\n');
  });

  it('leaves other texts alone', () => {
    for (const name of ['ops.script', 'clock.script', 'cont.script', 'sched.script']) {
      expect(sniffPerfTables(readFixture(`perf/${name}.txt`).subarray(0, 65536))).toBe(false);
    }
  });
});
