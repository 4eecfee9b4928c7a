import type { Diagnostics } from '../trace/diagnostics.ts';
import { type RecordBatch, RecordKind } from '../trace/records.ts';
import { SpanFlag } from '../trace/spans.ts';
import { type Frames, NONE } from './frames.ts';

export const MAX_CPUS = 8192;
/** Stacks kept apart in a text that names neither CPU nor task. */
const MAX_ANONYMOUS_STACKS = 64;

/**
 * Which stack of open calls a record belongs to: its task's; its CPU's where tasks are not named; and
 * where neither is, the one that it fits.
 */
export class TaskStacks {
  /** Innermost open frame of each stack, NONE when empty. */
  top = new Int32Array(64).fill(NONE);
  /** Number of stacks. */
  count = 0;
  /** Stack of each task id, and of each CPU whose task is not known; NONE when it has none yet. */
  ofTask = new Int32Array(64).fill(NONE);
  readonly ofCpu = new Int32Array(MAX_CPUS).fill(NONE);
  #anonymous: number[] = [];
  /** Stack of the last record on each CPU. */
  readonly runningOn = new Int32Array(MAX_CPUS).fill(NONE);
  /** One more than the highest CPU seen. */
  cpus = 0;
  /** When the task of a stack was scheduled out by a sched_switch event, NaN while it runs. */
  offSince: number[] = [];
  /** Begin of an interrupt told by events only. */
  irqSince: number[] = [];
  softirqSince: number[] = [];
  /** Durations of returns without begin, by depth, waiting for their caller's return. */
  orphanNs: Float64Array[] = [];
  schedEventsSeen = false;

  readonly #frames: Frames;
  readonly #diagnostics: Diagnostics;

  constructor(frames: Frames, diagnostics: Diagnostics) {
    this.#frames = frames;
    this.#diagnostics = diagnostics;
  }

  /** The stack of a call, return or event, begun when new. */
  of(records: RecordBatch, i: number): number {
    const task = records.task[i]!;
    const cpu = records.cpu[i]!;
    if (task >= 0) return this.ofTaskId(task);
    if (cpu >= 0) {
      if (this.ofCpu[cpu] === NONE) this.ofCpu[cpu] = this.#create();
      return this.ofCpu[cpu]!;
    }
    return this.#anonymousFor(records.depth[i]!, records.kind[i]!, records.name[i]!, records.durationNs[i]!);
  }

  /** The stack of a known task, begun when new. */
  ofTaskId(task: number): number {
    if (task >= this.ofTask.length) {
      const bigger = new Int32Array(task * 2).fill(NONE);
      bigger.set(this.ofTask);
      this.ofTask = bigger;
    }
    if (this.ofTask[task] === NONE) this.ofTask[task] = this.#create();
    return this.ofTask[task]!;
  }

  /** The task that ran without a name on a CPU is known now: its stack becomes that task's. */
  nameUnnamed(cpu: number, task: number): void {
    this.ofTask[task] = this.ofCpu[cpu]!;
    this.ofCpu[cpu] = NONE;
  }

  /** The task of a stack; -1 when it is not known. */
  taskOf(stack: number): number {
    return this.ofTask.indexOf(stack); // -1 is what an unknown task is called, too
  }

  /** Another trace begins: nothing known of tasks and stacks holds any more. */
  forget(): void {
    this.top.fill(NONE);
    this.count = 0;
    this.ofTask.fill(NONE);
    this.ofCpu.fill(NONE);
    this.runningOn.fill(NONE);
    this.#anonymous = [];
    this.offSince = [];
    this.irqSince = [];
    this.softirqSince = [];
    this.orphanNs = [];
    this.schedEventsSeen = false;
  }

  #create(): number {
    const stack = this.count++;
    if (stack === this.top.length) {
      const bigger = new Int32Array(stack * 2).fill(NONE);
      bigger.set(this.top);
      this.top = bigger;
    }
    this.offSince[stack] = Number.NaN;
    this.irqSince[stack] = Number.NaN;
    this.softirqSince[stack] = Number.NaN;
    return stack;
  }

  /**
   * Neither CPU nor task: lines of several CPUs are mixed. A line belongs to a stack that it fits:
   * by depth, name, and a return may not be shorter than the calls in it. The last used one wins.
   */
  #anonymousFor(depth: number, kind: number, name: number, durationNs: number): number {
    const stacks = this.#anonymous;
    if (stacks.length === 0 || depth < 0) {
      if (stacks.length === 0) stacks.push(this.#create());
      return stacks[0]!;
    }
    const isExit = kind === RecordKind.Exit;
    let found = -1;
    let fits = 0;
    for (let i = 0; i < stacks.length; i++) {
      const frame = this.top[stacks[i]!]!;
      const open = frame === NONE ? -1 : this.#frames.depth[frame]!;
      if (open !== (isExit ? depth : depth - 1)) continue;
      if (isExit && name >= 0 && this.#frames.name[frame] !== name) continue;
      if (isExit && durationNs < this.#frames.childNs[frame]!) continue;
      fits++;
      if (found < 0) found = i;
    }
    if (found < 0) {
      if (!isExit && depth === 0 && stacks.length < MAX_ANONYMOUS_STACKS) {
        stacks.unshift(this.#create());
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
      this.#diagnostics.add('ambiguous-cpu', 'loss', sentence);
      const frame = this.top[stack]!;
      if (frame !== NONE) this.#frames.mark(frame, SpanFlag.Ambiguous);
    }
    return stack;
  }
}
