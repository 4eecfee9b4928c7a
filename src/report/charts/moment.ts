import type { TopLevelSpec } from 'vega-lite';
import type { LockMoment, MomentInterval } from '../../analysis/result.ts';
import { CHART_WIDTH, CONFIG, DURATION_LABEL, slotEncoding } from './axes.ts';
import { DIM } from './palette.ts';

/** Colours of what a task did with a lock. */
export const MOMENT_SLOTS: Readonly<Record<MomentInterval['kind'], number | string>> = {
  wait: 2,
  hold: 1,
  'held-until': 'o',
};

/** A bar of the time line. Waits stand above holds of the same CPU. */
export interface MomentRow {
  readonly row: string;
  readonly kind: MomentInterval['kind'];
  readonly slot: number | string;
  readonly lane: 'waits' | 'holds';
  readonly text: string;
  readonly fromNs: number;
  readonly toNs: number;
}

const HEIGHT = 16;

/** Name of a lane: by CPU, or by task where the trace has no CPUs. */
export function momentLane({ cpu, task, kind }: MomentInterval): string {
  return `${cpu < 0 ? task : `CPU ${cpu}`} ${kind === 'wait' ? 'waits' : 'holds'}`;
}

/** The bars, cut to what is shown; times from its begin. */
export function momentRows(moment: LockMoment, describe: (interval: MomentInterval) => string): MomentRow[] {
  return moment.intervals.map((interval) => ({
    row: momentLane(interval),
    kind: interval.kind,
    slot: MOMENT_SLOTS[interval.kind],
    lane: interval.kind === 'wait' ? 'waits' : 'holds',
    text: describe(interval),
    fromNs: Math.max(0, interval.startNs - moment.fromNs),
    toNs: Math.min(moment.toNs, interval.endNs) - moment.fromNs,
  }));
}

/** Who waited for a lock and who held it about one wait: a lane of waits and one of holds for each CPU. */
export function momentSpec(moment: LockMoment, describe: (interval: MomentInterval) => string): TopLevelSpec {
  const rows = momentRows(moment, describe);
  const lanes = lanesOf(moment);
  const domain: number[] = [0, moment.toNs - moment.fromNs];
  const x = {
    type: 'quantitative',
    title: 'time from the left edge',
    scale: { domain, nice: false },
    axis: { labelExpr: DURATION_LABEL, tickCount: 8 },
  } as const;
  const y = {
    field: 'row',
    type: 'nominal',
    title: null,
    scale: { domain: lanes, paddingInner: 0.25, paddingOuter: 0.15 },
    axis: { ticks: false, domain: false, labelLimit: 200 },
  } as const;
  const { color } = slotEncoding(rows.map(({ slot }) => slot));
  const wait = [moment.startNs - moment.fromNs, moment.startNs - moment.fromNs + moment.waitNs];
  return {
    width: CHART_WIDTH,
    height: { step: HEIGHT + 6 },
    config: CONFIG,
    layer: [
      {
        data: { values: rows },
        mark: { type: 'bar', height: HEIGHT, strokeWidth: 0.6 },
        encoding: {
          x: { field: 'fromNs', ...x },
          x2: { field: 'toNs' },
          y,
          color,
          // The shortest would be too pale to see.
          stroke: color,
          description: { field: 'text', type: 'nominal' },
        },
      },
      {
        data: { values: wait.map((at) => ({ at })) },
        mark: { type: 'rule', color: DIM.light, strokeDash: [4, 3] },
        encoding: { x: { field: 'at', ...x } },
      },
    ],
  };
}

/** Lanes that have something, CPU by CPU, waits first. */
function lanesOf({ intervals }: LockMoment): string[] {
  const sorted = [...intervals].sort(
    (a, b) =>
      a.cpu - b.cpu ||
      (a.cpu < 0 ? (a.task < b.task ? -1 : Number(a.task > b.task)) : 0) ||
      Number(b.kind === 'wait') - Number(a.kind === 'wait'),
  );
  return [...new Set(sorted.map(momentLane))];
}
