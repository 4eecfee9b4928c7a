import type { NameTable } from '../../trace/names.ts';
import {
  type CompactionStep,
  OperationKind,
  type OperationPart,
  OperationTable,
} from '../../trace/operations.ts';
import { latin1 } from '../../trace/records.ts';
import { type SpanBatch, SpanFlag, SpanKind } from '../../trace/spans.ts';
import { lockPrimitive } from '../locks/primitives.ts';
import { type ProbePlace, probeArguments, probePlace } from './probe-text.ts';

/** Functions that are operations, by name. */
const OPERATIONS: Readonly<Record<string, number>> = {
  zs_malloc: OperationKind.Malloc,
  zs_free: OperationKind.Free,
  zs_map_object: OperationKind.Map,
  zs_obj_read_begin: OperationKind.Map,
  zs_obj_write: OperationKind.Map,
  zram_slot_free_notify: OperationKind.Notify,
  zs_compact: OperationKind.Compact,
  zs_page_migrate: OperationKind.Migrate,
};

/** Functions that run under the lock of the operation they belong to. */
const INNER = ['obj_malloc', 'obj_free', 'fix_fullness_group', 'putback_zspage'] as const;
type Inner = (typeof INNER)[number];

/** What a name of the trace means here, looked up once for each. */
interface Meaning {
  readonly operation: number;
  readonly inner: Inner | null;
  /** The page allocator gave a page. */
  readonly takesPage: boolean;
  readonly releasesZspage: boolean;
  readonly takesSpinlock: boolean;
  readonly takesRwlock: boolean;
  /** Part of the operation that a call of it is. */
  readonly part: OperationPart | null;
  readonly isSlowpath: boolean;
  readonly isRwSlowpath: boolean;
}

/** An operation that has begun. */
interface Open {
  readonly row: number;
  readonly function: string;
  /** Seen as a call of the graph, complete; only its return probe may follow. */
  spanEnded: boolean;
}

/** What is known of a call of the graph before it ends: its calls end first. */
interface CallFacts {
  newPages: number;
  released: boolean;
  lookedAt: number;
  changedAt: number;
  /** The next row of the task comes right after the first lock call. */
  waitsForNext: boolean;
  readonly parts: Partial<Record<OperationPart, number>>;
  /** Traced calls below those of each part. */
  readonly below: Partial<Record<OperationPart, number>>;
}

interface TaskState {
  open: Open[];
  /** By call number of the graph. */
  calls: Map<number, CallFacts>;
  lastCall: CallFacts | null;
  /** Waiting within lock calls that are still open, by their call numbers. */
  readonly slowpaths: Map<number, number>;
}

/**
 * Finds the operations of zsmalloc and zram in spans and events: from function_graph alone, from kprobe
 * events alone, or from both. Probes may have any name: what they probe stands in their text.
 * What the trace shows of the outcome goes into the `seen...` columns only.
 */
export class OperationExtractor {
  readonly table = new OperationTable();
  readonly compaction: CompactionStep[] = [];
  readonly #names: NameTable;
  readonly #meanings: (Meaning | undefined)[] = [];
  /** Function that a probe's name belongs to, by name. */
  readonly #places: (ProbePlace | null | undefined)[] = [];
  readonly #tasks = new Map<number, TaskState>();
  /** Functions of which a return was seen, and how many operations of each had none. */
  readonly #returns = new Set<string>();
  readonly #withoutReturn = new Map<string, number>();
  #at = 0;

  constructor(names: NameTable) {
    this.#names = names;
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
      state = { open: [], calls: new Map(), lastCall: null, slowpaths: new Map() };
      this.#tasks.set(stack, state);
    }
    return state;
  }

  #gap(): void {
    for (const state of this.#tasks.values()) {
      for (const open of state.open) this.#abandon(open);
    }
    this.#tasks.clear();
  }

  #meaning(id: number): Meaning {
    let meaning = this.#meanings[id];
    if (!meaning) {
      const name = this.#names.functionName(id).replace(/\.(?:isra|constprop|part)\.\d+/g, '');
      const primitive = lockPrimitive(name);
      meaning = {
        operation: OPERATIONS[name] ?? 0,
        inner: INNER.find((inner) => inner === name) ?? null,
        takesPage: /^(?:__)?alloc_(?:frozen_)?(?:pages|zpdesc)(?:_\w+)?$/.test(name),
        releasesZspage: /^_*free_zspage/.test(name),
        takesRwlock: primitive?.op === 'acquire' && primitive.kind.startsWith('rwlock'),
        takesSpinlock: primitive?.op === 'acquire' && primitive.kind === 'spinlock',
        part: partOf(name, primitive),
        isSlowpath: primitive?.op === 'slowpath',
        isRwSlowpath: primitive?.op === 'slowpath' && primitive.kind.startsWith('rwlock'),
      };
      this.#meanings[id] = meaning;
    }
    return meaning;
  }

  // ---------------------------------------------------------------- calls

  #call(rows: SpanBatch, i: number, kind: number, at: number, state: TaskState): void {
    const meaning = this.#meaning(rows.name[i]!);
    const parent = rows.parent[i]!;
    const parentMeaning = rows.parentName[i]! >= 0 ? this.#meaning(rows.parentName[i]!) : null;
    if (kind === SpanKind.Begin) return;
    if (meaning.isSlowpath && parent >= 0) {
      state.slowpaths.set(parent, (state.slowpaths.get(parent) ?? 0) + rows.durationNs[i]!);
    }
    if (parentMeaning?.operation) this.#childCall(rows, i, meaning, parentMeaning, parent, at, state);
    if (meaning.operation === 0) return;
    const span = rows.span[i]!;
    const facts = state.calls.get(span);
    state.calls.delete(span);
    if (state.lastCall === facts) state.lastCall = null;
    const function_ = this.#names.functionName(rows.name[i]!);
    let open = state.open.findLast((o) => o.function === function_ && !o.spanEnded);
    if (!open) {
      this.#settle(state);
      open = {
        row: this.#begin(rows, i, meaning.operation, at, state),
        function: function_,
        spanEnded: false,
      };
      state.open.push(open);
    }
    // An interrupt between the tracer's stamp and its record cuts the call; its return still comes.
    open.spanEnded = kind === SpanKind.Span;
    if (open.spanEnded) this.#returns.add(function_);
    const { table } = this;
    const { row } = open;
    // The call itself, without what the probe in front of it took.
    if (!Number.isNaN(rows.startNs[i]!)) table.startNs[row] = rows.startNs[i]!;
    if (kind === SpanKind.Span) {
      table.endNs[row] = rows.startNs[i]! + rows.durationNs[i]!;
      table.returnedAt[row] = at;
    }
    if (kind === SpanKind.Span) {
      const leaf = (rows.flags[i]! & SpanFlag.Leaf) !== 0;
      table.parts.self.add(row, leaf ? rows.durationNs[i]! : rows.selfNs[i]!);
    }
    if (!facts) return;
    for (const part of Object.keys(facts.parts) as OperationPart[])
      table.parts[part].add(row, facts.parts[part]!);
    for (const part of Object.keys(facts.below) as OperationPart[])
      table.below[part].add(row, facts.below[part]!);
    if (meaning.operation === OperationKind.Malloc) {
      table.seenNewPages[row] = facts.newPages;
    }
    if (meaning.operation === OperationKind.Free) {
      table.seenReleased[row] = facts.released ? 1 : 0;
    }
    if (Number.isNaN(table.lookedAt[row]!)) table.lookedAt[row] = facts.lookedAt;
    if (Number.isNaN(table.changedAt[row]!)) table.changedAt[row] = facts.changedAt;
  }

  #childCall(
    rows: SpanBatch,
    i: number,
    meaning: Meaning,
    parentMeaning: Meaning,
    parent: number,
    at: number,
    state: TaskState,
  ): void {
    let facts = state.calls.get(parent);
    if (!facts) {
      facts = {
        newPages: 0,
        released: false,
        lookedAt: Number.NaN,
        changedAt: Number.NaN,
        waitsForNext: false,
        parts: {},
        below: {},
      };
      state.calls.set(parent, facts);
    }
    addPart(facts, meaning.part, rows.durationNs[i]!);
    if (meaning.part !== null && (rows.flags[i]! & SpanFlag.Leaf) === 0) {
      facts.below[meaning.part] = (facts.below[meaning.part] ?? 0) + rows.descendants[i]!;
    }
    facts.parts.calls = (facts.parts.calls ?? 0) + 1;
    // Where lock calls are not traced and their slow path is.
    if (meaning.isSlowpath)
      addPart(facts, meaning.isRwSlowpath ? 'poolLockWait' : 'lockWait', rows.durationNs[i]!);
    if (meaning.takesSpinlock || meaning.takesRwlock) {
      const waited = state.slowpaths.get(rows.span[i]!);
      if (waited !== undefined) {
        state.slowpaths.clear();
        addPart(facts, meaning.takesRwlock ? 'poolLock' : 'lock', -waited);
        addPart(facts, meaning.takesRwlock ? 'poolLockWait' : 'lockWait', waited);
      }
    }
    if (meaning.takesPage) facts.newPages++;
    if (meaning.releasesZspage) facts.released = true;
    if (meaning.takesSpinlock && Number.isNaN(facts.lookedAt)) {
      facts.waitsForNext = true;
      state.lastCall = facts;
    }
    if (meaning.inner === 'obj_malloc' || meaning.inner === 'obj_free') {
      // Calls printed over two lines get here at their end, still under the lock.
      if (Number.isNaN(facts.changedAt)) facts.changedAt = at;
    }
    if (parentMeaning.operation === OperationKind.Compact) this.#compactionCall(rows, i, meaning, at, state);
  }

  #compactionCall(rows: SpanBatch, i: number, meaning: Meaning, at: number, state: TaskState): void {
    const open = state.open.findLast((o) => o.function === 'zs_compact');
    if (!open) return;
    const primitive = lockPrimitive(this.#names.functionName(rows.name[i]!));
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

  // ---------------------------------------------------------------- probes

  #event(rows: SpanBatch, i: number, at: number, state: TaskState): void {
    const id = rows.name[i]!;
    if (id < 0 || (rows.flags[i]! & SpanFlag.HasText) === 0) return;
    let place = this.#places[id];
    if (place === null) return;
    const text = latin1(rows.bytes, rows.textStart[i]!, rows.textEnd[i]!);
    if (place === undefined) {
      place = probePlace(text);
      this.#places[id] = place;
      if (place === null) return;
    }
    const operation = OPERATIONS[place.function] ?? 0;
    const inner = INNER.find((name) => name === place.function);
    if (operation === 0 && !inner) return;
    const values = probeArguments(text);
    if (inner) this.#innerProbe(inner, values, at, state);
    else if (place.kind === 'entry') this.#entryProbe(rows, i, operation, place.function, values, at, state);
    else this.#returnProbe(rows, i, place.function, values, at, state);
  }

  #entryProbe(
    rows: SpanBatch,
    i: number,
    operation: number,
    function_: string,
    values: ReadonlyMap<string, string>,
    at: number,
    state: TaskState,
  ): void {
    this.#settle(state);
    const row = this.#begin(rows, i, operation, at, state);
    const { table } = this;
    table.startNs[row] = rows.startNs[i]!;
    const size = values.get('size') ?? values.get('len') ?? values.get('length');
    if (operation === OperationKind.Malloc && size !== undefined) table.size[row] = Number(size);
    const handle = values.get('handle') ?? values.get('h');
    if (handle !== undefined) table.handle[row] = table.handles.id(addressText(handle));
    const slot = values.get('index') ?? values.get('slot');
    if (slot !== undefined) table.slot[row] = Number(slot);
    state.open.push({ row, function: function_, spanEnded: false });
  }

  #returnProbe(
    rows: SpanBatch,
    i: number,
    function_: string,
    values: ReadonlyMap<string, string>,
    at: number,
    state: TaskState,
  ): void {
    const k = state.open.findLastIndex((o) => o.function === function_);
    if (k < 0) return;
    const { row, spanEnded } = state.open[k]!;
    const { table } = this;
    if (!spanEnded) {
      table.endNs[row] = rows.startNs[i]!;
      table.returnedAt[row] = at;
    }
    if (table.kind[row] === OperationKind.Malloc) {
      const handle = values.get('handle') ?? values.get('ret') ?? values.get('arg1');
      // A decimal handle and a hexadecimal one are the same address.
      if (handle !== undefined) table.handle[row] = table.handles.id(addressText(handle));
    }
    this.#returns.add(function_);
    for (const other of state.open.splice(k)) if (other.row !== row) this.#abandon(other);
  }

  #innerProbe(inner: Inner, values: ReadonlyMap<string, string>, at: number, state: TaskState): void {
    const { table } = this;
    const open = state.open.findLast((o) => !o.spanEnded);
    if (!open) return;
    const { row } = open;
    const zspageText = values.get('zspage');
    const inUse = Number(values.get('inuse') ?? -1);
    const kind = table.kind[row]!;
    if (kind === OperationKind.Compact) {
      const handle = values.get('handle');
      const zspage = zspageText === undefined ? -1 : table.zspages.id(zspageText);
      const step = {
        operation: row,
        at,
        zspage,
        handle: handle === undefined ? -1 : table.handles.id(handle),
      };
      if (inner === 'obj_malloc') this.compaction.push({ ...step, what: 'move' });
      else if (inner === 'putback_zspage') {
        this.compaction.push({ ...step, what: 'put-back' });
        if (inUse === 0 && zspageText !== undefined) table.zspages.forget(zspageText);
      }
      return;
    }
    if (inner === 'obj_malloc' && kind === OperationKind.Malloc) {
      if (Number.isNaN(table.changedAt[row]!)) table.changedAt[row] = at;
      if (zspageText !== undefined) {
        // An empty zspage that hands out index 0 first is a new one, though the address was used before.
        if (inUse === 0 && values.get('freeobj') === '0') table.zspages.forget(zspageText);
        table.seenZspage[row] = table.zspages.id(zspageText);
      }
      table.seenInUse[row] = inUse;
      if (values.has('freeobj')) table.seenIndex[row] = Number(values.get('freeobj'));
    } else if (inner === 'obj_free' && kind === OperationKind.Free) {
      if (Number.isNaN(table.changedAt[row]!)) table.changedAt[row] = at;
      table.seenClassSize[row] = Number(values.get('size') ?? -1);
    } else if (inner === 'fix_fullness_group' && kind === OperationKind.Free) {
      if (zspageText !== undefined) table.seenZspage[row] = table.zspages.id(zspageText);
      table.seenInUse[row] = inUse;
      if (Number.isNaN(table.changedAt[row]!)) table.changedAt[row] = at;
    } else if (inner === 'fix_fullness_group' && kind === OperationKind.Malloc) {
      table.seenClassSize[row] = Number(values.get('class') ?? values.get('size') ?? -1);
    }
  }

  // ---------------------------------------------------------------- rows

  #begin(rows: SpanBatch, i: number, operation: number, at: number, state: TaskState): number {
    const { table } = this;
    const row = table.add(operation);
    table.task[row] = rows.task[i]!;
    table.cpu[row] = rows.cpu[i]!;
    table.line[row] = rows.line[i]!;
    table.enteredAt[row] = at;
    table.parent[row] = state.open.findLast((o) => !o.spanEnded)?.row ?? -1;
    return row;
  }

  /** Something else begins in the task: operations whose call ended and whose return probe did not come. */
  #settle(state: TaskState): void {
    while (state.open.at(-1)?.spanEnded) state.open.pop();
  }
}

/** An address as `0x...`, whichever way it was printed. */
function addressText(text: string): string {
  if (text.startsWith('0x')) return text;
  try {
    return `0x${BigInt.asUintN(64, BigInt(text)).toString(16)}`;
  } catch {
    return text;
  }
}

function addPart(facts: CallFacts, part: OperationPart | null, ns: number): void {
  if (part !== null && !Number.isNaN(ns)) facts.parts[part] = (facts.parts[part] ?? 0) + ns;
}

/** The part of a zsmalloc operation that a call of this function is, by its name. */
function partOf(name: string, primitive: ReturnType<typeof lockPrimitive>): OperationPart | null {
  if (primitive) {
    const isPool = primitive.kind === 'rwlock-read' || primitive.kind === 'rwlock-write';
    if (primitive.op === 'acquire')
      return isPool ? 'poolLock' : primitive.kind === 'spinlock' ? 'lock' : null;
    if (primitive.op === 'release')
      return isPool ? 'poolUnlock' : primitive.kind === 'spinlock' ? 'unlock' : null;
    return primitive.op === 'try' && primitive.kind === 'spinlock' ? 'tryLock' : null;
  }
  if (name === 'obj_malloc' || name === 'obj_free') return 'object';
  if (name === 'fix_fullness_group') return 'group';
  if (/^(?:zram_free_page|(?:zram_)?slot_free)$/.test(name)) return 'slot';
  if (/^_*free_zspage/.test(name) || /^(?:__)?alloc_(?:frozen_)?(?:pages|zpdesc)/.test(name)) return 'zspage';
  if (/^kmem_cache_(?:alloc|free)/.test(name)) return 'handle';
  return null;
}
