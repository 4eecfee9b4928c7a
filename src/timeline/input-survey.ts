import type { NameTable } from '../trace/names.ts';
import { type RecordBatch, RecordKind } from '../trace/records.ts';
import type { TaskTable } from '../trace/tasks.ts';
import { CpuRuns } from './cpu-runs.ts';
import { eventKey, isMoment } from './event-key.ts';

/** When events, samples and function hits happened, by what they are. */
export interface EventTimes {
  readonly times: ReadonlyMap<string, readonly number[]>;
  readonly count: number;
}

/** What has to be known of an input to say whether it goes with another on one time line. */
export interface InputSurvey {
  readonly name: string;
  /** Every stamp is in ns since `originNs`. */
  readonly originNs: number;
  readonly firstNs: number;
  readonly lastNs: number;
  readonly clockName: string;
  readonly quantumNs: number;
  /** Records that carry a stamp, and those that do not (banners and losses aside). */
  readonly stamped: number;
  readonly unstamped: number;
  /** Traces in the input: nothing may be paired across them. */
  readonly sections: number;
  readonly cpus: ReadonlySet<number>;
  /** Comm of each pid above 0. */
  readonly tasks: ReadonlyMap<number, string>;
  readonly events: EventTimes;
  readonly runs: CpuRuns;
}

/** Event keys kept; beyond, only a part of them is, the same part in every input. */
const MAX_KEYS = 1 << 15;
/** Times kept for one key: a key that is so common tells nothing apart. */
const MAX_TIMES = 64;

/** Looks at the records of an input, in bounded memory; a sink for its parser. */
export class Surveyor {
  readonly #names: NameTable;
  readonly #tasks: TaskTable;
  readonly #originNs: () => number;
  #stamped = 0;
  #unstamped = 0;
  #sections = 0;
  #sinceSection = 0;
  readonly #cpus = new Set<number>();
  readonly #times = new Map<string, number[]>();
  #events = 0;
  /** Keys are kept whose hash ends in so many zero bits. */
  #thinning = 0;
  readonly #runs = new CpuRuns();

  /** @param originNs What the records' times are relative to, once the first stamp is read. */
  constructor(names: NameTable, tasks: TaskTable, originNs: () => number) {
    this.#names = names;
    this.#tasks = tasks;
    this.#originNs = originNs;
  }

  /** Records with a stamp, and without, so far. */
  get counts(): { readonly stamped: number; readonly unstamped: number } {
    return { stamped: this.#stamped, unstamped: this.#unstamped };
  }

  add(batch: RecordBatch): void {
    const { Entry, Exit, Leaf, Switch, Lost, IrqExit, Section, Frame } = RecordKind;
    const originNs = this.#originNs();
    for (let i = 0; i < batch.length; i++) {
      const kind = batch.kind[i]!;
      if (kind === Section) {
        // An empty trace before the first record is none.
        if (this.#sinceSection > 0) this.#sections++;
        this.#sinceSection = 0;
        continue;
      }
      if (kind === Frame) continue;
      const cpu = batch.cpu[i]!;
      if (cpu >= 0) this.#cpus.add(cpu);
      if (kind >= Switch && kind <= IrqExit) {
        if (kind !== Lost) this.#sinceSection++;
        continue;
      }
      this.#sinceSection++;
      const timeNs = batch.timeNs[i]!;
      if (Number.isNaN(timeNs)) {
        this.#unstamped++;
        continue;
      }
      this.#stamped++;
      const task = batch.task[i]!;
      const pid = task < 0 ? -1 : this.#tasks.rows[task]!.pid;
      const isCall = kind === Entry || kind === Exit || kind === Leaf;
      if (cpu >= 0) this.#runs.add(cpu, pid, originNs + timeNs, isCall);
      if (isMoment(kind)) this.#addEvent(batch, i, pid, originNs + timeNs);
    }
  }

  finish(
    name: string,
    facts: {
      readonly originNs: number;
      readonly firstNs: number;
      readonly lastNs: number;
      readonly clockName?: string;
      readonly stampQuantumNs?: number;
    },
  ): InputSurvey {
    const tasks = new Map<number, string>();
    for (const { pid, comm } of this.#tasks.rows) if (pid > 0) tasks.set(pid, comm);
    return {
      name,
      originNs: facts.originNs,
      firstNs: facts.firstNs,
      lastNs: facts.lastNs,
      clockName: facts.clockName ?? '',
      quantumNs: facts.stampQuantumNs ?? 1000,
      stamped: this.#stamped,
      unstamped: this.#unstamped,
      sections: this.#sections + (this.#sinceSection > 0 ? 1 : 0),
      cpus: this.#cpus,
      tasks,
      events: { times: this.#times, count: this.#events },
      runs: this.#runs,
    };
  }

  #addEvent(batch: RecordBatch, i: number, pid: number, ns: number): void {
    const key = eventKey(this.#names, pid, batch, i);
    if (!this.#isKept(key)) return;
    this.#events++;
    const times = this.#times.get(key);
    if (times === undefined) {
      this.#times.set(key, [ns]);
      if (this.#times.size > MAX_KEYS) this.#thin();
    } else if (times.length < MAX_TIMES) times.push(ns);
  }

  #isKept(key: string): boolean {
    return this.#thinning === 0 || (hash(key) & ((1 << this.#thinning) - 1)) === 0;
  }

  #thin(): void {
    this.#thinning++;
    for (const [key, times] of this.#times) {
      if (this.#isKept(key)) continue;
      this.#times.delete(key);
      this.#events -= times.length;
    }
  }
}

function hash(text: string): number {
  let h = 0;
  for (let i = 0; i < text.length; i++) h = (Math.imul(h, 31) + text.charCodeAt(i)) | 0;
  return h ^ (h >>> 15);
}
