import { describe, expect, it } from 'vitest';
import { readFixture } from '../../helpers/fixtures.ts';
import { analyse, functionRow, lockNames, lockRow } from '../analyse.ts';
import { banner, kernelText } from '../kernel-text.ts';

describe('without time stamps (the samples of the mail)', () => {
  const text = Buffer.from(readFixture('mail/mail-samples.txt')).toString('latin1');
  const result = analyse(text);
  const classLock = lockRow(result, 'class->lock', 'zs_free');
  const migrateLock = lockRow(result, 'pool->migrate_lock (read)', 'zs_free');

  it('has two locks', () => {
    expect(lockNames(result)).toEqual(['class->lock in zs_free', 'pool->migrate_lock (read) in zs_free']);
    expect([classLock.kind, migrateLock.kind]).toEqual(['spinlock', 'rwlock-read']);
    expect([classLock.namedBy, classLock.instances]).toEqual(['site', 0]);
  });

  it('takes the slowpath as the wait, the lock call as the acquisition', () => {
    expect([classLock.acquisitions, classLock.contended, classLock.waitWitness]).toEqual([2, 2, 'slowpath']);
    expect([classLock.wait.minNs, classLock.wait.maxNs, classLock.wait.totalNs]).toEqual([
      1320, 30_100, 31_420,
    ]);
    expect([classLock.acquire.minNs, classLock.acquire.maxNs]).toEqual([1820, 30_600]);
    expect(classLock.waitShareOfSite).toBeCloseTo(31_420 / 38_460, 12);
  });

  it('bounds holds by the calls seen under the lock', () => {
    expect(classLock.holdBasis).toBe('calls');
    // _raw_read_unlock, obj_free, fix_fullness_group stand between lock and unlock: 170+170+190, 200+170+170.
    expect([classLock.hold!.minNs, classLock.hold!.maxNs]).toEqual([530, 540]);
    // The call of _raw_spin_lock lies under the read lock.
    expect([migrateLock.hold!.minNs, migrateLock.hold!.maxNs]).toEqual([1820, 30_600]);
  });

  it('tells what ran under the lock, and which locks were taken under it', () => {
    const names = (rows: readonly { name: string; calls: number; totalNs: number }[]) =>
      rows.map((row) => `${row.name} ${row.calls} ${row.totalNs}`).sort();
    expect(names(classLock.calledWhileHeld)).toEqual(['fix_fullness_group 2 360', 'obj_free 2 340']);
    expect(names(classLock.lockedWhileHeld)).toEqual([]);
    expect(names(migrateLock.lockedWhileHeld)).toEqual(['class->lock 2 32420']);
  });

  it('says of the read lock that no wait was seen', () => {
    expect([migrateLock.contended, migrateLock.waitWitness]).toEqual([0, 'none']);
    expect([migrateLock.wait.maxNs, migrateLock.blockedBy, migrateLock.blockedByCoverage]).toEqual([
      null,
      [],
      null,
    ]);
  });

  it('does not know who held the lock', () => {
    expect(classLock.blockedBy).toEqual([
      { function: '(not seen)', task: '', cpu: -1, waits: 2, waitNs: 31_420 },
    ]);
    expect(classLock.blockedByCoverage).toBe(0);
  });
});

describe('with time stamps', () => {
  it('a hold lasts from the return of the lock call to the entry of the unlock call', () => {
    const result = analyse(
      kernelText(`
        10.000100 0 a-101 -       | zs_free() {
        10.000101 0 a-101 1.000   |   _raw_read_lock();
        10.000103 0 a-101 -       |   _raw_spin_lock() {
        10.000104 0 a-101 5.000   |     queued_spin_lock_slowpath();
        10.000110 0 a-101 7.000   |   }
        10.000111 0 a-101 1.000   |   _raw_read_unlock();
        10.000113 0 a-101 4.000   |   obj_free();
        10.000120 0 a-101 1.000   |   _raw_spin_unlock();
        10.000122 0 a-101 22.000  | }`),
    );
    const classLock = lockRow(result, 'class->lock', 'zs_free');
    expect([classLock.holdBasis, classLock.hold!.count, classLock.hold!.totalNs]).toEqual([
      'stamps',
      1,
      10_000,
    ]);
    expect(lockRow(result, 'pool->migrate_lock (read)', 'zs_free').hold!.totalNs).toBe(9000);
    expect(classLock.wait.totalNs).toBe(5000);
  });

  it('counts every slowpath of a lock call that returns to it', () => {
    const result = analyse(
      kernelText(`
        1.000100 0 a-101 -      | f() {
        1.000101 0 a-101 -      |   mutex_lock() {
        1.000101 0 a-101 -      |     __mutex_lock.constprop.0() {
        1.000102 0 a-101 2.000  |       schedule();
        1.000105 0 a-101 6.000  |     }
        1.000109 0 a-101 9.000  |   }
        1.000120 0 a-101 -      |   mutex_unlock() {
        1.000121 0 a-101 1.000  |     __mutex_unlock_slowpath.constprop.0();
        1.000122 0 a-101 3.000  |   }
        1.000125 0 a-101 25.000 | }`),
    );
    const row = lockRow(result, 'mutex at f', 'f');
    expect([row.acquisitions, row.contended, row.wait.totalNs, row.hold!.totalNs]).toEqual([
      1, 1, 6000, 10_000,
    ]);
  });

  it('a slowpath within a slowpath is part of it', () => {
    // A paravirt kernel: the common name on top of the native one; a reader queues on the inner spinlock.
    const result = analyse(
      kernelText(`
        1.000100 0 a-101 -      | f() {
        1.000101 0 a-101 -      |   _raw_read_lock() {
        1.000102 0 a-101 -      |     queued_read_lock_slowpath() {
        1.000103 0 a-101 20.000 |       native_queued_spin_lock_slowpath();
        1.000125 0 a-101 23.000 |     }
        1.000126 0 a-101 25.000 |   }
        1.000130 0 a-101 1.000  |   _raw_read_unlock();
        1.000132 0 a-101 32.000 | }`),
    );
    expect(lockNames(result)).toEqual(['rwlock at f (read) in f']);
    const row = lockRow(result, 'rwlock at f (read)', 'f');
    expect([row.contended, row.wait.totalNs]).toEqual([1, 23_000]);
  });

  it('a kernel with spinlock debugging has a call between the lock call and its slowpath', () => {
    const result = analyse(
      kernelText(`
        1.000100 0 a-101 -      | zs_free() {
        1.000101 0 a-101 -      |   _raw_spin_lock() {
        1.000102 0 a-101 -      |     do_raw_spin_lock() {
        1.000103 0 a-101 20.000 |       queued_spin_lock_slowpath();
        1.000125 0 a-101 23.000 |     }
        1.000126 0 a-101 25.000 |   }
        1.000130 0 a-101 1.000  |   _raw_spin_unlock();
        1.000132 0 a-101 32.000 | }`),
    );
    expect(result.locks.map((row) => [row.site, row.acquisitions, row.contended, row.wait.totalNs])).toEqual([
      ['zs_free', 1, 1, 20_000],
    ]);
  });

  it('without a lock call the slowpath itself is the acquisition (inlined fast paths, light traces)', () => {
    const result = analyse(
      kernelText(`
        1.000100 0 a-101 -      | zs_free() {
        1.000103 0 a-101 20.000 |   queued_spin_lock_slowpath();
        1.000130 0 a-101 32.000 | }
        1.000200 0 a-101 -      | zs_free() {
        1.000203 0 a-101 -      |   queued_spin_lock_slowpath() {
        1.000204 0 a-101 1.000  |     __sysvec_apic_timer_interrupt();
        1.000223 0 a-101 20.000 |   }
        1.000230 0 a-101 32.000 | }`),
    );
    expect(result.locks.map((row) => [row.site, row.acquisitions, row.contended, row.wait.totalNs])).toEqual([
      ['zs_free', 2, 2, 40_000],
    ]);
    expect(result.locks[0]!.hold).toBeNull();
  });
});

describe('trylocks', () => {
  it('without an unlock are not known to have succeeded', () => {
    const result = analyse(
      kernelText(`
        1.000100 0 a-101 -     | rmqueue() {
        1.000101 0 a-101 1.000 |   _raw_spin_trylock();
        1.000110 0 a-101 9.000 | }`),
    );
    const row = lockRow(result, 'pcp->lock', 'rmqueue');
    expect([row.acquisitions, row.triesWithoutUnlock, row.hold, row.contended]).toEqual([1, 1, null, 0]);
  });

  it('with one have', () => {
    const result = analyse(
      kernelText(`
        1.000100 0 a-101 -     | rmqueue() {
        1.000101 0 a-101 1.000 |   _raw_spin_trylock();
        1.000105 0 a-101 1.000 |   _raw_spin_unlock();
        1.000110 0 a-101 9.000 | }`),
    );
    const row = lockRow(result, 'pcp->lock', 'rmqueue');
    expect([row.acquisitions, row.triesWithoutUnlock, row.hold!.totalNs]).toEqual([1, 0, 3000]);
  });

  it('that fail hold nothing: nobody waits for them', () => {
    const result = analyse(
      kernelText(`
        1.000100 0 a-101 -      | zs_free() {
        1.000101 0 a-101 1.000  |   _raw_spin_trylock();
        1.000105 1 b-102 -      | zs_free() {
        1.000106 1 b-102 -      |   _raw_spin_lock() {
        1.000107 1 b-102 10.000 |     queued_spin_lock_slowpath();
        1.000118 1 b-102 12.000 |   }
        1.000119 1 b-102 1.000  |   _raw_spin_unlock();
        1.000121 1 b-102 16.000 | }
        1.000130 0 a-101 29.000 | }`),
    );
    expect(result.locks.flatMap((row) => row.blockedBy.map((b) => b.function))).toEqual(['(not seen)']);
  });
});

describe('holds that cross calls', () => {
  /** 6.12: zs_map_object drops the pool lock and keeps the zspage's; zs_unmap_object drops that. */
  const READ = `
        T0 0 a-101 -      | zram_read_page() {
        T1 0 a-101 -      |   zs_map_object() {
        T2 0 a-101 1.000  |     _raw_read_lock();
        T4 0 a-101 1.000  |     _raw_read_lock();
        T6 0 a-101 1.000  |     _raw_read_unlock();
        T8 0 a-101 7.000  |   }
        T9 0 a-101 8.000  |   lzo1x_decompress_safe();
        U8 0 a-101 -      |   zs_unmap_object() {
        U9 0 a-101 1.000  |     _raw_read_unlock();
        V1 0 a-101 3.000  |   }
        V2 0 a-101 22.000 | }`;
  const reads = (count: number) =>
    kernelText(
      Array.from({ length: count }, (_, i) =>
        READ.replaceAll('T', `1.000${i}0`).replaceAll('U', `1.000${i}1`).replaceAll('V', `1.000${i}2`),
      ).join('\n'),
    );

  it.each([1, 3])('zs_map_object holds the zspage until zs_unmap_object (%i times)', (count) => {
    const result = analyse(reads(count));
    const pool = lockRow(result, 'pool->migrate_lock (read)', 'zs_map_object');
    const zspage = lockRow(result, 'zspage->lock (read)', 'zs_map_object');
    expect([pool.hold?.count, pool.hold?.totalNs]).toEqual([count, 3000 * count]);
    expect([zspage.hold?.count, zspage.hold?.totalNs]).toEqual([count, 14_000 * count]);
    expect(result.diagnostics.map((d) => d.id)).not.toContain('unlock-without-lock');
  });

  it('a lock helper hands its lock to the caller', () => {
    const result = analyse(
      kernelText(`
        1.000100 0 a-101 -      | migrate_pages() {
        1.000101 0 a-101 -      |   take_it() {
        1.000102 0 a-101 1.000  |     _raw_spin_lock();
        1.000104 0 a-101 3.000  |   }
        1.000105 0 a-101 9.000  |   work();
        1.000120 0 a-101 1.000  |   _raw_spin_unlock();
        1.000122 0 a-101 22.000 | }`),
    );
    const row = lockRow(result, 'spinlock at take_it', 'take_it');
    expect(row.hold?.totalNs).toBe(17_000);
    expect(row.calledWhileHeld.map((c) => c.name)).toEqual(['work']);
  });
});

describe('a write lock that is made a read lock', () => {
  it('ends its hold there: munmap frees pages under the read lock', () => {
    const result = analyse(
      kernelText(`
        1.000100 0 a-101 -      | __vm_munmap() {
        1.000101 0 a-101 1.000  |   down_write_killable();
        1.000103 0 a-101 -      |   do_vmi_munmap() {
        1.000110 0 a-101 1.000  |     downgrade_write();
        1.000111 0 a-101 10.000 |     unmap_vmas();
        1.000130 0 a-101 1.000  |     up_read();
        1.000132 0 a-101 29.000 |   }
        1.000134 0 a-101 34.000 | }`),
    );
    expect(lockRow(result, 'mm->mmap_lock (write)', '__vm_munmap').hold?.totalNs).toBe(8000);
    expect(result.diagnostics.map((d) => d.id)).not.toContain('unlock-without-lock');
  });
});

describe('sleeping locks', () => {
  const rows = (task: boolean) => {
    const a = task ? ' a-101' : '';
    const b = task ? ' b-102' : '';
    return `
        1.000100 0${a} -       | __vm_munmap() {
        1.000101 0${a} -       |   down_write_killable() {
        1.000102 0${a} -       |     rwsem_down_write_slowpath() {
        1.000103 0${a} -       |       schedule() {
${banner(0, 'a-101', 'b-102')}
        1.000110 0${b} 5.000   |   mas_find();
${banner(0, 'b-102', 'a-101')}
        1.000150 0${a} 47.000  |       }
        1.000151 0${a} 49.000  |     }
        1.000152 0${a} 51.000  |   }
        1.000153 0${a} -       |   schedule() {
${banner(0, 'a-101', 'b-102')}
        1.000160 0${b} 5.000   |   mas_find();
${banner(0, 'b-102', 'a-101')}
        1.000190 0${a} 37.000  |   }
        1.000192 0${a} 1.000   |   up_write();
        1.000194 0${a} 94.000  | }`;
  };

  it.each([
    ['named on every line', true],
    ['named by banners', false],
  ])('stay with their task while it is switched out; tasks %s', (_, proc) => {
    const result = analyse(kernelText(rows(proc)));
    const row = lockRow(result, 'mm->mmap_lock (write)', '__vm_munmap');
    expect([row.acquisitions, row.contended, row.wait.totalNs]).toEqual([1, 1, 49_000]);
    expect(row.hold?.totalNs).toBe(40_000);
    expect(result.diagnostics.map((d) => d.id)).not.toContain('unlock-without-lock');
  });
});

describe('interrupts on top of a holder', () => {
  const result = analyse(
    kernelText(`
        1.000100 0 a-101 -      | zs_free() {
        1.000101 0 a-101 1.000  |   _raw_spin_lock();
        1.000103 0 a-101 -      |   __sysvec_apic_timer_interrupt() {
        1.000104 0 a-101 -      |     hrtimer_interrupt() {
        1.000105 0 a-101 1.000  |       _raw_spin_lock_irqsave();
        1.000107 0 a-101 1.000  |       _raw_spin_unlock_irqrestore();
        1.000109 0 a-101 5.000  |     }
        1.000110 0 a-101 7.000  |   }
        1.000112 0 a-101 1.000  |   _raw_spin_unlock();
        1.000114 0 a-101 14.000 | }`),
  );

  it('have locks of their own, which do not end the hold', () => {
    expect(result.locks.map((row) => [row.site, row.acquisitions, row.hold?.totalNs])).toEqual([
      ['zs_free', 1, 10_000],
      ['hrtimer_interrupt', 1, 1000],
    ]);
  });

  it('are not what was done under the lock', () => {
    const row = result.locks[0]!;
    expect([row.calledWhileHeld, row.lockedWhileHeld]).toEqual([[], []]);
  });
});

describe('lost records', () => {
  it('end all holds without a duration', () => {
    const result = analyse(
      kernelText(`
        1.000100 0 a-101 -      | zs_free() {
        1.000101 0 a-101 1.000  |   _raw_spin_lock();
        CPU:0 [LOST 20 EVENTS]
        1.000112 0 a-101 1.000  |   _raw_spin_unlock();
        1.000114 0 a-101 14.000 | } /* zs_free */`),
    );
    expect(result.locks.map((row) => [row.acquisitions, row.hold])).toEqual([[1, null]]);
    expect(result.diagnostics.map((d) => d.id)).toContain('unlock-without-lock');
  });

  it('do not put a hold from before in the way of a wait behind them', () => {
    const result = analyse(
      kernelText(`
        1.000100 0 a-101 -      | zs_free() {
        1.000101 0 a-101 1.000  |   _raw_spin_lock();
        CPU:0 [LOST 20 EVENTS]
        1.000115 1 b-102 -      | zs_free() {
        1.000116 1 b-102 -      |   _raw_spin_lock() {
        1.000117 1 b-102 10.000 |     queued_spin_lock_slowpath();
        1.000128 1 b-102 12.000 |   }
        1.000129 1 b-102 1.000  |   _raw_spin_unlock();
        1.000131 1 b-102 16.000 | }`),
    );
    expect(result.locks.flatMap((row) => row.blockedBy.map((b) => b.function))).toEqual(['(not seen)']);
  });

  it('on one CPU do not make the acquisition forgotten that another CPU has begun', () => {
    const result = analyse(
      kernelText(`
        1.000100 1 b-102 -      | zs_free() {
        1.000101 1 b-102 -      |   _raw_spin_lock() {
        1.000102 1 b-102 -      |     queued_spin_lock_slowpath() {
        CPU:0 [LOST 20 EVENTS]
        1.000108 0 a-101 1.000  |     _raw_spin_unlock();
        1.000112 1 b-102 10.000 |     }
        1.000113 1 b-102 12.000 |   }
        1.000120 1 b-102 1.000  |   _raw_spin_unlock();
        1.000122 1 b-102 22.000 | }`),
    );
    expect(functionRow(result, '_raw_spin_lock').calls).toBe(1);
    const row = lockRow(result, result.locks[0]?.lock ?? 'no lock', 'zs_free');
    expect([row.acquisitions, row.contended, row.wait.totalNs]).toEqual([1, 1, 10_000]);
  });
});

describe('what the text does not carry', () => {
  it('is null: no duration and no stamp make no hold and no wait of 0 ns', () => {
    const result = analyse(
      `# tracer: function_graph\n#\n${[
        ' 0) zs_free() {',
        ' 0)   _raw_spin_lock() {',
        ' 0)     queued_spin_lock_slowpath();',
        ' 0)   }',
        ' 0)   obj_free();',
        ' 0)   _raw_spin_unlock();',
        ' 0) }',
      ].join('\n')}\n`,
    );
    const row = result.locks[0]!;
    expect([row.acquisitions, row.contended, row.waitWitness]).toEqual([1, 1, 'slowpath']);
    expect([row.acquire.maxNs, row.wait.maxNs, row.hold?.maxNs ?? null]).toEqual([null, null, null]);
    expect(row.holdBasis).toBe('none');
  });
});

describe('a clock that does not measure time', () => {
  /** Calls of 30 us with a lock held for 10 us; `step` seconds pass by the stamps at each line. */
  const calls = (step: number) => {
    let at = 0;
    const stamp = () => (100 + at++ * step).toFixed(6);
    const call = () => `
        ${stamp()} 0 a-101 -      | f() {
        ${stamp()} 0 a-101 0.000  |   mutex_lock();
        ${stamp()} 0 a-101 10.000 |   work();
        ${stamp()} 0 a-101 0.000  |   mutex_unlock();
        ${stamp()} 0 a-101 30.000 | }`;
    return kernelText(Array.from({ length: 20 }, call).join(''));
  };
  const counter = calls(1);
  const sound = calls(0.00001);

  it('makes holds sums of calls', () => {
    const result = analyse(counter);
    const row = lockRow(result, 'mutex at f', 'f');
    expect([row.holdBasis, row.hold!.maxNs]).toEqual(['calls', 10_000]);
    expect(result.diagnostics.map((d) => d.id)).toContain('clock-not-time');
    expect(lockRow(analyse(sound), 'mutex at f', 'f').holdBasis).toBe('stamps');
  });

  it.each([
    ['first', [counter, sound]],
    ['last', [sound, counter]],
  ])('of one input, the %s, makes no hold of seconds', (_, inputs) => {
    const row = lockRow(analyse(inputs), 'mutex at f', 'f');
    expect(row.hold!.count).toBe(40);
    expect(row.hold!.maxNs).toBeLessThanOrEqual(20_000);
  });
});

describe('contention events', () => {
  const event = (name: string, text: string) => `/* ${name}: ${text} */`;
  const lockCall = (slowpath: boolean) =>
    kernelText(`
        1.000100 0 a-101 -      | zs_free() {
        1.000101 0 a-101 -      |   _raw_spin_lock() {
        ${slowpath ? '1.000102 0 a-101 -      |     queued_spin_lock_slowpath() {' : ''}
        1.000103 0 a-101 -      |       ${event('contention_begin', '00000000001ea18b (flags=SPIN)')}
        1.000123 0 a-101 -      |       ${event('contention_end', '00000000001ea18b (ret=0)')}
        ${slowpath ? '1.000124 0 a-101 22.000 |     }' : ''}
        1.000125 0 a-101 24.000 |   }
        1.000128 0 a-101 1.000  |   _raw_spin_unlock();
        1.000130 0 a-101 30.000 | }`);

  it('alone are the wait, with the address of the lock', () => {
    const row = lockRow(analyse(lockCall(false)), 'class->lock or pool->lock', 'zs_free');
    expect([row.contended, row.waitWitness, row.wait.totalNs, row.instances]).toEqual([
      1,
      'contention-events',
      20_000,
      1,
    ]);
    expect(row.blockedBy.reduce((sum, b) => sum + b.waitNs, 0)).toBeLessThanOrEqual(20_000);
  });

  it('within a slowpath add nothing: the slowpath is the wait', () => {
    const row = lockRow(analyse(lockCall(true)), 'class->lock or pool->lock', 'zs_free');
    expect([row.contended, row.waitWitness, row.wait.totalNs]).toEqual([1, 'slowpath', 22_000]);
  });
});

describe('filters', () => {
  const text = kernelText(`
        1.000100 0 a-101 -      | zs_free() {
        1.000101 0 a-101 1.000  |   _raw_spin_lock();
        1.000103 1 b-102 -      | zs_free() {
        1.000104 1 b-102 -      |   _raw_spin_lock() {
        1.000105 1 b-102 15.000 |     queued_spin_lock_slowpath();
        1.000120 0 a-101 1.000  |   _raw_spin_unlock();
        1.000121 1 b-102 17.000 |   }
        1.000122 0 a-101 22.000 | }
        1.000125 1 b-102 1.000  |   _raw_spin_unlock();
        1.000127 1 b-102 24.000 | }
        1.000150 1 b-102 -      | zs_free() {
        1.000151 1 b-102 1.000  |   _raw_spin_lock();
        1.000153 1 b-102 1.000  |   _raw_spin_unlock();
        1.000155 1 b-102 5.000  | }
        1.000200 0 a-101 -      | rmqueue() {
        1.000201 0 a-101 1.000  |   _raw_spin_trylock();
        1.000210 0 a-101 9.000  | }
        1.000220 1 b-102 -      | rmqueue() {
        1.000221 1 b-102 1.000  |   _raw_spin_trylock();
        1.000223 1 b-102 1.000  |   _raw_spin_unlock();
        1.000230 1 b-102 9.000  | }`);
  const whole = analyse(text).locks.find((row) => row.site === 'zs_free')!;

  it('have something to filter', () => {
    expect(whole.blockedBy.map((b) => [b.function, b.task, b.waitNs])).toEqual([
      ['zs_free', 'a-101', 15_000],
    ]);
  });

  it('a depth that shows the lock call but not its slowpath leaves wait and blame as they are', () => {
    const row = analyse(text, { filters: { depth: 2 } }).locks.find((lock) => lock.site === 'zs_free')!;
    expect([row.wait.totalNs, row.blockedBy]).toEqual([whole.wait.totalNs, whole.blockedBy]);
  });

  it('a time that lies between the lock call and its slowpath counts neither', () => {
    const row = analyse(text, { filters: { fromNs: 1_000_105_000 } }).locks.find(
      (lock) => lock.site === 'zs_free',
    )!;
    expect([row.acquisitions, row.contended, row.wait.totalNs, row.blockedBy]).toEqual([1, 0, 0, []]);
  });

  it('by CPU still see holders on the others', () => {
    const row = analyse(text, { filters: { cpus: new Set([1]) } }).locks.find(
      (lock) => lock.site === 'zs_free',
    )!;
    expect([row.acquisitions, row.contended]).toEqual([2, 1]);
    expect(row.blockedBy.map((b) => [b.function, b.task, b.waitNs])).toEqual([['zs_free', 'a-101', 15_000]]);
  });

  it('by CPU count no trylock of another one', () => {
    const row = analyse(text, { filters: { cpus: new Set([1]) } }).locks.find(
      (lock) => lock.site === 'rmqueue',
    )!;
    expect([row.acquisitions, row.triesWithoutUnlock, row.hold?.count]).toEqual([1, 0, 1]);
  });
});
