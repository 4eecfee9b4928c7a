import type { FullnessRule } from '../../model/zsmalloc/fullness.ts';
import type { Geometry } from '../../model/zsmalloc/geometry.ts';
import { allocateEntry, entryOf, publishEntry, takeReferences } from '../../model/zswap/entry-steps.ts';
import type { ZswapEra } from '../../model/zswap/eras.ts';
import { invalidateSlot, loadPage } from '../../model/zswap/load.ts';
import { type Entry, ZswapState } from '../../model/zswap/state.ts';
import { abortFolio, admitFolio, countRejection, insertEntry, storeObject } from '../../model/zswap/store.ts';
import { claimSlot, finishWriteback, lookAtHead, unlinkVictim } from '../../model/zswap/writeback.ts';
import { type CompactionStep, OperationKind, type OperationTable } from '../../trace/operations.ts';
import { replayStructure, type StructureDifference } from '../structure.ts';
import { limitOfRecording, type RecordedLook } from './limit-of-recording.ts';
import { type RecordedStore, RecordedZswap } from './recorded.ts';
import { RecordedStorage } from './recorded-storage.ts';
import type { Agreement, ZswapReport } from './result.ts';

/** What the replay is told beside the recording. */
export interface ZswapReplayOptions {
  readonly era: ZswapEra;
  readonly eraBasis: string;
  readonly geometry: Geometry;
  readonly fullness: FullnessRule;
  /** Limit of the pool in pages; null: told by the recording. */
  readonly maxPages: number | null;
  /** accept_threshold_percent. */
  readonly acceptPercent: number;
}

const MAX_DIFFERENCES = 1000;
/** Recordings do not show memcgs and nodes. */
const LIST = { memcg: 0, node: 0 };

interface Action {
  readonly at: number;
  readonly run: () => void;
}

class Tally {
  operations = 0;
  judged = 0;
  agree = 0;

  get result(): Agreement {
    const { operations, judged, agree } = this;
    return { operations, judged, agree };
  }
}

/**
 * Replays the zswap operations of a recording in the order of their locks, and compares each outcome with
 * what is shown. The model gets slots, the bytes of each compressed page, and which pages the compressor
 * refused; which entries exist, which are freed, what is refused for the limit and what is written back
 * is its own. Null when the recording has no such operation.
 */
export function replayZswap(
  ops: OperationTable,
  compaction: readonly CompactionStep[],
  options: ZswapReplayOptions,
): ZswapReport | null {
  const recorded = new RecordedZswap(ops, options.era);
  if (recorded.isEmpty) return null;
  const { report, outcome } = replayStructure(ops, compaction, options.geometry, options.fullness);
  return new ZswapReplay(ops, recorded, outcome.pages, options).run(report);
}

class ZswapReplay {
  readonly #ops: OperationTable;
  readonly #recorded: RecordedZswap;
  readonly #pages: Int32Array;
  readonly #options: ZswapReplayOptions;
  readonly #storage = new RecordedStorage();
  #state: ZswapState;
  readonly #differences: StructureDifference[] = [];
  readonly #tallies = {
    stores: new Tally(),
    loads: new Tally(),
    invalidates: new Tally(),
    victims: new Tally(),
    writebacks: new Tally(),
    entryFrees: new Tally(),
  };
  /** Slots of stores and loads that are under way: their folios are in the swap cache. */
  readonly #inSwapCache = new Set<number>();
  /** Entries made by stores that are under way, by operation. */
  readonly #made = new Map<number, number>();
  readonly #admitted = new Map<number, boolean>();
  /** Slots that have been stored to, or seen empty: what is there is known. */
  readonly #known = new Set<number>();
  #secondChances = 0;
  #ofOlder = 0;

  constructor(ops: OperationTable, recorded: RecordedZswap, pages: Int32Array, options: ZswapReplayOptions) {
    this.#ops = ops;
    this.#recorded = recorded;
    this.#pages = pages;
    this.#options = options;
    this.#state = this.#newState({ maxPages: Number.POSITIVE_INFINITY, acceptPages: 0 });
  }

  run(objects: ZswapReport['objects']): ZswapReport {
    const { limit, basis } = limitOfRecording(
      this.#options.era,
      this.#looks(),
      this.#options.maxPages,
      this.#options.acceptPercent,
    );
    this.#state = this.#newState(limit);
    this.#storage.pages = 0;
    for (const { run } of inOrder([...this.#poolActions(), ...this.#zswapActions()])) run();
    const { era } = this.#options;
    const state = this.#state;
    return {
      era: era.id,
      eraBasis: this.#options.eraBasis,
      limit: basis,
      stores: this.#tallies.stores.result,
      refused: this.#recorded.refusals(),
      loads: this.#tallies.loads.result,
      invalidates: this.#tallies.invalidates.result,
      victims: this.#tallies.victims.result,
      writebacks: this.#tallies.writebacks.result,
      entryFrees: this.#tallies.entryFrees.result,
      secondChances: this.#secondChances,
      counters: Object.fromEntries(era.counters.map((name) => [name, state.counters[name]])),
      entriesLeft: state.entries.size,
      ofOlder: this.#ofOlder,
      objects,
      differences: this.#differences,
      notes: this.#recorded.notes(),
    };
  }

  #newState(limit: { readonly maxPages: number; readonly acceptPages: number }): ZswapState {
    return new ZswapState(
      { era: this.#options.era, limit, vswap: false, noWriteback: new Set(), memcgBytes: new Map() },
      this.#storage,
    );
  }

  /** The pool's size at each look at it, and what came of it. */
  #looks(): RecordedLook[] {
    const looks: RecordedLook[] = [];
    const lookActions = this.#recorded.stores.map((store) => ({
      at: store.limitAt,
      run: () => looks.push({ poolPages: this.#storage.pages, refused: store.refusedForLimit }),
    }));
    for (const { run } of inOrder([...this.#poolActions(), ...lookActions])) run();
    return looks;
  }

  /** Pages that zsmalloc takes and gives back. */
  #poolActions(): Action[] {
    const { kind, changedAt, returnedAt, enteredAt, length } = this.#ops;
    const actions: Action[] = [];
    for (let op = 0; op < length; op++) {
      const pages = this.#pages[op]!;
      if (pages === 0) continue;
      const sign = kind[op] === OperationKind.Malloc ? 1 : -1;
      const at = [changedAt[op]!, returnedAt[op]!, enteredAt[op]!].find((value) => !Number.isNaN(value));
      if (at === undefined) continue;
      actions.push({
        at,
        run: () => {
          this.#storage.pages += sign * pages;
        },
      });
    }
    return actions;
  }

  #zswapActions(): Action[] {
    const actions: Action[] = [];
    const { stores, loads, invalidates, writebacks, lostFrees } = this.#recorded;
    for (const store of stores) {
      actions.push({ at: store.limitAt, run: () => this.#admit(store) });
      actions.push({ at: store.treeAt, run: () => this.#insertOrAbort(store) });
      actions.push({ at: store.publishedAt, run: () => this.#publish(store) });
    }
    for (const op of loads) {
      const { slot, enteredAt, returnedAt } = this.#ops;
      actions.push({ at: enteredAt[op]!, run: () => this.#inSwapCache.add(slot[op]!) });
      actions.push({ at: this.#recorded.treeAt(op), run: () => this.#load(op) });
      actions.push({ at: returnedAt[op]!, run: () => this.#inSwapCache.delete(slot[op]!) });
    }
    for (const op of invalidates)
      actions.push({ at: this.#recorded.treeAt(op), run: () => this.#invalidate(op) });
    for (const op of writebacks) {
      actions.push({ at: this.#ops.enteredAt[op]!, run: () => this.#chooseVictim(op) });
      actions.push({ at: this.#recorded.treeAt(op), run: () => this.#writeBack(op) });
    }
    for (const op of lostFrees) {
      actions.push({ at: this.#ops.enteredAt[op]!, run: () => this.#freeOfUnknownCause(op) });
    }
    return actions;
  }

  // ---------------------------------------------------------------- store

  #admit(store: RecordedStore): void {
    this.#inSwapCache.add(store.slot);
    const refusal = admitFolio(this.#state, store.pages, LIST.memcg);
    this.#admitted.set(store.op, refusal === null);
    const tally = this.#tallies.stores;
    tally.operations++;
    if (store.stored === null) return;
    tally.judged++;
    const isRefused = refusal !== null;
    if (store.refusedForLimit === null || isRefused === store.refusedForLimit) {
      tally.agree++;
      return;
    }
    const pages = `${this.#storage.pages} pages in the pool`;
    this.#differ(
      store.op,
      isRefused
        ? `refused in the model only (${refusal}; ${pages})`
        : `refused in the trace only, before anything was compressed (${pages})`,
    );
  }

  #insertOrAbort(store: RecordedStore): void {
    if (store.slot < 0) return;
    this.#known.add(store.slot);
    if (store.stored !== true) {
      if (store.refusal !== null) countRejection(this.#state, store.refusal);
      // The model judges the limit; what was then done is as recorded, so that one difference stays one.
      this.#judgeFrees(store.op, () => abortFolio(this.#state, store.slot, store.pages, 0));
      return;
    }
    this.#judgeFrees(store.op, () => {
      const freed: number[] = [];
      for (const [page, object] of store.objects.entries()) {
        const id = allocateEntry(this.#state, { ...LIST, slot: store.slot + page, content: 0 });
        this.#storage.next = object.handle;
        storeObject(this.#state, id, object.bytes);
        const displaced = insertEntry(this.#state, id);
        if (displaced >= 0) freed.push(displaced);
        takeReferences(this.#state, id);
        this.#made.set(store.op, id);
      }
      return freed;
    });
  }

  #publish(store: RecordedStore): void {
    this.#inSwapCache.delete(store.slot);
    const id = this.#made.get(store.op);
    if (id === undefined || !this.#state.entries.has(id)) return;
    const first = id - store.objects.length + 1;
    for (let entry = first; entry <= id; entry++) publishEntry(this.#state, entry);
  }

  // ---------------------------------------------------------------- load, invalidate

  #load(op: number): void {
    const slot = this.#ops.slot[op]!;
    const tally = this.#tallies.loads;
    tally.operations++;
    if (slot < 0) return;
    const isLoaded = this.#recorded.isLoaded(op);
    const isThere = this.#state.index.load(slot) >= 0;
    if (this.#isOlder(op, slot, isThere)) return;
    let found = false;
    this.#judgeFrees(op, () => {
      const outcome = loadPage(this.#state, slot);
      found = outcome.kind === 'loaded';
      return outcome.kind === 'loaded' && outcome.freed ? [outcome.entry.id] : [];
    });
    if (isLoaded === null) return;
    tally.judged++;
    if (isLoaded === found) tally.agree++;
    else this.#differ(op, `slot ${slot} is in zswap in the ${found ? 'model' : 'trace'} only`);
  }

  #invalidate(op: number): void {
    const slot = this.#ops.slot[op]!;
    const tally = this.#tallies.invalidates;
    tally.operations++;
    if (slot < 0) return;
    const seen = this.#recorded.freesOf(op).length > 0;
    if (this.#isOlder(op, slot, this.#state.index.load(slot) >= 0)) return;
    let freed = -1;
    this.#judgeFrees(op, () => {
      freed = invalidateSlot(this.#state, slot);
      return freed < 0 ? [] : [freed];
    });
    if (!this.#recorded.showsFrees) return;
    tally.judged++;
    if (seen === freed >= 0) tally.agree++;
  }

  /** An entry that was stored before the recording began: the model cannot know of it. */
  #isOlder(op: number, slot: number, isThere: boolean): boolean {
    const isOlder = !isThere && !this.#known.has(slot) && this.#recorded.freesOf(op).length > 0;
    this.#known.add(slot);
    if (isOlder) {
      this.#ofOlder++;
      this.#tallies.entryFrees.operations += this.#recorded.freesOf(op).length;
    }
    return isOlder;
  }

  // ---------------------------------------------------------------- writeback

  /** The shrinker's walk up to here: every second chance that stood in front of the victim. */
  #chooseVictim(op: number): void {
    const slot = this.#ops.slot[op]!;
    const tally = this.#tallies.victims;
    tally.operations++;
    if (slot < 0 || this.#options.era.lru === 'allocator') return;
    let look = lookAtHead(this.#state, LIST);
    for (; look.kind === 'second chance'; look = lookAtHead(this.#state, LIST)) this.#secondChances++;
    tally.judged++;
    if (look.kind === 'victim' && look.slot === slot) {
      tally.agree++;
      return;
    }
    const model = look.kind === 'victim' ? `that of slot ${look.slot}` : 'none';
    this.#differ(op, `the entry of slot ${slot} is written back in the trace, ${model} in the model`);
  }

  #writeBack(op: number): void {
    const slot = this.#ops.slot[op]!;
    const tally = this.#tallies.writebacks;
    tally.operations++;
    if (slot < 0) return;
    const recorded = this.#ops.zswap.get(op)!.result;
    const victim = this.#state.index.load(slot);
    const cache = { has: (s: number) => this.#inSwapCache.has(s), isUsed: () => true };
    let result = claimSlot(this.#state, cache, slot);
    this.#judgeFrees(op, () => {
      if (result === 0) result = victim < 0 ? '-ENOMEM' : unlinkVictim(this.#state, slot, victim);
      if (result !== 0) {
        this.#state.count('reject_reclaim_fail');
        return [];
      }
      finishWriteback(this.#state, victim);
      return [victim];
    });
    if (recorded === null) return;
    tally.judged++;
    if (RESULTS[String(result)] === recorded) tally.agree++;
    else {
      const why = recorded === -17 ? ' (a folio in the swap cache, which the recording does not show?)' : '';
      this.#differ(op, `writeback returned ${recorded} in the trace, ${result} in the model${why}`);
    }
  }

  // ---------------------------------------------------------------- entries freed

  #freeOfUnknownCause(op: number): void {
    const slot = this.#ops.slot[op]!;
    const tally = this.#tallies.entryFrees;
    tally.operations++;
    const id = slot < 0 ? -1 : this.#state.index.load(slot);
    if (id < 0) {
      this.#ofOlder++;
      return;
    }
    tally.judged++;
    const entry = { ...entryOf(this.#state, id) };
    invalidateSlot(this.#state, slot);
    if (this.#isSame(op, entry)) tally.agree++;
  }

  /** Compares the entries that the model frees in an operation with those that the recording shows. */
  #judgeFrees(op: number, run: () => readonly number[]): void {
    const before = new Map<number, Entry>();
    for (const row of this.#recorded.freesOf(op)) {
      const id = this.#state.index.load(this.#ops.slot[row]!);
      if (id >= 0) before.set(id, { ...entryOf(this.#state, id) });
    }
    const freed = run();
    const { showsFrees } = this.#recorded;
    const rows = this.#recorded.freesOf(op);
    const tally = this.#tallies.entryFrees;
    tally.operations += rows.length;
    const matched = new Set<number>();
    for (const row of rows) {
      const id = freed.find((candidate) => before.get(candidate)?.slot === this.#ops.slot[row]);
      tally.judged++;
      if (id === undefined)
        this.#differ(row, `the entry of slot ${this.#ops.slot[row]} is freed in the trace only`);
      else {
        matched.add(id);
        if (this.#isSame(row, before.get(id)!)) tally.agree++;
      }
    }
    if (!showsFrees) return;
    for (const id of freed) {
      if (!matched.has(id)) this.#differ(op, 'an entry is freed in the model only');
    }
  }

  #isSame(row: number, entry: Entry): boolean {
    const { handle, zswap } = this.#ops;
    const length = zswap.get(row)!.length;
    if (length !== null && length !== entry.length) {
      this.#differ(row, `an entry of ${length} bytes in the trace, ${entry.length} in the model`);
      return false;
    }
    if (handle[row]! >= 0 && handle[row] !== entry.handle) {
      this.#differ(row, 'another object in the trace than in the model');
      return false;
    }
    return true;
  }

  #differ(operation: number, what: string): void {
    if (this.#differences.length >= MAX_DIFFERENCES) return;
    this.#differences.push({ operation, line: this.#ops.line[operation]!, what });
  }
}

const RESULTS: Readonly<Record<string, number>> = { '0': 0, '-EEXIST': -17, '-ENOMEM': -12, '-EINVAL': -22 };

function inOrder(actions: Action[]): Action[] {
  return actions.filter(({ at }) => !Number.isNaN(at)).sort((a, b) => a.at - b.at);
}
