import { describe, expect, it } from 'vitest';
import { lockPrimitive } from '../../../src/analysis/locks/primitives.ts';

describe('lock functions', () => {
  it.each([
    ['_raw_spin_lock', 'acquire', 'spinlock'],
    ['_raw_spin_lock_irqsave', 'acquire', 'spinlock'],
    ['_raw_spin_lock_irq', 'acquire', 'spinlock'],
    ['_raw_spin_lock_bh', 'acquire', 'spinlock'],
    ['_raw_spin_lock_nested', 'acquire', 'spinlock'],
    ['_raw_spin_lock_irqsave_nested', 'acquire', 'spinlock'],
    ['_raw_spin_trylock', 'try', 'spinlock'],
    ['_raw_spin_trylock_bh', 'try', 'spinlock'],
    ['_raw_spin_unlock_irqrestore', 'release', 'spinlock'],
    ['queued_spin_lock_slowpath', 'slowpath', 'spinlock'],
    ['native_queued_spin_lock_slowpath', 'slowpath', 'spinlock'],
    ['__pv_queued_spin_lock_slowpath', 'slowpath', 'spinlock'],
    ['rt_spin_lock', 'acquire', 'spinlock'],
    ['_raw_read_lock', 'acquire', 'rwlock-read'],
    ['_raw_read_lock_irqsave', 'acquire', 'rwlock-read'],
    ['_raw_read_trylock', 'try', 'rwlock-read'],
    ['_raw_read_unlock_irqrestore', 'release', 'rwlock-read'],
    ['_raw_write_lock', 'acquire', 'rwlock-write'],
    ['_raw_write_unlock_irq', 'release', 'rwlock-write'],
    ['queued_write_lock_slowpath', 'slowpath', 'rwlock-write'],
    ['mutex_lock', 'acquire', 'mutex'],
    ['mutex_lock_interruptible', 'acquire', 'mutex'],
    ['mutex_lock_killable_nested', 'acquire', 'mutex'],
    ['mutex_trylock', 'try', 'mutex'],
    ['mutex_unlock', 'release', 'mutex'],
    ['__mutex_lock.constprop.0', 'slowpath', 'mutex'],
    ['__mutex_lock_slowpath', 'slowpath', 'mutex'],
    ['__mutex_lock_killable_slowpath', 'slowpath', 'mutex'],
    ['down_read', 'acquire', 'rwsem-read'],
    ['down_read_killable', 'acquire', 'rwsem-read'],
    ['down_read_trylock', 'try', 'rwsem-read'],
    ['up_read', 'release', 'rwsem-read'],
    ['down_write_killable', 'acquire', 'rwsem-write'],
    ['rwsem_down_write_slowpath', 'slowpath', 'rwsem-write'],
    ['up_write', 'release', 'rwsem-write'],
    ['down', 'acquire', 'semaphore'],
    ['up', 'release', 'semaphore'],
  ] as const)('%s: %s of a %s', (name, op, kind) => {
    expect(lockPrimitive(name)).toEqual({ op, kind });
  });

  // Names that only look like them.
  it.each([
    'mutex_is_locked',
    'mutex_spin_on_owner',
    '__mutex_init',
    '__mutex_unlock_slowpath.constprop.0',
    'mutex_optimistic_spin',
    'rwsem_wake.isra.0',
    'up_and_down',
    'update_process_times',
    'raw_spin_rq_lock_nested',
    'folio_lock',
    'lock_page',
    'unlock_page',
    'rcu_read_lock',
    '_raw_spin_lock_init',
    'queued_spin_lock',
    'do_raw_spin_lock',
    'bit_spin_lock',
    'zs_free',
  ])('%s is none', (name) => {
    expect(lockPrimitive(name)).toBeNull();
  });
});
