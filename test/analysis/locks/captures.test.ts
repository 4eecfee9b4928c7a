import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lockPrimitive } from '../../../src/analysis/locks/primitives.ts';
import type { AnalysisResult, LockRow } from '../../../src/analysis/result.ts';
import { buildCalls } from '../../helpers/build-calls.ts';
import { listFunctionGraphFixtures, readFixture, readTrace } from '../../helpers/fixtures.ts';
import { analyse, lockRow } from '../analyse.ts';

/** All recordings, beside the checkout; most machines do not have them. */
const SHARED = join(import.meta.dirname, '../../../../shared/traces');

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** What must hold whatever was recorded. */
function expectLawful(result: AnalysisResult): void {
  for (const row of result.locks) {
    const what = `${row.lock} in ${row.site}`;
    expect(row.contended, what).toBe(row.wait.count);
    expect(row.contended, what).toBeLessThanOrEqual(row.acquisitions);
    expect(row.triesWithoutUnlock, what).toBeLessThanOrEqual(row.acquisitions);
    expect(row.acquire.count, what).toBeLessThanOrEqual(row.acquisitions);
    if (row.hold !== null) {
      expect(row.hold.count, what).toBeLessThanOrEqual(row.acquisitions);
      expect(row.hold.minNs, what).toBeGreaterThanOrEqual(0);
    }
    expectBlameWithinWait(row, what);
  }
}

function expectBlameWithinWait(row: LockRow, what: string): void {
  const blamedNs = sum(row.blockedBy.map((b) => b.waitNs));
  expect(blamedNs, what).toBeLessThanOrEqual(row.wait.totalNs + 1e-6 * row.wait.totalNs);
  for (const b of row.blockedBy) {
    expect(b.waitNs, what).toBeGreaterThanOrEqual(0);
    expect(b.waits, `${what}: waits behind ${b.function} ${b.task}`).toBeLessThanOrEqual(row.contended);
    expect(b.waits, `${what}: waits behind ${b.function} ${b.task}`).toBeGreaterThanOrEqual(1);
  }
  if (row.blockedByCoverage !== null) {
    expect(row.blockedByCoverage, what).toBeGreaterThanOrEqual(0);
    expect(row.blockedByCoverage, what).toBeLessThanOrEqual(1);
  }
}

describe.each(listFunctionGraphFixtures())('%s', (name) => {
  const bytes = readFixture(name);
  const result = analyse(bytes);

  it('keeps to the laws of waits, holds and blame', () => {
    expectLawful(result);
  });

  it('has no lock call that is quicker than the slowpath in it, as far as seven digits tell', () => {
    for (const row of result.locks.filter((lock) => lock.acquire.count > 0)) {
      expect(row.wait.totalNs, `${row.lock} in ${row.site}`).toBeLessThanOrEqual(
        row.acquire.totalNs * 1.0001,
      );
    }
  });

  it('counts every call of a lock function once, as an acquisition of some lock', () => {
    const { calls } = buildCalls(bytes);
    const ops = calls
      .filter((call) => call.kind === 'span' && !call.isStartCut)
      .map((call) => lockPrimitive(call.name.replace(/ \[.*/, ''))?.op);
    const lockCalls = ops.filter((op) => op === 'acquire' || op === 'try').length;
    const slowpaths = ops.filter((op) => op === 'slowpath').length;
    // Without any lock call in the trace, slowpaths are the acquisitions that can be seen.
    const rows = result.locks.filter((row) => row.acquisitionsKnown);
    expect(sum(rows.map((row) => row.acquisitions))).toBe(lockCalls > 0 ? lockCalls : slowpaths);
    expect(sum(rows.map((row) => row.contended))).toBe(slowpaths);
  });
});

describe.each([
  ['6.12.117/zswap-contend-p2.txt', 'where both processes contend', 30_000],
  ['6.12.117/combo-weirdcomm-default.txt', 'tasks named by banners', 5000],
  ['6.12.117/fg-overflow-pipe.txt', 'no header, records lost', 500],
])('a damaged piece of %s (%s)', (name, _, from) => {
  const lines = Buffer.from(readFixture(`function-graph/${name}`))
    .toString('latin1')
    .split('\n');
  const header = lines.slice(0, 4).filter((line) => line.startsWith('#'));
  const some = lines.slice(from, from + 1500);
  const damage = fc.array(
    fc.record({
      at: fc.nat({ max: some.length - 1 }),
      count: fc.integer({ min: 1, max: 40 }),
      how: fc.constantFrom('delete', 'repeat', 'reverse', 'lose', 'cut'),
    }),
    { minLength: 1, maxLength: 25 },
  );

  it('keeps to the laws, and makes no number that JSON cannot carry', () => {
    fc.assert(
      fc.property(damage, (damages) => {
        const text = [...some];
        for (const { at, count, how } of damages) {
          const part = text.slice(at, at + count);
          if (how === 'delete') text.splice(at, count);
          else if (how === 'repeat') text.splice(at, 0, ...part);
          else if (how === 'reverse') text.splice(at, count, ...part.reverse());
          else if (how === 'lose') text.splice(at, count, `CPU:${count % 2} [LOST ${count} EVENTS]`);
          else text.splice(at, 1, part[0]?.slice(0, count) ?? '');
        }
        const result = analyse([...header, ...text].join('\n'));
        expectLawful(result);
        expect(JSON.parse(JSON.stringify(result))).toEqual(result);
      }),
      { numRuns: 30 },
    );
  });
});

describe('zswap-contend-p2: two processes free through one pool', () => {
  const bytes = readFixture('function-graph/6.12.117/zswap-contend-p2.txt');
  const result = analyse(bytes);
  const classLock = lockRow(result, 'class->lock', 'zs_free');

  it('every slowpath below zs_free is a wait of its class->lock, to the ns', () => {
    const { calls } = buildCalls(bytes);
    const names = new Map(calls.map((call) => [call.span, call]));
    const slowpaths = calls.filter(
      (call) => call.kind === 'span' && call.name === 'native_queued_spin_lock_slowpath',
    );
    const inZsFree = slowpaths.filter((call) => names.get(call.parent)?.parentName === 'zs_free');
    expect([slowpaths.length, inZsFree.length]).toEqual([650, 649]);
    expect([classLock.acquisitions, classLock.contended]).toEqual([2048, 649]);
    expect(classLock.wait.totalNs).toBe(sum(inZsFree.map((call) => call.durationNs)));
    // The one left over is in softirq work on top of a zs_free: another lock.
    const others = result.locks.filter((row) => row !== classLock && row.contended > 0);
    expect(others.filter((row) => row.acquisitionsKnown).map((row) => [row.lock, row.contended])).toEqual([
      ['spinlock at handle_softirqs', 1],
    ]);
    // Outside of zs_free nothing is traced but the events of contention.
    expect(others.filter((row) => !row.acquisitionsKnown).map((row) => [row.lock, row.contended])).toEqual([
      ['spinlock 0xa3b59610', 235],
      ['spinlock 0xd08932d5', 43],
      ['rwlock 0x54ad5e7 (read)', 1],
    ]);
  });

  it('explains nearly all of the wait, most of it by the other process', () => {
    expect(classLock.blockedByCoverage).toBeGreaterThan(0.99);
    const tasks = new Set(classLock.blockedBy.map((b) => b.task).filter((task) => task !== ''));
    expect(tasks).toEqual(new Set(['swapben-215', 'swapben-216']));
  });

  it('names the locks of 6.12', () => {
    expect(result.locks.map((row) => row.lock)).toContain('pool->migrate_lock (read)');
  });
});

describe('full-combo-p2: two processes, nothing lost', () => {
  const result = analyse(readFixture('function-graph/6.12.117/full-combo-p2.txt'));

  it('has 1995 frees, each with its two locks', () => {
    for (const lock of ['class->lock', 'pool->migrate_lock (read)']) {
      const row = lockRow(result, lock, 'zs_free');
      expect([row.acquisitions, row.hold!.count, row.contended]).toEqual([1995, 1995, 0]);
    }
  });

  it('holds the slot lock longer than the class lock in it, and that longer than the zspage free in it', () => {
    const slot = lockRow(result, 'zram slot lock', 'zram_slot_free_notify');
    const classLock = lockRow(result, 'class->lock', 'zs_free');
    const freeing = classLock.calledWhileHeld.find((called) => called.name === 'free_zspage')!;
    expect(slot.hold!.totalNs).toBeGreaterThan(classLock.hold!.totalNs);
    expect(classLock.hold!.totalNs).toBeGreaterThan(freeing.totalNs);
    expect(freeing.calls).toBe(288);
  });
});

describe('fg-munmap-irqs-abstime-proc: locks that one function takes and another drops', () => {
  const result = analyse(readFixture('function-graph/6.12.117/fg-munmap-irqs-abstime-proc.txt'));

  it.each([
    ['page table lock', '__pte_offset_map_lock', 5],
    ['lruvec->lru_lock', 'folio_lruvec_lock_irqsave', 2],
    ['hrtimer cpu_base->lock', '__hrtimer_run_queues', 51],
  ])('%s, taken in %s, is held %i times', (lock, site, holds) => {
    const row = lockRow(result, lock, site);
    expect([row.acquisitions, row.hold?.count]).toEqual([holds, holds]);
  });
});

describe('6.1.192: one pool spinlock', () => {
  it('is named pool->lock wherever zsmalloc takes it', () => {
    const result = analyse(readFixture('function-graph/6.1.192/combo-p2.txt'));
    const rows = result.locks.filter((row) => row.site === 'zs_free' || row.site === 'zs_malloc');
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows.filter((r) => r.namedBy === 'site')) expect(row.lock, row.site).toBe('pool->lock');
  });
});

describe.skipIf(!existsSync(join(SHARED, 'patched')))(
  'the published measurements of the patched kernels',
  () => {
    it.each([
      ['base_nosi', 223, 224, 12.6],
      ['droplock_nosi', 77, 77, 0.93],
    ])('%s: class->lock in zs_free, two processes', (kernel, least, most, totalMs) => {
      const result = analyse(readTrace(join(SHARED, `patched/${kernel}/fg-full-p2.txt.gz`)));
      const row = lockRow(result, 'class->lock', 'zs_free');
      expect(row.acquisitions).toBe(8012);
      expect(row.contended).toBeGreaterThanOrEqual(least);
      expect(row.contended).toBeLessThanOrEqual(most);
      expect(Math.abs(row.wait.totalNs / 1e6 - totalMs)).toBeLessThan(0.006 * totalMs);
      expectLawful(result);
    });

    it.each(['base', 'droplock'])('%s: one swap device, so no zs_free waits for another', (kernel) => {
      const result = analyse(readTrace(join(SHARED, `patched/${kernel}/fg-full-p2.txt.gz`)));
      expectLawful(result);
      expect(lockRow(result, 'class->lock', 'zs_free').contended).toBe(0);
    });
  },
);
