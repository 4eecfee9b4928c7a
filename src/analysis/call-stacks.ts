import { ContextLevel, contextLevel } from '../trace/context.ts';
import type { Diagnostics } from '../trace/diagnostics.ts';
import type { NameId, NameTable } from '../trace/names.ts';
import { latin1, type RecordBatch, RecordBits, RecordKind } from '../trace/records.ts';
import { SpanBatch, SpanFlag, SpanKind, type SpanSink } from '../trace/spans.ts';
import type { TaskTable } from '../trace/tasks.ts';
import type { CallTree } from './call-tree.ts';
import { type ClockCheck, LONG_NS } from './clock-check.ts';
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
  /** Where stamps are compared with durations. */
  readonly clock?: ClockCheck;
  /** Where paths of calls are counted; rows then carry theirs. */
  readonly callTree?: CallTree | null;
  /** Tracer cost to take out of every duration; none by default. */
  readonly overhead?: OverheadCost | null;
}

const NONE = -1;
/** Stacks kept apart in a text that names neither CPU nor task. */
const MAX_ANONYMOUS_STACKS = 64;
const MAX_FRAMES = 1 << 16;
const MAX_CPUS = 8192;

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
  #top = new Int32Array(64).fill(NONE);
  #stacks = 0;
  /** Stack of each task id, and of each CPU whose task is not known; NONE when it has none yet. */
  #stackOfTask = new Int32Array(64).fill(NONE);
  readonly #stackOfCpu = new Int32Array(MAX_CPUS).fill(NONE);
  #anonymous: number[] = [];
  /** Stack of the last record on each CPU. */
  readonly #runningOn = new Int32Array(MAX_CPUS).fill(NONE);
  #cpus = 0;
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
  /** Sum of the next three; they and `ownOutNs` mean nothing while it is 0. */
  readonly #outNs = new Float64Array(MAX_FRAMES);
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
  readonly #node = new Int32Array(MAX_FRAMES);

  constructor(options: CallStacksOptions, capacity = 1 << 15) {
    this.#options = options;
    this.#out = new SpanBatch(capacity);
  }

  /** Takes the next records; spans go to the sink before it returns. */
  add(records: RecordBatch): void {
    this.#options.roles.classify();
    this.#out.bytes = records.bytes;
    let i = 0;
    while (i < records.length) {
      i = this.#addCalls(records, i);
      if (i < records.length) this.#addOther(records, i++);
    }
    this.#flush();
  }

  /**
   * The hot loop: leaves, begins and returns of known stacks that need nothing special. Returns the
   * first record that does. Columns are held in locals, and what is rare stands elsewhere.
   */
  #addCalls(records: RecordBatch, from: number): number {
    // Held in locals: V8 reads an imported constant from memory each time.
    const { Entry, Leaf } = RecordKind;
    const { Span } = SpanKind;
    const { InInterrupt, InRoot, Recursive } = SpanFlag;
    const passedOn = InInterrupt | InRoot;
    const notLock = ~Role.Lock;
    const { kind, name, cpu, task, timeNs, durationNs, depth, line, bits } = records;
    const out = this.#out;
    const outKind = out.kind;
    const outFlags = out.flags;
    const outName = out.name;
    const outTask = out.task;
    const outCpu = out.cpu;
    const outLevel = out.level;
    const outSpan = out.span;
    const outParent = out.parent;
    const outParentName = out.parentName;
    const outStartNs = out.startNs;
    const outDurationNs = out.durationNs;
    const outLine = out.line;
    const roles = this.#options.roles.bits;
    const top = this.#top;
    const stackOfTask = this.#stackOfTask;
    const stackOfCpu = this.#stackOfCpu;
    const runningOn = this.#runningOn;
    const frameDepth = this.#depth;
    const frameFlags = this.#flags;
    const frameName = this.#name;
    const frameSpan = this.#span;
    const frameLevel = this.#level;
    const childNs = this.#childNs;
    const children = this.#children;
    const descendants = this.#descendants;
    const openNames = this.#openNames;
    const outNode = out.node;
    const frameNode = this.#node;
    const tree = this.#options.callTree ?? null;
    const insideNs = this.#options.overhead?.insideNs ?? 0;
    const isRoot = this.#options.isRoot ?? null;
    const baseFlags = SpanFlag.Leaf | (isRoot === null ? SpanFlag.InRoot : 0);
    const tasks = stackOfTask.length;
    const capacity = out.capacity - 2;
    const length = records.length;
    let spans = this.#spanCount;
    let row = out.length;
    let i = from;
    for (; i < length; i++) {
      const k = kind[i]!;
      if (k > Leaf || row >= capacity) break;
      const t = task[i]!;
      const c = cpu[i]!;
      let stack = NONE;
      if (t >= 0) {
        if (t >= tasks) break;
        stack = stackOfTask[t]!;
      } else if (c >= 0) stack = stackOfCpu[c]!;
      if (stack === NONE) break;
      if (c >= 0) runningOn[c] = stack;
      const up = top[stack]!;
      const d = depth[i]!;
      if (k === Leaf) {
        const id = name[i]!;
        // A line as deep as the innermost open call or less says that the call's end was not seen.
        if (d >= 0 && up !== NONE && frameDepth[up]! >= d) break;
        if ((bits[i]! | (roles[id]! & notLock)) !== 0) break;
        const ns = durationNs[i]!;
        let flags = baseFlags;
        let parent = -1;
        let parentName = -1;
        let level = 0;
        if (up !== NONE) {
          flags |= frameFlags[up]! & passedOn;
          if (openNames[up]! & (1 << (id & 31)) && this.#isOpen(up, id)) flags |= Recursive;
          parent = frameSpan[up]!;
          parentName = frameName[up]!;
          level = frameLevel[up]! + 1;
          if (!Number.isNaN(ns)) childNs[up]! += ns;
          children[up]!++;
          descendants[up]!++;
        }
        if (isRoot !== null && (flags & InRoot) === 0 && isRoot(id)) flags |= InRoot;
        outKind[row] = Span;
        outFlags[row] = flags;
        outName[row] = id;
        outTask[row] = t;
        outCpu[row] = c;
        outLevel[row] = level;
        outSpan[row] = spans++;
        outParent[row] = parent;
        outParentName[row] = parentName;
        outStartNs[row] = timeNs[i]!;
        outDurationNs[row] = insideNs > 0 && !Number.isNaN(ns) ? Math.max(0, ns - insideNs) : ns;
        outLine[row] = line[i]!;
        if (tree !== null) outNode[row] = tree.child(up === NONE ? -1 : frameNode[up]!, id);
        row++;
      } else if (k === Entry) {
        if (d >= 0 && up !== NONE && frameDepth[up]! >= d) break;
        this.#spanCount = spans;
        out.length = row;
        if (!this.#enter(records, i, stack)) break;
        row = out.length;
        spans++;
      } else {
        if (up === NONE || (d >= 0 && frameDepth[up] !== d)) break;
        const id = name[i]!;
        if (id >= 0 && frameName[up] !== id) break;
        this.#spanCount = spans;
        out.length = row;
        this.#close(records, i, stack, up);
        row = out.length;
      }
    }
    this.#spanCount = spans;
    out.length = row;
    return i;
  }

  /** One record of any kind. */
  #addOther(records: RecordBatch, i: number): void {
    if (this.#out.length + 2 > this.#out.capacity) this.#flush();
    const kind = records.kind[i]!;
    const cpu = records.cpu[i]!;
    switch (kind) {
      case RecordKind.Leaf:
      case RecordKind.Entry:
      case RecordKind.Exit: {
        const stack = this.#stackOf(records, i);
        if (cpu >= 0) {
          this.#runningOn[cpu] = stack;
          if (cpu >= this.#cpus) this.#cpus = cpu + 1;
        }
        if (kind === RecordKind.Exit) this.#leave(records, i, stack);
        else {
          const depth = records.depth[i]!;
          if (depth >= 0) this.#cutTo(stack, depth);
          if (kind === RecordKind.Leaf) this.#leaf(records, i, stack);
          else if (!this.#enter(records, i, stack)) {
            // So many open calls are no stacks any more: returns are missing, or this is not a trace.
            this.#cutAll('too-many-open', records.line[i]!);
            this.#enter(records, i, stack);
          }
        }
        break;
      }
      case RecordKind.Event:
        this.#event(records, i, this.#stackOf(records, i));
        break;
      case RecordKind.Switch:
        this.#switch(cpu, records.task[i]!, records.other[i]!);
        break;
      case RecordKind.Lost:
        this.#gap(cpu, records.other[i]!, records.line[i]!);
        break;
      case RecordKind.Section:
        this.#cutAll('open-at-end', records.line[i]!);
        this.#forgetTasks();
        this.#gapRow(-1, records.line[i]!);
        break;
      default:
      // IrqEntry and IrqExit: the functions between them tell the time; Function: not a call.
    }
  }

  /** Says that the input ended: open calls become Cut rows. */
  finish(): void {
    this.#out.bytes = new Uint8Array(0);
    this.#cutAll('open-at-end', Number.NaN);
    this.#flush();
  }

  // ---------------------------------------------------------------- which stack

  #stackOf(records: RecordBatch, i: number): number {
    const task = records.task[i]!;
    const cpu = records.cpu[i]!;
    if (task >= 0) return this.#stackOfTaskId(task);
    if (cpu >= 0) {
      if (this.#stackOfCpu[cpu] === NONE) this.#stackOfCpu[cpu] = this.#newStack();
      return this.#stackOfCpu[cpu]!;
    }
    return this.#anonymousStack(
      records.depth[i]!,
      records.kind[i]!,
      records.name[i]!,
      records.durationNs[i]!,
    );
  }

  #stackOfTaskId(task: number): number {
    if (task >= this.#stackOfTask.length) {
      const bigger = new Int32Array(task * 2).fill(NONE);
      bigger.set(this.#stackOfTask);
      this.#stackOfTask = bigger;
    }
    if (this.#stackOfTask[task] === NONE) this.#stackOfTask[task] = this.#newStack();
    return this.#stackOfTask[task]!;
  }

  #newStack(): number {
    const stack = this.#stacks++;
    if (stack === this.#top.length) {
      const bigger = new Int32Array(stack * 2).fill(NONE);
      bigger.set(this.#top);
      this.#top = bigger;
    }
    this.#offSince[stack] = Number.NaN;
    this.#irqSince[stack] = Number.NaN;
    this.#softirqSince[stack] = Number.NaN;
    return stack;
  }

  /**
   * Neither CPU nor task: lines of several CPUs are mixed. A line belongs to a stack that it fits:
   * by depth, name, and a return may not be shorter than the calls in it. The last used one wins.
   */
  #anonymousStack(depth: number, kind: number, name: number, durationNs: number): number {
    const stacks = this.#anonymous;
    if (stacks.length === 0 || depth < 0) {
      if (stacks.length === 0) stacks.push(this.#newStack());
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
        stacks.unshift(this.#newStack());
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
    this.#top.fill(NONE);
    this.#stacks = 0;
    this.#stackOfTask.fill(NONE);
    this.#stackOfCpu.fill(NONE);
    this.#runningOn.fill(NONE);
    this.#anonymous = [];
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

  /** Opens a call; false, with nothing done, when there is no room for another frame. */
  #enter(records: RecordBatch, i: number, stack: number): boolean {
    const up = this.#top[stack]!;
    const name = records.name[i]!;
    let frame = this.#frames;
    if (this.#free.length > 0) frame = this.#free.pop()!;
    else if (frame === MAX_FRAMES) return false;
    else this.#frames++;
    const role = this.#options.roles.bits[name]!;
    let flags = 0;
    let open = 1 << (name & 31);
    let level = 0;
    if (up !== NONE) {
      flags = this.#flags[up]! & (SpanFlag.InInterrupt | SpanFlag.InRoot);
      const above = this.#openNames[up]!;
      if (above & open && this.#isOpen(up, name)) flags |= SpanFlag.Recursive;
      open |= above;
      level = this.#level[up]! + 1;
    }
    if ((role | records.bits[i]!) !== 0) flags = this.#withInterrupt(flags, role, records, i);
    if ((flags & SpanFlag.InRoot) === 0 && this.#isRoot(name)) flags |= SpanFlag.InRoot;
    this.#openNames[frame] = open;
    this.#level[frame] = level;
    this.#up[frame] = up;
    this.#name[frame] = name;
    this.#depth[frame] = records.depth[i]!;
    this.#span[frame] = this.#spanCount++;
    this.#startNs[frame] = records.timeNs[i]!;
    this.#childNs[frame] = 0;
    this.#children[frame] = 0;
    this.#descendants[frame] = 0;
    this.#outNs[frame] = 0;
    this.#flags[frame] = flags;
    this.#line[frame] = records.line[i]!;
    this.#cpu[frame] = records.cpu[i]!;
    const tree = this.#options.callTree;
    if (tree) this.#node[frame] = tree.child(up === NONE ? -1 : this.#node[up]!, name);
    this.#top[stack] = frame;
    if (role & Role.Lock) {
      const row = this.#frameRow(SpanKind.Begin, frame, records.task[i]!, records.cpu[i]!);
      this.#textOf(records, i, row);
    }
    return true;
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
    const up = this.#top[stack]!;
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
    if (role !== 0 || records.bits[i]! & RecordBits.Context)
      flags = this.#withInterrupt(flags, role, records, i);
    if ((flags & SpanFlag.InRoot) === 0 && this.#isRoot(name)) flags |= SpanFlag.InRoot;
    const span = this.#spanCount++;
    let irqNs = 0;
    let softirqNs = 0;
    let offNs = 0;
    if (flags & SpanFlag.InterruptEntry && !Number.isNaN(durationNs)) {
      if (this.#isSoftirq(role, records, i)) softirqNs = durationNs;
      else irqNs = durationNs;
    } else if (role & Role.Schedule && !this.#schedEventsSeen && !Number.isNaN(durationNs))
      offNs = durationNs;
    if (up !== NONE) {
      if (!Number.isNaN(durationNs)) this.#childNs[up]! += durationNs;
      this.#children[up]!++;
      this.#descendants[up]!++;
      if (irqNs + softirqNs + offNs > 0) this.#addOut(up, irqNs, softirqNs, offNs);
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
    out.startNs[row] = records.timeNs[i]!;
    out.line[row] = records.line[i]!;
    const tree = this.#options.callTree;
    if (tree) out.node[row] = tree.child(up === NONE ? -1 : this.#node[up]!, name);
    const cost = this.#options.overhead;
    out.durationNs[row] = cost ? Math.max(0, durationNs - cost.insideNs) : durationNs;
    this.#textOf(records, i, row);
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
    const hasDuration = !Number.isNaN(durationNs);
    const out = this.#out;
    const row = this.#frameRow(SpanKind.Span, frame, records.task[i]!, records.cpu[i]!);
    if (this.#outNs[frame]! > 0) {
      out.irqNs[row] = this.#irqNs[frame]!;
      out.softirqNs[row] = this.#softirqNs[frame]!;
      out.offCpuNs[row] = this.#offNs[frame]!;
    }
    const flags = this.#flags[frame]!;
    const role = this.#options.roles.bits[this.#name[frame]!]!;
    if (role & Role.Schedule && hasDuration && !this.#schedEventsSeen) out.offCpuNs[row] = durationNs;
    this.#setDuration(row, durationNs, frame);
    if (hasDuration && durationNs >= LONG_NS && this.#cpu[frame] === records.cpu[i]) {
      const stampNs = records.timeNs[i]! - this.#startNs[frame]!;
      if (!Number.isNaN(stampNs)) this.#options.clock?.add(stampNs, durationNs);
    }
    if (up !== NONE) {
      if (hasDuration) this.#childNs[up]! += durationNs;
      this.#children[up]!++;
      this.#descendants[up]! += this.#descendants[frame]! + 1;
      this.#flags[up]! |= flags & SpanFlag.Switched;
      let irqNs = out.irqNs[row]!;
      let softirqNs = out.softirqNs[row]!;
      const offNs = out.offCpuNs[row]!;
      if (flags & SpanFlag.InterruptEntry && hasDuration) {
        if (this.#isSoftirq(role, records, i)) softirqNs = Math.max(0, durationNs - irqNs);
        else irqNs = Math.max(0, durationNs - softirqNs);
      }
      if (irqNs + softirqNs + offNs > 0) this.#addOut(up, irqNs, softirqNs, offNs);
    }
    this.#top[stack] = up;
    this.#free.push(frame);
  }

  /** Adds time in which a frame's task did something else; the sums begin with the first. */
  #addOut(frame: number, irqNs: number, softirqNs: number, offNs: number): void {
    if (this.#outNs[frame] === 0) {
      this.#irqNs[frame] = 0;
      this.#softirqNs[frame] = 0;
      this.#offNs[frame] = 0;
      this.#ownOutNs[frame] = 0;
    }
    this.#outNs[frame]! += irqNs + softirqNs + offNs;
    this.#irqNs[frame]! += irqNs;
    this.#softirqNs[frame]! += softirqNs;
    this.#offNs[frame]! += offNs;
  }

  /** Duration and self time of a closed frame, less what is excluded and the tracer's cost. */
  #setDuration(row: number, printedNs: number, frame: number): void {
    const out = this.#out;
    const { exclude, overhead } = this.#options;
    let durationNs = printedNs;
    let selfNs = printedNs - this.#childNs[frame]!;
    // An interrupt between the tracer's stamp and its record stands inside the braces, not the duration.
    if (selfNs < 0) selfNs += out.irqNs[row]! + out.softirqNs[row]!;
    if (exclude) {
      let excludedNs = 0;
      if (exclude.irq) excludedNs += out.irqNs[row]!;
      if (exclude.softirq) excludedNs += out.softirqNs[row]!;
      if (exclude.offCpu) excludedNs += out.offCpuNs[row]!;
      if (excludedNs <= durationNs) durationNs -= excludedNs;
      if (this.#outNs[frame]! > 0) selfNs -= this.#ownOutNs[frame]!;
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
    out.selfNs[row] = Math.min(Math.max(0, selfNs), Math.max(0, durationNs));
  }

  /** A return whose begin lies before the buffer, in a loss, or below tracing_thresh. */
  #orphan(records: RecordBatch, i: number, stack: number, up: number): void {
    const name = records.name[i]!;
    const durationNs = records.durationNs[i]!;
    const depth = Math.max(0, records.depth[i]!);
    this.#orphanNs[stack] ??= new Float64Array(256);
    const waiting = this.#orphanNs[stack]!;
    const below = depth + 1 < waiting.length ? waiting[depth + 1]! : 0;
    if (!Number.isNaN(durationNs) && depth + 1 < waiting.length) {
      waiting[depth + 1] = 0;
      waiting[depth]! += durationNs;
    }
    if (up !== NONE && !Number.isNaN(durationNs)) {
      this.#childNs[up]! += durationNs;
      this.#children[up]!++;
      this.#descendants[up]!++;
    }
    if (name < 0) {
      this.#count('return-without-name', 'returns have neither a begin nor a name', records.line[i]!);
      return;
    }
    this.#count(
      'begin-not-seen',
      'returns have no begin; they count by their name and duration',
      records.line[i]!,
    );
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
    const tree = this.#options.callTree;
    if (tree) out.node[row] = up === NONE ? tree.child(-1, name) : tree.child(this.#node[up]!, name);
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
    if (this.#options.callTree) out.node[row] = this.#node[frame]!;
    return row;
  }

  #textOf(records: RecordBatch, i: number, row: number): void {
    if ((records.bits[i]! & RecordBits.Text) === 0) return;
    this.#out.flags[row]! |= SpanFlag.HasText;
    this.#out.textStart[row] = records.textStart[i]!;
    this.#out.textEnd[row] = records.textEnd[i]!;
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
    return this.#stackOfTask.indexOf(stack); // -1 is what an unknown task is called, too
  }

  #cutAll(id: keyof typeof CUT_SENTENCES, line: number, except: ReadonlySet<number> = new Set()): void {
    const sentence = CUT_SENTENCES[id];
    for (let stack = 0; stack < this.#stacks; stack++) {
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
    if (events > 0)
      diagnostics.add('lost-events', 'loss', 'records lost, as counted by the kernel', undefined, events);
    const safe = new Set<number>();
    if (cpu >= 0) {
      for (let other = 0; other < this.#cpus; other++) {
        const stack = this.#runningOn[other]!;
        if (other !== cpu && stack !== NONE && stack !== this.#runningOn[cpu]) safe.add(stack);
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
  }

  // ---------------------------------------------------------------- switches and events

  /** A banner: `before` gave the CPU to `task`. It also names the first task of the CPU. */
  #switch(cpu: number, task: number, before: number): void {
    if (cpu >= MAX_CPUS) return;
    const unnamed = this.#stackOfCpu[cpu]!;
    if (unnamed !== NONE && before >= 0) {
      const own = this.#stackOfTaskId(before);
      // Calls open elsewhere may have ended while the task ran here without a name.
      while (this.#top[own] !== NONE) {
        this.#count('end-not-seen', 'calls have no return', this.#line[this.#top[own]!]!);
        this.#cutTop(own);
      }
      this.#top[own] = this.#top[unnamed]!;
      this.#top[unnamed] = NONE;
      this.#stackOfCpu[cpu] = NONE;
    }
    if (before >= 0) {
      const frame = this.#top[this.#stackOfTaskId(before)]!;
      if (frame !== NONE) this.#flags[frame]! |= SpanFlag.Switched;
    }
    if (task >= 0) this.#runningOn[cpu] = this.#stackOfTaskId(task);
    if (cpu >= this.#cpus) this.#cpus = cpu + 1;
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
        this.#interrupted(stack, timeNs - this.#irqSince[stack]!, true);
        this.#irqSince[stack] = Number.NaN;
        break;
      case 'softirq_entry':
        this.#softirqSince[stack] = timeNs;
        break;
      case 'softirq_exit':
        this.#interrupted(stack, timeNs - this.#softirqSince[stack]!, false);
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
  #interrupted(stack: number, ns: number, hard: boolean): void {
    const frame = this.#top[stack]!;
    if (frame === NONE || !(ns > 0) || this.#flags[frame]! & SpanFlag.InInterrupt) return;
    this.#addOut(frame, hard ? ns : 0, hard ? 0 : ns, 0);
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
    const left = before >= 0 ? this.#stackOfTaskId(before) : this.#stackOfCpu[cpu]!;
    if (left !== NONE) {
      this.#offSince[left] = timeNs;
      const frame = this.#top[left]!;
      if (frame !== NONE) this.#flags[frame]! |= SpanFlag.Switched;
    }
    if (after < 0) return;
    const entered = this.#stackOfTaskId(after);
    const frame = this.#top[entered]!;
    const offNs = timeNs - this.#offSince[entered]!;
    this.#offSince[entered] = Number.NaN;
    if (frame === NONE || !(offNs > 0)) return;
    this.#addOut(frame, 0, 0, offNs);
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
