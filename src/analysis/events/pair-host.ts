import type { NameId } from '../../trace/names.ts';
import { type SpanBatch, SpanFlag, SpanKind } from '../../trace/spans.ts';
import type { CallTree } from '../call-tree.ts';
import { type Frames, NONE } from '../frames.ts';
import { type FunctionRoles, Role } from '../function-roles.ts';
import type { TaskStacks } from '../task-stacks.ts';

/** A pair as a row of spans; times in ns since the origin, NaN when unknown. */
export interface PairRow {
  readonly kind: number;
  readonly flags: number;
  readonly name: NameId;
  readonly task: number;
  readonly cpu: number;
  readonly stack: number;
  readonly level: number;
  readonly span: number;
  readonly parent: number;
  readonly parentName: NameId;
  readonly startNs: number;
  readonly durationNs: number;
  readonly selfNs: number;
  readonly children: number;
  readonly descendants: number;
  readonly irqNs: number;
  readonly softirqNs: number;
  readonly offNs: number;
  readonly line: number;
  readonly node: number;
}

/** The innermost call of function_graph that is open in a task. */
export interface GraphCall {
  readonly span: number;
  readonly name: NameId;
  readonly level: number;
  readonly flags: number;
}

/**
 * What pairs of events need from the stacks of calls: rows among theirs, numbers in their order, and
 * what function_graph itself knows of the task.
 */
export class PairHost {
  readonly #out: SpanBatch;
  readonly #frames: Frames;
  readonly #stacks: TaskStacks;
  readonly #roles: FunctionRoles;
  readonly #flush: () => void;
  readonly #spans: () => number;
  readonly takeSpan: () => number;
  readonly callTree: CallTree | null;
  /** Counts what could not be paired, with its line. */
  readonly count: (id: string, sentence: string, line: number) => void;
  #active = false;
  /** Functions that function_graph traces in this input, by name; rows of `#out` up to `#looked` are in it. */
  #traced = new Uint8Array(256);
  #looked = 0;

  constructor(options: {
    readonly out: SpanBatch;
    readonly frames: Frames;
    readonly stacks: TaskStacks;
    readonly roles: FunctionRoles;
    readonly callTree: CallTree | null;
    /** The number of the next call, counted; and not counted. */
    readonly takeSpan: () => number;
    readonly spans: () => number;
    readonly flush: () => void;
    readonly count: (id: string, sentence: string, line: number) => void;
  }) {
    this.#out = options.out;
    this.#frames = options.frames;
    this.#stacks = options.stacks;
    this.#roles = options.roles;
    this.#flush = options.flush;
    this.takeSpan = options.takeSpan;
    this.#spans = options.spans;
    this.callTree = options.callTree;
    this.count = options.count;
  }

  /** The innermost open call of a stack, null when none is. */
  innermost(stack: number): GraphCall | null {
    const frame = this.#stacks.top[stack]!;
    if (frame === NONE) return null;
    const { span, name, level, flags } = this.#frames;
    return { span: span[frame]!, name: name[frame]!, level: level[frame]!, flags: flags[frame]! };
  }

  /** True while the task is in a call of a lock function that function_graph shows. */
  isInLockCall(stack: number): boolean {
    for (let frame = this.#stacks.top[stack]!; frame !== NONE; frame = this.#frames.up[frame]!) {
      if (this.isLock(this.#frames.name[frame]!)) return true;
    }
    return false;
  }

  isLock(name: NameId): boolean {
    // Names that events brought are new in the middle of a batch.
    this.#roles.classify();
    return (this.#roles.bits[name]! & Role.Lock) !== 0;
  }

  /** True when function_graph has shown a call of this function, or has one open in this stack. */
  isTraced(name: NameId, stack: number): boolean {
    this.#look();
    if (this.#traced[name] === 1) return true;
    const top = this.#stacks.top[stack]!;
    return top !== NONE && this.#frames.isOpen(top, name);
  }

  /** There are pairs in this input: rows of calls are looked at from now on. */
  begin(): void {
    if (this.#active) return;
    this.#active = true;
    this.#looked = 0;
  }

  /** Rows are about to be given out: what they say of traced functions is kept. */
  beforeFlush(): void {
    if (!this.#active) return;
    this.#look();
    this.#looked = 0;
  }

  add(row: PairRow): void {
    const out = this.#out;
    if (out.length + 2 > out.capacity) this.#flush();
    const at = out.length++;
    out.kind[at] = row.kind;
    out.flags[at] = row.flags | SpanFlag.Pair;
    out.name[at] = row.name;
    out.task[at] = row.task;
    out.cpu[at] = row.cpu;
    out.stack[at] = row.stack;
    out.level[at] = row.level;
    out.span[at] = row.span;
    out.parent[at] = row.parent;
    out.parentName[at] = row.parentName;
    // Given out now: whatever began since then overlaps it, and marks must not fall.
    out.mark[at] = this.#spans();
    out.startNs[at] = row.startNs;
    out.durationNs[at] = row.durationNs;
    out.selfNs[at] = row.selfNs;
    out.children[at] = row.children;
    out.descendants[at] = row.descendants;
    out.irqNs[at] = row.irqNs;
    out.softirqNs[at] = row.softirqNs;
    out.offCpuNs[at] = row.offNs;
    out.line[at] = row.line;
    out.node[at] = row.node;
  }

  /** Gives the row added last the text of an event: the arguments of a probe. */
  setText(start: number, end: number): void {
    const at = this.#out.length - 1;
    this.#out.flags[at]! |= SpanFlag.HasText;
    this.#out.textStart[at] = start;
    this.#out.textEnd[at] = end;
  }

  #look(): void {
    const { kind, flags, name, length } = this.#out;
    for (let i = this.#looked; i < length; i++) {
      if (kind[i] !== SpanKind.Span || (flags[i]! & SpanFlag.Pair) !== 0) continue;
      const id = name[i]!;
      if (id >= this.#traced.length) {
        const bigger = new Uint8Array(id * 2);
        bigger.set(this.#traced);
        this.#traced = bigger;
      }
      this.#traced[id] = 1;
    }
    this.#looked = length;
  }
}
