import type { MachineTimes } from '../engine/machine.ts';
import { Draws } from '../reproduce/sampling.ts';

/** Numbers that no recording of today's kernel shows, or shows only within a range. */
export type ParameterName =
  | 'handOffOneNs'
  | 'handOffMoreNs'
  | 'lineTransferNs'
  | 'callSplit'
  | 'lockedShare'
  | 'poolShare'
  | 'wakeNs'
  | 'contextSwitchNs'
  | 'enqueueNs'
  | 'locateClassNs'
  | 'probeInside'
  | 'probeOutside'
  | 'probeBetween'
  | 'bulkPageNs'
  | 'tickNs'
  | 'pullNs'
  | 'freesAtOnce';

export type Unit = 'ns' | 'share' | 'count';

/** A number of the model with what is believed of it before the recording is looked at. */
export interface Parameter {
  readonly name: ParameterName;
  readonly title: string;
  /** ns, a share of something, or so many of something. */
  readonly unit: Unit;
  /** Value of the first run. */
  readonly central: number;
  readonly low: number;
  readonly high: number;
  /** Equally likely by its logarithm: for numbers known only to an order of magnitude. */
  readonly isLogarithmic?: true;
  /** Another parameter that goes up and down with this one: both are at the same place of their ranges. */
  readonly drawnWith?: ParameterName;
  /** Values between the ends at which costs turn: they are not linear in it. */
  readonly bends?: readonly number[];
  readonly basis: 'assumed' | 'measured';
  readonly source: string;
  /** What recording would show it. */
  readonly shownBy: string;
}

/** A value for each parameter. */
export interface ParameterSet {
  /** Number of the draw; 0 is the central set. */
  readonly number: number;
  readonly values: Readonly<Record<ParameterName, number>>;
  /** Costs of a published machine that take the place of recorded ones. */
  readonly machine?: MachineNumbers;
}

/** Costs of a free on a published machine, ns. */
export interface MachineNumbers {
  /** An atomic on a line that the CPU has. */
  readonly hitNs: number;
  /** The object, its group and the unlock, without waiting. */
  readonly holdNs: number;
  readonly locateNs: number;
  /** What else a page takes: unmapping, swap entry and slot. */
  readonly privateNs: number;
  /** Each page of an emptied zspage. */
  readonly pageNs: number;
}

const TWO_PROCESSES =
  'a function_graph of lock calls on the machine itself, with one and with several processes';
const UNTRACED = 'the untraced wall time of the same munmap (--measured munmap=...)';

const LIGHT = `the same workload with fewer functions traced (--light), or ${UNTRACED}`;
/**
 * What a traced call costs, of the estimate. Below it: the estimate holds the work of the quickest calls.
 * Above it: it is that of quick calls of small functions. What the tracer does to the work itself (cache
 * lines and branches that it takes, code that is emulated) and in slower calls stands nowhere by
 * itself; it is taken to be as much again as shows, at most.
 */
const PROBE = {
  central: 1,
  low: 0.7,
  high: 2,
  isLogarithmic: true,
  // Recorded times are close to the estimate: from there on more and more of them are used up.
  bends: [1, 1.3],
} as const;
const PROBE_SOURCE =
  'the estimate holds the work of the quickest calls, and not what the tracer does to slower ones (caches, emulation)';

/** Assumed numbers with their ranges; a recording can narrow them. */
export const PARAMETERS: readonly Parameter[] = [
  {
    name: 'handOffOneNs',
    title: 'a lock goes to its only waiter',
    unit: 'ns',
    central: 200,
    low: 50,
    high: 400,
    basis: 'assumed',
    source: '1 to 2.5 line transfers of 30 to 120 ns, with the call of the waiter',
    shownBy: TWO_PROCESSES,
  },
  {
    name: 'handOffMoreNs',
    title: 'what more it takes with several waiters',
    unit: 'ns',
    central: 100,
    low: 15,
    high: 180,
    basis: 'assumed',
    source: '0.5 to 1.5 line transfers of 30 to 120 ns: the head of the queue writes to the next node',
    shownBy: TWO_PROCESSES,
  },
  {
    name: 'lineTransferNs',
    title: 'a cache line comes from another CPU',
    unit: 'ns',
    central: 0,
    low: 0,
    high: 120,
    basis: 'assumed',
    source: 'published core-to-core latencies, one way; taken out of the recorded calls of locks',
    shownBy: TWO_PROCESSES,
  },
  {
    name: 'callSplit',
    title: 'share of a lock call before the lock changes hands',
    unit: 'share',
    central: 0.5,
    low: 0.3,
    high: 0.7,
    basis: 'assumed',
    source: 'the tracer works before and after the function',
    shownBy: 'stamps of lock words: probes inside of the lock functions',
  },
  {
    name: 'lockedShare',
    title: 'share of an undivided zs_free under its lock',
    unit: 'share',
    central: 0.4,
    low: 0.3,
    high: 0.6,
    basis: 'assumed',
    source: 'a full function_graph of 6.12; other machines differ',
    shownBy: 'a function_graph of zs_free with all callees',
  },
  {
    name: 'poolShare',
    title: "share of an undivided zs_free on the pool's reader lock",
    unit: 'share',
    central: 0.15,
    low: 0.05,
    high: 0.35,
    basis: 'assumed',
    source: 'two of its seven traced calls; more where several CPUs want its line',
    shownBy: 'a function_graph of zs_free with all callees',
  },
  {
    name: 'wakeNs',
    title: 'a worker that is woken on an idle CPU starts after',
    unit: 'ns',
    central: 5000,
    low: 2000,
    high: 50_000,
    isLogarithmic: true,
    basis: 'assumed',
    source: 'workqueues on idle CPUs: a few to tens of us',
    shownBy: 'sched_wakeup and sched_switch of a worker',
  },
  {
    name: 'contextSwitchNs',
    title: 'a context switch',
    unit: 'ns',
    central: 1500,
    low: 700,
    high: 4000,
    isLogarithmic: true,
    basis: 'assumed',
    source: 'common figures of current machines',
    shownBy: 'sched_switch with the tracer off in between',
  },
  {
    name: 'enqueueNs',
    title: 'putting a handle into a buffer of its CPU',
    unit: 'ns',
    central: 10,
    low: 3,
    high: 15,
    basis: 'assumed',
    source: 'a store and a count with preemption off',
    shownBy: 'nothing but a kernel that defers',
  },
  {
    name: 'locateClassNs',
    title: 'class from the handle word',
    unit: 'ns',
    central: 5,
    low: 2,
    high: 20,
    basis: 'assumed',
    source: 'one load of a line that the task just touched',
    shownBy: 'nothing but a kernel that has the class in the handle word',
  },
  {
    name: 'probeInside',
    title: "tracer within a call, of the recording's estimate",
    unit: 'share',
    ...PROBE,
    basis: 'assumed',
    source: PROBE_SOURCE,
    shownBy: LIGHT,
  },
  {
    name: 'probeOutside',
    title: "tracer around a call, of the recording's estimate",
    unit: 'share',
    ...PROBE,
    drawnWith: 'probeInside',
    basis: 'assumed',
    source: PROBE_SOURCE,
    shownBy: LIGHT,
  },
  {
    name: 'probeBetween',
    title: "tracer's share of the time between frees",
    unit: 'share',
    central: 0.45,
    low: 0,
    high: 0.9,
    basis: 'assumed',
    source: 'hooks of functions that are not printed do not show; nothing bounds them but the time itself',
    shownBy: UNTRACED,
  },
];

/** Open only where lists of free pages are asked for and no recording shows what a batch costs. */
export const BULK_PAGE: Parameter = {
  name: 'bulkPageNs',
  title: 'a page from the list of a CPU to the buddy allocator, under zone->lock',
  unit: 'ns',
  central: 50,
  low: 20,
  high: 200,
  isLogarithmic: true,
  basis: 'assumed',
  source: 'one to a few cache misses: the page, its buddy, the list',
  shownBy: 'a function_graph of free_pcppages_bulk',
};

/** Parameters as one set: the central values. */
export function centralSet(parameters: readonly Parameter[] = PARAMETERS): ParameterSet {
  return { number: 0, values: valuesOf(parameters, (parameter) => parameter.central) };
}

/** The n-th set drawn from the ranges; the same for the same seed. */
export function drawnSet(parameters: readonly Parameter[], number: number, seed: number): ParameterSet {
  const draws = new Draws(number, seed);
  return {
    number,
    values: valuesOf(parameters, ({ name, drawnWith = name, low, high, isLogarithmic }) =>
      isLogarithmic && low > 0
        ? Math.exp(draws.uniform(drawnWith, Math.log(low), Math.log(high)))
        : draws.uniform(drawnWith, low, high),
    ),
  };
}

/** The set with one value changed. */
export function withValue(set: ParameterSet, name: ParameterName, value: number): ParameterSet {
  return { ...set, values: { ...set.values, [name]: value } };
}

/**
 * Times of the machine by a set; what a lock call costs alone stands in the recorded call itself, and how
 * long a turn is depends on the number of CPUs.
 */
export function timesOf({ values, machine }: ParameterSet): Omit<MachineTimes, 'sliceNs'> {
  return {
    lineHitNs: machine?.hitNs ?? 0,
    lineTransferNs: values.lineTransferNs,
    handOffOneNs: values.handOffOneNs,
    handOffManyNs: values.handOffOneNs + values.handOffMoreNs,
    wakeNs: values.wakeNs,
    contextSwitchNs: values.contextSwitchNs,
  };
}

function valuesOf(
  parameters: readonly Parameter[],
  value: (parameter: Parameter) => number,
): Record<ParameterName, number> {
  return Object.fromEntries(parameters.map((parameter) => [parameter.name, value(parameter)])) as Record<
    ParameterName,
    number
  >;
}
