import type { NameId, NameTable } from '../trace/names.ts';
import { Places } from '../trace/places.ts';
import { type SpanBatch, SpanFlag, SpanKind } from '../trace/spans.ts';
import { type FunctionRoles, Role } from './function-roles.ts';
import { Histogram } from './histogram.ts';
import type { DifferenceRow, MeanwhileRow, SlowCall, TailRow, TreeCall } from './result.ts';
import type { RowFilter } from './row-filter.ts';

/** Recent calls kept to look back at: must hold a slow call's tree and what ran beside it. */
const RING = 1 << 16;
const MASK = RING - 1;
/** Calls of other CPUs that end so much later than a slow call are not waited for. */
const ROWS_AFTER = 4096;
const TREE_SHOWN = 60;
const MEANWHILE_SHOWN = 6;
/** Every call's parts are summed up to here, then one in 8 and all slow ones. */
const PARTS_TAKEN_ALL = 2048;
/** Duration classes of the sums: 4 to an octave. */
const CLASSES_PER_OCTAVE = 4;

interface PartSums {
  calls: number;
  selfNs: number;
  readonly byChild: Map<NameId, number>;
}

interface Subject {
  readonly name: NameId;
  readonly durations: Histogram;
  slowest: Captured[];
  readonly parts: Map<number, PartSums>;
  slowFromNs: number;
}

/** A slow call with its tree; what ran beside it is collected until it is surely over. */
interface Captured {
  readonly durationNs: number;
  readonly startNs: number;
  readonly originNs: number;
  readonly task: number;
  readonly cpu: number;
  readonly stack: number;
  readonly file: string;
  readonly line: number;
  readonly span: number;
  readonly mark: number;
  readonly tree: TreeCall[];
  readonly treeHidden: number;
  readonly offCpuNs: number;
  readonly meanwhile: Map<string, MeanwhileCount>;
  until: number;
}

interface MeanwhileCount {
  readonly cpu: number;
  readonly task: number;
  readonly name: NameId;
  calls: number;
  overlapNs: number;
}

export interface TailsOptions {
  readonly names: NameTable;
  readonly roles: FunctionRoles;
  readonly filter: RowFilter;
  readonly taskText: (task: number) => string;
  /** Functions asked for; null: outermost functions and those that take locks. */
  readonly wanted: ((functionName: string) => boolean) | null;
  /** Slow calls kept for each function. */
  readonly slowest: number;
}

/**
 * The slowest calls of the functions that matter, each with its call tree and what the other CPUs did
 * meanwhile; and what distinguishes slow calls from typical ones. Works in one pass over a ring of
 * recent calls, so its memory does not grow with the trace.
 */
export class Tails {
  readonly #options: TailsOptions;
  readonly #subjects = new Map<NameId, Subject>();
  /** 1: subject, -1: not one, 0: not looked at, by name. */
  #isSubject = new Int8Array(256);
  #places = new Places(['']);
  #originNs: () => number = () => 0;
  #pending: Captured[] = [];

  #count = 0;
  readonly #name = new Int32Array(RING);
  readonly #task = new Int32Array(RING);
  readonly #cpu = new Int32Array(RING);
  readonly #stack = new Int32Array(RING);
  readonly #level = new Int32Array(RING);
  readonly #span = new Float64Array(RING);
  readonly #parent = new Float64Array(RING);
  readonly #mark = new Float64Array(RING);
  readonly #startNs = new Float64Array(RING);
  readonly #durationNs = new Float64Array(RING);
  readonly #selfNs = new Float64Array(RING);

  constructor(options: TailsOptions) {
    this.#options = options;
  }

  /** Another input begins: its calls have nothing to do with those in the ring. */
  beginFile(places: Places, originNs: () => number): void {
    this.#places = places;
    this.#originNs = originNs;
    this.#pending = [];
    this.#count = 0;
  }

  /** Takes the calls of a batch. Hot. */
  add(rows: SpanBatch): void {
    const { filter } = this.#options;
    const roles = this.#options.roles.bits;
    if (this.#isSubject.length < this.#options.names.size) this.#growSubjects();
    for (let i = 0; i < rows.length; i++) {
      if (rows.kind[i] !== SpanKind.Span) continue;
      const at = this.#count++ & MASK;
      const name = rows.name[i]!;
      const leaf = (rows.flags[i]! & SpanFlag.Leaf) !== 0;
      const span = rows.span[i]!;
      const ns = rows.durationNs[i]!;
      this.#name[at] = name;
      this.#task[at] = rows.task[i]!;
      this.#cpu[at] = rows.cpu[i]!;
      this.#stack[at] = rows.stack[i]!;
      this.#level[at] = rows.level[i]!;
      this.#span[at] = span;
      this.#parent[at] = rows.parent[i]!;
      this.#mark[at] = leaf ? span + 1 : rows.mark[i]!;
      this.#startNs[at] = rows.startNs[i]!;
      this.#durationNs[at] = ns;
      this.#selfNs[at] = leaf ? ns : rows.selfNs[i]!;
      if (this.#pending.length > 0) this.#collectMeanwhile(at);
      this.#considerSubject(rows, i, name, (roles[name]! & Role.Lock) !== 0);
      if (
        this.#isSubject[name] === 1 &&
        !Number.isNaN(ns) &&
        (!filter.active || filter.acceptsPlace(rows, i))
      ) {
        this.#subjectCall(rows, i, at);
      }
    }
  }

  /** Results, the functions with most time first. */
  rows(order: (a: NameId, b: NameId) => number, limit: number): TailRow[] {
    return [...this.#subjects.values()]
      .filter((subject) => subject.durations.count > 0)
      .sort((a, b) => order(a.name, b.name))
      .slice(0, limit)
      .map((subject) => this.#row(subject));
  }

  /** Functions asked for; else the outermost ones and those that take locks, interrupts left out. */
  #considerSubject(rows: SpanBatch, i: number, name: NameId, isLock: boolean): void {
    const { wanted, names, roles } = this.#options;
    if (wanted !== null) {
      if (this.#isSubject[name] === 0) this.#isSubject[name] = wanted(names.functionName(name)) ? 1 : -1;
      return;
    }
    if (rows.flags[i]! & SpanFlag.InInterrupt) return;
    const candidate = isLock ? rows.parentName[i]! : rows.level[i] === 0 ? name : -1;
    if (candidate < 0 || this.#isSubject[candidate] !== 0) return;
    this.#isSubject[candidate] = roles.bits[candidate]! === 0 ? 1 : -1;
  }

  #growSubjects(): void {
    const bigger = new Int8Array(this.#options.names.size * 2);
    bigger.set(this.#isSubject);
    this.#isSubject = bigger;
  }

  #subjectCall(rows: SpanBatch, i: number, at: number): void {
    const name = rows.name[i]!;
    let subject = this.#subjects.get(name);
    if (!subject) {
      subject = { name, durations: new Histogram(), slowest: [], parts: new Map(), slowFromNs: 0 };
      this.#subjects.set(name, subject);
    }
    const ns = rows.durationNs[i]!;
    const calls = subject.durations.count;
    subject.durations.add(ns);
    if ((calls & 1023) === 0) subject.slowFromNs = subject.durations.quantile(0.98);
    if (rows.flags[i]! & (SpanFlag.StartCut | SpanFlag.SelfIsBound)) return;
    if (calls < PARTS_TAKEN_ALL || (calls & 7) === 0 || ns >= subject.slowFromNs)
      this.#addParts(subject, rows, i, at);
    const slowest = subject.slowest;
    if (slowest.length < this.#options.slowest || ns > slowest.at(-1)!.durationNs) {
      this.#capture(subject, rows, i, at);
    }
  }

  /** Adds a call's self time and its callees' times to the sums of its duration class. */
  #addParts(subject: Subject, rows: SpanBatch, i: number, at: number): void {
    const ns = rows.durationNs[i]!;
    const leaf = (rows.flags[i]! & SpanFlag.Leaf) !== 0;
    const wanted = leaf ? 0 : rows.children[i]!;
    const span = rows.span[i]!;
    const class_ = durationClass(ns);
    let sums = subject.parts.get(class_);
    if (!sums) {
      sums = { calls: 0, selfNs: 0, byChild: new Map() };
      subject.parts.set(class_, sums);
    }
    const found: number[] = [];
    const oldest = Math.max(0, this.#count - RING);
    for (let back = this.#count - 2; back >= oldest && found.length < wanted; back--) {
      const j = back & MASK;
      if (this.#mark[j]! <= span) break;
      if (this.#parent[j] === span) found.push(j);
    }
    // Its beginning has left the ring: half a call's parts would mislead.
    if (found.length < wanted) return;
    sums.calls++;
    sums.selfNs += this.#selfNs[at]!;
    for (const j of found) {
      const child = this.#name[j]!;
      const childNs = this.#durationNs[j]!;
      if (!Number.isNaN(childNs)) sums.byChild.set(child, (sums.byChild.get(child) ?? 0) + childNs);
    }
  }

  // ---------------------------------------------------------------- slow calls

  #capture(subject: Subject, rows: SpanBatch, i: number, at: number): void {
    const span = rows.span[i]!;
    const task = rows.task[i]!;
    const cpu = rows.cpu[i]!;
    const stack = rows.stack[i]!;
    const mark = this.#mark[at]!;
    const level = rows.level[i]!;
    const rowsOfTree: number[] = [at];
    const oldest = Math.max(0, this.#count - RING);
    const captured: Captured = {
      durationNs: rows.durationNs[i]!,
      startNs: rows.startNs[i]!,
      originNs: this.#originNs(),
      task,
      cpu,
      stack,
      file: this.#places.file(rows.line[i]!),
      line: this.#places.line(rows.line[i]!),
      span,
      mark,
      tree: [],
      treeHidden: 0,
      offCpuNs: rows.flags[i]! & SpanFlag.Leaf ? 0 : rows.offCpuNs[i]!,
      meanwhile: new Map(),
      until: this.#count + ROWS_AFTER,
    };
    for (let back = this.#count - 2; back >= oldest; back--) {
      const j = back & MASK;
      // Marks never fall: this call and all before it were over when the slow one began.
      if (this.#mark[j]! <= span) break;
      if (this.#span[j]! > span && this.#stack[j] === stack) {
        // Pairs of events in a damaged trace can overlap: what is no deeper is not within.
        if (this.#level[j]! > level) rowsOfTree.push(j);
      } else if (this.#mark[j]! > span) this.#addMeanwhile(captured, j);
    }
    const tree = this.#tree(rowsOfTree, level);
    const done: Captured = { ...captured, tree: tree.shown, treeHidden: tree.hidden };
    subject.slowest.push(done);
    subject.slowest.sort((a, b) => b.durationNs - a.durationNs);
    const dropped = subject.slowest.length > this.#options.slowest ? subject.slowest.pop() : undefined;
    this.#pending.push(done);
    this.#pending = this.#pending.filter((p) => p !== dropped);
  }

  /** The longest calls of a tree in the order of their begin; quick ones are hidden when there are many. */
  #tree(rows: number[], level: number): { shown: TreeCall[]; hidden: number } {
    let kept = rows;
    if (rows.length > TREE_SHOWN) {
      const byDuration = [...rows].sort((a, b) => (this.#durationNs[b] || 0) - (this.#durationNs[a] || 0));
      kept = byDuration.slice(0, TREE_SHOWN);
    }
    const shown = kept
      .sort((a, b) => this.#span[a]! - this.#span[b]!)
      .map((j) => ({
        name: this.#options.names.text(this.#name[j]!),
        level: this.#level[j]! - level,
        durationNs: finite(this.#durationNs[j]!),
        selfNs: finite(this.#selfNs[j]!),
      }));
    return { shown, hidden: rows.length - shown.length };
  }

  /** A call that ended after the slow one began, in another stack. */
  #collectMeanwhile(at: number): void {
    for (const captured of this.#pending) {
      if (this.#span[at]! < captured.mark) this.#addMeanwhile(captured, at);
    }
    if ((this.#count & 1023) === 0) this.#pending = this.#pending.filter((p) => p.until > this.#count);
  }

  #addMeanwhile(captured: Captured, j: number): void {
    const cpu = this.#cpu[j]!;
    const task = this.#task[j]!;
    if (this.#stack[j] === captured.stack || (cpu >= 0 && cpu === captured.cpu)) return;
    const self = this.#selfNs[j]!;
    let ns = !Number.isNaN(self) ? self : 0;
    const start = this.#startNs[j]!;
    if (!Number.isNaN(start)) {
      const end = Math.min(start + this.#durationNs[j]!, captured.startNs + captured.durationNs);
      ns = Math.max(0, Math.min(ns, end - Math.max(start, captured.startNs)));
    }
    const key = `${cpu}/${task}/${this.#name[j]!}`;
    let count = captured.meanwhile.get(key);
    if (!count) {
      count = { cpu, task, name: this.#name[j]!, calls: 0, overlapNs: 0 };
      captured.meanwhile.set(key, count);
    }
    count.calls++;
    count.overlapNs += ns;
  }

  // ---------------------------------------------------------------- results

  #row(subject: Subject): TailRow {
    const { names } = this.#options;
    const { durations } = subject;
    const difference = this.#difference(subject);
    return {
      function: names.functionName(subject.name),
      calls: durations.count,
      p50Ns: finite(durations.quantile(0.5)),
      p99Ns: finite(durations.quantile(0.99)),
      slowest: subject.slowest.map((captured) => this.#slowCall(captured)),
      ...difference,
    };
  }

  #slowCall(captured: Captured): SlowCall {
    const { names, taskText } = this.#options;
    const meanwhile: MeanwhileRow[] = [...captured.meanwhile.values()]
      .sort((a, b) => b.overlapNs - a.overlapNs || b.calls - a.calls || a.cpu - b.cpu)
      .slice(0, MEANWHILE_SHOWN)
      .map((count) => ({
        cpu: count.cpu,
        task: taskText(count.task),
        name: names.text(count.name),
        calls: count.calls,
        overlapNs: Number.isNaN(captured.startNs) ? null : count.overlapNs,
      }));
    return {
      durationNs: captured.durationNs,
      startNs: finite(captured.originNs + captured.startNs),
      task: taskText(captured.task),
      cpu: captured.cpu,
      file: captured.file,
      line: captured.line,
      tree: captured.tree,
      treeHidden: captured.treeHidden,
      offCpuNs: captured.offCpuNs,
      meanwhile,
    };
  }

  #difference(subject: Subject): Pick<TailRow, 'typicalCalls' | 'slowCalls' | 'difference'> {
    const low = durationClass(subject.durations.quantile(0.25));
    const high = durationClass(subject.durations.quantile(0.75));
    const slowFrom = Math.max(durationClass(subject.durations.quantile(0.99)), high + 1);
    const typical = mergedParts(subject.parts, low, high);
    const slow = mergedParts(subject.parts, slowFrom, Number.POSITIVE_INFINITY);
    if (typical.calls === 0 || slow.calls === 0) {
      return { typicalCalls: typical.calls, slowCalls: slow.calls, difference: [] };
    }
    const { names } = this.#options;
    const parts = new Map<string, { typicalNs: number; slowNs: number }>();
    const add = (name: string, typicalNs: number, slowNs: number) => {
      const sum = parts.get(name) ?? { typicalNs: 0, slowNs: 0 };
      parts.set(name, { typicalNs: sum.typicalNs + typicalNs, slowNs: sum.slowNs + slowNs });
    };
    add('(self)', typical.selfNs / typical.calls, slow.selfNs / slow.calls);
    for (const [child, ns] of typical.byChild) add(names.text(child), ns / typical.calls, 0);
    for (const [child, ns] of slow.byChild) add(names.text(child), 0, ns / slow.calls);
    const total = [...parts.values()].reduce((sum, part) => sum + part.slowNs - part.typicalNs, 0);
    const difference: DifferenceRow[] = [...parts.entries()]
      .map(([name, part]) => ({
        name,
        ...part,
        share: total > 0 ? (part.slowNs - part.typicalNs) / total : 0,
      }))
      .sort((a, b) => b.share - a.share)
      .slice(0, 8);
    return { typicalCalls: typical.calls, slowCalls: slow.calls, difference };
  }
}

function durationClass(ns: number): number {
  return Math.floor(Math.log2(Math.max(1, ns)) * CLASSES_PER_OCTAVE);
}

function mergedParts(parts: ReadonlyMap<number, PartSums>, from: number, to: number): PartSums {
  const merged: PartSums = { calls: 0, selfNs: 0, byChild: new Map() };
  for (const [class_, sums] of parts) {
    if (class_ < from || class_ > to) continue;
    merged.calls += sums.calls;
    merged.selfNs += sums.selfNs;
    for (const [child, ns] of sums.byChild) merged.byChild.set(child, (merged.byChild.get(child) ?? 0) + ns);
  }
  return merged;
}

function finite(ns: number): number | null {
  return Number.isFinite(ns) ? ns : null;
}
