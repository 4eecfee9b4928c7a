import type { LockKind } from './primitives.ts';

/**
 * Which lock a call site takes, read from kernel sources: mm/zsmalloc.c, drivers/block/zram,
 * mm/zswap.c, mm/page_alloc.c, mm/swapfile.c, mm/swap_slots.c, mm/slub.c and the scheduler and timer
 * code of 6.1.192, 6.12.117 and 7.x. `lock` is an identity: the same text means the same lock (of
 * possibly many instances), whatever the site. Text in `{}` is settled by {@link displayName}.
 */
interface SiteRule {
  /** Functions that call the lock function directly (inlined helpers included). */
  readonly site: RegExp;
  /** The lock function itself, when only one variant is meant. */
  readonly primitive?: RegExp;
  readonly kinds: readonly LockKind[];
  readonly lock: string;
  /** The lock when the site's call already holds one of the same kind; null: some other lock. */
  readonly second?: string | null;
  /** The lock when the site's call holds one of another kind, and none of this. */
  readonly underOther?: string;
  /** The locks that the site's call takes one after the other, again and again. */
  readonly inTurn?: readonly string[];
}

const SPIN: readonly LockKind[] = ['spinlock'];
const RW: readonly LockKind[] = ['rwlock-read', 'rwlock-write'];
const PLAIN = /^(?:_?raw_spin_(?:un)?lock|rt_spin_(?:un)?lock|(?:native_|__pv_)?queued_spin_lock_slowpath)$/;

/** zsmalloc functions; interrupts on top of them take their own locks with `_irq` variants. */
const ZSMALLOC =
  /^(?:zs_\w+|__zs_compact|async_free_zspage|obj_malloc|obj_free|free_zspage|__free_zspage|lock_zspage|alloc_zspage)$/;
const PAGE_ALLOCATOR =
  /^(?:rmqueue\w*|__rmqueue\w*|get_page_from_freelist|__?alloc_pages\w*|alloc_pages\w*|__alloc_frozen_pages\w*|free_unref_\w+|free_frozen_page\w*|__free_frozen_pages|free_pcppages_bulk|free_one_page|__free_pages_ok|__free_one_page|drain_pages_zone|drain_zone_pages|decay_pcp_high|unreserve_highatomic_pageblock|isolate_\w+|compact_zone)$/;

const RULES: readonly SiteRule[] = [
  // Since 6.15 the zspage's lock is a spinlock around a count of readers.
  { site: /^zs_obj_\w+$/, primitive: PLAIN, kinds: SPIN, lock: 'zspage->lock' },
  { site: ZSMALLOC, primitive: /trylock/, kinds: SPIN, lock: 'zspage->lock' },
  // A second spinlock is taken by an interrupt whose entry functions are not in the trace.
  { site: ZSMALLOC, primitive: PLAIN, kinds: SPIN, lock: '{zs-object}', second: null },
  // Under the one pool spinlock of 6.2-6.10 the only reader-writer lock is the zspage's.
  { site: ZSMALLOC, kinds: RW, lock: '{zs-pool}', second: 'zspage->lock', underOther: 'zspage->lock' },
  { site: /^zram_\w+$/, primitive: /trylock$|lock$|slowpath$/, kinds: SPIN, lock: 'zram slot lock' },
  {
    site: /^zswap_(?:store\w*|compress|decompress|writeback_entry|load)$/,
    kinds: ['mutex'],
    lock: 'acomp_ctx->mutex',
  },
  { site: /^crypto_acomp_\w+$|^zswap_cpu_comp_\w+$/, kinds: ['mutex'], lock: 'acomp_ctx->mutex' },
  { site: /^scomp_acomp_comp_decomp$/, primitive: PLAIN, kinds: SPIN, lock: 'scomp scratch->lock' },
  {
    site: /^(?:list_lru_\w+|__list_lru_\w+|zswap_entry_free|zswap_lru_\w+|lock_list_lru\w*)$/,
    primitive: PLAIN,
    kinds: SPIN,
    lock: 'list_lru lock',
  },
  {
    site: /^zswap_(?:invalidate|load|store\w*|writeback_entry)$/,
    primitive: PLAIN,
    kinds: SPIN,
    lock: 'zswap tree xa_lock',
  },
  { site: PAGE_ALLOCATOR, primitive: /trylock/, kinds: SPIN, lock: 'pcp->lock' },
  {
    site: /^(?:drain_pages_zone|drain_zone_pages|decay_pcp_high)$/,
    primitive: PLAIN,
    kinds: SPIN,
    lock: 'pcp->lock',
  },
  { site: PAGE_ALLOCATOR, kinds: SPIN, lock: 'zone->lock' },
  {
    site: /^free_swap_slot$|^refill_swap_slots_cache$/,
    primitive: /_irq$/,
    kinds: SPIN,
    lock: 'swap_slots_cache free_lock',
  },
  {
    site: /^(?:swapcache_free_entries|get_swap_pages|scan_swap_map_slots|swap_range_(?:alloc|free))$/,
    primitive: PLAIN,
    kinds: SPIN,
    lock: 'si->lock',
    second: 'swap cluster lock',
  },
  // Clears the use counts under the cluster lock, then frees the range under si->lock (6.10-6.13).
  {
    site: /^(?:free_swap_and_cache_nr|__swap_entries_free)$/,
    primitive: PLAIN,
    kinds: SPIN,
    lock: '{swap-free}',
    inTurn: ['swap cluster lock', '{swap-free}'],
  },
  {
    site: /^(?:swap_entry_range_free|__swap_entry_free|swap_free_nr|put_swap_folio|swap_entries?_put_\w+|swap_entries_free|swap_put_\w+|__swap_duplicate|swap_duplicate|swap_alloc_\w+|alloc_swap_scan_cluster|cluster_alloc_swap_entry|folio_alloc_swap|swap_cluster_lock\w*)$/,
    primitive: PLAIN,
    kinds: SPIN,
    lock: 'swap cluster lock',
  },
  { site: /^swap_cgroup_record$/, kinds: SPIN, lock: 'swap_cgroup ctrl->lock' },
  {
    site: /^(?:clear_shadow_from_swap_cache|add_to_swap_cache|delete_from_swap_cache|__read_swap_cache_async|__remove_mapping|shmem_add_to_page_cache|__filemap_add_folio)$/,
    primitive: /_irq(?:save|restore)?$/,
    kinds: SPIN,
    lock: 'mapping xa_lock',
  },
  {
    site: /^(?:__slab_free|___slab_alloc|__put_partials|get_partial_node\w*|kmem_cache_free|free_to_partial_list|__unfreeze_partials|deactivate_slab)$/,
    kinds: SPIN,
    lock: 'kmem_cache_node->list_lock',
  },
  {
    site: /^(?:folio_lruvec_lock\w*|folio_batch_move_lru|shrink_\w+_list|move_folios_to_lru|lru_add_drain\w*|__page_cache_release|release_pages|folios_put_refs)$/,
    kinds: SPIN,
    lock: 'lruvec->lru_lock',
  },
  {
    site: /^(?:unmap_page_range|zap_pte_range|__pte_offset_map_lock|pte_offset_map_lock\w*|do_swap_page|do_anonymous_page|handle_pte_fault|try_to_unmap_one|page_vma_mapped_walk|madvise_cold_or_pageout_pte_range|copy_pte_range)$/,
    primitive: PLAIN,
    kinds: SPIN,
    lock: 'page table lock',
  },
  {
    site: /^(?:__vm_munmap|vm_munmap|vm_mmap_pgoff|__x64_sys_\w+|do_user_addr_fault|do_madvise|exit_mmap|__do_sys_\w+|lock_mm_and_find_vma|mmap_read_lock\w*|mmap_write_lock\w*|dup_mmap)$/,
    kinds: ['rwsem-read', 'rwsem-write'],
    lock: 'mm->mmap_lock',
  },
  {
    site: /^(?:free_pgtables|unlink_anon_vmas|anon_vma_clone|anon_vma_fork|folio_lock_anon_vma_read|__anon_vma_prepare)$/,
    kinds: ['rwsem-read', 'rwsem-write'],
    lock: 'anon_vma->rwsem',
  },
  {
    site: /^(?:raw_spin_rq_(?:un)?lock\w*|sched_tick|scheduler_tick|__schedule|schedule|finish_task_switch\S*|sched_balance_\w+)$/,
    primitive: PLAIN,
    kinds: SPIN,
    lock: 'rq->lock',
  },
  { site: /^try_to_wake_up$/, kinds: SPIN, lock: 'p->pi_lock' },
  { site: /^(?:hrtimer_\w+|__hrtimer_\w+)$/, kinds: SPIN, lock: 'hrtimer cpu_base->lock' },
  { site: /^tick_do_update_jiffies64$/, primitive: PLAIN, kinds: SPIN, lock: 'jiffies_lock' },
  {
    site: /^(?:mod_timer|__mod_timer|run_timer_softirq|timer_delete\w*|add_timer\w*|__run_timers|lock_timer_base)$/,
    kinds: SPIN,
    lock: 'timer_base->lock',
  },
  {
    site: /^(?:rcu_core\w*|rcu_report_qs_\w+|rcu_gp_\w+|note_gp_changes|force_qs_rnp)$/,
    kinds: SPIN,
    lock: 'rcu_node->lock',
  },
  {
    site: /^(?:shmem_file_write_iter|generic_file_write_iter|ext4_buffered_write_iter|\w+_file_write_iter)$/,
    kinds: ['rwsem-write', 'rwsem-read'],
    lock: 'inode->i_rwsem',
  },
];

/** A lock as far as a site tells it. */
export interface LockIdentity {
  /** Same text, same lock. */
  readonly key: string;
  readonly known: boolean;
}

/** What the site's call has done with locks so far. */
export interface SiteState {
  /** Locks of the same kind, and of others, that it holds. */
  readonly held: number;
  readonly heldOther: number;
  /** Locks that it has taken, where it takes several in turn. */
  readonly taken: number;
}

/**
 * The lock that `primitive` takes (or releases) when `site` calls it.
 */
export function identifyLock(
  site: string,
  primitive: string,
  kind: LockKind,
  { held, heldOther, taken }: SiteState,
): LockIdentity {
  for (const rule of RULES) {
    if (!rule.kinds.includes(kind) || !rule.site.test(site)) continue;
    if (rule.primitive && !rule.primitive.test(primitive)) continue;
    if (rule.inTurn) return { key: rule.inTurn[taken % rule.inTurn.length]!, known: true };
    if (held > 0 && rule.second === null) break;
    if (heldOther > 0 && held === 0 && rule.underOther) return { key: rule.underOther, known: true };
    return { key: held > 0 && rule.second ? rule.second : rule.lock, known: true };
  }
  return { key: `?${kind}@${site}`, known: false };
}

/** True for functions that take several locks in turn, so that their acquisitions must be counted. */
export function takesInTurn(site: string): boolean {
  return RULES.some((rule) => rule.inTurn !== undefined && rule.site.test(site));
}

/** What the whole trace tells about the kernel it was recorded on; settles names that changed. */
export interface KernelHints {
  /** `6.12.117+deb12-amd64`, or ''. */
  readonly release: string;
  readonly hasFunction: (name: string) => boolean;
  /** zsmalloc takes a reader-writer lock somewhere in the trace. */
  readonly zsmallocHasRwlock: boolean;
  /** Holds of its spinlock on two CPUs overlap: there are several. */
  readonly zsmallocHoldsOverlap: boolean;
}

/** The lock's name as a kernel developer writes it, without the side of two-sided locks. */
export function displayName(key: string, hints: KernelHints): string {
  switch (key) {
    case '{zs-object}':
      return zsObjectLock(hints);
    case '{zs-pool}':
      return zsPoolLock(hints);
    case '{swap-free}':
      return swapFreeLock(hints);
    default: {
      const unknown = /^\?(\S+?)@(.*)$/.exec(key);
      return unknown ? `${unknown[1]!.replace(/-(?:read|write)$/, '')} at ${unknown[2]}` : key;
    }
  }
}

function version(hints: KernelHints): number | null {
  const m = /^(\d+)\.(\d+)/.exec(hints.release);
  return m ? Number(m[1]) * 1000 + Number(m[2]) : null;
}

/** The name of zsmalloc's spinlock where the trace does not tell whether there is one or one for each class. */
export const CLASS_OR_POOL = 'class->lock or pool->lock';

/** Eras of mm/zsmalloc.c: one pool spinlock in 6.2-6.10 (and 6.1.47+), class locks before and since. */
function zsObjectLock(hints: KernelHints): string {
  const v = version(hints);
  if (v !== null) {
    if (v >= 6002 && v <= 6010) return 'pool->lock';
    if (v === 6001) return hints.zsmallocHasRwlock ? 'class->lock' : 'pool->lock';
    return 'class->lock';
  }
  if (hints.zsmallocHasRwlock) return 'class->lock';
  // Symbols that came with 6.10 and later, and such as were gone by then.
  const later = [
    'alloc_pages_noprof',
    '__alloc_pages_noprof',
    'kmem_cache_alloc_noprof',
    '__free_zspage_lockless',
    'free_swap_and_cache_nr',
    'swap_entry_range_free',
    'zs_obj_write',
  ];
  if (later.some(hints.hasFunction)) return 'class->lock';
  const earlier = [
    'alloc_pages',
    'kmem_cache_alloc',
    'insert_zspage',
    '__swap_entry_free',
    'scheduler_tick',
    'rebalance_domains',
    '__do_softirq',
  ];
  if (hints.zsmallocHoldsOverlap) return 'class->lock';
  if (earlier.some(hints.hasFunction)) return 'pool->lock';
  return CLASS_OR_POOL;
}

/** `migrate_lock` until 6.14, renamed `lock` in 6.15 with the object read and write calls. */
function zsPoolLock(hints: KernelHints): string {
  const v = version(hints);
  if (v !== null) return v >= 6015 ? 'pool->lock' : 'pool->migrate_lock';
  return ['zs_obj_write', 'zs_obj_read_begin', 'zs_obj_read_sg_begin'].some(hints.hasFunction)
    ? 'pool->lock'
    : 'pool->migrate_lock';
}

/** Freeing of swap ranges: under `si->lock` until 6.13, under the cluster's lock since. */
function swapFreeLock(hints: KernelHints): string {
  const v = version(hints);
  return v !== null && v >= 6014 ? 'swap cluster lock' : 'si->lock';
}
