import { type FullnessRule, fullnessById } from './fullness.ts';
import { Geometry, type SizeClass, type ZsmallocConfig } from './geometry.ts';

/** A zspage of a {@link Pool}; -1 is none. */
export type ZspageId = number;
/** An allocation of a {@link Pool}, given by the caller: small whole numbers, used again when freed. */
export type HandleId = number;

const NONE = -1;

/** Columns of a zspage's row: what one free touches stands in one cache line. */
const Z = { Class: 0, InUse: 1, Group: 2, FreeHead: 3, Next: 4, Previous: 5, Base: 6, Released: 7 } as const;
const ROW = 3;
/** Numbers in the row of a zspage, and where its objects in use stand. */
export const ZSPAGE_ROW = 1 << ROW;
export const IN_USE = Z.InUse;

/** Columns of a {@link Pool}; `counts` are pages taken and returned, zspage rows and objects in them. */
export type PoolColumns = Readonly<
  Record<
    'objectsAllocated' | 'objectsInUse' | 'head' | 'spare' | 'zspages' | 'objectAt' | 'placeOf',
    Int32Array
  > & { counts: Float64Array }
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
  #z: Int32Array = new Int32Array(this.#capacity << ROW);

  /** By object, a run for each zspage: the handle, or the complement of the next free index. */
  #objectAt: Int32Array = new Int32Array(1 << 14);
  #objectsUsed = 0;

  /** By handle: its zspage and its index in that. */
  #placeOf: Int32Array = new Int32Array(2048).fill(NONE);

  /** False: lists and free objects are not kept any more, see {@link freesAlone}. */
  #hasLists = true;

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
      zspages: this.#z,
      objectAt: this.#objectAt,
      placeOf: this.#placeOf,
    };
  }

  static #copyOf(geometry: Geometry, fullness: FullnessRule, columns: PoolColumns): Pool {
    const copy = new Pool(geometry, fullness);
    const [pagesTaken, pagesReturned, zspages, objectsUsed] = columns.counts;
    copy.pagesTaken = pagesTaken!;
    copy.pagesReturned = pagesReturned!;
    copy.#zspages = zspages!;
    copy.#objectsUsed = objectsUsed!;
    copy.#capacity = columns.zspages.length >> ROW;
    copy.objectsAllocated.set(columns.objectsAllocated);
    copy.objectsInUse.set(columns.objectsInUse);
    copy.#head.set(columns.head);
    copy.#spare.set(columns.spare);
    copy.#z = new Int32Array(columns.zspages);
    copy.#objectAt = new Int32Array(columns.objectAt);
    copy.#placeOf = new Int32Array(columns.placeOf);
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
    const z = this.#z;
    const end = this.#zspages << ROW;
    for (let row = 0; row < end; row += ZSPAGE_ROW)
      if (z[row + Z.Released] === 0) pages += this.#pages[z[row + Z.Class]!]!;
    return pages;
  }

  /** Objects in use, counted by zspage. */
  countObjects(): number {
    let objects = 0;
    for (let zspage = 0; zspage < this.#zspages; zspage++) objects += this.inUse(zspage);
    return objects;
  }

  zspageOf(handle: HandleId): ZspageId {
    return 2 * handle < this.#placeOf.length ? this.#placeOf[2 * handle]! : NONE;
  }

  /** Index of a handle's object in its zspage. */
  objectIndexOf(handle: HandleId): number {
    return this.#placeOf[2 * handle + 1]!;
  }

  classOf(zspage: ZspageId): number {
    return this.#z[(zspage << ROW) + Z.Class]!;
  }

  inUse(zspage: ZspageId): number {
    return this.#z[(zspage << ROW) + Z.InUse]!;
  }

  isFull(zspage: ZspageId): boolean {
    return this.inUse(zspage) === this.#objects[this.classOf(zspage)];
  }

  /** Fullness group of the list that a zspage is in. */
  groupOf(zspage: ZspageId): number {
    return this.#z[(zspage << ROW) + Z.Group]!;
  }

  /**
   * From now on there are only frees, and the caller makes them itself: it takes the handle's place away
   * (`placeOf[2 * handle] = -1`) and counts the objects of its zspage down (`zspages[zspage *
   * ZSPAGE_ROW + IN_USE]`); an empty one goes to {@link detach} and {@link release}. Lists and free
   * objects are not kept, so whatever looks for a zspage is an error.
   */
  freesAlone(): { readonly placeOf: Int32Array; readonly zspages: Int32Array } {
    this.#hasLists = false;
    return { placeOf: this.#placeOf, zspages: this.#z };
  }

  /** @throws {RangeError} that says so. */
  hasNoObject(handle: HandleId): never {
    throw new RangeError(`handle ${handle} has no object`);
  }

  // ---------------------------------------------------------------- zs_malloc

  /**
   * Gives a handle an object of a zspage that has room.
   * @returns the zspage, or -1 when none has: then {@link allocateFromNew} is next.
   */
  allocateFromExisting(sizeClass: number, handle: HandleId): ZspageId {
    if (!this.#hasLists) throw new Error('the lists of the pool were given up');
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

  /** A zspage of the class has room. */
  hasRoom(sizeClass: number): boolean {
    const base = sizeClass * this.#groups;
    return this.#allocationOrder.some((group) => this.#head[base + group] !== NONE);
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
    if (zspage === NONE || zspage === undefined) this.hasNoObject(handle);
    const z = this.#z;
    const row = zspage << ROW;
    const place = this.#placeOf;
    const index = place[2 * handle + 1]!;
    place[2 * handle] = NONE;
    this.#objectAt[z[row + Z.Base]! + index] = ~z[row + Z.FreeHead]!;
    z[row + Z.FreeHead] = index;
    const inUse = z[row + Z.InUse]! - 1;
    z[row + Z.InUse] = inUse;
    this.objectsInUse[z[row]!]!--;
    this.fixGroup(zspage);
    return inUse === 0 ? zspage : NONE;
  }

  /** Takes an empty zspage off its list and out of the counts: nobody else finds it from now on. */
  detach(zspage: ZspageId): void {
    this.#remove(zspage);
    const sizeClass = this.classOf(zspage);
    this.objectsAllocated[sizeClass]! -= this.#objects[sizeClass]!;
  }

  /** Gives the pages of an empty zspage back: all of its page locks could be taken. Returns how many. */
  release(zspage: ZspageId): number {
    const sizeClass = this.classOf(zspage);
    if (this.groupOf(zspage) !== NONE) this.detach(zspage);
    this.#z[(zspage << ROW) + Z.Next] = this.#spare[sizeClass]!;
    this.#z[(zspage << ROW) + Z.Released] = 1;
    this.#spare[sizeClass] = zspage;
    const pages = this.#pages[sizeClass]!;
    this.pagesReturned += pages;
    return pages;
  }

  /** First empty zspage of a class that waits to be released, -1 without one. */
  firstEmpty(sizeClass: number): ZspageId {
    if (!this.#hasLists) throw new Error('the lists of the pool were given up');
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
    if (!this.#hasLists) throw new Error('the lists of the pool were given up');
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
    const handle = this.#objectAt[this.#z[(source << ROW) + Z.Base]! + index]!;
    this.#takeObject(destination, handle);
    this.#putObject(source, index);
    return handle;
  }

  /** First allocated object of a zspage at `from` or behind, -1 without one. */
  allocatedObject(zspage: ZspageId, from: number): number {
    const base = this.#z[(zspage << ROW) + Z.Base]!;
    const objects = this.#objects[this.classOf(zspage)]!;
    for (let index = from; index < objects; index++) if (this.#objectAt[base + index]! >= 0) return index;
    return NONE;
  }

  /**
   * Moves objects by rising index until the source is empty or the destination full (migrate_zspage
   * of 6.12). Returns how many.
   */
  moveObjects(source: ZspageId, destination: ZspageId): number {
    const objects = this.#objects[this.classOf(source)]!;
    let moved = 0;
    for (let index = this.allocatedObject(source, 0); index !== NONE; ) {
      if (this.inUse(destination) === objects) break;
      this.moveObject(source, index, destination);
      moved++;
      index = this.allocatedObject(source, index + 1);
    }
    return moved;
  }

  /** Moves a zspage to the list of its group, when that has changed (fix_fullness_group). */
  fixGroup(zspage: ZspageId): void {
    const group = this.#groupNow(zspage);
    if (group === this.groupOf(zspage)) return;
    this.#remove(zspage);
    this.#insert(zspage, group);
  }

  // ---------------------------------------------------------------- pieces

  #groupNow(zspage: ZspageId): number {
    const row = zspage << ROW;
    return this.#groupTable[this.#groupAt[this.#z[row]!]! + this.#z[row + Z.InUse]!]!;
  }

  /** obj_malloc: the first free object of the chain. */
  #takeObject(zspage: ZspageId, handle: HandleId): void {
    const z = this.#z;
    const row = zspage << ROW;
    const index = z[row + Z.FreeHead]!;
    const at = z[row + Z.Base]! + index;
    z[row + Z.FreeHead] = ~this.#objectAt[at]!;
    this.#objectAt[at] = handle;
    z[row + Z.InUse]!++;
    if (2 * handle >= this.#placeOf.length) this.#growHandles(handle);
    this.#placeOf[2 * handle] = zspage;
    this.#placeOf[2 * handle + 1] = index;
  }

  /** obj_free: in front of the chain. */
  #putObject(zspage: ZspageId, index: number): void {
    const z = this.#z;
    const row = zspage << ROW;
    this.#objectAt[z[row + Z.Base]! + index] = ~z[row + Z.FreeHead]!;
    z[row + Z.FreeHead] = index;
    z[row + Z.InUse]!--;
  }

  #insert(zspage: ZspageId, group: number): void {
    const z = this.#z;
    const row = zspage << ROW;
    const list = z[row]! * this.#groups + group;
    const head = this.#head[list]!;
    const headRow = head << ROW;
    z[row + Z.Group] = group;
    if (head !== NONE && this.fullness.insertsBehindFullerHead && z[row + Z.InUse]! < z[headRow + Z.InUse]!) {
      const behind = z[headRow + Z.Next]!;
      z[row + Z.Previous] = head;
      z[row + Z.Next] = behind;
      z[headRow + Z.Next] = zspage;
      if (behind !== NONE) z[(behind << ROW) + Z.Previous] = zspage;
      return;
    }
    z[row + Z.Previous] = NONE;
    z[row + Z.Next] = head;
    if (head !== NONE) z[headRow + Z.Previous] = zspage;
    this.#head[list] = zspage;
  }

  #remove(zspage: ZspageId): void {
    const z = this.#z;
    const row = zspage << ROW;
    const group = z[row + Z.Group]!;
    z[row + Z.Group] = NONE;
    if (!this.#hasLists) return;
    const before = z[row + Z.Previous]!;
    const behind = z[row + Z.Next]!;
    if (before === NONE) this.#head[z[row]! * this.#groups + group] = behind;
    else z[(before << ROW) + Z.Next] = behind;
    if (behind !== NONE) z[(behind << ROW) + Z.Previous] = before;
  }

  #newZspage(sizeClass: number): ZspageId {
    const objects = this.#objects[sizeClass]!;
    let zspage = this.#spare[sizeClass]!;
    if (zspage !== NONE) this.#spare[sizeClass] = this.#z[(zspage << ROW) + Z.Next]!;
    else {
      if (this.#zspages === this.#capacity) this.#growZspages();
      zspage = this.#zspages++;
      this.#z[zspage << ROW] = sizeClass;
      this.#z[(zspage << ROW) + Z.Base] = this.#objectsUsed;
      this.#objectsUsed += objects;
      if (this.#objectsUsed > this.#objectAt.length) this.#growObjects();
    }
    const row = zspage << ROW;
    const base = this.#z[row + Z.Base]!;
    for (let index = 0; index < objects; index++) this.#objectAt[base + index] = ~(index + 1);
    this.#z[row + Z.InUse] = 0;
    this.#z[row + Z.FreeHead] = 0;
    this.#z[row + Z.Group] = NONE;
    this.#z[row + Z.Released] = 0;
    return zspage;
  }

  #growZspages(): void {
    this.#capacity *= 2;
    const bigger = new Int32Array(this.#capacity << ROW);
    bigger.set(this.#z);
    this.#z = bigger;
  }

  #growObjects(): void {
    const bigger = new Int32Array(Math.max(this.#objectsUsed, this.#objectAt.length * 2));
    bigger.set(this.#objectAt);
    this.#objectAt = bigger;
  }

  #growHandles(handle: HandleId): void {
    const bigger = new Int32Array(Math.max(2 * (handle + 1), this.#placeOf.length * 2)).fill(NONE);
    bigger.set(this.#placeOf);
    this.#placeOf = bigger;
  }
}
