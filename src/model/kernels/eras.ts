import type { KernelModel, LockDeclaration, Step } from '../steps.ts';
import { FOUR_GROUPS, type FullnessRule, TWELVE_GROUPS } from '../zsmalloc/fullness.ts';
import { Geometry, X86_64, X86_64_BEFORE_6_3, type ZsmallocConfig } from '../zsmalloc/geometry.ts';
import { classIndexBits, configOn, type PoolShape } from '../zsmalloc/pool-shape.ts';
import { compactUnder, compactWithPoolLock, plainLock } from './compact-steps.ts';
import { migrateUnder, migrateWithPoolLock } from './migrate-steps.ts';
import { EMPTY_FREED, work } from './pieces.ts';

/** Lock eras of zsmalloc that can be modelled. */
export type EraId = 'A' | 'B' | 'C' | 'C-6.1' | 'D' | 'E' | 'F';

/** An era: the paths and the rules of its pool. */
export interface Era {
  readonly id: EraId;
  readonly title: string;
  readonly kernel: KernelModel;
  readonly geometry: ZsmallocConfig;
  readonly fullness: FullnessRule;
}

/** obj_free and the move between fullness lists, under the lock. */
const PUT_OBJECT: readonly Step[] = [
  work('obj_free', 'obj-free'),
  { do: 'pool', action: 'put-object' },
  work('fix_fullness_group', 'fix-group'),
];

const FREE_HANDLE = work('free the handle', 'free-handle');

/** zs_free with a reader lock on the pool around the look-up (mm/zsmalloc.c, 6.12). */
function freeWithPoolLock(pool: string): readonly Step[] {
  return [
    { do: 'read-lock', lock: pool },
    work('find the zspage and its class', 'locate'),
    { do: 'lock', lock: 'class->lock' },
    { do: 'read-unlock', lock: pool },
    ...PUT_OBJECT,
    EMPTY_FREED,
    { do: 'unlock', lock: 'class->lock' },
    FREE_HANDLE,
  ];
}

/** The same with the zspage freed after the class unlock, as the newest kernels have it on any machine. */
function freeUnlocked(pool: string): readonly Step[] {
  const detach: Step = {
    do: 'when',
    condition: 'zspage-empty',
    steps: [{ do: 'pool', action: 'detach-zspage' }],
  };
  return freeWithPoolLock(pool).flatMap((step): readonly Step[] => {
    if (step === EMPTY_FREED) return [detach];
    return step.do === 'unlock' ? [step, EMPTY_FREED] : [step];
  });
}

/** zs_malloc with one lock for list and objects, let go while a new zspage is made. */
function mallocUnder(lock: string): readonly Step[] {
  return [
    work('take a handle', 'take-handle'),
    { do: 'lock', lock },
    { do: 'pool', action: 'take-object' },
    {
      do: 'when',
      condition: 'no-room',
      steps: [
        { do: 'unlock', lock },
        { do: 'work', what: 'alloc_zspage: take its pages', cost: 'alloc-page', perPage: true },
        { do: 'lock', lock },
        { do: 'pool', action: 'add-zspage' },
      ],
    },
    work('obj_malloc, fix_fullness_group', 'obj-malloc'),
    { do: 'unlock', lock },
  ];
}

/** One of zram's counters that all CPUs share. */
const counter = (what: string): Step => ({ do: 'atomic', what, line: 'zram->stats', cost: 'zram-counter' });

/**
 * zram's slot-free notification (drivers/block/zram/zram_drv.c, 6.12): three counters that all CPUs
 * share, the slot's lock tried once.
 */
const NOTIFY: readonly Step[] = [
  work('enter the notification', 'notify'),
  counter('notify_free'),
  { do: 'try-lock', lock: 'zram slot', failed: [counter('miss_free')] },
  work('look at the slot', 'slot'),
  { do: 'call', path: 'zs_free' },
  counter('compr_data_size'),
  counter('pages_stored'),
  { do: 'unlock', lock: 'zram slot' },
];

const CLASS_LOCK: LockDeclaration = { kind: 'qspinlock', per: 'class', dataLines: 1 };
const SLOT_LOCK: LockDeclaration = { kind: 'bit-spinlock', per: 'slot' };
const SI_LOCK: LockDeclaration = { kind: 'qspinlock', per: 'device' };
const CLUSTER_LOCK: LockDeclaration = { kind: 'qspinlock', per: 'cluster' };

interface Shape {
  readonly id: EraId;
  readonly title: string;
  readonly source: string;
  readonly locks: Readonly<Record<string, LockDeclaration>>;
  readonly free: readonly Step[];
  readonly malloc: readonly Step[];
  readonly compact: readonly Step[];
  readonly migrate: readonly Step[];
  /** Lock of the swap device that the notification runs under. */
  readonly swapLock: 'si->lock' | 'cluster lock';
  readonly geometry: ZsmallocConfig;
  readonly fullness: FullnessRule;
}

function era(shape: Shape): Era {
  const { id, title, source, geometry, fullness, swapLock } = shape;
  const notifyUnderSwapLock: readonly Step[] = [
    { do: 'lock', lock: swapLock },
    { do: 'call', path: 'notify' },
    { do: 'unlock', lock: swapLock },
  ];
  const swap = swapLock === 'si->lock' ? SI_LOCK : CLUSTER_LOCK;
  return {
    id,
    title,
    geometry,
    fullness,
    kernel: {
      id: `era ${id}`,
      title,
      source,
      locks: { ...shape.locks, 'zram slot': SLOT_LOCK, [swapLock]: swap },
      lines: ['zram->stats'],
      queues: {},
      zsmalloc: geometry,
      paths: {
        zs_malloc: shape.malloc,
        zs_free: shape.free,
        zs_compact: shape.compact,
        zs_page_migrate: shape.migrate,
        notify: NOTIFY,
        'swap free': notifyUnderSwapLock,
      },
    },
  };
}

const MIGRATE_LOCK: LockDeclaration = { kind: 'qrwlock', per: 'pool' };

/**
 * zs_free with the handle pinned and the zspage's own lock for reading (mm/zsmalloc.c, 5.10). Nobody but
 * compaction and migration takes that lock for writing, and their hold of class->lock covers it: here it
 * is a lock of its own for each slot.
 */
const FREE_PINNED: readonly Step[] = [
  { do: 'lock', lock: 'handle pin' },
  work('find the zspage and its class', 'locate'),
  { do: 'read-lock', lock: 'zspage->lock' },
  { do: 'lock', lock: 'class->lock' },
  ...PUT_OBJECT,
  { do: 'read-unlock', lock: 'zspage->lock' },
  EMPTY_FREED,
  { do: 'unlock', lock: 'class->lock' },
  { do: 'unlock', lock: 'handle pin' },
  FREE_HANDLE,
];

/** All eras, oldest first. Sources: mm/zsmalloc.c of the versions named. */
export const ERAS: readonly Era[] = [
  era({
    id: 'A',
    title: '5.4 to 5.16: handle pinned, zspage->lock (read), class->lock',
    source: 'mm/zsmalloc.c of 5.10',
    locks: {
      'handle pin': { kind: 'bit-spinlock', per: 'slot' },
      'zspage->lock': { kind: 'qrwlock', per: 'slot' },
      'class->lock': CLASS_LOCK,
    },
    free: FREE_PINNED,
    malloc: mallocUnder('class->lock'),
    compact: compactUnder([plainLock('class->lock')], 'class->lock'),
    migrate: migrateUnder([plainLock('class->lock')]),
    swapLock: 'si->lock',
    geometry: X86_64_BEFORE_6_3,
    fullness: FOUR_GROUPS,
  }),
  era({
    id: 'B',
    title: '5.17 to 6.1.46: pool->migrate_lock (read), class->lock',
    source: 'mm/zsmalloc.c of 6.12 with the pool of 6.1',
    locks: { 'pool->migrate_lock': MIGRATE_LOCK, 'class->lock': CLASS_LOCK },
    free: freeWithPoolLock('pool->migrate_lock'),
    malloc: mallocUnder('class->lock'),
    compact: compactWithPoolLock('pool->migrate_lock'),
    migrate: migrateWithPoolLock('pool->migrate_lock'),
    swapLock: 'si->lock',
    geometry: X86_64_BEFORE_6_3,
    fullness: FOUR_GROUPS,
  }),
  ...(['C-6.1', 'C'] as const).map((id) =>
    era({
      id,
      title:
        id === 'C'
          ? '6.3 to 6.10: one pool->lock for everything'
          : '6.2 and 6.1.47+: one pool->lock, old pool',
      source: 'mm/zsmalloc.c of 6.1.192 and 6.6',
      locks: { 'pool->lock': { kind: 'qspinlock', per: 'pool', dataLines: 1 } },
      free: [
        { do: 'lock', lock: 'pool->lock' },
        work('find the zspage and its class', 'locate'),
        ...PUT_OBJECT,
        EMPTY_FREED,
        { do: 'unlock', lock: 'pool->lock' },
        FREE_HANDLE,
      ],
      malloc: mallocUnder('pool->lock'),
      compact: compactUnder([plainLock('pool->lock')], 'pool->lock'),
      migrate: migrateUnder([plainLock('pool->lock')]),
      swapLock: 'si->lock',
      geometry: id === 'C' ? X86_64 : X86_64_BEFORE_6_3,
      fullness: id === 'C' ? TWELVE_GROUPS : FOUR_GROUPS,
    }),
  ),
  era({
    id: 'D',
    title: '6.11 to 6.14: pool->migrate_lock (read), class->lock',
    source: 'mm/zsmalloc.c, zram_drv.c, swapfile.c of 6.12',
    locks: { 'pool->migrate_lock': MIGRATE_LOCK, 'class->lock': CLASS_LOCK },
    free: freeWithPoolLock('pool->migrate_lock'),
    malloc: mallocUnder('class->lock'),
    compact: compactWithPoolLock('pool->migrate_lock'),
    migrate: migrateWithPoolLock('pool->migrate_lock'),
    swapLock: 'si->lock',
    geometry: X86_64,
    fullness: TWELVE_GROUPS,
  }),
  era({
    id: 'E',
    title: '6.15 to 7.2: pool->lock (read), class->lock, cluster lock',
    source: 'mm/zsmalloc.c of 7.x; swap cluster locks since the allocator rework',
    locks: { 'pool->lock': MIGRATE_LOCK, 'class->lock': CLASS_LOCK },
    free: freeWithPoolLock('pool->lock'),
    malloc: mallocUnder('class->lock'),
    compact: compactWithPoolLock('pool->lock'),
    migrate: migrateWithPoolLock('pool->lock'),
    swapLock: 'cluster lock',
    geometry: X86_64,
    fullness: TWELVE_GROUPS,
  }),
  era({
    id: 'F',
    title: 'newest: class from the object word, no pool lock on free',
    source: 'commits 9909b088b1f0, 59e88952a827, 7ef28e8b8142',
    locks: { 'pool->lock': MIGRATE_LOCK, 'class->lock': CLASS_LOCK },
    free: [
      work('class from the handle word', 'locate-class'),
      { do: 'lock', lock: 'class->lock' },
      work('find the zspage', 'locate'),
      ...PUT_OBJECT,
      { do: 'when', condition: 'zspage-empty', steps: [{ do: 'pool', action: 'detach-zspage' }] },
      { do: 'unlock', lock: 'class->lock' },
      EMPTY_FREED,
      FREE_HANDLE,
    ],
    malloc: mallocUnder('class->lock'),
    compact: compactWithPoolLock('pool->lock'),
    migrate: migrateWithPoolLock('pool->lock'),
    swapLock: 'cluster lock',
    geometry: X86_64,
    fullness: TWELVE_GROUPS,
  }),
];

/**
 * The era on a machine of that configuration. Where an object word has no room for a class, zs_free of the newest
 * era takes the pool's lock as before (commit 9909b088b1f0).
 * @throws {RangeError} when zsmalloc has no classes there.
 */
export function eraOn(era: Era, shape: PoolShape | null): Era {
  if (shape === null) return era;
  const geometry = configOn(era.geometry, shape);
  new Geometry(geometry);
  const kernel = { ...era.kernel, zsmalloc: geometry };
  const hasClass = geometry.wordBytes === 8 && geometry.objectIndexBits >= classIndexBits(geometry);
  if (era.id !== 'F' || hasClass) return { ...era, geometry, kernel };
  return {
    ...era,
    geometry,
    title: 'newest, no room for a class in the object word: pool->lock (read), class->lock',
    kernel: { ...kernel, paths: { ...kernel.paths, zs_free: freeUnlocked('pool->lock') } },
  };
}

/** Names of the eras, the oldest first. */
export const ERA_IDS: readonly EraId[] = ERAS.map(({ id }) => id);

/** @throws {RangeError} for an era that is not modelled. */
export function eraById(id: string): Era {
  const found = ERAS.find((candidate) => candidate.id === id);
  if (!found) throw new RangeError(`no era ${id}; there are ${ERAS.map((e) => e.id).join(', ')}`);
  return found;
}
