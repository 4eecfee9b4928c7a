import { BUCKETS } from './time.ts';

/** What a run has found out: latencies by path, and pages given back. */
export class Recorder {
  /** Histograms of all paths behind one another. */
  readonly latency: Float64Array;
  readonly sumNs: Float64Array;
  readonly maxNs: Float64Array;
  readonly operations: Float64Array;
  readonly taskEndNs: Float64Array;
  /** CPU time of workers with their waits, and the end of their last operation. */
  readonly workers = new Float64Array(2);
  /** The same of background tasks. */
  readonly background = new Float64Array(2);
  /** Time of all steps, ns; objects taken and put back; operations that gave up at a lock. */
  readonly account = new Float64Array(4);
  readonly #returns: readonly PageReturns[];

  constructor(paths: number, tasks: number, cpus: number) {
    this.latency = new Float64Array(paths * BUCKETS);
    this.sumNs = new Float64Array(paths);
    this.maxNs = new Float64Array(paths);
    this.operations = new Float64Array(paths);
    this.taskEndNs = new Float64Array(tasks);
    this.#returns = Array.from({ length: cpus }, () => new PageReturns());
  }

  workerDid(startNs: number, endNs: number): void {
    this.workers[0]! += endNs - startNs;
    this.workers[1] = Math.max(this.workers[1]!, endNs);
  }

  backgroundDid(ns: number, endNs: number): void {
    this.background[0]! += ns;
    this.background[1] = Math.max(this.background[1]!, endNs);
  }

  /** Pages went back; each CPU tells it in the order of its time. */
  returned(cpu: number, t: number, pages: number): void {
    this.#returns[cpu]!.add(t, pages);
  }

  latencyOf(path: number): Float64Array {
    return this.latency.slice(path * BUCKETS, (path + 1) * BUCKETS);
  }

  /** Pages given back by all CPUs, in order of time. */
  returns(): { readonly atNs: Float64Array; readonly pages: Int32Array } {
    const lists = this.#returns;
    const total = lists.reduce((sum, list) => sum + list.length, 0);
    const atNs = new Float64Array(total);
    const pages = new Int32Array(total);
    const at = new Int32Array(lists.length);
    for (let k = 0; k < total; k++) {
      let first = -1;
      let earliest = Number.POSITIVE_INFINITY;
      for (let cpu = 0; cpu < lists.length; cpu++) {
        const list = lists[cpu]!;
        const next = at[cpu]!;
        if (next < list.length && list.atNs[next]! < earliest) {
          earliest = list.atNs[next]!;
          first = cpu;
        }
      }
      atNs[k] = earliest;
      pages[k] = lists[first]!.pages[at[first]!++]!;
    }
    return { atNs, pages };
  }
}

class PageReturns {
  length = 0;
  atNs = new Float64Array(256);
  pages = new Int32Array(256);

  add(t: number, pages: number): void {
    if (this.length === this.atNs.length) {
      const atNs = new Float64Array(this.length * 2);
      atNs.set(this.atNs);
      this.atNs = atNs;
      const counts = new Int32Array(this.length * 2);
      counts.set(this.pages);
      this.pages = counts;
    }
    this.atNs[this.length] = t;
    this.pages[this.length++] = pages;
  }
}
