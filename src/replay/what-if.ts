import { applyDesigns, type ChosenDesign } from '../model/designs/registry.ts';
import type { Era } from '../model/kernels/eras.ts';
import { FREE_WORK } from '../model/kernels/locked-pages.ts';
import { withPageLists } from '../model/kernels/page-lists.ts';
import type { PreemptionModel } from '../model/preemption.ts';
import { withCallCosts } from '../model/probe-costs.ts';
import type { KernelModel } from '../model/steps.ts';
import type { Pool } from '../model/zsmalloc/pool.ts';
import { anonymousReturns } from './anonymous.ts';
import type { ParameterSet } from './calibrate/parameters.ts';
import { type PricedWorkload, runParameters } from './calibrate/pricing.ts';
import { schedulingOf, sliceNs } from './calibrate/scheduling-parameters.ts';
import type { Sensitivity } from './calibrate/sensitivity.ts';
import {
  type BacklogCurve,
  backlogCurves,
  bucketQuantile,
  type LatencyCurve,
  latencyCurve,
  memoryCurve,
  type ReturnTime,
  returnTime,
  spread,
  type TimeCurve,
} from './curves.ts';
import { COST_QUANTILES, Machine } from './engine/machine.ts';
import { compile } from './engine/program.ts';
import { type Interval, interval, median } from './interval.ts';
import { type CpuLedger, cpuLedger } from './ledger.ts';
import { MIGRATE_PATH } from './migration.ts';
import { inOrderOfRun, pausesInOrderOfRun, phaseBounds } from './order-of-times.ts';
import { type Returns, type RunResult, withReturns } from './returns.ts';
import { type Executor, onThisThread, type Sweep } from './sweep.ts';
import type { Workload } from './workload.ts';

/** One simulated run of a design. */
export interface DesignRun {
  readonly result: RunResult;
  /** From the first free to the end of the last task, ns: the munmap as the user sees it. */
  readonly totalNs: number;
  /** By task: from its first free to the end of its last, ns. */
  readonly taskNs: readonly number[];
  /** Anonymous folios; absent where the recording shows none. */
  readonly anonymous?: Returns;
}

export interface ScenarioOptions {
  readonly cpus: number;
  /** Parameter set of each run. */
  readonly sets: readonly ParameterSet[];
  /** All runs have the recorded times in their order and the same luck: they differ by their sets only. */
  readonly inRecordedOrder?: true;
  /** CPU of workers, or WHERE_WOKEN: each where its kind runs. */
  readonly workerCpu: number;
  readonly hogs: Uint8Array;
  /** PREEMPT_NONE without. */
  readonly preemption?: PreemptionModel;
  readonly seeds: number;
}

/** What the model says of one design, over an ensemble of runs. */
export interface DesignPrediction {
  readonly id: string;
  readonly title: string;
  readonly kernel: KernelModel;
  readonly safety: readonly string[];
  /** Duration of a free: median over the runs, and the middle 90 % of them. */
  readonly latency: LatencySummary;
  readonly latencyIntervalNs: LatencyIntervals;
  /** From a task's first free to its last, over all tasks and runs. */
  readonly munmapNs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** From the first free of all tasks to the last. */
  readonly totalNs: Interval;
  /** Base total over this design's, run by run. */
  readonly speedup: Interval;
  /** Share of runs in which this design was faster than the base. */
  readonly pFaster: number;
  readonly lockWaitNs: Readonly<Record<string, Interval>>;
  /** Waiting for all locks. */
  readonly lockWaitTotalNs: Interval;
  readonly contended: Readonly<Record<string, Interval>>;
  readonly cpuWorkNs: { readonly caller: number; readonly worker: number; readonly compaction: number };
  /** What compaction did beside the frees; null when there was none. */
  readonly compaction: CompactionUse | null;
  /** What page migration did beside the frees; null when there was none. */
  readonly migration: MigrationUse | null;
  readonly cpuLedgerNs: CpuLedger;
  /** CPU time spent in waiting for locks and cache lines. */
  readonly spinNs: Interval;
  /** When shares of the pool's pages had come back. */
  readonly memoryReturn: { readonly t50: ReturnTime; readonly t90: ReturnTime; readonly t100: ReturnTime };
  /** Pages that the tasks give back outside of zsmalloc, and when; null where the recording shows none. */
  readonly anonymous: AnonymousReturn | null;
  readonly pagesReturned: number;
  readonly pagesAtStart: number;
  readonly overflowShare: number;
  /** Zspages whose pages were locked when they became empty: the worker came for them. */
  readonly leftEmpty: number;
  /** What went from full page lists to the buddy allocator in the first run; null: lists are not modelled. */
  readonly pageLists: RunResult['pageLists'];
  readonly strandedBytes: { readonly typical: number; readonly worst: number };
  readonly notes: readonly string[];
  /** What moves the speed-up, most first. */
  readonly sensitivity: readonly Sensitivity[];
  readonly curves: {
    /** Durations of the frees of all runs. */
    readonly latency: LatencyCurve;
    /** Pages of zspages given back since the beginning. */
    readonly memory: TimeCurve;
    /** Anonymous folios; null where the recording shows none. */
    readonly anonymous: TimeCurve | null;
    readonly backlog: readonly BacklogCurve[];
  };
}

/** When shares of the pages that are no part of zspages were back. */
export interface AnonymousReturn {
  readonly pages: number;
  readonly t50: ReturnTime;
  readonly t90: ReturnTime;
  readonly t100: ReturnTime;
}

/** Readers of the pool's lock behind its writers: compaction and migration together. */
export interface ReadersBehind {
  /** Readers that came while a writer held the lock, and while one waited for readers to leave. */
  readonly readersBehindHolder: number;
  readonly readersBehindQueue: number;
  readonly readersWaitNs: number;
  readonly readersLongestNs: number;
}

/** Page migration in the first run. */
export interface MigrationUse extends ReadersBehind {
  /** Calls of zs_page_migrate, and what one took with its waits. */
  readonly calls: number;
  readonly meanNs: number;
}

/** Compaction in one run (the first) unless said otherwise, and the readers of the pool's lock that it made wait. */
export interface CompactionUse extends ReadersBehind {
  /** Calls of zs_compact that went through all classes. */
  readonly calls: number;
  readonly objectsMoved: number;
  readonly pagesFreed: number;
  /** By lock: what compaction itself waited; medians of the runs. */
  readonly waits: Readonly<Record<string, { readonly contended: number; readonly waitNs: number }>>;
}

export interface LatencySummary {
  readonly p50Ns: number;
  readonly p99Ns: number;
  readonly maxNs: number;
  readonly meanNs: number;
}

export interface LatencyIntervals {
  readonly p50: Interval;
  readonly p99: Interval;
  readonly max: Interval;
  readonly mean: Interval;
}

/**
 * What is replayed: zram's notification where that was recorded, else zs_free alone; under the
 * lock of the swap device where the recording shows that frees are serialised, or of their clusters where
 * the era has those and slots are known; with lists of free pages where the workload has some.
 */
export function replayedKernel(era: Era, workload: Workload): KernelModel {
  const { kernel } = era;
  const { tasks, notify } = workload;
  // si->lock is one for the device; a cluster lock can be told from slots only.
  const isUnderSwapLock =
    'si->lock' in kernel.locks
      ? workload.serialised || workload.notifiesInTurn
      : notify !== null && tasks.every(({ slot }) => slot.every((index) => index >= 0));
  const replayed = {
    ...kernel,
    paths: {
      ...kernel.paths,
      notify: notify ? kernel.paths.notify! : [{ do: 'call', path: 'zs_free' }],
      'swap free': isUnderSwapLock ? kernel.paths['swap free']! : [{ do: 'call', path: 'notify' }],
    },
  } satisfies KernelModel;
  return workload.pageLists ? withPageLists(replayed, workload.pageLists.lists) : replayed;
}

/** Runs the base and each design with the same parameters and the same luck; `execute` may use threads. */
export function predict(
  kernel: KernelModel,
  designs: readonly { readonly text: string; readonly chosen: readonly ChosenDesign[] }[],
  priced: PricedWorkload,
  pool: Pool,
  options: ScenarioOptions,
  execute: Executor = onThisThread,
): {
  readonly base: DesignPrediction;
  readonly baseRuns: readonly DesignRun[];
  readonly designs: readonly DesignPrediction[];
  readonly designRuns: readonly (readonly DesignRun[])[];
} {
  const changed = designs.map(({ chosen }) => applyDesigns(kernel, chosen));
  const models = [kernel, ...changed];
  const bySeed = execute({ models, workload: priced, pool, options });
  const [baseRuns, ...designRuns] = models.map((_, m) => bySeed.map((runs) => runs[m]!)) as [
    DesignRun[],
    ...DesignRun[][],
  ];
  const base = summary('base', [], kernel, baseRuns, baseRuns, pool, options);
  return {
    base,
    baseRuns,
    designs: designs.map(({ text, chosen }, k) =>
      summary(text, chosen, changed[k]!, designRuns[k]!, baseRuns, pool, options),
    ),
    designRuns,
  };
}

/** All models of a sweep with the parameters of one run, its times in the order of the run. */
export function runSeed(
  { models, workload: priced, pool, options }: Sweep,
  seed: number,
): readonly DesignRun[] {
  const { cpus, workerCpu, hogs, sets, inRecordedOrder, preemption } = options;
  const { times, workload } = runParameters(priced, sets[seed]!);
  const order = inRecordedOrder ? 0 : seed;
  const bounds = workload.tasks.map((task, t) => phaseBounds(task, workload.costs[t]!));
  const tasks = workload.tasks.map((task, t) => ({
    ...task,
    cpu: task.cpu % cpus,
    thinkNs: pausesInOrderOfRun(task.thinkNs, bounds[t]!, order, t),
  }));
  const opCosts = workload.costs.map(
    (columns, t) =>
      new Map([...columns].map(([name, column]) => [name, inOrderOfRun(column, bounds[t]!, order, t)])),
  );
  const zeros = new Float64Array(COST_QUANTILES);
  const background = (workload.background ?? []).map((task) => ({ ...task, cpu: task.cpu % cpus }));
  const allTasks = [...tasks, ...background];
  const paths = background.length > 0 ? ['swap free', 'zs_compact', 'zs_page_migrate'] : ['swap free'];
  return models.map((model) => {
    // Calls of locks cost what they cost in the recording, also where a design has moved them.
    const program = compile(withCallCosts(withStart(model, order, cpus)), paths);
    const result = new Machine({
      program,
      pool: pool.clone(),
      times: { ...times, sliceNs: sliceNs(cpus) },
      scheduling: schedulingOf(sets[seed]!, order, preemption),
      costs: program.costs.map((name) => workload.distributions.get(name) ?? zeros),
      opCosts: opCosts.map((columns) => program.costs.map((name) => columns.get(name))),
      cpus,
      paths,
      tasks: allTasks,
      workerCpu,
      hogs,
      seed: order,
    }).run();
    const taskNs = tasks.flatMap(({ thinkNs }, t) =>
      thinkNs.length > 0 ? [result.taskEndNs[t]! - thinkNs[0]!] : [],
    );
    const totalNs = Math.max(...result.taskEndNs);
    const run = { result: withReturns(result, totalNs, pool.pages), totalNs, taskNs };
    return workload.anonymous
      ? { ...run, anonymous: anonymousReturns(workload.anonymous, tasks, result.taskEndNs) }
      : run;
  });
}

/** Page lists that start nobody knows where start elsewhere in each run, those of the first as they are. */
function withStart(model: KernelModel, seed: number, cpus: number): KernelModel {
  const { pageLists } = model;
  if (!pageLists?.startIsUnknown || seed === 0) return model;
  const { batch, high } = pageLists;
  const start = Array.from({ length: cpus }, (_, cpu) => {
    const share = (seed * 0.618034 + cpu * 0.414214) % 1;
    return high - batch + Math.floor(share * batch);
  });
  return { ...model, pageLists: { ...pageLists, start } };
}

function summary(
  id: string,
  chosen: readonly ChosenDesign[],
  kernel: KernelModel,
  these: readonly DesignRun[],
  base: readonly DesignRun[],
  pool: Pool,
  options: ScenarioOptions,
): DesignPrediction {
  const first = these[0]!.result;
  const byLock = (of: (lock: RunResult['locks'][number]) => number) =>
    Object.fromEntries(
      first.locks.map((lock, k) => [lock.name, interval(these.map((run) => of(run.result.locks[k]!)))]),
    );
  const faster = these.filter((run, k) => run.totalNs < base[k]!.totalNs * (1 - 1e-9)).length;
  const results = these.map((run) => run.result);
  const latency = latencyIntervals(results);
  const returns = results.map((result) => result.returns);
  const anonymous = these.flatMap((run) => (run.anonymous ? [run.anonymous] : []));
  const largest = pool.geometry.config.pageSize;
  const worst = Object.values(kernel.queues).reduce(
    (sum, q) =>
      sum +
      (q.wakes === 'at-once'
        ? 0
        : (q.wakes === 'never' ? q.entries : q.entries - 1) * (q.per === 'cpu' ? options.cpus : 1) * largest),
    0,
  );
  return {
    id,
    title: chosen.map(({ design }) => design.title).join('; ') || 'the kernel as recorded',
    kernel,
    safety: chosen.map(({ design }) => design.safety),
    latency: {
      p50Ns: latency.p50.value,
      p99Ns: latency.p99.value,
      maxNs: latency.max.value,
      meanNs: latency.mean.value,
    },
    latencyIntervalNs: latency,
    munmapNs: spread(these.flatMap((run) => run.taskNs)),
    totalNs: interval(these.map((run) => run.totalNs)),
    speedup: interval(these.map((run, k) => base[k]!.totalNs / run.totalNs)),
    pFaster: faster / these.length,
    lockWaitNs: byLock((lock) => lock.waitNs),
    lockWaitTotalNs: interval(results.map(({ locks }) => locks.reduce((sum, lock) => sum + lock.waitNs, 0))),
    contended: byLock((lock) => lock.contended),
    cpuWorkNs: {
      caller: median(results.map(({ workNs }) => workNs.caller)),
      worker: median(results.map(({ workNs }) => workNs.worker)),
      compaction: median(results.map(({ workNs }) => workNs.background)),
    },
    cpuLedgerNs: cpuLedger(
      results,
      base.map((run) => run.result),
    ),
    compaction: compactionUse(results, kernel, pool),
    migration: migrationUse(results[0]!, kernel),
    spinNs: interval(results.map(({ spinNs }) => spinNs)),
    memoryReturn: {
      t50: returnTime(returns, 0.5 * pool.pages),
      t90: returnTime(returns, 0.9 * pool.pages),
      t100: returnTime(returns, pool.pages),
    },
    anonymous: anonymousReturn(anonymous),
    pagesReturned: median(results.map(({ returns }) => returns.pages.at(-1) ?? 0)),
    pagesAtStart: pool.pages,
    overflowShare: median(results.map(overflowShare)),
    pageLists: first.pageLists,
    leftEmpty: first.queues.find((q) => q.name === FREE_WORK)?.queued ?? 0,
    strandedBytes: {
      typical: median(results.map(({ queues }) => queues.reduce((sum, q) => sum + q.bytesLeftOver, 0))),
      worst,
    },
    notes: [...new Set(chosen.flatMap(({ design }) => design.notes))],
    sensitivity: [],
    curves: {
      latency: latencyCurve(results.map((r) => r.latency[0]!)),
      memory: memoryCurve(returns),
      anonymous: anonymous.length > 0 ? memoryCurve(anonymous) : null,
      backlog: backlogCurves(results),
    },
  };
}

function anonymousReturn(runs: readonly Returns[]): AnonymousReturn | null {
  if (runs.length === 0) return null;
  const pages = runs[0]!.pages.at(-1)!;
  const at = (share: number) => returnTime(runs, share * pages);
  return { pages, t50: at(0.5), t90: at(0.9), t100: at(1) };
}

/** Readers of the pool's lock that writers made wait. */
function readersBehind({ locks }: RunResult, kernel: KernelModel): ReadersBehind {
  const shared = locks.filter(({ name }) => kernel.locks[name]!.kind === 'qrwlock');
  const sum = (of: (readers: RunResult['locks'][number]['readers']) => number) =>
    shared.reduce((total, { readers }) => total + of(readers), 0);
  return {
    readersBehindHolder: sum((readers) => readers.behindHolder),
    readersBehindQueue: sum((readers) => readers.behindQueue),
    readersWaitNs: sum((readers) => readers.waitNs),
    readersLongestNs: Math.max(0, ...shared.map(({ readers }) => readers.longestNs)),
  };
}

function migrationUse(result: RunResult, kernel: KernelModel): MigrationUse | null {
  const calls = result.operations[MIGRATE_PATH] ?? 0;
  if (calls === 0) return null;
  const meanNs = result.latencySumNs[MIGRATE_PATH]! / calls;
  return { calls, meanNs, ...readersBehind(result, kernel) };
}

function compactionUse(results: readonly RunResult[], kernel: KernelModel, pool: Pool): CompactionUse | null {
  const result = results[0]!;
  const classes = result.operations[1] ?? 0;
  if (classes === 0) return null;
  return {
    calls: Math.floor(classes / pool.classes.length),
    ...result.compaction,
    ...readersBehind(result, kernel),
    waits: Object.fromEntries(
      result.locks.map(({ name }, k) => {
        const over = (of: 'contended' | 'waitNs') => median(results.map((r) => r.locks[k]!.background[of]));
        return [name, { contended: over('contended'), waitNs: over('waitNs') }];
      }),
    ),
  };
}

function latencyIntervals(results: readonly RunResult[]): LatencyIntervals {
  return {
    p50: interval(results.map((r) => bucketQuantile(r.latency[0]!, 0.5))),
    p99: interval(results.map((r) => bucketQuantile(r.latency[0]!, 0.99))),
    max: interval(results.map((r) => r.latencyMaxNs[0]!)),
    mean: interval(results.map((r) => r.latencySumNs[0]! / r.operations[0]!)),
  };
}

/** Share of the handles that found the queues full. */
function overflowShare({ queues: all }: RunResult): number {
  const queues = all.filter((q) => q.name !== FREE_WORK);
  const overflowed = queues.reduce((sum, q) => sum + q.overflowed, 0);
  const handles = overflowed + queues.reduce((sum, q) => sum + q.queued, 0);
  return handles > 0 ? overflowed / handles : 0;
}
