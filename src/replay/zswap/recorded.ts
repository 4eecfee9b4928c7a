import type { ZswapEra } from '../../model/zswap/eras.ts';
import type { Rejection } from '../../model/zswap/store.ts';
import { OperationKind, type OperationTable } from '../../trace/operations.ts';
import type { ZswapFacts } from '../../trace/zswap-facts.ts';

/** A store as a recording shows it. */
export interface RecordedStore {
  readonly op: number;
  /** First slot; -1 when not known. */
  readonly slot: number;
  readonly pages: number;
  /** Null when the recording does not tell. */
  readonly stored: boolean | null;
  /** Refused before anything was compressed; null when it does not tell. */
  readonly refusedForLimit: boolean | null;
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
  readonly handle: number;
  readonly bytes: number;
  readonly treeAt: number;
  readonly listAt: number;
}

/** The zswap operations of a recording, sorted out: what is shown of each, and what is not. */
export class RecordedZswap {
  readonly stores: RecordedStore[] = [];
  readonly loads: number[] = [];
  readonly invalidates: number[] = [];
  readonly writebacks: number[] = [];
  /** Entry frees outside of any operation that is shown. */
  readonly lostFrees: number[] = [];
  /** Entry frees are shown, so that their absence says something. */
  readonly showsFrees: boolean;
  readonly entryFrees: number;
  readonly #ops: OperationTable;
  readonly #era: ZswapEra;
  readonly #frees = new Map<number, number[]>();
  readonly #objects = new Map<number, number[]>();
  readonly #ofStores = new Set<number>();

  constructor(ops: OperationTable, era: ZswapEra) {
    this.#ops = ops;
    this.#era = era;
    let frees = 0;
    for (let op = 0; op < ops.length; op++) {
      const parent = ops.parent[op]!;
      if (ops.kind[op] === OperationKind.ZswapEntryFree) {
        frees++;
        if (parent >= 0) append(this.#frees, parent, op);
        else this.lostFrees.push(op);
      }
    }
    this.#findObjects();
    this.entryFrees = frees;
    this.showsFrees = frees > 0;
    for (let op = 0; op < ops.length; op++) {
      const kind = ops.kind[op]!;
      if (kind === OperationKind.ZswapStore) this.stores.push(this.#store(op));
      else if (kind === OperationKind.ZswapLoad) this.loads.push(op);
      else if (kind === OperationKind.ZswapInvalidate) this.invalidates.push(op);
      else if (kind === OperationKind.ZswapWriteback) this.writebacks.push(op);
    }
  }

  get isEmpty(): boolean {
    const { stores, loads, invalidates, writebacks, lostFrees } = this;
    return [stores, loads, invalidates, writebacks, lostFrees].every(({ length }) => length === 0);
  }

  /** Entry frees within an operation. */
  freesOf(op: number): readonly number[] {
    return this.#frees.get(op) ?? [];
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
    const { result, parts, showsCalls } = this.#facts(op);
    if (result !== null)
      return this.#era.id === '6.12' || this.#era.id === '6.13' ? result === 1 : result === 0;
    return showsCalls ? parts.decompress !== undefined : null;
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
    const notes = ['Memcgs and nodes are not recorded: all entries are taken to be on one list.'];
    if (this.stores.some(({ stored }) => stored === null))
      notes.push('Some stores show neither a result nor their calls: they are taken as not done.');
    if (this.stores.some(({ stored, refusedForLimit }) => stored === false && refusedForLimit === null))
      notes.push('Why folios were refused is not shown: no calls within zswap_store.');
    if (this.stores.some(({ slot }) => slot < 0))
      notes.push('Slots are not recorded (a probe with swp=): entries cannot be followed.');
    if (!this.showsFrees) notes.push('Freed entries are not recorded: they are not judged.');
    return notes;
  }

  /** Which zs_malloc belongs to which store: of the same task, between its entry and its return. */
  #findObjects(): void {
    const { kind, task, enteredAt, returnedAt, length } = this.#ops;
    const open = new Map<number, number>();
    const inOrder = Array.from({ length }, (_, op) => op)
      .filter((op) => kind[op] === OperationKind.ZswapStore || kind[op] === OperationKind.Malloc)
      .sort((a, b) => enteredAt[a]! - enteredAt[b]!);
    for (const op of inOrder) {
      if (kind[op] === OperationKind.ZswapStore) {
        open.set(task[op]!, op);
        continue;
      }
      const store = open.get(task[op]!);
      if (store === undefined || returnedAt[store]! < enteredAt[op]!) continue;
      append(this.#objects, store, op);
      this.#ofStores.add(op);
    }
  }

  #facts(op: number): ZswapFacts {
    return this.#ops.zswap.get(op)!;
  }

  #store(op: number): RecordedStore {
    const ops = this.#ops;
    const facts = this.#facts(op);
    const rows = this.#objects.get(op) ?? [];
    const stored = this.#isStored(facts, rows.length);
    const hasTried = facts.entries > 0 || facts.compressions > 0 || facts.objects > 0 || rows.length > 0;
    const looked = facts.showsCalls && !Number.isNaN(facts.limitAt);
    const end = firstKnown(ops.returnedAt[op]!, ops.enteredAt[op]!);
    const entries = this.#entriesOf(op, rows, stored === true, facts, end);
    const lastSlot = Math.max(...this.freesOf(op).map((free) => ops.slot[free]!), ops.slot[op]!);
    return {
      op,
      slot: ops.slot[op]!,
      pages: facts.pages ?? Math.max(1, entries.length, lastSlot - ops.slot[op]! + 1),
      stored,
      refusedForLimit: stored === true || hasTried ? false : stored === false && looked ? true : null,
      refusal: stored === false && hasTried ? refusalOf(facts, rows.length) : null,
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
    const freed = new Set(this.freesOf(op).map((free) => handle[free]!));
    const isPublished = (row: number, k: number) =>
      stored || (facts.showsCalls ? k < facts.published.length : freed.has(handle[row]!));
    return rows.filter(isPublished).map((row, page) => ({
      page,
      handle: handle[row]!,
      bytes: size[row]!,
      treeAt: firstKnown(facts.published[page]?.treeAt ?? Number.NaN, end),
      listAt: facts.published[page]?.listAt ?? end,
    }));
  }

  #isStored(facts: ZswapFacts, objects: number): boolean | null {
    if (facts.result !== null) return this.#era.id === '6.1' ? facts.result === 0 : facts.result === 1;
    if (facts.showsCalls) return facts.published.length > 0 || (this.#era.lru === 'allocator' && objects > 0);
    return null;
  }
}

/** Why a folio was refused after the checks, by the last thing that was tried. */
function refusalOf(facts: ZswapFacts, rows: number): Rejection {
  const objects = Math.max(facts.objects, rows);
  if (facts.compressions > objects) return 'compression failed';
  return objects > facts.published.length ? 'object allocation' : 'entry allocation';
}

function firstKnown(...values: number[]): number {
  return values.find((value) => !Number.isNaN(value)) ?? Number.NaN;
}

function append(lists: Map<number, number[]>, key: number, value: number): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
