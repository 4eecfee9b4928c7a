import { type EventSpec, type FieldSpec, numberBytes, type RecordSpec } from './trace-dat-builder.ts';

const LONG = 'unsigned long';
const PTR = 'void *';

export const KALLSYMS = [
  'ffffffff81000000 T _stext',
  'ffffffff81000100 t alpha',
  'ffffffff81000200 T beta',
  'ffffffff81000200 T beta_alias',
  'ffffffff81000300 T gamma',
  'ffffffffc0000000 t zs_thing\t[zsmalloc]',
  'ffffffffc0000100 t zs_other\t[zsmalloc]',
  'ffffffffc0001000 b __last\t[zsmalloc]',
  '',
].join('\n');

export const PRINTK =
  '0xffffffff82000000 : "printk text\\n"\n0xffffffff82000010 : "n=%d s=%s l=%llx f=%pS\\n"\n';

/** In the middle of alpha, at the start of beta, in a module, and a string's address. */
const ALPHA = 0xffffffff81000110n;
const BETA = 0xffffffff81000200n;
const THING = 0xffffffffc0000010n;
const STRING = 0xffffffff82000000n;

let nextId = 1000;
function event(name: string, fields: readonly FieldSpec[], print: string): EventSpec {
  return { id: nextId++, name, fields, print };
}

function ftrace(id: number, name: string, fields: readonly FieldSpec[], print: string): EventSpec {
  return { id, name, fields, print, system: 'ftrace' };
}

const kmalloc: EventSpec = {
  ...event(
    'kmalloc',
    [
      [LONG, 'call_site', 8],
      ['const void *', 'ptr', 8],
      ['unsigned int', 'gfp', 4],
    ],
    '"ptr=%p gfp=%s", REC->ptr, (REC->gfp) ? __print_flags(REC->gfp, "|", {( unsigned long)(0x1), "A"}, {( unsigned long)(0x6), "BC"}) : "none"',
  ),
  system: 'kmem',
};
const TASK: readonly FieldSpec[] = [
  ['char', 'comm[16]', 16],
  ['pid_t', 'pid', 4, true],
  ['int', 'prio', 4, true],
];
const wakeup: EventSpec = {
  ...event('sched_wakeup', [...TASK, ['int', 'target_cpu', 4, true]], '"comm=%s", REC->comm'),
  system: 'sched',
};
const wakeupNew: EventSpec = {
  ...event(
    'sched_wakeup_new',
    [...TASK, ['int', 'success', 4, true], ['int', 'target_cpu', 4, true]],
    '"comm=%s", REC->comm',
  ),
  system: 'sched',
};
const numbers = event(
  'numbers',
  [
    ['s64', 'a', 8, true],
    ['u64', 'b', 8],
    ['short', 'c', 2, true],
    ['u8', 'd', 1],
    ['int', 'e', 4, true],
  ],
  '"%d %x %#x %lld %llu %llx %016llx %hd %hhu %5d|%-5d|%05d", REC->e, REC->e, REC->e, REC->a, REC->b, REC->b, REC->b, REC->c, REC->d, REC->d, REC->d, REC->d',
);
const expressions = event(
  'expressions',
  [
    ['u64', 'a', 8],
    ['int', 'b', 4, true],
  ],
  '"%llx %d %llu %s %d %d %llu %d", REC->a >> 4, (REC->b << 2) + 1, (unsigned long long)(REC->a & ~0xfULL), REC->a > 100 ? "big" : "small", REC->b == 5 && REC->a != 0, !REC->b, REC->a / 7, (int)(REC->a % 10)',
);
const strings = event(
  'strings',
  [
    ['__data_loc char[]', 's', 4],
    ['char', 't[8]', 8],
    ['const char *', 'k', 8],
  ],
  '"s=%s t=%s w=[%10s] l=[%-10s] p=%.3s k=%s", __get_str(s), REC->t, REC->t, REC->t, REC->t, REC->k',
);
const flags = event(
  'flags',
  [
    ['unsigned int', 'f', 4],
    ['u64', 'g', 8],
  ],
  '"f=%s g=%s", __print_flags(REC->f, "|", { 1, "A" }, { 1 << 1, "B" }, { 0x4, "C" }), __print_symbolic(REC->g, { 0, "zero" }, { 1, "one" }, { 0xffffffffffffffffULL, "minus" })',
);
const hex = event(
  'hex',
  [
    ['__data_loc u8[]', 'buf', 4],
    ['u8', 'fix[4]', 4],
  ],
  '"%s | %s | %s", __print_hex(__get_dynamic_array(buf), __get_dynamic_array_len(buf)), __print_hex_str(REC->fix, 4), __print_array(__get_dynamic_array(buf), __get_dynamic_array_len(buf) / 1, 1)',
);
const pointers = event(
  'pointers',
  [
    [PTR, 'p', 8],
    [PTR, 'f', 8],
  ],
  '"%p %pS %ps", REC->p, REC->f, (void *)REC->f',
);
const addresses = event(
  'addresses',
  [
    ['u8', 'v4[4]', 4],
    ['u8', 'v6[16]', 16],
    ['u8', 'mac[6]', 6],
    ['u8', 'uuid[16]', 16],
  ],
  '"%pI4 %pI6c %pI6 %pM %pU", REC->v4, REC->v6, REC->v6, REC->mac, REC->uuid',
);
const unknown = event(
  'unknown',
  [
    ['int', 'a', 4, true],
    [LONG, 'c', 8],
    [PTR, 'p', 8],
    ['char', 's[8]', 8],
    ['u8', 'arr[3]', 3],
    ['long', 'l', 8, true],
  ],
  '"a=%d", function_of_the_kernel(REC->a)',
);
const widths = event(
  'widths',
  [
    ['int', 'w', 4, true],
    ['char', 's[8]', 8],
  ],
  '"[%*d] [%.*s] 100%%", REC->w, REC->w, REC->w, REC->s',
);
const relative = event(
  'relative',
  [
    ['__rel_loc char[]', 's', 4],
    ['int', 'z', 4, true],
  ],
  '"s=%s z=%d", __get_rel_str(s), REC->z',
);
const mask = event('mask', [['__data_loc unsigned long[]', 'm', 4]], '"mask=%s", __get_bitmask(m)');
const indexed = event('indexed', [[LONG, 'c[4]', 32]], '"%lx %lx", REC->c[0], REC->c[1 + 1]');
const lines = event('lines', [['int', 'a', 4, true]], '"a=%d\\tb\\n", REC->a');
const print = ftrace(
  5,
  'print',
  [
    [LONG, 'ip', 8],
    ['char', 'buf[]', 0],
  ],
  '"%ps: %s", (void *)REC->ip, REC->buf',
);
const bprint = ftrace(
  6,
  'bprint',
  [
    [LONG, 'ip', 8],
    ['const char *', 'fmt', 8],
    ['u32', 'buf[]', 0],
  ],
  '"%ps: %s", (void *)REC->ip, REC->fmt',
);
const bputs = ftrace(
  14,
  'bputs',
  [
    [LONG, 'ip', 8],
    ['const char *', 'str', 8],
  ],
  '"%ps: %s", (void *)REC->ip, REC->str',
);
const func = ftrace(
  1,
  'function',
  [
    [LONG, 'ip', 8],
    [LONG, 'parent_ip', 8],
  ],
  '" %ps <-- %ps", (void *)REC->ip, (void *)REC->parent_ip',
);
const stack = ftrace(
  4,
  'kernel_stack',
  [
    ['int', 'size', 4, true],
    [LONG, 'caller[8]', 0],
  ],
  '"\\t=> %ps\\n", (void *)REC->caller[0]',
);
const entry = ftrace(
  11,
  'funcgraph_entry',
  [
    [LONG, 'func', 8],
    ['int', 'depth', 4, true],
  ],
  '"--> %ps (%d)", (void *)REC->func, REC->depth',
);
const exit = ftrace(
  10,
  'funcgraph_exit',
  [
    [LONG, 'func', 8],
    ['int', 'depth', 4, true],
    ['unsigned int', 'overrun', 4],
    ['unsigned long long', 'calltime', 8],
    ['unsigned long long', 'rettime', 8],
  ],
  '"<-- %ps (%d)", (void *)REC->func, REC->depth',
);

export const EVENTS: readonly EventSpec[] = [
  kmalloc,
  wakeup,
  wakeupNew,
  numbers,
  expressions,
  strings,
  flags,
  hex,
  pointers,
  addresses,
  unknown,
  widths,
  relative,
  mask,
  indexed,
  lines,
  print,
  bprint,
  bputs,
  func,
  stack,
  entry,
  exit,
];

/** A record and the row it must become: `name` alone for what has no text. */
export type Made = readonly [record: RecordSpec, expected: string];

/**
 * One record at least of each event, 1.5 us apart. The texts are what `trace-cmd report` 3.1.6 printed
 * of this very file, but for what it cannot print: functions carry their module and their caller, an
 * unknown format has no mark in front, aliases are the first symbol, as the kernel prints them.
 */
export function madeUpRecords(littleEndian: boolean): Made[] {
  let time = 5_000_000_000;
  const number = (value: number | bigint, size: number) => numberBytes(value, size, littleEndian);
  const at = (offset: number, length: number) => offset | (length << 16);
  const record = (
    spec: EventSpec,
    values: NonNullable<RecordSpec['values']>,
    more: Partial<RecordSpec> = {},
  ): RecordSpec => {
    time += 1500;
    return { event: spec, pid: 100, time, values, ...more };
  };
  return [
    [record(kmalloc, [ALPHA, 0xffff888012345678n, 7]), '(alpha+0x10) ptr=0xffff888012345678 gfp=A|BC'],
    [record(kmalloc, [0x10, 0, 8], { pid: 0 }), 'ptr=(nil) gfp=0x8'],
    [record(kmalloc, [THING, 1, 0]), '(zs_thing+0x10) ptr=0x1 gfp=none'],
    [record(wakeup, ['kworker/0:1', 46, 120, 3]), 'kworker/0:1:46 [120] CPU:003'],
    [record(wakeupNew, ['bash', 77, 120, 1, 0]), 'bash:77 [120] success=1 CPU:000'],
    [
      record(numbers, [-5, 0xfffffffffffffffen, -3, 200, -70000]),
      '-70000 fffeee90 0xfffeee90 -5 18446744073709551614 fffffffffffffffe fffffffffffffffe -3 200   200|200  |00200',
    ],
    [
      record(numbers, [9007199254740993n, 12345678901234n, 7, 65, 42]),
      '42 2a 0x2a 9007199254740993 12345678901234 b3a73ce2ff2 00000b3a73ce2ff2 7 65    65|65   |00065',
    ],
    [record(expressions, [0x1234567, 5]), '123456 21 19088736 big 1 0 2726963 3'],
    [
      record(expressions, [0xffffffffffffffffn, -2]),
      'fffffffffffffff -7 18446744073709551600 big 0 0 2635249153387078802 5',
    ],
    [record(expressions, [50, 0]), '3 1 48 small 0 1 7 0'],
    [
      record(strings, [at(32, 6), 'abc', STRING], { tail: Buffer.from('hello\0') }),
      's=hello t=abc w=[       abc] l=[abc       ] p=abc k=printk text',
    ],
    [
      record(strings, [at(32, 5), 'abcdefgh', 0x1234], { tail: Buffer.from('hell\0') }),
      's=hell t=abcdefgh w=[  abcdefgh] l=[abcdefgh  ] p=abc k=1234',
    ],
    [record(flags, [0, 0]), 'f= g=zero'],
    [record(flags, [3, 1]), 'f=A|B g=one'],
    [record(flags, [12, 2]), 'f=C|0x8 g=0x2'],
    [record(flags, [16, 0xffffffffffffffffn]), 'f=0x10 g=minus'],
    [
      record(hex, [at(16, 4), Uint8Array.of(1, 2, 0xab, 0xff)], {
        tail: Uint8Array.of(0xde, 0xad, 0xbe, 0xef),
      }),
      'de ad be ef | 0102abff | 222 173 190 239',
    ],
    [record(pointers, [0xffff888012345678n, ALPHA]), '0xffff888012345678 alpha+0x10 alpha'],
    [record(pointers, [0, 0x1234]), '(nil) 0x1234 0x1234'],
    [record(pointers, [0x7f, THING]), '0x7f zs_thing+0x10 zs_thing'],
    [
      record(addresses, [
        Uint8Array.of(192, 168, 1, 20),
        Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
        Uint8Array.of(1, 2, 3, 0xaa, 0xbb, 0xcc),
        Uint8Array.from({ length: 16 }, (_, i) => i),
      ]),
      '192.168.1.20 2001:db8::1 2001:0db8:0000:0000:0000:0000:0000:0001 01:02:03:aa:bb:cc 00010203-0405-0607-0809-0a0b0c0d0e0f',
    ],
    [
      record(unknown, [-7, 0xffffffff81000000n, 0x1000, 'text', Uint8Array.of(1, 2, 3), -9]),
      'a=-7 c=0xffffffff81000000 p=0x1000 s=text arr=ARRAY[01, 02, 03] l=-9',
    ],
    [record(widths, [5, 'abcdefg']), '[    5] [abcde] 100%'],
    [record(relative, [at(4, 3), 9], { tail: Buffer.from('re\0') }), 's=re z=9'],
    [record(mask, [at(12, 8)], { tail: number(0x1_0000_ff03n, 8) }), 'mask=00000001,0000ff03'],
    [record(indexed, [Buffer.concat([0x11, 0x22, 0x33, 0x44].map((value) => number(value, 8)))]), '11 33'],
    [record(lines, [3]), 'a=3\tb'],
    [record(print, [ALPHA], { tail: Buffer.from('marker text %d\n\0') }), 'alpha: marker text %d'],
    [
      record(bprint, [BETA, STRING + 16n], {
        tail: Buffer.concat([
          number(42, 4),
          Buffer.from('str\0'),
          number(0x1122334455n, 8),
          number(ALPHA, 8),
        ]),
      }),
      'beta: n=42 s=str l=1122334455 f=alpha+0x10',
    ],
    [record(bputs, [BETA, STRING]), 'beta: printk text'],
    [record(func, [BETA, ALPHA]), 'beta <- alpha'],
    [record(func, [THING, BETA]), 'zs_thing [zsmalloc] <- beta'],
    [record(flags, [1, 1], { stored: 'long' }), 'f=A g=one'],
    [
      record(stack, [3], { tail: Buffer.concat([number(ALPHA, 8), number(THING, 8), number(0x1234, 8)]) }),
      'stack alpha, zs_thing [zsmalloc], [unknown]',
    ],
    [record(entry, [ALPHA, 0]), 'alpha {'],
    [record(entry, [BETA, 1]), 'beta 2500;'],
    [record(exit, [BETA, 1, 0, 1000, 3500]), ''],
    [record(exit, [ALPHA, 0, 0, 500, 12345678]), '} alpha 12345178'],
    [record(entry, [THING, 0]), 'zs_thing [zsmalloc] 234567891;'],
    [record(exit, [THING, 0, 0, 0, 234567891]), ''],
    [record(flags, [1, 1], { padding: true }), 'f=A g=one'],
    [record(flags, [2, 1], { stored: 'extend' }), 'f=B g=one'],
    [record(flags, [1, 1], { stored: 'stamp' }), 'f=A g=one'],
    [record(flags, [1, 1], { lost: 7 }), 'lost 7; f=A g=one'],
    [record(flags, [1, 1], { lost: -1 }), 'lost -1; f=A g=one'],
    [record(flags, [1, 1], { cpu: 1, pid: 200, flags: 0x1d, preempt: 3 }), 'f=A g=one'],
    [record(flags, [4, 1], { time: time + 400_001_500 }), 'f=C g=one'],
  ];
}
