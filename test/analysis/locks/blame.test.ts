import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyse, blamedOn, lockRow } from '../analyse.ts';
import { kernelText } from '../kernel-text.ts';

/** `class->lock` of zs_free and the others of this file: a kernel of 6.11 or later. */
const ERA = `
        0.999000 3 init-1 1.000 | alloc_pages_noprof();`;

const classLockOf = (rows: string, era = ERA) =>
  lockRow(analyse(kernelText(era + rows)), 'class->lock', 'zs_free');

describe('who stood in whose way', () => {
  it('is the holder, for as long as hold and wait overlap', () => {
    const row = classLockOf(`
        1.000100 0 a-101 -      | zs_free() {
        1.000101 0 a-101 1.000  |   _raw_spin_lock();
        1.000110 1 b-102 -      | zs_free() {
        1.000111 1 b-102 -      |   _raw_spin_lock() {
        1.000112 1 b-102 18.000 |     queued_spin_lock_slowpath();
        1.000130 0 a-101 1.000  |   _raw_spin_unlock();
        1.000131 1 b-102 20.000 |   }
        1.000132 0 a-101 32.000 | }
        1.000140 1 b-102 1.000  |   _raw_spin_unlock();
        1.000142 1 b-102 32.000 | }`);
    expect(row.blockedBy).toEqual([{ function: 'zs_free', task: 'a-101', cpu: 0, waits: 1, waitNs: 18_000 }]);
    expect([row.contended, row.blockedByCoverage]).toEqual([1, 1]);
  });

  it('is a holder that took the lock after the wait began, too: later waiters may be first', () => {
    const row = classLockOf(`
        1.000110 1 b-102 -      | zs_free() {
        1.000111 1 b-102 -      |   _raw_spin_lock() {
        1.000112 1 b-102 28.000 |     queued_spin_lock_slowpath();
        1.000115 0 a-101 -      | zs_free() {
        1.000116 0 a-101 4.000  |   _raw_spin_lock();
        1.000140 0 a-101 1.000  |   _raw_spin_unlock();
        1.000141 1 b-102 30.000 |   }
        1.000142 0 a-101 32.000 | }
        1.000145 1 b-102 1.000  |   _raw_spin_unlock();
        1.000146 1 b-102 36.000 | }`);
    // Held from 120 to 140; what was before that is not in the trace.
    expect(blamedOn(row)).toEqual(['zs_free a-101 20000']);
    expect(row.blockedBy.at(-1)).toMatchObject({ function: '(not seen)', waitNs: 8000 });
  });

  it('is each holder for its part, at several sites', () => {
    const row = classLockOf(`
        1.000100 0 a-101 -      | zs_malloc() {
        1.000101 0 a-101 1.000  |   _raw_spin_lock();
        1.000110 1 b-102 -      | zs_free() {
        1.000111 1 b-102 -      |   _raw_spin_lock() {
        1.000112 1 b-102 30.000 |     queued_spin_lock_slowpath();
        1.000113 2 c-103 -      | zs_free() {
        1.000114 2 c-103 -      |   _raw_spin_lock() {
        1.000115 2 c-103 7.000  |     queued_spin_lock_slowpath();
        1.000122 0 a-101 1.000  |   _raw_spin_unlock();
        1.000122 2 c-103 8.000  |   }
        1.000124 0 a-101 24.000 | }
        1.000142 2 c-103 1.000  |   _raw_spin_unlock();
        1.000142 1 b-102 31.000 |   }
        1.000144 2 c-103 32.000 | }
        1.000145 1 b-102 1.000  |   _raw_spin_unlock();
        1.000146 1 b-102 36.000 | }`);
    // b: 10 us behind zs_malloc, 20 us behind c; c: 7 us behind zs_malloc.
    expect(blamedOn(row)).toEqual(['zs_free c-103 20000', 'zs_malloc a-101 17000']);
    expect(row.blockedByCoverage).toBe(1);
  });

  it('counts waits, not holds: one wait behind two holds of a task is one wait', () => {
    const row = classLockOf(`
        1.000100 0 a-101 -      | zs_free() {
        1.000101 0 a-101 1.000  |   _raw_spin_lock();
        1.000110 1 b-102 -      | zs_free() {
        1.000111 1 b-102 -      |   _raw_spin_lock() {
        1.000112 1 b-102 28.000 |     queued_spin_lock_slowpath();
        1.000120 0 a-101 1.000  |   _raw_spin_unlock();
        1.000122 0 a-101 22.000 | }
        1.000123 0 a-101 -      | zs_free() {
        1.000124 0 a-101 1.000  |   _raw_spin_lock();
        1.000140 0 a-101 1.000  |   _raw_spin_unlock();
        1.000141 1 b-102 30.000 |   }
        1.000142 0 a-101 19.000 | }
        1.000145 1 b-102 1.000  |   _raw_spin_unlock();
        1.000146 1 b-102 36.000 | }`);
    expect(row.contended).toBe(1);
    expect(row.blockedBy.filter((b) => b.function === 'zs_free')).toEqual([
      { function: 'zs_free', task: 'a-101', cpu: 0, waits: 1, waitNs: 23_000 },
    ]);
    for (const b of row.blockedBy) expect(b.waits, b.function).toBe(1);
  });

  it('is nobody whose hold goes on behind the wait: that is another lock of the same kind', () => {
    // The first call shows that unlocks are traced.
    const row = classLockOf(`
        1.000050 0 a-101 -      | zs_free() {
        1.000051 0 a-101 1.000  |   _raw_spin_lock();
        1.000053 0 a-101 1.000  |   _raw_spin_unlock();
        1.000055 0 a-101 6.000  | }
        1.000100 0 a-101 -      | zs_free() {
        1.000101 0 a-101 1.000  |   _raw_spin_lock();
        1.000110 1 b-102 -      | zs_free() {
        1.000111 1 b-102 -      |   _raw_spin_lock() {
        1.000112 1 b-102 10.000 |     queued_spin_lock_slowpath();
        1.000123 1 b-102 12.000 |   }
        1.000125 1 b-102 1.000  |   _raw_spin_unlock();
        1.000126 1 b-102 16.000 | }
        1.000130 0 a-101 1.000  |   _raw_spin_unlock();
        1.000132 0 a-101 32.000 | }`);
    expect(row.blockedBy).toEqual([{ function: '(not seen)', task: '', cpu: -1, waits: 1, waitNs: 10_000 }]);
  });

  it('is a holder without unlock in the trace to the end of the wait: unlocks are not traced', () => {
    const row = classLockOf(`
        1.000100 0 a-101 -      | zs_free() {
        1.000101 0 a-101 1.000  |   _raw_spin_lock();
        1.000110 1 b-102 -      | zs_free() {
        1.000111 1 b-102 -      |   _raw_spin_lock() {
        1.000112 1 b-102 18.000 |     queued_spin_lock_slowpath();
        1.000131 1 b-102 20.000 |   }
        1.000132 0 a-101 32.000 | }
        1.000142 1 b-102 32.000 | }`);
    expect(blamedOn(row)).toEqual(['zs_free a-101 18000']);
  });

  it('is never the waiter itself', () => {
    const row = classLockOf(`
        1.000100 0 a-101 -      | zs_free() {
        1.000101 0 a-101 1.000  |   _raw_spin_lock();
        1.000103 0 a-101 1.000  |   _raw_spin_unlock();
        1.000105 0 a-101 -      |   _raw_spin_lock() {
        1.000106 0 a-101 18.000 |     queued_spin_lock_slowpath();
        1.000125 0 a-101 20.000 |   }
        1.000126 0 a-101 1.000  |   _raw_spin_unlock();
        1.000142 0 a-101 42.000 | }`);
    expect(blamedOn(row)).toEqual([]);
  });

  it('without time stamps is the hold that ended last, for the whole wait', () => {
    const row = classLockOf(
      `
        0 a-101 -      | zs_free() {
        0 a-101 1.000  |   _raw_spin_lock();
        1 b-102 -      | zs_free() {
        1 b-102 -      |   _raw_spin_lock() {
        1 b-102 -      |     queued_spin_lock_slowpath() {
        2 c-103 -      | zs_free() {
        2 c-103 -      |   _raw_spin_lock() {
        2 c-103 7.000  |     queued_spin_lock_slowpath();
        0 a-101 1.000  |   _raw_spin_unlock();
        2 c-103 8.000  |   }
        0 a-101 24.000 | }
        2 c-103 1.000  |   _raw_spin_unlock();
        1 b-102 30.000 |     }
        1 b-102 31.000 |   }
        2 c-103 32.000 | }
        1 b-102 1.000  |   _raw_spin_unlock();
        1 b-102 36.000 | }`,
      `
        3 init-1 1.000 | alloc_pages_noprof();`,
    );
    expect(blamedOn(row)).toEqual(['zs_free c-103 30000', 'zs_free a-101 7000']);
  });
});

describe('a lock call without a return in the trace', () => {
  const row = (slowpath: string) =>
    classLockOf(`
        1.000050 1 b-102 -      | zs_free() {
        1.000051 1 b-102 1.000  |   _raw_spin_lock();
        1.000053 1 b-102 1.000  |   _raw_spin_unlock();
        1.000055 1 b-102 6.000  | }
        1.000100 0 a-101 -      | zs_free() {
        1.000101 0 a-101 1.000  |   _raw_spin_lock();
        1.000110 1 b-102 -      | zs_free() {
        1.000111 1 b-102 -      |   _raw_spin_lock() {
        ${slowpath}
        1.000130 0 a-101 1.000  |   _raw_spin_unlock();
        1.000132 0 a-101 32.000 | }
        1.000142 1 b-102 32.000 | }`);

  it.each([
    ['on one line', '1.000112 1 b-102 18.000 |     queued_spin_lock_slowpath();'],
    [
      'over two lines',
      '1.000112 1 b-102 - |     queued_spin_lock_slowpath() {\n        1.000130 1 b-102 18.000 |     }',
    ],
  ])('has no more blame than wait, its slowpath being printed %s', (_, slowpath) => {
    const { wait, blockedBy } = row(slowpath);
    expect(blockedBy.reduce((sum, b) => sum + b.waitNs, 0)).toBeLessThanOrEqual(wait.totalNs);
  });
});

describe('locks that are handed over', () => {
  it('a waiter that got the lock and has not returned from its slowpath stands in the way', () => {
    // a unlocks at 110: c, first in the queue, owns the lock from then on and sleeps until 130.
    const row = classLockOf(`
        1.000100 0 a-101 -      | zs_free() {
        1.000101 0 a-101 1.000  |   _raw_spin_lock();
        1.000102 2 c-103 -      | zs_free() {
        1.000103 2 c-103 -      |   _raw_spin_lock() {
        1.000104 2 c-103 26.000 |     queued_spin_lock_slowpath();
        1.000105 1 b-102 -      | zs_free() {
        1.000106 1 b-102 -      |   _raw_spin_lock() {
        1.000107 1 b-102 33.000 |     queued_spin_lock_slowpath();
        1.000110 0 a-101 1.000  |   _raw_spin_unlock();
        1.000112 0 a-101 12.000 | }
        1.000130 2 c-103 27.000 |   }
        1.000140 2 c-103 1.000  |   _raw_spin_unlock();
        1.000140 1 b-102 34.000 |   }
        1.000142 2 c-103 40.000 | }
        1.000145 1 b-102 1.000  |   _raw_spin_unlock();
        1.000146 1 b-102 41.000 | }`);
    // b: 3 us behind a, 20 us behind c in its slowpath, 10 us behind c; c: 6 us behind a, 20 us of hand-off.
    const blamed = new Map(row.blockedBy.map((b) => [`${b.function} ${b.task}`.trim(), b.waitNs]));
    expect(blamed).toEqual(
      new Map([
        ['zs_free (in its slowpath) c-103', 20_000],
        ['(hand-off)', 20_000],
        ['zs_free c-103', 10_000],
        ['zs_free a-101', 9000],
      ]),
    );
    expect([row.wait.totalNs, row.blockedByCoverage]).toEqual([59_000, 1]);
  });

  it('the time from the last unlock to the end of the wait is hand-off', () => {
    const row = classLockOf(`
        1.000100 0 a-101 -      | zs_free() {
        1.000101 0 a-101 1.000  |   _raw_spin_lock();
        1.000105 1 b-102 -      | zs_free() {
        1.000106 1 b-102 -      |   _raw_spin_lock() {
        1.000107 1 b-102 33.000 |     queued_spin_lock_slowpath();
        1.000110 0 a-101 1.000  |   _raw_spin_unlock();
        1.000112 0 a-101 12.000 | }
        1.000141 1 b-102 35.000 |   }
        1.000145 1 b-102 1.000  |   _raw_spin_unlock();
        1.000146 1 b-102 41.000 | }`);
    expect(row.blockedBy.map((b) => [b.function, b.waitNs])).toEqual([
      ['(hand-off)', 30_000],
      ['zs_free', 3000],
    ]);
  });
});

describe('readers and writers', () => {
  const rows = (holder: string, waiter: string) => `
        1.000100 0 a-101 -      | ${holder === 'write' ? 'zs_compact' : 'zs_free'}() {
        1.000101 0 a-101 1.000  |   _raw_${holder}_lock();
        1.000110 1 b-102 -      | ${waiter === 'write' ? 'zs_compact' : 'zs_free'}() {
        1.000111 1 b-102 -      |   _raw_${waiter}_lock() {
        1.000112 1 b-102 18.000 |     queued_${waiter}_lock_slowpath();
        1.000130 0 a-101 1.000  |   _raw_${holder}_unlock();
        1.000131 1 b-102 20.000 |   }
        1.000132 0 a-101 32.000 | }
        1.000140 1 b-102 1.000  |   _raw_${waiter}_unlock();
        1.000142 1 b-102 32.000 | }`;
  const blamed = (holder: string, waiter: string) => {
    const result = analyse(kernelText(rows(holder, waiter)));
    return result.locks.flatMap((row) => blamedOn(row));
  };

  it('a writer is in the way of readers', () => {
    expect(blamed('write', 'read')).toEqual(['zs_compact a-101 18000']);
  });

  it('a reader is in the way of writers', () => {
    expect(blamed('read', 'write')).toEqual(['zs_free a-101 18000']);
  });

  it('a writer is in the way of writers', () => {
    expect(blamed('write', 'write')).toEqual(['zs_compact a-101 18000']);
  });

  it('readers are not in the way of readers', () => {
    expect(blamed('read', 'read').filter((text) => text.includes('a-101'))).toEqual([]);
  });

  it('the same goes for semaphores', () => {
    const result = analyse(
      kernelText(`
        1.000100 0 a-101 -      | do_user_addr_fault() {
        1.000101 0 a-101 1.000  |   down_read();
        1.000103 2 c-103 -      | do_madvise() {
        1.000104 2 c-103 1.000  |   down_read();
        1.000110 1 b-102 -      | __vm_munmap() {
        1.000111 1 b-102 -      |   down_write_killable() {
        1.000112 1 b-102 -      |     rwsem_down_write_slowpath() {
        1.000120 2 c-103 1.000  |   up_read();
        1.000122 2 c-103 20.000 | }
        1.000130 0 a-101 1.000  |   up_read();
        1.000130 1 b-102 18.000 |     }
        1.000131 1 b-102 20.000 |   }
        1.000132 0 a-101 32.000 | }
        1.000140 1 b-102 1.000  |   up_write();
        1.000142 1 b-102 32.000 | }`),
    );
    const row = lockRow(result, 'mm->mmap_lock (write)', '__vm_munmap');
    // Both readers held it at once from 112 to 120; each instant counts once, for the reader that came first.
    expect(blamedOn(row)).toEqual(['do_user_addr_fault a-101 18000']);
  });
});

describe('several inputs', () => {
  // The hold of the first input's end must not be in the way of the second input's waits.
  const first = kernelText(`
        1.000100 0 a-101 -      | zs_free() {
        1.000101 0 a-101 1.000  |   _raw_spin_lock();
        1.000115 0 a-101 1.000  |   _raw_spin_unlock();
        1.000116 0 a-101 16.000 | }`);
  const second = kernelText(`
        1.000105 1 b-102 -      | zs_free() {
        1.000106 1 b-102 -      |   _raw_spin_lock() {
        1.000107 1 b-102 33.000 |     queued_spin_lock_slowpath();
        1.000141 1 b-102 35.000 |   }
        1.000145 1 b-102 1.000  |   _raw_spin_unlock();
        1.000146 1 b-102 41.000 | }`);

  it('have nothing to do with each other', () => {
    const alone = analyse(second).locks[0]!;
    const row = analyse([first, second]).locks[0]!;
    expect(row.blockedBy).toEqual(alone.blockedBy);
    expect(row.blockedBy.map((b) => b.function)).toEqual(['(not seen)']);
  });

  it('leave a lock that the first ends with behind', () => {
    const open = kernelText(`
        1.000100 0 a-101 -      | zs_free() {
        1.000101 0 a-101 1.000  |   _raw_spin_lock();`);
    const row = analyse([open, second]).locks[0]!;
    expect([row.acquisitions, row.hold?.count]).toEqual([2, 1]);
    expect(row.blockedBy.map((b) => b.function)).toEqual(['(not seen)']);
  });
});

// ---------------------------------------------------------------- a simulated fair lock

interface Ask {
  readonly cpu: number;
  readonly gapUs: number;
  readonly heldUs: number;
  /** From being handed the lock to the return of the slowpath. */
  readonly delayUs: number;
}

/** One critical section; the lock is the task's from `gotUs` to `freedUs`. */
interface Turn {
  readonly cpu: number;
  readonly askUs: number;
  readonly gotUs: number;
  readonly backUs: number;
  readonly freedUs: number;
}

/** Turns at one fair lock, in the order of asking; whole us, so that stamps cut nothing off. */
function schedule(asks: readonly Ask[]): Turn[] {
  const turns: Turn[] = [];
  const idleFrom = new Map<number, number>();
  let lastAskUs = 0;
  let lockFreeUs = 0;
  for (const { cpu, gapUs, heldUs, delayUs } of asks) {
    const askUs = Math.max(lastAskUs + 1, (idleFrom.get(cpu) ?? 0) + gapUs);
    const gotUs = Math.max(askUs, lockFreeUs);
    const backUs = gotUs > askUs ? gotUs + delayUs : gotUs;
    const freedUs = backUs + heldUs;
    turns.push({ cpu, askUs, gotUs, backUs, freedUs });
    idleFrom.set(cpu, freedUs);
    lastAskUs = askUs;
    lockFreeUs = freedUs;
  }
  return turns;
}

function print(turns: readonly Turn[]): string {
  const lines: { us: number; order: number; text: string }[] = [];
  const add = (us: number, order: number, text: string) =>
    lines.push({ us, order, text: `1.${String(us + 1000).padStart(6, '0')} ${text}` });
  for (const { cpu, askUs, backUs, freedUs } of turns) {
    const who = `${cpu} ${taskOf(cpu)}`;
    const wait = (backUs - askUs).toFixed(3);
    add(askUs, 1, `${who} - | zs_free() {`);
    if (backUs > askUs) {
      add(askUs, 2, `${who} - |   _raw_spin_lock() {`);
      add(askUs, 3, `${who} ${wait} |     queued_spin_lock_slowpath();`);
      add(backUs, 4, `${who} ${wait} |   }`);
    } else add(askUs, 2, `${who} 0.000 |   _raw_spin_lock();`);
    add(freedUs, 0, `${who} 0.000 |   _raw_spin_unlock();`);
    add(freedUs, 5, `${who} ${(freedUs - askUs).toFixed(3)} | }`);
  }
  lines.sort((a, b) => a.us - b.us || a.order - b.order);
  return kernelText(lines.map((line) => line.text).join('\n'));
}

const taskOf = (cpu: number) => `t${cpu}-${100 + cpu}`;

/** Time that each task owned the lock while others waited for it, ns. */
function ownersMeanwhile(turns: readonly Turn[]): Map<string, number> {
  const owned = new Map<string, number>();
  for (const waiter of turns) {
    for (const owner of turns) {
      if (owner === waiter) continue;
      const ns = (Math.min(owner.freedUs, waiter.gotUs) - Math.max(owner.gotUs, waiter.askUs)) * 1000;
      if (ns > 0) owned.set(taskOf(owner.cpu), (owned.get(taskOf(owner.cpu)) ?? 0) + ns);
    }
  }
  return owned;
}

describe('a simulated fair lock', () => {
  const asks = fc.array(
    fc.record({
      cpu: fc.nat({ max: 3 }),
      gapUs: fc.integer({ min: 1, max: 20 }),
      heldUs: fc.integer({ min: 1, max: 15 }),
      delayUs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30 })),
    }),
    { minLength: 1, maxLength: 40 },
  );
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

  it('is understood: each wait is laid to those who owned the lock meanwhile, all of it', () => {
    fc.assert(
      fc.property(asks, (wanted) => {
        const turns = schedule(wanted);
        const row = analyse(print(turns)).locks[0]!;
        const waiting = turns.filter((turn) => turn.backUs > turn.askUs);
        expect([row.acquisitions, row.contended]).toEqual([turns.length, waiting.length]);
        expect(row.wait.totalNs).toBe(sum(waiting.map((turn) => turn.backUs - turn.askUs)) * 1000);
        expect(row.hold!.totalNs).toBe(sum(turns.map((turn) => turn.freedUs - turn.backUs)) * 1000);
        const blamed = new Map<string, number>();
        for (const b of row.blockedBy) {
          expect(b.waits).toBeLessThanOrEqual(row.contended);
          if (b.task !== '') blamed.set(b.task, (blamed.get(b.task) ?? 0) + b.waitNs);
        }
        expect(blamed).toEqual(ownersMeanwhile(turns));
        const handOff = row.blockedBy.filter((b) => b.function === '(hand-off)');
        expect(sum(handOff.map((b) => b.waitNs))).toBe(
          sum(waiting.map((turn) => turn.backUs - turn.gotUs)) * 1000,
        );
        expect(sum(row.blockedBy.map((b) => b.waitNs))).toBe(row.wait.totalNs);
      }),
      { numRuns: 150 },
    );
  });
});
