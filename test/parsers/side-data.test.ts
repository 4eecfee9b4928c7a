import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FORMATS } from '../../src/parsers/registry.ts';
import { SideDataParser, sniffSideData } from '../../src/parsers/side-data.ts';
import { readFixture } from '../helpers/fixtures.ts';
import { parseTables } from '../helpers/parse-tables.ts';

const FIXTURES = readdirSync(join(import.meta.dirname, '../../fixtures/side-data')).sort();
const text = (value: string) => new Uint8Array(Buffer.from(value));
const parse = (bytes: Uint8Array, chunkSize?: number) =>
  parseTables((context) => new SideDataParser(context), bytes, chunkSize);
const fixture = (name: string) => parse(readFixture(`side-data/${name}`));

describe.each(FIXTURES)('%s', (name) => {
  const bytes = readFixture(`side-data/${name}`);
  const whole = parse(bytes);

  it('is recognised as side data and as nothing else', () => {
    expect(FORMATS.filter((format) => format.sniff(bytes)).map(({ id }) => id)).toEqual(['side-data']);
  });

  it('is understood line by line', () => {
    expect(whole.diagnostics.list()).toEqual([]);
    expect(whole.facts.lines).toBeGreaterThan(0);
    expect(whole.facts.understoodLines).toBe(whole.facts.lines);
  });

  it.each([1, 7, 4096])('gives the same tables in chunks of %i', (chunkSize) => {
    expect(parse(bytes, chunkSize).tables).toEqual(whole.tables);
  });

  it('survives flipped bits', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const damaged = Uint8Array.from(bytes);
        damaged[at]! ^= 1 << bit;
        const { facts, diagnostics } = parse(damaged);
        // A damaged title leaves the rows below it unread: told, each with its line.
        expect(diagnostics.count('unknown-line')).toBe(facts.lines - facts.understoodLines);
      }),
      { numRuns: 20 },
    );
  });
});

describe('what the tables hold', () => {
  it('mm_stat', () => {
    expect(fixture('mm_stat-idle.txt').rows('zram-mm-stat')).toEqual([
      {
        orig_data_bytes: 4096,
        compr_data_bytes: 64,
        mem_used_bytes: 20480,
        mem_limit_bytes: 0,
        mem_used_max_bytes: 45182976,
        same_pages: 0,
        pages_compacted: 0,
        huge_pages: 0,
        huge_pages_since: 8894,
      },
    ]);
  });

  it('zsmalloc classes of both kinds of kernels', () => {
    expect(fixture('zsmalloc-classes-6.1.txt').rows('zsmalloc-classes')[1]).toEqual({
      class: 1,
      size_bytes: 48,
      almost_full: 1,
      almost_empty: 0,
      obj_allocated: 256,
      obj_used: 255,
      pages_used: 3,
      pages_per_zspage: 3,
      freeable: 0,
    });
    const row = fixture('zsmalloc-classes-6.12.txt').rows('zsmalloc-classes')[1]!;
    expect(row).toMatchObject({
      size_bytes: 512,
      zspages_20_percent: 12,
      zspages_100_percent: 414,
      freeable: 14,
    });
  });

  it('lock_stat, in ns, with its call sites', () => {
    const { rows } = fixture('lock_stat-0.4.txt');
    expect(rows('lock-stat').map(({ lock, access }) => [lock, access])).toEqual([
      ['&class->lock', ''],
      ['&mm->mmap_lock', 'write'],
      ['&mm->mmap_lock', 'read'],
      ['(work_completion)(&x)', ''],
    ]);
    expect(rows('lock-stat')[0]).toMatchObject({
      contentions: 318,
      waittime_min_ns: 210,
      waittime_total_ns: 2204170,
      holdtime_avg_ns: 880,
    });
    expect(rows('lock-stat-points').slice(0, 3)).toEqual([
      {
        lock: '&class->lock',
        side: 'waited',
        contentions: 201,
        address: '0xffffffff8183b7a4',
        symbol: 'zs_malloc+0x84/0x570',
      },
      expect.objectContaining({ side: 'waited', contentions: 117 }),
      expect.objectContaining({ side: 'held', contentions: 240 }),
    ]);
  });

  it('lock_stat 0.3, which has no averages', () => {
    const titles = 'class name con-bounces contentions waittime-min waittime-max waittime-total acq-bounces';
    const { rows } = parse(
      text(
        `lock_stat version 0.3\n${' '.repeat(10)}${titles}\n---\n      rcu_node_0: seq:  1 2 0.50 1.25 3.00 7\n`,
      ),
    );
    expect(rows('lock-stat')).toEqual([
      {
        lock: 'rcu_node_0: seq',
        access: '',
        con_bounces: 1,
        contentions: 2,
        waittime_min_ns: 500,
        waittime_max_ns: 1250,
        waittime_total_ns: 3000,
        acq_bounces: 7,
      },
    ]);
  });

  it('buffer statistics in all three forms', () => {
    expect(fixture('overflow-stats.txt').rows('ring-buffer-stats')).toEqual([
      expect.objectContaining({ cpu: null, entries: 1548, overrun: 50102, oldest_event_s: 579.415745 }),
      expect.objectContaining({ cpu: null, entries: 1563, overrun: 59505, read_events: 0 }),
    ]);
    const perCpu = fixture('per-cpu.stats.txt').rows('ring-buffer-stats');
    expect(perCpu.map(({ cpu, entries, bytes }) => [cpu, entries, bytes])).toEqual([
      [0, 83513, null],
      [1, 98481, null],
    ]);
    const { rows } = fixture('full-churn.stats.txt');
    expect(rows('ring-buffer-stats').map(({ cpu, entries }) => [cpu, entries])).toEqual([
      [0, 73201],
      [1, 76719],
    ]);
    expect(rows('zram-mm-stat').length).toBe(2);
    expect(rows('kprobe-profile')[0]).toEqual({ event: 'k_zs_malloc', hits: 2300, misses: 0 });
  });

  it('probes, clocks, options, filters', () => {
    expect(fixture('kprobe_events.txt').rows('kprobe-events').slice(0, 2)).toEqual([
      {
        type: 'p',
        max_active: null,
        group: 'kprobes',
        event: 'k_zs_malloc',
        place: 'zs_malloc',
        arguments: 'pool=%di size=%si',
      },
      expect.objectContaining({ type: 'r', max_active: 10, event: 'k_zs_malloc_ret' }),
    ]);
    expect(fixture('clock-tracers.txt').rows('trace-clock')[0]!['chosen']).toBe('local');
    expect(fixture('zram-algo.txt').rows('zram-comp-algorithm')[0]!['chosen']).toBe('lz4');
    const options = fixture('trace-options-graph.txt').rows('trace-options');
    expect(options).toContainEqual({ option: 'funcgraph-cpu', on: 1 });
    expect(options).toContainEqual({ option: 'funcgraph-abstime', on: 0 });
    expect(fixture('set_ftrace_filter.txt').rows('function-list').length).toBe(120);
  });

  it('the machine and its kernel', () => {
    const version = fixture('version.txt');
    expect(version.facts.kernelRelease).toBe('6.12.117+deb12-amd64');
    expect(version.rows('kernel-command-line').length).toBe(1);
    const config = fixture('config.txt');
    expect(config.facts.kernelRelease).toBe('6.12.117');
    expect(config.rows('kernel-config')).toContainEqual({ option: 'CONFIG_CC_IS_GCC', value: 'y' });
    expect(fixture('cpuinfo.txt').rows('cpuinfo')).toEqual([
      expect.objectContaining({ processor: 0, cpu_mhz: 2300.007, cache_size: '512 KB' }),
      expect.objectContaining({ processor: 1 }),
    ]);
    expect(fixture('workload.txt').rows('workload-results')[0]).toMatchObject({
      program: 'swapbench',
      procs: 1,
      pattern: 'mix',
      ns: 103425408,
      compactions: 1,
    });
  });
});

describe('SideDataParser', () => {
  it('counts lines that it does not understand', () => {
    const { facts, diagnostics, rows } = parse(text('entries: 1\noverrun: 2\nentrie\0s: 3\nentries: 4\n'));
    expect([facts.lines, facts.understoodLines]).toEqual([4, 3]);
    expect(diagnostics.list()[0]!.text).toContain('test:3');
    expect(rows('ring-buffer-stats').map(({ entries }) => entries)).toEqual([1, 4]);
  });

  it('keeps whole numbers over 2^53 as they stand', () => {
    expect(parse(text('/sys/x/y:18446744073709551615\n')).rows('kernel-values')[0]!['value']).toBe(
      '18446744073709551615',
    );
  });

  it.each([
    'hello\nworld\nfoo_bar\n',
    'A sentence about zs_free.\n',
    '# Readme\n\nzs_free\n',
    '1 2 3\n',
    '\0\0\0',
    'a: 1\n',
    '',
  ])('is not %j', (value) => {
    expect(sniffSideData(text(value))).toBe(false);
  });

  it('is quick with lines made to be slow', { timeout: 5000 }, () => {
    for (const piece of [' ', ': ', '1 ', 'a=', ' 1 [<', 'cpu0 ', '/sys/'])
      parse(
        text(
          `lock_stat version 0.4\nprocessor\t: 0\n${`${piece.repeat(16384 / piece.length)}x\n`.repeat(20)}`,
        ),
      );
  });
});
