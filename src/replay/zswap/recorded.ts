import type { ZswapEra } from '../../model/zswap/eras.ts';
import type { Rejection } from '../../model/zswap/store.ts';
import { OperationKind, type OperationTable } from '../../trace/operations.ts';
import type { ZswapFacts } from '../../trace/zswap-facts.ts';
import { type LoadResults, loadResultsOf } from './load-results.ts';
import { firstKnown, followObjects, type Owners } from './owners.ts';
import { type Shown, shownIn, standsForEntry } from './shown.ts';
import { Slots } from './slots.ts';

/** A store as a recording shows it. */
export interface RecordedStore {
  readonly op: number;
  /** First slot; -1 when not known. */
  readonly slot: number;
  readonly pages: number;
  /** Null when the recording does not tell. */
  readonly stored: boolean | null;
  /** Refused for the pool's limit; null when it does not tell. */
  readonly refusedForLimit: boolean | null;
  /**
   * The look at the pool's size is not traced: nothing was compressed, and that is all. The limit is the
   * usual cause; a memcg's own limit or want of memory look the same.
   */
  readonly isInferred: boolean;
  /** Why it was refused after the checks; null when stored or not told. */
  readonly refusal: Rejection | null;
  /** Pages that got an entry, also those of a folio that failed at a later one. */
  readonly entries: readonly RecordedEntry[];
  readonly limitAt: number;
  /** Where the tree was locked last: to erase what a failed folio has. */
  readonly treeAt: number;
  readonly endAt: number;
}

/** A page that was put into the tree and on its list. */
export interface RecordedEntry {
  readonly page: number;
  /** -1 when not known, as the bytes. */
  readonly handle: number;
  readonly bytes: number;
  readonly treeAt: number;
  readonly listAt: number;
  /** Its list: memcgs are numbered as they come, 0 where none is shown. */
  readonly memcg: number;
  readonly node: number;
  /** Address of its list item; null when not shown. */
  readonly item: string | null;
}

/** The zswap operations of a recording, sorted out: what is shown of each, and what is not. */
export class RecordedZswap {
  readonly stores: RecordedStore[] = [];
  readonly loads: number[] = [];
  readonly invalidates: number[] = [];
  readonly writebacks: number[] = [];
  /** Entry frees outside of any operation that is shown. */
  readonly lostFrees: number[] = [];
  readonly shown: Shown;
  readonly entryFrees: number;
  readonly #ops: OperationTable;
  readonly #era: ZswapEra;
  readonly #loadResults: LoadResults;
  readonly #frees = new Map<number, number[]>();
  readonly #owners: Owners;
  readonly #ofStores: ReadonlySet<number>;
  readonly #slots: Slots;
  readonly #memcgs = new Map<string, number>();

  constructor(ops: OperationTable, era: ZswapEra) {
    this.#ops = ops;
    this.#era = era;
    this.#loadResults =
      loadResultsOf(ops) ?? (era.id === '6.12' || era.id === '6.13' ? 'bool' : 'error number');
    const frees = this.#findFrees();
    this.entryFrees = frees.length;
    this.#owners = followObjects(ops, frees);
    this.shown = shownIn(ops, this.#owners);
    this.#ofStores = new Set([...this.#owners.objects.values()].flat());
    this.#slots = new Slots(ops, this.#owners, (op) => this.freesOf(op));
    for (let op = 0; op < ops.length; op++) {
      const kind = ops.kind[op]!;
      if (kind === OperationKind.ZswapStore) this.stores.push(this.#store(op));
      else if (kind === OperationKind.ZswapLoad) this.loads.push(op);
      else if (kind === OperationKind.ZswapInvalidate) this.invalidates.push(op);
      else if (kind === OperationKind.ZswapWriteback) this.writebacks.push(op);
    }
  }

  /** Nothing was in zswap: swap slots are freed and read through it also where it is off. */
  get isEmpty(): boolean {
    const { stores, writebacks, entryFrees, loads } = this;
    if (stores.length > 0 || writebacks.length > 0 || entryFrees > 0) return false;
    return !loads.some((op) => this.isLoaded(op) === true);
  }

  /** Slot of an operation; -1 when not known. */
  slotOf(op: number): number {
    return this.#slots.of(op);
  }

  /** A slot in words. */
  slotText(slot: number): string {
    return this.#slots.text(slot);
  }

  /** Entry frees within an operation. */
  freesOf(op: number): readonly number[] {
    return this.#frees.get(op) ?? [];
  }

  /** Printed arguments tell entries' memcgs and nodes. */
  get showsLists(): boolean {
    return this.#memcgs.size > 0;
  }

  /** Lists that are shown: memcgs, at least one. */
  get lists(): number {
    return Math.max(1, this.#memcgs.size);
  }

  /** Store whose object a free frees; -1 when not known. */
  ownerOf(free: number): number {
    return this.#owners.freed.get(free)?.store ?? -1;
  }

  /** Entry frees are shown, so that their absence says something. */
  get showsFrees(): boolean {
    return this.shown.entryFree;
  }

  /** A zs_malloc was made for a store. */
  isOfStore(malloc: number): boolean {
    return this.#ofStores.has(malloc);
  }

  /** Where an operation other than a store held the tree's lock, as far as that is shown. */
  treeAt(op: number): number {
    return firstKnown(this.#facts(op).treeAt, this.#ops.enteredAt[op]!);
  }

  /** A load found its page in zswap; null when the recording does not tell. */
  isLoaded(op: number): boolean | null {
    const { result, parts, isCall } = this.#facts(op);
    if (result !== null) return this.#loadResults === 'bool' ? result === 1 : result === 0;
    if (parts.decompress !== undefined || this.freesOf(op).length > 0) return true;
    // Not found, where finding would have been seen.
    const { decompressor } = this.shown;
    const wouldFree = this.showsFrees && this.#era.load === 'frees the entry';
    return isCall && (decompressor || wouldFree) ? false : null;
  }

  /**
   * What a writeback returned; without a return probe 0 for one that freed its entry, `failed` for one that
   * did not though frees are shown. Null when the recording does not tell.
   */
  writebackResult(op: number): number | 'failed' | null {
    const { result, isCall, failed } = this.#facts(op);
    if (result !== null) return result;
    if (failed) return 'failed';
    if (this.freesOf(op).length > 0) return 0;
    return this.showsFrees && isCall ? 'failed' : null;
  }

  /** Entries of which neither slot nor object is known: counted only, stored and not freed again. */
  get notFollowed(): number {
    const stored = this.stores
      .filter(({ slot }) => slot < 0)
      .reduce((sum, { entries }) => sum + entries.length, 0);
    return stored - [...this.#frees.values()].flat().filter((row) => this.slotOf(row) < 0).length;
  }

  /** Folios refused, by what the recording shows of the cause. */
  refusals(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { stored, refusal, refusedForLimit } of this.stores) {
      if (stored !== false) continue;
      const cause = refusedForLimit ? 'pool limit' : (refusal ?? 'not shown');
      counts[cause] = (counts[cause] ?? 0) + 1;
    }
    return counts;
  }

  /** What had to be taken as it is. */
  notes(): string[] {
    const notes =
      this.#memcgs.size > 0
        ? []
        : ['Memcgs and nodes are not recorded: all entries are taken to be on one list.'];
    if (this.stores.some(({ stored }) => stored === null))
      notes.push('Some stores show neither a result nor their calls: they are taken as not done.');
    if (this.refusals()['not shown'])
      notes.push(
        'Why some folios were refused is not shown: that takes function_graph of zswap_store with the calls of the compressor and of zs_malloc.',
      );
    notes.push(...this.#slotNotes());
    if (!this.showsFrees) notes.push('Freed entries are not recorded: they are not judged.');
    return notes;
  }

  #slotNotes(): string[] {
    const { madeUp } = this.#slots;
    const frees = [...this.#frees.values()].flat();
    const followed = frees.filter((row) => this.slotOf(row) >= 0).length;
    const unknown = this.stores.some(({ op }) => this.#ops.slot[op]! < 0);
    if (!unknown) return [];
    if (madeUp > 0)
      return [
        `Slots are not recorded (a probe with swp=): entries are followed by their objects' handles, ${followed} of ${frees.length} frees; what made and freed no object is not judged.`,
      ];
    const pages = this.stores.reduce((sum, { entries }) => sum + entries.length, 0);
    return [
      `Slots are not recorded (a probe with swp=), nor handles: entries cannot be followed, only counted: ${pages} stored, ${frees.length} freed.`,
    ];
  }

  #findFrees(): number[] {
    const { kind, parent, length } = this.#ops;
    const frees: number[] = [];
    const hasOwn = kind.subarray(0, length).includes(OperationKind.ZswapEntryFree);
    for (let op = 0; op < length; op++) {
      const isFree = hasOwn ? kind[op] === OperationKind.ZswapEntryFree : standsForEntry(this.#ops, op);
      if (!isFree) continue;
      frees.push(op);
      if (parent[op]! >= 0) append(this.#frees, parent[op]!, op);
      else this.lostFrees.push(op);
    }
    return frees;
  }

  #facts(op: number): ZswapFacts {
    return this.#ops.zswap.get(op)!;
  }

  #store(op: number): RecordedStore {
    const ops = this.#ops;
    const facts = this.#facts(op);
    const rows = this.#owners.objects.get(op) ?? [];
    const stored = this.#isStored(op, facts, rows.length);
    const hasTried = facts.entries > 0 || facts.compressions > 0 || facts.objects > 0 || rows.length > 0;
    const end = firstKnown(ops.returnedAt[op]!, ops.enteredAt[op]!);
    const entries = this.#entriesOf(op, rows, stored === true, facts, end);
    const slot = this.slotOf(op);
    const lastSlot = Math.max(...this.freesOf(op).map((free) => this.slotOf(free)), slot);
    const showsTries = this.shown.compressor || this.shown.entry;
    const isRefusedAtOnce = stored === false && !hasTried && facts.isCall && showsTries;
    const looked = !Number.isNaN(facts.limitAt);
    const isInferred = isRefusedAtOnce && !this.shown.limit;
    return {
      op,
      slot,
      pages: facts.pages ?? Math.max(1, entries.length, lastSlot - slot + 1),
      stored,
      refusedForLimit:
        stored === true || hasTried ? false : isRefusedAtOnce && (looked || isInferred) ? true : null,
      isInferred,
      refusal: stored === false && hasTried ? this.#refusalOf(facts, rows.length) : null,
      entries,
      limitAt: firstKnown(facts.limitAt, ops.enteredAt[op]!),
      treeAt: firstKnown(facts.treeAt, end),
      endAt: end,
    };
  }

  /** Pages with an entry: as many as were put on a list; without calls, those that stayed or were freed. */
  #entriesOf(
    op: number,
    rows: readonly number[],
    stored: boolean,
    facts: ZswapFacts,
    end: number,
  ): RecordedEntry[] {
    const { handle, size } = this.#ops;
    const freed = new Set(
      this.freesOf(op).flatMap((free) => {
        const owner = this.#owners.freed.get(free);
        return owner?.store === op ? [rows[owner.page]!] : [];
      }),
    );
    const isPublished = (row: number, k: number) =>
      stored || (this.shown.list ? k < facts.published.length : freed.has(row));
    const made = rows.filter(isPublished);
    // Stored pages whose zs_malloc is not traced, or that need none (one repeated word, in 6.1).
    const count = stored ? Math.max(made.length, facts.pages ?? 1, facts.published.length) : made.length;
    return Array.from({ length: count }, (_, page) => ({
      page,
      handle: made[page] === undefined ? -1 : handle[made[page]]!,
      bytes: made[page] === undefined ? -1 : size[made[page]]!,
      treeAt: firstKnown(facts.published[page]?.treeAt ?? Number.NaN, end),
      listAt: facts.published[page]?.listAt ?? end,
      memcg: this.#memcgOf(facts.published[page]?.list?.memcg),
      node: facts.published[page]?.list?.node ?? 0,
      item: facts.published[page]?.list?.item ?? null,
    }));
  }

  #memcgOf(address: string | undefined): number {
    if (address === undefined) return 0;
    this.#memcgs.set(address, this.#memcgs.get(address) ?? this.#memcgs.size);
    return this.#memcgs.get(address)!;
  }

  #isStored(op: number, facts: ZswapFacts, objects: number): boolean | null {
    const { result, published, compressions, showsCalls, isCall } = facts;
    if (result !== null) return this.#era.id === '6.1' ? result === 0 : result === 1;
    if (!isCall && !showsCalls) return null;
    const tried = Math.max(objects, facts.objects);
    const hasFailed = this.shown.object && compressions > tried;
    if (this.shown.list && this.#era.lru !== 'allocator') return published.length > 0 && !hasFailed;
    // A page of one word needs no object in 6.1: it is in the tree all the same.
    const isSameFilled = this.#era.sameFilled === 'entry without object' && facts.entries > 0;
    if (isSameFilled && compressions === 0 && tried === 0 && !Number.isNaN(facts.treeAt)) return true;
    if (!this.shown.object) return null;
    // A folio that failed has freed what it had made.
    const isUndone = tried > 1 && this.showsFrees && this.freesOf(op).length >= tried;
    return tried > 0 && !hasFailed && !isUndone;
  }

  /** Why a folio was refused after the checks, by the last thing that was tried; null when not shown. */
  #refusalOf(facts: ZswapFacts, rows: number): Rejection | null {
    const { compressions, published, compressesUnseen } = facts;
    if (compressesUnseen) return null;
    const objects = Math.max(facts.objects, rows);
    if (compressions > 0 && !this.shown.object) return null;
    if (compressions > objects) return 'compression failed';
    if (objects > 0 && !this.shown.list) return null;
    return objects > published.length ? 'object allocation' : 'entry allocation';
  }
}

function append(lists: Map<number, number[]>, key: number, value: number): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
