import type { RecordSink } from '../../trace/records.ts';
import type { SpanBatch } from '../../trace/spans.ts';
import { AnalysisDriver } from '../analysis-driver.ts';
import type { Exclusions } from '../call-stacks.ts';
import type { AnalysisResult, FunctionRow, LockRow } from '../result.ts';
import type { Filters } from '../row-filter.ts';
import { bucketCounts, mergedFigures, seriesFigures, sumOfCounts } from './figures.ts';
import { FunctionSeriesTable } from './function-series.ts';
import { mergeSummaries } from './merge-summaries.ts';
import {
  type BlockerFigures,
  type BucketCounts,
  type DurationFigures,
  type FunctionFigures,
  type LockFigures,
  SUMMARY_FORMAT,
  SUMMARY_SCHEMA_VERSION,
  type Summary,
} from './summary.ts';

export interface CollectOptions {
  /** Filters by place; functions are chosen when sides are compared, so that one summary serves all. */
  readonly filters: Omit<Filters, 'functions'>;
  /** The same as the user gave them. */
  readonly filtersText: string;
  readonly exclude: Exclusions;
}

/** One recording, read into a summary; a sink for records like the analysis that it drives. */
export class RecordingCollector extends AnalysisDriver {
  readonly #options: CollectOptions;
  readonly #series: FunctionSeriesTable;

  constructor(options: CollectOptions) {
    super(options);
    this.#options = options;
    this.#series = new FunctionSeriesTable(this.filter);
  }

  protected onSpans(rows: SpanBatch): void {
    this.#series.add(rows);
  }

  override beginFile(names: readonly string[], originNs: () => number): RecordSink {
    const sink = super.beginFile(names, originNs);
    const { fromNs, toNs } = this.#options.filters;
    if (fromNs === undefined && toNs === undefined) return sink;
    return (records) => {
      this.filter.setOrigin(originNs());
      sink(records);
    };
  }

  /** What was read, as a summary of one recording. */
  summary(): Summary {
    const result = this.analysis.result({ name: '', version: '', command: '' }, null);
    const { input, overhead } = result;
    const functions = this.#functions(result.functions);
    const locks = lockFigures(result.locks);
    const cost = overhead.insideNs === null ? null : overhead.insideNs + (overhead.outsideNs ?? 0);
    const noTime = this.analysis.diagnostics.count('clock-not-time') > 0;
    const summary: Summary = {
      format: SUMMARY_FORMAT,
      schemaVersion: SUMMARY_SCHEMA_VERSION,
      filters: this.#options.filtersText,
      excluded: result.method.excluded,
      recordings: [
        {
          id: input.files.map(({ sha256 }) => sha256).join('+'),
          inputs: input.files.map(({ name, format, bytes, sha256 }) => ({ name, format, bytes, sha256 })),
          kernelRelease: input.kernelRelease,
          cpus: input.cpus,
          durationNs: input.durationNs,
          lines: input.lines,
          understoodLines: input.understoodLines,
          lostRecords: input.lostRecords,
          tracerNs: cost,
          tracerShare: overhead.shareOfOutermost,
          clock: input.clock === 'none' ? 'none' : noTime ? 'no-time' : 'stamps',
          layouts: input.layouts,
          functions: functions.figures,
          locks: locks.figures,
        },
      ],
      histograms: { functions: functions.histograms, waits: locks.waits, holds: locks.holds },
      callTree: wholePaths(result.callTree),
    };
    // In the order that merged ones have.
    return mergeSummaries([summary]);
  }

  /** Totals without the calls within calls of the same function as the analysis has them; the rest by blocks. */
  #functions(rows: readonly FunctionRow[]) {
    const figures = new Map<string, FunctionFigures>();
    const histograms = new Map<string, BucketCounts>();
    const series = this.#series.byName(this.names);
    for (const [name, same] of byKey(rows, (row) => row.name)) {
      const found = series.get(name);
      // Hits of the function tracer have no duration: only their number can be compared.
      const durations = found ? seriesFigures(found.durations, this.#series.calls) : NO_DURATIONS;
      figures.set(name, {
        ...durations,
        calls: sum(same, (row) => row.calls),
        totalNs: sum(same, (row) => row.totalNs ?? 0),
        selfNs: sum(same, (row) => row.selfNs ?? 0),
        tracedWithin: found?.tracedWithin ?? 0,
        inInterrupt: found?.inInterrupt ?? 0,
      });
      if (found) histograms.set(name, found.durations.histogram());
    }
    return { figures: Object.fromEntries(figures), histograms: Object.fromEntries(histograms) };
  }
}

const NO_DURATIONS: DurationFigures = {
  count: 0,
  totalNs: 0,
  meanNs: null,
  p50Ns: null,
  p90Ns: null,
  p99Ns: null,
  minNs: null,
  maxNs: null,
  noise: { p50: null, p99: null, mean: null },
};

/** Locks by name, over the functions that take them. */
function lockFigures(rows: readonly LockRow[]) {
  const figures = new Map<string, LockFigures>();
  const waits = new Map<string, BucketCounts>();
  const holds = new Map<string, BucketCounts>();
  for (const [name, same] of byKey(rows, lockName)) {
    const held = same.flatMap(({ hold }) => (hold ? [hold] : []));
    const waited = same.map(({ wait }) => wait);
    figures.set(name, {
      kind: same[0]!.kind,
      acquisitions: sum(same, (row) => row.acquisitions),
      contended: sum(same, (row) => row.contended),
      wait: mergedFigures(waited),
      hold: held.length > 0 ? mergedFigures(held) : null,
      sites: Object.fromEntries(
        [...byKey(same, (row) => row.site)].map(([site, at]) => [site, sum(at, (row) => row.wait.totalNs)]),
      ),
      blockedBy: blockers(same),
    });
    waits.set(name, sumOfCounts(waited.map(bucketCounts)));
    if (held.length > 0) holds.set(name, sumOfCounts(held.map(bucketCounts)));
  }
  return {
    figures: Object.fromEntries(figures),
    waits: Object.fromEntries(waits),
    holds: Object.fromEntries(holds),
  };
}

/** Over tasks and CPUs, which are others in each recording. */
function blockers(rows: readonly LockRow[]): BlockerFigures[] {
  const pairs = rows.flatMap((row) =>
    row.blockedBy.map((by) => ({ ...by, waiter: row.namedBy === 'unknown' ? '' : row.site })),
  );
  return [...byKey(pairs, ({ waiter, function: holder }) => JSON.stringify([waiter, holder])).values()]
    .map((same) => ({
      waiter: same[0]!.waiter,
      holder: same[0]!.function,
      waits: sum(same, ({ waits }) => waits),
      waitNs: sum(same, ({ waitNs }) => waitNs),
    }))
    .sort((a, b) => b.waitNs - a.waitNs || b.waits - a.waits);
}

/** Addresses are others in each boot: such a lock is named by what takes it. */
function lockName({ namedBy, kind, site, lock }: LockRow): string {
  return namedBy === 'address' ? `${kind} at ${site || '(unknown)'}` : lock;
}

function wholePaths(nodes: AnalysisResult['callTree']): Summary['callTree'] {
  return nodes.map(({ name, parent, calls, totalNs, selfNs }) => ({
    name,
    parent,
    calls,
    totalNs: Math.round(totalNs),
    selfNs: Math.round(selfNs),
  }));
}

function byKey<T>(rows: readonly T[], key: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group) group.push(row);
    else groups.set(key(row), [row]);
  }
  return groups;
}

function sum<T>(rows: readonly T[], of: (row: T) => number): number {
  return rows.reduce((total, row) => total + of(row), 0);
}
