import type { TaskTable } from '../trace/tasks.ts';

/** By which the calls are grouped: a process for each CPU, or one for each task. */
export type TrackGrouping = 'cpu' | 'task';

/** Where a slice is drawn: a thread of a process, in the words of the format. */
export interface Track {
  readonly pid: number;
  readonly tid: number;
  /** End of the last outermost slice on it, ns since the origin of the input. */
  lastEndNs: number;
}

/** Linux gives out pids below 2^22: what is above is ours. */
const FIRST_FREE = 1 << 22;
const CPU_ROOM = 8192;
const NO_CPU = CPU_ROOM - 1;
const LOCK_WAITS = CPU_ROOM;
/** Distance of the track of a task's calls that stand around calls on its own track. */
const ASIDE = 1 << 25;
const RUNNING = CPU_ROOM + 1;
/** Distance between the process numbers of two parts (inputs, or traces in one input). */
const PART_ROOM = 1 << 24;

/**
 * The tracks of a Chrome trace, each made when it is first used. Its format knows processes with
 * threads only: a CPU is a process, its tasks are the threads.
 */
export class ChromeTracks {
  readonly #tasks: TaskTable;
  readonly #grouping: TrackGrouping;
  readonly #calls = new Map<number, Track>();
  readonly #waits = new Map<number, Track>();
  readonly #running = new Map<number, Track>();
  /** Names are written at the end: a task's may become known late. */
  readonly #threads: { track: Track; task: number; name: string; isAside: boolean }[] = [];
  readonly #processes = new Map<number, string>();
  #part = -1;
  #prefix = '';

  constructor(tasks: TaskTable, grouping: TrackGrouping) {
    this.#tasks = tasks;
    this.#grouping = grouping;
  }

  /** Another input, or another trace in the same one: nothing may be drawn on the tracks so far. */
  beginPart(prefix: string): void {
    this.#part++;
    this.#prefix = prefix;
    this.#calls.clear();
    this.#waits.clear();
    this.#running.clear();
  }

  /** The track of a task's calls and events on a CPU; `stack` tells tasks without a name apart. */
  ofCalls(cpu: number, task: number, stack: number, isAside = false): Track {
    const isNamed = task >= 0;
    const who = isNamed ? task : FIRST_FREE + (cpu >= 0 ? cpu : CPU_ROOM + Math.max(0, stack));
    const byTask = this.#grouping === 'task';
    const key = ((byTask ? 0 : cpu + 1) * 0x1000000 + who) * 2 + Number(isAside);
    const known = this.#calls.get(key);
    if (known) return known;
    const ownTid = this.#tid(task, cpu, who);
    const tid = isAside ? ownTid + ASIDE : ownTid;
    const pid = byTask ? ownTid : 1 + (cpu < 0 ? NO_CPU : cpu);
    const comm = this.#tasks.rows[task]?.comm ?? '(task not named)';
    const process = byTask ? comm : cpu < 0 ? 'no CPU in the trace' : `CPU ${cpu}`;
    return this.#make(this.#calls, key, {
      pid,
      tid,
      process,
      task,
      name: `(task not named) ${who}`,
      isAside,
    });
  }

  /** The track of a task's waits for locks. */
  ofWaits(task: number, cpu: number): Track {
    const key = task >= 0 ? task : -1 - Math.max(0, cpu);
    const known = this.#waits.get(key);
    if (known) return known;
    const tid = this.#tid(task, cpu, FIRST_FREE + Math.max(0, cpu));
    const name = '(task not named)';
    return this.#make(this.#waits, key, {
      pid: FIRST_FREE + LOCK_WAITS,
      tid,
      process: 'Lock waits',
      task,
      name,
    });
  }

  /** The track that shows which task runs on a CPU. */
  ofRunning(cpu: number): Track {
    const known = this.#running.get(cpu);
    if (known) return known;
    const pid = FIRST_FREE + RUNNING;
    const name = `CPU ${cpu} runs`;
    return this.#make(this.#running, cpu, {
      pid,
      tid: FIRST_FREE + cpu,
      process: 'Running tasks',
      task: -1,
      name,
    });
  }

  /** Metadata events that name processes and threads. */
  *names(): Generator<{
    readonly kind: 'process_name' | 'thread_name';
    pid: number;
    tid: number;
    name: string;
  }> {
    for (const [pid, name] of this.#processes) yield { kind: 'process_name', pid, tid: 0, name };
    for (const { track, task, name, isAside } of this.#threads) {
      const text = (task >= 0 ? this.#tasks.text(task) : name) + (isAside ? ' (around)' : '');
      yield { kind: 'thread_name', pid: track.pid, tid: track.tid, name: text };
    }
  }

  /** A task's pid; idle tasks, one for each CPU, share pid 0 and need numbers of their own. */
  #tid(task: number, cpu: number, fallback: number): number {
    const pid = this.#tasks.rows[task]?.pid ?? 0;
    if (pid > 0) return pid;
    return task >= 0 ? FIRST_FREE + 2 * CPU_ROOM + Math.max(0, cpu) : fallback;
  }

  #make(
    tracks: Map<number, Track>,
    key: number,
    made: { pid: number; tid: number; process: string; task: number; name: string; isAside?: boolean },
  ): Track {
    const track = {
      pid: made.pid + this.#part * PART_ROOM,
      tid: made.tid,
      lastEndNs: Number.NEGATIVE_INFINITY,
    };
    tracks.set(key, track);
    this.#threads.push({ track, task: made.task, name: made.name, isAside: made.isAside ?? false });
    if (!this.#processes.has(track.pid)) this.#processes.set(track.pid, this.#prefix + made.process);
    return track;
  }
}
