import type { SchedSwitch } from '../../trace/event-fields.ts';
import { Histogram } from '../histogram.ts';

/** What sched_switch tells of one task; times in ns. */
export interface TaskTimes {
  readonly pid: number;
  /** As sched_switch names it. */
  comm: string;
  onCpuNs: number;
  /** Off the CPU though it wanted to run: it was preempted (states R and R+). */
  preemptedNs: number;
  /** Off the CPU of its own will, interruptible (S, I, T ...) and not (D). */
  sleepingNs: number;
  blockedNs: number;
  /** Times it was switched out, and how many of these it was preempted. */
  switches: number;
  preemptions: number;
  /** From being woken to running. */
  readonly wakeLatency: Histogram;
}

/** How long a CPU was seen, from its first to its last switch, and what of it idle. */
export interface CpuTimes {
  readonly cpu: number;
  seenNs: number;
  idleNs: number;
  switches: number;
}

/** More are damage in the text. */
const MAX_CPUS = 8192;

interface TaskState {
  readonly times: TaskTimes;
  /** When it was switched out and why; NaN while it runs or when that is not known. */
  offSince: number;
  reason: 'preempted' | 'sleeping' | 'blocked';
  wokenAt: number;
}

interface CpuState {
  readonly times: CpuTimes;
  /** Pid of the task that runs since the last switch; -1 when that is not known. */
  running: number;
  since: number;
}

/**
 * Who ran when, by sched_switch; how long tasks waited for a CPU after they were woken. A CPU's time
 * is known between its first and its last switch, a task's off-CPU time between two switches of it.
 */
export class Scheduling {
  readonly #tasks = new Map<number, TaskState>();
  readonly #cpus: (CpuState | undefined)[] = [];

  /** @param counted Whether the filters count what happens on this CPU at this time. */
  switch(text: SchedSwitch, cpu: number, timeNs: number, counted: boolean): void {
    if (Number.isNaN(timeNs) || cpu < 0 || cpu >= MAX_CPUS) return;
    const cpuState = this.#cpu(cpu);
    const { prevPid, nextPid } = text;
    const left = this.#task(prevPid, text.prevComm);
    // When another task leaves than came, records are missing: whose the time was is not known.
    if (counted && cpuState.running === prevPid) {
      const ranNs = Math.max(0, timeNs - cpuState.since);
      cpuState.times.seenNs += ranNs;
      if (prevPid === 0) cpuState.times.idleNs += ranNs;
      else left.times.onCpuNs += ranNs;
    }
    left.reason = reason(text.prevState);
    left.offSince = timeNs;
    left.wokenAt = Number.NaN;
    const entered = this.#task(nextPid, text.nextComm);
    if (counted) {
      cpuState.times.switches++;
      left.times.switches++;
      if (left.reason === 'preempted') left.times.preemptions++;
      addOff(entered, timeNs);
    }
    entered.offSince = Number.NaN;
    entered.wokenAt = Number.NaN;
    cpuState.running = nextPid;
    cpuState.since = timeNs;
  }

  /** A task is woken; the first of several events (waking, wakeup) counts. */
  wake(pid: number, timeNs: number): void {
    const state = this.#tasks.get(pid) ?? this.#task(pid, '');
    if (Number.isNaN(state.wokenAt) && !this.#runs(pid)) state.wokenAt = timeNs;
  }

  /** Records of a CPU (all: -1) were lost: who runs there, and who was woken, is not known any more. */
  gap(cpu: number): void {
    for (const state of this.#cpus) if (state && (cpu < 0 || state.times.cpu === cpu)) state.running = -1;
    for (const state of this.#tasks.values()) {
      state.offSince = Number.NaN;
      state.wokenAt = Number.NaN;
    }
  }

  /** Tasks that were switched, without the idle tasks. */
  tasks(): TaskTimes[] {
    return [...this.#tasks.values()]
      .map((state) => state.times)
      .filter(
        ({ pid, switches, onCpuNs, wakeLatency }) => pid !== 0 && switches + onCpuNs + wakeLatency.count > 0,
      );
  }

  cpus(): CpuTimes[] {
    return this.#cpus.filter((state) => state !== undefined).map((state) => state.times);
  }

  #runs(pid: number): boolean {
    return this.#cpus.some((state) => state !== undefined && state.running === pid);
  }

  #task(pid: number, comm: string): TaskState {
    let state = this.#tasks.get(pid);
    if (!state) {
      state = {
        times: {
          pid,
          comm,
          onCpuNs: 0,
          preemptedNs: 0,
          sleepingNs: 0,
          blockedNs: 0,
          switches: 0,
          preemptions: 0,
          wakeLatency: new Histogram(),
        },
        offSince: Number.NaN,
        reason: 'sleeping',
        wokenAt: Number.NaN,
      };
      this.#tasks.set(pid, state);
    } else if (state.times.comm === '') state.times.comm = comm;
    return state;
  }

  #cpu(cpu: number): CpuState {
    this.#cpus[cpu] ??= {
      times: { cpu, seenNs: 0, idleNs: 0, switches: 0 },
      running: -1,
      since: Number.NaN,
    };
    return this.#cpus[cpu]!;
  }
}

function addOff({ times, reason, offSince, wokenAt }: TaskState, timeNs: number): void {
  const offNs = timeNs - offSince;
  if (offNs >= 0) {
    if (reason === 'preempted') times.preemptedNs += offNs;
    else if (reason === 'blocked') times.blockedNs += offNs;
    else times.sleepingNs += offNs;
  }
  const wakeNs = timeNs - wokenAt;
  if (wakeNs >= 0) times.wakeLatency.add(wakeNs);
}

function reason(state: string): TaskState['reason'] {
  if (state.startsWith('R')) return 'preempted';
  return state.startsWith('D') ? 'blocked' : 'sleeping';
}
