import { AccessMode, OperationKind, type OperationPart } from '../../trace/operations.ts';
import { PageFreeKind } from '../../trace/page-frees.ts';
import { type LockPrimitive, lockPrimitive } from '../locks/primitives.ts';
import { bareName } from './probe-text.ts';
import { ZSWAP_OPERATIONS } from './zswap-functions.ts';

/** Functions that are operations, by name. */
export const OPERATIONS: Readonly<Record<string, number>> = {
  zs_malloc: OperationKind.Malloc,
  zs_free: OperationKind.Free,
  zs_map_object: OperationKind.Map,
  zs_obj_read_begin: OperationKind.Map,
  zs_obj_read_sg_begin: OperationKind.Map,
  zs_obj_write: OperationKind.Map,
  zram_slot_free_notify: OperationKind.Notify,
  zs_compact: OperationKind.Compact,
  zs_page_migrate: OperationKind.Migrate,
};

/** What the access of a map function is for, where the function alone says it. */
export const ACCESS: Readonly<Record<string, number>> = {
  zs_obj_read_begin: AccessMode.Read,
  zs_obj_read_sg_begin: AccessMode.Read,
  zs_obj_write: AccessMode.Write,
};

/** Functions that run under the lock of the operation they belong to. */
export const INNER = ['obj_malloc', 'obj_free', 'fix_fullness_group', 'putback_zspage'] as const;
export type Inner = (typeof INNER)[number];

const WRAPPER = /(?:^|_)zs_|zspage|obj_free|free_obj|(?:free|zs)_deferred|deferred_free/;

/** Calls that are made once for each folio that goes back (mm/page_alloc.c, mm/swap_state.c of 6.1 and 6.12). */
const FOLIO_FREES: Readonly<Record<string, PageFreeKind>> = {
  free_unref_page_commit: PageFreeKind.Commit,
  free_frozen_page_commit: PageFreeKind.Commit,
  free_swap_cache: PageFreeKind.Batch,
};

/** The system call munmap on any architecture, and what it calls. */
const MUNMAP = /^(?:__(?:x64|arm64|riscv|s390x|ia32|se|do)_)?sys_munmap$|^_*vm_munmap$/;

/**
 * Functions through which a kprobe or kretprobe in a function runs, as its callees: by ftrace, by a jump,
 * by a breakpoint, at its return (arch/x86/kernel/kprobes, kernel/kprobes.c, kernel/trace/rethook.c).
 */
const PROBE_HANDLER =
  /^(?:kprobe_ftrace_handler|(?:arch_)?ftrace_ops_(?:list|assist)_func|optimized_callback|opt_pre_handler|aggr_pre_handler|(?:exc_int3|do_int3)|kprobe_(?:int3_|breakpoint_|breakpoint_ss_|fault_)?handler|kprobe_dispatcher|kretprobe_(?:dispatcher|rethook_handler|trampoline_handler)|pre_handler_kretprobe|(?:arch_)?rethook_trampoline_(?:handler|callback)|(?:__kretprobe_)?trampoline_handler|fprobe_(?:handler|exit_handler|entry|return))$/;

/** What a name of the trace means here, looked up once for each. */
export interface Meaning {
  /** Without module and without what the compiler appends. */
  readonly name: string;
  readonly operation: number;
  readonly inner: Inner | null;
  /** The page allocator gave a page. */
  readonly takesPage: boolean;
  readonly releasesZspage: boolean;
  /** Called once for each page of a zspage that is freed. */
  readonly releasesPage: boolean;
  /** Called once for each page of a zspage that is made or freed: the zone counts it. */
  readonly countsPage: boolean;
  /** Pages go from the list of a CPU to the buddy allocator, under zone->lock. */
  readonly isBulkFree: boolean;
  /** Pages go from the buddy allocator to the list of a CPU, under zone->lock. */
  readonly isRefill: boolean;
  readonly takesSpinlock: boolean;
  /** Takes a lock with readers and writers, on either side. */
  readonly takesRwlock: boolean;
  /** Part of the operation that a call of it is. */
  readonly part: OperationPart | null;
  readonly primitive: LockPrimitive | null;
  readonly isSlowpath: boolean;
  /**
   * A function of zsmalloc that is not known: what it calls counts as called by the operation around it. A
   * patched kernel may have moved the work of zs_free there.
   */
  readonly isWrapper: boolean;
  readonly isMunmap: boolean;
  /** A folio goes back to the page allocator; null: not by this call. */
  readonly freesFolio: PageFreeKind | null;
  /** What it is called with matters, where the trace prints it. */
  readonly hasArguments: boolean;
  /** A page table is put into the batch of what munmap frees (asm-generic/tlb.h). */
  readonly freesPageTable: boolean;
}

/** What a function of this name means. */
export function meaningOf(functionName: string): Meaning {
  const name = bareName(functionName);
  const primitive = lockPrimitive(name);
  const acquires = primitive?.op === 'acquire';
  const operation = OPERATIONS[name] ?? 0;
  const inner = INNER.find((candidate) => candidate === name) ?? null;
  const releasesZspage = /^_*free_zspage/.test(name);
  return {
    name,
    operation,
    inner,
    takesPage: /^(?:__)?alloc_(?:frozen_)?(?:pages|zpdesc)(?:_\w+)?$/.test(name),
    releasesZspage,
    releasesPage: /^(?:__ClearPageMovable|reset_zpdesc)$/.test(name),
    countsPage: name === 'dec_zone_page_state',
    isBulkFree: name === 'free_pcppages_bulk',
    isRefill: name === 'rmqueue_bulk',
    takesSpinlock: acquires && primitive.kind === 'spinlock',
    takesRwlock: acquires && primitive.kind.startsWith('rwlock'),
    part: partOf(name, primitive),
    primitive,
    isSlowpath: primitive?.op === 'slowpath',
    isWrapper:
      operation === 0 && inner === null && !releasesZspage && primitive === null && WRAPPER.test(name),
    isMunmap: MUNMAP.test(name),
    freesFolio: FOLIO_FREES[name] ?? null,
    hasArguments: operation !== 0 || name in ZSWAP_OPERATIONS || /^list_lru_add/.test(name),
    freesPageTable: /^_{2,3}p(?:te|md|ud|4d)_free_tlb$/.test(name),
  };
}

/** The part of a zsmalloc operation that a call of this function is, by its name. */
function partOf(name: string, primitive: LockPrimitive | null): OperationPart | null {
  if (primitive) {
    const isPool = primitive.kind.startsWith('rwlock');
    if (primitive.op === 'acquire')
      return isPool ? 'poolLock' : primitive.kind === 'spinlock' ? 'lock' : null;
    if (primitive.op === 'release')
      return isPool ? 'poolUnlock' : primitive.kind === 'spinlock' ? 'unlock' : null;
    return primitive.op === 'try' && primitive.kind === 'spinlock' ? 'tryLock' : null;
  }
  if (name === 'obj_malloc' || name === 'obj_free') return 'object';
  if (name === 'fix_fullness_group') return 'group';
  if (/^(?:zram_free_page|(?:zram_)?slot_free)$/.test(name)) return 'slot';
  if (/^_*free_zspage/.test(name) || /^(?:__)?alloc_(?:frozen_)?(?:pages|zpdesc)/.test(name)) return 'zspage';
  // Where free_zspage is inlined.
  if (
    /^(?:__ClearPageMovable|reset_zpdesc|unlock_page|folio_unlock|__folio_put|free_unref_page|free_frozen_pages|dec_zone_page_state|trylock_zspage)$/.test(
      name,
    )
  )
    return 'zspage';
  if (/^kmem_cache_(?:alloc|free)/.test(name)) return 'handle';
  if (PROBE_HANDLER.test(name)) return 'probe';
  return null;
}
