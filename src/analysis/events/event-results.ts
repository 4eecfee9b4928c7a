import type { TaskTable } from '../../trace/tasks.ts';
import type { SchedTaskRow, SchedulingSummary } from '../event-rows.ts';
import { distribution } from '../locks/lock-rows.ts';
import type { FunctionRow, HitRow } from '../result.ts';
import type { RowFilter } from '../row-filter.ts';
import type { Scheduling } from './scheduling.ts';

/** The scheduling section of a result; null when there is nothing to tell. */
export function schedulingSummary(
  scheduling: Scheduling,
  tasks: TaskTable,
  filter: RowFilter,
): SchedulingSummary | null {
  const rows = scheduling
    .tasks()
    .map(({ pid, comm, wakeLatency, ...times }): SchedTaskRow | null => {
      // The column in front of records knows a task's present name; sched_switch of trace-cmd may not.
      const id = tasks.find(pid, -1);
      const name = id >= 0 ? tasks.rows[id]!.comm : comm;
      if (!filter.acceptsTaskNamed(pid, name)) return null;
      return { task: `${name}-${pid}`, ...times, wakeLatency: distribution(wakeLatency) };
    })
    .filter((row) => row !== null)
    .sort((a, b) => b.onCpuNs - a.onCpuNs || b.switches - a.switches || (a.task < b.task ? -1 : 1));
  const cpus = scheduling
    .cpus()
    .filter(({ switches }) => switches > 0)
    .map((times) => ({ ...times, idleShare: times.seenNs > 0 ? times.idleNs / times.seenNs : null }));
  return rows.length + cpus.length === 0 ? null : { tasks: rows, cpus };
}

/** Functions known by hits of the function tracer only: called, but nothing measured. */
export function hitFunctions(hits: readonly HitRow[], functions: readonly FunctionRow[]): FunctionRow[] {
  const timed = new Set(functions.map((row) => `${row.name} ${row.module}`));
  return hits
    .filter((hit) => !timed.has(`${hit.name} ${hit.module}`))
    .map(({ name, module, calls }) => ({
      name,
      module,
      calls,
      totalNs: null,
      selfNs: null,
      cutNs: 0,
      selfIsBoundCalls: 0,
      startCutCalls: 0,
      pairCalls: 0,
      minNs: null,
      p50Ns: null,
      p90Ns: null,
      p99Ns: null,
      p999Ns: null,
      maxNs: null,
      meanNs: null,
      irqNs: 0,
      softirqNs: 0,
      offCpuNs: 0,
      histogram: [],
    }));
}
