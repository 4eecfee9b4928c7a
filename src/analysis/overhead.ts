import type { NameTable } from '../trace/names.ts';
import { type SpanBatch, SpanFlag, SpanKind } from '../trace/spans.ts';
import { Histogram } from './histogram.ts';
import type { OverheadSummary } from './result.ts';

/** What the tracer adds to recorded durations, ns. */
export interface OverheadCost {
  /** Added within the duration of each traced call. */
  readonly insideNs: number;
  /** Added to the caller for each traced call, outside that call's duration. */
  readonly outsideNs: number;
}

/** Calls of a function needed before its low quantile is trusted over its minimum. */
const ENOUGH = 20;
const LOW = 0.05;
/** All of the first rows are looked at, then one in 16: a low quantile needs no more. */
const ROWS_TAKEN_ALL = 1 << 18;

/**
 * Estimates the tracer's cost from the trace itself.
 *
 * A function_graph duration runs from the tracer's entry hook to its return hook, so it contains part
 * of the cost of the call itself (inside), and for each traced call below the rest of that call's cost
 * (outside). No call is shorter than its inside cost: the quickest leaf function bounds that of quick
 * calls from above. A caller's self time is its own work, one inside cost and one outside cost for each
 * call it made: the smallest (self - inside) / calls of any function bounds the outside cost of quick
 * calls from above. Both contain the work of the quickest functions. Neither contains what the tracer
 * does to the work of others (cache lines and branches that it takes, emulated code), what slower calls
 * cost more, and hooks of functions that are not printed. So the mean cost of a traced call may lie on
 * either side of the estimate; with and without a tracer, emulated, it was 1.3 to 1.5 times as much.
 */
export class OverheadEstimator {
  #calls = 0;
  #outermostNs = 0;
  #rows = 0;
  readonly #leaf: (Histogram | undefined)[] = [];
  /** Self times, ns, by caller and number of calls made (see `callerKey`). */
  readonly #selfByCaller = new Map<number, Histogram>();

  add(rows: SpanBatch): void {
    for (let i = 0; i < rows.length; i++) {
      if (rows.kind[i] !== SpanKind.Span) continue;
      const ns = rows.durationNs[i]!;
      const flags = rows.flags[i]!;
      if (Number.isNaN(ns) || (flags & SpanFlag.Pair) !== 0) continue;
      this.#calls++;
      if (rows.parent[i] === -1 && (flags & SpanFlag.StartCut) === 0) this.#outermostNs += ns;
      const taken = this.#rows++;
      if (taken >= ROWS_TAKEN_ALL && (taken & 15) !== 0) continue;
      const name = rows.name[i]!;
      if (flags & SpanFlag.Leaf) {
        this.#leaf[name] ??= new Histogram();
        this.#leaf[name]!.add(ns);
      } else if ((flags & (SpanFlag.SelfIsBound | SpanFlag.StartCut | SpanFlag.Switched)) === 0) {
        const made = rows.children[i]!;
        if (made === 0 || made >= MOST_CALLS_MADE) continue;
        const key = callerKey(name, made);
        let selfTimes = this.#selfByCaller.get(key);
        if (!selfTimes) {
          selfTimes = new Histogram();
          this.#selfByCaller.set(key, selfTimes);
        }
        selfTimes.add(rows.selfNs[i]!);
      }
    }
  }

  /** The cost, or null when the trace has no leaf with a duration. */
  estimate(): OverheadCost | null {
    const inside = quickestLeaf(this.#leaf);
    if (inside === null) return null;
    const outside = leastPerCall(this.#selfByCaller, inside.ns);
    return { insideNs: inside.ns, outsideNs: outside === null ? 0 : outside.ns };
  }

  /** The estimate with what it rests on, for the report. */
  summary(names: NameTable, subtracted: boolean): OverheadSummary {
    const inside = quickestLeaf(this.#leaf);
    if (inside === null) {
      return {
        insideNs: null,
        outsideNs: null,
        tracedCalls: this.#calls,
        totalNs: null,
        shareOfOutermost: null,
        subtracted: false,
        basis: 'no call without traced calls below it has a duration',
      };
    }
    const outside = leastPerCall(this.#selfByCaller, inside.ns);
    const totalNs = (inside.ns + (outside?.ns ?? 0)) * this.#calls;
    const leaf = `inside: the quickest leaf calls (${names.functionName(inside.name)})`;
    const caller = outside
      ? `outside: the least self time for each call made (${names.functionName(outside.name)})`
      : 'outside: no call has calls below it, taken as 0';
    return {
      insideNs: inside.ns,
      outsideNs: outside?.ns ?? 0,
      tracedCalls: this.#calls,
      totalNs,
      shareOfOutermost: this.#outermostNs > 0 ? Math.min(1, totalNs / this.#outermostNs) : null,
      subtracted,
      basis: `${leaf}; ${caller}`,
    };
  }
}

interface Lowest {
  readonly ns: number;
  readonly name: number;
}

/** Callers that make more calls than this are loops with work of their own. */
const MOST_CALLS_MADE = 4096;

function callerKey(name: number, made: number): number {
  return name * MOST_CALLS_MADE + made;
}

/** The function whose leaf calls are the quickest, by their low quantile. */
function quickestLeaf(byName: (Histogram | undefined)[]): Lowest | null {
  let best: Lowest | null = null;
  const enough = byName.some((h) => h !== undefined && h.count >= ENOUGH);
  for (let name = 0; name < byName.length; name++) {
    const h = byName[name];
    if (h === undefined || (enough && h.count < ENOUGH)) continue;
    const ns = low(h);
    if (best === null || ns < best.ns) best = { ns, name };
  }
  return best;
}

/** The caller with the smallest (self - inside) / calls made, by the low quantile of its self times. */
function leastPerCall(selfByCaller: ReadonlyMap<number, Histogram>, insideNs: number): Lowest | null {
  let best: Lowest | null = null;
  const enough = [...selfByCaller.values()].some((h) => h.count >= ENOUGH);
  for (const [key, h] of selfByCaller) {
    if (enough && h.count < ENOUGH) continue;
    const ns = Math.max(0, low(h) - insideNs) / (key % MOST_CALLS_MADE);
    if (best === null || ns < best.ns) best = { ns, name: Math.floor(key / MOST_CALLS_MADE) };
  }
  return best;
}

function low(h: Histogram): number {
  return h.count >= ENOUGH ? h.quantile(LOW) : h.minNs;
}
