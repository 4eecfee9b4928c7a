import { BUCKETS } from './time.ts';

/** Returns of pages that a CPU gathers before they are kept. */
export const RETURNS_AT_ONCE = 256;

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
  /** By CPU: pages given back since {@link keepReturns}, and when. */
  readonly returnCount: Int32Array;
  readonly returnNs: Float64Array;
  readonly returnPages: Int32Array;
  readonly #returns: readonly PageReturns[];

  constructor(paths: number, tasks: number, cpus: number) {
    this.latency = new Float64Array(paths * BUCKETS);
    this.sumNs = new Float64Array(paths);
    this.maxNs = new Float64Array(paths);
    this.operations = new Float64Array(paths);
    this.taskEndNs = new Float64Array(tasks);
    this.returnCount = new Int32Array(cpus);
    this.returnNs = new Float64Array(cpus * RETURNS_AT_ONCE);
    this.returnPages = new Int32Array(cpus * RETURNS_AT_ONCE);
    this.#returns = Array.from({ length: cpus }, () => new PageReturns());
  }

  backgroundDid(ns: number, endNs: number): void {
    this.background[0]! += ns;
    this.background[1] = Math.max(this.background[1]!, endNs);
  }

  /** Takes the pages that a CPU gave back lately; each CPU tells them in the order of its time. */
  keepReturns(cpu: number): void {
    const from = cpu * RETURNS_AT_ONCE;
    const to = from + this.returnCount[cpu]!;
    this.#returns[cpu]!.add(this.returnNs.subarray(from, to), this.returnPages.subarray(from, to));
    this.returnCount[cpu] = 0;
  }

  latencyOf(path: number): Float64Array {
    return this.latency.slice(path * BUCKETS, (path + 1) * BUCKETS);
  }

  /** Pages given back by all CPUs, in order of time. */
  returns(): { readonly atNs: Float64Array; readonly pages: Int32Array } {
    for (let cpu = 0; cpu < this.returnCount.length; cpu++) this.keepReturns(cpu);
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
  atNs = new Float64Array(RETURNS_AT_ONCE);
  pages = new Int32Array(RETURNS_AT_ONCE);

  add(atNs: Float64Array, pages: Int32Array): void {
    const length = this.length + atNs.length;
    if (length > this.atNs.length) {
      const more = 2 * length;
      const longer = { atNs: new Float64Array(more), pages: new Int32Array(more) };
      longer.atNs.set(this.atNs);
      longer.pages.set(this.pages);
      this.atNs = longer.atNs;
      this.pages = longer.pages;
    }
    this.atNs.set(atNs, this.length);
    this.pages.set(pages, this.length);
    this.length = length;
  }
}
