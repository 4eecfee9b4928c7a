import type { NameTable } from '../../trace/names.ts';
import { OperationKind, type OperationTable } from '../../trace/operations.ts';
import { type SpanBatch, SpanFlag, SpanKind } from '../../trace/spans.ts';
import { noFacts } from '../../trace/zswap-facts.ts';
import { type CallTexts, printedResult } from './call-texts.ts';
import { ListHolds } from './list-holds.ts';
import { ListPlaces } from './list-places.ts';
import { ProbedCalls } from './probed-calls.ts';
import type { Probe } from './probes.ts';
import { ShrinkerLooks } from './shrinker-looks.ts';
import { taskOf } from './task-number.ts';
import { takePrinted, takeZswapArguments } from './zswap-arguments.ts';
import {
  absorb,
  addPart,
  addTraced,
  type Call,
  callOf,
  count,
  endHold,
  followLocks,
  isTreeLock,
  release,
  writesBack,
} from './zswap-calls.ts';
import {
  returnedValue,
  WALK_CALLBACK,
  walkResult,
  ZSWAP_OPERATIONS,
  type ZswapCall,
  zswapCall,
} from './zswap-functions.ts';

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
  readonly open: Open[];
  /** By call number of the graph. */
  readonly calls: Map<number, Call>;
  readonly probed: ProbedCalls<Open>;
  readonly looks: ShrinkerLooks;
}

/**
 * Finds the operations of zswap and of the swap layer: from function_graph alone, from kprobe events alone,
 * or from both. Fed row by row beside the one for zsmalloc, so that all operations stand in one table, in
 * the order in which they began to show.
 */
export class ZswapExtractor {
  readonly #names: NameTable;
  readonly #table: OperationTable;
  readonly #texts: CallTexts;
  readonly #lists = new ListPlaces();
  readonly #holds = new ListHolds();
  readonly #meanings: (ZswapCall | undefined)[] = [];
  readonly #tasks = new Map<number, TaskState>();
  /** By call of the graph: what calls below it waited for locks, ns. */
  readonly #waits = new Map<number, number>();
  #lastWait = { span: -1, waited: 0 };

  /** @param texts Arguments that the graph prints with its calls. */
  constructor(names: NameTable, table: OperationTable, texts: CallTexts) {
    this.#names = names;
    this.#table = table;
    this.#texts = texts;
  }

  /**
   * Takes a call; `at` is its place in the order of all records.
   * @returns row of the operation that it is; -1 when it is none.
   */
  call(rows: SpanBatch, i: number, at: number): number {
    const kind = rows.kind[i]!;
    if (kind !== SpanKind.Span && kind !== SpanKind.Cut) return -1;
    this.#carryWaits(rows, i);
    this.#lists.next(rows.stack[i]!, at);
    const meaning = this.#meaning(rows.name[i]!);
    const around = rows.parentName[i]! >= 0 ? this.#meaning(rows.parentName[i]!) : null;
    if (around?.publishes && meaning.locksTree) this.#lists.locked(rows.stack[i]!, rows.parent[i]!);
    if (around?.list) this.#holds.called(rows, i, meaning, around, tracedBelow(rows, i));
    const isInside = around !== null && (around.operation > 0 || around.wraps !== null);
    // zram asks for its pool's size as well, when its statistics are read; zswap also by a function of its own.
    const isAskedByZswap = isInside || around?.name.startsWith('zswap_') === true;
    if (meaning.isSign && (isAskedByZswap || meaning.name !== 'zs_get_total_pages'))
      this.#table.zswapSigns.add(meaning.name);
    let row = -1;
    if (meaning.operation > 0) row = this.#operationCall(rows, i, meaning.operation, kind, at);
    if (meaning.wraps !== null) this.#wrapper(rows, i, meaning, isInside, at);
    else if (isInside && kind === SpanKind.Span) this.#childCall(rows, i, meaning, rows.parent[i]!, at, row);
    if (meaning.list && !around?.list) this.#holds.forget(rows.span[i]!);
    return row;
  }

  /** What a call's own calls waited for locks is part of it. */
  #carryWaits(rows: SpanBatch, i: number): void {
    const span = rows.span[i]!;
    const isSlowpath = this.#meaning(rows.name[i]!).isSlowpath;
    const waited = isSlowpath ? rows.durationNs[i]! : this.#waits.get(span);
    if (waited === undefined) return;
    this.#waits.delete(span);
    const parent = rows.parent[i]!;
    if (parent >= 0 && waited > 0) this.#waits.set(parent, (this.#waits.get(parent) ?? 0) + waited);
    this.#lastWait = { span, waited };
  }

  /**
   * Takes an event of a probe of one of its functions.
   * @returns row of the operation that begins; -1 at its end.
   */
  probe(
    rows: SpanBatch,
    i: number,
    { function: name, kind, used }: Probe,
    values: ReadonlyMap<string, string>,
    at: number,
  ): number {
    const state = this.#task(rows.stack[i]!);
    if (zswapCall(name).isSign) this.#table.zswapSigns.add(name);
    if (kind !== 'return') return this.#entryProbe(rows, i, name, values, at, state, used);
    this.#returnProbe(rows, i, name, values, at, state);
    return -1;
  }

  /** The innermost operation that is open in a task; -1 without one. */
  openIn(stack: number): number {
    return this.#tasks.get(stack)?.open.findLast((open) => !open.spanEnded)?.row ?? -1;
  }

  /** Records were lost: nothing is paired across. */
  gap(): void {
    this.#tasks.clear();
    this.#waits.clear();
    this.#lists.clear();
    this.#holds.clear();
  }

  #task(stack: number): TaskState {
    let state = this.#tasks.get(stack);
    if (!state) {
      state = {
        open: [],
        calls: new Map(),
        probed: new ProbedCalls(),
        looks: new ShrinkerLooks(this.#table),
      };
      this.#tasks.set(stack, state);
    }
    return state;
  }

  #meaning(id: number): ZswapCall {
    this.#meanings[id] ??= zswapCall(
      this.#names.functionName(id).replace(/\.(?:isra|constprop|part)\.\d+/g, ''),
    );
    return this.#meanings[id];
  }

  // ---------------------------------------------------------------- calls

  #operationCall(rows: SpanBatch, i: number, operation: number, kind: number, at: number): number {
    const state = this.#task(rows.stack[i]!);
    const span = rows.span[i]!;
    const call = state.calls.get(span);
    state.calls.delete(span);
    const function_ = this.#names.functionName(rows.name[i]!);
    let open =
      state.open.findLast((o) => o.function === function_ && !o.spanEnded) ??
      state.probed.take(function_, rows, i);
    if (!open) {
      if (function_.startsWith(WALK_CALLBACK) && !writesBack(this.#table, call)) {
        const item = this.#texts.take(span)?.get('item') ?? null;
        state.looks.called(rows, i, call, { at, item, result: printedResult(rows, i) });
        return -1;
      }
      this.#settle(state, operation);
      open = {
        row: this.#begin(rows, i, operation, call?.firstAt ?? at, state),
        function: function_,
        call: -1,
        // A call that was cut has no return probe to wait for: the next call of the function is another one.
        spanEnded: kind === SpanKind.Cut,
      };
      state.open.push(open);
    }
    const { row } = open;
    const table = this.#table;
    if (!Number.isNaN(rows.startNs[i]!)) table.startNs[row] = rows.startNs[i]!;
    if (kind === SpanKind.Span) {
      open.spanEnded = true;
      table.endNs[row] = rows.startNs[i]! + rows.durationNs[i]!;
      table.durationNs[row] = rows.durationNs[i]!;
      table.returnedAt[row] = at;
      const leaf = (rows.flags[i]! & SpanFlag.Leaf) !== 0;
      table.parts.self.add(row, leaf ? rows.durationNs[i]! : rows.selfNs[i]!);
    }
    const facts = table.zswap.get(row)!;
    const isCall = kind === SpanKind.Span;
    const wasSwitched = (rows.flags[i]! & SpanFlag.Switched) !== 0;
    const { result, failed, entry, length, pages } = facts;
    const hasBelow = isCall && (rows.flags[i]! & SpanFlag.Leaf) === 0;
    const children = hasBelow ? rows.children[i]! : 0;
    const descendants = hasBelow ? rows.descendants[i]! : 0;
    const kept = { result, failed, entry, length, pages };
    Object.assign(facts, call?.facts, { ...kept, isCall, wasSwitched, children, descendants });
    takePrinted(table, row, function_, this.#texts.take(span), printedResult(rows, i));
    if (!call) return row;
    endHold(call, table.endNs[row]!);
    for (const child of call.rows) table.parent[child] = row;
    return row;
  }

  #childCall(
    rows: SpanBatch,
    i: number,
    meaning: ZswapCall,
    parent: number,
    at: number,
    operationRow: number,
  ): void {
    const { calls } = this.#task(rows.stack[i]!);
    const call = callOf(calls, parent, at);
    const { facts } = call;
    facts.showsCalls = true;
    const duration = rows.durationNs[i]!;
    if (operationRow >= 0) call.rows.push(operationRow);
    count(call, meaning);
    if (meaning.looksAtLimit && Number.isNaN(facts.limitAt)) facts.limitAt = at;
    // What a load or a writeback locks when it has the page is no tree.
    if (meaning.locksTree && facts.parts.decompress === undefined) facts.treeAt = at;
    if (meaning.publishes) {
      const values = this.#texts.take(rows.span[i]!);
      const list = values && {
        memcg: values.get('memcg') ?? '',
        item: values.get('item') ?? '',
        node: Number(values.get('nid') ?? 0),
      };
      facts.published.push({ treeAt: facts.treeAt, listAt: this.#lists.take(rows.span[i]!, at), list });
    }
    // The locks of the swap layer are none of zswap's trees.
    const { operation: around } = this.#meaning(rows.parentName[i]!);
    const isOfSwapLayer = around >= OperationKind.SwapOut;
    const isOfWriteback = around === OperationKind.ZswapWriteback;
    const isOther = meaning.part === 'tree' && (isOfSwapLayer || !isTreeLock(isOfWriteback, meaning, call));
    if (!isOther) {
      addPart(facts, meaning.part, duration);
      addTraced(facts, meaning.part, 1, tracedBelow(rows, i));
    }
    const waited = this.#lastWait.span === rows.span[i] ? this.#lastWait.waited : 0;
    followLocks(rows, i, meaning, isOther ? null : meaning.part, waited, call, this.#holds);
    if (meaning.part && !isOther && waited > 0)
      facts.waits[meaning.part] = (facts.waits[meaning.part] ?? 0) + waited;
    const start = rows.startNs[i]!;
    if (meaning.mutex === 'lock') call.mutexFrom = start + duration;
    else if (meaning.mutex === 'unlock') release(call, start);
  }

  /** A function ends that is a part of an operation: what it did the operation did. */
  #wrapper(rows: SpanBatch, i: number, { wraps }: ZswapCall, isInside: boolean, at: number): void {
    const { calls } = this.#task(rows.stack[i]!);
    const inner = calls.get(rows.span[i]!);
    calls.delete(rows.span[i]!);
    if (!isInside) return;
    const call = callOf(calls, rows.parent[i]!, inner?.firstAt ?? at);
    const { facts } = call;
    facts.showsCalls = true;
    const isCompressor = wraps === 'compress' && !inner?.facts.compressions;
    if (!isCompressor) {
      const isLeaf = (rows.flags[i]! & SpanFlag.Leaf) !== 0;
      facts.partsSelfNs += (isLeaf ? rows.durationNs[i]! : rows.selfNs[i]!) || 0;
      facts.partsCalled++;
      facts.partsChildren += isLeaf ? 0 : rows.children[i]!;
    } else {
      // Where the compressor itself is not traced: what of the function is nothing else.
      facts.compressions += Math.max(1, inner?.facts.objects ?? 0);
      if (inner && inner.facts.objects > 1) facts.compressesUnseen = true;
      const others = Object.entries(inner?.facts.parts ?? {});
      const known = others.reduce((sum, [name, ns]) => (name === 'mutexHold' ? sum : sum + ns), 0);
      addPart(facts, 'compress', rows.durationNs[i]! - known);
      const named = Object.values(inner?.facts.traced ?? {}).reduce(
        (sum, { calls, below }) => sum + calls + below,
        0,
      );
      addTraced(facts, 'compress', 1, Math.max(0, tracedBelow(rows, i) - named));
    }
    if (!inner) return;
    endHold(inner, rows.startNs[i]! + rows.durationNs[i]!);
    absorb(call, inner);
  }

  // ---------------------------------------------------------------- probes

  #entryProbe(
    rows: SpanBatch,
    i: number,
    function_: string,
    values: ReadonlyMap<string, string>,
    at: number,
    state: TaskState,
    used: Map<string, string>,
  ): number {
    const operation = ZSWAP_OPERATIONS[function_]!;
    const startNs = rows.startNs[i]!;
    const call = rows.parent[i]!;
    if (function_ === WALK_CALLBACK) {
      state.looks.begin({ at, startNs, line: rows.line[i]!, call, values, used });
      return -1;
    }
    if (operation === OperationKind.ZswapEntryFree) this.#lookWritesBack(rows, i, state);
    else if (operation === OperationKind.ZswapWriteback) state.looks.take();
    this.#settle(state, operation);
    const row = this.#begin(rows, i, operation, at, state);
    const table = this.#table;
    table.startNs[row] = startNs;
    takeZswapArguments(table, row, values, used);
    state.open.push({ row, function: function_, call, spanEnded: false });
    // Without a call of its own it is still a part of what is around it.
    const around = call < 0 ? -1 : rows.parentName[i]!;
    if (around >= 0 && this.#meaning(around).name === WALK_CALLBACK)
      callOf(state.calls, call, at).rows.push(row);
    return row;
  }

  /** The entry that was looked at last is written back: the look is an operation, from its probe on. */
  #lookWritesBack(rows: SpanBatch, i: number, state: TaskState): void {
    const look = state.looks.take();
    if (look === null) return;
    this.#settle(state, OperationKind.ZswapWriteback);
    const row = this.#begin(rows, i, OperationKind.ZswapWriteback, look.at, state);
    const table = this.#table;
    table.startNs[row] = look.startNs;
    table.line[row] = look.line;
    takeZswapArguments(table, row, look.values, look.used);
    state.open.push({ row, function: WALK_CALLBACK, call: look.call, spanEnded: false });
  }

  #returnProbe(
    rows: SpanBatch,
    i: number,
    function_: string,
    values: ReadonlyMap<string, string>,
    at: number,
    state: TaskState,
  ): void {
    const returned = values.get('ret') ?? values.get('retval') ?? values.get('arg1');
    const isLook = function_ === WALK_CALLBACK;
    const looked = isLook ? walkResult(returned) : null;
    if (isLook && looked !== null) this.#lookWritesBack(rows, i, state);
    if (isLook) state.looks.returned(returned);
    const k = state.open.findLastIndex((open) => open.function === function_);
    if (k < 0) return;
    const open = state.open[k]!;
    const { row, spanEnded } = open;
    if (!spanEnded) {
      const [startNs, endNs] = [this.#table.startNs[row]!, rows.startNs[i]!];
      this.#table.endNs[row] = endNs;
      this.#table.durationNs[row] = endNs - startNs;
      this.#table.returnedAt[row] = at;
      const call = Math.max(open.call, rows.parent[i]!);
      state.probed.ended(function_, { open, call, startNs, endNs });
    }
    const facts = this.#table.zswap.get(row)!;
    if (isLook) facts.failed = looked === 'failed';
    facts.result = isLook ? (looked === 'failed' ? null : looked) : returnedValue(function_, returned);
    state.open.splice(k);
  }

  // ---------------------------------------------------------------- rows

  #begin(rows: SpanBatch, i: number, operation: number, at: number, state: TaskState): number {
    const table = this.#table;
    const row = table.add(operation);
    table.task[row] = taskOf(rows.task[i]!, rows.cpu[i]!);
    table.cpu[row] = rows.cpu[i]!;
    table.line[row] = rows.line[i]!;
    table.enteredAt[row] = at;
    table.firstAt[row] = at;
    table.zswap.set(row, noFacts());
    table.parent[row] = state.open.at(-1)?.row ?? -1;
    return row;
  }

  /** Whether an operation can be within another one. */
  #mayHold(outer: number, inner: number): boolean {
    const kind = this.#table.kind[outer]!;
    if (kind === inner) return false;
    return kind >= OperationKind.SwapOut || inner === OperationKind.ZswapEntryFree;
  }

  /** An operation begins: those end that have no return probe and cannot be around it. */
  #settle(state: TaskState, operation: number): void {
    for (let open = state.open.at(-1); open; open = state.open.at(-1)) {
      if (!open.spanEnded && this.#mayHold(open.row, operation)) return;
      state.open.pop();
    }
  }
}

/** Traced calls below a call. */
function tracedBelow({ flags, descendants }: SpanBatch, i: number): number {
  return (flags[i]! & SpanFlag.Leaf) !== 0 ? 0 : descendants[i]!;
}
