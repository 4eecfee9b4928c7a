import { describe, expect, it } from 'vitest';
import { type Filters, globPattern } from '../../src/analysis/row-filter.ts';
import { analyse } from './analyse.ts';
import { kernelText } from './kernel-text.ts';

describe('globs', () => {
  it.each([
    ['zs_*', 'zs_free', true],
    ['zs_*', 'zs_', true],
    ['zs_*', 'azs_free', false],
    ['zs_*', 'zs_free.part.0', true],
    ['*lock*', '_raw_spin_unlock', true],
    ['zs_fre?', 'zs_free', true],
    ['zs_fre?', 'zs_fre', false],
    ['zs.free', 'zs_free', false],
    ['f.isra.0', 'f.isra.0', true],
    ['f.isra.0', 'fxisra.0', false],
    ['a|b', 'a', false],
    ['(a', '(a', true],
    ['[ab]', 'a', false],
    ['$', '', false],
  ])('%s and %s: %s', (glob, name, matches) => {
    expect(globPattern([glob]).test(name)).toBe(matches);
  });

  it('one of several is enough', () => {
    const pattern = globPattern(['a', 'b*']);
    expect(['a', 'bc', 'ab', 'c'].map((name) => pattern.test(name))).toEqual([true, true, false, false]);
  });
});

const TEXT = kernelText(`
        10.000100 0 a-101 -           | outer() {
        10.000110 0 a-101 -           |   root() {
        10.000120 0 a-101 -           |     inner() {
        10.000121 0 a-101 1.000       |       leaf();
        10.000130 0 a-101 10.000      |     }
        10.000131 0 a-101 1.000       |     leaf [zram]();
        10.000140 0 a-101 30.000      |   }
        10.000141 0 a-101 2.000       |   leaf();
        10.000150 0 a-101 50.000      | }
        10.000200 1 swapben-102 3.000 | leaf();
        10.000300 1 swapben-103 4.000 | root();
        10.000400 2 <idle>-0 5.000    | leaf();`);

/** `name calls total` of every function that counts, in us. */
const counted = (filters: Filters, text = TEXT) =>
  analyse(text, { filters })
    .functions.map(
      (row) => `${row.name}${row.module && ` [${row.module}]`} ${row.calls} ${row.totalNs! / 1000}`,
    )
    .sort();

describe('filters', () => {
  it('none: everything', () => {
    expect(counted({})).toEqual(['inner 1 10', 'leaf 4 11', 'leaf [zram] 1 1', 'outer 1 50', 'root 2 34']);
  });

  it('functions, by name without module', () => {
    expect(counted({ functions: ['leaf'] })).toEqual(['leaf 4 11', 'leaf [zram] 1 1']);
    expect(counted({ functions: ['in*', 'o?ter'] })).toEqual(['inner 1 10', 'outer 1 50']);
  });

  it('modules; kernel is what has none', () => {
    expect(counted({ modules: ['zram'] })).toEqual(['leaf [zram] 1 1']);
    expect(counted({ modules: ['kernel'], functions: ['leaf'] })).toEqual(['leaf 4 11']);
    expect(counted({ modules: ['z*', 'kernel'] }).length).toBe(5);
  });

  it('roots and what they call', () => {
    expect(counted({ roots: ['root'] })).toEqual(['inner 1 10', 'leaf 1 1', 'leaf [zram] 1 1', 'root 2 34']);
    expect(counted({ roots: ['inner', 'outer'] })).toEqual([
      'inner 1 10',
      'leaf 2 3',
      'leaf [zram] 1 1',
      'outer 1 50',
      'root 1 30',
    ]);
  });

  it('CPUs', () => {
    expect(counted({ cpus: new Set([1, 2]) })).toEqual(['leaf 2 8', 'root 1 4']);
    expect(counted({ cpus: new Set([7]) })).toEqual([]);
  });

  it('pids', () => {
    expect(counted({ pids: new Set([102, 0]) })).toEqual(['leaf 2 8']);
  });

  it('task names, which function_graph cuts to seven characters', () => {
    expect(counted({ comms: ['swapbench'] })).toEqual(['leaf 1 3', 'root 1 4']);
    expect(counted({ comms: ['swapben'] })).toEqual(['leaf 1 3', 'root 1 4']);
    expect(counted({ comms: ['swap*'] })).toEqual(['leaf 1 3', 'root 1 4']);
    // Six characters are not cut: `a` is not the beginning of another name.
    expect(counted({ comms: ['abc'] })).toEqual([]);
    expect(counted({ comms: ['<idle>'] })).toEqual(['leaf 1 5']);
  });

  it('a glob matches a name that the kernel cut, when it matches the whole one', () => {
    expect(counted({ comms: ['swapbench*'] })).toEqual(['leaf 1 3', 'root 1 4']);
    expect(counted({ comms: ['*bench'] })).toEqual([]);
  });

  it('times, both ends included, by the begin of each call', () => {
    expect(counted({ fromNs: 10_000_141_000, toNs: 10_000_300_000 })).toEqual(['leaf 2 5', 'root 1 4']);
    expect(counted({ toNs: 10_000_100_000 })).toEqual(['outer 1 50']);
    expect(counted({ fromNs: 10_000_400_001 })).toEqual([]);
  });

  it('depth below the outermost call', () => {
    expect(counted({ depth: 1 })).toEqual(['leaf 2 8', 'outer 1 50', 'root 1 4']);
    expect(counted({ depth: 2 })).toEqual(['leaf 3 10', 'outer 1 50', 'root 2 34']);
  });

  it('depth below the root, when roots are given', () => {
    expect(counted({ roots: ['root'], depth: 1 })).toEqual(['root 2 34']);
    expect(counted({ roots: ['root'], depth: 2 })).toEqual(['inner 1 10', 'leaf [zram] 1 1', 'root 2 34']);
  });

  it('several: all must hold', () => {
    expect(counted({ functions: ['leaf'], cpus: new Set([1]) })).toEqual(['leaf 1 3']);
    expect(counted({ roots: ['root'], pids: new Set([103]) })).toEqual(['root 1 4']);
  });

  it('by time count nothing in a text without time stamps', () => {
    expect(counted({ fromNs: 0 }, kernelText('0 1.000 | a();'))).toEqual([]);
  });

  it('by task count nothing in a text that names no task', () => {
    expect(counted({ pids: new Set([101]) }, kernelText('0 1.000 | a();'))).toEqual([]);
    expect(counted({ comms: ['*'] }, kernelText('0 1.000 | a();'))).toEqual([]);
  });

  it('in several inputs with clocks of their own use the clock of each', () => {
    const later = TEXT.replaceAll(/ 10\.(\d{6}) /g, ' 99.$1 ');
    const result = analyse([TEXT, later], { filters: { fromNs: 99_000_141_000, toNs: 99_000_300_000 } });
    expect(result.functions.map((row) => [row.name, row.calls])).toEqual([
      ['leaf', 2],
      ['root', 1],
    ]);
  });

  it('are found in lock rows and call trees, too', () => {
    const locks = kernelText(`
        10.000100 0 a-101 -     | f() {
        10.000101 0 a-101 1.000 |   mutex_lock();
        10.000105 0 a-101 1.000 |   mutex_unlock();
        10.000110 0 a-101 9.000 | }
        10.000200 1 b-102 -     | f() {
        10.000201 1 b-102 1.000 |   mutex_lock();
        10.000208 1 b-102 1.000 |   mutex_unlock();
        10.000210 1 b-102 9.000 | }`);
    const result = analyse(locks, { filters: { pids: new Set([102]) } });
    expect(result.locks.map((row) => [row.acquisitions, row.hold!.totalNs])).toEqual([[1, 6000]]);
    expect(result.callTree.map((node) => [node.name, node.calls])).toEqual([
      ['f', 1],
      ['mutex_lock', 1],
      ['mutex_unlock', 1],
    ]);
    // By function: the lock table is about where locks are taken, whatever functions are asked for.
    const byFunction = analyse(locks, { filters: { functions: ['mutex_*'] } });
    expect(byFunction.locks.map((row) => row.acquisitions)).toEqual([2]);
  });
});
