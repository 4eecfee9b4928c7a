import { describe, expect, it } from 'vitest';
import { parseFunctionGraphReference, type ReferenceRecord } from './function-graph-reference.ts';

const DEFAULT_HEADER = [
  '# tracer: function_graph',
  '#',
  '# CPU  DURATION                  FUNCTION CALLS',
  '# |     |   |                     |   |   |   |',
];

function parse(...lines: string[]) {
  return parseFunctionGraphReference(Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1'));
}

/** The records without the sections, each as the fields asked for. */
function pick<K extends keyof ReferenceRecord>(records: ReferenceRecord[], ...keys: K[]) {
  return records.filter((r) => r.kind !== 'section').map((r) => keys.map((key) => r[key]));
}

describe('graph lines', () => {
  it('reads calls, durations and depth of the default layout', async () => {
    const { records, lines, unknown, around } = await parse(
      ...DEFAULT_HEADER,
      ' 0)               |  zs_free [zsmalloc]() {',
      ' 0)   9.760 us    |    _raw_read_lock();',
      ' 0) * 33998.59 us |    free_zspage.isra.0 [zsmalloc]();',
      ' 0) @ 119760.2 us |    } /* orphan */',
      ' 0) $ 3594274 us  |  }',
    );
    expect(pick(records, 'kind', 'name', 'cpu', 'durationNs', 'depth')).toEqual([
      ['entry', 'zs_free [zsmalloc]', 0, null, 0],
      ['leaf', '_raw_read_lock', 0, 9760, 1],
      ['leaf', 'free_zspage.isra.0 [zsmalloc]', 0, 33998590, 1],
      ['exit', 'orphan', 0, 119760200, 1],
      ['exit', '', 0, 3594274000, 0],
    ]);
    expect(records[0]).toMatchObject({ kind: 'section', line: 1, text: 'function_graph' });
    expect({ lines, unknown, around }).toEqual({ lines: 9, unknown: [], around: [] });
  });

  it('reads all columns, with a comm that looks like the columns around it', async () => {
    const { records, unknown } = await parse(
      '# tracer: function_graph',
      '#     TIME        CPU  TASK/PID       ||||     DURATION                  FUNCTION CALLS',
      '#      |          |     |    |        ||||      |   |                     |   |   |   |',
      '   34.685896 |   0)  a b-1) -386   |  .N.3. |   3.305 us    |      _raw_spin_lock();',
      '   34.685897 |   12)   x | y-1-7    |  d..2. |               |  schedule() {',
      '   34.685898 |   1)    <idle>-0    |  d.h2.1 |               |  schedule() {',
      '   34.685899 |   0) abcdefg-4194303 |  ....1 | + 10.000 us   |  }',
    );
    expect(unknown).toEqual([]);
    expect(pick(records, 'timeUs', 'cpu', 'task', 'flags', 'depth')).toEqual([
      [34685896, 0, 'a b-1) -386', '.N.3.', 2],
      [34685897, 12, 'x | y-1-7', 'd..2.', 0],
      [34685898, 1, '<idle>-0', 'd.h2.1', 0],
      [34685899, 0, 'abcdefg-4194303', '....1', 0],
    ]);
  });

  it('finds depth 0 without the duration column', async () => {
    const { records } = await parse(
      '# CPU               FUNCTION CALLS',
      '# |                 |   |   |   |',
      ' 0) zs_free() {',
      ' 0)   obj_free();',
      ' 0) }',
    );
    expect(pick(records, 'kind', 'depth', 'durationNs')).toEqual([
      ['entry', 0, null],
      ['leaf', 1, null],
      ['exit', 0, null],
    ]);
  });

  it('takes `# 1191.279 us` for a duration where no column stands before it', async () => {
    const { records } = await parse(
      '#  DURATION                  FUNCTION CALLS',
      '#   |   |                     |   |   |   |',
      '# 1191.279 us |    }',
    );
    expect(pick(records, 'kind', 'durationNs', 'depth', 'cpu')).toEqual([['exit', 1191279, 1, -1]]);
  });

  it('reads arguments and the comments behind calls and returns', async () => {
    const { records, unknown } = await parse(
      ...DEFAULT_HEADER,
      ' 0)               |  f(a=(type)[0x1:0x2], sgp=3 [SGP_WRITE], ...) { /* <-g+0x12/0x160 */',
      ' 0)   0.220 us    |    h [zram](lock=0xff110000046cf780); /* <-f+0x3b/0x160 ret=0x0 */',
      ' 0)   0.220 us    |    h(); /* = -22 */',
      ' 0)   1.000 us    |    } /* i [zram] = 0x0 */',
      ' 0)   1.000 us    |  } /* f ret=0x0 */',
    );
    expect(unknown).toEqual([]);
    expect(pick(records, 'kind', 'name', 'text', 'note')).toEqual([
      ['entry', 'f', 'a=(type)[0x1:0x2], sgp=3 [SGP_WRITE], ...', '<-g+0x12/0x160'],
      ['leaf', 'h [zram]', 'lock=0xff110000046cf780', '<-f+0x3b/0x160 ret=0x0'],
      ['leaf', 'h', '', '= -22'],
      ['exit', 'i [zram]', '', '= 0x0'],
      ['exit', 'f', '', 'ret=0x0'],
    ]);
  });

  it('reads events and free text in comments', async () => {
    const { records } = await parse(
      ...DEFAULT_HEADER,
      ' 0)               |      /* contention_begin: 00ab (flags=SPIN) */',
      ' 0)               |  /* hello | marker /* x */ */',
      ' 0)               |  /* my-event:  */',
      ' 0)               |  /* swapbench:*/',
    );
    expect(pick(records, 'kind', 'name', 'text', 'depth')).toEqual([
      ['event', 'contention_begin', '00ab (flags=SPIN)', -1],
      ['event', 'print', 'hello | marker /* x */', -1],
      ['event', 'my-event', '', -1],
      ['event', 'print', 'swapbench:*/', -1],
    ]);
  });
});

describe('the other lines of a graph', () => {
  it('takes tasks from banners, per CPU, until the next trace', async () => {
    const { records, unknown } = await parse(
      ...DEFAULT_HEADER,
      ' 0)   1.000 us    |  f();',
      ' ------------------------------------------',
      ' 0)  swapben-384   =>  a b-1) -386  ',
      ' ------------------------------------------',
      '',
      ' 0)   1.000 us    |  f();',
      ' 1)   1.000 us    |  f();',
      ...DEFAULT_HEADER,
      ' 0)   1.000 us    |  f();',
    );
    expect(unknown).toEqual([]);
    expect(pick(records, 'kind', 'line', 'cpu', 'task', 'other')).toEqual([
      ['leaf', 5, 0, '', null],
      ['switch', 7, 0, 'a b-1) -386', 'swapben-384'],
      ['leaf', 10, 0, 'a b-1) -386', null],
      ['leaf', 11, 1, '', null],
      ['leaf', 16, 0, '', null],
    ]);
  });

  it('reads losses, interrupt marks and lines that say nothing', async () => {
    const { records, unknown } = await parse(
      ...DEFAULT_HEADER,
      '##### CPU 2 buffer started ####',
      'CPU:3 [LOST 18186 EVENTS]',
      'CPU:0 [LOST EVENTS]',
      ' 1)   ==========> |',
      ' 1)   1.000 us    |  }',
      ' (Overruns: 0)',
      ' 1)   <========== |',
    );
    expect(unknown).toEqual([]);
    expect(pick(records, 'kind', 'cpu', 'other')).toEqual([
      ['lost', 3, 18186],
      ['lost', 0, null],
      ['irq-entry', 1, null],
      ['exit', 1, null],
      ['irq-exit', 1, null],
    ]);
  });

  it('reads lines in the form of the other tracers', async () => {
    const { records, unknown } = await parse(
      ...DEFAULT_HEADER,
      '              dd-188     [000] .....   321.090476: vfs_open <-path_openat',
      '              dd-188     (-------) [001] d..2.   321.090476: sched_switch: prev_comm=dd ==> x',
      '              dd-230     [000]    400.296042: vfs_read(file=0xff11, pos=0x1) <-ksys_read',
      '           a b-1-230     [000] .....   400.296043: <stack trace>',
      ' => ksys_read',
      '    init-1         0..... 858160us!: mm_page_alloc: order=0',
      '              dd     200   0 0 00000000 00000001 [142135cc] 10.398ms (+0.160ms): vfs_open <-p',
    );
    expect(unknown).toEqual([]);
    expect(pick(records, 'kind', 'name', 'text', 'task', 'cpu', 'flags', 'timeUs')).toEqual([
      ['function', 'vfs_open', 'path_openat', 'dd-188', 0, '.....', 321090476],
      ['event', 'sched_switch', 'prev_comm=dd ==> x', 'dd-188', 1, 'd..2.', 321090476],
      ['function', 'vfs_read', 'ksys_read', 'dd-230', 0, '', 400296042],
      ['frame', 'ksys_read', '', 'a b-1-230', 0, '', 400296042],
      ['event', 'mm_page_alloc', 'order=0', 'init-1', 0, '.....', 858160],
      ['function', 'vfs_open', 'p', 'dd-200', 0, '.....', 0x142135cc],
    ]);
  });
});

describe('lines around and decoration', () => {
  it('chooses the layout by the lines when there is no header', async () => {
    const pipe = await parse(
      'CPU:0 [LOST 3 EVENTS]',
      ' 0)   1.000 us    |  f();',
      ' 0)   1.000 us    |    g();',
    );
    expect(pick(pipe.records, 'kind', 'depth')).toEqual([
      ['lost', -1],
      ['leaf', 0],
      ['leaf', 1],
    ]);
    const bare = await parse('# tracer: function_graph', '#', 'f() {', '  g();', '}');
    expect(pick(bare.records, 'kind', 'cpu', 'depth')).toEqual([
      ['entry', -1, 0],
      ['leaf', -1, 1],
      ['exit', -1, 0],
    ]);
    const functions = await parse('# tracer: function', '#', 'open <-path_openat', 'read');
    expect(pick(functions.records, 'kind', 'name', 'text')).toEqual([
      ['function', 'open', 'path_openat'],
      ['function', 'read', ''],
    ]);
  });

  it('takes quote marks, grep prefixes and printk stamps off', async () => {
    const { records, unknown, around } = await parse(
      '5:<4>[  458.744458][    T1] Dumping ftrace buffer:',
      '6-[  458.744535] ---------------------------------',
      '7-[  458.744799]  0)               |  ksys_dup3() {',
      '11-[  458.745175]  ------------------------------------------',
      '12-[  458.745175]  0)     init-1     =>     dd-258    ',
      '14-[  458.745175] ',
      '--',
      '> >  0) + 91.751 us   |  }',
    );
    expect({ unknown, around }).toEqual({ unknown: [], around: [] });
    expect(pick(records, 'kind', 'task', 'durationNs')).toEqual([
      ['entry', '', null],
      ['switch', 'dd-258', null],
      ['lost', '', null],
      ['exit', 'dd-258', 91751],
    ]);
  });

  it('reads collapsed mail excerpts, without depth', async () => {
    const { records, unknown } = await parse(
      '> 7) | zs_free() {',
      '> 7) + 30.100 us | queued_spin_lock_slowpath();',
      '> ...',
      '> 7) # 1191.279 us | } /* zs_free */',
    );
    expect(unknown).toEqual([]);
    expect(pick(records, 'kind', 'name', 'cpu', 'durationNs', 'depth')).toEqual([
      ['entry', 'zs_free', 7, null, -1],
      ['leaf', 'queued_spin_lock_slowpath', 7, 30100, -1],
      ['lost', '', -1, null, -1],
      ['exit', 'zs_free', 7, 1191279, -1],
    ]);
  });

  it('tells text around the trace from lines it does not understand', async () => {
    const { unknown, around, between, records } = await parse(
      '@@@ first',
      '',
      'sh: write error: Invalid argument',
      ...DEFAULT_HEADER,
      ' 0)   1.000 us    |  f();',
      'what is this',
      ' 0)   1.000 us    |  f();',
      ' 0)   1.2',
      '@@@ second',
      ...DEFAULT_HEADER,
      ' 0)   1.000 us    |  f();',
      '@@@ excerpt',
      '204- 0)   1.000 us    |  f();',
      'bye',
    );
    expect(unknown).toEqual([11]);
    expect(between).toEqual([9]);
    expect(around).toEqual([1, 3, 12, 18, 20]);
    expect(pick(records, 'line')).toEqual([[8], [10], [17], [19]]);
  });

  it('takes a run of lines with a mark of the trace for damage, not for text', async () => {
    const { unknown, between } = await parse(
      ...DEFAULT_HEADER,
      ' 0)   1.000 us    |  f();',
      'The next one is slow:',
      '0.000 us | f();',
      ' 0)   1.000 us    |  f();',
    );
    expect({ unknown, between }).toEqual({ unknown: [6, 7], between: [] });
  });

  it('gives lines below an event whose comment is not closed to that event', async () => {
    const { records, unknown, between } = await parse(
      ...DEFAULT_HEADER,
      ' 0)               |  /* first',
      'second */',
      'text',
      ' 0)   1.000 us    |  f();',
    );
    expect({ unknown, between }).toEqual({ unknown: [], between: [7] });
    expect(pick(records, 'kind', 'text')).toEqual([
      ['event', 'first'],
      ['leaf', ''],
    ]);
  });

  it('counts a last line without newline, strips carriage returns, keeps every byte', async () => {
    const text = ' 0)               |  /* caf\xe9 */\r\n 0)   1.000 us    |  f();\r\n 0)   2.000 us    |  }';
    const { records, lines, unknown } = await parseFunctionGraphReference(Buffer.from(text, 'latin1'));
    expect({ lines, unknown }).toEqual({ lines: 3, unknown: [] });
    expect(pick(records, 'kind', 'text')).toEqual([
      ['event', 'caf\xe9'],
      ['leaf', ''],
      ['exit', ''],
    ]);
    expect(await parseFunctionGraphReference(new Uint8Array(0))).toEqual({
      records: [],
      lines: 0,
      unknown: [],
      around: [],
      between: [],
    });
  });
});
