import type { TopLevelSpec } from 'vega-lite';
import type { LockRow } from '../../analysis/result.ts';
import { lockPlace } from '../lock-place.ts';
import { CHART_WIDTH, CONFIG, DURATION_LABEL, type Slot, slotEncoding } from './axes.ts';
import { INK, PAPER, SERIES } from './palette.ts';

/** Wait for one lock that one function's holds explain. */
export interface LockWaitRow {
  readonly row: number;
  readonly lock: string;
  readonly blocker: string;
  readonly slot: Slot;
  readonly waitNs: number;
}

export const NOT_SEEN = '(not seen)';
export const HAND_OFF = '(hand-off)';
/** Places of pieces in a bar: holders by their waits, then other holders, then those not seen. */
const SLOTS: readonly Slot[] = [...SERIES.map((_, k) => k + 1), 'o', '0'];

export interface LockBars {
  readonly rows: readonly LockWaitRow[];
  /** Blocker functions that have a colour of their own, the first in slot 1. */
  readonly blockers: readonly string[];
}

/** One bar a lock, in the order given, split by the function that held it. */
export function lockBars(locks: readonly LockRow[]): LockBars {
  const byBlocker = new Map<string, number>();
  for (const lock of locks) {
    for (const { function: name, waitNs } of lock.blockedBy) {
      if (name !== NOT_SEEN) byBlocker.set(name, (byBlocker.get(name) ?? 0) + waitNs);
    }
  }
  const blockers = [...byBlocker]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, SERIES.length)
    .map(([name]) => name);
  const rows = locks.flatMap((lock, row) => {
    const bySlot = new Map<Slot, LockWaitRow>();
    const add = (slot: Slot, blocker: string, waitNs: number) => {
      const sum = (bySlot.get(slot)?.waitNs ?? 0) + waitNs;
      if (sum > 0) bySlot.set(slot, { row, lock: lockPlace(lock), blocker, slot, waitNs: sum });
    };
    let explained = 0;
    for (const { function: name, waitNs } of lock.blockedBy) {
      explained += waitNs;
      const at = blockers.indexOf(name);
      if (name === NOT_SEEN) add('0', 'holder not seen', waitNs);
      else if (at >= 0) add(at + 1, name, waitNs);
      else add('o', 'other holders', waitNs);
    }
    add('0', 'holder not seen', Math.max(0, lock.wait.totalNs - explained));
    return [...bySlot.values()].sort((a, b) => SLOTS.indexOf(a.slot) - SLOTS.indexOf(b.slot));
  });
  return { rows, blockers };
}

/** Height of a bar with its label above. */
const STEP = 34;

/** Horizontal bars of waiting time, a label above each, so that long names need no margin. */
export function lockWaitSpec(locks: readonly LockRow[], label: (lock: LockRow) => string): TopLevelSpec {
  const y = { field: 'row', type: 'ordinal', axis: null, scale: { padding: 0 } } as const;
  const totals = locks.map((lock, row) => ({ row, text: label(lock), totalNs: lock.wait.totalNs }));
  const x = {
    type: 'quantitative',
    title: 'time spent waiting, all calls together',
    axis: { labelExpr: DURATION_LABEL, tickCount: 6 },
  } as const;
  return {
    width: CHART_WIDTH,
    height: { step: STEP },
    config: CONFIG,
    layer: [
      {
        data: { values: [...lockBars(locks).rows] },
        transform: [{ calculate: `indexof(${JSON.stringify(SLOTS)}, datum.slot)`, as: 'place' }],
        mark: { type: 'bar', size: 12, yOffset: 7, stroke: PAPER.light, strokeWidth: 1 },
        encoding: {
          x: { field: 'waitNs', stack: 'zero', ...x },
          y,
          order: { field: 'place', type: 'ordinal' },
          color: slotEncoding(SLOTS).color,
          description: { field: 'blocker', type: 'nominal' },
        },
      },
      {
        data: { values: totals },
        mark: { type: 'tick', orient: 'vertical', size: 18, thickness: 1.5, yOffset: 7, color: INK.light },
        encoding: { x: { field: 'totalNs', ...x }, y },
      },
      {
        data: { values: totals },
        mark: { type: 'text', align: 'left', baseline: 'middle', dy: -8 },
        encoding: { x: { value: 1 }, y, text: { field: 'text', type: 'nominal' } },
      },
    ],
  };
}
