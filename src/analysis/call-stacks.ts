import { ContextLevel, contextLevel } from '../trace/context.ts';
import type { Diagnostics } from '../trace/diagnostics.ts';
import type { NameId, NameTable } from '../trace/names.ts';
import { latin1, type RecordBatch, RecordBits, RecordKind } from '../trace/records.ts';
import { SpanBatch, SpanFlag, SpanKind, type SpanSink } from '../trace/spans.ts';
import type { TaskTable } from '../trace/tasks.ts';
import { type FunctionRoles, Role } from './function-roles.ts';
import type { OverheadCost } from './overhead.ts';

/** What is taken out of durations and self times on demand. */
export interface Exclusions {
  readonly irq: boolean;
  readonly softirq: boolean;
  readonly offCpu: boolean;
}

export interface CallStacksOptions {
  readonly names: NameTable;
  readonly tasks: TaskTable;
  readonly roles: FunctionRoles;
  readonly diagnostics: Diagnostics;
  readonly inputName: string;
  readonly sink: SpanSink;
  readonly exclude?: Exclusions;
  /** Only these functions and what they call are in the root; null: everything is. */
  readonly isRoot?: ((name: NameId) => boolean) | null;
  /** Tracer cost to take out of every duration; none by default. */
  readonly overhead?: OverheadCost | null;
}

const NONE = -1;
/** Stacks kept apart in a text that names neither CPU nor task. */
const MAX_ANONYMOUS_STACKS = 64;
const MAX_FRAMES = 1 << 16;

const CUT_SENTENCES = {
  'open-at-end': 'calls are still open where the trace ends',
  'open-at-loss': 'calls were cut by lost records',
  'too-many-open': `calls were cut because ${MAX_FRAMES} were open at once`,
} as const;

/**
 * Pairs records into calls: one stack a task (a CPU where the task is not known), because a task
 * that is switched out resumes its own open calls.
 *
 * Hot: frames are rows of typed arrays linked by parent; a frame costs no allocation.
 * Nothing is paired across a loss or a section; what stays unpaired is counted with its line.
 */
export class CallStacks {
  readonly #options: CallStacksOptions;
  readonly #out: SpanBatch;

  /** Innermost open frame of each stack, NONE when empty. */
  #top: number[] = [];
  /** Stack of each task id, and of each CPU whose task is not known. */
  #stackOfTask: number[] = [];
  #stackOfCpu: number[] = [];
  #anonymous: number[] = [];
  /** Stack of the last record on each CPU. */
  #runningOn: number[] = [];
  /** When the task of a stack was scheduled out by a sched_switch event, NaN while it runs. */
  #offSince: number[] = [];
  /** Begin of an interrupt told by events only. */
  #irqSince: number[] = [];
  #softirqSince: number[] = [];
  /** Durations of returns without begin, by depth, waiting for their caller's return. */
  #orphanNs: Float64Array[] = [];
  #schedEventsSeen = false;

  #spanCount = 0;

  // Frames.
  #free: number[] = [];
  #frames = 0;
  readonly #up = new Int32Array(MAX_FRAMES);
  readonly #name = new Int32Array(MAX_FRAMES);
  readonly #depth = new Int16Array(MAX_FRAMES);
  readonly #level = new Int32Array(MAX_FRAMES);
  readonly #span = new Float64Array(MAX_FRAMES);
  readonly #startNs = new Float64Array(MAX_FRAMES);
  readonly #childNs = new Float64Array(MAX_FRAMES);
  readonly #children = new Int32Array(MAX_FRAMES);
  readonly #descendants = new Int32Array(MAX_FRAMES);
  readonly #irqNs = new Float64Array(MAX_FRAMES);
  readonly #softirqNs = new Float64Array(MAX_FRAMES);
  readonly #offNs = new Float64Array(MAX_FRAMES);
  /** The part of the three above that no traced call below accounts for. */
  readonly #ownOutNs = new Float64Array(MAX_FRAMES);
  readonly #flags = new Uint16Array(MAX_FRAMES);
  readonly #line = new Float64Array(MAX_FRAMES);
  /** One bit for each name (id modulo 32) open at or above the frame: a quick "surely not recursive". */
  readonly #openNames = new Int32Array(MAX_FRAMES);
  readonly #cpu = new Int32Array(MAX_FRAMES);

  constructor(options: CallStacksOptions, capacity = 1 << 15) {
    this.#options = options;
    this.#out = new SpanBatch(capacity);
  }

  /** Takes the next records; spans go to the sink before it returns. */
  add(records: RecordBatch): void {
    const { roles } = this.#options;
    roles.classify();
    const out = this.#out;
    out.bytes = records.bytes;
    const { kind, name, cpu, task, durationNs, depth } = records;
    const length = records.length;
    for (let i = 0; i < length; i++) {
      // Room for one row and for all that a loss can cut.
      if (out.length + 2 > out.capacity) this.#flush();
      const k = kind[i]!;
      if (k === RecordKind.Leaf) {
        const stack = this.#stackOf(task[i]!, cpu[i]!, depth[i]!, k, name[i]!, 0);
        if (cpu[i]! >= 0) this.#runningOn[cpu[i]!] = stack;
        this.#leaf(records, i, stack);
      } else if (k === RecordKind.Entry) {
        const stack = this.#stackOf(task[i]!, cpu[i]!, depth[i]!, k, name[i]!, 0);
        if (cpu[i]! >= 0) this.#runningOn[cpu[i]!] = stack;
        this.#enter(records, i, stack);
      } else if (k === RecordKind.Exit) {
        const stack = this.#stackOf(task[i]!, cpu[i]!, depth[i]!, k, name[i]!, durationNs[i]!);
        if (cpu[i]! >= 0) this.#runningOn[cpu[i]!] = stack;
        this.#leave(records, i, stack);
      } else if (k === RecordKind.Event) {
        const stack = this.#stackOf(task[i]!, cpu[i]!, -1, k, name[i]!, 0);
        this.#event(records, i, stack);
      } else if (k === RecordKind.Switch) {
        this.#switch(cpu[i]!, task[i]!, records.other[i]!);
      } else if (k === RecordKind.Lost) {
        this.#gap(cpu[i]!, records.other[i]!, records.line[i]!);
      } else if (k === RecordKind.Section) {
        this.#cutAll('open-at-end', records.line[i]!);
        this.#forgetTasks();
        this.#gapRow(-1, records.line[i]!);
      }
      // IrqEntry and IrqExit: the functions between them tell the time; Function: not a call.
    }
    this.#flush();
  }

  /** Says that the input ended: open calls become Cut rows. */
  finish(): void {
    this.#out.bytes = new Uint8Array(0);
    this.#cutAll('open-at-end', Number.NaN);
    this.#flush();
  }

  // ---------------------------------------------------------------- which stack

  #stackOf(task: number, cpu: number, depth: number, kind: number, name: number, durationNs: number): number {
    if (task >= 0) return this.#stackOfTask[task] ?? this.#newStack(this.#stackOfTask, task);
    if (cpu >= 0) return this.#stackOfCpu[cpu] ?? this.#newStack(this.#stackOfCpu, cpu);
    return this.#anonymousStack(depth, kind, name, durationNs);
  }

  #newStack(index: number[], key: number): number {
    const stack = this.#top.length;
    this.#top.push(NONE);
    this.#offSince.push(Number.NaN);
    this.#irqSince.push(Number.NaN);
    this.#softirqSince.push(Number.NaN);
    // Keys may come in any order; a hole would make lookups undefined, which is what we test for.
    index[key] = stack;
    return stack;
  }

  /**
   * Neither CPU nor task: lines of several CPUs are mixed. A line belongs to a stack that it fits:
   * by depth, name, and a return may not be shorter than the calls in it. The last used one wins.
   */
  #anonymousStack(depth: number, kind: number, name: number, durationNs: number): number {
    const stacks = this.#anonymous;
    if (stacks.length === 0 || depth < 0) {
      if (stacks.length === 0) stacks.push(this.#newStack([], 0));
      return stacks[0]!;
    }
    const isExit = kind === RecordKind.Exit;
    let found = -1;
    let fits = 0;
    for (let i = 0; i < stacks.length; i++) {
      const frame = this.#top[stacks[i]!]!;
      const open = frame === NONE ? -1 : this.#depth[frame]!;
      if (open !== (isExit ? depth : depth - 1)) continue;
      if (isExit && name >= 0 && this.#name[frame] !== name) continue;
      if (isExit && durationNs < this.#childNs[frame]!) continue;
      fits++;
      if (found < 0) found = i;
    }
    if (found < 0) {
      if (!isExit && depth === 0 && stacks.length < MAX_ANONYMOUS_STACKS) {
        stacks.unshift(this.#newStack([], 0));
        return stacks[0]!;
      }
      return stacks[0]!;
    }
    const stack = stacks[found]!;
    if (found > 0) {
      stacks.splice(found, 1);
      stacks.unshift(stack);
    }
    if (fits > 1 && depth > 0) {
      const sentence = 'lines fit more than one open call: the text has no CPU and task columns';
      this.#options.diagnostics.add('ambiguous-cpu', 'loss', sentence);
      const frame = this.#top[stack]!;
      if (frame !== NONE) this.#flags[frame]! |= SpanFlag.Ambiguous;
    }
    return stack;
  }

  #forgetTasks(): void {
    this.#stackOfTask = [];
    this.#stackOfCpu = [];
    this.#anonymous = [];
    this.#runningOn = [];
    this.#top = [];
    this.#offSince = [];
    this.#irqSince = [];
    this.#softirqSince = [];
    this.#orphanNs = [];
    this.#schedEventsSeen = false;
  }

  // ---------------------------------------------------------------- calls

  /** Ends calls that must be over because a line stands at their depth or further out. */
  #cutTo(stack: number, depth: number): number {
    let frame = this.#top[stack]!;
    while (frame !== NONE && this.#depth[frame]! >= depth) {
      this.#count('end-not-seen', 'calls have no return', this.#line[frame]!);
      frame = this.#cutTop(stack);
    }
    return frame;
  }

  #enter(records: RecordBatch, i: number, stack: number): void {
    const depth = records.depth[i]!;
    let up = depth >= 0 ? this.#cutTo(stack, depth) : this.#top[stack]!;
    const name = records.name[i]!;
    if (this.#free.length === 0 && this.#frames === MAX_FRAMES) {
      // So many open calls are no stacks any more: returns are missing, or this is not a trace.
      this.#cutAll('too-many-open', records.line[i]!);
      up = NONE;
    }
    const frame = this.#free.length > 0 ? this.#free.pop()! : this.#frames++;
    const role = this.#options.roles.bits[name]!;
    let flags = 0;
    if (up !== NONE) {
      flags = this.#flags[up]! & (SpanFlag.InInterrupt | SpanFlag.InRoot);
      if (this.#openNames[up]! & (1 << (name & 31)) && this.#isOpen(up, name)) flags |= SpanFlag.Recursive;
      this.#openNames[frame] = this.#openNames[up]! | (1 << (name & 31));
      this.#level[frame] = this.#level[up]! + 1;
    } else {
      this.#openNames[frame] = 1 << (name & 31);
      this.#level[frame] = 0;
    }
    if (role !== 0 || records.bits[i]! & RecordBits.Context) flags = this.#withInterrupt(flags, role, records, i);
    if ((flags & SpanFlag.InRoot) === 0 && this.#isRoot(name)) flags |= SpanFlag.InRoot;
    this.#up[frame] = up;
    this.#name[frame] = name;
    this.#depth[frame] = depth;
    this.#span[frame] = this.#spanCount++;
    this.#startNs[frame] = records.timeNs[i]!;
    this.#childNs[frame] = 0;
    this.#children[frame] = 0;
    this.#descendants[frame] = 0;
    this.#irqNs[frame] = 0;
    this.#softirqNs[frame] = 0;
    this.#offNs[frame] = 0;
    this.#ownOutNs[frame] = 0;
    this.#flags[frame] = flags;
    this.#line[frame] = records.line[i]!;
    this.#cpu[frame] = records.cpu[i]!;
    this.#top[stack] = frame;
    if (role & Role.Lock) {
      const row = this.#frameRow(SpanKind.Begin, frame, records.task[i]!, records.cpu[i]!);
      this.#textOf(records, i, row);
    }
  }

  #isOpen(from: number, name: NameId): boolean {
    for (let frame = from; frame !== NONE; frame = this.#up[frame]!) {
      if (this.#name[frame] === name) return true;
    }
    return false;
  }

  #isRoot(name: NameId): boolean {
    const { isRoot } = this.#options;
    return !isRoot || isRoot(name);
  }

  #withInterrupt(flags: number, role: number, records: RecordBatch, i: number): number {
    if (flags & SpanFlag.InInterrupt) {
      // Softirq work inside an interrupt is told apart from it.
      return role & (Role.HardIrq | Role.Softirq) ? flags | SpanFlag.InterruptEntry : flags;
    }
    if (role & (Role.HardIrq | Role.Softirq)) return flags | SpanFlag.InInterrupt | SpanFlag.InterruptEntry;
    if (records.bits[i]! & RecordBits.Context && contextLevel(records.context[i]!) !== ContextLevel.Task) {
      return flags | SpanFlag.InInterrupt | SpanFlag.InterruptEntry;
    }
    return flags;
  }

  #leaf(records: RecordBatch, i: number, stack: number): void {
    const depth = records.depth[i]!;
    const up = depth >= 0 ? this.#cutTo(stack, depth) : this.#top[stack]!;
    const name = records.name[i]!;
    const durationNs = records.durationNs[i]!;
    const role = this.#options.roles.bits[name]!;
    let flags: number = SpanFlag.Leaf;
    let parent = -1;
    let parentName = -1;
    let level = 0;
    if (up !== NONE) {
      flags |= this.#flags[up]! & (SpanFlag.InInterrupt | SpanFlag.InRoot);
      if (this.#openNames[up]! & (1 << (name & 31)) && this.#isOpen(up, name)) flags |= SpanFlag.Recursive;
      parent = this.#span[up]!;
      parentName = this.#name[up]!;
      level = this.#level[up]! + 1;
    }
    if (role !== 0 || records.bits[i]! & RecordBits.Context) flags = this.#withInterrupt(flags, role, records, i);
    if ((flags & SpanFlag.InRoot) === 0 && this.#isRoot(name)) flags |= SpanFlag.InRoot;
    const span = this.#spanCount++;
    let irqNs = 0;
    let softirqNs = 0;
    let offNs = 0;
    if (flags & SpanFlag.InterruptEntry && durationNs === durationNs) {
      if (this.#isSoftirq(role, records, i)) softirqNs = durationNs;
      else irqNs = durationNs;
    } else if (role & Role.Schedule && !this.#schedEventsSeen && durationNs === durationNs) offNs = durationNs;
    if (up !== NONE) {
      if (durationNs === durationNs) this.#childNs[up]! += durationNs;
      this.#children[up]!++;
      this.#descendants[up]!++;
      this.#irqNs[up]! += irqNs;
      this.#softirqNs[up]! += softirqNs;
      this.#offNs[up]! += offNs;
    }
    const out = this.#out;
    const row = out.length++;
    out.kind[row] = SpanKind.Span;
    out.flags[row] = flags;
    out.name[row] = name;
    out.task[row] = records.task[i]!;
    out.cpu[row] = records.cpu[i]!;
    out.level[row] = level;
    out.span[row] = span;
    out.parent[row] = parent;
    out.parentName[row] = parentName;
    out.mark[row] = this.#spanCount;
    out.startNs[row] = records.timeNs[i]!;
    out.children[row] = 0;
    out.descendants[row] = 0;
    out.irqNs[row] = 0;
    out.softirqNs[row] = 0;
    out.offCpuNs[row] = 0;
    out.line[row] = records.line[i]!;
    const cost = this.#options.overhead;
    out.durationNs[row] = cost ? Math.max(0, durationNs - cost.insideNs) : durationNs;
    out.selfNs[row] = out.durationNs[row]!;
    if (records.bits[i]! & RecordBits.Text) this.#textOf(records, i, row);
    else {
      out.textStart[row] = 0;
      out.textEnd[row] = 0;
    }
  }

  #isSoftirq(role: number, records: RecordBatch, i: number): boolean {
    if (role & Role.Softirq) return true;
    if (role & Role.HardIrq) return false;
    return contextLevel(records.context[i]!) === ContextLevel.Softirq;
  }

  #leave(records: RecordBatch, i: number, stack: number): void {
    const depth = records.depth[i]!;
    const name = records.name[i]!;
    let frame = depth >= 0 ? this.#cutTo(stack, depth + 1) : this.#top[stack]!;
    if (depth < 0 && name >= 0 && frame !== NONE && this.#name[frame] !== name && this.#isOpen(frame, name)) {
      // Braces alone: the calls above the named one have no return.
      while (this.#name[frame] !== name) {
        this.#count('end-not-seen', 'calls have no return', this.#line[frame]!);
        frame = this.#cutTop(stack);
      }
    }
    if (frame !== NONE && (depth < 0 || this.#depth[frame] === depth)) {
      if (name < 0 || this.#name[frame] === name) {
        this.#close(records, i, stack, frame);
        return;
      }
      this.#count('end-not-seen', 'calls have no return', this.#line[frame]!);
      frame = this.#cutTop(stack);
    }
    this.#orphan(records, i, stack, frame);
  }

  #close(records: RecordBatch, i: number, stack: number, frame: number): void {
    const up = this.#up[frame]!;
    const durationNs = records.durationNs[i]!;
    const hasDuration = durationNs === durationNs;
    const role = this.#options.roles.bits[this.#name[frame]!]!;
    const flags = this.#flags[frame]!;
    let irqNs = this.#irqNs[frame]!;
    let softirqNs = this.#softirqNs[frame]!;
    let offNs = this.#offNs[frame]!;
    if (hasDuration) {
      if (role & Role.Schedule && !this.#schedEventsSeen) offNs = durationNs;
    }
    const row = this.#frameRow(SpanKind.Span, frame, records.task[i]!, records.cpu[i]!);
    const out = this.#out;
    out.irqNs[row] = irqNs;
    out.softirqNs[row] = softirqNs;
    out.offCpuNs[row] = offNs;
    this.#setDuration(row, durationNs, frame);
    if (up !== NONE) {
      if (flags & SpanFlag.InterruptEntry && hasDuration) {
        if (this.#isSoftirq(role, records, i)) softirqNs = Math.max(0, durationNs - irqNs);
        else irqNs = Math.max(0, durationNs - softirqNs);
      }
      if (hasDuration) this.#childNs[up]! += durationNs;
      this.#children[up]!++;
      this.#descendants[up]! += this.#descendants[frame]! + 1;
      this.#irqNs[up]! += irqNs;
      this.#softirqNs[up]! += softirqNs;
      this.#offNs[up]! += offNs;
      this.#flags[up]! |= flags & SpanFlag.Switched;
    }
    this.#top[stack] = up;
    this.#free.push(frame);
  }

  /** Duration and self time of a closed frame, less what is excluded and the tracer's cost. */
  #setDuration(row: number, printedNs: number, frame: number): void {
    const out = this.#out;
    const { exclude, overhead } = this.#options;
    let durationNs = printedNs;
    let selfNs = printedNs - this.#childNs[frame]!;
    if (exclude) {
      if (exclude.irq) durationNs -= out.irqNs[row]!;
      if (exclude.softirq) durationNs -= out.softirqNs[row]!;
      if (exclude.offCpu) durationNs -= out.offCpuNs[row]!;
      selfNs -= this.#ownOutNs[frame]!;
    }
    if (overhead) {
      const below = out.descendants[row]!;
      durationNs -= overhead.insideNs + below * (overhead.insideNs + overhead.outsideNs);
      selfNs -= overhead.insideNs + out.children[row]! * overhead.outsideNs;
    }
    if (exclude || overhead) {
      durationNs = Math.max(0, durationNs);
      selfNs = Math.max(0, selfNs);
    }
    // Both are cut to their last digit, so a difference may fall below zero by the quantum.
    out.durationNs[row] = durationNs;
    out.selfNs[row] = selfNs < 0 ? 0 : selfNs;
  }

  /** A return whose begin lies before the buffer, in a loss, or below tracing_thresh. */
  #orphan(records: RecordBatch, i: number, stack: number, up: number): void {
    const name = records.name[i]!;
    const durationNs = records.durationNs[i]!;
    const depth = Math.max(0, records.depth[i]!);
    this.#orphanNs[stack] ??= new Float64Array(256);
    const waiting = this.#orphanNs[stack]!;
    const below = depth + 1 < waiting.length ? waiting[depth + 1]! : 0;
    if (durationNs === durationNs && depth + 1 < waiting.length) {
      waiting[depth + 1] = 0;
      waiting[depth]! += durationNs;
    }
    if (up !== NONE && durationNs === durationNs) {
      this.#childNs[up]! += durationNs;
      this.#children[up]!++;
      this.#descendants[up]!++;
    }
    if (name < 0) {
      this.#count('return-without-name', 'returns have neither a begin nor a name', records.line[i]!);
      return;
    }
    this.#count('begin-not-seen', 'returns have no begin; they count by their name and duration', records.line[i]!);
    const out = this.#out;
    const row = out.length++;
    out.kind[row] = SpanKind.Span;
    let flags: number = SpanFlag.StartCut | SpanFlag.SelfIsBound;
    if (up !== NONE) flags |= this.#flags[up]! & (SpanFlag.InInterrupt | SpanFlag.InRoot);
    if (this.#isRoot(name)) flags |= SpanFlag.InRoot;
    out.flags[row] = flags;
    out.name[row] = name;
    out.task[row] = records.task[i]!;
    out.cpu[row] = records.cpu[i]!;
    out.level[row] = up === NONE ? depth : this.#level[up]! + 1;
    out.span[row] = this.#spanCount++;
    out.parent[row] = up === NONE ? -1 : this.#span[up]!;
    out.parentName[row] = up === NONE ? -1 : this.#name[up]!;
    out.mark[row] = this.#spanCount;
    out.startNs[row] = records.timeNs[i]! - durationNs;
    out.durationNs[row] = durationNs;
    out.selfNs[row] = Math.max(0, durationNs - below);
    out.children[row] = 0;
    out.descendants[row] = 0;
    out.irqNs[row] = 0;
    out.softirqNs[row] = 0;
    out.offCpuNs[row] = 0;
    out.line[row] = records.line[i]!;
    out.textStart[row] = 0;
    out.textEnd[row] = 0;
  }

  /** A row with what a frame knows; durations are left to the caller. */
  #frameRow(kind: number, frame: number, task: number, cpu: number): number {
    const out = this.#out;
    const row = out.length++;
    const up = this.#up[frame]!;
    out.kind[row] = kind;
    out.flags[row] = this.#flags[frame]!;
    out.name[row] = this.#name[frame]!;
    out.task[row] = task;
    out.cpu[row] = cpu;
    out.level[row] = this.#level[frame]!;
    out.span[row] = this.#span[frame]!;
    out.parent[row] = up === NONE ? -1 : this.#span[up]!;
    out.parentName[row] = up === NONE ? -1 : this.#name[up]!;
    out.mark[row] = this.#spanCount;
    out.startNs[row] = this.#startNs[frame]!;
    out.durationNs[row] = Number.NaN;
    out.selfNs[row] = Number.NaN;
    out.children[row] = this.#children[frame]!;
    out.descendants[row] = this.#descendants[frame]!;
    out.irqNs[row] = 0;
    out.softirqNs[row] = 0;
    out.offCpuNs[row] = 0;
    out.line[row] = this.#line[frame]!;
    out.textStart[row] = 0;
    out.textEnd[row] = 0;
    return row;
  }

  #textOf(records: RecordBatch, i: number, row: number): void {
    const has = (records.bits[i]! & RecordBits.Text) !== 0;
    this.#out.textStart[row] = has ? records.textStart[i]! : 0;
    this.#out.textEnd[row] = has ? records.textEnd[i]! : 0;
  }

  // ---------------------------------------------------------------- what cuts calls

  /** Gives up the innermost call of a stack; returns the next one. */
  #cutTop(stack: number): number {
    if (this.#out.length + 2 > this.#out.capacity) this.#flush();
    const frame = this.#top[stack]!;
    const up = this.#up[frame]!;
    this.#frameRow(SpanKind.Cut, frame, this.#taskOfStack(stack), this.#cpu[frame]!);
    if (up !== NONE) {
      this.#descendants[up]! += this.#descendants[frame]! + 1;
      this.#flags[up]! |= SpanFlag.SelfIsBound;
    }
    this.#free.push(frame);
    this.#top[stack] = up;
    return up;
  }

  #taskOfStack(stack: number): number {
    return this.#stackOfTask.indexOf(stack);
  }

  #cutAll(id: keyof typeof CUT_SENTENCES, line: number, except: ReadonlySet<number> = new Set()): void {
    const sentence = CUT_SENTENCES[id];
    for (let stack = 0; stack < this.#top.length; stack++) {
      if (except.has(stack)) continue;
      while (this.#top[stack] !== NONE) {
        this.#count(id, sentence, Number.isNaN(line) ? this.#line[this.#top[stack]!]! : line);
        this.#cutTop(stack);
      }
    }
  }

  /** Lost records on a CPU: only calls of tasks that run on another CPU meanwhile are safe. */
  #gap(cpu: number, events: number, line: number): void {
    const { diagnostics, inputName } = this.#options;
    const place = `${inputName}:${line}`;
    diagnostics.add('lost-records', 'loss', 'the kernel says that records were lost', place);
    if (events > 0) diagnostics.add('lost-events', 'loss', 'records lost, as counted by the kernel', undefined, events);
    const safe = new Set<number>();
    if (cpu >= 0) {
      for (const [other, stack] of this.#runningOn.entries()) {
        if (other !== cpu && stack !== undefined && stack !== this.#runningOn[cpu]) safe.add(stack);
      }
    }
    this.#cutAll('open-at-loss', line, safe);
    this.#gapRow(cpu, line);
  }

  #gapRow(cpu: number, line: number): void {
    const out = this.#out;
    if (out.length + 2 > out.capacity) this.#flush();
    const row = out.length++;
    out.kind[row] = SpanKind.Gap;
    out.flags[row] = 0;
    out.name[row] = -1;
    out.task[row] = -1;
    out.cpu[row] = cpu;
    out.span[row] = this.#spanCount;
    out.mark[row] = this.#spanCount;
    out.parent[row] = -1;
    out.parentName[row] = -1;
    out.startNs[row] = Number.NaN;
    out.durationNs[row] = Number.NaN;
    out.line[row] = line;
    out.textStart[row] = 0;
    out.textEnd[row] = 0;
  }

  // ---------------------------------------------------------------- switches and events

  /** A banner: `before` gave the CPU to `task`. It also names the first task of the CPU. */
  #switch(cpu: number, task: number, before: number): void {
    const unnamed = this.#stackOfCpu[cpu];
    if (unnamed !== undefined && before >= 0 && this.#top[unnamed] !== NONE) {
      const own = this.#stackOfTask[before] ?? this.#newStack(this.#stackOfTask, before);
      if (this.#top[own] === NONE) {
        this.#top[own] = this.#top[unnamed]!;
        this.#top[unnamed] = NONE;
      }
    }
    const stack = before >= 0 ? this.#stackOfTask[before] : undefined;
    if (stack !== undefined) {
      const frame = this.#top[stack]!;
      if (frame !== NONE) this.#flags[frame]! |= SpanFlag.Switched;
    }
    this.#runningOn[cpu] = this.#stackOf(task, cpu, -1, RecordKind.Switch, -1, 0);
  }

  #event(records: RecordBatch, i: number, stack: number): void {
    const name = records.name[i]!;
    const timeNs = records.timeNs[i]!;
    const eventName = name >= 0 ? this.#options.names.text(name) : '';
    switch (eventName) {
      case 'sched_switch':
        this.#schedSwitch(records, i, timeNs);
        break;
      case 'irq_handler_entry':
      case 'local_timer_entry':
        this.#irqSince[stack] = timeNs;
        break;
      case 'irq_handler_exit':
      case 'local_timer_exit':
        this.#interrupted(stack, timeNs - this.#irqSince[stack]!, this.#irqNs);
        this.#irqSince[stack] = Number.NaN;
        break;
      case 'softirq_entry':
        this.#softirqSince[stack] = timeNs;
        break;
      case 'softirq_exit':
        this.#interrupted(stack, timeNs - this.#softirqSince[stack]!, this.#softirqNs);
        this.#softirqSince[stack] = Number.NaN;
        break;
      default:
    }
    const frame = this.#top[stack]!;
    const out = this.#out;
    const row = out.length++;
    out.kind[row] = SpanKind.Event;
    out.flags[row] = frame === NONE ? 0 : this.#flags[frame]!;
    out.name[row] = name;
    out.task[row] = records.task[i]!;
    out.cpu[row] = records.cpu[i]!;
    out.level[row] = frame === NONE ? 0 : this.#level[frame]! + 1;
    out.span[row] = this.#spanCount;
    out.parent[row] = frame === NONE ? -1 : this.#span[frame]!;
    out.parentName[row] = frame === NONE ? -1 : this.#name[frame]!;
    out.mark[row] = this.#spanCount;
    out.startNs[row] = timeNs;
    out.durationNs[row] = Number.NaN;
    out.line[row] = records.line[i]!;
    this.#textOf(records, i, row);
  }

  /** Time told by events only, within the innermost open call, unless a traced function tells it. */
  #interrupted(stack: number, ns: number, column: Float64Array): void {
    const frame = this.#top[stack]!;
    if (frame === NONE || !(ns > 0) || this.#flags[frame]! & SpanFlag.InInterrupt) return;
    column[frame]! += ns;
    this.#ownOutNs[frame]! += ns;
  }

  #schedSwitch(records: RecordBatch, i: number, timeNs: number): void {
    this.#schedEventsSeen = true;
    const text = latin1(records.bytes, records.textStart[i]!, records.textEnd[i]!);
    const m = / prev_pid=(\d+) .*==> next_comm=.* next_pid=(\d+) /.exec(text);
    if (!m) return;
    const cpu = records.cpu[i]!;
    const { tasks } = this.#options;
    const before = tasks.find(Number(m[1]), cpu);
    const after = tasks.find(Number(m[2]), cpu);
    const left = before >= 0 ? this.#stackOfTask[before] : this.#stackOfCpu[cpu];
    if (left !== undefined) {
      this.#offSince[left] = timeNs;
      const frame = this.#top[left]!;
      if (frame !== NONE) this.#flags[frame]! |= SpanFlag.Switched;
    }
    const entered = after >= 0 ? this.#stackOfTask[after] : undefined;
    if (entered === undefined) return;
    const frame = this.#top[entered]!;
    const offNs = timeNs - this.#offSince[entered]!;
    this.#offSince[entered] = Number.NaN;
    if (frame === NONE || !(offNs > 0)) return;
    this.#offNs[frame]! += offNs;
    this.#ownOutNs[frame]! += offNs;
  }

  #count(id: string, sentence: string, line: number): void {
    this.#options.diagnostics.add(id, 'loss', sentence, `${this.#options.inputName}:${line}`);
  }

  #flush(): void {
    if (this.#out.length === 0) return;
    this.#options.sink(this.#out);
    this.#out.length = 0;
  }
}
