/** Records of one task on one CPU that are closer than this leave no room for another task. */
const GAP_NS = 20_000;
const MAX_RUNS = 1 << 15;
/** Width of the windows of time that are kept when there is too much. */
const WINDOW_NS = 1_000_000;

interface Run {
  readonly startNs: number;
  endNs: number;
  /** -1 when the trace does not name tasks. */
  readonly pid: number;
  records: number;
  /** There are calls among the records. */
  calls: boolean;
}

/** What two inputs say about who ran where and when. */
export interface RunAgreement {
  /** Records at times at which both name the same task on a CPU, and at which they name different ones. */
  readonly same: number;
  readonly different: number;
  /** Calls of both stand between each other on one CPU: two prints of one recording, or two recordings. */
  readonly callsOverlap: number;
}

/**
 * When each CPU was surely running which task, as far as close records tell. A CPU runs one task at a
 * time, so two inputs that disagree are not of one recording, or their clocks are not the same.
 * Memory is bounded: when there are too many runs, the same windows of time are kept in every input.
 */
export class CpuRuns {
  readonly #byCpu = new Map<number, Run[]>();
  #count = 0;
  #thinning = 0;

  add(cpu: number, pid: number, ns: number, isCall: boolean): void {
    let runs = this.#byCpu.get(cpu);
    if (runs === undefined) {
      runs = [];
      this.#byCpu.set(cpu, runs);
    }
    const last = runs[runs.length - 1];
    if (last !== undefined) {
      // A stamp that goes back is the clock's doing: it proves nothing.
      if (ns < last.endNs) return;
      if (last.pid === pid && ns - last.endNs <= GAP_NS) {
        last.endNs = ns;
        last.calls ||= isCall;
        last.records++;
        return;
      }
    }
    if (!this.#isKept(ns)) return;
    runs.push({ startNs: ns, endNs: ns, records: 1, pid, calls: isCall });
    if (++this.#count > MAX_RUNS) this.#thin();
  }

  /** Compares with another input whose stamps get `shiftNs` added. */
  agreement(other: CpuRuns, shiftNs: number): RunAgreement {
    const sums = { same: 0, different: 0, callsOverlap: 0 };
    for (const [cpu, runs] of this.#byCpu) {
      const others = other.#byCpu.get(cpu);
      if (others === undefined) continue;
      compare(runs, others, shiftNs, sums);
    }
    return sums;
  }

  #isKept(ns: number): boolean {
    return this.#thinning === 0 || Math.floor(ns / WINDOW_NS) % 2 ** this.#thinning === 0;
  }

  #thin(): void {
    this.#thinning++;
    this.#count = 0;
    for (const [cpu, runs] of this.#byCpu) {
      const kept = runs.filter((run) => this.#isKept(run.startNs));
      this.#byCpu.set(cpu, kept);
      this.#count += kept.length;
    }
  }
}

/** Goes through the runs of two inputs on one CPU, side by side; both are in order. */
function compare(
  runs: readonly Run[],
  others: readonly Run[],
  shiftNs: number,
  sums: { same: number; different: number; callsOverlap: number },
): void {
  let i = 0;
  let j = 0;
  while (i < runs.length && j < others.length) {
    const run = runs[i]!;
    const other = others[j]!;
    const [startNs, endNs] = [other.startNs + shiftNs, other.endNs + shiftNs];
    // At the very ends, six decimals do not tell before from behind.
    if (run.startNs < endNs && startNs < run.endNs) {
      const records = Math.min(run.records, other.records);
      if (run.calls && other.calls) sums.callsOverlap += records;
      else if (run.pid >= 0 && other.pid >= 0) {
        if (run.pid === other.pid) sums.same += records;
        else sums.different += records;
      }
    }
    if (run.endNs < endNs) i++;
    else j++;
  }
}
