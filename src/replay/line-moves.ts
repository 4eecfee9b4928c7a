import type { OperationTable } from '../trace/operations.ts';
import type { TaskStream } from './engine/machine.ts';

/**
 * Columns beside the costs, 1 or 0 for each free: the line of the pool's lock came from another CPU when
 * it was taken, when it was released; the line of the list's lock did when that was taken. They follow
 * from the order of the recorded frees.
 */
export const LINE_MOVES = {
  poolTaken: 'pool line came from another CPU',
  poolReleased: 'pool line came from another CPU at the release',
  listTaken: 'list lock came from another CPU',
} as const;

interface FreesOfTask {
  readonly stream: TaskStream;
  readonly rows: Int32Array;
  readonly costs: Map<string, Float64Array>;
}

/** Adds {@link LINE_MOVES} to the costs of each task. */
export function addLineMoves(ops: OperationTable, tasks: readonly FreesOfTask[]): void {
  const task: number[] = [];
  const index: number[] = [];
  tasks.forEach(({ rows }, t) => {
    for (let i = 0; i < rows.length; i++) {
      task.push(t);
      index.push(i);
    }
  });
  const rowOf = (k: number) => tasks[task[k]!]!.rows[index[k]!]!;
  const order = Int32Array.from(task.keys()).sort((a, b) => ops.startNs[rowOf(a)]! - ops.startNs[rowOf(b)]!);
  const { poolLock, lock } = ops.parts;
  let hasPoolLock = false;
  const columns = tasks.map(({ rows, costs }) => {
    const of = () => new Float64Array(rows.length);
    const made = { poolTaken: of(), poolReleased: of(), listTaken: of() };
    for (const key of Object.keys(made) as (keyof typeof made)[]) costs.set(LINE_MOVES[key], made[key]);
    if (rows.some((row) => !Number.isNaN(poolLock.get(row)))) hasPoolLock = true;
    return made;
  });
  const lastOfClass = new Map<number, number>();
  let last = -1;
  for (let k = 0; k < order.length; k++) {
    const t = task[order[k]!]!;
    const i = index[order[k]!]!;
    const { cpu, sizeClass } = tasks[t]!.stream;
    const column = columns[t]!;
    const own = hasPoolLock ? sizeClass[i]! : 0;
    if (last >= 0 && last !== cpu) column.poolTaken[i] = 1;
    if ((lastOfClass.get(own) ?? cpu) !== cpu) column.listTaken[i] = 1;
    last = cpu;
    lastOfClass.set(own, cpu);
    if (!hasPoolLock) continue;
    // Released behind the list's lock: did another CPU come in between?
    const row = rowOf(order[k]!);
    const taken = (poolLock.get(row) || 0) + (lock.get(row) || 0) + (ops.parts.lockWait.get(row) || 0);
    const until = ops.startNs[row]! + taken;
    for (let next = k + 1; next < order.length && ops.startNs[rowOf(order[next]!)]! < until; next++) {
      if (tasks[task[order[next]!]!]!.stream.cpu !== cpu) column.poolReleased[i] = 1;
    }
  }
}
