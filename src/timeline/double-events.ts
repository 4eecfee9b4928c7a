import type { NameTable } from '../trace/names.ts';
import { type RecordBatch, RecordKind } from '../trace/records.ts';
import type { TaskTable } from '../trace/tasks.ts';
import { eventKey, isMoment, SAME_MOMENT_NS } from './event-key.ts';

/** Events looked back at, before old ones are thrown away. */
const MAX_RECENT = 4096;

/** Like events that follow each other closely. */
interface Recent {
  /** When the last of them that was let through happened. */
  ns: number;
  /** How many there were: as many as the input has that told the most. */
  count: number;
  /** How many each input has told. */
  readonly told: number[];
  hasFrames: boolean;
}

/**
 * Finds events that an earlier record of another input has told already: the same event in the text of one
 * tool and in that of another, or two prints of one recording. They count once. A stack that only the
 * later one has is kept, as long as it still belongs to the task's last event.
 */
export class DoubleEvents {
  /** Records found double, without their frames. */
  count = 0;
  readonly #names: NameTable;
  readonly #tasks: TaskTable;
  readonly #recent = new Map<string, Recent>();
  /** Last event of each task that was let through. */
  readonly #last = new Map<number, Recent>();
  /** By input: the event that its next frames belong to, and whether they go through. */
  readonly #owner: { event: Recent; keep: boolean }[] = [];

  constructor(names: NameTable, tasks: TaskTable) {
    this.#names = names;
    this.#tasks = tasks;
  }

  /** Whether a row is to be left out; called once for each row, in the order of the merged stream. */
  isDouble(batch: RecordBatch, i: number, input: number, ns: number): boolean {
    const kind = batch.kind[i]!;
    if (kind === RecordKind.Frame) return !this.#frame(input);
    if (!isMoment(kind)) return false;
    const task = batch.task[i]!;
    const pid = task < 0 ? -1 : this.#tasks.rows[task]!.pid;
    const key = eventKey(this.#names, pid, batch, i);
    const known = this.#recent.get(key);
    let event = known;
    if (known !== undefined && ns - known.ns <= SAME_MOMENT_NS) {
      const told = (known.told[input] ?? 0) + 1;
      known.told[input] = told;
      if (told <= known.count) {
        this.count++;
        this.#owner[input] = { event: known, keep: !known.hasFrames && this.#last.get(task) === known };
        return true;
      }
      known.ns = ns;
      known.count = told;
    } else {
      event = { ns, count: 1, told: [], hasFrames: false };
      event.told[input] = 1;
      // Anew, so that the map stays in the order of time.
      this.#recent.delete(key);
      this.#recent.set(key, event);
      if (this.#recent.size > MAX_RECENT) this.#forgetBefore(ns - SAME_MOMENT_NS);
    }
    this.#last.set(task, event!);
    this.#owner[input] = { event: event!, keep: true };
    return false;
  }

  #frame(input: number): boolean {
    const owner = this.#owner[input];
    if (owner === undefined) return true;
    if (owner.keep) owner.event.hasFrames = true;
    return owner.keep;
  }

  #forgetBefore(ns: number): void {
    for (const [key, event] of this.#recent) {
      if (event.ns < ns || this.#recent.size > MAX_RECENT * 2) this.#recent.delete(key);
    }
  }
}
