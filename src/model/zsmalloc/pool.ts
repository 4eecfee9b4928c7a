import { type FullnessRule, fullnessById } from './fullness.ts';
import { Geometry, type SizeClass, type ZsmallocConfig } from './geometry.ts';

/** A zspage of a {@link Pool}; -1 is none. */
export type ZspageId = number;
/** An allocation of a {@link Pool}, given by the caller: small whole numbers, used again when freed. */
export type HandleId = number;

const NONE = -1;

/** Columns of a {@link Pool}; `counts` are pages taken and returned, zspage rows and objects in them. */
export type PoolColumns = Readonly<
  Record<
    | 'objectsAllocated'
    | 'objectsInUse'
    | 'head'
    | 'spare'
    | 'class'
    | 'inUse'
    | 'freeHead'
    | 'next'
    | 'previous'
    | 'base'
    | 'nextFree'
    | 'handleAt'
    | 'zspageOf'
    | 'indexOf',
    Int32Array
  > & { counts: Float64Array; group: Int8Array }
>;

/** The state of a {@link Pool} as plain data. */
export interface PoolSnapshot {
  readonly geometry: ZsmallocConfig;
  readonly fullness: FullnessRule['id'];
  readonly columns: PoolColumns;
}

/**
 * The state of a zsmalloc pool: which object of which zspage each handle has, and which zspage the
 * next allocation takes. Structure only, no time and no locks; every method is what happens under the
 * class lock (the pool lock where there is but one), so callers give the order.
 *
 * Hot: zspages are rows of typed arrays, their lists are links by row, free objects a chain of
 * indices as in the kernel. Sources: mm/zsmalloc.c of 6.1 and 6.12.
 */
export class Pool {
  readonly geometry: Geometry;
  readonly fullness: FullnessRule;
  /** Class of each slot of the class table, as a number into `classes`. */
  readonly #ordinalOfSlot: Int32Array;
  readonly #groups: number;
  readonly #allocationOrder: Int32Array;

  // By class.
  readonly classes: readonly SizeClass[];
  readonly objectsAllocated: Int32Array;
  readonly objectsInUse: Int32Array;
  readonly #objects: Int32Array;
  readonly #pages: Int32Array;
  /** First zspage of each list: class * groups + group. */
  readonly #head: Int32Array;
  /** Group by class and objects in use, precomputed: `#groupAt[class] + inUse`. */
  readonly #groupTable: Uint8Array;
  readonly #groupAt: Int32Array;
  /** Released zspage rows of each class, linked by `#next`. */
  readonly #spare: Int32Array;

  // By zspage.
  #capacity = 256;
  #zspages = 0;
  #class = new Int32Array(this.#capacity);
  #inUse = new Int32Array(this.#capacity);
  #group = new Int8Array(this.#capacity);
  #freeHead = new Int32Array(this.#capacity);
  #next = new Int32Array(this.#capacity);
  #previous = new Int32Array(this.#capacity);
  #base = new Int32Array(this.#capacity);

  // By object, a run for each zspage: the next free index, or the handle of what is allocated.
  #nextFree = new Int32Array(1 << 14);
  #handleAt = new Int32Array(1 << 14);
  #objectsUsed = 0;

  // By handle.
  #zspageOf: Int32Array = new Int32Array(1024).fill(NONE);
  #indexOf: Int32Array = new Int32Array(1024);

  /** Pages taken from the page allocator and given back, since the pool was made. */
  pagesTaken = 0;
  pagesReturned = 0;

  constructor(geometry: Geometry, fullness: FullnessRule) {
    this.geometry = geometry;
    this.fullness = fullness;
    this.classes = geometry.classes;
    const count = this.classes.length;
    const ordinals = new Map(this.classes.map((sizeClass, ordinal) => [sizeClass, ordinal]));
    this.#ordinalOfSlot = Int32Array.from(geometry.slots, (sizeClass) => ordinals.get(sizeClass)!);
    this.#groups = fullness.groups;
    this.#allocationOrder = Int32Array.from(fullness.allocationOrder);
    this.objectsAllocated = new Int32Array(count);
    this.objectsInUse = new Int32Array(count);
    this.#objects = Int32Array.from(this.classes, (c) => c.objectsPerZspage);
    this.#pages = Int32Array.from(this.classes, (c) => c.pagesPerZspage);
    this.#head = new Int32Array(count * fullness.groups).fill(NONE);
    this.#spare = new Int32Array(count).fill(NONE);
    this.#groupAt = new Int32Array(count);
    let entries = 0;
    this.classes.forEach((c, ordinal) => {
      this.#groupAt[ordinal] = entries;
      entries += c.objectsPerZspage + 1;
    });
    this.#groupTable = new Uint8Array(entries);
    this.classes.forEach((c, ordinal) => {
      for (let inUse = 0; inUse <= c.objectsPerZspage; inUse++) {
        this.#groupTable[this.#groupAt[ordinal]! + inUse] = fullness.groupOf(inUse, c.objectsPerZspage);
      }
    });
  }

  /** An independent copy. */
  clone(): Pool {
    return Pool.#copyOf(this.geometry, this.fullness, this.#columns());
  }

  /** The state as plain data, for another thread; shares its columns with the pool. */
  snapshot(): PoolSnapshot {
    return { geometry: this.geometry.config, fullness: this.fullness.id, columns: this.#columns() };
  }

  /** A pool of its own from a snapshot. */
  static from({ geometry, fullness, columns }: PoolSnapshot): Pool {
    return Pool.#copyOf(new Geometry(geometry), fullnessById(fullness), columns);
  }

  #columns(): PoolColumns {
    return {
      counts: Float64Array.of(this.pagesTaken, this.pagesReturned, this.#zspages, this.#objectsUsed),
      objectsAllocated: this.objectsAllocated,
      objectsInUse: this.objectsInUse,
      head: this.#head,
      spare: this.#spare,
      class: this.#class,
      inUse: this.#inUse,
      group: this.#group,
      freeHead: this.#freeHead,
      next: this.#next,
      previous: this.#previous,
      base: this.#base,
      nextFree: this.#nextFree,
      handleAt: this.#handleAt,
      zspageOf: this.#zspageOf,
      indexOf: this.#indexOf,
    };
  }

  static #copyOf(geometry: Geometry, fullness: FullnessRule, columns: PoolColumns): Pool {
    const copy = new Pool(geometry, fullness);
    const [pagesTaken, pagesReturned, zspages, objectsUsed] = columns.counts;
    copy.pagesTaken = pagesTaken!;
    copy.pagesReturned = pagesReturned!;
    copy.#zspages = zspages!;
    copy.#objectsUsed = objectsUsed!;
    copy.#capacity = columns.class.length;
    copy.objectsAllocated.set(columns.objectsAllocated);
    copy.objectsInUse.set(columns.objectsInUse);
    copy.#head.set(columns.head);
    copy.#spare.set(columns.spare);
    copy.#class = new Int32Array(columns.class);
    copy.#inUse = new Int32Array(columns.inUse);
    copy.#group = new Int8Array(columns.group);
    copy.#freeHead = new Int32Array(columns.freeHead);
    copy.#next = new Int32Array(columns.next);
    copy.#previous = new Int32Array(columns.previous);
    copy.#base = new Int32Array(columns.base);
    copy.#nextFree = new Int32Array(columns.nextFree);
    copy.#handleAt = new Int32Array(columns.handleAt);
    copy.#zspageOf = new Int32Array(columns.zspageOf);
    copy.#indexOf = new Int32Array(columns.indexOf);
    return copy;
  }

  /** Number of the class that a request of so many bytes goes to. */
  classFor(requestBytes: number): number {
    return this.#ordinalOfSlot[this.geometry.classFor(requestBytes).index]!;
  }

  /** Pages that the pool holds. */
  get pages(): number {
    return this.pagesTaken - this.pagesReturned;
  }

  /** The same, counted by zspage: those on lists, and those that were taken off and not released. */
  countPages(): number {
    let pages = 0;
    for (let zspage = 0; zspage < this.#zspages; zspage++) pages += this.#pages[this.#class[zspage]!]!;
    this.#spare.forEach((first, sizeClass) => {
      for (let zspage = first; zspage !== NONE; zspage = this.#next[zspage]!)
        pages -= this.#pages[sizeClass]!;
    });
    return pages;
  }

  /** Objects in use, counted by zspage. */
  countObjects(): number {
    let objects = 0;
    for (let zspage = 0; zspage < this.#zspages; zspage++) objects += this.#inUse[zspage]!;
    return objects;
  }

  zspageOf(handle: HandleId): ZspageId {
    return handle < this.#zspageOf.length ? this.#zspageOf[handle]! : NONE;
  }

  /** Index of a handle's object in its zspage. */
  objectIndexOf(handle: HandleId): number {
    return this.#indexOf[handle]!;
  }

  classOf(zspage: ZspageId): number {
    return this.#class[zspage]!;
  }

  inUse(zspage: ZspageId): number {
    return this.#inUse[zspage]!;
  }

  isFull(zspage: ZspageId): boolean {
    return this.#inUse[zspage] === this.#objects[this.#class[zspage]!];
  }

  /** Fullness group of the list that a zspage is in. */
  groupOf(zspage: ZspageId): number {
    return this.#group[zspage]!;
  }

  // ---------------------------------------------------------------- zs_malloc

  /**
   * Gives a handle an object of a zspage that has room.
   * @returns the zspage, or -1 when none has: then {@link allocateFromNew} is next.
   */
  allocateFromExisting(sizeClass: number, handle: HandleId): ZspageId {
    const base = sizeClass * this.#groups;
    const order = this.#allocationOrder;
    for (let k = 0; k < order.length; k++) {
      const zspage = this.#head[base + order[k]!]!;
      if (zspage === NONE) continue;
      this.#takeObject(zspage, handle);
      this.fixGroup(zspage);
      this.objectsInUse[sizeClass]!++;
      return zspage;
    }
    return NONE;
  }

  /** Makes a new zspage and gives a handle its first object. */
  allocateFromNew(sizeClass: number, handle: HandleId): ZspageId {
    const zspage = this.#newZspage(sizeClass);
    this.#takeObject(zspage, handle);
    this.#insert(zspage, this.#groupNow(zspage));
    this.pagesTaken += this.#pages[sizeClass]!;
    this.objectsAllocated[sizeClass]! += this.#objects[sizeClass]!;
    this.objectsInUse[sizeClass]!++;
    return zspage;
  }

  // ---------------------------------------------------------------- zs_free

  /**
   * Frees a handle's object.
   * @returns its zspage when that has no object in use any more, else -1. An empty zspage stays in
   *   its list, where an allocation may take it again, until {@link release}.
   * @throws {RangeError} when the handle has no object.
   */
  free(handle: HandleId): ZspageId {
    const zspage = this.zspageOf(handle);
    if (zspage === NONE || zspage === undefined) throw new RangeError(`handle ${handle} has no object`);
    this.objectsInUse[this.#class[zspage]!]!--;
    this.#putObject(zspage, this.#indexOf[handle]!);
    this.#zspageOf[handle] = NONE;
    this.fixGroup(zspage);
    return this.#inUse[zspage] === 0 ? zspage : NONE;
  }

  /** Takes an empty zspage off its list and out of the counts: nobody else finds it from now on. */
  detach(zspage: ZspageId): void {
    this.#remove(zspage);
    const sizeClass = this.#class[zspage]!;
    this.objectsAllocated[sizeClass]! -= this.#objects[sizeClass]!;
  }

  /** Gives the pages of an empty zspage back: all of its page locks could be taken. Returns how many. */
  release(zspage: ZspageId): number {
    const sizeClass = this.#class[zspage]!;
    if (this.#group[zspage] !== NONE) this.detach(zspage);
    this.#next[zspage] = this.#spare[sizeClass]!;
    this.#spare[sizeClass] = zspage;
    const pages = this.#pages[sizeClass]!;
    this.pagesReturned += pages;
    return pages;
  }

  /** First empty zspage of a class that waits to be released, -1 without one. */
  firstEmpty(sizeClass: number): ZspageId {
    return this.#head[sizeClass * this.#groups]!;
  }

  // ---------------------------------------------------------------- compaction

  /** Pages that compaction could free in a class (zs_can_compact). */
  compactablePages(sizeClass: number): number {
    const spareObjects = this.objectsAllocated[sizeClass]! - this.objectsInUse[sizeClass]!;
    return Math.max(0, Math.floor(spareObjects / this.#objects[sizeClass]!)) * this.#pages[sizeClass]!;
  }

  /** Takes the zspage off its list that compaction moves objects out of, or into; -1 without one. */
  isolate(sizeClass: number, role: 'source' | 'destination'): ZspageId {
    const order = role === 'source' ? this.fullness.sourceOrder : this.fullness.destinationOrder;
    for (const group of order) {
      const zspage = this.#head[sizeClass * this.#groups + group]!;
      if (zspage === NONE) continue;
      this.#remove(zspage);
      return zspage;
    }
    return NONE;
  }

  /** Puts an isolated zspage back into the list of its group; returns that. */
  putBack(zspage: ZspageId): number {
    const group = this.#groupNow(zspage);
    this.#insert(zspage, group);
    return group;
  }

  /** Moves one object, by index, into an isolated zspage with room. Returns the handle moved. */
  moveObject(source: ZspageId, index: number, destination: ZspageId): HandleId {
    const handle = this.#handleAt[this.#base[source]! + index]!;
    this.#takeObject(destination, handle);
    this.#putObject(source, index);
    return handle;
  }

  /** First allocated object of a zspage at `from` or behind, -1 without one. */
  allocatedObject(zspage: ZspageId, from: number): number {
    const base = this.#base[zspage]!;
    const objects = this.#objects[this.#class[zspage]!]!;
    for (let index = from; index < objects; index++) if (this.#handleAt[base + index] !== NONE) return index;
    return NONE;
  }

  /**
   * Moves objects by rising index until the source is empty or the destination full (migrate_zspage
   * of 6.12). Returns how many.
   */
  moveObjects(source: ZspageId, destination: ZspageId): number {
    const objects = this.#objects[this.#class[source]!]!;
    let moved = 0;
    for (let index = this.allocatedObject(source, 0); index !== NONE; ) {
      if (this.#inUse[destination] === objects) break;
      this.moveObject(source, index, destination);
      moved++;
      index = this.allocatedObject(source, index + 1);
    }
    return moved;
  }

  /** Moves a zspage to the list of its group, when that has changed (fix_fullness_group). */
  fixGroup(zspage: ZspageId): void {
    const group = this.#groupNow(zspage);
    if (group === this.#group[zspage]) return;
    this.#remove(zspage);
    this.#insert(zspage, group);
  }

  // ---------------------------------------------------------------- pieces

  #groupNow(zspage: ZspageId): number {
    return this.#groupTable[this.#groupAt[this.#class[zspage]!]! + this.#inUse[zspage]!]!;
  }

  /** obj_malloc: the first free object of the chain. */
  #takeObject(zspage: ZspageId, handle: HandleId): void {
    const base = this.#base[zspage]!;
    const index = this.#freeHead[zspage]!;
    this.#freeHead[zspage] = this.#nextFree[base + index]!;
    this.#handleAt[base + index] = handle;
    this.#inUse[zspage]!++;
    if (handle >= this.#zspageOf.length) this.#growHandles(handle);
    this.#zspageOf[handle] = zspage;
    this.#indexOf[handle] = index;
  }

  /** obj_free: in front of the chain. */
  #putObject(zspage: ZspageId, index: number): void {
    const base = this.#base[zspage]!;
    this.#nextFree[base + index] = this.#freeHead[zspage]!;
    this.#handleAt[base + index] = NONE;
    this.#freeHead[zspage] = index;
    this.#inUse[zspage]!--;
  }

  #insert(zspage: ZspageId, group: number): void {
    const list = this.#class[zspage]! * this.#groups + group;
    const head = this.#head[list]!;
    this.#group[zspage] = group;
    if (head !== NONE && this.fullness.insertsBehindFullerHead && this.#inUse[zspage]! < this.#inUse[head]!) {
      const behind = this.#next[head]!;
      this.#previous[zspage] = head;
      this.#next[zspage] = behind;
      this.#next[head] = zspage;
      if (behind !== NONE) this.#previous[behind] = zspage;
      return;
    }
    this.#previous[zspage] = NONE;
    this.#next[zspage] = head;
    if (head !== NONE) this.#previous[head] = zspage;
    this.#head[list] = zspage;
  }

  #remove(zspage: ZspageId): void {
    const before = this.#previous[zspage]!;
    const behind = this.#next[zspage]!;
    if (before === NONE) this.#head[this.#class[zspage]! * this.#groups + this.#group[zspage]!] = behind;
    else this.#next[before] = behind;
    if (behind !== NONE) this.#previous[behind] = before;
    this.#group[zspage] = NONE;
  }

  #newZspage(sizeClass: number): ZspageId {
    const objects = this.#objects[sizeClass]!;
    let zspage = this.#spare[sizeClass]!;
    if (zspage !== NONE) this.#spare[sizeClass] = this.#next[zspage]!;
    else {
      if (this.#zspages === this.#capacity) this.#growZspages();
      zspage = this.#zspages++;
      this.#class[zspage] = sizeClass;
      this.#base[zspage] = this.#objectsUsed;
      this.#objectsUsed += objects;
      if (this.#objectsUsed > this.#nextFree.length) this.#growObjects();
    }
    const base = this.#base[zspage]!;
    for (let index = 0; index < objects; index++) {
      this.#nextFree[base + index] = index + 1;
      this.#handleAt[base + index] = NONE;
    }
    this.#inUse[zspage] = 0;
    this.#freeHead[zspage] = 0;
    this.#group[zspage] = NONE;
    return zspage;
  }

  #growZspages(): void {
    this.#capacity *= 2;
    const grow = (column: Int32Array<ArrayBuffer>) => {
      const bigger = new Int32Array(this.#capacity);
      bigger.set(column);
      return bigger;
    };
    this.#class = grow(this.#class);
    this.#inUse = grow(this.#inUse);
    this.#freeHead = grow(this.#freeHead);
    this.#next = grow(this.#next);
    this.#previous = grow(this.#previous);
    this.#base = grow(this.#base);
    const groups = new Int8Array(this.#capacity);
    groups.set(this.#group);
    this.#group = groups;
  }

  #growObjects(): void {
    const length = Math.max(this.#objectsUsed, this.#nextFree.length * 2);
    const nextFree = new Int32Array(length);
    nextFree.set(this.#nextFree);
    this.#nextFree = nextFree;
    const handleAt = new Int32Array(length);
    handleAt.set(this.#handleAt);
    this.#handleAt = handleAt;
  }

  #growHandles(handle: HandleId): void {
    const length = Math.max(handle + 1, this.#zspageOf.length * 2);
    const zspageOf = new Int32Array(length).fill(NONE);
    zspageOf.set(this.#zspageOf);
    this.#zspageOf = zspageOf;
    const indexOf = new Int32Array(length);
    indexOf.set(this.#indexOf);
    this.#indexOf = indexOf;
  }
}
