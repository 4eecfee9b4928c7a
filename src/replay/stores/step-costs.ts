import { ZSWAP_PATHS } from '../../model/kernels/zswap.ts';
import type { OperationTable } from '../../trace/operations.ts';
import type { ZswapFacts, ZswapPart } from '../../trace/zswap-facts.ts';
import { listTimes } from './list-times.ts';
import type { LockTimes, UnheldWaits } from './unheld-waits.ts';

/** What the steps of one operation took, ns, by cost name; steps that are not named took nothing that is shown. */
export type StepTimes = Record<string, number>;

/** Rows of the allocator's operations within one of zswap. */
export interface Below {
  /** zs_malloc of a store, one for each page that got an object. */
  readonly mallocs: readonly number[];
  /** Entries that it freed. */
  readonly frees: readonly EntryFree[];
}

export interface EntryFree {
  /** zswap_entry_free. */
  readonly row: number;
  /** zs_free within it; -1 without. */
  readonly free: number;
  /** Pages of the zspage that zs_free emptied. */
  readonly freedPages: number;
}

/** A write to the entry's memory that misses: assumed, as long as the time around it allows. */
export const ENTRY_WRITE_NS = 50;

/** Taking a reference of the pool (percpu_ref_get, inlined): assumed, as long as the time around it allows. */
export const TAKE_REFERENCE_NS = 10;

const known = (ns: number | undefined) => (ns === undefined || Number.isNaN(ns) ? 0 : ns);
const positive = (ns: number) => Math.max(0, ns);

/**
 * Divides a recorded operation into the steps of its path. Waits are left out: they come back when the
 * model makes somebody wait. Calls of locks count with what the lock protects, and so does the time from the
 * tree's lock to its unlock; other self time is spread evenly over the gaps between calls; what is no call of
 * zswap (an interrupt) goes before the first lock.
 * @param listShare What is under a list's lock where it is not shown: see `shareUnderListLock`.
 * @param pageNs One nanosecond of each page, in the time of the recording: what assumed times are multiples of.
 */
export function stepTimes(
  ops: OperationTable,
  op: number,
  path: string,
  below: Below,
  listShare: number,
  pageNs = 1,
): StepTimes {
  const entryWriteNs = pageNs * ENTRY_WRITE_NS;
  const referenceNs = pageNs * TAKE_REFERENCE_NS;
  const facts = ops.zswap.get(op)!;
  const part = (name: ZswapPart) => positive(known(facts.parts[name]) - known(facts.waits[name]));
  const trees = facts.locks.filter(({ lock }) => lock === 'tree');
  const named = Object.entries(facts.parts).reduce(
    (sum, [name, ns]) => (name === 'mutexHold' ? sum : sum + ns),
    0,
  );
  // mutex_unlock is no part of its own: it takes what an uncontended mutex_lock takes, where it is traced.
  const whole = ops.endNs[op]! - ops.startNs[op]!;
  // By stamps, which some clocks make longer than the calls that they stand at.
  const held = trees.reduce((sum, { heldNs }) => sum + positive(known(heldNs)), 0);
  const underTree = Math.min(held, positive(whole - named));
  // An interrupt under the lock is no self time, and no call of zswap.
  const self = positive(known(ops.parts.self.get(op)) + facts.partsSelfNs - underTree);
  const unnamed = positive(whole - self - named - underTree);
  const mutexCalls = part('mutex') + Math.min(part('mutex'), unnamed);
  const other = positive(unnamed - part('mutex'));
  // One gap less where it is known what of it is under the tree's lock.
  const gapOf = (gaps: number) => self / (trees.length > 0 ? gaps - 1 : gaps);
  const lists = listTimes(facts, listShare);
  const tree = (gap: number) => part('tree') + (trees.length > 0 ? underTree : gap);
  switch (path) {
    case ZSWAP_PATHS.store: {
      // What stands around a call goes with it: designs that save the call save it too, under a tracer most of all.
      const around = self / Math.max(1, facts.callsMade + 1 - trees.length);
      const aroundMutex = Math.min(self / 4, 2 * facts.mutexLocks * around);
      const aroundEntry = Math.min(self / 4, facts.entries * around);
      const gap = (self - aroundMutex - aroundEntry) / (trees.length > 0 ? 7 : 8);
      return {
        'store-check': gap + other,
        entry: part('entry') + aroundEntry,
        'mutex-calls': mutexCalls + aroundMutex,
        compress: part('compress'),
        // The gap around the compressor's call with it: compress is the codec's own time.
        copy: part('copy') + 2 * gap - Math.min(gap, entryWriteNs),
        'entry-write': Math.min(gap, entryWriteNs),
        'tree-store': tree(gap),
        'take-references': Math.min(gap, referenceNs),
        charge: part('charge'),
        // The gaps around the entry's memory, its references and the list's call: code of the page itself, under no lock.
        'entry-fields': 3 * gap - Math.min(gap, referenceNs),
        'list-add-enter': lists.enter,
        'list-add': lists.held,
        // An older entry of the slot is freed within.
        'store-end': gap + part('entryFree'),
        ...mallocTimes(ops, below, part('object')),
      };
    }
    case ZSWAP_PATHS.storeFull: {
      const gap = gapOf(3);
      return { 'store-check': gap + other, 'tree-erase': tree(gap), 'store-end': gap };
    }
    case ZSWAP_PATHS.storeFailed: {
      const gap = gapOf(7);
      return {
        'store-check': 2 * gap + other,
        entry: part('entry') + gap,
        'take-references': gap,
        'mutex-calls': mutexCalls,
        compress: part('compress'),
        'entry-free': gap,
        // Given back with the entry: within its gap.
        'drop-references': 0,
        'tree-erase': tree(gap),
        'store-end': gap,
      };
    }
    case ZSWAP_PATHS.load: {
      const gap = gapOf(3);
      return {
        'load-enter': 2 * gap + other,
        'tree-erase': tree(gap),
        'mutex-calls': mutexCalls,
        decompress: part('decompress'),
        ...entryFreeTimes(ops, below.frees[0], listShare),
      };
    }
    case ZSWAP_PATHS.loadNone: {
      const gap = gapOf(2);
      const found = tree(gap);
      return { 'load-enter': gap + other, 'tree-erase': found, 'tree-load': found };
    }
    case ZSWAP_PATHS.writeback: {
      const gap = gapOf(4);
      // Waits of the swap cache and of the device stay: their locks are not modelled. What is neither named nor
      // its own is theirs: half each, for want of more.
      return {
        'writeback-claim': gap + known(facts.parts.claim) + other / 2,
        'tree-erase': tree(gap),
        'mutex-calls': mutexCalls,
        decompress: part('decompress'),
        'writeback-submit': 2 * gap + known(facts.parts.submit) + other / 2,
        ...entryFreeTimes(ops, below.frees[0], listShare),
      };
    }
    case ZSWAP_PATHS.writebackStopped:
      return { 'writeback-claim': positive(ops.endNs[op]! - ops.startNs[op]!) };
    default: {
      const gap = gapOf(2);
      return {
        'invalidate-enter': gap + other,
        'tree-erase': tree(gap),
        ...entryFreeTimes(ops, below.frees[0], listShare),
      };
    }
  }
}

/** Waits of an operation and all below it that nobody who is recorded caused. */
export function unheldOf(unheld: UnheldWaits, op: number, { mallocs, frees }: Below): LockTimes {
  const inner = frees.flatMap(({ row, free }) => [row, free]);
  const rows = [op, ...mallocs, ...inner].filter((row) => row >= 0).map((row) => unheld.of(row));
  const sum = (lock: keyof LockTimes) => rows.reduce((total, times) => total + times[lock], 0);
  return { tree: sum('tree'), list: sum('list'), allocator: sum('allocator') };
}

/** Waits for locks that the operation and all below it show, ns, by lock. */
export function recordedWaits(ops: OperationTable, op: number, below: Below) {
  const waits = (facts: ZswapFacts | undefined, name: ZswapPart) => known(facts?.waits[name]);
  const facts = ops.zswap.get(op);
  const inner = [...below.mallocs, ...below.frees.map(({ free }) => free).filter((free) => free >= 0)];
  const ofPool = (part: 'lockWait' | 'poolLockWait') =>
    inner.reduce((sum, row) => sum + known(ops.parts[part].get(row)), 0);
  const listOfFrees = below.frees.reduce((sum, { row }) => sum + waits(ops.zswap.get(row), 'list'), 0);
  return {
    mutex: waits(facts, 'mutex'),
    tree: waits(facts, 'tree'),
    list: waits(facts, 'list') + listOfFrees,
    allocator: ofPool('lockWait') + ofPool('poolLockWait'),
  };
}

/** zs_malloc: under the lock what its calls say; making a zspage is taken out by {@link splitNewZspages}. */
export function mallocTimes(ops: OperationTable, { mallocs }: Below, objectNs: number): StepTimes {
  const { object, group, unlock } = ops.parts;
  const locked = mallocs.reduce(
    (sum, row) => sum + known(object.get(row)) + known(group.get(row)) + known(unlock.get(row)),
    0,
  );
  return { 'obj-malloc': locked, 'take-handle': positive(objectNs - locked) };
}

/** zswap_entry_free and what it calls; nothing where none is shown. `listShare` as of {@link stepTimes}. */
export function entryFreeTimes(
  ops: OperationTable,
  freed: EntryFree | undefined,
  listShare: number,
): StepTimes {
  if (!freed) return {};
  const { row: entryFree, free, freedPages } = freed;
  const facts = ops.zswap.get(entryFree)!;
  const self = known(ops.parts.self.get(entryFree));
  const list = known(facts.parts.list);
  const lists = listTimes(facts, listShare);
  const whole = ops.endNs[entryFree]! - ops.startNs[entryFree]!;
  const inner = free >= 0 ? ops.endNs[free]! - ops.startNs[free]! : 0;
  const gap = self / 4;
  return {
    'list-del-enter': lists.enter + gap,
    'list-del': lists.held,
    'drop-references': gap,
    'entry-free': positive(whole - list - inner - self) + 2 * gap,
    ...(free >= 0 ? zsFreeTimes(ops, free, freedPages) : {}),
  };
}

/**
 * zs_free: by the hold of its lock where that is recorded, since an interrupt elsewhere in the call holds nobody up;
 * else self time is spread evenly.
 */
function zsFreeTimes(ops: OperationTable, free: number, freedPages: number): StepTimes {
  const part = (name: keyof typeof ops.parts) => known(ops.parts[name].get(free));
  const whole = positive(ops.endNs[free]! - ops.startNs[free]! - part('lockWait') - part('poolLockWait'));
  const zspage = {
    'free-page': freedPages > 0 ? part('zspage') / freedPages : Number.NaN,
    // Whose zspage it was is not told without handles: its pages then stay where they were freed.
    behind: freedPages > 0 ? 0 : part('zspage'),
  };
  const held = Math.min(whole, part('held'));
  if (held > 0) {
    const isUnder = !ops.releasesUnlocked;
    const fixed = part('object') + part('group') + part('unlock') + (isUnder ? part('zspage') : 0);
    const under = positive(held - fixed) / 2;
    const named = part('poolLock') + part('lock') + part('handle') + (isUnder ? 0 : part('zspage'));
    const outside = positive(whole - Math.max(held, fixed) - named) / 2;
    return {
      locate: part('poolLock') + part('lock') + outside,
      'obj-free': part('object') + under,
      'fix-group': part('group') + part('unlock') + under,
      'free-page': zspage['free-page'],
      'free-handle': part('handle') + outside + zspage.behind,
    };
  }
  const named =
    part('poolLock') +
    part('poolUnlock') +
    part('lock') +
    part('unlock') +
    part('object') +
    part('group') +
    part('zspage') +
    part('handle');
  const gap = positive(whole - named) / 4;
  return {
    locate: part('poolLock') + part('poolUnlock') + gap,
    'obj-free': part('lock') + part('object') + gap,
    'fix-group': part('group') + part('unlock') + gap,
    'free-page': zspage['free-page'],
    'free-handle': part('handle') + gap + zspage.behind,
  };
}

/**
 * What a zs_malloc takes beyond the usual because it makes a zspage is the cost of its pages: the trace shows
 * the calls, but not where each of them stands.
 */
export function splitNewZspages(times: readonly StepTimes[], pages: readonly number[]): void {
  const usual = times
    .flatMap((step, k) => (pages[k] === 0 && step['take-handle'] !== undefined ? [step['take-handle']] : []))
    .sort((a, b) => a - b);
  const median = usual[usual.length >> 1] ?? 0;
  times.forEach((step, k) => {
    const whole = step['take-handle'];
    if (!pages[k] || whole === undefined) return;
    const outside = Math.min(whole, median);
    step['take-handle'] = outside;
    step['alloc-page'] = (whole - outside) / pages[k];
  });
}
