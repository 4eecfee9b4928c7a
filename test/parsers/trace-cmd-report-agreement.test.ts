import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ContextLevel, packContext } from '../../src/trace/context.ts';
import { readFixture } from '../helpers/fixtures.ts';
import { type FastReportRecord, parseReport } from '../helpers/parse-report.ts';
import { parseTraceCmdReportReference, type ReportRecord } from '../reference/trace-cmd-report-reference.ts';

const FOLDER = fileURLToPath(new URL('../../fixtures/trace-cmd', import.meta.url));
const FIXTURES = readdirSync(FOLDER)
  .map((name) => name.replace(/\.gz$/, ''))
  .filter((name) => !/-(?:stat|profile)\.txt$/.test(name));
const CHUNK_SIZES = [1, 7, 4096, 65536];

/** What the recordings have not, as the sources print it. */
const SMALL_TEXTS: Readonly<Record<string, readonly string[]>> = {
  'old headers': [
    'version = 6',
    'CPU 1 is empty',
    'cpus=2',
    '           <...>-12345 [000] 12345.678901: sched_wakeup:         comm=x pid=1',
    '          <idle>-0     [001] 12345.678902: cpu_idle:             state=1 cpu_id=1',
    '          <idle>-0     [000] 12345.678903: cpu_idle:             state=1 cpu_id=0',
  ],
  losses: [
    'cpus=2',
    '              dd-188   [000]   321.090476: irq_handler_entry:    irq=1 name=a:b',
    'CPU:1 [5 EVENTS DROPPED]',
    '              dd-189   [001]   321.090477: e:                    ',
    'CPU:0 [EVENTS DROPPED]',
    '              dd-188   [000]   321.090478: e:                    x',
  ],
  functions: [
    '              dd-188   [000]   321.090476: function:             vfs_open <-- path_openat',
    '              dd-188   [000]   321.090477: function:                vfs_open+0x4  <-- path_openat+0x12 ',
    '              dd-188   [000]   321.090478: function:             vfs_open',
    '              dd-188   [000]   321.090479: function:             0xffffffff81234567 <-- path_openat',
    '              dd-188   [000]-0x1d   321.090480: function:              ip=vfs_open (0xffffffff818235d0) parent_ip=path_openat (0xffffffff81844af7)',
    '              dd-188   [000]   321.090481: function:              ip=vfs_open parent_ip=path_openat',
    '              dd-188   [000] d.s2.   321.090482: function:             zram_free_page.isra.0 <-- zram_slot_free_notify',
    '              dd-188   [000]   321.090483: func_repeats:         vfs_open <-- path_openat (count: 3  last_ts: 321.090482)',
  ],
  stacks: [
    '              dd-188   [000]   321.090476: kmalloc:              bytes=8',
    '              dd-189   [001]   321.090476: kmalloc:              bytes=8',
    '              dd-188   [000]   321.090477: kernel_stack:         <stack trace >',
    '=> trace_event_raw_event_kmalloc+0x4  (ffffffff818235d4)',
    '=> __kmalloc (ffffffff818235d0)',
    '=> zram_bvec_write [zram] (ffffffffc08235d0)',
    '=> ffffffff81844af7',
    '              dd-188   [000]   321.090478: user_stack:           \t=> (00007f1234567890)',
    '\t=> (0000000000401234)',
    '\t=> (00000000)',
    '',
    '              dd-188   [000]   321.090479: kernel_stack:         \t=> vfs_open',
    '\t=> path_openat',
    '\t=> 0',
    '              dd-188   [000]   321.090480: kernel_stack:         size=8 caller=ARRAY[1, 2]',
    '              dd-188   [000]   321.090481: function:             vfs_open <-- path_openat',
    '              dd-188   [000]   321.090482: kernel_stack:         <stack trace >',
    '=> vfs_open (ffffffff818235d0)',
    'CPU:0 [EVENTS DROPPED]',
    '=> of nobody (ffffffff818235d0)',
  ],
  'graph options': [
    '              dd-188   [000]   321.000001: funcgraph_entry:                   |  vfs_open(path=0x1, f=g()) {',
    '              dd-188   [000]   321.000002: fgraph_retaddr_entry:              |    a() /* <-vfs_open */ { (1)',
    '              dd-188   [000]   321.000003: fgraph_retaddr_entry:   0.123 us   |      b(x=1); (2) /* <-a */ (ret=0x0)',
    '              dd-188   [000]   321.000004: funcgraph_entry:      # 85485.054 us |      c(); (ret=-22)',
    '              dd-188   [000]   321.000005: funcgraph_entry:      $ 1234567.890 us |      c [mod](); /* <-a */',
    '              dd-188   [000]   321.000006: funcgraph_exit:       + 12.345 us  |    } /* a */ (1) (ret=0x7)',
    '              dd-188   [000]   321.000007: funcgraph_exit:       ! 412.345 us |  } (ret=18)',
    '              dd-188   [000]   321.000008: funcgraph_entry:                   |  ) {',
    '              dd-188   [000]   321.000009: funcgraph_entry:        1.000 us   |    ffffffff81234567();',
    '              dd-188   [000]   321.000010: funcgraph_entry:       func=vfs_open depth=0 retaddr=0xffffffff81844af7',
    '              dd-188   [000]   321.000011: funcgraph_exit:        func=vfs_open depth=0 retval=0x0 overrun=0 calltime=fffffffffff0 rettime=1000000000010',
  ],
  'odd tasks': [
    'cpus=20',
    '     a b-1) [003]-386   [012]   321.090476: e:                    x',
    '   k-1-2 [000]: x-12345 [012]   321.090477: e:                    x',
    '         (-----)-4194303 [1012]   321.090478: e:                    x',
    'a b-1) {-386    12d..2.   321.090479: e:                    x',
    'kworker/-7     112...1.1   321.090480: e:                    x',
    'left-12    [000]   321.090481: e:                    x',
  ],
  'several files': [
    '  host.dat: cpus=2',
    'guest-1.dat: cpus=4',
    '  host.dat:               dd-188   [001]   321.090476: e:                    x',
    'guest-1.dat:               sh-188   [001]   321.090477: e:                    x',
    'guest-1.dat: CPU:1 [7 EVENTS DROPPED]',
    '              sh-188   [001]   321.090478: e:                    x',
    '  host.dat:               dd-188   [001]   321.090479: e:                    x',
    'guest-1.dat:           <idle>-0     [000]   321.090480: e:                    x',
  ],
  instances: [
    'cpus=2',
    '                      dd-188   [001]   321.090476: e:                    x',
    '   one:               dd-188   [001]   321.090477: e:                    x',
    'second:               dd-189   [000]   321.090478: e:                    x',
  ],
  'wakeup latencies': [
    '              dd-188   [001]   321.090476: sched_switch:         dd:188 [120] S ==> sh:189 [120] Latency: 12.345 usecs',
    '              dd-188   [001]   321.090477: sched_switch:         dd:188 [120] S ==> sh:189 [120]',
    '',
    'Average wakeup latency: 12.345 usecs',
    'Maximum Latency: 12.345 usecs at timestamp: 321.090476',
    'Minimum Latency: 12.345 usecs at timestamp: 321.090476',
    '',
  ],
  'two reports': [
    'cpus=2',
    '              dd-188   [000]   321.090476: e:                    x',
    'cpus=2',
    '              dd-188   [000]   120.090476: e:                    x',
  ],
  'other clocks': [
    '              dd-188   [000] 18446744073709551: e:                    x',
    '              dd-188   [000]     12: e:                    x',
  ],
  differences: [
    '              dd-188   [000]   321.090476:          e:                    x',
    '              dd-188   [000]   321.090475: (+-1)    e:                    (+x) y',
  ],
  'carriage returns': [
    '              dd-188   [000]   321.090476: funcgraph_entry:        1.000 us   |  f();\r',
  ],
  damage: [
    '              dd-188   [000]   321.090476: e:                    x',
    '              dd-188   [000]   321.0904',
    '              dd-188   [000]   321.0904: e:                    x',
    '              dd-188   [99999]   321.090476: e:                    x',
    '              dd-188   [000] d.   321.090476: e:                    x',
    '              dd-188   [000]   321.090476: funcgraph_entry:        1.000 us   |  f()',
    '              dd-188   [000]   321.090476: funcgraph_entry:        1.000 ms   |  f();',
    '              dd-188   [000]   321.090476: funcgraph_exit:        1.000 us   |  f();',
    '              dd-188   [000]   321.090476: e:                    x',
  ],
};

describe('the parser of trace-cmd reports and the slow one agree', () => {
  it.each(FIXTURES)('on %s', (name) => {
    expectAgreement(readFixture(`trace-cmd/${name}`));
  });

  it.each(Object.entries(SMALL_TEXTS))('on small texts: %s', (_name, lines) => {
    const bytes = Buffer.from(`${lines.join('\n')}\n`, 'latin1');
    for (const chunkSize of CHUNK_SIZES) expectAgreement(bytes, chunkSize);
  });

  it.each(CHUNK_SIZES)('in chunks of %i bytes', (chunkSize) => {
    for (const name of ['graph-3.3.3.txt', 'events-l.txt', 'graph-3.3.3-R.txt', 'merged.txt']) {
      expectAgreement(readFixture(`trace-cmd/${name}`).subarray(0, 40_000), chunkSize);
    }
  });
});

function expectAgreement(bytes: Uint8Array, chunkSize = 65536): void {
  const fast = parseReport(bytes, { chunkSize, capacity: 64 });
  const slow = parseTraceCmdReportReference(bytes);
  expect(fast.facts.lines).toBe(slow.lines);
  const damaged = fast.diagnostics.count('damaged-line');
  expect(damaged).toBe(slow.damaged.length);
  expect(fast.facts.lines - fast.facts.understoodLines).toBe(
    damaged + fast.diagnostics.count('unknown-line'),
  );
  expect(fast.records.length).toBe(slow.records.length);
  fast.records.forEach((record, i) => {
    expect(record).toEqual(withContext(slow.records[i]!));
  });
}

function withContext({ flags, ...record }: ReportRecord): FastReportRecord {
  if (record.kind === 'frame' || flags === '') return { ...record, context: null };
  if (!flags.startsWith('0x')) return { ...record, context: packContext(Buffer.from(flags, 'latin1'), 0) };
  const bits = Number(flags);
  const { Task, Softirq, Hardirq } = ContextLevel;
  const level = bits & 8 ? Hardirq : bits & 16 ? Softirq : Task;
  return { ...record, context: level + (bits & 1) * 8 + (bits & 4) * 4 };
}
