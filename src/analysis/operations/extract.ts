import type { NameTable } from '../../trace/names.ts';
import {
  AccessMode,
  type CompactionStep,
  OperationKind,
  type OperationPart,
  OperationTable,
} from '../../trace/operations.ts';
import { PageFreeKind } from '../../trace/page-frees.ts';
import { latin1 } from '../../trace/records.ts';
import { type SpanBatch, SpanFlag, SpanKind } from '../../trace/spans.ts';
import { identifyLock } from '../locks/names.ts';
import { BulkFrees } from './bulk-frees.ts';
import { CallFacts } from './call-facts.ts';
import { CallTexts, printedResult } from './call-texts.ts';
import { ContentionEvents } from './contention-events.ts';
import { ACCESS, INNER, type Inner, type Meaning, meaningOf, OPERATIONS } from './function-meanings.ts';
import { innerProbe } from './inner-probes.ts';
import { TaskPageFrees } from './page-frees.ts';
import {
  addressText,
  handleArgument,
  resultArgument,
  sizeArgument,
  slotArgument,
  type TakenArgument,
} from './probe-arguments.ts';
import { probeArguments } from './probe-text.ts';
import { ProbedCalls } from './probed-calls.ts';
import { type Probe, Probes } from './probes.ts';
import { taskOf } from './task-number.ts';
import { ZswapExtractor } from './zswap-extract.ts';
import { ZSWAP_OPERATIONS } from './zswap-functions.ts';

/** An operation that has begun. */
interface Open {
  readonly row: number;
  readonly function: string;
  /** Innermost call of the graph at its entry probe; -1 without one. */
  readonly call: number;
  /** Seen as a call of the graph, complete; only its return probe may follow. */
  spanEnded: boolean;
}

interface TaskState {
  open: Open[];
  /** Operations that may be part of a call of the graph that is still open, with their call numbers. */
  ended: { readonly row: number; readonly call: number }[];
  readonly probed: ProbedCalls<Open>;
  /** By call number of the graph. */
  calls: Map<number, CallFacts>;
  lastCall: CallFacts | null;
  /** Waiting within lock calls that are still open, by their call numbers. */
  readonly slowpaths: Map<number, number>;
  readonly contention: ContentionEvents;
  readonly bulkFrees: BulkFrees;
  readonly pageFrees: TaskPageFrees;
  /** Compaction that only the objects which it moves show; -1 without one. */
  compaction: number;
  /** zs_malloc that ended last and of which no handle is shown; -1 without one. */
  malloc: number;
  /** Page tables put into the batch that is not freed yet. */
  pageTables: number;
  task: number;
  cpu: number;
}

/**
 * Finds the operations of zsmalloc and zram in spans and events: from function_graph alone, from kprobe
 * events alone, or from both. Probes may have any name: see {@link Probes}.
 * What the trace shows of the outcome goes into the `seen...` columns only.
 */
export class OperationExtractor {
  readonly table = new OperationTable();
  readonly compaction: CompactionStep[] = [];
  readonly probes = new Probes([...Object.keys(OPERATIONS), ...INNER, ...Object.keys(ZSWAP_OPERATIONS)]);
  readonly #names: NameTable;
  readonly #zswap: ZswapExtractor;
  readonly #texts = new CallTexts();
  readonly #meanings: (Meaning | undefined)[] = [];
  readonly #tasks = new Map<number, TaskState>();
  /** Functions of which a return was seen, and how many operations of each had none. */
  readonly #returns = new Set<string>();
  readonly #withoutReturn = new Map<string, number>();
  #at = 0;

  constructor(names: NameTable) {
    this.#names = names;
    this.#zswap = new ZswapExtractor(names, this.table, this.#texts);
  }

  /** Takes the next spans and events. */
  add(rows: SpanBatch): void {
    for (let i = 0; i < rows.length; i++) {
      const kind = rows.kind[i]!;
      if (kind === SpanKind.Gap) {
        this.#gap();
        continue;
      }
      const at = ++this.#at;
      const state = this.#task(rows.stack[i]!);
      if (kind !== SpanKind.Event) {
        if (this.#meaning(rows.name[i]!).hasArguments) this.#texts.begin(rows, i);
        const row = this.#zswap.call(rows, i, at);
        if (row >= 0) this.#adopt(state, row, rows.span[i]!);
      }
      if (state.lastCall?.waitsForNext) {
        state.lastCall.waitsForNext = false;
        // Still under the lock: whatever follows the lock call is done with it held.
        state.lastCall.lookedAt = at - 0.5;
      }
      if (kind === SpanKind.Event) this.#event(rows, i, at, state);
      else this.#call(rows, i, kind, at, state);
    }
  }

  /** Ends the input. */
  finish(): OperationTable {
    this.#gap();
    // Where no such call is traced at all, its absence says nothing.
    const { table } = this;
    if (!table.seenNewPages.some((pages) => pages > 0)) table.seenNewPages.fill(-1);
    if (!table.seenReleased.some((released) => released > 0)) table.seenReleased.fill(-1);
    return table;
  }

  /** Operations whose return was not seen, though that of others was. */
  get unfinished(): number {
    let sum = 0;
    for (const [name, count] of this.#withoutReturn) if (this.#returns.has(name)) sum += count;
    return sum;
  }

  #abandon(open: Open): void {
    if (open.spanEnded) return;
    this.#withoutReturn.set(open.function, (this.#withoutReturn.get(open.function) ?? 0) + 1);
  }

  #task(stack: number): TaskState {
    let state = this.#tasks.get(stack);
    if (!state) {
      state = {
        open: [],
        ended: [],
        probed: new ProbedCalls(),
        calls: new Map(),
        lastCall: null,
        slowpaths: new Map(),
        contention: new ContentionEvents(),
        bulkFrees: new BulkFrees(),
        pageFrees: new TaskPageFrees(this.table.pageFrees),
        compaction: -1,
        malloc: -1,
        pageTables: 0,
        task: -1,
        cpu: -1,
      };
      this.#tasks.set(stack, state);
    }
    return state;
  }

  #gap(): void {
    for (const state of this.#tasks.values()) {
      for (const open of state.open) this.#abandon(open);
      state.pageFrees.settle(state.task, state.cpu, true);
    }
    this.#tasks.clear();
    this.#texts.clear();
    this.#zswap.gap();
  }

  #meaning(id: number): Meaning {
    this.#meanings[id] ??= meaningOf(this.#names.functionName(id));
    return this.#meanings[id];
  }

  // ---------------------------------------------------------------- calls

  #call(rows: SpanBatch, i: number, kind: number, at: number, state: TaskState): void {
    const meaning = this.#meaning(rows.name[i]!);
    const parent = rows.parent[i]!;
    const parentMeaning = rows.parentName[i]! >= 0 ? this.#meaning(rows.parentName[i]!) : null;
    if (kind === SpanKind.Begin) return;
    if (kind === SpanKind.Span) this.#pages(rows, i, meaning, state);
    if (meaning.isMunmap && !parentMeaning?.isMunmap && kind === SpanKind.Span) this.#munmap(rows, i);
    if (meaning.isSlowpath) {
      state.contention.take(rows.startNs[i]!, rows.startNs[i]! + rows.durationNs[i]!);
      if (parent >= 0) state.slowpaths.set(parent, (state.slowpaths.get(parent) ?? 0) + rows.durationNs[i]!);
    }
    if (parentMeaning?.isBulkFree && meaning.takesSpinlock) {
      const start = rows.startNs[i]!;
      const waited =
        state.slowpaths.get(rows.span[i]!) ?? state.contention.take(start, start + rows.durationNs[i]!);
      state.slowpaths.delete(rows.span[i]!);
      state.bulkFrees.waited(parent, waited);
    }
    if (meaning.isBulkFree && kind === SpanKind.Span)
      state.bulkFrees.add(rows.span[i]!, rows.durationNs[i]!, rows.descendants[i]!);
    const collects = parentMeaning !== null && (parentMeaning.operation !== 0 || parentMeaning.isWrapper);
    if (collects) this.#childCall(rows, i, meaning, parentMeaning, at, state);
    else if (parentMeaning?.releasesZspage && meaning.releasesPage)
      this.#facts(state, parent, at).releasedPages++;
    else if (parentMeaning?.releasesZspage && meaning.countsPage)
      this.#facts(state, parent, at).countedPages++;
    else if (meaning.inner === 'obj_free' && kind === SpanKind.Span) this.#drained(rows, i, at);
    const isPiece = meaning.operation !== 0 && meaning.operation === parentMeaning?.operation;
    if (meaning.isWrapper || meaning.releasesZspage || isPiece) {
      this.#carryUp(rows, i, meaning, collects || parentMeaning?.releasesZspage === true, at, state);
      return;
    }
    if (meaning.operation !== 0) this.#operationCall(rows, i, kind, meaning, at, state);
  }

  /** Pages that go back in a call, or that are known now to be those of zspages. */
  #pages(rows: SpanBatch, i: number, meaning: Meaning, state: TaskState): void {
    const call = rows.span[i]!;
    if (meaning.isRefill)
      this.table.refills.push({ startNs: rows.startNs[i]!, durationNs: rows.durationNs[i]! });
    if (meaning.freesFolio !== null) {
      this.table.pageFrees.seen.add(meaning.freesFolio);
      const order = orderOf(rows, i);
      state.pageFrees.add(call, meaning.freesFolio, rows.startNs[i]! + rows.durationNs[i]!, 2 ** order);
    } else if (meaning.operation !== 0 || meaning.isWrapper || meaning.releasesZspage) {
      state.pageFrees.isOperation(call);
    } else if (meaning.freesPageTable) {
      this.table.pageFrees.hasPageTables = true;
      state.pageTables++;
    }
    state.task = taskOf(rows.task[i]!, rows.cpu[i]!);
    state.cpu = rows.cpu[i]!;
    const isOutermost = rows.parent[i]! < 0;
    if (isOutermost && state.pageTables > 0)
      state.pageFrees.pageTables(state.task, state.cpu, state.pageTables);
    if (isOutermost) state.pageTables = 0;
    state.pageFrees.settle(state.task, state.cpu, isOutermost);
  }

  /** mm_page_free: pages of an operation that is open are those of its zspage. */
  #pageEvent(rows: SpanBatch, i: number, text: string, state: TaskState): void {
    const order = /\border=(\d+)/.exec(text);
    if (!order) return;
    this.table.pageFrees.seen.add(PageFreeKind.Event);
    state.task = taskOf(rows.task[i]!, rows.cpu[i]!);
    state.cpu = rows.cpu[i]!;
    const { kind } = this.table;
    if (state.open.some((open) => !open.spanEnded && FREES_PAGES.has(kind[open.row]!))) return;
    const call = rows.parent[i]!;
    state.pageFrees.add(call, PageFreeKind.Event, rows.startNs[i]!, 2 ** Number(order[1]));
    state.pageFrees.settle(state.task, state.cpu, call < 0);
  }

  /** A call of munmap whose beginning was seen has ended. */
  #munmap(rows: SpanBatch, i: number): void {
    const startNs = rows.startNs[i]!;
    const endNs = startNs + rows.durationNs[i]!;
    if ((rows.flags[i]! & SpanFlag.StartCut) !== 0 || Number.isNaN(endNs)) return;
    this.table.munmaps.push({ task: taskOf(rows.task[i]!, rows.cpu[i]!), startNs, endNs });
  }

  /** A function ends that is no operation of its own: what it did is done by its caller. */
  #carryUp(
    rows: SpanBatch,
    i: number,
    meaning: Meaning,
    hasCaller: boolean,
    at: number,
    state: TaskState,
  ): void {
    const facts = state.calls.get(rows.span[i]!);
    if (!facts) return;
    state.calls.delete(rows.span[i]!);
    if (state.lastCall === facts) state.lastCall = null;
    if (meaning.releasesZspage) {
      if (!hasCaller) return;
      const caller = this.#facts(state, rows.parent[i]!, at);
      caller.releasedPages += facts.releasedPages;
      caller.countedPages += facts.countedPages;
      return;
    }
    if (hasCaller) {
      const caller = this.#facts(state, rows.parent[i]!, at);
      caller.absorb(facts, rows.selfNs[i]!);
    } else {
      for (const free of facts.objectFrees ?? []) this.#drain(free);
    }
  }

  #facts(state: TaskState, call: number, at: number): CallFacts {
    let facts = state.calls.get(call);
    if (!facts) {
      facts = new CallFacts(at);
      state.calls.set(call, facts);
    }
    return facts;
  }

  #operationCall(
    rows: SpanBatch,
    i: number,
    kind: number,
    meaning: Meaning,
    at: number,
    state: TaskState,
  ): void {
    const span = rows.span[i]!;
    const facts = state.calls.get(span);
    state.calls.delete(span);
    if (state.lastCall === facts) state.lastCall = null;
    const function_ = meaning.name;
    let open =
      state.open.findLast((o) => o.function === function_ && !o.spanEnded) ??
      state.probed.take(function_, rows, i);
    if (!open) {
      this.#settle(state);
      open = {
        row: this.#begin(rows, i, meaning.operation, at, state),
        function: function_,
        call: -1,
        spanEnded: false,
      };
      state.open.push(open);
    }
    // An interrupt between the tracer's stamp and its record cuts the call; its return still comes.
    open.spanEnded = kind === SpanKind.Span;
    if (open.spanEnded) this.#returns.add(function_);
    const { table } = this;
    const { row } = open;
    this.#adopt(state, row, span);
    if (meaning.operation === OperationKind.Free) state.bulkFrees.give(table, row, span);
    table.access[row] = ACCESS[function_] ?? table.access[row]!;
    if (table.kind[row] === OperationKind.Map) table.accessedBy.add(function_);
    // The call itself, without what the probe in front of it took.
    if (!Number.isNaN(rows.startNs[i]!)) table.startNs[row] = rows.startNs[i]!;
    if (kind === SpanKind.Span) {
      table.endNs[row] = rows.startNs[i]! + rows.durationNs[i]!;
      table.durationNs[row] = rows.durationNs[i]!;
      table.returnedAt[row] = at;
      const leaf = (rows.flags[i]! & SpanFlag.Leaf) !== 0;
      table.parts.self.add(row, leaf ? rows.durationNs[i]! : rows.selfNs[i]!);
      // Nothing was seen below a call that is complete: no page was taken, none given back.
      if (meaning.operation === OperationKind.Malloc) table.seenNewPages[row] = facts?.newPages ?? 0;
      if (meaning.operation === OperationKind.Free) table.seenReleased[row] = facts?.released ? 1 : 0;
      this.#contended(row, function_, state);
    }
    this.#printed(rows, i, row, state);
    if (facts) this.#setFacts(row, facts, kind);
  }

  /**
   * What function_graph prints of a call. The handle that zs_malloc gave is that of the object which its task
   * writes or maps next, where no result is printed.
   */
  #printed(rows: SpanBatch, i: number, row: number, state: TaskState): void {
    const values = this.#texts.take(rows.span[i]!) ?? NO_VALUES;
    const { table } = this;
    const operation = table.kind[row]!;
    const printed =
      operation === OperationKind.Malloc
        ? resultArgument(new Map([['ret', printedResult(rows, i) ?? '0']]))
        : operation === OperationKind.Free || operation === OperationKind.Map
          ? handleArgument(values, '')
          : null;
    if (table.handle[row]! < 0 && printed !== null)
      table.handle[row] = table.handles.id(addressText(printed.value));
    const size = operation === OperationKind.Malloc ? sizeArgument(values, '') : null;
    if (table.size[row]! < 0 && size !== null) table.size[row] = Number(size.value);
    if (operation === OperationKind.Notify && table.slot[row]! < 0) {
      const slot = slotArgument(values, '');
      if (slot !== null) table.slot[row] = Number(slot.value);
    }
    const { malloc } = state;
    if (malloc >= 0 && operation === OperationKind.Map && table.handle[malloc]! < 0)
      table.handle[malloc] = table.handle[row]!;
    if (operation === OperationKind.Malloc || operation === OperationKind.Map)
      state.malloc = operation === OperationKind.Malloc && table.handle[row]! < 0 ? row : -1;
  }

  /** Calls are numbered as they begin: those that ended before this one and have higher numbers are in it. */
  #adopt(state: TaskState, row: number, call: number): void {
    const { ended } = state;
    const { parent } = this.table;
    while (ended.length > 0 && ended.at(-1)!.call > call) {
      const child = ended.pop()!.row;
      if (parent[child]! < 0 && child !== row) parent[child] = row;
    }
    remember(ended, row, call);
  }

  #setFacts(row: number, facts: CallFacts, kind: number): void {
    const { table } = this;
    for (const part of Object.keys(facts.parts) as OperationPart[])
      table.parts[part].add(row, facts.parts[part]!);
    for (const part of Object.keys(facts.below) as OperationPart[])
      table.below[part].add(row, facts.below[part]!);
    const operation = table.kind[row]!;
    if (operation === OperationKind.Malloc && facts.spinlocks > 1) table.spinlocks.set(row, facts.spinlocks);
    if (operation === OperationKind.Malloc && kind !== SpanKind.Span)
      table.seenNewPages[row] = facts.newPages;
    if (operation === OperationKind.Free) {
      if (kind !== SpanKind.Span) table.seenReleased[row] = facts.released ? 1 : 0;
      if (facts.pages > 0) table.seenReleasedPages[row] = facts.pages;
      if (facts.releasesUnlocked) table.releasesUnlocked = true;
    }
    if (facts.locks !== '') table.lockSet[row] = table.lockSets.id(facts.locks);
    for (const [key, ns] of facts.lockWaits ?? []) table.addLockWait(row, key, ns);
    table.firstAt[row] = Math.min(table.firstAt[row]!, facts.firstAt);
    if (Number.isNaN(table.lookedAt[row]!)) table.lookedAt[row] = facts.lookedAt;
    if (Number.isNaN(table.changedAt[row]!)) table.changedAt[row] = facts.changedAt;
  }

  #childCall(
    rows: SpanBatch,
    i: number,
    meaning: Meaning,
    parentMeaning: Meaning,
    at: number,
    state: TaskState,
  ): void {
    const facts = this.#facts(state, rows.parent[i]!, at);
    const ns = rows.durationNs[i]!;
    facts.addPart(meaning.part, ns);
    const below = (rows.flags[i]! & SpanFlag.Leaf) === 0 ? rows.descendants[i]! : 0;
    if (below > 0) facts.addBelow(meaning.part, below);
    if (parentMeaning.operation === OperationKind.Free)
      facts.hold(rows.startNs[i]!, rows.startNs[i]! + ns, holdOf(meaning), below);
    facts.addPart('calls', 1);
    const { primitive } = meaning;
    if (parentMeaning.operation === OperationKind.Free) this.table.calledByFree.add(meaning.name);
    if (primitive && (primitive.op === 'acquire' || primitive.op === 'try' || meaning.isSlowpath)) {
      const key = lockKey(parentMeaning.name, meaning);
      facts.addLock(key);
      // Where lock calls are not traced and their slow path is.
      if (meaning.isSlowpath) {
        facts.addPart(primitive.kind.startsWith('rwlock') ? 'poolLockWait' : 'lockWait', ns);
        facts.addWait(key, ns);
      } else if (meaning.takesSpinlock || meaning.takesRwlock) {
        const start = rows.startNs[i]!;
        const waited = state.slowpaths.get(rows.span[i]!) ?? state.contention.take(start, start + ns);
        if (waited > 0) {
          state.slowpaths.clear();
          facts.addPart(meaning.part, -waited);
          facts.addPart(meaning.takesSpinlock ? 'lockWait' : 'poolLockWait', waited);
          facts.addWait(key, waited);
        }
      }
    }
    if (meaning.takesPage) facts.newPages++;
    if (meaning.releasesZspage) facts.released = true;
    if (meaning.releasesPage && parentMeaning.operation !== OperationKind.Malloc) {
      // free_zspage itself is inlined.
      facts.released = true;
      facts.releasedPages++;
    }
    if (meaning.countsPage && parentMeaning.operation === OperationKind.Free) facts.countPage();
    if (meaning.takesSpinlock && Number.isNaN(facts.changedAt)) facts.spinlocks++;
    if (meaning.takesSpinlock && Number.isNaN(facts.lookedAt)) {
      facts.waitsForNext = true;
      state.lastCall = facts;
    }
    if (meaning.inner === 'obj_malloc' || meaning.inner === 'obj_free') {
      // Calls printed over two lines get here at their end, still under the lock.
      if (Number.isNaN(facts.changedAt)) facts.changedAt = at;
      if (meaning.inner === 'obj_free' && parentMeaning.isWrapper) {
        facts.objectFrees ??= [];
        facts.objectFrees.push(objectFree(rows, i, at));
      }
    }
    if (parentMeaning.operation === OperationKind.Compact) this.#compactionCall(meaning, at, state);
  }

  #compactionCall(meaning: Meaning, at: number, state: TaskState): void {
    const open = state.open.findLast((o) => o.function === 'zs_compact');
    if (!open) return;
    const { primitive } = meaning;
    const steps = this.compaction;
    const base = { operation: open.row, at, zspage: -1, handle: -1 };
    if (primitive?.op === 'release' && primitive.kind === 'spinlock') steps.push({ ...base, what: 'unlock' });
    else if (meaning.inner === 'obj_malloc') {
      // The probe, when there is one, told of this move already, and of which object.
      const last = steps.at(-1);
      if (!(last && last.what === 'move' && last.handle >= 0 && last.at === at - 1))
        steps.push({ ...base, what: 'move' });
    }
  }

  /** obj_free in a function that is not of zsmalloc, as far as its name tells. */
  #drained(rows: SpanBatch, i: number, at: number): void {
    this.#drain(objectFree(rows, i, at));
  }

  #drain(free: ReturnType<typeof objectFree>): void {
    const { table } = this;
    const row = table.add(OperationKind.Drain);
    table.task[row] = free.task;
    table.cpu[row] = free.cpu;
    table.line[row] = free.line;
    table.startNs[row] = free.startNs;
    table.endNs[row] = free.startNs + free.durationNs;
    table.durationNs[row] = free.durationNs;
    table.enteredAt[row] = free.at;
    table.firstAt[row] = free.at;
    table.returnedAt[row] = free.at;
  }

  // ---------------------------------------------------------------- events

  #event(rows: SpanBatch, i: number, at: number, state: TaskState): void {
    const id = rows.name[i]!;
    if (id < 0 || (rows.flags[i]! & SpanFlag.HasText) === 0 || this.probes.isOther(id)) return;
    const text = latin1(rows.bytes, rows.textStart[i]!, rows.textEnd[i]!);
    const event = this.#names.text(id);
    if (state.contention.event(event, text, rows.startNs[i]!)) return;
    if (event === 'mm_page_free') {
      this.#pageEvent(rows, i, text, state);
      return;
    }
    const probe = this.probes.of(id, event, text);
    if (probe === null) return;
    const values = probeArguments(text);
    const inner = INNER.find((name) => name === probe.function);
    if (probe.function in ZSWAP_OPERATIONS) {
      const row = this.#zswap.probe(rows, i, probe, values, at);
      if (row >= 0) this.#rememberProbed(rows, i, row, state);
    } else if (inner) {
      const open = state.open.findLast((o) => !o.spanEnded);
      const row = open?.row ?? this.#compacting(rows, i, inner, at, state);
      if (row >= 0) innerProbe(this.table, this.compaction, row, inner, values, at);
      // The destination goes back last.
      if (inner === 'putback_zspage' && values.get('inuse') !== '0') state.compaction = -1;
    } else if (probe.kind === 'entry') this.#entryProbe(rows, i, probe, values, at, state);
    else this.#returnProbe(rows, i, probe, values, at, state);
  }

  /**
   * An object is taken outside of zs_malloc: compaction moves one there, whose function is not traced or not a
   * function of its own (the shrinker's, in kernels by gcc 14). It lasts while the task does nothing else.
   */
  #compacting(rows: SpanBatch, i: number, inner: Inner, at: number, state: TaskState): number {
    const { table } = this;
    if (state.compaction < 0) {
      if (inner !== 'obj_malloc') return -1;
      const row = this.#begin(rows, i, OperationKind.Compact, at, state);
      state.compaction = row;
      table.impliedCompactions.add(row);
      table.startNs[row] = rows.startNs[i]!;
    }
    const row = state.compaction;
    table.endNs[row] = rows.startNs[i]!;
    table.durationNs[row] = table.endNs[row]! - table.startNs[row]!;
    table.returnedAt[row] = at;
    return row;
  }

  #entryProbe(
    rows: SpanBatch,
    i: number,
    probe: Probe,
    values: ReadonlyMap<string, string>,
    at: number,
    state: TaskState,
  ): void {
    this.#settle(state);
    // None of these functions calls itself: the one before has returned unseen.
    const before = state.open.findIndex((o) => o.function === probe.function);
    if (before >= 0) for (const other of state.open.splice(before)) this.#abandon(other);
    const operation = OPERATIONS[probe.function]!;
    const row = this.#begin(rows, i, operation, at, state);
    const { table } = this;
    table.startNs[row] = rows.startNs[i]!;
    table.access[row] = ACCESS[probe.function] ?? AccessMode.Unknown;
    if (operation === OperationKind.Map) table.accessedBy.add(probe.function);
    if (operation === OperationKind.Malloc) {
      const size = taken(probe, 'size', sizeArgument(values, probe.definition));
      if (size !== null) table.size[row] = Number(size);
    } else if (operation === OperationKind.Free || operation === OperationKind.Map) {
      const handle = taken(probe, 'handle', handleArgument(values, probe.definition));
      if (handle !== null) table.handle[row] = table.handles.id(addressText(handle));
      const mode = values.get('mode') ?? values.get('mm');
      // enum zs_mapmode: ZS_MM_RW, ZS_MM_RO, ZS_MM_WO.
      if (mode !== undefined && Number(mode) === 1) table.access[row] = AccessMode.Read;
      if (mode !== undefined && Number(mode) === 2) table.access[row] = AccessMode.Write;
    } else if (operation === OperationKind.Notify) {
      const slot = taken(probe, 'slot', slotArgument(values, probe.definition));
      if (slot !== null) table.slot[row] = Number(slot);
    }
    state.open.push({ row, function: probe.function, call: rows.parent[i]!, spanEnded: false });
    this.#rememberProbed(rows, i, row, state);
  }

  /** It stands behind the call that it was made in, and in front of those that begin later. */
  #rememberProbed(rows: SpanBatch, i: number, row: number, state: TaskState): void {
    if (rows.parent[i]! >= 0) remember(state.ended, row, rows.parent[i]! + 0.5);
  }

  #returnProbe(
    rows: SpanBatch,
    i: number,
    probe: Probe,
    values: ReadonlyMap<string, string>,
    at: number,
    state: TaskState,
  ): void {
    const k = state.open.findLastIndex((o) => o.function === probe.function);
    if (k < 0) return;
    const open = state.open[k]!;
    const { row, spanEnded } = open;
    const { table } = this;
    if (!spanEnded) {
      table.endNs[row] = rows.startNs[i]!;
      table.durationNs[row] = table.endNs[row]! - table.startNs[row]!;
      table.returnedAt[row] = at;
      this.#contended(row, probe.function, state);
      const call = Math.max(open.call, rows.parent[i]!);
      const [startNs, endNs] = [table.startNs[row]!, table.endNs[row]!];
      state.probed.ended(probe.function, { open, call, startNs, endNs });
    }
    if (table.kind[row] === OperationKind.Malloc) {
      const handle = taken(probe, 'handle', resultArgument(values));
      // A decimal handle and a hexadecimal one are the same address.
      if (handle !== null) table.handle[row] = table.handles.id(addressText(handle));
    }
    this.#returns.add(probe.function);
    for (const other of state.open.splice(k)) if (other.row !== row) this.#abandon(other);
  }

  // ---------------------------------------------------------------- rows

  /** Waits that contention events tell and no lock call of the graph has taken. */
  #contended(row: number, function_: string, state: TaskState): void {
    const { table } = this;
    for (const { kind, ns } of state.contention.takeAll(table.startNs[row]!, table.endNs[row]!)) {
      const { key } = identifyLock(function_, 'queued_spin_lock_slowpath', kind, NOTHING_HELD);
      table.addLockWait(row, sided(key, kind), ns);
      table.parts[kind.startsWith('rwlock') ? 'poolLockWait' : 'lockWait'].add(row, ns);
    }
  }

  #begin(rows: SpanBatch, i: number, operation: number, at: number, state: TaskState): number {
    const { table } = this;
    state.compaction = -1;
    const row = table.add(operation);
    table.task[row] = taskOf(rows.task[i]!, rows.cpu[i]!);
    table.cpu[row] = rows.cpu[i]!;
    table.line[row] = rows.line[i]!;
    table.enteredAt[row] = at;
    table.firstAt[row] = at;
    // Of a function without a return probe nobody knows whether it is still running.
    const around = state.open.findLast((o) => !o.spanEnded && this.#returns.has(o.function));
    table.parent[row] = around?.row ?? this.#zswap.openIn(rows.stack[i]!);
    return row;
  }

  /** Something else begins in the task: operations whose call ended and whose return probe did not come. */
  #settle(state: TaskState): void {
    while (state.open.at(-1)?.spanEnded) state.open.pop();
  }
}

/** Keeps an operation until one around it ends. */
function remember(ended: TaskState['ended'], row: number, call: number): void {
  if (ended.length === MOST_ENDED) ended.splice(0, MOST_ENDED / 2);
  ended.push({ row, call });
}

/** Operations kept until one around them ends. */
const MOST_ENDED = 256;
/** Operations that give pages of zspages back themselves. */
const FREES_PAGES: ReadonlySet<number> = new Set([
  OperationKind.Malloc,
  OperationKind.Free,
  OperationKind.Compact,
  OperationKind.Migrate,
]);
const NO_VALUES: ReadonlyMap<string, string> = new Map();
const NOTHING_HELD = { held: 0, heldOther: 0, taken: 0 };

function lockKey(site: string, meaning: Meaning): string {
  const { kind } = meaning.primitive!;
  return sided(identifyLock(site, meaning.name, kind, NOTHING_HELD).key, kind);
}

function sided(key: string, kind: string): string {
  return kind.endsWith('-read') ? `${key} (read)` : kind.endsWith('-write') ? `${key} (write)` : key;
}

/** What a call of zs_free does to the spinlock: the handle goes back behind it, where its unlock is not traced. */
function holdOf({ takesSpinlock, part }: Meaning): 'locks' | 'unlocks' | 'is behind' | 'other' {
  if (takesSpinlock) return 'locks';
  return part === 'unlock' ? 'unlocks' : part === 'handle' ? 'is behind' : 'other';
}

/** The argument's value; what it was taken for is remembered once. */
function taken(probe: Probe, what: string, argument: TakenArgument | null): string | null {
  if (argument === null) return null;
  if (!probe.used.has(argument.name)) probe.used.set(argument.name, what);
  return argument.value;
}

/** Order of the folio where the trace prints arguments, else 0. */
function orderOf(rows: SpanBatch, i: number): number {
  if ((rows.flags[i]! & SpanFlag.HasText) === 0) return 0;
  const text = latin1(rows.bytes, rows.textStart[i]!, rows.textEnd[i]!);
  return Number(/\border=(\d+)/.exec(text)?.[1] ?? 0);
}

function objectFree(rows: SpanBatch, i: number, at: number) {
  return {
    at,
    startNs: rows.startNs[i]!,
    durationNs: rows.durationNs[i]!,
    task: taskOf(rows.task[i]!, rows.cpu[i]!),
    cpu: rows.cpu[i]!,
    line: rows.line[i]!,
  };
}
