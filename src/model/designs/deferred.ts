import type { KernelModel, QueueDeclaration, Step } from '../steps.ts';
import type { Design, DesignOption } from './design.ts';
import { DesignError } from './design.ts';
import { deferringQueues, listLock, rewriteSteps, withPath } from './rewrite.ts';

const ENTRIES: DesignOption = {
  name: 'entries',
  text: 'handles in a buffer',
  initial: 2048,
  least: 1,
  most: 1 << 20,
};
const BUFFERS: DesignOption = {
  name: 'buffers',
  text: 'spare buffers, for a CPU whose own is full; 0: it waits for the worker to bring one',
  initial: 0,
  least: 0,
  most: 4096,
};
const CAPACITY: DesignOption = {
  name: 'capacity',
  text: 'handles in the array',
  initial: 4096,
  least: 1,
  most: 1 << 22,
};

const WORKERS = ['bound', 'unbound', 'thread'] as const;
const workerOption = (initial: (typeof WORKERS)[number]): DesignOption => ({
  name: 'worker',
  text: 'on the CPU that queued (system_wq), where there is room (system_unbound_wq), or a thread of its own',
  initial: WORKERS.indexOf(initial),
  least: 0,
  most: WORKERS.length - 1,
  choices: WORKERS,
});
const OFFERS_CPU: DesignOption = {
  name: 'resched',
  text: 'the worker offers its CPU: after all it has found, or after each handle (cond_resched)',
  initial: 0,
  least: 0,
  most: 1,
  choices: ['item', 'handle'],
};
const WORKER_NOTE = 'Which kind of worker was not posted: assumed (`worker`).';

/** The worker that a design's options name. */
function workerOf(options: Readonly<Record<string, number>>): Pick<QueueDeclaration, 'worker' | 'offersCpu'> {
  return { worker: WORKERS[options.worker!]!, offersCpu: options.resched === 1 };
}

/** Calls of zs_free in a path become an enqueue; what finds the queue full is freed at once. */
function deferCalls(
  kernel: KernelModel,
  path: string,
  called: string,
  queue: string,
  declaration: QueueDeclaration,
) {
  if (deferringQueues(kernel).length > 0) {
    throw new DesignError(`${queue}: frees are deferred already; combine only one deferring design`);
  }
  const changed = withPath(kernel, path, (steps) =>
    rewriteSteps(steps, (step): readonly Step[] | undefined => {
      if (step.do !== 'call' || step.path !== called) return undefined;
      return [
        { do: 'work', what: 'put it into the queue', cost: 'enqueue' },
        { do: 'enqueue', queue, full: [step] },
      ];
    }),
  );
  return { ...changed, queues: { ...changed.queues, [queue]: declaration } };
}

/** Per-CPU buffers of handles, handed to a worker when full. */
export const deferred: Design = {
  id: 'deferred',
  place: 'queue',
  title: 'zs_free_deferred: per-CPU buffers, a worker drains full ones',
  safety: 'posted',
  source: 'thread "reduce zs_free() latency", 25-26 Apr 2026',
  notes: [
    'A buffer that does not become full is never drained: its objects stay.',
    'Buffers are empty at first; those of a running system hold what earlier frees left, and fill sooner (--size).',
    'Between full and handed over every free of that CPU is synchronous: until the worker has got a CPU.',
    'Moves the work of zs_free to the worker; it does not remove it.',
  ],
  options: [ENTRIES, BUFFERS, workerOption('bound'), OFFERS_CPU],
  apply: (kernel, options) =>
    deferCalls(kernel, 'notify', 'zs_free', 'deferred', {
      per: 'cpu',
      entries: options.entries!,
      buffers: options.buffers!,
      ...workerOf(options),
      wakes: 'when-full',
      drain: 'zs_free',
    }),
};

/** One fixed array of handles for the pool. */
export const deferredArray: Design = {
  id: 'deferred-array',
  place: 'queue',
  title: 'zs_free_deferred v1: one fixed array of handles, a worker',
  safety: 'posted',
  source: 'zs_free_deferred v1, 21 Apr 2026',
  notes: ['How the array is locked was not posted: its lock is not modelled (assumption).', WORKER_NOTE],
  options: [CAPACITY, workerOption('bound'), OFFERS_CPU],
  apply: (kernel, options) =>
    deferCalls(kernel, 'notify', 'zs_free', 'deferred array', {
      per: 'pool',
      entries: options.capacity!,
      buffers: 0,
      ...workerOf(options),
      wakes: 'at-once',
      drain: 'zs_free',
    }),
};

/** zram remembers slots; its worker frees them. */
export const zramGc: Design = {
  id: 'zram-gc',
  place: 'queue',
  title: 'zram worker that frees slots by index',
  safety: 'posted',
  source: 'RFC v1 of a zram GC worker, April 2026 (its text was not available)',
  notes: ['A slot written again before the worker comes must be told apart: not modelled.', WORKER_NOTE],
  options: [CAPACITY, workerOption('bound'), OFFERS_CPU],
  apply: (kernel, options) => {
    const original = kernel.paths.notify;
    if (!original) throw new DesignError(`${kernel.id}: no notification to defer`);
    const renamed = { ...kernel, paths: { ...kernel.paths, 'free slot': original } };
    const calling = withPath(renamed, 'notify', () => [{ do: 'call', path: 'free slot' }]);
    return deferCalls(calling, 'notify', 'free slot', 'zram gc', {
      per: 'pool',
      entries: options.capacity!,
      buffers: 0,
      ...workerOf(options),
      wakes: 'at-once',
      drain: 'free slot',
    });
  },
};

/** The whole freeing of swap entries is handed to a thread. */
export const mmAsync: Design = {
  id: 'mm-async',
  place: 'queue',
  title: 'swap entries are handed to a thread in mm, which frees them',
  safety: 'proposed',
  source: 'thread "reduce zs_free() latency": do it in mm, for all swap devices',
  notes: ['Entries stay allocated until the thread has run; reuse of their slots is not modelled.'],
  options: [CAPACITY, workerOption('thread'), OFFERS_CPU],
  apply: (kernel, options) => {
    const original = kernel.paths['swap free'];
    if (!original) throw new DesignError(`${kernel.id}: no swap entry is freed`);
    const renamed = { ...kernel, paths: { ...kernel.paths, 'free entry': original } };
    const calling = withPath(renamed, 'swap free', () => [{ do: 'call', path: 'free entry' }]);
    return deferCalls(calling, 'swap free', 'free entry', 'mm thread', {
      per: 'pool',
      entries: options.capacity!,
      buffers: 0,
      ...workerOf(options),
      wakes: 'at-once',
      drain: 'free entry',
    });
  },
};

/** The drain holds class->lock over a run of handles of one class. */
export const classBatch: Design = {
  id: 'class-batch',
  place: 'drain',
  title: 'the drain keeps class->lock over a run of one class',
  safety: 'proposed',
  source: 'thread "reduce zs_free() latency", reply of April 2026',
  notes: [
    'Holds last as long as the run; `cap` bounds it.',
    'It changes a drain: without a design that defers, `deferred` is taken with it.',
  ],
  options: [
    { name: 'cap', text: 'most handles freed under one hold', initial: 2048, least: 1, most: 1 << 20 },
  ],
  apply: (kernel, options) => drainInRuns(kernel, options.cap!, false),
};

/** Handles of a buffer are freed class by class. */
export const bulkFree: Design = {
  id: 'bulk-free',
  place: 'drain',
  title: 'bulk zs_free: one lock hold for all handles of a class in a buffer',
  safety: 'proposed',
  source: 'idea in the thread "reduce zs_free() latency"',
  notes: [
    'The sorting of the handles is taken as free (assumption).',
    'It changes a drain: without a design that defers, `deferred` is taken with it.',
  ],
  options: [{ name: 'cap', text: 'most handles freed under one hold', initial: 64, least: 1, most: 1 << 20 }],
  apply: (kernel, options) => drainInRuns(kernel, options.cap!, true),
};

function drainInRuns(kernel: KernelModel, cap: number, sorted: boolean): KernelModel {
  const names = deferringQueues(kernel);
  if (names.length === 0) throw new DesignError(`${kernel.id}: nothing is deferred that could be drained so`);
  const list = listLock(kernel);
  const inRuns = rewriteSteps(kernel.paths.zs_free!, (step): readonly Step[] | undefined => {
    if (step.do === 'lock' && step.lock === list) return [{ do: 'lock-run', lock: step.lock }];
    if (step.do === 'unlock' && step.lock === list) return [{ do: 'unlock-run', lock: step.lock }];
    return undefined;
  });
  const queues = Object.fromEntries(
    names.map((name) => {
      const queue = kernel.queues[name]!;
      if (queue.classRun !== undefined)
        throw new DesignError('class-batch and bulk-free are two ways to drain: combine only one of them');
      if (queue.drain !== 'zs_free')
        throw new DesignError(
          `${name}: its worker frees slots or swap entries, not handles: no runs of a class`,
        );
      return [
        name,
        { ...queue, drain: 'zs_free in runs', classRun: cap, ...(sorted ? { sortsByClass: true } : {}) },
      ];
    }),
  );
  return {
    ...kernel,
    queues: { ...kernel.queues, ...queues },
    paths: { ...kernel.paths, 'zs_free in runs': inRuns },
  };
}
