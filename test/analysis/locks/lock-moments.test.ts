import { describe, expect, it } from 'vitest';
import { LockMoments } from '../../../src/analysis/locks/lock-moments.ts';
import { LockSite } from '../../../src/analysis/locks/lock-site.ts';
import { analyse } from '../analyse.ts';
import { kernelText } from '../kernel-text.ts';

/** A wait of b behind a, and c behind both. */
const TEXT = kernelText(`
        0.999000 3 init-1 1.000 | alloc_pages_noprof();
        1.000100 0 a-101 -      | zs_free() {
        1.000101 0 a-101 1.000  |   _raw_spin_lock();
        1.000110 1 b-102 -      | zs_free() {
        1.000111 1 b-102 -      |   _raw_spin_lock() {
        1.000112 1 b-102 18.000 |     queued_spin_lock_slowpath();
        1.000113 2 c-103 -      | zs_free() {
        1.000114 2 c-103 -      |   _raw_spin_lock() {
        1.000115 2 c-103 25.000 |     queued_spin_lock_slowpath();
        1.000130 0 a-101 1.000  |   _raw_spin_unlock();
        1.000131 1 b-102 20.000 |   }
        1.000132 0 a-101 32.000 | }
        1.000139 1 b-102 1.000  |   _raw_spin_unlock();
        1.000140 1 b-102 32.000 | }
        1.000141 2 c-103 27.000 |   }
        1.000146 2 c-103 1.000  |   _raw_spin_unlock();
        1.000147 2 c-103 34.000 | }`);

describe('the worst moments', () => {
  const { lockMoments } = analyse(TEXT);

  it('are the longest waits; whoever waited meanwhile is in the same picture', () => {
    expect(lockMoments.length).toBe(1);
    expect(lockMoments[0]).toMatchObject({
      lock: 'class->lock',
      waitWitness: 'slowpath',
      site: 'zs_free',
      task: 'c-103',
      cpu: 2,
      waitNs: 25_000,
      intervalsHidden: 0,
    });
  });

  it('show what all CPUs did with that lock, by the clock of the trace', () => {
    const [{ startNs, fromNs, toNs, intervals }] = lockMoments as [(typeof lockMoments)[0]];
    expect([startNs, fromNs, toNs].map(Math.round)).toEqual([1_000_115_000, 1_000_108_750, 1_000_146_250]);
    expect(
      intervals.map(({ kind, task, startNs: from, endNs: to }) => [
        kind,
        task,
        Math.round(from - 1e9) / 1000,
        Math.round(to - 1e9) / 1000,
      ]),
    ).toEqual([
      ['hold', 'a-101', 102, 130],
      ['wait', 'b-102', 112, 130],
      ['wait', 'c-103', 115, 140],
      ['hold', 'b-102', 131, 139],
      ['hold', 'c-103', 141, 146],
    ]);
  });

  it('are not told where time stamps do not measure time', () => {
    expect(analyse(TEXT.replaceAll(/^.*\d\.\d{6} \|/gm, '')).lockMoments).toEqual([]);
  });
});

describe('what is kept', () => {
  const site = new LockSite('{class}', true, 'spinlock', 'zs_free', '');
  const rows = (moments: LockMoments) => moments.rows(String, ({ key }) => key);

  it('is bounded, and the longest', () => {
    const moments = new LockMoments('slowpath');
    moments.beginInput(() => 0);
    for (let k = 0; k < 2500; k++) {
      moments.hold(site, 1, 1, k * 1000, k * 1000 + 10, true);
      moments.wait(site, 2, 0, k * 1000, k * 1000 + 100 + k);
    }
    const kept = rows(moments);
    expect(kept.length).toBe(4);
    expect(kept.map(({ waitNs }) => waitNs)).toEqual(
      [...kept.map(({ waitNs }) => waitNs)].sort((a, b) => b - a),
    );
    expect(kept[0]!.waitNs).toBe(2599);
    for (const { intervals } of kept) expect(intervals.length).toBeLessThanOrEqual(240);
  });

  it('is of one input each, with its own begin', () => {
    const moments = new LockMoments('slowpath');
    moments.beginInput(() => 0);
    moments.hold(site, 1, 1, 50, 150, true);
    moments.beginInput(() => 1e9);
    moments.wait(site, 2, 0, 100, 200);
    expect(rows(moments)).toMatchObject([
      { startNs: 1e9 + 100, intervals: [{ kind: 'wait', startNs: 1e9 + 100 }] },
    ]);
  });

  it('holds nothing of other locks, and nothing without a duration', () => {
    const moments = new LockMoments('slowpath');
    const other = new LockSite('{zone}', true, 'spinlock', 'rmqueue', '');
    moments.hold(other, 1, 1, 100, 150, true);
    moments.hold(site, 1, 1, Number.NaN, 150, true);
    moments.wait(site, 2, 0, 100, 100);
    expect(rows(moments)).toEqual([]);
    moments.wait(site, 2, 0, 100, 200);
    expect(rows(moments)[0]!.intervals.map(({ kind }) => kind)).toEqual(['wait']);
  });
});
