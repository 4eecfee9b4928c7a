import type { TopLevelSpec } from 'vega-lite';
import { CHART_WIDTH, CONFIG, durationAxis, type Slot, slotEncoding } from './axes.ts';
import { FLOOR_NS, type Series, slotOf, thinBuckets } from './regroup.ts';

/** Of `calls`, `slower` took `ns` or longer. */
export interface CumulativeRow {
  readonly slot: Slot;
  readonly label: string;
  readonly ns: number;
  readonly slower: number;
  readonly calls: number;
  /** The last row of a series: its maximum. */
  readonly end: boolean;
}

/** Enough for one step in two pixels over four decades. */
const STEPS_PER_OCTAVE = 16;
/** Room for the first steps even when there are only a few calls. */
const FEWEST_SHARE = 0.4;
/** Shares below this would need more calls than a trace holds. */
const SMALLEST_SHARE = 1e-7;

export function cumulativeRows(series: readonly Series[]): CumulativeRow[] {
  return series.flatMap((one, i) => {
    const { label, count: calls, minNs, maxNs, histogram } = one;
    const slot = slotOf(one, i);
    const buckets = thinBuckets(histogram, STEPS_PER_OCTAVE);
    if (buckets.length === 0 || calls <= 0) return [];
    let slower = calls;
    const rows = [{ slot, label, ns: minNs ?? buckets[0]!.loNs, slower, calls, end: false }];
    for (const { hiNs, count } of buckets.slice(0, -1)) {
      slower -= count;
      if (slower > 0) rows.push({ slot, label, ns: hiNs, slower, calls, end: false });
    }
    const last = rows[rows.length - 1]!;
    // All in one bucket: the line goes up at its end, else it would be a dot at 0 %.
    const slowest = buckets.length === 1 ? 1 : last.slower;
    return [
      ...rows,
      {
        ...last,
        slower: slowest,
        ns: Math.max(last.ns, maxNs ?? buckets[buckets.length - 1]!.hiNs),
        end: true,
      },
    ];
  });
}

/** Ticks of the share axis: 0 %, 50 %, then one for each further nine. */
function shareTicks(smallest: number): { share: number; label: string }[] {
  const ticks = [
    { share: 1, label: '0 %' },
    { share: 0.5, label: '50 %' },
  ];
  for (let digits = 1; 10 ** -digits >= smallest * 0.999; digits++) {
    const nines = '9'.repeat(digits).padEnd(2, '0');
    const decimals = digits > 2 ? `.${nines.slice(2)}` : '';
    ticks.push({ share: 10 ** -digits, label: `${nines.slice(0, 2)}${decimals} %` });
  }
  return ticks;
}

/**
 * Cumulative distributions with both axes stretched: durations by powers of ten, shares by nines
 * (90 %, 99 %, 99.9 % are one step each), so that the tail has as much room as the middle.
 */
export function cumulativeSpec(series: readonly Series[], what: string, height = 230): TopLevelSpec {
  const rows = cumulativeRows(series);
  const from = Math.max(FLOOR_NS, Math.min(...rows.map((row) => row.ns)));
  const to = Math.max(from * 1.5, ...rows.map((row) => row.ns));
  const rarest = Math.min(FEWEST_SHARE, ...rows.map((row) => row.slower / row.calls));
  const smallest = Math.max(SMALLEST_SHARE, rarest);
  const ticks = shareTicks(smallest);
  const x = durationAxis(what, from, to);
  const domain: number[] = [smallest * 0.8, 1];
  const y = {
    field: 'share',
    type: 'quantitative' as const,
    title: `share of the ${what}s done by then`,
    scale: { type: 'log' as const, domain, nice: false, reverse: true },
    axis: {
      values: ticks.map((tick) => tick.share),
      labelExpr: ticks
        .map((tick, i) =>
          i === ticks.length - 1 ? `'${tick.label}'` : `datum.value > ${tick.share * 0.9} ? '${tick.label}'`,
        )
        .join(' : '),
    },
  };
  const { color, strokeDash } = slotEncoding(series.map(slotOf));
  const description = { field: 'label', type: 'nominal' } as const;
  return {
    width: CHART_WIDTH,
    height,
    config: CONFIG,
    data: { values: rows },
    transform: [
      { calculate: `max(datum.slower / datum.calls, ${smallest})`, as: 'share' },
      { calculate: `max(datum.ns, ${FLOOR_NS})`, as: 'drawnNs' },
    ],
    layer: [
      {
        mark: { type: 'line', interpolate: 'step-after', strokeWidth: 1.6 },
        encoding: { x, y, color, strokeDash, description },
      },
      {
        transform: [{ filter: 'datum.end' }],
        mark: { type: 'point', filled: true, size: 22, opacity: 1 },
        encoding: { x, y, color, description },
      },
    ],
  };
}
