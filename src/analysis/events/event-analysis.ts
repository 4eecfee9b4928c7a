import { ContextLevel, contextLevel } from '../../trace/context.ts';
import { contention, type SchedSwitch, schedWakeup } from '../../trace/event-fields.ts';
import type { NameId, NameTable } from '../../trace/names.ts';
import { type RecordBatch, RecordBits, RecordKind } from '../../trace/records.ts';
import type { TaskTable } from '../../trace/tasks.ts';
import type { Exclusions } from '../call-stacks.ts';
import type { SiteWait } from '../locks/lock-wait.ts';
import type { RowFilter } from '../row-filter.ts';
import { ContentionWaits, contentionKind, type OpenWait } from './contention-waits.ts';
import { EventCounts } from './event-counts.ts';
import { EventPairs } from './event-pairs.ts';
import { EventRole } from './event-roles.ts';
import { FunctionHits } from './function-hits.ts';
import { LockCallers } from './lock-callers.ts';
import type { PairHost } from './pair-host.ts';
import { ProbeEvents } from './probe-events.ts';
import { Profile } from './profile.ts';
import { Scheduling } from './scheduling.ts';
import { TracepointPairs } from './tracepoint-pairs.ts';

/** Frames of a stack that are looked at. */
const MAX_FRAMES = 512;

/** What is kept of the last row of a task, for the stack that may follow it. */
interface Owner {
  event: NameId;
  wait: OpenWait | null;
}

interface PendingSample {
  readonly event: NameId;
  readonly period: number;
  readonly isIdle: boolean;
}

/**
 * What event, function, sample and frame records tell besides calls. `CallStacks` gives it these rows
 * in their order, so that a trace of calls alone never comes here.
 */
export class EventAnalysis {
  readonly counts: EventCounts;
  readonly hits: FunctionHits;
  readonly profile: Profile;
  readonly scheduling: Scheduling;
  readonly waits: ContentionWaits;
  readonly #tasks: TaskTable;
  readonly #filter: RowFilter;
  readonly #probes: ProbeEvents;
  readonly #tracepoints: TracepointPairs;
  #host: PairHost | null = null;
  #pairs: EventPairs | null = null;
  readonly #isRoot: ((name: NameId) => boolean) | null;
  readonly #exclude: Exclusions | null;
  #owners: Owner[] = [];
  #frames: NameId[] = [];
  #frameTask = -1;
  #sample: PendingSample | null = null;

  constructor(options: {
    readonly names: NameTable;
    readonly tasks: TaskTable;
    readonly filter: RowFilter;
    readonly isRoot: ((name: NameId) => boolean) | null;
    readonly exclude: Exclusions | null;
    /** Is told of each wait for a lock that counts. */
    readonly onWait: (wait: SiteWait) => void;
  }) {
    const { names, tasks } = options;
    this.#tasks = tasks;
    this.#filter = options.filter;
    this.#isRoot = options.isRoot;
    this.#exclude = options.exclude;
    const callers = new LockCallers(names);
    this.counts = new EventCounts(names);
    this.hits = new FunctionHits(names);
    this.profile = new Profile(names, callers);
    this.scheduling = new Scheduling();
    this.#probes = new ProbeEvents(names);
    this.#tracepoints = new TracepointPairs(names);
    const taskText = (task: number) => tasks.text(task);
    this.waits = new ContentionWaits({
      names,
      callers,
      taskText,
      count: (id, sentence, line) => this.#host?.count(id, sentence, line),
      onWait: options.onWait,
    });
  }

  /** Another input begins; its calls are in the stacks that the host stands for. */
  beginInput(host: PairHost): void {
    this.#host = host;
    this.#pairs = new EventPairs({ host, isRoot: this.#isRoot, exclude: this.#exclude });
  }

  /** An Event row. */
  event(records: RecordBatch, i: number, stack: number, role: number): void {
    this.#endStack();
    const counted = this.#isCounted(records, i);
    const name = records.name[i]!;
    if (counted && name >= 0) this.counts.add(name);
    const owner = this.#ownerOf(records.task[i]!);
    owner.event = counted ? name : -1;
    owner.wait = null;
    switch (role) {
      case EventRole.Other:
        this.#probe(records, i, stack);
        break;
      case EventRole.SchedSwitch:
        break;
      case EventRole.Wakeup: {
        const woken = schedWakeup(records.text(i));
        if (woken) this.scheduling.wake(woken.pid, records.timeNs[i]!);
        break;
      }
      case EventRole.ContentionBegin:
      case EventRole.ContentionEnd:
        this.#contention(records, i, stack, role, counted, owner);
        break;
      default:
        this.#tracepoint(records, i, stack, role);
    }
  }

  /** A sched_switch has been read; `offNs`: how long the task of stack `entered` had been away, or NaN. */
  scheduled(text: SchedSwitch, records: RecordBatch, i: number, entered: number, offNs: number): void {
    const cpu = records.cpu[i]!;
    const timeNs = records.timeNs[i]!;
    const counted = !this.#filter.active || this.#filter.acceptsWhenWhere(cpu, timeNs);
    this.scheduling.switch(text, cpu, timeNs, counted);
    if (entered >= 0) this.#pairs!.addOffCpu(entered, offNs);
  }

  /** A Function, Sample or Frame row. */
  other(records: RecordBatch, i: number): void {
    const kind = records.kind[i]!;
    if (kind === RecordKind.Frame) {
      this.#frame(records, i);
      return;
    }
    this.#endStack();
    const task = records.task[i]!;
    const owner = this.#ownerOf(task);
    owner.event = -1;
    owner.wait = null;
    if (!this.#isCounted(records, i)) return;
    const name = records.name[i]!;
    if (kind === RecordKind.Function) {
      const hasText = (records.bits[i]! & RecordBits.Text) !== 0;
      const start = hasText ? records.textStart[i]! : 0;
      this.hits.add(name, records.bytes, start, hasText ? records.textEnd[i]! : 0);
    } else {
      const isIdle = task >= 0 && this.#tasks.rows[task]!.pid === 0;
      this.#sample = { event: name, period: records.other[i]!, isIdle };
      this.#frameTask = task;
    }
  }

  /** Records of a CPU were lost (all: -1); tasks of the stacks in `safe` run elsewhere. */
  gap(cpu: number, line: number, safe: ReadonlySet<number>): void {
    this.#endStack();
    this.#pairs!.cutAll('open-at-loss', line, safe);
    this.waits.cutAll(line);
    this.scheduling.gap(cpu);
  }

  /** Another trace begins in the same input. */
  section(): void {
    this.#end();
    this.#pairs!.forget();
  }

  /** The input ended. */
  finish(): void {
    this.#end();
  }

  #end(): void {
    this.#endStack();
    this.#pairs!.cutAll('open-at-end', Number.NaN);
    this.waits.cutAll(null);
    this.scheduling.gap(-1);
    this.#owners = [];
  }

  // ---------------------------------------------------------------- events

  #probe(records: RecordBatch, i: number, stack: number): void {
    const task = records.task[i]!;
    if (task < 0 || Number.isNaN(records.timeNs[i]!)) return;
    const probe = this.#probes.read(records, i);
    if (probe === null) return;
    const line = records.line[i]!;
    if (probe.isReturn) {
      this.#pairs!.end(probe.name, stack, records.timeNs[i]!, line);
      return;
    }
    const inInterrupt =
      (records.bits[i]! & RecordBits.Context) !== 0 &&
      contextLevel(records.context[i]!) !== ContextLevel.Task;
    this.#pairs!.begin(
      {
        name: probe.name,
        task,
        cpu: records.cpu[i]!,
        stack,
        timeNs: records.timeNs[i]!,
        line,
        interrupt: inInterrupt ? 'context' : 'none',
        textStart: Math.min(records.textStart[i]! + probe.argumentsAt, records.textEnd[i]!),
        textEnd: records.textEnd[i]!,
      },
      false,
    );
  }

  #tracepoint(records: RecordBatch, i: number, stack: number, role: number): void {
    const task = records.task[i]!;
    // Where function_graph shows the task's calls, it shows the interrupt's or the system call's as well.
    const timeNs = records.timeNs[i]!;
    if (task < 0 || Number.isNaN(timeNs) || this.#host!.innermost(stack) !== null) return;
    const pair = this.#tracepoints.read(records, i, role);
    if (pair === null) return;
    const line = records.line[i]!;
    if (pair.isEnd) this.#pairs!.end(pair.name, stack, timeNs, line);
    else {
      const { name, interrupt } = pair;
      const place = { task, cpu: records.cpu[i]!, stack, timeNs, line, textStart: 0, textEnd: 0 };
      this.#pairs!.begin({ name, interrupt, ...place }, true);
    }
  }

  #contention(
    records: RecordBatch,
    i: number,
    stack: number,
    role: number,
    counted: boolean,
    owner: Owner,
  ): void {
    const host = this.#host!;
    const task = records.task[i]!;
    if (task < 0 || host.isInLockCall(stack) || this.#pairs!.isInLockCall(stack)) return;
    const read = contention(records.text(i));
    if (read === null) return;
    const cpu = records.cpu[i]!;
    const timeNs = records.timeNs[i]!;
    const line = records.line[i]!;
    if (Number.isNaN(timeNs)) return;
    if (role === EventRole.ContentionEnd) {
      this.waits.end(read.address, task, timeNs, line);
      return;
    }
    owner.wait = this.waits.begin({
      address: read.address,
      kind: contentionKind(read.flags),
      task,
      cpu,
      startNs: timeNs,
      line,
      counted,
      graphFunction: host.innermost(stack)?.name ?? -1,
      site: null,
    });
  }

  // ---------------------------------------------------------------- stacks

  #frame(records: RecordBatch, i: number): void {
    const task = records.task[i]!;
    if (this.#frames.length > 0 && (task !== this.#frameTask || records.depth[i] === 0)) this.#endStack();
    if (this.#frames.length === 0) this.#frameTask = task;
    if (this.#frames.length < MAX_FRAMES) this.#frames.push(records.name[i]!);
  }

  /** The stack that was being read is complete: it belongs to the sample or the last event of its task. */
  #endStack(): void {
    const frames = this.#frames;
    const sample = this.#sample;
    if (sample !== null) {
      this.profile.add(sample.event, sample.period, sample.isIdle, frames);
      this.#sample = null;
    } else if (frames.length > 0) {
      const owner = this.#ownerOf(this.#frameTask);
      if (owner.event >= 0) this.counts.addStack(owner.event, frames);
      if (owner.wait !== null) this.waits.stack(owner.wait, frames);
      owner.event = -1;
      owner.wait = null;
    }
    if (frames.length > 0) frames.length = 0;
  }

  #ownerOf(task: number): Owner {
    this.#owners[task + 1] ??= { event: -1, wait: null };
    return this.#owners[task + 1]!;
  }

  #isCounted(records: RecordBatch, i: number): boolean {
    return (
      !this.#filter.active ||
      (this.#filter.acceptsWhenWhere(records.cpu[i]!, records.timeNs[i]!) &&
        this.#filter.acceptsTask(records.task[i]!))
    );
  }
}
