/**
 * Parts of an operation that the trace shows as calls of their own: taking (without and as waiting) and
 * releasing the pool's read-write lock, taking the lock of the lists (without and as waiting), releasing it, the object, its
 * fullness group, the zspage (made or freed), the handle; of a notification the lock of the slot tried
 * (released: `unlock`) and what zram frees under it; what is left (`self`), and how many calls
 * there were (`calls`, a count).
 */
export type OperationPart =
  | 'poolLock'
  | 'poolLockWait'
  | 'poolUnlock'
  | 'lock'
  | 'lockWait'
  | 'unlock'
  | 'object'
  | 'group'
  | 'zspage'
  | 'handle'
  | 'tryLock'
  | 'slot'
  | 'self'
  | 'calls';

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
  task = new Int32Array(this.#capacity);
  cpu = new Int32Array(this.#capacity);
  startNs = new Float64Array(this.#capacity);
  endNs = new Float64Array(this.#capacity);
  line = new Float64Array(this.#capacity);
  /** Bytes asked for. */
  size = new Int32Array(this.#capacity);
  /** Number of the handle: see {@link handles}. */
  handle = new Int32Array(this.#capacity);
  slot = new Float64Array(this.#capacity);
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
  /** 1: the zspage was released, 0: not. */
  seenReleased = new Int8Array(this.#capacity);

  /** Time of the calls that an operation made, ns, NaN where not traced: see {@link OperationPart}. */
  readonly parts: Readonly<Record<OperationPart, GrowingTimes>> = {
    poolLock: new GrowingTimes(),
    poolLockWait: new GrowingTimes(),
    poolUnlock: new GrowingTimes(),
    lock: new GrowingTimes(),
    lockWait: new GrowingTimes(),
    unlock: new GrowingTimes(),
    object: new GrowingTimes(),
    group: new GrowingTimes(),
    zspage: new GrowingTimes(),
    handle: new GrowingTimes(),
    tryLock: new GrowingTimes(),
    slot: new GrowingTimes(),
    self: new GrowingTimes(),
    calls: new GrowingTimes(),
  };
  /** Traced calls below those of each part: the tracer's cost of them is in the part's time. */
  readonly below: Readonly<Record<OperationPart, GrowingTimes>> = {
    poolLock: new GrowingTimes(),
    poolLockWait: new GrowingTimes(),
    poolUnlock: new GrowingTimes(),
    lock: new GrowingTimes(),
    lockWait: new GrowingTimes(),
    unlock: new GrowingTimes(),
    object: new GrowingTimes(),
    group: new GrowingTimes(),
    zspage: new GrowingTimes(),
    handle: new GrowingTimes(),
    tryLock: new GrowingTimes(),
    slot: new GrowingTimes(),
    self: new GrowingTimes(),
    calls: new GrowingTimes(),
  };

  /** Addresses of handles as the trace prints them; their numbers are indices. */
  readonly handles = new Interned();
  readonly zspages = new Interned();

  /** Adds a row with nothing known but its kind; returns its number. */
  add(kind: number): number {
    if (this.length === this.#capacity) this.#grow();
    const row = this.length++;
    this.kind[row] = kind;
    for (const column of [this.parent, this.task, this.cpu, this.size, this.handle]) column[row] = -1;
    for (const column of [
      this.startNs,
      this.endNs,
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
    ])
      column[row] = -1;
    return row;
  }

  #grow(): void {
    this.#capacity *= 2;
    const length = this.#capacity;
    const ints = (old: Int32Array<ArrayBuffer>) => grown(old, new Int32Array(length));
    const doubles = (old: Float64Array<ArrayBuffer>) => grown(old, new Float64Array(length));
    this.kind = grown(this.kind, new Uint8Array(length));
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
    this.startNs = doubles(this.startNs);
    this.endNs = doubles(this.endNs);
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

  /** The text means something new from now on. */
  forget(text: string): void {
    this.#ids.delete(text);
  }
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
