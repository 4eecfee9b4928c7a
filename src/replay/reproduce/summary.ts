import type { Group, ReproducedRow } from './rows.ts';

export interface GroupSummary {
  readonly rows: number;
  readonly meanAbsErrorPct: number | null;
  readonly worstErrorPct: number | null;
}

export interface Summary {
  readonly groups: Readonly<Record<Group, GroupSummary>>;
  /** Held-out rows, and those of them inside their 90 % interval. */
  readonly coverage: { readonly rows: number; readonly inside: number };
  /** Published pairs of designs under the same load, and those in the same order in the prediction. */
  readonly order: { readonly pairs: number; readonly right: number };
}

const GROUPS: readonly Group[] = [
  'multi-process',
  'single-process',
  'size',
  'no-lock',
  'baseline',
  'other-machine',
  'iaa-pieces',
  'zram-folio',
  'iaa-batch',
  'iaa-throughput',
  'iaa-sys',
  'software-throughput',
  'vswap-free',
];

export function summarise(rows: readonly ReproducedRow[]): Summary {
  const heldOut = rows.filter((row) => row.role === 'held-out');
  const groups = Object.fromEntries(
    GROUPS.map((group) => [group, summaryOf(heldOut.filter((row) => row.group === group))]),
  ) as Record<Group, GroupSummary>;
  const inside = heldOut.filter((row) => row.lo! <= row.published && row.published <= row.hi!).length;
  return { groups, coverage: { rows: heldOut.length, inside }, order: orderOf(rows) };
}

function summaryOf(rows: readonly ReproducedRow[]): GroupSummary {
  const errors = rows.map((row) => Math.abs(row.errorPct!));
  if (errors.length === 0) return { rows: 0, meanAbsErrorPct: null, worstErrorPct: null };
  return {
    rows: errors.length,
    meanAbsErrorPct: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    worstErrorPct: Math.max(...errors),
  };
}

/** Pairs of rows of one session, load and machine that have different designs. */
function orderOf(rows: readonly ReproducedRow[]): Summary['order'] {
  const known = rows.filter((row) => row.predicted !== null && row.unit !== 'percent');
  let pairs = 0;
  let right = 0;
  known.forEach((a, i) => {
    for (const b of known.slice(i + 1)) {
      if (sessionOf(a) !== sessionOf(b) || a.design === b.design) continue;
      // Two calibrated numbers show nothing.
      if (a.role === 'calibration' && b.role === 'calibration') continue;
      pairs++;
      if (Math.sign(a.published - b.published) === Math.sign(a.predicted! - b.predicted!)) right++;
    }
  });
  return { pairs, right };
}

function sessionOf({ id, platform, metric, processes, sizeMB }: ReproducedRow): string {
  const session = id.replace(/\.base$/, '').replace(/^nolock-/, 'deferred-');
  return [session, platform, metric, processes, sizeMB].join(' ');
}
