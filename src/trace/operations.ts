import { PageFrees } from './page-frees.ts';
import type { ZswapFacts } from './zswap-facts.ts';

const OPERATION_PARTS = [
  'poolLock',
  'poolLockWait',
  'poolUnlock',
  'lock',
  'lockWait',
  'unlock',
  'held',
  'object',
  'group',
  'zspage',
  'bulk',
  'bulkWait',
  'bulkCalls',
  'handle',
  'tryLock',
  'slot',
  'probe',
  'self',
  'calls',
] as const;

/**
 * Parts of an operation that the trace shows as calls of their own: taking (without and as waiting) and
 * releasing the pool's read-write lock, the same for the lock of the lists, how long that was held (of a free; the calls
 * within and the unlock are in it, and parts of their own), the object, its fullness
 * group, the zspage (made or freed; of that, pages that went to the buddy allocator in bulk, waiting for
 * zone->lock in that, and how often: `bulkCalls`, a count), the handle; of a notification the lock of the
 * slot tried (released: `unlock`) and what zram frees under it; handlers of kprobes that sit in it (`probe`:
 * cost of tracing, no work of the operation); what is left (`self`), and how many calls there were
 * (`calls`, a count).
 */
export type OperationPart = (typeof OPERATION_PARTS)[number];

/** A column of times by operation, NaN where nothing was set. */
export class GrowingTimes {
  #values = new Float64Array(1024).fill(Number.NaN);

  get(row: number): number {
    return row < this.#values.length ? this.#values[row]! : Number.NaN;
  }

  add(row: number, ns: number): void {
    if (row >= this.#values.length) {
      const bigger = new Float64Array(Math.max(row + 1, this.#values.length * 2)).fill(Number.NaN);
      bigger.set(this.#values);
      this.#values = bigger;
    }
    const before = this.#values[row]!;
    this.#values[row] = Number.isNaN(before) ? ns : before + ns;
  }
}

function timesByPart(): Readonly<Record<OperationPart, GrowingTimes>> {
  const times = OPERATION_PARTS.map((part) => [part, new GrowingTimes()] as const);
  return Object.fromEntries(times) as Record<OperationPart, GrowingTimes>;
}

/** What an operation of the compressed-swap stack does. The numbers are stable. */
export const OperationKind = {
  /** zs_malloc: `size` bytes asked for, `handle` given. */
  Malloc: 1,
  /** zs_free of `handle`. */
  Free: 2,
  /** zs_map_object or zs_obj_read/write: an object is read or written. */
  Map: 3,
  /** zram's slot-free notification of `slot`. */
  Notify: 4,
  /** zs_compact. */
  Compact: 5,
  /** Page migration of a zspage's page. */
  Migrate: 6,
  /** An object freed by another function than zs_free, as by the worker of a kernel that defers frees. */
  Drain: 7,
  /** zswap_store of the folio at `slot`; what follows has its facts in `zswap`. */
  ZswapStore: 20,
  /** zswap_load. */
  ZswapLoad: 21,
  /** zswap_invalidate: a swap slot is freed. */
  ZswapInvalidate: 22,
  /** zswap_writeback_entry. */
  ZswapWriteback: 23,
  /** zswap_entry_free. */
  ZswapEntryFree: 24,
  /** A folio is written out, whatever takes it: swap_writepage, swap_writeout. */
  SwapOut: 25,
  /** A folio is read in: swap_read_folio. */
  SwapIn: 26,
  /** Swap slots of a range of page table entries are freed: free_swap_and_cache_nr, swap_put_entries_direct. */
  FreeSwap: 27,
} as const;

/** The shrinker looks at the first entry of a list and leaves it: its second chance, as a rule. */
export interface ShrinkerLook {
  /** Place in the order of all records. */
  readonly at: number;
  readonly line: number;
  /** Slot of the entry; -1 when not shown. */
  readonly slot: number;
  /** Address of its list item as printed; null when not shown. */
  readonly item: string | null;
  /** It is shown that it was no attempt to write the entry back. */
  readonly isSecondChance: boolean;
}

/** What an access to an object is for: `mode` of zs_map_object, or the function itself. */
export const AccessMode = { Unknown: 0, Read: 1, Write: 2 } as const;

/** Bits of {@link OperationTable.reconstructed}: what no recording shows and a reconstruction filled in. */
export const Reconstructed = {
  /** The class of the object, by a size. */
  Size: 1,
  /** Which object it is. */
  Handle: 2,
  /** When it began and ended; how long it took is recorded. */
  Times: 4,
  /** The whole operation: it happened before the recording began. */
  Operation: 8,
} as const;

/**
 * Operations as columns, in the order in which they ended; grown as needed. Times in ns since the
 * origin of the input, NaN when unknown; -1 is "not known" in all other columns.
 *
 * `...At` columns give places in the one order of all records: two things under the same lock happened
 * in the order of their places. NaN where the trace does not show it.
 */
export class OperationTable {
  length = 0;
  #capacity = 1024;

  kind = new Uint8Array(this.#capacity);
  /** Operation that this one is part of. */
  parent = new Int32Array(this.#capacity);
  /** Task; below -1 where only the CPU is known, which then stands for a task. */
  task = new Int32Array(this.#capacity);
  cpu = new Int32Array(this.#capacity);
  startNs = new Float64Array(this.#capacity);
  endNs = new Float64Array(this.#capacity);
  /** How long it took; known also where the trace has no time stamps. */
  durationNs = new Float64Array(this.#capacity);
  line = new Float64Array(this.#capacity);
  /** Bytes asked for. */
  size = new Int32Array(this.#capacity);
  /** Number of the handle: see {@link handles}. */
  handle = new Int32Array(this.#capacity);
  slot = new Float64Array(this.#capacity);
  /** {@link AccessMode} of a map. */
  access = new Uint8Array(this.#capacity);
  /** Bits of {@link Reconstructed}: 0 for what the recording shows. */
  reconstructed = new Uint8Array(this.#capacity);
  /** Place of the first sign of it: its probe, or the first call within it. */
  firstAt = new Float64Array(this.#capacity);
  /** Place of entry and return. */
  enteredAt = new Float64Array(this.#capacity);
  returnedAt = new Float64Array(this.#capacity);
  /** Malloc: where it looked for a zspage with room, under the lock. */
  lookedAt = new Float64Array(this.#capacity);
  /** Malloc, free: where it took or put the object, under the lock. */
  changedAt = new Float64Array(this.#capacity);

  // What the trace shows of the outcome: never read by the model, only by its judge.
  /** Zspage, by number; a pointer that is used again gets a new number when the trace shows that. */
  seenZspage = new Int32Array(this.#capacity);
  seenIndex = new Int32Array(this.#capacity);
  /** Objects in use: before a malloc, after a free. */
  seenInUse = new Int32Array(this.#capacity);
  /** Bytes of the class. */
  seenClassSize = new Int32Array(this.#capacity);
  /** Pages of a new zspage, 0 for none. */
  seenNewPages = new Int32Array(this.#capacity);
  /** Pages that the released zspage had. */
  seenReleasedPages = new Int32Array(this.#capacity);
  /** 1: the zspage was released, 0: not. */
  seenReleased = new Int8Array(this.#capacity);

  /** Time of the calls that an operation made, ns, NaN where not traced: see {@link OperationPart}. */
  readonly parts: Readonly<Record<OperationPart, GrowingTimes>> = timesByPart();
  /** Traced calls below those of each part: the tracer's cost of them is in the part's time. */
  readonly below: Readonly<Record<OperationPart, GrowingTimes>> = timesByPart();

  /** Functions that zs_free was seen to call: they tell one kernel from another. */
  readonly calledByFree = new Set<string>();
  /** Functions by which objects were read or written: another hint. */
  readonly accessedBy = new Set<string>();
  /** Compactions without a call of zs_compact, seen by the objects that they move: a class each, at least. */
  readonly impliedCompactions = new Set<number>();
  /** Mallocs: spinlocks taken before the object was, where there were several. */
  readonly spinlocks = new Map<number, number>();
  /** A zs_free gave pages of its zspage back behind the lock. */
  releasesUnlocked = false;

  /**
   * Locks that an operation took or tried, as a number into `lockSets`: keys of lock identities, one a line.
   * What it waited, ns, by key; only operations that waited have an entry.
   */
  lockSet = new Int32Array(this.#capacity);
  readonly lockSets = new Interned();
  readonly lockWaits = new Map<number, Map<string, number>>();
  /** What is known of operations of zswap and the swap layer beyond the columns, by row. */
  readonly zswap = new Map<number, ZswapFacts>();
  /** Functions seen that only some versions of zswap have or call: they tell its version. */
  readonly zswapSigns = new Set<string>();
  /** Looks of the shrinker at entries that it did not write back, in order. */
  readonly shrinkerLooks: ShrinkerLook[] = [];

  /** Pages that tasks gave back outside of zsmalloc, as far as the trace shows them. */
  pageFrees = new PageFrees();

  /** Calls that refill the list of free pages of a CPU (rmqueue_bulk), under zone->lock; times in ns. */
  readonly refills: { readonly startNs: number; readonly durationNs: number }[] = [];

  /** Calls of munmap, complete; frees may have been made in them. */
  readonly munmaps: MunmapCall[] = [];

  /** Addresses of handles as the trace prints them; their numbers are indices. */
  readonly handles = new Interned();
  readonly zspages = new Interned();

  /** Time of probe handlers in an operation's own calls, ns: 0 where the trace shows none. */
  probeNs(row: number): number {
    return this.parts.probe.get(row) || 0;
  }

  /** Adds to what an operation waited for a lock. */
  addLockWait(row: number, key: string, ns: number): void {
    let waits = this.lockWaits.get(row);
    if (!waits) {
      waits = new Map();
      this.lockWaits.set(row, waits);
    }
    waits.set(key, (waits.get(key) ?? 0) + ns);
  }

  /** Adds a row with nothing known but its kind; returns its number. */
  add(kind: number): number {
    if (this.length === this.#capacity) this.#grow();
    const row = this.length++;
    this.kind[row] = kind;
    for (const column of [this.parent, this.task, this.cpu, this.size, this.handle]) column[row] = -1;
    for (const column of [
      this.startNs,
      this.endNs,
      this.durationNs,
      this.firstAt,
      this.enteredAt,
      this.returnedAt,
      this.lookedAt,
      this.changedAt,
    ])
      column[row] = Number.NaN;
    this.line[row] = -1;
    this.slot[row] = -1;
    this.seenReleased[row] = -1;
    for (const column of [
      this.seenZspage,
      this.seenIndex,
      this.seenInUse,
      this.seenClassSize,
      this.seenNewPages,
      this.seenReleasedPages,
      this.lockSet,
    ])
      column[row] = -1;
    this.access[row] = AccessMode.Unknown;
    this.reconstructed[row] = 0;
    return row;
  }

  /** An independent copy, but for the times of parts, which rows added later have none of. */
  copy(): OperationTable {
    const made = new OperationTable();
    made.length = this.length;
    made.#capacity = this.#capacity;
    const from = this as unknown as Record<string, unknown>;
    const to = made as unknown as Record<string, unknown>;
    for (const [column, values] of Object.entries(from)) {
      if (ArrayBuffer.isView(values)) to[column] = (values as Float64Array).slice();
    }
    Object.assign(made.parts, this.parts);
    Object.assign(made.below, this.below);
    made.munmaps.push(...this.munmaps);
    made.pageFrees = this.pageFrees;
    made.refills.push(...this.refills);
    for (const text of this.handles.texts) made.handles.id(text);
    for (const text of this.zspages.texts) made.zspages.add(text);
    for (const name of this.calledByFree) made.calledByFree.add(name);
    for (const name of this.accessedBy) made.accessedBy.add(name);
    for (const row of this.impliedCompactions) made.impliedCompactions.add(row);
    for (const [row, count] of this.spinlocks) made.spinlocks.set(row, count);
    made.releasesUnlocked = this.releasesUnlocked;
    for (const text of this.lockSets.texts) made.lockSets.id(text);
    for (const [row, facts] of this.zswap) made.zswap.set(row, facts);
    for (const name of this.zswapSigns) made.zswapSigns.add(name);
    made.shrinkerLooks.push(...this.shrinkerLooks);
    for (const [row, waits] of this.lockWaits) made.lockWaits.set(row, new Map(waits));
    return made;
  }

  #grow(): void {
    this.#capacity *= 2;
    const length = this.#capacity;
    const ints = (old: Int32Array<ArrayBuffer>) => grown(old, new Int32Array(length));
    const doubles = (old: Float64Array<ArrayBuffer>) => grown(old, new Float64Array(length));
    this.kind = grown(this.kind, new Uint8Array(length));
    this.access = grown(this.access, new Uint8Array(length));
    this.reconstructed = grown(this.reconstructed, new Uint8Array(length));
    this.seenReleased = grown(this.seenReleased, new Int8Array(length));
    this.parent = ints(this.parent);
    this.task = ints(this.task);
    this.cpu = ints(this.cpu);
    this.size = ints(this.size);
    this.handle = ints(this.handle);
    this.seenZspage = ints(this.seenZspage);
    this.seenIndex = ints(this.seenIndex);
    this.seenInUse = ints(this.seenInUse);
    this.seenClassSize = ints(this.seenClassSize);
    this.seenNewPages = ints(this.seenNewPages);
    this.seenReleasedPages = ints(this.seenReleasedPages);
    this.lockSet = ints(this.lockSet);
    this.startNs = doubles(this.startNs);
    this.endNs = doubles(this.endNs);
    this.durationNs = doubles(this.durationNs);
    this.firstAt = doubles(this.firstAt);
    this.line = doubles(this.line);
    this.slot = doubles(this.slot);
    this.enteredAt = doubles(this.enteredAt);
    this.returnedAt = doubles(this.returnedAt);
    this.lookedAt = doubles(this.lookedAt);
    this.changedAt = doubles(this.changedAt);
  }
}

function grown<T extends { set(from: T): void }>(old: T, bigger: T): T {
  bigger.set(old);
  return bigger;
}

/** Texts that stand for things: the first one seen is 0. */
export class Interned {
  readonly texts: string[] = [];
  readonly #ids = new Map<string, number>();

  id(text: string): number {
    let id = this.#ids.get(text);
    if (id === undefined) {
      id = this.texts.length;
      this.texts.push(text);
      this.#ids.set(text, id);
    }
    return id;
  }

  /** Adds a text that was seen before with another meaning. */
  add(text: string): number {
    this.#ids.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }

  /** The text means something new from now on. */
  forget(text: string): void {
    this.#ids.delete(text);
  }
}

/** A call of munmap that the trace shows: the system call, else what of it is traced. Times in ns. */
export interface MunmapCall {
  /** As in {@link OperationTable.task}. */
  readonly task: number;
  readonly startNs: number;
  readonly endNs: number;
}

/** One step of a compaction, as the trace shows it. */
export interface CompactionStep {
  /** Row of the operation it belongs to. */
  readonly operation: number;
  /** Place in the order of all records. */
  readonly at: number;
  readonly what: 'move' | 'put-back' | 'unlock';
  readonly zspage: number;
  /** Handle of the object moved; -1 where the trace does not say. */
  readonly handle: number;
}
