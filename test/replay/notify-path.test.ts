import { describe, expect, it } from 'vitest';
import {
  COUNTER_NS,
  NOTIFY_COSTS,
  notificationsAround,
  notifyCosts,
  withNotifications,
} from '../../src/replay/notify-path.ts';
import { OperationKind, type OperationPart, OperationTable } from '../../src/trace/operations.ts';

const NO_TRACER = { insideNs: 0, outsideNs: 0 };

/** A free within a notification, with the parts that a 6.12 kernel shows. */
function recorded(parts: Partial<Record<OperationPart, number>>) {
  const ops = new OperationTable();
  const row = (kind: number, startNs: number, endNs: number, returnedAt: number) => {
    const at = ops.add(kind);
    ops.task[at] = 7;
    ops.startNs[at] = startNs;
    ops.endNs[at] = endNs;
    ops.returnedAt[at] = returnedAt;
    return at;
  };
  const free = row(OperationKind.Free, 10_300, 11_300, 5);
  const notification = row(OperationKind.Notify, 10_000, 12_000, 6);
  for (const [part, ns] of Object.entries(parts)) ops.parts[part as OperationPart].add(notification, ns);
  return { ops, free, notification };
}

const PARTS_6_12 = { self: 500, tryLock: 100, unlock: 80, slot: 1320, calls: 3 };

describe('notifications around frees', () => {
  it('are found by task and order, and give the free their times', () => {
    const { ops, free, notification } = recorded(PARTS_6_12);
    const around = notificationsAround(ops, [Int32Array.of(free)]);
    expect([...around!]).toEqual([[free, notification]]);
    const spans = withNotifications(ops, around);
    expect([spans.startNs[free], spans.endNs[free]]).toEqual([10_000, 12_000]);
    expect(withNotifications(ops, null)).toBe(ops);
  });

  it('are none when they have no time of their own, or are of another task', () => {
    const alone = recorded({});
    expect(notificationsAround(alone.ops, [Int32Array.of(alone.free)])).toBeNull();
    const other = recorded(PARTS_6_12);
    other.ops.task[other.notification] = 8;
    expect(notificationsAround(other.ops, [Int32Array.of(other.free)])).toBeNull();
  });
});

describe('what zram takes of a free', () => {
  const sum = (values: readonly number[]) => {
    const [notify, slot, counter, ...calls] = values as [number, number, number];
    return notify + slot + 3 * counter + calls.reduce((total, ns) => total + ns, 0);
  };

  it('adds up to the notification without zs_free', () => {
    const { ops, free, notification } = recorded(PARTS_6_12);
    const costs = notifyCosts(ops, free, notification, NO_TRACER);
    expect(sum(costs)).toBe(2000 - 1000);
    expect(costs.slice(0, 3)).toEqual([500 - COUNTER_NS, 320 - 2 * COUNTER_NS, COUNTER_NS]);
    expect(costs.slice(3)).toEqual([50, 50, 40, 40]);
  });

  it('does so as well where slot lock and slot free are inlined', () => {
    const { ops, free, notification } = recorded({ self: 1000, calls: 1 });
    const costs = notifyCosts(ops, free, notification, NO_TRACER);
    expect(sum(costs)).toBe(1000);
    expect(costs.slice(3)).toEqual([COUNTER_NS, 0, COUNTER_NS, 0]);
  });

  it('is never negative with the tracer taken out', () => {
    const { ops, free, notification } = recorded(PARTS_6_12);
    const costs = notifyCosts(ops, free, notification, { insideNs: 400, outsideNs: 900 });
    for (const ns of costs) expect(ns).toBeGreaterThanOrEqual(0);
  });

  it('is not known for a free outside of one', () => {
    const { ops, free } = recorded(PARTS_6_12);
    expect(notifyCosts(ops, free, undefined, NO_TRACER)).toEqual(NOTIFY_COSTS.map(() => Number.NaN));
  });
});
