import { otherCallCost } from '../model/probe-costs.ts';
import { OperationKind, type OperationTable } from '../trace/operations.ts';
import type { TracerCost } from './workload.ts';

/** Times of operations that may be those of what they are part of. */
export type Spans = Pick<OperationTable, 'startNs' | 'endNs' | 'task' | 'cpu'>;

/** Stamps are whole microseconds: what began just before may bear the later one. */
const STAMP_NS = 1000;

/** Share of the frees that must stand in a recorded notification for that to be replayed. */
const MOST_OF_THEM = 0.9;

/**
 * A counter that CPUs share costs one locked read-modify-write, ns, and so does an inlined slot lock:
 * 14 to 23 ns where no other CPU has the line, up to 180 ns where four share it (from published times).
 */
export const COUNTER_NS = 20;

/** Names of the costs of zram's part of a free, see {@link notifyCosts}. */
export const NOTIFY_COSTS = [
  'notify',
  'slot',
  'zram-counter',
  ...(['try-lock', 'unlock'] as const).flatMap((call) =>
    (['before', 'after'] as const).map((side) => otherCallCost('zram slot', call, side)),
  ),
] as const;

/**
 * The notification that each free is part of: the one of the same task around it.
 * @param frees Rows of frees, by task, in the order of their beginning.
 * @returns by row of the free; null when the recording does not show them with their own time.
 */
export function notificationsAround(
  ops: OperationTable,
  frees: readonly Int32Array[],
): ReadonlyMap<number, number> | null {
  const byTask = new Map<number, number[]>();
  for (let row = 0; row < ops.length; row++) {
    if (ops.kind[row] !== OperationKind.Notify || !(ops.endNs[row]! >= ops.startNs[row]!)) continue;
    if (Number.isNaN(ops.parts.self.get(row))) continue;
    const list = byTask.get(ops.task[row]!);
    if (list) list.push(row);
    else byTask.set(ops.task[row]!, [row]);
  }
  const around = new Map<number, number>();
  let count = 0;
  for (const rows of frees) {
    count += rows.length;
    const list = (byTask.get(ops.task[rows[0] ?? 0]!) ?? []).sort(
      (a, b) => ops.returnedAt[a]! - ops.returnedAt[b]!,
    );
    let k = 0;
    for (const row of rows) {
      while (k < list.length && ops.returnedAt[list[k]!]! < ops.returnedAt[row]!) k++;
      const isAround = k < list.length && ops.startNs[list[k]!]! <= ops.startNs[row]! + STAMP_NS;
      if (isAround) around.set(row, list[k]!);
    }
  }
  return around.size >= MOST_OF_THEM * count && count > 0 ? around : null;
}

/** No notification begins within one of another task. */
export function neverOverlap(spans: Spans, frees: readonly Int32Array[]): boolean {
  const all = frees.flatMap((rows) => [...rows]).sort((a, b) => spans.startNs[a]! - spans.startNs[b]!);
  return all.every((row, k) => {
    const before = k === 0 ? row : all[k - 1]!;
    return spans.task[before] === spans.task[row] || spans.startNs[row]! >= spans.endNs[before]! - STAMP_NS;
  });
}

/** Times of frees become those of the notifications around them. */
export function withNotifications(ops: OperationTable, around: ReadonlyMap<number, number> | null): Spans {
  if (around === null) return ops;
  const startNs = ops.startNs.slice();
  const endNs = ops.endNs.slice();
  for (const [row, notification] of around) {
    startNs[row] = ops.startNs[notification]!;
    endNs[row] = ops.endNs[notification]!;
  }
  return { startNs, endNs, task: ops.task, cpu: ops.cpu };
}

/** Time of probe handlers within a free, or within the notification around it, ns. */
export function probesWithin(
  ops: OperationTable,
  free: number,
  around: ReadonlyMap<number, number> | null,
): number {
  const notification = around?.get(free);
  return ops.probeNs(free) + (notification === undefined ? 0 : ops.probeNs(notification));
}

/**
 * Frees without the handlers of probes that sit in them: what these took becomes time after the free. They
 * run at the entry and the return of a function, so under none of its locks.
 */
export function withoutProbes(
  ops: OperationTable,
  spans: Spans,
  around: ReadonlyMap<number, number> | null,
): Spans {
  const endNs = spans.endNs.map((end, row) => {
    const probes = ops.kind[row] === OperationKind.Free ? probesWithin(ops, row, around) : 0;
    return probes > 0 ? Math.max(spans.startNs[row]!, end - probes) : end;
  });
  return { startNs: spans.startNs, endNs, task: spans.task, cpu: spans.cpu };
}

/**
 * What zram's part of one free took beyond zs_free, ns, in the order of {@link NOTIFY_COSTS}. Counters
 * and slot locks without a call of their own are taken out of the time around them, at
 * {@link COUNTER_NS} each.
 */
export function notifyCosts(
  ops: OperationTable,
  free: number,
  notification: number | undefined,
  tracer: TracerCost,
): readonly number[] {
  if (notification === undefined) return NOTIFY_COSTS.map(() => Number.NaN);
  const { parts } = ops;
  const known = (ns: number) => (Number.isNaN(ns) ? 0 : ns);
  const tryLock = parts.tryLock.get(notification);
  const unlock = known(parts.unlock.get(notification));
  const slot = parts.slot.get(notification);
  const self = parts.self.get(notification);
  const calls = known(parts.calls.get(notification));
  const zsFree = ops.endNs[free]! - ops.startNs[free]!;
  const total = ops.endNs[notification]! - ops.startNs[notification]!;
  const inner = Number.isNaN(slot) ? zsFree : slot;
  // What else ran in between, such as an interrupt, stays with the notification.
  const other = Math.max(0, total - ops.probeNs(notification) - self - known(tryLock) - unlock - inner);
  let own = Math.max(0, self - tracer.insideNs - calls * tracer.outsideNs) + other;
  let inSlot = Number.isNaN(slot) ? 0 : Math.max(0, slot - zsFree - tracer.insideNs - tracer.outsideNs);
  if (Number.isNaN(slot)) {
    // The slot is freed inline: one half of the own time is taken to be its.
    own /= 2;
    inSlot = own;
  }
  const counter = Math.min(COUNTER_NS, own, inSlot / 2);
  own -= counter;
  inSlot -= 2 * counter;
  const traced = (ns: number) => Math.max(0, ns - tracer.insideNs) / 2;
  if (!Number.isNaN(tryLock)) {
    return [own, inSlot, counter, traced(tryLock), traced(tryLock), traced(unlock), traced(unlock)];
  }
  const bit = Math.min(COUNTER_NS, own / 2);
  return [own - 2 * bit, inSlot, counter, bit, 0, bit, 0];
}
