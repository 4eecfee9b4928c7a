import { describe, expect, it } from 'vitest';
import {
  contention,
  eventAddress,
  eventField,
  eventNumber,
  probePlace,
  schedSwitch,
  schedWakeup,
} from '../../src/trace/event-fields.ts';

describe('eventField', () => {
  it.each([
    ['(zs_malloc+0x4/0x4d0) pool=0xff11 size=0x2af', 'size', '0x2af'],
    ['(zs_malloc+0x4/0x4d0) pool=0xff11 size=0x2af', 'pool', '0xff11'],
    ['comm=my task pid=3', 'comm', 'my task'],
    ['name="a b=c" x=1', 'name', 'a b=c'],
    ['name="say "hi" now" x=1', 'name', 'say "hi" now'],
    ['name="never closed', 'name', '"never closed'],
    ['vec=9 [action=RCU]', 'vec', '9'],
    ['vec=9 [action=RCU]', 'action', 'RCU'],
    ['0000 (flags=SPIN|READ)', 'flags', 'SPIN|READ'],
    ['prev_state=R+ ==> next_comm=x', 'prev_state', 'R+'],
    ['lock=0x1, flags=2', 'lock', '0x1'],
    ['index=0x24030 (147504)', 'index', '0x24030 (147504)'],
    ['empty= next=1', 'empty', ''],
    ['mypid=4 pid=5', 'pid', '5'],
    ['hypothetical', 'pid', null],
    ['', 'pid', null],
  ])('%s: %s', (text, name, expected) => {
    expect(eventField(text, name)).toBe(expected);
  });
});

describe('eventNumber', () => {
  it.each([
    ['size=0x2af', 'size', 0x2af],
    ['order=3 x=1', 'order', 3],
    ['ret=-22', 'ret', -22],
    ['pid=0xdb (219) prio=0x78 (120)', 'pid', 219],
    ['err=0xffffffea (-22)', 'err', -22],
    ['target_cpu=000', 'target_cpu', 0],
    ['len=12 bytes', 'len', 12],
    ['pool=0xff11000000a20000', 'pool', null],
    ['kind=abc', 'kind', null],
    ['v=6.12', 'v', null],
  ])('%s: %s', (text, name, expected) => {
    expect(eventNumber(text, name)).toBe(expected);
  });
});

describe('eventAddress', () => {
  it.each([
    ['pool=0xff11000000a20000 size=1', 'pool', '0xff11000000a20000'],
    ['lock_addr=0xff28d1be3ba36040 (-60567979994947520) flags=0x1 (1)', 'lock_addr', '0xff28d1be3ba36040'],
    ['page=00000000b885780c pfn=1', 'page', '0xb885780c'],
    ['handle=18387873351145747880', 'handle', '0xff2ed963c5e9f5a8'],
    ['handle=none', 'handle', null],
  ])('%s: %s', (text, name, expected) => {
    expect(eventAddress(text, name)).toBe(expected);
  });
});

describe('probePlace', () => {
  it.each([
    ['(zs_free+0x4/0xf0) pool=0x1', { kind: 'entry', function: 'zs_free', module: '', caller: null }],
    [
      '(zram_free_page+0x0/0x120 [zram] <ffffffffc06c8630>) index=0x24030',
      { kind: 'entry', function: 'zram_free_page', module: 'zram', caller: null },
    ],
    [
      '(zram_free_page+0xb8/0x120 [zram] <- zs_free)',
      { kind: 'return', function: 'zs_free', module: '', caller: 'zram_free_page [zram]' },
    ],
    [
      '(zram_free_page+0xb8/0x120 [zram] <ffffffffc06c86e8> <- zs_free <ffffffffa3837084>)',
      { kind: 'return', function: 'zs_free', module: '', caller: 'zram_free_page [zram]' },
    ],
    [
      '(vfs_read+0x1/0x2 <- f.isra.0 [mod]) ret=1',
      { kind: 'return', function: 'f.isra.0', module: 'mod', caller: 'vfs_read' },
    ],
    ['(ffffffffa4437834) pool=0x1', { kind: 'entry', function: null, module: '', caller: null }],
    ['(ffffffffa6637084 <- ffffffffc05676e8)', { kind: 'return', function: null, module: '', caller: null }],
    ['__probe_ip=0xff (1) index=0x1 (1)', { kind: 'entry', function: null, module: '', caller: null }],
    ['(not a place', null],
    ['vec=9 [action=RCU]', null],
  ])('%s', (text, expected) => {
    expect(probePlace(text)).toEqual(expected);
  });
});

describe('contention', () => {
  it.each([
    ['00000000001ea18b (flags=SPIN)', { address: '0x1ea18b', flags: 'SPIN', result: null }],
    [
      '0xff2ed963fba36040 (flags=SPIN|READ)',
      { address: '0xff2ed963fba36040', flags: 'SPIN|READ', result: null },
    ],
    ['0xff (flags=)', { address: '0xff', flags: '', result: null }],
    ['lock_addr=0xff2ed963fba36040 flags=1', { address: '0xff2ed963fba36040', flags: 'SPIN', result: null }],
    ['lock_addr=0xff (255) flags=0x24 (36)', { address: '0xff', flags: 'WRITE|MUTEX', result: null }],
    ['00000000001ea18b (ret=0)', { address: '0x1ea18b', flags: '', result: 0 }],
    ['lock_addr=0xff ret=-4', { address: '0xff', flags: '', result: -4 }],
    ['nothing', null],
  ])('%s', (text, expected) => {
    expect(contention(text)).toEqual(expected);
  });
});

describe('schedSwitch', () => {
  const plain = { prevComm: 'a b', prevPid: 219, prevState: 'S', nextComm: 'sh', nextPid: 0 };
  it.each([
    [
      'prev_comm=a b prev_pid=219 prev_prio=120 prev_state=S ==> next_comm=sh next_pid=0 next_prio=120',
      plain,
    ],
    ['prev_comm=a b prev_pid=219 prev_prio=120 prev_state=1 next_comm=sh next_pid=0 next_prio=120', plain],
    [
      'prev_comm=a b prev_pid=0xdb (219) prev_prio=0x78 (120) prev_state=0x1 (1) next_comm=sh next_pid=0x0 (0) next_prio=0x78 (120)',
      plain,
    ],
    ['a b:219 [120] S ==> sh:0 [120]', plain],
    [
      'prev_comm=x ==> y=z prev_pid=1 prev_prio=-1 prev_state=R+ ==> next_comm=p next_comm=q next_pid=2 next_prio=0',
      { prevComm: 'x ==> y=z', prevPid: 1, prevState: 'R+', nextComm: 'p next_comm=q', nextPid: 2 },
    ],
    [
      'prev_comm=a prev_pid=1 prev_prio=120 prev_state=256 next_comm=b next_pid=2 next_prio=120',
      { prevComm: 'a', prevPid: 1, prevState: 'R+', nextComm: 'b', nextPid: 2 },
    ],
    [
      'prev_comm=a prev_pid=1 prev_prio=120 prev_state=128 next_comm=b next_pid=2 next_prio=120',
      { prevComm: 'a', prevPid: 1, prevState: 'I', nextComm: 'b', nextPid: 2 },
    ],
    [
      'kworker/0:1:11 [120] W ==> rcu_preempt:19 [120]',
      { prevComm: 'kworker/0:1', prevPid: 11, prevState: 'W', nextComm: 'rcu_preempt', nextPid: 19 },
    ],
    ['comm=a pid=1 prio=1 target_cpu=000', null],
  ])('%s', (text, expected) => {
    expect(schedSwitch(text)).toEqual(expected);
  });
});

describe('schedWakeup', () => {
  it.each([
    ['comm=migration/0 pid=22 prio=0 target_cpu=001', { comm: 'migration/0', pid: 22, targetCpu: 1 }],
    ['comm=a pid=9 b pid=22 prio=0 success=1 target_cpu=3', { comm: 'a pid=9 b', pid: 22, targetCpu: 3 }],
    [
      'comm=kworker/0:1 pid=0xb (11) prio=0x78 (120) target_cpu=0x0 (0)',
      { comm: 'kworker/0:1', pid: 11, targetCpu: 0 },
    ],
    ['kworker/0:1:11 [120] success=1 CPU:001', { comm: 'kworker/0:1', pid: 11, targetCpu: 1 }],
    ['kworker/0:1:11 [120]', { comm: 'kworker/0:1', pid: 11, targetCpu: null }],
    ['vec=9', null],
  ])('%s', (text, expected) => {
    expect(schedWakeup(text)).toEqual(expected);
  });
});
