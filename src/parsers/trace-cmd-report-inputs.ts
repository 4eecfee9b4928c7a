import { latin1 } from '../trace/records.ts';

/** One of the files that a report was merged of, or the only one. */
export interface ReportInput {
  readonly name: string;
  /** Number of the machine, for tasks: files of one report may come from a host and its guests. */
  readonly machine: number;
  /** What is added to its CPU numbers, so that those of several files stay apart. */
  readonly firstCpu: number;
}

const ONLY: ReportInput = { name: '', machine: 0, firstCpu: 0 };
const MAX_MACHINES = 200;

/**
 * The column that `trace-cmd report` puts before each line when it merges files (`-i a.dat -i b.dat`)
 * or when a file has buffer instances: the name, right-aligned, and `: `; blanks for the top buffer.
 * Source: tracecmd/trace-read.c, print_handle_file.
 */
export class ReportInputs {
  #files: ReportInput[] = [];
  #cpus = 0;
  /** The last column read, and whose it is. */
  #last: Uint8Array = new Uint8Array(0);
  #lastInput = ONLY;
  /** Whose the next record without column is. */
  #announced = ONLY;

  /** A line `FILE: cpus=N` stands before the records, one for each file. */
  addFile(name: string, cpus: number): void {
    const machine = Math.min(this.#files.length, MAX_MACHINES);
    this.#files.push({ name, machine, firstCpu: this.#cpus });
    this.#cpus += cpus;
  }

  /** Forgets the files: another report begins. */
  clear(): void {
    this.#files = [];
    this.#cpus = 0;
    this.#last = new Uint8Array(0);
    this.#lastInput = ONLY;
    this.#announced = ONLY;
  }

  /** Number of files that said their CPUs before the records. */
  get files(): number {
    return this.#files.length;
  }

  /** Whose record has `bytes[at, at + width)` before it; instances are of the machine that they are in. */
  of(bytes: Uint8Array, at: number, width: number): ReportInput {
    if (width === 0) {
      const input = this.#announced;
      this.#announced = ONLY;
      return input;
    }
    const last = this.#last;
    let i = 0;
    if (last.length === width) while (i < width && last[i] === bytes[at + i]) i++;
    if (i === width) return this.#lastInput;
    this.#last = bytes.slice(at, at + width);
    this.#lastInput = this.#find(latin1(bytes, at, at + width));
    return this.#lastInput;
  }

  /** The input of a loss, which stands before its record and takes the column away from it. */
  announce(column: string): ReportInput {
    this.#announced = this.#find(column);
    return this.#announced;
  }

  #find(column: string): ReportInput {
    const name = column.trim().replace(/:$/, '');
    return this.#files.find((file) => file.name === name) ?? ONLY;
  }
}
