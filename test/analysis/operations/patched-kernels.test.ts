import { describe, expect, it } from 'vitest';
import { detectEra } from '../../../src/replay/detect-era.ts';
import { OperationKind, type OperationTable } from '../../../src/trace/operations.ts';
import { readFixture } from '../../helpers/fixtures.ts';
import { extractOperations } from '../../helpers/operations.ts';

const HEADER = [
  '# tracer: function_graph',
  '#',
  '#     TIME        CPU  TASK/PID         DURATION                  FUNCTION CALLS',
  '#      |          |     |    |           |   |                     |   |   |   |',
];
/** Lines of one CPU and task: `[duration, text]`, indented as the kernel does it. */
function graph(calls: readonly (readonly [duration: string, text: string])[], task = 'swapben-88'): string[] {
  return calls.map(([duration, text], k) => {
    const column = (duration === '' ? '' : `${duration.padStart(8)} us`).padEnd(15);
    return `   14.${String(317646 + 5 * k).padStart(6, '0')} |   0)   ${task.padEnd(12)} |${column}|  ${text}`;
  });
}

function operationsOf(lines: readonly string[]): OperationTable {
  return extractOperations(new Uint8Array(Buffer.from([...lines, ''].join('\n'), 'latin1'))).table;
}

const fullGraph = Buffer.from(readFixture('patched/base_nosi/fg-full-p2.txt'))
  .toString('latin1')
  .split('\n')
  .slice(0, 30_000);

/** What the extractor says of the frees of a text, as one value to compare. */
function summary(lines: readonly string[]) {
  const ops = operationsOf(lines);
  let frees = 0;
  let released = 0;
  let pages = 0;
  let waits = 0;
  for (let row = 0; row < ops.length; row++) {
    if (ops.kind[row] !== OperationKind.Free) continue;
    frees++;
    if (ops.seenReleased[row] === 1) released++;
    pages += Math.max(0, ops.seenReleasedPages[row]!);
    if (ops.parts.lockWait.get(row) > 0) waits++;
  }
  return { frees, released, pages, waits };
}

const AS_RECORDED = summary(fullGraph);

describe('a recording of a patched kernel, made from that of a stock one', () => {
  it('is one to compare with', () => {
    expect(AS_RECORDED.frees).toBeGreaterThan(1000);
    expect(AS_RECORDED.released).toBeGreaterThan(150);
    expect(AS_RECORDED.waits).toBeGreaterThan(20);
  });

  it.each([
    ['without reader lock', (line: string) => (/_raw_read_(?:un)?lock\(\)/.test(line) ? null : line)],
    ['with copies made by the compiler', (line: string) => line.replace(/\bzs_free\b/, 'zs_free.isra.0')],
    [
      'with zsmalloc as a module',
      (line: string) =>
        line.replace(/\b(zs_free|obj_free|fix_fullness_group)(\(\)| \*\/)/, '$1 [zsmalloc]$2'),
    ],
    [
      'with obj_free inlined',
      (line: string) => (/ (?:obj_free|fix_fullness_group)\(\);/.test(line) ? null : line),
    ],
    [
      'with another name of free_zspage',
      (line: string) => line.replace(/\bfree_zspage\b/, '__free_zspage_lockless'),
    ],
  ])('%s', (_, change) => {
    const changed = fullGraph.map(change).filter((line) => line !== null);
    expect(changed).not.toEqual(fullGraph);
    expect(summary(changed)).toEqual(AS_RECORDED);
  });

  it('without reader lock is told by that, where its release has one', () => {
    const stripped = operationsOf(fullGraph.filter((line) => !/_raw_read_(?:un)?lock\(\)/.test(line)));
    const { era, basis } = detectEra(stripped, [], '6.12.117', false);
    expect(era.kernel.id).toBe('era D with class-idx');
    expect(basis).toContain('no reader lock');
    expect(detectEra(operationsOf(fullGraph), [], '6.12.117', false).era.kernel.id).toBe('era D');
    // Without a release: frees overlap, and few wait.
    expect(detectEra(stripped, [], '', false).era.kernel.id).toBe('era E with class-idx');
  });

  it('with the zspage freed after the lock is told by the function that does it', () => {
    const lines = fullGraph.map((line) => line.replace(/\bfree_zspage\b/, '__free_zspage_lockless'));
    expect(detectEra(operationsOf(lines), [], '', false).era.kernel.id).toBe('era E with drop-lock');
  });
});

describe('work of zs_free in other functions', () => {
  it('in a function that zs_free calls is its own', () => {
    const ops = operationsOf([
      ...HEADER,
      ...graph([
        ['', 'zs_free() {'],
        ['', '  __zs_free_locked() {'],
        ['1.000', '    _raw_spin_lock();'],
        ['2.000', '    obj_free();'],
        ['1.500', '    fix_fullness_group();'],
        ['', '    free_zspage() {'],
        ['0.500', '      __ClearPageMovable();'],
        ['0.500', '      __ClearPageMovable();'],
        ['4.000', '    }'],
        ['0.500', '    _raw_spin_unlock();'],
        ['9.200', '  }'],
        ['9.800', '}'],
      ]),
    ]);
    expect(ops.length).toBe(1);
    expect([ops.seenReleased[0], ops.seenReleasedPages[0]]).toEqual([1, 2]);
    expect([ops.parts.lock.get(0), ops.parts.object.get(0), ops.parts.zspage.get(0)]).toEqual([
      1000, 2000, 4000,
    ]);
    expect(ops.durationNs[0]).toBe(9800);
  });

  it('in a piece of zs_free made by the compiler is one free', () => {
    const ops = operationsOf([
      ...HEADER,
      ...graph([
        ['', 'zs_free() {'],
        ['', '  zs_free.part.0() {'],
        ['1.000', '    _raw_spin_lock();'],
        ['2.000', '    obj_free();'],
        ['5.000', '  }'],
        ['7.000', '}'],
      ]),
    ]);
    expect(ops.length).toBe(1);
    expect([ops.durationNs[0], ops.parts.object.get(0), ops.parts.self.get(0)]).toEqual([7000, 2000, 4000]);
  });

  it('free_zspage inlined shows by the pages that it frees', () => {
    const ops = operationsOf([
      ...HEADER,
      ...graph([
        ['', 'zs_free() {'],
        ['1.000', '  _raw_spin_lock();'],
        ['2.000', '  obj_free();'],
        ['0.500', '  __ClearPageMovable();'],
        ['0.700', '  unlock_page();'],
        ['0.500', '  __ClearPageMovable();'],
        ['0.700', '  unlock_page();'],
        ['9.000', '}'],
      ]),
    ]);
    expect([ops.seenReleased[0], ops.seenReleasedPages[0]]).toEqual([1, 2]);
    expect(ops.parts.zspage.get(0)).toBeCloseTo(2400, 6);
  });
});

describe('callers', () => {
  it.each([
    ['zram', ['zram_slot_free_notify', 'zram_free_page']],
    ['zswap of 6.12', ['zswap_entry_free', 'zpool_free', 'zs_zpool_free']],
    ['zswap of today', ['zswap_invalidate', 'zswap_entry_free']],
    ['a worker', ['process_one_work', 'zram_gc_worker_fn']],
  ])('%s', (_, callers) => {
    const indent = (depth: number) => '  '.repeat(depth);
    const ops = operationsOf([
      ...HEADER,
      ...graph(
        [
          ...callers.map((name, depth) => ['', `${indent(depth)}${name}() {`] as const),
          ['', `${indent(callers.length)}zs_free() {`],
          ['1.000', `${indent(callers.length + 1)}_raw_spin_lock();`],
          ['2.000', `${indent(callers.length + 1)}obj_free();`],
          ['6.000', `${indent(callers.length)}}`],
          ...callers.map((__, k) => [`${7 + k}.000`, `${indent(callers.length - 1 - k)}}`] as const),
        ],
        'kworker-12',
      ),
    ]);
    const frees = [...ops.kind.subarray(0, ops.length)].filter((kind) => kind === OperationKind.Free);
    expect(frees).toHaveLength(1);
    expect(ops.kind[0]).toBe(OperationKind.Free);
    expect([ops.durationNs[0], ops.parts.lock.get(0)]).toEqual([6000, 1000]);
    // What it is part of, where that is an operation too.
    expect(ops.parent[0]).toBe(callers[0] === 'process_one_work' ? -1 : 1);
  });

  it('a kernel that defers frees: short zs_free, objects freed elsewhere', () => {
    const ops = operationsOf([
      ...HEADER,
      ...graph([
        ['0.300', 'zs_free();'],
        ['0.300', 'zs_free();'],
      ]),
      ...graph(
        [
          ['', 'zs_free_deferred_work() {'],
          ['1.000', '  _raw_spin_lock();'],
          ['2.000', '  obj_free();'],
          ['2.500', '  obj_free();'],
          ['9.000', '}'],
          ['', 'deferred_drain() {'],
          ['3.000', '  obj_free();'],
          ['4.000', '}'],
        ],
        'kworker-12',
      ),
    ]);
    const of = (kind: number) =>
      [...ops.kind.keys()].filter((row) => row < ops.length && ops.kind[row] === kind);
    expect(of(OperationKind.Free).map((row) => ops.durationNs[row])).toEqual([300, 300]);
    expect(of(OperationKind.Drain).map((row) => ops.durationNs[row])).toEqual([2000, 2500, 3000]);
  });
});
