import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sniffFtrace } from '../../src/parsers/ftrace-sniff.ts';
import { sniffFunctionGraph } from '../../src/parsers/function-graph-sniff.ts';
import { differences } from '../helpers/compare-records.ts';
import { listFixtures, listSharedEventTraces, readFixture, readTrace } from '../helpers/fixtures.ts';
import { type FastRecord, parseRecords } from '../helpers/parse-records.ts';
import { parseFunctionGraphReference } from '../reference/function-graph-reference.ts';

const FIXTURES = listFixtures('ftrace');
const CHUNK_SIZES = [1, 7, 4096, 65536];
const GRAPH_HEADER = [
  '# tracer: function_graph',
  '#',
  '# CPU  DURATION                  FUNCTION CALLS',
  '# |     |   |                     |   |   |   |',
];
const EVENT = '       swapbench-219     [001] d..2.    43.610753: sched_switch: prev_comm=a prev_pid=1 x=1';
const GRAPH = ' 0)   1.000 us    |  a();';

/** What the recordings have not, or not where it hurts. */
const SMALL_TEXTS: Readonly<Record<string, readonly string[]>> = {
  'trace_pipe with losses': [EVENT, 'CPU:1 [LOST 17 EVENTS]', EVENT, 'CPU:0 [LOST EVENTS]', EVENT],
  'a buffer that wrapped': [
    '# tracer: nop',
    '#',
    '# entries-in-buffer/entries-written: 2/30   #P:2',
    '#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION',
    EVENT,
    '##### CPU 0 buffer started ####',
    EVENT,
  ],
  'a latency banner over a buffer that wrapped': [
    '# tracer: function_graph',
    '#',
    '# function_graph latency trace v1.1.5 on 6.12.1',
    '# latency: 0 us, #1/9, CPU#0 | (M:desktop VP:0, KP:0, SP:0 HP:0 #P:2)',
    ...GRAPH_HEADER.slice(2),
    GRAPH,
  ],
  'comms that look like the columns around them': [
    '       a-1 [0]: -6       [001] d..2.    43.610753: e: x=1',
    '  a => b-12 [01]-7       [001]    43.610753: e: x=1',
    '-9 [00] 1.00000:-5       [001] d..2.    43.610753: e: x=1',
    '           <...>-8       (-------) [001] d..2.    43.610753: e: x=1',
    '           named-8       (      8) [001] d..2.    43.610753: e: x=1',
    'a-1 (2) -9       0d..1. 43469us+: e: x=1',
    '          a 12 3     219   1 1 00000002 00000000 [02997281] 596.108ms (+0.635ms): e: x=1',
  ],
  'four flags, and seven': [
    '            bash-1994  [000] d..1   123.456789: sys_enter: NR 0 (1, 2)',
    '            bash-1994    [000] dN.2.34   123.456789: sys_enter: NR 0 (1, 2)',
  ],
  'clocks that are not in ns': [
    '            bash-1994    [000] d..1.         12345: a: x=1',
    '    bash-1994      0d..1. 12345: a: x=1',
    '            bash    1994   0 1 00000002 00000000 [0000000002997281] 596108 (+635): a: x=1',
  ],
  'a stamp before the start': [
    '    bash-1994      0d..1. -12us : a: x=1',
    '    bash-1994      0d..1.  12us : a: x=1',
  ],
  'user stacks and addresses': [
    EVENT,
    '       swapbench-219     [001] d..2.    43.610760: <user stack trace>',
    ' =>  <00007f36b2ee1000>',
    ' => /lib/x86_64-linux-gnu/libc.so.6[+0x114a0] <00007f36b2ee1000>',
    ' => ??',
    '',
    EVENT,
    '       swapbench-219     [001] d..2.    43.610760: <stack trace>',
    ' => zram_free_page+0xb8/0x120 [zram] <ffffffffc06c86e8>',
    ' => zs_free+0x4/0xf0',
    ' => vfs_read <ffffffff81823540>',
    ' => 0xffffffffc06c86e8',
    ' => [FTRACE TRAMPOLINE]',
    'CPU:1 [LOST 3 EVENTS]',
    ' => nobody_s',
  ],
  'a stack of another task, and one before all': [
    '       swapbench-219     [001] d..2.    43.610753: <stack trace>',
    ' => a',
    '           other-220     [001] d..2.    43.610754: e: x=1',
    '       swapbench-219     [001] d..2.    43.610755: <stack trace>',
    ' => a',
  ],
  'stacks among graph lines': [
    ...GRAPH_HEADER,
    ' 0)               |  f() {',
    ' 0)               |    /* contention_begin: 00000000001ea18b (flags=SPIN) */',
    '       swapbench-219     [000] d..2.    43.610760: <stack trace>',
    ' => zs_free',
    ' => zram_free_page [zram]',
    ' 0)   1.000 us    |    g();',
    EVENT,
    ' 0)   2.000 us    |  }',
    '       swapbench-219     [001] d..2.    43.610760: <stack trace>',
    ' => zs_free',
  ],
  'functions in all forms': [
    '              dd-188     [000] .....   321.090476: vfs_open+0x4/0xf0 <-zram_bio+0x1/0x2 [zram]',
    '              dd-188     [000] .....   321.090476: f [zram] <-g [zram]',
    '              dd-188     [000] .....   321.090476: f+0x1/0x2 [zram] <ffffffff818235d4> <-g <ffffffff818235d4>',
    '              dd-188     [000] .....   321.090476: f [zram](a=0x1, s=") <-x") <-g',
    '              dd-188     [000] .....   321.090476: f(a=1)',
    '              dd-188     [000] .....   321.090476: f() <-g+0x1/0x2 [m]',
    '              dd-188     [000] .....   321.090476: f(a=1) <-g+0x1/0x2 [m]',
    '              dd-188     [000] .....   321.090476: f <-g (repeats: 3, last_ts: 321.090480)',
    '              dd-188     [000] .....   321.090476: f <-g of another program',
    '              dd-188     [000] .....   321.090476: f.isra.0.cold <-0xffffffffc0000000',
  ],
  'text of every kind': [
    '              dd-188     [000] .....   321.090476: tracing_mark_write: a: b => c  ',
    '              dd-188     [000] .....   321.090476: tracing_mark_write+0x4/0x30: hello',
    '              dd-188     [000] .....   321.090476: my_func [zram]: 17',
    '              dd-188     [000] .....   321.090476: my_func+0x1/0x2 [zram]: 17',
    '              dd-188     [000] .....   321.090476: 0xffffffffc0000000: text',
    '              dd-188     [000] .....   321.090476: # 1 buf: 00 01 02',
    '              dd-188     [000] .....   321.090476: two words',
    '              dd-188     [000] .....   321.090476: empty: ',
    '              dd-188     [000] .....   321.090476: empty:',
    '              dd-188     [000] .....   321.090476:       0:120:R   + [003]   2312: 98:R comm',
    '              dd-188     [000] .....   321.090476:       0:120:R ==> [003]   2312: 98:R comm',
  ],
  'tracers with lines of their own': [
    '# tracer: hwlat',
    '#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION',
    '           <...>-1729    [001] d....   678.473449: #1     inner/outer(us):   11/12    ts:1581527483.343962693 count:6',
    '# tracer: osnoise',
    '#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION',
    '           <...>-859     [000] ....    81.637220: 1000000        190  99.98100       9     18      0   1007     18      1',
  ],
  'raw and hex': [
    '# tracer: nop',
    '#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION',
    '219 1 43610753203 type: 310',
    '1 0 440195371618 ffffffff818235d4 ffffffff81844af7',
    '1 0 440195371618 something else',
    '000000db 00000001 0000000a2764a2d3 type: 310',
    '',
    '000000db 00000001 0000000a2764a2d3 ffffffff818235d4 ffffffff81844af7 ',
  ],
  'raw without a header': ['219 1 43610753203 type: 310', '1 0 440195371618 something else'],
  'events without context': [
    '# tracer: nop',
    '#',
    'sched_switch: prev_comm=a',
    'sys_exit: NR 0 = -38',
    '<stack trace>',
    ' => a',
    'f <-g',
    'f+0x1/0x2: text',
    'one',
    'two words',
    '@@@ other: text',
  ],
  'trace_pipe while the tracer changes': [
    EVENT,
    EVENT,
    GRAPH,
    ' 0)               |  b() {',
    ' 0)   1.000 us    |  }',
    EVENT,
  ],
  'sections of both printers': [
    ...GRAPH_HEADER,
    GRAPH,
    '# tracer: nop',
    '#',
    '# entries-in-buffer/entries-written: 1/1   #P:2',
    '#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION',
    EVENT,
    ...GRAPH_HEADER,
    GRAPH,
  ],
  'a dump to the console': [
    '[  458.744458] Dumping ftrace buffer:',
    '[  458.744535] ---------------------------------',
    '[  458.744799] swapbenc-313       0..... 43332us+: schedule <-__do_sys_sched_yield',
    '[  458.744799] swapbenc-313       0..... 43333us : <stack trace>',
    '[  458.744799]  => schedule',
    '[  458.744799] CPU:1 [LOST 5 EVENTS]',
    '[  458.744799] ---------------------------------',
  ],
  'lines that lost their blanks': [
    'swapbench-219 [001] d..2. 43.610753: sched_switch: prev_comm=a',
    'swapbench-219 ( 219) [001] d..2. 43.610753: sched_switch: prev_comm=a',
    'swapbench-219 [001] 43.610753: f <-g',
    'swapbenc-313 0..... 43332us+: schedule <-__do_sys_sched_yield',
  ],
  'text before, between and behind': ['$ cat trace', EVENT, 'a line of a program', EVENT, '$ exit'],
  'damaged lines': [
    EVENT,
    '       swapbench-21x     [001] d..2.    43.610753: sched_switch: a',
    EVENT,
    '       swapbench-219     [001] d..2.    43.61075x: sched_switch: a',
    '       swapbench-219     [009999] d..2.    43.610753: sched_switch: a',
    '       swapbench-219     [001] d..2.    43.6107',
    EVENT,
  ],
  'short lines before dashes': [
    'a',
    'b',
    '                -1       [001] d..2.    43.610753: e: x',
    'short',
    EVENT,
  ],
  'NUL bytes': [EVENT, '\0'.repeat(64), EVENT, EVENT.replace('x=1', 'x=\0')],
};

describe('the fast parser and the slow one agree', () => {
  it.each(Object.entries(SMALL_TEXTS))('on %s', async (_name, lines) => {
    const bytes = Buffer.from(`${lines.join('\n')}\n`, 'latin1');
    for (const chunkSize of [1, 65536]) await expectAgreement(bytes, chunkSize);
    await expectAgreement(Buffer.from(lines.join('\r\n'), 'latin1'), 7);
  });

  it.each(FIXTURES)('on %s', async (name) => {
    const bytes = readFixture(name);
    for (const chunkSize of CHUNK_SIZES) {
      await expectAgreement(chunkSize < 4096 ? bytes.subarray(0, 100_000) : bytes, chunkSize);
    }
  });

  it.each(FIXTURES)('on %s without its header', async (name) => {
    // Nothing but the header tells that lines need no context.
    if (name.includes('nocontext')) return;
    const lines = Buffer.from(readFixture(name)).toString('latin1').split('\n');
    const body = lines.filter((line) => !line.startsWith('#')).slice(0, 2000);
    await expectAgreement(Buffer.from(body.join('\n'), 'latin1'), 65536);
  });
});

const shared = listSharedEventTraces();

/** Recordings that are not all in the repository. */
describe.runIf(shared.length > 0)('all recordings', () => {
  it.each(shared)('$name', async ({ path }) => {
    const bytes = readTrace(path);
    const { lines, understoodLines } = parseRecords(bytes);
    expect(lines - understoodLines).toBe(0);
    await expectAgreement(bytes, 65536);
  });
});

/** One recording printed in many ways gives the same records, as far as the columns carry them. */
describe('printings of one recording', () => {
  const events = records('ev-all-p4');
  const functions = records('fn-p2');
  const withoutText = (record: FastRecord) => ({ ...record, text: '' });

  it.each(['tgid', 'noirqinfo', 'noirqinfo-tgid', 'verbose'])('events, %s', (option) => {
    const hasFlags = !option.includes('noirqinfo');
    const expected = events.map((record) => ({ ...record, context: hasFlags ? record.context : null }));
    expect(records(`ev-all-p4-${option}`)).toEqual(expected);
  });

  it('events, sym-offset: only the places differ', () => {
    const strip = (record: FastRecord) => ({ ...record, text: record.text.replace(/ <[0-9a-f]+>/g, '') });
    expect(records('ev-all-p4-symoffset').map(strip)).toEqual(events);
  });

  it('events, fields: only the text differs', () => {
    expect(records('ev-all-p4-fields').map(withoutText)).toEqual(events.map(withoutText));
  });

  it('events, nocontext-info: names and texts', () => {
    const said = ({ kind, name, text }: FastRecord) => [kind, name, text];
    expect(records('ev-all-p4-nocontext').map(said)).toEqual(events.map(said));
  });

  it('events, raw: CPU, pid and time to the ns', () => {
    const about = (record: FastRecord) => [record.cpu, record.task.split('-').at(-1), record.timeUs];
    const raw = records('ev-all-p4-raw');
    expect(raw.map(about)).toEqual(events.map(about));
    const types = new Map(raw.map((record, i) => [record.name, events[i]!.name]));
    expect(types.size).toBe(new Set(events.map(({ name }) => name)).size);
    expect(raw.map(({ name }) => types.get(name))).toEqual(events.map(({ name }) => name));
  });

  it('events, latency-format: times relative to the buffer, comms of eight bytes', () => {
    const latency = records('ev-all-p4-latency');
    const shift = events[0]!.timeUs! - latency[0]!.timeUs!;
    for (const [i, record] of latency.entries()) {
      const { task, timeUs, ...rest } = record;
      const { task: fullTask, timeUs: fullTime, ...expected } = events[i]!;
      expect(rest).toEqual(expected);
      expect(task).toBe(fullTask.replace(/^(.{0,8}).*(-\d+)$/, '$1$2'));
      // Both are cut to us, from different origins.
      expect(Math.abs(fullTime! - timeUs! - shift)).toBeLessThanOrEqual(1);
    }
  });

  it('functions, tgid and sym-offset', () => {
    expect(records('fn-p2-tgid')).toEqual(functions);
    // Only with sym-offset does the kernel print modules.
    const withoutModule = (text: string) => text.replace(/ \[\w+\]$/, '');
    const offsets = records('fn-p2-symoffset').map((record) => ({
      ...record,
      name: withoutModule(record.name),
      text: withoutModule(record.text),
    }));
    expect(offsets).toEqual(functions);
  });

  it('functions, noprint-parent: no callers', () => {
    expect(records('fn-p2-noparent')).toEqual(functions.map(withoutText));
  });

  it('functions, latency-format', () => {
    const said = ({ kind, name, text, cpu, context }: FastRecord) => [kind, name, text, cpu, context];
    expect(records('fn-p2-latency').map(said)).toEqual(functions.map(said));
  });
});

describe('stack traces', () => {
  it('are frames of the record before them', () => {
    const { records: rows } = parseRecords(readFixture('ftrace/6.12.117/ev-contention-stack.txt'));
    const [, begin, ...rest] = rows;
    const frames = rest.slice(
      0,
      rest.findIndex(({ kind }) => kind !== 'frame'),
    );
    expect(begin).toMatchObject({ kind: 'event', name: 'contention_begin', timeUs: 74508284 });
    expect(frames).toHaveLength(14);
    expect(frames.map(({ depth }) => depth)).toEqual(frames.map((_, i) => i));
    for (const { task, cpu, timeUs } of frames) expect({ task, cpu, timeUs }).toEqual(pick(begin!));
    expect(frames[1]!.name).toBe('native_queued_spin_lock_slowpath');
  });
});

describe('what the text says about itself', () => {
  it('overwritten records are a loss', () => {
    const { records: rows, diagnostics } = parse(...SMALL_TEXTS['a buffer that wrapped']!);
    expect(rows[1]).toMatchObject({ kind: 'lost', cpu: -1, other: 28 });
    expect(diagnostics.count('overwritten')).toBe(28);
  });

  it('times are exact to the ns, and the clock is told', () => {
    const { facts } = parse('219 1 43610753203 type: 310', '219 1 43610753204 type: 310');
    expect([facts.originNs, facts.firstNs, facts.lastNs]).toEqual([43e9, 610753203, 610753204]);
    expect([facts.clock, facts.stampQuantumNs]).toEqual(['stamps', 1]);
    expect(parse(EVENT).facts.stampQuantumNs).toBe(1000);
  });

  it('stamps of clocks that are not in ns are no times', () => {
    const { facts, diagnostics } = parse(...SMALL_TEXTS['clocks that are not in ns']!);
    expect(facts.clock).toBe('none');
    expect(diagnostics.count('clock-not-ns')).toBe(3);
  });

  it('kernel release and columns', () => {
    const { facts } = parseRecords(readFixture('ftrace/6.12.117/ev-all-p4-verbose.txt'));
    expect(facts.kernelRelease).toBe('6.12.117+deb12-amd64');
    expect(facts.layouts).toEqual(['events verbose task cpu flags time']);
  });
});

describe('recognising', () => {
  it.each(FIXTURES)('%s', (name) => {
    const head = readFixture(name).subarray(0, 65536);
    expect([sniffFtrace(head), sniffFunctionGraph(head)]).toEqual([true, null]);
  });

  it.each([
    ['trace_pipe', SMALL_TEXTS['trace_pipe with losses']!, true],
    ['a dump', SMALL_TEXTS['a dump to the console']!, true],
    ['one line', [EVENT], true],
    ['trace-cmd report', ['cpus=2', EVENT], false],
    [
      'trace-cmd report without its first line',
      [
        '       trace-cmd-193   [001]    32.377802: sched_switch:         trace-cmd:193 [120] R ==> trace-cmd:192 [120]',
        '       trace-cmd-193   [001]    32.377802: function:             f <-- g',
      ],
      false,
    ],
    [
      'perf script',
      ['            perf   321 [000]   535.169264:       sched:sched_waking: comm=migration/0 pid=22'],
      false,
    ],
    ['function_graph', [GRAPH, GRAPH], false],
    ['other text', ['a: b', 'c: d'], false],
  ])('%s', (_name, lines, expected) => {
    expect(sniffFtrace(Buffer.from(`${lines.join('\n')}\n`, 'latin1'))).toBe(expected);
  });
});

describe('damaged input', () => {
  const sample = Buffer.from(readFixture('ftrace/6.12.117/ev-contention-stack.txt').subarray(0, 4000));

  it('never throws, loses no line and agrees with the slow parser', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...FIXTURES),
        fc.nat(),
        fc.array(fc.tuple(fc.nat(2999), fc.nat(7)), { maxLength: 12 }),
        fc.constantFrom(...CHUNK_SIZES),
        async (name, start, flips, chunkSize) => {
          const whole = readFixture(name);
          const at = start % Math.max(1, whole.length - 3000);
          const bytes = whole.slice(at, at + 3000);
          for (const [place, bit] of flips) if (place < bytes.length) bytes[place]! ^= 1 << bit;
          const { lines, understoodLines } = parseRecords(bytes, { chunkSize });
          expect(lines).toBe(
            Buffer.from(bytes).toString('latin1').split('\n').length - (bytes.at(-1) === 10 ? 1 : 0),
          );
          expect(understoodLines).toBeLessThanOrEqual(lines);
          await expectAgreement(bytes, chunkSize);
        },
      ),
      // Told, so that a run that found nothing finds nothing the next time.
      { numRuns: 200, seed: 3 },
    );
  });

  it('counts lines that were event lines once', () => {
    const { lines, understoodLines, diagnostics } = parse(...SMALL_TEXTS['damaged lines']!);
    expect(lines - understoodLines).toBe(4);
    expect(diagnostics.count('damaged-line')).toBe(4);
  });

  it('says that a text ends within a line', () => {
    const cut = sample.subarray(0, sample.indexOf('contention_begin') - 5);
    expect(parseRecords(cut).diagnostics.count('truncated-line')).toBe(1);
  });

  it('reads lines of a megabyte, and numbers without end', () => {
    const long = 'x'.repeat(1_000_000);
    const { records: rows } = parse(EVENT, `${EVENT}${long}`, EVENT);
    expect(rows[1]!.text.length).toBeGreaterThan(1_000_000);
    const nines = '9'.repeat(400);
    const odd = parse(
      `       swapbench-${nines} [001] d..2.    43.610753: e: x`,
      `       swapbench-219     [${nines}] d..2.    43.610753: e: x`,
      `       swapbench-219     [001] d..2.    ${nines}.610753: e: x`,
      `219 1 ${nines} type: 3`,
      EVENT,
    );
    expect(odd.records.map(({ timeUs }) => timeUs)).toEqual([43610753]);
  });

  it('does not take long for lines that nearly match', () => {
    const lines = [
      EVENT,
      ...Array.from({ length: 200 }, () => `${'a-1 '.repeat(2000)}[001] d..2. 43.61075`),
      EVENT,
    ];
    const start = process.cpuUsage();
    parse(...lines);
    expect(process.cpuUsage(start).user).toBeLessThan(5_000_000);
  });
});

function parse(...lines: string[]) {
  return parseRecords(Buffer.from(`${lines.join('\n')}\n`, 'latin1'));
}

/** The records of a printing without its section row; lines are counted from the first record's. */
function records(name: string): FastRecord[] {
  const rows = parseRecords(readFixture(`ftrace/6.12.117/${name}.txt`)).records.filter(
    ({ kind }) => kind !== 'section',
  );
  const first = rows[0]!.line;
  return rows.map((record) => ({ ...record, line: record.line - first }));
}

function pick({ task, cpu, timeUs }: FastRecord) {
  return { task, cpu, timeUs };
}

async function expectAgreement(bytes: Uint8Array, chunkSize: number): Promise<void> {
  const found = differences(parseRecords(bytes, { chunkSize }), await parseFunctionGraphReference(bytes));
  expect(found.slice(0, 10)).toEqual([]);
}
