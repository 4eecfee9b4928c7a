import { describe, expect, it } from 'vitest';
import { analyse, blamedOn, lockNames, lockRow } from '../analyse.ts';
import { kernelText } from '../kernel-text.ts';

/** funcgraph-args prints the first argument of a lock function: the lock. */
const A = '0xff110000046cf780';
const B = '0xff110000046cf7c0';

describe('lock addresses (funcgraph-args)', () => {
  it('keep two locks of one site apart when the site has no known name', () => {
    const result = analyse(
      kernelText(`
        1.000100 0 a-101 -     | f() {
        1.000101 0 a-101 1.000 |   _raw_spin_lock(lock=${A});
        1.000103 0 a-101 1.000 |   _raw_spin_lock(lock=${B});
        1.000108 0 a-101 1.000 |   _raw_spin_unlock(lock=${A});
        1.000120 0 a-101 1.000 |   _raw_spin_unlock(lock=${B});
        1.000122 0 a-101 9.000 | }`),
    );
    expect(lockNames(result).sort()).toEqual([`spinlock ${A} in f`, `spinlock ${B} in f`]);
    expect(result.locks.map((row) => [row.namedBy, row.instances])).toEqual([
      ['address', 1],
      ['address', 1],
    ]);
    // Out of order: without addresses the unlock at 108 would end the hold of the second lock.
    expect(lockRow(result, `spinlock ${A}`, 'f').hold!.totalNs).toBe(6000);
    expect(lockRow(result, `spinlock ${B}`, 'f').hold!.totalNs).toBe(16_000);
  });

  it('count the instances of a lock that has a name', () => {
    const free = (at: number, address: string) => `
        1.000${at}00 0 a-101 -     | zs_free() {
        1.000${at}01 0 a-101 1.000 |   _raw_spin_lock(lock=${address});
        1.000${at}08 0 a-101 1.000 |   _raw_spin_unlock(lock=${address});
        1.000${at}10 0 a-101 9.000 | }
        1.000${at}11 0 a-101 1.000 | alloc_pages_noprof();`;
    const result = analyse(kernelText([free(1, A), free(2, B), free(3, A)].join('')));
    const row = lockRow(result, 'class->lock', 'zs_free');
    expect([row.acquisitions, row.instances, row.namedBy]).toEqual([3, 2, 'site']);
  });

  it('count the instances of the acquisitions that pass the filters', () => {
    const free = (at: number, who: string, address: string) => `
        1.000${at}00 ${who} -     | zs_free() {
        1.000${at}01 ${who} 1.000 |   _raw_spin_lock(lock=${address});
        1.000${at}08 ${who} 1.000 |   _raw_spin_unlock(lock=${address});
        1.000${at}10 ${who} 9.000 | }`;
    const text = kernelText(free(1, '0 a-101', A) + free(2, '1 b-102', B) + free(3, '1 b-102', B));
    const [row] = analyse(text, { filters: { cpus: new Set([1]) } }).locks;
    expect([row!.acquisitions, row!.instances]).toEqual([2, 1]);
  });

  it('go back into one row when a site has many', () => {
    const rows = Array.from({ length: 20 }, (_, i) => {
      const address = `0xff1100000000${(0x1000 + i * 64).toString(16)}`;
      return `
        1.0${i + 10}100 0 a-101 -     | f() {
        1.0${i + 10}101 0 a-101 1.000 |   _raw_spin_lock(lock=${address});
        1.0${i + 10}108 0 a-101 1.000 |   _raw_spin_unlock(lock=${address});
        1.0${i + 10}110 0 a-101 9.000 | }`;
    });
    const result = analyse(kernelText(rows.join('')));
    const row = lockRow(result, 'spinlock at f', 'f');
    expect([row.acquisitions, row.hold!.count, row.instances]).toEqual([20, 20, 20]);
    expect(result.locks.length).toBe(1);
  });

  const twoHolders = (unlockB: string) => `
        1.000090 3 init-1 1.000 | alloc_pages_noprof();
        1.000100 0 a-101 -      | zs_free() {
        1.000101 0 a-101 1.000  |   _raw_spin_lock(lock=${A});
        1.000102 2 c-103 -      | zs_free() {
        1.000103 2 c-103 1.000  |   _raw_spin_lock(lock=${B});
        1.000110 1 b-102 -      | zs_free() {
        1.000111 1 b-102 -      |   _raw_spin_lock(lock=${A}) {
        1.000112 1 b-102 18.000 |     queued_spin_lock_slowpath(lock=${A}, val=0x1);
        ${unlockB}
        1.000130 0 a-101 1.000  |   _raw_spin_unlock(lock=${A});
        1.000131 1 b-102 20.000 |   }
        1.000132 0 a-101 32.000 | }
        1.000140 1 b-102 1.000  |   _raw_spin_unlock(lock=${A});
        1.000142 1 b-102 32.000 | }`;

  it('say exactly which of two holders stood in the way', () => {
    const text = twoHolders(`1.000125 2 c-103 1.000  |   _raw_spin_unlock(lock=${B});`);
    const row = lockRow(analyse(kernelText(text)), 'class->lock', 'zs_free');
    expect(blamedOn(row)).toEqual(['zs_free a-101 18000']);
  });

  it('an unlock of another lock is no hand-off of this one', () => {
    // B is freed at 115; who held A is not in the trace.
    const result = analyse(
      kernelText(`
        1.000090 3 init-1 1.000 | alloc_pages_noprof();
        1.000102 2 c-103 -      | zs_free() {
        1.000103 2 c-103 1.000  |   _raw_spin_lock(lock=${B});
        1.000110 1 b-102 -      | zs_free() {
        1.000111 1 b-102 -      |   _raw_spin_lock(lock=${A}) {
        1.000112 1 b-102 18.000 |     queued_spin_lock_slowpath(lock=${A}, val=0x1);
        1.000115 2 c-103 1.000  |   _raw_spin_unlock(lock=${B});
        1.000117 2 c-103 15.000 | }
        1.000131 1 b-102 20.000 |   }
        1.000140 1 b-102 1.000  |   _raw_spin_unlock(lock=${A});
        1.000142 1 b-102 32.000 | }`),
    );
    const row = lockRow(result, 'class->lock', 'zs_free');
    expect(row.blockedBy).toEqual([{ function: '(not seen)', task: '', cpu: -1, waits: 1, waitNs: 18_000 }]);
  });

  it('are found on semaphores and mutexes as well', () => {
    const result = analyse(
      kernelText(`
        1.000100 0 a-101 -     | f() {
        1.000101 0 a-101 1.000 |   down_write(sem=${A});
        1.000103 0 a-101 1.000 |   mutex_lock(lock=${B});
        1.000108 0 a-101 1.000 |   mutex_unlock(lock=${B});
        1.000120 0 a-101 1.000 |   up_write(sem=${A});
        1.000122 0 a-101 9.000 | }`),
    );
    expect(lockNames(result).sort()).toEqual([`mutex ${B} in f`, `rwsem ${A} (write) in f`]);
  });

  it('one lock taken at two sites blocks across them', () => {
    const result = analyse(
      kernelText(`
        1.000100 0 a-101 -      | f() {
        1.000101 0 a-101 1.000  |   _raw_spin_lock(lock=${A});
        1.000110 1 b-102 -      | g() {
        1.000111 1 b-102 -      |   _raw_spin_lock(lock=${A}) {
        1.000112 1 b-102 18.000 |     queued_spin_lock_slowpath(lock=${A}, val=0x1);
        1.000130 0 a-101 1.000  |   _raw_spin_unlock(lock=${A});
        1.000131 1 b-102 20.000 |   }
        1.000132 0 a-101 32.000 | }
        1.000140 1 b-102 1.000  |   _raw_spin_unlock(lock=${A});
        1.000142 1 b-102 32.000 | }`),
    );
    expect(blamedOn(lockRow(result, `spinlock ${A}`, 'g'))).toEqual(['f a-101 18000']);
  });

  it('a reader and a writer of one address exclude each other', () => {
    const result = analyse(
      kernelText(`
        1.000100 0 a-101 -      | f() {
        1.000101 0 a-101 1.000  |   down_write(sem=${A});
        1.000110 1 b-102 -      | g() {
        1.000111 1 b-102 -      |   down_read(sem=${A}) {
        1.000112 1 b-102 18.000 |     rwsem_down_read_slowpath(sem=${A}, count=0x1);
        1.000130 0 a-101 1.000  |   up_write(sem=${A});
        1.000131 1 b-102 20.000 |   }
        1.000132 0 a-101 32.000 | }
        1.000140 1 b-102 1.000  |   up_read(sem=${A});
        1.000142 1 b-102 32.000 | }`),
    );
    expect(blamedOn(lockRow(result, `rwsem ${A} (read)`, 'g'))).toEqual(['f a-101 18000']);
  });
});
