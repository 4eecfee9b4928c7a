import { describe, expect, it } from 'vitest';
import {
  addressText,
  handleArgument,
  resultArgument,
  sizeArgument,
} from '../../../src/analysis/operations/probe-arguments.ts';
import {
  bareName,
  functionOfEventName,
  probeArguments,
  probePlace,
} from '../../../src/analysis/operations/probe-text.ts';
import { Probes } from '../../../src/analysis/operations/probes.ts';

describe('where a probe is', () => {
  it.each([
    ['(zs_free+0x4/0xf0) handle=0x1', 'entry', 'zs_free', ''],
    ['(zs_free+0x0/0xf0 [zsmalloc])', 'entry', 'zs_free', ''],
    ['(zs_free.isra.0+0x4/0xf0)', 'entry', 'zs_free', ''],
    ['(zs_free)', 'entry', 'zs_free', ''],
    ['(zs_free+0x4/0xf0 <ffffffffa3837084>) handle=0x1', 'entry', 'zs_free', 'ffffffffa3837084'],
    ['(zram_free_page+0xb8/0x120 [zram] <- zs_free)', 'return', 'zs_free', ''],
    [
      '(zram_free_page+0xb8/0x120 [zram] <ffffffffc06c86e8> <- zs_free <ffffffffa3837084>)',
      'return',
      'zs_free',
      'ffffffffa3837084',
    ],
    ['(ffffffffa6637834) size=0x432', 'entry', '', 'ffffffffa6637834'],
    ['(ffffffffa6637834 <- ffffffffc056977a) handle=1', 'return', '', 'ffffffffa6637834'],
    ['__probe_ip=ffffffffa6637834 size=0x432', 'entry', '', 'ffffffffa6637834'],
    [
      '__probe_func=0xffffffffa3837084 (-1551667068) __probe_ret_ip=0xffffffffc06c86e8',
      'return',
      '',
      'ffffffffa3837084',
    ],
  ] as const)('%s', (text, kind, function_, address) => {
    expect(probePlace(text)).toEqual({ kind, function: function_, address });
  });

  it('a probe within the function is none of its entry', () => {
    expect(probePlace('(zs_free+0x50/0xf0) handle=0x1')).toBeNull();
    expect(probePlace('0xff2ed963fba36040 (flags=SPIN)')).toBeNull();
  });

  it.each(['zs_free.isra.0', 'zs_free.constprop.0', 'zs_free.part.0.isra.1', 'zs_free.cold'])(
    '%s',
    (name) => {
      expect(bareName(name)).toBe('zs_free');
    },
  );
});

describe('what a probe was named after', () => {
  const functions = ['zs_malloc', 'zs_free', 'zram_slot_free_notify'];
  it.each([
    ['p_zs_free_0', 'zs_free'],
    ['r_zs_malloc_0', 'zs_malloc'],
    ['kprobes:zs_free', 'zs_free'],
    ['probe:zs_free', 'zs_free'],
    ['probe:zs_free__return', 'zs_free'],
    ['k_zs_malloc_ret', 'zs_malloc'],
    ['zs_malloc__return_1', 'zs_malloc'],
    ['zs_free_entry', 'zs_free'],
    ['zs_free_deferred', null],
    ['my_zs_freed', null],
    ['zswap_entry_free', null],
  ])('%s', (event, expected) => {
    expect(functionOfEventName(event, functions)).toBe(expected);
  });
});

describe('what an argument is', () => {
  const values = (text: string) => probeArguments(text);
  it.each([
    ['() pool=0xff2ed963c5276000 size=0x432', '', '0x432'],
    ['() arg1=0x432', '', '0x432'],
    ['() arg1=0xff2ed963c5276000 arg2=0x432 arg3=0x280a', '', '0x432'],
    ['() si=1074', '', '1074'],
    ['() foo=0x10 bar=0x432', 'foo=%di bar=%si:u32', '0x432'],
    ['() a=0x10 b=0x432', 'a=$arg1 b=$arg2', '0x432'],
    ['() pool=0xff2ed963c5276000', '', undefined],
  ])('size in %s', (text, definition, expected) => {
    expect(sizeArgument(values(text), definition)?.value).toBe(expected);
  });

  it.each([
    ['() pool=0xff2ed963c5276000 handle=0xff2ed963c5b30368', '0xff2ed963c5b30368'],
    ['() arg1=0xff2ed963c5276000 arg2=0xff2ed963c5b30368', '0xff2ed963c5b30368'],
    ['() arg1=0xff2ed963c5b30368', '0xff2ed963c5b30368'],
    ['() x1=18387873351145747880', '18387873351145747880'],
    ['() arg1=5', undefined],
  ])('handle in %s', (text, expected) => {
    expect(handleArgument(values(text), '')?.value).toBe(expected);
  });

  it.each([
    ['() handle=18387873351145747880', '18387873351145747880'],
    ['() arg1=0xff2ed963c5b30368', '0xff2ed963c5b30368'],
    ['() ret=0xff2ed963c5b30368', '0xff2ed963c5b30368'],
    ['() ret=0xfffffffffffffff4', undefined],
    ['() arg1=0x0', undefined],
    ['() ret=-12', undefined],
  ])('result in %s', (text, expected) => {
    expect(resultArgument(values(text))?.value).toBe(expected);
  });

  it('an address is the same however it is printed', () => {
    expect(addressText('18387873351145747880')).toBe('0xff2ed963c5e9f5a8');
    expect(addressText('-58870722563803736')).toBe('0xff2ed963c5e9f5a8');
    expect(addressText('ff2ed963c5e9f5a8')).toBe('0xff2ed963c5e9f5a8');
  });
});

describe('probes that print addresses alone', () => {
  const make = () => new Probes(['zs_malloc', 'zs_free']);

  it('are told by their names, others of the same address by that', () => {
    const probes = make();
    expect(probes.of(1, 'mine', '(ffffffffa6637834 <- ffffffffc056977a)')).toBeNull();
    expect(probes.of(2, 'k_zs_free', '(ffffffffa6637834)')).toMatchObject({
      function: 'zs_free',
      basis: 'its name',
    });
    expect(probes.of(1, 'mine', '(ffffffffa6637834 <- ffffffffc056977a)')).toMatchObject({
      function: 'zs_free',
      kind: 'return',
      basis: 'its address',
    });
  });

  it('are told by their definitions', () => {
    const probes = make();
    probes.define([{ event: 'mine', place: 'zsmalloc:zs_free+0', arguments: 'x=%si' }]);
    expect(probes.of(1, 'kprobes:mine', '(ffffffffa6637834) x=0x1')).toMatchObject({
      function: 'zs_free',
      basis: 'its definition',
      definition: 'x=%si',
    });
  });

  it('are told by their names where the definition is a distance, as perf probe writes it', () => {
    const probes = make();
    probes.define([{ event: 'zs_free', place: '_text+6915456', arguments: 'handle=%si' }]);
    expect(probes.of(1, 'probe:zs_free', '(ffffffffa6637834) handle=0x1')).toMatchObject({
      function: 'zs_free',
      basis: 'its name',
      definition: 'handle=%si',
    });
  });

  it('of other functions are none', () => {
    const probes = make();
    expect(probes.of(1, 'k_vm_munmap', '(vm_munmap+0x0/0x10) x=1')).toBeNull();
    expect(probes.isOther(1)).toBe(true);
    expect(probes.found).toEqual([]);
  });
});
