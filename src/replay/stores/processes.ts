import { ZSWAP_PATHS } from '../../model/kernels/zswap.ts';
import type { TaskStream } from '../engine/machine.ts';
import type { StoreWorkload } from './store-workload.ts';

/**
 * So many tasks that store: those of the recording, and again from the first one when there are not enough. A repeated
 * task has slots of its own behind those of the one before, and begins a part of its mean period later.
 * Each task has a CPU of its own; tasks that store nothing (workers that write back) are left out. Without
 * a number the recorded tasks stay as they are.
 */
export function withProcesses(workload: StoreWorkload, processes: number | null): StoreWorkload {
  if (processes === null) return workload;
  const isStore = workload.groups.map(({ path }) => path === ZSWAP_PATHS.store);
  const storing = workload.tasks.flatMap((task, t) =>
    workload.groups.some((_, g) => isStore[g] && callsIn(task, g) > 0) ? [t] : [],
  );
  const tasks = storing.map((t) => workload.tasks[t]!);
  const costs = storing.map((t) => workload.costs[t]!);
  const span = 1 + Math.max(...tasks.map(({ slot }) => slot.reduce((a, b) => Math.max(a, b), 0)));
  const from = Array.from({ length: processes }, (_, p) => p % tasks.length);
  return {
    ...workload,
    groups: workload.groups.map((group, g) => {
      const callsOf = (t: number) => callsIn(tasks[t]!, g);
      const all = workload.tasks.reduce((sum, task) => sum + callsIn(task, g), 0);
      const times = from.reduce((sum, t) => sum + callsOf(t), 0) / Math.max(1, all);
      return {
        ...group,
        allPages: Math.round(group.allPages * times),
        allMembers: Math.round(group.allMembers * times),
      };
    }),
    tasks: from.map((t, p) => again(tasks[t]!, p, Math.floor(p / tasks.length) * span, processes)),
    costs: from.map((t) => costs[t]!),
  };
}

/** Pages of a task's operations of one group; of one whose pages have fates, its rows. */
function callsIn({ path, pages }: TaskStream, group: number): number {
  let sum = 0;
  for (let row = 0; row < path.length; row += pages![row]!) if (path[row] === group) sum += pages![row]!;
  return sum;
}

function again(task: TaskStream, cpu: number, shift: number, processes: number): TaskStream {
  if (shift === 0) return { ...task, cpu };
  const thinkNs = task.thinkNs.slice();
  const period = thinkNs.reduce((sum, ns) => sum + ns, 0) / Math.max(1, thinkNs.length);
  thinkNs[0] = thinkNs[0]! + (period * cpu) / processes;
  return { ...task, cpu, thinkNs, slot: task.slot.map((slot) => (slot < 0 ? slot : slot + shift)) };
}
