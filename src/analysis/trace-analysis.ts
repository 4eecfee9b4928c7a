import { Diagnostics } from '../trace/diagnostics.ts';
import { NameTable } from '../trace/names.ts';
import { Places } from '../trace/places.ts';
import type { RecordSink } from '../trace/records.ts';
import type { SideHistogram, SideTable, TableSink } from '../trace/side-tables.ts';
import type { SpanBatch, SpanSink } from '../trace/spans.ts';
import { TaskTable } from '../trace/tasks.ts';
import { CallStacks, type Exclusions } from './call-stacks.ts';
import { CallTree } from './call-tree.ts';
import { ClockCheck } from './clock-check.ts';
import { EventAnalysis } from './events/event-analysis.ts';
import { hitFunctions, schedulingSummary } from './events/event-results.ts';
import { FunctionRoles } from './function-roles.ts';
import { BUCKET_ERROR, Histogram } from './histogram.ts';
import { LatencyTable } from './latency.ts';
import { kernelHints, lockRows, lockText } from './locks/lock-rows.ts';
import { LockTable } from './locks/lock-table.ts';
import type { LockWait, SiteWait } from './locks/lock-wait.ts';
import { CLASS_OR_POOL, displayName, type KernelHints } from './locks/names.ts';
import { lockPrimitive } from './locks/primitives.ts';
import { type OverheadCost, OverheadEstimator } from './overhead.ts';
import {
  type AnalysisResult,
  type FunctionRow,
  type InputFile,
  type InputSummary,
  SCHEMA_VERSION,
} from './result.ts';
import { type Filters, globPattern, RowFilter } from './row-filter.ts';
import { StampOrder } from './stamp-order.ts';
import { Tails } from './tails.ts';

/** What is known of an input when it has been read. The parser's facts fit. */
export interface FileFacts {
  readonly bytes: number;
  readonly lines: number;
  readonly understoodLines: number;
  readonly cpus: number;
  readonly clock: 'none' | 'stamps';
  readonly originNs: number;
  readonly firstNs: number;
  readonly lastNs: number;
  readonly kernelRelease: string;
  /** CPUs of the machine, where the input says it. */
  readonly onlineCpus?: number;
  readonly layouts: readonly string[];
}

export interface AnalysisOptions {
  readonly filters: Filters;
  /** The filters as the user gave them, for the report. */
  readonly filtersText: string;
  readonly exclude: Exclusions;
  /** Slow calls kept for each function. */
  readonly slowest: number;
  /** Tracer cost found by a first pass, to be taken out. */
  readonly overhead: OverheadCost | null;
  /** Sees all rows as they are made, for exports. */
  readonly onSpans?: SpanSink;
  /** Sees each wait for a lock that counts, for exports. */
  readonly onWait?: (wait: LockWait) => void;
}

/** An input that has been read. */
export interface EndedFile {
  readonly name: string;
  readonly format: string;
  readonly sha256: string;
  readonly facts: FileFacts;
}

/** Rows of `tails` in a result: enough for the text report and to choose from in the JSON. */
const TAIL_FUNCTIONS = 8;

/**
 * The whole analysis of one recording in one or more inputs, as a sink for records. Memory is bounded
 * by the number of distinct functions, paths, locks and tasks, not by the length of the trace.
 */
export class TraceAnalysis {
  readonly names = new NameTable();
  readonly tasks = new TaskTable();
  readonly diagnostics = new Diagnostics();
  readonly #options: AnalysisOptions;
  readonly #roles: FunctionRoles;
  readonly #filter: RowFilter;
  readonly #latency: LatencyTable;
  readonly #locks: LockTable;
  readonly #overhead = new OverheadEstimator();
  readonly #tails: Tails;
  readonly #callTree = new CallTree();
  readonly #events: EventAnalysis;
  readonly #isRoot: ((name: number) => boolean) | null;
  readonly #sideTables: SideTable[] = [];
  readonly #sideHistograms: SideHistogram[] = [];
  /** Where parsers put tables and histograms that are no records. */
  readonly tables: TableSink = {
    table: (table) => this.#sideTables.push(table),
    histogram: (histogram) => this.#sideHistograms.push(histogram),
  };
  #stacks: CallStacks | null = null;
  #clock = new ClockCheck();
  #files: InputFile[] = [];
  #facts: FileFacts[] = [];
  #originNs: number | null = null;
  #durationNs = 0;
  #hints: KernelHints | null = null;
  /** Names and sites known when `#hints` was made. */
  #hintsOf = -1;

  constructor(options: AnalysisOptions) {
    this.#options = options;
    this.#roles = new FunctionRoles(this.names, (name) => lockPrimitive(name) !== null);
    this.#filter = new RowFilter(options.filters, this.names, this.tasks);
    this.#latency = new LatencyTable(this.#filter);
    const taskText = (task: number) => this.tasks.text(task);
    const { names } = this;
    const onWait = options.onWait ? (wait: SiteWait) => this.#tellWait(wait) : null;
    this.#locks = new LockTable({
      names,
      roles: this.#roles,
      filter: this.#filter,
      taskText,
      clockTrusted: () => this.#clock.trusted,
      ...(onWait ? { onWait } : {}),
    });
    const roots = options.filters.roots?.length ? globPattern(options.filters.roots) : null;
    const isRoot: boolean[] = [];
    this.#isRoot = roots && ((id) => (isRoot[id] ??= roots.test(names.functionName(id))));
    this.#events = new EventAnalysis({
      names,
      tasks: this.tasks,
      filter: this.#filter,
      isRoot: this.#isRoot,
      exclude: options.exclude,
      onWait,
    });
    const asked = [...(options.filters.functions ?? []), ...(options.filters.roots ?? [])];
    const pattern = asked.length > 0 ? globPattern(asked) : null;
    this.#tails = new Tails({
      names,
      roles: this.#roles,
      filter: this.#filter,
      taskText,
      wanted: pattern === null ? null : (name) => pattern.test(name),
      slowest: options.slowest,
    });
  }

  /**
   * Begins an input, or several that are merged into one stream; the records go to the returned sink.
   * @param names One name, or those of all merged inputs: their lines are told as {@link Places} does.
   * @param originNs Says what the records' times are relative to, once the first stamp is read.
   */
  beginFile(names: string | readonly string[], originNs: () => number): RecordSink {
    const inputNames = typeof names === 'string' ? [names] : names;
    const places = new Places(inputNames);
    const { exclude, filters, overhead } = this.#options;
    this.#tails.beginFile(places, originNs);
    this.#locks.beginInput();
    const excludes = exclude.irq || exclude.softirq || exclude.offCpu;
    this.#clock = new ClockCheck();
    const stacks = new CallStacks({
      clock: this.#clock,
      names: this.names,
      tasks: this.tasks,
      roles: this.#roles,
      diagnostics: this.diagnostics,
      inputName: inputNames.join(', '),
      places,
      sink: (rows) => this.#addSpans(rows),
      ...(excludes ? { exclude } : {}),
      isRoot: this.#isRoot,
      overhead,
      callTree: this.#callTree,
      events: this.#events,
    });
    this.#stacks = stacks;
    const order = new StampOrder(this.diagnostics, places);
    const hasTimes = filters.fromNs !== undefined || filters.toNs !== undefined;
    return (records) => {
      if (hasTimes) this.#filter.setOrigin(originNs());
      order.add(records);
      stacks.add(records);
    };
  }

  /** Ends the input begun last. */
  endFile(file: Omit<EndedFile, 'facts'>, facts: FileFacts): void {
    this.endFiles([{ ...file, facts }]);
  }

  /** Ends the input, or the merged inputs, begun last. */
  endFiles(files: readonly EndedFile[]): void {
    this.#stacks?.finish();
    this.#locks.endInput(this.#clock.trusted);
    this.#stacks = null;
    const stamped = files.filter(({ facts }) => facts.clock === 'stamps');
    if (stamped.length > 0) {
      this.#clock.report(this.diagnostics, stamped.map((file) => file.name).join(', '));
      const originNs = stamped[0]!.facts.originNs;
      this.#originNs ??= originNs;
      const at = (facts: FileFacts, ns: number) => facts.originNs - originNs + ns;
      this.#durationNs +=
        Math.max(...stamped.map(({ facts }) => at(facts, facts.lastNs))) -
        Math.min(...stamped.map(({ facts }) => at(facts, facts.firstNs)));
    }
    for (const { name, format, sha256, facts } of files) {
      const { bytes, lines, understoodLines } = facts;
      this.#files.push({ name, format, bytes, lines, understoodLines, sha256 });
      this.#facts.push(facts);
    }
  }

  /** The tracer's cost as the trace shows it; null when it does not. */
  estimateOverhead(): { cost: OverheadCost | null; estimator: OverheadEstimator } {
    return { cost: this.#overhead.estimate(), estimator: this.#overhead };
  }

  /**
   * All results.
   * @param firstPass The estimator of the pass whose estimate was subtracted, if one was.
   */
  result(tool: AnalysisResult['tool'], firstPass: OverheadEstimator | null): AnalysisResult {
    const release = this.#facts.find((facts) => facts.kernelRelease !== '')?.kernelRelease ?? '';
    const accepts = (name: number) => this.#filter.acceptsName(name);
    const hits = this.#events.hits.rows(accepts);
    const timed = this.#functionRows();
    const functions = [...timed, ...hitFunctions(hits, timed)];
    const totals = new Map<string, number>();
    for (const row of functions) totals.set(row.name, (totals.get(row.name) ?? 0) + (row.totalNs ?? 0));
    const sites = [...this.#locks.sites(), ...this.#events.waits.sites()];
    const locks = lockRows(sites, this.names, release, totals);
    const hints = kernelHints(sites, this.names, release);
    if (this.#locks.unmatchedUnlocks > 0) {
      const sentence = 'unlocks have no lock call in the trace that goes with them';
      this.diagnostics.add('unlock-without-lock', 'info', sentence, undefined, this.#locks.unmatchedUnlocks);
    }
    if (locks.some((row) => row.lock.startsWith(CLASS_OR_POOL))) {
      const sentence =
        "zsmalloc's spinlock may be one for each class (6.11 on) or one for the pool (6.2 to 6.10): no release, no reader lock and no function tells, and no holds of it on two CPUs overlap";
      this.diagnostics.add('lock-not-told', 'info', sentence);
    }
    const waits = new Map<string, number>();
    for (const row of locks) waits.set(row.site, (waits.get(row.site) ?? 0) + row.wait.totalNs);
    const weight = (id: number) => {
      const name = this.names.functionName(id);
      return [waits.get(name) ?? 0, totals.get(name) ?? 0] as const;
    };
    const byWeight = (a: number, b: number) => {
      const [waitA, totalA] = weight(a);
      const [waitB, totalB] = weight(b);
      return waitB - waitA || totalB - totalA || a - b;
    };
    const { exclude } = this.#options;
    const excluded = [exclude.irq && 'irq', exclude.softirq && 'softirq', exclude.offCpu && 'offcpu'];
    return {
      schemaVersion: SCHEMA_VERSION,
      tool,
      input: this.#input(release),
      method: {
        quantile: 'nearest rank; exact up to 64 calls, then the middle of the bucket it falls in',
        bucketRelativeError: BUCKET_ERROR,
        exactUpToCalls: Histogram.EXACT_UP_TO,
        excluded: excluded.filter((what) => what !== false),
        filters: this.#options.filtersText,
      },
      diagnostics: this.diagnostics.list(),
      functions,
      locks,
      overhead: (firstPass ?? this.#overhead).summary(this.names, firstPass !== null),
      tails: this.#tails.rows(byWeight, TAIL_FUNCTIONS),
      callTree: this.#callTree.nodes(this.names),
      events: this.#events.counts.rows(),
      scheduling: schedulingSummary(this.#events.scheduling, this.tasks, this.#filter),
      profile: this.#events.profile.rows(accepts, (key) => displayName(key, hints)),
      hits,
      sideTables: this.#sideTables,
      sideHistograms: this.#sideHistograms,
    };
  }

  #addSpans(rows: SpanBatch): void {
    this.#latency.add(rows);
    this.#callTree.add(rows, this.#filter);
    this.#overhead.add(rows);
    this.#locks.add(rows);
    this.#tails.add(rows);
    this.#options.onSpans?.(rows);
  }

  #tellWait(wait: SiteWait): void {
    const { site } = wait;
    // Made again only when there is more to tell a lock's name by.
    const known = this.names.size + this.#locks.siteCount;
    if (this.#hints === null || known !== this.#hintsOf) {
      this.#hints = kernelHints(this.#locks.sites(), this.names, '');
      this.#hintsOf = known;
    }
    const lock = lockText(site, this.#hints);
    this.#options.onWait!({ ...wait, lock, kind: site.kind, site: site.function });
  }

  #input(release: string): InputSummary {
    const sum = (of: (facts: FileFacts) => number) =>
      this.#facts.reduce((total, facts) => total + of(facts), 0);
    const stamped = this.#facts.some((facts) => facts.clock === 'stamps');
    return {
      files: this.#files,
      format: [...new Set(this.#files.map((file) => file.format))].join(', '),
      bytes: sum((facts) => facts.bytes),
      lines: sum((facts) => facts.lines),
      understoodLines: sum((facts) => facts.understoodLines),
      cpus: this.#facts.reduce((most, facts) => Math.max(most, facts.cpus), 0),
      tasks: this.tasks.size,
      clock: stamped ? 'stamps' : 'none',
      durationNs: stamped ? this.#durationNs : null,
      kernelRelease: release,
      layouts: [...new Set(this.#facts.flatMap((facts) => facts.layouts))],
      lostRecords: this.diagnostics.count('lost-events'),
    };
  }

  #functionRows(): FunctionRow[] {
    const rows = this.#latency.rows().map((row): FunctionRow => {
      const d = row.durations;
      const has = d.count > 0;
      const at = (q: number) => (has ? d.quantile(q) : null);
      return {
        name: this.names.functionName(row.name),
        module: this.names.moduleName(row.name),
        calls: row.calls,
        totalNs: has ? row.totalNs : null,
        selfNs: has ? row.selfNs : null,
        cutNs: row.cutNs,
        selfIsBoundCalls: row.selfIsBound,
        startCutCalls: row.startCut,
        pairCalls: row.pairs,
        minNs: has ? d.minNs : null,
        p50Ns: at(0.5),
        p90Ns: at(0.9),
        p99Ns: at(0.99),
        p999Ns: at(0.999),
        maxNs: has ? d.maxNs : null,
        meanNs: has ? d.meanNs : null,
        irqNs: row.irqNs,
        softirqNs: row.softirqNs,
        offCpuNs: row.offCpuNs,
        histogram: d.buckets(),
      };
    });
    return rows.sort(
      (a, b) => (b.totalNs ?? 0) - (a.totalNs ?? 0) || b.calls - a.calls || (a.name < b.name ? -1 : 1),
    );
  }
}
