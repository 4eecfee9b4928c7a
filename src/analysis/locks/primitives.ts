/** What a lock function does. `downgrade`: held for writing before, for reading after. */
export type LockOp = 'acquire' | 'try' | 'release' | 'slowpath' | 'downgrade';

/** The lock type as the kernel's documentation names it, with the side for two-sided locks. */
export type LockKind =
  | 'spinlock'
  | 'rwlock-read'
  | 'rwlock-write'
  | 'mutex'
  | 'rwsem-read'
  | 'rwsem-write'
  | 'percpu-rwsem-read'
  | 'percpu-rwsem-write'
  | 'rtmutex'
  | 'semaphore';

export interface LockPrimitive {
  readonly op: LockOp;
  readonly kind: LockKind;
}

const IRQ = '(?:_irq|_irqsave|_irqrestore|_bh|_nested|_irqsave_nested|_nest_lock)*';

/**
 * Lock functions by name. Sources: kernel/locking/spinlock.c, qspinlock.c, qrwlock.c, mutex.c,
 * rwsem.c, semaphore.c, spinlock_rt.c, rtmutex_api.c of 6.1, 6.12 and 7.x. Bit spinlocks and
 * fast paths inlined by the architecture have no function and cannot be seen.
 */
const PRIMITIVES: readonly (readonly [RegExp, LockOp, LockKind])[] = [
  [new RegExp(`^_?raw_spin_lock${IRQ}$`), 'acquire', 'spinlock'],
  [/^_?raw_spin_trylock(?:_bh|_irq|_irqsave)?$/, 'try', 'spinlock'],
  [new RegExp(`^_?raw_spin_unlock${IRQ}$`), 'release', 'spinlock'],
  [/^(?:native_|__pv_)?queued_spin_lock_slowpath$/, 'slowpath', 'spinlock'],
  [/^rt_spin_lock(?:_nested)?$/, 'acquire', 'spinlock'],
  [/^rt_spin_trylock(?:_bh)?$/, 'try', 'spinlock'],
  [/^rt_spin_unlock$/, 'release', 'spinlock'],
  [/^rtlock_slowlock(?:_locked)?$/, 'slowpath', 'spinlock'],
  [new RegExp(`^_raw_read_lock${IRQ}$`), 'acquire', 'rwlock-read'],
  [/^_raw_read_trylock$/, 'try', 'rwlock-read'],
  [new RegExp(`^_raw_read_unlock${IRQ}$`), 'release', 'rwlock-read'],
  [/^(?:queued_read_lock_slowpath|rwbase_read_lock)$/, 'slowpath', 'rwlock-read'],
  [/^rt_read_lock$/, 'acquire', 'rwlock-read'],
  [/^rt_read_trylock$/, 'try', 'rwlock-read'],
  [/^rt_read_unlock$/, 'release', 'rwlock-read'],
  [new RegExp(`^_raw_write_lock${IRQ}$`), 'acquire', 'rwlock-write'],
  [/^_raw_write_trylock$/, 'try', 'rwlock-write'],
  [new RegExp(`^_raw_write_unlock${IRQ}$`), 'release', 'rwlock-write'],
  [/^(?:queued_write_lock_slowpath|rwbase_write_lock)$/, 'slowpath', 'rwlock-write'],
  [/^rt_write_lock(?:_nested)?$/, 'acquire', 'rwlock-write'],
  [/^rt_write_trylock$/, 'try', 'rwlock-write'],
  [/^rt_write_unlock$/, 'release', 'rwlock-write'],
  [/^(?:ww_)?mutex_lock(?:_interruptible|_killable|_io)?(?:_nested)?$/, 'acquire', 'mutex'],
  [/^(?:ww_)?mutex_trylock$/, 'try', 'mutex'],
  [/^(?:ww_)?mutex_unlock$/, 'release', 'mutex'],
  [/^__(?:ww_)?mutex_lock(?:_\w*slowpath|_common)?(?:\.\w+)*$/, 'slowpath', 'mutex'],
  [/^down_read(?:_interruptible|_killable|_nested|_killable_nested|_non_owner)*$/, 'acquire', 'rwsem-read'],
  [/^down_read_trylock$/, 'try', 'rwsem-read'],
  [/^up_read(?:_non_owner)?$/, 'release', 'rwsem-read'],
  [/^rwsem_down_read_slowpath(?:\.\w+)*$/, 'slowpath', 'rwsem-read'],
  [/^down_write(?:_killable|_nested|_killable_nested|_nest_lock)*$/, 'acquire', 'rwsem-write'],
  [/^down_write_trylock$/, 'try', 'rwsem-write'],
  [/^up_write$/, 'release', 'rwsem-write'],
  [/^downgrade_write$/, 'downgrade', 'rwsem-write'],
  [/^rwsem_down_write_slowpath(?:\.\w+)*$/, 'slowpath', 'rwsem-write'],
  [/^rt_mutex_lock(?:_interruptible|_killable|_nested)?$/, 'acquire', 'rtmutex'],
  [/^rt_mutex_trylock$/, 'try', 'rtmutex'],
  [/^rt_mutex_unlock$/, 'release', 'rtmutex'],
  [/^rt_mutex_slowlock(?:\.\w+)*$/, 'slowpath', 'rtmutex'],
  [/^down(?:_interruptible|_killable|_timeout)?$/, 'acquire', 'semaphore'],
  [/^down_trylock$/, 'try', 'semaphore'],
  [/^up$/, 'release', 'semaphore'],
  [/^__down(?:_interruptible|_killable|_timeout|_common)?(?:\.\w+)*$/, 'slowpath', 'semaphore'],
];

/** What a function is among locks; null when it is no lock function. */
export function lockPrimitive(functionName: string): LockPrimitive | null {
  for (const [pattern, op, kind] of PRIMITIVES) {
    if (pattern.test(functionName)) return { op, kind };
  }
  return null;
}
