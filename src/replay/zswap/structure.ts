import { allocateEntry, entryOf, publishEntry, takeReferences } from '../../model/zswap/entry-steps.ts';
import type { ZswapEra } from '../../model/zswap/eras.ts';
import { invalidateSlot, loadPage } from '../../model/zswap/load.ts';
import { ZswapState } from '../../model/zswap/state.ts';
import { abortFolio, admitFolio, countRejection, insertEntry, storeObject } from '../../model/zswap/store.ts';
import {
  claimSlot,
  errorNumber,
  finishWriteback,
  lookAtHead,
  unlinkVictim,
} from '../../model/zswap/writeback.ts';
import type { OperationTable, ShrinkerLook } from '../../trace/operations.ts';
import { countersOf } from './counters-of.ts';
import { Judge, NOT_SHOWN } from './judge.ts';
import { limitOfRecording, looksOf } from './limit-of-recording.ts';
import { OlderEntries } from './older-entries.ts';
import { poolNotes } from './pool-notes.ts';
import { type Action, inOrder, PoolTimeline } from './pool-timeline.ts';
import type { RecordedEntry, RecordedStore, RecordedZswap } from './recorded.ts';
import { RecordedStorage } from './recorded-storage.ts';
import type { ZswapReplayOptions, ZswapReport } from './result.ts';

/** Of the results that a writeback of a freed slot may have, the recorded one. */
function slotGone({ slotGone: results }: ZswapEra, recorded: number | string | null) {
  return results.find((result) => errorNumber(result) === recorded);
}

/** Where a recording does not show memcgs and nodes. */
const LIST = { memcg: 0, node: 0 };

/** One replay: see `replayZswap`. */
export class ZswapReplay {
  readonly #ops: OperationTable;
  readonly #recorded: RecordedZswap;
  readonly #timeline: PoolTimeline;
  readonly #options: ZswapReplayOptions;
  readonly #storage = new RecordedStorage();
  #state: ZswapState;
  readonly #judge: Judge;
  /** Slots of stores and loads that are under way: their folios are in the swap cache. */
  readonly #inSwapCache = new Set<number>();
  readonly #older: OlderEntries;
  readonly #slotOfItem = new Map<string, number>();
  #secondChances = 0;
  #hasNoLimit = true;
  /** Folios refused at once where the model has room, and the cause is not traced. */
  #otherCauses = 0;
  /** Writebacks that found the slot in the swap cache, or on its way into it. */
  #stoppedBySwapCache = 0;

  constructor(ops: OperationTable, recorded: RecordedZswap, pages: Int32Array, options: ZswapReplayOptions) {
    this.#ops = ops;
    this.#recorded = recorded;
    this.#judge = new Judge(ops, recorded);
    this.#older = new OlderEntries(ops, recorded, this.#judge);
    this.#timeline = new PoolTimeline(ops, pages, recorded);
    this.#options = options;
    this.#state = this.#newState({ maxPages: Number.POSITIVE_INFINITY, acceptPages: 0 });
  }

  run(): ZswapReport {
    const { limit, basis } = limitOfRecording(
      this.#options.era,
      this.#timeline.unknown === null ? looksOf(this.#recorded, this.#timeline) : [],
      this.#options.maxPages,
      this.#options.acceptPercent,
    );
    this.#state = this.#newState(limit);
    this.#hasNoLimit = basis.maxPages === null;
    for (const { run } of inOrder([...this.#timeline.actions(this.#storage), ...this.#zswapActions()])) run();
    const { era } = this.#options;
    const state = this.#state;
    return {
      version: era,
      versionBasis: this.#options.eraBasis,
      limit: basis,
      stores: this.#judge.stores.result,
      refused: this.#recorded.refusals(),
      loads: this.#judge.loads.result,
      invalidates: this.#judge.invalidates.result,
      looks: this.#judge.looks.result,
      victims: this.#judge.victims.result,
      writebacks: this.#judge.writebacks.result,
      entryFrees: this.#judge.entryFrees.result,
      secondChances: this.#secondChances,
      counters: countersOf(
        state,
        this.#timeline.unknown === null && !('not shown' in this.#recorded.refusals()),
      ),
      entriesLeft: state.entries.size + this.#recorded.notFollowed,
      ofOlder: this.#older.operations,
      differences: this.#judge.differences,
      notes: [
        ...this.#recorded.notes(),
        ...poolNotes(
          this.#timeline,
          this.#recorded,
          this.#otherCauses,
          this.#stoppedBySwapCache,
          this.#judge.differences.length,
        ),
      ],
    };
  }

  #newState(limit: { readonly maxPages: number; readonly acceptPages: number }): ZswapState {
    return new ZswapState(
      { era: this.#options.era, limit, vswap: false, noWriteback: new Set(), memcgBytes: new Map() },
      this.#storage,
    );
  }

  #zswapActions(): Action[] {
    const actions: Action[] = [];
    const { stores, loads, invalidates, writebacks, lostFrees } = this.#recorded;
    for (const store of stores) {
      actions.push({ at: store.limitAt, run: () => this.#admit(store) });
      for (const entry of store.entries) {
        actions.push({ at: entry.treeAt, run: () => this.#insert(store, entry) });
        actions.push({ at: entry.listAt, run: () => this.#publish(store, entry) });
      }
      if (store.stored !== true) actions.push({ at: store.treeAt, run: () => this.#abort(store) });
      actions.push({ at: store.endAt, run: () => this.#endStore(store) });
    }
    for (const op of loads) {
      const { enteredAt, returnedAt } = this.#ops;
      const slot = this.#recorded.slotOf(op);
      actions.push({ at: enteredAt[op]!, run: () => this.#inSwapCache.add(slot) });
      actions.push({ at: this.#recorded.treeAt(op), run: () => this.#load(op) });
      actions.push({ at: returnedAt[op]!, run: () => this.#inSwapCache.delete(slot) });
    }
    for (const op of invalidates)
      actions.push({ at: this.#recorded.treeAt(op), run: () => this.#invalidate(op) });
    for (const op of writebacks) {
      actions.push({ at: this.#ops.enteredAt[op]!, run: () => this.#chooseVictim(op) });
      actions.push({ at: this.#recorded.treeAt(op), run: () => this.#writeBack(op) });
    }
    for (const look of this.#ops.shrinkerLooks) actions.push({ at: look.at, run: () => this.#look(look) });
    for (const op of lostFrees) {
      actions.push({ at: this.#ops.enteredAt[op]!, run: () => this.#freeOfUnknownCause(op) });
    }
    return actions;
  }

  // ---------------------------------------------------------------- store

  #admit(store: RecordedStore): void {
    for (let page = 0; page < store.pages; page++) this.#inSwapCache.add(store.slot + page);
    const refusal = admitFolio(this.#state, store.pages, LIST.memcg);
    const tally = this.#judge.stores;
    tally.operations++;
    const isRefused = refusal !== null;
    // Refused for a cause that is not shown: the limit, when the model says so, else the compressor.
    const recorded = store.refusedForLimit ?? (store.stored === false && isRefused ? true : null);
    if (recorded === null || this.#timeline.unknown !== null) return;
    if (store.isInferred && this.#hasNoLimit) return;
    if (store.isInferred && !isRefused) {
      this.#otherCauses++;
      return;
    }
    tally.judged++;
    if (isRefused === recorded) {
      tally.agree++;
      return;
    }
    const pages = `${this.#storage.pages} pages in the pool`;
    this.#judge.differ(
      store.op,
      isRefused
        ? `refused in the model only (${refusal}; ${pages})`
        : `refused in the trace only, before anything was compressed (${pages})`,
    );
  }

  #insert(store: RecordedStore, entry: RecordedEntry): void {
    if (store.slot < 0) return;
    const slot = store.slot + entry.page;
    this.#older.leaveOut(store, slot);
    this.#judge.frees(this.#state, store.op, [slot], () => {
      const { memcg, node } = entry;
      const id = allocateEntry(this.#state, { memcg, node, slot, content: 0 });
      this.#storage.next = entry.handle;
      storeObject(this.#state, id, entry.bytes < 0 ? NOT_SHOWN : entry.bytes);
      const displaced = insertEntry(this.#state, id);
      takeReferences(this.#state, id);
      return displaced < 0 ? [] : [displaced];
    });
  }

  #endStore({ op, slot, pages }: RecordedStore): void {
    for (let page = 0; page < pages; page++) this.#inSwapCache.delete(slot + page);
    if (slot >= 0) this.#judge.settle(op);
  }

  #publish(store: RecordedStore, { page, item }: RecordedEntry): void {
    const slot = store.slot < 0 ? -1 : store.slot + page;
    if (item !== null) this.#slotOfItem.set(item, slot);
    const id = slot < 0 ? -1 : this.#state.index.load(slot);
    if (id >= 0) publishEntry(this.#state, id);
  }

  /** The model judges the limit; what was done then is as recorded, so that one difference stays one. */
  #abort(store: RecordedStore): void {
    // Before 6.13 a large folio is refused before older entries are looked at.
    const isTooLarge = store.pages > 1 && !this.#options.era.storesLargeFolios;
    if (store.refusal !== null) countRejection(this.#state, store.refusal);
    if (store.slot < 0 || isTooLarge) return;
    const slots = Array.from({ length: store.pages }, (_, page) => store.slot + page);
    for (const slot of slots) this.#older.leaveOut(store, slot);
    this.#judge.frees(this.#state, store.op, slots, () =>
      abortFolio(this.#state, store.slot, store.pages, store.entries.length),
    );
  }

  // ---------------------------------------------------------------- load, invalidate

  #load(op: number): void {
    const slot = this.#recorded.slotOf(op);
    const tally = this.#judge.loads;
    tally.operations++;
    if (slot < 0) return;
    const isLoaded = this.#recorded.isLoaded(op);
    const isThere = this.#state.index.load(slot) >= 0;
    if (this.#older.isOlder(op, slot, isThere, isLoaded === true)) return;
    let found = false;
    this.#judge.frees(this.#state, op, [slot], () => {
      const outcome = loadPage(this.#state, slot);
      found = outcome.kind === 'loaded';
      return outcome.kind === 'loaded' && outcome.freed ? [outcome.entry.id] : [];
    });
    if (isLoaded === null) return;
    tally.judged++;
    if (isLoaded === found) tally.agree++;
    else
      this.#judge.differ(
        op,
        `${this.#recorded.slotText(slot)} is in zswap in the ${found ? 'model' : 'trace'} only`,
      );
  }

  #invalidate(op: number): void {
    const slot = this.#recorded.slotOf(op);
    const tally = this.#judge.invalidates;
    tally.operations++;
    if (slot < 0) return;
    const seen = this.#recorded.freesOf(op).length > 0;
    if (this.#older.isOlder(op, slot, this.#state.index.load(slot) >= 0, seen)) return;
    let freed = -1;
    this.#judge.frees(this.#state, op, [slot], () => {
      freed = invalidateSlot(this.#state, slot);
      return freed < 0 ? [] : [freed];
    });
    if (!this.#recorded.showsFrees) return;
    tally.judged++;
    if (seen === freed >= 0) tally.agree++;
  }

  // ---------------------------------------------------------------- writeback

  /** A look at the head of a list that is shown: it goes to the tail whatever comes of it. */
  #look({ slot: shown, item, line, isSecondChance }: ShrinkerLook): void {
    if (this.#options.era.lru === 'allocator') return;
    const slot = shown < 0 && item !== null ? (this.#slotOfItem.get(item) ?? -1) : shown;
    // One of several lists, and not shown which.
    if (slot < 0 && this.#recorded.lists > 1) return;
    const entry = slot < 0 ? -1 : this.#state.index.load(slot);
    // Stored before the recording, or being freed: it leaves its list later than its tree.
    if (slot >= 0 && entry < 0) return;
    const look = lookAtHead(this.#state, entry < 0 ? LIST : entryOf(this.#state, entry));
    if (look.kind === 'second chance') this.#secondChances++;
    const tally = this.#judge.looks;
    tally.operations++;
    if (!isSecondChance && slot < 0) return;
    tally.judged++;
    const isSame = slot < 0 || (look.kind !== 'empty' && look.entry === entry);
    if ((look.kind === 'second chance' || !isSecondChance) && isSame) tally.agree++;
    else {
      const model = look.kind === 'empty' ? 'none' : `that of ${this.#recorded.slotText(look.slot)}`;
      const of = slot < 0 ? 'an entry' : `the entry of ${this.#recorded.slotText(slot)}`;
      this.#judge.differAt(line, `${of} gets its second chance in the trace; the model looks at ${model}`);
    }
  }

  /** The shrinker's walk up to here: every second chance that stood in front of the victim. */
  #chooseVictim(op: number): void {
    const slot = this.#recorded.slotOf(op);
    const tally = this.#judge.victims;
    tally.operations++;
    if (this.#options.era.lru === 'allocator') return;
    // Entries from before the recording stand in front of all others; one that is being freed leaves its list last.
    if (slot >= 0 && this.#state.index.load(slot) < 0) return;
    const entry = slot < 0 ? -1 : this.#state.index.load(slot);
    const list = entry < 0 ? LIST : entryOf(this.#state, entry);
    let look = lookAtHead(this.#state, list);
    for (; look.kind === 'second chance'; look = lookAtHead(this.#state, list)) this.#secondChances++;
    // Of one that failed nothing but its place in the list may be known.
    if (slot < 0) return;
    tally.judged++;
    if (look.kind === 'victim' && look.slot === slot) {
      tally.agree++;
      return;
    }
    const slotText = (of: number) => this.#recorded.slotText(of);
    const model = look.kind === 'victim' ? `that of ${slotText(look.slot)}` : 'none';
    this.#judge.differ(
      op,
      `the entry of ${slotText(slot)} is written back in the trace, ${model} in the model`,
    );
  }

  #writeBack(op: number): void {
    const slot = this.#recorded.slotOf(op);
    const tally = this.#judge.writebacks;
    tally.operations++;
    if (slot < 0) return;
    const recorded = this.#recorded.writebackResult(op);
    const victim = this.#state.index.load(slot);
    if (this.#older.isOlder(op, slot, victim >= 0, recorded === 0 || recorded === null)) return;
    const cache = { has: (s: number) => this.#inSwapCache.has(s), isUsed: () => true };
    let result = claimSlot(this.#state, cache, slot);
    if (errorNumber(result) !== recorded && this.#endedAtSwapCache(op, recorded, victim)) return;
    this.#judge.frees(this.#state, op, [slot], () => {
      const [usual] = this.#options.era.slotGone;
      if (result === 0)
        result =
          victim < 0
            ? (slotGone(this.#options.era, recorded) ?? usual!)
            : unlinkVictim(this.#state, slot, victim);
      if (result !== 0) {
        this.#state.count('reject_reclaim_fail');
        return [];
      }
      finishWriteback(this.#state, victim);
      return [victim];
    });
    if (recorded === null) return;
    tally.judged++;
    if (errorNumber(result) === recorded || (recorded === 'failed' && result !== 0)) tally.agree++;
    else this.#judge.differ(op, `writeback returned ${recorded} in the trace, ${result} in the model`);
  }

  /**
   * It failed and left the entry, which is there: a folio was in the swap cache (-EEXIST), or another task
   * was putting one there (__read_swap_cache_async gives none then: -ENOMEM). Only loads and stores that are
   * recorded tell what is in it, and they begin later.
   */
  #endedAtSwapCache(op: number, recorded: number | string | null, victim: number): boolean {
    const isFailure =
      recorded === errorNumber('-EEXIST') || recorded === errorNumber('-ENOMEM') || recorded === 'failed';
    if (!isFailure || victim < 0 || this.#recorded.freesOf(op).length > 0) return false;
    this.#stoppedBySwapCache++;
    this.#state.count('reject_reclaim_fail');
    return true;
  }

  // ---------------------------------------------------------------- entries freed

  #freeOfUnknownCause(op: number): void {
    const slot = this.#recorded.slotOf(op);
    const tally = this.#judge.entryFrees;
    const id = slot < 0 ? -1 : this.#state.index.load(slot);
    if (id < 0) {
      this.#older.operations++;
      return;
    }
    tally.judged++;
    const entry = { ...entryOf(this.#state, id) };
    invalidateSlot(this.#state, slot);
    if (this.#judge.isSame(op, entry)) tally.agree++;
  }
}
