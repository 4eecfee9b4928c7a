import { callCost } from '../model/probe-costs.ts';
import type { Pool } from '../model/zsmalloc/pool.ts';
import { type CompactionStep, OperationKind, type OperationTable } from '../trace/operations.ts';
import { COST_QUANTILES, type TaskStream } from './engine/machine.ts';
import type { Assumption } from './result.ts';
import type { TracerCost, Workload } from './workload.ts';

/** When the pool is compacted: as recorded, never, or again so long after a compaction has ended. */
export type CompactionPlan = 'recorded' | 'none' | { readonly everyNs: number };

/** Compaction beside the frees of a workload. */
export interface CompactionBeside {
  /** A workload with compaction in its background, and what it costs. */
  readonly add: (workload: Workload) => Workload;
  /** It has a CPU of its own: what it took from tasks is in their recorded gaps already. */
  readonly cpu: number;
  readonly source: string;
  readonly assumptions: readonly Assumption[];
}

/** Costs of compaction beyond its calls of locks. */
export const COMPACTION_COSTS: readonly string[] = [
  'compact-class',
  'compact-choose',
  'move-object',
  'resched',
];

/** Of an object, ns: it is copied, and its handle changed. Stands beside the cost of obj_free twice. */
const COPY_NS = 150;
/** Of a class, ns: the loop, and the estimate of what can be freed. */
const CLASS_NS = 20;

/**
 * Puts compaction beside the frees.
 * @param recording Recording that the times of the workload come from.
 * @returns null when nothing is to be compacted.
 */
export function compactionBeside(
  plan: CompactionPlan,
  workload: Workload,
  recording: { readonly operations: OperationTable; readonly compaction: readonly CompactionStep[] },
  pool: Pool,
  /** What is taken out of recorded calls; null: nothing. */
  tracer: TracerCost | null,
): CompactionBeside | null {
  if (plan === 'none') return null;
  const { operations } = recording;
  const rows = compactionRows(operations);
  const [beginNs, endNs] = span(operations, workload);
  const within = rows.filter(
    (row) => operations.startNs[row]! >= beginNs && operations.startNs[row]! < endNs,
  );
  if (plan === 'recorded' && within.length === 0) return null;
  const classes = pool.classes.length;
  const pauses =
    plan === 'recorded'
      ? within.map(
          (row, k) => operations.startNs[row]! - (k === 0 ? beginNs : operations.endNs[within[k - 1]!]!),
        )
      : [plan.everyNs];
  const count = pauses.length * classes;
  const thinkNs = new Float64Array(count);
  pauses.forEach((pause, k) => {
    thinkNs[k * classes] = Math.max(0, pause);
  });
  const cpu = Math.max(...workload.tasks.map((task) => task.cpu)) + 1;
  const task: TaskStream = {
    cpu,
    path: new Uint8Array(count).fill(1),
    handle: new Int32Array(count).fill(-1),
    // From the largest class to the smallest.
    sizeClass: Int32Array.from(thinkNs, (_, k) => classes - 1 - (k % classes)),
    slot: new Int32Array(count).fill(-1),
    thinkNs,
    background: plan === 'recorded' ? 'once' : 'again',
  };
  const measured = measuredCosts(recording, rows, tracer ?? { insideNs: 0, outsideNs: 0 });
  const costs = measured ?? assumedCosts(workload.distributions);
  return {
    add: (other) => ({
      ...other,
      distributions: new Map([...other.distributions, ...costs.values]),
      background: [...(other.background ?? []), task],
    }),
    cpu,
    source:
      plan === 'recorded'
        ? `as recorded: ${within.length} calls of zs_compact`
        : `zs_compact again ${plan.everyNs / 1e6} ms after it ended`,
    assumptions: [
      costs.basis,
      {
        what: 'compaction runs on a CPU of its own, moves objects in the model of the pool, and pays the same for every object of a class: neither its size nor failing page locks count',
        basis: 'modelled',
      },
    ],
  };
}

function compactionRows(ops: OperationTable): number[] {
  const rows: number[] = [];
  for (let row = 0; row < ops.length; row++) {
    if (ops.kind[row] === OperationKind.Compact && ops.endNs[row]! >= ops.startNs[row]!) rows.push(row);
  }
  return rows.sort((a, b) => ops.startNs[a]! - ops.startNs[b]!);
}

/** From the first to the last of the frees, ns. */
export function span(ops: OperationTable, workload: Workload): readonly [number, number] {
  let begin = Number.POSITIVE_INFINITY;
  let end = 0;
  for (const rows of workload.rows) {
    for (const row of rows) {
      begin = Math.min(begin, ops.startNs[row]!);
      end = Math.max(end, ops.endNs[row]!);
    }
  }
  return [begin, end];
}

interface CompactionCosts {
  readonly values: ReadonlyMap<string, Float64Array>;
  readonly basis: Assumption;
}

const constant = (ns: number) => new Float64Array(COST_QUANTILES).fill(Math.max(0, ns));

/** Calls of locks in one class without anything to move, and the gaps around them. */
const CALLS_OF_CLASS = 4;
/** Of the five gaps around those calls three lie within the locks. */
const GAPS_HELD = 3 / 5;

/**
 * What compaction took in a recording whose zs_compact is traced with its calls: by class from the
 * calls that moved nothing, by object from those that did.
 */
function measuredCosts(
  { operations, compaction }: Parameters<typeof compactionBeside>[2],
  rows: readonly number[],
  tracer: TracerCost,
): CompactionCosts | null {
  const { parts } = operations;
  const classes = new Map<number, number>();
  const moves = new Map<number, number>();
  for (const { operation, what } of compaction) {
    const counted = what === 'unlock' ? classes : what === 'move' ? moves : null;
    counted?.set(operation, (counted.get(operation) ?? 0) + 1);
  }
  const seen = rows.filter((row) => (classes.get(row) ?? 0) > 0 && parts.self.get(row) > 0);
  const idle = seen.filter((row) => !moves.has(row));
  const busy = seen.filter((row) => moves.has(row));
  if (idle.length === 0) return null;
  const of = (row: number, part: 'self' | 'poolLock' | 'poolUnlock' | 'object') => {
    const ns = parts[part].get(row);
    return Number.isNaN(ns) ? 0 : ns;
  };
  const perClass = (part: 'self' | 'poolLock' | 'poolUnlock') =>
    median(idle.map((row) => of(row, part) / classes.get(row)!));
  const gapsNs = Math.max(0, perClass('self') - CALLS_OF_CLASS * tracer.outsideNs);
  const perObject = busy.map((row) => {
    const self = of(row, 'self') - classes.get(row)! * perClass('self');
    return Math.max(0, self + of(row, 'object')) / moves.get(row)!;
  });
  const halves = (name: 'write-lock' | 'write-unlock', part: 'poolLock' | 'poolUnlock') => {
    const half = constant((perClass(part) - tracer.insideNs) / 2);
    return [[callCost(name, 'before'), half] as const, [callCost(name, 'after'), half] as const];
  };
  return {
    values: new Map([
      ['compact-class', constant(gapsNs * (1 - GAPS_HELD))],
      ['compact-choose', constant(gapsNs * GAPS_HELD)],
      // Two calls, obj_malloc and obj_free, for each object.
      [
        'move-object',
        constant(busy.length > 0 ? median(perObject) - 2 * (tracer.insideNs + tracer.outsideNs) : COPY_NS),
      ],
      ['resched', constant(0)],
      ...halves('write-lock', 'poolLock'),
      ...halves('write-unlock', 'poolUnlock'),
    ]),
    basis: {
      what: `what compaction takes: from ${idle.length} recorded calls of zs_compact that moved nothing and ${busy.length} that did`,
      basis: 'measured',
    },
  };
}

/** What compaction would take, by what zs_free takes in the same recording. */
function assumedCosts(distributions: ReadonlyMap<string, Float64Array>): CompactionCosts {
  const of = (name: string) => distributions.get(name) ?? constant(0);
  const objectNs = 2 * of('obj-free')[COST_QUANTILES >> 1]! + COPY_NS;
  return {
    values: new Map([
      ['compact-class', constant(CLASS_NS)],
      ['compact-choose', constant(CLASS_NS)],
      ['move-object', constant(objectNs)],
      ['resched', constant(CLASS_NS)],
      ...(['before', 'after'] as const).flatMap((side) => [
        [callCost('write-lock', side), of(callCost('read-lock', side))] as const,
        [callCost('write-unlock', side), of(callCost('read-unlock', side))] as const,
      ]),
    ]),
    basis: {
      what: `zs_compact is not in the recording: an object moved costs as much as obj_free twice and ${COPY_NS} ns (50 to 1000 ns) of copying, a class ${2 * CLASS_NS} ns (10 to 200 ns), and a lock call for writing as much as one for reading`,
      basis: 'assumed',
    },
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
