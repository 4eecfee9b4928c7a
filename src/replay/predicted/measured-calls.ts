import { AnalysisDriver } from '../../analysis/analysis-driver.ts';
import { BlockSeries } from '../../analysis/compare/block-series.ts';
import type { InputFile, LockRow } from '../../analysis/result.ts';
import { globPattern } from '../../analysis/row-filter.ts';
import { type SpanBatch, SpanKind } from '../../trace/spans.ts';

/** What one recording shows of the calls that a what-if predicts. Times in ns, null where it does not show them. */
export interface MeasuredCalls {
  readonly inputs: readonly InputFile[];
  readonly kernelRelease: string;
  readonly cpus: number;
  readonly lostRecords: number;
  readonly function: string;
  readonly calls: number;
  readonly meanNs: number | null;
  readonly p50Ns: number | null;
  readonly p99Ns: number | null;
  /** From the begin of the first call to the end of the last. */
  readonly totalNs: number | null;
  /** Waits by lock, within what was called and within the worker's frees. */
  readonly locks: ReadonlyMap<string, { readonly waitNs: number; readonly contended: number }>;
  /** Whether the recording shows lock calls within them at all. */
  readonly showsLocks: boolean;
}

/** A worker's frees are not what a task waits for. */
const WORKER = 'kworker';

interface Calls {
  readonly durations: BlockSeries;
  firstNs: number;
  lastNs: number;
}

/** Reads a recording for the calls of a function; a sink for records. */
export class MeasuredCallsReader extends AnalysisDriver {
  readonly #candidates: readonly string[];
  readonly #calls = new Map<string, Calls>();

  /**
   * @param candidates Functions that may be it: the first that is called outside of workers is taken.
   * @param roots Functions in which waits count.
   */
  constructor(candidates: readonly string[], roots: readonly string[]) {
    super({
      filters: { roots },
      filtersText: '',
      exclude: { irq: false, softirq: false, offCpu: false },
    });
    this.#candidates = candidates;
  }

  result(): MeasuredCalls {
    const { input, locks } = this.analysis.result({ name: '', version: '', command: '' }, null);
    const name = this.#candidates.find((candidate) => this.#calls.has(candidate)) ?? this.#candidates.at(-1)!;
    const calls = this.#calls.get(name);
    const [p50 = null, p99 = null] = calls ? calls.durations.quantiles([0.5, 0.99]) : [];
    return {
      inputs: input.files,
      kernelRelease: input.kernelRelease,
      cpus: input.cpus,
      lostRecords: input.lostRecords,
      function: name,
      calls: calls?.durations.count ?? 0,
      meanNs: calls ? calls.durations.sumNs / calls.durations.count : null,
      p50Ns: p50,
      p99Ns: p99,
      totalNs: calls && calls.lastNs > calls.firstNs ? calls.lastNs - calls.firstNs : null,
      locks: waitsByLock(locks),
      showsLocks: locks.some(({ waitWitness, contended }) => waitWitness !== 'none' || contended > 0),
    };
  }

  protected onSpans(rows: SpanBatch): void {
    const { names, tasks } = this.analysis;
    const wanted = globPattern(this.#candidates);
    for (let i = 0; i < rows.length; i++) {
      const ns = rows.durationNs[i]!;
      if (rows.kind[i] !== SpanKind.Span || Number.isNaN(ns) || !this.filter.acceptsPlace(rows, i)) continue;
      const name = names.functionName(rows.name[i]!);
      if (!wanted.test(name)) continue;
      const task = rows.task[i]!;
      if (task >= 0 && tasks.rows[task]!.comm.startsWith(WORKER)) continue;
      let calls = this.#calls.get(name);
      if (!calls) {
        calls = { durations: new BlockSeries(), firstNs: Number.POSITIVE_INFINITY, lastNs: 0 };
        this.#calls.set(name, calls);
      }
      calls.durations.add(ns);
      const startNs = rows.startNs[i]!;
      if (Number.isNaN(startNs)) continue;
      calls.firstNs = Math.min(calls.firstNs, startNs);
      calls.lastNs = Math.max(calls.lastNs, startNs + ns);
    }
  }
}

function waitsByLock(rows: readonly LockRow[]): MeasuredCalls['locks'] {
  const sums = new Map<string, { waitNs: number; contended: number }>();
  for (const { lock, wait, contended } of rows) {
    const sum = sums.get(lock) ?? { waitNs: 0, contended: 0 };
    sums.set(lock, { waitNs: sum.waitNs + wait.totalNs, contended: sum.contended + contended });
  }
  return sums;
}
