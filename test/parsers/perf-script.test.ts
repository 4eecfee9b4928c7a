import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sniffPerfScript } from '../../src/parsers/perf-script-sniff.ts';
import { recogniseFormat } from '../../src/parsers/registry.ts';
import { readFixture } from '../helpers/fixtures.ts';
import { parsePerfScript } from '../helpers/parse-perf.ts';

const CHAIN = `swapbench   275 [000]   322.459065: lock:contention_begin: 0xff2ed963fba36040 (flags=SPIN)
	ffffffffa6ef4b64 native_queued_spin_lock_slowpath+0x1b4 ([kernel.kallsyms])
	ffffffffc056977a zram_submit_bio+0x7da ([zram])
	ffffffffc0567631 zram_free_page+0x1 (/lib/modules/6.12/kernel/drivers/block/zram/zram.ko.xz)
	ffffffffa6ee0ff7 do_syscall_64+0x5 (/usr/lib/debug/boot/vmlinux-6.12)
	    7f908b1fb42f [unknown] (/lib/x86_64-linux-gnu/libc.so.6)
	          401136 operator()(int, char) const+0x16 (/tmp/a b (deleted))
	          401100 helper (inlined)

`;

function rows(text: string) {
  return parsePerfScript(text).records;
}

describe('perf script text', () => {
  it('gives the variants of one recording as the same records', () => {
    const events = (name: string) =>
      parsePerfScript(readFixture(`perf/${name}.txt`)).records.filter((row) => row.kind !== 'frame');
    const micros = (time: string) => time.slice(0, -3);
    const plain = events('ops.script');
    expect(plain.length).toBe(14340);
    for (const name of ['ops.script-ns', 'ops.script-fields', 'ops.script-header']) {
      const other = events(name);
      expect(other.length).toBe(plain.length);
      other.forEach((row, i) => {
        const { line, time, ...rest } = row;
        const { line: _, time: plainTime, ...expected } = plain[i]!;
        expect(rest).toEqual(expected);
        expect(micros(time)).toBe(micros(plainTime));
        expect(line - i).toBe(name === 'ops.script-header' ? 37 : 1);
      });
    }
  });

  it('gives the same stacks with and without offsets and periods', () => {
    const stacks = (name: string) =>
      parsePerfScript(readFixture(`perf/${name}.txt`)).records.map(({ text, other, ...rest }) => rest);
    expect(stacks('clock.script-fields')).toEqual(stacks('clock.script'));
  });

  it('gives the first frame where -G leaves the others out', () => {
    const whole = parsePerfScript(readFixture('perf/clock.script.txt')).records;
    const first = parsePerfScript(readFixture('perf/clock.script-G.txt')).records;
    const without = ({ line: _, ...row }: (typeof whole)[0]) => row;
    expect(first.map(without)).toEqual(whole.filter((row) => row.depth <= 0).map(without));
    expect(first.filter((row) => row.kind === 'sample').every((row) => row.other === 1003009)).toBe(true);
  });

  it('names frames as traces name functions', () => {
    const names = rows(CHAIN)
      .filter((row) => row.kind === 'frame')
      .map((row) => row.name);
    expect(names).toEqual([
      'native_queued_spin_lock_slowpath',
      'zram_submit_bio [zram]',
      'zram_free_page [zram]',
      'do_syscall_64',
      '[unknown]',
      'operator()(int, char) const',
      'helper',
    ]);
  });

  it('leaves systems away and keeps modifiers of counters', () => {
    const text = [
      'kprobes:k_zs_free',
      'kprobes:p',
      'cycles:u',
      'cpu/cycles/P',
      'sched:sched_switch:u',
      'cpu_core/cycles/',
    ]
      .map((event) => `       swapbench   210 [000]    58.189880: ${event}: x=1\n`)
      .join('');
    expect(rows(text).map((row) => [row.kind, row.name])).toEqual([
      ['event', 'k_zs_free'],
      ['event', 'p'],
      ['sample', 'cycles:u'],
      ['sample', 'cpu/cycles/P'],
      ['event', 'sched_switch'],
      ['sample', 'cpu_core/cycles/'],
    ]);
  });

  it.each([
    ['padded', '     a b [1] c:d   210 [000]    58.189880: kprobes:k: x', 'a b [1] c:d-210'],
    ['not padded', 'a b [1] c:d   210 [000]    58.189880: kprobes:k: x', 'a b [1] c:d-210'],
    ['with numbers', 'a 12    34 [000]    58.189880: kprobes:k: x', 'a 12-34'],
    ['like a comment', '# x   210 [000]    58.189880: kprobes:k: x', '# x-210'],
    ['with a process', '       swapbench     209/210     [000]    58.189880: kprobes:k: x', 'swapbench-210'],
    ['with a large id', '       swapbench 4194303 [000]    58.189880: kprobes:k: x', 'swapbench-4194303'],
    ['with an id of -1', '            :-1    -1 [000]    58.189880: kprobes:k: x', ''],
    [
      'of a virtual machine',
      'VM:  123 VCPU:001    swapbench   210 [000]    58.189880: kprobes:k: x',
      'swapbench-210',
    ],
    ['in latency format', 'swapbenc   210   0    58.189880: kprobes:k: x', 'swapbenc-210'],
    ['with a mode', '       swapbench   210 [000] K       58.189880: kprobes:k: x', 'swapbench-210'],
    [
      'with time of day',
      '       swapbench   210 [000] 2026-11-21 01:32:54.123456     58.189880: kprobes:k: x',
      'swapbench-210',
    ],
  ])('reads a task %s', (_, line, task) => {
    expect(rows(`${line}\n`)).toMatchObject([{ name: 'k', task, time: '58189880000', text: 'x' }]);
  });

  it('keeps all digits of a stamp', () => {
    const line = '       swapbench   210 [000] 8640000.123456789: kprobes:k: x\n';
    expect(rows(line)[0]!.time).toBe('8640000123456789');
  });

  it('splits an address from the text of a tracepoint', () => {
    const line =
      '       swapbench   210 [000]    58.189880: kprobes:k: (ffff) size=0x432 ffffffffa6637835 zs_malloc+0x5 ([zsmalloc])\n';
    expect(rows(line)).toMatchObject([
      { kind: 'event', text: '(ffff) size=0x432' },
      { kind: 'frame', name: 'zs_malloc [zsmalloc]', depth: 0 },
    ]);
  });

  it('leaves texts alone that end like an address', () => {
    for (const text of [
      'x = 140737354125312',
      'ptr=ffffffffa6637835 (flags=SPIN)',
      '(ffffffffa6637834 <- ffffffffc056977a)',
    ]) {
      expect(rows(`       swapbench   210 [000]    58.189880: kprobes:k: ${text}\n`)).toMatchObject([
        { text },
      ]);
    }
  });

  it('reads losses and passes over other records', () => {
    const text = [
      '       swapbench   210 [001]    58.189880: PERF_RECORD_LOST lost 12',
      '       swapbench   210 [001]    58.189880: PERF_RECORD_COMM: perf-exec:241/241',
      '       swapbench   210 [001]    58.189880: PERF_RECORD_FORK(245:245):(241:241)',
      '',
    ].join('\n');
    const { records, facts } = parsePerfScript(text);
    expect(records).toMatchObject([{ kind: 'lost', cpu: 1, other: 12, task: 'swapbench-210' }]);
    expect(facts.understoodLines).toBe(3);
  });

  it('tells what the header says', () => {
    const { facts } = parsePerfScript(readFixture('perf/ops.script-header.txt'));
    expect(facts).toMatchObject({
      kernelRelease: '6.12.117+deb12-amd64',
      hostname: 'guest',
      onlineCpus: 2,
      clockName: 'perf',
      stampQuantumNs: 1000,
      cpus: 2,
    });
    expect(facts.commandLine).toMatch(/perf record -a -m 4M/);
  });

  it('begins a section where a second output begins', () => {
    const { records } = parsePerfScript(`${CHAIN}# ========\n# captured on    : x\n# ========\n#\n${CHAIN}`);
    expect(records.filter((row) => row.kind === 'section').map((row) => row.line)).toEqual([11]);
  });

  it('reads stacks of which nothing else is printed', () => {
    const stack = '\tffffffffa6ee5fff a\n\tffffffffa6ee7cc9 b\n';
    expect(rows(`\n${stack}\n${stack}\n`).map((row) => row.name)).toEqual(['', 'a', 'b', '', 'a', 'b']);
    expect(
      rows(`swapper \n${stack}\nswapper     5 \n${stack}`).filter((row) => row.kind === 'sample'),
    ).toMatchObject([
      { task: '', line: 1 },
      { task: 'swapper-5', line: 5 },
    ]);
  });

  it('passes over source lines, code and registers below frames', () => {
    const { facts, records } = parsePerfScript(
      CHAIN.replace(
        /\n\t {4}7f90/,
        '\n  spinlock.c:123\n|123 lock();\n  [kernel.kallsyms][ffffffffa6ee5fff]\n\t    7f90',
      ).replace(/\n\n$/, '\n ABI:2    AX:0x0\n\n'),
    );
    expect(facts.understoodLines).toBe(facts.lines);
    expect(records.length).toBe(8);
  });

  it('reads line ends of Windows', () => {
    const strip = (text: string) => rows(text);
    expect(strip(CHAIN.replaceAll('\n', '\r\n'))).toEqual(strip(CHAIN));
  });
});

describe('damaged perf script text', () => {
  it('loses a sample whose line is damaged, with its frames, and says so', () => {
    const damaged = CHAIN.replace('322.459065:', '322x459065');
    const { records, facts, diagnostics } = parsePerfScript(CHAIN + damaged + CHAIN);
    expect(records.filter((row) => row.kind === 'event').map((row) => row.line)).toEqual([1, 19]);
    expect(facts.lines - facts.understoodLines).toBe(8);
    expect(diagnostics.list().map((d) => d.id)).toEqual(['unknown-line', 'frame-without-sample']);
    expect(diagnostics.list()[0]!.text).toContain('test:10');
  });

  it('tells where the input was cut', () => {
    const whole = CHAIN + CHAIN;
    const { records, diagnostics } = parsePerfScript(whole.slice(0, CHAIN.length + 20));
    expect(records.length).toBe(8);
    expect(diagnostics.count('truncated-line')).toBe(1);
  });

  it('takes text before the trace for what it is', () => {
    const { records, facts, diagnostics } = parsePerfScript(
      `swapbench round=0 procs=2\nNo kallsyms found\n${CHAIN}`,
    );
    expect(records.length).toBe(8);
    expect(facts.understoodLines).toBe(facts.lines);
    expect(diagnostics.count('text-around')).toBe(2);
  });

  it('does not mind long lines and NUL bytes', () => {
    const long = `${'x'.repeat(3 << 20)}\n`;
    const nul = `${'\0'.repeat(1 << 16)}\n`;
    const { records, facts, diagnostics } = parsePerfScript(CHAIN + long + nul + CHAIN, {
      chunkSize: 10_000,
    });
    expect(records.length).toBe(16);
    expect(facts.lines - facts.understoodLines).toBe(2);
    expect(diagnostics.count('overlong-line')).toBe(1);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.integer({ min: 1, max: 64 }), (bytes, chunkSize) => {
        const { facts } = parsePerfScript(bytes, { chunkSize });
        expect(facts.understoodLines).toBeLessThanOrEqual(facts.lines);
      }),
      { numRuns: 500 },
    );
  });
});

describe('recognising perf script text', () => {
  const idOf = (text: string | Uint8Array) => {
    const head = typeof text === 'string' ? Buffer.from(text, 'latin1') : text.subarray(0, 65536);
    return recogniseFormat({
      name: 'x',
      head,
      sizeBytes: null,
      chunks: (async function* () {})(),
      progress: () => 0,
    }).id;
  };

  it.each([
    'ops.script',
    'ops.script-ns',
    'ops.script-fields',
    'ops.script-header',
    'clock.script',
    'clock.script-G',
    'cont.script',
    'sched.script',
  ])('knows %s', (name) => {
    expect(idOf(readFixture(`perf/${name}.txt`))).toBe('perf-script');
  });

  it('knows it behind other output', () => {
    expect(idOf(`swapbench round=0\nhello: world\n${CHAIN}${CHAIN}`)).toBe('perf-script');
  });

  it.each([
    [
      'events of the kernel',
      '       swapbench-210     [000] .....    58.189880: k_zs_malloc: (zs_malloc+0x0/0x1) size=0x432\n',
    ],
    [
      'events with a thread group',
      '       swapbench-210     (    210) [000] .....    58.189880: k_zs_malloc: size=0x432\n',
    ],
    ['raw events', '219 1 43610753203 type: 310\n'],
    [
      'verbose events',
      '       swapbench     210   0 0 00000000 00000001 [03a7b1c0] 58.189ms (+0.012ms): k_zs_malloc: size=1\n',
    ],
    ['trace-cmd report', '       swapbench-210   [000]    58.189880: k_zs_malloc:          size=0x432\n'],
    ['a latency format', 'swapbenc-210     0d..2. 596108us!: sched_switch: prev_comm=x\n'],
    ['a log', '[   58.189880] zram: Added device: zram0\n2026-11-21 01:02:03 error: no space\n'],
  ])('leaves %s to others', (_, line) => {
    expect(sniffPerfScript(Buffer.from(line.repeat(50)))).toBe(false);
  });
});
