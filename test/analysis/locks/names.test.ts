import { describe, expect, it } from 'vitest';
import { displayName, identifyLock, type KernelHints } from '../../../src/analysis/locks/names.ts';
import { analyse, lockNames, lockRow } from '../analyse.ts';
import { kernelText } from '../kernel-text.ts';

const hints = (options: { release?: string; functions?: string[]; rwlock?: boolean }): KernelHints => ({
  release: options.release ?? '',
  hasFunction: (name) => options.functions?.includes(name) ?? false,
  zsmallocHasRwlock: options.rwlock ?? false,
  zsmallocHoldsOverlap: false,
});

/** zs_free as each era has it. */
const SPIN_ONLY = `
        1.000100 0 a-101 -     | zs_free() {
        1.000101 0 a-101 1.000 |   _raw_spin_lock();
        1.000103 0 a-101 1.000 |   obj_free();
        1.000105 0 a-101 1.000 |   _raw_spin_unlock();
        1.000107 0 a-101 9.000 | }`;
const READ_AND_SPIN = `
        1.000200 0 a-101 -     | zs_free() {
        1.000201 0 a-101 1.000 |   _raw_read_lock();
        1.000203 0 a-101 1.000 |   _raw_spin_lock();
        1.000205 0 a-101 1.000 |   _raw_read_unlock();
        1.000207 0 a-101 1.000 |   obj_free();
        1.000209 0 a-101 1.000 |   _raw_spin_unlock();
        1.000211 0 a-101 9.000 | }`;
const seen = (...functions: string[]) =>
  functions.map((name) => `\n        1.000900 1 b-102 1.000 | ${name}();`).join('');
const names = (rows: string) => lockNames(analyse(kernelText(rows))).sort();

describe('zsmalloc locks by era', () => {
  it('6.11 and later: a read lock and a spinlock in zs_free', () => {
    expect(names(READ_AND_SPIN)).toEqual(['class->lock in zs_free', 'pool->migrate_lock (read) in zs_free']);
  });

  it('6.2 to 6.10, and 6.1 since .47: only a spinlock, with symbols of that time', () => {
    expect(names(SPIN_ONLY + seen('insert_zspage', 'kmem_cache_alloc'))).toEqual(['pool->lock in zs_free']);
  });

  it('6.15 and later: the reader-writer lock is called pool->lock', () => {
    expect(names(READ_AND_SPIN + seen('zs_obj_read_sg_begin'))).toEqual([
      'class->lock in zs_free',
      'pool->lock (read) in zs_free',
    ]);
  });

  it('newest: only a spinlock in zs_free, with symbols of later kernels', () => {
    expect(names(SPIN_ONLY + seen('alloc_pages_noprof'))).toEqual(['class->lock in zs_free']);
  });

  it('says so when the trace does not tell the era', () => {
    expect(names(SPIN_ONLY)).toEqual(['class->lock or pool->lock in zs_free']);
  });

  const onTwoCpus = (together: number) =>
    Array.from({ length: 9 }, (_, k) => {
      const at = (us: number) => `1.00${1000 + 40 * k + us}`;
      return `
        ${at(0)} 0 a-101 -     | zs_free() {
        ${at(1)} 0 a-101 1.000 |   _raw_spin_lock();
        ${at(3)} 1 b-102 -     | zs_free() {
        ${at(4)} 1 b-102 1.000 |   _raw_spin_lock();
        ${at(6)} 0 a-101 ${together}.000 |   obj_free();
        ${at(7)} 1 b-102 9.000 |   obj_free();
        ${at(25)} 0 a-101 25.000 | }
        ${at(26)} 1 b-102 23.000 | }`;
    }).join('');

  it('there is one for each class where holds on two CPUs overlap, unlocks traced or not', () => {
    expect(names(onTwoCpus(9))).toEqual(['class->lock in zs_free']);
  });

  it('stamps of neighbouring microseconds do not tell', () => {
    expect(names(onTwoCpus(1))).toEqual(['class->lock or pool->lock in zs_free']);
  });

  // Facts: the one pool spinlock for the lookup, then the zspage's reader-writer lock until unmap.
  it('6.2 to 6.10: zs_map_object takes the zspage lock, not a pool reader-writer lock', () => {
    const map = `
        1.000300 0 a-101 -     | zs_map_object() {
        1.000301 0 a-101 1.000 |   _raw_spin_lock();
        1.000303 0 a-101 1.000 |   _raw_read_lock();
        1.000305 0 a-101 1.000 |   _raw_spin_unlock();
        1.000307 0 a-101 9.000 | }`;
    expect(names(SPIN_ONLY + map + seen('insert_zspage', 'kmem_cache_alloc'))).toEqual([
      'pool->lock in zs_free',
      'pool->lock in zs_map_object',
      'zspage->lock (read) in zs_map_object',
    ]);
  });

  // Facts: reader count + 1 under the zspage's inner spinlock.
  it('6.15 and later: the spinlock in zs_obj_read_begin is the zspage lock', () => {
    const read = `
        1.000300 0 a-101 -     | zs_obj_read_begin() {
        1.000301 0 a-101 1.000 |   _raw_read_lock();
        1.000303 0 a-101 1.000 |   _raw_spin_lock();
        1.000305 0 a-101 1.000 |   _raw_spin_unlock();
        1.000307 0 a-101 1.000 |   _raw_read_unlock();
        1.000309 0 a-101 9.000 | }`;
    expect(names(READ_AND_SPIN + read)).not.toContain('class->lock in zs_obj_read_begin');
  });

  it.each([
    ['5.15.0', true, 'class->lock'],
    ['6.1.192', false, 'pool->lock'],
    ['6.1.20', true, 'class->lock'],
    ['6.2.0', false, 'pool->lock'],
    ['6.6.30-1-generic', false, 'pool->lock'],
    ['6.10.14', false, 'pool->lock'],
    ['6.11.0', true, 'class->lock'],
    ['6.12.117+deb12-amd64', true, 'class->lock'],
    ['7.3.0-rc7', false, 'class->lock'],
  ])('release %s: the spinlock of zs_free is named by it', (release, rwlock, name) => {
    expect(displayName('{zs-object}', hints({ release, rwlock }))).toBe(name);
  });

  it.each([
    ['6.12.117', 'pool->migrate_lock'],
    ['6.14.2', 'pool->migrate_lock'],
    ['6.15.0', 'pool->lock'],
    ['7.3.0-rc7', 'pool->lock'],
  ])('release %s: the reader-writer lock is %s', (release, name) => {
    expect(displayName('{zs-pool}', hints({ release, rwlock: true }))).toBe(name);
  });

  it('takes the release from the banner of the latency format', () => {
    const text = `# tracer: function_graph\n#\n# function_graph latency trace v1.1.5 on 6.6.30-1-generic\n${'#'} CPU  DURATION                  FUNCTION CALLS\n 0)               |  zs_free() {\n 0)   1.000 us    |    _raw_spin_lock();\n 0)   1.000 us    |    _raw_spin_unlock();\n 0)   9.000 us    |  }\n`;
    const result = analyse(text);
    expect([result.input.kernelRelease, ...lockNames(result)]).toEqual([
      '6.6.30-1-generic',
      'pool->lock in zs_free',
    ]);
  });
});

describe('a second spinlock in zs_free', () => {
  it('is not the class lock: an interrupt whose entry is not traced took it', () => {
    const result = analyse(
      kernelText(`
        1.000100 0 a-101 -     | zs_free() {
        1.000101 0 a-101 1.000 |   _raw_spin_lock();
        1.000103 0 a-101 1.000 |   _raw_spin_lock_irqsave();
        1.000105 0 a-101 1.000 |   _raw_spin_unlock_irqrestore();
        1.000107 0 a-101 1.000 |   _raw_spin_lock();
        1.000109 0 a-101 1.000 |   _raw_spin_unlock();
        1.000111 0 a-101 1.000 |   _raw_spin_unlock();
        1.000113 0 a-101 9.000 | }
        1.000120 0 a-101 1.000 | alloc_pages_noprof();`),
    );
    const row = lockRow(result, 'class->lock', 'zs_free');
    expect([row.acquisitions, row.hold!.totalNs]).toEqual([1, 9000]);
    expect(lockNames(result)).toContain('spinlock at zs_free in zs_free');
  });
});

describe('locks in turn', () => {
  it('free_swap_and_cache_nr takes cluster lock and si->lock one after the other', () => {
    const turn = (at: number) => `
        1.000${at}01 0 a-101 1.000 |   _raw_spin_lock();
        1.000${at}03 0 a-101 1.000 |   _raw_spin_unlock();`;
    const call = (at: number) => `
        1.000${at}00 0 a-101 -     | free_swap_and_cache_nr() {${[0, 1, 2, 3].map((i) => turn(at + i)).join('')}
        1.000${at + 4}00 0 a-101 9.000 | }`;
    const result = analyse(kernelText(call(1) + call(5)));
    expect(result.locks.map((row) => [row.lock, row.site, row.acquisitions]).sort()).toEqual([
      ['si->lock', 'free_swap_and_cache_nr', 4],
      ['swap cluster lock', 'free_swap_and_cache_nr', 4],
    ]);
  });

  it('counts anew in every input, whatever the first one ended with', () => {
    const text = kernelText(`
        1.000100 0 a-101 -     | free_swap_and_cache_nr() {
        1.000101 0 a-101 1.000 |   _raw_spin_lock();
        1.000103 0 a-101 1.000 |   _raw_spin_unlock();
        1.000109 0 a-101 9.000 | }`);
    const result = analyse([text, text]);
    expect(result.locks.map((row) => [row.lock, row.acquisitions])).toEqual([['swap cluster lock', 2]]);
  });
});

describe('locks by their site', () => {
  it.each([
    ['zswap_store', 'mutex_lock', 'mutex', 'acomp_ctx->mutex'],
    ['zswap_compress', 'mutex_lock', 'mutex', 'acomp_ctx->mutex'],
    ['zswap_decompress', 'mutex_lock', 'mutex', 'acomp_ctx->mutex'],
    ['zram_slot_free_notify', '_raw_spin_trylock', 'spinlock', 'zram slot lock'],
    ['zram_read_page', '_raw_spin_lock', 'spinlock', 'zram slot lock'],
    ['free_unref_page', '_raw_spin_trylock', 'spinlock', 'pcp->lock'],
    ['free_pcppages_bulk', '_raw_spin_lock_irqsave', 'spinlock', 'zone->lock'],
    ['rmqueue_bulk', '_raw_spin_lock_irqsave', 'spinlock', 'zone->lock'],
    ['__slab_free', '_raw_spin_lock_irqsave', 'spinlock', 'kmem_cache_node->list_lock'],
    ['folio_lruvec_lock_irqsave', '_raw_spin_lock_irqsave', 'spinlock', 'lruvec->lru_lock'],
    ['do_user_addr_fault', 'down_read_killable', 'rwsem-read', 'mm->mmap_lock'],
    ['__vm_munmap', 'down_write_killable', 'rwsem-write', 'mm->mmap_lock'],
    ['swap_cgroup_record', '_raw_spin_lock_irqsave', 'spinlock', 'swap_cgroup ctrl->lock'],
    ['do_swap_page', '_raw_spin_lock', 'spinlock', 'page table lock'],
  ] as const)('%s, %s: %s is %s', (site, primitive, kind, lock) => {
    const identity = identifyLock(site, primitive, kind, { held: 0, heldOther: 0, taken: 0 });
    expect([identity.known, displayName(identity.key, hints({}))]).toEqual([true, lock]);
  });

  it('what no table knows is named by its site', () => {
    const identity = identifyLock('ext4_da_write_begin', 'mutex_lock', 'mutex', {
      held: 0,
      heldOther: 0,
      taken: 0,
    });
    expect([identity.known, displayName(identity.key, hints({}))]).toEqual([
      false,
      'mutex at ext4_da_write_begin',
    ]);
  });

  it('zone->lock taken under class->lock is told there', () => {
    const result = analyse(
      kernelText(`
        1.000100 0 a-101 -      | zs_free() {
        1.000101 0 a-101 1.000  |   _raw_read_lock();
        1.000103 0 a-101 1.000  |   _raw_spin_lock();
        1.000105 0 a-101 1.000  |   _raw_read_unlock();
        1.000107 0 a-101 -      |   free_zspage() {
        1.000108 0 a-101 -      |     free_unref_page() {
        1.000109 0 a-101 1.000  |       _raw_spin_trylock();
        1.000111 0 a-101 -      |       free_pcppages_bulk() {
        1.000112 0 a-101 2.000  |         _raw_spin_lock_irqsave();
        1.000116 0 a-101 1.000  |         _raw_spin_unlock_irqrestore();
        1.000118 0 a-101 7.000  |       }
        1.000119 0 a-101 1.000  |       _raw_spin_unlock();
        1.000121 0 a-101 13.000 |     }
        1.000122 0 a-101 15.000 |   }
        1.000124 0 a-101 1.000  |   _raw_spin_unlock();
        1.000126 0 a-101 26.000 | }`),
    );
    const row = lockRow(result, 'class->lock', 'zs_free');
    expect(row.lockedWhileHeld).toEqual([
      { name: 'zone->lock', calls: 1, totalNs: 2000 },
      { name: 'pcp->lock', calls: 1, totalNs: 1000 },
    ]);
    expect(row.calledWhileHeld).toEqual([{ name: 'free_zspage', calls: 1, totalNs: 15_000 }]);
    expect(lockRow(result, 'pcp->lock', 'free_unref_page').hold!.totalNs).toBe(9000);
    expect(lockRow(result, 'zone->lock', 'free_pcppages_bulk').hold!.totalNs).toBe(2000);
  });
});
