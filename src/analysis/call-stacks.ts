import { ContextLevel, contextLevel } from '../trace/context.ts';
import type { Diagnostics } from '../trace/diagnostics.ts';
import { schedSwitch } from '../trace/event-fields.ts';
import type { NameId, NameTable } from '../trace/names.ts';
import { Places } from '../trace/places.ts';
import { type RecordBatch, RecordBits, RecordKind } from '../trace/records.ts';
import { SpanBatch, SpanFlag, SpanKind, type SpanSink } from '../trace/spans.ts';
import type { TaskTable } from '../trace/tasks.ts';
import type { CallTree } from './call-tree.ts';
import { type ClockCheck, LONG_NS } from './clock-check.ts';
import type { EventAnalysis } from './events/event-analysis.ts';
import { EventRole, EventRoles } from './events/event-roles.ts';
import { PairHost } from './events/pair-host.ts';
import { Frames, MAX_FRAMES } from './frames.ts';
import { type FunctionRoles, Role } from './function-roles.ts';
import type { OverheadCost } from './overhead.ts';
import { MAX_CPUS, TaskStacks } from './task-stacks.ts';

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
  /** Names the lines of merged inputs; without, all lines are of `inputName`. */
  readonly places?: Places;
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
  /** What reads events, samples, stacks and hits; it makes rows of pairs of events. */
  readonly events?: EventAnalysis | null;
}

/** As in `frames.ts`; V8 would read the imported one from memory each time. */
const NONE = -1;

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
  readonly #places: Places;

  #spanCount = 0;

  readonly #frames = new Frames();
  readonly #stacks: TaskStacks;
  readonly #eventRoles: EventRoles;
  readonly #pairHost: PairHost | null = null;

  constructor(options: CallStacksOptions, capacity = 1 << 15) {
    this.#options = options;
    this.#places = options.places ?? new Places([options.inputName]);
    this.#stacks = new TaskStacks(this.#frames, options.diagnostics);
    this.#out = new SpanBatch(capacity);
    this.#eventRoles = new EventRoles(options.names);
    if (!options.events) return;
    this.#pairHost = new PairHost({
      out: this.#out,
      frames: this.#frames,
      stacks: this.#stacks,
      roles: options.roles,
      callTree: options.callTree ?? null,
      takeSpan: () => this.#spanCount++,
      spans: () => this.#spanCount,
      flush: () => this.#flush(),
      count: (id, sentence, line) => this.#count(id, sentence, line),
    });
    options.events.beginInput(this.#pairHost);
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
    const frames = this.#frames;
    // Held in locals: V8 reads an imported constant from memory each time.
    const { Entry, Leaf } = RecordKind;
    const { Span } = SpanKind;
    const { InInterrupt, InRoot, Recursive } = SpanFlag;
    const passedOn = InInterrupt | InRoot;
    const notLock = ~(Role.Lock | Role.Arguments);
    const { kind, name, cpu, task, timeNs, durationNs, depth, line, bits } = records;
    const out = this.#out;
    const outKind = out.kind;
    const outFlags = out.flags;
    const outName = out.name;
    const outTask = out.task;
    const outCpu = out.cpu;
    const outStack = out.stack;
    const outLevel = out.level;
    const outSpan = out.span;
    const outParent = out.parent;
    const outParentName = out.parentName;
    const outStartNs = out.startNs;
    const outDurationNs = out.durationNs;
    const outLine = out.line;
    const roles = this.#options.roles.bits;
    const top = this.#stacks.top;
    const stackOfTask = this.#stacks.ofTask;
    const stackOfCpu = this.#stacks.ofCpu;
    const runningOn = this.#stacks.runningOn;
    const frameDepth = frames.depth;
    const frameFlags = frames.flags;
    const frameName = frames.name;
    const frameSpan = frames.span;
    const frameLevel = frames.level;
    const childNs = frames.childNs;
    const children = frames.children;
    const descendants = frames.descendants;
    const openNames = frames.openNames;
    const outNode = out.node;
    const frameNode = frames.node;
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
          if (openNames[up]! & (1 << (id & 31)) && this.#frames.isOpen(up, id)) flags |= Recursive;
          parent = frameSpan[up]!;
          parentName = frameName[up]!;
          level = frameLevel[up]! + 1;
          if (!Number.isNaN(ns)) childNs[up]! += ns;
          children[up]!++;
          descendants[up]!++;
        }
        if (isRoot !== null && (flags & InRoot) === 0 && isRoot(id)) {
          flags |= InRoot;
          level = 0;
        }
        outKind[row] = Span;
        outFlags[row] = flags;
        outName[row] = id;
        outTask[row] = t;
        outCpu[row] = c;
        outStack[row] = stack;
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
        const stack = this.#stacks.of(records, i);
        if (cpu >= 0) {
          this.#stacks.runningOn[cpu] = stack;
          if (cpu >= this.#stacks.cpus) this.#stacks.cpus = cpu + 1;
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
        this.#event(records, i, this.#stacks.of(records, i));
        break;
      case RecordKind.Function:
      case RecordKind.Sample:
      case RecordKind.Frame:
        this.#options.events?.other(records, i);
        break;
      case RecordKind.Switch:
        this.#switch(cpu, records.task[i]!, records.other[i]!);
        break;
      case RecordKind.Lost:
        this.#gap(cpu, records.other[i]!, records.line[i]!);
        break;
      case RecordKind.Section:
        this.#cutAll('open-at-end', records.line[i]!);
        this.#options.events?.section();
        this.#stacks.forget();
        this.#gapRow(-1, records.line[i]!);
        break;
      default:
      // IrqEntry and IrqExit: the functions between them tell the time.
    }
  }

  /** Says that the input ended: open calls become Cut rows. */
  finish(): void {
    this.#out.bytes = new Uint8Array(0);
    this.#cutAll('open-at-end', Number.NaN);
    this.#options.events?.finish();
    this.#flush();
  }

  // ---------------------------------------------------------------- calls

  /** Ends calls that must be over because a line stands at their depth or further out. */
  #cutTo(stack: number, depth: number): number {
    const frames = this.#frames;
    let frame = this.#stacks.top[stack]!;
    while (frame !== NONE && frames.depth[frame]! >= depth) {
      this.#count('end-not-seen', 'calls have no return', frames.line[frame]!);
      frame = this.#cutTop(stack);
    }
    return frame;
  }

  /** Opens a call; false, with nothing done, when there is no room for another frame. */
  #enter(records: RecordBatch, i: number, stack: number): boolean {
    const frames = this.#frames;
    const up = this.#stacks.top[stack]!;
    const name = records.name[i]!;
    const frame = this.#frames.take();
    if (frame === NONE) return false;
    const role = this.#options.roles.bits[name]!;
    let flags = 0;
    let open = 1 << (name & 31);
    let level = 0;
    if (up !== NONE) {
      flags = frames.flags[up]! & (SpanFlag.InInterrupt | SpanFlag.InRoot);
      const above = frames.openNames[up]!;
      if (above & open && this.#frames.isOpen(up, name)) flags |= SpanFlag.Recursive;
      open |= above;
      level = frames.level[up]! + 1;
    }
    if ((role | records.bits[i]!) !== 0) flags = this.#withInterrupt(flags, role, records, i);
    if ((flags & SpanFlag.InRoot) === 0 && this.#isRoot(name)) {
      flags |= SpanFlag.InRoot;
      level = 0;
    }
    frames.openNames[frame] = open;
    frames.level[frame] = level;
    frames.up[frame] = up;
    frames.name[frame] = name;
    frames.depth[frame] = records.depth[i]!;
    frames.span[frame] = this.#spanCount++;
    frames.startNs[frame] = records.timeNs[i]!;
    frames.childNs[frame] = 0;
    frames.children[frame] = 0;
    frames.descendants[frame] = 0;
    frames.outNs[frame] = 0;
    frames.flags[frame] = flags;
    frames.line[frame] = records.line[i]!;
    frames.cpu[frame] = records.cpu[i]!;
    const tree = this.#options.callTree;
    if (tree) frames.node[frame] = tree.child(up === NONE ? -1 : frames.node[up]!, name);
    this.#stacks.top[stack] = frame;
    if (role & Role.Lock || (role & Role.Arguments && records.bits[i]! & RecordBits.Text)) {
      const row = this.#frameRow(SpanKind.Begin, frame, stack, records.task[i]!, records.cpu[i]!);
      this.#textOf(records, i, row);
    }
    return true;
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
    const frames = this.#frames;
    const up = this.#stacks.top[stack]!;
    const name = records.name[i]!;
    const durationNs = records.durationNs[i]!;
    const role = this.#options.roles.bits[name]!;
    let flags: number = SpanFlag.Leaf;
    let parent = -1;
    let parentName = -1;
    let level = 0;
    if (up !== NONE) {
      flags |= frames.flags[up]! & (SpanFlag.InInterrupt | SpanFlag.InRoot);
      if (frames.openNames[up]! & (1 << (name & 31)) && this.#frames.isOpen(up, name))
        flags |= SpanFlag.Recursive;
      parent = frames.span[up]!;
      parentName = frames.name[up]!;
      level = frames.level[up]! + 1;
    }
    if (role !== 0 || records.bits[i]! & RecordBits.Context)
      flags = this.#withInterrupt(flags, role, records, i);
    if ((flags & SpanFlag.InRoot) === 0 && this.#isRoot(name)) {
      flags |= SpanFlag.InRoot;
      level = 0;
    }
    const span = this.#spanCount++;
    let irqNs = 0;
    let softirqNs = 0;
    let offNs = 0;
    if (flags & SpanFlag.InterruptEntry && !Number.isNaN(durationNs)) {
      if (this.#isSoftirq(role, records, i)) softirqNs = durationNs;
      else irqNs = durationNs;
    } else if (role & Role.Schedule && !this.#stacks.schedEventsSeen && !Number.isNaN(durationNs))
      offNs = durationNs;
    if (up !== NONE) {
      if (!Number.isNaN(durationNs)) frames.childNs[up]! += durationNs;
      frames.children[up]!++;
      frames.descendants[up]!++;
      if (irqNs + softirqNs + offNs > 0) this.#frames.addOut(up, irqNs, softirqNs, offNs);
    }
    const out = this.#out;
    const row = out.length++;
    out.kind[row] = SpanKind.Span;
    out.flags[row] = flags;
    out.name[row] = name;
    out.task[row] = records.task[i]!;
    out.cpu[row] = records.cpu[i]!;
    out.stack[row] = stack;
    out.level[row] = level;
    out.span[row] = span;
    out.parent[row] = parent;
    out.parentName[row] = parentName;
    out.startNs[row] = records.timeNs[i]!;
    out.line[row] = records.line[i]!;
    const tree = this.#options.callTree;
    if (tree) out.node[row] = tree.child(up === NONE ? -1 : frames.node[up]!, name);
    const { overhead, exclude } = this.#options;
    const leftNs = exclude?.offCpu ? durationNs - offNs : durationNs;
    out.durationNs[row] = overhead ? Math.max(0, leftNs - overhead.insideNs) : leftNs;
    this.#textOf(records, i, row);
  }

  #isSoftirq(role: number, records: RecordBatch, i: number): boolean {
    if (role & Role.Softirq) return true;
    if (role & Role.HardIrq) return false;
    return contextLevel(records.context[i]!) === ContextLevel.Softirq;
  }

  #leave(records: RecordBatch, i: number, stack: number): void {
    const frames = this.#frames;
    const depth = records.depth[i]!;
    const name = records.name[i]!;
    let frame = depth >= 0 ? this.#cutTo(stack, depth + 1) : this.#stacks.top[stack]!;
    if (
      depth < 0 &&
      name >= 0 &&
      frame !== NONE &&
      frames.name[frame] !== name &&
      this.#frames.isOpen(frame, name)
    ) {
      // Braces alone: the calls above the named one have no return.
      while (frames.name[frame] !== name) {
        this.#count('end-not-seen', 'calls have no return', frames.line[frame]!);
        frame = this.#cutTop(stack);
      }
    }
    if (frame !== NONE && (depth < 0 || frames.depth[frame] === depth)) {
      if (name < 0 || frames.name[frame] === name) {
        this.#close(records, i, stack, frame);
        return;
      }
      this.#count('end-not-seen', 'calls have no return', frames.line[frame]!);
      frame = this.#cutTop(stack);
    }
    this.#orphan(records, i, stack, frame);
  }

  #close(records: RecordBatch, i: number, stack: number, frame: number): void {
    const frames = this.#frames;
    const up = frames.up[frame]!;
    const durationNs = records.durationNs[i]!;
    const hasDuration = !Number.isNaN(durationNs);
    const out = this.#out;
    const row = this.#frameRow(SpanKind.Span, frame, stack, records.task[i]!, records.cpu[i]!);
    this.#noteOf(records, i, row);
    if (frames.outNs[frame]! > 0) {
      out.irqNs[row] = frames.irqNs[frame]!;
      out.softirqNs[row] = frames.softirqNs[frame]!;
      out.offCpuNs[row] = frames.offNs[frame]!;
    }
    const flags = frames.flags[frame]!;
    const role = this.#options.roles.bits[frames.name[frame]!]!;
    if (role & Role.Schedule && hasDuration && !this.#stacks.schedEventsSeen) out.offCpuNs[row] = durationNs;
    this.#setDuration(row, durationNs, frame);
    if (hasDuration && durationNs >= LONG_NS && frames.cpu[frame] === records.cpu[i]) {
      const stampNs = records.timeNs[i]! - frames.startNs[frame]!;
      if (!Number.isNaN(stampNs)) this.#options.clock?.add(stampNs, durationNs);
    }
    if (up !== NONE) {
      if (hasDuration) frames.childNs[up]! += durationNs;
      frames.children[up]!++;
      frames.descendants[up]! += frames.descendants[frame]! + 1;
      frames.flags[up]! |= flags & SpanFlag.Switched;
      let irqNs = out.irqNs[row]!;
      let softirqNs = out.softirqNs[row]!;
      const offNs = out.offCpuNs[row]!;
      if (flags & SpanFlag.InterruptEntry && hasDuration) {
        if (this.#isSoftirq(role, records, i)) softirqNs = Math.max(0, durationNs - irqNs);
        else irqNs = Math.max(0, durationNs - softirqNs);
      }
      if (irqNs + softirqNs + offNs > 0) this.#frames.addOut(up, irqNs, softirqNs, offNs);
    }
    this.#stacks.top[stack] = up;
    this.#frames.release(frame);
  }

  /** Duration and self time of a closed frame, less what is excluded and the tracer's cost. */
  #setDuration(row: number, printedNs: number, frame: number): void {
    const frames = this.#frames;
    const out = this.#out;
    const { exclude, overhead } = this.#options;
    let durationNs = printedNs;
    let selfNs = printedNs - frames.childNs[frame]!;
    // An interrupt between the tracer's stamp and its record stands inside the braces, not the duration.
    if (selfNs < 0) selfNs += out.irqNs[row]! + out.softirqNs[row]!;
    if (exclude) {
      let excludedNs = 0;
      if (exclude.irq) excludedNs += out.irqNs[row]!;
      if (exclude.softirq) excludedNs += out.softirqNs[row]!;
      if (exclude.offCpu) excludedNs += out.offCpuNs[row]!;
      if (excludedNs <= durationNs) durationNs -= excludedNs;
      if (frames.outNs[frame]! > 0) {
        if (exclude.irq) selfNs -= frames.ownIrqNs[frame]!;
        if (exclude.softirq) selfNs -= frames.ownSoftirqNs[frame]!;
        if (exclude.offCpu) selfNs -= frames.ownOffNs[frame]!;
      }
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
    const frames = this.#frames;
    const name = records.name[i]!;
    const durationNs = records.durationNs[i]!;
    const depth = Math.max(0, records.depth[i]!);
    this.#stacks.orphanNs[stack] ??= new Float64Array(256);
    const waiting = this.#stacks.orphanNs[stack]!;
    const below = depth + 1 < waiting.length ? waiting[depth + 1]! : 0;
    if (!Number.isNaN(durationNs) && depth + 1 < waiting.length) {
      waiting[depth + 1] = 0;
      waiting[depth]! += durationNs;
    }
    if (up !== NONE && !Number.isNaN(durationNs)) {
      frames.childNs[up]! += durationNs;
      frames.children[up]!++;
      frames.descendants[up]!++;
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
    if (up !== NONE) flags |= frames.flags[up]! & (SpanFlag.InInterrupt | SpanFlag.InRoot);
    if (this.#isRoot(name)) flags |= SpanFlag.InRoot;
    out.flags[row] = flags;
    out.name[row] = name;
    out.task[row] = records.task[i]!;
    out.cpu[row] = records.cpu[i]!;
    out.stack[row] = stack;
    out.level[row] = up === NONE ? depth : frames.level[up]! + 1;
    out.span[row] = this.#spanCount++;
    out.parent[row] = up === NONE ? -1 : frames.span[up]!;
    out.parentName[row] = up === NONE ? -1 : frames.name[up]!;
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
    if (tree) out.node[row] = up === NONE ? tree.child(-1, name) : tree.child(frames.node[up]!, name);
  }

  /** A row with what a frame knows; durations are left to the caller. */
  #frameRow(kind: number, frame: number, stack: number, task: number, cpu: number): number {
    const frames = this.#frames;
    const out = this.#out;
    const row = out.length++;
    const up = frames.up[frame]!;
    out.kind[row] = kind;
    out.flags[row] = frames.flags[frame]!;
    out.name[row] = frames.name[frame]!;
    out.task[row] = task;
    out.cpu[row] = cpu;
    out.stack[row] = stack;
    out.level[row] = frames.level[frame]!;
    out.span[row] = frames.span[frame]!;
    out.parent[row] = up === NONE ? -1 : frames.span[up]!;
    out.parentName[row] = up === NONE ? -1 : frames.name[up]!;
    out.mark[row] = this.#spanCount;
    out.startNs[row] = frames.startNs[frame]!;
    out.durationNs[row] = Number.NaN;
    out.selfNs[row] = Number.NaN;
    out.children[row] = frames.children[frame]!;
    out.descendants[row] = frames.descendants[frame]!;
    out.irqNs[row] = 0;
    out.softirqNs[row] = 0;
    out.offCpuNs[row] = 0;
    out.line[row] = frames.line[frame]!;
    if (this.#options.callTree) out.node[row] = frames.node[frame]!;
    return row;
  }

  #textOf(records: RecordBatch, i: number, row: number): void {
    this.#noteOf(records, i, row);
    if ((records.bits[i]! & RecordBits.Text) === 0) return;
    this.#out.flags[row]! |= SpanFlag.HasText;
    this.#out.textStart[row] = records.textStart[i]!;
    this.#out.textEnd[row] = records.textEnd[i]!;
  }

  #noteOf(records: RecordBatch, i: number, row: number): void {
    if ((records.bits[i]! & RecordBits.Note) === 0) return;
    this.#out.flags[row]! |= SpanFlag.HasNote;
    this.#out.noteStart[row] = records.noteStart[i]!;
    this.#out.noteEnd[row] = records.noteEnd[i]!;
  }

  // ---------------------------------------------------------------- what cuts calls

  /** Gives up the innermost call of a stack; returns the next one. */
  #cutTop(stack: number): number {
    const frames = this.#frames;
    if (this.#out.length + 2 > this.#out.capacity) this.#flush();
    const frame = this.#stacks.top[stack]!;
    const up = frames.up[frame]!;
    this.#frameRow(SpanKind.Cut, frame, stack, this.#stacks.taskOf(stack), frames.cpu[frame]!);
    if (up !== NONE) {
      frames.descendants[up]! += frames.descendants[frame]! + 1;
      frames.flags[up]! |= SpanFlag.SelfIsBound;
    }
    this.#frames.release(frame);
    this.#stacks.top[stack] = up;
    return up;
  }

  #cutAll(id: keyof typeof CUT_SENTENCES, line: number, except: ReadonlySet<number> = new Set()): void {
    const frames = this.#frames;
    const sentence = CUT_SENTENCES[id];
    for (let stack = 0; stack < this.#stacks.count; stack++) {
      if (except.has(stack)) continue;
      while (this.#stacks.top[stack] !== NONE) {
        this.#count(id, sentence, Number.isNaN(line) ? frames.line[this.#stacks.top[stack]!]! : line);
        this.#cutTop(stack);
      }
    }
  }

  /** Lost records on a CPU: only calls of tasks that run on another CPU meanwhile are safe. */
  #gap(cpu: number, events: number, line: number): void {
    const { diagnostics } = this.#options;
    const place = this.#places.text(line);
    diagnostics.add('lost-records', 'loss', 'the kernel says that records were lost', place);
    if (events > 0)
      diagnostics.add('lost-events', 'loss', 'records lost, as counted by the kernel', undefined, events);
    const safe = new Set<number>();
    if (cpu >= 0) {
      for (let other = 0; other < this.#stacks.cpus; other++) {
        const stack = this.#stacks.runningOn[other]!;
        if (other !== cpu && stack !== NONE && stack !== this.#stacks.runningOn[cpu]) safe.add(stack);
      }
    }
    this.#cutAll('open-at-loss', line, safe);
    this.#options.events?.gap(cpu, line, safe);
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
    out.stack[row] = NONE;
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
    const frames = this.#frames;
    if (cpu >= MAX_CPUS) return;
    const unnamed = this.#stacks.ofCpu[cpu]!;
    if (unnamed !== NONE && before >= 0) {
      const own = this.#stacks.ofTaskId(before);
      // Calls open elsewhere may have ended while the task ran here without a name.
      while (this.#stacks.top[own] !== NONE) {
        this.#count('end-not-seen', 'calls have no return', this.#frames.line[this.#stacks.top[own]!]!);
        this.#cutTop(own);
      }
      this.#stacks.nameUnnamed(cpu, before);
    }
    if (before >= 0) {
      const frame = this.#stacks.top[this.#stacks.ofTaskId(before)]!;
      if (frame !== NONE) frames.flags[frame]! |= SpanFlag.Switched;
    }
    if (task >= 0) this.#stacks.runningOn[cpu] = this.#stacks.ofTaskId(task);
    if (cpu >= this.#stacks.cpus) this.#stacks.cpus = cpu + 1;
  }

  #event(records: RecordBatch, i: number, stack: number): void {
    const frames = this.#frames;
    const name = records.name[i]!;
    const timeNs = records.timeNs[i]!;
    const role = this.#eventRoles.of(name);
    switch (role) {
      case EventRole.SchedSwitch:
        this.#schedSwitch(records, i, timeNs);
        break;
      case EventRole.IrqEntry:
      case EventRole.TimerEntry:
        this.#stacks.irqSince[stack] = timeNs;
        break;
      case EventRole.IrqExit:
      case EventRole.TimerExit:
        this.#interrupted(stack, timeNs - this.#stacks.irqSince[stack]!, true);
        this.#stacks.irqSince[stack] = Number.NaN;
        break;
      case EventRole.SoftirqEntry:
        this.#stacks.softirqSince[stack] = timeNs;
        break;
      case EventRole.SoftirqExit:
        this.#interrupted(stack, timeNs - this.#stacks.softirqSince[stack]!, false);
        this.#stacks.softirqSince[stack] = Number.NaN;
        break;
      default:
    }
    const frame = this.#stacks.top[stack]!;
    const out = this.#out;
    const row = out.length++;
    out.kind[row] = SpanKind.Event;
    out.flags[row] = frame === NONE ? 0 : frames.flags[frame]!;
    out.name[row] = name;
    out.task[row] = records.task[i]!;
    out.cpu[row] = records.cpu[i]!;
    out.stack[row] = stack;
    out.level[row] = frame === NONE ? 0 : frames.level[frame]! + 1;
    out.span[row] = this.#spanCount;
    out.parent[row] = frame === NONE ? -1 : frames.span[frame]!;
    out.parentName[row] = frame === NONE ? -1 : frames.name[frame]!;
    out.mark[row] = this.#spanCount;
    out.startNs[row] = timeNs;
    out.durationNs[row] = Number.NaN;
    out.line[row] = records.line[i]!;
    this.#textOf(records, i, row);
    this.#options.events?.event(records, i, stack, role);
  }

  /** Time told by events only, within the innermost open call, unless a traced function tells it. */
  #interrupted(stack: number, ns: number, hard: boolean): void {
    const frames = this.#frames;
    const frame = this.#stacks.top[stack]!;
    if (frame === NONE || !(ns > 0) || frames.flags[frame]! & SpanFlag.InInterrupt) return;
    this.#frames.addOut(frame, hard ? ns : 0, hard ? 0 : ns, 0);
    (hard ? frames.ownIrqNs : frames.ownSoftirqNs)[frame]! += ns;
  }

  #schedSwitch(records: RecordBatch, i: number, timeNs: number): void {
    const frames = this.#frames;
    this.#stacks.schedEventsSeen = true;
    const text = schedSwitch(records.text(i));
    if (!text) return;
    const cpu = records.cpu[i]!;
    const { tasks, events } = this.#options;
    const before = tasks.find(text.prevPid, cpu);
    const after = tasks.find(text.nextPid, cpu);
    const left = before >= 0 ? this.#stacks.ofTaskId(before) : (this.#stacks.ofCpu[cpu] ?? NONE);
    if (left !== NONE) {
      this.#stacks.offSince[left] = timeNs;
      const frame = this.#stacks.top[left]!;
      if (frame !== NONE) frames.flags[frame]! |= SpanFlag.Switched;
    }
    const entered = after < 0 ? NONE : this.#stacks.ofTaskId(after);
    const offNs = entered === NONE ? Number.NaN : timeNs - this.#stacks.offSince[entered]!;
    events?.scheduled(text, records, i, entered, offNs);
    if (entered === NONE) return;
    const frame = this.#stacks.top[entered]!;
    this.#stacks.offSince[entered] = Number.NaN;
    if (frame === NONE || !(offNs > 0)) return;
    this.#frames.addOut(frame, 0, 0, offNs);
    frames.ownOffNs[frame]! += offNs;
  }

  #count(id: string, sentence: string, line: number): void {
    this.#options.diagnostics.add(id, 'loss', sentence, this.#places.text(line));
  }

  #flush(): void {
    if (this.#out.length === 0) return;
    this.#pairHost?.beforeFlush();
    this.#options.sink(this.#out);
    this.#out.length = 0;
  }
}
